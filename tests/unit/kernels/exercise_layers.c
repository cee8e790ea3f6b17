/* The kernels of single layers, computed over several shapes into a log, so that levels can be compared by it. */
#include "check.h"

#include <string.h>

static void take_output(struct log *l, float *box, size_t n, const char *what, int i)
{
    log_add(l, box, n, "%s, case %d", what, i);
    box_free(box);
}

static void channel_activations(const struct kernels *k, struct log *l, int i)
{
    int c = 1 + i % 5, h = 1 + i % 3, w = 1 + i % 7, n = 1 + (int)noise_below(40), pieces = 2 + i % 3;
    int blocks = blocks_of(n);
    size_t len = (size_t)(blocks * h * c * w) * LANES, nc = (size_t)c;
    float *x = box_noise(len * (size_t)pieces), *dy = box_noise(len), *slope = box_noise(nc);
    float *y = box(len), *dx = box(len), *dslope = box(nc), *gated = box(len), *dgated = box(2 * len);
    float *most = box(len), *dmost = box(len * (size_t)pieces);
    kill_dead(dy, n, (size_t)(h * c * w));
    for (size_t j = 0; j < len; j++)
        x[j] = (float)(int)(3 * x[j]); /* ties */
    k->prelu_forward(c, h, w, blocks, x, slope, y);
    k->prelu_backward(c, h, w, n, x, dy, slope, dx, dslope);
    k->glu_forward(blocks * h, nc * (size_t)w * LANES, x, gated);
    k->glu_backward(blocks * h, nc * (size_t)w * LANES, x, dy, dgated);
    k->maxout_forward(blocks * h, c, pieces, w, x, most);
    k->maxout_backward(blocks * h, c, pieces, w, x, most, dy, dmost);
    take_output(l, y, len, "prelu y", i);
    take_output(l, dx, len, "prelu dx", i);
    take_output(l, dslope, nc, "prelu dslope", i);
    take_output(l, gated, len, "glu y", i);
    take_output(l, dgated, 2 * len, "glu dx", i);
    take_output(l, most, len, "maxout y", i);
    take_output(l, dmost, len * (size_t)pieces, "maxout dx", i);
    box_free(x), box_free(dy), box_free(slope);
}

static void later_optimizers(const struct kernels *k, struct log *l, int i)
{
    const size_t n = 16 + 16 * (size_t)i;
    const struct moment_rule r = {.beta1 = 0.9,
                                  .beta2 = 0.99,
                                  .wd = 1e-3f,
                                  .decay = 1e-2f,
                                  .by_g = 0.1f,
                                  .by_m = 0.3f,
                                  .root = i % 2 ? 0 : 1.5f,
                                  .eps = 1e-3f};
    float *g = box_noise(n), *w = box_noise(n), *m = box_noise(n), *v = box_noise(n), *step = box(n);
    for (size_t j = 0; j < n; j++)
        v[j] *= v[j];
    g[3] = m[3] = 0;
    k->adagrad_step(n, 0.1f, 1e-8f, 1e-3f, 0.7f, g, w, v);
    k->adadelta_step(n, 0.1f, 0.9, 1e-3f, 1e-3f, 0.7f, g, w, v, v);
    k->lion_step(n, 0.1f, 0.9, 0.99, 1e-3f, 0.7f, g, w, m);
    k->moment_step(n, &r, 0.7f, g, w, m, v, step);
    k->moment_step(n, &r, 0.7f, g, w, m, v, NULL);
    take_output(l, w, n, "later optimizers: w", i);
    take_output(l, m, n, "later optimizers: m", i);
    take_output(l, v, n, "later optimizers: v", i);
    take_output(l, step, n, "later optimizers: step", i);
    box_free(g);
}

