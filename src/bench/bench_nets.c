/* bench_nets.c - times the phases of a training step of each of a table of networks. */
#include "bench/bench_nets.h"

#include "base/clock.h"
#include "base/rng.h"
#include "base/timing.h"
#include "bench/bench_kernels.h"
#include "kernels/probe.h"
#include "nn/layer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N1(drop)                                                                                                       \
    "conv 3x3 10, batchnorm, relu" drop "\n"                                                                           \
    "conv 3x3 16, batchnorm, relu" drop "\n"                                                                           \
    "conv 3x3 20, batchnorm, relu" drop "\n"                                                                           \
    "maxpool 2\n"                                                                                                      \
    "conv 1x1 10, batchnorm, relu\n"                                                                                   \
    "conv 3x3 16, batchnorm, relu" drop "\n"                                                                           \
    "conv 3x3 16, batchnorm, relu" drop "\n"                                                                           \
    "conv 3x3 20, batchnorm, relu\n"                                                                                   \
    "gap, dense 10"
#define BLOCK(n) "conv 3x3 " n " pad same, batchnorm, relu\n"
#define CIFAR                                                                                                          \
    BLOCK("32")                                                                                                        \
    BLOCK("32") "maxpool 2\n" BLOCK("64") BLOCK("64") "maxpool 2\n" BLOCK("128") BLOCK("128") "gap, dense 10"
#define K3(n)                                                                                                          \
    "conv 3x3 " n ", batchnorm, relu\nconv 3x3 " n ", batchnorm, relu\nmaxpool 2\nconv 3x3 " n                         \
    ", batchnorm, relu\ngap, dense 10"
#define RESIDUAL(n, stride)                                                                                            \
    "residual { conv 3x3 " n " stride " stride " pad 1, batchnorm, relu, conv 3x3 " n " pad 1, batchnorm }, relu\n"
#define RESIDUALS(n, stride) RESIDUAL(n, stride) RESIDUAL(n, "1") RESIDUAL(n, "1")
#define RESNET                                                                                                         \
    BLOCK("16")                                                                                                        \
    RESIDUALS("16", "1") RESIDUALS("32", "2") RESIDUALS("64", "2") "gap, dense 10"
#define MOBILE_BODY(wide, kernel, n)                                                                                   \
    "conv 1x1 " wide ", batchnorm, relu6, depthwise " kernel ", batchnorm, relu6, conv 1x1 " n ", batchnorm"
#define MOBILE                                                                                                         \
    "conv 3x3 16 pad 1, batchnorm, relu6\n"                                                                            \
    "residual { " MOBILE_BODY("64", "3x3 pad 1", "16") " }\n" MOBILE_BODY(                                             \
        "64", "3x3 stride 2 pad 1",                                                                                    \
        "24") "\n"                                                                                                     \
              "residual { " MOBILE_BODY("96", "5x5 pad 2", "24") " }\n" MOBILE_BODY(                                   \
                  "96", "5x5 stride 2 pad 2",                                                                          \
                  "40") "\n"                                                                                           \
                        "residual { " MOBILE_BODY("160", "5x5 pad 2",                                                  \
                                                  "40") " }\n"                                                         \
                                                        "conv 1x1 96, batchnorm, relu6, gap, dense 10"
#define CONVNEXT_BLOCKS(n, wide)                                                                                       \
    "{ residual { depthwise 7x7 pad 3 bias yes, layernorm, conv 1x1 " wide " bias yes, gelu, conv 1x1 " n              \
    " bias yes } } x 2\n"
#define CONVNEXT                                                                                                       \
    "conv 2x2 32 stride 2 bias yes, layernorm\n" CONVNEXT_BLOCKS(                                                      \
        "32", "128") "conv 2x2 64 stride 2 bias yes\n" CONVNEXT_BLOCKS("64", "256") "gap, dense 10"
#define TRANSFORMER "residual { layernorm, attention heads 4 }, residual { layernorm, dense 256, gelu, dense 64 }"
#define VAE                                                                                                            \
    "flatten, dense 400, relu, dense 40, sample\n"                                                                     \
    "dense 400, relu, dense 784, reshape 1x28x28"
