/* The planner: nothing that is still needed is overwritten, memory is what was announced, gradients of outputs with
 * several readers add up. The graphs are from texts, and one is wired by hand. */
#include "single.h"

#include "ref64_nn.h"

#include "nn/layers/joins.h"
#include "nn/plan/plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- graphs --- */

static const double as_it_is = 1; /* the arguments of an add: what its first input is multiplied by */

struct wire { /* node by node: index of a layer in the text (-1: an add), and what it reads */
    int layer, in[2];
};

/* The layers of `text` wired anew. */
static void wire(struct nn_graph *g, const char *text, const struct wire *w, int n, struct shape in, struct arena *a)
{
    struct nn_graph words;
    struct nn_spec spec = {0};
    struct err e = {0};
    build(&words, text, in, 0, a);
    *g = (struct nn_graph){.in = in, .nnodes = n};
    g->node = arena_take(a, (size_t)n * sizeof *g->node);
    assert_non_null(g->node);
    for (int i = 0; i < n; i++) {
        struct nn_node *nd = &g->node[i];
        const struct nn_node *from = w[i].layer < 0 ? NULL : &words.node[w[i].layer];
        int *in = arena_take(a, sizeof w[i].in);
        assert_non_null(in);
        memcpy(in, w[i].in, sizeof w[i].in);
        *nd = (struct nn_node){.type = from ? from->type : &join_add,
                               .args = from ? from->args : &as_it_is,
                               .text = from ? from->text : "add",
                               .in = in,
                               .nin = from ? 1 : 2};
    }
    if (graph_finish(g, &spec, a, &e))
        fail_msg("%s", e.text);
}

