/* plot_pairs.c - draws the mean objective over the values of two axes, for the strongest interactions. */
#include "report/plots/plot.h"
#include "report/stats/design.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PANELS 6
#define LABEL 18  /* letters of a value */
#define FRAME 310 /* pixels from the upper end of a frame to the lower one */
#define AIR 16
#define SIDE 20 /* values of an axis that still make a heat map */

struct axis_pair {
    const struct table_axis *x, *y;
    double share; /* of their interaction, -1: not known */
};

static double share_of_pair(const struct plot_data *d, const char *one, const char *other)
{
    const struct table *t = &d->effects;
    int share = table_column(t, "share");
    for (size_t r = 0; r < t->rows; r++) {
        const char *a = table_cell(t, r, "axis"), *b = table_cell(t, r, "other");
        if (strcmp(table_cell(t, r, "kind"), "pair") || strcmp(a, one) || strcmp(b, other))
            continue;
        double x = table_number(t, r, share);
        return isnan(x) ? -1 : x;
    }
    return -1;
}

/* Of each cell [y][x] of a pair of axes. */
struct pair_cells {
    double *sum, *n; /* points with results and the sum of their means */
    char *planned;   /* there are points, with results or without */
    size_t filled;
};

static void fill_cells(const struct trials_view *v, const struct axis_pair *q, struct pair_cells *c)
{
    size_t all = q->x->levels * q->y->levels;
    memset(c->sum, 0, all * sizeof *c->sum);
    memset(c->n, 0, all * sizeof *c->n);
    memset(c->planned, 0, all);
    c->filled = 0;
    for (size_t p = 0; p < v->npoints; p++) {
        size_t at = (size_t)q->y->code[v->first[p]] * q->x->levels + (size_t)q->x->code[v->first[p]];
        c->planned[at] = 1;
        if (isnan(v->mean[p]))
            continue;
        c->sum[at] += v->mean[p];
        c->filled += c->n[at]++ == 0;
    }
}

static int is_useful_pair(const struct trials_view *v, const struct axis_pair *q, struct pair_cells *c)
{
    const struct table_axis *x = q->x, *y = q->y;
    if (x->levels < 2 || y->levels < 2 || x->levels > SIDE || y->levels > SIDE || x->scattered || y->scattered)
        return 0;
    fill_cells(v, q, c);
    return 2 * c->filled >= x->levels * y->levels && v->npoints > 1;
}

/* Chooses the pairs of axes with the strongest interactions, strongest first. */
static size_t choose_pairs(const struct plot_data *d, struct axis_pair *best, struct pair_cells *c)
{
    size_t found = 0;
    for (size_t i = 0; i < d->naxes; i++)
        for (size_t j = i + 1; j < d->naxes; j++) {
            struct axis_pair q = {&d->axis[i], &d->axis[j], 0};
            /* one that stands inside the other has no interaction with it, and a picture of one column */
            if (design_has(d->inside[i], j) || design_has(d->inside[j], i) || !is_useful_pair(&d->v, &q, c))
                continue;
            q.share = share_of_pair(d, q.x->name, q.y->name);
            size_t at = found;
            while (at && q.share > best[at - 1].share)
                at--;
            if (at == PANELS)
                continue;
            found += found < PANELS;
            for (size_t k = found - 1; k > at; k--)
                best[k] = best[k - 1];
            best[at] = q;
        }
    for (size_t i = 0; i < found; i++)
        if (best[i].y->levels > best[i].x->levels) { /* wide rather than high */
            const struct table_axis *x = best[i].x;
            best[i].x = best[i].y;
            best[i].y = x;
        }
    return found;
}

static void put_places(struct str *s, const struct axis_pair *q, size_t x, size_t y, const struct labels *b)
{
    str_add(s, "\t");
    put_label(s, q->x, x, b);
    str_add(s, "\t");
    put_value(s, q->y, q->y->show[y], LABEL);
    str_add(s, "\n");
}

/* Says how many digits after the point the numbers in the cells need. */
static int digits_of(double width)
{
    return width >= 20 ? 1 : width >= 2 ? 2 : width >= 0.1 ? 3 : width >= 0.01 ? 4 : 5;
}

/* Writes the cells: x, y, mean, digits and labels; the colour of the text by the brightness below it, 0 white, 1 black.
 */
static void put_pair_cells(struct str *s, const struct plot_data *d, const struct axis_pair *q, size_t i,
                           const struct pair_cells *c, double lo, double hi, const struct labels *b)
{
    char name[40];
    int digits = digits_of(d->unit * (hi - lo));
    snprintf(name, sizeof name, "cells%zu", i);
    data_begin(s, name);
    for (size_t y = 0; y < q->y->levels; y++)
        for (size_t x = 0; x < q->x->levels; x++) {
            size_t at = y * q->x->levels + x;
            if (!c->n[at])
                continue;
            double mean = c->sum[at] / c->n[at];
            str_addf(s, "%zu\t%zu\t", x, y);
            put_number(s, d->unit * mean);
            double light = d->v.maximise ? (mean - lo) / (hi - lo) : (hi - mean) / (hi - lo);
            str_addf(s, "\t%.*f\t%s", digits, d->unit * mean, light > 0.6 ? "0x000000" : "0xFFFFFF");
            put_places(s, q, x, y, b);
        }
    data_end(s);
}

