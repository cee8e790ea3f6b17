#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assert_close.h"
#include "bench/bench_rows.h"
#include "kernels/probe.h"
#include "mishap.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int find(const char *kernel, const char *shape, struct kernel_case *c)
{
    int found = 0;
    for (size_t i = 0; i < kernel_cases(); i++) {
        struct kernel_case k;
        kernel_case(i, &k);
        if (!strcmp(k.kernel, kernel) && !strcmp(k.shape, shape)) {
            *c = k;
            found++;
        }
    }
    return found;
}

/* Counts by hand: they are what every share is made of. */
static void counts_are_right(void **state)
{
    (void)state;
    struct kernel_case c = {0};
    assert_int_equal(find("conv_forward", "3x3 10->16, 24x24", &c), 1);
    assert_int_equal(c.images, 64);
    assert_true(c.flop == 2.0 * 64 * 16 * 24 * 24 * 10 * 9);
    assert_true(c.bytes == 4.0 * (64 * (10 * 26 * 26 + 16 * 24 * 24) + 16 * 10 * 9));
    struct kernel_case w = {0};
    assert_int_equal(find("conv_backward_weights", "3x3 10->16, 24x24", &w), 1);
    assert_true(w.flop == c.flop && w.bytes == c.bytes);
    assert_int_equal(find("dense_backward_data", "784->128", &c), 1);
    assert_true(c.flop == 2.0 * 128 * 784 * 128);
    assert_int_equal(find("bn_apply", "20, 22x22", &c), 1);
    assert_true(c.flop == 2.0 * 16 * 20 * 22 * 22 && c.bytes == 4 * c.flop);
    assert_int_equal(find("maxpool_forward", "20, 22x22 window 2x2", &c), 1);
    assert_true(c.flop == 16.0 * 20 * 22 * 22 && c.bytes == 5 * c.flop);
    assert_int_equal(find("sgd_step", "11680", &c), 1);
    assert_true(c.bytes == 20.0 * 11680);
    assert_int_equal(find("pointwise_backward drop", "20, 22x22", &c), 1);
    assert_true(c.bytes == 4.0 * 4 * 16 * 20 * 22 * 22);
    assert_int_equal(find("attention_forward", "49 positions, 64 by 4 heads", &c), 1);
    assert_true(c.flop == 16.0 * 49 * 49 * (4 * 64 + 28 * 4) && c.bytes == 4.0 * 16 * 49 * 4 * 64);
    assert_int_equal(find("kmeans_forward", "32->128, 8x8", &c), 1);
    assert_true(c.flop == 16.0 * 64 * 128 * (3 * 32 + 27) && c.bytes == 4.0 * 16 * 64 * (32 + 128));
    assert_int_equal(find("sample_norm_forward channels", "64, 8x8", &c), 1);
    assert_true(c.flop == 16.0 * 64 * 64 * 8 && c.bytes == c.flop);
    assert_int_equal(find("conv_backward_data", "3x3 1->10, 26x26", &c), 0); /* the gradient of the input: not needed */
}

/* Pairs of an output and a tap inside the input, one by one. */
static double macs_by_hand(const struct conv_dims *d)
{
    double n = 0;
    for (int y = 0; y < d->ho; y++)
        for (int x = 0; x < d->wo; x++)
            for (int ky = 0; ky < d->kh; ky++)
                for (int kx = 0; kx < d->kw; kx++) {
                    int r = y * d->sh - d->ph + ky * d->dh, c = x * d->sw - d->pw + kx * d->dw;
                    n += r >= 0 && r < d->h && c >= 0 && c < d->w;
                }
    return n * d->co * d->ci / d->groups;
}

static void padding_is_not_counted(void **state)
{
    static const struct conv_dims dims[] = {
        {3, 32, 32, 32, 32, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1}, /* padded */
        {4, 9, 7, 6, 5, 4, 3, 3, 2, 2, 1, 1, 1, 1, 2},      /* strides and groups */
        {2, 8, 8, 2, 8, 8, 4, 2, 1, 1, 1, 0, 1, 1, 1},      /* more at the end than at the start */
        {2, 9, 9, 2, 9, 9, 3, 3, 1, 1, 4, 4, 4, 4, 1},      /* dilated */
        {5, 6, 6, 7, 4, 4, 3, 3, 1, 1, 0, 0, 1, 1, 1},      /* none */
    };
    (void)state;
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++)
        assert_true(conv_macs(&dims[i]) == macs_by_hand(&dims[i]));
    assert_true(conv_macs(&dims[0]) == 94.0 * 94 * 3 * 32);
    for (size_t i = 0; i < kernel_cases(); i++) {
        struct kernel_case c;
        kernel_case(i, &c);
        if (!strcmp(c.group, "cifar") && !strcmp(c.shape, "3x3 128->128, 8x8"))
            assert_true(c.flop == 2.0 * c.images * 22 * 22 * 128 * 128);
    }
}