static const struct shape maps = {MAPS, 3, 8, 8, 1};
static const char *const texts[] = {
    "conv 3x3 5, batchnorm, relu, dropout 0.2, conv 3x3 6 pad same, bn, relu, maxpool 2, conv 1x1 4, gap, dense 4",
    "conv 3x3 5, relu, tanh, sigmoid, relu, dropout 0.1, gelu, leaky_relu, flatten, dense 9, tanh, dense 4, softmax",
    "relu, maxpool 2, dropout 0.5, conv 3x3 4, bn, dropout 0, gap",
    "flatten, dense 20, bn, relu, dropout 0.5, dense 20, bn, relu, dropout 0.5, dense 4",
    "avgpool 2, conv 3x3 8 groups 1 stride 2, gelu, gelu, maxpool 2 stride 1 pad 1, flatten, dense 4, tanh",
    "{ conv 3x3 6 pad 1, bn, relu } x 5, gap, dense 4",
    "conv 3x3 4 pad 1, bn, relu, residual { conv 3x3 4 pad 1, bn, relu, conv 3x3 4 pad 1, bn }, relu, residual scale "
    "0.5 { conv 3x3 6 pad 1 stride 2, bn }, tanh, gap, dense 4",
    "branch { conv 1x1 3 | conv 3x3 4 pad 1, bn, relu, conv 3x3 2 pad 1 | maxpool 3 stride 1 pad 1 }, bn, relu, "
    "conv 3x3 4, branch mul { none | gap, dense 4, sigmoid, dense 4 } x 0, branch mean { tanh | gelu | none }, gap, "
    "dense 4",
    "flatten, dense 8, branch mul { tanh | sigmoid, branch add { none | dense 8 | relu } }, residual { dense 8 }, "
    "dense 4",
    "conv 3x3 5, batchnorm, mish, dropout2d 0.2, conv 3x3 6 pad same, layernorm, elu, groupnorm 2, maxpool 2, lrn 3, "
    "conv 1x1 4, prelu, gmp, dense 4, logit_norm",
    "conv 3x3 6 pad 1, instancenorm, glu, softmax, residual { conv 3x3 3 pad 1, bn, hardswish, droppath 0.3 }, relu6, "
    "rmsnorm, "
    "gaussian_noise 0.1, adaptive_avgpool 5x4, upsample 2, crop 1, pad 1 mode reflect, adaptive_maxpool 2, maxout 3, "
    "reshape 4, softplus",
    "conv 3x3 5, batchnorm, silu, conv 3x3 6, batchnorm, selu, gmp, dense 4",
    "conv 1x1 6, positional, residual { layernorm, attention heads 3 rotary, dropout 0.1 }, residual { rmsnorm, conv "
    "1x1 8, "
    "gelu, conv 1x1 6 }, attention heads 3, positional sin, gap, dense 4",
    "patch 2x3 6, class_token, positional, residual { layernorm, attention heads 2 }, residual { layernorm, dense 8, "
    "gelu, "
    "dropout 0.1, dense 6 }, first, dense 4",
    /* Stages without a pointwise part, whose gradients of weights are too many for the way by rows. */
    "maxpool 2, conv 1x1 43, relu, residual { conv 3x3 43 pad 1, bn, relu, conv 3x3 43 pad 1, bn }, gap, dense 4",
    "conv 3x3 5, kmeans 3 learned, relu, kmeans 4 out assignments, conv 1x1 6, maxpool 2, flatten, kmeans 5, dense 4",
    "conv 3x3 4 pad 1, batchnorm, relu, reshape 4x2x4x8, conv 3 5 pad 1, batchnorm, relu, dropout 0.1, maxpool 2, "
    "residual { conv 1x3x3 6 pad 0x1x1 stride 1x1x2, batchnorm, relu, depthwise 2 pad same }, conv_transpose 2 4 "
    "stride "
    "2, batchnorm, relu, avgpool 2, gap, dense 4",
    /* Depthwise convolutions whose channels go through the rows in parts: with statistics before and after them, with a
     * sum and a bias, by stride, and with a dropout, where they all go together. */
    "conv 1x1 70, bn, relu6, depthwise 3x3 pad 1, bn, relu, conv 1x1 67, bn, residual { depthwise 5x5 pad 2 bias yes, "
    "bn "
    "}, relu, depthwise 3x3 stride 2 pad 1, bn, relu, dropout 0.1, depthwise 3x3 pad 1, bn, gap, dense 4",
    "rows, lstm 5 bidirectional, residual { layernorm, attention heads 2 causal }, gru 4, dropout 0.1, residual { rnn "
    "4 act relu, dense 4 }, gru 3 bidirectional last, dense 4",
    "conv 8x3 5, flatten, bn, relu, dropout 0.2, dense 4", /* no stage: behind the flatten there are other channels */
};

/* One output read by four. */
static const char many_words[] = "conv 3x3 4 pad 1, relu, tanh, sigmoid, leaky_relu, gap, dense 4, dropout 0";
static const struct wire many[] = {
    {0, {NN_INPUT, 0}}, /* 0 h */
    {2, {0, 0}},        /* 1 tanh h */
    {-1, {0, 1}},       /* 2 h + tanh h */
    {-1, {0, 0}},       /* 3 h + h */
    {7, {0, 0}},        /* 4 h again, through an identity */
    {4, {4, 0}},        /* 5 leaky_relu h, the last reader of h */
    {-1, {2, 3}},       {-1, {6, 5}}, {1, {7, 0}}, {5, {8, 0}}, {6, {9, 0}},
};
enum { NGRAPHS = COUNT(texts) + 1 };

static void make_graph(struct nn_graph *g, size_t i, struct arena *a)
{
    if (i < COUNT(texts))
        build(g, texts[i], maps, 4, a);
    else
        wire(g, many_words, many, COUNT(many), maps, a);
}

static const struct plan_options best = {.share = 1, .fuse = 1, .members = 1}, unfused = {.share = 1, .members = 1};
static const enum nn_precision precisions[] = {NN_FP32, NN_BF16};

/* --- what the draft promises --- */

