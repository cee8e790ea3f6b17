/* [require]: conditions on the plan and on the results. */
#include "config_test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct arena mem;
static struct nn_graph graph; /* 8x8 digits: conv 3x3 4 with bias 40, batchnorm 8, dense 4 -> 10: 50 */

static int build_graph(void **state)
{
    static const struct nn_line lines[] = {{.text = "conv 3x3 4 bias yes, batchnorm, relu"}, {.text = "gap, dense 10"}};
    struct nn_spec spec = {0};
    struct err_list errs = {0};
    (void)state;
    arena_init(&mem);
    return nn_graph_build(&graph, lines, 2, (struct shape){MAPS, 1, 8, 8, 1}, (struct nn_target){10, "classes", NULL},
                          &spec, &mem, &errs);
}

static int drop_graph(void **state)
{
    (void)state;
    arena_release(&mem);
    return 0;
}

static struct sweep *with(const char *key, const char *condition)
{
    char text[512];
    snprintf(text, sizeof text, "[train]\noptimizer = adam\n[grid]\ntrain.epochs = 3, 4\n[require]\n%s = %s\n", key,
             condition);
    return open_text(text, NULL);
}

static void model_conditions(void **state)
{
    static const struct {
        const char *text;
        int want;
    } row[] = {
        {"params < 20000", 1},
        {"params = 98", 1},
        {"params > 98", 0},
        {"receptive_field = 3", 1},
        {"depth = 2", 1},
        {"macs > 1000 and macs < 1e6", 1},
        {"head = gap+fc", 1},
        {"head = fc", 0},
        {"head = gmp", 0},
        {"head = conv", 0},
        {"pool_distance >= 0", 0}, /* there is no pooling but the global one */
        {"bn_distance >= 1", 1},
        {"jump = 1", 1},
        {"uses batchnorm and not uses dropout", 1},
        {"uses conv", 1},
        {"uses dropout", 0},
        {"train.epochs = 3", 1},
        {"train.epochs > 3", 0},
        {"train.optimizer = adam", 1},
        {"train.momentum > 0.5", 0}, /* adam has none */
        {"train.beta1 = 0.9", 1},
        {"params < 20000\n  uses batchnorm\n  depth < 9", 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct sweep *s = with("model", row[i].text);
        struct point p = point_of(s, 0);
        struct err e = {0};
        char why[128] = "";
        int got = sweep_require_model(s, &p, &graph, why, sizeof why, &e);
        if (got != row[i].want)
            fail_msg("'%s' is %d: %s", row[i].text, got, e.text);
        assert_string_equal(why, got ? "" : row[i].text);
        sweep_free(s);
    }
}

static void the_first_that_fails_is_named(void **state)
{
    struct sweep *s = with("model", "params < 20000\n  uses dropout\n  params < 1");
    struct point p = point_of(s, 0);
    struct err e = {0};
    char why[128];
    (void)state;
    assert_int_equal(sweep_require_model(s, &p, &graph, why, sizeof why, &e), 0);
    assert_string_equal(why, "uses dropout");
    sweep_free(s);
    s = with("model", "params / (train.epochs - 3) > 1");
    p = point_of(s, 0);
    assert_int_equal(sweep_require_model(s, &p, &graph, why, sizeof why, &e), -1);
    assert_non_null(strstr(e.text, "t.ini:6: require.model: division by zero"));
    sweep_free(s);
}

static void result_conditions(void **state)
{
    static const struct {
        const char *text;
        int want;
    } row[] = {
        {"test_accuracy >= 90%", 1}, /* the float nearest to 0.9 lies below it */
        {"test_accuracy >= 0.9", 1},
        {"test_accuracy > 0.9", 0},
        {"test_accuracy = 90%", 1},
        {"test_accuracy >= 90% and params < 100", 1},
        {"test_loss < 0.5 and train.epochs = 3", 1},
        {"val_accuracy > 0", -1},
        {"uses batchnorm", 1},
    };
    float metric[M_COUNT] = {[M_TRAIN_LOSS] = 0.1f,  [M_TRAIN_ACCURACY] = 0.95f, [M_VAL_LOSS] = NAN,
                             [M_VAL_ACCURACY] = NAN, [M_TEST_LOSS] = 0.25f,      [M_TEST_ACCURACY] = 0.9f};
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct sweep *s = with("result", row[i].text);
        struct point p = point_of(s, 0);
        assert_int_equal(sweep_results(s), 1);
        assert_string_equal(sweep_result_text(s, 0), row[i].text);
        assert_null(sweep_result_text(s, 1));
        int got = sweep_result_holds(s, 0, &p, &graph, metric);
        if (got != row[i].want)
            fail_msg("'%s' is %d", row[i].text, got);
        sweep_free(s);
    }
    struct sweep *s = with("result", "test_accuracy > 1%\n  test_loss < 0.1");
    struct point p = point_of(s, 0);
    assert_int_equal(sweep_results(s), 2);
    assert_int_equal(sweep_result_holds(s, 0, &p, &graph, metric), 1);
    assert_int_equal(sweep_result_holds(s, 1, &p, &graph, metric), 0);
    sweep_free(s);
}

static void errors_at_open(void **state)
{
    (void)state;
    assert_string_equal(
        errors_of("[require]\nmodel = params < 3\n  parms < 4\n  val_accuracy > 3\n  head = gpa\n"
                  "  uses batchnom\nresult = test_acuracy > 1\n  train.optimizer = adm\n",
                  NULL),
        "t.ini:3: require.model: unknown name 'parms' in 'parms < 4'; did you mean 'params'?\n"
        "t.ini:4: require.model: unknown name 'val_accuracy' in 'val_accuracy > 3'; metrics are known after training "
        "only: write it under 'result'\n"
        "t.ini:5: require.model: 'gpa' is no value that can stand in 'head = gpa'; did you mean 'gap'?\n"
        "t.ini:6: require.model: unknown layer 'batchnom' in 'uses batchnom'; did you mean 'batchnorm'?\n"
        "t.ini:7: require.result: unknown name 'test_acuracy' in 'test_acuracy > 1'; did you mean 'test_accuracy'?\n"
        "t.ini:8: require.result: 'adm' is no value that can stand in 'train.optimizer = adm'; did you mean 'adam'?\n");
}

/* 99.4 for 99.4 % can never be met: told before days of training. */
static void accuracies_are_fractions(void **state)
{
    (void)state;
    assert_string_equal(
        errors_of("[require]\nresult = test_loss < 3 and test_accuracy >= 99.4\n  90 < val_accuracy or test_loss < 2\n"
                  "  train_accuracy = 100\n",
                  NULL),
        "t.ini:2: require.result: test_accuracy is at most 1, it never reaches 99.4; write 99.4%\n"
        "t.ini:3: require.result: val_accuracy is at most 1, it never reaches 90; write 90%\n"
        "t.ini:4: require.result: train_accuracy is at most 1, it never reaches 100; write 100%\n");
    sweep_free(with("result",
                    "test_accuracy <= 1 and test_loss < 3\n  100 * test_accuracy >= 99\n  test_accuracy > 99%\n"
                    "  params > 2 + test_accuracy"));
}

int run_require_tests(void)
{
    const struct CMUnitTest require[] = {
        cmocka_unit_test(model_conditions),         cmocka_unit_test(the_first_that_fails_is_named),
        cmocka_unit_test(result_conditions),        cmocka_unit_test(errors_at_open),
        cmocka_unit_test(accuracies_are_fractions),
    };
    return cmocka_run_group_tests(require, build_graph, drop_graph);
}
