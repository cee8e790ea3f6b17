/* probe.c finds the probes of a level, and runs them as the benchmarks do. */
#include "kernels/probe.h"

#include "kernels/kernels.h"

#include <string.h>

extern const struct probe probe_ref;
#ifdef SWEEP_AVX512
extern const struct probe probe_avx512;
#endif
#ifdef SWEEP_AVX2
extern const struct probe probe_avx2;
#endif

static const struct probe *const probes[] = {
#ifdef SWEEP_AVX512
    &probe_avx512,
#endif
#ifdef SWEEP_AVX2
    &probe_avx2,
#endif
    &probe_ref,
};

const struct probe *probe_of(const struct kernels *k)
{
    size_t i = 0;
    while (i + 1 < sizeof probes / sizeof *probes && strncmp(probes[i]->isa, k->isa, strlen(probes[i]->isa)) != 0)
        i++; /* avx512bf16 is avx512 with other products */
    return probes[i];
}

#define FMA_ROUNDS 250

void probe_run_init(struct probe_run *r, const struct kernels *k, const float *x, size_t n)
{
    *r = (struct probe_run){.p = probe_of(k), .x = x, .n = n};
    for (size_t i = 0; i < sizeof r->seed / sizeof *r->seed; i++)
        r->seed[i] = 0.5f; /* sums tend to 1: neither infinite nor tiny */
}

void probe_fma(void *run)
{
    struct probe_run *r = run;
    r->p->fma(FMA_ROUNDS, r->seed, r->out);
}

double probe_fma_flop(const struct probe_run *r)
{
    return FMA_ROUNDS * r->p->flop;
}

void probe_read(void *run)
{
    struct probe_run *r = run;
    r->p->read(r->n, r->x, r->out);
}
