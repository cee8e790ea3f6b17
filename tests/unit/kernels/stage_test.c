/* The fused passes give the bits of the kernels that they stand for, one after the other, on every level. */
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NORM = 1, DROP = 2, ADD = NORM | 4, KINDS = 4 }; /* there is no sum with dropout, and none without norm */

struct stage_case {
    struct pointwise f;
    int live, h;
    size_t n, c;
    float *x, *dy, *mean, *invstd;
    float *scale, *shift; /* also where f.scale is NULL */
    float *add;
    uint32_t *seed;
};

static void case_init(struct stage_case *s, int act, int kind, int i)
{
    static const float rate[] = {0.05f, 0.5f, 0.999f};
    int c = 1 + (int)noise_below(5), h = 1 + (int)noise_below(6), w = 1 + (int)noise_below(9);
    s->n = (size_t)(c * h * w) * LANES;
    s->c = (size_t)c;
    s->h = h;
    s->live = i % 2 ? LANES : 1 + (int)noise_below(LANES);
    s->x = box_noise(s->n), s->dy = box_noise(s->n);
    s->add = box_noise(s->n);
    s->mean = box_noise(s->c), s->invstd = box_noise(s->c), s->scale = box_noise(s->c), s->shift = box_noise(s->c);
    s->seed = (uint32_t *)(void *)box(LANES);
    for (int l = 0; l < LANES; l++)
        s->seed[l] = 1 + noise_below(0xfffffffe);
    kill_dead(s->dy, s->live, s->n / LANES);
    s->f = (struct pointwise){.c = c, .w = w, .act = act, .act_parameter = 0.1f, .p = rate[i % 3]};
    if (kind & NORM) {
        s->f.scale = s->scale;
        s->f.shift = s->shift;
    }
    if (kind & DROP)
        s->f.seed = s->seed;
    if (kind == ADD)
        s->f.add = s->add;
}

static void case_release(struct stage_case *s)
{
    box_free(s->x), box_free(s->dy), box_free(s->mean), box_free(s->invstd), box_free(s->scale), box_free(s->shift);
    box_free((float *)(void *)s->seed), box_free(s->add);
}

static void assert_same_bits(const float *got, const float *want, size_t n, const char *what, const struct pointwise *f)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(&got[i], &want[i], sizeof *got) != 0)
            fail_msg("%s, act %d norm %d sum %d drop %d, %d channels of %d: [%zu] is %.9g, want %.9g", what, f->act,
                     f->scale != NULL, f->add != NULL, f->seed != NULL, f->c, f->w, i, (double)got[i], (double)want[i]);
}

/* v: at the output of the normalization, y: at the end. */
static void plain_forward(const struct kernels *k, const struct stage_case *s, float *v, float *y)
{
    const struct pointwise *f = &s->f;
    memcpy(v, s->x, s->n * sizeof *v);
    if (f->scale)
        k->bn_apply(f->c, s->h, f->w, 1, v, f->scale, f->shift, v);
    if (f->add)
        k->add_scaled(s->n, 1, v, f->add, v);
    memcpy(y, v, s->n * sizeof *y);
    if (f->act != NO_ACT)
        k->act_forward((enum act)f->act, f->act_parameter, s->n, y, y);
    if (f->seed)
        k->dropout(1, s->n / LANES, f->p, f->seed, y, y);
}

static void plain_backward(const struct kernels *k, const struct stage_case *s, const float *v, float *g)
{
    const struct pointwise *f = &s->f;
    float *y = box(s->n);
    memcpy(g, s->dy, s->n * sizeof *g);
    if (f->seed)
        k->dropout(1, s->n / LANES, f->p, f->seed, g, g);
    if (f->act != NO_ACT && act_reads_argument(f->act))
        k->act_backward((enum act)f->act, f->act_parameter, s->n, v, g, g);
    else if (f->act != NO_ACT) {
        k->act_forward((enum act)f->act, f->act_parameter, s->n, v, y);
        k->act_backward((enum act)f->act, f->act_parameter, s->n, y, g, g);
    }
    box_free(y);
}

/* The fused passes over a few rows at a time. `y`, `g`: NULL or where they go. */
static void by_rows(const struct kernels *k, const struct stage_case *s, const float *dy, float *y, float *g,
                    double *sums)
{
    struct pointwise f = s->f;
    _Alignas(64) uint32_t streams[LANES];
    double *lanes = (double *)(void *)box(64 * s->c);
    size_t row = (size_t)(f.c * f.w) * LANES;
    memcpy(streams, s->seed, sizeof streams);
    memset(lanes, 0, 32 * s->c * sizeof *lanes);
    f.seed = f.seed ? streams : NULL;
    for (int r = 0, n; r < s->h; r += n) {
        size_t at = (size_t)r * row;
        n = 1 + (int)noise_below((uint32_t)(s->h - r));
        f.add = s->f.add ? s->f.add + at : NULL;
        if (g)
            k->pointwise_backward(&f, n, s->x + at, dy + at, s->mean, y ? y + at : NULL, g + at, lanes);
        else
            k->pointwise_forward(&f, n, dy + at, y + at);
    }
    if (g && f.scale)
        k->pointwise_sums(f.c, s->live, lanes, sums);
    box_free((float *)(void *)lanes);
}

static void check_forward(const struct kernels *k, const struct stage_case *s)
{
    float *v = box(s->n), *want = box(s->n), *got = box(s->n);
    plain_forward(k, s, v, want);
    by_rows(k, s, s->x, got, NULL, NULL);
    assert_same_bits(got, want, s->n, "forward", &s->f);
    memcpy(got, s->x, s->n * sizeof *got);
    by_rows(k, s, got, got, NULL, NULL);
    assert_same_bits(got, want, s->n, "forward in place", &s->f);
    box_free(v), box_free(want), box_free(got);
}

