/* selection.c - what the best point is where nothing was chosen. */
#include "report/stats/selection.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define REPEATS_MOST 1000

/* Returns the largest number of a repeat. */
static size_t count_repeats(const struct trials_view *v, int col)
{
    size_t most = 0;
    for (size_t r = 0; r < v->t->rows; r++) {
        double n = table_number(v->t, r, col);
        if (n > (double)most && n <= REPEATS_MOST)
            most = (size_t)n;
    }
    return most;
}

/* Puts the points that have all repeats in front: y[n][repeats]. Returns how many there are. */
static size_t take_complete(double *y, size_t points, size_t repeats)
{
    size_t n = 0;
    for (size_t p = 0; p < points; p++) {
        int whole = 1;
        for (size_t r = 0; r < repeats; r++)
            whole &= !isnan(y[p * repeats + r]);
        if (whole)
            memmove(y + n++ * repeats, y + p * repeats, repeats * sizeof *y);
    }
    return n;
}

/* The mean of a point without one repeat. */
static double mean_of_others(const double *y, size_t repeats, size_t left_out)
{
    double sum = 0;
    for (size_t r = 0; r < repeats; r++)
        sum += r == left_out ? 0 : y[r];
    return sum / (double)(repeats - 1);
}

/* An objective in each repeat, y[repeats] of the first point and `stride` further on that of the next; NaN: there is
 * none. */
static void fill_repeats(const struct view_goal *g, size_t repeats, double *y, size_t stride)
{
    const struct trials_view *v = g->v;
    const int col = table_column(v->t, "repeat");
    for (size_t i = 0; i < v->npoints * repeats; i++)
        y[i / repeats * stride + i % repeats] = NAN;
    for (size_t r = 0; r < v->t->rows; r++) {
        double n = table_number(v->t, r, col);
        if (n >= 1 && n <= (double)repeats)
            y[v->point[r] * stride + (size_t)n - 1] = g->y[r];
    }
}

/* Counts the points on the fronts that leave out each repeat in turn. */
static int fronts_by_repeats(const struct trials_view *v, size_t repeats, struct selection *s, struct arena *a)
{
    const size_t m = v->goals, all = v->npoints * m;
    double *y = arena_take(a, all * repeats * sizeof *y); /* [points][goals][repeats] */
    double *chosen = arena_take(a, all * sizeof *chosen), *fresh = arena_take(a, all * sizeof *fresh);
    uint32_t *front = arena_take(a, 2 * v->npoints * sizeof *front);
    if (!y || !chosen || !fresh || !front)
        return -1;
    for (size_t k = 0; k < m; k++)
        fill_repeats(&v->goal[k], repeats, y + k * repeats, m * repeats);
    const size_t n = take_complete(y, v->npoints, m * repeats);
    for (size_t out = 0; n > 1 && out < repeats; out++) {
        for (size_t i = 0; i < n * m; i++) {
            const double sign = v->goal[i % m].maximise ? -1 : 1;
            chosen[i] = sign * mean_of_others(y + i * repeats, repeats, out);
            fresh[i] = sign * y[i * repeats + out];
        }
        if (pareto_fronts(chosen, n, m, front) || pareto_fronts(fresh, n, m, front + n))
            return -1;
        for (size_t p = 0; p < n; p++) {
            s->front += !front[p];
            s->holds += !front[p] && !front[n + p];
        }
    }
    return 0;
}

/* Where some points have more repeats than others, as after a race: the best by those that all have, and what it is in
 * the others. y[points][repeats]. */
static void by_further_repeats(const struct trials_view *v, const double *y, size_t repeats, struct selection *s)
{
    size_t common = 0, whole = 1;
    for (; common < repeats && whole; common += whole)
        for (size_t p = 0; p < v->npoints; p++)
            whole &= isnan(v->mean[p]) || !isnan(y[p * repeats + common]);
    for (size_t p = 0; common && common < repeats && p < v->npoints; p++) {
        double first = 0, later = 0, n = 0;
        for (size_t r = 0; r < repeats; r++)
            if (r < common)
                first += y[p * repeats + r] / (double)common;
            else if (!isnan(y[p * repeats + r])) {
                later += y[p * repeats + r];
                n++;
            }
        if (isnan(first) || (s->common && !(v->maximise ? first > s->first : first < s->first)))
            continue;
        s->common = common;
        s->further = (size_t)n;
        s->first_best = p;
        s->first = first;
        s->later = later / n;
    }
}

static int by_repeats(const struct trials_view *v, struct selection *s, struct arena *a)
{
    const size_t repeats = count_repeats(v, table_column(v->t, "repeat"));
    double *y = repeats < 2 ? NULL : arena_take(a, v->npoints * repeats * sizeof *y);
    if (!y)
        return repeats < 2 ? 0 : -1;
    fill_repeats(v->goal, repeats, y, repeats);
    by_further_repeats(v, y, repeats, s);
    if (v->front && fronts_by_repeats(v, repeats, s, a))
        return -1;
    s->points = take_complete(y, v->npoints, repeats);
    s->repeats = s->points > 1 ? repeats : 0;
    for (size_t out = 0; out < s->repeats; out++) {
        size_t best = 0;
        double shown = mean_of_others(y, repeats, out);
        for (size_t p = 1; p < s->points; p++) {
            double mean = mean_of_others(y + p * repeats, repeats, out);
            if (v->maximise ? mean > shown : mean < shown) {
                shown = mean;
                best = p;
            }
        }
        s->shown += shown / (double)repeats;
        s->fresh += y[best * repeats + out] / (double)repeats;
    }
    return 0;
}

/* The mean of a column over the complete trials of a point; NaN: it has none. */
static double mean_of_column(const struct trials_view *v, size_t p, int col)
{
    double sum = 0, n = 0;
    for (size_t i = v->start[p]; i < v->start[p + 1]; i++)
        if (v->complete[v->row[i]]) {
            sum += table_number(v->t, v->row[i], col);
            n++;
        }
    return sum / n;
}

static void by_test(const struct trials_view *v, struct selection *s)
{
    char name[80];
    const char *split, *metric = report_metric_of(v->metric, &split);
    snprintf(name, sizeof name, "test_%s", metric);
    const int test = table_column(v->t, name);
    if (strcmp(split, "validation") || test < 0)
        return;
    double best = NAN, sum = 0, sign = v->maximise ? 1 : -1;
    for (size_t i = 0; i < v->npoints; i++) {
        double loses = sign * (v->mean[v->order[i]] - mean_of_column(v, v->order[i], test));
        best = i ? best : loses;
        sum += isnan(loses) ? 0 : loses;
        s->tested += !isnan(loses);
    }
    s->tested = isnan(best) ? 0 : s->tested;
    s->best_loses = best;
    s->all_lose = sum / (double)s->tested;
}

int selection_of(const struct trials_view *v, struct selection *s, struct arena *a)
{
    *s = (struct selection){.repeats = 0};
    by_test(v, s);
    return by_repeats(v, s, a);
}
