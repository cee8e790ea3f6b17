/* Convolutions against seven loops in double. */
#include "check.h"

#include "kernels/ops/conv/winograd_large.h"

#include <math.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHAPES 60

/* Calls f for every product of the convolution: x (or dx) index, w index, y (or dy) index. */
typedef void product_fn(void *ctx, size_t x, size_t w, size_t y);
static void each_product(const struct conv_dims *d, int blocks, product_fn *f, void *ctx)
{
    int ci = d->ci / d->groups, co = d->co / d->groups;
    for (int b = 0; b < blocks; b++)
        for (int o = 0; o < d->co; o++)
            for (int y = 0; y < d->ho; y++)
                for (int x = 0; x < d->wo; x++)
                    for (int c = 0; c < ci; c++)
                        for (int ky = 0; ky < d->kh; ky++)
                            for (int kx = 0; kx < d->kw; kx++) {
                                int iy = y * d->sh - d->ph + ky * d->dh, ix = x * d->sw - d->pw + kx * d->dw;
                                if (iy < 0 || iy >= d->h || ix < 0 || ix >= d->w)
                                    continue;
                                size_t w = (((size_t)o * (size_t)ci + (size_t)c) * (size_t)d->kh + (size_t)ky) *
                                               (size_t)d->kw +
                                           (size_t)kx;
                                f(ctx, at5(d->ci, d->h, d->w, b, iy, o / co * ci + c, ix, 0), w,
                                  at5(d->co, d->ho, d->wo, b, y, o, x, 0));
                            }
}

struct arrays {
    const float *x, *w, *dy;
    struct sum *y, *dx, *dw;
};

static void add_product(void *ctx, size_t x, size_t w, size_t y)
{
    struct arrays *a = ctx;
    for (size_t l = 0; l < LANES; l++) {
        sum_add(&a->y[y + l], (double)a->x[x + l] * (double)a->w[w]);
        sum_add(&a->dx[x + l], (double)a->dy[y + l] * (double)a->w[w]);
        sum_add(&a->dw[w], (double)a->dy[y + l] * (double)a->x[x + l]);
    }
}

static void compare(const char *what, const struct conv_dims *d, const struct sum *want, const float *got, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!sum_is(&want[i], got[i]))
            fail_msg("%s[%zu] = %.9g, want %.9g (%d->%d, %dx%d -> %dx%d, kernel %dx%d stride %dx%d pad %dx%d "
                     "dilation %dx%d groups %d)",
                     what, i, (double)got[i], want[i].value, d->ci, d->co, d->h, d->w, d->ho, d->wo, d->kh, d->kw,
                     d->sh, d->sw, d->ph, d->pw, d->dh, d->dw, d->groups);
}

/* Of large squares each number has errors of all that are in its square, a few times as large: at the edge of the input
 * there may be more of these than of its own. */
static void widen(const struct conv_dims *d, enum conv_way way, struct sum *want, size_t n)
{
    struct winograd large;
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, want[i].size);
    for (size_t i = 0; i < n && winograd_large_of(d, way, &large); i++)
        want[i].size = 2 * most;
}

static void check_bias_gradient(const struct conv_dims *d, int blocks, const float *dy, const float *db)
{
    for (int o = 0; o < d->co; o++) {
        struct sum s = {0};
        for (int b = 0; b < blocks; b++)
            for (int y = 0; y < d->ho; y++)
                for (int i = 0; i < d->wo * LANES; i++)
                    sum_add(&s, (double)dy[at5(d->co, d->ho, d->wo, b, y, o, 0, 0) + (size_t)i]);
        assert_true(sum_is(&s, db[o]));
    }
}

