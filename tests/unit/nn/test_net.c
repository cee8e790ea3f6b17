/* Passes over whole networks: same bits whatever the batch's capacity, its history and the place of a sample in it. */
#include "single.h"

#include <math.h>
#include <string.h>

static const struct shape maps = {MAPS, 2, 9, 9, 1};
static const char text[] = "conv 3x3 5, batchnorm, relu, dropout 0.2\n"
                           "conv 3x3 6 pad same, bn, leaky_relu, maxpool 2\n"
                           "conv 1x1 7, gelu, dropout 0.3, avgpool 2, tanh\n"
                           "flatten, dense 8, sigmoid, dense 4, softmax";
static const char transformer[] = "patch 2 6, positional\n"
                                  "{ residual { layernorm, attention heads 2, kmeans 5, dropout 0.2 }\n"
                                  "  residual { layernorm, dense 9, gelu, dense 6 } } x 2\n"
                                  "layernorm, mean, dense 4";
static const char recurrent[] = "rows, lstm 5 bidirectional, gru 4, dropout 0.2, rnn 3 act relu last, dense 4";
static const char no_batchnorm[] =
    "conv 3x3 5, relu, dropout 0.2, maxpool 2, conv 3x3 6, tanh, gap, dropout 0.5, dense 4";

struct run {
    struct arena a;
    struct nn_graph g;
    struct nn_net *net;
    uint32_t sample[128];
};

static void run_init_in(struct run *r, const char *layers, int batch, int training, enum nn_precision precision)
{
    struct err e = {0};
    memset(r, 0, sizeof *r);
    arena_init(&r->a);
    build(&r->g, layers, maps, 4, &r->a);
    r->g.precision = precision;
    r->net = nn_net_new(&r->g, batch, training, NULL, test_kernels(), &r->a, &e);
    assert_non_null(r->net);
    nn_net_init(r->net, 11);
}

static void run_init(struct run *r, const char *layers, int batch, int training)
{
    run_init_in(r, layers, batch, training, NN_FP32);
}

/* Image `id` of an endless set, in every lane of x that wants it. */
static void load(struct run *r, const uint32_t *ids, int n)
{
    double natural[128 * 162];
    for (int i = 0; i < n; i++) {
        noise_restart(ids[i]);
        for (int j = 0; j < 162; j++)
            natural[i * 162 + j] = (double)noise();
        r->sample[i] = ids[i];
    }
    to_lanes(maps, n, natural, r->net->x);
}

static struct nn_pass pass_of(const struct run *r, int n, int training)
{
    return (struct nn_pass){n, blocks_of(n), training, 5, 3, r->sample, 0, NULL, 0, NULL, 0, NULL};
}

static void set_dz(struct run *r, int n)
{
    double natural[128 * 4];
    noise_restart(77);
    for (int i = 0; i < n * 4; i++)
        natural[i] = (double)noise();
    to_lanes((struct shape){VECTOR, 4, 1, 1, 1}, n, natural, r->net->dz);
}

static void step(struct run *r, const uint32_t *ids, int n)
{
    struct nn_pass p = pass_of(r, n, 1);
    load(r, ids, n);
    nn_forward(r->net, &p);
    set_dz(r, n);
    nn_backward(r->net, &p);
}

static void ids_from(uint32_t *ids, int n, uint32_t first)
{
    for (int i = 0; i < n; i++)
        ids[i] = first + (uint32_t)i * 3;
}

static void assert_same_step(const struct run *a, const struct run *b, int n)
{
    double za[128 * 4], zb[128 * 4];
    const struct shape logits = {VECTOR, 4, 1, 1, 1};
    to_natural(logits, n, a->net->z, za);
    to_natural(logits, n, b->net->z, zb);
    assert_memory_equal(za, zb, (size_t)n * 4 * sizeof *za);
    assert_memory_equal(a->net->dw, b->net->dw, a->g.param_floats * sizeof(float));
    assert_memory_equal(a->net->buffers, b->net->buffers, a->g.buffer_floats * sizeof(float));
}

static void check_capacities(const char *layers)
{
    static const int sizes[] = {1, 2, 15, 16, 17, 33, 48};
    uint32_t ids[128], others[128];
    ids_from(others, 100, 9000);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct run tight, again, roomy;
        int n = sizes[i];
        ids_from(ids, n, 1);
        run_init(&tight, layers, n, 1);
        run_init(&again, layers, n, 1);
        run_init(&roomy, layers, 100, 1);
        step(&roomy, others, 100); /* leaves its rubbish in every buffer and dead lane */
        nn_net_init(roomy.net, 11);
        step(&tight, ids, n);
        step(&again, ids, n);
        step(&roomy, ids, n);
        assert_same_step(&tight, &again, n);
        assert_same_step(&tight, &roomy, n);
        step(&tight, others, n); /* a second step on both */
        step(&roomy, others, n);
        assert_same_step(&tight, &roomy, n);
        arena_release(&tight.a);
        arena_release(&again.a);
        arena_release(&roomy.a);
    }
}

