/* maxpool: the largest of each window. Of equal ones the first in row-major order takes the gradient. */
#include "nn/layers/pooling.h"

POOLING(maxpool, pool_geometry, pool_maximum)
POOLING_PART(maxpool, pool_geometry, pool_maximum)

const struct layer_type layer_maxpool = {
    .name = "maxpool",
    .sig = "[C,H,W] -> [C,H',W'], [C,T] -> [C,T'], [C,D,H,W] -> [C,D',H',W']",
    .help = "the largest value of each window",
    .source = "",
    .params = pool_params,
    .positional = 1,
    .args_size = sizeof(struct pool_args),
    .flags = KEEPS_X | KEEPS_Y | POOLS | DISTANCE_SHOWN,
    .check = pool_check,
    .shape = pool_shape,
    .window = pool_window,
    POOLING_ROW(maxpool),
    .part = maxpool_part,
};
