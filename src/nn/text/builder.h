/* builder.h - from the tree of items to the nodes of a graph. Private to nn. Nodes are shaped as they are appended, so
 * that a block may look at what its bodies put out; graph_finish then does it again, knowing who reads whom. */
#ifndef NN_TEXT_BUILDER_H
#define NN_TEXT_BUILDER_H

#include "nn/graph.h"
#include "nn/text/parse.h"

struct builder {
    struct nn_graph *g;
    struct arena *a; /* of the graph */
    int cap;         /* nodes that g->node has room for */
    struct err *e;
};

/* Appends a node that reads the outputs of in[nin], nodes or NN_INPUT, for the item `from` (its place is the node's). 0
 * with *out its number, or -1 with b->e. args and text are kept, not copied. */
int build_node(struct builder *b, const struct layer_type *type, const void *args, const char *text,
               const struct item *from, const int *in, int nin, int *out);
/* Appends a sequence after node `in`; an empty one is `in` itself. */
int build_sequence(struct builder *b, const struct item *it, int in, int *out);
/* The same for layers that a block writes by itself, "conv2d 1x1 8, batchnorm", at the place of `from`. */
int build_text(struct builder *b, const char *text, const struct item *from, int in, int *out);
/* The shape of what a node puts out. */
struct shape build_shape(const struct builder *b, int node);
/* err_at with the place and words of the item in front. Returns -1. */
int build_error(const struct builder *b, const struct item *it, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
