/* Products of bf16 numbers are, at every level, those that ops.def defines, bit for bit: of any numbers there are, in
 * every pass of convolutions and dense layers. Those of Winograd's steps are in winograd_test.c. */
#include "check.h"

#include "kernels/ops/conv/winograd.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static float normal(float x)
{
    return fabsf(x) < 0x1p-126f ? copysignf(0, x) : x;
}

/* a * b + c rounded once, denormals taken for 0 and none made: what would be one with 24 bits and an exponent of any
 * size becomes 0, as a sum computed near 1 shows. */
static float defined_fma(float a, float b, float c)
{
    a = normal(a), b = normal(b), c = normal(c);
    float r = fmaf(a, b, c);
    if (fabsf(r) > 0x1p-126f || isnan(r))
        return r;
    float larger = fabsf(a) < fabsf(b) ? fmaf(ldexpf(a, 60), b, ldexpf(c, 60)) : fmaf(a, ldexpf(b, 60), ldexpf(c, 60));
    return fabsf(larger) < 0x1p-66f ? copysignf(0, r) : r;
}

static uint32_t bits_of(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return isnan(f) ? 0x7fc00000u : u;
}

static float bf16_bits(uint32_t u)
{
    float f;
    u <<= 16;
    memcpy(&f, &u, sizeof f);
    return f;
}

/* Any bf16 number, or mostly one within 2^-spread..2^spread of 2^exponent. */
static float any_number(int exponent, uint32_t spread)
{
    uint32_t u = noise_below(65536);
    if (spread && noise_below(16))
        u = (u & 0x807f) | (uint32_t)(127 + exponent - (int)spread + (int)noise_below(2 * spread + 1)) << 7;
    return bf16_bits(u);
}

#define PAIRS 64 /* of weights in a call, and blocks of inputs */

static size_t compare_pairs(const struct kernels *k, const float *x, const float *w, const float *sum, const float *y)
{
    for (int b = 0; b < PAIRS; b++)
        for (int o = 0; o < PAIRS; o++)
            for (int l = 0; l < LANES; l++) {
                const float *even = x + b * 2 * LANES + l, *odd = even + LANES;
                float want = defined_fma(*even, w[2 * o], defined_fma(*odd, w[2 * o + 1], sum[o])) + 0.0f;
                float got = y[(b * PAIRS + o) * LANES + l];
                if (bits_of(got) != bits_of(want))
                    fail_msg("%s: %a * %a + (%a * %a + %a) is %a, want %a", k->isa, (double)*even, (double)w[2 * o],
                             (double)*odd, (double)w[2 * o + 1], (double)sum[o], (double)got, (double)want);
            }
    return (size_t)PAIRS * PAIRS * LANES;
}

/* Numbers of all kinds, numbers near 1, sums that cancel, and sums that are about as small as numbers are. */
static void draw_pairs(int kind, float *x, float *w, float *sum)
{
    static const int size[4] = {0, 0, 0, -63};
    static const uint32_t spread[4] = {0, 12, 3, 4};
    for (int i = 0; i < PAIRS * 2 * LANES; i++)
        x[i] = any_number(size[kind], spread[kind]);
    for (int o = 0; o < PAIRS; o++) {
        w[2 * o] = any_number(size[kind], spread[kind]);
        w[2 * o + 1] = any_number(size[kind], spread[kind]);
        sum[o] = kind == 2 ? -x[LANES + o] * w[2 * o + 1] : any_number(2 * size[kind], spread[kind]);
    }
    if (kind == 3) { /* halfway between the smallest normal number and the next number below it */
        sum[0] = 0x1p-126f, sum[1] = -0x1p-126f;
        w[0] = w[2] = 0, w[1] = w[3] = 0x1p-75f;
        x[LANES] = -0x1p-75f, x[LANES + 1] = 0x1p-75f, x[LANES + 2] = -0x1.8p-76f, x[LANES + 3] = -0x1p-76f;
    }
}

static void pairs_at(const struct kernels *k, int rounds)
{
    float *x = box(PAIRS * 2 * LANES), *w = box(2 * PAIRS), *sum = box(PAIRS), *y = box(PAIRS * PAIRS * LANES);
    float *scratch = box(dense_scratch_bf16(PAIRS, 2, PAIRS));
    size_t cases = 0;
    noise_restart(31);
    for (int i = 0; i < rounds; i++) {
        draw_pairs(i % 4, x, w, sum);
        k->dense_forward_bf16(PAIRS, 2, PAIRS, x, w, sum, y, scratch);
        cases += compare_pairs(k, x, w, sum, y);
    }
    printf("  %s: %zu products of pairs\n", k->isa, cases);
    box_free(x), box_free(w), box_free(sum), box_free(y), box_free(scratch);
}

