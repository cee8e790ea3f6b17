#include "train/bench.h"

#include "base/clock.h"
#include "base/rng.h"
#include "base/timing.h"

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

// clang-format off
static const struct bench_net nets[] = {
    { "n1-32",     "n1",    "digits 28x28, 11,660 parameters, dropout 0.05", N1(", dropout 0.05"), { 3, 1, 28, 28 }, 32,  0.05 },
    { "n1-64",     "n1",    "the same, a batch of 64",                       N1(", dropout 0.05"), { 3, 1, 28, 28 }, 64,  0.05 },
    { "n1-128",    "n1",    "the same, a batch of 128",                      N1(", dropout 0.05"), { 3, 1, 28, 28 }, 128, 0.05 },
    { "n1-32-p0",  "n1",    "without dropout",                               N1(""),               { 3, 1, 28, 28 }, 32,  0 },
    { "n1-64-p0",  "n1",    "without dropout, a batch of 64",                N1(""),               { 3, 1, 28, 28 }, 64,  0 },
    { "n1-128-p0", "n1",    "without dropout, a batch of 128",               N1(""),               { 3, 1, 28, 28 }, 128, 0 },
    { "mlp-128",   "mlp",   "784-128-10, 101,770 parameters",                "flatten, dense 128, relu\ndense 10", { 3, 1, 28, 28 }, 128, 0 },
    { "cifar-64",  "cifar", "colour 32x32, 32 to 128 channels, 288,746 parameters", CIFAR,         { 3, 3, 32, 32 }, 64,  0 },
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

struct bench {
    const struct kernels *k;
    const struct optimizer_type *optimizer;
    _Alignas(16) unsigned char optimizer_args[TRAIN_ARGS];
    struct nn_graph graph;
    struct dataset set;
    struct data_view view;
    struct nn_net *net, *eval;
    float *state[TRAIN_STATES], *loss;
    uint32_t at[IMAGES], *sample;
    int32_t *label;
    uint64_t step;
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
    b->set = (struct dataset){.name = "random",
                              .c = in.c,
                              .h = in.h,
                              .w = in.w,
                              .classes = CLASSES,
                              .class_name = digit,
                              .max_value = 255,
                              .train = {x, y, IMAGES},
                              .test = {x, y, IMAGES}};
    param_defaults(data_params, &spec);
    spec.train = spec.validation = spec.test = 0;
    spec.augment = "rotate 7, shift 1";
    for (uint32_t i = 0; i < IMAGES; i++)
        b->at[i] = i;
    return data_view_init(&b->view, &b->set, &spec, &b->mem, e);
}

static int make_graph(struct bench *b, const struct bench_net *n, struct err *e)
{
    struct nn_line line[16] = {0};
    struct nn_spec spec = {0};
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
    int bad = nn_graph_build(&b->graph, line, lines, n->in, CLASSES, &spec, &b->mem, &errs);
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

static int make(struct bench *b, const struct bench_net *n, struct err *e)
{
    size_t batch = (size_t)n->batch;
    if (make_graph(b, n, e) || make_data(b, n->in, e) || make_optimizer(b, e))
        return -1;
    b->net = nn_net_new(&b->graph, n->batch, 1, NULL, b->k, &b->mem, e);
    b->eval = b->net ? nn_net_new(&b->graph, n->batch, 0, NULL, b->k, &b->mem, e) : NULL;
    b->label = arena_take(&b->mem, batch * sizeof *b->label);
    b->sample = arena_take(&b->mem, batch * sizeof *b->sample);
    b->loss = arena_take(&b->mem, batch * sizeof *b->loss);
    if (!b->net || !b->eval || !b->label || !b->sample || !b->loss)
        return err_set(e, ERR_NOMEM, "no memory to train %s", n->name);
    nn_net_init(b->net, 1);
    return 0;
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

enum { STEP_PHASES = BENCH_EVALUATE }; /* the phases before it make a step */

/* One step; time[p] and time[p + 1] are the start and the end of phase p. Returns the gradient's norm. */
static double step(struct bench *b, int n, double time[STEP_PHASES + 1])
{
    struct nn_pass p = {.n = n, .blocks = (n + LANES - 1) / LANES, .training = 1, .seed = 1, .sample = b->sample};
    size_t from = (size_t)b->step * (size_t)n % (IMAGES - (size_t)n + 1);
    p.epoch = (uint32_t)b->step + 1;
    time[0] = clock_wall();
    data_batch(&b->view, DATA_TRAIN, b->at + from, n, 1, p.seed, p.epoch, b->net->x, b->label, b->sample);
    time[1] = clock_wall();
    nn_forward(b->net, &p);
    b->k->softmax_xent(n, CLASSES, b->net->z, b->label, 0, 1 / (float)n, b->loss, NULL, b->net->dz);
    time[2] = clock_wall();
    nn_backward(b->net, &p);
    double norm = sqrt(b->k->sum_squares(b->graph.param_floats, b->net->dw));
    time[3] = clock_wall();
    b->step++;
    b->optimizer->step(b->k, b->optimizer_args, b->step, 1e-3f, 1e-4f, 1, b->graph.param_floats, b->net->dw, b->net->w,
                       b->state);
    time[4] = clock_wall();
    return norm;
}

static void evaluate(void *ctx)
{
    struct bench *b = ctx;
    int n = b->eval->batch;
    struct nn_pass p = {.n = n, .blocks = (n + LANES - 1) / LANES, .sample = b->sample};
    nn_forward(b->eval, &p);
}

static int time_steps(struct bench *b, const struct bench_net *n, double seconds, struct bench_speed *out,
                      struct err *e)
{
    double *time = arena_take(&b->mem, (STEP_PHASES + 1) * MOST * sizeof *time), mark[STEP_PHASES + 1];
    size_t steps = 0;
    if (!time)
        return err_set(e, ERR_NOMEM, "no memory to measure %s", n->name);
    step(b, n->batch, mark); /* caches and pages */
    for (double end = clock_wall() + seconds; steps < MOST && (steps < 3 || clock_wall() < end); steps++) {
        if (!isfinite(step(b, n->batch, mark)))
            return err_set(e, ERR_DIVERGED, "%s: the gradient is not finite after %zu steps", n->name, steps);
        for (int p = 0; p < STEP_PHASES; p++)
            time[(size_t)p * MOST + steps] = (mark[p + 1] - mark[p]) / n->batch;
        time[(size_t)STEP_PHASES * MOST + steps] = (mark[STEP_PHASES] - mark[0]) / n->batch;
    }
    for (int p = 0; p < STEP_PHASES; p++)
        out->phase[p] = timing_median(time + (size_t)p * MOST, steps);
    out->step = timing_median(time + (size_t)STEP_PHASES * MOST, steps);
    return 0;
}

static int measure(struct bench *b, const struct bench_net *n, double seconds, struct bench_speed *out, struct err *e)
{
    if (time_steps(b, n, 0.85 * seconds, out, e))
        return -1;
    /* with the weights and the statistics of the training, as a validation finds them */
    memcpy(b->eval->w, b->net->w, b->graph.param_floats * sizeof(float));
    if (b->graph.buffer_floats)
        memcpy(b->eval->buffers, b->net->buffers, b->graph.buffer_floats * sizeof(float));
    data_batch(&b->view, DATA_TRAIN, b->at, n->batch, 0, 1, 1, b->eval->x, b->label, b->sample);
    out->phase[BENCH_EVALUATE] = timing_call(evaluate, b, 0.15 * seconds) / n->batch;
    return 0;
}

/* Operations of an image, forward and backward: three times the multiply-adds, but for the gradient of the input. */
static double count_flop(const struct nn_graph *g)
{
    int first = 0;
    while (first < g->nnodes - 1 && !(g->node[first].macs > 0 && g->node[first].params))
        first++;
    return 2 * (3 * g->facts.macs - g->node[first].macs);
}

int bench_net_time(const struct bench_net *n, const struct kernels *k, double seconds, struct bench_speed *out,
                   struct err *e)
{
    struct bench *b = calloc(1, sizeof *b);
    if (!b)
        return err_set(e, ERR_NOMEM, "no memory to train %s", n->name);
    b->k = k;
    arena_init(&b->mem);
    *out = (struct bench_speed){0};
    int bad = make(b, n, e) || measure(b, n, seconds, out, e) ? -1 : 0;
    if (!bad) {
        size_t states = (size_t)b->optimizer->states(b->optimizer_args);
        out->flop = count_flop(&b->graph);
        out->params = b->graph.facts.params;
        out->bytes = nn_net_bytes(&b->graph, n->batch, 1, 1) + states * b->graph.param_floats * sizeof(float);
    }
    arena_release(&b->mem);
    free(b);
    return bad;
}
