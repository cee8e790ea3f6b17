/* bench_machine.h - what one core can do at all. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include "base/err.h"
#include "kernels/kernels.h"

#define BENCH_READS 24
struct bench_machine {
    const char *isa;
    double fma; /* operations a second, from registers */
    struct bench_read {
        const char *level; /* "L1", "L2", "L3", "DRAM", "" where two meet */
        size_t bytes;      /* of the array */
        double rate;       /* bytes a second */
    } read[BENCH_READS];   /* growing arrays */
    size_t nreads;
    struct bench_read best[4]; /* the best of each level */
    size_t nbest;
};

/* Measures both roofs in turns, in about `seconds`: the best of moments that lie apart, since a neighbour on the same
 * host may take a second away. 0, or -1 with *e (ERR_NOMEM). */
int bench_machine_measure(struct bench_machine *m, const struct kernels *k, double seconds, struct err *e);
/* Returns the read bandwidth for arrays of so many bytes: of the smallest array measured that is not smaller. */
double bench_machine_bandwidth(const struct bench_machine *m, double bytes);

#endif