/* Of the instruction eight million, where there is one. */
static void pairs_are_defined(void **state)
{
    (void)state;
    for (size_t i = 0; kernels_level(i); i++) {
        const struct kernels *k = kernels_pick(kernels_level(i));
        if (k)
            pairs_at(k, strcmp(k->isa, "avx512bf16") ? 16 : 128);
        else
            printf("  %s: not on this machine, skipped\n", kernels_level(i));
    }
}

/* --- convolutions --- */

struct problem {
    struct conv_dims d;
    int blocks;
    float *x, *w, *b, *dy;
};

static float input(const struct problem *p, int block, int i, int c, int j, int lane)
{
    return p->x[at5(p->d.ci, p->d.h, p->d.w, block, i, c, j, lane)];
}

static float gradient(const struct problem *p, int block, int i, int c, int j, int lane)
{
    return p->dy[at5(p->d.co, p->d.ho, p->d.wo, block, i, c, j, lane)];
}

static float weight(const struct problem *p, int o, int c, int ky, int kx)
{
    const struct conv_dims *d = &p->d;
    return p->w[((o * (d->ci / d->groups) + c) * d->kh + ky) * d->kw + kx];
}

static int inside(int i, int n)
{
    return i >= 0 && i < n;
}

static float defined_y(const struct problem *p, int block, int r, int o, int col, int lane)
{
    const struct conv_dims *d = &p->d;
    int ci = d->ci / d->groups, first = o / (d->co / d->groups) * ci;
    float y = p->b[o];
    for (int ky = 0; ky < d->kh; ky++)
        for (int pair = 0; pair < ci; pair += 2)
            for (int kx = 0; kx < d->kw; kx++) {
                int i = r * d->sh - d->ph + ky * d->dh, j = col * d->sw - d->pw + kx * d->dw;
                for (int c = pair + 1; c >= pair; c--)
                    if (c < ci && inside(i, d->h) && inside(j, d->w))
                        y = defined_fma(input(p, block, i, first + c, j, lane), weight(p, o, c, ky, kx), y);
            }
    return normal(y) + 0.0f;
}

/* From the top left of dy, which is from the last tap on. */
static float defined_dx(const struct problem *p, int block, int i, int c, int j, int lane)
{
    const struct conv_dims *d = &p->d;
    int ci = d->ci / d->groups, co = d->co / d->groups, first = c / ci * co;
    float dx = 0;
    for (int ky = d->kh - 1; ky >= 0; ky--)
        for (int pair = 0; pair < co; pair += 2)
            for (int kx = d->kw - 1; kx >= 0; kx--) {
                int r = i + d->ph - ky * d->dh, col = j + d->pw - kx * d->dw;
                for (int o = pair + 1; o >= pair; o--)
                    if (o < co && r >= 0 && col >= 0 && r % d->sh == 0 && col % d->sw == 0 && r / d->sh < d->ho &&
                        col / d->sw < d->wo)
                        dx = defined_fma(gradient(p, block, r / d->sh, first + o, col / d->sw, lane),
                                         weight(p, first + o, c % ci, ky, kx), dx);
            }
    return dx + 0.0f;
}

static float lane_sum(float s[LANES])
{
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            s[i] += s[i + half];
    return s[0] + 0.0f;
}

static float defined_dw(const struct problem *p, int o, int c, int ky, int kx)
{
    const struct conv_dims *d = &p->d;
    int first = o / (d->co / d->groups) * (d->ci / d->groups);
    float sum[LANES] = {0};
    for (int block = 0; block < p->blocks; block++)
        for (int r = 0; r < d->ho; r++)
            for (int pair = 0; pair < d->wo; pair += 2)
                for (int col = pair + 1; col >= pair; col--) {
                    int i = r * d->sh - d->ph + ky * d->dh, j = col * d->sw - d->pw + kx * d->dw;
                    for (int l = 0; l < LANES && col < d->wo && inside(i, d->h) && inside(j, d->w); l++)
                        sum[l] =
                            defined_fma(input(p, block, i, first + c, j, l), gradient(p, block, r, o, col, l), sum[l]);
                }
    return lane_sum(sum);
}

