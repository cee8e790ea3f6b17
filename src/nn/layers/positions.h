/* positions.h - what layers share that work on positions, of maps or of a sequence. */
#ifndef NN_LAYERS_POSITIONS_H
#define NN_LAYERS_POSITIONS_H

#include "nn/layer.h"

/* -1 with *e unless the input is maps or a sequence. */
int positions_wanted(const struct nn_node *nd, struct err *e);

#endif
