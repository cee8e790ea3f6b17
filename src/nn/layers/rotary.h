/* rotary.h - queries and keys of attention that are turned by their position (Su et al. 2021, arXiv:2104.09864), so
 * that a score depends on how far apart two positions are. Channels 2i and 2i + 1 of a head are turned by t
 * 10000^(-2i/width) radians at position t; positions of maps are counted row by row. */
#ifndef NN_LAYERS_ROTARY_H
#define NN_LAYERS_ROTARY_H

#include "nn/layer.h"

/* Floats of scratch. */
size_t rotary_scratch(const struct attention *a);
/* Turns the queries and keys of qkv, rows [3 heads width][cols][16] of each block, in their place; back: the other way,
 * which is what becomes of their gradients. */
void rotary_turn(const struct layer_call *c, const struct attention *a, int back, float *qkv, float *scratch);

#endif