static void same(const struct kernels *k, const struct conv_dims *d, const char *what, float got, float want)
{
    if (bits_of(got) != bits_of(want))
        fail_msg("%s: %s is %a, want %a (%d->%d, %dx%d -> %dx%d, %dx%d taps, stride %d,%d pad %d,%d dilation %d,%d "
                 "groups %d)",
                 k->isa, what, (double)got, (double)want, d->ci, d->co, d->h, d->w, d->ho, d->wo, d->kh, d->kw, d->sh,
                 d->sw, d->ph, d->pw, d->dh, d->dw, d->groups);
}

static const int lanes[] = {0, 7, 8, 15};

static void check_y(const struct kernels *k, const struct problem *p, const float *y)
{
    const struct conv_dims *d = &p->d;
    for (int i = 0; i < p->blocks * d->ho * d->co * d->wo * 4; i++) {
        int at = i / 4, col = at % d->wo, o = at / d->wo % d->co, r = at / d->wo / d->co, l = lanes[i % 4];
        same(k, d, "y", y[at * LANES + l], defined_y(p, r / d->ho, r % d->ho, o, col, l));
    }
}

static void check_dx(const struct kernels *k, const struct problem *p, const float *dx)
{
    const struct conv_dims *d = &p->d;
    for (int i = 0; i < p->blocks * d->h * d->ci * d->w * 4; i++) {
        int at = i / 4, j = at % d->w, c = at / d->w % d->ci, r = at / d->w / d->ci, l = lanes[i % 4];
        same(k, d, "dx", dx[at * LANES + l], defined_dx(p, r / d->h, r % d->h, c, j, l));
    }
}

static void check_dw(const struct kernels *k, const struct problem *p, const float *dw)
{
    const struct conv_dims *d = &p->d;
    int ci = d->ci / d->groups, taps = d->kh * d->kw;
    for (int i = 0; i < d->co * ci * taps; i++)
        same(k, d, "dw", dw[i], defined_dw(p, i / taps / ci, i / taps % ci, i % taps / d->kw, i % d->kw));
}

/* bf16 numbers about 2^exponent. */
static float *numbers(size_t n, int exponent)
{
    float *x = box(n);
    for (size_t i = 0; i < n; i++)
        x[i] = bf16_bits((noise_below(2) << 15) | (uint32_t)(125 + exponent + (int)noise_below(3)) << 7 |
                         noise_below(128));
    return x;
}

/* Without pairs it is one of floats. */
static void depthwise_at(const struct kernels *k, const struct problem *p, float *y, float *dx, float *dw,
                         float *scratch)
{
    const struct conv_dims *d = &p->d;
    size_t nx = conv_in(d, p->blocks), ny = conv_out(d, p->blocks), nw = conv_weights(d);
    float *want_y = box(ny), *want_dx = box(nx), *want_dw = box(nw);
    k->conv_forward(d, p->blocks, p->x, p->w, p->b, want_y, scratch);
    k->conv_backward_data(d, p->blocks, p->dy, p->w, want_dx, scratch);
    k->conv_backward_weights(d, p->blocks, p->x, p->dy, want_dw, NULL, scratch);
    k->conv_forward_bf16(d, p->blocks, p->x, p->w, p->b, y, scratch);
    k->conv_backward_data_bf16(d, p->blocks, p->dy, p->w, dx, scratch);
    k->conv_backward_weights_bf16(d, p->blocks, p->x, p->dy, dw, NULL, scratch);
    assert_memory_equal(y, want_y, ny * sizeof *y);
    assert_memory_equal(dx, want_dx, nx * sizeof *dx);
    assert_memory_equal(dw, want_dw, nw * sizeof *dw);
    box_free(want_y), box_free(want_dx), box_free(want_dw);
}

static void convolution_at(const struct kernels *k, const struct problem *p)
{
    const struct conv_dims *d = &p->d;
    struct winograd fast;
    float *y = box(conv_out(d, p->blocks)), *dx = box(conv_in(d, p->blocks)), *dw = box(conv_weights(d));
    float *scratch = box(conv_scratch_bf16(d, p->blocks));
    if (d->groups > 1 && d->groups == d->ci && d->ci == d->co) {
        depthwise_at(k, p, y, dx, dw, scratch);
        box_free(y), box_free(dx), box_free(dw), box_free(scratch);
        return;
    }
    k->conv_forward_bf16(d, p->blocks, p->x, p->w, p->b, y, scratch);
    if (!winograd_of(d, CONV_FORWARD, &fast))
        check_y(k, p, y);
    k->conv_backward_data_bf16(d, p->blocks, p->dy, p->w, dx, scratch);
    if (!winograd_of(d, CONV_BACKWARD_DATA, &fast))
        check_dx(k, p, dx);
    k->conv_backward_weights_bf16(d, p->blocks, p->x, p->dy, dw, NULL, scratch);
    check_dw(k, p, dw);
    box_free(y), box_free(dx), box_free(dw), box_free(scratch);
}

