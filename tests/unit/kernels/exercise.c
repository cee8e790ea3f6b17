/* Everything the table computes, over many shapes, into a log that two levels, compilers or builds can be compared by.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void log_add(struct log *l, const float *v, size_t n, const char *fmt, ...)
{
    if (l->n + n > l->cap) {
        l->cap = 2 * (l->n + n);
        l->v = realloc(l->v, l->cap * sizeof *l->v);
    }
    if (l->entries == l->entry_cap) {
        l->entry_cap = 2 * l->entry_cap + 64;
        l->entry = realloc(l->entry, l->entry_cap * sizeof *l->entry);
    }
    assert_true(l->v && l->entry);
    struct entry *e = &l->entry[l->entries++];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(e->label, sizeof e->label, fmt, ap);
    va_end(ap);
    e->at = l->n;
    e->n = n;
    if (n)
        memcpy(l->v + l->n, v, n * sizeof *v);
    l->n += n;
}

void log_release(struct log *l)
{
    free(l->v);
    free(l->entry);
    *l = (struct log){0};
}

/* Logs an output, checks its guards and frees it. */
#define TAKE(l, box, n, ...)                                                                                           \
    do {                                                                                                               \
        log_add(l, box, n, __VA_ARGS__);                                                                               \
        box_free(box);                                                                                                 \
    } while (0)

static void do_conv(const struct kernels *k, struct log *l, const struct conv_dims *d, int blocks, int bias)
{
    char at[80];
    size_t nx = conv_in(d, blocks), ny = conv_out(d, blocks), nw = conv_weights(d), no = (size_t)d->co;
    float *x = box_noise(nx), *w = box_noise(nw), *b = box_noise(no), *dy = box_noise(ny);
    float *y = box(ny), *dx = box(nx), *dw = box(nw), *db = box(no), *scratch = box(conv_scratch(d, blocks));
    k->conv_forward(d, blocks, x, w, bias ? b : NULL, y, scratch);
    k->conv_backward_data(d, blocks, dy, w, dx, scratch);
    k->conv_backward_weights(d, blocks, x, dy, dw, db, scratch);
    snprintf(at, sizeof at, "%d->%d %dx%d k%dx%d s%d,%d p%d,%d d%d,%d g%d b%d", d->ci, d->co, d->h, d->w, d->kh, d->kw,
             d->sh, d->sw, d->ph, d->pw, d->dh, d->dw, d->groups, blocks);
    TAKE(l, y, ny, "conv y %s", at);
    TAKE(l, dx, nx, "conv dx %s", at);
    TAKE(l, dw, nw, "conv dw %s", at);
    TAKE(l, db, no, "conv db %s", at);
    box_free(x), box_free(w), box_free(b), box_free(dy), box_free(scratch);
}

static void convolutions(const struct kernels *k, struct log *l)
{
    static const struct conv_dims fixed[] = {
        {1, 12, 14, 10, 10, 12, 3, 3, 1, 1, 0, 0, 1, 1, 1}, {10, 5, 26, 16, 3, 24, 3, 3, 1, 1, 0, 0, 1, 1, 1},
        {20, 3, 11, 10, 3, 11, 1, 1, 1, 1, 0, 0, 1, 1, 1},  {16, 7, 7, 20, 5, 5, 3, 3, 1, 1, 0, 0, 1, 1, 1},
        {8, 6, 19, 8, 6, 19, 3, 3, 1, 1, 1, 1, 1, 1, 8},    {45, 3, 3, 42, 3, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1},
        {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1},      {16, 12, 12, 12, 10, 10, 3, 3, 1, 1, 0, 0, 1, 1, 1},
        {151, 2, 11, 7, 2, 11, 1, 1, 1, 1, 0, 0, 1, 1, 1},  {6, 2, 4, 140, 2, 4, 1, 1, 1, 1, 0, 0, 1, 1, 1},
    };
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        do_conv(k, l, &fixed[i], 1 + (int)i % 2, (int)i % 2);
    for (int i = 0; i < 70; i++) {
        struct conv_dims d = random_conv(i % 3 != 0);
        do_conv(k, l, &d, 1 + i % 3, i % 2);
    }
}

