/* trials_view.c - makes points, axes and ranks of the main table: every summary and picture starts here. */
#include "report/stats/trials_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- columns ---------------------------------------------------------------------------------------------------- */

static const char *const key_columns[] = {"trial",        "point",          "repeat", "seed",      "fold",
                                          "folds",        "status",         "id",     "same_as",   "warning",
                                          "warned_at",    "dropout_at",     "error",  "pruned_by", "pruned_at",
                                          "pruned_value", "pruned_against", NULL};
static const char *const measured_columns[] = {"epochs_run", "best_epoch", NULL}; /* from 0 on */

static int one_of(const char *word, const char *const *list)
{
    while (*list && strcmp(word, *list))
        list++;
    return *list != NULL;
}

int view_is_metric(const struct trials_view *v, int col)
{
    const char *split, *name = report_metric_of(v->t->head[col], &split);
    return col == v->col || (*split && strcmp(name, "samples")) || one_of(name, measured_columns);
}

int view_is_fact(const struct trials_view *v, int col)
{
    const char *name = v->t->head[col];
    return !strchr(name, '.') && !one_of(name, key_columns) && !view_is_metric(v, col);
}

const char *view_cell(const struct trials_view *v, size_t row, int col)
{
    return table_text(v->t, row, col, NULL);
}

double view_value(const struct trials_view *v, size_t row, int *given_up)
{
    char buf[STR_NUM];
    *given_up = !v->complete[row] && !strcmp(table_text(v->t, row, v->status, buf), "pruned");
    return *given_up ? table_number(v->t, row, v->col) : v->y[row];
}

/* Reads the objectives of a text. 0, or -1 with *e: one is not understood, or is no column of the table. */
static int read_goals(struct trials_view *v, const char *text, struct err *e)
{
    for (const char *at = text; at;) {
        struct view_goal *g = &v->goal[v->goals];
        if (v->goals == PARETO_VALUES)
            return err_set(e, ERR_USAGE, "objective '%.80s': there are more than %d", text, PARETO_VALUES);
        at = report_objective(at, g->metric, sizeof g->metric, &g->maximise);
        g->v = v;
        g->col = table_column(v->t, g->metric);
        if (!*g->metric)
            return err_set(e, ERR_USAGE, "objective '%.80s': expected 'max METRIC' or 'min METRIC'", text);
        if (g->col < 0)
            return err_set(e, ERR_DATA, "the main table has no column '%s', which the objective '%s' names", g->metric,
                           text);
        v->goals++;
    }
    memcpy(v->metric, v->goal->metric, sizeof v->metric);
    v->maximise = v->goal->maximise;
    v->col = v->goal->col;
    for (size_t k = 1; k < v->goals; k++)
        v->goal[k].fact = view_is_fact(v, v->goal[k].col);
    return 0;
}

/* ---- points ----------------------------------------------------------------------------------------------------- */

static int number_points(struct trials_view *v, int col)
{
    size_t rows = v->t->rows;
    struct ids m = {0};
    struct arena texts;
    long id = 0;
    arena_init(&texts);
    for (size_t r = 0; r < rows && id >= 0; r++) {
        id = ids_of_cell(&m, v->t, r, col, &texts);
        v->point[r] = (uint32_t)id;
    }
    v->npoints = m.n;
    ids_release(&m);
    arena_release(&texts);
    if (id < 0)
        return -1;
    v->first = arena_take(&v->mem, (v->npoints + 1) * sizeof *v->first);
    v->start = arena_take(&v->mem, (v->npoints + 2) * sizeof *v->start);
    v->order = arena_take(&v->ranks, (v->npoints + 1) * sizeof *v->order);
    v->rank = arena_take(&v->ranks, (v->npoints + 1) * sizeof *v->rank);
    for (size_t k = 0; k < v->goals; k++)
        v->goal[k].mean = arena_take(&v->ranks, (v->npoints + 1) * sizeof *v->mean);
    v->mean = v->goal->mean;
    if (v->goals > 1)
        v->front = arena_take(&v->ranks, (v->npoints + 1) * sizeof *v->front);
    if (v->ranks.failed || !v->first || !v->start)
        return -1;
    for (size_t r = rows; r-- > 0;) {
        v->first[v->point[r]] = (uint32_t)r;
        v->start[v->point[r] + 2]++;
    }
    for (size_t p = 2; p <= v->npoints; p++)
        v->start[p + 1] += v->start[p];
    for (size_t r = 0; r < rows; r++)
        v->row[v->start[v->point[r] + 1]++] = (uint32_t)r;
    return 0;
}

