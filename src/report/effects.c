/* Analysis of variance of a factorial design, Fisher 1925; on a complete balanced grid the sum of squares of a set of
 * factors is that of its cell means, effects follow by inclusion and exclusion, and they are orthogonal: they add up to
 * the total. A conditional axis is a nested factor: its effect is what it adds inside the values where it exists. */
#include "report/grid.h"
#include "report/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct anova {
    const struct grid *g;
    double *y;   /* [n] of the complete part, less its mean */
    int *code;   /* [n] scratch */
    double *sum; /* [n] scratch */
    size_t *count;
    double total, points;
    int failed;
};

/* Sum of squares between the cells of a set of factors. */
static double between(struct anova *a, unsigned set)
{
    long cells = set ? grid_cells(a->g, set, a->code) : 0;
    double s = 0;
    if (cells < 0)
        a->failed = 1;
    if (cells <= 0)
        return 0;
    memset(a->sum, 0, (size_t)cells * sizeof *a->sum);
    memset(a->count, 0, (size_t)cells * sizeof *a->count);
    for (size_t i = 0; i < a->g->n; i++) {
        a->sum[a->code[i]] += a->y[i];
        a->count[a->code[i]]++;
    }
    for (long c = 0; c < cells; c++)
        s += a->sum[c] * a->sum[c] / (double)a->count[c];
    return s;
}

/* What remains of rounding where nothing is. */
static double clean(const struct anova *a, double s)
{
    return s < 1e-13 * a->total ? 0 : s;
}

static double axis_effect(struct anova *a, size_t f)
{
    unsigned up = a->g->factor[f].inside;
    return clean(a, between(a, up | 1u << f) - between(a, up));
}

static double pair_effect(struct anova *a, size_t f, size_t h)
{
    unsigned both = a->g->factor[f].inside | a->g->factor[h].inside, bf = 1u << f, bh = 1u << h;
    double inner = between(a, both | bf | bh), less_f = between(a, (both | bh) & ~bf);
    return clean(a, inner - less_f - between(a, (both | bf) & ~bh) + between(a, both & ~bf & ~bh));
}

static int anova_init(struct anova *a, const struct grid *g, struct arena *mem)
{
    memset(a, 0, sizeof *a);
    a->g = g;
    a->y = arena_take(mem, (g->n + 1) * sizeof *a->y);
    a->code = arena_take(mem, (g->n + 1) * sizeof *a->code);
    a->sum = arena_take(mem, (g->n + 1) * sizeof *a->sum);
    a->count = arena_take(mem, (g->n + 1) * sizeof *a->count);
    if (!a->y || !a->code || !a->sum || !a->count)
        return -1;
    double mean = 0;
    int same = 1;
    for (size_t i = 0; i < g->n; i++) {
        mean += g->v->y[g->row[i]] / (double)g->n;
        same &= g->v->y[g->row[i]] == g->v->y[g->row[0]];
    }
    for (size_t i = 0; i < g->n && !same; i++) {
        a->y[i] = g->v->y[g->row[i]] - mean;
        a->total += a->y[i] * a->y[i];
    }
    a->points = between(a, (1u << g->nfactors) - 1);
    return a->failed ? -1 : 0;
}

/* ---- rows ------------------------------------------------------------------------------------------------------- */

enum { KIND, AXIS, OTHER, VALUE, N, MEAN, LOW, HIGH, SHARE, COLUMNS };
static const char *const head[COLUMNS] = {"kind", "axis",     "other",     "value", "n",
                                          "mean", "ci95_low", "ci95_high", "share"};

static int add(struct table *out, const char *kind, const char *axis, const char *other, const char *value, size_t n,
               const struct stats *s, double share)
{
    const char *cell[COLUMNS];
    char number[COLUMNS][STR_NUM] = {{0}};
    if (n)
        snprintf(number[N], STR_NUM, "%zu", n);
    str_float(number[MEAN], s ? (float)s->mean : NAN);
    str_float(number[LOW], s ? (float)s->low : NAN);
    str_float(number[HIGH], s ? (float)s->high : NAN);
    str_double(number[SHARE], share);
    for (size_t i = 0; i < COLUMNS; i++)
        cell[i] = number[i];
    cell[KIND] = kind;
    cell[AXIS] = axis;
    cell[OTHER] = other;
    cell[VALUE] = value;
    return table_row(out, cell);
}

static int note(struct table *out, const char *text)
{
    return add(out, "note", "", "", text, 0, NULL, NAN);
}

