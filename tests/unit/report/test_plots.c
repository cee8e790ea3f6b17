#include "base/clock.h"
#include "base/file.h"
#include "groups.h"
#include "mishap.h"
#include "report/plots/canvas/gnuplot.h"
#include "report/plots/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct heard {
    char text[8192];
};

static void hear(void *ctx, const char *line)
{
    struct heard *h = ctx;
    size_t n = strlen(h->text);
    snprintf(h->text + n, sizeof h->text - n, "%s\n", line);
}

static int gnuplot_there(void)
{
    return system("gnuplot --version > /dev/null 2>&1") == 0;
}

static void results_file(const char *name, const char *suffix, const char *text)
{
    char path[4200];
    struct err e = {0};
    snprintf(path, sizeof path, "%s/results", test_folder());
    assert_int_equal(file_mkdirs(path, &e), 0);
    write_file(report_path(path, sizeof path, test_folder(), name, suffix), text);
}

static const char *plot_file(const char *name, const char *plot, const char *kind)
{
    static char path[4200];
    snprintf(path, sizeof path, "%s/plots/%s/%s.%s", test_folder(), name, plot, kind);
    return path;
}

/* What a best point left of the test split: two classes, two numbers, two pictures; and four regions. */
static void make_findings(const char *name, const char *one, const char *other)
{
    static const char *const suffix[] = {".classes.csv",     ".curves.csv",   ".calibration.csv",
                                         ".predictions.csv", ".pictures.csv", ".regions.csv"};
    struct table t[COUNT(suffix)];
    struct err e = {0};
    char path[4200], pixel[4] = "0";
    for (size_t i = 0; i < COUNT(suffix); i++)
        table_init(&t[i]);
    table_columns(&t[0], (const char *const[]){"class", "auc"}, 2);
    table_row(&t[0], (const char *const[]){one, "0.9"});
    table_row(&t[0], (const char *const[]){other, "0.8"});
    table_columns(&t[1], (const char *const[]){"class", "threshold", "recall", "false_positive_rate", "precision"}, 5);
    for (int k = 0; k < 4; k++)
        table_row(&t[1], (const char *const[]){k < 2 ? one : other, k % 2 ? "0" : "0.5", k % 2 ? "1" : "0.7",
                                               k % 2 ? "1" : "0.1", k % 2 ? "0.4" : "0.9"});
    table_columns(&t[2], (const char *const[]){"from", "to", "samples", "share", "right"}, 5);
    table_row(&t[2], (const char *const[]){"0", "0.5", "0", "", ""});
    table_row(&t[2], (const char *const[]){"0.5", "1", "8", "0.75", "0.7"});
    table_columns(&t[3], (const char *const[]){"sample", "target", "true", "predicted", "error"}, 5);
    table_row(&t[3], (const char *const[]){"1", "1", "5", "6", "1"});
    table_row(&t[3], (const char *const[]){"1", "2", "7", "3", "-4"});
    table_columns(&t[4],
                  (const char *const[]){"picture", "role", "true", "predicted", "probability", "row", "column", "red",
                                        "green", "blue"},
                  10);
    for (int k = 0; k < 8; k++, pixel[0]++)
        table_row(&t[4], (const char *const[]){k < 4 ? "1" : "2", "mistake", one, other, "0.9", k % 4 / 2 ? "1" : "0",
                                               k % 2 ? "1" : "0", pixel, pixel, "255"});
    table_columns(&t[5], (const char *const[]){"kind", "x", "y", "class", "probability"}, 5);
    for (int k = 0; k < 6; k++)
        table_row(&t[5], (const char *const[]){k < 4 ? "cell" : "sample", k % 2 ? "1" : "-1", k % 4 / 2 ? "5" : "3",
                                               k % 3 ? one : other, k < 4 ? "0.75" : ""});
    for (size_t i = 0; i < COUNT(suffix); i++) {
        if (table_write(&t[i], report_path(path, sizeof path, test_folder(), name, suffix[i]), 0, &e))
            fail_msg("%s", e.text);
        table_release(&t[i]);
    }
}

/* What a forest says of two axes. */
static void make_surrogate(const char *name, const char *a, const char *b, const char *const va[3],
                           const char *const vb[2])
{
    struct table t;
    struct err e = {0};
    char path[4200];
    table_init(&t);
    table_columns(&t, (const char *const[]){"axis", "value", "other", "other_value", "mean", "spread"}, 6);
    for (int i = 0; i < 6; i++)
        table_row(&t, (const char *const[]){a, va[i % 3], b, vb[i / 3], i % 2 ? "0.91" : "0.92", "0.01"});
    if (table_write(&t, report_path(path, sizeof path, test_folder(), name, ".surrogate.csv"), 0, &e))
        fail_msg("%s", e.text);
    table_release(&t);
}

/* Two axes with given names and values, two repeats; tables for every plot type. Of those that were drawn the last
 * trial was given up. */
