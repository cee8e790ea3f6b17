/* layernorm and rmsnorm: each sample by itself, over the channels of each position, as transformers and ConvNeXt have
 * it (torch.nn.LayerNorm(C) with the channels last), with a weight and a bias for each channel; or, `over all`, over
 * all that a sample has, with one for each element (torch.nn.LayerNorm([C, H, W])). rmsnorm divides by the root mean
 * square alone, and has no bias. */
#include "nn/layers/sample_norms.h"

struct layernorm_args {
    int over;
    double eps;
};

enum { OVER_CHANNELS, OVER_ALL };

static const char *over_word(size_t i)
{
    static const char *const words[] = {"channels", "all"};
    return i < 2 ? words[i] : NULL;
}

// clang-format off
#define AT(field) offsetof(struct layernorm_args, field)
#define OVER                                                                                                            \
    { .name = "over", .type = P_CHOICE, .at = AT(over), .preset = "channels", .word = over_word,                       \
      .help = "channels: those of each position; all: everything a sample has, with a weight for each element" }
static const struct param layernorm_params[] = {
    OVER,
    { .name = "eps", .type = P_FLOAT, .at = AT(eps), .min = 0, .max = 1, .preset = "1e-5", .open = 1,
      .help = "added to the variance" },
    { 0 },
};
static const struct param rmsnorm_params[] = {
    OVER,
    { .name = "eps", .type = P_FLOAT, .at = AT(eps), .min = 0, .max = 1, .preset = "1e-6", .open = 1,
      .help = "added to the mean of the squares" },
    { 0 },
};
// clang-format on

static struct sample_norm_plan over_plan(const struct nn_node *nd, int centred)
{
    const struct layernorm_args *a = nd->args;
    const struct shape x = nd->x[0];
    const int all = a->over == OVER_ALL;
    return (struct sample_norm_plan){
        {.c = x.c, .h = x.h, .w = x.w, .groups = all, .elementwise = all, .centred = centred, .eps = (float)a->eps},
        1,
        centred,
        0};
}

/* One value has no deviation. */
static int over_check(struct nn_node *nd, struct err *e)
{
    const struct layernorm_args *a = nd->args;
    const struct shape x = nd->x[0];
    nd->flags |= a->over == OVER_ALL ? OVER_POSITIONS : 0;
    if (x.c > 1 || (a->over == OVER_ALL && x.h * x.w > 1))
        return 0;
    return layer_error(nd, e, "has one value to normalize; give the layer before it more channels%s",
                       x.h * x.w > 1 ? ", or write `over all`" : "");
}

static struct sample_norm_plan layernorm_plan(const struct nn_node *nd)
{
    return over_plan(nd, 1);
}

static struct sample_norm_plan rmsnorm_plan(const struct nn_node *nd)
{
    return over_plan(nd, 0);
}

#define layernorm_check over_check
#define rmsnorm_check over_check
SAMPLE_NORM(layernorm)
SAMPLE_NORM(rmsnorm)

const struct layer_type layer_layernorm = {
    .name = "layernorm",
    .sig = "any -> same",
    .help = "(x - mean) / deviation of the channels of each position, or of all a sample has; times weight plus bias",
    .source = "Ba, Kiros, Hinton 2016, arXiv:1607.06450",
    .params = layernorm_params,
    .args_size = sizeof(struct layernorm_args),
    .flags = KEEPS_X | INPLACE | DISTANCE_SHOWN,
    SAMPLE_NORM_ROW(layernorm),
};
const struct layer_type layer_rmsnorm = {
    .name = "rmsnorm",
    .sig = "any -> same",
    .help = "x / root mean square of the channels of each position, or of all a sample has; times weight",
    .source = "Zhang & Sennrich 2019, arXiv:1910.07467",
    .params = rmsnorm_params,
    .args_size = sizeof(struct layernorm_args),
    .flags = KEEPS_X | INPLACE | DISTANCE_SHOWN,
    SAMPLE_NORM_ROW(rmsnorm),
};
