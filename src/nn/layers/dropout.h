/* dropout.h - the seeds of the masks, for the layer and the stages (nn/plan/stages/stage.h). */
#ifndef NN_LAYERS_DROPOUT_H
#define NN_LAYERS_DROPOUT_H

#include "nn/layer.h"

/* One non-zero seed for each lane of a block of the pass: seed[16]. */
void dropout_seeds(const struct nn_node *nd, const struct nn_pass *p, int block, uint32_t *seed);

#endif
