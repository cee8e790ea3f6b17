/* bootstrap.h - the interval of a mean of which nothing is taken for normal: BCa, Efron, Better Bootstrap Confidence
 * Intervals, 1987. It ends inside what the values can be, and is lopsided where they are; of a few values it is too
 * short, as none lies outside them, which is why it stands beside Student's and not in its place. */
#ifndef REPORT_BOOTSTRAP_H
#define REPORT_BOOTSTRAP_H

#include <stddef.h>

/* The 95 % interval of the mean of v[n]; NaN for n < 3, and the value itself where all are the same. Of up to 8 values
 * it is that of all n^n samples, of more that of 9,999 drawn ones, the same for the same n. 0, or -1 without memory. */
int bootstrap_mean(const double *v, size_t n, double *low, double *high);

#endif
