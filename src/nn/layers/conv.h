/* conv.h - arguments and geometry that the kinds of convolution share, and how maps and volumes are convolved.
 *
 * A convolution of volumes is one of maps for each slice of its output: the slices that this one reads, `kernel` of
 * them, become one map in which channel c of slice k is channel c kernel + k. That is the order of PyTorch's weights,
 * w[co][ci/groups][kd][kh][kw], and the kernels that convolve maps do the rest. Slices of the padding are zeros. */
#ifndef NN_LAYERS_CONV_H
#define NN_LAYERS_CONV_H

#include "nn/layer.h"

struct conv_args { /* fields of words that a kind does not have are 0 */
    int kernel[NN_SIDES], filters, stride[NN_SIDES], dilation[NN_SIDES], groups, bias, init;
    int multiplier;           /* of depthwise: output channels for each input channel */
    int output_pad[NN_SIDES]; /* of conv_transpose */
    const char *pad_word;
    int pad[NN_SIDES], same; /* from pad_word */
};

/* From the long side to the short one: of a transposed convolution they are its output and its input. */
struct conv_plan {
    struct conv_dims map; /* of maps, or for each slice of the short side; its ci counts the channels of all taps */
    int volume;           /* the rest is about volumes, and 1 without them (pad 0) */
    int kernel, stride, pad, dilation; /* along the slices */
    int from, to;                      /* slices of the long side and of the short one */
};

/* Reads pad_word. */
int conv_check(void *args, struct err *e);
/* -1 with *e unless `groups` divides the channels of the input and the filters. */
int conv_groups_fit(const struct nn_node *nd, struct err *e);
/* -1 with *e unless kernel, stride, dilation and pad have numbers for the directions of the input. */
int conv_extents_fit(const struct nn_node *nd, struct err *e);
/* Adds the weights of the convolution, and a bias for each of the node's output channels where its words ask for one;
 * counts the multiply-adds. -1 with *e: there are too many weights. */
int conv_add_tensors(struct nn_node *nd, const struct conv_plan *p, int outputs, struct err *e);
size_t conv_bias_at(const struct nn_node *nd); /* floats from the first weight to the bias */

/* The kernels conv_forward, conv_backward_data and conv_backward_weights of a call, for maps or volumes: x is the long
 * side, y the short one; db may be NULL. With conv_plan_scratch() floats. */
size_t conv_plan_scratch(const struct conv_plan *p, int blocks, int bf16);
void conv_plan_forward(const struct layer_call *c, const struct conv_plan *p, const float *x, const float *bias,
                       float *y, float *scratch);
void conv_plan_backward_data(const struct layer_call *c, const struct conv_plan *p, const float *dy, float *dx,
                             float *scratch);
void conv_plan_backward_weights(const struct layer_call *c, const struct conv_plan *p, const float *x, const float *dy,
                                float *db, float *scratch);

#endif
