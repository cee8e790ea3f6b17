/* Every row of layer_types: forward against the definition in double, gradients against central differences of it,
 * dead lanes, in-place use. A row without a case fails.
 *
 * Tolerances. Forward and gradients are float32 sums of at most K = 600 rounded products; with errors of random sign
 * that is about sqrt(K) 2^-24 = 1.5e-6 of the size of the terms, which lies near the largest element of an array; a few
 * roundings more in normalization. Allowed: 1e-5 of the largest element. The differences are taken in double with a
 * step of 1e-5: truncation about 1e-10, rounding about 1e-15 * |L| / 1e-5 < 1e-8, added as an absolute allowance. */
#include "single.h"

#include "ref64_nn.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RTOL 1e-5
#define ATOL 1e-8
#define MOST 150 /* elements of one array whose differences are taken */

struct problem; /* a case being checked */
struct layer_case {
    const char *text; /* "ragged ..." : of each image only so many positions count */
    struct shape in;
    int n, eval; /* eval: running statistics, no dropout; forward only */
    void (*reference)(const struct problem *p, const double *x, double *const *w, double *y);
    struct ref64_window win; /* output and window; the input part is filled in */
    double (*map)(double x, double a);
    double a; /* slope, eps */
};

struct problem {
    const struct layer_case *c;
    struct single s;
    struct ref64_window win;
    size_t nx, ny;
    int length[64]; /* positions of each image that count */
    double *x, *y, *r, *w[8], *mask, *mean, *var, *work;
};

/* --- references --- */

static void conv(const struct problem *p, const double *x, double *const *w, double *y)
{
    ref64_conv2d(&p->win, x, w[0], p->s.nd->ntensors > 1 ? w[1] : NULL, y);
}

/* The same numbers as the convolution's, in the same order: [C][H W] is [C][H][W]. */
static void patches(const struct problem *p, const double *x, double *const *w, double *y)
{
    conv(p, x, w, y);
}

/* Each input at the places of the kernel's taps, as PyTorch's conv_transpose2d has it; w[ci][co/groups][kh][kw]. */
static void transposed(const struct problem *p, const double *x, double *const *w, double *y)
{
    const struct ref64_window *g = &p->win;
    const int each = g->co / g->groups, from = g->c / g->groups;
    for (size_t i = 0; i < p->ny; i++)
        y[i] = p->s.nd->ntensors > 1 ? w[1][i / (size_t)(g->ho * g->wo) % (size_t)g->co] : 0;
    for (int n = 0; n < g->n; n++)
        for (int c = 0; c < g->c; c++)
            for (int i = 0; i < g->h * g->w; i++, x++)
                for (int t = 0; t < each * g->kh * g->kw; t++) {
                    int o = t / (g->kh * g->kw), ky = t / g->kw % g->kh, kx = t % g->kw;
                    int row = i / g->w * g->sh + ky * g->dh - g->top, col = i % g->w * g->sw + kx * g->dw - g->left;
                    if (row >= 0 && row < g->ho && col >= 0 && col < g->wo)
                        y[((n * g->co + c / from * each + o) * g->ho + row) * g->wo + col] +=
                            *x * w[0][c * each * g->kh * g->kw + t];
                }
}

/* y = V softmax(q k^T / sqrt(width)) v + c of each head, [C][positions] a sample; a: heads, 100 more where q and k are
 * turned by their position, 1000 more where no position looks at a later one. */
static void attention(const struct problem *p, const double *x, double *const *w, double *y)
{
    const struct shape in = p->c->in;
    const int heads = (int)p->c->a % 100, width = in.c / heads, t = in.h * in.w;
    double *qkv = calloc((size_t)(4 * in.c * t), sizeof *qkv), *o = qkv + 3 * in.c * t, score[64];
    assert_true(qkv && t <= 64);
    for (int n = 0; n < p->c->n; n++, x += in.c * t, y += in.c * t) {
        for (int i = 0; i < 3 * in.c * t; i++) {
            qkv[i] = w[1][i / t];
            for (int c = 0; c < in.c; c++)
                qkv[i] += w[0][i / t * in.c + c] * x[c * t + i % t];
        }
        for (int i = 0; i < 2 * in.c * t && (int)p->c->a / 100 % 10; i++)
            if (i / t % 2 == 0) {
                const double angle = i % t * pow(10000, -(double)(i / t % width) / width), even = qkv[i];
                qkv[i] = even * cos(angle) - qkv[i + t] * sin(angle);
                qkv[i + t] = even * sin(angle) + qkv[i + t] * cos(angle);
            }
        memset(o, 0, (size_t)(in.c * t) * sizeof *o);
        for (int i = 0; i < heads * t; i++) { /* head and query */
            const double *q = qkv + i / t * width * t + i % t, *k = qkv + (in.c + i / t * width) * t, *v = k + in.c * t;
            const int seen = p->c->a > 1000 && i % t < p->length[n] ? i % t + 1 : p->length[n];
            double sum = 0;
            for (int s = 0; s < seen; s++) {
                score[s] = 0;
                for (int c = 0; c < width; c++)
                    score[s] += q[c * t] * k[c * t + s] / sqrt(width);
                sum += score[s] = exp(score[s]);
            }
            for (int s = 0; s < seen; s++)
                for (int c = 0; c < width; c++)
                    o[(i / t * width + c) * t + i % t] += score[s] / sum * v[c * t + s];
        }
        for (int i = 0; i < in.c * t; i++) {
            y[i] = w[3][i / t];
            for (int c = 0; c < in.c; c++)
                y[i] += w[2][i / t * in.c + c] * o[c * t + i % t];
        }
    }
    free(qkv);
}

/* The shares of the centres at each position, or the mixture; a: the temperature, or where it is learned 0. */
static void kmeans(const struct problem *p, const double *x, double *const *w, double *y)
{
    const struct shape in = p->c->in;
    const int t = in.h * in.w, learned = p->s.nd->ntensors > 1, mixes = p->c->win.groups;
    const int centres = (int)p->s.nd->tensor[0].n / in.c, out = mixes ? in.c : centres;
    const double temperature = learned ? exp(w[1][0]) : p->c->a;
    for (int i = 0; i < p->c->n * t; i++) {
        const double *at = x + i / t * in.c * t + i % t;
        double share[16], sum = 0;
        assert_true(centres <= 16);
        for (int k = 0; k < centres; k++) {
            double distance = 0;
            for (int c = 0; c < in.c; c++)
                distance += (at[c * t] - w[0][k * in.c + c]) * (at[c * t] - w[0][k * in.c + c]);
            sum += share[k] = exp(-distance / temperature);
        }
        for (int o = 0; o < out; o++) {
            double *to = y + i / t * out * t + o * t + i % t;
            *to = mixes ? 0 : share[o] / sum;
            for (int k = 0; mixes && k < centres; k++)
                *to += share[k] / sum * w[0][k * in.c + o];
        }
    }
}

/* The table lies as [h][c][w]; without one there are sines. */
static void positional(const struct problem *p, const double *x, double *const *w, double *y)
{
    const struct shape in = p->c->in;
    for (size_t i = 0; i < p->nx; i++) {
        int col = (int)(i % (size_t)in.w), h = (int)(i / (size_t)in.w % (size_t)in.h);
        int c = (int)(i / (size_t)(in.h * in.w) % (size_t)in.c);
        double angle = (h * in.w + col) * pow(10000, -(double)(c - c % 2) / in.c);
        y[i] = x[i] + (p->s.nd->ntensors ? w[0][(h * in.c + c) * in.w + col] : c % 2 ? cos(angle) : sin(angle));
    }
}

static void dense(const struct problem *p, const double *x, double *const *w, double *y)
{
    ref64_dense(p->c->n, p->c->in.c, p->win.co, x, w[0], p->s.nd->ntensors > 1 ? w[1] : NULL, y);
}

static void batchnorm(const struct problem *p, const double *x, double *const *w, double *y)
{
    struct shape in = p->c->in;
    double mean[64], var[64];
    memcpy(mean, p->mean, (size_t)in.c * sizeof *mean);
    memcpy(var, p->var, (size_t)in.c * sizeof *var);
    if (!p->c->eval)
        ref64_moments(p->c->n, in.c, in.h * in.w, x, mean, var);
    ref64_batchnorm(p->c->n, in.c, in.h * in.w, p->c->a, x, mean, var, w[0], w[1], y);
}

static void element(const struct problem *p, const double *x, double *const *w, double *y)
{
    (void)w;
    for (size_t i = 0; i < p->nx; i++)
        y[i] = p->c->map(x[i], p->c->a);
}

static void masked(const struct problem *p, const double *x, double *const *w, double *y)
{
    (void)w;
    for (size_t i = 0; i < p->nx; i++)
        y[i] = x[i] * (p->c->eval ? 1 : p->mask[i]);
}

static void maxpool(const struct problem *p, const double *x, double *const *w, double *y)
{
    (void)w;
    ref64_maxpool(&p->win, x, y);
}

static void avgpool(const struct problem *p, const double *x, double *const *w, double *y)
{
    (void)w;
    ref64_avgpool(&p->win, x, y);
}

static void prelu(const struct problem *p, const double *x, double *const *w, double *y)
{
    struct shape in = p->c->in;
    ref64_prelu(p->c->n, in.c, in.h * in.w, p->s.nd->tensor[0].n == 1, x, w[0], y);
}

static void glu(const struct problem *p, const double *x, double *const *w, double *y)
{
    struct shape in = p->c->in;
    (void)w;
    ref64_glu(p->c->n, in.c / 2, in.h * in.w, x, y);
}

static void maxout(const struct problem *p, const double *x, double *const *w, double *y)
{
    struct shape in = p->c->in;
    (void)w;
    ref64_maxout(p->c->n, p->win.co, in.c / p->win.co, in.h * in.w, x, y);
}

