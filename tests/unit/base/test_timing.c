#include "groups.h"

#include "base/clock.h"
#include "base/timing.h"

#include <math.h>
#include <unistd.h>

struct counted {
    int calls;
    useconds_t sleep, first;
};

static void count(void *ctx)
{
    struct counted *c = ctx;
    usleep(c->calls++ ? c->sleep : c->first);
}

static void medians(void **state)
{
    double odd[] = {3, 1, 2}, even[] = {4, 1, 3, 2}, far[] = {1, 1, 1, 1e9, 1};
    (void)state;
    assert_true(timing_median(odd, 3) == 2);
    assert_true(timing_median(even, 4) == 2.5);
    assert_true(timing_median(far, 5) == 1);
    assert_true(timing_median(odd, 1) == 1);
    assert_true(isnan(timing_median(odd, 0)));
}

/* Sleeps are never too short; how much too long they are is the machine's. */
static void a_call_takes_as_long_as_it_takes(void **state)
{
    struct counted c = {0, 2000, 2000};
    (void)state;
    double began = clock_wall(), t = timing_call(count, &c, 0.1);
    assert_true(t >= 0.002 && t <= clock_wall() - began);
    assert_true(c.calls >= 5);
    c = (struct counted){0, 2000, 2000};
    assert_true(timing_best(count, &c, 0.1) >= 0.002);
}

static void long_calls_are_timed_once(void **state)
{
    struct counted c = {0, 20000, 20000};
    (void)state;
    assert_true(timing_call(count, &c, 0.001) >= 0.02);
    assert_int_equal(c.calls, 1);
}

static void the_first_call_does_not_count(void **state)
{
    struct counted c = {0, 100, 100000};
    (void)state;
    assert_true(timing_call(count, &c, 0.2) < 0.05);
}

int test_timing(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(medians),
        cmocka_unit_test(a_call_takes_as_long_as_it_takes),
        cmocka_unit_test(long_calls_are_timed_once),
        cmocka_unit_test(the_first_call_does_not_count),
    };
    return cmocka_run_group_tests_name("timing", tests, NULL, NULL);
}