static void assert_apart(const struct draft *d)
{
    for (int i = 0; i < d->nslots; i++)
        for (int j = 0; j < i; j++) {
            const struct slot *a = &d->slot[i], *b = &d->slot[j];
            if (a->place != IN_POOL || b->place != IN_POOL || a->from > b->to || b->from > a->to)
                continue;
            if (a->at < b->at + b->floats && b->at < a->at + a->floats)
                fail_msg("slots %d and %d live together at the same place", i, j);
        }
}

static void arrays_alive_together_lie_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < NGRAPHS; i++)
        for (int training = 0; training < 8; training++) { /* the second bit: with stages */
            struct arena a;
            struct nn_graph g;
            struct draft shared, single;
            const struct plan_options together = {.share = 1, .fuse = training >> 1 & 1, .members = 1},
                                      apart = {.fuse = together.fuse, .members = 1};
            arena_init(&a);
            make_graph(&g, i, &a);
            g.precision = precisions[training >> 2];
            assert_int_equal(draft_make(&shared, &g, 3, training & 1 ? DRAFT_TRAIN : DRAFT_INFER, &together, &a), 0);
            assert_int_equal(draft_make(&single, &g, 3, training & 1 ? DRAFT_TRAIN : DRAFT_INFER, &apart, &a), 0);
            assert_apart(&shared);
            assert_apart(&single);
            for (int s = 0; s < shared.nslots; s++) {
                assert_int_equal(shared.slot[s].at % 16, 0);
                assert_true(shared.slot[s].place != IN_POOL ||
                            shared.slot[s].at + shared.slot[s].floats <= shared.pool_floats);
            }
            assert_true(shared.pool_floats < single.pool_floats);
            arena_release(&a);
        }
}

/* --- the same bits as without sharing, on poisoned memory --- */

static void one_step(struct nn_net *net, int n, int training)
{
    uint32_t sample[80];
    struct plan *plan = net->plan;
    struct nn_pass p = {n, blocks_of(n), training, 1, 1, sample, 0, NULL, 0, NULL, 0, NULL};
    size_t image = shape_size(net->graph->in);
    noise_restart(3);
    for (int i = 0; i < n; i++) {
        sample[i] = (uint32_t)i * 5;
        for (size_t j = 0; j < image; j++)
            net->x[(size_t)(i / LANES) * image * LANES + j * LANES + (size_t)(i % LANES)] = noise();
    }
    for (size_t i = 0; i < plan->pool_floats; i++)
        plan->pool[i] = NAN;
    nn_forward(net, &p);
    if (!training)
        return;
    for (int i = 0; i < n; i++)
        for (int c = 0; c < 4; c++)
            net->dz[(i / LANES * 4 + c) * LANES + i % LANES] = noise();
    nn_backward(net, &p);
}

static struct nn_net *new_net(const struct nn_graph *g, int batch, int training, struct plan_options o, struct arena *a)
{
    struct err e = {0};
    struct nn_net *net = plan_net_new(g, batch, training, &o, test_kernels(), a, &e);
    assert_non_null(net);
    nn_net_init(net, 2);
    return net;
}

static void assert_same(const struct nn_net *a, const struct nn_net *b, int n, size_t graph)
{
    size_t logits = (size_t)blocks_of(n) * 4 * LANES, params = a->graph->param_floats;
    if (memcmp(a->z, b->z, logits * sizeof(float)) != 0)
        fail_msg("graph %zu: other logits", graph);
    if (a->dw && memcmp(a->dw, b->dw, params * sizeof(float)) != 0)
        fail_msg("graph %zu: other gradients", graph);
    for (size_t i = 0; i < logits; i++)
        assert_true(isfinite(a->z[i]));
    for (size_t i = 0; a->dw && i < params; i++)
        assert_true(isfinite(a->dw[i]));
}