/* Over the groups that the case's `groups` says (0: the channels of a position); elementwise where it is -1. */
static void sample_norm_as(const struct problem *p, int centred, const double *x, double *const *w, double *y)
{
    struct shape in = p->c->in;
    int groups = p->c->win.groups, each = groups < 0, learned = p->s.nd->ntensors;
    ref64_sample_norm(p->c->n, in.c, in.h, in.w, each ? 1 : groups, centred, each, p->c->a, x, learned ? w[0] : NULL,
                      learned > 1 ? w[1] : NULL, y);
}

static void centred_norm(const struct problem *p, const double *x, double *const *w, double *y)
{
    sample_norm_as(p, 1, x, w, y);
}

static void square_norm(const struct problem *p, const double *x, double *const *w, double *y)
{
    sample_norm_as(p, 0, x, w, y);
}

static void lrn(const struct problem *p, const double *x, double *const *w, double *y)
{
    struct shape in = p->c->in;
    (void)w;
    ref64_lrn(p->c->n, in.c, in.h * in.w, p->c->win.kh, 0.5, p->c->a, 2, x, y);
}

static void logit_norm(const struct problem *p, const double *x, double *const *w, double *y)
{
    struct shape in = p->c->in;
    (void)w;
    ref64_logit_norm(p->c->n, in.c, in.h * in.w, p->c->a, x, y);
}

/* The noise is what the layer makes of zeros. */
static void noisy(const struct problem *p, const double *x, double *const *w, double *y)
{
    (void)w;
    for (size_t i = 0; i < p->nx; i++)
        y[i] = x[i] + (p->c->eval ? 0 : p->mask[i]);
}

/* Of the means and logarithms of variances that a sample has, y gets n numbers; returns the divergence from N(0, 1). */
static double drawn_sample(size_t n, const double *x, const double *noise, double *y)
{
    double divergence = 0;
    for (size_t i = 0; i < n; i++) {
        const double mean = x[i], log_variance = x[n + i];
        y[i] = mean + (noise ? exp(log_variance / 2) * noise[i] : 0);
        divergence += (mean * mean + exp(log_variance) - 1 - log_variance) / 2;
    }
    return divergence;
}

/* The noise is what the layer makes of zeros, means and logarithms. */
static void drawn(const struct problem *p, const double *x, double *const *w, double *y)
{
    const size_t n = p->ny / (size_t)p->c->n;
    (void)w;
    for (size_t i = 0; i < (size_t)p->c->n; i++)
        drawn_sample(n, x + 2 * i * n, p->c->eval ? NULL : p->mask + i * n, y + i * n);
}

static double divergence_of(const struct problem *p, size_t sample)
{
    const size_t n = p->ny / (size_t)p->c->n;
    return drawn_sample(n, p->x + 2 * sample * n, NULL, p->work);
}

static void adaptive_max(const struct problem *p, const double *x, double *const *w, double *y)
{
    (void)w;
    ref64_adaptive(&p->win, 1, x, y);
}

static void adaptive_mean(const struct problem *p, const double *x, double *const *w, double *y)
{
    (void)w;
    ref64_adaptive(&p->win, 0, x, y);
}

static void upsample(const struct problem *p, const double *x, double *const *w, double *y)
{
    struct shape in = p->c->in;
    (void)w;
    ref64_upsample(p->c->n, in.c, in.h, in.w, p->win.kh, p->win.kw, p->c->a > 0, x, y);
}

static void border(const struct problem *p, const double *x, double *const *w, double *y)
{
    struct shape in = p->c->in;
    (void)w;
    ref64_border(p->c->n, in.c, in.h, in.w, p->win.top, p->win.left, (int)p->c->a, x, y);
}

static void softmax(const struct problem *p, const double *x, double *const *w, double *y)
{
    const size_t c = (size_t)p->c->in.c, plane = p->nx / (size_t)p->c->n / c;
    (void)w;
    for (size_t i = 0; i < p->nx; i++) {
        const double *at = x + i / (c * plane) * c * plane + i % plane;
        double sum = 0;
        for (size_t k = 0; k < c; k++)
            sum += exp(at[k * plane]);
        y[i] = exp(x[i]) / sum;
    }
}

static void of_tokens(const struct problem *p, const double *x, double *const *w, double *y)
{
    const size_t t = (size_t)p->c->in.h, c = p->ny / p->nx;
    for (size_t i = 0; i < p->ny; i++)
        y[i] = w[0][(size_t)lround(x[i / (c * t) * t + i % t]) * c + i / t % c];
}

static double logistic(double v)
{
    return 1 / (1 + exp(-v));
}

/* One step of a cell of k units: in and rec have the gates one after the other; h and c are the state. */
static void cell_of(const char *name, int relu, int k, const double *in, const double *rec, double *h, double *c)
{
    for (int i = 0; i < k; i++) {
        const double first = in[i] + rec[i], second = in[k + i] + rec[k + i];
        if (!strcmp(name, "lstm")) {
            c[i] = logistic(second) * c[i] + logistic(first) * tanh(in[2 * k + i] + rec[2 * k + i]);
            h[i] = logistic(in[3 * k + i] + rec[3 * k + i]) * tanh(c[i]);
        } else if (!strcmp(name, "gru")) {
            const double z = logistic(second), fresh = tanh(in[2 * k + i] + logistic(first) * rec[2 * k + i]);
            h[i] = (1 - z) * fresh + z * h[i];
        } else {
            h[i] = relu ? fmax(first, 0) : tanh(first);
        }
    }
}

static void product(int rows, int n, const double *w, const double *b, const double *x, size_t step, double *y)
{
    for (int r = 0; r < rows; r++) {
        y[r] = b[r];
        for (int i = 0; i < n; i++)
            y[r] += w[r * n + i] * x[(size_t)i * step];
    }
}

/* States of each way along the positions that count; a: units. */
static void recurrent(const struct problem *p, const double *x, double *const *w, double *y)
{
    enum { UNITS = 16, GATES = 4 };
    const int t = p->c->in.h, in = p->c->in.c, k = (int)p->c->a, ways = p->s.nd->y.c / k;
    const int rows = (int)p->s.nd->tensor[0].n / in, last = p->s.nd->y.kind == VECTOR;
    const int relu = strstr(p->c->text, "relu") != NULL;
    for (size_t i = 0; i < p->ny; i++)
        y[i] = 0;
    for (int n = 0; n < p->c->n * ways; n++) {
        const int way = n % ways, image = n / ways, length = p->length[image];
        double h[UNITS] = {0}, c[UNITS] = {0}, from_x[UNITS * GATES + UNITS] = {0}, from_h[UNITS * GATES + UNITS] = {0};
        double *const *v = w + 4 * way, *to = y + (size_t)(image * ways + way) * (size_t)(k * (last ? 1 : t));
        for (int i = 0; i < length; i++) {
            const int at = way ? length - 1 - i : i;
            product(rows, in, v[0], v[2], x + (size_t)image * (size_t)(in * t) + at, (size_t)t, from_x);
            product(rows, k, v[1], v[3], h, 1, from_h);
            cell_of(p->s.nd->type->name, relu, k, from_x, from_h, h, c);
            for (int u = 0; u < k && !last; u++)
                to[u * t + at] = h[u];
        }
        for (int u = 0; u < k && last; u++)
            to[u] = h[u];
    }
}

/* Which position: the case's number; of a ragged batch the last that counts. */
static void one_position(const struct problem *p, const double *x, double *const *w, double *y)
{
    size_t positions = (size_t)p->c->in.h;
    (void)w;
    for (size_t i = 0; i < p->ny; i++)
        y[i] = x[i * positions + (p->s.pass.lengths ? (size_t)p->length[i / (size_t)p->c->in.c] - 1 : (size_t)p->c->a)];
}

static void ragged_mean(const struct problem *p, const double *x, double *const *w, double *y)
{
    (void)w;
    for (size_t i = 0; i < p->ny; i++) {
        const int length = p->length[i / (size_t)p->c->in.c];
        y[i] = 0;
        for (int t = 0; t < length; t++)
            y[i] += x[i * (size_t)p->c->in.h + (size_t)t] / length;
    }
}

/* [C][T + 1]: the learned position, then the others. */
static void class_token(const struct problem *p, const double *x, double *const *w, double *y)
{
    const size_t t = (size_t)(p->c->in.h * p->c->in.w), c = (size_t)p->c->in.c;
    for (size_t i = 0; i < p->ny; i++)
        y[i] = i % (t + 1) ? x[i / (t + 1) * t + i % (t + 1) - 1] : w[0][i / (t + 1) % c];
}

/* --- volumes: the case's number has kernel, stride, padding and dilation along the slices, a digit each --- */

struct along {
    int from, to, rows, ho; /* slices of the input and of the output, and rows of a slice of each */
    int kernel, stride, pad, dilation;
};

static struct along along_slices(const struct problem *p)
{
    const int a = (int)p->c->a;
    return (struct along){
        p->c->in.d,  p->s.nd->y.d, p->c->in.h / p->c->in.d, p->s.nd->y.h / p->s.nd->y.d, a / 1000, a / 100 % 10,
        a / 10 % 10, a % 10};
}

/* Each tap of a convolution from [channels][from][h][w] to [co][to][ho][wo]; where it is transposed those are its
 * output and its input, and y, not x, is the one that is long. */
static void each_tap(const struct problem *p, int transpose, const struct along *v, int c, int co, int wide, int wo,
                     const double *x, const double *w, double *y)
{
    const struct ref64_window *g = &p->win;
    const int each = c / g->groups, taps = v->kernel * g->kh * g->kw;
    for (int i = 0; i < p->c->n * co * v->to * v->ho * wo; i++) {
        const int col = i % wo, row = i / wo % v->ho, to = i / wo / v->ho % v->to, o = i / wo / v->ho / v->to % co;
        const int n = i / wo / v->ho / v->to / co, first = o / (co / g->groups) * each;
        for (int t = 0; t < each * taps; t++) {
            const int from = to * v->stride - v->pad + t / (g->kh * g->kw) % v->kernel * v->dilation;
            const int r = row * g->sh - g->top + t / g->kw % g->kh * g->dh,
                      q = col * g->sw - g->left + t % g->kw * g->dw;
            const int at = (((n * c + first + t / taps) * v->from + from) * v->rows + r) * wide + q;
            if (from < 0 || from >= v->from || r < 0 || r >= v->rows || q < 0 || q >= wide)
                continue;
            if (transpose)
                y[at] += w[o * each * taps + t] * x[i];
            else
                y[i] += w[o * each * taps + t] * x[at];
        }
    }
}