static void sample_norms(const struct kernels *k, struct log *l, int i)
{
    static const int groups[] = {0, 1, 2, 6};
    int h = 1 + i % 4, w = 1 + i % 5, n = 1 + (int)noise_below(40), blocks = blocks_of(n), each = i % 4 && i % 7 == 0;
    struct sample_norm d = {
        .c = 6, .h = h, .w = w, .groups = groups[i % 4], .centred = i % 3 > 0, .elementwise = each, .eps = 1e-3f};
    size_t len = (size_t)(blocks * h * 6 * w) * LANES, gains = (size_t)(6 * (each ? h * w : 1));
    size_t stats = (size_t)(blocks * (d.groups ? d.groups : h * w)) * 2 * LANES;
    float *x = box_noise(len), *dy = box_noise(len), *gain = box_noise(gains), *bias = box_noise(gains);
    float *y = box(len), *dx = box(len), *s = box(stats), *lanes = box(gains * 4 * LANES), *sums = box(4 * gains);
    kill_dead(dy, n, (size_t)(h * 6 * w));
    memset(lanes, 0, gains * 4 * LANES * sizeof *lanes);
    d.gain = i % 5 ? gain : NULL;
    d.bias = i % 2 ? bias : NULL;
    k->sample_norm_forward(&d, blocks, x, s, y);
    k->sample_norm_backward(&d, blocks, x, s, dy, dx, (double *)(void *)lanes);
    k->pointwise_sums((int)gains, LANES, (double *)(void *)lanes, (double *)(void *)sums);
    take_output(l, y, len, "sample norm y", i);
    take_output(l, dx, len, "sample norm dx", i);
    take_output(l, s, stats, "sample norm statistics", i);
    take_output(l, sums, 4 * gains, "sample norm sums", i);
    box_free(x), box_free(dy), box_free(gain), box_free(bias), box_free(lanes);
}

static void neighbours_and_noise(const struct kernels *k, struct log *l, int i)
{
    const struct lrn_dims d = {
        .c = 1 + i % 7, .w = 1 + i % 3, .size = 1 + i % 5, .alpha = 0.5f, .beta = 0.7f, .k = 1.5f};
    size_t len = (size_t)(2 * d.c * d.w) * LANES;
    float *x = box_noise(len), *dy = box_noise(len), *y = box(len), *dx = box(len), *noisy = box(len);
    float *scratch = box((size_t)d.c * LANES), *w = box_noise(len), *g = box_noise(len);
    float *drawn = box(len / 2), *divergence = box_noise(LANES), *back = box(len);
    uint32_t *seed = (uint32_t *)(void *)box(2 * LANES);
    for (size_t j = 0; j < 2 * LANES; j++)
        seed[j] = 1 + noise_below(0xfffffffe);
    w[1] = 0;
    k->lrn_forward(&d, 2, x, y);
    k->lrn_backward(&d, 2, x, dy, dx, scratch);
    k->add_noise(2, (size_t)(d.c * d.w), 0.3f, seed, x, noisy);
    k->draw_forward((size_t)(d.c * d.w), x, i % 2 ? dy : NULL, drawn, divergence);
    k->draw_backward((size_t)(d.c * d.w), 1 + i % LANES, x, dy, w, 0.3f, back);
    k->l1_gradient(len, 0.1f, w, g);
    k->clip_values(len, 0.4f, g);
    take_output(l, y, len, "lrn y", i);
    take_output(l, dx, len, "lrn dx", i);
    take_output(l, noisy, len, "noise", i);
    take_output(l, drawn, len / 2, "draw", i);
    take_output(l, divergence, LANES, "divergence", i);
    take_output(l, back, len, "gradient of a draw", i);
    take_output(l, g, len, "gradient that is pulled and cut", i);
    box_free(x), box_free(dy), box_free(scratch), box_free(w), box_free((float *)(void *)seed);
}

