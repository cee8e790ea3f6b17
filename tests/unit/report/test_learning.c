/* What learning curves say: scales, frames, requirements, markers, and whose curves they are. */
#include "base/file.h"
#include "groups.h"
#include "made_sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void nothing(void *ctx, const char *line)
{
    (void)ctx, (void)line;
}

/* A table of the sweep `name`. */
static void table(const char *name, const char *suffix, const char *text)
{
    char path[4200];
    struct err e = {0};
    snprintf(path, sizeof path, "%s/results", test_folder());
    assert_int_equal(file_mkdirs(path, &e), 0);
    write_file(report_path(path, sizeof path, test_folder(), name, suffix), text);
}

/* A sweep of one point whose three epochs have these accuracies in training and validation, and this requirement. */
static void one_point(const char *name, const double train[3], const double val[3], const char *required)
{
    struct str s = {0};
    table(name, ".csv", "trial,point,repeat,status,params,val_accuracy\n1,1,1,complete,9,0.9\n");
    str_add(&s, "trial,point,repeat,epoch,train_accuracy,val_accuracy,train_loss,val_loss\n");
    for (int i = 0; i < 3; i++)
        str_addf(&s, "1,1,1,%d,%.9g,%.9g,%.9g,%.9g\n", i + 1, train[i], val[i], 1 - train[i], 1 - val[i]);
    table(name, ".epochs.csv", s.p);
    str_clear(&s);
    str_addf(&s, "key,value\nobjective,max val_accuracy\nrequire.1,\"%s\"\nrequire.1.best,no\n", required);
    table(name, ".about.csv", s.p);
    str_release(&s);
}

/* The script of the learning curves; the caller frees it. */
static char *script(const char *name, const char *points, const char *by, const char *file)
{
    struct err e = {0};
    char path[4300];
    int bad = points || by
                  ? report_plot_curves(test_folder(), name, points, by, nothing, NULL, &e)
                  : report_plots(test_folder(), name, (struct report_drawing){.at_once = 2}, nothing, NULL, &e);
    if (bad)
        fail_msg("%s", e.text);
    snprintf(path, sizeof path, "%s/plots/%s/%s.gp", test_folder(), name, file);
    return bytes_of(path);
}

static void shows(const char *gp, const char *part, int yes)
{
    if ((strstr(gp, part) != NULL) != yes)
        fail_msg("'%s' is %s in:\n%.6000s", part, yes ? "missing" : "there", gp);
}

/* The first "set yrange [lo:hi]" after `from`. */
static void frame_of(const char *gp, const char *from, double *lo, double *hi)
{
    const char *at = strstr(gp, from);
    assert_non_null(at);
    at = strstr(at, "set yrange [");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "set yrange [%lf:%lf]", lo, hi), 2);
}

static int without_gnuplot(void)
{
    return system("gnuplot --version > /dev/null 2>&1") != 0;
}

/* 99 and 99.9 % can be told apart by their errors only; 50 and 60 % need no other scale. */
static void errors_where_accuracies_are_near_1(void **state)
{
    double lo, hi;
    (void)state;
    if (without_gnuplot())
        skip();
    one_point("near", (double[]){0.9, 0.995, 0.999}, (double[]){0.9, 0.98, 0.995}, "params < 5");
    char *gp = script("near", NULL, NULL, "learning");
    shows(gp, "error = 100 - accuracy (%)", 1);
    shows(gp, "set logscale y", 1);
    shows(gp, "\n3\t0.1\t", 1);
    frame_of(gp, "error =", &lo, &hi);
    assert_true(lo > 0.05 && lo < 0.1 && hi > 10 && hi < 20);
    free(gp);
    one_point("far", (double[]){0.3, 0.5, 0.6}, (double[]){0.3, 0.4, 0.5}, "params < 5");
    gp = script("far", NULL, NULL, "learning");
    shows(gp, "error = ", 0);
    shows(gp, "'accuracy (%)'", 1);
    free(gp);
}

/* A logarithmic scale has no 0: a training without an error stands at the lower end, and its tick says so. */
static void no_error_at_all(void **state)
{
    double lo, hi;
    (void)state;
    if (without_gnuplot())
        skip();
    one_point("zero", (double[]){0.9, 0.998, 1}, (double[]){0.9, 0.98, 0.99}, "params < 5");
    char *gp = script("zero", NULL, NULL, "learning");
    shows(gp, "set ytics add ('0' 0.1)", 1);
    shows(gp, "\n3\t0.1\t", 1);
    frame_of(gp, "error =", &lo, &hi);
    assert_true(lo > 0.05 && lo < 0.1);
    free(gp);
}

/* Frames end where the metric does. */
static void frames_end_with_the_metric(void **state)
{
    double lo, hi;
    (void)state;
    if (without_gnuplot())
        skip();
    one_point("all", (double[]){0.97, 0.99, 1}, (double[]){0.98, 0.99, 1}, "params < 5");
    char *gp = script("all", NULL, NULL, "learning");
    frame_of(gp, "set multiplot", &lo, &hi);
    assert_true(lo >= 0 && hi <= 100);
    free(gp);
    one_point("none", (double[]){0, 0.01, 0.5}, (double[]){0, 0.02, 0.5}, "params < 5");
    gp = script("none", NULL, NULL, "learning");
    frame_of(gp, "set multiplot", &lo, &hi);
    assert_true(lo >= 0 && hi <= 100);
    free(gp);
}

