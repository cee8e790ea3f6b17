/* look_saliency.c - a look at what decides: the gradient of the predicted logit at each pixel, and Grad-CAM. */
#include "orchestrate/inspect/looking.h"

#include "nn/layer.h"

#include <math.h>
#include <string.h>

#define SIDE 112

/* What a node puts out for sample 0 of the batch, and the gradient there: [c][h][w]. */
struct seen_maps {
    int node;
    struct shape y;
    double *value, *gradient;
};

static void keep_maps(const struct seen_maps *m, int node, const float *v, double *to)
{
    for (int c = 0; node == m->node && c < m->y.c; c++)
        for (int i = 0; i < m->y.h * m->y.w; i++)
            *to++ = look_number(v, m->y, 0, c, i / m->y.w, i % m->y.w);
}

static void see_value_of_maps(void *ctx, int node, const float *v)
{
    const struct seen_maps *m = ctx;
    keep_maps(m, node, v, m->value);
}

static void see_gradient_of_maps(void *ctx, int node, const float *v)
{
    const struct seen_maps *m = ctx;
    keep_maps(m, node, v, m->gradient);
}

/* The gradient of one logit of sample 0 of the batch, at the pixels and the maps. */
static void gradient_of_logit(struct looking *l, int k, struct seen_maps *m)
{
    const struct shape out = nn_output(l->m->graph);
    memset(l->net->dz, 0, floats_of(out, 1) * sizeof *l->net->dz);
    l->net->dz[lane_at(out, 0, k, 0, 0)] = 1;
    nn_look_backward(l->net, 1, l->batch.key, see_gradient_of_maps, m);
}

/* Of each pixel the channel whose gradient is the largest. */
static void pixel_gradients(const struct looking *l, double *to)
{
    const struct shape in = l->m->graph->in;
    for (int i = 0; i < in.h * in.w; i++) {
        to[i] = 0;
        for (int c = 0; c < in.c; c++)
            to[i] = fmax(to[i], fabs(look_number(l->net->dx, in, 0, c, i / in.w, i % in.w)));
    }
}

/* The last node with maps of more than one value; -1: there is none. */
static int last_maps(const struct nn_graph *g)
{
    int i = g->nnodes - 1;
    while (i >= 0 && !(g->node[i].y.kind == MAPS && g->node[i].y.h * g->node[i].y.w > 1))
        i--;
    return i;
}

/* What is positive of the sum of the maps, each times the mean of its gradient, at the pixels of the input. */
static void grad_cam(const struct looking *l, const struct seen_maps *m, double *to)
{
    const struct shape in = l->m->graph->in, y = m->y;
    const double *v = m->value, *d = m->gradient;
    for (int i = 0; i < in.h * in.w; i++)
        to[i] = 0;
    for (int c = 0; c < y.c; c++, v += y.h * y.w, d += y.h * y.w) {
        double mean = 0;
        for (int i = 0; i < y.h * y.w; i++)
            mean += d[i] / (y.h * y.w);
        for (int i = 0; i < in.h * in.w; i++)
            to[i] += mean * v[i / in.w * y.h / in.h * y.w + i % in.w * y.w / in.w];
    }
    for (int i = 0; i < in.h * in.w; i++)
        to[i] = fmax(to[i], 0);
}

int look_saliency(struct looking *l)
{
    static const char *const head[] = {"sample", "row", "column", "gradient", "grad_cam"};
    const struct shape in = l->m->graph->in, out = nn_output(l->m->graph);
    struct seen_maps maps = {.node = last_maps(l->m->graph)};
    if (in.kind != MAPS || out.h * out.w > 1)
        return 0;
    struct report_sheet *t =
        look_sheet(l, "the sample, the gradient of its answer, Grad-CAM", l->out->nchosen, 3, SIDE);
    double *pixel = arena_take(l->a, (size_t)(in.h * in.w) * sizeof *pixel);
    double *cam = arena_take(l->a, (size_t)(in.h * in.w) * sizeof *cam);
    maps.y = maps.node < 0 ? (struct shape){.c = 0} : l->m->graph->node[maps.node].y;
    maps.value = arena_take(l->a, 2 * shape_size(maps.y) * sizeof *maps.value + 1);
    maps.gradient = maps.value ? maps.value + shape_size(maps.y) : NULL;
    struct csv_out *csv = t && pixel && cam && maps.value ? look_table(l, "saliency.csv", head, 5) : NULL;
    if (!csv)
        return -1;
    for (size_t k = 0; k < l->out->nchosen; k++) {
        double share;
        look_at(l, l->out->chosen[k] - 1, 1, see_value_of_maps, &maps);
        gradient_of_logit(l, look_answer(l, 0, &share), &maps);
        pixel_gradients(l, pixel);
        if (maps.node >= 0)
            grad_cam(l, &maps, cam);
        for (int i = 0; i < in.h * in.w; i++)
            look_row(csv,
                     (double[]){(double)l->out->chosen[k], i / in.w, i % in.w, pixel[i], maps.node < 0 ? NAN : cam[i]},
                     5);
        ((const char **)(uintptr_t)t->label)[k] = look_label(l, k);
        look_sample(l, t, k, 0, 0);
        look_picture(t, k, 1, in.h, in.w, pixel);
        if (maps.node >= 0)
            look_picture(t, k, 2, in.h, in.w, cam);
    }
    l->out->pictures.saliency = t;
    return look_end(l, csv);
}
