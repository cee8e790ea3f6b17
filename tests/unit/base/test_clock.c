#include "groups.h"

#include "base/clock.h"

#include <unistd.h>

static void wall_counts_sleep(void **state)
{
    double a = clock_wall(), before = a;
    (void)state;
    for (int i = 0; i < 1000; i++) {
        double b = clock_wall();
        assert_true(b >= before);
        before = b;
    }
    a = clock_wall();
    usleep(20000);
    assert_true(clock_wall() - a >= 0.0199);
}

static void thread_counts_work_only(void **state)
{
    (void)state;
    double a = clock_thread();
    usleep(100000);
    double slept = clock_thread() - a;
    assert_true(slept >= 0 && slept < 0.08);
    a = clock_thread();
    double start = clock_wall();
    while (clock_thread() - a < 0.01) /* spins until it has cost 10 ms */
        if (clock_wall() - start > 60)
            fail_msg("60 s of spinning have cost no CPU time");
    assert_true(clock_wall() - start >= 0.0099);
}

int test_clock(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(wall_counts_sleep),
        cmocka_unit_test(thread_counts_work_only),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
