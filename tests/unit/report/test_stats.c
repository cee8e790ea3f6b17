#include "base/file.h"
#include "groups.h"
#include "report/stats/bootstrap.h"
#include "report/stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* R: qt(0.975, df), and for df = 1, 2, 4 the closed forms. */
static void student_t_quantiles(void **state)
{
    static const struct {
        size_t df;
        double t;
    } known[] = {
        {1, 12.706204736174705},   {2, 4.302652729749462},  {3, 3.182446305283708},   {4, 2.776445105197793},
        {5, 2.570581835636314},    {6, 2.446911851144969},  {7, 2.364624251592785},   {8, 2.306004135204166},
        {9, 2.262157162798205},    {10, 2.228138851986274}, {15, 2.131449545559323},  {20, 2.085963447265837},
        {30, 2.042272456301238},   {60, 2.000297822014260}, {120, 1.979930405082445}, {300, 1.967903011260275},
        {1000, 1.962339080825792},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(known); i++)
        assert_close(stats_t95(known[i].df), known[i].t, known[i].df > 200 ? 1e-10 : 2e-12, 0);
    assert_close(stats_t95(1), tan(0.95 * M_PI_2), 1e-12, 0);
    assert_close(stats_t95(2), 0.95 * sqrt(2 / (1 - 0.95 * 0.95)), 1e-13, 0);
    assert_true(isnan(stats_t95(0)));
}

/* The two formulas meet, and the quantile falls towards the normal one. */
static void student_t_is_smooth(void **state)
{
    (void)state;
    double last = INFINITY;
    for (size_t df = 1; df < 400; df++) {
        double t = stats_t95(df);
        assert_true(t < last && t > 1.959963984540054);
        if (df > 100)
            assert_true(last - t < 0.05 * last / (double)df && last - t > 0.5 / (double)(df * df));
        last = t;
    }
    assert_close(stats_t95(1000000000), 1.959963984540054, 1e-8, 0);
}

static void statistics(void **state)
{
    struct t_cache c = {0};
    const double v[] = {2, NAN, 4, 4, 4, 5, 5, NAN, 7, 9};
    (void)state;
    struct stats s = stats_of(v, COUNT(v), &c); /* 8 values, mean 5, sum of squares 32 */
    assert_int_equal(s.n, 8);
    assert_close(s.mean, 5, 0, 0);
    assert_close(s.std, sqrt(32.0 / 7), 1e-15, 0);
    assert_close(s.high - s.mean, 2.364624251592785 * sqrt(32.0 / 7 / 8), 1e-9, 0);
    assert_close(s.mean - s.low, s.high - s.mean, 1e-12, 0);
    assert_true(s.min == 2 && s.max == 9);
    s = stats_of(v, 2, &c);
    assert_true(s.n == 1 && s.mean == 2 && s.min == 2 && s.max == 2 && isnan(s.std) && isnan(s.low));
    s = stats_of(v, 0, &c);
    assert_true(s.n == 0 && isnan(s.mean) && isnan(s.min));
    const double same[] = {0.1, 0.1, 0.1};
    s = stats_of(same, 3, &c);
    assert_true(s.mean == 0.1 && s.std == 0 && s.low == 0.1 && s.high == 0.1);
}

static void quantiles(void **state)
{
    double v[] = {5, 1, 3, 2, 4};
    (void)state;
    assert_close(stats_quantile(v, 5, 0.5), 3, 0, 0);
    assert_close(stats_quantile(v, 5, 0), 1, 0, 0);
    assert_close(stats_quantile(v, 5, 1), 5, 0, 0);
    assert_close(stats_quantile(v, 5, 0.1), 1.4, 1e-15, 0);
    assert_true(isnan(stats_quantile(v, 0, 0.5)));
}

/* SciPy's of a million drawn samples of few values, where ours are all that there are, and of 100,000 of more. */
static void bootstrap_intervals_are_those_of_scipy(void **state)
{
    char path[4096];
    struct table t;
    struct err e = {0};
    (void)state;
    snprintf(path, sizeof path, "%s/data/report_boot.csv", TEST_SOURCE_DIR);
    table_init(&t);
    assert_int_equal(table_read(&t, path, &e), 0);
    assert_int_equal(t.rows, 6);
    for (size_t r = 0; r < t.rows; r++) {
        double v[30], low, high, want_low = table_number(&t, r, 2), want_high = table_number(&t, r, 3);
        const char *at = table_cell(&t, r, "values");
        size_t n = 0;
        for (char *end; n < 30 && *at; at = end)
            v[n++] = strtod(at, &end);
        assert_int_equal(n, (size_t)table_number(&t, r, 0));
        assert_int_equal(bootstrap_mean(v, n, &low, &high), 0);
        double slack = (n > 8 ? 0.04 : 0.01) * (want_high - want_low);
        assert_close(low, want_low, 0, slack);
        assert_close(high, want_high, 0, slack);
    }
    table_release(&t);
}

static void bootstrap_wants_three_values(void **state)
{
    const double v[] = {0.5, 0.75, 1, 1, 1};
    double low, high;
    (void)state;
    assert_int_equal(bootstrap_mean(v, 2, &low, &high), 0);
    assert_true(isnan(low) && isnan(high));
    assert_int_equal(bootstrap_mean(v + 2, 3, &low, &high), 0);
    assert_true(low == 1 && high == 1);
    assert_int_equal(bootstrap_mean(v, 5, &low, &high), 0);
    assert_true(low >= 0.5 && low < 0.85 && high > 0.85 && high <= 1);
}

int test_stats(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(student_t_quantiles),
        cmocka_unit_test(student_t_is_smooth),
        cmocka_unit_test(statistics),
        cmocka_unit_test(quantiles),
        cmocka_unit_test(bootstrap_intervals_are_those_of_scipy),
        cmocka_unit_test(bootstrap_wants_three_values),
    };
    return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