static void sharing_changes_no_bit(void **state)
{
    static const int n = 35;
    (void)state;
    for (size_t i = 0; i < NGRAPHS; i++)
        for (int fuse = 0; fuse <= 1; fuse++)
            for (int mode = 0; mode < 4; mode++) {
                struct arena a;
                struct nn_graph g;
                int training = mode & 1;
                arena_init(&a);
                make_graph(&g, i, &a);
                g.precision = precisions[mode >> 1];
                struct nn_net *shared =
                    new_net(&g, n, training, (struct plan_options){.share = 1, .fuse = fuse, .members = 1}, &a);
                struct nn_net *apart = new_net(&g, n, training, (struct plan_options){.fuse = fuse, .members = 1}, &a);
                one_step(shared, n, training);
                one_step(apart, n, training);
                assert_same(shared, apart, n, i);
                one_step(shared, n, 0); /* evaluation in between */
                one_step(apart, n, 0);
                assert_same(shared, apart, n, i);
                arena_release(&a);
            }
}

/* --- stages: the same as node by node --- */

/* Steps of a pass, and how many of them are stages. */
static int stages_in(const struct nn_net *net, enum plan_pass pass, int *steps)
{
    const struct plan *plan = net->plan;
    int n = 0;
    *steps = plan->nsteps[pass];
    for (int i = 0; i < *steps; i++)
        n += plan->step[pass][i].run_stage != NULL;
    return n;
}

/* Whatever a stage does is done by the same operations in the same order as its nodes do it, except that the gradients
 * of a convolution's weights are sums per group of blocks first: the difference of two orders of summation in float32,
 * of some thousand terms of size 0.1 that may cancel, up to nothing for a bias in front of a normalization. */
static void assert_fused_is_plain(const struct nn_net *fused, const struct nn_net *plain, int n, const char *what)
{
    const struct nn_graph *g = fused->graph;
    size_t logits = (size_t)blocks_of(n) * 4 * LANES;
    if (memcmp(fused->z, plain->z, logits * sizeof(float)) != 0)
        fail_msg("n %d, %s: other logits", n, what);
    assert_memory_equal(fused->buffers, plain->buffers, g->buffer_floats * sizeof(float));
    for (int i = 0; fused->dw && i < g->nnodes; i++)
        for (int t = 0; t < g->node[i].ntensors; t++) {
            const struct nn_tensor *s = &g->node[i].tensor[t];
            const float *got = fused->dw + s->at, *want = plain->dw + s->at;
            double size = 0, error = 0;
            for (size_t j = 0; j < s->n; j++) {
                size += (double)want[j] * (double)want[j];
                error += ((double)got[j] - (double)want[j]) * ((double)got[j] - (double)want[j]);
            }
            const char *type = g->node[i].type->name;
            int same = n <= LANES || (strcmp(type, "conv2d") != 0 && strcmp(type, "depthwise") != 0);
            if (!isfinite(size) || !(error <= (same ? 0 : 1e-8 * size + 1e-9)))
                fail_msg("n %d, %s: '%s' %s is off by %g of %g", n, what, g->node[i].text, s->name, sqrt(error),
                         sqrt(size));
        }
}

static void compare_plans(const struct nn_graph *g, int n, int group, const char *what, struct arena *a)
{
    struct nn_net *fused = new_net(
                      g, n, 1,
                      (struct plan_options){.share = 1, .fuse = 1, .members = 1, .group = group, .rows = 2 * group}, a),
                  *plain = new_net(g, n, 1, unfused, a);
    for (int twice = 0; twice < 2; twice++) { /* the second time with running statistics that have moved */
        one_step(fused, n, 1);
        one_step(plain, n, 1);
        assert_fused_is_plain(fused, plain, n, what);
        one_step(fused, n, 0);
        one_step(plain, n, 0);
        assert_fused_is_plain(fused, plain, n, what);
    }
    one_step(fused, n > 1 ? n - 1 : n, 1); /* fewer images than planned for */
    one_step(plain, n > 1 ? n - 1 : n, 1);
    assert_fused_is_plain(fused, plain, n > 1 ? n - 1 : n, what);
}

