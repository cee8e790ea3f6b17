/* The kernels that work row by row, on pictures or element by element, computed over several shapes into a log, so that
 * levels can be compared by it: what exercise.c leaves out. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

static void convolution_by_rows(const struct kernels *k, struct log *l, const struct conv_dims *d, int i)
{
    size_t nx = conv_in(d, 1), ny = conv_out(d, 1), nw = conv_weights(d), co = (size_t)d->co;
    float *x = box_noise(nx), *dy = box_noise(ny), *w = box_noise(nw), *b = box_noise(co);
    float *y = box(ny), *dx = box(nx), *dw = box(nw), *db = box(co);
    float *packed = box(conv_packed(d)), *scratch = box(conv_rows_scratch(d) + 16);
    float *sums = box(conv_sums(d, 0)), *bias_sums = box(co * LANES);
    float **xr = array_rows(x, d->h, nx / (size_t)d->h), **yr = array_rows(y, d->ho, ny / (size_t)d->ho);
    float **dxr = array_rows(dx, d->h, nx / (size_t)d->h), **dyr = array_rows(dy, d->ho, ny / (size_t)d->ho);
    k->conv_pack(d, CONV_FORWARD, w, packed);
    for (int r = 0; r < d->ho; r += 2)
        k->conv_rows(d, CONV_FORWARD, r, r + 2 < d->ho ? r + 2 : d->ho, (const float *const *)xr, packed, b, NULL, yr,
                     NULL, scratch);
    k->conv_pack(d, CONV_BACKWARD_DATA, w, packed);
    for (int r = 0; r < d->h; r += 2)
        k->conv_rows(d, CONV_BACKWARD_DATA, r, r + 2 < d->h ? r + 2 : d->h, (const float *const *)dyr, packed, NULL,
                     NULL, dxr, NULL, scratch);
    memset(sums, 0, conv_sums(d, 0) * sizeof *sums);
    memset(bias_sums, 0, co * LANES * sizeof *bias_sums);
    float *weight_scratch = box(conv_weight_scratch(d, 0));
    for (int r = 0, end; r < d->ho; r = end) {
        end = r + conv_weight_band(d, 0) < d->ho ? r + conv_weight_band(d, 0) : d->ho;
        k->conv_weight_rows(d, r, end, (const float *const *)xr, (const float *const *)dyr, sums, weight_scratch);
        k->conv_bias_rows(d, r, end, (const float *const *)dyr, bias_sums);
    }
    box_free(weight_scratch);
    k->conv_weight_sums(d, sums, dw);
    k->conv_bias_sums(d, bias_sums, db);
    log_box(l, y, ny, "convolution by rows: y", i);
    log_box(l, dx, nx, "convolution by rows: dx", i);
    log_box(l, dw, nw, "convolution by rows: dw", i);
    log_box(l, db, co, "convolution by rows: db", i);
    box_free(x), box_free(dy), box_free(w), box_free(b), box_free(packed), box_free(scratch), box_free(sums);
    box_free(bias_sums);
    free(xr), free(yr), free(dxr), free(dyr);
}

static void moments_by_rows(const struct kernels *k, struct log *l, int i)
{
    int c = 1 + i % 4, h = 1 + i % 5, w = 1 + i % 7, live = 1 + i % LANES;
    size_t n = (size_t)(c * h * w) * LANES, nc = (size_t)c;
    float *x = box_noise(n), *about = box(nc), *out = box(2 * nc);
    double *lanes = (double *)(void *)box(64 * nc);
    struct moments m[4];
    k->bn_moments(c, w, h, live, 1, x, about, lanes);
    k->bn_moments_end(c, w, h, live, about, lanes, m);
    for (size_t ch = 0; ch < nc; ch++) {
        out[2 * ch] = (float)m[ch].mean;
        out[2 * ch + 1] = (float)m[ch].squares;
    }
    log_box(l, out, 2 * nc, "moments by rows", i);
    box_free(x), box_free(about), box_free((float *)(void *)lanes);
}

static void pictures(const struct kernels *k, struct log *l, int i)
{
    enum { H = 9, W = 11 };
    static uint8_t bytes[LANES][H * W];
    const uint8_t *in[LANES];
    struct sampling s = {.h = H, .w = W};
    float *x = box(H * W * LANES), *moved = box(H * W * LANES), *scratch = box(warp_scratch(H, W) / 2 + 16);
    for (int lane = 0; lane < LANES; lane++) {
        in[lane] = bytes[lane];
        for (int j = 0; j < H * W; j++)
            bytes[lane][j] = (uint8_t)noise_below(256);
        s.x[lane] = (int)noise_below(4 << 16) - (2 << 16);
        s.y[lane] = (int)noise_below(4 << 16) - (2 << 16);
        s.along_x[lane] = s.down_y[lane] = 60000 + (int)noise_below(10000);
        s.along_y[lane] = (int)noise_below(20000) - 10000;
        s.down_x[lane] = -s.along_y[lane];
    }
    k->pixels(H * W, in, 0.01f, -0.5f, x);
    k->warp(&s, in, in, 0.01f, -0.5f, W * LANES, moved, (uint16_t *)(void *)scratch);
    log_box(l, x, H * W * LANES, "pixels", i);
    log_box(l, moved, H * W * LANES, "moved pixels", i);
    box_free(scratch);
}

static void arithmetic(const struct kernels *k, struct log *l, int i)
{
    const size_t n = 160;
    float *x = box_noise(n), *z = box_noise(n), *sum = box(n), *product = box(n), *scaled = box(n);
    k->add_scaled(n, 0.3f, x, z, sum);
    k->mul(n, x, z, product);
    k->scaled(n, 0.3f, x, scaled);
    log_box(l, sum, n, "scaled sum", i);
    log_box(l, product, n, "product", i);
    log_box(l, scaled, n, "multiple", i);
    float *gated = box(n), *sums = box(2 * LANES);
    k->gate(2, 5, 1, 1, x, z, gated);
    k->gate_sums(2, 5, 1, 1, x, z, sums);
    log_box(l, gated, n, "gated", i);
    log_box(l, sums, 2 * LANES, "sums of gates", i);
    for (int act = NO_ACT; act < ACTIVATIONS; act++) { /* a normalization, a sum, an activation */
        float *p = box_noise(16), *y = box(n), *g = box(n), *lanes = box(128);
        struct pointwise f = {.c = 2, .w = 5, .scale = p, .shift = p + 4, .add = z, .act = act, .act_parameter = 0.1f};
        memset(lanes, 0, 128 * sizeof *lanes);
        k->pointwise_forward(&f, 1, x, y);
        k->pointwise_backward(&f, 1, x, z, p + 8, NULL, g, (double *)(void *)lanes);
        log_box(l, y, n, "normalized sum", act);
        log_box(l, g, n, "gradient of a normalized sum", act);
        box_free(p), box_free(lanes);
    }
    box_free(x), box_free(z);
}

void exercise_rows(const struct kernels *k, struct log *l)
{
    noise_restart(72);
    for (int i = 0; i < 30; i++) {
        struct conv_dims d = random_conv(i % 3 == 0);
        convolution_by_rows(k, l, &d, i);
    }
    for (int i = 0; i < 30; i++)
        moments_by_rows(k, l, i);
    for (int i = 0; i < 5; i++)
        pictures(k, l, i);
    arithmetic(k, l, 0);
}
