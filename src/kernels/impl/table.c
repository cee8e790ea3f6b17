/* table.c - the table of one level. */
#include "kernels/impl/impl.h"

#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)
#define ROW(name) .name = EXPORT(name)

const struct kernels EXPORT(kernels);
const struct kernels EXPORT(kernels) = {
    .isa = TEXT(ISA),
    ROW(conv_forward),
    ROW(conv_backward_data),
    ROW(conv_backward_weights),
    ROW(conv_weight_rows),
    ROW(conv_weight_sums),
    ROW(conv_bias_rows),
    ROW(conv_bias_sums),
    ROW(conv_pack),
    ROW(conv_rows),
    ROW(dense_forward),
    ROW(dense_backward_data),
    ROW(dense_backward_weights),
    ROW(bn_stats),
    ROW(bn_moments),
    ROW(bn_moments_end),
    ROW(bn_apply),
    ROW(bn_backward_stats),
    ROW(bn_backward),
    ROW(act_forward),
    ROW(act_backward),
    ROW(dropout),
    ROW(pointwise_forward),
    ROW(pointwise_backward),
    ROW(pointwise_sums),
    ROW(maxpool_forward),
    ROW(maxpool_backward),
    ROW(avgpool_forward),
    ROW(avgpool_backward),
    ROW(softmax_xent),
    ROW(sgd_step),
    ROW(rmsprop_step),
    ROW(adam_step),
    ROW(sum_squares),
    ROW(pixels),
    ROW(warp),
    ROW(vec_exp),
    ROW(vec_log),
    ROW(vec_tanh),
    ROW(vec_erf),
};
