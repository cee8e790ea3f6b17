#include "base/file.h"
#include "groups.h"

#include <stdlib.h>
#include <string.h>

static void put(const char *name, const char *suffix, const char *text)
{
    char path[4200];
    struct err e = {0};
    assert_int_equal(file_mkdirs(test_path("results"), &e), 0);
    write_file(report_path(path, sizeof path, test_folder(), name, suffix), text);
}

static void make_exercise(void)
{
    put("mnist", ".csv",
        "trial,point,repeat,seed,status,model.k|x,params,macs,receptive_field,uses_batchnorm,uses_dropout,head,epochs_"
        "run,"
        "best_epoch,val_accuracy,test_accuracy,error\n"
        "1,1,1,1,complete,8,11660,2600000,28,yes,yes,gap+fc,8,8,0.9931,0.9951,\n"
        "2,1,2,2,complete,8,11660,2600000,28,yes,yes,gap+fc,8,7,0.9935,0.9945,\n"
        "3,2,1,1,complete,16,21000,4600000,28,yes,yes,gap+fc,8,8,0.9901,0.9911,\n"
        "4,2,2,2,failed,16,21000,4600000,28,yes,yes,gap+fc,2,,,,loss is NaN | <b>epoch 3</b>\n"
        "5,3,,,skipped,99,99000,,,,,,,,,,params < 20000 does not hold\n"
        "6,4,,,skipped,98,98000,,,,,,,,,,params < 20000 does not hold\n");
    put("mnist", ".epochs.csv",
        "trial,point,repeat,epoch,lr,train_loss,train_accuracy,val_loss,val_accuracy,grad_norm\n"
        "1,1,1,1,0.05,0.5,0.9,0.25,0.95,1\n1,1,1,2,0.025,0.25,0.98,0.125,0.99,1\n"
        "2,1,2,1,0.05,0.5,0.92,0.25,0.97,1\n2,1,2,2,0.025,0.25,0.98,0.125,0.98,1\n"
        "3,2,1,1,0.05,0.5,0.1,0.25,0.1,1\n");
    put("mnist", ".about.csv",
        "key,value\nname,mnist\ndataset,mnist\ntrain,50000\nvalidation,10000\ntest,10000\nclasses,10\n"
        "objective,max val_accuracy\npoints,6\ntrials,8\nrequire.1,test_accuracy >= 99.4%\nrequire.1.met,2/3\n"
        "require.1.best,yes\nrequire.2,val_accuracy > 0.999\nrequire.2.met,0/3\nrequire.2.best,no\n"
        "model.1,params < 20000\nmodel.1.broken,1/4\n");
}

static void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is missing in:\n%s", part, text);
}

static void says_what_the_exercise_asks(void **state)
{
    static const char *const parts[] = {
        "# mnist\n",
        "Dataset mnist: 50000 training, 10000 validation, 10000 test samples, 10 classes; objective: max val_accuracy.",
        "| best point | 1 |",
        "| model.k\\|x | 8 |",
        "| val_accuracy (objective) | 99.33 % (95 % interval 99.08 % to 99.58 %, 2 repeats) |",
        "| trials | 3 complete, 1 failed, 2 skipped, of 8 planned |",
        "| total parameters | 11660 |",
        "| BatchNorm used | yes |",
        "| Dropout used | yes |",
        "| head (GAP or fully connected) | gap+fc: global average pooling, then fully connected |",
        "| receptive field | 28 |",
        "| epochs | 8 |",
        "| test accuracy, mean | 99.48 % |",
        "| test accuracy, worst repeat | 99.45 % |",
        "| params < 20000 | **pass** | 3 of 4 points |",
        "| test_accuracy >= 99.4% | **pass** | 2 of 3 complete trials |",
        "| val_accuracy > 0.999 (99.9 %) | **FAIL** | 0 of 3 complete trials |",
        "## Effects",
        "| 1 | 1 | 8 | 11660 | 99.33 %",
        "| 2 | 2 | 16 | 21000 | 99.01 % | -0.30 % |  |",
        "| 1 | 0.05 | 91.00 % | 96.00 % | 0.5 | 0.25 |",
        "| 2 | 0.025 | 98.00 % | 98.50 % | 0.25 | 0.125 |",
        "| 1 | loss is NaN \\| &lt;b>epoch 3&lt;/b> | 4 (point 2: k\\|x=16) |",
        "| 2 | params < 20000 does not hold | 5 (point 3: k\\|x=99), 6 (point 4: k\\|x=98) |",
        "| points | 4 so far, of 6 planned |",
        "Receptive field: input pixels",
        "| points tied with the best | 1 not known: it takes repeats that differ |",
        "without repeats that differ ties are not known.",
    };
    struct str s = {0}, again = {0};
    struct err e = {0};
    (void)state;
    make_exercise();
    if (report_text(test_folder(), "mnist", "markdown", 1, &s, &e))
        fail_msg("%s", e.text);
    for (size_t i = 0; i < COUNT(parts); i++)
        has(s.p, parts[i]);
    assert_null(strstr(s.p, "## Pictures")); /* there are none */
    assert_int_equal(report_text(test_folder(), "mnist", "markdown", 1, &again, &e), 0);
    assert_string_equal(s.p, again.p);
    str_release(&s);
    str_release(&again);
}

