/* Winograd's convolutions, of both sizes of squares, against loops in double, and bit by bit against their definitions.
 */
#include "check.h"

#include "kernels/ops/conv/winograd.h"
#include "kernels/ops/conv/winograd_large.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What is private to a level has its name at the end. */
typedef void pack_fn(const struct winograd *d, ptrdiff_t s_o, ptrdiff_t s_c, int flip, const float *w, float *out);
typedef void rows_fn(const struct winograd *d, int r0, int r1, const float *const *x, const float *packed,
                     const float *b, float *const *y, struct fetch *fetch, float *scratch);

#define DECLARE(isa)                                                                                                   \
    DECLARE_AS(winograd, isa);                                                                                         \
    DECLARE_AS(winograd_large, isa);                                                                                   \
    DECLARE_AS(winograd, bf16_##isa)
#define DECLARE_AS(squares, isa)                                                                                       \
    void squares##_pack_##isa(const struct winograd *d, ptrdiff_t s_o, ptrdiff_t s_c, int flip, const float *w,        \
                              float *out);                                                                             \
    void squares##_rows_##isa(const struct winograd *d, int r0, int r1, const float *const *x, const float *packed,    \
                              const float *b, float *const *y, struct fetch *fetch, float *scratch)
#ifdef SWEEP_AVX512
DECLARE_AS(winograd, bf16_avx512bf16);
DECLARE(avx512);
#endif
#ifdef SWEEP_AVX2
DECLARE(avx2);
#endif
DECLARE(ref);

