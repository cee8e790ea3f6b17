/* test_compare.c - points beside the best one: against scipy and statsmodels (tests/support/report_statistics.py), and
 * by the errors that sweeps of equal networks would make. */
#include "groups.h"

#include "base/maths.h"
#include "report/stats/compare.h"
#include "report/stats/range.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void golden(struct table *t, const char *name)
{
    struct err e = {0};
    char path[1024];
    snprintf(path, sizeof path, "%s/data/%s", TEST_SOURCE_DIR, name);
    table_init(t);
    if (table_read(t, path, &e))
        fail_msg("%s", e.text);
}

static double number(const struct table *t, size_t r, const char *column)
{
    return table_number(t, r, table_column(t, column));
}

static void quantiles_of_the_studentized_range(void **state)
{
    struct table g;
    (void)state;
    golden(&g, "report_range.csv");
    for (size_t r = 0; r < g.rows; r++) {
        double a = number(&g, r, "a"), b = number(&g, r, "b"), want = number(&g, r, "value");
        if (!strcmp(table_cell(&g, r, "what"), "normal"))
            assert_close(m_normal(a), want, a < -6 ? 1e-8 : 1e-13, 0);
        else
            assert_close(range_q95((size_t)a, (size_t)b), want, 1e-8, 0);
    }
    /* of two points it is Student's t times the root of 2; many degrees of freedom meet the plain range */
    for (size_t df = 1; df < 40; df += 7)
        assert_close(range_q95(2, df), sqrt(2) * stats_t95(df), 1e-9, 0);
    assert_close(range_q95(3, 1000000), 3.314493, 1e-5, 0); /* tables: 3.31 */
    assert_true(isnan(range_q95(1, 5)) && isnan(range_q95(2, 0)));
    table_release(&g);
}

static void gaps_as_statsmodels_has_them(void **state)
{
    struct table t, g, p;
    struct err e = {0};
    struct trials_view v;
    struct fit f;
    struct arena mem;
    (void)state;
    golden(&t, "report_gaps.csv");
    golden(&g, "report_gaps_fit.csv");
    arena_init(&mem);
    table_init(&p);
    assert_int_equal(view_init(&v, &t, "min val_loss", &e), 0);
    assert_int_equal(fit_init(&f, &v, &mem, &mem), 0);
    assert_int_equal(report_points(&t, "min val_loss", &p, &e), 0);
    for (size_t r = 0; r < g.rows; r++) {
        const char *what = table_cell(&g, r, "what");
        double want = number(&g, r, "value");
        if (!strcmp(what, "variance"))
            assert_close(f.variance, want, 1e-6, 0);
        else if (!strcmp(what, "df"))
            assert_int_equal(f.df, (size_t)want);
        else
            assert_close(number(&p, row_where(&p, "point", table_cell(&g, r, "point"), NULL, NULL), what), want, 1e-5,
                         0);
    }
    table_release(&p);
    view_release(&v);
    arena_release(&mem);
    table_release(&g);
    table_release(&t);
}

static void analysis_of_variance_as_statsmodels_has_it(void **state)
{
    struct table t, g, f;
    struct err e = {0};
    (void)state;
    golden(&t, "report_full.csv");
    golden(&g, "report_full_fit.csv");
    table_init(&f);
    assert_int_equal(report_effects(&t, "min val_loss", &f, &e), 0);
    for (size_t r = 0; r < g.rows; r++) {
        const char *level = table_cell(&g, r, "level"), *column = table_cell(&g, r, "column");
        size_t row = 0;
        while (row < f.rows && (strcmp(table_cell(&f, row, "kind"), table_cell(&g, r, "kind")) ||
                                strcmp(table_cell(&f, row, "axis"), table_cell(&g, r, "axis")) ||
                                strcmp(table_cell(&f, row, "value"), level)))
            row++;
        int dealt = !strcmp(column, "share_by_chance"); /* 20000 permutations */
        assert_close(number(&f, row, column), number(&g, r, "value"), dealt ? 0.03 : 1e-6, 0);
    }
    table_release(&f);
    table_release(&g);
    table_release(&t);
}