/* The interval of two repeats may go on beyond what can be. */
static void intervals_end_where_the_metric_does(void **state)
{
    struct str s = {0};
    struct err e = {0};
    (void)state;
    put("few", ".csv",
        "trial,point,repeat,status,val_accuracy,test_accuracy,test_loss\n1,1,1,complete,0.9,0.4,0.25\n"
        "2,1,2,complete,0.95,0.42,0.75\n");
    put("few", ".about.csv", "key,value\nobjective,max val_accuracy\n");
    if (report_text(test_folder(), "few", "markdown", 1, &s, &e))
        fail_msg("%s", e.text);
    has(s.p, "| val_accuracy (objective) | 92.50 % (95 % interval 60.73 % to 100.00 %, 2 repeats) |");
    has(s.p, "| test_accuracy | 41.00 % (95 % interval 28.29 % to 53.71 %, 2 repeats) |");
    has(s.p, "| test_loss | 0.5 (95 % interval 0 to 3.677, 2 repeats) |");
    str_release(&s);
}

/* Rows of a table all have as many cells as its head. */
/* A metric that nobody has heard of here: what it is stands in the table about the sweep. */
static void metrics_are_known_from_the_table_about(void **state)
{
    struct str s = {0};
    struct err e = {0};
    (void)state;
    put("other", ".csv",
        "trial,point,repeat,status,test_samples,val_loss,test_loss,val_skill,test_skill,test_hits\n"
        "1,1,1,complete,8,0.5,0.5,-0.25,0.5,0.25\n2,1,2,complete,8,0.25,0.75,0.75,-0.75,0.5\n");
    put("other", ".epochs.csv", "trial,point,repeat,epoch,lr,train_loss,train_skill\n1,1,1,1,0.5,2,-1.5\n");
    put("other", ".about.csv",
        "key,value\nobjective,min val_loss\nrequire.1,test_hits >= 0.25\nrequire.1.met,2/2\nrequire.1.best,yes\n"
        "metric.loss,smaller 0 inf\nmetric.hits,smaller 0 1 %\nmetric.skill,larger -inf 1\n");
    assert_int_equal(report_text(test_folder(), "other", "markdown", 0, &s, &e), 0);
    has(s.p, "| val_loss (objective) | 0.375 (95 % interval 0 to 1.963, 2 repeats) |");
    has(s.p, "| val_skill | 0.25 (95 % interval -6.103 to 1, 2 repeats) |"); /* it ends at 1, and has no lower end */
    has(s.p, "| test skill, worst repeat | -0.75 |");
    has(s.p, "## Skill log of the best point");
    has(s.p, "| 1 | 0.5 | -1.5 | - | 2 | - |");
    has(s.p, "test_hits >= 0.25 (25 %)");
    str_release(&s);
    put("other", ".csv", "trial,point,repeat,status,test_samples,test_hits\n1,1,1,complete,8,0.25\n");
    put("other", ".about.csv", "key,value\nobjective,min test_hits\nmetric.hits,smaller 0 1 %\n");
    s = (struct str){0};
    assert_int_equal(report_text(test_folder(), "other", "markdown", 0, &s, &e), 0);
    has(s.p, "| test_hits (objective) | 25.00 % |");
    str_release(&s);
}

