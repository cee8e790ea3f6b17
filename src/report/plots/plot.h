/* plot.h - what the plot types share. A plot is a gnuplot script with its data inside: datablocks of tab-separated
 * numbers and labels, so that it runs in any folder and can be edited by hand.
 *
 * No text of a sweep file stands in a command but between single quotes (put_quoted), in assignments before the drawing
 * block, and in datablocks (put_field): gnuplot runs back-quotes in double quotes, and counts braces inside strings. */
#ifndef REPORT_PLOT_H
#define REPORT_PLOT_H

#include "report/report.h"
#include "report/stats/trials_view.h"

/* What a sweep left behind. */
struct plot_data {
    const char *name;
    int bench; /* trials is the table of a benchmark, not of a sweep */
    struct table trials, effects, epochs, timing, confusion, about;            /* no columns: the file is not there; */
    struct table classes, curves, calibration, predictions, pictures, regions; /* so */
    struct table surrogate;                                                    /* of a search */
    struct report_metrics metrics;                                             /* of the tables */
    struct trials_view v;
    size_t naxes;            /* as the effects name them: axes whose values follow from another's are one with it */
    struct table_axis *axis; /* [naxes] */
    unsigned *inside;        /* [naxes] those that decide where it exists, as in design.h */
    char objective[PARETO_VALUES * 72]; /* all of them, as NAME.about.csv has them */
    double unit;                        /* values are drawn times this: 100 for accuracies */
    char label[96];                     /* "validation accuracy (%)" */
    char file[80];                      /* of the picture, without an ending; "": the plot's name */
    const struct report_data *of_data;  /* of a dataset, not of a sweep: all else but the name is empty; else NULL */
    const struct report_look *of_look;  /* of a look into a network, likewise */
    const struct curves_of *of;         /* whose learning curves are asked for; NULL: the best point's */
    struct arena mem;
};
/* Learning curves of some points, or of the values of an axis. */
#define MOST_SERIES 7 /* colours that can be told apart */
struct curves_of {
    size_t n, series[MOST_SERIES]; /* numbers of points in the view, or of values of the axis */
    const struct table_axis *axis; /* NULL: points */
};
/* Reads the tables below `out`; those that are missing stay empty, a damaged one is an error. 0, or -1 with *e. */
int plot_data_init(struct plot_data *d, const char *out, const char *name, struct err *e);
void plot_data_release(struct plot_data *d);
/* Value of a key of NAME.about.csv, "" when it is not there. */
const char *plot_about(const struct plot_data *d, const char *key);

struct plot {
    struct plot_type type;
    /* Writes the script, or returns why there is nothing to draw; PLOT_NOMEM without memory. Scratch is from `a`. */
    const char *(*draw)(const struct plot_data *d, struct str *s, struct arena *a);
};
extern const char PLOT_NOMEM[];
/* Every plot of a sweep, each in a file plot_NAME.c that ends in its row, in the order of the reports. */
// clang-format off
#define PLOTS(X) X(learning) X(curves) X(ranking) X(repeats) X(edf) X(axes) X(slices) X(importance) X(pairs) X(contours) X(parallel) X(pareto) X(params) X(confusion) X(roc) X(calibration) X(predicted) X(pictures) X(regions) X(history) X(rungs) X(timeline) X(cost)
// clang-format on
#define DECLARE_PLOT(name) extern const struct plot plot_##name;
PLOTS(DECLARE_PLOT)
extern const struct plot plot_samples, plot_augmented, plot_histograms; /* of a dataset: d->of_data */
extern const struct plot plot_features, plot_filters, plot_saliency, plot_attention, plot_activations, plot_layers,
    plot_embedding; /* of a look into a network: d->of_look */
/* What sheets and histograms are drawn by; `why`: what is said where there is nothing. */
const char *draw_sheet(const struct plot_data *d, const struct report_sheet *t, const struct plot *p, const char *why,
                       struct str *s);
const char *draw_histogram_panels(const struct plot_data *d, const struct report_histograms *h, const struct plot *p,
                                  const char *why, struct str *s);
extern const struct plot plot_roofline; /* of a benchmark, whose table is d->trials; all else of d is empty */

/* ---- script text ------------------------------------------------------------------------------------------------ */

/* Comment, output name, palette and the sentence `title` = variable `heading`. Datablocks and variables follow. */
void script_begin(struct str *s, const struct plot_data *d, const struct plot *p, const char *heading);
/* Opens the block that is run for svg and png: terminal, output, styles. Settings and plot commands follow. */
void script_draw(struct str *s, int width, int height);
void script_end(struct str *s);

/* 'text', at most `max` characters (0: all; what is longer is cut in the middle), quotes doubled, control characters
 * and broken UTF-8 replaced. */