/* Every third with sums that come near the smallest numbers. */
static void convolutions_are_defined(void **state)
{
    (void)state;
    noise_restart(32);
    for (int i = 0; i < 45; i++) {
        struct problem p = {.d = random_conv(i % 3 != 0), .blocks = 1 + i % 2};
        const int small = i % 3 == 2 ? -63 : 0;
        p.x = numbers(conv_in(&p.d, p.blocks), small);
        p.dy = numbers(conv_out(&p.d, p.blocks), small);
        p.w = numbers(conv_weights(&p.d), small);
        p.b = numbers((size_t)p.d.co, 2 * small);
        for (size_t l = 0; kernels_level(l); l++)
            if (kernels_pick(kernels_level(l)))
                convolution_at(kernels_pick(kernels_level(l)), &p);
        box_free(p.x), box_free(p.dy), box_free(p.w), box_free(p.b);
    }
}

/* --- dense layers --- */

/* sum + pairs of a[k * a_step] * b[k * b_step], k < n. */
static float defined_sum(int n, const float *a, int a_step, const float *b, int b_step, float sum)
{
    for (int pair = 0; pair < n; pair += 2)
        for (int k = pair + 1; k >= pair; k--)
            if (k < n)
                sum = defined_fma(a[k * a_step], b[k * b_step], sum);
    return normal(sum) + 0.0f;
}

static void dense_at(const struct kernels *k, int blocks, int in, int out, const float *x, const float *w,
                     const float *b, const float *dy)
{
    const struct conv_dims d = {in, 1, 1, out, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1};
    size_t nx = conv_in(&d, blocks), ny = conv_out(&d, blocks), nw = conv_weights(&d);
    float *y = box(ny), *dx = box(nx), *dw = box(nw), *scratch = box(dense_scratch_bf16(blocks, in, out));
    float images[2][5 * LANES];
    k->dense_forward_bf16(blocks, in, out, x, w, b, y, scratch);
    k->dense_backward_data_bf16(blocks, in, out, dy, w, dx, scratch);
    k->dense_backward_weights_bf16(blocks, in, out, x, dy, dw, NULL, scratch);
    for (int i = 0; i < (int)ny; i++) {
        int o = i / LANES % out, block = i / LANES / out;
        const float *from = x + block * in * LANES + i % LANES;
        same(k, &d, "dense y", y[i], defined_sum(in, from, LANES, w + o * in, 1, b[o]));
    }
    for (int i = 0; i < (int)nx; i++) {
        int c = i / LANES % in, block = i / LANES / in;
        const float *from = dy + block * out * LANES + i % LANES;
        same(k, &d, "dense dx", dx[i], defined_sum(out, from, LANES, w + c, in, 0));
    }
    for (int i = 0; i < (int)nw; i++) {
        for (int j = 0; j < blocks * LANES; j++) {
            images[0][j] = x[(j / LANES * in + i % in) * LANES + j % LANES];
            images[1][j] = dy[(j / LANES * out + i / in) * LANES + j % LANES];
        }
        same(k, &d, "dense dw", dw[i], defined_sum(blocks * LANES, images[0], 1, images[1], 1, 0));
    }
    box_free(y), box_free(dx), box_free(dw), box_free(scratch);
}

static void dense_layers_are_defined(void **state)
{
    (void)state;
    noise_restart(33);
    for (int i = 0; i < 20; i++) {
        int in = 1 + (int)noise_below(40), out = 1 + (int)noise_below(40), blocks = 1 + i % 5;
        const int small = i % 3 == 2 ? -63 : 0;
        float *x = numbers((size_t)(blocks * in) * LANES, small), *w = numbers((size_t)(in * out), small);
        float *dy = numbers((size_t)(blocks * out) * LANES, small), *b = numbers((size_t)out, 2 * small);
        for (size_t l = 0; kernels_level(l); l++)
            if (kernels_pick(kernels_level(l)))
                dense_at(kernels_pick(kernels_level(l)), blocks, in, out, x, w, b, dy);
        box_free(x), box_free(w), box_free(dy), box_free(b);
    }
}

/* --- tests/data/bf16_products.txt, in which everything was computed in fractions --- */