static void other_sizes(const struct kernels *k, struct log *l, int i)
{
    const struct pool_dims d = {.c = 1 + i % 3, .h = 4 + i % 4, .w = 5 + i % 3, .ho = 1 + i % 4, .wo = 2 + i % 3};
    static const struct sample_place row[] = {{0, 0, 0}, {0, 1, 0.25f}, {1, 2, 0.75f}, {3, 3, 0}},
                                     col[] = {{0, 1, 0.5f}, {4, 4, 0}};
    const struct resample r = {d.c, d.h, d.w, 4, 2, row, col};
    size_t nx = (size_t)(2 * d.h * d.c * d.w) * LANES, ny = (size_t)(2 * d.ho * d.c * d.wo) * LANES;
    size_t nz = (size_t)(2 * 4 * d.c * 2) * LANES;
    float *x = box_noise(nx), *dy = box_noise(ny), *y = box(ny), *dx = box(nx), *dz = box_noise(nz), *z = box(nz);
    float *back = box(nx);
    for (size_t j = 0; j < nx; j++)
        x[j] = (float)(int)(3 * x[j]); /* ties */
    k->adaptive_forward(&d, i % 2, 2, x, y);
    k->adaptive_backward(&d, i % 2, 2, x, y, dy, dx);
    k->resample_forward(&r, 2, x, z);
    k->resample_backward(&r, 2, dz, back);
    take_output(l, y, ny, "adaptive pooling y", i);
    take_output(l, dx, nx, "adaptive pooling dx", i);
    take_output(l, z, nz, "resampled", i);
    take_output(l, back, nx, "resampled dx", i);
    box_free(x), box_free(dy), box_free(dz);
}

static void losses_of_classes(const struct kernels *k, struct log *l, int i)
{
    int n = 1 + (int)noise_below(40), classes = 2 + i % 6;
    size_t len = (size_t)(blocks_of(n) * classes) * LANES;
    float *z = box_noise(len), *loss = box((size_t)n), *dz = box(len);
    int32_t label[40];
    for (size_t j = 0; j < len; j++)
        z[j] *= 5;
    for (int j = 0; j < n; j++)
        label[j] = (int32_t)noise_below((uint32_t)classes);
    if (i % 3 == 0)
        k->focal_loss(n, classes, 0.5f * (float)(i % 5), z, label, 0.3f, loss, dz);
    else if (i % 3 == 1)
        k->hinge_loss(n, classes, z, label, 0.3f, loss, dz);
    else
        k->bce_loss(n, classes, z, label, 0.1f, 0.3f, loss, dz);
    take_output(l, loss, (size_t)n, "loss of classes", i);
    take_output(l, dz, len, "loss of classes: dz", i);
    box_free(z);
}

static void soft_assignments(const struct kernels *k, struct log *l, int i)
{
    const int rows = 1 + i % 4, mixture = i % 3 > 0;
    struct kmeans d = {
        .c = 1 + i % 6, .w = 1 + i % 5, .k = 2 + i % 7, .mixture = mixture, .sharpness = 0.3f + 0.2f * (float)i};
    const size_t nx = (size_t)(rows * d.c * d.w) * LANES, ns = (size_t)(rows * d.k * d.w) * LANES;
    const size_t sums = (size_t)(d.k * d.c + 1) * LANES;
    float *x = box_noise(nx), *dy = box_noise(mixture ? nx : ns), *centre = box_noise((size_t)(d.k * d.c));
    float *share = box(ns), *y = box(nx), *dx = box(nx), *sum = box(sums), *scratch = box((size_t)d.k * LANES);
    memset(sum, 0, sums * sizeof *sum);
    d.centre = centre;
    k->kmeans_forward(&d, rows, x, share, mixture ? y : NULL);
    k->kmeans_backward(&d, rows, x, share, dy, i % 4 ? dx : NULL, sum, scratch);
    take_output(l, share, ns, "kmeans shares", i);
    if (mixture)
        take_output(l, y, nx, "kmeans y", i);
    else
        box_free(y);
    if (i % 4)
        take_output(l, dx, nx, "kmeans dx", i);
    else
        box_free(dx);
    take_output(l, sum, sums, "kmeans sums", i);
    box_free(x), box_free(dy), box_free(centre), box_free(scratch);
}

