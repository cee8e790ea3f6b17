/* bench_rows.c - measures the machine, the kernels and the networks that a word asks for, and hands each on as a row.
 */
#include "bench/bench_rows.h"

#include "base/arena.h"
#include "base/str.h"
#include "base/timing.h"
#include "kernels/probe.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- words ------------------------------------------------------------------------------------------------------- */

// clang-format off
static const struct what {
    struct bench_word word;
    int kernels, nets;
} whats[] = {
    { { "all",     "machine, kernels and networks" }, 1, 1 },
    { { "machine", "multiply-adds a second from registers, bytes a second from each cache and from memory" }, 0, 0 },
    { { "kernels", "each kernel and shape: operations and bytes a second, shares of what the machine can do" }, 1, 0 },
    { { "nets",    "each network: images a second, and what each phase of a training step takes" }, 0, 1 },
};
// clang-format on
#define WHATS (sizeof whats / sizeof *whats)

struct bench_word bench_word(size_t i)
{
    if (i < WHATS)
        return whats[i].word;
    const struct bench_net *n = bench_net(i - WHATS);
    return n ? (struct bench_word){n->name, n->help} : (struct bench_word){NULL, NULL};
}

static const struct what *what_of(const char *word)
{
    for (size_t i = 0; i < WHATS; i++)
        if (!strcmp(whats[i].word.name, word))
            return &whats[i];
    return NULL;
}

static int names_net(const char *word, const struct bench_net *n)
{
    return !strcmp(n->name, word) || !strcmp(n->family, word);
}

static int is_measurable(const char *word)
{
    int known = what_of(word) != NULL;
    for (size_t i = 0; bench_net(i); i++)
        known |= names_net(word, bench_net(i));
    return known;
}

static const char *bench_word_name(size_t i, const void *ctx)
{
    (void)ctx;
    return bench_word(i).name;
}

/* ---- the machine ------------------------------------------------------------------------------------------------- */

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

/* Measures both roofs in turns: the best of moments that lie apart, since a neighbour on the same host may take a
 * second away. */
static int measure_machine(struct bench_machine *m, const struct kernels *k, double seconds, struct err *e)
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

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* Returns the read bandwidth for arrays of so many bytes: of the smallest array measured that is not smaller. */
static double bandwidth(const struct bench_machine *m, double bytes)
{
    for (size_t i = 0; i < m->nreads; i++)
        if ((double)m->read[i].bytes >= bytes)
            return m->read[i].rate;
    return m->nreads ? m->read[m->nreads - 1].rate : 0;
}

static int kernel_row(const struct bench_options *o, const struct bench_machine *m, size_t i, double seconds,
                      struct err *e)
{
    struct kernel_case c;
    struct kernel_speed s;
    struct bench_row row = {.kind = BENCH_IS_KERNEL, .machine = m, .kernel = &c};
    kernel_case(i, &c);
    int traffic = c.flop / c.bytes * bandwidth(m, c.bytes) < 1.5 * m->fma; /* may be the lower roof */
    if (kernel_case_time(i, o->k, traffic, seconds, &s, e))
        return -1;
    row.seconds = s.seconds;
    row.rate = c.flop / s.seconds;
    row.fma = s.fma;
    row.share = s.share;
    row.roof_share = s.roof_share;
    o->row(o->ctx, &row);
    return 0;
}

static int net_row(const struct bench_options *o, const struct bench_machine *m, const struct bench_net *n,
                   double seconds, struct err *e)
{
    struct bench_speed s;
    struct bench_row row = {.kind = BENCH_IS_NET, .machine = m, .net = n, .speed = &s};
    if (bench_net_time(n, o->k, seconds, &s, e))
        return -1;
    row.seconds = s.step;
    row.rate = s.flop / s.step;
    row.fma = s.fma;
    row.share = s.share;
    o->row(o->ctx, &row);
    return 0;
}

/* Counts the networks that the word means; `what` is NULL when it names some of them. */
static size_t count_nets(const char *word, const struct what *what)
{
    size_t n = 0;
    for (size_t i = 0; bench_net(i); i++)
        n += what ? (size_t)what->nets : (size_t)names_net(word, bench_net(i));
    return n;
}

static int measure_rows(const struct bench_options *o, const char *word, const struct bench_machine *m, double seconds,
                        struct err *e)
{
    const struct what *what = what_of(word);
    size_t kernels = what && what->kernels ? kernel_cases() : 0, nets = count_nets(word, what);
    double for_kernels = kernels && nets ? 0.5 * seconds : seconds, for_nets = seconds - (kernels ? for_kernels : 0);
    for (size_t i = 0; i < kernels; i++)
        if (kernel_row(o, m, i, for_kernels / (double)kernels, e))
            return -1;
    for (size_t i = 0; bench_net(i); i++)
        if (what ? what->nets : names_net(word, bench_net(i)))
            if (net_row(o, m, bench_net(i), for_nets / (double)nets, e))
                return -1;
    return 0;
}

int bench_check(const struct bench_options *o, struct err *e)
{
    if (!o->word || is_measurable(o->word))
        return 0;
    const char *near = str_nearest(o->word, bench_word_name, NULL);
    return err_set(e, ERR_USAGE, "'%s' is nothing to measure%s%s%s; `sweep list benchmarks` names what is", o->word,
                   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

int bench_run(const struct bench_options *o, struct err *e)
{
    const char *word = o->word ? o->word : whats[0].word.name;
    const struct what *what = what_of(word);
    double for_machine = what && !what->kernels && !what->nets ? o->seconds : 0.12 * o->seconds;
    struct bench_machine m;
    if (bench_check(o, e) || measure_machine(&m, o->k, for_machine, e))
        return -1;
    struct bench_row row = {.kind = BENCH_IS_MACHINE, .machine = &m};
    o->row(o->ctx, &row);
    return measure_rows(o, word, &m, o->seconds - for_machine, e);
}
