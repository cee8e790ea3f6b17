/* register_tile.h - the largest tiles of output channels and columns that registers have room for (conv_tile.h,
 * one_tap.h). Weights are packed in pieces of COB_MAX output channels. */
#ifndef KERNELS_OPS_CONV_REGISTER_TILE_H
#define KERNELS_OPS_CONV_REGISTER_TILE_H

#ifdef ISA_avx512
#define COB_MAX 4 /* 6 x 4 accumulators, 4 weights, 1 input: 29 of 32 registers */
#else
#define COB_MAX 2 /* 6 x 2 + 2 + 1: 15 of 16 */
#endif
#define XB_MAX 6 /* columns */

#endif