/* Writes the cells of the plan without a result; returns how many there are. */
static size_t put_empty(struct str *s, const struct axis_pair *q, size_t i, const struct pair_cells *c,
                        const struct labels *b)
{
    char name[40];
    size_t n = 0;
    for (size_t at = 0; at < q->x->levels * q->y->levels; at++)
        n += c->planned[at] && !c->n[at];
    if (!n)
        return 0;
    snprintf(name, sizeof name, "empty%zu", i);
    data_begin(s, name);
    for (size_t y = 0; y < q->y->levels; y++)
        for (size_t x = 0; x < q->x->levels; x++) {
            size_t at = y * q->x->levels + x;
            if (!c->planned[at] || c->n[at])
                continue;
            str_addf(s, "%zu\t%zu", x, y);
            put_places(s, q, x, y, b);
        }
    data_end(s);
    return n;
}

/* Panels in rows. Pixels: of a panel with all that belongs to it, of what is left of a frame, of a frame, below it. */
struct places {
    size_t columns;
    double width, height, cell, left, frame, below, top, bar;
};

/* Counts the letters of the widest tick of the y axes. */
static size_t tick_width(const struct axis_pair *q, size_t n)
{
    size_t widest = 2;
    for (size_t i = 0; i < n; i++)
        for (size_t l = 0; l < q[i].y->levels; l++) {
            size_t w = text_width(q[i].y->show[l]);
            widest = w > widest ? w : widest;
        }
    return widest < LABEL ? widest : LABEL;
}

static struct places arrange_pairs(const struct axis_pair *q, size_t n, size_t cb_letters, int lines, struct labels *b)
{
    static const double wide[] = {0, 640, 520, 460};
    size_t rows = n > 3 ? 2 : 1;
    struct places g = {.columns = (n + rows - 1) / rows, .bar = 64 + LETTER * (double)cb_letters};
    g.left = 58 + LETTER * (double)tick_width(q, n);
    g.cell = wide[g.columns] + 0.6 * g.left;
    g.frame = g.cell - g.left - AIR;
    g.width = fmax(g.cell * (double)g.columns + g.bar, 800);
    for (size_t i = 0; i < n; i++) {
        b[i] = labels_below(q[i].x, LABEL, g.frame, g.left);
        g.below = fmax(g.below, b[i].height);
    }
    g.below += 36;
    g.top = 24 + LINE * lines;
    g.height = g.top + (double)rows * (26 + FRAME + g.below) + 6;
    return g;
}

static struct panel place_of_panel(const struct places *g, size_t i)
{
    double x = g->cell * (double)(i % g->columns), y = g->top + (double)(i / g->columns) * (26 + FRAME + g->below);
    return (struct panel){x + g->left, x + g->left + g->frame, y + 26, y + 26 + FRAME};
}

/* Says whether the cells are large enough for numbers in them. */
static int cells_have_room(const struct places *g, const struct axis_pair *q, double lo, double hi)
{
    int letters = snprintf(NULL, 0, "%.*f", digits_of(hi - lo), fmax(fabs(lo), fabs(hi)));
    return g->frame / (double)q->x->levels > LETTER * letters + 4 && FRAME / (double)q->y->levels > LINE;
}

static void plot_pair(struct str *s, const struct places *g, const struct axis_pair *q, size_t i,
                      const struct labels *b, int holes, int numbers)
{
    char text[40];
    struct panel box = place_of_panel(g, i);
    double x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
    put_panel(s, g->width, g->height, &box);
    snprintf(text, sizeof text, "share%zu", i);
    put_text(s, g->width, g->height, TAG_TITLE, text, x, box.top - 12, "center");
    snprintf(text, sizeof text, "xname%zu", i);
    put_text(s, g->width, g->height, TAG_X, text, x, box.bottom + b->height + 12, "center");
    snprintf(text, sizeof text, "yname%zu", i);
    put_text(s, g->width, g->height, TAG_Y, text, box.left - g->left + 16, y, "center rotate by 90");
    str_addf(s, "set xrange [-0.5:%zu.5]\nset yrange [-0.5:%zu.5]\n", q->x->levels - 1, q->y->levels - 1);
    put_labels_style(s, b);
    str_add(s, "plot ");
    if (holes)
        str_addf(s,
                 "$empty%zu using 1:2:($1-0.49):($1+0.49):($2-0.49):($2+0.49):xtic(3):ytic(4) with boxxyerror fs "
                 "pattern 4 noborder lc rgb '#aaaaaa', \\\n     ",
                 i);
    str_addf(s,
             "$cells%zu using 1:2:($1-0.49):($1+0.49):($2-0.49):($2+0.49):3:xtic(6):ytic(7) with boxxyerror fs solid 1 "
             "noborder lc palette",
             i);
    if (numbers)
        str_addf(s, ", \\\n     $cells%zu using 1:2:4:5 with labels tc rgb variable", i);
    str_addf(s, "\nunset colorbox\nunset label %d\nunset label %d\n", TAG_HEADING, TAG_SCALE);
}

