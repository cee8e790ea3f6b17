/* view_axes.c - finds the axes of the main table, the order of their values, and what pictures call them. */
#include "report/stats/trials_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct level {
    const char *text;
    double value;
    int old;
};

static int level_order(const void *a, const void *b)
{
    const struct level *x = a, *y = b;
    int ex = !*x->text, ey = !*y->text; /* absent comes last */
    if (ex != ey)
        return ex - ey;
    if (!isnan(x->value) && !isnan(y->value) && x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->old - y->old;
}

/* Sorts the values of a numeric axis, puts "" last, and renumbers the rows. */
static int sort_levels(struct table_axis *a, size_t rows)
{
    struct level *l = malloc(a->levels * sizeof *l);
    int *rank = malloc(a->levels * sizeof *rank);
    if (!l || !rank) {
        free(l);
        free(rank);
        return -1;
    }
    a->numeric = 1;
    for (size_t i = 0; i < a->levels; i++) {
        l[i] = (struct level){a->text[i], a->value[i], (int)i};
        a->conditional |= !*a->text[i];
        a->numeric &= !*a->text[i] || !isnan(a->value[i]);
    }
    for (size_t i = 0; !a->numeric && i < a->levels; i++)
        l[i].value = NAN;
    qsort(l, a->levels, sizeof *l, level_order);
    for (size_t i = 0; i < a->levels; i++) {
        double x;
        rank[l[i].old] = (int)i;
        a->text[i] = l[i].text;
        a->value[i] = str_to_double(l[i].text, &x) ? NAN : x;
    }
    for (size_t r = 0; r < rows; r++)
        a->code[r] = rank[a->code[r]];
    free(l);
    free(rank);
    return 0;
}

/* Shortens values for pictures: drawn at random they have dozens of digits, of which nobody reads more than a few.
 * Values ascend: when neighbours differ, all do. */
static int shorten_values(struct table_axis *a, struct arena *mem)
{
    int fractions = 0;
    for (size_t i = 0; i < a->levels && a->numeric; i++)
        fractions |= strpbrk(a->text[i], ".eE") != NULL;
    a->show = a->text;
    if (!fractions)
        return 0;
    a->show = arena_take(mem, (a->levels + 1) * sizeof *a->show);
    if (!a->show)
        return -1;
    for (int digits = 4, same = 1; same; digits++) {
        same = 0;
        for (size_t i = 0; i < a->levels; i++) {
            char buf[STR_NUM];
            snprintf(buf, sizeof buf, "%.*g", digits, a->value[i]);
            int fraction = a->numeric && strpbrk(a->text[i], ".eE") != NULL;
            a->show[i] = fraction && strlen(buf) < strlen(a->text[i]) ? arena_fmt(mem, "%s", buf) : a->text[i];
            if (!a->show[i])
                return -1;
            same |= digits < 17 && i && a->show[i] != a->text[i] && !strcmp(a->show[i], a->show[i - 1]);
        }
    }
    return 0;
}

static int read_axis(struct trials_view *v, struct table_axis *a, int col)
{
    size_t rows = v->t->rows;
    struct ids m = {0};
    *a = (struct table_axis){.name = v->t->head[col], .col = col};
    a->code = arena_take(&v->mem, (rows + 1) * sizeof *a->code);
    for (size_t r = 0; a->code && r < rows; r++) {
        long id = ids_of_cell(&m, v->t, r, col, &v->mem);
        if (id < 0)
            a->code = NULL;
        else
            a->code[r] = (int)id;
    }
    a->levels = m.n;
    a->text = arena_take(&v->mem, (m.n + 1) * sizeof *a->text);
    a->value = arena_take(&v->mem, (m.n + 1) * sizeof *a->value);
    for (size_t i = 0; a->code && a->text && i < a->levels; i++)
        a->text[i] = ids_text(&m, i);
    ids_release(&m);
    if (!a->code || !a->text || !a->value)
        return -1;
    for (size_t i = 0; i < a->levels; i++)
        if (str_to_double(a->text[i], &a->value[i]))
            a->value[i] = NAN;
    return a->levels && sort_levels(a, rows) ? -1 : 0;
}

/* Shortens the fractions of a scattered axis to three digits, or two where they are small: nobody looks for neighbours
 * among them. */
static int shorten_scattered(struct table_axis *a, struct arena *mem)
{
    a->show = arena_take(mem, (a->levels + 1) * sizeof *a->show);
    for (size_t i = 0; a->show && i < a->levels; i++) {
        char buf[STR_NUM + 8];
        double rounded = a->value[i];
        int small = fabs(rounded) < 0.01;
        a->show[i] = a->text[i];
        if (!strpbrk(a->text[i], ".eE"))
            continue;
        snprintf(buf, sizeof buf, "%.*e", small ? 1 : 2, a->value[i]);
        str_to_double(buf, &rounded);
        char *power = strstr(buf, "e-0");
        if (power && small)
            memmove(power + 2, power + 3, strlen(power + 2)); /* 1.5e-04 */
        else
            str_double(buf, rounded);
        if (strlen(buf) < strlen(a->text[i]) && !(a->show[i] = arena_str(mem, buf)))
            return -1;
    }
    return a->show ? 0 : -1;
}

/* Says whether fewer than two points have a value of the axis, on average, in a table of points that were drawn. */
static int is_scattered(const struct trials_view *v, const struct table_axis *a)
{
    size_t points = 0;
    for (size_t p = 0; p < v->npoints; p++)
        points += *a->text[a->code[v->first[p]]] != 0;
    return v->t->drawn && a->numeric && 2 * (a->levels - (size_t)a->conditional) > points;
}

static const char *last_name_part(const char *name)
{
    return strchr(name, '.') + 1;
}

int view_read_axes(struct trials_view *v)
{
    v->axis = arena_take(&v->mem, (v->t->cols + 1) * sizeof *v->axis);
    if (!v->axis)
        return -1;
    for (size_t c = 0; c < v->t->cols; c++)
        if (strchr(v->t->head[c], '.') && read_axis(v, &v->axis[v->naxes++], (int)c))
            return -1;
    for (size_t i = 0; i < v->naxes; i++) {
        v->axis[i].scattered = is_scattered(v, &v->axis[i]);
        if (v->axis[i].scattered ? shorten_scattered(&v->axis[i], &v->mem) : shorten_values(&v->axis[i], &v->mem))
            return -1;
        v->axis[i].label = last_name_part(v->axis[i].name);
        for (size_t j = 0; j < v->naxes; j++)
            if (j != i && !strcmp(v->axis[i].label, last_name_part(v->axis[j].name)))
                v->axis[i].label = v->axis[i].name;
    }
    return 0;
}
