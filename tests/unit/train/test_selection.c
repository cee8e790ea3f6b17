/* Validation, the best epoch, early stopping, the test split. */
#include "fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST 64

struct outcome {
    struct epoch_row row[MOST];
    int rows;
    struct train_result result;
    double confusion[TOY_CLASSES * TOY_CLASSES];
    double auc[TOY_CLASSES];
};

static void copy_result(struct outcome *o, struct training *r)
{
    train_finish(r, &o->result);
    assert_true(o->result.ntables > 2);
    assert_string_equal(o->result.table[0].name, "confusion");
    assert_string_equal(o->result.table[1].name, "auc");
    memcpy(o->confusion, o->result.table[0].v, sizeof o->confusion);
    memcpy(o->auc, o->result.table[1].v, sizeof o->auc);
}

static struct outcome run_toy(const char *layers, const char *settings, int metric, int maximise, size_t validation)
{
    struct fixture f;
    struct arena a;
    struct outcome o;
    memset(&o, 0, sizeof o);
    fixture_init(&f, layers, settings, 120, validation, 53);
    f.spec.metric = metric;
    f.spec.maximise = maximise;
    struct training *r = fixture_run(&f, &a);
    o.rows = train_all(r, o.row, MOST);
    copy_result(&o, r);
    arena_release(&a);
    fixture_release(&f);
    return o;
}

static void eval_batch_changes_nothing(void **state)
{
    static const char *const settings[] = {"epochs=3 eval_batch=64", "epochs=3 eval_batch=1", "epochs=3 eval_batch=7",
                                           "epochs=3 eval_batch=16", "epochs=3 eval_batch=1000"};
    struct outcome first = run_toy(TOY_CNN, settings[0], M_VAL_LOSS, 0, 41);
    (void)state;
    for (size_t i = 1; i < COUNT(settings); i++) {
        struct outcome o = run_toy(TOY_CNN, settings[i], M_VAL_LOSS, 0, 41);
        assert_memory_equal(o.row, first.row, sizeof o.row);
        assert_memory_equal(o.result.metric, first.result.metric, sizeof o.result.metric);
        assert_memory_equal(o.confusion, first.confusion, sizeof o.confusion);
        assert_memory_equal(o.auc, first.auc, sizeof o.auc);
    }
}

/* In the memory of the training, where that is large enough; which finds its weights again. */
static void measuring_borrows_the_network(void **state)
{
    (void)state;
    for (int own = 0; own < 2; own++) {
        struct fixture f;
        struct arena a;
        struct train_result once, again;
        fixture_init(&f, TOY_CNN,
                     own ? "epochs=12 lr=0.5 momentum=0.9 eval_batch=33"
                         : "epochs=12 lr=0.5 momentum=0.9 eval_batch=32",
                     120, 40, 53);
        f.spec.metric = M_VAL_LOSS;
        f.spec.maximise = 0;
        struct training *r = fixture_run(&f, &a);
        while (!train_done(r))
            epoch_ok(r);
        unsigned char *before = state_of(r);
        train_finish(r, &once);
        unsigned char *after = state_of(r);
        train_finish(r, &again);
        assert_true(once.best_epoch < 12);
        assert_memory_equal(before, after, train_state_bytes(r));
        assert_memory_equal(once.metric, again.metric, sizeof once.metric);
        assert_int_equal(r->eval == r->net, !own);
        free(before);
        free(after);
        arena_release(&a);
        fixture_release(&f);
    }
}

static int best_row(const struct outcome *o, int minimise_loss)
{
    int best = 0;
    for (int i = 1; i < o->rows; i++)
        if (minimise_loss
                ? o->row[i].v[DATA_VALIDATION][METRIC_LOSS] < o->row[best].v[DATA_VALIDATION][METRIC_LOSS]
                : o->row[i].v[DATA_VALIDATION][METRIC_ACCURACY] > o->row[best].v[DATA_VALIDATION][METRIC_ACCURACY])
            best = i;
    return best;
}

static void the_best_epoch_is_selected(void **state)
{
    (void)state;
    for (int loss = 0; loss < 2; loss++) { /* a learning rate so high that the last epoch is not the best */
        struct outcome o =
            run_toy(TOY_CNN, "epochs=12 lr=0.5 momentum=0.9", loss ? M_VAL_LOSS : M_VAL_ACCURACY, !loss, 40);
        int best = best_row(&o, loss);
        assert_int_equal(o.rows, 12);
        assert_int_equal(o.result.epochs_run, 12);
        assert_int_equal(o.result.best_epoch, best + 1);
        assert_true(best < 11);
        assert_true(o.result.metric[M_VAL_LOSS] == o.row[best].v[DATA_VALIDATION][METRIC_LOSS]);
        assert_true(o.result.metric[M_VAL_ACCURACY] == o.row[best].v[DATA_VALIDATION][METRIC_ACCURACY]);
        assert_true(o.result.metric[M_TRAIN_LOSS] == o.row[best].v[DATA_TRAIN][METRIC_LOSS]);
        assert_true(o.result.metric[M_TRAIN_ACCURACY] == o.row[best].v[DATA_TRAIN][METRIC_ACCURACY]);
    }
}