static void check_shape(const struct conv_dims *d, int blocks, int bias)
{
    const struct kernels *k = kernels_pick(NULL);
    size_t nx = conv_in(d, blocks), ny = conv_out(d, blocks), nw = conv_weights(d), no = (size_t)d->co;
    float *x = box_noise(nx), *w = box_noise(nw), *b = box_noise(no), *dy = box_noise(ny);
    float *y = box(ny), *dx = box(nx), *dw = box(nw), *db = box(no), *scratch = box(conv_scratch(d, blocks));
    struct arrays a = {x, w, dy, calloc(ny, sizeof *a.y), calloc(nx, sizeof *a.dx), calloc(nw, sizeof *a.dw)};
    assert_true(a.y && a.dx && a.dw);
    if (bias)
        for (size_t i = 0; i < ny; i++)
            sum_add(&a.y[i], (double)b[i / LANES / (size_t)d->wo % no]);
    each_product(d, blocks, add_product, &a);
    widen(d, CONV_FORWARD, a.y, ny);
    widen(d, CONV_BACKWARD_DATA, a.dx, nx);
    k->conv_forward(d, blocks, x, w, bias ? b : NULL, y, scratch);
    compare("y", d, a.y, y, ny);
    k->conv_backward_data(d, blocks, dy, w, dx, scratch);
    compare("dx", d, a.dx, dx, nx);
    k->conv_backward_weights(d, blocks, x, dy, dw, bias ? db : NULL, scratch);
    compare("dw", d, a.dw, dw, nw);
    if (bias)
        check_bias_gradient(d, blocks, dy, db);
    float *all[] = {x, w, b, dy, y, dx, dw, db, scratch};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        box_free(all[i]);
    free(a.y), free(a.dx), free(a.dw);
}

static void plain_shapes(void **state)
{
    (void)state;
    noise_restart(1);
    for (int i = 0; i < SHAPES; i++) {
        struct conv_dims d = random_conv(0);
        check_shape(&d, 1 + i % 2, i % 3 == 0);
    }
}

static void strides_dilations_groups(void **state)
{
    (void)state;
    noise_restart(2);
    for (int i = 0; i < 2 * SHAPES; i++) {
        struct conv_dims d = random_conv(1);
        check_shape(&d, 1 + i % 2, i % 3 == 0);
    }
}

/* One output row of every width round the register blocks, and channels that fall into uneven pieces. */
static void every_width(void **state)
{
    (void)state;
    noise_restart(3);
    for (int w = 1; w <= 26; w++)
        for (int pad = 0; pad <= 2; pad++) {
            struct conv_dims d = {.ci = 1 + w % 3,
                                  .h = 3,
                                  .w = w,
                                  .co = 1 + (w + pad) % 7,
                                  .kh = 3,
                                  .kw = 3,
                                  .sh = 1,
                                  .sw = 1,
                                  .ph = 1,
                                  .pw = pad,
                                  .dh = 1,
                                  .dw = 1,
                                  .groups = 1};
            d.ho = 3;
            d.wo = w + 2 * pad - 2;
            if (d.wo > 0)
                check_shape(&d, 1, 0);
        }
}

/* Depthwise, more lane sums than the scratch may hold, more channels than the first cache. */
static void many_channels(void **state)
{
    (void)state;
    noise_restart(4);
    struct conv_dims depthwise = {6, 7, 17, 6, 7, 17, 3, 3, 1, 1, 1, 1, 1, 1, 6};
    check_shape(&depthwise, 2, 1);
    struct conv_dims wide = {45, 3, 3, 42, 3, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1};
    assert_true(conv_weights(&wide) * LANES > conv_scratch(&wide, 1));
    check_shape(&wide, 1, 0);
    /* one tap: the channels of some columns are copied, those of the first shape at once, of the others in turns */
    struct conv_dims one_tap[] = {
        {50, 3, 13, 5, 3, 13, 1, 1, 1, 1, 0, 0, 1, 1, 1}, {151, 2, 11, 7, 2, 11, 1, 1, 1, 1, 0, 0, 1, 1, 1},
        {7, 3, 4, 200, 3, 4, 1, 1, 1, 1, 0, 0, 1, 1, 1},  {9, 2, 8, 13, 2, 8, 1, 1, 1, 1, 0, 0, 1, 1, 1},
        {70, 2, 7, 11, 2, 7, 1, 1, 1, 1, 0, 0, 1, 1, 1},  {142, 2, 9, 6, 2, 9, 1, 1, 1, 1, 0, 0, 1, 1, 2}};
    for (size_t i = 0; i < sizeof one_tap / sizeof one_tap[0]; i++)
        check_shape(&one_tap[i], 1 + (int)i % 2, (int)i % 2);
}

/* A lane of an array of maps; 0 outside is never asked for. */
static float lane(const float *p, int c, int h, int w, int b, int y, int ch, int x, int l)
{
    return p[at5(c, h, w, b, y, ch, x, l)];
}

