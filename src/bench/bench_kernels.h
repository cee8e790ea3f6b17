/* bench_kernels.h - the kernels one by one, on random numbers: what is measured, what it costs by count, how long it
 * takes, and which share that is of what the core could do meanwhile.
 *
 * Counts are of the definition, so that they compare between programs: two operations a multiply-add, of the taps that
 * lie inside the input (a convolution by Winograd's method counts as the direct one), one operation an element for
 * simple activations, two for each multiply-add and product of an elementary function; each array is read or written
 * once, whatever the caches make of it.
 *
 * Shares are of roofs measured right beside, as the clock of many machines drifts by a tenth within seconds: a kernel
 * and the probes (probe.h) take turns of a millisecond or two. In each turn the share is the kernel's rate over the
 * probe's, the mean of that just before and just after; the share of a kernel is the median over the turns. So it is
 * not exactly the printed rate over the printed roof of the machine, which is the best of all moments. */
#ifndef BENCH_KERNELS_H
#define BENCH_KERNELS_H

#include "base/err.h"
#include "kernels/kernels.h"

struct kernel_case {
    const char *group;  /* "n1", "grid", "cifar", "dense", "other", "layers", "update" */
    const char *kernel; /* its name in struct kernels; activations with theirs: "act_forward relu" */
    char shape[48];     /* "3x3 10->16, 24x24" */
    int images;         /* 0: not about images */
    double flop, bytes; /* of one call */
};
size_t kernel_cases(void);
void kernel_case(size_t i, struct kernel_case *c);

struct kernel_speed {  /* medians */
    double seconds;    /* of one call */
    double fma;        /* operations a second of the multiply-adds beside it */
    double share;      /* of them */
    double roof_share; /* of the lower of two roofs: multiply-adds, and the traffic: operations a byte times the rate at
                          which an array as large as all of this kernel's is read */
};
/* In about `seconds`. Without `traffic` its roof is not looked at: roof_share is share. 0, or -1 with *e (ERR_NOMEM).
 */
int kernel_case_time(size_t i, const struct kernels *k, int traffic, double seconds, struct kernel_speed *s,
                     struct err *e);

/* Multiply-adds of one image, forward, or of either gradient: pairs of an output and a tap inside the input. */
double conv_macs(const struct conv_dims *d);

#endif
