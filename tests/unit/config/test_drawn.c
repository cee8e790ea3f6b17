/* Distributions: what an axis says in a sweep whose points are drawn, and the values it then has. Quantiles against
 * SciPy, tests/support/search_golden.py. */
#include "config_test.h"

#include "base/maths.h"
#include "config/syntax/distribution.h"
#include "config/syntax/values.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const distribution_names[] = {
    [UNIFORM] = "uniform", [LOG_UNIFORM] = "log_uniform", [NORMAL] = "normal", [LOG_NORMAL] = "log_normal"};

/* A value is the quantile, rounded as distribution.h says: to a millionth of the width, or to six digits. */
static void quantiles_are_those_of_scipy(void **state)
{
    char line[256], name[64];
    size_t rows = 0, normal = 0;
    FILE *f = fopen(TEST_SOURCE_DIR "/data/search.csv", "r");
    (void)state;
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        double v[4];
        int n = sscanf(line, "%63[^,],%lf,%lf,%lf,%lf", name, &v[0], &v[1], &v[2], &v[3]);
        if (n == 4 && !strcmp(name, "quantile")) {
            assert_close(m_normal_quantile(v[0] / 1e9), v[2], 1e-13, 1e-16);
            normal++;
        }
        for (int d = UNIFORM; n == 5 && d <= LOG_NORMAL; d++)
            if (!strcmp(name, distribution_names[d])) {
                double step = d == UNIFORM ? 1e-6 * (v[1] - v[0]) : d == NORMAL ? 1e-6 * v[1] : 1e-5 * v[3];
                assert_close(distribution_value((enum distribution)d, v[0], v[1], (uint32_t)v[2]), v[3], 0,
                             0.51 * step);
                rows++;
            }
    }
    fclose(f);
    assert_int_equal(normal, 9);
    assert_int_equal(rows, 72);
}

/* The first four values of the axis by Sobol. */
static void expect_drawn(const char *key, const char *axis, const char *want)
{
    char text[600];
    snprintf(
        text, sizeof text,
        "[search]\nmethod = sobol\ntrials = 4\n[model]\nx = 8\nlayers = flatten, dense $x, relu, dense 10\n[train]\n"
        "optimizer = sgd\nmomentum = 0.9\n[grid]\n%s = %s\n",
        key, axis);
    struct sweep *s = open_text(text, NULL);
    struct str got = {0};
    for (uint64_t k = 0; k < sweep_points(s); k++)
        str_addf(&got, "%s%s", k ? " | " : "", point_of(s, k).value[0]);
    if (strcmp(got.p, want) != 0)
        fail_msg("%s: %s, not %s", axis, got.p, want);
    str_release(&got);
    sweep_free(s);
}

/* Of a key that takes fractions 0..1 is all between; of others, integers, unless an end is written as a fraction. */
static void drawn_values(void **state)
{
    (void)state;
    expect_drawn("train.lr", "0.001..0.3", "0.008288 | 0.2129834 | 0.2810534 | 0.1351319");
    expect_drawn("train.lr", "1e-4..1e-1 log", "0.000118338 | 0.0133944 | 0.0645506 | 0.0022172");
    expect_drawn("train.lr", "lognormal -3 1", "0.00693776 | 0.0863274 | 0.229262 | 0.043753");
    expect_drawn("train.momentum", "0..0.9", "0.0219373 | 0.6380771 | 0.8429701 | 0.4037415");
    expect_drawn("train.momentum", "normal 0.5 0.01", "0.48029224 | 0.50550391 | 0.51527112 | 0.49870805");
    expect_drawn("train.momentum", "0..0.9 step 0.1", "0 | 0.7 | 0.9 | 0.4");
    expect_drawn("train.momentum", "0.8, 0.9", "0.8 | 0.9");
    expect_drawn("model.x", "8..128 int", "10 | 93 | 121 | 62");
    expect_drawn("model.x", "8..128", "10 | 93 | 121 | 62");
    expect_drawn("model.x", "8..128 int log", "8 | 56 | 107 | 27");
    expect_drawn("train.weight_decay", "0..1", "0.024375 | 0.708975 | 0.936633 | 0.448602");
}

static struct values drawn(const char *text, struct arena *a)
{
    struct values v;
    struct where w = {"t.ini", 1, "grid", "x"};
    struct error_list errors = {0};
    if (values_parse(&v, text, VALUES_DRAWN, &w, a, &errors))
        fail_msg("%s is refused", text);
    return v;
}

/* Shares of the values, by 1,000,000 even quantiles. */
static void weights_and_logarithms_are_respected(void **state)
{
    enum { N = 1000000 };
    struct arena a;
    uint32_t count[13] = {0};
    (void)state;
    arena_init(&a);
    struct values v = drawn("a:3, \"b, c\":1, d:0.5", &a);
    for (uint32_t i = 0; i < N; i++)
        count[values_quantile(&v, (uint32_t)((double)i / N * 0x1p32))]++;
    assert_close(count[0], N * 3 / 4.5, 0, 2);
    assert_close(count[1], N * 1 / 4.5, 0, 2);
    assert_close(count[2], N * 0.5 / 4.5, 0, 2);
    char buf[STR_NUM];
    assert_string_equal(values_text(&v, 1, buf), "b, c");
    memset(count, 0, sizeof count);
    v = drawn("4..16 int log", &a);
    assert_int_equal(v.n, 13);
    for (uint32_t i = 0; i < N; i++)
        count[values_quantile(&v, (uint32_t)((double)i / N * 0x1p32))]++;
    for (int k = 4; k <= 16; k++)
        assert_close(count[k - 4], N * log((k + 0.5) / (k - 0.5)) / log(16.5 / 3.5), 0, 2);
    arena_release(&a);
}

