/* Lists, ranges, conditions and zips as the sweep file writes them. */
#include "config_test.h"

#include <string.h>
#include <time.h>

static void value_lists(void **state)
{
    static const struct {
        const char *axis, *want;
    } good[] = {
        {"8, 16, 32", "8 | 16 | 32"},
        {"32,8", "32 | 8"},
        {"8", "8"},
        {"2..4", "2 | 3 | 4"},
        {"-1..1", "-1 | 0 | 1"},
        {"2 .. 4", "2 | 3 | 4"},
        {"8..32 step 8", "8 | 16 | 24 | 32"},
        {"0..0.3 count 4", "0 | 0.1 | 0.2 | 0.3"},
        {"0..1 step 0.1", "0 | 0.1 | 0.2 | 0.3 | 0.4 | 0.5 | 0.6 | 0.7 | 0.8 | 0.9 | 1"},
        {"0.05..0.2 step 0.05", "0.05 | 0.1 | 0.15 | 0.2"},
        {"0..1 count 4", "0 | 0.333333333333 | 0.666666666667 | 1"},
        {"1e-4..1e-1 log count 4", "0.0001 | 0.001 | 0.01 | 0.1"},
        {"1..1024 log count 11", "1 | 2 | 4 | 8 | 16 | 32 | 64 | 128 | 256 | 512 | 1024"},
        {"0.1..0.001 log count 2", NULL},
        {"1%..3% step 1%", "0.01 | 0.02 | 0.03"},
        {"2..4, 8, 16..32 step 16", "2 | 3 | 4 | 8 | 16 | 32"},
        {"relu, gelu", "relu | gelu"},
        {"\"a, b\", c", "a, b | c"},
        {"5%, 10%", "5% | 10%"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (good[i].want && strcmp(values_of(good[i].axis), good[i].want))
            fail_msg("%s: %s, not %s", good[i].axis, values_of(good[i].axis), good[i].want);
}

static void bad_lists(void **state)
{
    static const struct {
        const char *axis, *part;
    } bad[] = {
        {"0..0.3", "continuous, which a grid cannot try out: add step S or count N"},
        {"1e-4..1e-1 log", "continuous, which a grid cannot try out: add count N"},
        {"4..2", "does not go up"},
        {"4..4", "does not go up"},
        {"0..1 step 0.3", "write 0..0.9 step"},
        {"0..1 step 0", "step in '0..1 step 0' is to be above 0"},
        {"0..1 step -1", "above 0"},
        {"0..1 step", "a number is missing after step"},
        {"0..1 count 1", "at least 2"},
        {"0..1 count 2.5", "an integer"},
        {"0..1 log count 3", "begin above 0"},
        {"1..2 log step 1", "takes count, not step"},
        {"1..2 every 3", "'every 3' is not understood"},
        {"1..2 count 3 4", "'4' is not understood"},
        {"8,, 16", "a value is missing"},
        {"8, 16,", "a value is missing"},
        {",", "a value is missing"},
        {"", "no values"},
        {"when 1", "no values"},
        {"8, 8", "'8' stands twice"},
        {"0.1, 1e-1", "'1e-1' stands twice"},
        {"8 when", "a condition is missing"},
        {"\"a", "the second '\"' is missing"},
        {"\"a\" b", "a comma is missing"},
        {"a \"b\"", "quotes stand around a whole value"},
        {"$x, 3", "a variable is a plain value"},
        {"8, 16 when foo = 3", "unknown name 'foo'"},
        {"8, 16 when batch_size = 3", "write 'train.batch_size'"},
        {"8, 16 when train.batch_sise = 3", "did you mean 'train.batch_size'?"},
        {"8, 16 when train.optimizer = sdg", "did you mean 'sgd'?"},
        {"8, 16 when model.x = 8", "looks, directly or through others, at itself"},
        {"8, 16 when sweep.seed = 8", "conditions look at [data], [model] and [train]"},
        {"8, 16 when uses relu", "only be asked in [require]"},
        {"8, 16 when 1/0", "division by zero"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct str t = {0};
        str_addf(&t, "[model]\nx = 1\nlayers = conv 3x3 $x\n[grid]\nmodel.x = %s\n", bad[i].axis);
        const char *got = errors_of(t.p, NULL);
        if (strncmp(got, "t.ini:5: model.x: ", 18) || !strstr(got, bad[i].part))
            fail_msg("'%s': '%s' is missing in: %s", bad[i].axis, bad[i].part, got);
        str_release(&t);
    }
}

static void values_are_checked_at_open(void **state)
{
    (void)state;
    assert_string_equal(errors_of("[grid]\ntrain.batch_size = 32, 0, 16, x, -1\n", NULL),
                        "t.ini:2: train.batch_size: '0' is not an integer 1..65536\n"
                        "t.ini:2: train.batch_size: 'x' is not an integer 1..65536\n"
                        "t.ini:2: train.batch_size: '-1' is not an integer 1..65536\n");
    expect_error("[grid]\ntrain.batch_size = 1..2 count 3\n", "'1.5' is not an integer", NULL);
    expect_error("[grid]\ntrain.batch_size = 1..65537\n", "'65537' is not an integer 1..65536", NULL);
    expect_error("[grid]\ntrain.optimizer = sgd, adm\n", "did you mean 'adam'?", NULL);
    expect_error("[grid]\ntrain.optimizer = sgd, adam\ntrain.momentum = 0.5, 1\n",
                 "t.ini:3:", "'1' is not a number in [0, 1)", NULL);
    expect_error("[grid]\ndata.dataset = optdigits, mnits\n", "t.ini:2: data.dataset:", "mnits", NULL);
    expect_error("[grid]\ndata.augment = rotate 7, shfit 1\n", "t.ini:2: data.augment:", "shift", NULL);
    expect_error("[grid]\ndata.path = 1..3\n", "a range has no meaning for a text", NULL);
    expect_error("[data]\ntrain = 0.9\n[grid]\ndata.validation = 0.1, 0.2\n", "t.ini:4: data.validation", NULL);
}

static void axes_twice(void **state)
{
    (void)state;
    expect_error("[grid]\ntrain.lr = 1, 2\n[zip a]\ntrain.lr = 1, 2\n",
                 "t.ini:4: train.lr: is an axis already, in line 2", NULL);
    expect_error("[grid]\nmodel.layers = a, b\n", "[model.NAME] sections and vary model.variant", NULL);
}

static void zips(void **state)
{
    (void)state;
    struct sweep *s =
        open_text("[grid]\ntrain.lr = 1, 2\n[zip size]\ntrain.batch_size = 8, 16, 32\ntrain.epochs = 1..3\n", NULL);
    assert_int_equal(sweep_points(s), 6);
    assert_int_equal(sweep_axes(s), 2);
    assert_int_equal(sweep_axis(s, 1).nkeys, 2);
    assert_int_equal(sweep_axis(s, 1).values, 3);
    assert_string_equal(sweep_axis(s, 1).key[1], "train.epochs");
    struct point p = point_of(s, 4);
    assert_int_equal(p.train.batch_size, 16);
    assert_int_equal(p.train.epochs, 2);
    assert_close(p.train.lr, 2, 0, 0);
    sweep_free(s);
    expect_error("[zip size]\ntrain.batch_size = 8, 16, 32\ntrain.epochs = 1..4\n",
                 "t.ini:3: train.epochs: 4 values, but train.batch_size in line 2 has 3", NULL);
    s = open_text(
        "[zip size]\ntrain.batch_size = 8, 16 when train.lr = 1\ntrain.epochs = 1..2\n[grid]\ntrain.lr = 1, 2\n", NULL);
    assert_int_equal(sweep_points(s), 3);
    sweep_free(s);
    /* two zips next to each other stay two */
    s = open_text("[zip a]\ntrain.batch_size = 8, 16\n[zip b]\ntrain.lr = 1, 2\n", NULL);
    assert_int_equal(sweep_points(s), 4);
    sweep_free(s);
    s = open_text("[zip a]\ntrain.batch_size = 8, 16\ntrain.lr = 1, 2\n", "train.lr=3", NULL);
    assert_int_equal(sweep_points(s), 2);
    assert_int_equal(sweep_keys(s), 1);
    sweep_free(s);
    s = open_text("[zip a]\ntrain.batch_size = 8, 16\ntrain.lr = 1, 2\n", "train.lr=3, 4", NULL);
    assert_close(point_of(s, 1).train.lr, 4, 0, 0);
    assert_int_equal(sweep_points(s), 2);
    sweep_free(s);
}

static void conditional_axes(void **state)
{
    (void)state;
    struct sweep *s = open_text("[train]\nepochs = 3\n[grid]\ntrain.momentum = 0.9, 0.99 when train.optimizer = sgd\n"
                                "train.optimizer = sgd, adam\ntrain.lr = 1, 2\n",
                                NULL);
    static const char *const want[6][3] = {{"0.9", "sgd", "1"},  {"0.9", "sgd", "2"}, {"0.99", "sgd", "1"},
                                           {"0.99", "sgd", "2"}, {"", "adam", "1"},   {"", "adam", "2"}};
    assert_int_equal(sweep_points(s), 6);
    assert_string_equal(sweep_axis(s, 0).when, "train.optimizer = sgd");
    assert_null(sweep_axis(s, 1).when);
    for (uint64_t k = 0; k < 6; k++)
        for (size_t i = 0; i < 3; i++)
            assert_string_equal(value_of(s, k, i), want[k][i]);
    sweep_free(s);
    expect_error("[grid]\ntrain.lr = 1, 2 when train.epochs = 3\ntrain.epochs = 3, 4 when train.lr = 1\n",
                 "looks, directly", NULL);
    s = open_text("[grid]\ntrain.lr = 1, 2 when train.epochs = 99\ntrain.batch_size = 8, 16\n", NULL);
    assert_int_equal(sweep_points(s), 2);
    sweep_free(s);
    s = open_text("[grid]\ntrain.nesterov = yes, no when train.momentum > 0 and train.optimizer = sgd\n"
                  "train.momentum = 0, 0.9 when train.optimizer = sgd or train.optimizer = rmsprop\ntrain.optimizer = "
                  "sgd, rmsprop, adam\n",
                  NULL);
    assert_int_equal(sweep_points(s), 3 + 2 + 1);
    sweep_free(s);
    /* the default of a key that only some optimizers have */
    s = open_text("[grid]\ntrain.lr = 1, 2 when train.momentum = 0\ntrain.optimizer = sgd, adam\n", NULL);
    assert_int_equal(sweep_points(s), 3);
    sweep_free(s);
}

static double seconds_since(double *t)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    double s = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec, d = s - *t;
    *t = s;
    return d;
}

/* Opened, counted and asked for points in no time; the limit leaves room for sanitizers and busy machines. */
static void a_million_millions(void **state)
{
    static const char text[] =
        "[model]\na = 1\nb = 1\nc = 1\nlayers = dense ${a + b + c}\n[grid]\nmodel.a = 1..1000000\n"
        "model.b = 0..1 count 1000\nmodel.c = 1, 2, 3 when train.optimizer = sgd\n"
        "train.optimizer = sgd, adam\ntrain.lr = 1e-4..1 log count 250\n";
    double t = 0;
    (void)state;
    seconds_since(&t);
    struct sweep *s = open_text(text, NULL);
    assert_true(sweep_points(s) == 1000000ull * 1000 * 4 * 250);
    assert_close(sweep_points_approx(s), 1e12, 0, 0);
    struct point p = point_of(s, sweep_points(s) - 1);
    assert_string_equal(p.value[0], "1000000");
    assert_string_equal(p.value[1], "1");
    assert_string_equal(p.value[2], "");
    assert_string_equal(p.value[3], "adam");
    assert_string_equal(p.value[4], "1");
    assert_string_equal(p.line[0].text, "dense 1000002"); /* c is 1 where its condition fails */
    p = point_of(s, 123456789012ull);
    assert_string_equal(p.value[0], "123457");
    assert_true(seconds_since(&t) < 0.1);
    sweep_free(s);
    s = open_text("[grid]\ntrain.epochs = 1..1000000\ntrain.batch_size = 1..65536\ntrain.patience = "
                  "1..1000000\ndata.seed = 0..2000000000\n",
                  NULL);
    assert_true(sweep_points(s) == UINT64_MAX);
    assert_close(sweep_points_approx(s), 1e6 * 65536 * 1e6 * 2000000001., 1e-12, 0);
    assert_string_equal(value_of(s, UINT64_MAX - 1, 0), "1");
    sweep_free(s);
}

int run_axis_tests(void)
{
    const struct CMUnitTest axes[] = {
        cmocka_unit_test(value_lists),        cmocka_unit_test(bad_lists), cmocka_unit_test(values_are_checked_at_open),
        cmocka_unit_test(axes_twice),         cmocka_unit_test(zips),      cmocka_unit_test(conditional_axes),
        cmocka_unit_test(a_million_millions),
    };
    return cmocka_run_group_tests(axes, NULL, NULL);
}
