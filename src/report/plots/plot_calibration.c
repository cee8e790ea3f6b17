/* plot_calibration.c - draws how often answers of the best point are right, by the share that softmax gives them. */
#include "report/plots/plot.h"

#include <math.h>
#include <stdio.h>

#define WIDTH 800
#define HEIGHT 820

/* Writes a line a bin: share, right, the middle of the bin, its width, its part of the samples in percent. */
static void put_bins(struct str *s, const struct table *t, double samples)
{
    const char *const column[] = {"share", "right", "from", "to", "samples"};
    data_begin(s, "bins");
    for (size_t r = 0; r < t->rows; r++) {
        double v[5];
        for (size_t k = 0; k < 5; k++)
            v[k] = table_number(t, r, table_column(t, column[k]));
        const double put[] = {v[0], v[1], (v[2] + v[3]) / 2, v[3] - v[2], 100 * v[4] / samples};
        for (size_t k = 0; k < 5; k++) {
            put_number(s, put[k]);
            str_add(s, k < 4 ? "\t" : "\n");
        }
    }
    data_end(s);
}

static double sum_of_bins(const struct table *t, double *error)
{
    double samples = 0;
    *error = 0;
    for (size_t r = 0; r < t->rows; r++) {
        const double n = table_number(t, r, table_column(t, "samples"));
        const double gap = table_number(t, r, table_column(t, "share")) - table_number(t, r, table_column(t, "right"));
        samples += n > 0 ? n : 0;
        *error += n > 0 ? n * fabs(gap) : 0;
    }
    return samples;
}

static const char *draw_calibration(const struct plot_data *d, struct str *s, struct arena *a)
{
    const struct table *t = &d->calibration;
    const struct panel upper = {90, 770, 90, 560}, lower = {90, 770, 590, 740};
    double error, samples = sum_of_bins(t, &error);
    char below[100];
    (void)a;
    if (!(samples > 0))
        return "there is no table of calibration";
    script_begin(s, d, &plot_calibration, "calibration of the best point");
    snprintf(below, sizeof below, "test split; expected calibration error %.2f%%", 100 * error / samples);
    put_variable(s, "below", below, 0);
    put_variable(s, "lowest", "on the dashed line answers are as often right as they say", 0);
    put_bins(s, t, samples);
    script_draw(s, WIDTH, HEIGHT);
    str_add(s, "set multiplot\n");
    put_heading(s, 3, HEIGHT);
    put_panel(s, WIDTH, HEIGHT, &upper);
    put_text(s, WIDTH, HEIGHT, TAG_Y, "'share of right answers'", 26, (upper.top + upper.bottom) / 2,
             "center rotate by 90");
    str_add(s, "set xrange [0:1]\nset yrange [0:1]\nset xtics 0.2 format ''\nset ytics 0.2\n"
               "set arrow 1 from 0,0 to 1,1 nohead back lw 1 dt 2 lc rgb '#888888'\n");
    str_addf(s, "plot $bins using 1:2 with linespoints pt 7 ps 1 lw 2 lc rgb '%s'\n", BLUE);
    str_addf(s, "unset arrow 1\nunset label %d\n", TAG_HEADING);
    put_panel(s, WIDTH, HEIGHT, &lower);
    put_text(s, WIDTH, HEIGHT, TAG_Y, "'samples (%)'", 26, (lower.top + lower.bottom) / 2, "center rotate by 90");
    put_text(s, WIDTH, HEIGHT, TAG_X, "'share that softmax gives the answer'", (lower.left + lower.right) / 2,
             lower.bottom + 44, "center");
    str_add(s, "set xtics 0.2 format '%g'\nset yrange [0:100]\nset ytics 50\n");
    str_addf(s, "plot $bins using 3:5:($4*0.9) with boxes fs solid 1 noborder lc rgb '%s'\n", SKY);
    str_add(s, "unset multiplot\n");
    script_end(s);
    return NULL;
}

const struct plot plot_calibration = {
    {"calibration", "how often answers of the best point are right, by the share that softmax gives them"},
    draw_calibration};
