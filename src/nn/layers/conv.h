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

#endif