/* Draws the scale of colours, at the right of the first row. */
static void put_scale(struct str *s, const struct places *g, const char *ticks, double lo, double hi)
{
    struct panel box = place_of_panel(g, 0);
    double x = g->width - g->bar + 8;
    str_addf(s, "set colorbox user origin screen %.4f,%.4f size screen %.4f,%.4f\n", x / g->width,
             1 - box.bottom / g->height, 18 / g->width, (box.bottom - box.top) / g->height);
    put_text(s, g->width, g->height, TAG_SCALE, "objective", g->width - 14, (box.top + box.bottom) / 2,
             "center rotate by 90");
    str_addf(s, "%sset cbrange [%.9g:%.9g]\n", ticks, lo, hi);
}

static void put_pair_names(struct str *s, const struct axis_pair *q, size_t i, size_t letters)
{
    char name[40];
    snprintf(name, sizeof name, "xname%zu", i);
    put_variable(s, name, q->x->name, letters);
    snprintf(name, sizeof name, "yname%zu", i);
    put_variable(s, name, q->y->name, FRAME / (size_t)LETTER - 4);
    char percent[24];
    if (q->share >= 0)
        str_addf(s, "share%zu = 'interaction %s of the variance'\n", i,
                 percent_text(q->share, percent, sizeof percent));
    else
        str_addf(s, "share%zu = ''\n", i);
}

/* Finds the range of the means in all cells, and whether there are cells without a result. */
static int range_of_cells(const struct trials_view *v, const struct axis_pair *q, size_t n, struct pair_cells *c,
                          double *all, double *lo, double *hi)
{
    size_t m = 0;
    int holes = 0;
    for (size_t i = 0; i < n; i++) {
        fill_cells(v, &q[i], c);
        for (size_t k = 0; k < q[i].x->levels * q[i].y->levels; k++) {
            holes |= c->planned[k] && !c->n[k];
            if (c->n[k])
                all[m++] = c->sum[k] / c->n[k];
        }
    }
    fair_range(all, m, v->maximise, lo, hi);
    double least, most;
    metric_limits(v->t, v->metric, &least, &most);
    *lo = *lo < least && least < *hi ? least : *lo;
    *hi = *hi > most && most > *lo ? most : *hi;
    return holes;
}

static const char *draw_pairs(const struct plot_data *d, struct str *s, struct arena *a)
{
    struct axis_pair best[PANELS + 1];
    struct labels below[PANELS];
    struct str ticks = {0};
    struct pair_cells c = {arena_take(a, SIDE * SIDE * sizeof *c.sum), arena_take(a, SIDE * SIDE * sizeof *c.n),
                           arena_take(a, SIDE * SIDE), 0};
    double *all = arena_take(a, PANELS * SIDE * SIDE * sizeof *all), lo, hi;
    size_t found = 0, holes[PANELS];
    if (!c.sum || !c.n || !c.planned || !all)
        return PLOT_NOMEM;
    if (d->naxes < 2)
        return d->v.naxes < 2 ? "it needs two axes"
                              : "the values of its axes follow from those of the first: they are one";
    if (!(found = choose_pairs(d, best, &c)))
        return "no two axes have 2 to 20 values each and results for half of their pairs";
    int hatched = range_of_cells(&d->v, best, found, &c, all, &lo, &hi);
    size_t letters = put_ticks(&ticks, "cb", d->unit * lo, d->unit * hi, 8, 0);
    struct places g = arrange_pairs(best, found, letters, 1 + hatched, below);
    script_begin(s, d, &plot_pairs, "mean objective for pairs of axes");
    put_variable(s, "objective", d->label, FRAME / (size_t)LETTER);
    for (size_t i = 0; i < found; i++) {
        fill_cells(&d->v, &best[i], &c);
        put_pair_names(s, &best[i], i, (size_t)(g.frame / LETTER));
        put_pair_cells(s, d, &best[i], i, &c, lo, hi, &below[i]);
        holes[i] = put_empty(s, &best[i], i, &c, &below[i]);
    }
    put_variable(s, "below", hatched ? "hatched: no result (failed or skipped)" : "", 0);
    script_draw(s, (int)g.width, (int)g.height);
    str_add(s, "set multiplot\nunset grid\nset border 0\nset tics scale 0\n");
    put_heading(s, 1 + hatched, (int)g.height);
    put_scale(s, &g, ticks.p ? ticks.p : "", d->unit * lo, d->unit * hi);
    if (!d->v.maximise)
        str_add(s, "set palette negative\n");
    for (size_t i = 0; i < found; i++)
        plot_pair(s, &g, &best[i], i, &below[i], holes[i] > 0,
                  cells_have_room(&g, &best[i], d->unit * lo, d->unit * hi));
    str_add(s, "unset multiplot\n");
    script_end(s);
    s->failed |= ticks.failed;
    str_release(&ticks);
    return NULL;
}

const struct plot plot_pairs = {
    {"pairs", "heat maps of the mean objective for pairs of axes, strongest interaction first"}, draw_pairs};
