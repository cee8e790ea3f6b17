/* bench_machine.c - measures the two roofs of one core: multiply-adds from registers, and reads of arrays of all sizes.
 */
#include "bench/bench_machine.h"

#include "base/timing.h"
#include "kernels/probe.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t cache_size(int name, size_t otherwise)
{
    long n = sysconf(name);
    return n > 0 ? (size_t)n : otherwise;
}

/* Names the level that surely answers for an array of that size; "" between two. */
static const char *level_of(size_t bytes)
{
    size_t l1 = cache_size(_SC_LEVEL1_DCACHE_SIZE, (size_t)32 << 10),
           l2 = cache_size(_SC_LEVEL2_CACHE_SIZE, (size_t)1 << 20),
           l3 = cache_size(_SC_LEVEL3_CACHE_SIZE, (size_t)16 << 20);
    if (bytes <= l1 / 4 * 3)
        return "L1";
    if (bytes >= 2 * l1 && bytes <= l2 / 4 * 3)
        return "L2";
    if (bytes >= 2 * l2 && bytes <= l3 / 4 * 3)
        return "L3";
    return bytes >= l3 / 4 * 5 && bytes >= 2 * l2 ? "DRAM" : "";
}

/* Returns the size of the largest array: twice the last cache, so that it holds nothing of the next pass; little where
 * there is little time. */
static size_t largest_array(double seconds)
{
    size_t want = 2 * cache_size(_SC_LEVEL3_CACHE_SIZE, (size_t)16 << 20), most = (size_t)512 << 20;
    if (seconds < 1)
        most = (size_t)16 << 20;
    return want < most ? want : most;
}

static void keep_best(struct bench_machine *m, const struct bench_read *r)
{
    size_t i = 0;
    if (!*r->level)
        return;
    while (i < m->nbest && strcmp(m->best[i].level, r->level) != 0)
        i++;
    if (i == m->nbest)
        m->best[m->nbest++] = *r;
    else if (r->rate > m->best[i].rate)
        m->best[i] = *r;
}

int bench_machine_measure(struct bench_machine *m, const struct kernels *k, double seconds, struct err *e)
{
    size_t most = largest_array(seconds), sizes = 0;
    float *x = aligned_alloc(64, most);
    if (!x)
        return err_set(e, ERR_NOMEM, "no memory for an array of %zu bytes", most);
    memset(x, 0, most);
    *m = (struct bench_machine){.isa = k->isa};
    for (size_t bytes = (size_t)16 << 10; bytes <= most; bytes *= 2)
        sizes++;
    for (size_t bytes = (size_t)16 << 10; bytes <= most && m->nreads < BENCH_READS; bytes *= 2) {
        struct probe_run probe;
        struct bench_read *r = &m->read[m->nreads++];
        probe_run_init(&probe, k, x, bytes / sizeof(float));
        double fma = probe_fma_flop(&probe) / timing_best(probe_fma, &probe, 0.3 * seconds / (double)sizes);
        m->fma = fma > m->fma ? fma : m->fma;
        *r = (struct bench_read){level_of(bytes), bytes, 0};
        r->rate = (double)bytes / timing_best(probe_read, &probe, 0.7 * seconds / (double)sizes);
        keep_best(m, r);
    }
    free(x);
    return 0;
}

double bench_machine_bandwidth(const struct bench_machine *m, double bytes)
{
    for (size_t i = 0; i < m->nreads; i++)
        if ((double)m->read[i].bytes >= bytes)
            return m->read[i].rate;
    return m->nreads ? m->read[m->nreads - 1].rate : 0;
}
