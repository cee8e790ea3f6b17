/* groupnorm and instancenorm: each sample by itself, over all positions of a group of neighbouring channels, or of each
 * channel. groupnorm has a weight and a bias for each channel, instancenorm on request, as in PyTorch. */
#include "nn/layers/sample_norms.h"

struct groupnorm_args {
    int groups, affine;
    double eps;
};

// clang-format off
#define AT(field) offsetof(struct groupnorm_args, field)
#define EPS                                                                                                            \
    { .name = "eps", .type = P_FLOAT, .at = AT(eps), .min = 0, .max = 1, .preset = "1e-5", .open = 1,                  \
      .help = "added to the variance" }
static const struct param groupnorm_params[] = {
    { .name = "groups", .type = P_INT, .at = AT(groups), .min = 1, .max = 65536,
      .help = "of neighbouring channels; must divide their number" },
    EPS,
    { 0 },
};
static const struct param instancenorm_params[] = {
    { .name = "affine", .type = P_BOOL, .at = AT(affine), .preset = "no", .help = "a weight and a bias for each channel" },
    EPS,
    { 0 },
};
// clang-format on

static struct sample_norm_plan channels_plan(const struct nn_node *nd, int groups, int affine)
{
    const struct groupnorm_args *a = nd->args;
    const struct shape x = nd->x[0];
    return (struct sample_norm_plan){
        {.c = x.c, .h = x.h, .w = x.w, .groups = groups, .centred = 1, .eps = (float)a->eps}, affine, affine, 0};
}

static struct sample_norm_plan groupnorm_plan(const struct nn_node *nd)
{
    return channels_plan(nd, ((const struct groupnorm_args *)nd->args)->groups, 1);
}

static struct sample_norm_plan instancenorm_plan(const struct nn_node *nd)
{
    return channels_plan(nd, nd->x[0].c, ((const struct groupnorm_args *)nd->args)->affine);
}

static int groupnorm_check(const struct nn_node *nd, struct err *e)
{
    int groups = ((const struct groupnorm_args *)nd->args)->groups;
    const struct shape x = nd->x[0];
    if (x.c % groups)
        return layer_error(nd, e, "%d does not divide the %d channels of its input", groups, x.c);
    if (x.c / groups * x.h * x.w == 1)
        return layer_error(nd, e, "each group has one value to normalize; write fewer groups");
    return 0;
}

static int instancenorm_check(const struct nn_node *nd, struct err *e)
{
    if (nd->x[0].h * nd->x[0].w == 1)
        return layer_error(nd, e, "each channel has one value to normalize; write layernorm instead");
    return 0;
}

SAMPLE_NORM(groupnorm)
SAMPLE_NORM(instancenorm)

const struct layer_type layer_groupnorm = {
    .name = "groupnorm",
    .sig = "any -> same",
    .help = "(x - mean) / deviation of each group of channels of a sample; times weight plus bias of each channel",
    .source = "Wu & He 2018, arXiv:1803.08494",
    .params = groupnorm_params,
    .positional = 1,
    .args_size = sizeof(struct groupnorm_args),
    .flags = KEEPS_X | INPLACE | DISTANCE_SHOWN | OVER_POSITIONS,
    SAMPLE_NORM_ROW(groupnorm),
};
const struct layer_type layer_instancenorm = {
    .name = "instancenorm",
    .sig = "[C,H,W] or [C,T] -> same",
    .help = "(x - mean) / deviation of each channel of a sample",
    .source = "Ulyanov et al. 2016, arXiv:1607.08022",
    .params = instancenorm_params,
    .args_size = sizeof(struct groupnorm_args),
    .flags = KEEPS_X | INPLACE | UNDOES_BIAS | DISTANCE_SHOWN | OVER_POSITIONS,
    SAMPLE_NORM_ROW(instancenorm),
};