#define VIT "patch 4 64, positional\n{ " TRANSFORMER " } x 4\nlayernorm, mean, dense 10"

#define GPT_BLOCK "residual { layernorm, attention heads 4 causal }, residual { layernorm, dense 512, gelu, dense 128 }"
#define GPT "embedding 128, positional\n{ " GPT_BLOCK " } x 4\nlayernorm, dense 65 bias no"
#define CHAR_LSTM "embedding 64, lstm 256, dense 65"
#define ROW_LSTM "rows, lstm 128 last, dense 10"

// clang-format off
static const struct bench_net nets[] = {
    { "n1-32",     "n1",    "digits 28x28, 11,660 parameters, dropout 0.05", N1(", dropout 0.05"), { 3, 1, 28, 28, 1 }, 32,  0.05, NN_FP32, 0, 0 },
    { "n1-64",     "n1",    "the same, a batch of 64",                       N1(", dropout 0.05"), { 3, 1, 28, 28, 1 }, 64,  0.05, NN_FP32, 0, 0 },
    { "n1-128",    "n1",    "the same, a batch of 128",                      N1(", dropout 0.05"), { 3, 1, 28, 28, 1 }, 128, 0.05, NN_FP32, 0, 0 },
    { "n1-32-p0",  "n1",    "without dropout",                               N1(""),               { 3, 1, 28, 28, 1 }, 32,  0, NN_FP32, 0, 0 },
    { "n1-64-p0",  "n1",    "without dropout, a batch of 64",                N1(""),               { 3, 1, 28, 28, 1 }, 64,  0, NN_FP32, 0, 0 },
    { "n1-128-p0", "n1",    "without dropout, a batch of 128",               N1(""),               { 3, 1, 28, 28, 1 }, 128, 0, NN_FP32, 0, 0 },
    { "n1-64-bf16", "n1",  "in bf16, a batch of 64",   N1(", dropout 0.05"), { 3, 1, 28, 28, 1 }, 64,  0.05, NN_BF16, 0, 0 },
    { "n1-128-bf16", "n1", "in bf16, a batch of 128",  N1(", dropout 0.05"), { 3, 1, 28, 28, 1 }, 128, 0.05, NN_BF16, 0, 0 },
    { "mlp-128",   "mlp",   "784-128-10, 101,770 parameters",                "flatten, dense 128, relu\ndense 10", { 3, 1, 28, 28, 1 }, 128, 0, NN_FP32, 0, 0 },
    { "cifar-64",  "cifar", "colour 32x32, 32 to 128 channels, 288,746 parameters", CIFAR,         { 3, 3, 32, 32, 1 }, 64,  0, NN_FP32, 0, 0 },
    { "cifar-64-bf16", "cifar", "the same in bf16",                          CIFAR,                { 3, 3, 32, 32, 1 }, 64,  0, NN_BF16, 0, 0 },
    { "k3-64",     "k3-64", "digits 28x28, three convolutions of 64 kernels, 75,338 parameters", K3("64"), { 3, 1, 28, 28, 1 }, 64, 0, NN_FP32, 0, 0 },
    { "k3-64-bf16", "k3-64", "the same in bf16",                              K3("64"),             { 3, 1, 28, 28, 1 }, 64,  0, NN_BF16, 0, 0 },
    { "k3-128",    "k3-128", "three convolutions of 128 kernels, 298,122 parameters", K3("128"),    { 3, 1, 28, 28, 1 }, 64,  0, NN_FP32, 0, 0 },
    { "k3-128-bf16", "k3-128", "the same in bf16",                              K3("128"),            { 3, 1, 28, 28, 1 }, 64,  0, NN_BF16, 0, 0 },
    { "resnet20-64", "resnet20", "residual blocks with projections, colour 32x32, 272,474 parameters", RESNET, { 3, 3, 32, 32, 1 }, 64, 0, NN_FP32, 0, 0 },
    { "resnet20-64-bf16", "resnet20", "the same in bf16",                    RESNET,               { 3, 3, 32, 32, 1 }, 64,  0, NN_BF16, 0, 0 },
    { "mobile-64", "mobile", "depthwise convolutions, colour 32x32, 45,786 parameters", MOBILE,    { 3, 3, 32, 32, 1 }, 64,  0, NN_FP32, 0, 0 },
    { "mobile-64-bf16", "mobile", "the same in bf16",                        MOBILE,               { 3, 3, 32, 32, 1 }, 64,  0, NN_BF16, 0, 0 },
    { "convnext-64", "convnext", "7x7 convolutions of each channel, layernorm, gelu, colour 32x32, 102,250 parameters", CONVNEXT, { 3, 3, 32, 32, 1 }, 64, 0, NN_FP32, 0, 0 },
    { "convnext-64-bf16", "convnext", "the same in bf16",                    CONVNEXT,             { 3, 3, 32, 32, 1 }, 64,  0, NN_BF16, 0, 0 },
    { "vit-64",    "vit",    "a vision transformer, digits 28x28, 204,938 parameters", VIT,         { 3, 1, 28, 28, 1 }, 64,  0, NN_FP32, 0, 0 },
    { "vit-64-bf16", "vit",  "the same in bf16",                              VIT,                  { 3, 1, 28, 28, 1 }, 64,  0, NN_BF16, 0, 0 },
    { "vae-128",   "vae",    "a variational autoencoder, 784-400-20, digits 28x28, 652,824 parameters", VAE, { 3, 1, 28, 28, 1 }, 128, 0, NN_FP32, 1, 0 },
    { "vae-128-bf16", "vae", "the same in bf16",                              VAE,                  { 3, 1, 28, 28, 1 }, 128, 0, NN_BF16, 1, 0 },
    { "gpt-16",    "gpt",    "a character transformer, 64 positions, 4 layers of width 128, 818,176 parameters", GPT, { 2, 1, 64, 1, 1 }, 16, 0, NN_FP32, 0, 65 },
    { "gpt-16-bf16", "gpt",  "the same in bf16",                              GPT,                  { 2, 1, 64, 1, 1 },  16,  0, NN_BF16, 0, 65 },
    { "charlstm-64", "charlstm", "a character LSTM of 256, 64 positions",     CHAR_LSTM,            { 2, 1, 64, 1, 1 },  64,  0, NN_FP32, 0, 65 },
    { "charlstm-64-bf16", "charlstm", "the same in bf16",                     CHAR_LSTM,            { 2, 1, 64, 1, 1 },  64,  0, NN_BF16, 0, 65 },
    { "rowlstm-64", "rowlstm", "an LSTM of 128 that reads digits 28x28 row by row", ROW_LSTM,       { 3, 1, 28, 28, 1 }, 64,  0, NN_FP32, 0, 0 },
    { "rowlstm-64-bf16", "rowlstm", "the same in bf16",                       ROW_LSTM,             { 3, 1, 28, 28, 1 }, 64,  0, NN_BF16, 0, 0 },
};
// clang-format on
const char *const bench_phase_name[BENCH_PHASES] = {"data", "forward", "backward", "update", "evaluate"};

