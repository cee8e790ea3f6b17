/* attention.h - what an attention has looked at. Private to nn. */
#ifndef NN_LAYERS_ATTENTION_H
#define NN_LAYERS_ATTENTION_H

#include "nn/layer.h"

extern const struct layer_type layer_attention;

struct attention_args {
    int heads, rotary, causal, cross, init;
};
enum { IN_WEIGHT, IN_BIAS, OUT_WEIGHT, OUT_BIAS }; /* its tensors */

/* attention_cross.c: queries of x[0], keys and values of x[1]. */
int cross_shape(struct nn_node *nd, struct err *e);
size_t cross_floats(const struct nn_node *nd, int blocks, int bf16);
void cross_forward(const struct layer_call *c);
void cross_backward(const struct layer_call *c);

/* Heads of the node, where it looks at its own positions; 0: it is no such attention. */
int attention_heads(const struct nn_node *nd);
/* Of sample number s, after a forward pass of training: share[heads][T][T], from each position (row) to each. */
void attention_shares(const struct layer_call *c, int s, float *share);

#endif
