#include "report/report.h"
#include "report/view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const statistic[] = {"mean", "std", "ci95_low", "ci95_high", "min", "max"};
#define STATISTICS (sizeof statistic / sizeof *statistic)

struct sheet { /* one row being made */
    const struct view *v;
    const char **cell;
    char (*number)[STR_NUM];
    size_t n;
    double *buf;
    struct t_cache cache;
};

static int make_head(const struct view *v, struct table *out, struct arena *a)
{
    const char **head = arena_take(a, (6 + v->t->cols * STATISTICS) * sizeof *head);
    size_t n = 0;
    if (!head)
        return -1;
    head[n++] = "point";
    for (size_t i = 0; i < v->naxes; i++)
        head[n++] = v->axis[i].name;
    for (size_t c = 0; c < v->t->cols; c++)
        if (view_is_fact(v->t->head[c]))
            head[n++] = v->t->head[c];
    head[n++] = "n";
    head[n++] = "rank";
    head[n++] = "tied_with_best";
    for (size_t c = 0; c < v->t->cols; c++)
        for (size_t s = 0; view_is_metric(v->t->head[c]) && s < STATISTICS; s++)
            if (!(head[n++] = arena_fmt(a, "%s_%s", v->t->head[c], statistic[s])))
                return -1;
    return table_columns(out, head, n);
}

static void put_text(struct sheet *s, const char *text)
{
    s->cell[s->n++] = text;
}

static void put_count(struct sheet *s, size_t n)
{
    s->cell[s->n] = s->number[s->n];
    snprintf(s->number[s->n++], STR_NUM, "%zu", n);
}

/* Metrics are computed in float, so that nine digits say all about their means. */
static void put_number(struct sheet *s, double x)
{
    s->cell[s->n] = s->number[s->n];
    str_float(s->number[s->n++], (float)x);
}

/* The one number of a point with one complete trial, as it stands. */
static const char *only_text(const struct view *v, size_t p, int col)
{
    const char *text = "";
    for (size_t i = v->start[p]; i < v->start[p + 1]; i++)
        if (v->complete[v->row[i]] && !isnan(table_number(v->t, v->row[i], col)))
            text = view_cell(v, v->row[i], col);
    return text;
}

static void put_metric(struct sheet *s, size_t p, int col)
{
    struct stats m = view_stats(s->v, p, col, s->buf, &s->cache);
    const double x[STATISTICS] = {m.mean, m.std, m.low, m.high, m.min, m.max};
    const char *only = m.n == 1 ? only_text(s->v, p, col) : NULL;
    for (size_t i = 0; i < STATISTICS; i++)
        if (only && !isnan(x[i]))
            put_text(s, only);
        else
            put_number(s, x[i]);
}

/* A fact of the first trial that knows it: a trial that never started may not. */
static const char *fact(const struct view *v, size_t p, int col)
{
    const char *text = "";
    for (size_t i = v->start[p]; i < v->start[p + 1] && !*text; i++)
        text = view_cell(v, v->row[i], col);
    return text;
}

static int make_row(struct sheet *s, size_t p, size_t rank, int tied, struct table *out)
{
    const struct view *v = s->v;
    size_t complete = 0;
    s->n = 0;
    put_text(s, view_cell(v, v->first[p], table_column(v->t, "point")));
    for (size_t i = 0; i < v->naxes; i++)
        put_text(s, view_cell(v, v->first[p], v->axis[i].col));
    for (size_t c = 0; c < v->t->cols; c++)
        if (view_is_fact(v->t->head[c]))
            put_text(s, fact(v, p, (int)c));
    for (size_t i = v->start[p]; i < v->start[p + 1]; i++)
        complete += (size_t)v->complete[v->row[i]];
    put_count(s, complete);
    if (isnan(v->mean[p]))
        put_text(s, "");
    else
        put_count(s, rank);
    put_text(s, tied == TIE_YES ? "yes" : isnan(v->mean[p]) || tied == TIE_UNKNOWN ? "" : "no");
    for (size_t c = 0; c < v->t->cols; c++)
        if (view_is_metric(v->t->head[c]))
            put_metric(s, p, (int)c);
    return table_row(out, s->cell);
}

/* Equal means share a rank, and the next one counts them all: 1, 1, 3. */
static void number_ranks(const struct view *v, size_t *rank)
{
    for (size_t i = 0; i < v->npoints; i++) {
        size_t p = v->order[i];
        rank[p] = i && v->mean[p] == v->mean[v->order[i - 1]] ? rank[v->order[i - 1]] : i + 1;
    }
}

static int make_points(struct view *v, struct table *out)
{
    struct sheet s = {.v = v};
    if (make_head(v, out, &v->mem))
        return -1;
    char *tied = arena_take(&v->mem, v->npoints + 1);
    size_t *rank = arena_take(&v->mem, (v->npoints + 1) * sizeof *rank);
    s.buf = arena_take(&v->mem, (v->t->rows + 1) * sizeof *s.buf);
    s.cell = arena_take(&v->mem, out->cols * sizeof *s.cell);
    s.number = arena_take(&v->mem, out->cols * sizeof *s.number);
    if (!tied || !rank || !s.buf || !s.cell || !s.number || view_ties(v, tied))
        return -1;
    number_ranks(v, rank);
    for (size_t p = 0; p < v->npoints; p++)
        if (make_row(&s, p, rank[p], tied[p], out))
            return -1;
    return 0;
}

int report_points(const struct table *trials, const char *objective, struct table *points, struct err *e)
{
    struct view v;
    if (view_init(&v, trials, objective, e)) {
        view_release(&v);
        return -1;
    }
    int bad = make_points(&v, points) && err_set(e, ERR_NOMEM, "no memory for the table of %zu points", v.npoints);
    view_release(&v);
    return bad ? -1 : 0;
}