static void start_with_bias(const struct problem *p, double *const *w, double *y)
{
    const size_t c = (size_t)p->s.nd->y.c, plane = p->ny / (size_t)p->c->n / c;
    for (size_t i = 0; i < p->ny; i++)
        y[i] = p->s.nd->ntensors > 1 ? w[1][i / plane % c] : 0;
}

static void volume_conv(const struct problem *p, const double *x, double *const *w, double *y)
{
    const struct along v = along_slices(p);
    start_with_bias(p, w, y);
    each_tap(p, 0, &v, p->c->in.c, p->win.co, p->c->in.w, p->win.wo, x, w[0], y);
}

static void volume_transposed(const struct problem *p, const double *x, double *const *w, double *y)
{
    struct along v = along_slices(p);
    v = (struct along){v.to, v.from, v.ho, v.rows, v.kernel, v.stride, v.pad, v.dilation};
    start_with_bias(p, w, y);
    each_tap(p, 1, &v, p->win.co, p->c->in.c, p->win.wo, p->c->in.w, x, w[0], y);
}

/* The first of n elements in window i of m that share them out, and the first after it. */
static void shared_window(int i, int n, int m, int bounds[2])
{
    bounds[0] = i * n / m;
    bounds[1] = ((i + 1) * n + m - 1) / m;
}

/* Windows of a kernel, or with kernel 0 along the slices those that share the volume out. */
static void pool_volume(const struct problem *p, int max, const double *x, double *y)
{
    const struct ref64_window *g = &p->win;
    const struct along v = along_slices(p);
    for (int i = 0; i < (int)p->ny; i++) {
        const int col = i % g->wo, row = i / g->wo % v.ho, to = i / g->wo / v.ho % v.to;
        int s[2] = {to * v.stride - v.pad, to * v.stride - v.pad + v.kernel};
        int r[2] = {row * g->sh - g->top, row * g->sh - g->top + g->kh};
        int q[2] = {col * g->sw - g->left, col * g->sw - g->left + g->kw};
        if (!v.kernel) {
            shared_window(to, v.from, v.to, s);
            shared_window(row, v.rows, v.ho, r);
            shared_window(col, p->c->in.w, g->wo, q);
        }
        const double *plane = x + i / g->wo / v.ho / v.to * v.from * v.rows * p->c->in.w;
        double most = -1e300, sum = 0;
        for (int a = s[0]; a < s[1]; a++)
            for (int b = r[0]; b < r[1]; b++)
                for (int c = q[0]; c < q[1]; c++)
                    if (a >= 0 && a < v.from && b >= 0 && b < v.rows && c >= 0 && c < p->c->in.w) {
                        const double one = plane[(a * v.rows + b) * p->c->in.w + c];
                        most = one > most ? one : most;
                        sum += one;
                    }
        y[i] = max ? most : sum / ((s[1] - s[0]) * (r[1] - r[0]) * (q[1] - q[0]));
    }
}

static void volume_max(const struct problem *p, const double *x, double *const *w, double *y)
{
    (void)w;
    pool_volume(p, 1, x, y);
}

static void volume_mean(const struct problem *p, const double *x, double *const *w, double *y)
{
    (void)w;
    pool_volume(p, 0, x, y);
}

/* The numbers of the slices one by one by a function for maps, then, each slice being a row, along the slices. */
static void upsampled_volume(const struct problem *p, const double *x, double *const *w, double *y)
{
    const struct along v = along_slices(p);
    const struct shape in = p->c->in, out = p->s.nd->y;
    const int bilinear = v.dilation == 2, images = p->c->n * in.c;
    double *between = calloc((size_t)(images * v.from * v.ho * out.w), sizeof *between);
    (void)w;
    assert_non_null(between);
    ref64_upsample(images, v.from, v.rows, in.w, p->win.kh, p->win.kw, bilinear, x, between);
    ref64_upsample(images, 1, v.from, v.ho * out.w, v.kernel, 1, bilinear, between, y);
    free(between);
}

static void bordered_volume(const struct problem *p, const double *x, double *const *w, double *y)
{
    const struct along v = along_slices(p);
    const struct shape in = p->c->in, out = p->s.nd->y;
    const int images = p->c->n * in.c, mode = v.dilation - 1, front = v.kernel == 9 ? -1 : v.kernel;
    double *between = calloc((size_t)(images * v.from * v.ho * out.w), sizeof *between);
    (void)w;
    assert_non_null(between);
    ref64_border(images, v.from, v.rows, in.w, p->win.top, p->win.left, mode, x, between);
    ref64_border(images, 1, v.from, v.ho * out.w, front, 0, mode, between, y);
    free(between);
}

/* [C][H][W] to [C W][H]. */
static void in_rows(const struct problem *p, const double *x, double *const *w, double *y)
{
    const size_t c = (size_t)p->c->in.c, h = (size_t)p->c->in.h, wide = (size_t)p->c->in.w;
    (void)w;
    for (size_t i = 0; i < p->nx; i++)
        y[i / (c * h * wide) * c * h * wide + (i / (h * wide) % c * wide + i % wide) * h + i / wide % h] = x[i];
}

static void same(const struct problem *p, const double *x, double *const *w, double *y)
{
    (void)w;
    memcpy(y, x, p->nx * sizeof *y);
}