/* Lengths of a block, some 0. */
static void some_lengths(int most, int32_t lengths[LANES])
{
    for (int lane = 0; lane < LANES; lane++)
        lengths[lane] = (int32_t)noise_below((uint32_t)most + 1);
}

static void attentions(const struct kernels *k, struct log *l, int i)
{
    _Alignas(64) int32_t lengths[LANES];
    struct attention a = {.heads = 1 + i % 3, .width = 1 + i % 6, .rows = 1 + 7 * i, .cols = 1 + i % 4, .scale = 0.3f};
    const size_t positions = (size_t)(a.rows * a.cols), n = positions * (size_t)(a.heads * a.width) * LANES;
    const size_t logs = positions * (size_t)a.heads * LANES;
    float *qkv = box_noise(3 * n), *dy = box_noise(n), *y = box(n), *sums = box(logs), *d = box(3 * n);
    float *scratch = box(attention_scratch(&a));
    for (size_t j = 0; j < 3 * n; j++)
        qkv[j] *= 5;
    some_lengths((int)positions, lengths);
    a.causal = i % 3 == 1;
    a.lengths = i % 2 ? lengths : NULL;
    k->attention_forward(&a, qkv, y, sums, scratch);
    k->attention_backward(&a, qkv, y, sums, dy, d, scratch);
    take_output(l, y, n, "attention y", i);
    take_output(l, sums, logs, "attention logarithms", i);
    take_output(l, d, 3 * n, "attention dqkv", i);
    box_free(qkv), box_free(dy), box_free(scratch);
}

static void tokens(const struct kernels *k, struct log *l, int i)
{
    const int rows = 1 + i, width = 1 + 7 * i, vocabulary = 3 + i;
    const size_t n = (size_t)(rows * width) * LANES, table = (size_t)(vocabulary * width);
    float *ids = box((size_t)rows * LANES), *w = box_noise(table), *dy = box_noise(n),
          *weight = box_noise((size_t)rows * LANES);
    float *y = box(n), *dw = box(table), *sum = box((size_t)width * LANES), *spread = box(n);
    for (size_t j = 0; j < (size_t)rows * LANES; j++)
        ids[j] = (float)noise_below((uint32_t)vocabulary);
    k->embed_forward(rows, width, ids, w, y);
    k->embed_backward(rows, width, vocabulary, ids, dy, dw);
    k->weigh_positions(rows, width, weight, dy, sum);
    k->spread_positions(rows, width, weight, sum, spread);
    take_output(l, y, n, "embedding y", i);
    take_output(l, dw, table, "embedding dw", i);
    take_output(l, sum, (size_t)width * LANES, "weighed positions", i);
    take_output(l, spread, n, "spread positions", i);
    box_free(ids), box_free(w), box_free(dy), box_free(weight);
}