static const int batches[] = {1, 2, 15, 16, 35, 48, 70};
#ifdef __SANITIZE_ADDRESS__ /* which makes networks slow: a part of the cases */
enum { BATCHES_STEP = 2, CHAINS = 40 };
#else
enum { BATCHES_STEP = 1, CHAINS = 120 };
#endif

static void stages_do_what_their_nodes_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < NGRAPHS; i++)
        for (size_t b = 0; b < COUNT(batches); b += BATCHES_STEP) {
            struct arena a;
            struct nn_graph g;
            char what[32];
            arena_init(&a);
            make_graph(&g, i, &a);
            for (size_t p = 0; p < COUNT(precisions); p++) {
                g.precision = precisions[p];
                snprintf(what, sizeof what, "graph %zu, %s", i, nn_precision_name(p));
                compare_plans(&g, batches[b], (int)b % 3, what, &a);
            }
            arena_release(&a);
        }
}

/* 0..n-1 */
static int below(int n)
{
    int i = (int)((noise() + 1) / 2 * (float)n);
    return i < n ? i : n - 1;
}

/* A chain of convolutions with a random selection of the other parts between them, in random order now and then. */
static void random_text(char *text, size_t size)
{
    static const char *const acts[] = {"relu", "leaky_relu 0.2", "sigmoid", "tanh", "gelu"};
    static const char *const pools[] = {"maxpool 2", "avgpool 2", "maxpool 3 stride 1 pad 1", "avgpool 2 stride 1"};
    static const char *const convs[] = {"3x3 5 pad 1",          "1x1 3",       "3x3 4 pad 1 bias yes",
                                        "3x3 7 pad 1 stride 2", "2x3 4 pad 1", "3x3 6 pad same dilation 2"};
    size_t at = 0;
    int layers = 2 + below(4);
    text[0] = 0;
    for (int i = 0; i < layers; i++) {
        const char *part[4] = {below(3) ? "bn" : "", below(4) ? acts[below(5)] : "", below(2) ? "dropout 0.3" : "",
                               below(3) ? "" : pools[below(4)]};
        int swap = below(4) ? 0 : below(3);
        const char *t = part[swap];
        part[swap] = part[swap + 1];
        part[swap + 1] = t;
        if (i || below(3))
            at += (size_t)snprintf(text + at, size - at, "conv %s, ", convs[below(6)]);
        for (int k = 0; k < 4; k++)
            if (part[k][0])
                at += (size_t)snprintf(text + at, size - at, "%s, ", part[k]);
    }
    snprintf(text + at, size - at, "%s", below(3) ? "gap, dense 4" : below(2) ? "flatten, dense 4" : "conv 1x1 4, gap");
}

static void random_chains_with_stages(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < CHAINS; i++) {
        struct arena a;
        struct nn_graph g;
        struct nn_line line;
        struct nn_spec spec = {0};
        struct err_list errs = {0};
        char text[1024];
        arena_init(&a);
        noise_restart(1000 + i);
        random_text(text, sizeof text);
        int n = batches[below(COUNT(batches))];
        line = (struct nn_line){.text = text, .at = {"net.ini", 1, "model", "layers"}};
        spec.precision = (int)precisions[i % 2];
        if (!nn_graph_build(&g, &line, 1, (struct shape){MAPS, 2, 17, 15, 1}, (struct nn_target){4, "classes", NULL},
                            &spec, &a, &errs))
            compare_plans(&g, n, (int)i % 4, text, &a);
        err_list_release(&errs); /* pooled away */
        arena_release(&a);
    }
}