/* Element k of an array of the file, in all lanes where it is an array of images. */
static float *numbers_of_file(size_t n, uint32_t m, int exponent, size_t copies)
{
    float *x = box(n * copies);
    for (size_t i = 0; i < n * copies; i++) {
        uint32_t v = (uint32_t)(i / copies) * m;
        x[i] = bf16_bits((v >> 3 & 1) << 15 | (uint32_t)(126 + exponent - (int)(v / 7 % 3)) << 7 | ((v + 13) & 127));
    }
    return x;
}

static void check_line(FILE *f, const struct kernels *k, const char *name, const float *got, size_t n, size_t copies)
{
    char word[8];
    size_t count;
    assert_int_equal(fscanf(f, "%7s %zu", word, &count), 2);
    assert_string_equal(word, name);
    assert_int_equal(count, n);
    for (size_t i = 0; i < n; i++) {
        unsigned want;
        assert_int_equal(fscanf(f, "%x", &want), 1);
        for (size_t c = 0; c < copies; c++)
            if (bits_of(got[i * copies + c]) != want)
                fail_msg("%s: %s[%zu] is %a, whose bits are not %08x", k->isa, name, i, (double)got[i * copies + c],
                         want);
    }
}

static void check_case(FILE *f, const struct kernels *k, const struct conv_dims *d, int e, int dense)
{
    size_t nx = conv_in(d, 1), ny = conv_out(d, 1), nw = conv_weights(d);
    float *x = numbers_of_file(nx / LANES, 37, e, LANES), *w = numbers_of_file(nw, 41, e, 1);
    float *b = numbers_of_file((size_t)d->co, 43, 2 * e + 4, 1), *dy = numbers_of_file(ny / LANES, 47, e, LANES);
    float *y = box(ny), *dx = box(nx), *dw = box(nw);
    float *scratch = box(dense ? dense_scratch_bf16(1, d->ci, d->co) : conv_scratch_bf16(d, 1));
    if (dense) {
        k->dense_forward_bf16(1, d->ci, d->co, x, w, b, y, scratch);
        k->dense_backward_data_bf16(1, d->ci, d->co, dy, w, dx, scratch);
        k->dense_backward_weights_bf16(1, d->ci, d->co, x, dy, dw, NULL, scratch);
    } else {
        k->conv_forward_bf16(d, 1, x, w, b, y, scratch);
        k->conv_backward_data_bf16(d, 1, dy, w, dx, scratch);
        k->conv_backward_weights_bf16(d, 1, x, dy, dw, NULL, scratch);
    }
    check_line(f, k, "y", y, ny / LANES, LANES);
    check_line(f, k, "dx", dx, nx / LANES, LANES);
    check_line(f, k, "dw", dw, nw, 1);
    box_free(x), box_free(w), box_free(b), box_free(dy), box_free(y), box_free(dx), box_free(dw), box_free(scratch);
}

static int check_file(const struct kernels *k)
{
    int cases = 0, e;
    char word[8];
    FILE *f = fopen(TEST_SOURCE_DIR "/data/bf16_products.txt", "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "# %*s"), 0);
    for (; fscanf(f, "%7s", word) == 1; cases++) {
        struct conv_dims d = {.h = 1, .w = 1, .ho = 1, .wo = 1, .kh = 1, .sh = 1, .dh = 1, .dw = 1, .groups = 1};
        if (!strcmp(word, "conv"))
            assert_int_equal(fscanf(f, "%d %d %d %d %d %d %d %d %d %d", &d.ci, &d.h, &d.w, &d.co, &d.ho, &d.wo, &d.kh,
                                    &d.sh, &d.ph, &e),
                             10);
        else
            assert_int_equal(fscanf(f, "%d %d %d", &d.ci, &d.co, &e), 3);
        d.kw = d.kh;
        d.sw = d.sh;
        d.pw = d.ph;
        check_case(f, k, &d, e, strcmp(word, "conv") != 0);
    }
    fclose(f);
    return cases;
}

static void fractions_agree(void **state)
{
    (void)state;
    for (size_t i = 0; kernels_level(i); i++)
        if (kernels_pick(kernels_level(i)))
            assert_int_equal(check_file(kernels_pick(kernels_level(i))), 10);
}

const struct CMUnitTest products_tests[] = {
    cmocka_unit_test(pairs_are_defined),
    cmocka_unit_test(convolutions_are_defined),
    cmocka_unit_test(dense_layers_are_defined),
    cmocka_unit_test(fractions_agree),
    {0},
};