/* The sum of one lane over the taps of output (y, x), as ops.def orders them. */
static float depthwise_output(const struct conv_dims *d, const float *x, const float *w, float sum, int b, int y, int c,
                              int o, int l)
{
    for (int ky = 0; ky < d->kh; ky++)
        for (int kx = 0; kx < d->kw; kx++) {
            int row = y * d->sh - d->ph + ky * d->dh, col = o * d->sw - d->pw + kx * d->dw;
            if (row >= 0 && row < d->h && col >= 0 && col < d->w)
                sum = fmaf(lane(x, d->ci, d->h, d->w, b, row, c, col, l), w[(c * d->kh + ky) * d->kw + kx], sum);
        }
    return sum;
}

/* The gradient at one input, from the top left of dy. */
static float depthwise_input(const struct conv_dims *d, const float *dy, const float *w, int b, int row, int c, int col,
                             int l)
{
    float sum = 0;
    for (int y = 0; y < d->ho; y++)
        for (int o = 0; o < d->wo; o++) {
            int ky = row + d->ph - y * d->sh, kx = col + d->pw - o * d->sw;
            if (ky >= 0 && kx >= 0 && ky % d->dh == 0 && kx % d->dw == 0 && ky / d->dh < d->kh && kx / d->dw < d->kw)
                sum = fmaf(lane(dy, d->co, d->ho, d->wo, b, y, c, o, l),
                           w[(c * d->kh + ky / d->dh) * d->kw + kx / d->dw], sum);
        }
    return sum;
}

static float depthwise_weight(const struct conv_dims *d, int blocks, const float *x, const float *dy, int c, int ky,
                              int kx)
{
    float sum[LANES] = {0};
    for (int b = 0; b < blocks; b++)
        for (int y = 0; y < d->ho; y++)
            for (int o = 0; o < d->wo; o++) {
                int row = y * d->sh - d->ph + ky * d->dh, col = o * d->sw - d->pw + kx * d->dw;
                for (int l = 0; l < LANES && row >= 0 && row < d->h && col >= 0 && col < d->w; l++)
                    sum[l] = fmaf(lane(dy, d->co, d->ho, d->wo, b, y, c, o, l),
                                  lane(x, d->ci, d->h, d->w, b, row, c, col, l), sum[l]);
            }
    for (int half = LANES / 2; half; half /= 2)
        for (int l = 0; l < half; l++)
            sum[l] += sum[l + half];
    return sum[0];
}

static void check_depthwise(const struct kernels *k, const struct conv_dims *d, int blocks)
{
    size_t nx = conv_in(d, blocks), ny = conv_out(d, blocks), nw = conv_weights(d), no = (size_t)d->co;
    float *x = box_noise(nx), *dy = box_noise(ny), *w = box_noise(nw), *b = box_noise(no);
    float *y = box(ny), *dx = box(nx), *dw = box(nw), *db = box(no), *scratch = box(conv_scratch(d, blocks));
    k->conv_forward(d, blocks, x, w, b, y, scratch);
    k->conv_backward_data(d, blocks, dy, w, dx, scratch);
    k->conv_backward_weights(d, blocks, x, dy, dw, db, scratch);
    for (size_t i = 0; i < ny; i += 5) {
        int l = (int)(i % LANES), o = (int)(i / LANES % (size_t)d->wo), c = (int)(i / LANES / (size_t)d->wo % no);
        int row = (int)(i / LANES / (size_t)d->wo / no);
        if (y[i] != depthwise_output(d, x, w, b[c], row / d->ho, row % d->ho, c, o, l))
            fail_msg("%s: k%dx%d s%d,%d d%d,%d p%d,%d %dx%d: y[%zu]", k->isa, d->kh, d->kw, d->sh, d->sw, d->dh, d->dw,
                     d->ph, d->pw, d->h, d->w, i);
    }
    for (size_t i = 0; i < nx; i += 5) {
        int l = (int)(i % LANES), col = (int)(i / LANES % (size_t)d->w), c = (int)(i / LANES / (size_t)d->w % no);
        int row = (int)(i / LANES / (size_t)d->w / no);
        if (dx[i] != depthwise_input(d, dy, w, row / d->h, row % d->h, c, col, l))
            fail_msg("%s: k%dx%d s%d,%d d%d,%d p%d,%d %dx%d: dx[%zu]", k->isa, d->kh, d->kw, d->sh, d->sw, d->dh, d->dw,
                     d->ph, d->pw, d->h, d->w, i);
    }
    for (size_t i = 0; i < nw; i++)
        if (dw[i] !=
            depthwise_weight(d, blocks, x, dy, (int)i / (d->kh * d->kw), (int)i / d->kw % d->kh, (int)i % d->kw))
            fail_msg("%s: k%dx%d s%d,%d d%d,%d p%d,%d %dx%d: dw[%zu]", k->isa, d->kh, d->kw, d->sh, d->sw, d->dh, d->dw,
                     d->ph, d->pw, d->h, d->w, i);
    float *all[] = {x, dy, w, b, y, dx, dw, db, scratch};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        box_free(all[i]);
}

