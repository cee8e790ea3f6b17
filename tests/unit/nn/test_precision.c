/* Networks in bf16: where nothing has to be rounded they give the bits of fp32, elsewhere they do not; they take less
 * memory. What is rounded where is compared with PyTorch in test_golden.c, with single steps in test_plan.c. */
#include "single.h"

#include <math.h>
#include <string.h>

static const struct shape maps = {MAPS, 2, 9, 9, 1};

struct made {
    struct arena a;
    struct nn_graph g;
    struct nn_net *net;
};

static void make(struct made *m, const char *text, int batch, enum nn_precision precision)
{
    struct err e = {0};
    arena_init(&m->a);
    build(&m->g, text, maps, 4, &m->a);
    m->g.precision = precision;
    m->net = nn_net_new(&m->g, batch, 1, NULL, test_kernels(), &m->a, &e);
    assert_non_null(m->net);
    nn_net_init(m->net, 1);
}

/* Small whole numbers: weights -1, 0, 1, inputs 0..3, so that no sum has more than 8 bits. The normalizations' running
 * statistics are those of the start but for eps: they pass on what they get. */
static void fill_with_integers(struct made *m, int n)
{
    float *x = m->net->x;
    noise_restart(9);
    for (size_t i = 0; i < floats_of(maps, blocks_of(n)); i++)
        x[i] = floorf(2 + 2 * noise());
    for (int i = 0; i < m->g.nnodes; i++) {
        const struct nn_node *nd = &m->g.node[i];
        for (int t = 0; t < nd->ntensors; t++)
            for (size_t k = 0; k < nd->tensor[t].n && nd->tensor[t].role != NN_GAIN; k++)
                m->net->w[nd->tensor[t].at + k] =
                    nd->tensor[t].role == NN_WEIGHT ? floorf(1.5f + 1.5f * noise()) - 1 : 0;
        for (size_t k = 0; nd->nbuffers && k < PAD16(nd->x[0].c); k++)
            m->net->buffers[nd->buffers_at + PAD16(nd->x[0].c) + k] = 1 - 1e-5f;
    }
}

static void pass(struct made *m, int n, int training)
{
    uint32_t sample[64] = {0};
    struct nn_pass p = {n, blocks_of(n), training, 1, 1, sample, 0, NULL, 0, NULL, 0, NULL};
    nn_forward(m->net, &p);
    if (!training)
        return;
    memset(m->net->dz, 0, floats_of((struct shape){VECTOR, 4, 1, 1, 1}, p.blocks) * sizeof(float));
    for (int i = 0; i < n; i++)
        for (int c = 0; c < 4; c++)
            m->net->dz[(i / LANES * 4 + c) * LANES + i % LANES] = (float)((i + c) % 3 - 1);
    nn_backward(m->net, &p);
}

/* Of the logits, and in training of the gradient. */
static int same_bits(const struct made *a, const struct made *b, int n, int training)
{
    size_t logits = floats_of((struct shape){VECTOR, 4, 1, 1, 1}, blocks_of(n));
    return !memcmp(a->net->z, b->net->z, logits * sizeof(float)) &&
           (!training || !memcmp(a->net->dw, b->net->dw, a->g.param_floats * sizeof(float)));
}

static void exact_numbers_give_the_bits_of_fp32(void **state)
{
    static const struct {
        const char *text;
        int training;
    } nets[] = {
        {"conv 3x3 3, relu, maxpool 2, conv 1x1 2, avgpool 2 stride 1, flatten, dense 4", 1},
        {"conv 3x3 3, bn, relu, maxpool 2, conv 1x1 2, bn, flatten, dense 4", 0},
        {"avgpool 4, rows, rnn 4 last act relu", 1},
        {"conv 3x3 3, bn, relu, conv 3x3 2 groups 1 stride 2, bn, relu, flatten, dense 4", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(nets); i++)
        for (int n = 3; n < 40; n += 18) {
            struct made fp32, bf16;
            make(&fp32, nets[i].text, n, NN_FP32);
            make(&bf16, nets[i].text, n, NN_BF16);
            fill_with_integers(&fp32, n);
            fill_with_integers(&bf16, n);
            pass(&fp32, n, nets[i].training);
            pass(&bf16, n, nets[i].training);
            float most = 0;
            for (int z = 0; z < 4 * LANES; z++)
                most = fmaxf(most, fabsf(fp32.net->z[z]));
            assert_true(most >= 1);
            if (!same_bits(&fp32, &bf16, n, nets[i].training))
                fail_msg("'%s' with %d images: other bits", nets[i].text, n);
            arena_release(&fp32.a);
            arena_release(&bf16.a);
        }
}

static void others_do_not(void **state)
{
    static const char *const nets[] = {"conv 3x3 3, gap, dense 4",
                                       "flatten, dense 4",
                                       "conv 3x3 3, bn, relu, gap, dense 4",
                                       "avgpool 2, reshape 4x4x2, attention heads 2, gap",
                                       "avgpool 2, reshape 4x8, attention heads 2, mean",
                                       "rows, lstm 4 last",
                                       "rows, gru 2 bidirectional last"};
    (void)state;
    for (size_t i = 0; i < COUNT(nets); i++) {
        struct made fp32, bf16;
        make(&fp32, nets[i], 20, NN_FP32);
        make(&bf16, nets[i], 20, NN_BF16);
        fill_with_integers(&fp32, 20);
        fill_with_integers(&bf16, 20);
        nn_net_init(fp32.net, 3);
        nn_net_init(bf16.net, 3);
        pass(&fp32, 20, 1);
        pass(&bf16, 20, 1);
        assert_false(same_bits(&fp32, &bf16, 20, 0));
        for (int c = 0; c < 4; c++)
            assert_close(bf16.net->z[c * LANES], fp32.net->z[c * LANES], 0.1, 0.1);
        arena_release(&fp32.a);
        arena_release(&bf16.a);
    }
}

/* What lies between stages takes half the memory; what does not lie there takes what it took. */
static void memory_between_stages_is_halved(void **state)
{
    static const char deep[] = "{ conv 3x3 24 pad 1, bn, relu } x 6, gap, dense 4";
    struct arena a;
    struct nn_graph g;
    (void)state;
    arena_init(&a);
    build(&g, deep, (struct shape){MAPS, 1, 24, 24, 1}, 4, &a);
    size_t fp32 = nn_net_bytes(&g, 128, 1, 1);
    g.precision = NN_BF16;
    size_t bf16 = nn_net_bytes(&g, 128, 1, 1);
    assert_true(bf16 < fp32 / 100 * 60);
    arena_release(&a);
}

static void words(void **state)
{
    (void)state;
    assert_string_equal(nn_precision_name(NN_FP32), "fp32");
    assert_string_equal(nn_precision_name(NN_BF16), "bf16");
    assert_null(nn_precision_name(2));
    assert_null(nn_precision_help(2));
    struct nn_spec spec = {.precision = 7};
    struct err e = {0};
    param_defaults(nn_precision_params, &spec);
    assert_int_equal(spec.precision, NN_FP32);
    assert_int_equal(param_set(nn_precision_params, &spec, "bf16", NULL, &e), 0);
    assert_int_equal(spec.precision, NN_BF16);
}

int test_precision(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(exact_numbers_give_the_bits_of_fp32),
        cmocka_unit_test(others_do_not),
        cmocka_unit_test(memory_between_stages_is_halved),
    };
    return cmocka_run_group_tests_name("nn precision", tests, NULL, NULL);
}
