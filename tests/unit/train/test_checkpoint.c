/* A run that is saved and restored between any two epochs goes on as if nothing had happened. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#define MOST 8

struct story { /* an undisturbed run */
    struct epoch_row row[MOST];
    unsigned char *state[MOST + 1]; /* after 0, 1, ... epochs */
    size_t bytes;
    int rows;
    float metric[M_COUNT];
    double auc[TOY_CLASSES];
};

static void tell(struct story *s, struct fixture *f)
{
    struct arena a;
    struct train_result out;
    struct training *r = fixture_run(f, &a);
    memset(s, 0, sizeof *s);
    s->bytes = train_state_bytes(r);
    s->state[0] = state_of(r);
    while (!train_done(r)) {
        s->row[s->rows++] = epoch_ok(r);
        s->state[s->rows] = state_of(r);
    }
    train_finish(r, &out);
    memcpy(s->metric, out.metric, sizeof s->metric);
    memcpy(s->auc, out.table[1].v, sizeof s->auc);
    arena_release(&a);
}

static void forget(struct story *s)
{
    for (int i = 0; i <= s->rows; i++)
        free(s->state[i]);
}

static void resume_at(const struct story *s, struct fixture *f, int epoch)
{
    struct arena a;
    struct err e = {0};
    struct train_result out;
    struct training *r = fixture_run(f, &a);
    if (train_state_read(r, s->state[epoch], s->bytes, &e))
        fail_msg("%s", e.text);
    assert_int_equal(train_epochs_run(r), epoch);
    for (int i = epoch; i < s->rows; i++) {
        assert_false(train_done(r));
        struct epoch_row row = epoch_ok(r);
        unsigned char *now = state_of(r);
        assert_memory_equal(&row, &s->row[i], sizeof row);
        assert_memory_equal(now, s->state[i + 1], s->bytes);
        free(now);
    }
    assert_true(train_done(r));
    train_finish(r, &out);
    assert_memory_equal(out.metric, s->metric, sizeof s->metric);
    assert_memory_equal(out.table[1].v, s->auc, sizeof s->auc);
    arena_release(&a);
}

static void resuming_anywhere_gives_the_same_bytes(void **state)
{
    static const char *const settings[] = {
        "epochs=5 momentum=0.9 nesterov=yes weight_decay=0.01 schedule=onecycle warmup=0.1 clip_norm=1",
        "epochs=5 optimizer=adam lr=0.01 schedule=cosine batch_size=20",
        "epochs=4 optimizer=adamw lr=0.01 weight_decay=0.1 select=last schedule=step step_epochs=2",
        "epochs=4 optimizer=rmsprop lr=0.001 momentum=0.5 schedule=exponential drop_last=yes",
        "epochs=8 lr=0.5 momentum=0.9 patience=2 min_delta=0.01",
        "epochs=5 lr=0.3 momentum=0.9 dropout_from=3",
        "epochs=6 lr=0.5 momentum=0.9 dropout_from=overfit",
        "epochs=4 lr=0.3 mixup=0.3 cutmix=1 loss=focal",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(settings); i++) {
        struct fixture f;
        struct story s;
        fixture_init(&f, i % 2 && i < 5 ? TOY_MLP : TOY_CNN, settings[i], 75, i == 1 ? 0 : 22, 19);
        tell(&s, &f);
        assert_true(s.rows > 2);
        for (int k = 0; k <= s.rows; k++)
            resume_at(&s, &f, k);
        forget(&s);
        fixture_release(&f);
    }
}

/* Reads bytes that are no good into a run in the middle of its way: an error, and nothing has changed. */
static void refused(struct training *r, const unsigned char *bytes, size_t n, const char *says)
{
    struct err e = {0};
    unsigned char *before = state_of(r);
    assert_int_equal(train_state_read(r, bytes, n, &e), -1);
    unsigned char *after = state_of(r);
    assert_int_equal(e.code, ERR_DATA);
    if (!strstr(e.text, says))
        fail_msg("'%s' does not say '%s'", e.text, says);
    assert_memory_equal(before, after, train_state_bytes(r));
    free(before);
    free(after);
}

