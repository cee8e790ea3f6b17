/* Dropout that begins late: until then a training is the one without it, to the bit, from then on it is another; the
 * epoch that `overfit` finds is the one of its formula, also after an interruption. */
#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* %s is the share that is dropped. The kinds of dropout, alone and in stages with what is around them. */
static const char *const nets[] = {
    "flatten, dense 12, relu, dropout %s; dense 4",
    "conv 3x3 5, batchnorm, relu, dropout %s; maxpool 2; conv 3x3 6, batchnorm, relu; gap, dense 4",
    "conv 3x3 4, dropout %s, conv 3x3 4, relu, gap, dense 4",
    "conv 3x3 4, relu, dropout2d %s, gap, dense 4",
    "conv 3x3 4, relu; residual { conv 3x3 4 pad same, relu, droppath %s }; gap, dense 4",
};

static struct training *run_of(struct fixture *f, struct arena *a, const char *net, const char *share,
                               const char *settings)
{
    char layers[200];
    snprintf(layers, sizeof layers, net, share);
    fixture_init(f, layers, settings, 75, 22, 19);
    return fixture_run(f, a);
}

static void before_its_epoch_nothing_is_dropped(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(nets); i++) {
        struct fixture f[2];
        struct arena a[2];
        struct training *late = run_of(&f[0], &a[0], nets[i], "0.5", "epochs=4 dropout_from=3");
        struct training *none = run_of(&f[1], &a[1], nets[i], "0", "epochs=4");
        for (int epoch = 1; epoch <= 3; epoch++) {
            struct epoch_row row = epoch_ok(late), other = epoch_ok(none);
            int same = !memcmp(late->net->w, none->net->w, f[0].graph.param_floats * sizeof(float)) &&
                       !memcmp(row.v, other.v, sizeof row.v);
            if (same != (epoch < 3))
                fail_msg("%s: epoch %d is that without dropout: %d", nets[i], epoch, same);
            assert_true(row.late_dropout == (epoch == 3) && !other.late_dropout);
        }
        for (int k = 0; k < 2; k++) {
            arena_release(&a[k]);
            fixture_release(&f[k]);
        }
    }
}

static void from_the_first_epoch_on_is_the_default(void **state)
{
    (void)state;
    struct fixture f[2];
    struct arena a[2];
    struct training *r[2];
    for (int k = 0; k < 2; k++)
        r[k] = run_of(&f[k], &a[k], nets[1], "0.5", k ? "dropout_from=1" : "");
    struct epoch_row row = epoch_ok(r[0]), other = epoch_ok(r[1]);
    assert_memory_equal(&row, &other, sizeof row);
    for (int k = 0; k < 2; k++) {
        arena_release(&a[k]);
        fixture_release(&f[k]);
    }
}

static void the_rule_is_its_formula(void **state)
{
    static const struct {
        float val, train;
        int holds;
    } epoch[] = {
        {1, 2, 0},                         /* the least of all */
        {1.2f, 2.5f, 0},                   /* both are worse */
        {1.05f, 1.5f, 0},                  /* not worse enough */
        {0.9f, 1.6f, 0},  {0.9f, 1.4f, 0}, /* of equals the first */
        {0.95f, 1.5f, 1}, {0.5f, 0.1f, 1}, /* once it holds, it holds */
    };
    struct overfit_rule rule = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(epoch); i++) {
        struct epoch_row row = {.epoch = (int)i + 1};
        row.v[DATA_VALIDATION][METRIC_LOSS] = epoch[i].val;
        row.v[DATA_TRAIN][METRIC_LOSS] = epoch[i].train;
        train_overfits(&row, &rule);
        if (rule.holds != epoch[i].holds)
            fail_msg("after epoch %zu it is %d", i + 1, rule.holds);
    }
}

/* Before each epoch another training takes the state, and goes on the same way. */
static void overfitting_is_found_and_kept(void **state)
{
    enum { EPOCHS = 14 };
    struct fixture f;
    struct arena a, b;
    float least = INFINITY, of_least = 0;
    int began = 0, overfits = 0;
    (void)state;
    char settings[] = "epochs=14 lr=0.3 momentum=0.9 dropout_from=overfit";
    fixture_init(&f, "flatten, dense 40, relu, dropout 0.5; dense 4", settings, 40, 20, 8);
    uint8_t *label = (uint8_t *)(uintptr_t)f.set.field[1].values[PART_TRAIN]; /* the pictures do not say them */
    for (size_t i = 0; i < f.set.n[PART_TRAIN]; i++)
        label[i] = (uint8_t)(i * i / 7 % TOY_CLASSES);
    struct training *r = fixture_run(&f, &a);
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
        struct err e = {0};
        struct training *again = fixture_run(&f, &b);
        unsigned char *bytes = state_of(r);
        assert_int_equal(train_state_read(again, bytes, train_state_bytes(r), &e), 0);
        struct epoch_row row = epoch_ok(r), other = epoch_ok(again);
        assert_memory_equal(&row, &other, sizeof row);
        assert_int_equal(row.late_dropout, overfits);
        began = began || !overfits ? began : epoch;
        float val = row.v[DATA_VALIDATION][METRIC_LOSS], train = row.v[DATA_TRAIN][METRIC_LOSS];
        overfits |= val > 1.05f * least && train < of_least;
        of_least = val < least ? train : of_least;
        least = val < least ? val : least;
        free(bytes);
        arena_release(&b);
    }
    if (began < 3 || began >= EPOCHS)
        fail_msg("dropout begins in epoch %d", began);
    arena_release(&a);
    fixture_release(&f);
}

static void epochs_that_make_no_sense_are_refused(void **state)
{
    static const struct {
        const char *settings;
        size_t validation;
        int refused;
    } c[] = {
        {"epochs=4 dropout_from=4", 0, 0},
        {"epochs=4 dropout_from=5", 9, 1},
        {"epochs=4 dropout_from=overfit", 9, 0},
        {"epochs=4 dropout_from=overfit", 0, 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(c); i++) {
        struct train_spec s;
        struct err e = {0};
        const char *key = "";
        const size_t n[3] = {9, c[i].validation, 9};
        spec_from(&s, c[i].settings);
        if (train_keys_check(&s, n, &key, &e) != -c[i].refused || (c[i].refused && strcmp(key, "dropout_from") != 0))
            fail_msg("%s: %s: %s", c[i].settings, key, e.text);
    }
}

int test_late_dropout(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_its_epoch_nothing_is_dropped),
        cmocka_unit_test(from_the_first_epoch_on_is_the_default),
        cmocka_unit_test(the_rule_is_its_formula),
        cmocka_unit_test(overfitting_is_found_and_kept),
        cmocka_unit_test(epochs_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests_name("late dropout", tests, NULL, NULL);
}