static void make_sweep(const char *name, const char *a, const char *b, const char *const va[3], const char *const vb[2],
                       int drawn)
{
    struct table t, epochs, timing, confusion;
    struct err e = {0};
    char path[4200], num[8][STR_NUM];
    struct table *all[] = {&t, &epochs, &timing, &confusion};
    static const char *const suffix[] = {".csv", ".epochs.csv", ".timing.csv", ".confusion.csv"};
    for (size_t i = 0; i < 4; i++)
        table_init(all[i]);
    table_columns(&t,
                  (const char *const[]){"trial", "point", "repeat", "seed", "status", a, b, "params", "val_accuracy",
                                        "epochs_run", "pruned_by", "pruned_at", "error"},
                  13);
    table_columns(&epochs,
                  (const char *const[]){"trial", "point", "repeat", "epoch", "lr", "train_loss", "train_accuracy",
                                        "val_loss", "val_accuracy"},
                  9);
    table_columns(&timing, (const char *const[]){"trial", "worker", "start", "wall", "expected"}, 5);
    table_columns(&confusion, (const char *const[]){"true", a, vb[0]}, 3);
    for (int i = 0; i < 12; i++) {
        double acc = 0.9 + 0.01 * (i / 2 % 3) + 0.002 * (i / 6) + 0.0005 * (i % 2);
        snprintf(num[0], STR_NUM, "%d", i + 1);
        snprintf(num[1], STR_NUM, "%d", i / 2 + 1);
        snprintf(num[2], STR_NUM, "%d", i % 2 + 1);
        snprintf(num[3], STR_NUM, "%d", 100 + 50 * (i / 2 % 3));
        str_double(num[4], acc);
        const int pruned = drawn && i == 11;
        table_row(&t,
                  (const char *const[]){num[0], num[1], num[2], num[2], pruned ? "pruned" : "complete", va[i / 2 % 3],
                                        vb[i / 6], num[3], num[4], "3", pruned ? "asha" : "", pruned ? "3" : "", ""});
        snprintf(num[5], STR_NUM, "%d", i);
        table_row(&timing, (const char *const[]){num[0], num[2], num[5], "1.5", "1"});
        for (int k = 0; k < 3; k++) {
            snprintf(num[5], STR_NUM, "%d", k + 1);
            str_double(num[6], acc - 0.1 / (k + 1));
            str_double(num[7], 0.5 / (k + 1));
            table_row(&epochs,
                      (const char *const[]){num[0], num[1], num[2], num[5], "0.1", num[7], num[6], num[7], num[6]});
        }
    }
    table_row(&confusion, (const char *const[]){a, "9", "1"});
    table_row(&confusion, (const char *const[]){vb[0], "0", "7"});
    results_file(name, ".about.csv",
                 drawn ? "key,value\nobjective,\"max val_accuracy, max params\"\nsearch,tpe\n"
                       : "key,value\nobjective,\"max val_accuracy, max params\"\n");
    make_findings(name, a, vb[0]);
    make_surrogate(name, a, b, va, vb);
    for (size_t i = 0; i < 4; i++) {
        if (table_write(all[i], report_path(path, sizeof path, test_folder(), name, suffix[i]), 0, &e))
            fail_msg("%s", e.text);
        table_release(all[i]);
    }
}

static int was_left_out(const struct heard *h, const char *plot)
{
    char line[80];
    snprintf(line, sizeof line, "%s: left out", plot);
    const char *at = strstr(h->text, line);
    return at && (at == h->text || at[-1] == '\n');
}

/* All but those that were left out; each that is there counts in drawn[]. */
static void expect_pictures(const char *name, const struct heard *h, size_t *drawn)
{
    for (size_t i = 0; report_plot_type(i); i++) {
        const char *plot = report_plot_type(i)->name;
        if (was_left_out(h, plot))
            continue;
        char *png = bytes_of(plot_file(name, plot, "png"));
        if (memcmp(png, "\x89PNG\r\n\x1a\n", 8))
            fail_msg("%s.png is no PNG file", plot);
        free(png);
        char *svg = bytes_of(plot_file(name, plot, "svg"));
        if (!strstr(svg, "<svg") || !strstr(svg, "</svg>"))
            fail_msg("%s.svg is no complete SVG file", plot);
        free(svg);
        char *gp = bytes_of(plot_file(name, plot, "gp"));
        assert_non_null(strstr(gp, "gnuplot"));
        free(gp);
        assert_false(file_exists(plot_file(name, plot, "tmp.png")));
        drawn[i]++;
    }
}

#define MOST_PLOTS 60

/* Some are of a grid, and some of a search. */
static void expect_all(const size_t *drawn)
{
    for (size_t i = 0; report_plot_type(i); i++)
        if (!drawn[i])
            fail_msg("%s was left out of both", report_plot_type(i)->name);
}

static void every_plot_is_drawn(void **state)
{
    size_t drawn[MOST_PLOTS] = {0};
    (void)state;
    if (!gnuplot_there())
        skip();
    for (int search = 0; search < 2; search++) {
        struct heard h = {""};
        struct err e = {0};
        make_sweep("small", "model.kernels", "train.lr", (const char *const[]){"8", "12", "16"},
                   (const char *const[]){"0.01", "0.1"}, search);
        if (report_plots(test_folder(), "small", (struct report_drawing){.at_once = 2}, hear, &h, &e))
            fail_msg("%s", e.text);
        expect_pictures("small", &h, drawn);
    }
    expect_all(drawn);
}

/* Names and values that a shell, gnuplot, its datablocks and its brace counting could fall for. */
static void nothing_in_a_name_is_run(void **state)
{
    static const char *const poison[] = {"`touch pwned`",
                                         "a'; system 'touch pwned'; '",
                                         "x\nEOD\nsystem 'touch pwned'\n$y << EOD",
                                         "\"; system(\"touch pwned\"); \"",
                                         "<touch pwned",
                                         "|touch pwned",
                                         "} } { @x $(touch pwned) ${y} \\",
                                         "$data << EOD",
                                         "#%s%n%d",
                                         "\x1b[31m\xff\xfe\t\r"};
    struct err e = {0};
    size_t drawn[MOST_PLOTS] = {0};
    (void)state;
    if (!gnuplot_there())
        skip();
    for (size_t i = 0; i + 4 < COUNT(poison); i += 5) {
        struct heard h = {""};
        char a[80], b[80];
        snprintf(a, sizeof a, "%s.%s", poison[i], poison[i]);
        snprintf(b, sizeof b, "t.%s", poison[i + 1]);
        make_sweep("poison", a, b, &poison[i], &poison[i + 3], i > 0);
        if (report_plots(test_folder(), "poison", (struct report_drawing){.at_once = 2}, hear, &h, &e))
            fail_msg("%s", e.text);
        expect_pictures("poison", &h, drawn);
        char where[4200];
        snprintf(where, sizeof where, "%s/plots/poison/pwned", test_folder());
        if (file_exists(where) || file_exists("pwned") || file_exists(test_path("pwned")))
            fail_msg("a text of the tables was run");
    }
    expect_all(drawn);
}

static void left_out_with_a_reason(void **state)
{
    struct heard h = {""};
    struct err e = {0};
    (void)state;
    if (!gnuplot_there())
        skip();
    results_file("one", ".csv", "trial,point,repeat,status,params,val_accuracy\n1,1,1,complete,5,0.5\n");
    /* a picture of an earlier run would be taken for one of this */
    char folder[4200];
    snprintf(folder, sizeof folder, "%s/plots/one", test_folder());
    assert_int_equal(file_mkdirs(folder, &e), 0);
    write_file(plot_file("one", "ranking", "png"), "old");
    if (report_plots(test_folder(), "one", (struct report_drawing){.at_once = 2}, hear, &h, &e))
        fail_msg("%s", e.text);
    size_t left = 0;
    for (const char *s = h.text; (s = strstr(s, ": left out: ")); s++)
        left++;
    size_t types = 0;
    while (report_plot_type(types))
        types++;
    assert_int_equal(left, types);
    assert_false(file_exists(plot_file("one", "ranking", "png")));
    assert_false(file_exists(plot_file("one", "ranking", "gp")));
}

