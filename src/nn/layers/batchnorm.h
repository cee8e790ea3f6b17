/* batchnorm.h - the arithmetic per channel that the layer and the stages (nn/plan/stages/stage.h) share. */
#ifndef NN_LAYERS_BATCHNORM_H
#define NN_LAYERS_BATCHNORM_H

#include "nn/layer.h"

/* What a normalization knows in a pass: rows of PAD16(c) floats. y = SCALE x + SHIFT, dx = A dy + P x + Q. */
enum bn_row { BN_MEAN, BN_INVSTD, BN_SCALE, BN_SHIFT, BN_A, BN_P, BN_Q, BN_ROWS };
float *bn_row(const struct nn_node *nd, float *table, enum bn_row row);

/* MEAN to SHIFT from a batch with n values per channel; moves the running statistics. w: the node's tensors. */
void bn_of_batch(const struct nn_node *nd, double n, const float *mean, const float *var, const float *w,
                 float *buffers, float *table);
/* The same from the running statistics. */
void bn_of_running(const struct nn_node *nd, const float *w, const float *buffers, float *table);
/* A, P, Q and dw from sum_dy[c] = sum dy and sum_dyx[c] = sum dy (x - MEAN) INVSTD over n values per channel. */
void bn_gradient(const struct nn_node *nd, double n, const float *sum_dy, const float *sum_dyx, const float *w,
                 float *dw, float *table);

#endif