const struct bench_net *bench_net(size_t i)
{
    return i < sizeof nets / sizeof *nets ? &nets[i] : NULL;
}

/* ---- a training without a dataset -------------------------------------------------------------------------------- */

#define CLASSES 10
#define IMAGES 1024 /* in the cache of no core, but small */
#define MOST 4096   /* steps whose times are kept */
#define TOO_LONG 10 /* a step of so many times the time there is has to do as it is */
#define PROBES 64   /* runs of the multiply-add probe between two phases: a fourth of a millisecond or so */

struct bench {
    const struct kernels *k;
    const struct optimizer_type *optimizer;
    _Alignas(16) unsigned char optimizer_args[TRAIN_ARGS];
    struct nn_graph graph;
    struct dataset set;
    struct data_view view;
    struct nn_net *net, *eval;
    struct probe_run probe;
    float *state[TRAIN_STATES], *loss, *divergence;
    const struct bench_net *of;
    int32_t *next; /* [positions of a batch] the tokens after them, where there is a vocabulary */
    uint32_t at[IMAGES];
    struct batch batch;
    uint64_t step;
    double norm; /* of the last gradient */
    struct arena mem;
};

static int make_data(struct bench *b, struct shape in, struct err *e)
{
    static const char *const digit[CLASSES] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    struct data_spec spec = {0};
    size_t n = IMAGES * shape_size(in);
    uint8_t *x = arena_take(&b->mem, n), *y = arena_take(&b->mem, IMAGES);
    struct rng r;
    if (!x || !y)
        return err_set(e, ERR_NOMEM, "no memory for %d images", IMAGES);
    rng_init(&r, 1, RNG_TEST, 0, 0);
    for (size_t i = 0; i < n; i++)
        x[i] = (uint8_t)rng_below(&r, 256);
    for (int i = 0; i < IMAGES; i++)
        y[i] = (uint8_t)(i % CLASSES);
    b->set = (struct dataset){.name = "random"};
    dataset_of_images(&b->set, in.c, in.h, in.w, 255, CLASSES, digit);
    for (int part = 0; part < DATA_PARTS; part++) {
        b->set.field[0].values[part] = x;
        b->set.field[1].values[part] = y;
        b->set.n[part] = IMAGES;
    }
    param_defaults(data_params, &spec);
    spec.train = spec.validation = spec.test = 0;
    spec.augment = "rotate 7, shift 1";
    spec.normalize = b->of->reconstructs ? NORMALIZE_UNIT : NORMALIZE_STANDARD;
    for (uint32_t i = 0; i < IMAGES; i++)
        b->at[i] = i;
    return data_view_init(&b->view, &b->set, &spec, &b->mem, e);
}

