/* Regression: a whole training against tests/support/regress_golden.py, batches, and what its metrics say by hand. */
#include "fixture.h"
#include "golden.h"
#include "train/answers.h"
#include "train/task.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEATURES = 3, HIDDEN = 5, TARGETS = 2, TRAIN = 40, VALIDATION = 9, TEST = 21, EPOCHS = 30 };

/* Numbers in (-1,1), as the script has them. */
static double wave(int i)
{
    return sin(1.7 * i + fmod(0.3 * i * i, 11));
}

static float input_of[(TRAIN + VALIDATION + TEST) * FEATURES], number_of[(TRAIN + VALIDATION + TEST) * TARGETS];

static void make_numbers(struct dataset *d)
{
    for (int i = 0; i < TRAIN + VALIDATION + TEST; i++) {
        double x[FEATURES];
        for (int k = 0; k < FEATURES; k++)
            input_of[i * FEATURES + k] = (float)(x[k] = wave(5 * i + k + 1));
        number_of[i * TARGETS] = (float)(2 * x[0] * x[1] + x[2] + 3);
        number_of[i * TARGETS + 1] = (float)(cos(2 * x[0]) - 10 * x[2]);
    }
    *d = (struct dataset){.name = "waves", .n = {TRAIN + VALIDATION, TEST}};
    dataset_of_vectors(d, FEATURES, 0, NULL);
    d->field[1].shape.c = TARGETS;
    for (int part = 0; part < DATA_PARTS; part++) {
        size_t from = part == PART_TEST ? TRAIN + VALIDATION : 0;
        d->field[0].values[part] = input_of + from * FEATURES;
        d->field[1].values[part] = number_of + from * TARGETS;
    }
}

struct regression {
    struct fixture f;
    uint32_t train[TRAIN], validation[VALIDATION];
};

/* The first samples are trained with, the next ones validate: no split is drawn. */
static void regression_init(struct regression *r, const char *settings)
{
    struct fixture *f = &r->f;
    struct nn_line line = {.text = "dense 5, tanh, dense 2"};
    struct nn_spec nn = {0};
    struct err_list errs = {0};
    struct err e = {0};
    memset(r, 0, sizeof *r);
    arena_init(&f->mem);
    make_numbers(&f->set);
    param_defaults(data_params, &f->data);
    param_defaults(nn_params, &nn);
    f->data.dataset = "waves";
    f->data.normalize = NORMALIZE_NONE;
    f->data.train = TRAIN;
    f->data.validation = VALIDATION;
    assert_int_equal(data_view_init(&f->view, &f->set, &f->data, &f->mem, &e), 0);
    for (uint32_t i = 0; i < TRAIN + VALIDATION; i++)
        *(i < TRAIN ? &r->train[i] : &r->validation[i - TRAIN]) = i;
    f->view.index[DATA_TRAIN] = r->train;
    f->view.index[DATA_VALIDATION] = r->validation;
    assert_int_equal(nn_graph_build(&f->graph, &line, 1, (struct shape){VECTOR, FEATURES, 1, 1, 1},
                                    (struct nn_target){TARGETS, "numbers", NULL}, &nn, &f->mem, &errs),
                     0);
    spec_from(&f->spec, arena_fmt(&f->mem, "optimizer=sgd %s", settings));
    f->spec.metric = M_VAL_LOSS;
    f->spec.maximise = 0;
    f->job =
        (struct train_job){.spec = &f->spec, .graph = &f->graph, .view = &f->view, .k = kernels_pick(NULL), .seed = 3};
}

/* The weights of the script. */
static void set_weights(struct training *r)
{
    const struct nn_graph *g = r->job.graph;
    const struct nn_node *first = &g->node[0], *last = &g->node[g->nnodes - 1];
    for (int j = 0; j < HIDDEN; j++) {
        for (int i = 0; i < FEATURES; i++)
            r->net->w[first->tensor[0].at + (size_t)(j * FEATURES + i)] = (float)(0.5 * wave(3 * j + i));
        r->net->w[first->tensor[1].at + (size_t)j] = (float)(0.1 * wave(j));
    }
    for (int k = 0; k < TARGETS; k++) {
        for (int j = 0; j < HIDDEN; j++)
            r->net->w[last->tensor[0].at + (size_t)(k * HIDDEN + j)] = (float)(0.5 * wave(100 + 5 * k + j));
        r->net->w[last->tensor[1].at + (size_t)k] = (float)(0.1 * wave(200 + k));
    }
}