// clang-format off
#define MAPS(c, h, w) { 3, c, h, w, 1 }
#define VECTOR(c) { 1, c, 1, 1, 1 }
#define SEQUENCE(c, t) { 2, c, t, 1, 1 }
#define VOLUME(c, d, h, w) { 4, c, (d) * (h), w, d }
/* co ho wo  kh kw  sh sw  top left  dh dw  groups */
#define WIN(...) { 0, 0, 0, 0, __VA_ARGS__ }
#define OUT(co) WIN(co, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
#define GROUPS(n) WIN(0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, n)
#define ALL GROUPS(-1)
static const struct layer_case cases[] = {
    { "conv2d 3x3 4", MAPS(3, 6, 5), 19, 0, conv, WIN(4, 4, 3, 3, 3, 1, 1, 0, 0, 1, 1, 1), NULL, 0 },
    { "conv2d 3x3 5 bias no", MAPS(1, 7, 7), 16, 0, conv, WIN(5, 5, 5, 3, 3, 1, 1, 0, 0, 1, 1, 1), NULL, 0 },
    { "conv2d 3x3 17 pad 1", MAPS(16, 5, 5), 3, 0, conv, WIN(17, 5, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1), NULL, 0 },
    { "conv 3 6 pad same", MAPS(2, 4, 7), 33, 0, conv, WIN(6, 4, 7, 3, 3, 1, 1, 1, 1, 1, 1, 1), NULL, 0 },
    { "conv2d 2x4 3 pad same", MAPS(2, 5, 6), 5, 0, conv, WIN(3, 5, 6, 2, 4, 1, 1, 0, 1, 1, 1, 1), NULL, 0 },
    { "conv2d 3x3 3 pad same stride 2", MAPS(2, 6, 7), 5, 0, conv, WIN(3, 3, 4, 3, 3, 2, 2, 0, 1, 1, 1, 1), NULL, 0 },
    { "conv2d 3x2 4 stride 2x1 pad 2x0", MAPS(3, 6, 5), 18, 0, conv, WIN(4, 4, 4, 3, 2, 2, 1, 2, 0, 1, 1, 1), NULL, 0 },
    { "conv2d 3x3 4 dilation 2x1 pad 1", MAPS(3, 7, 5), 9, 0, conv, WIN(4, 5, 5, 3, 3, 1, 1, 1, 1, 2, 1, 1), NULL, 0 },
    { "conv2d 3x3 6 groups 2", MAPS(4, 5, 5), 17, 0, conv, WIN(6, 3, 3, 3, 3, 1, 1, 0, 0, 1, 1, 2), NULL, 0 },
    { "conv2d 3x3 5 groups 5 pad 1 stride 2", MAPS(5, 5, 6), 7, 0, conv, WIN(5, 3, 3, 3, 3, 2, 2, 1, 1, 1, 1, 5), NULL, 0 },
    { "conv2d 1x1 7", MAPS(5, 3, 4), 20, 0, conv, WIN(7, 3, 4, 1, 1, 1, 1, 0, 0, 1, 1, 1), NULL, 0 },
    { "conv2d 5x5 2 pad 4", MAPS(1, 3, 3), 1, 0, conv, WIN(2, 7, 7, 5, 5, 1, 1, 4, 4, 1, 1, 1), NULL, 0 },
    { "conv2d 4x3 10", MAPS(2, 4, 3), 6, 0, conv, WIN(10, 1, 1, 4, 3, 1, 1, 0, 0, 1, 1, 1), NULL, 0 },
    { "conv 3 4 pad 1", SEQUENCE(2, 7), 19, 0, conv, WIN(4, 7, 1, 3, 1, 1, 1, 1, 0, 1, 1, 1), NULL, 0 },
    { "conv 4 6 stride 2 groups 2 dilation 2 bias no", SEQUENCE(4, 12), 5, 0, conv, WIN(6, 3, 1, 4, 1, 2, 1, 0, 0, 2, 1, 2), NULL, 0 },
    { "depthwise 3x3 pad 1", MAPS(5, 6, 7), 19, 0, conv, WIN(5, 6, 7, 3, 3, 1, 1, 1, 1, 1, 1, 5), NULL, 0 },
    { "depthwise 7 pad same stride 2", MAPS(3, 9, 8), 5, 0, conv, WIN(3, 5, 4, 7, 7, 2, 2, 3, 2, 1, 1, 3), NULL, 0 },
    { "depthwise 5x3 multiplier 2 bias no", MAPS(3, 6, 5), 17, 0, conv, WIN(6, 2, 3, 5, 3, 1, 1, 0, 0, 1, 1, 3), NULL, 0 },
    { "depthwise 3 pad 1", SEQUENCE(3, 6), 4, 0, conv, WIN(3, 6, 1, 3, 1, 1, 1, 1, 0, 1, 1, 3), NULL, 0 },
    { "conv_transpose 3x3 4 stride 2 pad 1 output_pad 1", MAPS(3, 4, 3), 18, 0, transposed, WIN(4, 8, 6, 3, 3, 2, 2, 1, 1, 1, 1, 1), NULL, 0 },
    { "conv_transpose 2 3 stride 2", MAPS(2, 3, 4), 16, 0, transposed, WIN(3, 6, 8, 2, 2, 2, 2, 0, 0, 1, 1, 1), NULL, 0 },
    { "deconv 2x3 6 groups 2 dilation 2x1 bias no", MAPS(4, 3, 4), 5, 0, transposed, WIN(6, 5, 6, 2, 3, 1, 1, 0, 0, 2, 1, 2), NULL, 0 },
    { "patch 2x3 4", MAPS(3, 6, 7), 17, 0, patches, WIN(4, 3, 2, 2, 3, 2, 3, 0, 0, 1, 1, 1), NULL, 0 },
    { "patch 4 5 bias no", MAPS(1, 8, 8), 3, 0, patches, WIN(5, 2, 2, 4, 4, 4, 4, 0, 0, 1, 1, 1), NULL, 0 },
    { "attention heads 2", MAPS(4, 6, 7), 3, 0, attention, OUT(4), NULL, 2 },
    { "attention heads 3", SEQUENCE(6, 17), 18, 0, attention, OUT(6), NULL, 3 },
    { "attention heads 2 rotary", MAPS(4, 3, 4), 19, 0, attention, OUT(4), NULL, 102 },
    { "attention rotary heads 1", SEQUENCE(6, 9), 4, 0, attention, OUT(6), NULL, 101 },
    { "attention", SEQUENCE(5, 1), 16, 0, attention, OUT(5), NULL, 1 },
    { "attention heads 2", MAPS(4, 3, 3), 5, 1, attention, OUT(4), NULL, 2 },
    { "attention heads 2 causal", SEQUENCE(6, 50), 3, 0, attention, OUT(6), NULL, 1002 },
    { "attention causal rotary", SEQUENCE(4, 13), 17, 0, attention, OUT(4), NULL, 1101 },
    { "attention heads 2 causal", MAPS(4, 3, 5), 5, 0, attention, OUT(4), NULL, 1002 },
    { "ragged attention heads 2", SEQUENCE(4, 41), 18, 0, attention, OUT(4), NULL, 2 },
    { "ragged attention causal heads 3", SEQUENCE(6, 15), 19, 0, attention, OUT(6), NULL, 1003 },
    { "ragged attention heads 2", SEQUENCE(4, 6), 5, 1, attention, OUT(4), NULL, 2 },
    { "embedding 5", SEQUENCE(1, 7), 19, 0, of_tokens, OUT(5), NULL, 0 },
    { "embedding 32", SEQUENCE(1, 3), 4, 0, of_tokens, OUT(32), NULL, 0 },
    { "ragged embedding 19", SEQUENCE(1, 5), 18, 0, of_tokens, OUT(19), NULL, 0 },
    { "rnn 4", SEQUENCE(3, 6), 19, 0, recurrent, OUT(4), NULL, 4 },
    { "rnn 7 bidirectional act relu", SEQUENCE(2, 5), 3, 0, recurrent, OUT(14), NULL, 7 },
    { "ragged rnn 5 last", SEQUENCE(4, 7), 18, 0, recurrent, OUT(5), NULL, 5 },
    { "lstm 5", SEQUENCE(3, 7), 19, 0, recurrent, OUT(5), NULL, 5 },
    { "lstm 3 last", SEQUENCE(4, 6), 5, 0, recurrent, OUT(3), NULL, 3 },
    { "lstm 3 bidirectional", SEQUENCE(4, 5), 35, 0, recurrent, OUT(6), NULL, 3 },
    { "ragged lstm 4 bidirectional", SEQUENCE(3, 9), 20, 0, recurrent, OUT(8), NULL, 4 },
    { "ragged lstm 4 bidirectional last", SEQUENCE(3, 6), 18, 0, recurrent, OUT(8), NULL, 4 },
    { "lstm 4 bidirectional", SEQUENCE(2, 5), 18, 1, recurrent, OUT(8), NULL, 4 },
    { "gru 6", SEQUENCE(2, 8), 19, 0, recurrent, OUT(6), NULL, 6 },
    { "gru 3 bidirectional last", SEQUENCE(4, 5), 5, 0, recurrent, OUT(6), NULL, 3 },
    { "ragged gru 4 bidirectional", SEQUENCE(3, 7), 33, 0, recurrent, OUT(8), NULL, 4 },
    { "gru 4", SEQUENCE(3, 1), 16, 0, recurrent, OUT(4), NULL, 4 },
    { "kmeans 5 temperature 2", MAPS(3, 4, 5), 19, 0, kmeans, WIN(3, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1), NULL, 2 },
    { "kmeans 3 temperature 0.7 learned", VECTOR(6), 35, 0, kmeans, WIN(6, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1), NULL, 0 },
    { "kmeans 9 out assignments", SEQUENCE(4, 6), 3, 0, kmeans, OUT(9), NULL, 1 },
    { "kmeans 4 out assignments learned temperature 3", MAPS(2, 3, 2), 17, 0, kmeans, OUT(4), NULL, 0 },
    { "kmeans 4 temperature 2", MAPS(2, 3, 2), 17, 1, kmeans, WIN(2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1), NULL, 2 },
    { "positional", MAPS(3, 4, 5), 19, 0, positional, OUT(3), NULL, 0 },
    { "positional", SEQUENCE(4, 6), 3, 0, positional, OUT(4), NULL, 0 },
    { "positional sin", SEQUENCE(5, 9), 17, 0, positional, OUT(5), NULL, 0 },
    { "positional sin", MAPS(4, 3, 2), 2, 0, positional, OUT(4), NULL, 0 },
    { "class_token", MAPS(3, 4, 5), 19, 0, class_token, WIN(3, 21, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1), NULL, 0 },
    { "class_token", SEQUENCE(4, 6), 5, 0, class_token, WIN(4, 7, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1), NULL, 0 },
    { "dense 10", VECTOR(20), 35, 0, dense, OUT(10), NULL, 0 },
    { "dense 3 bias no", VECTOR(17), 16, 0, dense, OUT(3), NULL, 0 },
    { "linear 1", VECTOR(1), 1, 0, dense, OUT(1), NULL, 0 },
    { "dense 33", MAPS(15, 1, 1), 5, 0, dense, OUT(33), NULL, 0 },
    { "batchnorm", MAPS(3, 4, 5), 19, 0, batchnorm, OUT(3), NULL, 1e-5 },
    { "bn eps 0.1", MAPS(17, 1, 2), 32, 0, batchnorm, OUT(17), NULL, 0.1 },
    { "batchnorm", VECTOR(5), 11, 0, batchnorm, OUT(5), NULL, 1e-5 },
    { "batchnorm", MAPS(2, 5, 5), 1, 0, batchnorm, OUT(2), NULL, 1e-5 },
    { "batchnorm eps 0.01", MAPS(3, 4, 5), 19, 1, batchnorm, OUT(3), NULL, 0.01 },
    { "relu", MAPS(3, 4, 5), 19, 0, element, OUT(3), ref64_relu, 0 },
    { "relu", VECTOR(7), 3, 0, element, OUT(7), ref64_relu, 0 },
    { "leaky_relu", MAPS(3, 4, 5), 19, 0, element, OUT(3), ref64_leaky_relu, 0.01 },
    { "leaky_relu slope 0.25", VECTOR(7), 3, 0, element, OUT(7), ref64_leaky_relu, 0.25 },
    { "sigmoid", MAPS(3, 4, 5), 19, 0, element, OUT(3), ref64_sigmoid, 0 },
    { "tanh", MAPS(3, 4, 5), 19, 0, element, OUT(3), ref64_tanh, 0 },
    { "gelu", MAPS(3, 4, 5), 19, 0, element, OUT(3), ref64_gelu, 0 },
    { "relu6", MAPS(3, 4, 5), 19, 0, element, OUT(3), ref64_relu6, 0 },
    { "elu", MAPS(3, 4, 5), 19, 0, element, OUT(3), ref64_elu, 1 },
    { "elu 0.4", VECTOR(7), 3, 0, element, OUT(7), ref64_elu, 0.4 },
    { "selu", MAPS(3, 4, 5), 19, 0, element, OUT(3), ref64_selu, 0 },
    { "silu", MAPS(3, 4, 5), 19, 0, element, OUT(3), ref64_silu, 0 },
    { "mish", MAPS(3, 4, 5), 19, 0, element, OUT(3), ref64_mish, 0 },
    { "softplus", MAPS(3, 4, 5), 19, 0, element, OUT(3), ref64_softplus, 0 },
    { "hardswish", MAPS(3, 4, 5), 19, 0, element, OUT(3), ref64_hardswish, 0 },
    { "prelu", MAPS(3, 4, 5), 19, 0, prelu, OUT(3), NULL, 0 },
    { "prelu per channel", MAPS(3, 4, 5), 19, 0, prelu, OUT(3), NULL, 0 },
    { "prelu per channel", VECTOR(17), 5, 0, prelu, OUT(17), NULL, 0 },
    { "glu", MAPS(6, 4, 5), 19, 0, glu, OUT(3), NULL, 0 },
    { "glu", VECTOR(10), 3, 0, glu, OUT(5), NULL, 0 },
    { "maxout 3", MAPS(6, 4, 5), 19, 0, maxout, OUT(2), NULL, 0 },
    { "maxout pieces 2", VECTOR(10), 17, 0, maxout, OUT(5), NULL, 0 },
    { "layernorm", MAPS(3, 4, 5), 19, 0, centred_norm, OUT(3), NULL, 1e-5 },
    { "layernorm eps 0.1", VECTOR(37), 5, 0, centred_norm, OUT(37), NULL, 0.1 },
    { "layernorm", { 2, 6, 7, 1, 1 }, 17, 0, centred_norm, OUT(6), NULL, 1e-5 },
    { "layernorm over all", MAPS(3, 4, 5), 19, 0, centred_norm, ALL, NULL, 1e-5 },
    { "layernorm over all", MAPS(1, 3, 2), 3, 0, centred_norm, ALL, NULL, 1e-5 },
    { "layernorm", MAPS(4, 3, 3), 5, 1, centred_norm, OUT(4), NULL, 1e-5 },
    { "rmsnorm", MAPS(3, 4, 5), 19, 0, square_norm, OUT(3), NULL, 1e-6 },
    { "rmsnorm over all eps 0.01", MAPS(3, 4, 5), 19, 0, square_norm, ALL, NULL, 0.01 },
    { "groupnorm 2", MAPS(6, 4, 5), 19, 0, centred_norm, GROUPS(2), NULL, 1e-5 },
    { "groupnorm 1 eps 0.01", MAPS(6, 2, 3), 4, 0, centred_norm, GROUPS(1), NULL, 0.01 },
    { "groupnorm 3", VECTOR(18), 17, 0, centred_norm, GROUPS(3), NULL, 1e-5 },
    { "instancenorm", MAPS(3, 4, 5), 19, 0, centred_norm, GROUPS(3), NULL, 1e-5 },
    { "instancenorm affine yes", MAPS(3, 4, 5), 19, 0, centred_norm, GROUPS(3), NULL, 1e-5 },
    { "lrn 3 alpha 0.5 beta 0.6 k 2", MAPS(5, 3, 4), 19, 0, lrn, WIN(5, 1, 1, 3, 1, 1, 1, 0, 0, 1, 1, 1), NULL, 0.6 },
    { "lrn size 4 alpha 0.5 beta 1.5 k 2", VECTOR(7), 3, 0, lrn, WIN(7, 1, 1, 4, 1, 1, 1, 0, 0, 1, 1, 1), NULL, 1.5 },
    { "logit_norm 0.5", VECTOR(10), 19, 0, logit_norm, OUT(10), NULL, 0.5 },
    { "logit_norm", MAPS(7, 2, 1), 3, 0, logit_norm, OUT(7), NULL, 0.04 },
    { "dropout2d 0.3", MAPS(3, 4, 5), 19, 0, masked, OUT(3), NULL, 0.3 },
    { "dropout2d p 0.5", VECTOR(11), 5, 0, masked, OUT(11), NULL, 0.5 },
    { "dropout2d 0.3", MAPS(3, 4, 5), 19, 1, masked, OUT(3), NULL, 0.3 },
    { "droppath 0.3", MAPS(3, 4, 5), 19, 0, masked, OUT(3), NULL, 0.3 },
    { "droppath 0", MAPS(3, 4, 5), 19, 0, same, OUT(3), NULL, 0 },
    { "gaussian_noise 0.3", MAPS(3, 4, 5), 19, 0, noisy, OUT(3), NULL, 0.3 },
    { "gaussian_noise std 2", VECTOR(7), 3, 1, noisy, OUT(7), NULL, 2 },
    { "sample", VECTOR(10), 19, 0, drawn, OUT(5), NULL, 0.3 },
    { "sample", MAPS(6, 4, 5), 3, 0, drawn, OUT(3), NULL, 0.7 },
    { "sample", { 2, 4, 7, 1, 1 }, 17, 0, drawn, OUT(2), NULL, 0 },
    { "sample", MAPS(6, 4, 5), 19, 1, drawn, OUT(3), NULL, 0 },
    { "adaptive_maxpool 3x2", MAPS(2, 7, 5), 19, 0, adaptive_max, WIN(2, 3, 2, 0, 0, 0, 0, 0, 0, 1, 1, 1), NULL, 0 },
    { "adaptive_maxpool 3x5", MAPS(2, 6, 5), 3, 0, adaptive_max, WIN(2, 3, 5, 0, 0, 0, 0, 0, 0, 1, 1, 1), NULL, 0 },
    { "adaptive_avgpool 3", MAPS(2, 7, 5), 19, 0, adaptive_mean, WIN(2, 3, 3, 0, 0, 0, 0, 0, 0, 1, 1, 1), NULL, 0 },
    { "adaptive_avgpool 2x1", MAPS(2, 6, 4), 5, 0, adaptive_mean, WIN(2, 2, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1), NULL, 0 },
    { "gmp", MAPS(5, 4, 3), 19, 0, maxpool, WIN(5, 1, 1, 4, 3, 1, 1, 0, 0, 1, 1, 1), NULL, 0 },
    { "upsample 2", MAPS(2, 3, 4), 19, 0, upsample, WIN(2, 6, 8, 2, 2, 0, 0, 0, 0, 1, 1, 1), NULL, 0 },
    { "upsample 3x2 mode bilinear", MAPS(2, 3, 4), 19, 0, upsample, WIN(2, 9, 8, 3, 2, 0, 0, 0, 0, 1, 1, 1), NULL, 1 },
    { "upsample 1x4 mode bilinear", MAPS(1, 1, 2), 2, 0, upsample, WIN(1, 1, 8, 1, 4, 0, 0, 0, 0, 1, 1, 1), NULL, 1 },
    { "reshape 6x2x5", MAPS(3, 4, 5), 19, 0, same, OUT(6), NULL, 0 },
    { "reshape 60", MAPS(3, 4, 5), 3, 0, same, OUT(60), NULL, 0 },
    { "reshape 3x4x5", VECTOR(60), 17, 0, same, OUT(3), NULL, 0 },
    { "reshape 12x5", MAPS(3, 4, 5), 2, 0, same, OUT(12), NULL, 0 },
    { "pad 1x2", MAPS(2, 3, 4), 19, 0, border, WIN(2, 5, 8, 0, 0, 0, 0, 1, 2, 1, 1, 1), NULL, 0 },
    { "pad 2 mode reflect", MAPS(2, 3, 4), 5, 0, border, WIN(2, 7, 8, 0, 0, 0, 0, 2, 2, 1, 1, 1), NULL, 1 },
    { "pad 1x3 mode replicate", MAPS(2, 3, 2), 5, 0, border, WIN(2, 5, 8, 0, 0, 0, 0, 1, 3, 1, 1, 1), NULL, 2 },
    { "crop 1x2", MAPS(2, 4, 7), 19, 0, border, WIN(2, 2, 3, 0, 0, 0, 0, -1, -2, 1, 1, 1), NULL, 0 },
    { "mean", { 2, 6, 7, 1, 1 }, 17, 0, avgpool, WIN(6, 1, 1, 7, 1, 1, 1, 0, 0, 1, 1, 1), NULL, 0 },
    { "mean", { 2, 6, 1, 1, 1 }, 3, 0, same, OUT(6), NULL, 0 },
    { "first", { 2, 6, 7, 1, 1 }, 17, 0, one_position, OUT(6), NULL, 0 },
    { "last", { 2, 6, 7, 1, 1 }, 17, 0, one_position, OUT(6), NULL, 6 },
    { "ragged mean", SEQUENCE(3, 7), 19, 0, ragged_mean, OUT(3), NULL, 0 },
    { "ragged last", SEQUENCE(3, 7), 33, 0, one_position, OUT(3), NULL, 0 },
    { "rows", MAPS(1, 4, 5), 3, 0, in_rows, OUT(5), NULL, 0 },
    { "rows", MAPS(3, 4, 2), 17, 0, in_rows, OUT(6), NULL, 0 },
    { "dropout 0.3", MAPS(3, 4, 5), 19, 0, masked, OUT(3), NULL, 0.3 },
    { "dropout p 0.9", VECTOR(11), 16, 0, masked, OUT(3), NULL, 0.9 },
    { "dropout 0", MAPS(2, 3, 3), 5, 0, same, OUT(3), NULL, 0 },
    { "dropout 0.5", MAPS(3, 4, 5), 19, 1, masked, OUT(3), NULL, 0.5 },
    { "maxpool 2", MAPS(3, 6, 5), 19, 0, maxpool, WIN(3, 3, 2, 2, 2, 2, 2, 0, 0, 1, 1, 1), NULL, 0 },
    { "maxpool 3 stride 2 pad 1", MAPS(2, 6, 7), 4, 0, maxpool, WIN(2, 3, 4, 3, 3, 2, 2, 1, 1, 1, 1, 1), NULL, 0 },
    { "maxpool 2x3 stride 1", MAPS(2, 4, 5), 33, 0, maxpool, WIN(2, 3, 3, 2, 3, 1, 1, 0, 0, 1, 1, 1), NULL, 0 },
    { "maxpool 2 stride 3", MAPS(1, 8, 5), 2, 0, maxpool, WIN(1, 3, 2, 2, 2, 3, 3, 0, 0, 1, 1, 1), NULL, 0 },
    { "avgpool 2", MAPS(3, 6, 5), 19, 0, avgpool, WIN(3, 3, 2, 2, 2, 2, 2, 0, 0, 1, 1, 1), NULL, 0 },
    { "avgpool 3 stride 2 pad 1", MAPS(2, 6, 7), 4, 0, avgpool, WIN(2, 3, 4, 3, 3, 2, 2, 1, 1, 1, 1, 1), NULL, 0 },
    { "avgpool 3x2 stride 1", MAPS(2, 4, 5), 17, 0, avgpool, WIN(2, 2, 4, 3, 2, 1, 1, 0, 0, 1, 1, 1), NULL, 0 },
    { "gap", MAPS(5, 4, 3), 19, 0, avgpool, WIN(5, 1, 1, 4, 3, 1, 1, 0, 0, 1, 1, 1), NULL, 0 },
    { "gap", MAPS(5, 1, 1), 3, 0, same, OUT(5), NULL, 0 },
    { "flatten", MAPS(3, 4, 5), 19, 0, same, OUT(60), NULL, 0 },
    { "flatten", MAPS(1, 4, 5), 19, 0, same, OUT(20), NULL, 0 },
    { "flatten", MAPS(4, 1, 5), 2, 0, same, OUT(20), NULL, 0 },
    { "flatten", MAPS(4, 5, 1), 17, 0, same, OUT(20), NULL, 0 },
    { "softmax", VECTOR(6), 5, 0, same, OUT(6), NULL, 0 },
    { "softmax, relu", MAPS(5, 3, 4), 19, 0, softmax, OUT(5), NULL, 0 },
    { "softmax, relu", SEQUENCE(3, 6), 4, 0, softmax, OUT(3), NULL, 0 },
    { "conv 3 4 pad 1", VOLUME(2, 3, 4, 5), 2, 0, volume_conv, WIN(4, 12, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1), NULL, 3111 },
    { "conv 2x3x1 6 stride 2x1x3 pad 1x0x0 groups 2 bias no", VOLUME(4, 5, 6, 7), 2, 0, volume_conv, WIN(6, 12, 3, 3, 1, 1, 3, 0, 0, 1, 1, 2), NULL, 2211 },
    { "conv 3 3 pad same stride 2", VOLUME(2, 4, 5, 4), 3, 0, volume_conv, WIN(3, 6, 2, 3, 3, 2, 2, 1, 0, 1, 1, 1), NULL, 3201 },
    { "conv 2 3 dilation 2x1x1", VOLUME(1, 4, 3, 3), 3, 0, volume_conv, WIN(3, 4, 2, 2, 2, 1, 1, 0, 0, 1, 1, 1), NULL, 2102 },
    { "conv 4x3x2 5", VOLUME(2, 4, 3, 2), 17, 0, volume_conv, WIN(5, 1, 1, 3, 2, 1, 1, 0, 0, 1, 1, 1), NULL, 4101 },
    { "depthwise 3 pad 1", VOLUME(3, 3, 4, 4), 3, 0, volume_conv, WIN(3, 12, 4, 3, 3, 1, 1, 1, 1, 1, 1, 3), NULL, 3111 },
    { "conv_transpose 3 4 stride 2 pad 1 output_pad 1", VOLUME(3, 2, 3, 2), 2, 0, volume_transposed, WIN(4, 24, 4, 3, 3, 2, 2, 1, 1, 1, 1, 1), NULL, 3211 },
    { "conv_transpose 1x2x3 2 stride 1x2x1 groups 2 bias no", VOLUME(4, 3, 2, 3), 4, 0, volume_transposed, WIN(2, 12, 5, 2, 3, 2, 1, 0, 0, 1, 1, 2), NULL, 1101 },
    { "maxpool 2", VOLUME(2, 4, 4, 5), 17, 0, volume_max, WIN(2, 4, 2, 2, 2, 2, 2, 0, 0, 1, 1, 1), NULL, 2201 },
    { "maxpool 3 stride 2 pad 1", VOLUME(2, 4, 5, 6), 3, 0, volume_max, WIN(2, 6, 3, 3, 3, 2, 2, 1, 1, 1, 1, 1), NULL, 3211 },
    { "maxpool 1x2x3", VOLUME(1, 3, 4, 6), 2, 0, volume_max, WIN(1, 6, 2, 2, 3, 2, 3, 0, 0, 1, 1, 1), NULL, 1101 },
    { "avgpool 2x3x2 stride 1 pad 1x0x0", VOLUME(2, 3, 4, 4), 3, 0, volume_mean, WIN(2, 8, 3, 3, 2, 1, 1, 0, 0, 1, 1, 1), NULL, 2111 },
    { "adaptive_maxpool 2x3x2", VOLUME(2, 5, 7, 4), 5, 0, volume_max, WIN(2, 6, 2, 0, 0, 0, 0, 0, 0, 1, 1, 1), NULL, 1 },
    { "adaptive_avgpool 2", VOLUME(1, 4, 5, 6), 3, 0, volume_mean, WIN(1, 4, 2, 0, 0, 0, 0, 0, 0, 1, 1, 1), NULL, 1 },
    { "gap", VOLUME(3, 3, 4, 2), 19, 0, avgpool, WIN(3, 1, 1, 12, 2, 1, 1, 0, 0, 1, 1, 1), NULL, 0 },
    { "gmp", VOLUME(3, 3, 4, 2), 19, 0, maxpool, WIN(3, 1, 1, 12, 2, 1, 1, 0, 0, 1, 1, 1), NULL, 0 },
    { "batchnorm", VOLUME(3, 2, 3, 2), 19, 0, batchnorm, OUT(3), NULL, 1e-5 },
    { "groupnorm 2", VOLUME(4, 2, 3, 2), 5, 0, centred_norm, GROUPS(2), NULL, 1e-5 },
    { "layernorm over all", VOLUME(3, 2, 3, 2), 3, 0, centred_norm, ALL, NULL, 1e-5 },
    { "dropout2d 0.3", VOLUME(3, 2, 3, 2), 19, 0, masked, OUT(3), NULL, 0.3 },
    { "flatten", VOLUME(3, 2, 3, 2), 19, 0, same, OUT(36), NULL, 0 },
    { "reshape 2x3x2x3", VOLUME(3, 2, 3, 2), 5, 0, same, OUT(2), NULL, 0 },
    { "upsample 2x3x1", VOLUME(2, 3, 2, 4), 17, 0, upsampled_volume, WIN(2, 36, 4, 3, 1, 0, 0, 0, 0, 1, 1, 1), NULL, 2001 },
    { "upsample 3 mode bilinear", VOLUME(1, 3, 2, 2), 3, 0, upsampled_volume, WIN(1, 54, 6, 3, 3, 0, 0, 0, 0, 1, 1, 1), NULL, 3002 },
    { "upsample 1x2x2 mode bilinear", VOLUME(2, 3, 2, 2), 3, 0, upsampled_volume, WIN(2, 12, 4, 2, 2, 0, 0, 0, 0, 1, 1, 1), NULL, 1002 },
    { "pad 1x2x0", VOLUME(2, 2, 3, 2), 17, 0, bordered_volume, WIN(2, 28, 2, 0, 0, 0, 0, 2, 0, 1, 1, 1), NULL, 1001 },
    { "pad 1 mode reflect", VOLUME(2, 3, 2, 3), 3, 0, bordered_volume, WIN(2, 20, 5, 0, 0, 0, 0, 1, 1, 1, 1, 1), NULL, 1002 },
    { "crop 1", VOLUME(2, 3, 4, 5), 3, 0, bordered_volume, WIN(2, 2, 3, 0, 0, 0, 0, -1, -1, 1, 1, 1), NULL, 9001 },
    { "maxpool 3 stride 2 pad 1", SEQUENCE(3, 8), 19, 0, maxpool, WIN(3, 4, 1, 3, 1, 2, 1, 1, 0, 1, 1, 1), NULL, 0 },
    { "avgpool 2", SEQUENCE(3, 7), 4, 0, avgpool, WIN(3, 3, 1, 2, 1, 2, 1, 0, 0, 1, 1, 1), NULL, 0 },
    { "adaptive_maxpool 3", SEQUENCE(2, 8), 4, 0, adaptive_max, WIN(2, 3, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1), NULL, 0 },
    { "adaptive_avgpool 4", SEQUENCE(2, 8), 4, 0, adaptive_mean, WIN(2, 4, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1), NULL, 0 },
    { "conv_transpose 3 4 stride 2 pad 1 output_pad 1", SEQUENCE(3, 5), 18, 0, transposed, WIN(4, 10, 1, 3, 1, 2, 1, 1, 0, 1, 1, 1), NULL, 0 },
    { "upsample 3 mode bilinear", SEQUENCE(2, 4), 5, 0, upsample, WIN(2, 12, 1, 3, 1, 0, 0, 0, 0, 1, 1, 1), NULL, 1 },
    { "pad 2 mode reflect", SEQUENCE(2, 4), 5, 0, border, WIN(2, 8, 1, 0, 0, 0, 0, 2, 0, 1, 1, 1), NULL, 1 },
    { "crop 1", SEQUENCE(2, 6), 5, 0, border, WIN(2, 4, 1, 0, 0, 0, 0, -1, 0, 1, 1, 1), NULL, 0 },
    { "dense 5", VOLUME(3, 1, 1, 1), 5, 0, dense, OUT(5), NULL, 0 },
};
// clang-format on

