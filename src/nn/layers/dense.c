/* dense: y = W x + b; on a sequence at every position. With `tied` W is the table of the embedding before it, so that
 * a token is told by the row that it is read as (Press & Wolf 2017, arXiv:1608.05859). */
#include "nn/layer.h"

#include <limits.h>

#define TOKENS_OUT 65536 /* most units */

struct dense_args {
    int units, bias, init, tied;
};

// clang-format off
#define AT(field) offsetof(struct dense_args, field)
static const struct param dense_params[] = {
    { .name = "units", .type = P_INT, .at = AT(units), .min = 0, .max = TOKENS_OUT, .preset = "0",
      .help = "output features; of `tied` the tokens of the embedding" },
    { .name = "bias", .type = P_CHOICE, .at = AT(bias), .preset = "auto", .word = layer_bias_word,
      .help = "auto: yes, unless a normalization follows directly and would undo it" },
    { .name = "init", .type = P_CHOICE, .at = AT(init), .preset = "default", .word = layer_init_word,
      .help = "how the weights start; default: [model] init" },
    { .name = "tied", .type = P_FLAG, .at = AT(tied), .preset = "no",
      .help = "the weights are those of the embedding before it" },
    { 0 },
};
// clang-format on

static int dense_check(void *args, struct err *e)
{
    const struct dense_args *a = args;
    if (!a->units && !a->tied)
        return err_set(e, ERR_USAGE, "units: how many output features there are, an integer 1..%d, is missing",
                       TOKENS_OUT);
    if (a->units && a->tied)
        return err_set(e, ERR_USAGE, "tied has as many outputs as the embedding has tokens; leave the %d out",
                       a->units);
    return a->tied && a->init ? err_set(e, ERR_USAGE, "tied has weights that start with the embedding; leave init out")
                              : 0;
}

/* Takes the table of the embedding for its weight. */
static int tie_weight(struct nn_node *nd, struct err *e)
{
    if (nd->embedding < 0)
        return layer_error(nd, e, "wants an embedding before it, whose weights it takes; write how many units it has");
    if (nd->x[0].c != nd->table_width)
        return layer_error(nd, e,
                           "reads %d channels, and the embedding has %d numbers of each token; put dense %d before it",
                           nd->x[0].c, nd->table_width, nd->table_width);
    nd->tied = nd->embedding;
    return 0;
}

static int dense_shape(struct nn_node *nd, struct err *e)
{
    const struct dense_args *a = nd->args;
    const int units = a->tied ? nd->table_rows : a->units;
    char buf[48];
    if (nd->x[0].kind >= MAPS && (nd->x[0].h != 1 || nd->x[0].w != 1))
        return layer_error(nd, e, "wants a vector of features, but its input is %s of %s; put flatten or gap before it",
                           nd->x[0].kind == MAPS ? "maps" : "a volume", shape_text(nd->x[0], buf, sizeof buf));
    size_t n = (size_t)nd->x[0].c * (size_t)units;
    if (n > INT_MAX)
        return layer_error(nd, e, "has %zu weights, the limit is %d", n, INT_MAX);
    if (a->tied && tie_weight(nd, e))
        return -1;
    nd->y = (struct shape){nd->x[0].kind == SEQUENCE ? SEQUENCE : VECTOR, units, nd->x[0].h, 1, 1};
    nd->macs = (double)n * nd->x[0].h;
    if (!a->tied) {
        layer_tensor(nd, "weight", NN_WEIGHT, n, nd->x[0].c, units, a->init - 1);
        layer_dims(nd, 2, (const int[]){units, nd->x[0].c});
    }
    if (layer_has_bias(nd, a->bias) && a->tied) /* begins at 0 */
        layer_tensor(nd, "bias", NN_BIAS, (size_t)units, nd->x[0].c, units, -1);
    else if (layer_has_bias(nd, a->bias))
        layer_bias(nd, (size_t)units);
    return 0;
}

/* Every position of a sequence is a block of vectors to the kernels. */
static int dense_vectors(const struct nn_node *nd, int blocks)
{
    return blocks * nd->x[0].h;
}

static size_t dense_scratch_floats(const struct nn_node *nd, int blocks, int bf16)
{
    return (bf16 ? dense_scratch_bf16 : dense_scratch)(dense_vectors(nd, blocks), nd->x[0].c, nd->y.c);
}

/* Where the bias is among the tensors of the node, the last of them; -1: it has none. */
static ptrdiff_t dense_bias_at(const struct nn_node *nd)
{
    if (nd->ntensors < (nd->tied < 0 ? 2 : 1))
        return -1;
    return (ptrdiff_t)(nd->tensor[nd->ntensors - 1].at - nd->tensor[0].at);
}

static void dense_forward(const struct layer_call *c)
{
    const struct nn_node *nd = c->node;
    const float *bias = dense_bias_at(nd) < 0 ? NULL : c->w + dense_bias_at(nd);
    PRODUCT_OF(c->kernels, c->bf16, dense_forward)
    (dense_vectors(nd, c->pass->blocks), nd->x[0].c, nd->y.c, c->x[0], nd->tied < 0 ? c->w : c->tied, bias, c->y,
     c->scratch);
}

static void dense_backward(const struct layer_call *c)
{
    const struct nn_node *nd = c->node;
    int n = dense_vectors(nd, c->pass->blocks);
    float *dbias = dense_bias_at(nd) < 0 ? NULL : c->dw + dense_bias_at(nd);
    const float *w = nd->tied < 0 ? c->w : c->tied;
    PRODUCT_OF(c->kernels, c->bf16, dense_backward_weights)
    (n, nd->x[0].c, nd->y.c, c->x[0], c->dy, nd->tied < 0 ? c->dw : c->dtied, dbias, c->scratch);
    if (c->dx[0])
        PRODUCT_OF(c->kernels, c->bf16, dense_backward_data)(n, nd->x[0].c, nd->y.c, c->dy, w, c->dx[0], c->scratch);
}

const struct layer_type layer_dense = {
    .name = "dense",
    .alias = "linear",
    .sig = "[C] -> [units], [C,T] -> [units,T]",
    .help = "fully connected, y = W x + b",
    .source = "",
    .params = dense_params,
    .positional = 1,
    .args_size = sizeof(struct dense_args),
    .check = dense_check,
    .flags = KEEPS_X | COUNTS | HEAD_FC,
    .shape = dense_shape,
    .scratch = dense_scratch_floats,
    .forward = dense_forward,
    .backward = dense_backward,
};