static const int measured[] = {METRIC_LOSS, METRIC_MSE, METRIC_RMSE, METRIC_MAE, METRIC_R2};

static void check_values(const struct golden *g, const float v[METRICS])
{
    for (size_t m = 0; m < COUNT(measured); m++) {
        double got = (double)v[measured[m]], want = g->value[2 + m];
        if (!(fabs(got - want) <= 2e-4 * (fabs(want) + 0.1)))
            fail_msg("%s, epoch %.0f, split %.0f: %s is %.9g instead of %.9g", g->settings, g->value[0], g->value[1],
                     train_metrics[measured[m]].what, got, want);
    }
    assert_true(isnan(v[METRIC_ACCURACY]));
}

/* What is said of the samples of the test split has the error that was measured. */
static void check_answers(const struct train_result *out)
{
    double squares = 0;
    assert_string_equal(out->table[0].name, TRAIN_ANSWERS);
    assert_true(out->table[0].rows == TEST && out->table[0].cols == 2 * TARGETS);
    for (int i = 0; i < TEST * TARGETS; i++) {
        const float want = number_answer_of(out->table[0].v[2 * i]),
                    said = number_answer_of(out->table[0].v[2 * i + 1]);
        assert_true(want == number_of[(TRAIN + VALIDATION) * TARGETS + i]);
        squares += ((double)said - (double)want) * ((double)said - (double)want);
    }
    assert_close(out->metric[M_TEST_MSE], squares / (TEST * TARGETS), 1e-6, 0);
}

static void a_whole_training_has_the_values_of_the_script(void **state)
{
    struct golden g;
    struct regression r;
    struct arena a;
    struct training *run = NULL;
    struct epoch_row row = {0};
    int rows = 0;
    (void)state;
    golden_open(&g, "train_regress.csv");
    for (; golden_row(&g); rows++) {
        int epoch = (int)g.value[0], split = (int)g.value[1];
        struct train_result out;
        if (epoch == 1 && split == DATA_TRAIN) {
            char settings[400];
            snprintf(settings, sizeof settings, "%s epochs=%d batch_size=64 lr=0.1 momentum=0.9 select=last",
                     g.settings, EPOCHS);
            regression_init(&r, settings);
            set_weights(run = fixture_run(&r.f, &a));
        }
        if (split == DATA_TRAIN)
            row = epoch_ok(run);
        if (split != DATA_TEST) {
            check_values(&g, row.v[split]);
            continue;
        }
        train_finish(run, &out);
        check_values(&g, &out.metric[metric_on(DATA_TEST, 0)]);
        assert_int_equal(out.ntables, 1);
        check_answers(&out);
        arena_release(&a);
        fixture_release(&r.f);
    }
    golden_close(&g);
    assert_int_equal(rows, 3 * (2 * EPOCHS + 1));
}

/* Neither the size of evaluation batches nor an interruption shows in a bit. */
static void batches_and_interruptions_do_not_show(void **state)
{
    static const char *const settings[] = {"eval_batch=1", "eval_batch=7", "eval_batch=64"};
    struct train_result first = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(settings); i++) {
        struct regression r;
        struct arena a, b;
        struct err e = {0};
        struct train_result out;
        char text[200];
        snprintf(text, sizeof text, "epochs=4 batch_size=16 loss=huber %s", settings[i]);
        regression_init(&r, text);
        struct training *run = fixture_run(&r.f, &a), *again = fixture_run(&r.f, &b);
        epoch_ok(run);
        epoch_ok(run);
        unsigned char *bytes = state_of(run);
        assert_int_equal(train_state_read(again, bytes, train_state_bytes(run), &e), 0);
        free(bytes);
        epoch_ok(again);
        epoch_ok(again);
        train_finish(again, &out);
        if (!i)
            first = out;
        assert_memory_equal(out.metric, first.metric, sizeof out.metric);
        arena_release(&a);
        arena_release(&b);
        fixture_release(&r.f);
    }
}