#define SEARCH "[search]\nmethod = random\n"

static void what_cannot_be_drawn_is_told(void **state)
{
    (void)state;
    expect_error("[grid]\ntrain.lr = 0.1..0.3\n", "add step S or count N, or draw points with search.method", NULL);
    expect_error("[grid]\ntrain.lr = lognormal -3 1\n", "continuous", "write a list, or draw points", NULL);
    expect_error("[grid]\ntrain.batch_size = 8..64 int log\n", "log says nothing", NULL);
    expect_error("[search]\ntrials = 3\n",
                 "t.ini:2: search.trials: is not used by grid; random, sobol, latin, tpe, gp and evolution have it",
                 NULL);
    expect_error(SEARCH "trials = 0\n", "search.trials: '0' is not an integer 1..", NULL);
    expect_error(SEARCH "[grid]\nsearch.trials = 3, 4\n", "is of the sweep as a whole", NULL);
    expect_error(SEARCH "[grid]\ntrain.lr = 0..0.1 log\n", "begin above 0", NULL);
    expect_error(SEARCH "[grid]\ntrain.lr = normal 0.1 0\n", "the standard deviation is to be above 0", NULL);
    expect_error(SEARCH "[grid]\ntrain.lr = 0.1..0.3, 0.5\n", "a distribution is alone in its list", NULL);
    expect_error(SEARCH "[grid]\ntrain.batch_size = 0.5..3 int\n", "begin and end with an integer", NULL);
    expect_error(SEARCH "[grid]\ntrain.batch_size = 0..8 int log\n", "begin above 0", NULL);
    expect_error(SEARCH "[grid]\ntrain.optimizer = sgd:3, adam\n", "of all values, a:3, b:1, or of none", NULL);
    expect_error(SEARCH "[grid]\ntrain.lr = normal 0 1\n", "train.lr: '-6.3", NULL);
    expect_error(SEARCH "[zip z]\ntrain.optimizer = sgd, adam\ntrain.lr = 0.1:1, 0.2:3\n", "the first key of a zip",
                 NULL);
    expect_error("[search]\nmethod = raandom\n", "did you mean 'random'?", NULL);
}

/* A condition that holds for some values of a continuous axis, keys that advance together, variants of the network:
 * each point obeys them. */
static void conditions_zips_and_variants_are_obeyed(void **state)
{
    (void)state;
    struct sweep *s = open_text(SEARCH "trials = 200\n[model]\nlayers = flatten, dense 10\n[model.deep]\n"
                                       "layers = flatten, dense 8, relu, dense 10\n[train]\noptimizer = sgd\n[grid]\n"
                                       "model.variant = none:1, deep:3\ntrain.lr = 0.01..0.1\n"
                                       "train.momentum = 0.5..0.9 when train.lr < 0.05 and model.variant = deep\n"
                                       "[zip z]\ntrain.batch_size = 16, 32, 64\ntrain.weight_decay = 0, 0.1, 0.2\n",
                                NULL);
    int deep = 0, there = 0;
    assert_int_equal(sweep_points(s), 200);
    for (uint64_t k = 0; k < 200; k++) {
        struct point p = point_of(s, k);
        int is_deep = !strcmp(p.value[0], "deep"), here = *p.value[2] != 0;
        assert_int_equal(here, is_deep && p.train.lr < 0.05);
        assert_close(p.train.weight_decay,
                     p.train.batch_size == 16   ? 0
                     : p.train.batch_size == 32 ? 0.1
                                                : 0.2,
                     1e-12, 0);
        assert_true(p.train.lr >= 0.01 && p.train.lr <= 0.1);
        deep += is_deep;
        there += here;
    }
    assert_true(deep > 120 && deep < 180 && there > 40);
    sweep_free(s);
}

/* The values of a point, written into a grid, are the same training: what tables print reads back to the same. */
static void printed_values_are_the_same_training(void **state)
{
    (void)state;
    struct sweep *s = open_text(SEARCH "trials = 50\n[train]\noptimizer = sgd\n[grid]\ntrain.lr = 1e-5..1 log\n"
                                       "train.momentum = 0..0.99\ntrain.weight_decay = lognormal -9 2\n"
                                       "train.label_smoothing = 0.1..0.2\n",
                                NULL);
    for (uint64_t k = 0; k < 50; k++) {
        char text[400];
        struct point p = point_of(s, k);
        snprintf(text, sizeof text,
                 "[train]\noptimizer = sgd\n[grid]\ntrain.lr = %s\ntrain.momentum = %s\ntrain.weight_decay = %s\n"
                 "train.label_smoothing = %s\n",
                 p.value[0], p.value[1], p.value[2], p.value[3]);
        uint64_t hash = p.hash;
        for (size_t i = 0; i < 4; i++)
            assert_true(strlen(p.value[i]) <= 11);
        struct sweep *g = open_text(text, NULL);
        assert_true(point_of(g, 0).hash == hash);
        sweep_free(g);
    }
    sweep_free(s);
}

int run_drawn_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_those_of_scipy),
        cmocka_unit_test(drawn_values),
        cmocka_unit_test(weights_and_logarithms_are_respected),
        cmocka_unit_test(what_cannot_be_drawn_is_told),
        cmocka_unit_test(conditions_zips_and_variants_are_obeyed),
        cmocka_unit_test(printed_values_are_the_same_training),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
