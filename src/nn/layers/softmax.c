/* softmax: part of the loss (softmax cross-entropy works on logits); accepted at the end of a network, where it means
 * what is done anyway. */
#include "nn/layer.h"

const struct layer_type layer_softmax = {
    .name = "softmax",
    .sig = "[C] -> same",
    .help = "only at the end, where it is folded into the cross-entropy",
    .source = "",
    .flags = IDENTITY | LAST,
    .shape = layer_same_shape,
};