static char *old_path;

static void fake_gnuplot(const char *script)
{
    char path[4200];
    struct err e = {0};
    old_path = strdup(getenv("PATH") ? getenv("PATH") : "");
    assert_int_equal(file_mkdirs(test_path("bin"), &e), 0);
    snprintf(path, sizeof path, "%s/gnuplot", test_path("bin"));
    unlink(path);
    if (script) {
        write_file(path, script);
        chmod(path, 0755);
    }
    setenv("PATH", test_path("bin"), 1);
}

static int real_gnuplot(void **state)
{
    (void)state;
    if (old_path)
        setenv("PATH", old_path, 1);
    free(old_path);
    old_path = NULL;
    return 0;
}

/* Script of a plot of the sweep `name`, and its picture; the others are not drawn. The caller frees it. */
static char *script_of(const char *name, const char *plot)
{
    struct heard h = {""};
    struct err e = {0};
    char script[4600];
    snprintf(script, sizeof script,
             "#!/bin/sh\n[ \"${4##*/}\" = %s.gp ] && PATH='%s' exec gnuplot \"$@\"\neval \"$3\"\n"
             "echo svg >$out.svg\necho png >$out.png\n",
             plot, getenv("PATH"));
    fake_gnuplot(script);
    const int bad = report_plots(test_folder(), name, (struct report_drawing){.at_once = 2}, hear, &h, &e);
    real_gnuplot(NULL);
    if (bad)
        fail_msg("%s", e.text);
    return bytes_of(plot_file(name, plot, "gp"));
}

static void shows(const char *script, const char *part, int yes)
{
    if ((strstr(script, part) != NULL) != yes)
        fail_msg("'%s' is %s in:\n%s", part, yes ? "missing" : "there", script);
}

/* Pictures call the axes what the effects call them, and an axis inside another makes no pair with it. */
static void joined_axes(void **state)
{
    static const char *const lr[] = {"0.0316227766017,32", "0.1,64"}, *const in[] = {"sgd,0", "sgd,0.9", "adam,"};
    struct str t = {0};
    (void)state;
    if (!gnuplot_there())
        skip();
    str_add(&t, "trial,point,repeat,status,t.lr,t.batch,t.optimizer,t.momentum,params,val_accuracy\n");
    for (int i = 0; i < 6; i++)
        str_addf(&t, "%d,%d,1,complete,%s,%s,5,0.%d\n", i + 1, i + 1, lr[i % 2], in[i / 2], 90 + 3 * i % 5);
    results_file("zip", ".csv", t.p);
    str_release(&t);
    char *gp = script_of("zip", "pairs");
    shows(gp, "'t.lr & t.batch'", 1);
    shows(gp, "\t0.03162 & 32\t", 1);
    shows(gp, "0.0316227766017", 0);
    shows(gp, "share1 = 'interaction", 1);
    shows(gp, "xname2", 0); /* optimizer with momentum, and lr twice, would be more */
    shows(gp, "hatched", 0);
    free(gp);
    gp = script_of("zip", "axes");
    shows(gp, "red: mean", 1);
    shows(gp, "name2 = ", 1);
    shows(gp, "name3 = ", 0);
    free(gp);
    gp = script_of("zip", "importance");
    shows(gp, "(lr & batch) × optimizer", 1);
    shows(gp, "one repeat a point", 1);
    free(gp);
    gp = script_of("zip", "ranking");
    shows(gp, "of others it is not known, it takes repeats that differ", 1);
    free(gp);
}

/* A scale instead of categories has dots alone, and the caption speaks of nothing else. */
static void a_scale_has_no_means(void **state)
{
    struct str t = {0};
    (void)state;
    if (!gnuplot_there())
        skip();
    str_add(&t, "trial,point,repeat,status,m.units,params,val_accuracy\n");
    for (int i = 1; i <= 20; i++)
        str_addf(&t, "%d,%d,1,complete,%d,7,0.%d\n", i, i, i, 60 + i);
    results_file("scale", ".csv", t.p);
    str_release(&t);
    char *gp = script_of("scale", "axes");
    shows(gp, "below = 'a dot is a trial'", 1);
    shows(gp, "$means", 0);
    free(gp);
}

static void cells_without_results(void **state)
{
    (void)state;
    if (!gnuplot_there())
        skip();
    results_file("holes", ".csv",
                 "trial,point,repeat,status,m.a,m.b,params,val_accuracy\n1,1,1,complete,1,1,7,0.5\n"
                 "2,2,1,complete,1,2,7,0.6\n3,3,1,failed,2,1,7,\n4,4,1,complete,2,2,7,0.7\n");
    char *gp = script_of("holes", "pairs");
    shows(gp, "$empty0 << EOD\n1\t0\t2\t1\nEOD", 1);
    shows(gp, "hatched", 1);
    free(gp);
}

/* Of many values there are means where each was tried a few times; of values drawn at random every dot is its own. */
static void means_of_many_values(void **state)
{
    (void)state;
    if (!gnuplot_there())
        skip();
    for (int others = 1; others <= 4; others += 3) {
        struct str s = {0};
        str_add(&s, "point,repeat,status,m.a,m.b,params,val_accuracy\n");
        for (int i = 0; i < 50 * others; i++)
            str_addf(&s, "%d,1,complete,%d,%d,7,0.%d\n", i + 1, i / others, i % others, 10 + i % 80);
        results_file("values", ".csv", s.p);
        char *gp = script_of("values", "axes");
        shows(gp, "$means0 using 1:3 with lines", others > 1);
        free(gp);
        str_release(&s);
    }
}

/* Of many axes the first ones are told, each so that it can be read. */
static void labels_of_many_axes_are_readable(void **state)
{
    struct str s = {0};
    (void)state;
    if (!gnuplot_there())
        skip();
    str_add(&s, "point,repeat,status");
    for (int k = 0; k < 12; k++)
        str_addf(&s, ",train.learning_rate_%c", 'a' + k);
    str_add(&s, ",params,val_accuracy\n");
    for (int i = 0; i < 4; i++) {
        str_addf(&s, "%d,1,complete", i + 1);
        for (int k = 0; k < 12; k++)
            str_add(&s, (i >> k % 2 & 1) ? ",0.25" : ",0.5");
        str_addf(&s, ",7,0.%d\n", 9 - i);
    }
    results_file("twelve", ".csv", s.p);
    char *gp = script_of("twelve", "ranking");
    shows(gp, "=0.5, ", 1);
    shows(gp, ", …\t", 1);
    shows(gp, "…5", 0); /* no value is cut */
    free(gp);
    str_release(&s);
}