/* Convolutions of each channel by itself have the bits that ops.def says, whatever kernel makes them. */
static void depthwise_bits(void **state)
{
    (void)state;
    noise_restart(5);
    for (size_t level = 0; kernels_level(level); level++)
        for (int i = 0; i < 90 && kernels_pick(kernels_level(level)); i++) {
            int kernel = 1 + i % 9, stride = i % 5 == 4 ? 3 : 1 + i % 2, pad = (int)noise_below((uint32_t)kernel);
            struct conv_dims d = {.h = kernel + (int)noise_below(7), .w = kernel + (int)noise_below(18)};
            d.kw = kernel;
            d.kh = i % 4 ? kernel : 1 + (int)noise_below((uint32_t)kernel);
            d.sh = stride;
            d.sw = i % 7 ? stride : 1;
            d.ph = pad < d.kh ? pad : 0;
            d.pw = pad;
            d.dh = d.dw = i % 11 == 10 && kernel < 4 ? 2 : 1;
            d.h += (d.kh - 1) * (d.dh - 1);
            d.w += (d.kw - 1) * (d.dw - 1);
            d.ho = (d.h + 2 * d.ph - (d.kh - 1) * d.dh - 1) / d.sh + 1;
            d.wo = (d.w + 2 * d.pw - (d.kw - 1) * d.dw - 1) / d.sw + 1;
            d.groups = d.ci = d.co = 2 + i % 2;
            check_depthwise(kernels_pick(kernels_level(level)), &d, 1 + i % 2);
        }
}

/* Outputs as wide as the input and in its middle, of widths that are whole tiles of such rows or not. */
static void depthwise_same_bits(void **state)
{
    (void)state;
    noise_restart(6);
    for (size_t level = 0; kernels_level(level); level++)
        for (int i = 0; i < 24 && kernels_pick(kernels_level(level)); i++) {
            const int kernel = 3 + 2 * (i % 3), w = 4 + 4 * (i / 3) + (i > 18), h = 1 + (int)noise_below(9);
            const struct conv_dims d = {3, h, w, 3, h, w, kernel, kernel, 1, 1, kernel / 2, kernel / 2, 1, 1, 3};
            check_depthwise(kernels_pick(kernels_level(level)), &d, 1 + i % 2);
        }
}

/* Rows at scattered addresses, in a random cut: the bits of the whole. Rows that are not read are not there. */
static const float **scattered(const float *p, int rows, size_t floats, float *to)
{
    const float **row = calloc((size_t)rows, sizeof *row);
    assert_non_null(row);
    for (int i = 0; i < rows; i++) {
        size_t at = (size_t)(rows - 1 - i) * (floats + LANES);
        memcpy(to + at, p + (size_t)i * floats, floats * sizeof *p);
        row[i] = to + at;
    }
    return row;
}

static void drop_unread(const struct conv_dims *d, const float **x)
{
    for (int i = 0; i < d->h; i++) {
        int read = 0;
        for (int ky = 0; ky < d->kh; ky++) {
            int at = i + d->ph - ky * d->dh;
            read |= at >= 0 && at % d->sh == 0 && at / d->sh < d->ho;
        }
        if (!read)
            x[i] = NULL;
    }
}

static void add_block(const struct kernels *k, const struct conv_dims *d, const float *x, const float *dy, float *sums,
                      float *bias)
{
    size_t nx = (size_t)(d->ci * d->w) * LANES, ny = (size_t)(d->co * d->wo) * LANES;
    float *xs = box((size_t)d->h * (nx + LANES)), *dys = box((size_t)d->ho * (ny + LANES));
    const float **x_row = scattered(x, d->h, nx, xs), **dy_row = scattered(dy, d->ho, ny, dys);
    drop_unread(d, x_row);
    float *scratch = box(conv_weight_scratch(d, 0));
    const int band = conv_weight_band(d, 0);
    for (int r = 0, n; r < d->ho; r += n) {
        n = band * (1 + (int)noise_below((uint32_t)((d->ho - r + band - 1) / band)));
        n = n < d->ho - r ? n : d->ho - r;
        k->conv_weight_rows(d, r, r + n, x_row, dy_row, sums, scratch);
        k->conv_weight_rows(d, r + n, r + n, x_row, dy_row, sums, scratch); /* nothing */
        k->conv_bias_rows(d, r, r + n, dy_row, bias);
    }
    free(x_row), free(dy_row), box_free(xs), box_free(dys), box_free(scratch);
}