static int make_graph(struct bench *b, const struct bench_net *n, struct err *e)
{
    struct nn_line line[16] = {0};
    struct nn_spec spec = {.vocabulary = n->vocabulary};
    const struct shape texts = {SEQUENCE, n->vocabulary, n->in.h, 1, 1};
    struct err_list errs = {0};
    size_t lines = 0;
    for (const char *s = n->layers; *s && lines < sizeof line / sizeof *line; lines++) {
        size_t len = strcspn(s, "\n");
        line[lines].text = arena_strn(&b->mem, s, len);
        line[lines].at = (struct where){.file = n->name, .line = (int)lines + 1};
        if (!line[lines].text)
            return err_set(e, ERR_NOMEM, "no memory for %s", n->name);
        s += len + (s[len] == '\n');
    }
    param_defaults(nn_params, &spec);
    spec.precision = (int)n->precision;
    const struct nn_target classes = {CLASSES, "classes", NULL}, input = {(int)shape_size(n->in), "values", &n->in},
                           tokens = {n->vocabulary * n->in.h, "tokens", &texts};
    int bad = nn_graph_build(&b->graph, line, lines, n->in,
                             n->vocabulary     ? tokens
                             : n->reconstructs ? input
                                               : classes,
                             &spec, &b->mem, &errs);
    if (bad)
        err_set(e, errs.n ? errs.v[0].code : ERR_NOMEM, "%s", errs.n ? errs.v[0].text : "no memory for the graph");
    err_list_release(&errs);
    return bad;
}

static int make_optimizer(struct bench *b, struct err *e)
{
    size_t i = 0;
    while (strcmp(optimizer_types[i]->name, "sgd") != 0)
        i++;
    b->optimizer = optimizer_types[i];
    param_defaults(b->optimizer->params, b->optimizer_args);
    if (param_set(param_find(b->optimizer->params, "momentum"), b->optimizer_args, "0.9", NULL, e) ||
        param_set(param_find(b->optimizer->params, "nesterov"), b->optimizer_args, "yes", NULL, e))
        return -1;
    for (int s = 0; s < b->optimizer->states(b->optimizer_args); s++) {
        b->state[s] = arena_take(&b->mem, b->graph.param_floats * sizeof(float));
        if (!b->state[s])
            return err_set(e, ERR_NOMEM, "no memory for the optimizer");
    }
    return 0;
}

