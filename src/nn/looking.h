/* looking.h - a net that can be looked into: what each node puts out, and the gradient there, stay where they are. It
 * goes forward as in evaluation (running statistics, no noise) and back. */
#ifndef NN_LOOKING_H
#define NN_LOOKING_H

#include "nn/nn.h"

/* For at most `batch` samples, in `a`; its weights are zero. The graph outlives it. NULL with *e. */
struct nn_net *nn_look_new(const struct nn_graph *g, int batch, const struct kernels *k, struct arena *a,
                           struct err *e);
/* From net->x to net->z; from net->dz to net->dw, net->dx and the gradient of every node. sample: [n] as in nn_pass. */
void nn_look_forward(struct nn_net *net, int n, const uint32_t *sample);
void nn_look_backward(struct nn_net *net, int n, const uint32_t *sample);
/* What node number i of the graph puts out, laid out as its shape says, and the gradient there; of a node that only
 * changes the shape those of what it reads. NULL: there is none. */
const float *nn_look_value(const struct nn_net *net, int i);
const float *nn_look_gradient(const struct nn_net *net, int i);

/* Heads of an attention; 0: the node is none. What its positions look at, after nn_look_forward: share[heads][T][T] of
 * sample number s of the batch, each row of which adds up to 1. */
int nn_look_heads(const struct nn_node *nd);
void nn_look_attention(const struct nn_net *net, int i, int s, float *share);

#endif
