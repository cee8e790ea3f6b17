/* parse.h - from the lines of `layers` to a tree of layers and groups. Private to nn.
 *
 *   text  := lines of seq, each a block
 *   seq   := item { (',' | end of line) item }
 *   item  := layer | 'none' | block
 *   layer := NAME { argument | option value | flag }
 *   block := [ layer ] '{' seq { '|' seq } '}' [ 'x' N ]
 *
 * `none` and `{ ... } x 0` are nothing: the network is the one without them, layer numbers (and so random streams)
 * included. They are there for variables: $norm = batchnorm or none, { ... } x $depth.
 *
 * Inside braces the end of a line separates like a comma. The names of blocks, and how many bodies each may have, are
 * rows of a table (blocks.h); braces without a name are repeated. A block that the sweep file defines (nn_library) is
 * used like a layer, and becomes a group of what its text says. */
#ifndef NN_TEXT_PARSE_H
#define NN_TEXT_PARSE_H

#include "nn/blocks/blocks.h"

enum item_kind { ITEM_LAYER, ITEM_BLOCK };
struct item {
    enum item_kind kind;
    struct item *next; /* of the same sequence */
    struct where at;
    int line; /* 1-based line of the text */
    const void *args;
    unsigned long long given; /* bit i: row i of the params of the layer or block was written */
    const char *text;         /* of a layer: as written; of a block: its words in front of the braces */

    const struct layer_type *type; /* ITEM_LAYER */

    const struct block_type *block; /* ITEM_BLOCK: `times` times in a row */
    struct item **body;             /* [nbodies] the sequences between its braces */
    int nbodies;
    int times; /* 0: nothing, as `none` is */

    const char **names; /* [nnames] of a block of a sweep file: those of its layers that have tensors, see freezing.h */
    int nnames;
};

/* Every layer is right by itself (words, ranges) when this returns 0. -1: every error found is in *errs. The tree lives
 * in `a` and keeps no pointer to the lines. */
int parse_layers(const struct nn_line *lines, size_t nlines, struct arena *a, struct item **out, struct err_list *errs);

#endif