/* The networks that stages are for have no other steps between their convolutions, nor before the head. */
static void convolutional_chains_are_stages(void **state)
{
    static const struct {
        const char *text;
        int stages, steps;
    } nets[] = {
        {"conv 3x3 5, bn, relu, dropout 0.1, maxpool 2, conv 3x3 5, bn, relu, gap, dense 4", 3, 4},
        {"conv 3x3 5, bn, relu, avgpool 2, flatten, dense 4", 2, 4},
        {"conv 3x3 5, bn, gelu, dropout 0.1, conv 3x3 5, bn, flatten, dense 4", 3, 5},
        {"conv 3x3 5, relu, conv 3x3 5, tanh, maxpool 2, flatten, dense 4", 0, 7},
        {"conv 3x3 5, bn, relu, flatten, dense 8, bn, relu, dropout 0.5, dense 4", 2, 8},
        {"dense 8, relu, dense 4", 0, 3},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(nets); i++) {
        struct arena a;
        struct nn_graph g;
        int steps;
        arena_init(&a);
        build(&g, nets[i].text, nets[i].stages + nets[i].steps == 3 ? (struct shape){VECTOR, 6, 1, 1, 1} : maps, 4, &a);
        struct nn_net *net = new_net(&g, 20, 1, best, &a), *plain = new_net(&g, 20, 1, unfused, &a);
        for (int pass = PLAN_FORWARD; pass <= PLAN_BACKWARD; pass++) {
            assert_int_equal(stages_in(net, pass, &steps), nets[i].stages);
            assert_int_equal(steps, nets[i].steps);
            assert_int_equal(stages_in(plain, pass, &steps), 0);
        }
        arena_release(&a);
    }
}

/* --- memory --- */

static void memory_is_what_was_announced(void **state)
{
    (void)state;
    for (size_t i = 0; i < NGRAPHS; i++)
        for (int training = 0; training < 2; training++)
            for (int batch = 1; batch < 70; batch += 17) { /* of both precisions in turn */
                struct arena a, fixed;
                struct nn_graph g;
                struct err e = {0};
                arena_init(&a);
                make_graph(&g, i, &a);
                g.precision = precisions[batch / 17 % 2];
                size_t bytes = nn_net_bytes(&g, batch, training, 1);
                assert_int_equal(arena_init_fixed(&fixed, bytes), 0);
                assert_non_null(nn_net_new(&g, batch, training, NULL, test_kernels(), &fixed, &e));
                assert_int_equal(fixed.used, bytes);
                arena_release(&fixed);
                assert_int_equal(arena_init_fixed(&fixed, bytes - 1), 0);
                assert_null(nn_net_new(&g, batch, training, NULL, test_kernels(), &fixed, &e));
                assert_int_equal(e.code, ERR_NOMEM);
                arena_release(&fixed);
                arena_release(&a);
            }
}

/* Forward only, a chain needs about two neighbouring arrays, not all. */
static void evaluation_needs_two_arrays(void **state)
{
    struct arena a;
    struct nn_graph g;
    struct draft d, fused;
    (void)state;
    arena_init(&a);
    build(&g, "{ conv 1x1 8 pad 0, relu } x 20, gap, dense 4", maps, 4, &a);
    assert_int_equal(draft_make(&d, &g, 2, DRAFT_INFER, &unfused, &a), 0);
    assert_int_equal(draft_make(&fused, &g, 2, DRAFT_INFER, &best, &a), 0);
    size_t array = 8 * 8 * 8 * 16 * 2, scratch = 0;
    for (int i = 0; i < g.nnodes; i++)
        if (g.node[i].type->scratch && g.node[i].type->scratch(&g.node[i], 2, 0) > scratch)
            scratch = g.node[i].type->scratch(&g.node[i], 2, 0);
    assert_true(d.pool_floats <= 2 * array + 2 * PAD16(scratch) + 4096);
    assert_true(fused.pool_floats <= 3 * array + 2 * PAD16(scratch) + 4096); /* and what is in the cache */
    arena_release(&a);
}