/* A task at work without a training: z and target are given. */
static void values_of(int outputs, int n, const double *z, const double *target, float v[METRICS])
{
    static _Alignas(64) float out[4 * LANES], want[4 * LANES];
    static struct train_spec spec;
    static const struct data_view view;
    struct train_job job = {.spec = &spec, .k = kernels_pick(NULL), .view = &view};
    float each[LANES];
    struct arena a;
    arena_init(&a);
    struct train_taker memory = {.a = &a};
    struct train_task t = {
        .type = task_types[1], .loss = task_types[1]->losses[0], .job = &job, .outputs = outputs, .each = each};
    struct batch b = {.k = job.k, .target = want, .n = 1, .blocks = 1};
    t.type->lay_out(&t, LANES, &memory);
    t.type->begin(&t, 0);
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < outputs; k++) {
            out[k * LANES] = (float)z[i * outputs + k];
            want[k * LANES] = (float)target[i * outputs + k];
        }
        t.type->measure(&t, &b, out, (size_t)i, 0);
    }
    for (int m = 0; m < METRICS; m++)
        v[m] = NAN;
    t.type->values(&t, v);
    arena_release(&a);
}

static void metrics_by_hand(void **state)
{
    static const double target[] = {1, 2, 3, 4}, z[] = {1, 2, 3, 2}, high[] = {1e6, 1e6 + 1, 1e6 + 2, 1e6 + 3},
                        near_high[] = {1e6, 1e6 + 1, 1e6 + 2, 1e6 + 2}, same[] = {5, 5, 5, 5};
    float v[METRICS];
    (void)state;
    values_of(1, 4, z, target, v);
    assert_true(v[METRIC_MSE] == 1 && v[METRIC_RMSE] == 1 && v[METRIC_MAE] == 0.5f && v[METRIC_LOSS] == 1);
    assert_close(v[METRIC_R2], 1 - 4 / 5.0, 0, 1e-7);
    values_of(1, 4, near_high, high, v); /* a large mean takes nothing away */
    assert_close(v[METRIC_R2], 1 - 1 / 5.0, 0, 1e-7);
    values_of(2, 2, z, target, v); /* numbers 1, 3 and 2, 4: the first is right, r2 is 1 and 1 - 4 / 2 */
    assert_close(v[METRIC_R2], (1 - 1) / 2.0, 0, 1e-7);
    values_of(1, 4, z, same, v);
    assert_true(isnan(v[METRIC_R2]) && v[METRIC_MSE] > 0);
}

/* A network that puts out the means of the numbers, whatever it sees, has the loss of the guess, with each loss. */
static void a_constant_guess_has_the_loss_of_the_means(void **state)
{
    (void)state;
    for (size_t i = 0; task_types[1]->losses[i]; i++) {
        struct regression r;
        struct arena a;
        char settings[80];
        snprintf(settings, sizeof settings, "loss=%s lr=1e-30", task_types[1]->losses[i]->name);
        regression_init(&r, settings);
        struct training *run = fixture_run(&r.f, &a);
        memset(run->net->w, 0, r.f.graph.param_floats * sizeof *run->net->w);
        for (int k = 0; k < TARGETS; k++) {
            double sum = 0;
            for (int s = 0; s < TRAIN; s++)
                sum += (double)number_of[s * TARGETS + k];
            run->net->w[r.f.graph.node[r.f.graph.nnodes - 1].tensor[1].at + (size_t)k] = (float)(sum / TRAIN);
        }
        struct epoch_row row = epoch_ok(run);
        if (task_types[1]->losses[i]->constant)
            assert_true(isnan(row.guess_loss));
        else
            assert_close(row.guess_loss, row.v[DATA_TRAIN][METRIC_LOSS], 1e-5, 0);
        assert_true(isnan(row.guess_accuracy));
        arena_release(&a);
        fixture_release(&r.f);
    }
}

int test_regress(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_training_has_the_values_of_the_script),
        cmocka_unit_test(batches_and_interruptions_do_not_show),
        cmocka_unit_test(metrics_by_hand),
        cmocka_unit_test(a_constant_guess_has_the_loss_of_the_means),
    };
    return cmocka_run_group_tests_name("regress", tests, NULL, NULL);
}
