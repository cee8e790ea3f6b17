/* winograd_gather.c - the passes of Winograd's method in which each square of outputs gathers what is under it: see
 * winograd.h. */
#define FORM GATHER
#include "kernels/ops/conv/winograd_tile.h"

void EXPORT_PRODUCT(winograd_gather_transform)(int edge, int plus, int tiles, const struct strip *s, const float *a,
                                               ptrdiff_t a_ch, const float *b, ptrdiff_t b_ch, float *v)
{
    TRANSFORM_CALL(edge, plus, tiles, s, a, a_ch, b, b_ch, v);
}

void EXPORT_PRODUCT(winograd_gather_products)(int tiles, int pass, const struct strip *s, const float *v,
                                              const float *u, const float *b, const struct made *k)
{
    PASS_CALL(tiles, pass, s, v, u, b, k);
}
