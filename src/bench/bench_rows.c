/* bench_rows.c - measures the machine, the kernels and the networks that a word asks for, and hands each on as a row.
 */
#include "bench/bench_rows.h"

#include "base/str.h"

#include <string.h>

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

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static int kernel_row(const struct bench_options *o, const struct bench_machine *m, size_t i, double seconds,
                      struct err *e)
{
    struct kernel_case c;
    struct kernel_speed s;
    struct bench_row row = {.kind = BENCH_IS_KERNEL, .machine = m, .kernel = &c};
    kernel_case(i, &c);
    int traffic = c.flop / c.bytes * bench_machine_bandwidth(m, c.bytes) < 1.5 * m->fma; /* may be the lower roof */
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
    if (bench_check(o, e) || bench_machine_measure(&m, o->k, for_machine, e))
        return -1;
    struct bench_row row = {.kind = BENCH_IS_MACHINE, .machine = &m};
    o->row(o->ctx, &row);
    return measure_rows(o, word, &m, o->seconds - for_machine, e);
}