/* Labels that are too long lose what they have in common: without their numbers they are still different ones. */
static void long_labels_stay_distinct(void **state)
{
    static const char *const augment[] = {"rotate 7, shift 1, hflip", "rotate 7, shift 2, hflip"};
    static const char *const variant[] = {"a-wide-network-with-dropout", "a-wide-network-with-batchnorm"};
    struct str s = {0};
    char *label[8], *next;
    (void)state;
    if (!gnuplot_there())
        skip();
    str_add(&s,
            "point,repeat,status,data.augment,model.variant,train.weight_decay,train.batch_size,params,val_accuracy\n");
    for (int i = 0; i < 8; i++)
        str_addf(&s, "%d,1,complete,\"%s\",%s,%s,512,7,0.%d\n", i + 1, augment[i % 2], variant[i / 2 % 2],
                 i / 4 ? "0.00025" : "0.000125", 90 - i);
    results_file("long", ".csv", s.p);
    char *gp = script_of("long", "ranking");
    next = strstr(gp, "$points << EOD\n");
    assert_non_null(next);
    for (int i = 0; i < 8; i++) {
        label[i] = strchr(strchr(next, '#'), ' ');
        next = strchr(label[i], '\t');
        *next++ = 0;
        if (text_width(label[i]) > 62 - 2)
            fail_msg("'%s' is too long", label[i]);
        for (int k = 0; k < i; k++)
            if (!strcmp(label[k], label[i]))
                fail_msg("two points are called '%s'", label[i]);
    }
    free(gp);
    gp = script_of("long", "ranking");
    shows(gp, "#8  au…=rotat…2, hflip, va…=a-wide-…chnorm, weight_d…=0.00025\t", 1);
    shows(gp, "512", 0); /* all points have it */
    free(gp);
    str_release(&s);
}

/* An interval ends at 100 %, and so does the frame; where it leaves the frame there is an arrow. */
static void impossible_intervals(void **state)
{
    (void)state;
    if (!gnuplot_there())
        skip();
    results_file(
        "wide", ".csv",
        "trial,point,repeat,status,m.a,params,val_accuracy\n1,1,1,complete,1,7,0.999\n2,1,2,complete,1,7,0.99\n"
        "3,2,1,complete,2,7,0.98\n4,2,2,complete,2,7,0.979\n");
    char *gp = script_of("wide", "ranking");
    shows(gp, "right = 100\n", 1);
    shows(gp, "arrow: goes on outside", 1);
    shows(gp, "97.95\t2\t2.05\t1\n", 1);
    free(gp);
    gp = script_of("wide", "axes");
    shows(gp, "\t99.45\t95.85614\t100\n", 1);
    free(gp);
}

/* Times of two calls that overlap count once. */
static void busy_is_a_share(void **state)
{
    (void)state;
    if (!gnuplot_there())
        skip();
    results_file("twice", ".csv",
                 "trial,point,repeat,status,m.a,params,val_accuracy\n1,1,1,complete,1,7,0.9\n2,2,1,complete,2,7,0.8\n");
    results_file("twice", ".timing.csv", "trial,worker,start,wall\n1,1,0,4\n2,1,1,2\n3,2,0,2\n4,2,1,1\n");
    char *gp = script_of("twice", "timeline");
    shows(gp, "workers busy 75% of the time", 1);
    free(gp);
}

/* The best so far rises with complete trials alone, and epochs are summed over all. */
static void the_history_climbs(void **state)
{
    (void)state;
    if (!gnuplot_there())
        skip();
    results_file(
        "climb", ".csv",
        "trial,point,repeat,status,m.a,epochs_run,val_accuracy\n1,1,1,complete,1.5,8,0.5\n2,2,1,pruned,2.5,2,0.9\n"
        "3,3,1,complete,3.5,8,0.7\n4,4,1,failed,4.5,1,\n5,5,1,complete,5.5,8,0.6\n");
    results_file("climb", ".about.csv", "key,value\nobjective,max val_accuracy\nsearch,tpe\n");
    char *gp = script_of("climb", "history");
    shows(gp, "$trials << EOD\n1\t8\t50\tNaN\n2\t10\tNaN\t90\n3\t18\t70\tNaN\n5\t27\t60\tNaN\nEOD", 1);
    shows(gp, "$best << EOD\n1\t8\t50\n3\t18\t70\n5\t27\t70\nEOD", 1);
    shows(gp, "title 'given up'", 1);
    free(gp);
}

/* Numbers that the pictures of a search with a rule must have, by hand. */
static void given_up_trials_are_counted(void **state)
{
    (void)state;
    if (!gnuplot_there())
        skip();
    results_file("rule", ".csv",
                 "trial,point,repeat,status,m.a,epochs_run,val_accuracy,pruned_by,pruned_at\n"
                 "1,1,1,complete,1.5,9,0.5,,\n2,2,1,pruned,2.5,1,0.3,asha,1\n3,3,1,pruned,3.5,3,0.4,asha,3\n"
                 "4,4,1,complete,4.5,9,0.7,,\n5,5,1,pruned,4.5,1,0.2,asha,1\n6,6,1,failed,4.5,1,,,\n");
    results_file("rule", ".epochs.csv",
                 "trial,point,repeat,epoch,val_accuracy\n1,1,1,1,0.4\n1,1,1,2,0.5\n2,2,1,1,0.3\n3,3,1,1,0.2\n"
                 "3,3,1,2,0.3\n3,3,1,3,0.4\n4,4,1,1,0.6\n5,5,1,1,0.2\n6,6,1,1,0.1\n");
    results_file("rule", ".timing.csv",
                 "trial,worker,start,wall,expected\n1,1,0,6,2\n2,1,6,2,1\n3,1,8,4,2\n4,1,1,6,2\n6,1,1,1,\n");
    results_file("rule", ".about.csv", "key,value\nobjective,max val_accuracy\nsearch,random\n");
    char *gp = script_of("rule", "rungs");
    shows(gp, "$rungs << EOD\n0\t3\t5\t1\n1\t2\t3\t3\n2\t2\t2\tend\nEOD", 1); /* five came to epoch 1, three went on */
    free(gp);
    gp = script_of("rule", "curves");
    shows(gp, "$ends << EOD\n1\t30\n3\t40\n1\t20\nEOD", 1);
    shows(gp, "$best << EOD\n1\t60\n", 1);
    free(gp);
    gp = script_of("rule", "slices");
    shows(gp, "$complete0 << EOD\n1.5\t50\t1\n4.5\t70\t4\nEOD", 1);
    shows(gp, "a ring: it was given up", 1);
    free(gp);
    gp = script_of("rule", "cost"); /* 3, 2, 2 and 3 times as long as expected: the median is 2.5 */
    shows(gp, "$complete << EOD\n5\t6\n5\t6\nEOD", 1);
    shows(gp, "$given_up << EOD\n2.5\t2\n5\t4\nEOD", 1);
    shows(gp, "within a factor of 1.25", 1);
    free(gp);
}