/* The test split sees the weights of the best epoch: those of a run that is measured right after it. */
static void best_weights_are_tested(void **state)
{
    const char *settings = "epochs=12 lr=0.5 momentum=0.9";
    struct outcome o = run_toy(TOY_CNN, settings, M_VAL_LOSS, 0, 40), at;
    struct fixture f;
    struct arena a;
    (void)state;
    memset(&at, 0, sizeof at);
    fixture_init(&f, TOY_CNN, settings, 120, 40, 53);
    f.spec.metric = M_VAL_LOSS;
    f.spec.maximise = 0;
    f.spec.select = 1;
    struct training *r = fixture_run(&f, &a);
    while (train_epochs_run(r) < o.result.best_epoch)
        epoch_ok(r);
    copy_result(&at, r);
    assert_int_equal(at.result.best_epoch, o.result.best_epoch);
    assert_memory_equal(at.result.metric, o.result.metric, sizeof at.result.metric);
    assert_memory_equal(at.auc, o.auc, sizeof at.auc);
    while (!train_done(r))
        epoch_ok(r);
    copy_result(&at, r);
    assert_int_equal(at.result.best_epoch, 12);
    assert_true(at.result.metric[M_TEST_LOSS] != o.result.metric[M_TEST_LOSS]);
    arena_release(&a);
    fixture_release(&f);
}

static void of_equal_epochs_the_first_wins(void **state)
{
    struct outcome o = run_toy(TOY_MLP, "epochs=5 lr=1e-30", M_VAL_ACCURACY, 1, 40);
    (void)state;
    assert_int_equal(o.rows, 5);
    assert_int_equal(o.result.best_epoch, 1);
    o = run_toy(TOY_MLP, "epochs=5 lr=1e-30 select=last", M_VAL_ACCURACY, 1, 40);
    assert_int_equal(o.result.best_epoch, 5);
}

static void patience_ends_a_run(void **state)
{
    (void)state;
    struct outcome o = run_toy(TOY_MLP, "epochs=20 lr=1e-30 patience=3", M_VAL_ACCURACY, 1, 40);
    assert_int_equal(o.rows, 4); /* the first is an improvement, three are not */
    assert_int_equal(o.result.epochs_run, 4);
    assert_int_equal(o.result.best_epoch, 1);
    o = run_toy(TOY_MLP, "epochs=20 lr=1e-30 patience=19", M_VAL_LOSS, 0, 40);
    assert_int_equal(o.rows, 20);
    o = run_toy(TOY_CNN, "epochs=6 lr=0.02 patience=1", M_VAL_LOSS, 0, 40);
    assert_true(o.rows > 1); /* it learns, so it may go on */
    o = run_toy(TOY_CNN, "epochs=6 lr=0.02 patience=2 min_delta=100", M_VAL_LOSS, 0, 40);
    assert_int_equal(o.rows, 3);
    assert_int_equal(o.result.best_epoch, best_row(&o, 1) + 1); /* min_delta is for patience alone */
    assert_true(o.result.best_epoch > 1);
}

static void without_validation_the_training_metric_selects(void **state)
{
    struct outcome o = run_toy(TOY_CNN, "epochs=8 lr=0.5 momentum=0.9", M_VAL_LOSS, 0, 0);
    int best = 0;
    (void)state;
    for (int i = 0; i < o.rows; i++) {
        assert_true(isnan(o.row[i].v[DATA_VALIDATION][METRIC_LOSS]) &&
                    isnan(o.row[i].v[DATA_VALIDATION][METRIC_ACCURACY]));
        if (o.row[i].v[DATA_TRAIN][METRIC_LOSS] < o.row[best].v[DATA_TRAIN][METRIC_LOSS])
            best = i;
    }
    assert_int_equal(o.result.best_epoch, best + 1);
    assert_true(isnan(o.result.metric[M_VAL_LOSS]) && isnan(o.result.metric[M_VAL_ACCURACY]));
    assert_true(o.result.metric[M_TEST_ACCURACY] > 0);
}

