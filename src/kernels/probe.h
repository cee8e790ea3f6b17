/* probe.h - what a core can do at a level: the two roofs that the kernels are measured against (Williams, Waterman,
 * Patterson, "Roofline: an insightful visual performance model", 2009, doi:10.1145/1498765.1498785). */
#ifndef KERNELS_PROBE_H
#define KERNELS_PROBE_H

#include <stddef.h>

struct kernels;

#define PROBE_FLOATS 128 /* what read walks at a time */
struct probe {
    const char *isa;
    double flop; /* floating-point operations of a round of fma */
    /* `rounds` times independent fused multiply-adds that touch registers only; seed[16] are start values, out[16]
     * takes the sum so that nothing can be left out. Both 64-byte aligned. */
    void (*fma)(size_t rounds, const float *seed, float *out);
    /* Reads n floats (a multiple of PROBE_FLOATS, 64-byte aligned) once, in order, with this level's widest loads. */
    void (*read)(size_t n, const float *x, float *out);
};
/* Of the level of k. Never NULL. */
const struct probe *probe_of(const struct kernels *k);

/* A short run of a probe, as something to be timed: call(ctx) with this as ctx. */
struct probe_run {
    const struct probe *p;
    const float *x; /* probe_read walks x[n] once */
    size_t n;
    _Alignas(64) float seed[16];
    _Alignas(64) float out[16];
};
void probe_run_init(struct probe_run *r, const struct kernels *k, const float *x, size_t n);
/* A few microseconds of multiply-adds, probe_fma_flop(r) operations. */
void probe_fma(void *run);
double probe_fma_flop(const struct probe_run *r);
void probe_read(void *run);

#endif