/* Equal values are one step, and a point is the mean of its repeats. */
static void the_distribution_steps(void **state)
{
    (void)state;
    if (!gnuplot_there())
        skip();
    results_file("steps", ".csv",
                 "trial,point,repeat,status,m.a,val_accuracy\n1,1,1,complete,1,0.5\n2,1,2,complete,1,0.7\n"
                 "3,2,1,complete,2,0.5\n4,2,2,complete,2,0.5\n");
    char *gp = script_of("steps", "edf");
    shows(gp, "50\t75\n70\t100\n", 1);
    shows(gp, "50\t50\n60\t100\n", 1);
    free(gp);
    gp = script_of("steps", "repeats");
    shows(gp, "$repeat1 << EOD\n50\t0.8750\n50\t1.8750\nEOD\n$repeat2 << EOD\n70\t1.1250\n50\t2.1250\nEOD", 1);
    shows(gp, "1  \t60\n", 0);
    free(gp);
}

/* Of thousands of trials each kind is drawn, and each of few values has its step; the scale of colours is beside dots.
 */
static void thousands_are_thinned_fairly(void **state)
{
    struct str trials = {0}, timing = {0};
    (void)state;
    if (!gnuplot_there())
        skip();
    str_add(&trials, "trial,point,repeat,status,m.a,m.b,val_accuracy,pruned_by,pruned_at\n");
    str_add(&timing, "trial,worker,start,wall,expected\n");
    for (int i = 0; i < 5000; i++) {
        if (i % 2)
            str_addf(&trials, "%d,%d,1,pruned,,%d,0.5,asha,1\n", i + 1, i + 1, i % 3);
        else
            str_addf(&trials, "%d,%d,1,complete,,%d,%g,,\n", i + 1, i + 1, i % 3, 0.05 + 0.1 * (i / 2 % 10));
        str_addf(&timing, "%d,1,0,1,1\n", i + 1);
    }
    for (int i = 0; i < 20; i++) /* the first axis has no value where there is a result */
        str_addf(&trials, "%d,%d,1,failed,%g,0,,,\n", 5001 + i, 5001 + i, i + 0.5);
    results_file("many", ".csv", trials.p);
    results_file("many", ".timing.csv", timing.p);
    results_file("many", ".effects.csv", "kind,axis,share\naxis,m.a,0.9\naxis,m.b,0.1\n");
    results_file("many", ".about.csv", "key,value\nobjective,max val_accuracy\nsearch,random\n");
    char *gp = script_of("many", "edf");
    shows(gp, "5\t10\n15\t20\n25\t30\n35\t40\n45\t50\n55\t60\n65\t70\n75\t80\n85\t90\n95\t100\n", 1);
    free(gp);
    gp = bytes_of(plot_file("many", "cost", "gp"));
    shows(gp, "$complete using", 1);
    shows(gp, "$given_up using", 1);
    free(gp);
    gp = bytes_of(plot_file("many", "slices", "gp"));
    shows(gp, "name0 = 'm.a'", 1);
    const char *scale = strstr(gp, "set colorbox user"), *first = strstr(gp, "\nplot ");
    shows(gp, "$complete0 << EOD\nEOD", 1);
    shows(gp, "$complete1 using", 1);
    assert_true(scale && first && scale > first);
    free(gp);
    str_release(&trials);
    str_release(&timing);
}

/* Of numbers there are lines of equal values, at places half way between those of values on both sides. */
static void contours_are_where_values_cross(void **state)
{
    struct str trials = {0}, surrogate = {0};
    (void)state;
    if (!gnuplot_there())
        skip();
    str_add(&trials, "trial,point,repeat,status,m.a,m.b,val_accuracy\n");
    str_add(&surrogate, "axis,value,other,other_value,mean,spread\n");
    for (int i = 0; i < 20; i++)
        str_addf(&trials, "%d,%d,1,complete,%g,%g,0.%d\n", i + 1, i + 1, i + 0.5, 19.5 - i, 10 + i);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++)
            str_addf(&surrogate, "m.a,%g,m.b,%g,%g,0\n", i ? 19.5 : 0.5, k ? 19.5 : 0.5, i ? 0.3 : 0.1);
    results_file("lines", ".csv", trials.p);
    results_file("lines", ".surrogate.csv", surrogate.p);
    results_file("lines", ".about.csv", "key,value\nobjective,max val_accuracy\nsearch,random\n");
    char *gp = script_of("lines", "contours");
    shows(gp, "10\t0.5\n10\t19.5\n", 1); /* 20 % lie in the middle between 10 and 30 */
    shows(gp, "0.5\t10\t0.5\t10\t10\n", 1);
    free(gp);
    str_release(&trials);
    str_release(&surrogate);
}

