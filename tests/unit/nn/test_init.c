/* The table of initialisations: moments, ranges, and that a tensor's numbers are its own. */
#include "single.h"

#include "nn/inits.h"

#include <math.h>
#include <string.h>

#define N 20000

static void moments_are_as_described(void **state)
{
    static float w[N];
    static const struct {
        const char *name;
        double std, limit; /* of fan_in 50, fan_out 20 */
    } want[] = {{"he", 0.2, INFINITY},
                {"xavier", 0.2927700 / 1.7320508, 0.2927701},
                {"normal", 0.02, INFINITY},
                {"pytorch", 0.1414213 / 1.7320508, 0.1414214},
                {"zero", 0, 0},
                {"lecun", 0.1414214, INFINITY},
                {"orthogonal", 0.05, 1}, /* 50 columns of 400 numbers, each of length 1 */
                {"truncated_normal", 0.02 * 0.8796257, 0.04},
                {"uniform", 0.05 / 1.7320508, 0.05},
                {"standard_normal", 1, INFINITY},
                {"constant", 0.01, 0.01}};
    (void)state;
    for (size_t i = 0; init_types[i].name; i++) {
        struct rng r;
        double sum = 0, square = 0, most = 0;
        assert_string_equal(init_types[i].name, want[i].name); /* a new row wants a line here */
        rng_init(&r, 1, RNG_TEST, (uint32_t)i, 0);
        init_types[i].fill(&r, 50, 20, N, w);
        for (size_t j = 0; j < N; j++) {
            sum += (double)w[j];
            square += (double)w[j] * (double)w[j];
            most = fmax(most, fabs((double)w[j]));
        }
        assert_close(sum / N, !strcmp(want[i].name, "constant") ? 0.01 : 0, 0,
                     1e-9 + 4 * want[i].std / sqrt(N)); /* four standard errors */
        assert_close(sqrt(square / N), want[i].std, 0.03, 1e-12);
        assert_true(most <= want[i].limit);
    }
    assert_null(nn_init_name(COUNT(want)));
}

/* The shorter side: the dot product of each two vectors is 0, of one with itself 1. */
static void check_orthogonal(int rows, int cols)
{
    static float w[N];
    struct rng r;
    size_t i = 0;
    while (strcmp(init_types[i].name, "orthogonal") != 0)
        i++;
    rng_init(&r, 2, RNG_TEST, (uint32_t)rows, 0);
    init_types[i].fill(&r, cols, 0, (size_t)(rows * cols), w);
    int wide = rows <= cols, vectors = wide ? rows : cols, length = wide ? cols : rows;
    for (int a = 0; a < vectors; a++)
        for (int b = 0; b <= a; b++) {
            double dot = 0;
            for (int j = 0; j < length; j++)
                dot += wide ? (double)w[a * cols + j] * (double)w[b * cols + j]
                            : (double)w[j * cols + a] * (double)w[j * cols + b];
            assert_close(dot, a == b, 0, 1e-6);
        }
}

static void orthogonal_rows_or_columns(void **state)
{
    (void)state;
    check_orthogonal(16, 90);
    check_orthogonal(90, 16);
    check_orthogonal(60, 60);
    check_orthogonal(1, 5);
    check_orthogonal(5, 1);
}

static struct nn_net *filled(struct nn_graph *g, const char *text, uint64_t seed, struct arena *a)
{
    struct err e = {0};
    build(g, text, (struct shape){MAPS, 1, 8, 8, 1}, 0, a);
    struct nn_net *net = nn_net_new(g, 16, 0, NULL, test_kernels(), a, &e);
    assert_non_null(net);
    for (size_t i = 0; i < g->param_floats; i++)
        net->w[i] = 7;
    nn_net_init(net, seed);
    return net;
}