static void do_dense(const struct kernels *k, struct log *l, int blocks, int in, int out, int bias)
{
    size_t ni = (size_t)in, no = (size_t)out, nx = (size_t)blocks * ni * LANES, ny = (size_t)blocks * no * LANES;
    float *x = box_noise(nx), *w = box_noise(ni * no), *b = box_noise(no), *dy = box_noise(ny);
    float *y = box(ny), *dx = box(nx), *dw = box(ni * no), *db = box(no),
          *scratch = box(dense_scratch(blocks, in, out));
    k->dense_forward(blocks, in, out, x, w, bias ? b : NULL, y, scratch);
    k->dense_backward_data(blocks, in, out, dy, w, dx, scratch);
    k->dense_backward_weights(blocks, in, out, x, dy, dw, db, scratch);
    TAKE(l, y, ny, "dense y %d->%d b%d", in, out, blocks);
    TAKE(l, dx, nx, "dense dx %d->%d b%d", in, out, blocks);
    TAKE(l, dw, ni * no, "dense dw %d->%d b%d", in, out, blocks);
    TAKE(l, db, no, "dense db %d->%d b%d", in, out, blocks);
    box_free(x), box_free(w), box_free(b), box_free(dy), box_free(scratch);
}

static void dense_layers(const struct kernels *k, struct log *l)
{
    for (int i = 0; i < 40; i++) {
        int in = 1 + (int)noise_below(40), out = 1 + (int)noise_below(40);
        do_dense(k, l, 1 + i % 5, in, out, i % 2);
    }
}

static void do_norm(const struct kernels *k, struct log *l, int c, int h, int w, int n)
{
    int blocks = blocks_of(n);
    size_t len = (size_t)(blocks * h * c * w) * LANES, nc = (size_t)c;
    float *x = box_noise(len), *dy = box_noise(len), *p = box_noise(nc), *q = box_noise(nc), *r = box_noise(nc);
    float *mean = box(nc), *var = box(nc), *s = box(nc), *sx = box(nc), *y = box(len), *dx = box(len);
    for (size_t i = 0; i < len; i++)
        x[i] += (float)c;
    kill_dead(dy, n, (size_t)(h * c * w));
    k->bn_stats(c, h, w, n, x, mean, var);
    k->bn_backward_stats(c, h, w, n, x, dy, p, q, s, sx);
    k->bn_apply(c, h, w, blocks, x, p, q, y);
    k->bn_backward(c, h, w, n, x, dy, p, q, r, dx);
    TAKE(l, mean, nc, "bn mean c%d %dx%d n%d", c, h, w, n);
    TAKE(l, var, nc, "bn var c%d %dx%d n%d", c, h, w, n);
    TAKE(l, s, nc, "bn sum dy c%d %dx%d n%d", c, h, w, n);
    TAKE(l, sx, nc, "bn sum dyx c%d %dx%d n%d", c, h, w, n);
    TAKE(l, y, len, "bn y c%d %dx%d n%d", c, h, w, n);
    TAKE(l, dx, len, "bn dx c%d %dx%d n%d", c, h, w, n);
    box_free(x), box_free(dy), box_free(p), box_free(q), box_free(r);
}

static void norms(const struct kernels *k, struct log *l)
{
    for (int i = 0; i < 30; i++) {
        int c = 1 + (int)noise_below(5), h = 1 + (int)noise_below(9), w = 1 + (int)noise_below(9);
        do_norm(k, l, c, h, w, 1 + (int)noise_below(50));
    }
}