/* A condition that compares a metric with a number is a line; it widens the frame, but never squeezes the curves. */
static void requirements_are_lines(void **state)
{
    static const struct {
        const char *text, *line;
        int outside;
    } cases[] = {
        {"test_accuracy >= 70%", "[1:3] 70 with lines", 0},
        {"val_accuracy > 0.65", "[1:3] 65 with lines", 0},
        {"test_accuracy >= 52% and test_loss < 0.55", "[1:3] 0.55 with lines", 0},
        {"test_accuracy >= 99.9%", NULL, 1},
        {"test_accuracy >= 60% or params < 7", NULL, 0},
        {"test_accuracy >= train_accuracy", NULL, 0},
        {"min(test_accuracy, 1) >= 0.6", NULL, 0},
    };
    (void)state;
    if (without_gnuplot())
        skip();
    for (size_t i = 0; i < COUNT(cases); i++) {
        one_point("required", (double[]){0.4, 0.5, 0.6}, (double[]){0.4, 0.5, 0.55}, cases[i].text);
        char *gp = script("required", NULL, NULL, "learning");
        shows(gp, cases[i].line ? cases[i].line : "[1:3]", cases[i].line != NULL);
        shows(gp, cases[i].line ? "keyentry with lines lw 1.4" : "a required value lies outside",
              cases[i].line != NULL || cases[i].outside);
        free(gp);
    }
    one_point("required", (double[]){0.9, 0.99, 0.999}, (double[]){0.9, 0.98, 0.99}, "test_accuracy >= 99.4%");
    char *gp = script("required", NULL, NULL, "learning");
    shows(gp, "[1:3] 0.6 with lines", 1); /* an error */
    free(gp);
}

/* Two points of two repeats, whose tests were 0.58 and 0.66, 0.3 and 0.32, with the weights of epoch 2. */
static void tested_points(const char *required)
{
    struct str s = {0};
    table("tested", ".csv",
          "trial,point,repeat,status,m.a,params,best_epoch,val_accuracy,test_accuracy\n"
          "1,1,1,complete,1,7,2,0.6,0.58\n2,1,2,complete,1,7,2,0.65,0.66\n"
          "3,2,1,complete,2,7,2,0.3,0.3\n4,2,2,failed,2,7,,,0.32\n");
    table("tested", ".epochs.csv",
          "trial,point,repeat,epoch,val_accuracy\n1,1,1,1,0.5\n1,1,1,2,0.6\n2,1,2,1,0.1\n2,1,2,2,0.65\n"
          "3,2,1,1,0.2\n3,2,1,2,0.3\n");
    str_addf(&s, "key,value\nobjective,max val_accuracy\nrequire.1,\"%s\"\nrequire.1.best,no\n", required);
    table("tested", ".about.csv", s.p);
    str_release(&s);
}

/* A line of the test comes with what the test measured; curves of an axis, which do not show that, have neither. */
static void requirements_of_the_test_show_the_test(void **state)
{
    double lo, hi;
    (void)state;
    if (without_gnuplot())
        skip();
    tested_points("test_accuracy >= 70%");
    char *gp = script("tested", NULL, NULL, "learning");
    shows(gp, "$test_accuracy0 << EOD\n2\t58\n2\t66\nEOD", 1);
    shows(gp, "[1:2] 70 with lines", 1);
    shows(gp, "title 'test, with the selected epoch'", 1);
    free(gp);
    gp = script("tested", "2", NULL, "learning-points");
    shows(gp, "$test_accuracy0 << EOD\n2\t30\nEOD", 1); /* the failed trial has none */
    free(gp);
    gp = script("tested", NULL, "m.a", "learning-by-m.a");
    shows(gp, "$test_", 0);
    shows(gp, "70 with lines", 0);
    free(gp);
    tested_points("val_accuracy >= 70%");
    gp = script("tested", NULL, NULL, "learning");
    shows(gp, "$test_", 0);
    shows(gp, "[1:2] 70 with lines", 1);
    free(gp);
    tested_points("params < 5");
    gp = script("tested", "1", NULL, "learning-points"); /* means of 30 and 62.5 %: no band is drawn that reaches 10 */
    frame_of(gp, "set multiplot", &lo, &hi);
    assert_true(lo > 20);
    free(gp);
}

/* Markers of a few epochs; lines alone of many; and of thousands one in so many, which is said. */
static void markers_and_epochs(void **state)
{
    static const struct {
        size_t epochs;
        const char *there, *missing;
    } cases[] = {{8, "with linespoints", "is drawn"},
                 {60, "_0 using 1:2 with lines", "linespoints"},
                 {2400, "one in 5 epochs is drawn", "linespoints"}};
    (void)state;
    if (without_gnuplot())
        skip();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct made_sweep m = {1, 2, 1, cases[i].epochs, 2, 0, 0.01, "max val_accuracy", 0, NULL};
        make_tables(test_folder(), "epochs", &m);
        char *gp = script("epochs", NULL, NULL, "learning");
        shows(gp, cases[i].there, 1);
        shows(gp, cases[i].missing, 0);
        free(gp);
    }
}