/* --- gradients add up --- */

static const char sum_words[] = "dense 5, tanh, dense 5, relu, sigmoid";
/* h = W1 x; y = (h + tanh h) + W2 sigmoid(h + h): h has four readers */
static const struct wire sum_wires[] = {
    {0, {NN_INPUT, 0}}, {1, {0, 0}}, {-1, {0, 1}}, {-1, {0, 0}}, {4, {3, 0}}, {2, {4, 0}}, {-1, {2, 5}},
};
enum { IN = 6, OUT = 5, N = 18 };

static double sum_loss(const double *w1, const double *b1, const double *w2, const double *b2, const double *x,
                       const double *r)
{
    double h[N * OUT], s[N * OUT], d[N * OUT], loss = 0;
    ref64_dense(N, IN, OUT, x, w1, b1, h);
    for (int i = 0; i < N * OUT; i++)
        s[i] = ref64_sigmoid(2 * h[i], 0);
    ref64_dense(N, OUT, OUT, s, w2, b2, d);
    for (int i = 0; i < N * OUT; i++)
        loss += r[i] * (h[i] + tanh(h[i]) + d[i]);
    return loss;
}

static void gradients_of_several_readers_add_up(void **state)
{
    struct arena a;
    struct nn_graph g;
    double w[4][IN * OUT], x[N * IN], r[N * OUT];
    static const size_t len[4] = {IN * OUT, OUT, OUT * OUT, OUT};
    uint32_t sample[N] = {0};
    (void)state;
    arena_init(&a);
    wire(&g, sum_words, sum_wires, COUNT(sum_wires), (struct shape){VECTOR, IN, 1, 1, 1}, &a);
    struct nn_net *net = new_net(&g, N, 1, best, &a);
    const struct nn_tensor *t[4] = {&g.node[0].tensor[0], &g.node[0].tensor[1], &g.node[5].tensor[0],
                                    &g.node[5].tensor[1]};
    noise_restart(9);
    for (int i = 0; i < N * IN; i++)
        x[i] = (double)noise();
    for (int i = 0; i < N * OUT; i++)
        r[i] = (double)noise();
    for (int k = 0; k < 4; k++)
        for (size_t i = 0; i < len[k]; i++)
            w[k][i] = (double)(net->w[t[k]->at + i] = noise());
    to_lanes(g.in, N, x, net->x);
    to_lanes(g.node[6].y, N, r, net->dz);
    struct nn_pass p = {N, 2, 1, 1, 1, sample, 0, NULL, 0, NULL, 0, NULL};
    nn_forward(net, &p);
    nn_backward(net, &p);
    for (int k = 0; k < 4; k++)
        for (size_t i = 0; i < len[k]; i++) {
            const double step = 1e-5, kept = w[k][i];
            w[k][i] = kept + step;
            double above = sum_loss(w[0], w[1], w[2], w[3], x, r);
            w[k][i] = kept - step;
            double below = sum_loss(w[0], w[1], w[2], w[3], x, r);
            w[k][i] = kept;
            /* 18 products and 4 summands of size about 1, rounded to float32 */
            assert_close(net->dw[t[k]->at + i], (above - below) / (2 * step), 1e-5, 1e-5);
        }
    arena_release(&a);
}

int test_plan(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_alive_together_lie_apart), cmocka_unit_test(sharing_changes_no_bit),
        cmocka_unit_test(stages_do_what_their_nodes_do),   cmocka_unit_test(random_chains_with_stages),
        cmocka_unit_test(convolutional_chains_are_stages), cmocka_unit_test(memory_is_what_was_announced),
        cmocka_unit_test(evaluation_needs_two_arrays),     cmocka_unit_test(gradients_of_several_readers_add_up),
    };
    return cmocka_run_group_tests_name("nn plan", tests, NULL, NULL);
}
