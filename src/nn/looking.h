/* looking.h - a net that can be looked into while it computes: what each node puts out, and the gradient there. It goes
 * forward as in evaluation (running statistics, no noise) and back. */
#ifndef NN_LOOKING_H
#define NN_LOOKING_H

#include "nn/nn.h"

/* For at most `batch` samples, in `a`; its weights are zero. The graph outlives it. NULL with *e. */
struct nn_net *nn_look_new(const struct nn_graph *g, int batch, const struct kernels *k, struct arena *a,
                           struct err *e);
/* Bytes that this takes; SIZE_MAX without memory to work it out. */
size_t nn_look_bytes(const struct nn_graph *g, int batch);

/* Is shown each node of the graph once: what it puts out (forward) or the gradient there (backward), laid out as its
 * shape says; of a node that only changes the shape those of what it reads. The next node may take the memory. */
typedef void nn_look_see(void *ctx, int node, const float *v);
/* From net->x to net->z; from net->dz to net->dw, net->dx. sample: [n] as in nn_pass; see: NULL, nobody looks. Back
 * goes what has gone forward last. */
void nn_look_forward(struct nn_net *net, int n, const uint32_t *sample, nn_look_see *see, void *ctx);
void nn_look_backward(struct nn_net *net, int n, const uint32_t *sample, nn_look_see *see, void *ctx);

/* Heads of an attention; 0: the node is none. What its positions look at, while the node is shown going forward:
 * share[heads][T][T] of sample number s of the batch, each row of which adds up to 1. */
int nn_look_heads(const struct nn_node *nd);
void nn_look_attention(const struct nn_net *net, int i, int s, float *share);

#endif