/* A padded layer of cifar and an unpadded one of the grid may have the same words; within a group nothing is twice. */
static void cases_are_told_apart(void **state)
{
    (void)state;
    size_t n = kernel_cases();
    assert_true(n > 100);
    for (size_t i = 0; i < n; i++) {
        struct kernel_case a, b;
        kernel_case(i, &a);
        assert_true(a.flop > 0 && a.bytes > 0 && *a.shape && *a.group);
        for (size_t k = 0; k < i; k++) {
            kernel_case(k, &b);
            if (!strcmp(a.kernel, b.kernel) && !strcmp(a.shape, b.shape) && !strcmp(a.group, b.group))
                fail_msg("%s of %s is there twice", a.kernel, a.shape);
        }
    }
}

#ifdef __SANITIZE_ADDRESS__ /* which makes kernels slow: a case that repeats itself at a larger size is left out */
static const double MOST_FLOP = 1e7;
#else
static const double MOST_FLOP = INFINITY;
#endif

/* All arrays large enough, at the plain level and at the best: the sanitizers watch. */
static void every_kernel_runs(void **state)
{
    (void)state;
    struct err e = {0};
    for (size_t i = 0; i < kernel_cases(); i++) {
        struct kernel_case c;
        struct kernel_speed s = {NAN, NAN, NAN, NAN};
        kernel_case(i, &c);
        if (c.flop > MOST_FLOP)
            continue;
        if (kernel_case_time(i, kernels_pick(c.flop < 3e6 ? "ref" : NULL), i % 2 == 0, 0, &s, &e))
            fail_msg("%s of %s: %s", c.kernel, c.shape, e.text);
        assert_true(s.seconds > 0 && s.fma > 0 && s.share > 0);
        assert_true(i % 2 == 0 ? s.roof_share >= s.share : s.roof_share == s.share);
        assert_close(s.share, c.flop / s.seconds / s.fma, 1e-12, 0); /* one turn */
    }
}

static void probes_compute(void **state)
{
    (void)state;
    _Alignas(64) float x[2 * PROBE_FLOATS], seed[LANES], out[LANES];
    for (int i = 0; i < 2 * PROBE_FLOATS; i++)
        x[i] = (float)i;
    for (int i = 0; i < LANES; i++)
        seed[i] = 0.5f;
    for (size_t i = 0; kernels_level(i); i++) {
        const struct kernels *k = kernels_pick(kernels_level(i));
        float sum = 0;
        if (!k)
            continue;
        const struct probe *p = probe_of(k);
        assert_memory_equal(p->isa, k->isa, strlen(p->isa)); /* that of avx512bf16 is avx512's */
        p->read(2 * PROBE_FLOATS, x, out);
        for (int l = 0; l < LANES; l++)
            sum += out[l];
        assert_true(sum == 255 * 128); /* every float once */
        p->fma(10, seed, out);
        assert_true(out[0] > 0.5f && p->flop >= 2 * LANES);
    }
}

/* The parameters of PyTorch's models of the same networks; operations without those on padding. */
static void networks_are_the_ones(void **state)
{
    static const struct {
        const char *family;
        size_t params;
        double flop;
    } want[] = {{"n1", 11660, 15.54e6},     {"mlp", 101770, 0.41e6},       {"cifar", 288746, 207.06e6},
                {"k3-64", 75338, 151.1e6},  {"k3-128", 298122, 602.1e6},   {"resnet20", 272474, 222.47e6},
                {"mobile", 45786, 50.71e6}, {"convnext", 102250, 59.20e6}, {"vit", 204938, 65.38e6}};
    (void)state;
    struct err e = {0};
    size_t met = 0;
    for (size_t i = 0; bench_net(i); i++)
        for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
            const struct bench_net *n = bench_net(i);
            struct bench_speed s;
            if (strcmp(n->family, want[k].family) != 0 || (k < 2 && n->batch > 128))
                continue;
            met++;
            if (n->batch > 64 && k == 0)
                continue;
            if (k >= 2 && n->precision != NN_FP32) /* as many operations as in fp32 */
                continue;
            if (want[k].flop > 10 * MOST_FLOP)
                continue;
            if (bench_net_time(n, kernels_pick(NULL), 0, &s, &e))
                fail_msg("%s: %s", n->name, e.text);
            assert_int_equal(s.params, want[k].params);
            assert_close(s.flop, want[k].flop, 0.01, 0);
            assert_true(s.step > s.bare && s.bare > 0 && s.bytes > s.params * 8);
            assert_true(s.fma > 0 && s.bare_share > s.share && s.share > 0);
            assert_close(s.share, s.flop / s.step / s.fma, 1e-9, 0); /* one step */
            for (int p = 0; p < BENCH_PHASES; p++)
                assert_true(s.phase[p] > 0);
        }
    assert_int_equal(met, 23);
}