static void tables_are_even(void **state)
{
    struct str s = {0};
    struct err e = {0};
    (void)state;
    make_exercise();
    assert_int_equal(report_text(test_folder(), "mnist", "markdown", 1, &s, &e), 0);
    size_t want = 0, tables = 0;
    for (char *line = strtok(s.p, "\n"); line; line = strtok(NULL, "\n")) {
        size_t bars = 0;
        for (char *c = line; *c; c++)
            bars += *c == '|' && (c == line || c[-1] != '\\');
        if (*line != '|') {
            want = 0;
            continue;
        }
        tables += !want;
        want = want ? want : bars;
        if (bars != want)
            fail_msg("%zu bars instead of %zu: %s", bars, want, line);
    }
    assert_true(tables >= 6);
    str_release(&s);
}

static void pictures_are_linked(void **state)
{
    struct str s = {0};
    struct err e = {0};
    (void)state;
    make_exercise();
    assert_int_equal(file_mkdirs(test_path("plots/mnist"), &e), 0);
    write_file(test_path("plots/mnist/learning.png"), "x");
    assert_int_equal(report_text(test_folder(), "mnist", "markdown", 1, &s, &e), 0);
    has(s.p, "](plots/mnist/learning.png)\n");
    str_clear(&s);
    assert_int_equal(report_text(test_folder(), "mnist", "markdown", 0, &s, &e), 0);
    assert_null(strstr(s.p, "learning.png")); /* where they would not show */
    assert_null(strstr(s.p, "ranking.png"));
    str_release(&s);
}

/* Settings, layers of the best point and the program, from the files beside the main table. */
static void says_what_was_trained(void **state)
{
    struct str s = {0};
    struct err e = {0};
    (void)state;
    make_exercise();
    put("mnist", ".layers.csv",
        "point,block,layer,text,output,params,macs,receptive_field,jump,distance_to_output\n"
        "1,1,conv2d,conv 3x3 8,8x26x26,72,48672,3,1,2\n1,2,dense,dense 10,10,90,80,28,2,1\n"
        "2,1,conv2d,conv 3x3 16,16x26x26,144,97344,3,1,2\n");
    put("mnist", ".about.csv",
        "key,value\nobjective,max val_accuracy\nset.train.lr,0.05\nset.data.augment,rotate 7 | shift 1\n");
    assert_int_equal(file_mkdirs(test_path("results/mnist"), &e), 0);
    put("mnist", "/environment.txt", "version: 1.2.3\ndate: 2026-01-02 03:04:05\nno colon\n");
    if (report_text(test_folder(), "mnist", "markdown", 1, &s, &e))
        fail_msg("%s", e.text);
    has(s.p, "## What was trained\n\nSettings that are not defaults:\n\n| setting | value |\n| --- | --- |\n"
             "| train.lr | 0.05 |\n| data.augment | rotate 7 \\| shift 1 |\n\n"
             "Layers of the best point:\n\n| block | layer | output | params | MACs | receptive field |\n"
             "| --- | --- | --- | --- | --- | --- |\n| 1 | conv 3x3 8 | 8x26x26 | 72 | 48672 | 3 |\n"
             "| 2 | dense 10 | 10 | 90 | 80 | 28 |\n\n");
    has(s.p, "| version | 1.2.3 |\n| date | 2026-01-02 03:04:05 |\n\n");
    assert_null(strstr(s.p, "conv 3x3 16"));
    str_release(&s);
}

