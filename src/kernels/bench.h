/* bench.h - the kernels one by one, on random numbers: what is measured, what it costs by count, how long it takes.
 *
 * Counts are nominal, so that they compare between programs: two operations a multiply-add of the definition (taps that
 * fall on padding included, a convolution by Winograd's method counts as the direct one), one operation an element for
 * activations; each array is read or written once, whatever the caches make of it. */
#ifndef KERNELS_BENCH_H
#define KERNELS_BENCH_H

#include "base/err.h"
#include "kernels/kernels.h"

struct kernel_case {
    const char *group;  /* "n1", "grid", "cifar", "dense", "other", "update" */
    const char *kernel; /* its name in struct kernels; activations with theirs: "act_forward relu" */
    char shape[48];     /* "3x3 10->16, 24x24" */
    int images;         /* 0: not about images */
    double flop, bytes; /* of one call */
};
size_t kernel_cases(void);
void kernel_case(size_t i, struct kernel_case *c);
/* Seconds of one call, the median of rounds that take about `seconds` together. 0, or -1 with *e (ERR_NOMEM). */
int kernel_case_time(size_t i, const struct kernels *k, double seconds, double *call, struct err *e);

#endif