/* Of several objectives: the front over the second one, numbers in its order, and the hypervolume. */
static void several_objectives(void **state)
{
    (void)state;
    results_file("goals", ".csv",
                 "trial,point,repeat,status,m.a,epochs_run,params,val_accuracy,val_f1\n1,1,1,complete,1,8,100,0.5,0.9\n"
                 "2,2,1,complete,2,2,400,0.8,0.5\n3,3,1,complete,3,8,300,0.4,0.4\n4,4,1,complete,4,8,50,0.2,0.8\n");
    results_file("goals", ".about.csv", "key,value\nobjective,\"max val_accuracy, min params\"\n");
    char *gp = script_of("goals", "pareto");
    shows(gp, "$front << EOD\n50\t50\t50\t20\t20\t20\n100\t100\t100\t50\t50\t50\n400\t400\t400\t80\t80\t80\nEOD", 1);
    shows(gp, "second = 'parameters'", 1);
    shows(gp, "400 parameters, 80.00 %: #2", 1);
    free(gp);
    gp = script_of("goals", "history");
    shows(gp, "$volume << EOD\n1\t8\t", 1);
    shows(gp, "'hypervolume'", 1);
    free(gp);
    /* Of a second one of which more is better the front goes down from the left. */
    results_file("goals", ".about.csv",
                 "key,value\nobjective,\"max val_accuracy, max val_f1\"\n"
                 "metric.accuracy,larger 0 1 %\nmetric.f1,larger 0 1\n");
    gp = script_of("goals", "pareto");
    shows(gp, "$front << EOD\n0.9\t0.9\t0.9\t50\t50\t50\n0.5\t0.5\t0.5\t80\t80\t80\nEOD", 1);
    shows(gp, "val_f1 0.5, 80.00 %: #2", 1);
    free(gp);
}

/* No row, rows without results, only failures: never a crash, never an empty series. */
static void hardly_any_data(void **state)
{
    static const char *const main_table[] = {
        "trial,point,repeat,status,m.a,m.b,params,val_accuracy\n",
        "trial,point,repeat,status,m.a,m.b,params,val_accuracy\n1,1,1,failed,1,2,,\n2,2,1,failed,2,2,,\n",
        "trial,point,repeat,status,m.a,m.b,params,val_accuracy\n1,1,1,complete,1,2,,\n2,2,1,complete,2,2,,\n",
        "trial,point,repeat,status,m.a,m.b,params,val_accuracy\n1,1,1,complete,1,1,7,0.5\n2,2,1,complete,2,2,7,0.5\n",
        "trial,point,repeat,status,m.a,m.b,params,val_accuracy\n1,1,1,complete,1,1,0,0\n2,2,1,complete,1,2,9,0\n",
        "trial,point,repeat,status,m.a,m.b,params,val_accuracy\n1,1,1,complete,,1,5,1e-30\n2,2,1,complete,1,,9,1e30\n",
        ("trial,point,repeat,status,m.a,m.b,epochs_run,val_loss,val_accuracy,pruned_by,pruned_at\n"
         "1,1,1,pruned,1,2,1,,,asha,1\n2,2,1,pruned,1,3,0,,,race,\n3,2,2,pruned,1,3,,,0.5,asha,1e9\n"),
    };
    (void)state;
    if (!gnuplot_there())
        skip();
    for (size_t i = 0; i < COUNT(main_table); i++) {
        struct heard h = {""};
        struct err e = {0};
        results_file("bare", ".csv", main_table[i]);
        results_file("bare", ".epochs.csv",
                     i % 2 ? "trial,point,repeat,epoch,val_loss\n1,1,1,1,\n1,1,1,2,\n"
                           : "trial,point,repeat,epoch,val_loss\n1,1,1,1,0.5\n1,1,1,2,0.5\n");
        results_file("bare", ".timing.csv",
                     i % 2 ? "trial,worker,start,wall\n1,,,\n" : "trial,worker,start,wall\n1,1,0,0\n2,1,0,1\n");
        results_file("bare", ".surrogate.csv",
                     i % 2 ? "axis,value\nm.a,1\n" : "axis,value,other,other_value,mean\nm.a,1,m.b,2,\nm.z,3,,1,x\n");
        results_file("bare", ".about.csv", i % 3 ? "key,value\nsearch,tpe\n" : "key,value\n");
        results_file("bare", ".confusion.csv", i % 2 ? "true,a\na,0\n" : "true,a\na,5\n");
        results_file("bare", ".classes.csv", i % 2 ? "class\n" : "class,auc\na,\n");
        results_file("bare", ".curves.csv",
                     i % 2 ? "class,recall\na,\nb,7\n" : "class,recall,false_positive_rate,precision\na,1,1,1\n");
        results_file("bare", ".calibration.csv",
                     i % 2 ? "samples,share\n0,\n" : "from,to,samples,share,right\n0,1,1,,\n0,1,1,1,1\n");
        results_file("bare", ".predictions.csv",
                     i % 2 ? "target,error\n1,0\n1,1e300\n" : "target,true,predicted,error\n1e9,5,5,0\n");
        results_file("bare", ".pictures.csv",
                     i % 2 ? "picture,row\n,\n"
                           : "picture,role,row,column,red,green,blue\n1,x,0,,1e9,-1,\n1,x,1e9,0,,,\n");
        results_file("bare", ".regions.csv",
                     i % 2 ? "kind,x\ncell,1\n"
                           : "kind,x,y,class,probability\ncell,1,1e300,b,\ncell,2,,a,7\nsample,,,,\n");
        if (report_plots(test_folder(), "bare", (struct report_drawing){.at_once = 2}, hear, &h, &e))
            fail_msg("case %zu: %s", i, e.text);
    }
}

static void wrong_input(void **state)
{
    static const char *const bad[] = {"../small", "a/b", "", ".hidden", "not-there"};
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct err e = {0};
        assert_int_equal(report_plots(test_folder(), bad[i], (struct report_drawing){.at_once = 2}, NULL, NULL, &e),
                         -1);
        assert_true(*e.text);
    }
    struct err e = {0};
    results_file("torn", ".csv", "trial,point,repeat,status,val_accuracy\n1,1,1,complete,0.5\n");
    results_file("torn", ".epochs.csv", "trial,point\n1\n");
    assert_int_equal(report_plots(test_folder(), "torn", (struct report_drawing){.at_once = 2}, NULL, NULL, &e), -1);
    assert_non_null(strstr(e.text, "torn.epochs.csv:2"));
}

/* ---- gnuplot that misbehaves ------------------------------------------------------------------------------------- */

static void gnuplot_is_missing(void **state)
{
    struct heard h = {""};
    struct err e = {0};
    (void)state;
    make_sweep("nognu", "m.a", "m.b", (const char *const[]){"1", "2", "3"}, (const char *const[]){"x", "y"}, 0);
    fake_gnuplot(NULL);
    assert_int_equal(report_plots(test_folder(), "nognu", (struct report_drawing){.at_once = 2}, hear, &h, &e), -1);
    assert_non_null(strstr(e.text, "gnuplot cannot be started"));
    for (size_t i = 0; report_plot_type(i); i++) /* the scripts stay */
        assert_true(was_left_out(&h, report_plot_type(i)->name) ||
                    file_exists(plot_file("nognu", report_plot_type(i)->name, "gp")));
}