/* --- setting up --- */

/* Distinct values of a grid (exact in float), none within spread/1024 of 0 or of another whole number up to the spread:
 * no kink and no tie lies within a step. */
static void fill_distinct(double *x, size_t n, double spread)
{
    for (size_t i = 0; i < n; i++)
        x[i] = ((double)i - (double)(n / 2) + 0.5) / 64 / (n > 512 ? 8 : 1) * spread;
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)((noise() * 0.5f + 0.5f) * (float)i);
        double t = x[i - 1];
        j = j < i ? j : i - 1;
        x[i - 1] = x[j];
        x[j] = t;
    }
}

/* How far the inputs of a case reach that must not lie on a kink or a tie, so that they come to all of its kinks. 0: it
 * has none. */
static double distinct_inputs(const struct layer_case *c)
{
    if (c->map == ref64_relu6 || c->map == ref64_elu || c->map == ref64_selu || c->map == ref64_hardswish)
        return 8;
    return c->reference == maxpool || c->reference == volume_max || c->reference == adaptive_max ||
           c->reference == prelu || c->reference == maxout || c->map == ref64_relu || c->map == ref64_leaky_relu;
}

static void fill_noise(double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (double)noise();
}

/* The mask that the layer draws, seen through an input of ones; the noise, through zeros. */
static void find_mask(struct problem *p)
{
    struct single *s = &p->s;
    p->mask = doubles(&s->a, p->nx);
    for (size_t i = 0; i < p->nx; i++)
        p->mask[i] = p->c->reference == masked;
    to_lanes(s->nd->x[0], p->c->n, p->mask, s->x);
    single_forward(s);
    to_natural(s->nd->y, p->c->n, s->y, p->mask);
}

