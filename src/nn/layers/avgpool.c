/* avgpool: the mean of each window; padding counts as zeros, as in PyTorch. */
#include "nn/layers/pooling.h"

POOLING(avgpool, pool_geometry, pool_mean)
POOLING_PART(avgpool, pool_geometry, pool_mean)

const struct layer_type layer_avgpool = {
    .name = "avgpool",
    .sig = "[C,H,W] -> [C,H',W'], [C,T] -> [C,T'], [C,D,H,W] -> [C,D',H',W']",
    .help = "the mean of each window; padding counts as zeros",
    .source = "",
    .params = pool_params,
    .positional = 1,
    .args_size = sizeof(struct pool_args),
    .flags = POOLS | DISTANCE_SHOWN,
    .check = pool_check,
    .shape = pool_shape,
    .window = pool_window,
    POOLING_ROW(avgpool),
    .part = avgpool_part,
};
