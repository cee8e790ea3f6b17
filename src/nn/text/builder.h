/* builder.h - from the tree of items to the nodes of a graph. Private to nn. Nodes are shaped as they are appended, so
 * that a block may look at what its bodies put out; graph_finish then does it again, knowing who reads whom. */
#ifndef NN_TEXT_BUILDER_H
#define NN_TEXT_BUILDER_H

#include "nn/graph.h"
#include "nn/text/parse.h"

struct saved_value; /* blocks/skip.c: a node with a name */
struct builder {
    struct nn_graph *g;
    struct arena *a; /* of the graph */
    int cap;         /* nodes that g->node has room for */
    int level;       /* bodies of blocks around the place */
    /* What is known by name, the newest first; what comes before `outer` was saved in the sequence at hand. */
    struct saved_value *saved, *outer;
    /* Of pairs of texts: the word `target`, after which the second text is read, and the node before it, the encoder's
     * last. NULL: it has not come yet. */
    const struct item *target;
    int encoder;
    struct err *e;
};

/* Appends a node that reads the outputs of in[nin], nodes or NN_INPUT, for the item `from` (its place is the node's). 0
 * with *out its number, or -1 with b->e. args and text are kept, not copied. */
int build_node(struct builder *b, const struct layer_type *type, const void *args, const char *text,
               const struct item *from, const int *in, int nin, int *out);
/* Appends a sequence after node `in`; an empty one is `in` itself. What it saves by name is known inside it alone. */
int build_sequence(struct builder *b, const struct item *it, int in, int *out);
/* The same for a body of a block that joins something: its nodes are a level deeper than the block. */
int build_body(struct builder *b, const struct item *it, int in, int *out);
/* The same for layers that a block writes by itself, "conv2d 1x1 8, batchnorm", at the place of `from`. */
int build_text(struct builder *b, const char *text, const struct item *from, int in, int *out);
/* The shape of what a node puts out. */
struct shape build_shape(const struct builder *b, int node);
/* "'relu' in block 3": a node and where it is written, as tables say it; returns buf. */
char *build_place(const struct builder *b, int node, char *buf, size_t n);
/* err_at with the place and words of the item in front. Returns -1. */
int build_error(const struct builder *b, const struct item *it, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same about words that no shape makes right: the sweep file is wrong, not a point of it. */
int build_word_error(const struct builder *b, const struct item *it, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