static void take_statistics(struct problem *p)
{
    size_t c = (size_t)p->c->in.c;
    p->mean = doubles(&p->s.a, c);
    p->var = doubles(&p->s.a, c);
    for (size_t i = 0; i < c && p->s.nd->nbuffers; i++) {
        p->mean[i] = (double)(p->s.buffers[i] = noise());
        p->var[i] = (double)(p->s.buffers[PAD16(c) + i] = 1.5f + noise());
    }
}

/* Whether element i of the output counts: all do of a vector. */
static int counts(const struct problem *p, size_t i)
{
    const struct shape y = p->s.nd->y;
    return y.kind != SEQUENCE || !p->s.pass.lengths ||
           (int)(i % (size_t)y.h) < p->length[i / ((size_t)y.h * (size_t)y.c)];
}

static void problem_init(struct problem *p, const struct layer_case *c)
{
    memset(p, 0, sizeof *p);
    p->c = c;
    noise_restart((uint32_t)(c - cases) + 1);
    const int ragged = !strncmp(c->text, "ragged ", 7);
    single_init(&p->s, c->text + 7 * ragged, c->in, c->n, !c->eval);
    for (int i = 0; i < c->n; i++)
        p->length[i] = ragged ? ragged_length(i, c->in.h) : c->in.h * c->in.w;
    if (ragged) {
        ragged_lengths(c->n, c->in.h, p->s.lengths);
        p->s.pass.lengths = p->s.lengths;
    }
    const struct nn_node *nd = p->s.nd;
    struct arena *a = &p->s.a;
    p->win = c->win;
    p->win.n = c->n;
    p->win.c = c->in.c;
    p->win.h = c->in.h;
    p->win.w = c->in.w;
    p->nx = shape_size(nd->x[0]) * (size_t)c->n;
    p->ny = shape_size(nd->y) * (size_t)c->n;
    p->x = doubles(a, p->nx);
    p->y = doubles(a, p->ny);
    p->r = doubles(a, p->ny);
    p->work = doubles(a, p->ny);
    for (int t = 0; t < nd->ntensors; t++) {
        p->w[t] = doubles(a, nd->tensor[t].n);
        fill_noise(p->w[t], nd->tensor[t].n);
        for (size_t i = 0; i < nd->tensor[t].n; i++)
            p->s.w[nd->tensor[t].at + i] = (float)p->w[t][i];
    }
    if ((c->reference == masked || c->reference == noisy || c->reference == drawn) && !c->eval)
        find_mask(p);
    if (c->reference == drawn)
        p->s.pass.divergence_scale = (float)c->a;
    take_statistics(p);
    if (distinct_inputs(c) > 0)
        fill_distinct(p->x, p->nx, distinct_inputs(c));
    else
        fill_noise(p->x, p->nx);
    fill_noise(p->r, p->ny);
    for (size_t i = 0; i < p->nx && c->reference == of_tokens; i++)
        p->x[i] = (double)(i * 7 % VOCABULARY);
    for (size_t i = 0; i < p->ny; i++)
        p->r[i] *= counts(p, i);
    to_lanes(nd->x[0], c->n, p->x, p->s.x);
    to_lanes(nd->y, c->n, p->r, p->s.dy);
}