static void check_rows(const struct kernels *k, const struct conv_dims *d, int blocks)
{
    size_t nx = conv_in(d, blocks), ny = conv_out(d, blocks), nw = conv_weights(d), no = (size_t)d->co;
    float *x = box_noise(nx), *dy = box_noise(ny), *scratch = box(conv_scratch(d, blocks));
    float *dw = box(nw), *db = box(no), *dw_rows = box(nw), *db_rows = box(no);
    float *sums = box(conv_sums(d, 0)), *bias = box(no * LANES);
    k->conv_backward_weights(d, blocks, x, dy, dw, db, scratch);
    memset(sums, 0, conv_sums(d, 0) * sizeof *sums);
    memset(bias, 0, no * LANES * sizeof *bias);
    for (int b = 0; b < blocks; b++)
        add_block(k, d, x + (size_t)b * conv_in(d, 1), dy + (size_t)b * conv_out(d, 1), sums, bias);
    k->conv_weight_sums(d, sums, dw_rows);
    k->conv_bias_sums(d, bias, db_rows);
    assert_memory_equal(dw, dw_rows, nw * sizeof *dw);
    assert_memory_equal(db, db_rows, no * sizeof *db);
    float *all[] = {x, dy, scratch, dw, db, dw_rows, db_rows, sums, bias};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        box_free(all[i]);
}

static void weights_by_rows_at(const struct kernels *k)
{
    for (int i = 0; i < 2 * SHAPES; i++) {
        struct conv_dims d = random_conv(i % 3 != 0);
        check_rows(k, &d, 1 + i % 4);
    }
    static const struct conv_dims fixed[] = {
        {45, 3, 3, 42, 3, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1}, /* more lane sums than the scratch may hold */
        {400, 4, 3, 400, 4, 3, 7, 7, 1, 1, 3, 3, 1, 1, 400},  {5, 21, 9, 5, 11, 5, 5, 5, 2, 2, 2, 2, 1, 1, 5},
        {10, 26, 26, 16, 24, 24, 3, 3, 1, 1, 0, 0, 1, 1, 1},  {6, 30, 33, 9, 30, 33, 3, 3, 1, 1, 1, 1, 1, 1, 3},
        {16, 9, 9, 16, 7, 7, 3, 3, 1, 1, 0, 0, 1, 1, 1},      {20, 11, 11, 10, 11, 11, 1, 1, 1, 1, 0, 0, 1, 1, 1},
        {1, 600, 2, 1, 200, 2, 521, 1, 1, 1, 60, 0, 1, 1, 1}, /* a kernel of very many rows */
        {2, 160, 2, 3, 160, 2, 5, 2, 1, 1, 2, 0, 1, 1, 1},    {34, 12, 11, 7, 6, 6, 3, 3, 2, 2, 1, 1, 1, 1, 1},
        {70, 9, 8, 10, 7, 8, 3, 3, 1, 1, 1, 1, 2, 1, 2},      {2, 4, 140, 5, 4, 140, 3, 3, 1, 1, 1, 1, 1, 1, 1},
        {130, 3, 4, 11, 3, 4, 3, 3, 1, 1, 1, 1, 1, 1, 1},
    };
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        check_rows(k, &fixed[i], 1 + (int)i % 2);
}

static void weights_by_rows(void **state)
{
    (void)state;
    noise_restart(5);
    for (size_t i = 0; kernels_level(i); i++)
        if (kernels_pick(kernels_level(i)))
            weights_by_rows_at(kernels_pick(kernels_level(i)));
}

