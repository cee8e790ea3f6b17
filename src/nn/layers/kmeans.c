/* kmeans: differentiable k-means. Each position of a sample is told apart by its squared distances d to K centres,
 * which are learned: its shares are softmax(-d / temperature) over the centres. What comes out is the centres, mixed by
 * the shares, or the shares themselves. The lower the temperature, the nearer it is to k-means. The temperature is
 * given, or learned by its logarithm, so that it stays above 0. It computes with floats in bf16, too: distances are
 * differences of numbers that lie near each other. Tensors: centres [K][C], and log_temperature [1] where that is
 * learned. */
#include "nn/layer.h"

#include "base/maths.h"

#include <limits.h>

struct kmeans_args {
    int centres, out, learned, init;
    double temperature;
};

enum { OUT_MIXTURE, OUT_ASSIGNMENTS };

static const char *out_word(size_t i)
{
    static const char *const words[] = {"mixture", "assignments"};
    return i < 2 ? words[i] : NULL;
}

// clang-format off
#define AT(field) offsetof(struct kmeans_args, field)
static const struct param kmeans_params[] = {
    { .name = "centres", .type = P_INT, .at = AT(centres), .min = 2, .max = 65536, .help = "how many there are" },
    { .name = "out", .type = P_CHOICE, .at = AT(out), .preset = "mixture", .word = out_word,
      .help = "the centres by their shares (as many channels as the input), or the shares (one channel for each centre)" },
    { .name = "temperature", .type = P_FLOAT, .at = AT(temperature), .min = 0, .max = 1e6, .preset = "1", .open = 1,
      .help = "squared distances are divided by it" },
    { .name = "learned", .type = P_FLAG, .at = AT(learned), .help = "the temperature is learned, from that value on" },
    { .name = "init", .type = P_CHOICE, .at = AT(init), .preset = "default", .word = layer_init_word,
      .help = "how the centres start; default: [model] init" },
    { 0 },
};
// clang-format on

static size_t share_floats(const struct nn_node *nd)
{
    const struct kmeans_args *a = nd->args;
    return (size_t)a->centres * (size_t)(nd->x[0].h * nd->x[0].w) * LANES;
}

static int kmeans_shape(struct nn_node *nd, struct err *e)
{
    const struct kmeans_args *a = nd->args;
    const struct shape x = nd->x[0];
    const int mixes = a->out == OUT_MIXTURE;
    if ((double)a->centres * x.c > INT_MAX / LANES)
        return layer_error(nd, e, "%d centres of %d channels are too many", a->centres, x.c);
    nd->y = x;
    nd->y.c = mixes ? x.c : a->centres;
    nd->macs = (double)x.h * x.w * a->centres * x.c * (mixes ? 2 : 1);
    nd->saved_block = mixes ? share_floats(nd) : 0; /* else they are its output */
    layer_tensor(nd, "centres", NN_WEIGHT, (size_t)a->centres * (size_t)x.c, x.c, a->centres, a->init - 1);
    layer_dims(nd, 2, (const int[]){a->centres, x.c});
    if (a->learned)
        layer_tensor(nd, "log_temperature", NN_GAIN, 1, 1, 1, -1);
    if (a->learned && nd->ntensors == 2)
        nd->tensor[1].start = (float)m_log(a->temperature);
    if (!mixes)
        nd->flags |= KEEPS_Y;
    return 0;
}

static struct kmeans kmeans_of(const struct layer_call *c)
{
    const struct nn_node *nd = c->node;
    const struct kmeans_args *a = nd->args;
    const double sharpness =
        a->learned ? m_exp(-(double)c->w[nd->tensor[1].at - nd->tensor[0].at]) : 1 / a->temperature;
    return (struct kmeans){.c = nd->x[0].c,
                           .w = nd->x[0].w,
                           .k = a->centres,
                           .mixture = a->out == OUT_MIXTURE,
                           .sharpness = (float)sharpness,
                           .centre = c->w};
}

/* Shares where nothing keeps them, or lane sums of gradients, with a vector for each centre beside them. */
static size_t kmeans_scratch(const struct nn_node *nd, int blocks, int bf16)
{
    const struct kmeans_args *a = nd->args;
    size_t shares = (size_t)blocks * share_floats(nd);
    size_t sums = ((size_t)a->centres * (size_t)(nd->x[0].c + 1) + 1) * LANES;
    (void)bf16;
    return shares > sums ? shares : sums;
}

static int rows_of_pass(const struct layer_call *c)
{
    return c->pass->blocks * c->node->x[0].h;
}

static void kmeans_forward(const struct layer_call *c)
{
    const struct kmeans d = kmeans_of(c);
    float *share = !d.mixture ? c->y : c->saved ? c->saved : c->scratch;
    c->kernels->kmeans_forward(&d, rows_of_pass(c), c->x[0], share, d.mixture ? c->y : NULL);
}

static void kmeans_backward(const struct layer_call *c)
{
    const struct nn_node *nd = c->node;
    const struct kmeans d = kmeans_of(c);
    const struct conv_dims centres = {.co = d.k * d.c, .wo = 1}, scale = {.co = 1, .wo = 1};
    const size_t n = (size_t)(d.k * d.c) * LANES;
    float *sums = c->scratch;
    for (size_t i = 0; i < n + LANES; i++)
        sums[i] = 0;
    c->kernels->kmeans_backward(&d, rows_of_pass(c), c->x[0], d.mixture ? c->saved : c->y, c->dy, c->dx[0], sums,
                                sums + n + LANES);
    c->kernels->conv_bias_sums(&centres, sums, c->dw);
    if (nd->ntensors > 1)
        c->kernels->conv_bias_sums(&scale, sums + n, c->dw + (nd->tensor[1].at - nd->tensor[0].at));
}

const struct layer_type layer_kmeans = {
    .name = "kmeans",
    .sig = "[C,...] -> same, or [centres,...]",
    .help =
        "differentiable k-means at each position: shares softmax(-|x - centre|^2 / temperature), and the centres mixed "
        "by them; always in fp32",
    .source = "Fard et al. 2018, arXiv:1806.10069",
    .params = kmeans_params,
    .positional = 1,
    .args_size = sizeof(struct kmeans_args),
    .flags = KEEPS_X,
    .shape = kmeans_shape,
    .scratch = kmeans_scratch,
    .forward = kmeans_forward,
    .backward = kmeans_backward,
};