static const struct level {
    const char *isa;
    int bf16, large; /* large: squares of 4x4 */
    pack_fn *pack;
    rows_fn *rows;
} levels[] = {
#define LEVEL_BF16(isa)                                                                                                \
    {                                                                                                                  \
#isa, 1, 0, winograd_pack_bf16_##isa, winograd_rows_bf16_##isa                                                 \
    }
#define LEVEL(isa)                                                                                                     \
    LEVEL_BF16(isa), {#isa, 0, 0, winograd_pack_##isa, winograd_rows_##isa},                                           \
    {                                                                                                                  \
#isa, 0, 1, winograd_large_pack_##isa, winograd_large_rows_##isa                                               \
    }
#ifdef SWEEP_AVX512
    LEVEL_BF16(avx512bf16),
    LEVEL(avx512),
#endif
#ifdef SWEEP_AVX2
    LEVEL(avx2),
#endif
    LEVEL(ref),
};
#define LEVELS (sizeof levels / sizeof levels[0])

/* A problem and its answer. Every row is a box of its own. */
struct example {
    struct winograd d;
    int flip, bf16, large;
    ptrdiff_t s_o, s_c;
    float **x, **y, *w, *b; /* b may be NULL */
};

static float **rows_of(int n, size_t floats, float *row(size_t))
{
    float **r = test_malloc((size_t)n * sizeof *r);
    for (int i = 0; i < n; i++)
        r[i] = row(floats);
    return r;
}

static void free_rows(float **r, int n)
{
    for (int i = 0; i < n; i++)
        box_free(r[i]);
    test_free(r);
}

static size_t y_row(const struct winograd *d)
{
    return (size_t)d->co * (size_t)d->wo * LANES;
}

static float **new_output(const struct winograd *d)
{
    return rows_of(d->ho, y_row(d), box);
}

/* flip: weights as the gradient of the input finds them, of co -> ci channels (the second form packs them unflipped).
 */
static struct example new_example(const struct winograd *d, int flip, int bias)
{
    struct example e = {.d = *d, .flip = flip, .s_o = flip ? 9 : 9 * d->ci, .s_c = flip ? 9 * d->co : 9};
    e.x = rows_of(d->h, (size_t)d->ci * (size_t)d->w * LANES, box_noise);
    e.y = new_output(d);
    e.w = box_noise((size_t)9 * (size_t)d->ci * (size_t)d->co);
    e.b = bias ? box_noise((size_t)d->co) : NULL;
    return e;
}

static void free_example(struct example *e)
{
    free_rows(e->x, e->d.h);
    free_rows(e->y, e->d.ho);
    box_free(e->w), box_free(e->b);
}

/* Rows 0..ho-1, cut at random. */
static void run(const struct example *e, const struct level *l, int cut, float **y)
{
    struct winograd_room room;
    struct winograd_large_room large_room;
    const int step = l->large ? LARGE_STEP : 2;
    float *packed = box(l->large ? winograd_large_weights(e->d.ci, e->d.co) : winograd_weights(e->d.ci, e->d.co));
    float *scratch = box(l->large ? winograd_large_scratch(&e->d, &large_room) : winograd_scratch(&e->d, &room));
    l->pack(&e->d, e->s_o, e->s_c, e->flip != e->d.scatter, e->w, packed);
    for (int r = 0, end; r < e->d.ho; r = end) {
        end = cut ? r + step * (1 + (r / step % 2)) : e->d.ho;
        end = end < e->d.ho ? end : e->d.ho;
        struct fetch nothing = {NULL, 0, 0};
        l->rows(&e->d, r, end, (const float *const *)e->x, packed, e->b, y, &nothing, scratch);
    }
    box_free(packed), box_free(scratch);
}

static float weight(const struct example *e, int o, int c, int k)
{
    return e->w[o * e->s_o + c * e->s_c + (e->flip ? 8 - k : k)];
}

/* Input of channel c at row i and column j, which may be outside. */
static float input(const struct example *e, int i, int c, int j, int lane)
{
    const struct winograd *d = &e->d;
    if (i < 0 || i >= d->h || j < 0 || j >= d->w)
        return 0.0f;
    return e->x[i][((size_t)c * (size_t)d->w + (size_t)j) * LANES + (size_t)lane];
}

static double plain(const struct example *e, int r, int o, int col, int lane)
{
    double sum = e->b ? (double)e->b[o] : 0;
    for (int c = 0; c < e->d.ci; c++)
        for (int k = 0; k < 9; k++)
            sum += (double)weight(e, o, c, k) * (double)input(e, r - e->d.ph + k / 3, c, col - e->d.pw + k % 3, lane);
    return sum;
}

/* The three transformations of winograd.h along one row or column: n numbers at a distance of `step`. */
static void bt(float *v, int step)
{
    float a = v[0], b = v[step], c = v[2 * step], d = v[3 * step];
    v[0] = a - c, v[step] = b + c, v[2 * step] = c - b, v[3 * step] = b - d;
}

static void gt(float *v, int step)
{
    float a = v[0], b = v[step], c = v[2 * step];
    v[step] = ((a + c) + b) / 2, v[2 * step] = ((a + c) - b) / 2, v[3 * step] = c;
}

static void at(float *v, int step)
{
    float a = v[0], b = v[step], c = v[2 * step], d = v[3 * step];
    v[0] = (a + b) + c, v[step] = (b - c) - d;
}

static void spread(float *v, int step)
{
    float p = v[0], q = v[step];
    v[step] = p + q, v[2 * step] = p - q, v[3 * step] = q;
}

static void bring(float *v, int step)
{
    float a = v[0], b = v[step], c = v[2 * step], d = v[3 * step];
    v[step] = (b - c) - d, v[2 * step] = (b + c) - a, v[3 * step] = d;
}

/* The sixteen operands of a pair of channels as they are multiplied: rounded to bf16, of two that are as near the one
 * of larger magnitude. */
static void as_multiplied(const struct example *e, float v[16])
{
    for (int i = 0; i < 16 && e->bf16; i++) {
        uint32_t u;
        memcpy(&u, &v[i], sizeof u);
        u = (u + 0x8000) & 0xffff0000;
        memcpy(&v[i], &u, sizeof u);
    }
}

/* Which channel comes as number c: of bf16 numbers the second of a pair is first. */
static int channel(const struct example *e, int c)
{
    return !e->bf16 ? c : c % 2 ? c - 1 : c + 1 < e->d.ci ? c + 1 : c;
}

/* z of the square at input row `top`, column `left`; 0 where there is none. */
static void square(const struct example *e, int top, int o, int left, int lane, float z[16])
{
    memset(z, 0, 16 * sizeof *z);
    for (int n = 0; n < e->d.ci && top >= 0 && left >= 0 && top < e->d.h && left < e->d.w; n++) {
        const int c = channel(e, n);
        float v[16] = {0}, u[16] = {0};
        for (int i = 0; i < 4; i++)
            v[i / 2 * 4 + i % 2] = input(e, top + i / 2, c, left + i % 2, lane);
        for (int k = 0; k < 9; k++)
            u[k / 3 * 4 + k % 3] = weight(e, o, c, 8 - k);
        for (int j = 0; j < 4; j++)
            spread(v + j, 4), gt(u + j, 4);
        for (int i = 0; i < 4; i++)
            spread(v + 4 * i, 1), gt(u + 4 * i, 1);
        as_multiplied(e, v), as_multiplied(e, u);
        for (int i = 0; i < 16; i++)
            z[i] = fmaf(u[i], v[i], z[i]);
    }
    for (int i = 0; i < 4; i++)
        bring(z + 4 * i, 1);
}

/* The output as winograd.h defines it, of its second form. */
static float defined_scatter(const struct example *e, int r, int o, int col, int lane)
{
    float row[2] = {0, 0}; /* from the squares above, from those here */
    for (int above = 1; above >= 0; above--) {
        float sum[4], left[16], here[16];
        int top = r - r % 2 - 2 * above, at = col - col % 2;
        square(e, top, o, at - 2, lane, left);
        square(e, top, o, at, lane, here);
        for (int i = 0; i < 4; i++)
            sum[i] = left[4 * i + 2 + col % 2] + here[4 * i + col % 2];
        bring(sum, 1);
        row[!above] = sum[2 * above + r % 2];
    }
    return row[0] + row[1];
}

/* The output as winograd.h defines it, of its first form. */
static float defined_gather(const struct example *e, int r, int o, int col, int lane)
{
    int top = r - r % 2 - e->d.ph, left = col - col % 2 - e->d.pw;
    float m[16] = {0};
    m[5] = e->b ? e->b[o] : 0.0f;
    for (int n = 0; n < e->d.ci; n++) {
        const int c = channel(e, n);
        float v[16], u[16] = {0};
        for (int i = 0; i < 16; i++)
            v[i] = input(e, top + i / 4, c, left + i % 4, lane);
        for (int k = 0; k < 9; k++)
            u[k / 3 * 4 + k % 3] = weight(e, o, c, k);
        for (int j = 0; j < 4; j++)
            bt(v + j, 4), gt(u + j, 4);
        for (int i = 0; i < 4; i++)
            bt(v + 4 * i, 1), gt(u + 4 * i, 1);
        as_multiplied(e, v), as_multiplied(e, u);
        for (int i = 0; i < 16; i++)
            m[i] = fmaf(u[i], v[i], m[i]);
    }
    for (int i = 0; i < 4; i++)
        at(m + 4 * i, 1);
    for (int j = 0; j < 2; j++)
        at(m + j, 4);
    return m[r % 2 * 4 + col % 2];
}

/* The three transformations of winograd_large.h along one row or column. */
#define A 0.625f
#define AA 0.390625f
#define B 1.5f
#define BB 2.25f
static void large_bt(float *v, int step)
{
    float d[6];
    for (int i = 0; i < 6; i++)
        d[i] = v[i * step];
    float w = fmaf(-BB, d[1], d[3]), u = fmaf(-BB, d[2], d[4]);
    float W = fmaf(-AA, d[1], d[3]), U = fmaf(-AA, d[2], d[4]);
    v[0] = fmaf(AA * BB, d[0], fmaf(-(AA + BB), d[2], d[4]));
    v[step] = fmaf(A, w, u), v[2 * step] = fmaf(-A, w, u);
    v[3 * step] = fmaf(B, W, U), v[4 * step] = fmaf(-B, W, U);
    v[5 * step] = fmaf(AA * BB, d[1], fmaf(-(AA + BB), d[3], d[5]));
}

static void large_gt(float *v, int step)
{
    const float g0 = v[0], g1 = v[step], g2 = v[2 * step], near = fmaf(AA, g2, g0), far = fmaf(BB, g2, g0);
    const float na = (float)(1 / (2 * 0.390625 * (0.390625 - 2.25))), nb = (float)(1 / (2 * 2.25 * (2.25 - 0.390625)));
    v[0] = g0 * (float)(1 / 0.87890625);
    v[step] = (near + A * g1) * na, v[2 * step] = (near - A * g1) * na;
    v[3 * step] = (far + B * g1) * nb, v[4 * step] = (far - B * g1) * nb;
    v[5 * step] = g2;
}

static void large_at(float *v, int step, const float *bias)
{
    float m[6];
    for (int i = 0; i < 6; i++)
        m[i] = v[i * step];
    float s = m[1] + m[2], t = m[1] - m[2], S = m[3] + m[4], T = m[3] - m[4];
    v[0] = ((bias ? m[0] + *bias : m[0]) + s) + S;
    v[step] = fmaf(B, T, bias ? fmaf(A, t, *bias) : A * t);
    v[2 * step] = fmaf(BB, S, bias ? fmaf(AA, s, *bias) : AA * s);
    v[3 * step] = fmaf(B * BB, T, fmaf(A * AA, t, bias ? m[5] + *bias : m[5]));
}

/* The output as winograd_large.h defines it. */
static float defined_large(const struct example *e, int r, int o, int col, int lane)
{
    int top = r - r % 4 - e->d.ph, left = col - col % 4 - e->d.pw;
    const float bias = e->b ? e->b[o] : 0.0f;
    float m[36] = {0};
    for (int c = 0; c < e->d.ci; c++) {
        float v[36], u[36] = {0};
        for (int i = 0; i < 36; i++)
            v[i] = input(e, top + i / 6, c, left + i % 6, lane);
        for (int k = 0; k < 9; k++)
            u[k / 3 * 6 + k % 3] = weight(e, o, c, k);
        for (int j = 0; j < 6; j++)
            large_bt(v + j, 6), large_gt(u + j, 6);
        for (int i = 0; i < 6; i++)
            large_bt(v + 6 * i, 1), large_gt(u + 6 * i, 1);
        for (int i = 0; i < 36; i++)
            m[i] = fmaf(u[i], v[i], m[i]);
    }
    for (int i = 0; i < 6; i++)
        large_at(m + 6 * i, 1, NULL);
    for (int j = 0; j < 4; j++)
        large_at(m + j, 6, &bias);
    return m[r % 4 * 6 + col % 4];
}

static uint32_t bits_of(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

static void complain(const struct example *e, const char *what, int r, int o, int col, double got, double want)
{
    const struct winograd *d = &e->d;
    fail_msg("%s: row %d, channel %d, column %d is %.9g, want %.9g (%d->%d, %dx%d -> %dx%d, pad %dx%d)", what, r, o,
             col, got, want, d->ci, d->co, d->h, d->w, d->ho, d->wo, d->ph, d->pw);
}

/* Calls f for every output of a few lanes. */
typedef void each_fn(const struct example *e, int r, int o, int col, int lane, float got);
static void each_output(const struct example *e, each_fn *f)
{
    static const int lanes[] = {0, 7, 8, 15};
    for (int r = 0; r < e->d.ho; r++)
        for (int o = 0; o < e->d.co; o++)
            for (int col = 0; col < e->d.wo; col++)
                for (int i = 0; i < 4; i++)
                    f(e, r, o, col, lanes[i],
                      e->y[r][((size_t)o * (size_t)e->d.wo + (size_t)col) * LANES + (size_t)lanes[i]]);
}

/* Numbers up to 4 in each of the products, 9 of them in an output, and up to 8 times as large in those of large
 * squares; errors of a sum add up like a random walk. */
static void is_near(const struct example *e, int r, int o, int col, int lane, float got)
{
    double want = plain(e, r, o, col, lane), tol = ldexp(20 + 30 * sqrt(e->d.ci), e->bf16 ? -10 : e->large ? -22 : -24);
    if (!(fabs((double)got - want) <= tol))
        complain(e, "value", r, o, col, (double)got, want);
}

static void is_defined(const struct example *e, int r, int o, int col, int lane, float got)
{
    float want = (e->large ? defined_large : e->d.scatter ? defined_scatter : defined_gather)(e, r, o, col, lane);
    if (bits_of(got) != bits_of(want))
        complain(e, "bits", r, o, col, (double)got, (double)want);
}

static struct winograd shape(int ci, int co, int h, int w, int ph, int pw)
{
    return (struct winograd){ci, co, h, w, h + 2 * ph - 2, w + 2 * pw - 2, ph, pw, 0, NULL};
}

static struct winograd random_shape(void)
{
    for (;;) {
        struct winograd d = shape(1 + (int)noise_below(9), 1 + (int)noise_below(9), 1 + (int)noise_below(9),
                                  1 + (int)noise_below(15), (int)noise_below(3), (int)noise_below(3));
        if (d.ho > 0 && d.wo > 0)
            return d;
    }
}

/* At every level; rows cut in two ways must give the same. */
static void check_form(const struct winograd *d, int flip, int bias)
{
    struct example e = new_example(d, flip, bias);
    for (size_t i = 0; i < LEVELS; i++) {
        if (!kernels_pick(levels[i].isa) || (levels[i].large && d->scatter))
            continue;
        e.bf16 = levels[i].bf16;
        e.large = levels[i].large;
        run(&e, &levels[i], 0, e.y);
        each_output(&e, is_near);
        each_output(&e, is_defined);
        float **cut = new_output(d);
        run(&e, &levels[i], 1, cut);
        for (int r = 0; r < d->ho; r++)
            assert_memory_equal(e.y[r], cut[r], y_row(d) * sizeof(float));
        free_rows(cut, d->ho);
    }
    free_example(&e);
}

/* Of both forms, where there are two. */
static void check(const struct winograd *d, int flip, int bias)
{
    struct winograd scatter = *d;
    check_form(d, flip, bias);
    scatter.scatter = 1;
    if (d->ph == 2 && d->pw == 2)
        check_form(&scatter, flip, 0);
}

static void random_shapes(void **state)
{
    (void)state;
    noise_restart(41);
    for (int i = 0; i < 60; i++) {
        struct winograd d = random_shape();
        check(&d, i % 2, i % 3 == 0);
    }
}

/* Strips of every length, with and without an odd column, all paddings. */
static void every_width(void **state)
{
    (void)state;
    noise_restart(42);
    for (int w = 1; w <= 17; w++)
        for (int pad = 0; pad <= 2; pad++) {
            struct winograd d = shape(2, 3, 3 + w % 3, w, w % 3, pad);
            if (d.ho > 0 && d.wo > 0)
                check(&d, w % 2, pad == 1);
        }
}

/* Input channels that fall into several chunks, output channels into all kinds of pieces. */
static void many_channels(void **state)
{
    (void)state;
    noise_restart(43);
    for (int co = 1; co <= 13; co++) {
        struct winograd d = shape(co % 2 ? 33 : 5, co, 4, 5, 1, 1);
        check(&d, 0, co % 3 == 0);
    }
    struct winograd wide = shape(97, 6, 4, 8, 2, 2);
    check(&wide, 1, 1);
}

/* What the tap by tap convolution gives, within the errors of both. */
static void agrees_with_the_kernels(void **state)
{
    (void)state;
    noise_restart(44);
    const struct conv_dims c = {7, 8, 9, 5, 8, 9, 3, 3, 1, 1, 1, 1, 1, 1, 1};
    const struct winograd forward = shape(c.ci, c.co, c.h, c.w, 1, 1), back = shape(c.co, c.ci, c.ho, c.wo, 1, 1);
    const struct kernels *k = kernels_pick(NULL);
    for (int flip = 0; flip < 2; flip++) {
        struct example e = new_example(flip ? &back : &forward, flip, 0);
        const size_t in = (size_t)e.d.ci * (size_t)e.d.w * LANES, h = (size_t)e.d.h, out = y_row(&e.d);
        float *x = box(h * in), *y = box((size_t)e.d.ho * out), *scratch = box(conv_scratch(&c, 1));
        for (size_t i = 0; i < h; i++)
            memcpy(x + i * in, e.x[i], in * sizeof *x);
        if (flip)
            k->conv_backward_data(&c, 1, x, e.w, y, scratch);
        else
            k->conv_forward(&c, 1, x, e.w, NULL, y, scratch);
        run(&e, &levels[LEVELS - 1], 0, e.y); /* large squares of the plain level */
        for (int r = 0; r < e.d.ho; r++)
            for (size_t i = 0; i < out; i++)
                assert_near(e.y[r][i], y[(size_t)r * out + i], 1e-5, "winograd");
        box_free(x), box_free(y), box_free(scratch);
        free_example(&e);
    }
}

static void pays(void **state)
{
    (void)state;
    struct winograd large = shape(16, 20, 24, 24, 0, 0), few = shape(1, 10, 28, 28, 0, 0),
                    dot = shape(64, 64, 1, 1, 1, 1);
    assert_true(winograd_pays(&large));
    assert_false(winograd_pays(&few));
    assert_false(winograd_pays(&dot));
    assert_int_equal(winograd_taps(5, 5, 1), 13);
    assert_int_equal(winograd_passes(0, 5, 7, 2), 13);
    assert_int_equal(winograd_passes(1, 5, 7, 2), 11);
}

const struct CMUnitTest winograd_tests[] = {
    cmocka_unit_test(random_shapes),           cmocka_unit_test(every_width), cmocka_unit_test(many_channels),
    cmocka_unit_test(agrees_with_the_kernels), cmocka_unit_test(pays),        {0},
};