/* Ten rows of more points say of how many. */
static void the_ranking_says_of_how_many(void **state)
{
    struct str s = {0}, rows = {0};
    struct err e = {0};
    (void)state;
    str_add(&rows, "trial,point,repeat,status,model.k,params,val_accuracy\n");
    for (int i = 1; i <= 54; i++)
        str_addf(&rows, "%d,%d,1,complete,%d,100,0.%d\n", i, i, i, 100 + i);
    put("many", ".csv", rows.p);
    if (report_text(test_folder(), "many", "markdown", 1, &s, &e))
        fail_msg("%s", e.text);
    has(s.p, "The best 10 of 54 points; all are in the table of points.");
    has(s.p, "\n| 10 | 45 | 45 | 100 |");
    assert_null(strstr(s.p, "\n| 11 | 44 |"));
    str_release(&s);
    str_release(&rows);
}

static void nothing_complete(void **state)
{
    struct str s = {0};
    struct err e = {0};
    (void)state;
    put("none", ".csv", "trial,point,repeat,status,val_accuracy,error\n1,1,1,failed,,no memory\n");
    assert_int_equal(report_text(test_folder(), "none", "markdown", 1, &s, &e), 0);
    has(s.p, "0 complete, 1 failed");
    has(s.p, "no memory");
    str_release(&s);
    put("none", ".csv", "trial,point,repeat,status,val_accuracy,error\n");
    assert_int_equal(report_text(test_folder(), "none", "markdown", 1, &s, &e), 0);
    has(s.p, "0 complete");
    str_release(&s);
    assert_int_equal(report_text(test_folder(), "not-there", "markdown", 1, &s, &e), -1);
    assert_non_null(strstr(e.text, "not-there.csv"));
    str_release(&s);
}

/* Three points of three repeats: without the first the best one is 1, as without the third, without the second it is 2.
 */
static void findings_say_how_far_choosing_flatters(void **state)
{
    static const char *const parts[] = {
        "## Findings",
        "Point 1 (k=1) is the best of 3: val_accuracy 91.00 % (95 % interval ",
        "; 2 others cannot be told from it.",
        "Chosen by all repeats but one, in turn, the best point has val_accuracy 91.67 % in those that choose it and "
        "88.67 % in the one that does not: choosing flatters it by 3.00 %.",
        "From validation to test the best point loses 1.00 %, all 3 points 0.33 % on average: 0.67 % comes from having "
        "chosen it.",
        "1 of 10 trials were given up by asha, after 2.0 epochs on average.",
    };
    struct str s = {0}, lines = {0};
    struct err e = {0};
    (void)state;
    put("curse", ".csv",
        "trial,point,repeat,seed,status,m.k,epochs_run,val_accuracy,test_accuracy,error\n"
        "1,1,1,1,complete,1,8,0.90,0.90,\n2,1,2,2,complete,1,8,0.92,0.91,\n3,1,3,3,complete,1,8,0.91,0.89,\n"
        "4,2,1,1,complete,2,8,0.95,0.90,\n5,2,2,2,complete,2,8,0.85,0.90,\n6,2,3,3,complete,2,8,0.90,0.90,\n"
        "7,3,1,1,complete,3,8,0.88,0.88,\n8,3,2,2,complete,3,8,0.88,0.88,\n9,3,3,3,complete,3,8,0.88,0.88,\n"
        "10,4,1,1,pruned,4,2,0.5,,\n");
    put("curse", ".about.csv", "key,value\nname,curse\nobjective,max val_accuracy\nprune,asha\n");
    if (report_text(test_folder(), "curse", "markdown", 0, &s, &e) ||
        report_findings(test_folder(), "curse", &lines, &e))
        fail_msg("%s", e.text);
    for (size_t i = 0; i < COUNT(parts); i++) {
        has(s.p, parts[i]);
        if (i)
            has(lines.p, parts[i]);
    }
    str_release(&s);
    str_release(&lines);
}

