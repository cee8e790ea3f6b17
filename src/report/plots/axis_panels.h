/* axis_panels.h - a panel for each axis, the strongest first: what pictures of the objective over single axes share. */
#ifndef REPORT_AXIS_PANELS_H
#define REPORT_AXIS_PANELS_H

#include "report/plots/plot.h"

#define AXIS_PANELS 12

/* Panels in rows; each has the same pixels, and below it the labels of its values, its name and its share. */
struct axis_panels {
    size_t n;
    const struct table_axis *axis[AXIS_PANELS + 1];
    struct labels below[AXIS_PANELS + 1];
    size_t columns, rows;
    double bar; /* pixels at the right of all, set by the caller */
    double cell, left, frame, width, height;
    double top[4]; /* of the frames of each row */
};

/* Chooses the axes with at least two values, the strongest first. Returns how many. */
size_t axis_panels_choose(struct axis_panels *g, const struct plot_data *d);
/* tick: letters of the widest of the y axis; lines: of the heading. */
void axis_panels_arrange(struct axis_panels *g, size_t tick, int lines);
/* The variables nameI and shareI of panel i. */
void axis_panels_name(struct str *s, const struct plot_data *d, const struct axis_panels *g, size_t i);
/* Opens the drawing block; all panels have this range and these ticks ("set ytics ..."). */
void axis_panels_begin(struct str *s, const struct axis_panels *g, const char *ticks, double lo, double hi, int lines);
/* Where panel i is, and its axes; the plot command follows, and then axis_panel_end. */
void axis_panel_begin(struct str *s, const struct axis_panels *g, size_t i);
void axis_panel_end(struct str *s);

/* Whether the panel has a scale; otherwise the places are 0, 1, ... of the values. */
int axis_is_scale(const struct table_axis *x);
/* Where the dot of a row is; `shake`: a number of its own. NaN: nowhere. */
double axis_place(const struct table_axis *x, size_t row, size_t shake);
/* For how many trials there is one dot, so that the picture is not black. */
size_t axis_dot_step(size_t trials);

#endif
