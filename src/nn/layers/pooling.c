/* pooling.c reads the arguments of a pooling, computes its geometry, and pools maps and volumes. */
#include "nn/layers/pooling.h"

#include <string.h>

// clang-format off
#define AT(field) offsetof(struct pool_args, field)
const struct param pool_params[] = {
    { .name = "kernel", .type = P_EXTENT, .at = AT(kernel), .min = 1, .max = 1024,
      .help = "height x width of the window, of volumes slices before them" },
    { .name = "stride", .type = P_EXTENT, .at = AT(stride), .min = 0, .max = 1024, .preset = "0",
      .help = "step between windows; 0: the window's size" },
    { .name = "pad", .type = P_EXTENT, .at = AT(pad), .min = 0, .max = 512, .preset = "0",
      .help = "rows and columns around the input, at most half the window" },
    { 0 },
};
// clang-format on

int pool_check(void *args, struct err *e)
{
    struct pool_args *a = args;
    if (a->stride[2] < 0 && !a->stride[0])
        a->stride[2] = a->kernel[2];
    for (int i = 0; i < NN_SIDES; i++) {
        if (!a->stride[i])
            a->stride[i] = layer_along(a->kernel, i);
        if (layer_along(a->pad, i) > layer_along(a->kernel, i) / 2)
            return err_set(e, ERR_USAGE, "pad: %d is more than half of the window's %d", layer_along(a->pad, i),
                           layer_along(a->kernel, i));
    }
    return 0;
}

static int pool_outputs(const struct pool_args *a, int i, int n)
{
    int room = n + 2 * layer_along(a->pad, i) - layer_along(a->kernel, i);
    return room < 0 ? 0 : room / layer_along(a->stride, i) + 1;
}

struct pool_dims pool_slices(const struct pool_dims *map, struct shape x, int slices, int kernel, int stride, int pad)
{
    const int columns = map->ho * map->c * map->wo;
    return (struct pool_dims){.c = 1,
                              .h = x.d,
                              .w = columns,
                              .ho = slices,
                              .wo = columns,
                              .kh = kernel,
                              .kw = 1,
                              .sh = stride,
                              .sw = 1,
                              .ph = pad};
}

struct pool_plan pool_geometry(const struct nn_node *nd)
{
    const struct pool_args *a = nd->args;
    const struct shape x = nd->x[0];
    struct pool_plan p = {.map = {.c = x.c,
                                  .h = shape_rows(x),
                                  .w = x.w,
                                  .ho = pool_outputs(a, 0, shape_rows(x)),
                                  .wo = x.kind == SEQUENCE ? 1 : pool_outputs(a, 1, x.w),
                                  .kh = a->kernel[0],
                                  .kw = layer_number(nd, a->kernel, 1, 1),
                                  .sh = a->stride[0],
                                  .sw = layer_number(nd, a->stride, 1, 1),
                                  .ph = a->pad[0],
                                  .pw = layer_number(nd, a->pad, 1, 0)}};
    if (x.kind == VOLUME)
        p.slices = pool_slices(&p.map, x, pool_outputs(a, 2, x.d), layer_along(a->kernel, 2), layer_along(a->stride, 2),
                               layer_along(a->pad, 2));
    return p;
}

int pool_shape(struct nn_node *nd, struct err *e)
{
    const struct pool_args *a = nd->args;
    const int volume = nd->x[0].kind == VOLUME;
    if (layer_wants_positions(nd, e) || layer_extent_fits(nd, a->kernel, e) || layer_extent_fits(nd, a->stride, e) ||
        layer_extent_fits(nd, a->pad, e))
        return -1;
    const struct pool_plan p = pool_geometry(nd);
    if (!p.map.ho || !p.map.wo)
        return layer_error(nd, e, "the window of %dx%d does not fit into the input of %dx%d; pool less before it",
                           p.map.kh, p.map.kw, p.map.h, p.map.w);
    if (volume && !p.slices.ho)
        return layer_error(nd, e, "the window of %d slices does not fit into the input of %d; pool less before it",
                           p.slices.kh, p.slices.h);
    const int slices = volume ? p.slices.ho : 1;
    nd->y = (struct shape){nd->x[0].kind, p.map.c, slices * p.map.ho, p.map.wo, slices};
    return 0;
}