static int make_training(struct bench *b, const struct bench_net *n, struct err *e)
{
    size_t batch = (size_t)n->batch, positions = batch * (n->vocabulary ? (size_t)n->in.h : 1);
    if (make_graph(b, n, e) || make_data(b, n->in, e) || make_optimizer(b, e))
        return -1;
    b->net = nn_net_new(&b->graph, n->batch, 1, NULL, b->k, &b->mem, e);
    b->eval = b->net ? nn_net_new(&b->graph, n->batch, 0, NULL, b->k, &b->mem, e) : NULL;
    b->batch.k = b->k;
    b->batch.label = arena_take(&b->mem, batch * sizeof *b->batch.label);
    b->batch.key = arena_take(&b->mem, batch * sizeof *b->batch.key);
    b->loss = arena_take(&b->mem, positions * sizeof *b->loss);
    b->next = arena_take(&b->mem, positions * sizeof *b->next);
    b->divergence = arena_take(&b->mem, (size_t)blocks_of(n->batch) * LANES * sizeof *b->divergence);
    b->batch.scratch = arena_take(&b->mem, data_scratch(&b->view));
    if (!b->net || !b->eval || !b->batch.scratch || !b->batch.label || !b->batch.key || !b->loss || !b->next ||
        !b->divergence)
        return err_set(e, ERR_NOMEM, "no memory to train %s", n->name);
    nn_net_init(b->net, 1);
    probe_run_init(&b->probe, b->k, NULL, 0);
    return 0;
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

enum { STEP_PHASES = BENCH_EVALUATE }; /* the phases before it make a step */

/* Texts of random tokens to x, and what comes after each of them. */
static void draw_tokens(struct bench *b, int n, float *x)
{
    const size_t positions = (size_t)n * (size_t)b->graph.in.h;
    struct rng r;
    rng_init(&r, 1, RNG_TEST, (uint32_t)b->step, 0);
    for (size_t i = 0; i < positions; i++) {
        x[i] = (float)rng_below(&r, (uint32_t)b->of->vocabulary);
        b->next[i] = (int32_t)rng_below(&r, (uint32_t)b->of->vocabulary);
    }
    for (int i = 0; i < n; i++)
        b->batch.key[i] = (uint32_t)i;
}

static void phase_data(struct bench *b, const struct nn_pass *p)
{
    if (b->of->vocabulary) {
        draw_tokens(b, p->n, b->net->x);
        return;
    }
    size_t from = (size_t)b->step * (size_t)p->n % (IMAGES - (size_t)p->n + 1);
    const struct data_draw draw = {p->seed, p->epoch};
    b->batch.x = b->net->x;
    data_batch(&b->view, DATA_TRAIN, b->at + from, p->n, &draw, &b->batch);
}

static void phase_forward(struct bench *b, const struct nn_pass *p)
{
    const int outputs = (int)shape_size(nn_output(&b->graph)), positions = p->n * b->graph.in.h;
    if (b->of->reconstructs)
        memset(b->divergence, 0, (size_t)p->blocks * LANES * sizeof *b->divergence);
    nn_forward(b->net, p);
    if (b->of->reconstructs) /* the sum over the values of a sample */
        b->k->bce_target_loss(p->n, outputs, b->net->z, b->net->x, (float)outputs / (float)p->n, b->loss, b->net->dz);
    else if (b->of->vocabulary)
        b->k->softmax_xent(positions, b->of->vocabulary, b->net->z, b->next, 0, 1 / (float)positions, b->loss, NULL,
                           b->net->dz);
    else
        b->k->softmax_xent(p->n, CLASSES, b->net->z, b->batch.label, 0, 1 / (float)p->n, b->loss, NULL, b->net->dz);
}

static void phase_backward(struct bench *b, const struct nn_pass *p)
{
    nn_backward(b->net, p);
    b->norm = sqrt(b->k->sum_squares(b->graph.param_floats, b->net->dw));
}

static void phase_update(struct bench *b, const struct nn_pass *p)
{
    (void)p;
    b->step++;
    const struct optimizer_call c = {.k = b->k,
                                     .t = b->step,
                                     .lr = 1e-3f,
                                     .wd = 1e-4f,
                                     .gscale = 1,
                                     .len = b->graph.param_floats,
                                     .g = b->net->dw,
                                     .w = b->net->w,
                                     .state = {b->state[0], b->state[1]}};
    b->optimizer->step(b->optimizer_args, &c);
}

/* Measures the multiply-adds a second at this moment, counted as operations. */
static double roof_now(struct bench *b)
{
    double began = clock_thread();
    for (int i = 0; i < PROBES; i++)
        probe_fma(&b->probe);
    return PROBES * probe_fma_flop(&b->probe) / (clock_thread() - began);
}

/* Seconds of the phases of one step, and operations that the probe would have done in each. */
struct step_times {
    double phase[STEP_PHASES], roof[STEP_PHASES];
};

static struct step_times timed_step(struct bench *b, int n)
{
    static void (*const run[STEP_PHASES])(struct bench * b, const struct nn_pass *p) = {phase_data, phase_forward,
                                                                                        phase_backward, phase_update};
    struct nn_pass p = {.n = n,
                        .blocks = blocks_of(n),
                        .training = 1,
                        .seed = 1,
                        .sample = b->batch.key,
                        .divergence = b->of->reconstructs ? b->divergence : NULL,
                        .divergence_scale = 1 / (float)n};
    struct step_times t;
    double before = roof_now(b);
    p.epoch = (uint32_t)b->step + 1;
    for (int i = 0; i < STEP_PHASES; i++) {
        double began = clock_thread();
        run[i](b, &p);
        t.phase[i] = clock_thread() - began;
        double after = roof_now(b);
        t.roof[i] = t.phase[i] * 0.5 * (before + after);
        before = after;
    }
    return t;
}

static void evaluate_batch(void *ctx)
{
    struct bench *b = ctx;
    int n = b->eval->batch;
    struct nn_pass p = {.n = n,
                        .blocks = blocks_of(n),
                        .sample = b->batch.key,
                        .divergence = b->of->reconstructs ? b->divergence : NULL};
    nn_forward(b->eval, &p);
}

/* What is known of a step: times an image of its phases, of the whole and without data, the roof, shares. */
enum { STEP_WHOLE = STEP_PHASES, STEP_BARE, STEP_FMA, STEP_SHARE, STEP_BARE_SHARE, STEP_FACTS };

static void keep_step(const struct step_times *t, int n, double flop, size_t i, double *fact)
{
    double whole = 0, roof = 0;
    for (int p = 0; p < STEP_PHASES; p++) {
        whole += t->phase[p];
        roof += t->roof[p];
        fact[(size_t)p * MOST + i] = t->phase[p] / n;
    }
    fact[STEP_WHOLE * MOST + i] = whole / n;
    fact[STEP_BARE * MOST + i] = (whole - t->phase[BENCH_DATA]) / n;
    fact[STEP_FMA * MOST + i] = roof / whole;
    fact[STEP_SHARE * MOST + i] = n * flop / roof;
    fact[STEP_BARE_SHARE * MOST + i] = n * flop / (roof - t->roof[BENCH_DATA]);
}

static void summarize_steps(double *fact, size_t steps, struct bench_speed *out)
{
    for (int p = 0; p < STEP_PHASES; p++)
        out->phase[p] = timing_median(fact + (size_t)p * MOST, steps);
    out->step = timing_median(fact + STEP_WHOLE * MOST, steps);
    out->bare = timing_median(fact + STEP_BARE * MOST, steps);
    out->fma = timing_median(fact + STEP_FMA * MOST, steps);
    out->share = timing_median(fact + STEP_SHARE * MOST, steps);
    out->bare_share = timing_median(fact + STEP_BARE_SHARE * MOST, steps);
}

static int one_step(struct bench *b, const struct bench_net *n, double flop, size_t i, double *fact, struct err *e)
{
    struct step_times t = timed_step(b, n->batch);
    if (!isfinite(b->norm))
        return err_set(e, ERR_DIVERGED, "%s: the gradient is not finite after %zu steps", n->name, (size_t)b->step);
    keep_step(&t, n->batch, flop, i, fact);
    return 0;
}

static int time_steps(struct bench *b, const struct bench_net *n, double seconds, struct bench_speed *out,
                      struct err *e)
{
    double *fact = arena_take(&b->mem, STEP_FACTS * MOST * sizeof *fact), end = clock_thread() + seconds;
    double began = clock_thread();
    size_t steps = 0;
    if (!fact)
        return err_set(e, ERR_NOMEM, "no memory to measure %s", n->name);
    if (one_step(b, n, out->flop, 0, fact, e))
        return -1;
    if (clock_thread() - began > TOO_LONG * seconds)
        steps = 1; /* otherwise that one was for caches and pages, and far too slow */
    else
        for (; steps < MOST && (steps < 3 || clock_thread() < end); steps++)
            if (one_step(b, n, out->flop, steps, fact, e))
                return -1;
    summarize_steps(fact, steps, out);
    return 0;
}

static int measure_training(struct bench *b, const struct bench_net *n, double seconds, struct bench_speed *out,
                            struct err *e)
{
    if (time_steps(b, n, 0.85 * seconds, out, e))
        return -1;
    /* with the weights and the statistics of the training, as a validation finds them */
    memcpy(b->eval->w, b->net->w, b->graph.param_floats * sizeof(float));
    if (b->graph.buffer_floats)
        memcpy(b->eval->buffers, b->net->buffers, b->graph.buffer_floats * sizeof(float));
    b->batch.x = b->eval->x;
    if (n->vocabulary)
        draw_tokens(b, n->batch, b->eval->x);
    else
        data_batch(&b->view, DATA_TRAIN, b->at, n->batch, NULL, &b->batch);
    out->phase[BENCH_EVALUATE] = timing_call(evaluate_batch, b, 0.15 * seconds) / n->batch;
    return 0;
}

static double count_macs(const struct nn_node *nd)
{
    struct stage_part part;
    if (!(nd->macs > 0) || !nd->type->part)
        return nd->macs;
    nd->type->part(nd, &part);
    return part.kind == PART_CONV ? conv_macs(&part.conv) : nd->macs;
}

/* Counts the operations of an image, forward and backward: three times the multiply-adds, but for the gradient of the
 * input. */
static double count_flop(const struct nn_graph *g)
{
    double macs = 0, first = 0;
    for (int i = 0; i < g->nnodes; i++) {
        double own = count_macs(&g->node[i]);
        first = macs > 0 ? first : own;
        macs += own;
    }
    return 2 * (3 * macs - first);
}

int bench_net_time(const struct bench_net *n, const struct kernels *k, double seconds, struct bench_speed *out,
                   struct err *e)
{
    struct bench *b = aligned_alloc(_Alignof(struct bench), sizeof *b);
    if (!b)
        return err_set(e, ERR_NOMEM, "no memory to train %s", n->name);
    memset(b, 0, sizeof *b);
    b->k = k;
    b->of = n;
    arena_init(&b->mem);
    *out = (struct bench_speed){0};
    int bad = make_training(b, n, e);
    if (!bad) {
        out->flop = count_flop(&b->graph);
        bad = measure_training(b, n, seconds, out, e);
    }
    if (!bad) {
        size_t states = (size_t)b->optimizer->states(b->optimizer_args),
               bytes = nn_net_bytes(&b->graph, n->batch, 1, 1);
        out->params = b->graph.facts.params;
        out->bytes = bytes + states * b->graph.param_floats * sizeof(float);
        bad = bytes == SIZE_MAX ? err_set(e, ERR_NOMEM, "no memory to plan %s", n->name) : 0;
    }
    arena_release(&b->mem);
    free(b);
    return bad;
}