static double largest(const double *v, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fabs(v[i]) > most ? fabs(v[i]) : most;
    return most;
}

/* --- checks --- */

static void check_forward(struct problem *p)
{
    const struct nn_node *nd = p->s.nd;
    if (p->c->reference == patches)
        assert_true(nd->y.kind == SEQUENCE && nd->y.c == p->win.co && nd->y.h == p->win.ho * p->win.wo);
    else if (p->win.ho != 1 || p->c->reference == conv || p->c->reference == transposed)
        if (nd->y.c != p->win.co || nd->y.h != p->win.ho || nd->y.w != p->win.wo)
            fail_msg("%s: output %dx%dx%d, want %dx%dx%d", p->c->text, nd->y.c, nd->y.h, nd->y.w, p->win.co, p->win.ho,
                     p->win.wo);
    single_forward(&p->s);
    p->c->reference(p, p->x, p->w, p->y);
    to_natural(nd->y, p->c->n, p->s.y, p->work);
    double allowed = RTOL * largest(p->y, p->ny) + ATOL;
    for (size_t i = 0; i < p->ny; i++)
        if (counts(p, i) && !(fabs(p->work[i] - p->y[i]) <= allowed))
            fail_msg("%s: y[%zu] = %.9g, want %.9g", p->c->text, i, p->work[i], p->y[i]);
}

static double loss(struct problem *p)
{
    double sum = 0;
    p->c->reference(p, p->x, p->w, p->work);
    for (size_t i = 0; i < p->ny; i++)
        sum += p->work[i] * p->r[i];
    for (int i = 0; p->c->reference == drawn && i < p->c->n; i++)
        sum += p->c->a * divergence_of(p, (size_t)i);
    return sum;
}

/* dL/dv[i] for up to MOST elements of v, against got. */
static void check_gradient(struct problem *p, const char *what, double *v, size_t n, const double *got)
{
    const double step = 1e-5;
    size_t stride = n / MOST + 1;
    double want[MOST + 1], most = 0;
    for (size_t i = 0, j = 0; i < n; i += stride, j++) {
        double kept = v[i];
        v[i] = kept + step;
        double above = loss(p);
        v[i] = kept - step;
        want[j] = (above - loss(p)) / (2 * step);
        v[i] = kept;
        most = fmax(most, fabs(want[j]));
    }
    most = fmax(most, largest(got, n) / 2);
    for (size_t i = 0, j = 0; i < n; i += stride, j++)
        if (!(fabs(got[i] - want[j]) <= RTOL * most + ATOL))
            fail_msg("%s: %s[%zu] = %.9g, differences say %.9g", p->c->text, what, i, got[i], want[j]);
}

static void check_dead_lanes(const struct problem *p)
{
    struct shape s = p->s.nd->x[0];
    size_t image = shape_size(s) * LANES;
    int live = p->c->n % LANES;
    const float *last = p->s.dx + image * (size_t)(p->s.pass.blocks - 1);
    for (size_t i = 0; live && i < image; i++)
        if ((int)(i % LANES) >= live && last[i] != 0)
            fail_msg("%s: dx of a dead lane is %g", p->c->text, (double)last[i]);
}

static void check_backward(struct problem *p)
{
    const struct nn_node *nd = p->s.nd;
    double *got = doubles(&p->s.a, p->nx);
    single_backward(&p->s);
    to_natural(nd->x[0], p->c->n, p->s.dx, got);
    check_gradient(p, "dx", p->x, p->nx, got);
    check_dead_lanes(p);
    for (int t = 0; t < nd->ntensors; t++) {
        double *dw = doubles(&p->s.a, nd->tensor[t].n);
        for (size_t i = 0; i < nd->tensor[t].n; i++)
            dw[i] = (double)p->s.dw[nd->tensor[t].at + i];
        check_gradient(p, nd->tensor[t].name, p->w[t], nd->tensor[t].n, dw);
    }
}

/* Backward once more without dx (first layer): the same dw. */
static void check_no_dx(struct problem *p)
{
    float *dx = p->s.dx, *dw = floats(&p->s.a, p->s.g.param_floats);
    const struct nn_node *nd = p->s.nd;
    const float *x = p->s.x;
    float *no_dx = NULL;
    struct layer_call c = {.node = nd,
                           .pass = &p->s.pass,
                           .kernels = p->s.k,
                           .x = &x,
                           .dx = &no_dx,
                           .y = p->s.y,
                           .dy = p->s.dy,
                           .w = p->s.w,
                           .dw = dw,
                           .buffers = p->s.buffers,
                           .saved = p->s.saved,
                           .scratch = p->s.scratch};
    if (nd->flags & IDENTITY)
        return;
    nd->type->backward(&c);
    assert_memory_equal(dw, p->s.dw, p->s.g.param_floats * sizeof *dw);
    p->s.dx = dx;
}

/* In place: the same bits. */
static void check_in_place(struct problem *p)
{
    struct single *s = &p->s;
    size_t ny = floats_of(s->nd->y, s->pass.blocks);
    if (!(s->nd->flags & INPLACE) || s->nd->flags & IDENTITY)
        return;
    float *x = s->x, *y = s->y, *dy = s->dy, *dx = s->dx;
    s->y = s->x;
    if (s->nd->flags & KEEPS_X) { /* the planner keeps x: forward apart, backward in place */
        s->y = y;
    } else {
        single_forward(s);
        assert_memory_equal(s->y, y, ny * sizeof *y);
    }
    if (!p->c->eval) {
        s->dx = s->dy;
        single_backward(s);
        assert_memory_equal(s->dx, dx, ny * sizeof *dx);
    }
    s->x = x;
    s->y = y;
    s->dy = dy;
    s->dx = dx;
}

static void every_layer_agrees_with_its_definition(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct problem p;
        problem_init(&p, &cases[i]);
        check_forward(&p);
        if (!cases[i].eval) {
            check_backward(&p);
            check_no_dx(&p);
        }
        check_in_place(&p);
        single_release(&p.s);
    }
}