static void gnuplot_fails(void **state)
{
    struct err e = {0};
    (void)state;
    fake_gnuplot("#!/bin/sh\necho '' >&2\necho 'plot x y z' >&2\necho '       ^' >&2\n"
                 "echo '\"p.gp\" line 7: nonsense' >&2\nexit 1\n");
    assert_int_equal(gnuplot_run(test_folder(), "p", 10, &e), -1);
    assert_non_null(strstr(e.text, "line 7: nonsense"));
}

/* Draws with a gnuplot that always succeeds; whatever cannot be had to start it ends in one sentence. */
static int draw_with_gnuplot(void *ctx, uint64_t *result, struct err *e)
{
    (void)ctx;
    unlink(test_path("p.svg"));
    unlink(test_path("p.png"));
    int bad = gnuplot_run(test_folder(), "p", 60, e);
    mishaps_are_over();
    *result = (uint64_t)(file_exists(test_path("p.svg")) && file_exists(test_path("p.png")));
    if (bad && !strstr(e->text, "gnuplot cannot be started: ") && !strstr(e->text, "/p."))
        fail_msg("%s", e->text); /* no word of what was drawn */
    if (bad)
        e->code = ERR_IO; /* a lack of memory is one of the reasons */
    return bad;
}

static void what_fails_around_gnuplot_is_told(void **state)
{
    (void)state;
    fake_gnuplot("#!/bin/sh\neval \"$3\"\necho one >&2\necho svg >$out.svg\necho png >$out.png\n");
    const struct trying t = {"gnuplot", draw_with_gnuplot, NULL, ERR_IO, 0};
    assert_true(some_calls_fail(MISHAP_CHILDREN, &t, 20) >= 6); /* pipe, what prepares it, the start itself */
    assert_true(some_calls_fail(MISHAP_FILES, &t, 20) > 0);
}

static void gnuplot_draws_nothing(void **state)
{
    struct err e = {0};
    (void)state;
    fake_gnuplot("#!/bin/sh\nexit 0\n");
    assert_int_equal(gnuplot_run(test_folder(), "p", 10, &e), -1);
    assert_non_null(strstr(e.text, "wrote no picture"));
}

static void gnuplot_takes_too_long(void **state)
{
    static const char *const slow[] = {"#!/bin/sh\nexec /bin/sleep 300\n",
                                       "#!/bin/sh\nexec 2>&-\nexec /bin/sleep 300\n",
                                       "#!/bin/sh\nwhile :; do echo waiting >&2; done\n"};
    (void)state;
    for (size_t i = 0; i < COUNT(slow); i++) {
        struct err e = {0};
        fake_gnuplot(slow[i]);
        double start = clock_wall();
        assert_int_equal(gnuplot_run(test_folder(), "p", 0.3, &e), -1);
        if (clock_wall() - start > 100) /* killed, not waited for */
            fail_msg("case %zu waited %.1f s", i, clock_wall() - start);
        if (!strstr(e.text, "did not finish") && !strstr(e.text, "signal 9"))
            fail_msg("case %zu: %s", i, e.text);
        real_gnuplot(NULL);
    }
}

/* ---- helpers ------------------------------------------------------------------------------------------------------
 */

static void quoting(void **state)
{
    struct str s = {0};
    (void)state;
    put_quoted(&s, "it's \"a\"\n`b` \\n", 0);
    assert_string_equal(s.p, "'it''s ''a'' `b` \\n'");
    str_clear(&s);
    put_quoted(&s, "'a' b", 0);
    put_quoted(&s, "\"", 0);
    assert_string_equal(s.p, "'’a'' b''’'");
    str_clear(&s);
    put_field(&s, "tab\there \"q\" \\n \xff end\x7f\xc2\x85", 0);
    assert_string_equal(s.p, "tab here 'q' ∖n ? end ??");
    str_clear(&s);
    put_field(&s, "", 6);
    put_field(&s, "äöüßé", 5);
    put_field(&s, "äöüßéx", 5);
    assert_string_equal(s.p, "(none)äöüßéäö…éx");
    str_clear(&s);
    put_number(&s, NAN);
    put_number(&s, -1.5);
    put_number(&s, INFINITY);
    assert_string_equal(s.p, "NaN-1.5NaN");
    str_release(&s);
}

static void words_and_scales(void **state)
{
    char buf[64];
    struct table t = {.metrics = NULL};
    double lo, hi, v[] = {0.1, 0.97, 0.98, 0.985, 0.99, 0.97, 0.975, 0.982, 0.99, 0.981, 0.983, 0.984};
    (void)state;
    assert_true(metric_label(&t, "val_accuracy", buf, sizeof buf) == 100);
    assert_string_equal(buf, "validation accuracy (%)");
    assert_true(metric_label(&t, "train_loss", buf, sizeof buf) == 1);
    assert_string_equal(buf, "training loss");
    assert_int_equal(fair_range(v, COUNT(v), 1, &lo, &hi), 1); /* the trial that learned nothing */
    assert_true(lo > 0.5 && lo < 0.97 && hi > 0.99);
    double same[] = {0.5, 0.5};
    assert_int_equal(fair_range(same, 2, 0, &lo, &hi), 0);
    assert_true(lo < 0.5 && hi > 0.5);
    assert_true(round_step(1, 8) == 0.2 && round_step(0.7, 8) > 0.0999 && round_step(100, 5) == 20);
    assert_true(round_step(0, 5) > 0);
    for (size_t i = 0; i < 1000; i++)
        assert_true(fabs(jitter(i)) <= 1);
}

/* ---- the picture of a benchmark ---------------------------------------------------------------------------------- */

#define BENCH_HEAD "kind,group,name,shape,gflops,gbytes_per_second,intensity\n"
#define SHARES_HEAD "kind,group,name,shape,gflops,gbytes_per_second,intensity,fma_share\n"