static void cells(const struct kernels *k, struct log *l, int i)
{
    static const int gates[] = {1, 1, 4, 3}, kept[] = {1, 1, 4, 4};
    const enum cell_kind cell = (enum cell_kind)(i % 4);
    const int width = 1 + i;
    _Alignas(64) int32_t lengths[LANES];
    const size_t n = (size_t)width * LANES, g = n * (size_t)gates[cell], kg = n * (size_t)kept[cell];
    float *in = box_noise(g), *rec = box_noise(g), *hb = box_noise(n), *cb = box_noise(n), *dy = box_noise(n);
    float *product = box_noise(n), *direct = box_noise(n), *dc = box_noise(n);
    float *gate = box(kg), *h = box(n), *c = box(n), *y = box(n), *din = box(g), *drec = box(g);
    some_lengths(2, lengths);
    for (size_t j = 0; j < n; j++)
        c[j] = 0;
    const struct cell_step s = {cell, width, 1, i % 3 ? lengths : NULL, in, rec, hb, cb, gate, h, c, i % 5 ? y : NULL};
    k->cell_forward(&s);
    if (!s.y)
        memset(y, 0, n * sizeof *y);
    const struct cell_back b = {cell,
                                width,
                                1,
                                s.lengths,
                                gate,
                                hb,
                                cb,
                                c,
                                i % 5 ? dy : NULL,
                                i % 7 ? product : NULL,
                                direct,
                                dc,
                                din,
                                cell == CELL_GRU ? drec : din};
    k->cell_backward(&b);
    if (cell != CELL_GRU)
        memcpy(drec, din, g * sizeof *drec);
    take_output(l, gate, kg, "cell gates", i);
    take_output(l, h, n, "cell h", i);
    take_output(l, c, n, "cell c", i);
    take_output(l, y, n, "cell y", i);
    take_output(l, din, g, "cell din", i);
    take_output(l, drec, g, "cell drec", i);
    take_output(l, direct, n, "cell direct", i);
    take_output(l, dc, n, "cell dc", i);
    box_free(in), box_free(rec), box_free(hb), box_free(cb), box_free(dy), box_free(product);
}

/* Dense layers of many images, and of many weights for few of them, in floats and in bf16 numbers. */
static void large_dense(const struct kernels *k, struct log *l, int blocks, int in, int out)
{
    const size_t nx = (size_t)(blocks * in) * LANES, ny = (size_t)(blocks * out) * LANES, nw = (size_t)(in * out);
    for (int bf16 = 0; bf16 < 2; bf16++) {
        float *x = box_noise(nx), *w = box_noise(nw), *dy = box_noise(ny), *y = box(ny), *dx = box(nx), *dw = box(nw),
              *db = box((size_t)out);
        float *scratch = box(bf16 ? dense_scratch_bf16(blocks, in, out) : dense_scratch(blocks, in, out));
        k->bf16_round(nx, x, x);
        k->bf16_round(ny, dy, dy);
        for (size_t i = 0; i < nw / LANES * LANES; i += LANES)
            k->bf16_round(LANES, w + i, w + i);
        PRODUCT_OF(k, bf16, dense_forward)(blocks, in, out, x, w, NULL, y, scratch);
        PRODUCT_OF(k, bf16, dense_backward_data)(blocks, in, out, dy, w, dx, scratch);
        PRODUCT_OF(k, bf16, dense_backward_weights)(blocks, in, out, x, dy, dw, db, scratch);
        take_output(l, y, ny, "large dense y", bf16);
        take_output(l, dx, nx, "large dense dx", bf16);
        take_output(l, db, (size_t)out, "large dense db", bf16);
        take_output(l, dw, nw, "large dense dw", bf16);
        box_free(x), box_free(w), box_free(dy), box_free(scratch);
    }
}

void exercise_layers(const struct kernels *k, struct log *l)
{
    noise_restart(73);
    for (int i = 0; i < 20; i++)
        channel_activations(k, l, i);
    for (int i = 0; i < 5; i++)
        later_optimizers(k, l, i);
    for (int i = 0; i < 30; i++) {
        sample_norms(k, l, i);
        neighbours_and_noise(k, l, i);
        other_sizes(k, l, i);
        losses_of_classes(k, l, i);
    }
    for (int i = 0; i < 6; i++)
        attentions(k, l, i);
    large_dense(k, l, 19, 32, 104);
    large_dense(k, l, 34, 80, 13);
    large_dense(k, l, 5, 256, 272);
    large_dense(k, l, 17, 260, 300);
    for (int i = 0; i < 8; i++)
        tokens(k, l, i);
    for (int i = 0; i < 32; i++)
        cells(k, l, i);
    for (int i = 0; i < 20; i++)
        soft_assignments(k, l, i);
}