/* A race: of two repeats each the second point is the best, with 0.94 and then 0.90 in two further ones. */
static void findings_show_a_race_by_its_fresh_repeats(void **state)
{
    struct str lines = {0};
    struct err e = {0};
    (void)state;
    put("race", ".csv",
        "trial,point,repeat,seed,status,m.k,epochs_run,val_accuracy,error\n"
        "1,1,1,1,complete,1,8,0.90,\n2,1,2,2,complete,1,8,0.92,\n3,1,3,3,complete,1,8,0.99,\n4,1,4,4,pruned,1,0,,\n"
        "5,2,1,1,complete,2,8,0.95,\n6,2,2,2,complete,2,8,0.93,\n7,2,3,3,complete,2,8,0.91,\n"
        "8,2,4,4,complete,2,8,0.89,\n9,3,1,1,complete,3,8,0.5,\n10,3,2,2,complete,3,8,0.5,\n");
    put("race", ".about.csv", "key,value\nname,race\nobjective,max val_accuracy\nprune,race\n");
    if (report_findings(test_folder(), "race", &lines, &e))
        fail_msg("%s", e.text);
    has(lines.p,
        "By the first 2 repeats, which all points have, point 2 is the best with val_accuracy 94.00 %; in 2 further "
        "ones, which did not choose it, it has 90.00 %: choosing flatters it by 4.00 %.");
    str_release(&lines);
}

/* Two objectives: what the front is, what the best by the second costs, and how much of the front holds. */
static void findings_say_what_the_front_costs(void **state)
{
    static const char *const parts[] = {
        "Point 1 (k=1) is the best of 5 by the first objective: val_accuracy 95.00 %",
        "3 of 5 points are on the Pareto front, where no other is better by all objectives; it covers ",
        " of the box from its best values to the reference point (val_accuracy 79.60 %, params 1080).",
        "Point 3 (k=3) is the best by params: 200. It costs 14.00 % of val_accuracy.",
        "Point 2 (k=2) is the most balanced of the front: beside the best values it gives up 2.00 % of val_accuracy "
        "and 200 "
        "of params.",
        "Of the points that all repeats but one put on the Pareto front, 80 % are on that of the repeat left out.",
    };
    struct str s = {0};
    struct err e = {0};
    (void)state;
    put("front", ".csv",
        "trial,point,repeat,seed,status,m.k,params,val_accuracy,error\n"
        "1,1,1,1,complete,1,1000,0.96,\n2,1,2,2,complete,1,1000,0.94,\n3,2,1,1,complete,2,400,0.97,\n"
        "4,2,2,2,complete,2,400,0.89,\n5,3,1,1,complete,3,200,0.81,\n6,3,2,2,complete,3,200,0.81,\n"
        "7,4,1,1,complete,4,1000,0.80,\n8,4,2,2,complete,4,1000,0.80,\n9,5,1,1,complete,5,400,0.80,\n"
        "10,5,2,2,complete,5,400,0.80,\n");
    put("front", ".about.csv", "key,value\nname,front\nobjective,\"max val_accuracy, min params\"\n");
    if (report_text(test_folder(), "front", "markdown", 0, &s, &e))
        fail_msg("%s", e.text);
    for (size_t i = 0; i < COUNT(parts); i++)
        has(s.p, parts[i]);
    has(s.p, "params | val_accuracy | front | difference to the best |");
    has(s.p, "| points on the Pareto front | 3 |");
    str_release(&s);
}

int test_markdown(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_the_exercise_asks),
        cmocka_unit_test(findings_say_how_far_choosing_flatters),
        cmocka_unit_test(findings_show_a_race_by_its_fresh_repeats),
        cmocka_unit_test(findings_say_what_the_front_costs),
        cmocka_unit_test(intervals_end_where_the_metric_does),
        cmocka_unit_test(metrics_are_known_from_the_table_about),
        cmocka_unit_test(tables_are_even),
        cmocka_unit_test(pictures_are_linked),
        cmocka_unit_test(says_what_was_trained),
        cmocka_unit_test(the_ranking_says_of_how_many),
        cmocka_unit_test(nothing_complete),
    };
    return cmocka_run_group_tests_name("markdown", tests, NULL, NULL);
}