static void nets_are_filled_by_role(void **state)
{
    struct arena a;
    struct nn_graph g;
    (void)state;
    arena_init(&a);
    struct nn_net *net =
        filled(&g, "conv 3x3 5 bias yes, bn, relu, conv 3x3 5 init zero, gap, dense 3 init normal", 1, &a);
    for (int i = 0; i < g.nnodes; i++)
        for (int t = 0; t < g.node[i].ntensors; t++) {
            const struct nn_tensor *s = &g.node[i].tensor[t];
            int zero = s->role == NN_BIAS || (s->init >= 0 && !strcmp(nn_init_name((size_t)s->init), "zero"));
            for (size_t j = 0; j < PAD16(s->n); j++) {
                float v = net->w[s->at + j];
                if (j >= s->n || zero)
                    assert_true(v == 0);
                else if (s->role == NN_GAIN)
                    assert_true(v == 1);
                else
                    assert_true(v != 0 && fabsf(v) < 3);
            }
        }
    for (int c = 0; c < 5; c++) {
        assert_true(net->buffers[g.node[1].buffers_at + (size_t)c] == 0);
        assert_true(net->buffers[g.node[1].buffers_at + 16 + (size_t)c] == 1);
    }
    arena_release(&a);
}

/* As PyTorch's reset_parameters: of each kind of layer with weights and biases, fans as there. */
static void biases_start_as_the_weights_initialisation_says(void **state)
{
    static const struct {
        const char *text;
        double fan_in;
    } rows[] = {
        {"conv 3x3 2, conv 3x3 64 bias yes init pytorch", 18},
        {"conv 3x3 2, conv_transpose 2x2 64 bias yes init pytorch", 256},
        {"conv 3x3 64, depthwise 3x3 bias yes init pytorch", 9},
        {"patch 2 64 bias yes init pytorch", 4},
        {"flatten, dense 64 bias yes init pytorch", 64},
        {"flatten, dense 64 bias yes init he", 0},
    };
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        struct arena a;
        struct nn_graph g;
        arena_init(&a);
        struct nn_net *net = filled(&g, rows[k].text, 1, &a);
        const struct nn_node *nd = &g.node[g.nnodes - 1];
        const struct nn_tensor *bias = &nd->tensor[nd->ntensors - 1];
        const double limit = rows[k].fan_in > 0 ? 1 / sqrt(rows[k].fan_in) : 0;
        double most = 0, sum = 0;
        assert_int_equal(bias->role, NN_BIAS);
        assert_int_equal(bias->n, 64);
        for (size_t i = 0; i < bias->n; i++) {
            most = fmax(most, fabs((double)net->w[bias->at + i]));
            sum += net->w[bias->at + i];
        }
        if (most > limit || most < 0.9 * limit || fabs(sum) > 0.3 * limit * 64)
            fail_msg("%s: biases up to %g, their sum %g; the limit is %g", rows[k].text, most, sum, limit);
        arena_release(&a);
    }
}

static void numbers_depend_on_seed_node_and_tensor_alone(void **state)
{
    struct arena a;
    struct nn_graph g[4];
    (void)state;
    arena_init(&a);
    struct nn_net *one = filled(&g[0], "conv 3x3 8, conv 1x1 8, conv 1x1 8", 1, &a);
    struct nn_net *again = filled(&g[1], "conv 3x3 8, conv 1x1 8, conv 1x1 8", 1, &a);
    struct nn_net *other = filled(&g[2], "conv 3x3 8, conv 1x1 8, conv 1x1 8", 2, &a);
    struct nn_net *wider = filled(&g[3], "conv 3x3 9, conv 1x1 8, conv 1x1 8", 1, &a);
    assert_memory_equal(one->w, again->w, g[0].param_floats * sizeof(float));
    assert_memory_not_equal(one->w, other->w, g[0].param_floats * sizeof(float));
    assert_memory_equal(one->w, wider->w, 72 * sizeof(float)); /* the first 8 filters of both */
    assert_memory_not_equal(one->w + g[0].node[1].tensor[0].at, one->w + g[0].node[2].tensor[0].at, 64 * sizeof(float));
    arena_release(&a);
}

int test_init(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_as_described),
        cmocka_unit_test(orthogonal_rows_or_columns),
        cmocka_unit_test(nets_are_filled_by_role),
        cmocka_unit_test(biases_start_as_the_weights_initialisation_says),
        cmocka_unit_test(numbers_depend_on_seed_node_and_tensor_alone),
    };
    return cmocka_run_group_tests_name("nn init", tests, NULL, NULL);
}