struct seen {
    size_t machine, kernels, nets;
    double fma;
};

static void see(void *ctx, const struct bench_row *r)
{
    struct seen *s = ctx;
    s->machine += r->kind == BENCH_IS_MACHINE;
    s->kernels += r->kind == BENCH_IS_KERNEL;
    s->nets += r->kind == BENCH_IS_NET;
    s->fma = r->machine->fma;
    if (r->kind != BENCH_IS_MACHINE)
        assert_true(r->fma > 0 && r->share > 0 && r->rate > 0);
    if (r->kind == BENCH_IS_KERNEL)
        assert_true(r->roof_share >= r->share * 0.999999);
    for (size_t i = 0; i < r->machine->nreads; i++)
        assert_true(r->machine->read[i].rate > 0);
}

static void words_choose_rows(void **state)
{
    static const struct {
        const char *word;
        size_t nets;
        int kernels;
    } want[] = {{"machine", 0, 0}, {"mlp", 1, 0}, {"n1-32-p0", 1, 0}, {"kernels", 0, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        if (want[i].kernels && MOST_FLOP < INFINITY)
            continue;
        struct seen s = {0};
        struct err e = {0};
        struct bench_options o = {
            .word = want[i].word, .k = kernels_pick(NULL), .seconds = 0.02, .row = see, .ctx = &s};
        if (bench_run(&o, &e))
            fail_msg("%s", e.text);
        assert_int_equal(s.machine, 1);
        assert_int_equal(s.nets, want[i].nets);
        assert_int_equal(s.kernels, want[i].kernels ? kernel_cases() : 0);
        assert_true(s.fma > 0);
    }
    struct err e = {0};
    struct bench_options o = {.word = "net", .k = kernels_pick(NULL), .seconds = 1, .row = see};
    assert_int_equal(bench_run(&o, &e), -1);
    assert_non_null(strstr(e.text, "did you mean 'nets'"));
}

/* Measures the machine, a kernel or a network that has the fewest allocations; the facts of it are the result. */
static void hash_row(void *ctx, const struct bench_row *row)
{
    uint64_t *result = ctx;
    *result = result_of(*result, &row->kind, sizeof row->kind);
    if (row->kind == BENCH_IS_NET)
        *result = result_of(*result, &row->speed->bytes, sizeof row->speed->bytes);
}

static int measure(void *word, uint64_t *result, struct err *e)
{
    struct bench_options o = {.word = word, .k = kernels_pick(NULL), .seconds = 1e-3, .row = hash_row, .ctx = result};
    return bench_run(&o, e);
}

static int time_kernel(void *number, uint64_t *result, struct err *e)
{
    struct kernel_speed s;
    *result = 0;
    return kernel_case_time(*(size_t *)number, kernels_pick(NULL), 1, 1e-6, &s, e);
}

enum { EVERY = 5 };

static void lack_of_memory_is_told(void **state)
{
    static char *const word[] = {"machine", "mlp", "n1-32-p0"};
    (void)state;
    for (size_t i = 0; i < sizeof word / sizeof *word; i++)
        assert_true(each_call_fails(MISHAP_MEMORY, &(struct trying){word[i], measure, word[i], ERR_NOMEM, 0}) > 0);
    for (size_t i = 0; i < kernel_cases(); i += EVERY) {
        struct kernel_case c;
        kernel_case(i, &c);
        if (c.flop > MOST_FLOP)
            continue;
        assert_true(each_call_fails(MISHAP_MEMORY, &(struct trying){"kernel", time_kernel, &i, ERR_NOMEM, 0}) > 0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_right),     cmocka_unit_test(padding_is_not_counted),
        cmocka_unit_test(cases_are_told_apart), cmocka_unit_test(every_kernel_runs),
        cmocka_unit_test(probes_compute),       cmocka_unit_test(networks_are_the_ones),
        cmocka_unit_test(words_choose_rows),    cmocka_unit_test(lack_of_memory_is_told),
    };
    return cmocka_run_group_tests_name("bench", tests, NULL, NULL);
}
