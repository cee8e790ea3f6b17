/* Weights of classes: the weighted mean of a batch and its gradient against PyTorch, balanced ones by hand, and what is
 * refused. */
#include "fixture.h"
#include "golden.h"
#include "train/task.h"

#include <math.h>
#include <string.h>

enum { SAMPLES = 6 };

/* As tests/support/torch/train_golden.py has it. */
static double pattern(int i)
{
    return ((i * 7919 + 104729) % 256 - 128) / 128.0;
}

/* Sample s of a batch of SAMPLES is in lane s; logits of batch number i. */
static void fill_batch(struct training *r, const double *label, int i, float *z)
{
    r->batch.n = SAMPLES;
    r->batch.blocks = 1;
    memset(z, 0, TOY_CLASSES * LANES * sizeof *z);
    for (int s = 0; s < SAMPLES; s++) {
        r->batch.label[s] = (int32_t)label[s];
        for (int k = 0; k < TOY_CLASSES; k++)
            z[k * LANES + s] = (float)(2 * pattern(500 + 100 * i + 13 * s + 7 * k));
    }
}

static void check_step(struct training *r, const struct golden *g, int i)
{
    _Alignas(64) float z[TOY_CLASSES * LANES], dz[TOY_CLASSES * LANES];
    float v[METRICS];
    fill_batch(r, g->value, i, z);
    r->task.type->begin(&r->task, 1);
    r->task.type->step(&r->task, &r->batch, z, dz);
    r->task.type->values(&r->task, v);
    if (!is_close(v[METRIC_LOSS], g->value[SAMPLES], 2e-6, 1e-7))
        fail_msg("%s: loss %.9g, want %.9g", g->settings, v[METRIC_LOSS], g->value[SAMPLES]);
    for (int s = 0; s < LANES; s++)
        for (int k = 0; k < TOY_CLASSES; k++) {
            double want = s < SAMPLES ? g->value[SAMPLES + 1 + s * TOY_CLASSES + k] : 0;
            if (!is_close(dz[k * LANES + s], want, 0, s < SAMPLES ? 1e-6 : 0))
                fail_msg("%s: dz of sample %d, class %d is %.9g, want %.9g", g->settings, s, k, dz[k * LANES + s],
                         want);
        }
}

static void a_step_is_the_weighted_mean_of_torch(void **state)
{
    struct golden g;
    int rows = 0;
    (void)state;
    golden_open(&g, "train_weighted.csv");
    for (; golden_row(&g); rows++) {
        struct fixture f;
        struct arena a;
        fixture_init(&f, "flatten, dense 4", g.settings, 48, 0, 16);
        check_step(fixture_run(&f, &a), &g, rows % 3);
        arena_release(&a);
        fixture_release(&f);
    }
    golden_close(&g);
    assert_int_equal(rows, 5 * 3);
}

/* Only a training weighs: what is measured of a split is the plain mean, whatever the weights. */
static void a_split_is_measured_without_weights(void **state)
{
    static const char *const settings[] = {"", "class_weights=0,9,1,1", "class_weights=balanced"};
    float v[COUNT(settings)][METRICS];
    (void)state;
    for (size_t i = 0; i < COUNT(settings); i++) {
        struct fixture f;
        struct arena a;
        fixture_init(&f, "flatten, dense 4", settings[i], 48, 0, 24);
        train_measure(fixture_run(&f, &a), DATA_TEST, 0, v[i]);
        arena_release(&a);
        fixture_release(&f);
        assert_memory_equal(v[i], v[0], sizeof v[0]);
    }
}

/* Makes the labels of a fixture of 48 samples 36 of class 0, 9 of class 1, 3 of class 2 and none of class 3. */
static void make_unequal(struct fixture *f)
{
    uint8_t *label = (uint8_t *)f->set.field[1].values[PART_TRAIN]; /* of the fixture's own arena */
    for (int i = 0; i < 48; i++)
        label[i] = i < 36 ? 0 : i < 45 ? 1 : 2;
}

static void balanced_weights_are_those_of_equal_classes(void **state)
{
    static const size_t count[] = {36, 9, 3, 0};
    static const double want[] = {48 / (3 * 36.0), 48 / (3 * 9.0), 48 / (3 * 3.0), 0};
    struct train_spec s;
    float weight[4];
    (void)state;
    spec_from(&s, "class_weights=balanced");
    train_class_weights(&s, count, 4, weight);
    for (int k = 0; k < 4; k++)
        assert_close(weight[k], want[k], 1e-7, 0);
}

