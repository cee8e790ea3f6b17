/* curves.c - gathers the table of epochs into curves: of each series the mean, least and greatest at every epoch. */
#include "report/plots/curves.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define OTHERS 40 /* thin lines beside the best point's */
#define DRAWN 500 /* epochs of a curve */

struct acc *curves_at(const struct curves *c, size_t series, size_t epoch, size_t metric)
{
    return &c->acc[(series * c->epochs + epoch) * METRICS + metric];
}

static void show_series(struct curves *c, size_t point)
{
    c->point[c->nshown] = point;
    c->series[point] = (long)c->nshown++;
}

/* Chooses the best point and others spread evenly over the ranking. */
static void choose_best(const struct trials_view *v, struct curves *c)
{
    size_t ranked = 0;
    while (ranked < v->npoints && !isnan(v->mean[v->order[ranked]]))
        ranked++;
    size_t others = ranked > 1 ? ranked - 1 : 0, take = others < OTHERS ? others : OTHERS;
    for (size_t i = 0; i < take + (ranked > 0); i++)
        show_series(c, v->order[i ? 1 + (i - 1) * others / take : 0]);
    c->nseries = ranked > 0;
}

static void choose_asked(const struct trials_view *v, const struct curves_of *of, struct curves *c)
{
    c->nseries = c->nshown = of->n;
    for (size_t i = 0; i < of->n; i++)
        for (size_t p = v->npoints; p-- > 0;)
            if (of->axis ? of->axis->code[v->first[p]] == (int)of->series[i] : p == of->series[i]) {
                c->point[i] = p;
                c->series[p] = (long)i;
            }
}

static void add_value(struct acc *x, double value)
{
    if (isnan(value))
        return;
    x->min = x->n && x->min < value ? x->min : value;
    x->max = x->n && x->max > value ? x->max : value;
    x->sum += value;
    x->n++;
}

/* Reads the table of epochs in two passes: the longest trial, then the sums. ids: points by their number as text. */
static int read_epochs(const struct plot_data *d, struct curves *c, struct ids *ids, struct arena *a)
{
    const struct table *t = &d->epochs;
    int point = table_column(t, "point"), epoch = table_column(t, "epoch"), col[METRICS];
    for (size_t m = 0; m < METRICS; m++) {
        char column[48] = "";
        if (c->panel[m / 2])
            snprintf(column, sizeof column, "%s%s", m % 2 ? "val_" : "train_", c->panel[m / 2]->name);
        col[m] = table_column(t, column);
    }
    for (int pass = 0; pass < 2; pass++) {
        for (size_t r = 0; r < t->rows && point >= 0; r++) {
            const char *text = t->cell[r * t->cols + (size_t)point];
            long p = ids_get(ids, str_hash(STR_HASH, text, strlen(text)), text);
            double e = table_number(t, r, epoch);
            if (p < 0)
                return -1;
            if ((size_t)p >= d->v.npoints || c->series[p] < 0 || !(e >= 1 && e <= 100000))
                continue;
            if (!pass)
                c->epochs = (size_t)e > c->epochs ? (size_t)e : c->epochs;
            for (size_t m = 0; pass && m < METRICS; m++)
                add_value(curves_at(c, (size_t)c->series[p], (size_t)e - 1, m), table_number(t, r, col[m]));
        }
        if (!pass && !(c->acc = arena_take(a, (c->nshown * c->epochs * METRICS + 1) * sizeof *c->acc)))
            return -1;
    }
    return 0;
}

int curves_init(struct curves *c, const struct plot_data *d, struct arena *a)
{
    const struct trials_view *v = &d->v;
    int number = table_column(&d->trials, "point"), bad = 0;
    struct ids ids = {0};
    memset(c, 0, sizeof *c);
    c->panel[0] = table_main_metric(&d->epochs, v->metric);
    c->panel[1] = table_loss(&d->epochs);
    c->series = arena_take(a, (v->npoints + 1) * sizeof *c->series);
    c->point = arena_take(a, (OTHERS + MOST_SERIES + 2) * sizeof *c->point);
    if (!c->series || !c->point)
        return -1;
    for (size_t p = 0; p < v->npoints && !bad; p++) {
        const char *text = view_cell(v, v->first[p], number);
        c->series[p] = -1;
        bad = ids_get(&ids, str_hash(STR_HASH, text, strlen(text)), text) < 0;
    }
    if (d->of)
        choose_asked(v, d->of, c);
    else
        choose_best(v, c);
    bad = bad || read_epochs(d, c, &ids, a);
    c->step = c->epochs / DRAWN + 1;
    ids_release(&ids);
    return bad ? -1 : 0;
}

int curves_has(const struct curves *c, size_t series, size_t metric)
{
    for (size_t e = 0; e < c->epochs; e++)
        if (curves_at(c, series, e, metric)->n)
            return 1;
    return 0;
}

int curves_have(const struct curves *c, size_t metric)
{
    for (size_t i = 0; i < c->nshown; i++)
        if (curves_has(c, i, metric))
            return 1;
    return 0;
}

int curves_drawn(const struct curves *c, size_t epoch)
{
    return epoch == 0 || epoch + 1 == c->epochs || (epoch + 1) % c->step == 0;
}

void curves_put(struct str *s, const struct curves *c, size_t from, size_t to, size_t metric, double unit, int error,
                double floor)
{
    for (size_t i = from; i < to; i++) {
        for (size_t e = 0; e < c->epochs; e++) {
            const struct acc *x = curves_at(c, i, e, metric);
            if (!x->n || !curves_drawn(c, e))
                continue;
            const double out[3] = {x->sum / (double)x->n, error ? x->max : x->min, error ? x->min : x->max};
            str_addf(s, "%zu", e + 1);
            for (size_t k = 0; k < 3; k++) {
                double y = error ? 1 - out[k] : out[k];
                str_add(s, "\t");
                put_number(s, unit * (y < floor ? floor : y));
            }
            str_add(s, "\n");
        }
        str_add(s, "\n");
    }
}

/* Reads a condition "test_accuracy >= 99.4%" that goes from text to end. */
static int read_condition(const struct plot_data *d, const char *text, const char *end, struct required *r)
{
    char name[48], op[3];
    double value;
    int used = 0;
    snprintf(r->text, sizeof r->text, "%.*s", (int)(end - text), text);
    if (sscanf(r->text, " %47[a-z0-9_] %2[<>=] %lf %n", name, op, &value, &used) != 3 || !used || !isfinite(value))
        return 0;
    int percent = r->text[used] == '%';
    used += percent + (int)strspn(r->text + used + percent, " ");
    r->metric = table_metric(&d->epochs, name);
    r->value = percent ? value / 100 : value;
    r->test = !strncmp(name, "test_", 5);
    return !r->text[used] && r->metric &&
           (r->metric == table_loss(&d->epochs) || r->metric == table_main_metric(&d->epochs, d->v.metric));
}

size_t curves_required(const struct plot_data *d, struct required *r, size_t most)
{
    size_t n = 0;
    for (size_t row = 0; row < d->about.rows; row++) {
        const char *key = table_cell(&d->about, row, "key"), *text = table_cell(&d->about, row, "value");
        if (strncmp(key, "require.", 8) || strchr(key + 8, '.'))
            continue;
        while (*text && n < most) {
            const char *end = strstr(text, " and ");
            end = end ? end : text + strlen(text);
            n += (size_t)read_condition(d, text, end, &r[n]);
            text = *end ? end + 5 : end;
        }
    }
    return n;
}