static void damaged_bytes_are_refused(void **state)
{
    struct fixture f;
    struct arena a;
    (void)state;
    fixture_init(&f, TOY_CNN, "momentum=0.9", 75, 22, 19);
    struct training *r = fixture_run(&f, &a);
    epoch_ok(r);
    size_t n = train_state_bytes(r);
    unsigned char *good = state_of(r), *bad = malloc(n + 1);
    assert_non_null(bad);
    epoch_ok(r); /* another state, so that a read would show */

    static const size_t cut[] = {0, 1, 8, 31, 32, 40, 1000};
    for (size_t i = 0; i < COUNT(cut); i++)
        refused(r, good, cut[i], "cut off");
    refused(r, good, n - 1, "cut off");
    memcpy(bad, good, n);
    bad[n] = 0;
    refused(r, bad, n + 1, "too long");
    for (size_t at = 0; at < n; at += at < 200 ? 1 : 997) {
        memcpy(bad, good, n);
        bad[at] ^= 0x10;
        refused(r, bad, n, "checkpoint");
    }
    memset(bad, 0, n);
    refused(r, bad, n, "not a checkpoint");

    struct err e = {0};
    assert_int_equal(train_state_read(r, good, n, &e), 0);
    assert_int_equal(train_epochs_run(r), 1);
    memcpy(bad + 1, good, n); /* also from an address that is not aligned */
    assert_int_equal(train_state_read(r, bad + 1, n, &e), 0);
    free(good);
    free(bad);
    arena_release(&a);
    fixture_release(&f);
}

static void states_of_other_runs_are_refused(void **state)
{
    static const struct {
        const char *layers, *settings;
        size_t ntrain;
        uint64_t seed;
        int same;
    } other[] = {
        {TOY_CNN, "momentum=0.9 schedule=cosine", 75, 3, 1},
        {TOY_CNN, "momentum=0.9 schedule=cosine eval_batch=5", 75, 3, 1},
        {TOY_CNN, "momentum=0.9 schedule=cosine", 75, 4, 0},
        {TOY_CNN, "momentum=0.9 schedule=cosine lr=0.06", 75, 3, 0},
        {TOY_CNN, "momentum=0.8 schedule=cosine", 75, 3, 0},
        {TOY_CNN, "momentum=0.9 schedule=cosine nesterov=yes", 75, 3, 0},
        {TOY_CNN, "momentum=0.9 schedule=cosine epochs=11", 75, 3, 0},
        {TOY_CNN, "momentum=0.9", 75, 3, 0},
        {TOY_CNN, "momentum=0.9 schedule=cosine final=0.1", 75, 3, 0},
        {TOY_CNN, "momentum=0.9 schedule=cosine select=last", 75, 3, 0},
        {TOY_CNN, "optimizer=adam", 75, 3, 0},
        {TOY_CNN, "momentum=0.9 schedule=cosine", 76, 3, 0},
        {TOY_MLP, "momentum=0.9 schedule=cosine", 75, 3, 0},
        {"conv2d 3x3 5 bias yes, batchnorm, relu, dropout 0.3; maxpool 2; conv2d 3x3 6 bias no, batchnorm, relu; gap, "
         "dense 4",
         "momentum=0.9 schedule=cosine", 75, 3, 0},
    };
    struct fixture f;
    struct arena a;
    (void)state;
    fixture_init(&f, TOY_CNN, "momentum=0.9 schedule=cosine", 75, 22, 19);
    struct training *r = fixture_run(&f, &a);
    epoch_ok(r);
    unsigned char *bytes = state_of(r);
    size_t n = train_state_bytes(r);
    for (size_t i = 0; i < COUNT(other); i++) {
        struct fixture g;
        struct arena b;
        struct err e = {0};
        fixture_init(&g, other[i].layers, other[i].settings, other[i].ntrain, 22, 19);
        g.job.seed = other[i].seed;
        struct training *q = fixture_run(&g, &b);
        if (other[i].same)
            assert_int_equal(train_state_read(q, bytes, n, &e), 0);
        else
            refused(q, bytes, n, "another training");
        arena_release(&b);
        fixture_release(&g);
    }
    free(bytes);
    arena_release(&a);
    fixture_release(&f);
}

int test_checkpoint(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resuming_anywhere_gives_the_same_bytes),
        cmocka_unit_test(damaged_bytes_are_refused),
        cmocka_unit_test(states_of_other_runs_are_refused),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