/* A network that puts out the logarithms of the weighted shares has the loss of the guess. */
static void the_guess_is_weighed_too(void **state)
{
    static const struct {
        const char *settings;
        double share[TOY_CLASSES];
    } row[] = {
        {"class_weights=balanced", {1 / 3.0, 1 / 3.0, 1 / 3.0, 0}},
        {"class_weights=1,2,0,7", {36 / 54.0, 18 / 54.0, 0, 0}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(row); i++) {
        struct fixture f;
        struct arena a;
        char settings[100];
        snprintf(settings, sizeof settings, "%s lr=1e-30 batch_size=48", row[i].settings);
        fixture_init(&f, "flatten, dense 4", settings, 48, 0, 16);
        make_unequal(&f);
        struct training *r = fixture_run(&f, &a);
        const struct nn_node *last = &f.graph.node[f.graph.nnodes - 1];
        memset(r->net->w, 0, f.graph.param_floats * sizeof *r->net->w);
        for (int k = 0; k < TOY_CLASSES; k++)
            r->net->w[last->tensor[1].at + (size_t)k] = (float)log(fmax(row[i].share[k], 1e-6));
        struct epoch_row e = epoch_ok(r);
        assert_close(e.guess_loss, e.v[DATA_TRAIN][METRIC_LOSS], 1e-5, 0);
        assert_close(e.guess_accuracy, 0.75, 1e-6, 0);
        arena_release(&a);
        fixture_release(&f);
    }
}

/* A batch in which every sample weighs nothing leaves the weights alone. */
static void a_batch_without_weight_changes_nothing(void **state)
{
    struct fixture f;
    struct arena a;
    static const double label[SAMPLES] = {0};
    _Alignas(64) float z[TOY_CLASSES * LANES], dz[TOY_CLASSES * LANES];
    (void)state;
    fixture_init(&f, "flatten, dense 4", "class_weights=0,1,1,1", 48, 0, 16);
    struct training *r = fixture_run(&f, &a);
    fill_batch(r, label, 0, z);
    r->task.type->begin(&r->task, 1);
    assert_true(r->task.type->step(&r->task, &r->batch, z, dz) == 0);
    for (size_t i = 0; i < COUNT(dz); i++)
        assert_true(dz[i] == 0);
    arena_release(&a);
    fixture_release(&f);
}

/* Balanced sampling draws each class as often as any other, and every sample of a class; the same for the same seed. */
static void balanced_sampling_draws_classes_alike(void **state)
{
    enum { ROUNDS = 100 };
    struct fixture f;
    struct arena a;
    size_t drawn[48] = {0}, of_class[TOY_CLASSES] = {0};
    uint32_t first[48];
    (void)state;
    fixture_init(&f, "flatten, dense 4", "sampling=balanced batch_size=48 lr=1e-30", 48, 0, 16);
    make_unequal(&f);
    struct training *r = fixture_run(&f, &a);
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        train_order_round(r, round);
        for (int i = 0; i < 48; i++)
            drawn[r->order[i]]++;
        if (round == 1)
            memcpy(first, r->order, sizeof first);
    }
    assert_memory_not_equal(first, r->order, sizeof first);
    train_order_round(r, 1);
    assert_memory_equal(first, r->order, sizeof first);
    const uint8_t *label = field_bytes(data_target(&f.set), PART_TRAIN);
    for (int i = 0; i < 48; i++) {
        assert_true(drawn[i] > 0);
        of_class[label[f.view.index[DATA_TRAIN][i]]] += drawn[i];
    }
    for (int k = 0; k < 3; k++) /* 1600, and five standard deviations */
        assert_true(of_class[k] > 1600 - 165 && of_class[k] < 1600 + 165);
    assert_int_equal(of_class[3], 0);
    train_streams(r, 5, 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(r->batch.stream[i], 5 + i);
    assert_close(epoch_ok(r).guess_loss, log(3), 1e-5, 0);
    arena_release(&a);
    fixture_release(&f);
}

static void what_is_no_list_of_weights_is_refused(void **state)
{
    static const char *const wrong[] = {"1,", ",1", "1,,2", "1;2", "-1,2", "0,0", "balance", "1,inf", "1e10"};
    struct train_spec s;
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct err e = {0};
        const char *key = NULL;
        spec_from(&s, "");
        s.class_weights = wrong[i];
        if (!train_keys_check(&s, (size_t[3]){9, 9, 9}, &key, &e) ||
            !strstr(e.text, "is not none, balanced, or a list"))
            fail_msg("'%s': %s", wrong[i], e.text);
        assert_string_equal(key, "class_weights");
    }
    static const char *const same[] = {"1, 2.50", "1,2.5", " 1 , 25e-1"};
    for (size_t i = 0; i < COUNT(same); i++) {
        char buf[64];
        s.class_weights = same[i];
        assert_string_equal(train_weights_text(&s, buf, sizeof buf), "1, 2.5");
    }
}

int test_weights(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_the_weighted_mean_of_torch),
        cmocka_unit_test(a_split_is_measured_without_weights),
        cmocka_unit_test(balanced_weights_are_those_of_equal_classes),
        cmocka_unit_test(the_guess_is_weighed_too),
        cmocka_unit_test(a_batch_without_weight_changes_nothing),
        cmocka_unit_test(balanced_sampling_draws_classes_alike),
        cmocka_unit_test(what_is_no_list_of_weights_is_refused),
    };
    return cmocka_run_group_tests_name("weights", tests, NULL, NULL);
}