static void pools(const struct kernels *k, struct log *l)
{
    for (int i = 0; i < 40; i++) {
        struct pool_dims d = random_pool();
        if (i % 10 == 0)
            d = (struct pool_dims){3, 4 + i / 10, 9, 2 + i / 20, 4, 2, 2, 2, 2, 0, 0};
        int blocks = 1 + i % 2;
        size_t nx = (size_t)(blocks * d.h * d.c * d.w) * LANES, ny = (size_t)(blocks * d.ho * d.c * d.wo) * LANES;
        float *x = box_noise(nx), *dy = box_noise(ny), *y = box(ny), *dx = box(nx), *a = box(ny), *da = box(nx);
        for (size_t j = 0; j < nx; j++)
            x[j] = (float)(int)(3 * x[j]); /* ties */
        k->maxpool_forward(&d, blocks, x, y);
        k->maxpool_backward(&d, blocks, x, y, dy, dx);
        k->avgpool_forward(&d, blocks, dx, a);
        k->avgpool_backward(&d, blocks, dy, da);
        TAKE(l, y, ny, "maxpool y, case %d", i);
        TAKE(l, dx, nx, "maxpool dx, case %d", i);
        TAKE(l, a, ny, "avgpool y, case %d", i);
        TAKE(l, da, nx, "avgpool dx, case %d", i);
        box_free(x), box_free(dy);
    }
}

/* Every 32 * 8191-th float there is, NaN and infinities among them. */
static float *all_kinds(size_t n)
{
    float *x = box(n);
    for (size_t i = 0; i < n; i++) {
        uint32_t u = (uint32_t)i * 262112u;
        memcpy(&x[i], &u, sizeof u);
    }
    return x;
}

static void elementwise(const struct kernels *k, struct log *l)
{
    const size_t n = 16384;
    for (int f = 0; f < ACTIVATIONS; f++) {
        float *x = all_kinds(n), *y = box(n), *dy = box_noise(n), *dx = box(n);
        k->act_forward((enum act)f, 0.1f, n, x, y);
        k->act_backward((enum act)f, 0.1f, n, act_reads_argument(f) ? x : y, dy, dx);
        TAKE(l, y, n, "activation %d", f);
        TAKE(l, dx, n, "gradient of activation %d", f);
        box_free(x), box_free(dy);
    }
    void (*const functions[])(size_t, const float *, float *) = {k->vec_exp, k->vec_log, k->vec_tanh, k->vec_erf};
    for (int f = 0; f < 4; f++) {
        float *x = all_kinds(n), *y = box(n), *z = box_noise(n), *t = box(n);
        for (size_t i = 0; i < n; i++)
            z[i] *= 4;
        functions[f](n, x, y);
        functions[f](n, z, t);
        TAKE(l, y, n, "function %d, all floats", f);
        TAKE(l, t, n, "function %d near 0", f);
        box_free(x), box_free(z);
    }
}

static void dropouts(const struct kernels *k, struct log *l)
{
    static const float rate[] = {0, 1e-7f, 0.05f, 0.5f, 0.99f, 0.9999999f};
    for (size_t i = 0; i < 6; i++) {
        size_t vectors = 20 + i, n = 2 * vectors * LANES;
        float *x = box_noise(n), *y = box(n);
        uint32_t *seed = (uint32_t *)box(2 * LANES);
        for (size_t j = 0; j < 2 * LANES; j++)
            seed[j] = 1 + noise_below(0xfffffffe);
        k->dropout(2, vectors, rate[i], seed, x, y);
        TAKE(l, y, n, "dropout %g", (double)rate[i]);
        box_free(x), box_free((float *)seed);
    }
}

