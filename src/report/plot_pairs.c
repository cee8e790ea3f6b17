#include "report/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PANELS 6
#define LABEL 18 /* letters of a value */
#define SIDE 20  /* values of an axis that still make a heat map */

struct pair {
    const struct axis *x, *y;
    double share; /* of their interaction, -1: not known */
};

static double share_of(const struct plot_data *d, const char *one, const char *other)
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
struct cells {
    double *sum, *n; /* points with results and the sum of their means */
    char *planned;   /* there are points, with results or without */
    size_t filled;
};

static void fill(const struct view *v, const struct pair *q, struct cells *c)
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

static int useful(const struct view *v, const struct pair *q, struct cells *c)
{
    const struct axis *x = q->x, *y = q->y;
    if (x->levels < 2 || y->levels < 2 || x->levels > SIDE || y->levels > SIDE)
        return 0;
    fill(v, q, c);
    return 2 * c->filled >= x->levels * y->levels && v->npoints > 1;
}

/* The strongest interactions first. */
static size_t choose(const struct plot_data *d, struct pair *best, struct cells *c)
{
    size_t found = 0;
    for (size_t i = 0; i < d->naxes; i++)
        for (size_t j = i + 1; j < d->naxes; j++) {
            struct pair q = {&d->axis[i], &d->axis[j], 0};
            /* one that stands inside the other has no interaction with it, and a picture of one column */
            if ((d->inside[i] >> j & 1) || (d->inside[j] >> i & 1) || !useful(&d->v, &q, c))
                continue;
            q.share = share_of(d, q.x->name, q.y->name);
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
            const struct axis *x = best[i].x;
            best[i].x = best[i].y;
            best[i].y = x;
        }
    return found;
}

static void put_places(struct str *s, const struct pair *q, size_t x, size_t y)
{
    str_add(s, "\t");
    put_field(s, q->x->show[x], LABEL);
    str_add(s, "\t");
    put_field(s, q->y->show[y], LABEL);
    str_add(s, "\n");
}

/* x, y, mean, digits and labels; text colours by brightness: 0 white, 1 black */
static void put_cells(struct str *s, const struct plot_data *d, const struct pair *q, size_t i, const struct cells *c,
                      double lo, double hi)
{
    char name[40];
    double width = d->unit * (hi - lo);
    int digits = width >= 20 ? 1 : width >= 2 ? 2 : width >= 0.1 ? 3 : width >= 0.01 ? 4 : 5;
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
            put_places(s, q, x, y);
        }
    data_end(s);
}

/* Those of the plan without a result; returns how many. */
static size_t put_empty(struct str *s, const struct pair *q, size_t i, const struct cells *c)
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
            put_places(s, q, x, y);
        }
    data_end(s);
    return n;
}

static void put_panel(struct str *s, const struct pair *q, size_t i, size_t columns, int slant, int holes)
{
    int small = columns > 1 ? q->x->levels > 6 : q->x->levels > 12;
    str_addf(s, "set xlabel xname%zu\nset ylabel yname%zu\nset title share%zu offset 0,-0.4\n", i, i, i);
    str_addf(s, "set xrange [-0.5:%zu.5]\nset yrange [-0.5:%zu.5]\nset xtics %s\n", q->x->levels - 1, q->y->levels - 1,
             slant ? "rotate by 35 right" : "norotate");
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
    if (!small)
        str_addf(s, ", \\\n     $cells%zu using 1:2:4:5 with labels tc rgb variable", i);
    str_add(s, "\nunset colorbox\n");
}

/* Letters that the widest tick of the y axes takes. */
static size_t tick_width(const struct pair *q, size_t n)
{
    size_t widest = 4;
    for (size_t i = 0; i < n; i++)
        for (size_t l = 0; l < q[i].y->levels; l++) {
            size_t w = text_width(q[i].y->show[l]);
            widest = w > widest ? w : widest;
        }
    return widest < LABEL ? widest : LABEL;
}

static int slanted(const struct pair *q, size_t n, size_t columns)
{
    for (size_t i = 0; i < n; i++) {
        size_t letters = 0;
        for (size_t l = 0; l < q[i].x->levels; l++)
            letters += (text_width(q[i].x->show[l]) < LABEL ? text_width(q[i].x->show[l]) : LABEL) + 2;
        if (letters > 90 / columns)
            return 1;
    }
    return 0;
}