static void the_test_split_never_selects(void **state)
{
    struct train_spec s = {0};
    struct data_view v = {0};
    struct train_job j = {.spec = &s, .view = &v};
    (void)state;
    static const int by[][3] = {
        /* metric, with a validation split, without */
        {M_TRAIN_LOSS, M_TRAIN_LOSS, M_TRAIN_LOSS}, {M_TRAIN_ACCURACY, M_TRAIN_ACCURACY, M_TRAIN_ACCURACY},
        {M_VAL_LOSS, M_VAL_LOSS, M_TRAIN_LOSS},     {M_VAL_ACCURACY, M_VAL_ACCURACY, M_TRAIN_ACCURACY},
        {M_TEST_LOSS, M_VAL_LOSS, M_TRAIN_LOSS},    {M_TEST_ACCURACY, M_VAL_ACCURACY, M_TRAIN_ACCURACY}};
    for (size_t i = 0; i < COUNT(by); i++) {
        s.metric = by[i][0];
        v.n[DATA_VALIDATION] = 10;
        assert_int_equal(train_selector(&j), by[i][1]);
        v.n[DATA_VALIDATION] = 0;
        assert_int_equal(train_selector(&j), by[i][2]);
    }
}

static void confusion_and_auc_fit_the_accuracy(void **state)
{
    struct outcome o = run_toy(TOY_CNN, "epochs=10 lr=0.05 momentum=0.9", M_VAL_LOSS, 0, 40);
    uint32_t total = 0, right = 0;
    (void)state;
    for (uint32_t t = 0; t < TOY_CLASSES; t++) {
        uint32_t row = 0;
        for (uint32_t p = 0; p < TOY_CLASSES; p++)
            row += (uint32_t)o.confusion[t * TOY_CLASSES + p];
        assert_int_equal(row, t < 53 % TOY_CLASSES ? 14 : 13); /* labels 0 1 2 3 0 1 ... of 53 */
        total += row;
        right += (uint32_t)o.confusion[t * TOY_CLASSES + t];
        assert_true(o.auc[t] > 0.9 && o.auc[t] <= 1);
    }
    assert_int_equal(total, 53);
    assert_true(o.result.metric[M_TEST_ACCURACY] == (float)(right / 53.0));
    assert_true(o.result.metric[M_TEST_ACCURACY] > 0.8f);
}

/* Smoothing is a matter of training; validation is the plain cross-entropy. */
static void smoothing_stays_out_of_validation(void **state)
{
    struct outcome plain = run_toy(TOY_MLP, "epochs=1 lr=1e-30", M_VAL_LOSS, 0, 40);
    struct outcome smooth = run_toy(TOY_MLP, "epochs=1 lr=1e-30 label_smoothing=0.3", M_VAL_LOSS, 0, 40);
    (void)state;
    assert_true(plain.row[0].v[DATA_VALIDATION][METRIC_LOSS] == smooth.row[0].v[DATA_VALIDATION][METRIC_LOSS]);
    assert_true(fabsf(plain.row[0].v[DATA_TRAIN][METRIC_LOSS] - smooth.row[0].v[DATA_TRAIN][METRIC_LOSS]) > 1e-4f);
}

static void finishing_changes_nothing(void **state)
{
    struct fixture f;
    struct arena a;
    struct outcome first, again;
    (void)state;
    memset(&first, 0, sizeof first);
    memset(&again, 0, sizeof again);
    fixture_init(&f, TOY_CNN, "epochs=3", 120, 40, 53);
    struct training *r = fixture_run(&f, &a);
    copy_result(&first, r); /* untrained */
    assert_int_equal(first.result.best_epoch, 0);
    assert_true(isnan(first.result.metric[M_TRAIN_LOSS]));
    assert_true(first.result.metric[M_TEST_LOSS] > 0);
    epoch_ok(r);
    unsigned char *before = state_of(r);
    copy_result(&first, r);
    copy_result(&again, r);
    unsigned char *after = state_of(r);
    assert_memory_equal(before, after, train_state_bytes(r));
    assert_memory_equal(first.confusion, again.confusion, sizeof first.confusion);
    free(before);
    free(after);
    arena_release(&a);
    fixture_release(&f);
}

int test_selection(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eval_batch_changes_nothing),
        cmocka_unit_test(measuring_borrows_the_network),
        cmocka_unit_test(the_best_epoch_is_selected),
        cmocka_unit_test(best_weights_are_tested),
        cmocka_unit_test(of_equal_epochs_the_first_wins),
        cmocka_unit_test(patience_ends_a_run),
        cmocka_unit_test(without_validation_the_training_metric_selects),
        cmocka_unit_test(the_test_split_never_selects),
        cmocka_unit_test(confusion_and_auc_fit_the_accuracy),
        cmocka_unit_test(smoothing_stays_out_of_validation),
        cmocka_unit_test(finishing_changes_nothing),
    };
    return cmocka_run_group_tests_name("selection", tests, NULL, NULL);
}
