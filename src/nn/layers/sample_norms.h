/* sample_norms.h - what the normalizations of single samples share (layernorm, rmsnorm, groupnorm, instancenorm,
 * logit_norm): they differ in what is normalized together, and in what is learned. */
#ifndef NN_LAYERS_SAMPLE_NORMS_H
#define NN_LAYERS_SAMPLE_NORMS_H

#include "nn/layer.h"

/* What a type says of a node: how its channels are normalized, and which of weight and bias it has. */
struct sample_norm_plan {
    struct sample_norm dims; /* without gain and bias */
    int gain, bias;
    float fixed; /* the gain of every channel where none is learned, 0: 1 */
};

/* Sets y, tensors and what is kept of each block. */
int sample_norm_shape(struct nn_node *nd, const struct sample_norm_plan *p);
size_t sample_norm_scratch(const struct nn_node *nd, const struct sample_norm_plan *p);
void sample_norm_run(const struct layer_call *c, const struct sample_norm_plan *p);
void sample_norm_back(const struct layer_call *c, const struct sample_norm_plan *p);

/* Defines NAME_shape, NAME_scratch, NAME_forward and NAME_backward of a type from NAME_plan(nd), its plan. */
#define SAMPLE_NORM(name)                                                                                              \
    static int name##_shape(struct nn_node *nd, struct err *e)                                                         \
    {                                                                                                                  \
        struct sample_norm_plan p = name##_plan(nd);                                                                   \
        return name##_check(nd, e) ? -1 : sample_norm_shape(nd, &p);                                                   \
    }                                                                                                                  \
    static size_t name##_scratch(const struct nn_node *nd, int blocks, int bf16)                                       \
    {                                                                                                                  \
        struct sample_norm_plan p = name##_plan(nd);                                                                   \
        (void)blocks, (void)bf16;                                                                                      \
        return sample_norm_scratch(nd, &p);                                                                            \
    }                                                                                                                  \
    static void name##_forward(const struct layer_call *c)                                                             \
    {                                                                                                                  \
        struct sample_norm_plan p = name##_plan(c->node);                                                              \
        sample_norm_run(c, &p);                                                                                        \
    }                                                                                                                  \
    static void name##_backward(const struct layer_call *c)                                                            \
    {                                                                                                                  \
        struct sample_norm_plan p = name##_plan(c->node);                                                              \
        sample_norm_back(c, &p);                                                                                       \
    }
#define SAMPLE_NORM_ROW(its)                                                                                           \
    .shape = its##_shape, .scratch = its##_scratch, .forward = its##_forward, .backward = its##_backward

#endif
