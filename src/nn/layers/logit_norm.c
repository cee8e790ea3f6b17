/* logit_norm: the vector of each sample divided by its length times a temperature, against logits that grow without
 * end; written as the last layer, before the loss. It is rmsnorm with the weight 1 / (temperature sqrt(channels)). */
#include "nn/layers/sample_norms.h"

#include <math.h>

struct logit_norm_args {
    double temperature;
};

// clang-format off
static const struct param logit_norm_params[] = {
    { .name = "temperature", .type = P_FLOAT, .at = offsetof(struct logit_norm_args, temperature), .min = 0, .max = 1000,
      .preset = "0.04", .open = 1, .help = "the outputs have the length 1 / temperature" },
    { 0 },
};
// clang-format on

static struct sample_norm_plan logit_norm_plan(const struct nn_node *nd)
{
    const struct shape x = nd->x[0];
    double t = ((const struct logit_norm_args *)nd->args)->temperature;
    return (struct sample_norm_plan){
        {.c = x.c, .h = x.h, .w = x.w, .eps = (float)(1e-14 / x.c)}, 0, 0, (float)(1 / (t * sqrt((double)x.c)))};
}

static int logit_norm_check(const struct nn_node *nd, struct err *e)
{
    (void)nd, (void)e;
    return 0;
}

SAMPLE_NORM(logit_norm)

const struct layer_type layer_logit_norm = {
    .name = "logit_norm",
    .sig = "[C] -> same",
    .help = "x / (temperature * length of x), the length over the channels; the last layer, before the loss",
    .source = "Wei et al. 2022, arXiv:2205.09310",
    .params = logit_norm_params,
    .positional = 1,
    .args_size = sizeof(struct logit_norm_args),
    .flags = KEEPS_X | INPLACE,
    SAMPLE_NORM_ROW(logit_norm),
};
