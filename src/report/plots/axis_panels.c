/* axis_panels.c - chooses, places and names the panels of axes. */
#include "report/plots/axis_panels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DOTS 1500 /* a panel */
#define LABEL 20  /* letters of a value */
#define TICKS 14  /* more values than this: a scale instead of categories */
#define AIR 14    /* pixels between a panel and the next */

/* Returns the share of the variance that an axis explains, -1 when it is not known. */
static double share_of_axis(const struct plot_data *d, const char *axis)
{
    const struct table *t = &d->effects;
    int share = table_column(t, "share");
    for (size_t r = 0; r < t->rows; r++) {
        if (strcmp(table_cell(t, r, "kind"), "axis") || strcmp(table_cell(t, r, "axis"), axis))
            continue;
        double x = table_number(t, r, share);
        return isnan(x) ? -1 : x;
    }
    return -1;
}

size_t axis_panels_choose(struct axis_panels *g, const struct plot_data *d)
{
    double share[AXIS_PANELS];
    for (size_t i = 0; i < d->naxes; i++) {
        const struct table_axis *x = &d->axis[i];
        double mine = share_of_axis(d, x->name);
        size_t at = g->n;
        if (x->levels < 2)
            continue;
        while (at && mine > share[at - 1])
            at--;
        if (at == AXIS_PANELS)
            continue;
        g->n += g->n < AXIS_PANELS;
        for (size_t k = g->n - 1; k > at; k--) {
            share[k] = share[k - 1];
            g->axis[k] = g->axis[k - 1];
        }
        share[at] = mine;
        g->axis[at] = x;
    }
    return g->n;
}

int axis_is_scale(const struct table_axis *x)
{
    return x->scattered || (x->numeric && x->levels - (size_t)x->conditional > TICKS);
}

double axis_place(const struct table_axis *x, size_t row, size_t shake)
{
    return axis_is_scale(x) ? x->value[x->code[row]] : (double)x->code[row] + 0.22 * jitter(shake);
}

size_t axis_dot_step(size_t trials)
{
    return trials ? (trials - 1) / DOTS + 1 : 1;
}

/* ---- places ----------------------------------------------------------------------------------------------------- */

static double axis_panel_width(const struct axis_panels *g)
{
    return g->cell - g->left - AIR;
}

void axis_panels_arrange(struct axis_panels *g, size_t tick, int lines)
{
    static const double wide[] = {800, 800, 1000, 1260, 1520}, high[] = {0, 340, 270, 220};
    g->rows = g->n < 4 ? 1 : g->n < 7 ? 2 : 3;
    g->columns = (g->n + g->rows - 1) / g->rows;
    g->width = wide[g->columns] + g->bar;
    g->cell = wide[g->columns] / (double)g->columns;
    g->left = 34 + LETTER * (double)tick + 12;
    g->frame = high[g->rows];
    g->top[0] = 30 + LINE * lines;
    for (size_t r = 0; r < g->rows; r++) {
        double deepest = LABELS_FLAT;
        for (size_t i = r * g->columns; i < g->n && i < (r + 1) * g->columns; i++) {
            g->below[i] = axis_is_scale(g->axis[i]) ? (struct labels){0, 1, LABEL, LABELS_FLAT}
                                                    : labels_below(g->axis[i], LABEL, axis_panel_width(g), g->left);
            deepest = fmax(deepest, g->below[i].height);
        }
        g->top[r + 1] = g->top[r] + g->frame + deepest + 12 + LINE + 10 + AIR;
    }
    g->height = g->top[g->rows];
}

void axis_panels_name(struct str *s, const struct plot_data *d, const struct axis_panels *g, size_t i)
{
    char name[40], percent[24], text[64] = "";
    double share = share_of_axis(d, g->axis[i]->name);
    if (share >= 0)
        snprintf(text, sizeof text, "%s of the variance", percent_text(share, percent, sizeof percent));
    snprintf(name, sizeof name, "name%zu", i);
    put_variable(s, name, g->axis[i]->name, (size_t)((g->cell - g->left + AIR) / LETTER));
    snprintf(name, sizeof name, "share%zu", i);
    put_variable(s, name, text, 0);
}

void axis_panels_begin(struct str *s, const struct axis_panels *g, const char *ticks, double lo, double hi, int lines)
{
    script_draw(s, (int)g->width, (int)g->height);
    str_add(s, "set multiplot\n");
    put_heading(s, lines, (int)g->height);
    str_addf(s, "%sset grid noxtics\nset yrange [%.9g:%.9g]\n", ticks, lo, hi);
}

static void put_scale_of_axis(struct str *s, const struct table_axis *x, double wide)
{
    double lo = x->value[0], hi = x->value[x->levels - 1 - (size_t)x->conditional];
    int logarithmic = spans_decades(x);
    double air = logarithmic ? pow(hi / lo, 0.03) : hi > lo ? 0.03 * (hi - lo) : 1;
    str_addf(s, "%sset logscale x\nset xrange [%.9g:%.9g]\nset xtics norotate autojustify\n", logarithmic ? "" : "un",
             logarithmic ? lo / air : lo - air, logarithmic ? hi * air : hi + air);
    put_ticks_across(s, lo, hi, logarithmic, wide);
}

void axis_panel_begin(struct str *s, const struct axis_panels *g, size_t i)
{
    double x = g->cell * (double)(i % g->columns), y = g->top[i / g->columns];
    struct panel box = {x + g->left, x + g->cell - AIR, y, y + g->frame};
    char text[60];
    snprintf(text, sizeof text, "name%zu.\"\\n\".share%zu", i, i);
    put_panel(s, g->width, g->height, &box);
    put_text(s, g->width, g->height, TAG_X, text, (box.left + box.right) / 2, box.bottom + 12 + g->below[i].height,
             "center");
    if (i % g->columns)
        str_addf(s, "unset label %d\n", TAG_Y);
    else
        put_text(s, g->width, g->height, TAG_Y, "objective", x + 16, (box.top + box.bottom) / 2, "center rotate by 90");
    if (axis_is_scale(g->axis[i])) {
        put_scale_of_axis(s, g->axis[i], axis_panel_width(g));
        return;
    }
    put_labels_style(s, &g->below[i]);
    str_addf(s, "unset logscale x\nset xrange [-0.6:%zu.6]\n", g->axis[i]->levels - 1);
}

void axis_panel_end(struct str *s)
{
    str_addf(s, "unset logscale x\nunset label %d\n", TAG_HEADING);
}
