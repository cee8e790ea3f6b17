/* test_exact.c - the order of points does not depend on how sums are rounded. */
#include "groups.h"
#include "report/stats/exact.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static struct exact sum_of(const float *v, size_t n)
{
    struct exact x = {{0}, n};
    for (size_t i = 0; i < n; i++)
        exact_add(&x, v[i]);
    return x;
}

static void sums_without_rounding(void **state)
{
    static const float a[] = {FLT_MAX, 1, -FLT_MAX, 0x1p-149f}, b[] = {0x1p-149f, -FLT_MAX, FLT_MAX, 1};
    static const float c[] = {1, 0, 0, 0}, less[] = {-1, -2, 0.5f}, more[] = {-1, -2, 0.75f};
    (void)state;
    struct exact x = sum_of(a, 4), y = sum_of(b, 4), z = sum_of(c, 4);
    assert_int_equal(exact_compare(&x, &y), 0);
    assert_int_equal(exact_compare(&x, &z), 1); /* by the least float there is */
    assert_int_equal(exact_compare(&z, &x), -1);
    x = sum_of(less, 3);
    y = sum_of(more, 3);
    assert_int_equal(exact_compare(&x, &y), -1);
    assert_close(exact_mean(&x), -2.5 / 3, 1e-15, 0);
    /* a mean of 3 terms and one of 6 */
    static const float three[] = {0.1f, 0.2f, 0.7f}, six[] = {0.7f, 0.1f, 0.1f, 0.2f, 0.7f, 0.2f};
    x = sum_of(three, 3);
    y = sum_of(six, 6);
    assert_int_equal(exact_compare(&x, &y), 0);
    struct exact third = {{0}, 3 * 1797ull}, same = {{0}, 1797};
    exact_add_count(&third, 1700 + 1690 + 1710);
    exact_add_count(&same, 1700);
    assert_int_equal(exact_compare(&third, &same), 0);
    exact_add_count(&same, 1);
    assert_int_equal(exact_compare(&third, &same), -1);
    struct exact none = {{0}, 0};
    assert_true(isnan(exact_mean(&none)));
}

static unsigned drawn = 1;

static unsigned draw(unsigned below)
{
    drawn = drawn * 1664525u + 1013904223u;
    return (drawn >> 8) % below;
}

/* Ranks of two points, the second with the numbers of the first in another order (or other counts of the same sum):
 * both are the best, and the first is the earlier one. */
static void check_tie(const char *metric, double n, float v[2][5], int repeats)
{
    static const char *const objective[] = {"max val_accuracy", "min val_loss"};
    const char *const head[] = {"point", "repeat", "status", "val_samples", metric};
    struct table t, p;
    struct err e = {0};
    char mean[64];
    table_init(&t);
    table_init(&p);
    assert_int_equal(table_columns(&t, head, COUNT(head)), 0);
    for (int i = 0; i < 2 * repeats; i++) {
        char text[4][STR_NUM];
        snprintf(text[0], STR_NUM, "%d", i / repeats + 1);
        snprintf(text[1], STR_NUM, "%d", i % repeats + 1);
        str_double(text[2], n);
        str_float(text[3], v[i / repeats][i % repeats]);
        assert_int_equal(table_row(&t, (const char *const[]){text[0], text[1], "complete", text[2], text[3]}), 0);
    }
    assert_int_equal(report_points(&t, objective[strstr(metric, "loss") != NULL], &p, &e), 0);
    for (size_t r = 0; r < 2; r++)
        if (strcmp(table_cell(&p, r, "rank"), "1") || strcmp(table_cell(&p, r, "tied_with_best"), "yes") ||
            strcmp(table_cell(&p, r, "diff_to_best"), "0"))
            fail_msg("point %zu of two with %g + ... of %g is not equally good", r + 1, (double)v[0][0], n);
    snprintf(mean, sizeof mean, "%s_mean", metric);
    assert_string_equal(table_cell(&p, 0, mean), table_cell(&p, 1, mean));
    table_release(&p);
    table_release(&t);
}

static void equal_means_are_equal(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        float v[2][5];
        unsigned n = 100 + draw(2000), more = draw(7), less = draw(5);
        for (int r = 0; r < 3; r++) {
            unsigned right = n / 2 + draw(n / 3);
            v[0][r] = (float)((double)right / n);
            right = r == 0 ? right + more : r == 1 ? right - less : right + less - more; /* others of the same sum */
            v[1][r] = (float)((double)right / n);
        }
        check_tie("val_accuracy", n, v, 3);
        for (int r = 0; r < 5; r++)
            v[1][(r + 2) % 5] = v[0][r] = (float)(draw(1000000) / 3e6);
        check_tie("val_loss", NAN, v, 5);
    }
}

/* Old tables say nothing of samples, and accuracies of epochs that dropped a step are no fractions of all samples: they
 * are compared as floats. A better one is better by one right answer. */
static void other_tables_are_ranked_too(void **state)
{
    static const char *const csv[] = {
        "point,repeat,status,val_accuracy\n1,1,complete,0.9\n2,1,complete,0.9000001\n",
        "point,repeat,status,val_samples,val_accuracy\n1,1,complete,7,0.9\n2,1,complete,7,0.91\n",
        "point,repeat,status,val_samples,val_accuracy\n1,1,complete,,0.9\n2,1,complete,,0.91\n",
        "point,repeat,status,val_samples,val_accuracy\n1,1,complete,10000,0.9\n2,1,complete,10000,0.9001\n",
        "point,repeat,status,val_samples,val_accuracy\n1,1,complete,10000,0.9\n2,1,complete,20000,0.90005\n"};
    (void)state;
    for (size_t i = 0; i < COUNT(csv); i++) {
        struct table t, p;
        struct err e = {0};
        table_of(&t, csv[i]);
        table_init(&p);
        assert_int_equal(report_points(&t, "max val_accuracy", &p, &e), 0);
        assert_string_equal(table_cell(&p, 0, "rank"), "2");
        assert_string_equal(table_cell(&p, 1, "rank"), "1");
        table_release(&p);
        table_release(&t);
    }
}

int test_exact(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_without_rounding),
        cmocka_unit_test(equal_means_are_equal),
        cmocka_unit_test(other_tables_are_ranked_too),
    };
    return cmocka_run_group_tests_name("exact", tests, NULL, NULL);
}
