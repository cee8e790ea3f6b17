/* exact.h - sums and means without rounding, so that neither the order of the terms nor the way a number is printed
 * decides which of two points is the better one. A sum is a whole multiple of 2^-149, the least float, and wide enough
 * for 2^31 floats of any size (a Kulisch accumulator: Kulisch & Miranker, Computer Arithmetic in Theory and Practice,
 * 1981). */
#ifndef REPORT_EXACT_H
#define REPORT_EXACT_H

#include <stdint.h>

#define EXACT_WORDS 6
struct exact {                  /* the sum divided by `over`; zero-initialise */
    uint64_t word[EXACT_WORDS]; /* two's complement, least first */
    uint64_t over;              /* 0: no mean */
};

void exact_add(struct exact *x, float v);          /* infinity counts as the largest float; over stays */
void exact_add_count(struct exact *x, uint64_t n); /* a whole number; over stays */
/* -1, 0 or 1 as a is less than, equal to or greater than b. Both have a mean, over < 2^63. */
int exact_compare(const struct exact *a, const struct exact *b);
double exact_mean(const struct exact *x); /* rounded; NaN for no mean */

#endif
