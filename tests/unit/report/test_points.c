#include "groups.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const trials =
    "trial,point,repeat,seed,status,model.a,train.b,params,head,epochs_run,val_accuracy,test_loss,error\n"
    "1,1,1,1,complete,8,x,100,gap,5,0.90,0.5,\n"
    "2,1,2,2,complete,8,x,100,gap,5,0.92,0.25,\n"
    "3,1,3,3,complete,8,x,100,gap,4,0.94,,\n"
    "4,2,1,1,complete,8,y,100,gap,5,0.95,0.5,\n"
    "5,2,2,2,failed,8,y,100,gap,2,,,\"NaN, at epoch 2\"\n"
    "6,2,3,3,complete,8,y,100,gap,5,0.97,0.5,\n"
    "7,3,,,skipped,16,x,,,,,,too large\n"
    "8,4,1,1,complete,16,y,300,fc,5,0.80,0.5,\n"
    "9,4,2,2,pruned,16,y,300,fc,1,0.99,0.5,\n";

static void columns_and_values(void **state)
{
    struct table t, p;
    struct err e = {0};
    (void)state;
    table_of(&t, trials);
    table_init(&p);
    if (report_points(&t, "max val_accuracy", &p, &e))
        fail_msg("%s", e.text);
    static const char *const head[] = {"point",
                                       "model.a",
                                       "train.b",
                                       "params",
                                       "head",
                                       "n",
                                       "rank",
                                       "tied_with_best",
                                       "trials",
                                       "diff_to_best",
                                       "diff_to_best_low",
                                       "diff_to_best_high",
                                       "boot95_low",
                                       "boot95_high",
                                       "epochs_run_mean"};
    for (size_t i = 0; i < COUNT(head); i++)
        assert_string_equal(p.head[i], head[i]);
    assert_int_equal(p.cols, 14 + 3 * 6);
    assert_int_equal(p.rows, 4);
    assert_string_equal(table_cell(&p, 0, "n"), "3");
    assert_string_equal(table_cell(&p, 0, "rank"), "2");
    assert_string_equal(table_cell(&p, 0, "val_accuracy_mean"), "0.92");
    assert_string_equal(table_cell(&p, 0, "val_accuracy_std"), "0.02");
    assert_close(table_number(&p, 0, table_column(&p, "val_accuracy_ci95_low")), 0.92 - 4.302652729749 * 0.02 / sqrt(3),
                 1e-7, 0);
    assert_close(table_number(&p, 0, table_column(&p, "val_accuracy_ci95_high")),
                 0.92 + 4.302652729749 * 0.02 / sqrt(3), 1e-7, 0);
    assert_string_equal(table_cell(&p, 0, "val_accuracy_min"), "0.9");
    assert_string_equal(table_cell(&p, 0, "val_accuracy_max"), "0.94");
    assert_string_equal(table_cell(&p, 0, "test_loss_mean"), "0.375"); /* of the two that are there */
    assert_string_equal(table_cell(&p, 1, "n"), "2");
    assert_string_equal(table_cell(&p, 1, "rank"), "1");
    assert_string_equal(table_cell(&p, 1, "tied_with_best"), "yes");
    assert_string_equal(table_cell(&p, 1, "trials"), "3"); /* one of them failed */
    assert_string_equal(table_cell(&p, 1, "diff_to_best"), "0");
    assert_string_equal(table_cell(&p, 1, "diff_to_best_low"), "");
    assert_string_equal(table_cell(&p, 1, "test_loss_std"), "0");
    assert_string_equal(table_cell(&p, 2, "n"), "0");
    assert_string_equal(table_cell(&p, 2, "rank"), "");
    assert_string_equal(table_cell(&p, 2, "tied_with_best"), "");
    assert_string_equal(table_cell(&p, 2, "val_accuracy_mean"), "");
    assert_string_equal(table_cell(&p, 3, "n"), "1"); /* the pruned trial does not count */
    assert_string_equal(table_cell(&p, 3, "val_accuracy_max"), "0.80");
    assert_string_equal(table_cell(&p, 3, "val_accuracy_std"), "");
    assert_string_equal(table_cell(&p, 3, "head"), "fc");
    table_release(&p);
    table_release(&t);
}