void pool_window(const struct nn_node *nd, struct nn_window *w)
{
    const struct pool_args *a = nd->args;
    for (int i = 0; i < layer_sides(nd); i++) {
        w->kernel[i] = layer_along(a->kernel, i);
        w->stride[i] = layer_along(a->stride, i);
    }
}

int pool_whole_shape(struct nn_node *nd, struct err *e)
{
    const struct shape x = nd->x[0];
    if (layer_wants_places(nd, e))
        return -1;
    nd->y = (struct shape){x.kind, x.c, 1, 1, 1};
    if (x.h == 1 && x.w == 1)
        nd->flags |= IDENTITY;
    return 0;
}

struct pool_plan pool_whole_geometry(const struct nn_node *nd)
{
    const struct shape x = nd->x[0];
    return (struct pool_plan){
        .map = {.c = x.c, .h = x.h, .w = x.w, .ho = 1, .wo = 1, .kh = x.h, .kw = x.w, .sh = 1, .sw = 1}};
}

void pool_part(const struct nn_node *nd, struct pool_plan p, int max, struct stage_part *out)
{
    *out = (struct stage_part){.kind = nd->x[0].kind == VOLUME ? PART_KINDS : PART_POOL, .pool = {p.map, max}};
}

/* ---- the two steps ----------------------------------------------------------------------------------------------- */

static void pool_max_forward(const struct kernels *k, const struct pool_dims *d, int blocks, const float *x, float *y)
{
    k->maxpool_forward(d, blocks, x, y);
}

static void pool_max_backward(const struct kernels *k, const struct pool_dims *d, int blocks, const float *x,
                              const float *y, const float *dy, float *dx)
{
    k->maxpool_backward(d, blocks, x, y, dy, dx);
}

static void pool_mean_forward(const struct kernels *k, const struct pool_dims *d, int blocks, const float *x, float *y)
{
    k->avgpool_forward(d, blocks, x, y);
}

static void pool_mean_backward(const struct kernels *k, const struct pool_dims *d, int blocks, const float *x,
                               const float *y, const float *dy, float *dx)
{
    (void)x, (void)y;
    k->avgpool_backward(d, blocks, dy, dx);
}

const struct pool_kind pool_maximum = {1, pool_max_forward, pool_max_backward},
                       pool_mean = {0, pool_mean_forward, pool_mean_backward};

/* Floats of a block of what lies between the two steps. */
static size_t floats_between(const struct pool_plan *p)
{
    return (size_t)p->slices.h * (size_t)p->slices.w * LANES;
}

size_t pool_scratch(struct pool_plan p)
{
    return 2 * floats_between(&p);
}

void pool_run(const struct layer_call *c, struct pool_plan p, const struct pool_kind *kind)
{
    const size_t in = floats_of(c->node->x[0], 1), out = floats_of(c->node->y, 1);
    if (!p.slices.h)
        kind->forward(c->kernels, &p.map, c->pass->blocks, c->x[0], c->y);
    for (int b = 0; p.slices.h && b < c->pass->blocks; b++) {
        kind->forward(c->kernels, &p.map, p.slices.h, c->x[0] + (size_t)b * in, c->scratch);
        kind->forward(c->kernels, &p.slices, 1, c->scratch, c->y + (size_t)b * out);
    }
}

/* x and y are there only if a maximum is looked for in them. */
void pool_back(const struct layer_call *c, struct pool_plan p, const struct pool_kind *kind)
{
    const size_t in = floats_of(c->node->x[0], 1), out = floats_of(c->node->y, 1);
    float *between = c->scratch, *gradient = c->scratch + floats_between(&p);
    if (!p.slices.h)
        kind->backward(c->kernels, &p.map, c->pass->blocks, c->x[0], c->y, c->dy, c->dx[0]);
    for (int b = 0; p.slices.h && b < c->pass->blocks; b++) {
        const float *x = kind->max ? c->x[0] + (size_t)b * in : NULL, *y = kind->max ? c->y + (size_t)b * out : NULL;
        if (kind->max)
            kind->forward(c->kernels, &p.map, p.slices.h, x, between);
        kind->backward(c->kernels, &p.slices, 1, between, y, c->dy + (size_t)b * out, gradient);
        kind->backward(c->kernels, &p.map, p.slices.h, x, between, gradient, c->dx[0] + (size_t)b * in);
    }
}
