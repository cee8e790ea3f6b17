/* pooling.h - what the kinds of pooling share: the arguments and geometry of maxpool and avgpool, a window that is the
 * whole map (gap, gmp) or all of a sequence (mean), and how maps and volumes are pooled.
 *
 * A volume is pooled in two steps: each of its slices, as a map, and then what came out along the slices. To the second
 * step a slice is a row, and all that a slice has are its columns: [slice][row][channel][column][16] is the layout of a
 * map of one channel. Of equal values the first in the order slice, row, column takes the gradient of a maximum. */
#ifndef NN_LAYERS_POOLING_H
#define NN_LAYERS_POOLING_H

#include "nn/layer.h"

struct pool_args {
    int kernel[NN_SIDES], stride[NN_SIDES], pad[NN_SIDES];
};
extern const struct param pool_params[];

/* How the values of a window become one, by kernels: x, y and dy of `blocks` maps. */
struct pool_kind {
    int max;
    void (*forward)(const struct kernels *k, const struct pool_dims *d, int blocks, const float *x, float *y);
    void (*backward)(const struct kernels *k, const struct pool_dims *d, int blocks, const float *x, const float *y,
                     const float *dy, float *dx);
};
extern const struct pool_kind pool_maximum, pool_mean;

/* slices.h is 0 for maps, which have no second step. */
struct pool_plan {
    struct pool_dims map, slices;
};

int pool_check(void *args, struct err *e);
int pool_shape(struct nn_node *nd, struct err *e);
void pool_window(const struct nn_node *nd, struct nn_window *w);
struct pool_plan pool_geometry(const struct nn_node *nd);
/* The second step after a first one of these dims, from x.d to `slices`; kernel, stride and pad along them. */
struct pool_dims pool_slices(const struct pool_dims *map, struct shape x, int slices, int kernel, int stride, int pad);
/* Fills in the pooling of a stage, which is of maps. */
void pool_part(const struct nn_node *nd, struct pool_plan p, int max, struct stage_part *out);
size_t pool_scratch(struct pool_plan p); /* floats */
void pool_run(const struct layer_call *c, struct pool_plan p, const struct pool_kind *kind);
void pool_back(const struct layer_call *c, struct pool_plan p, const struct pool_kind *kind);

int pool_whole_shape(struct nn_node *nd, struct err *e); /* of maps and volumes */
struct pool_plan pool_whole_geometry(const struct nn_node *nd);

/* Defines NAME_forward, NAME_backward and NAME_scratch of a type that pools as `kind` by geometry(nd); and NAME_part.
 */
#define POOLING(name, geometry, kind)                                                                                  \
    static void name##_forward(const struct layer_call *c)                                                             \
    {                                                                                                                  \
        pool_run(c, geometry(c->node), &(kind));                                                                       \
    }                                                                                                                  \
    static void name##_backward(const struct layer_call *c)                                                            \
    {                                                                                                                  \
        if (c->dx[0])                                                                                                  \
            pool_back(c, geometry(c->node), &(kind));                                                                  \
    }                                                                                                                  \
    static size_t name##_scratch(const struct nn_node *nd, int blocks, int bf16)                                       \
    {                                                                                                                  \
        (void)blocks, (void)bf16;                                                                                      \
        return pool_scratch(geometry(nd));                                                                             \
    }
#define POOLING_PART(name, geometry, kind)                                                                             \
    static void name##_part(const struct nn_node *nd, struct stage_part *out)                                          \
    {                                                                                                                  \
        pool_part(nd, geometry(nd), (kind).max, out);                                                                  \
    }
#define POOLING_ROW(its) .forward = its##_forward, .backward = its##_backward, .scratch = its##_scratch

#endif