void put_quoted(struct str *s, const char *text, size_t max);
/* A label in a datablock: as above without the quotes; "(none)" when empty. Never first in its line. */
void put_field(struct str *s, const char *text, size_t max);
void put_number(struct str *s, double x); /* NaN: the word that the scripts take for missing */
/* "$name << EOD" and "EOD". */
void data_begin(struct str *s, const char *name);
void data_end(struct str *s);
/* "NAME = 'text'" */
void put_variable(struct str *s, const char *name, const char *text, size_t max);

/* ---- words and scales ------------------------------------------------------------------------------------------- */

/* "val_accuracy" -> "validation accuracy (%)"; returns the unit: 100 for shares of samples, otherwise 1. */
double metric_label(const struct table *t, const char *column, char *buf, size_t n);
/* "#12  kernels=16, dropout=0.05", at most max characters: long names and values of axes are cut, what the values of an
 * axis have in common first, so that points are told apart. */
void point_label(const struct plot_data *d, size_t p, size_t max, struct str *s);
/* A value of an axis in at most `max` letters (0: all): what all its values begin with goes first. */
void put_value(struct str *s, const struct table_axis *a, const char *text, size_t max);
/* 0.123 -> "12 %", 0.0123 -> "1.2 %". Returns buf. */
char *percent_text(double share, char *buf, size_t n);
/* Characters of UTF-8 text. */
size_t text_width(const char *s);
/* Range of v[n] (sorts it) that leaves room for the interesting end and cuts off a far tail at the other one: trials
 * that learned nothing would squeeze all others. Returns how many of v lie outside. */
size_t fair_range(double *v, size_t n, int maximise, double *lo, double *hi);
/* In (-1, 1), a function of i alone. */
double jitter(size_t i);

/* ---- places ----------------------------------------------------------------------------------------------------- */

/* Every text has its room in pixels: margins are set here, from what stands in them, not by gnuplot, which knows
 * neither the letters of another panel nor those of a slanted tick. Pixels count from the left and from the top. */
#define LETTER 7.8      /* pixels of a letter: 0.6 of the font's size */
#define WIDE_LETTER 9.4 /* on average where many are wide: = # … m w */
#define LINE 18         /* pixels from one line of text to the next */
struct panel {
    double left, right, top, bottom; /* of the frame */
};
/* Tags of labels that are set anew for each panel or taken away. */
enum { TAG_HEADING = 1, TAG_X, TAG_Y, TAG_TITLE, TAG_SCALE };

/* Pixels of a text that is cut at so many letters (0: not at all). */
double text_pixels(const char *text, size_t most);
void put_panel(struct str *s, double width, double height, const struct panel *p);
/* Label `tag`: an expression of gnuplot, the middle of its first line at (x, y); `how`: "center", "left rotate by 90".
 */
void put_text(struct str *s, double width, double height, int tag, const char *text, double x, double y,
              const char *how);
/* The heading, and the variables `below` and `lowest` under it when `lines` is 2 or 3, in the middle of the picture.
 * Returns where frames may begin. */
double put_heading(struct str *s, int lines, int height);
/* Letters that a heading leaves to the name of the sweep before it. */
size_t heading_room(size_t words);
/* The legend in one row at the lower end of a picture so many pixels high; it takes KEY_ROOM. */
void put_key_below(struct str *s, int height);
#define KEY_ROOM 34
/* Whether the values of a numeric axis spread over decades, and want a logarithmic scale. */
int spans_decades(const struct table_axis *x);
/* 1, 2 or 5 times a power of ten, so that about `parts` of them fill the width. */
double round_step(double width, int parts);
/* Ticks for axis "x", "y", ... at round numbers from lo to hi, at most about `parts` and no closer than `least`; on a
 * logarithmic scale at 1, 2, 5 ... of each decade. Both return the letters of the widest. */
size_t put_ticks(struct str *s, const char *axis, double lo, double hi, int parts, double least);
size_t put_log_ticks(struct str *s, const char *axis, double lo, double hi);
/* How the values of an axis stand below a panel: side by side, or slanted; every so manieth, cut at so many letters. */
struct labels {
    int slanted;
    size_t each, letters;
    double height; /* pixels from the frame to their lower end */
};
#define LABELS_FLAT 30
/* At most so many letters in a frame so many pixels wide, with `left` free ones at the left of it. */
struct labels labels_below(const struct table_axis *x, size_t most, double wide, double left);
void put_label(struct str *s, const struct table_axis *x, size_t level,
               const struct labels *b); /* a field of a datablock */
void put_labels_style(struct str *s, const struct labels *b);
/* As many ticks for the x axis as stand side by side in so many pixels. */
void put_ticks_across(struct str *s, double lo, double hi, int logarithmic, double pixels);

#define BLUE "#0072B2" /* Okabe & Ito, Color universal design, 2008 */
#define ORANGE "#E69F00"
#define GREEN "#009E73"
#define RED "#D55E00"
#define SKY "#56B4E9"
#define PINK "#CC79A7"
#define GREY "#999999"
#define INK "#333333"

#endif
