/* graph.h - from a tree of layers to a graph. Private to nn and its tests. */
#ifndef NN_GRAPH_H
#define NN_GRAPH_H

#include "nn/layer.h"

#define NN_MAX_NODES 1024

/* The graph of nodes whose type, args, at, text, block, in, nin are set, and g->in: everything else of nn_graph but
 * `classes`. 0, or -1 with the first thing that does not fit. Tables of the nodes live in `mem`. */
int graph_finish(struct nn_graph *g, const struct nn_spec *spec, struct arena *mem, struct err *e);
/* What the node's type makes of its inputs, whose nodes stand before it: x, y, flags, tensors (without places), costs.
 * 0, or -1 with *e. */
int graph_shape(struct nn_graph *g, struct nn_node *nd, struct arena *mem, struct err *e);

/* facts.c: g->facts and the distance of every node, of a graph that has its shapes. 0, or -1 without memory. */
int graph_facts(struct nn_graph *g, struct arena *scratch, struct err *e);

#endif
