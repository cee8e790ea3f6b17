/* surrogate.c - what the forest over a search says of its two most important axes: the mean over all others, with their
 * distributions, at values of both (the marginals of Hutter, Hoos & Leyton-Brown 2014, exact for each tree). It is the
 * forest of the shares, as it takes categories, conditions and trials that were given up as they are; a Gaussian
 * process would want numbers that are near each other where the results are. */
#include "report/stats/forest_study.h"
#include "report/table/columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 24 /* values of an axis at most */

struct surrogate_row {
    const char *axis, *value, *other, *other_value;
    double mean, spread;
};

#define SURROGATE(name, help, cell, field) COLUMN_FIELD(name, help, cell, struct surrogate_row, field)
static const struct column_row surrogate_columns[] = {
    SURROGATE("axis", "the axis with the largest share of the variance", column_text, axis),
    SURROGATE("value", "a value of it that was tried", column_text, value),
    SURROGATE("other", "the axis with the second largest", column_text, other),
    SURROGATE("other_value", "a value of that", column_text, other_value),
    SURROGATE("mean", "what the forest of NAME.effects.csv expects of the objective there, over all other axes",
              column_double, mean),
    SURROGATE("spread", "standard deviation of what its trees expect", column_double, spread),
};
const struct column_table surrogate_table = {
    "NAME.surrogate.csv", "a value of each of the two most important axes, of points that a search has drawn",
    COLUMNS_OF(surrogate_columns)};
enum { COLUMNS = sizeof surrogate_columns / sizeof *surrogate_columns };

/* One of the two axes: the values that are told, and of the tree at hand which of its leaves have them. */
struct surrogate_side {
    const struct factor *factor;
    size_t axis, n; /* number in the forest; values */
    size_t level[SIDE];
};

/* Finds the factors with the two largest shares. Returns how many there are. */
static size_t choose_two(const struct design *g, const struct table *effects, const struct factor *two[2])
{
    const int share = table_column(effects, "share");
    double most[2] = {-1, -1};
    two[0] = two[1] = NULL;
    for (size_t r = 0; r < effects->rows; r++) {
        double x = table_number(effects, r, share);
        if (strcmp(table_cell(effects, r, "kind"), "axis") != 0 || isnan(x) || !(x > most[1]))
            continue;
        size_t f = 0;
        while (f < g->nfactors && strcmp(g->factor[f].name, table_cell(effects, r, "axis")) != 0)
            f++;
        if (f == g->nfactors)
            continue;
        const int first = x > most[0];
        most[1] = first ? most[0] : x;
        two[1] = first ? two[0] : &g->factor[f];
        most[0] = first ? x : most[0];
        two[0] = first ? &g->factor[f] : two[0];
    }
    return (two[0] != NULL) + (two[1] != NULL);
}

/* Of many values some, evenly spread, the first and the last too. */
static void choose_values(struct surrogate_side *s, const struct forest_data *d)
{
    const size_t levels = d->axis[s->axis].levels;
    s->n = levels < SIDE ? levels : SIDE;
    for (size_t i = 0; i < s->n; i++)
        s->level[i] = s->n < 2 ? 0 : i * (levels - 1) / (s->n - 1);
}

static int is_in_side(const struct forest_axis *a, const struct forest_side *side, size_t level)
{
    const double middle = (a->from[level] + a->to[level]) / 2;
    return a->ordered ? middle >= side->lo && middle < side->hi : (int)(side->set >> level & 1);
}

/* Adds the marginal of the tree to m[x->n][y->n]. */
static void add_marginal(const struct forest_tree *t, const struct forest_data *d, const struct surrogate_side *x,
                         const struct surrogate_side *y, double *m)
{
    for (size_t l = 0; l < t->leaves; l++) {
        const struct forest_side *box = t->box + l * d->axes;
        double weighed = t->value[l];
        for (size_t i = 0; i < d->axes; i++)
            weighed *= i == x->axis || i == y->axis ? 1 : box[i].width;
        for (size_t i = 0; i < x->n; i++)
            for (size_t k = 0; k < y->n && is_in_side(&d->axis[x->axis], &box[x->axis], x->level[i]); k++)
                m[i * y->n + k] += is_in_side(&d->axis[y->axis], &box[y->axis], y->level[k]) ? weighed : 0;
    }
}