/* Shares of axes, pairs, rest and noise; all empty when a is NULL. */
static int add_shares(struct table *out, const struct grid *g, struct anova *a)
{
    double left = a ? a->points : 0, total = a ? a->total : 0;
    size_t n = a ? g->n : 0;
    for (size_t f = 0; f < g->nfactors; f++) {
        double s = a && g->factor[f].kept > 1 ? axis_effect(a, f) : NAN;
        left -= isnan(s) ? 0 : s;
        if (add(out, "axis", g->factor[f].name, "", "", n, NULL, s / total))
            return -1;
    }
    for (size_t f = 0; g->nfactors <= GRID_MAX && f < g->nfactors; f++)
        for (size_t h = f + 1; h < g->nfactors; h++) {
            if ((g->factor[f].inside >> h & 1) || (g->factor[h].inside >> f & 1))
                continue; /* one stands inside the other: they cannot interact */
            double s = a && g->factor[f].kept > 1 && g->factor[h].kept > 1 ? pair_effect(a, f, h) : NAN;
            left -= isnan(s) ? 0 : s;
            if (add(out, "pair", g->factor[f].name, g->factor[h].name, "", n, NULL, s / total))
                return -1;
        }
    double noise = a && g->repeats > 1 ? clean(a, a->total - a->points) : NAN;
    return add(out, "rest", "higher orders", "", "", n, NULL, a ? clean(a, left) / total : NAN) ||
           add(out, "noise", "seed noise", "", "", n, NULL, noise / total);
}

/* The points of each value of f: point[start[l]] .. point[start[l+1]-1]. start[levels+2], zeroed. */
static void points_by_value(const struct view *v, const struct factor *f, size_t *start, size_t *point)
{
    for (size_t p = 0; p < v->npoints; p++)
        start[f->code[v->first[p]] + 2]++;
    for (size_t l = 2; l <= f->levels; l++)
        start[l + 1] += start[l];
    for (size_t p = 0; p < v->npoints; p++)
        point[start[f->code[v->first[p]] + 1]++] = p;
}

/* Mean over n points, each counted once, and its interval over them; when only one of them has a mean, over its
 * repeats. */
static int add_value(struct table *out, const struct view *v, const char *axis, const char *text, const size_t *point,
                     size_t n, double *buf, struct t_cache *cache)
{
    size_t points = 0, trials = 0, last = 0;
    for (size_t k = 0; k < n; k++) {
        size_t p = point[k];
        for (size_t i = v->start[p]; i < v->start[p + 1]; i++)
            trials += !isnan(v->y[v->row[i]]);
        if (isnan(v->mean[p]))
            continue;
        buf[points++] = v->mean[p];
        last = p;
    }
    struct stats s =
        points == 1 ? view_stats(v, last, v->col, buf, cache) : metric_stats(v->metric, buf, points, cache);
    return add(out, "value", axis, "", text, trials, &s, NAN);
}

static int add_values(struct table *out, const struct grid *g, struct arena *mem)
{
    struct t_cache cache = {0};
    double *buf = arena_take(mem, (g->v->t->rows + 1) * sizeof *buf);
    size_t *point = arena_take(mem, (g->v->npoints + 1) * sizeof *point);
    if (!buf || !point)
        return -1;
    for (size_t i = 0; i < g->nfactors; i++) {
        const struct factor *f = &g->factor[i];
        size_t *start = arena_take(mem, (f->levels + 2) * sizeof *start);
        if (!start)
            return -1;
        points_by_value(g->v, f, start, point);
        for (size_t l = 0; l < f->levels; l++)
            if (add_value(out, g->v, f->name, f->text[l], point + start[l], start[l + 1] - start[l], buf, &cache))
                return -1;
    }
    return 0;
}

static int note_joined(struct table *out, const struct grid *g)
{
    for (size_t f = 0; f < g->nfactors; f++)
        if (strstr(g->factor[f].name, " & "))
            return note(out, "axes joined by & always change together: their effects cannot be told apart");
    return 0;
}

static int add_notes(struct table *out, const struct grid *g, const struct anova *a)
{
    char text[256];
    if (note_joined(out, g))
        return -1;
    if (!g->complete) {
        snprintf(text, sizeof text, "no shares: %s", g->why);
        return note(out, text);
    }
    if (!(a->total > 0) && note(out, "no shares: the objective is the same everywhere"))
        return -1;
    if (g->n < g->v->t->rows) {
        snprintf(text, sizeof text, "shares are those of %zu of %zu trials, the complete part of the grid", g->n,
                 g->v->t->rows);
        if (note(out, text))
            return -1;
    }
    if (a->total > 0 && g->repeats < 2)
        return note(out, "one repeat a point: seed noise stands in every share, mostly in the higher orders");
    return 0;
}

static int make_effects(const struct view *v, struct table *out, struct arena *mem)
{
    struct grid g;
    struct anova a = {0};
    if (table_columns(out, head, COLUMNS) || grid_init(&g, v, mem))
        return -1;
    if (g.complete && anova_init(&a, &g, mem))
        return -1;
    if (add_shares(out, &g, g.complete && a.total > 0 ? &a : NULL) || (g.complete && a.failed))
        return -1;
    return add_values(out, &g, mem) || add_notes(out, &g, &a) ? -1 : 0;
}

int report_effects(const struct table *trials, const char *objective, struct table *effects, struct err *e)
{
    struct view v;
    struct arena mem;
    arena_init(&mem);
    int bad = view_init(&v, trials, objective, e);
    if (!bad && make_effects(&v, effects, &mem))
        bad = err_set(e, ERR_NOMEM, "no memory for the effects of %zu trials", trials->rows);
    view_release(&v);
    arena_release(&mem);
    return bad;
}