static void stages(const struct kernels *k, struct log *l)
{
    for (int i = 0; i < 72; i++) {
        int c = 1 + (int)noise_below(5), h = 1 + (int)noise_below(6), w = 1 + (int)noise_below(9);
        size_t n = (size_t)(c * h * w) * LANES, nc = (size_t)c;
        float *x = box_noise(n), *dy = box_noise(n), *p = box_noise(3 * 16 + nc), *y = box(n), *g = box(n);
        float *sums = box(2 * nc), *exact = box(4 * nc), *scratch = box(64 * nc);
        uint32_t *seed = (uint32_t *)box(2 * LANES);
        for (size_t j = 0; j < LANES; j++)
            seed[j] = seed[LANES + j] = 1 + noise_below(0xfffffffe);
        struct pointwise f = {.c = c,
                              .w = w,
                              .scale = i & 1 ? p : NULL,
                              .shift = p + 16,
                              .act = i / 4 % (ACTIVATIONS + 1) - 1,
                              .act_parameter = 0.1f,
                              .p = 0.3f,
                              .seed = i & 2 ? seed : NULL};
        struct pointwise back = f;
        if (back.seed)
            back.seed += LANES;
        k->pointwise_forward(&f, h, x, y);
        memset(scratch, 0, 32 * nc * sizeof(double));
        k->pointwise_backward(&back, h, x, dy, p + 32, i % 3 ? y : NULL, g, (double *)scratch);
        if (f.scale)
            k->pointwise_sums(c, 1 + i % LANES, (double *)scratch, (double *)exact);
        for (size_t j = 0; j < 2 * nc; j++)
            sums[j] = f.scale ? (float)((double *)exact)[j] : 0;
        TAKE(l, y, n, "pointwise y, case %d", i);
        TAKE(l, g, n, "pointwise g, case %d", i);
        TAKE(l, sums, 2 * nc, "pointwise sums, case %d", i);
        box_free(x), box_free(dy), box_free(p), box_free(exact), box_free(scratch), box_free((float *)seed);
    }
}

static void losses(const struct kernels *k, struct log *l)
{
    for (int i = 0; i < 30; i++) {
        int n = 1 + (int)noise_below(40), classes = 2 + (int)noise_below(12);
        size_t len = (size_t)(blocks_of(n) * classes) * LANES;
        float *z = box_noise(len), *loss = box((size_t)n), *prob = box(len), *dz = box(len);
        int32_t label[40];
        for (size_t j = 0; j < len; j++)
            z[j] *= i % 2 ? 10.0f : 1e4f;
        for (int j = 0; j < n; j++)
            label[j] = (int32_t)noise_below((uint32_t)classes);
        k->softmax_xent(n, classes, z, label, i % 3 ? 0.0f : 0.1f, 1.0f / (float)n, loss, prob, dz);
        TAKE(l, loss, (size_t)n, "loss n%d classes %d", n, classes);
        TAKE(l, prob, len, "prob n%d classes %d", n, classes);
        TAKE(l, dz, len, "dz n%d classes %d", n, classes);
        box_free(z);
    }
}

static void distances_of_targets(const struct kernels *k, struct log *l)
{
    for (int i = 0; i < 30; i++) {
        int n = 1 + (int)noise_below(40), outputs = 1 + (int)noise_below(5);
        size_t len = (size_t)(blocks_of(n) * outputs) * LANES;
        float *z = box_noise(len), *target = box_noise(len), *loss = box((size_t)n), *dz = box(len);
        z[0] = target[0];
        if (i % 4 == 3)
            k->bce_target_loss(n, outputs, z, target, 0.3f, loss, dz);
        else if (i % 3 == 0)
            k->mse_loss(n, outputs, z, target, 0.3f, loss, dz);
        else if (i % 3 == 1)
            k->mae_loss(n, outputs, z, target, 0.3f, loss, dz);
        else
            k->huber_loss(n, outputs, 0.5f, z, target, 0.3f, loss, dz);
        TAKE(l, loss, (size_t)n, "distance %d n%d outputs %d", i, n, outputs);
        TAKE(l, dz, len, "distance %d dz n%d outputs %d", i, n, outputs);
        box_free(z), box_free(target);
    }
}

