/* dropout: element-wise. The mask of an image is a function of (seed, node, epoch, sample) alone, never of its place in
 * the batch or of the batch's size; it is not stored, backward draws it again. */
#include "nn/layers/dropout.h"

#include "base/rng.h"

#include <string.h>

struct dropout_args {
    double p;
};

// clang-format off
static const struct param dropout_params[] = {
    { .name = "p", .type = P_FLOAT, .at = offsetof(struct dropout_args, p), .min = 0, .max = 1, .open = 2,
      .help = "probability that an element is set to 0" },
    { 0 },
};
// clang-format on

static int dropout_shape(struct nn_node *nd, struct err *e)
{
    const struct dropout_args *a = nd->args;
    if (a->p == 0)
        nd->flags |= IDENTITY;
    return layer_same_shape(nd, e);
}

size_t dropout_seed_floats(const struct nn_node *nd, int blocks, int bf16)
{
    (void)bf16;
    (void)nd;
    return (size_t)blocks * LANES; /* uint32_t */
}

/* The first word of block `node` of the image's stream. */
void dropout_seeds(const struct nn_node *nd, const struct nn_pass *p, int block, uint32_t *seed)
{
    for (int lane = 0; lane < LANES; lane++) {
        int i = block * LANES + lane;
        struct rng r;
        rng_init(&r, p->seed, RNG_DROPOUT, p->epoch, i < p->n ? p->sample[i] : 0);
        r.ctr[0] = (uint32_t)nd->index;
        seed[lane] = rng_u32(&r);
        if (!seed[lane])
            seed[lane] = 1;
    }
}

uint32_t *dropout_call_seeds(const struct layer_call *c)
{
    uint32_t *seed = (uint32_t *)c->scratch;
    for (int b = 0; b < c->pass->blocks; b++)
        dropout_seeds(c->node, c->pass, b, seed + b * LANES);
    return seed;
}

int dropout_keeps_all(const struct layer_call *c, const float *x, float *y)
{
    if (c->pass->keep_all && x != y)
        memcpy(y, x, floats_of(c->node->y, c->pass->blocks) * sizeof *y);
    return c->pass->keep_all;
}

/* The same map forth and back. */
static void apply(const struct layer_call *c, const float *x, float *y)
{
    const struct dropout_args *a = c->node->args;
    if (dropout_keeps_all(c, x, y))
        return;
    c->kernels->dropout(c->pass->blocks, shape_size(c->node->x[0]), (float)a->p, dropout_call_seeds(c), x, y);
}

static void dropout_forward(const struct layer_call *c)
{
    apply(c, c->x[0], c->y);
}

static void dropout_backward(const struct layer_call *c)
{
    if (c->dx[0])
        apply(c, c->dy, c->dx[0]);
}

static void dropout_part(const struct nn_node *nd, struct stage_part *out)
{
    const struct dropout_args *a = nd->args;
    *out = (struct stage_part){.kind = PART_DROPOUT, .p = (float)a->p};
}

const struct layer_type layer_dropout = {
    .name = "dropout",
    .sig = "any -> same",
    .help = "sets elements to 0 at random while training, and scales the others by 1 / (1 - p)",
    .source = "Srivastava et al. 2014, JMLR 15",
    .params = dropout_params,
    .positional = 1,
    .args_size = sizeof(struct dropout_args),
    .flags = INPLACE | EVAL_IDENTITY,
    .shape = dropout_shape,
    .scratch = dropout_seed_floats,
    .forward = dropout_forward,
    .backward = dropout_backward,
    .part = dropout_part,
};