/* Two repeats far apart: the t interval goes on beyond what can be; that of a metric without a range stays. */
static void intervals_end_where_the_metric_does(void **state)
{
    static const struct {
        const char *column;
        double low, high;
    } want[] = {{"test_accuracy", 0, 1},
                {"val_accuracy", 0, 0.1 + 12.706204736 * 0.05},
                {"test_loss", 0, 0.5 + 12.706204736 * 0.4},
                {"best_epoch", 0, 5 + 12.706204736 * 4},
                {"test_score", 0.5 - 12.706204736 * 0.4, 0.5 + 12.706204736 * 0.4}};
    struct table t, p;
    struct err e = {0};
    (void)state;
    table_of(&t, "point,repeat,status,test_accuracy,val_accuracy,test_loss,best_epoch,test_score\n"
                 "1,1,complete,0.2,0.05,0.1,1,0.1\n1,2,complete,0.9,0.15,0.9,9,0.9\n");
    table_init(&p);
    assert_int_equal(report_points(&t, "max test_accuracy", &p, &e), 0);
    for (size_t i = 0; i < COUNT(want); i++) {
        char name[64];
        snprintf(name, sizeof name, "%s_ci95_low", want[i].column);
        assert_close(table_number(&p, 0, table_column(&p, name)), want[i].low, 1e-6, 0);
        snprintf(name, sizeof name, "%s_ci95_high", want[i].column);
        assert_close(table_number(&p, 0, table_column(&p, name)), want[i].high, 1e-6, 0);
    }
    table_release(&p);
    table_release(&t);
}

static const char *tied(const char *csv, const char *objective, const char *point)
{
    static char answer[8];
    struct table t, p;
    struct err e = {0};
    table_of(&t, csv);
    table_init(&p);
    if (report_points(&t, objective, &p, &e))
        fail_msg("%s", e.text);
    strcpy(answer, table_cell(&p, row_where(&p, "point", point, NULL, NULL), "tied_with_best"));
    table_release(&p);
    table_release(&t);
    return answer;
}

/* Differences 0.01, 0.011, 0.012: mean 0.011, std 0.001, t = 19.05 > 4.30. Spread of the seeds is common to both. */
/* Of 3 folds the variance of a mean is 1/3 + 1/2 times that of a fold (Nadeau & Bengio 2003), of 6 trials, two rounds
 * of them, 1/6 + 1/2; the difference of two points is wider alike. */
static void folds_are_not_independent(void **state)
{
    static const char *const rows[] = {"3", ""};
    double low[2], difference[2];
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct table t, p;
        struct err e = {0};
        char text[900];
        snprintf(text, sizeof text,
                 "trial,point,repeat,seed,fold,folds,status,model.a,val_loss\n"
                 "1,1,1,1,1,%s,complete,8,11\n2,1,2,2,2,%s,complete,8,12\n3,1,3,3,3,%s,complete,8,13.5\n"
                 "4,2,1,1,1,%s,complete,9,12\n5,2,2,2,2,%s,complete,9,13.5\n6,2,3,3,3,%s,complete,9,14\n",
                 rows[k], rows[k], rows[k], rows[k], rows[k], rows[k]);
        table_of(&t, text);
        table_init(&p);
        if (report_points(&t, "min val_loss", &p, &e))
            fail_msg("%s", e.text);
        assert_int_equal(table_column(&p, "folds"), -1);
        low[k] = table_number(&p, 0, table_column(&p, "val_loss_mean")) -
                 table_number(&p, 0, table_column(&p, "val_loss_ci95_low"));
        difference[k] = table_number(&p, 1, table_column(&p, "diff_to_best")) -
                        table_number(&p, 1, table_column(&p, "diff_to_best_low"));
        table_release(&t);
        table_release(&p);
    }
    const double deviation = sqrt((pow(1 - 6.5 / 3, 2) + pow(2 - 6.5 / 3, 2) + pow(3.5 - 6.5 / 3, 2)) / 2);
    assert_close(low[1], 4.302652729749 * deviation * sqrt(1 / 3.0), 1e-6, 0);
    assert_close(low[0], 4.302652729749 * deviation * sqrt(1 / 3.0 + 1 / 2.0), 1e-6, 0);
    assert_close(difference[0], difference[1] * sqrt((1 / 3.0 + 1 / 2.0) / (1 / 3.0)), 1e-6, 0);
}