static void rooflines(void **state)
{
    static const char *const tables[] = {
        BENCH_HEAD "machine,x,fma,,180,,\nmachine,x,read,L1,,300,\nmachine,x,read,L2,,140,\nmachine,x,read,,,99,\n"
                   "kernel,n1,conv_forward,\"3x3 1->2, 4x4\",150,,20\n"
                   "kernel,n1,conv_backward_data,\"3x3 1->2, 4x4\",120,,20\n"
                   "kernel,grid,conv_forward,\"3x3 8->8, 4x4\",170,,20\n"
                   "kernel,other,dropout,5,9,,0.1\nkernel,other,twin,5,9,,0.1\nkernel,other,none,5,,,\n"
                   "net,n1,n1-64,,60,,\n",
        BENCH_HEAD "machine,x,fma,,180,,\nkernel,other,one,5,1,,1\n",
        BENCH_HEAD "machine,x,fma,,1,,\nmachine,x,read,L1,,1e9,\nkernel,n1,conv_forward,5,1e6,,1e-6\n"
                   "kernel,\"`touch pwned`\",\"a'; system 'touch pwned'; '\",\"$(touch pwned)\nEOD\n\",2,,1\n",
    };
    (void)state;
    if (!gnuplot_there())
        skip();
    for (size_t i = 0; i < COUNT(tables); i++) {
        struct heard h = {""};
        struct err e = {0};
        results_file("roof", ".csv", tables[i]);
        if (report_plots(test_folder(), "roof", (struct report_drawing){.at_once = 2}, hear, &h, &e))
            fail_msg("case %zu: %s", i, e.text);
        assert_null(strstr(h.text, "left out"));
        char *png = bytes_of(plot_file("roof", "roofline", "png"));
        assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
        free(png);
        char *gp = bytes_of(plot_file("roof", "roofline", "gp"));
        assert_non_null(strstr(gp, "multiply-adds"));
        if (i == 0) {
            assert_non_null(strstr(gp, "'L2 140 GB/s'"));
            assert_non_null(strstr(gp, "'conv 3x3 1->2, 4x4'"));
            assert_null(strstr(gp, "8->8")); /* of the grid: a point without a name */
        }
        free(gp);
        assert_false(file_exists("pwned") || file_exists(test_path("pwned")));
        assert_false(file_exists(plot_file("roof", "ranking", "gp")));
    }
}

/* A point is as far below the roof as its share says, whatever the clock did since. */
static void rooflines_of_shares(void **state)
{
    struct heard h = {""};
    struct err e = {0};
    (void)state;
    if (!gnuplot_there())
        skip();
    results_file("shares", ".csv",
                 SHARES_HEAD "machine,x,fma,,200,,,\nkernel,n1,conv_forward,5,150,,20,0.9375\n"
                             "kernel,n1,dense_forward,6,151,,21,\n");
    if (report_plots(test_folder(), "shares", (struct report_drawing){.at_once = 2}, hear, &h, &e))
        fail_msg("%s", e.text);
    char *gp = bytes_of(plot_file("shares", "roofline", "gp"));
    assert_non_null(strstr(gp, "\n20\t187.5\n"));
    assert_non_null(strstr(gp, "\n21\t151\n")); /* an older table */
    free(gp);
}

static void rooflines_without_data(void **state)
{
    static const char *const tables[] = {BENCH_HEAD, BENCH_HEAD "machine,x,fma,,180,,\n",
                                         BENCH_HEAD "kernel,other,one,5,1,,1\n",
                                         BENCH_HEAD "machine,x,fma,,180,,\nkernel,other,one,5,0,,1\n"};
    (void)state;
    for (size_t i = 0; i < COUNT(tables); i++) {
        struct heard h = {""};
        struct err e = {0};
        struct str text = {0};
        results_file("noroof", ".csv", tables[i]);
        assert_int_equal(report_plots(test_folder(), "noroof", (struct report_drawing){.at_once = 2}, hear, &h, &e), 0);
        assert_non_null(strstr(h.text, "roofline: left out: "));
        assert_int_equal(report_text(test_folder(), "noroof", "markdown", 1, &text, &e), -1);
        assert_non_null(strstr(e.text, "benchmark"));
        str_release(&text);
    }
}

static void plot_types_are_named(void **state)
{
    (void)state;
    size_t n = 0;
    for (; report_plot_type(n); n++) {
        assert_true(*report_plot_type(n)->help);
        assert_int_equal(strspn(report_plot_type(n)->name, "abcdefghijklmnopqrstuvwxyz"),
                         strlen(report_plot_type(n)->name));
        for (size_t k = 0; k < n; k++)
            assert_string_not_equal(report_plot_type(k)->name, report_plot_type(n)->name);
    }
    assert_int_equal(n, 23);
}

int test_plots(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plot_types_are_named),
        cmocka_unit_test(quoting),
        cmocka_unit_test(words_and_scales),
        cmocka_unit_test(every_plot_is_drawn),
        cmocka_unit_test(nothing_in_a_name_is_run),
        cmocka_unit_test(left_out_with_a_reason),
        cmocka_unit_test(joined_axes),
        cmocka_unit_test(a_scale_has_no_means),
        cmocka_unit_test(cells_without_results),
        cmocka_unit_test(impossible_intervals),
        cmocka_unit_test(means_of_many_values),
        cmocka_unit_test(labels_of_many_axes_are_readable),
        cmocka_unit_test(long_labels_stay_distinct),
        cmocka_unit_test(busy_is_a_share),
        cmocka_unit_test(the_history_climbs),
        cmocka_unit_test(given_up_trials_are_counted),
        cmocka_unit_test(the_distribution_steps),
        cmocka_unit_test(thousands_are_thinned_fairly),
        cmocka_unit_test(contours_are_where_values_cross),
        cmocka_unit_test(several_objectives),
        cmocka_unit_test(hardly_any_data),
        cmocka_unit_test(wrong_input),
        cmocka_unit_test(rooflines),
        cmocka_unit_test(rooflines_of_shares),
        cmocka_unit_test(rooflines_without_data),
        cmocka_unit_test_teardown(gnuplot_is_missing, real_gnuplot),
        cmocka_unit_test_teardown(gnuplot_fails, real_gnuplot),
        cmocka_unit_test_teardown(what_fails_around_gnuplot_is_told, real_gnuplot),
        cmocka_unit_test_teardown(gnuplot_draws_nothing, real_gnuplot),
        cmocka_unit_test_teardown(gnuplot_takes_too_long, real_gnuplot),
    };
    return cmocka_run_group_tests_name("plots", tests, NULL, NULL);
}