static int fill_view(struct trials_view *v, int point_col)
{
    size_t rows = v->t->rows + 1;
    v->point = arena_take(&v->mem, rows * sizeof *v->point);
    v->row = arena_take(&v->ranks, rows * sizeof *v->row);
    for (size_t k = 0; k < v->goals; k++)
        v->goal[k].y = arena_take(&v->mem, rows * sizeof *v->y);
    v->y = v->goal->y;
    v->complete = arena_take(&v->mem, rows);
    if (v->mem.failed || !v->row)
        return -1;
    for (size_t r = 0; r < v->t->rows; r++) {
        char buf[STR_NUM];
        v->complete[r] = !strcmp(table_text(v->t, r, v->status, buf), "complete");
        for (size_t k = 0; k < v->goals; k++)
            v->goal[k].y[r] = v->complete[r] ? table_number(v->t, r, v->goal[k].col) : NAN;
        v->ncomplete += (size_t)v->complete[r];
    }
    return number_points(v, point_col) || view_read_axes(v) || view_rank_points(v) ? -1 : 0;
}

/* The number of folds is the same in all rows that have one. */
static void read_folds(struct trials_view *v)
{
    int col = table_column(v->t, "folds");
    for (size_t r = 0; col >= 0 && r < v->t->rows && v->overlap == 0; r++) {
        double folds = table_number(v->t, r, col);
        v->overlap = folds > 1 ? 1 / (folds - 1) : 0;
    }
}

int view_init(struct trials_view *v, const struct table *trials, const char *objective, struct err *e)
{
    memset(v, 0, sizeof *v);
    v->t = trials;
    arena_init(&v->mem);
    arena_init(&v->ranks);
    int point = table_column(trials, "point");
    v->status = table_column(trials, "status");
    if (point < 0 || v->status < 0)
        return err_set(e, ERR_DATA, "the main table has no column '%s'", point < 0 ? "point" : "status");
    if (read_goals(v, objective, e))
        return -1;
    read_folds(v);
    if (fill_view(v, point)) {
        view_release(v);
        return err_set(e, ERR_NOMEM, "no memory to sort %zu trials", trials->rows);
    }
    return 0;
}

void view_forget_ranks(struct trials_view *v)
{
    arena_release(&v->ranks);
    v->order = v->rank = v->row = v->front = NULL;
    v->mean = NULL;
    for (size_t k = 0; k < v->goals; k++)
        v->goal[k].mean = NULL;
}

void view_release(struct trials_view *v)
{
    view_forget_ranks(v);
    arena_release(&v->mem);
    memset(v, 0, sizeof *v);
}

void metric_limits(const struct table *t, const char *column, double *lo, double *hi)
{
    const struct report_metric *m = table_metric(t, column);
    *lo = m ? m->low : one_of(column, measured_columns) ? 0 : -INFINITY;
    *hi = m ? m->high : INFINITY;
}

struct stats metric_stats(const struct trials_view *v, const char *column, const double *values, size_t n,
                          struct t_cache *c)
{
    struct stats s = stats_of(values, n, c);
    double lo, hi;
    metric_limits(v->t, column, &lo, &hi);
    if (v->overlap > 0 && s.n > 1) {
        double half = (s.high - s.mean) * sqrt(1 + (double)s.n * v->overlap);
        s.low = s.mean - half;
        s.high = s.mean + half;
    }
    if (s.low < lo && s.mean >= lo) /* a mean outside is another metric of that name */
        s.low = lo;
    if (s.high > hi && s.mean <= hi)
        s.high = hi;
    return s;
}

struct stats view_stats(const struct trials_view *v, size_t p, int col, double *buf, struct t_cache *c)
{
    size_t n = 0;
    for (size_t i = v->start[p]; i < v->start[p + 1]; i++) {
        size_t r = v->row[i];
        if (v->complete[r])
            buf[n++] = col == v->col ? v->y[r] : table_number(v->t, r, col);
    }
    struct stats s = metric_stats(v, v->t->head[col], buf, n, c);
    for (size_t k = 0; k < v->goals && n; k++)
        if (col == v->goal[k].col)
            s.mean = v->goal[k].mean[p]; /* the one that ranks it */
    return s;
}

void view_point_text(const struct trials_view *v, size_t p, int brief, struct str *s)
{
    const char *sep = "";
    for (size_t i = 0; i < v->naxes; i++) {
        const struct table_axis *a = &v->axis[i];
        const char *text = view_cell(v, v->first[p], a->col);
        if (!*text)
            continue;
        if (brief)
            text = a->show[a->code[v->first[p]]];
        str_addf(s, "%s%s=%s", sep, a->label, text);
        sep = ", ";
    }
    if (!*sep)
        str_addf(s, "point %s", view_cell(v, v->first[p], table_column(v->t, "point")));
}