/* What a layer adds to the loss goes to the pass, to what is there already, with and without a draw. */
static void what_is_added_to_the_loss_is_the_divergence(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct problem p;
        _Alignas(64) float added[64];
        if (cases[i].reference != drawn)
            continue;
        problem_init(&p, &cases[i]);
        for (size_t k = 0; k < COUNT(added); k++)
            added[k] = 2;
        p.s.pass.divergence = added;
        single_forward(&p.s);
        for (int k = 0; k < cases[i].n; k++)
            assert_close(added[k], 2 + divergence_of(&p, (size_t)k), 2e-6, 0);
        assert_ptr_equal(nn_adds_loss(&p.s.g), p.s.nd);
        single_release(&p.s);
    }
}

static int is_case_of(const struct layer_case *c, const struct layer_type *t)
{
    char name[32];
    const char *text = c->text + (strncmp(c->text, "ragged ", 7) ? 0 : 7);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text, " ,"), text);
    return layer_find(name) == t;
}

static void every_row_has_a_case(void **state)
{
    (void)state;
    for (size_t t = 0; layer_types[t]; t++) {
        size_t n = 0;
        for (size_t i = 0; i < COUNT(cases); i++)
            n += (size_t)is_case_of(&cases[i], layer_types[t]);
        if (!n)
            fail_msg("layer %s has no test case: add one to this table", layer_types[t]->name);
    }
}

static void rows_are_complete(void **state)
{
    (void)state;
    for (size_t i = 0; layer_types[i]; i++) {
        const struct layer_type *t = layer_types[i];
        assert_true(t->name && t->sig && t->help && t->source && t->shape);
        assert_true(strlen(t->help) > 4);
        assert_true(t->flags & IDENTITY || (t->forward && t->backward));
        for (const struct param *p = t->params; p && p->name; p++) {
            struct err e = {0};
            _Alignas(16) char args[256];
            assert_true(t->args_size <= sizeof args);
            assert_true(p->help && p->help[0]);
            if (p->preset && param_set(p, args, p->preset, NULL, &e))
                fail_msg("default of %s %s: %s", t->name, p->name, e.text);
        }
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(layer_types[j]->name, t->name);
        assert_ptr_equal(layer_find(t->name), t);
        if (t->alias)
            assert_ptr_equal(layer_find(t->alias), t);
    }
    assert_null(layer_find("nonsense"));
}

/* --- padding --- */

/* Each image of a ragged batch alone, as long as it is, comes to the same bits. */
static void check_alone(const char *text, struct shape in, int n)
{
    struct single all, one;
    static double x[2048], y[2048], dx[2048], got[2048];
    single_init(&all, text, in, n, 1);
    ragged_lengths(n, in.h, all.lengths);
    all.pass.lengths = all.lengths;
    noise_restart(17);
    for (size_t i = 0; i < all.g.param_floats; i++)
        all.w[i] = noise();
    fill_noise(x, shape_size(in) * (size_t)n);
    to_lanes(in, n, x, all.x);
    const struct shape out = all.nd->y;
    const size_t each = shape_size(out), from = shape_size(in);
    assert_true(each * (size_t)n <= COUNT(y) && from * (size_t)n <= COUNT(x));
    for (size_t i = 0; i < each * (size_t)n; i++)
        y[i] = out.kind == VECTOR || (int)(i % (size_t)out.h) < all.lengths[i / each] ? (double)noise() : 0;
    to_lanes(out, n, y, all.dy);
    single_forward(&all);
    single_backward(&all);
    to_natural(out, n, all.y, y);
    to_natural(in, n, all.dx, dx);
    for (int i = 0; i < n; i++) {
        const int t = all.lengths[i];
        struct shape shorter = in;
        shorter.h = t;
        single_init(&one, text, shorter, 1, 1);
        one.lengths[0] = t;
        one.pass.lengths = one.lengths;
        memcpy(one.w, all.w, all.g.param_floats * sizeof *one.w);
        for (int c = 0; c < in.c; c++)
            for (int p = 0; p < t; p++)
                one.x[lane_at(shorter, 0, c, p, 0)] = all.x[lane_at(in, i, c, p, 0)];
        const struct shape y1 = one.nd->y;
        for (int c = 0; c < out.c; c++)
            for (int p = 0; p < y1.h; p++)
                one.dy[lane_at(y1, 0, c, p, 0)] = all.dy[lane_at(out, i, c, p, 0)];
        single_forward(&one);
        single_backward(&one);
        to_natural(y1, 1, one.y, got);
        for (int k = 0; k < y1.c * y1.h; k++)
            if (got[k] != y[(size_t)i * each + (size_t)(k / y1.h * out.h + k % y1.h)])
                fail_msg("%s: image %d, value %d is %g alone", text, i, k, got[k]);
        to_natural(shorter, 1, one.dx, got);
        for (int k = 0; k < in.c * t; k++)
            if (got[k] != dx[(size_t)i * from + (size_t)(k / t * in.h + k % t)])
                fail_msg("%s: image %d, gradient %d is %g alone", text, i, k, got[k]);
        single_release(&one);
    }
    single_release(&all);
}

static void a_padded_batch_is_its_samples_alone(void **state)
{
    static const char *const layers[] = {"attention heads 2",
                                         "attention heads 2 causal rotary",
                                         "rnn 3",
                                         "lstm 4",
                                         "lstm 3 bidirectional",
                                         "gru 3 bidirectional last",
                                         "rnn 3 last act relu",
                                         "lstm 2 last",
                                         "mean",
                                         "last",
                                         "layernorm",
                                         "dense 3",
                                         "positional sin"};
    (void)state;
    for (size_t i = 0; i < COUNT(layers); i++)
        check_alone(layers[i], (struct shape){SEQUENCE, 4, 11, 1, 1}, 19);
}

/* --- masks of channels and of samples --- */

/* The mask of one value in the natural order of a 3x4x5 input: 0, or 1 / (1 - p). */
static void draw_masks(const char *text, int n, double *mask)
{
    struct single s;
    const struct shape in = {MAPS, 3, 4, 5, 1};
    for (int i = 0; i < n * 60; i++)
        mask[i] = 1;
    single_init(&s, text, in, n, 1);
    to_lanes(in, n, mask, s.x);
    single_forward(&s);
    to_natural(in, n, s.y, mask);
    single_release(&s);
}

static void check_masks(const char *text, int part, double scale)
{
    enum { N = 333 };
    static double mask[N * 60];
    int kept = 0, parts = N * 60 / part;
    draw_masks(text, N, mask);
    for (int i = 0; i < N * 60; i++) {
        assert_true(mask[i] == mask[i / part * part]);
        assert_true(mask[i] == 0 || fabs(mask[i] - scale) < 1e-6);
        kept += i % part == 0 && mask[i] > 0;
    }
    assert_close((double)kept / parts, 1 / scale, 0, 4 * sqrt(0.25 / parts));
}

static void channels_and_samples_are_masked_whole(void **state)
{
    (void)state;
    check_masks("dropout2d 0.4", 20, 1 / 0.6);
    check_masks("droppath 0.4", 60, 1 / 0.6);
}

/* --- batchnorm's running statistics, and one value per channel --- */

static void batchnorm_moves_running_statistics(void **state)
{
    struct single s;
    const struct shape in = {MAPS, 3, 2, 5, 1};
    const int n = 18;
    double x[18 * 30], mean[3], var[3];
    (void)state;
    noise_restart(5);
    single_init(&s, "batchnorm momentum 0.25", in, n, 1);
    fill_noise(x, COUNT(x));
    to_lanes(in, n, x, s.x);
    ref64_moments(n, in.c, in.h * in.w, x, mean, var);
    for (int c = 0; c < 3; c++) {
        s.buffers[c] = 0.5f;
        s.buffers[16 + c] = 2;
    }
    single_forward(&s);
    for (int c = 0; c < 3; c++) {
        assert_close(s.buffers[c], 0.75 * 0.5 + 0.25 * mean[c], 1e-6, 1e-7);
        assert_close(s.buffers[16 + c], 0.75 * 2 + 0.25 * var[c] * 180 / 179, 1e-6, 1e-7);
    }
    single_release(&s);
}

static void batchnorm_of_one_value_is_finite(void **state)
{
    struct single s;
    const struct shape in = {VECTOR, 4, 1, 1, 1};
    double x[4] = {3, -2, 0, 5}, r[4] = {1, 2, 3, 4};
    (void)state;
    single_init(&s, "batchnorm", in, 1, 1);
    to_lanes(in, 1, x, s.x);
    to_lanes(in, 1, r, s.dy);
    for (int c = 0; c < 4; c++) {
        s.w[c] = 2;
        s.w[16 + c] = (float)c;
    }
    single_forward(&s);
    for (int c = 0; c < 4; c++) {
        assert_close(s.y[c * LANES], c, 0, 1e-3); /* x / sqrt(eps) = 3000, rounded, minus the same */
        assert_close(s.buffers[c], 0.1 * x[c], 1e-6, 0);
        assert_close(s.buffers[16 + c], 1, 0, 0);
    }
    single_backward(&s);
    for (int c = 0; c < 4; c++) {
        assert_close(s.dx[c * LANES], 0, 0, 1e-3);
        assert_close(s.dw[c], 0, 0, 1e-2);
        assert_close(s.dw[16 + c], r[c], 0, 0);
    }
    single_release(&s);
}

int test_layers(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_complete),
        cmocka_unit_test(every_row_has_a_case),
        cmocka_unit_test(what_is_added_to_the_loss_is_the_divergence),
        cmocka_unit_test(every_layer_agrees_with_its_definition),
        cmocka_unit_test(a_padded_batch_is_its_samples_alone),
        cmocka_unit_test(channels_and_samples_are_masked_whole),
        cmocka_unit_test(batchnorm_moves_running_statistics),
        cmocka_unit_test(batchnorm_of_one_value_is_finite),
    };
    return cmocka_run_group_tests_name("nn layers", tests, NULL, NULL);
}
