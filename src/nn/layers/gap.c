/* gap: global average pooling, the mean of each map. */
#include "nn/layers/pooling.h"

POOLING(gap, pool_whole_geometry, pool_mean)
POOLING_PART(gap, pool_whole_geometry, pool_mean)

const struct layer_type layer_gap = {
    .name = "gap",
    .sig = "[C,H,W] -> [C,1,1], [C,D,H,W] -> [C,1,1,1]",
    .help = "global average pooling: the mean of each map",
    .source = "Lin, Chen, Yan 2013, arXiv:1312.4400",
    .flags = POOLS | HEAD_GAP | DISTANCE_SHOWN,
    .shape = pool_whole_shape,
    .window = layer_whole_window,
    POOLING_ROW(gap),
    .part = gap_part,
};
