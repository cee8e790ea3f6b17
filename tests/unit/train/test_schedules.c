/* Learning rates of every schedule, with and without warm-up, against PyTorch.
 *
 * Tolerance. Both sides compute in double. PyTorch multiplies step by step where a formula in closed form stands here
 * (cosine: one product per step), so that n steps differ by some n * 1e-16 of the highest rate, and near the end of a
 * cosine, where the rate itself is almost 0, by more than that relative to it: 1e-13 of the base rate, absolute. */
#include "fixture.h"
#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the epochs of the golden file came to, of a schedule that looks at it. */
static double result_of(uint64_t epoch)
{
    return (double)((epoch * 37 + 11) % 64) / 64;
}

static void rates_agree_with_torch(void **state)
{
    struct golden g;
    struct schedule_state results = {0};
    int rows = 0, reduced = 0;
    (void)state;
    golden_open(&g, "train_schedules.csv");
    for (; golden_row(&g); rows++) {
        struct train_spec s;
        struct err e = {0};
        const char *key;
        assert_int_equal(g.values, 4);
        spec_from(&s, g.settings);
        assert_int_equal(train_keys_check(&s, (size_t[3]){9, 9, 9}, &key, &e), 0);
        uint64_t epochs = (uint64_t)g.value[0], per_epoch = (uint64_t)g.value[1], i = (uint64_t)g.value[2];
        const struct schedule_type *t = schedule_types[s.schedule];
        if (i == 0)
            results = (struct schedule_state){.factor = 1};
        else if (i % per_epoch == 0 && t->after_epoch)
            t->after_epoch(s.schedule_args, result_of(i / per_epoch), &results);
        reduced += results.factor < 1;
        double lr = results.factor * train_lr_at(&s, i, epochs * per_epoch, per_epoch);
        if (!is_close(lr, g.value[3], 0, 1e-13 * s.lr))
            fail_msg("%s, step %d: lr is %.17g, want %.17g", g.settings, (int)i, lr, g.value[3]);
    }
    golden_close(&g);
    assert_true(rows > 300 && reduced > 0);
}

static void points_that_make_no_sense_are_refused(void **state)
{
    static const char *const bad[] = {"",     "1",   "0:1,",    "0:1 1:2", "3:1,2:1", "0:-1",
                                      "-1:1", "0:x", "0:1;1:2", "nan:1",   "0:inf"};
    static const char *const good[] = {"0:1", " 0:0.1, 5:1 ,5:0.1,20:0", "3:2"};
    (void)state;
    for (size_t i = 0; i < COUNT(bad) + COUNT(good); i++) {
        struct train_spec s;
        struct err e = {0};
        const char *key = "", *text = i < COUNT(bad) ? bad[i] : good[i - COUNT(bad)];
        spec_from(&s, "schedule=pieces");
        assert_int_equal(param_set(schedule_types[s.schedule]->params, s.schedule_args, text, NULL, &e), 0);
        int refused = train_keys_check(&s, (size_t[3]){9, 9, 9}, &key, &e);
        if (refused != (i < COUNT(bad) ? -1 : 0))
            fail_msg("'%s' is %s", text, refused ? e.text : "accepted");
        assert_true(!refused || !strcmp(key, "pieces"));
    }
}

/* Such a training is known as the constant one, so the rate must be the same at every step, to the bit. */
static void a_flat_schedule_is_the_constant_one(void **state)
{
    static const struct {
        const char *settings;
        int flat;
    } row[] = {
        {"schedule=constant", 1},
        {"schedule=step step_epochs=5 epochs=5", 1},
        {"schedule=step step_epochs=4 epochs=5", 0},
        {"schedule=step step_epochs=1 gamma=1 epochs=5", 1},
        {"schedule=step step_epochs=5 epochs=5 warmup=0.3", 1},
        {"schedule=exponential gamma=1 epochs=5", 1},
        {"schedule=exponential gamma=0.5 epochs=1", 1},
        {"schedule=exponential gamma=0.5 epochs=2", 0},
        {"schedule=cosine final=1 epochs=5", 1},
        {"schedule=cosine final=0.5 epochs=5", 0},
        {"schedule=onecycle div_factor=1 final_div_factor=1 epochs=5", 1},
        {"schedule=onecycle div_factor=1 final_div_factor=2 epochs=5", 0},
        {"schedule=polynomial final=1 epochs=5", 1},
        {"schedule=polynomial epochs=5", 0},
        {"schedule=cyclic low=1 epochs=5", 1},
        {"schedule=cyclic epochs=5", 0},
        {"schedule=restarts final=1 epochs=5", 1},
        {"schedule=restarts epochs=5", 0},
        {"schedule=plateau epochs=12", 1}, /* of the 13th the 11th without improvement is the last but one */
        {"schedule=plateau epochs=13", 0},
        {"schedule=pieces epochs=5", 0},
    };
    const uint64_t per_epoch = 7;
    (void)state;
    for (size_t r = 0; r < COUNT(row); r++) {
        struct train_spec s, constant;
        spec_from(&s, row[r].settings);
        constant = s;
        constant.schedule = train_schedule(&s);
        int same = 1;
        for (uint64_t i = 0, n = per_epoch * (uint64_t)s.epochs; i < n; i++)
            same &= train_lr_at(&s, i, n, per_epoch) == train_lr_at(&constant, i, n, per_epoch);
        assert_true(same);
        int constant_now = !strcmp(schedule_types[train_schedule(&s)]->name, "constant");
        if (constant_now != row[r].flat)
            fail_msg("%s is %sflat", row[r].settings, row[r].flat ? "not " : "");
    }
}