static void updates(const struct kernels *k, struct log *l)
{
    for (int i = 0; i < 12; i++) {
        const size_t n = 16 + 16 * (size_t)i;
        float *g = box_noise(n), *w = box_noise(n), *m = box_noise(n), *v = box_noise(n), *norm = box(2);
        for (size_t j = 0; j < n; j++)
            v[j] *= v[j];
        if (i % 3 == 0)
            k->sgd_step(n, 0.1f, 0.9f, i % 2, i == 0, 1e-3f, 0.7f, g, w, i == 3 ? NULL : m);
        else if (i % 3 == 1)
            k->rmsprop_step(n, 0.1f, 0.99, 0.5f, 1e-8f, 1e-3f, 0.7f, g, w, v, i == 4 ? NULL : m);
        else
            k->adam_step(n, 0.1f, 0.9, 0.999, 1e-8f, 0.3f, 0.01f, i % 2, 1e-3f, 0.7f, g, w, m, v);
        double squares = k->sum_squares(n, w);
        memcpy(norm, &squares, sizeof squares);
        TAKE(l, w, n, "update %d w", i);
        TAKE(l, m, n, "update %d m", i);
        TAKE(l, v, n, "update %d v", i);
        TAKE(l, norm, 2, "update %d norm", i);
        box_free(g);
    }
}

/* As floats: rounded numbers, and the passes that store them. */
static void small_numbers(const struct kernels *k, struct log *l)
{
    const size_t n = 16384;
    float *all = all_kinds(n), *rounded = box(n), *stored = box(n);
    uint16_t *h = (uint16_t *)(void *)box(n / 2), *hg = (uint16_t *)(void *)box(n / 2);
    k->bf16_round(n, all, rounded);
    k->to_bf16(n, all, h);
    k->from_bf16(n, h, stored);
    TAKE(l, rounded, n, "rounded to bf16");
    TAKE(l, stored, n, "stored as bf16");
    for (int i = 0; i < 24; i++) {
        int c = 1 + (int)noise_below(5), r = 1 + (int)noise_below(6), w = 1 + (int)noise_below(9);
        size_t m = (size_t)(c * r * w) * LANES, nc = (size_t)c;
        float *x = box_noise(m), *dy = box_noise(m), *p = box_noise(3 * 16 + nc), *y = box(m), *z = box(m), *g = box(m);
        float *dx = box(m), *about = box(nc), *lanes = box(64 * nc);
        uint32_t *seed = (uint32_t *)(void *)box(LANES);
        for (size_t j = 0; j < LANES; j++)
            seed[j] = 1 + noise_below(0xfffffffe);
        struct pointwise f = {.c = c,
                              .w = w,
                              .scale = p,
                              .shift = p + 16,
                              .act = i / 2 % (ACTIVATIONS + 1) - 1,
                              .act_parameter = 0.1f,
                              .p = 0.3f,
                              .seed = i & 1 ? seed : NULL};
        k->bn_moments_bf16(c, w, r, LANES, 1, x, h, about, (double *)(void *)lanes);
        k->pointwise_forward_bf16(&f, r, h, i % 3 > 0, y);
        f.half = 0;
        memset(lanes, 0, 32 * nc * sizeof(double));
        k->pointwise_backward_bf16(&f, r, h, dy, p + 32, i % 4 ? z : NULL, hg, (double *)(void *)lanes);
        k->from_bf16(m, hg, g);
        k->bn_backward_bf16(c, r, w, 1 + i % LANES, h, hg, p, p + 16, p + 32, dx);
        if (i % 4 == 0)
            memset(z, 0, m * sizeof *z);
        TAKE(l, y, m, "bf16 y, case %d", i);
        TAKE(l, z, m, "bf16 y again, case %d", i);
        TAKE(l, g, m, "bf16 g, case %d", i);
        TAKE(l, dx, m, "bf16 dx, case %d", i);
        TAKE(l, about, nc, "bf16 about, case %d", i);
        box_free(x), box_free(dy), box_free(p), box_free(lanes), box_free((float *)(void *)seed);
    }
    box_free(all), box_free((float *)(void *)h), box_free((float *)(void *)hg);
}

void exercise(const struct kernels *k, struct log *l)
{
    noise_restart(71);
    convolutions(k, l);
    dense_layers(k, l);
    norms(k, l);
    pools(k, l);
    elementwise(k, l);
    dropouts(k, l);
    stages(k, l);
    losses(k, l);
    updates(k, l);
    small_numbers(k, l);
    distances_of_targets(k, l);
}