static void same_bits_for_any_capacity_and_history(void **state)
{
    (void)state;
    check_capacities(text);
    check_capacities(transformer);
    check_capacities(recurrent);
}

static void padding_of_gradients_stays_zero(void **state)
{
    struct run r;
    uint32_t ids[128];
    (void)state;
    run_init(&r, text, 20, 1);
    ids_from(ids, 20, 1);
    step(&r, ids, 20);
    for (int i = 0; i < r.g.nnodes; i++)
        for (int t = 0; t < r.g.node[i].ntensors; t++) {
            const struct nn_tensor *s = &r.g.node[i].tensor[t];
            double size = 0;
            for (size_t j = s->n; j < PAD16(s->n); j++)
                assert_true(r.net->dw[s->at + j] == 0);
            for (size_t j = 0; j < s->n; j++)
                size += fabs((double)r.net->dw[s->at + j]);
            if (!(size > 0 && isfinite(size)))
                fail_msg("'%s': the gradient of %s is all zero or not finite", r.g.node[i].text, s->name);
        }
    arena_release(&r.a);
}

/* Without batch statistics an image's logits depend on the image alone: any order, any neighbours. */
static void masks_follow_the_sample(void **state)
{
    struct run all, part;
    uint32_t ids[128], turned[128];
    double za[40 * 4], zb[40 * 4];
    const struct shape logits = {VECTOR, 4, 1, 1, 1};
    (void)state;
    run_init(&all, no_batchnorm, 40, 1);
    run_init(&part, no_batchnorm, 64, 1);
    ids_from(ids, 40, 100);
    for (int i = 0; i < 23; i++)
        turned[i] = ids[39 - i];
    load(&all, ids, 40);
    load(&part, turned, 23);
    struct nn_pass p = pass_of(&all, 40, 1), q = pass_of(&part, 23, 1);
    nn_forward(all.net, &p);
    nn_forward(part.net, &q);
    to_natural(logits, 40, all.net->z, za);
    to_natural(logits, 23, part.net->z, zb);
    for (int i = 0; i < 23; i++)
        assert_memory_equal(zb + 4 * i, za + 4 * (39 - i), 4 * sizeof *za);
    arena_release(&all.a);
    arena_release(&part.a);
}

/* The mask of a layer of ones: its share of zeros, and what it depends on. */
static void draw_mask(const char *layers, int node, uint64_t seed, uint32_t epoch, uint32_t first, float *mask, int n)
{
    struct arena a;
    struct nn_graph g;
    uint32_t sample[64];
    arena_init(&a);
    build(&g, layers, maps, 0, &a);
    for (int i = 0; i < n; i++)
        sample[i] = first + (uint32_t)i;
    size_t len = floats_of(maps, n / LANES);
    float *ones = floats(&a, len), *y = floats(&a, len), *room = floats(&a, 64);
    for (size_t i = 0; i < len; i++)
        ones[i] = 1;
    struct nn_pass p = {n, n / LANES, 1, seed, epoch, sample, 0, NULL, 0, NULL, 0, NULL};
    const float *x = ones;
    struct layer_call c = {
        .node = &g.node[node], .pass = &p, .kernels = test_kernels(), .x = &x, .y = y, .scratch = room};
    g.node[node].type->forward(&c);
    memcpy(mask, y, len * sizeof *mask);
    arena_release(&a);
}

static double share_of_equal(const float *a, const float *b, size_t n)
{
    size_t same = 0;
    for (size_t i = 0; i < n; i++)
        same += a[i] == b[i];
    return (double)same / (double)n;
}

static void masks_are_keyed_by_seed_epoch_node_and_sample(void **state)
{
    enum { N = 64, LEN = N * 162 };
    static float base[LEN], other[LEN];
    static const char layers[] = "dropout 0.25, dropout 0.25";
    size_t zeros = 0;
    (void)state;
    draw_mask(layers, 0, 1, 1, 0, base, N);
    for (size_t i = 0; i < LEN; i++) {
        zeros += base[i] == 0;
        if (base[i] != 0)
            assert_close(base[i], 1 / 0.75, 1e-6, 0);
    }
    assert_close((double)zeros / LEN, 0.25, 0, 4 * sqrt(0.25 * 0.75 / LEN));
    draw_mask(layers, 0, 1, 1, 0, other, N);
    assert_memory_equal(base, other, sizeof base);
    /* independent masks agree in 0.75^2 + 0.25^2 = 0.625 of the places */
    const double want = 0.625, error = 5 * sqrt(0.625 * 0.375 / LEN);
    draw_mask(layers, 1, 1, 1, 0, other, N);
    assert_close(share_of_equal(base, other, LEN), want, 0, error);
    draw_mask(layers, 0, 2, 1, 0, other, N);
    assert_close(share_of_equal(base, other, LEN), want, 0, error);
    draw_mask(layers, 0, 1, 2, 0, other, N);
    assert_close(share_of_equal(base, other, LEN), want, 0, error);
    draw_mask(layers, 0, 1, 1, 1, other, N); /* every lane holds its neighbour's sample */
    assert_close(share_of_equal(base, other, LEN), want, 0, error);
}

