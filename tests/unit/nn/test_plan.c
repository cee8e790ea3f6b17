/* The planner: nothing that is still needed is overwritten, memory is what was announced, gradients of outputs with
 * several readers add up. The graphs are chains from text and, since texts make chains only, two wired by hand with a
 * layer type of this file that joins. */
#include "single.h"

#include "ref64_nn.h"

#include "nn/graph.h"
#include "nn/plan.h"

#include <math.h>
#include <string.h>

/* --- a join: y = x0 + x1 --- */

static void add_forward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                        const struct layer_io *io)
{
    (void)k;
    for (size_t i = 0; i < layer_floats(nd->y, p->blocks); i++)
        io->y[i] = io->xs[0][i] + io->xs[1][i];
}

static void add_backward(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                         const struct layer_io *io)
{
    (void)k;
    for (int j = 0; j < nd->nin; j++)
        for (size_t i = 0; io->dxs[j] && i < layer_floats(nd->y, p->blocks); i++)
            io->dxs[j][i] = io->dy[i];
}

static const struct layer_type join = {.name = "join",
                                       .sig = "",
                                       .help = "",
                                       .source = "",
                                       .shape = layer_same_shape,
                                       .forward = add_forward,
                                       .backward = add_backward};

/* --- graphs --- */

struct wire { /* node by node: index of a layer in the text (-1: join), and what it reads */
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
        *nd = (struct nn_node){.type = from ? from->type : &join,
                               .args = from ? from->args : NULL,
                               .text = from ? from->text : "join",
                               .in = {w[i].in[0], w[i].in[1]},
                               .nin = from ? 1 : 2};
    }
    if (graph_finish(g, &spec, a, &e))
        fail_msg("%s", e.text);
}

static const struct shape maps = {3, 3, 8, 8};
static const char *const chains[] = {
    "conv 3x3 5, batchnorm, relu, dropout 0.2, conv 3x3 6 pad same, bn, relu, maxpool 2, conv 1x1 4, gap, dense 4",
    "conv 3x3 5, relu, tanh, sigmoid, relu, dropout 0.1, gelu, leaky_relu, flatten, dense 9, tanh, dense 4, softmax",
    "relu, maxpool 2, dropout 0.5, conv 3x3 4, bn, dropout 0, gap",
    "flatten, dense 20, bn, relu, dropout 0.5, dense 20, bn, relu, dropout 0.5, dense 4",
    "avgpool 2, conv 3x3 8 groups 1 stride 2, gelu, gelu, maxpool 2 stride 1 pad 1, flatten, dense 4, tanh",
    "{ conv 3x3 6 pad 1, bn, relu } x 5, gap, dense 4",
};

/* Residual blocks, and one output read by four. */
static const char residual_words[] = "conv 3x3 4 pad 1, bn, relu, conv 3x3 4 pad 1, bn, relu, tanh, gap, dense 4";
static const struct wire residual[] = {
    {0, {NN_INPUT, 0}}, {1, {0, 0}}, {2, {1, 0}},  {3, {2, 0}}, {4, {3, 0}},  {-1, {4, 2}}, {5, {5, 0}},
    {3, {6, 0}},        {4, {7, 0}}, {-1, {8, 6}}, {6, {9, 0}}, {7, {10, 0}}, {8, {11, 0}},
};
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
enum { NGRAPHS = COUNT(chains) + 2 };

static void make_graph(struct nn_graph *g, size_t i, struct arena *a)
{
    if (i < COUNT(chains))
        build(g, chains[i], maps, 4, a);
    else if (i == COUNT(chains))
        wire(g, residual_words, residual, COUNT(residual), maps, a);
    else
        wire(g, many_words, many, COUNT(many), maps, a);
}

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
        for (int training = 0; training < 2; training++) {
            struct arena a;
            struct nn_graph g;
            struct draft shared, single;
            arena_init(&a);
            make_graph(&g, i, &a);
            assert_int_equal(draft_make(&shared, &g, 3, training, 1, &a), 0);
            assert_int_equal(draft_make(&single, &g, 3, training, 0, &a), 0);
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
    uint32_t sample[64];
    struct plan *plan = net->plan;
    struct nn_pass p = {n, (n + LANES - 1) / LANES, training, 1, 1, sample};
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

static struct nn_net *new_net(const struct nn_graph *g, int batch, int training, int share, struct arena *a)
{
    struct err e = {0};
    struct nn_net *net = plan_net_new(g, batch, training, share, test_kernels(), a, &e);
    assert_non_null(net);
    nn_net_init(net, 2);
    return net;
}

static void assert_same(const struct nn_net *a, const struct nn_net *b, int n, size_t graph)
{
    size_t logits = (size_t)(n + LANES - 1) / LANES * 4 * LANES, params = a->graph->param_floats;
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
        for (int training = 0; training < 2; training++) {
            struct arena a;
            struct nn_graph g;
            arena_init(&a);
            make_graph(&g, i, &a);
            struct nn_net *shared = new_net(&g, n, training, 1, &a), *apart = new_net(&g, n, training, 0, &a);
            one_step(shared, n, training);
            one_step(apart, n, training);
            assert_same(shared, apart, n, i);
            one_step(shared, n, 0); /* evaluation in between */
            one_step(apart, n, 0);
            assert_same(shared, apart, n, i);
            arena_release(&a);
        }
}

/* --- memory --- */

static void memory_is_what_was_announced(void **state)
{
    (void)state;
    for (size_t i = 0; i < NGRAPHS; i++)
        for (int training = 0; training < 2; training++)
            for (int batch = 1; batch < 70; batch += 17) {
                struct arena a, fixed;
                struct nn_graph g;
                struct err e = {0};
                arena_init(&a);
                make_graph(&g, i, &a);
                size_t bytes = nn_net_bytes(&g, batch, training);
                assert_int_equal(arena_init_fixed(&fixed, bytes), 0);
                assert_non_null(nn_net_new(&g, batch, training, test_kernels(), &fixed, &e));
                assert_int_equal(fixed.used, bytes);
                arena_release(&fixed);
                assert_int_equal(arena_init_fixed(&fixed, bytes - 1), 0);
                assert_null(nn_net_new(&g, batch, training, test_kernels(), &fixed, &e));
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
    struct draft d;
    (void)state;
    arena_init(&a);
    build(&g, "{ conv 1x1 8 pad 0, relu } x 20, gap, dense 4", maps, 4, &a);
    assert_int_equal(draft_make(&d, &g, 2, 0, 1, &a), 0);
    size_t array = 8 * 8 * 8 * 16 * 2, scratch = 0;
    for (int i = 0; i < g.nnodes; i++)
        if (g.node[i].type->scratch && g.node[i].type->scratch(&g.node[i], 2) > scratch)
            scratch = g.node[i].type->scratch(&g.node[i], 2);
    assert_true(d.pool_floats <= 2 * array + 2 * PAD16(scratch) + 4096);
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
    wire(&g, sum_words, sum_wires, COUNT(sum_wires), (struct shape){1, IN, 1, 1}, &a);
    struct nn_net *net = new_net(&g, N, 1, 1, &a);
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
    struct nn_pass p = {N, 2, 1, 1, 1, sample};
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
        cmocka_unit_test(arrays_alive_together_lie_apart),     cmocka_unit_test(sharing_changes_no_bit),
        cmocka_unit_test(memory_is_what_was_announced),        cmocka_unit_test(evaluation_needs_two_arrays),
        cmocka_unit_test(gradients_of_several_readers_add_up),
    };
    return cmocka_run_group_tests_name("nn plan", tests, NULL, NULL);
}
