/* tangent.h - how a network's outputs change along a direction, and the gradient of that by its weights: for penalties
 * that are made of the gradient of the input. */
#ifndef NN_TANGENT_H
#define NN_TANGENT_H

#include "nn/nn.h"

/* The nodes of a graph from number `first` on, with memory of its own for every value, what is led along, and its
 * gradients: net goes forward and back as in training. */
struct nn_tangent {
    struct nn_net *net;
    struct nn_graph graph; /* without frozen tensors */
    float *unbiased;       /* [param_floats] the weights with biases of 0: what is led along has none */
    int steps;             /* nodes that run: not those that only change the shape */
    float **along;         /* [steps][value] */
    float *scratch[5];     /* [largest value] */
    float *dw;             /* [param_floats] */
};

/* The first node from `first` on that has no tangent here; NULL: there is none. Those have one that read the node
 * before alone and are linear in it, or an activation whose slope does not jump beside a curve (as those of selu,
 * hardswish, and elu with an alpha other than 1 do). */
const struct nn_node *nn_tangent_stops(const struct nn_graph *g, int first);
/* Bytes that nn_tangent_new takes; SIZE_MAX: there is no memory to find out. */
size_t nn_tangent_bytes(const struct nn_graph *g, int first, int batch);
/* NULL with *e (ERR_NOMEM). Its net has no weights: the caller puts them into net->w. */
struct nn_tangent *nn_tangent_new(const struct nn_graph *g, int first, int batch, const struct kernels *k,
                                  struct arena *a, struct err *e);
/* After nn_forward of t->net with the pass: net->dw becomes the gradient, by the weights, of the sum over the samples
 * of factor[i] times the derivative of their one output along a direction, [blocks][input][16], held fixed. Exact but
 * for the curvature of activations that have some, which is a central difference of their slopes, value by value.
 * (Pearlmutter 1994, Fast exact multiplication by the Hessian.) */
void nn_tangent_gradient(struct nn_tangent *t, const struct nn_pass *p, const float *direction, const float *factor);

#endif
