/* parse.h - from the lines of `layers` to a tree of layers and groups. Private to nn.
 *
 *   text  := lines of seq, each a block
 *   seq   := item { (',' | end of line) item }
 *   item  := layer | 'none' | '{' seq '}' [ 'x' N ]
 *   layer := NAME { argument | option value | flag }
 *
 * `none` and `{ ... } x 0` are nothing: the network is the one without them, layer numbers (and so random streams)
 * included. They are there for variables: $norm = batchnorm or none, { ... } x $depth.
 *
 * Inside braces the end of a line separates like a comma. Words that take braces (branches, residual paths) are further
 * kinds of item. */
#ifndef NN_PARSE_H
#define NN_PARSE_H

#include "nn/layer.h"

enum item_kind { ITEM_LAYER, ITEM_GROUP };
struct item {
    enum item_kind kind;
    struct item *next; /* of the same sequence */
    struct where at;
    int block; /* 1-based line */

    const struct layer_type *type; /* ITEM_LAYER */
    const void *args;
    unsigned long long given; /* bit i: row i of type->params was written */
    const char *text;

    struct item *body; /* ITEM_GROUP: the sequence, `times` times in a row; NULL and 0: `none` */
    int times;
};

/* Every layer is right by itself (words, ranges) when this returns 0. -1: every error found is in *errs. The tree lives
 * in `a` and keeps no pointer to the lines. */
int parse_layers(const struct nn_line *lines, size_t nlines, struct arena *a, struct item **out, struct err_list *errs);

#endif