static void ties_are_paired(void **state)
{
    static const char *const csv = "point,repeat,status,y\n1,1,complete,0.95\n1,2,complete,0.80\n1,3,complete,0.65\n"
                                   "2,1,complete,0.94\n2,2,complete,0.789\n2,3,complete,0.638\n";
    (void)state;
    assert_string_equal(tied(csv, "max y", "2"), "no");
    assert_string_equal(tied(csv, "max y", "1"), "yes");
    assert_string_equal(tied(csv, "min y", "1"), "no");
    /* in another order of repeats the pairs are the same ones */
    assert_string_equal(tied("point,repeat,status,y\n1,1,complete,0.95\n1,2,complete,0.80\n1,3,complete,0.65\n"
                             "2,3,complete,0.638\n2,1,complete,0.94\n2,2,complete,0.789\n",
                             "max y", "2"),
                        "no");
    /* differences 0.1, -0.05, 0.01: not significant */
    assert_string_equal(tied("point,repeat,status,y\n1,1,complete,0.9\n1,2,complete,0.8\n1,3,complete,0.8\n"
                             "2,1,complete,0.8\n2,2,complete,0.85\n2,3,complete,0.79\n",
                             "max y", "2"),
                        "yes");
}

static void ties_without_pairs(void **state)
{
    (void)state;
    static const char *const one = "point,repeat,status,y\n1,1,complete,0.9\n2,1,complete,0.8999\n3,1,complete,0.9\n";
    assert_string_equal(tied(one, "max y", "2"), ""); /* one repeat: nobody knows */
    assert_string_equal(tied(one, "max y", "1"), "yes");
    assert_string_equal(tied(one, "max y", "3"), "yes");
    /* all differences equal: how much the seeds scatter is not known */
    assert_string_equal(
        tied("point,repeat,status,y\n1,1,complete,0.5\n1,2,complete,0.75\n2,1,complete,0.25\n2,2,complete,0.5\n",
             "max y", "2"),
        "");
    /* one common repeat only */
    assert_string_equal(
        tied("point,repeat,status,y\n1,1,complete,0.5\n1,2,complete,0.75\n2,1,complete,0.49\n2,2,failed,\n", "max y",
             "2"),
        "");
}

