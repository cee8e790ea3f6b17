/* dropout.h - the seeds of masks and noise, for the layers that draw them and the stages (nn/plan/stages/stage.h). */
#ifndef NN_LAYERS_DROPOUT_H
#define NN_LAYERS_DROPOUT_H

#include "nn/layer.h"

/* One non-zero seed for each lane of a block of the pass: seed[16]. */
void dropout_seeds(const struct nn_node *nd, const struct nn_pass *p, int block, uint32_t *seed);
/* Those of all blocks of a call, [blocks][16], at the beginning of its scratch; what follows them there is free. */
uint32_t *dropout_call_seeds(const struct layer_call *c);
/* Whether the pass keeps all; then y (which may be x) is x, of the sizes of the call's input. */
int dropout_keeps_all(const struct layer_call *c, const float *x, float *y);
size_t dropout_seed_floats(const struct nn_node *nd, int blocks, int bf16); /* that they take: a layer's `scratch` */

#endif
