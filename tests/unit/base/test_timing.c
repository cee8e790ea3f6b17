#include "groups.h"

#include "base/clock.h"
#include "base/timing.h"

#include <math.h>

/* A call that keeps the core for some time. */
struct counted {
    int calls;
    double seconds, first;
    const double *slower; /* NULL, or everything takes so many times as long at present */
};

static void keep_busy(double seconds)
{
    double end = clock_thread() + seconds;
    while (clock_thread() < end)
        ;
}

static void count(void *ctx)
{
    struct counted *c = ctx;
    keep_busy((c->calls++ ? c->seconds : c->first) * (c->slower ? *c->slower : 1));
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

static void a_call_takes_as_long_as_it_takes(void **state)
{
    struct counted c = {0, 0.002, 0.002, NULL};
    (void)state;
    double began = clock_wall(), t = timing_call(count, &c, 0.1);
    assert_true(t >= 0.002 && t <= clock_wall() - began);
    assert_true(c.calls >= 5);
    c = (struct counted){0, 0.002, 0.002, NULL};
    assert_true(timing_best(count, &c, 0.1) >= 0.002);
}

static void long_calls_are_timed_once(void **state)
{
    struct counted c = {0, 0.02, 0.02, NULL};
    struct timing_turns t;
    (void)state;
    assert_true(timing_call(count, &c, 0.001) >= 0.02);
    assert_int_equal(c.calls, 1);
    struct counted beside = {0, 1e-5, 1e-5, NULL};
    c.calls = 0;
    timing_turns(&(struct timed){count, &c}, &(struct timed){count, &beside}, 1, 0.001, &t);
    assert_int_equal(c.calls, 1);
    assert_int_equal(t.n, 1);
    assert_true(t.call[0] >= 0.02 && t.beside[0][0] >= 1e-5);
}

static void the_first_call_does_not_count(void **state)
{
    struct counted c = {0, 1e-4, 0.1, NULL};
    struct timing_turns t;
    (void)state;
    assert_true(timing_call(count, &c, 0.2) < 0.05);
    struct counted beside = {0, 1e-5, 0.02, NULL};
    c = (struct counted){0, 1e-4, 0.1, NULL};
    timing_turns(&(struct timed){count, &c}, &(struct timed){count, &beside}, 1, 0.2, &t);
    for (size_t i = 0; i < t.n; i++)
        assert_true(t.call[i] < 0.05 && t.beside[0][i] < 0.01);
}

struct drifting {
    struct counted c;
    double *slower;
};

static void count_and_drift(void *ctx)
{
    struct drifting *d = ctx;
    count(&d->c);
    *d->slower *= 1.03;
}

/* Everything becomes slower and slower in the course of it, the proportions stay. */
static void turns_compare_what_drifts(void **state)
{
    double slower = 1, a[TIMING_TURNS], b[TIMING_TURNS];
    struct drifting d = {{0, 2e-4, 2e-4, &slower}, &slower};
    struct counted beside[] = {{0, 1e-4, 1e-4, &slower}, {0, 5e-5, 5e-5, &slower}};
    struct timed others[] = {{count, &beside[0]}, {count, &beside[1]}};
    struct timing_turns t;
    (void)state;
    timing_turns(&(struct timed){count_and_drift, &d}, others, 2, 0.15, &t);
    assert_true(t.n >= 3);
    assert_true(t.call[t.n - 1] > 1.5 * t.call[0]);
    for (size_t i = 0; i < t.n; i++) {
        a[i] = t.call[i] / t.beside[0][i];
        b[i] = t.call[i] / t.beside[1][i];
    }
    assert_close(timing_median(a, t.n), 2, 0.15, 0);
    assert_close(timing_median(b, t.n), 4, 0.15, 0);
}

int test_timing(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(medians),
        cmocka_unit_test(a_call_takes_as_long_as_it_takes),
        cmocka_unit_test(long_calls_are_timed_once),
        cmocka_unit_test(the_first_call_does_not_count),
        cmocka_unit_test(turns_compare_what_drifts),
    };
    return cmocka_run_group_tests_name("timing", tests, NULL, NULL);
}