static void put_names(struct str *s, const struct pair *q, size_t i)
{
    char name[40];
    snprintf(name, sizeof name, "xname%zu", i);
    put_variable(s, name, q->x->name, 40);
    snprintf(name, sizeof name, "yname%zu", i);
    put_variable(s, name, q->y->name, 30);
    char percent[24];
    if (q->share >= 0)
        str_addf(s, "share%zu = 'interaction %s of the variance'\n", i,
                 percent_text(q->share, percent, sizeof percent));
    else
        str_addf(s, "share%zu = ''\n", i);
}

static const char *draw(const struct plot_data *d, struct str *s, struct arena *a)
{
    struct pair best[PANELS + 1];
    struct cells c = {arena_take(a, SIDE * SIDE * sizeof *c.sum), arena_take(a, SIDE * SIDE * sizeof *c.n),
                      arena_take(a, SIDE * SIDE), 0};
    double *all = arena_take(a, PANELS * SIDE * SIDE * sizeof *all), lo, hi;
    size_t found = 0, m = 0, holes[PANELS], any = 0;
    if (!c.sum || !c.n || !c.planned || !all)
        return PLOT_NOMEM;
    if (d->naxes < 2)
        return d->v.naxes < 2 ? "it needs two axes" : "its axes always change together: they are one";
    if (!(found = choose(d, best, &c)))
        return "no two axes have 2 to 20 values each and results for half of their pairs";
    for (size_t i = 0; i < found; i++) {
        fill(&d->v, &best[i], &c);
        for (size_t k = 0; k < best[i].x->levels * best[i].y->levels; k++)
            if (c.n[k])
                all[m++] = c.sum[k] / c.n[k];
    }
    fair_range(all, m, d->v.maximise, &lo, &hi);
    script_begin(s, d, &plot_pairs, "mean objective for pairs of axes");
    put_variable(s, "objective", d->label, 60);
    for (size_t i = 0; i < found; i++) {
        fill(&d->v, &best[i], &c);
        put_names(s, &best[i], i);
        put_cells(s, d, &best[i], i, &c, lo, hi);
        any += holes[i] = put_empty(s, &best[i], i, &c);
    }
    put_variable(s, "below", any ? "hatched: no result (failed or skipped)" : "", 0);
    size_t rows = found > 3 ? 2 : 1, columns = (found + rows - 1) / rows;
    int width = columns == 1 ? 850 : columns == 2 ? 1150 : 1500, height = rows == 1 ? (columns == 1 ? 636 : 556) : 936;
    int slant = slanted(best, found, columns);
    double left = 58 + 8.0 * (double)tick_width(best, found), below = slant ? 110 : 62;
    script_draw(s, width, height);
    str_addf(s,
             "set multiplot layout %zu,%zu title heading.\"\\n\".below margins screen %.4f,%.4f,%.4f,%.4f spacing "
             "screen %.4f,%.4f\n",
             rows, columns, left / width, 1 - 125.0 / width, below / height, 1 - 86.0 / height, (left + 12) / width,
             (below + 36) / height);
    str_addf(s, "set colorbox user origin screen %.4f,%.4f size screen %.4f,%.4f\n", 1 - 100.0 / width, below / height,
             20.0 / width, 1 - (86.0 + below) / height);
    str_add(s, "unset grid\nset border 0\nset tics scale 0\nset cblabel objective\nset cbtics\nset cbrange [");
    put_number(s, d->unit * lo);
    str_add(s, ":");
    put_number(s, d->unit * hi);
    str_add(s, "]\n");
    if (!d->v.maximise)
        str_add(s, "set palette negative\n");
    for (size_t i = 0; i < found; i++)
        put_panel(s, &best[i], i, columns, slant, holes[i] > 0);
    str_add(s, "unset multiplot\n");
    script_end(s);
    return NULL;
}

const struct plot plot_pairs = {
    {"pairs", "heat maps of the mean objective for pairs of axes, strongest interaction first"}, draw};