/* The recipe that the reference numbers on MNIST were trained with. */
static void warm_up_and_cosine_follow_the_recipe(void **state)
{
    struct train_spec s;
    const uint64_t per_epoch = 781, total = 8 * per_epoch, warm = 1249; /* int(0.2 * 6248) */
    (void)state;
    spec_from(&s, "lr=0.1 schedule=cosine final=0.001 warmup=0.2 warmup_from=0.05");
    for (uint64_t i = 0; i < total; i++) {
        double at = (double)(i - warm) / (double)(total - warm);
        double want = i < warm ? 0.1 * (0.05 + 0.95 * (double)i / (double)warm)
                               : 0.1 * (0.001 + 0.999 * 0.5 * (1 + cos(M_PI * at)));
        double lr = train_lr_at(&s, i, total, per_epoch);
        assert_close(lr, want, 1e-14, 1e-16);
        assert_true((float)lr == (float)want);
    }
}

static void every_rate_is_sane(void **state)
{
    static const int sizes[][2] = {{1, 1}, {1, 2}, {2, 1}, {3, 7}, {2000, 1}};
    static const char *const warm[] = {"", " warmup=0.000001", " warmup=0.5", " warmup=0.999999 warmup_from=0"};
    (void)state;
    for (size_t t = 0; schedule_types[t]; t++)
        for (size_t w = 0; w < COUNT(warm); w++)
            for (size_t k = 0; k < COUNT(sizes); k++) {
                struct train_spec s;
                char text[128];
                uint64_t per_epoch = (uint64_t)sizes[k][1], total = (uint64_t)sizes[k][0] * per_epoch;
                snprintf(text, sizeof text, "schedule=%s%s", schedule_name(t), warm[w]);
                spec_from(&s, text);
                for (uint64_t i = 0; i < total; i++) {
                    double lr = train_lr_at(&s, i, total, per_epoch);
                    if (!(lr >= 0 && lr <= s.lr * (1 + 1e-12)))
                        fail_msg("%s, step %d of %d: lr is %g", text, (int)i, (int)total, lr);
                }
            }
}

/* Nothing is ever better by 100, so each epoch after the second trains with half of the rate before; also when the
 * training is taken up again in between. */
static void a_plateau_is_seen_by_the_training(void **state)
{
    struct fixture f;
    struct arena a, b;
    struct err e = {0};
    (void)state;
    fixture_init(&f, "flatten, dense 4", "schedule=plateau plateau_patience=0 gamma=0.5 plateau_delta=100 epochs=5", 40,
                 8, 8);
    struct training *r = fixture_run(&f, &a);
    unsigned char *saved = NULL;
    for (int epoch = 1; epoch <= 4; epoch++) {
        assert_true(epoch_ok(r).lr == (float)(0.05 * (epoch < 3 ? 1 : epoch == 3 ? 0.5 : 0.25)));
        if (epoch == 3)
            saved = state_of(r);
    }
    struct training *again = fixture_run(&f, &b);
    assert_int_equal(train_state_read(again, saved, train_state_bytes(again), &e), 0);
    assert_true(epoch_ok(again).lr == (float)(0.05 * 0.25));
    free(saved);
    arena_release(&a), arena_release(&b);
    fixture_release(&f);
}

static void warm_up_has_at_least_one_step(void **state)
{
    struct train_spec s;
    (void)state;
    spec_from(&s, "lr=1 warmup=0.001 warmup_from=0.25");
    assert_close(train_lr_at(&s, 0, 10, 5), 0.25, 1e-15, 0);
    assert_close(train_lr_at(&s, 1, 10, 5), 1, 0, 0);
    spec_from(&s, "lr=1");
    assert_close(train_lr_at(&s, 0, 10, 5), 1, 0, 0);
}

int test_schedules(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_agree_with_torch),
        cmocka_unit_test(points_that_make_no_sense_are_refused),
        cmocka_unit_test(a_flat_schedule_is_the_constant_one),
        cmocka_unit_test(warm_up_and_cosine_follow_the_recipe),
        cmocka_unit_test(every_rate_is_sane),
        cmocka_unit_test(a_plateau_is_seen_by_the_training),
        cmocka_unit_test(warm_up_has_at_least_one_step),
    };
    return cmocka_run_group_tests_name("schedules", tests, NULL, NULL);
}
