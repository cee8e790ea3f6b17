/* embedding: ids of tokens become rows of a table, the vocabulary's, with so many numbers each. The table is PyTorch's
 * nn.Embedding; so is how it starts, unless it is told otherwise. The gradient is summed in the order of positions and
 * samples; where the table is the weight of a dense layer, too, it is added to that layer's. */
#include "nn/layer.h"

#include <limits.h>
#include <string.h>

struct embedding_args {
    int width, init;
};

// clang-format off
#define AT(field) offsetof(struct embedding_args, field)
static const struct param embedding_params[] = {
    { .name = "width", .type = P_INT, .at = AT(width), .min = 1, .max = 65536, .help = "numbers of each token" },
    { .name = "init", .type = P_CHOICE, .at = AT(init), .preset = "default", .word = layer_init_word,
      .help = "how the table starts; default: standard_normal" },
    { 0 },
};
// clang-format on

static int embedding_shape(struct nn_node *nd, struct err *e)
{
    const struct embedding_args *a = nd->args;
    const struct shape x = nd->x[0];
    if (!nd->vocabulary)
        return layer_error(
            nd, e, "wants the ids of tokens, which a network of texts reads: put it first, or first after `target`");
    if ((double)nd->vocabulary * a->width > INT_MAX)
        return layer_error(nd, e, "has %.0f weights, the limit is %d", (double)nd->vocabulary * a->width, INT_MAX);
    nd->y = (struct shape){SEQUENCE, a->width, x.h, 1, 1};
    layer_tensor(nd, "weight", NN_WEIGHT, (size_t)nd->vocabulary * (size_t)a->width, a->width, nd->vocabulary,
                 a->init ? a->init - 1 : layer_init_named("standard_normal"));
    layer_dims(nd, 2, (const int[]){nd->vocabulary, a->width});
    return 0;
}

static void embedding_forward(const struct layer_call *c)
{
    c->kernels->embed_forward(c->pass->blocks * c->node->y.h, c->node->y.c, c->x[0], c->w, c->y);
}

static size_t embedding_scratch(const struct nn_node *nd, int blocks, int bf16)
{
    (void)blocks, (void)bf16;
    return nd->shared ? PAD16(nd->tensor[0].n) : 0;
}

static void embedding_backward(const struct layer_call *c)
{
    const struct nn_node *nd = c->node;
    const size_t n = nd->tensor[0].n, padding = PAD16(n) - n;
    float *dw = nd->shared ? c->scratch : c->dw;
    c->kernels->embed_backward(c->pass->blocks * nd->y.h, nd->y.c, nd->vocabulary, c->x[0], c->dy, dw);
    if (nd->shared) {
        memset(dw + n, 0, padding * sizeof *dw);
        c->kernels->add_scaled(n + padding, 1, dw, c->dw, c->dw);
    }
    if (c->dx[0]) /* ids have none */
        memset(c->dx[0], 0, floats_of(nd->x[0], c->pass->blocks) * sizeof *c->dx[0]);
}

const struct layer_type layer_embedding = {
    .name = "embedding",
    .sig = "ids [1,T] -> [width,T]",
    .help = "the numbers of each token, a row of a table that is learned",
    .source = "Bengio et al. 2003, JMLR 3",
    .params = embedding_params,
    .positional = 1,
    .args_size = sizeof(struct embedding_args),
    .flags = KEEPS_X | READS_IDS,
    .shape = embedding_shape,
    .scratch = embedding_scratch,
    .forward = embedding_forward,
    .backward = embedding_backward,
};
