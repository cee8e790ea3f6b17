/* Real data: the defaults, and every optimizer with a fitting rate, must learn the embedded digits. */
#include "fixture.h"

#include <string.h>

static float learn_in(enum nn_precision precision, const char *layers, const char *settings)
{
    struct arena mem, a;
    struct dataset set;
    struct data_spec data;
    struct data_view view;
    struct nn_graph graph;
    struct nn_spec nn = {0};
    struct train_spec spec;
    struct err e = {0};
    struct err_list errs = {0};
    struct train_result out;
    struct epoch_row row[32];

    arena_init(&mem);
    memset(&data, 0, sizeof data);
    param_defaults(data_params, &data);
    data.dataset = "optdigits";
    data.validation = 0.1;
    if (dataset_load(&set, &data, &e) || data_view_init(&view, &set, &data, &mem, &e))
        fail_msg("%s", e.text);
    param_defaults(nn_params, &nn);
    nn.precision = (int)precision;
    struct nn_line line = {.text = layers};
    struct shape in = data_input(&set)->shape;
    if (nn_graph_build(&graph, &line, 1, in, (struct nn_target){data_classes(&set), "classes", NULL}, &nn, &mem, &errs))
        fail_msg("%s", errs.n ? errs.v[0].text : "no reason");
    spec_from(&spec, settings);
    struct train_job j = {.spec = &spec, .graph = &graph, .view = &view, .k = kernels_pick(NULL), .seed = 1};
    assert_int_equal(arena_init_fixed(&a, train_bytes(&j)), 0);
    struct training *r = train_new(&j, &a, &e);
    assert_non_null(r);
    train_all(r, row, 32);
    train_finish(r, &out);
    print_message("%s | %s: best epoch %d, val %.4f, test %.4f\n", layers, settings, out.best_epoch,
                  (double)out.metric[M_VAL_ACCURACY], (double)out.metric[M_TEST_ACCURACY]);
    float accuracy = out.metric[M_TEST_ACCURACY];
    arena_release(&a);
    arena_release(&mem);
    dataset_release(&set);
    return accuracy;
}

static float learn(const char *layers, const char *settings)
{
    return learn_in(NN_FP32, layers, settings);
}

static void defaults_learn_digits(void **state)
{
    (void)state;
    assert_true(learn("conv2d 3x3 8, batchnorm, relu, conv2d 3x3 16, batchnorm, relu, gap, dense 10", "") > 0.95f);
    assert_true(learn("flatten, dense 32, relu, dense 10", "") > 0.94f);
}

static void every_optimizer_learns_digits(void **state)
{
    (void)state;
    const char *net = "conv2d 3x3 8, batchnorm, relu, flatten, dense 10";
    assert_true(learn(net, "epochs=4 optimizer=sgd momentum=0.9 nesterov=yes schedule=onecycle lr=0.1") > 0.95f);
    assert_true(learn(net, "epochs=4 optimizer=rmsprop lr=0.002 schedule=cosine") > 0.95f);
    assert_true(learn(net, "epochs=4 optimizer=adam lr=0.01 schedule=cosine warmup=0.1") > 0.95f);
    assert_true(learn(net, "epochs=4 optimizer=adamw lr=0.01 weight_decay=0.01 schedule=exponential gamma=0.5") >
                0.95f);
}

static void bf16_learns_as_well(void **state)
{
    const char *net =
        "conv2d 3x3 16 pad same, batchnorm, relu, conv2d 3x3 32, batchnorm, relu, maxpool 2, gap, dense 10";
    (void)state;
    float fp32 = learn(net, "epochs=6"), bf16 = learn_in(NN_BF16, net, "epochs=6");
    assert_true(fp32 > 0.96f);
    assert_true(bf16 > fp32 - 0.01f);
}

int test_learning(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_learn_digits),
        cmocka_unit_test(every_optimizer_learns_digits),
        cmocka_unit_test(bf16_learns_as_well),
    };
    return cmocka_run_group_tests_name("learning", tests, NULL, NULL);
}