/* Fills the means and squares[] of all trees. 0, or -1 without memory. */
static int ask_forest(const struct forest_study *s, const struct surrogate_side *x, const struct surrogate_side *y,
                      double *mean, double *squares, struct arena *scratch)
{
    const size_t n = x->n * y->n;
    struct planting p;
    double *m = arena_take(scratch, n * sizeof *m);
    int bad = !m || planting_init(&p, s, scratch);
    if (bad)
        return -1;
    for (int t = 0; t < FOREST_TREES && !bad; t++) {
        memset(m, 0, n * sizeof *m);
        bad = plant_tree(&p, KIND_FOREST, t);
        if (!bad)
            add_marginal(&p.tree, &p.d, x, y, m);
        for (size_t i = 0; i < n; i++) { /* Welford, 1962 */
            const double before = m[i] - mean[i];
            mean[i] += before / (t + 1);
            squares[i] += before * (m[i] - mean[i]);
        }
    }
    forest_release(&p.tree);
    return bad ? -1 : 0;
}

static int add_rows(struct table *out, const struct surrogate_side *x, const struct surrogate_side *y,
                    const double *mean, const double *squares)
{
    for (size_t i = 0; i < x->n * y->n; i++) {
        const struct surrogate_row row = {x->factor->name, x->factor->text[x->level[i / y->n]],
                                          y->factor->name, y->factor->text[y->level[i % y->n]],
                                          mean[i],         sqrt(squares[i] / (FOREST_TREES - 1))};
        const char *cell[COLUMNS];
        char text[COLUMNS][STR_NUM];
        for (size_t c = 0; c < COLUMNS; c++)
            cell[c] = surrogate_columns[c].cell(&row, surrogate_columns[c].at, text[c]);
        if (table_row(out, cell))
            return -1;
    }
    return 0;
}

/* 0 also where there is nothing to ask. */
static int ask_study(struct forest_study *s, const struct table *effects, struct table *out, struct arena *scratch)
{
    const struct factor *two[2];
    if (s->g->nfactors > DESIGN_MAX || choose_two(s->g, effects, two) < 2)
        return 0;
    if (forest_study_data(s, scratch))
        return -1;
    struct surrogate_side x = {two[0], s->of_factor[two[0] - s->g->factor], 0, {0}};
    struct surrogate_side y = {two[1], s->of_factor[two[1] - s->g->factor], 0, {0}};
    if (!forest_study_is_enough(s) || x.axis == NO_AXIS || y.axis == NO_AXIS)
        return 0;
    choose_values(&x, &s->d);
    choose_values(&y, &s->d);
    double *mean = arena_take(scratch, x.n * y.n * sizeof *mean);
    double *squares = arena_take(scratch, x.n * y.n * sizeof *squares);
    return !mean || !squares || ask_forest(s, &x, &y, mean, squares, scratch) || add_rows(out, &x, &y, mean, squares)
               ? -1
               : 0;
}

int report_surrogate(const struct table *trials, const struct table *effects, const char *objective, struct table *out,
                     struct err *e)
{
    const char *name[COLUMNS];
    struct trials_view v;
    struct design g;
    struct forest_study s = {.g = &g};
    struct arena scratch;
    for (size_t c = 0; c < COLUMNS; c++)
        name[c] = surrogate_columns[c].name;
    arena_init(&s.mem);
    arena_init(&scratch);
    int bad = view_init(&v, trials, objective, e);
    if (!bad &&
        (table_columns(out, name, COLUMNS) || design_factors(&g, &v, &s.mem) || ask_study(&s, effects, out, &scratch)))
        bad = err_set(e, ERR_NOMEM, "no memory for the surrogate of %zu trials", trials->rows);
    view_release(&v);
    arena_release(&s.mem);
    arena_release(&scratch);
    return bad ? -1 : 0;
}