/* Evaluation on a training net between two steps: as a net made for evaluation, and the step after is undisturbed. */
static void evaluation_on_a_training_net(void **state)
{
    struct run train, undisturbed, eval;
    uint32_t ids[128], others[128];
    (void)state;
    run_init(&train, text, 40, 1);
    run_init(&undisturbed, text, 40, 1);
    run_init(&eval, text, 40, 0);
    assert_null(eval.net->dw);
    assert_null(eval.net->dz);
    ids_from(ids, 37, 1);
    ids_from(others, 40, 500);
    step(&train, ids, 37);
    step(&undisturbed, ids, 37);
    memcpy(eval.net->w, train.net->w, train.g.param_floats * sizeof(float));
    memcpy(eval.net->buffers, train.net->buffers, train.g.buffer_floats * sizeof(float));
    load(&train, others, 40);
    load(&eval, others, 40);
    struct nn_pass p = pass_of(&train, 40, 0);
    p.sample = NULL; /* nothing random */
    nn_forward(train.net, &p);
    nn_forward(eval.net, &p);
    assert_memory_equal(train.net->z, eval.net->z, 3 * 4 * LANES * sizeof(float));
    assert_memory_equal(train.net->buffers, eval.net->buffers, train.g.buffer_floats * sizeof(float));
    step(&train, others, 40);
    step(&undisturbed, others, 40);
    assert_same_step(&train, &undisturbed, 40);
    arena_release(&train.a);
    arena_release(&undisturbed.a);
    arena_release(&eval.a);
}

static void input_and_dz_are_left_alone(void **state)
{
    static const char *const nets[] = {text, no_batchnorm, "relu, flatten, tanh, dense 4, tanh, softmax",
                                       "dropout 0.5, bn, relu, gap, dense 4, dropout 0.5"};
    (void)state;
    for (size_t i = 0; i < COUNT(nets); i++) {
        struct run r;
        uint32_t ids[128];
        static float x[48 * 162];
        float dz[48 * 4];
        run_init(&r, nets[i], 33, 1);
        ids_from(ids, 33, 1);
        struct nn_pass p = pass_of(&r, 33, 1);
        load(&r, ids, 33);
        memcpy(x, r.net->x, sizeof x);
        nn_forward(r.net, &p);
        set_dz(&r, 33);
        memcpy(dz, r.net->dz, sizeof dz);
        nn_backward(r.net, &p);
        assert_memory_equal(x, r.net->x, sizeof x);
        assert_memory_equal(dz, r.net->dz, sizeof dz);
        p.training = 0;
        nn_forward(r.net, &p);
        assert_memory_equal(x, r.net->x, sizeof x);
        arena_release(&r.a);
    }
}

/* Networks that have nothing to learn or nothing to do. */
static void trivial_networks_run(void **state)
{
    static const char *const nets[] = {
        "softmax", "relu", "dropout 0.5", "dropout 0.5, tanh, softmax", "dropout 0", "flatten, softmax"};
    const struct shape in = {MAPS, 4, 1, 1, 1};
    (void)state;
    for (size_t i = 0; i < COUNT(nets); i++)
        for (int training = 0; training < 2; training++) {
            struct arena a;
            struct nn_graph g;
            struct err e = {0};
            uint32_t sample[17] = {0};
            arena_init(&a);
            build(&g, nets[i], in, 4, &a);
            struct nn_net *net = nn_net_new(&g, 17, training, NULL, test_kernels(), &a, &e);
            assert_non_null(net);
            nn_net_init(net, 1);
            struct nn_pass p = {17, 2, 0, 1, 1, sample, 0, NULL, 0, NULL, 0, NULL};
            for (int j = 0; j < 128; j++)
                net->x[j] = 0.5f;
            nn_forward(net, &p);
            assert_close(net->z[5], strstr(nets[i], "tanh") ? tanh(0.5) : 0.5, 1e-6, 0);
            p.training = training;
            nn_forward(net, &p);
            if (training)
                nn_backward(net, &p);
            arena_release(&a);
        }
}

