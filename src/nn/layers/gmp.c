/* gmp: global max pooling, the largest of each map; of equal ones the first in row-major order takes the gradient. */
#include "nn/layers/pooling.h"

POOLING(gmp, pool_whole_geometry, pool_maximum)
POOLING_PART(gmp, pool_whole_geometry, pool_maximum)

const struct layer_type layer_gmp = {
    .name = "gmp",
    .sig = "[C,H,W] -> [C,1,1], [C,D,H,W] -> [C,1,1,1]",
    .help = "global max pooling: the largest value of each map",
    .source = "",
    .flags = KEEPS_X | KEEPS_Y | POOLS | HEAD_GMP | DISTANCE_SHOWN,
    .shape = pool_whole_shape,
    .window = layer_whole_window,
    POOLING_ROW(gmp),
    .part = gmp_part,
};
