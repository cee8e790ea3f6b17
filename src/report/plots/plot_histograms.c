/* plot_histograms.c - draws how the numbers of a dataset's columns are distributed, a panel for each column. */
#include "report/plots/plot.h"

#include <math.h>
#include <stdio.h>

#define HISTOGRAM_WIDE 300 /* pixels of a panel with what belongs to it */
#define HISTOGRAM_HIGH 190
#define HISTOGRAM_LEFT 58
#define HISTOGRAM_AIR 30  /* half of a tick's text may stand beside the frame */
#define HISTOGRAM_NAME 34 /* most letters of a name */

static const char *const series_colour[] = {BLUE, ORANGE, GREEN, RED, SKY, PINK, GREY};

static void put_histogram(struct str *s, const struct report_histograms *h, size_t i)
{
    const struct report_histogram *c = &h->column[i];
    char name[40];
    snprintf(name, sizeof name, "column%zu", i);
    data_begin(s, name);
    for (size_t b = 0; b < h->bins; b++) {
        put_number(s, c->low + (c->high - c->low) * ((double)b + 0.5) / (double)h->bins);
        for (size_t k = 0; k < h->series; k++)
            str_addf(s, "\t%zu", c->count[k * h->bins + b]);
        str_add(s, "\n");
    }
    data_end(s);
    snprintf(name, sizeof name, "name%zu", i);
    put_variable(s, name, c->name, HISTOGRAM_NAME);
}

/* The largest count of a bin; at least 1. */
static double highest_bin(const struct report_histograms *h, const struct report_histogram *c)
{
    size_t most = 1;
    for (size_t k = 0; k < h->series * h->bins; k++)
        most = c->count[k] > most ? c->count[k] : most;
    return (double)most;
}

static void plot_histogram(struct str *s, const struct report_histograms *h, size_t i)
{
    const struct report_histogram *c = &h->column[i];
    double bin = (c->high - c->low) / (double)h->bins, most = highest_bin(h, c);
    str_addf(s, "set xrange [%.9g:%.9g]\nset yrange [0:%.9g]\n", c->low - bin, c->high + bin, 1.08 * most);
    put_ticks_across(s, c->low, c->high, 0, HISTOGRAM_WIDE - HISTOGRAM_LEFT - HISTOGRAM_AIR);
    put_ticks(s, "y", 0, most, 3, 1);
    str_add(s, "plot ");
    for (size_t k = 0; k < h->series; k++)
        str_addf(s, "%s$column%zu using 1:%zu with %s lc rgb '%s' title series%zu", k ? ", \\\n     " : "", i, k + 2,
                 h->series > 1 ? "histeps lw 1.6" : "boxes fs solid 0.7 noborder", series_colour[k], k);
    str_add(s, "\n");
}

const char *draw_histogram_panels(const struct plot_data *d, const struct report_histograms *h, const struct plot *p,
                                  const char *why, struct str *s)
{
    if (!h || !h->n)
        return why;
    if (h->series > sizeof series_colour / sizeof *series_colour)
        return "more classes than there are colours";
    size_t across = h->n < 4 ? h->n : h->n < 9 ? 3 : h->n < 13 ? 4 : 5, down = (h->n + across - 1) / across;
    int legend = h->series > 1;
    double width = fmax(HISTOGRAM_WIDE * (double)across, 800), cell = width / (double)across;
    double top = 40, height = top + HISTOGRAM_HIGH * (double)down + (legend ? KEY_ROOM + 2 * LINE : 0);
    size_t letters = (size_t)((width / (double)h->series - 46) / WIDE_LETTER);
    script_begin(s, d, p, h->heading);
    for (size_t i = 0; i < h->n; i++)
        put_histogram(s, h, i);
    for (size_t k = 0; k < h->series; k++) {
        char name[40];
        snprintf(name, sizeof name, "series%zu", k);
        put_variable(s, name, h->series_name[k], letters);
    }
    script_draw(s, (int)width, (int)height);
    str_add(s, "set multiplot\n");
    put_heading(s, 1, (int)height);
    str_add(s, "set grid noxtics\n");
    for (size_t i = 0; i < h->n; i++) {
        double x = cell * (double)(i % across), y = top + HISTOGRAM_HIGH * (double)(i / across);
        struct panel box = {x + HISTOGRAM_LEFT, x + cell - HISTOGRAM_AIR, y + 24, y + HISTOGRAM_HIGH - 40};
        char text[40];
        snprintf(text, sizeof text, "name%zu", i);
        put_panel(s, width, height, &box);
        put_text(s, width, height, TAG_TITLE, text, (box.left + box.right) / 2, box.top - 12, "center");
        if (legend && i + 1 == h->n)
            str_addf(s,
                     "set key at screen 0.5, screen %.4f center bottom horizontal maxrows 1 Left reverse samplen 1.5\n",
                     9.0 / height);
        else
            str_add(s, "unset key\n");
        plot_histogram(s, h, i);
        str_addf(s, "unset label %d\n", TAG_HEADING);
    }
    str_add(s, "unset multiplot\n");
    script_end(s);
    return NULL;
}

static const char *draw_histograms(const struct plot_data *d, struct str *s, struct arena *a)
{
    (void)a;
    return draw_histogram_panels(d, d->of_data->columns, &plot_histograms, "the samples are no vectors of numbers", s);
}

const struct plot plot_histograms = {
    {"histograms", "how the numbers of each column are distributed in the training split, by class"}, draw_histograms};