static void check_sums(const struct kernels *k, const struct stage_case *s, const float *g, const double *sums)
{
    const struct pointwise *f = &s->f;
    float *sum = box(s->c), *sum_x = box(s->c);
    k->bn_backward_stats(f->c, s->h, f->w, s->live, s->x, g, s->mean, s->invstd, sum, sum_x);
    for (size_t ch = 0; ch < s->c; ch++) {
        assert_true((float)sums[2 * ch] == sum[ch]);
        assert_true((float)(sums[2 * ch + 1] * (double)s->invstd[ch]) == sum_x[ch]);
    }
    box_free(sum), box_free(sum_x);
}

static void check_backward(const struct kernels *k, const struct stage_case *s)
{
    float *v = box(s->n), *y = box(s->n), *want = box(s->n), *got = box(s->n), *again = box(s->n);
    double *sums = (double *)(void *)box(4 * s->c);
    plain_forward(k, s, v, y);
    plain_backward(k, s, v, want);
    by_rows(k, s, s->dy, NULL, got, sums);
    assert_same_bits(got, want, s->n, "backward", &s->f);
    if (s->f.scale)
        check_sums(k, s, got, sums);
    memcpy(again, s->dy, s->n * sizeof *again);
    by_rows(k, s, again, NULL, again, sums);
    assert_same_bits(again, want, s->n, "backward in place", &s->f);
    memcpy(again, s->dy, s->n * sizeof *again);
    by_rows(k, s, again, again, got, sums);
    assert_same_bits(got, want, s->n, "backward and forward", &s->f);
    assert_same_bits(again, y, s->n, "forward while backward", &s->f);
    if (s->f.scale)
        check_sums(k, s, got, sums);
    box_free(v), box_free(y), box_free(want), box_free(got), box_free(again);
    box_free((float *)(void *)sums);
}

static void check_level(const struct kernels *k)
{
    noise_restart(31);
    for (int act = NO_ACT; act < ACTIVATIONS; act++)
        for (int kind = 0; kind <= ADD; kind = kind == KINDS - 1 ? ADD : kind + 1)
            for (int i = 0; i < 12; i++) {
                struct stage_case s;
                case_init(&s, act, kind, i);
                check_forward(k, &s);
                check_backward(k, &s);
                case_release(&s);
            }
}

static void fused_passes_have_the_bits_of_the_single_ones(void **state)
{
    (void)state;
    for (size_t i = 0; kernels_level(i); i++)
        if (kernels_pick(kernels_level(i)))
            check_level(kernels_pick(kernels_level(i)));
}

/* bn_moments over one block, two calls where there are two rows. */
static void moments_of_block(const struct kernels *k, int c, int h, int w, int live, const float *x,
                             struct moments *out)
{
    float *about = box((size_t)c);
    double *lanes = (double *)(void *)box(64 * (size_t)c);
    int cut = h / 2;
    if (cut)
        k->bn_moments(c, w, cut, live, 1, x, about, lanes);
    k->bn_moments(c, w, h - cut, live, !cut, x + (size_t)(cut * c * w) * LANES, about, lanes);
    k->bn_moments_end(c, w, h, live, about, lanes, out);
    box_free(about), box_free((float *)(void *)lanes);
}

/* In dead lanes stands rubbish, which must not count. */
static void moments_of_blocks_merge_to_statistics(void **state)
{
    (void)state;
    noise_restart(32);
    const struct kernels *k = kernels_pick(NULL);
    for (int n = 1; n < 70; n += 3) {
        int c = 1 + n % 4, h = 1 + n % 5, w = 1 + n % 7, blocks = blocks_of(n);
        size_t block = (size_t)(c * h * w) * LANES;
        float *x = box_noise(block * (size_t)blocks), *mean = box((size_t)c), *var = box((size_t)c);
        struct moments total[4] = {{0, 0, 0}}, one[4];
        for (int b = 0; b < blocks; b++) {
            int live = n - b * LANES < LANES ? n - b * LANES : LANES;
            moments_of_block(k, c, h, w, live, x + (size_t)b * block, one);
            for (int ch = 0; ch < c; ch++) {
                assert_true(one[ch].n == (double)live * h * w);
                moments_merge(&total[ch], &one[ch]);
            }
        }
        k->bn_stats(c, h, w, n, x, mean, var);
        for (int ch = 0; ch < c; ch++) {
            assert_true(mean[ch] == (float)total[ch].mean);
            assert_true(var[ch] == (float)moments_variance(&total[ch]));
        }
        box_free(x), box_free(mean), box_free(var);
    }
}

/* The row that the sums are taken about may be far from all the others. */
static void moments_with_an_odd_first_row(void **state)
{
    (void)state;
    enum { H = 20, W = 9, N = H * W * LANES };
    noise_restart(33);
    float *x = box_noise(N);
    double mean = 0, squares = 0;
    struct moments m;
    for (int i = 0; i < W * LANES; i++)
        x[i] += 5000;
    for (int i = 0; i < N; i++)
        mean += (double)x[i] / N;
    for (int i = 0; i < N; i++)
        squares += ((double)x[i] - mean) * ((double)x[i] - mean);
    moments_of_block(kernels_pick(NULL), 1, H, W, LANES, x, &m);
    assert_near((float)(m.mean / mean), 1, 1e-6, "mean");
    assert_near((float)(m.squares / squares), 1, 1e-6, "squares");
    box_free(x);
}

const struct CMUnitTest stage_tests[] = {
    cmocka_unit_test(fused_passes_have_the_bits_of_the_single_ones),
    cmocka_unit_test(moments_of_blocks_merge_to_statistics),
    cmocka_unit_test(moments_with_an_odd_first_row),
    {0},
};