/* A team that works backwards, each piece on another member. */
static void backwards(struct team *t, int n, team_piece *piece, void *ctx)
{
    for (int i = n - 1; i >= 0; i--)
        piece(ctx, i, i % t->size);
}

/* Weights' gradients and logits of one step with every size of team, bit for bit those of the net alone. */
static void check_teams(const char *layers, enum nn_precision precision)
{
    struct run alone;
    uint32_t ids[117];
    for (uint32_t i = 0; i < 117; i++)
        ids[i] = 3 * i + 1;
    run_init_in(&alone, layers, 117, 1, precision);
    step(&alone, ids, 117);
    for (int size = 1; size <= 5; size++) {
        struct run r = {.net = NULL};
        struct team team = {size, backwards};
        struct err e = {0};
        arena_init(&r.a);
        build(&r.g, layers, maps, 4, &r.a);
        r.g.precision = precision;
        struct arena fixed;
        assert_int_equal(arena_init_fixed(&fixed, nn_net_bytes(&r.g, 117, 1, size)), 0);
        r.net = nn_net_new(&r.g, 117, 1, &team, test_kernels(), &fixed, &e);
        assert_non_null(r.net);
        nn_net_init(r.net, 11);
        step(&r, ids, 117);
        assert_memory_equal(r.net->dw, alone.net->dw, r.g.param_floats * sizeof(float));
        assert_memory_equal(r.net->z, alone.net->z, floats_of(r.g.node[r.g.nnodes - 1].y, 8) * sizeof(float));
        assert_memory_equal(r.net->buffers, alone.net->buffers, r.g.buffer_floats * sizeof(float));
        arena_release(&fixed);
        arena_release(&r.a);
    }
    arena_release(&alone.a);
}

static void any_team_gives_the_same_bits(void **state)
{
    (void)state;
    for (int precision = NN_FP32; precision <= NN_BF16; precision++) {
        check_teams(text, precision);
        check_teams(transformer, precision);
        check_teams(recurrent, precision);
    }
}

/* Texts of 9 tokens, what stands after the length of each from another seed: logits and gradients of the weights. */
static void run_padded(struct run *r, uint32_t seed, enum nn_precision precision)
{
    enum { N = 21, T = 9 };
    static _Alignas(64) int32_t lengths[2 * LANES];
    static const struct shape texts = {SEQUENCE, 1, T, 1, 1};
    struct err e = {0};
    memset(r, 0, sizeof *r);
    arena_init(&r->a);
    build(&r->g,
          "embedding 6, positional, residual { layernorm, attention heads 2 causal }, residual { attention heads 3 "
          "rotary }, lstm 5 bidirectional, positional sin, gru 4, rmsnorm, glu, dense 6, gelu, branch { mean | last | "
          "rnn 3 bidirectional last }, dense 4",
          texts, 4, &r->a);
    r->g.precision = precision;
    r->net = nn_net_new(&r->g, N, 1, NULL, test_kernels(), &r->a, &e);
    assert_non_null(r->net);
    nn_net_init(r->net, 11);
    ragged_lengths(N, T, lengths);
    for (int i = 0; i < N; i++)
        for (int t = 0; t < T; t++) {
            noise_restart(t < lengths[i] ? (uint32_t)(i * T + t) : seed + (uint32_t)t);
            r->net->x[lane_at(texts, i, 0, t, 0)] = floorf((noise() * 0.499f + 0.5f) * VOCABULARY);
        }
    struct nn_pass p = pass_of(r, N, 1);
    p.lengths = lengths;
    nn_forward(r->net, &p);
    set_dz(r, N);
    nn_backward(r->net, &p);
}

static void padding_counts_nowhere(void **state)
{
    (void)state;
    for (int precision = NN_FP32; precision <= NN_BF16; precision++) {
        struct run a, b;
        run_padded(&a, 5000, precision);
        run_padded(&b, 9000, precision);
        assert_memory_not_equal(a.net->x, b.net->x, floats_of(a.g.in, 2) * sizeof(float));
        assert_same_step(&a, &b, 21);
        arena_release(&a.a);
        arena_release(&b.a);
    }
}

int test_net(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bits_for_any_capacity_and_history),
        cmocka_unit_test(padding_of_gradients_stays_zero),
        cmocka_unit_test(masks_follow_the_sample),
        cmocka_unit_test(masks_are_keyed_by_seed_epoch_node_and_sample),
        cmocka_unit_test(evaluation_on_a_training_net),
        cmocka_unit_test(input_and_dz_are_left_alone),
        cmocka_unit_test(trivial_networks_run),
        cmocka_unit_test(any_team_gives_the_same_bits),
        cmocka_unit_test(padding_counts_nowhere),
    };
    return cmocka_run_group_tests_name("nn net", tests, NULL, NULL);
}
