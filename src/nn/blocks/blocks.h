/* blocks.h - words of `layers` that take braces, or that join what lies apart. A block type is one file
 * src/nn/blocks/NAME.c that ends in one row, listed in nn/blocks/blocks.c; the parser, `sweep list blocks` and the
 * tests walk the rows. */
#ifndef NN_BLOCKS_BLOCKS_H
#define NN_BLOCKS_BLOCKS_H

#include "nn/layer.h"

struct builder;
struct item;

struct block_type {
    const char *name; /* "": braces alone */
    const char *sig;  /* "{ ... | ... }" */
    const char *help;
    const char *source;         /* paper or "" */
    const struct param *params; /* words in front of the braces; NULL: none */
    int positional;
    size_t args_size;
    int least, most; /* bodies; 0: it takes no braces */
    /* Appends the nodes of the block once, reading node `in` (or NN_INPUT); *out is the node that holds its output. 0,
     * or -1 with b->e. */
    int (*emit)(struct builder *b, const struct item *it, int in, int *out);
};
extern const struct block_type *const block_types[]; /* NULL-terminated, in the order of the manual */
const struct block_type *block_find(const char *name);

#endif
