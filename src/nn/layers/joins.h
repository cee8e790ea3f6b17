/* joins.h - layers with several inputs, which only blocks make (nn/blocks). */
#ifndef NN_LAYERS_JOINS_H
#define NN_LAYERS_JOINS_H

#include "nn/text/builder.h"

double join_scale(const struct nn_node *nd); /* of an add: what its first input is multiplied by */
extern const struct layer_type join_concat, join_add, join_mul, join_mean, join_gate;
extern const struct layer_type *const join_types[]; /* those that a text can name; NULL-terminated */
const char *join_name(size_t i);                    /* NULL after the last */

/* Appends the join of in[nin], nin >= 2; `scale` multiplies the first input of an add. Two inputs of a mul may differ:
 * one value for each channel is a gate (join_gate). 0 with *out, or -1 with b->e, which shows two shapes that do not
 * fit and where they come from. */
int build_join(struct builder *b, const struct layer_type *join, double scale, const struct item *from, const int *in,
               int nin, int *out);

#endif
