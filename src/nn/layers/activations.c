/* activations: y = f(x), element by element; a layer type for each row of kernels/activations.def. */
#include "nn/layer.h"

struct activation_args {
    double a; /* the parameter, where there is one */
};

static float parameter(const struct nn_node *nd)
{
    return (float)((const struct activation_args *)nd->args)->a;
}

static void activation_forward(const struct layer_call *c)
{
    size_t n = floats_of(c->node->y, c->pass->blocks);
    c->kernels->act_forward((enum act)c->node->type->act, parameter(c->node), n, c->x[0], c->y);
}

static void activation_backward(const struct layer_call *c)
{
    size_t n = floats_of(c->node->y, c->pass->blocks);
    const float *v = c->node->flags & KEEPS_X ? c->x[0] : c->y;
    if (c->dx[0])
        c->kernels->act_backward((enum act)c->node->type->act, parameter(c->node), n, v, c->dy, c->dx[0]);
}

static void activation_part(const struct nn_node *nd, struct stage_part *out)
{
    *out = (struct stage_part){.kind = PART_ACT, .act = {(enum act)nd->type->act, parameter(nd)}};
}

#define NO_PARAMETER
// clang-format off
#define PARAMETER(its_name, low, high, its_preset, its_open, what)                                                     \
    { .name = its_name, .type = P_FLOAT, .at = offsetof(struct activation_args, a), .min = low, .max = high,           \
      .preset = its_preset, .open = its_open, .help = what },
#define ACTIVATION(word, reads, value, gradient, its_parameter, its_help, its_source)                                  \
    static const struct param word##_params[] = { its_parameter {0} };                                                 \
    const struct layer_type layer_##word = {                                                                           \
        .name = #word,                                                                                                 \
        .sig = "any -> same",                                                                                          \
        .help = its_help,                                                                                              \
        .source = its_source,                                                                                          \
        .params = word##_params,                                                                                       \
        .positional = (int)(sizeof word##_params / sizeof word##_params[0]) - 1,                                       \
        .args_size = sizeof(struct activation_args),                                                                   \
        .flags = (reads == READS_X ? KEEPS_X : KEEPS_Y) | INPLACE,                                                     \
        .act = ACT_##word,                                                                                             \
        .shape = layer_same_shape,                                                                                     \
        .forward = activation_forward,                                                                                 \
        .backward = activation_backward,                                                                               \
        .part = activation_part,                                                                                       \
    };
// clang-format on
#include "kernels/activations.def"
