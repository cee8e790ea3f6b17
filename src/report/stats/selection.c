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

static int by_repeats(const struct trials_view *v, struct selection *s, struct arena *a)
{
    const int col = table_column(v->t, "repeat");
    const size_t repeats = count_repeats(v, col);
    double *y = repeats < 2 ? NULL : arena_take(a, v->npoints * repeats * sizeof *y);
    if (!y)
        return repeats < 2 ? 0 : -1;
    for (size_t i = 0; i < v->npoints * repeats; i++)
        y[i] = NAN;
    for (size_t r = 0; r < v->t->rows; r++) {
        double n = table_number(v->t, r, col);
        if (n >= 1 && n <= (double)repeats)
            y[v->point[r] * repeats + (size_t)n - 1] = v->y[r];
    }
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
