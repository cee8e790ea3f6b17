/* attention.h - what an attention has looked at. Private to nn. */
#ifndef NN_LAYERS_ATTENTION_H
#define NN_LAYERS_ATTENTION_H

#include "nn/layer.h"

extern const struct layer_type layer_attention;

/* Heads of the node; 0: it is no attention. */
int attention_heads(const struct nn_node *nd);
/* Of sample number s, after a forward pass of training: share[heads][T][T], from each position (row) to each. */
void attention_shares(const struct layer_call *c, int s, float *share);

#endif
