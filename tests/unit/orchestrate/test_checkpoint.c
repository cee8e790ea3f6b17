/* How often a training is saved: made-up trainings on made-up clocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "orchestrate/checkpoint.h"

struct training {
    double epoch, cost; /* seconds of each */
    int epochs;
};

struct outcome {
    double all, saving, lost; /* seconds; lost: the most that was trained since the last time */
    int times;
};

static struct outcome train(const struct training *t)
{
    struct checkpoint_pace pace = {0};
    struct outcome o = {0};
    double unsaved = 0;
    for (int i = 0; i < t->epochs; i++) {
        o.all += t->epoch;
        unsaved += t->epoch;
        if (checkpoint_due(&pace, o.all)) {
            o.all += t->cost;
            o.saving += t->cost;
            o.times++;
            pace = (struct checkpoint_pace){o.all, t->cost, i + 1};
            unsaved = 0;
        }
        o.lost = unsaved > o.lost ? unsaved : o.lost;
    }
    return o;
}

static void saving_takes_a_twentieth_at_most(void **state)
{
    static const struct training v[] = {{1e-4, 0.01, 50000}, {1e-4, 0.2, 50000}, {0.3, 0.01, 100},
                                        {0.3, 1, 1000},      {2, 0.1, 50},       {2, 3, 300}};
    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
        struct outcome o = train(&v[i]);
        double pause = 20 * v[i].cost > 1 ? 20 * v[i].cost : 1;
        if (o.saving > o.all / 20 + v[i].cost || o.lost > pause * 1.000001 || !o.times)
            fail_msg("epochs of %g s, saving %g s: %g of %g s go there, %g s could be lost", v[i].epoch, v[i].cost,
                     o.saving, o.all, o.lost);
    }
}

/* Nothing finished is ever at stake where epochs are long and the disk is not slow. */
static void long_epochs_are_saved_each(void **state)
{
    const struct training t = {1.1, 0.05, 40};
    (void)state;
    assert_int_equal(train(&t).times, 40);
}

static void the_estimate_is_that_of_the_pace(void **state)
{
    static const struct training v[] = {{1e-3, 0.011, 5000}, {0.4, 0.011, 100}, {3, 0.011, 10}, {1e-4, 0.011, 100}};
    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
        struct outcome o = train(&v[i]);
        double said = checkpoint_seconds(v[i].epoch * v[i].epochs, v[i].epochs, 1e5);
        if (said < o.saving * 0.5 || said > o.saving * 2)
            fail_msg("epochs of %g s: %g s said, %g s needed", v[i].epoch, said, o.saving);
    }
}

int test_checkpoint(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(saving_takes_a_twentieth_at_most),
        cmocka_unit_test(long_epochs_are_saved_each),
        cmocka_unit_test(the_estimate_is_that_of_the_pace),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