static void equal_means_share_a_rank(void **state)
{
    struct table t, p;
    struct err e = {0};
    (void)state;
    table_of(&t, "point,repeat,status,y\n1,1,complete,3\n2,1,complete,5\n3,1,complete,5\n4,1,complete,4\n");
    table_init(&p);
    assert_int_equal(report_points(&t, "max y", &p, &e), 0);
    static const char *const rank[] = {"4", "1", "1", "3"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(table_cell(&p, i, "rank"), rank[i]);
    table_release(&p);
    table_init(&p);
    assert_int_equal(report_points(&t, "min y", &p, &e), 0);
    assert_string_equal(table_cell(&p, 0, "rank"), "1");
    assert_string_equal(table_cell(&p, 2, "rank"), "3");
    table_release(&p);
    table_release(&t);
}

/* Points 1 and 3 have the same accuracies in another order; points 6 and 7 differ by one of their parameters, which
 * floats do not tell apart; point 5 has no result. */
static const char *const two_objectives =
    "trial,point,repeat,status,model.a,params,val_accuracy\n"
    "1,1,1,complete,1,100,0.90\n2,1,2,complete,1,100,0.93\n3,2,1,complete,2,50,0.80\n4,2,2,complete,2,50,0.82\n"
    "5,3,1,complete,3,100,0.93\n6,3,2,complete,3,100,0.90\n7,4,1,complete,4,60,0.70\n8,4,2,complete,4,60,0.70\n"
    "9,5,1,failed,5,10,\n10,6,1,complete,6,16777217,0.95\n11,6,2,complete,6,16777217,0.95\n"
    "12,7,1,complete,7,16777216,0.95\n13,7,2,complete,7,16777216,0.95\n";

static void several_objectives_rank_by_fronts(void **state)
{
    static const char *const want[][3] = {{"1", "2", ""}, {"1", "4", ""},    {"1", "2", ""},   {"2", "6", ""},
                                          {"", "", ""},   {"2", "5", "yes"}, {"1", "1", "yes"}};
    const double low = 0.81 - 0.014, most = 16777216 + 0.1 * (16777216 - 50), box = (0.95 - low) * (most - 50);
    const double one = (0.915 - low) * (most - 100), two = one + (0.81 - low) * 50,
                 six = two + 0.035 * (most - 16777217), seven = two + 0.035 * (most - 16777216),
                 volume[] = {one, two, two, two, two, six, seven};
    struct table t, p;
    struct err e = {0};
    (void)state;
    table_of(&t, two_objectives);
    table_init(&p);
    assert_int_equal(report_points(&t, "max val_accuracy, min params", &p, &e), 0);
    assert_int_equal(table_column(&p, "pareto"), table_column(&p, "boot95_high") + 1);
    for (size_t i = 0; i < COUNT(want); i++) {
        assert_string_equal(table_cell(&p, i, "pareto"), want[i][0]);
        assert_string_equal(table_cell(&p, i, "rank"), want[i][1]);
        if (*want[i][2])
            assert_string_equal(table_cell(&p, i, "tied_with_best"), want[i][2]);
        assert_close(table_number(&p, i, table_column(&p, "hypervolume")), volume[i] / box, 1e-6, 0);
    }
    assert_string_equal(table_cell(&p, 5, "diff_to_best"), "0");
    table_release(&p);
    /* The order of the objectives is that of the ranks. */
    table_init(&p);
    assert_int_equal(report_points(&t, "min params,max val_accuracy", &p, &e), 0);
    assert_string_equal(table_cell(&p, 1, "rank"), "1");
    assert_string_equal(table_cell(&p, 6, "rank"), "4");
    table_release(&p);
    table_init(&p);
    assert_int_equal(report_points(&t, "max val_accuracy", &p, &e), 0);
    assert_int_equal(table_column(&p, "pareto"), -1);
    assert_int_equal(table_column(&p, "hypervolume"), -1);
    table_release(&p);
    table_release(&t);
}

/* A point that lacks an objective comes after all fronts, by the first one; all of one value make a front, too. */
static void points_that_lack_an_objective_are_on_no_front(void **state)
{
    struct table t, p;
    struct err e = {0};
    (void)state;
    table_of(&t, "point,status,val_accuracy,val_loss,val_auc\n1,complete,0.9,1,\n2,complete,0.5,1,0.5\n"
                 "3,complete,0.5,1,0.5\n4,complete,0.95,1,\n5,complete,0.4,1,0.4\n");
    table_init(&p);
    assert_int_equal(report_points(&t, "max val_accuracy, min val_loss, max val_auc", &p, &e), 0);
    static const char *const rank[] = {"5", "1", "1", "4", "3"}, *const front[] = {"", "1", "1", "", "2"};
    for (size_t i = 0; i < COUNT(rank); i++) {
        assert_string_equal(table_cell(&p, i, "rank"), rank[i]);
        assert_string_equal(table_cell(&p, i, "pareto"), front[i]);
        assert_string_equal(table_cell(&p, i, "hypervolume"), i ? "1" : "0");
    }
    table_release(&p);
    table_release(&t);
}

static void wrong_questions(void **state)
{
    static const char *const objective[] = {"max nothing",
                                            "most y",
                                            "y",
                                            "",
                                            "max ",
                                            "max y,",
                                            "max y, min",
                                            "max y, min nothing",
                                            "max y, max y, max y, max y, max y"};
    (void)state;
    for (size_t i = 0; i < COUNT(objective); i++) {
        struct table t, p;
        struct err e = {0};
        table_of(&t, "point,status,y\n1,complete,3\n");
        table_init(&p);
        assert_int_equal(report_points(&t, objective[i], &p, &e), -1);
        assert_true(e.code != ERR_NONE && *e.text);
        table_release(&p);
        table_release(&t);
    }
    struct table t, p;
    struct err e = {0};
    table_of(&t, "status,y\ncomplete,3\n");
    table_init(&p);
    assert_int_equal(report_points(&t, "max y", &p, &e), -1);
    assert_non_null(strstr(e.text, "point"));
    table_release(&p);
    table_release(&t);
}

static void no_rows(void **state)
{
    struct table t, p;
    struct err e = {0};
    (void)state;
    table_of(&t, "trial,point,repeat,status,a.b,y\n");
    table_init(&p);
    assert_int_equal(report_points(&t, "max y", &p, &e), 0);
    assert_int_equal(p.rows, 0);
    table_release(&p);
    table_init(&p);
    assert_int_equal(report_effects(&t, "max y", &p, &e), 0);
    table_release(&p);
    table_release(&t);
}

static void classes(void **state)
{
    static const double counts[9] = {8, 2, 0, 1, 9, 0, 3, 0, 0};
    static const double auc[3] = {0.75, NAN, 0.5};
    static const char *const name[3] = {"cat", "=dog", "never right"};
    struct table t;
    struct err e = {0};
    (void)state;
    table_init(&t);
    assert_int_equal(report_classes(counts, auc, name, 3, &t, &e), 0);
    assert_close(table_number(&t, 0, 1), 8.0 / 12, 1e-15, 0);
    assert_close(table_number(&t, 0, 2), 0.8, 1e-15, 0);
    assert_close(table_number(&t, 0, 3), 16.0 / 22, 1e-15, 0);
    assert_string_equal(table_cell(&t, 0, "auc"), "0.75");
    assert_string_equal(table_cell(&t, 0, "support"), "10");
    assert_string_equal(table_cell(&t, 1, "auc"), "");
    assert_string_equal(table_cell(&t, 2, "precision"), ""); /* never predicted */
    assert_string_equal(table_cell(&t, 2, "recall"), "0");
    assert_string_equal(table_cell(&t, 2, "f1"), "0");
    table_release(&t);
    table_init(&t);
    assert_int_equal(report_classes(counts, NULL, name, 1, &t, &e), 0);
    assert_string_equal(table_cell(&t, 0, "auc"), "");
    table_release(&t);
}

int test_points(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_and_values),
        cmocka_unit_test(intervals_end_where_the_metric_does),
        cmocka_unit_test(folds_are_not_independent),
        cmocka_unit_test(ties_are_paired),
        cmocka_unit_test(ties_without_pairs),
        cmocka_unit_test(equal_means_share_a_rank),
        cmocka_unit_test(several_objectives_rank_by_fronts),
        cmocka_unit_test(points_that_lack_an_objective_are_on_no_front),
        cmocka_unit_test(wrong_questions),
        cmocka_unit_test(no_rows),
        cmocka_unit_test(classes),
    };
    return cmocka_run_group_tests_name("points", tests, NULL, NULL);
}
