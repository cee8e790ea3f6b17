/* Every picture of every plot type, for sweeps of many sizes: no text overlaps another one or leaves the canvas. */
#include "base/file.h"
#include "groups.h"
#include "made_sweep.h"
#include "svg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLOTS 40

static size_t drawn[PLOTS]; /* pictures of each plot type that were looked at */
static const char *folder;  /* where everything is written */

static void nothing(void *ctx, const char *line)
{
    (void)ctx, (void)line;
}

/* Lines about the faults of all pictures of the sweep. */
static size_t check_pictures(const char *name, char *faults, size_t n)
{
    size_t all = 0;
    for (size_t i = 0; report_plot_type(i); i++) {
        char path[4300], own[4000] = "";
        size_t bad;
        snprintf(path, sizeof path, "%s/plots/%s/%s.svg", folder, name, report_plot_type(i)->name);
        if (!file_exists(path))
            continue;
        char *svg = bytes_of(path);
        if (!svg_check(svg, own, sizeof own, &bad))
            fail_msg("%s has no text", path);
        free(svg);
        drawn[i]++;
        all += bad;
        if (bad) {
            size_t used = strlen(faults);
            own[600] = 0;
            snprintf(faults + used, n - used, "%s/%s: %zu faults\n%s", name, report_plot_type(i)->name, bad, own);
        }
    }
    return all;
}

/* Draws the made sweep and returns how many faults were found and written to stdout. */
static size_t look_at(const char *name, const struct made_sweep *m)
{
    static char faults[20000];
    struct err e = {0};
    faults[0] = 0;
    make_tables(folder, name, m);
    if (report_plots(folder, name, (struct report_drawing){.at_once = 2}, nothing, NULL, &e))
        fail_msg("%s: %s", name, e.text);
    size_t bad = check_pictures(name, faults, sizeof faults);
    printf("%s", faults);
    fflush(stdout);
    return bad;
}

/* A plot that no sweep of the test draws would be checked by nothing. */
static void expect_all_drawn(void)
{
    for (size_t i = 0; report_plot_type(i); i++)
        if (!drawn[i])
            fail_msg("no picture of type '%s' was looked at", report_plot_type(i)->name);
}

static void texts_of_pictures_have_room(void **state)
{
    static const struct made_sweep sweeps[] = {
        {2, 12, 2, 12, 10, 0, 0.4, "max val_accuracy", 0, NULL},
        {6, 81, 3, 8, 3, 1, 0.004, "max val_accuracy, min params", 0, "race"},
        {12, 500, 1, 60, 18, 1, 0.02, "min val_loss, max test_accuracy, min params", 1, "asha"},
    };
    size_t bad = 0;
    (void)state;
    if (system("gnuplot --version > /dev/null 2>&1"))
        skip();
    folder = test_folder();
    for (size_t i = 0; i < COUNT(sweeps); i++) {
        char name[40];
        snprintf(name, sizeof name, "layout-%zu", i);
        bad += look_at(name, &sweeps[i]);
    }
    assert_int_equal(bad, 0);
    expect_all_drawn();
}

/* 1 to 12 axes, 1 to 5,000 points, short and long texts, few and many epochs. */
static void texts_of_all_sizes_have_room(void **state)
{
    static const size_t axes[] = {1, 2, 3, 6, 9, 12}, points[] = {1, 2, 12, 81, 500, 5000}, epochs[] = {2, 8, 30, 400};
    size_t bad = 0, k = 0;
    (void)state;
    for (size_t a = 0; a < COUNT(axes); a++)
        for (size_t p = 0; p < COUNT(points); p++)
            for (int wordy = 0; wordy < 2; wordy++, k++) {
                struct made_sweep m = {axes[a],
                                       points[p],
                                       points[p] < 100 ? 1 + k % 4 : 1,
                                       epochs[k % 3],
                                       2 + k % 40,
                                       wordy,
                                       k % 3 ? 0.004 : 0.3,
                                       k % 5   ? "max val_accuracy"
                                       : k % 2 ? "min val_loss, min params"
                                               : "min val_loss",
                                       k % 3 == 1,
                                       k % 4 == 1   ? "asha"
                                       : k % 4 == 2 ? "race"
                                                    : NULL};
                char name[80];
                if (points[p] == 12)
                    m.epochs = epochs[3];
                snprintf(name, sizeof name, "%zu-axes-%zu-points%s", axes[a], points[p], wordy ? "-wordy" : "");
                bad += look_at(name, &m);
            }
    assert_int_equal(bad, 0);
    expect_all_drawn();
}

/* Pictures of a dataset, with few and long labels, few and many columns. */
static void pictures_of_data_have_room(void **state)
{
    enum { MOST = 20, BINS = 30, SIDE = 5, ACROSS = 6 };
    static const char *const label[MOST] = {"cat", "a class with a name of more than twenty-four letters", "", "x"};
    static const char *const series[] = {"cat", "dog, large", "a long name of a class", "owl", "5", "6", "7"};
    static uint32_t rgb[MOST * ACROSS * SIDE * SIDE];
    static size_t count[7 * BINS];
    struct report_histogram column[MOST];
    const struct report_sheet sheet = {
        "training samples; 60 further classes are not shown", 4, ACROSS, label, SIDE, SIDE, rgb};
    size_t bad = 0;
    (void)state;
    if (system("gnuplot --version > /dev/null 2>&1"))
        skip();
    folder = test_folder();
    for (size_t i = 0; i < COUNT(count); i++)
        count[i] = i * i % 1000;
    for (size_t i = 0; i < MOST; i++)
        column[i] = (struct report_histogram){i % 2 ? "x" : "a column with a name of more than thirty-four letters",
                                              i % 3 ? -1e6 * (double)i - 1 : 0, i % 3 ? 123456 : 1e-3, count};
    for (size_t k = 0; k < 3; k++) {
        static const size_t n[] = {1, 2, MOST}, many[] = {1, 3, 7};
        const struct report_histograms h = {"training samples by column", n[k], many[k], BINS, series, column};
        const struct report_data data = {"layout-data", &sheet, k ? &sheet : NULL, &h};
        char faults[4000] = "", path[4300];
        struct err e = {0};
        if (report_data_plots(folder, &data, nothing, NULL, &e))
            fail_msg("%s", e.text);
        for (size_t i = 0; report_data_plot_type(i); i++) {
            size_t own = 0;
            snprintf(path, sizeof path, "%s/plots/layout-data/%s.svg", folder, report_data_plot_type(i)->name);
            assert_int_equal(file_exists(path), k || i != 1);
            char *svg = file_exists(path) ? bytes_of(path) : NULL;
            assert_true(!svg || svg_check(svg, faults, sizeof faults, &own));
            free(svg);
            bad += own;
        }
        if (bad)
            fail_msg("%s", faults);
    }
}

int test_layout(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts_of_pictures_have_room),
                                       cmocka_unit_test(pictures_of_data_have_room)};
    return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}

int test_layout_of_all_sizes(const char *where)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts_of_all_sizes_have_room)};
    folder = where ? where : test_folder();
    return cmocka_run_group_tests_name("layout of all sizes", tests, NULL, NULL);
}