/* ---- equal networks ---------------------------------------------------------------------------------------------- */

static uint64_t drawn;

static double uniform(void)
{
    drawn = drawn * 6364136223846793005u + 1442695040888963407u;
    return ((double)(drawn >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
    return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

/* 12 equal points, seeds that matter for all of them alike; `gaps`: every 7th trial fails. How many of so many sweeps
 * call one of them worse than the best. */
static size_t wrong_answers(size_t sweeps, int repeats, int gaps)
{
    struct range_cache c = {0};
    size_t wrong = 0;
    for (size_t i = 0; i < sweeps; i++) {
        struct table t;
        struct trials_view v;
        struct arena mem;
        struct err e = {0};
        static const char *const head[] = {"point", "repeat", "status", "val_accuracy"};
        struct difference d[12];
        double seed[8];
        table_init(&t);
        arena_init(&mem);
        assert_int_equal(table_columns(&t, head, 4), 0);
        for (int r = 0; r < repeats; r++)
            seed[r] = 0.02 * normal();
        for (int k = 0; k < 12 * repeats; k++) {
            char text[3][STR_NUM];
            int failed = gaps && k % 7 == 3;
            snprintf(text[0], STR_NUM, "%d", k / repeats + 1);
            snprintf(text[1], STR_NUM, "%d", k % repeats + 1);
            str_float(text[2], failed ? NAN : (float)(0.9 + seed[k % repeats] + 0.005 * normal()));
            assert_int_equal(
                table_row(&t, (const char *const[]){text[0], text[1], failed ? "failed" : "complete", text[2]}), 0);
        }
        assert_int_equal(view_init(&v, &t, "max val_accuracy", &e), 0);
        assert_int_equal(compare_with_best(&v, d, &c, &mem), 0);
        int any = 0;
        for (size_t p = 0; p < 12; p++)
            any |= d[p].tied == TIE_NO && !isnan(v.mean[p]);
        wrong += (size_t)any;
        view_release(&v);
        arena_release(&mem);
        table_release(&t);
    }
    return wrong;
}

/* 5 % of 600: 30, standard deviation 5. With gaps the best mean is not the best one after the seeds are taken out. */
static void equal_networks_are_tied(void **state)
{
    static const int repeats[] = {2, 3, 5};
    (void)state;
    drawn = 1;
    for (size_t i = 0; i < COUNT(repeats); i++) {
        size_t wrong = wrong_answers(600, repeats[i], 0);
        if (wrong < 14 || wrong > 46)
            fail_msg("%zu of 600 sweeps of 12 equal networks with %d repeats call one worse", wrong, repeats[i]);
        wrong = wrong_answers(200, repeats[i], 1);
        if (wrong > 21) /* 10 expected, standard deviation 3 */
            fail_msg("%zu of 200 sweeps with gaps and %d repeats call one worse", wrong, repeats[i]);
    }
}

/* ---- what was absurd --------------------------------------------------------------------------------------------- */

static const char *standing(const char *csv, const char *point, const char *column)
{
    static char answer[64];
    struct table t, p;
    struct err e = {0};
    table_of(&t, csv);
    table_init(&p);
    if (report_points(&t, "max val_accuracy", &p, &e))
        fail_msg("%s", e.text);
    snprintf(answer, sizeof answer, "%s", table_cell(&p, row_where(&p, "point", point, NULL, NULL), column));
    table_release(&p);
    table_release(&t);
    return answer;
}

/* Two repeats of a network that learned next to nothing scatter: alone they would leave everything open. */
static void a_third_is_not_tied_with_nine_tenths(void **state)
{
    static const char csv[] = "point,repeat,status,val_accuracy\n1,1,complete,0.89\n1,2,complete,0.88\n"
                              "2,1,complete,0.36\n2,2,complete,0.30\n3,1,complete,0.881\n3,2,complete,0.876\n"
                              "4,1,complete,0.86\n4,2,complete,0.855\n5,1,complete,0.872\n5,2,complete,0.87\n";
    (void)state;
    assert_string_equal(standing(csv, "2", "tied_with_best"), "no");
    assert_string_equal(standing(csv, "3", "tied_with_best"), "yes");
    assert_true(atof(standing(csv, "2", "diff_to_best_high")) < -0.3);
}

/* Differences that are equal say nothing about noise but that it is below what a count of 1797 shows. */
static void equal_differences_have_the_resolution_as_noise(void **state)
{
    static const char csv[] = "point,repeat,status,val_samples,val_accuracy\n1,1,complete,1000,0.95\n"
                              "1,2,complete,1000,0.94\n2,1,complete,1000,0.9\n2,2,complete,1000,0.89\n"
                              "3,1,complete,1000,0.948\n3,2,complete,1000,0.938\n";
    (void)state;
    assert_string_equal(standing(csv, "2", "tied_with_best"), "no");
    assert_string_equal(standing(csv, "3", "tied_with_best"), "no");
    /* df 2, three points: q 8.3308; variance 1e-6 / 12 */
    assert_close(atof(standing(csv, "2", "diff_to_best_low")), -0.05 - range_q95(3, 2) * sqrt(1e-6 / 12 / 2), 1e-6, 0);
    assert_string_equal(standing("point,repeat,status,val_accuracy\n1,1,complete,0.95\n1,2,complete,0.94\n"
                                 "2,1,complete,0.9\n2,2,complete,0.89\n",
                                 "2", "tied_with_best"),
                        "");
}

/* Point 3 has no repeat in common with the others, nor with one that has. */
static void points_that_nothing_connects(void **state)
{
    static const char csv[] = "point,repeat,status,val_accuracy\n1,1,complete,0.95\n1,2,complete,0.93\n"
                              "2,1,complete,0.9\n2,2,complete,0.89\n3,3,complete,0.5\n3,4,complete,0.51\n"
                              "4,3,complete,0.6\n4,4,complete,0.62\n";
    (void)state;
    assert_string_equal(standing(csv, "3", "tied_with_best"), "");
    assert_string_equal(standing(csv, "2", "tied_with_best"), "no");
}

/* A point that is the same training as another one: the same place, no observation more. */
static void a_copy_is_no_observation(void **state)
{
    static const char own[] = "point,repeat,status,same_as,val_accuracy\n1,1,complete,,0.95\n1,2,complete,,0.93\n"
                              "2,1,complete,,0.9\n2,2,complete,,0.89\n3,1,complete,,0.91\n3,2,complete,,0.9\n";
    char copied[1024], low[64];
    (void)state;
    snprintf(copied, sizeof copied,
             "%s4,1,complete,2,0.9\n4,2,complete,2,0.89\n5,1,complete,1,0.95\n5,2,complete,1,0.93\n", own);
    snprintf(low, sizeof low, "%s", standing(own, "2", "diff_to_best_low"));
    assert_string_equal(standing(copied, "2", "diff_to_best_low"), low);
    assert_string_equal(standing(copied, "4", "diff_to_best_low"), low);
    assert_string_equal(standing(copied, "5", "rank"), "1");
    assert_string_equal(standing(copied, "3", "rank"), "3");
}

int test_compare(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_of_the_studentized_range),
        cmocka_unit_test(gaps_as_statsmodels_has_them),
        cmocka_unit_test(analysis_of_variance_as_statsmodels_has_it),
        cmocka_unit_test(equal_networks_are_tied),
        cmocka_unit_test(a_third_is_not_tied_with_nine_tenths),
        cmocka_unit_test(equal_differences_have_the_resolution_as_noise),
        cmocka_unit_test(points_that_nothing_connects),
        cmocka_unit_test(a_copy_is_no_observation),
    };
    return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