/* All rows of one block, in bands of 4. */
static void rows_forward(const struct kernels *k, const struct conv_dims *d, const float *x, const float *w,
                         const struct pointwise *finish, float *y)
{
    float *packed = box(conv_packed(d)), *scratch = box(conv_rows_scratch(d) + 16), *b = box_noise((size_t)d->co);
    float **xr = array_rows((float *)x, d->h, conv_in(d, 1) / (size_t)d->h),
          **yr = array_rows(y, d->ho, conv_out(d, 1) / (size_t)d->ho);
    k->conv_pack(d, CONV_FORWARD, w, packed);
    for (int r = 0; r < d->ho; r += 4)
        k->conv_rows(d, CONV_FORWARD, r, r + 4 < d->ho ? r + 4 : d->ho, (const float *const *)xr, packed, b, finish, yr,
                     NULL, scratch);
    box_free(packed), box_free(scratch), box_free(b), free(xr), free(yr);
}

static void check_finish(const struct kernels *k, const struct conv_dims *d, int act, int normalized)
{
    size_t nx = conv_in(d, 1), ny = conv_out(d, 1);
    float *x = box_noise(nx), *w = box_noise(conv_weights(d)), *scale = box_noise((size_t)d->co),
          *shift = box_noise((size_t)d->co), *want = box(ny), *got = box(ny);
    struct pointwise f = {.c = d->co, .w = d->wo, .act = act, .act_parameter = 0.1f};
    f.scale = normalized ? scale : NULL;
    f.shift = normalized ? shift : NULL;
    noise_restart(8);
    rows_forward(k, d, x, w, NULL, want);
    noise_restart(8);
    rows_forward(k, d, x, w, &f, got);
    k->pointwise_forward(&f, d->ho, want, want);
    if (memcmp(want, got, ny * sizeof *got))
        fail_msg("%s: %d->%d, %dx%d, kernel %d, activation %d, normalization %d", k->isa, d->ci, d->co, d->h, d->w,
                 d->kh, act, normalized);
    float *all[] = {x, w, scale, shift, want, got};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        box_free(all[i]);
}

/* What rows go through as they are made has the bits that it has afterwards, whatever kernel makes them. */
static void finished_rows(void **state)
{
    static const struct conv_dims shape[] = {
        {16, 23, 26, 20, 21, 24, 3, 3, 1, 1, 0, 0, 1, 1, 1}, /* large squares, whole ones and others */
        {9, 14, 9, 5, 14, 9, 3, 3, 1, 1, 1, 1, 1, 1, 1},     {1, 9, 9, 10, 7, 7, 3, 3, 1, 1, 0, 0, 1, 1, 1},
        {20, 11, 11, 10, 11, 11, 1, 1, 1, 1, 0, 0, 1, 1, 1}, {6, 9, 9, 6, 9, 9, 3, 3, 1, 1, 1, 1, 1, 1, 6},
        {5, 11, 9, 4, 6, 5, 3, 3, 2, 2, 1, 1, 1, 1, 1}};
    static const int act[] = {NO_ACT, ACT_relu, ACT_leaky_relu, ACT_gelu};
    (void)state;
    noise_restart(7);
    for (size_t level = 0; kernels_level(level); level++)
        for (size_t i = 0; i < sizeof shape / sizeof shape[0] && kernels_pick(kernels_level(level)); i++)
            for (size_t a = 0; a < sizeof act / sizeof act[0]; a++)
                for (int normalized = 0; normalized < 2; normalized++)
                    check_finish(kernels_pick(kernels_level(level)), &shape[i], act[a], normalized);
}

/* A tap in the padding is left out: it is not a product with zero, which an infinite weight would turn into NaN. */
static void padding_is_skipped(void **state)
{
    (void)state;
    struct conv_dims d = {1, 1, 1, 1, 1, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1};
    float *x = box_noise(LANES), *w = box(9), *y = box(LANES), *scratch = box(conv_scratch(&d, 1));
    for (int i = 0; i < 9; i++)
        w[i] = i == 4 ? 2.0f : 1.0f / 0.0f;
    kernels_pick(NULL)->conv_forward(&d, 1, x, w, NULL, y, scratch);
    for (int l = 0; l < LANES; l++)
        assert_true(y[l] == 2 * x[l]);
    box_free(x), box_free(w), box_free(y), box_free(scratch);
}

const struct CMUnitTest conv_tests[] = {
    cmocka_unit_test(plain_shapes),
    cmocka_unit_test(strides_dilations_groups),
    cmocka_unit_test(every_width),
    cmocka_unit_test(many_channels),
    cmocka_unit_test(depthwise_bits),
    cmocka_unit_test(depthwise_same_bits),
    cmocka_unit_test(weights_by_rows),
    cmocka_unit_test(finished_rows),
    cmocka_unit_test(padding_is_skipped),
    {0},
};