/* Curves of points, and of the values of an axis: names, colours, means, of many values some. */
static void curves_that_are_asked_for(void **state)
{
    struct made_sweep m = {2, 12, 2, 6, 2, 0, 0.1, "max val_accuracy", 0, NULL},
                      many = {3, 500, 1, 3, 2, 0, 0.1, "max val_accuracy", 0, NULL};
    (void)state;
    if (without_gnuplot())
        skip();
    make_tables(test_folder(), "asked", &m);
    char *gp = script("asked", "3, 7", NULL, "learning-points");
    shows(gp, "learning curves of 2 points", 1);
    shows(gp, "name0 = '#3  kernels=12, lr=0.0001'", 1);
    shows(gp, "name1 = '#7  ", 1);
    shows(gp, "$curve1_1 << EOD", 1);
    shows(gp, "$others", 0);
    shows(gp, "name2", 0);
    free(gp);
    gp = script("asked", NULL, "train.lr", "learning-by-train.lr");
    shows(gp, "learning curves by lr", 1);
    shows(gp, "name0 = 'lr = 0.0001'", 1);
    shows(gp, "name1 = 'lr = 0.001'", 1);
    free(gp);
    make_tables(test_folder(), "many", &many);
    gp = script("many", NULL, "lr", "learning-by-train.lr");
    shows(gp, "7 of its 200 values", 1);
    shows(gp, "name6 = ", 1);
    free(gp);
}

/* The mean of a value's curve is over all trials that have it. */
static void curves_by_an_axis_are_means(void **state)
{
    (void)state;
    if (without_gnuplot())
        skip();
    table("means", ".csv",
          "trial,point,repeat,status,m.a,m.b,params,val_accuracy\n1,1,1,complete,1,1,7,0.5\n"
          "2,2,1,complete,1,2,7,0.4\n3,3,1,complete,2,1,7,0.3\n4,4,1,complete,2,2,7,0.1\n");
    table("means", ".epochs.csv",
          "trial,point,repeat,epoch,val_accuracy\n1,1,1,1,0.1\n1,1,1,2,0.5\n2,2,1,1,0.2\n2,2,1,2,0.4\n"
          "3,3,1,1,0.1\n3,3,1,2,0.3\n4,4,1,1,0.1\n4,4,1,2,0.1\n");
    char *gp = script("means", NULL, "m.a", "learning-by-m.a");
    shows(gp, "$curve1_0 << EOD\n1\t15\t10\t20\n2\t45\t40\t50\n", 1);
    shows(gp, "$curve1_1 << EOD\n1\t10\t10\t10\n2\t20\t10\t30\n", 1);
    free(gp);
}

static void curves_that_are_not_there(void **state)
{
    static const struct {
        const char *points, *by, *says;
    } cases[] = {{"13", NULL, "its points are 1 to 12"},
                 {"1,x", NULL, "no point 'x'"},
                 {" , ", NULL, "like 3,7"},
                 {"1,2,3,4,5,6,7,8", NULL, "at most 7"},
                 {NULL, "kernel", "no axis 'kernel'; it has model.kernels, train.lr"}};
    struct made_sweep m = {2, 12, 1, 3, 2, 0, 0.1, "max val_accuracy", 0, NULL};
    (void)state;
    make_tables(test_folder(), "absent", &m);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err e = {0};
        assert_int_equal(report_plot_curves(test_folder(), "absent", cases[i].points, cases[i].by, nothing, NULL, &e),
                         -1);
        assert_int_equal(e.code, ERR_USAGE);
        if (!strstr(e.text, cases[i].says))
            fail_msg("'%s' does not say '%s'", e.text, cases[i].says);
    }
    one_point("short", (double[]){0.4, 0.5, 0.6}, (double[]){0.4, 0.5, 0.55}, "params < 5");
    table("short", ".epochs.csv", "trial,point,repeat,epoch,val_accuracy\n1,1,1,1,0.5\n");
    struct err e = {0};
    assert_int_equal(report_plot_curves(test_folder(), "short", "1", NULL, nothing, NULL, &e), -1);
    assert_non_null(strstr(e.text, "at least two epochs"));
}

int test_learning(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_where_accuracies_are_near_1),
        cmocka_unit_test(no_error_at_all),
        cmocka_unit_test(frames_end_with_the_metric),
        cmocka_unit_test(requirements_are_lines),
        cmocka_unit_test(requirements_of_the_test_show_the_test),
        cmocka_unit_test(markers_and_epochs),
        cmocka_unit_test(curves_that_are_asked_for),
        cmocka_unit_test(curves_by_an_axis_are_means),
        cmocka_unit_test(curves_that_are_not_there),
    };
    return cmocka_run_group_tests_name("learning", tests, NULL, NULL);
}
