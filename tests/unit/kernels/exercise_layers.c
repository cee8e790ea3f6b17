/* The kernels of single layers, computed over several shapes into a log, so that levels can be compared by it. */
#include "check.h"

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

void exercise_layers(const struct kernels *k, struct log *l)
{
    noise_restart(73);
    for (int i = 0; i < 20; i++)
        channel_activations(k, l, i);
    for (int i = 0; i < 5; i++)
        later_optimizers(k, l, i);
}
