/* conv.h - arguments and geometry that the kinds of convolution share. */
#ifndef NN_LAYERS_CONV_H
#define NN_LAYERS_CONV_H

#include "nn/layer.h"

struct conv_args { /* fields of words that a kind does not have are 0 */
    int kernel[2], filters, stride[2], dilation[2], groups, bias, init;
    int multiplier;    /* of depthwise: output channels for each input channel */
    int output_pad[2]; /* of conv_transpose */
    const char *pad_word;
    int pad[2], same; /* from pad_word */
};

/* Reads pad_word. */
int conv_check(void *args, struct err *e);
/* -1 with *e unless `groups` divides the channels of the input and the filters. */
int conv_groups_fit(const struct nn_node *nd, struct err *e);
/* Adds the weights of the convolution d, and a bias for each of the node's output channels where its words ask for one;
 * counts the multiply-adds. -1 with *e: there are too many weights. */
int conv_add_tensors(struct nn_node *nd, const struct conv_dims *d, int outputs, struct err *e);
size_t conv_bias_at(const struct nn_node *nd); /* floats from the first weight to the bias */

#endif
