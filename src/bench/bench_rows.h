/* bench_rows.h - everything that `sweep bench` measures, a row at a time: first what this core can do at all, then the
 * kernels and the networks as shares of what it does right beside them. On the calling thread alone. */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include "bench/bench_kernels.h"
#include "bench/bench_machine.h"
#include "bench/bench_nets.h"

/* What can be asked for: machine, kernels, nets, all, and every network's name and family. */
struct bench_word {
    const char *name, *help;
};
struct bench_word bench_word(size_t i); /* name NULL after the last */

struct bench_row {
    enum { BENCH_IS_MACHINE, BENCH_IS_KERNEL, BENCH_IS_NET } kind;
    const struct bench_machine *machine;
    const struct kernel_case *kernel;
    double seconds; /* of one call */
    const struct bench_net *net;
    const struct bench_speed *speed;
    double rate;       /* operations a second; of a network over the whole step */
    double fma;        /* multiply-adds beside it, operations a second */
    double share;      /* of them: the median over turns that the two took (bench/bench_kernels.h), not rate / fma */
    double roof_share; /* kernels: of the lower of the two roofs, likewise */
};

struct bench_options {
    const char *word; /* NULL: all */
    const struct kernels *k;
    double seconds;                                      /* about, in all */
    void (*row)(void *ctx, const struct bench_row *row); /* pointers are valid during the call */
    void *ctx;
};
/* Whether the word is known: 0, or -1 with *e (ERR_USAGE). */
int bench_check(const struct bench_options *o, struct err *e);
/* 0, or -1 with *e (also ERR_NOMEM). */
int bench_run(const struct bench_options *o, struct err *e);

#endif
