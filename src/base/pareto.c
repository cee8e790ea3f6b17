/* pareto.c - fronts, crowding distances and volumes of points with several values. */
#include "base/pareto.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int pareto_dominates(const double *a, const double *b, size_t m)
{
    int better = 0;
    for (size_t k = 0; k < m; k++) {
        if (a[k] > b[k])
            return 0;
        better |= a[k] < b[k];
    }
    return better;
}

/* ---- order ------------------------------------------------------------------------------------------------------- */

struct pareto_item { /* a point as it is sorted: by its key, of equal ones as before */
    double key;
    uint32_t before, point;
};

static int by_pareto_key(const void *a, const void *b)
{
    const struct pareto_item *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->before > y->before) - (x->before < y->before);
}

static void sort_by_value(const double *v, size_t n, size_t m, size_t k, struct pareto_item *item)
{
    for (size_t i = 0; i < n; i++) {
        item[i].key = v[item[i].point * m + k];
        item[i].before = (uint32_t)i;
    }
    qsort(item, n, sizeof *item, by_pareto_key);
}

/* Sorts all points by their first values, of equal ones by their second, and so on; NULL without memory. */
static struct pareto_item *sort_by_values(const double *v, size_t n, size_t m)
{
    struct pareto_item *item = malloc((n + 1) * sizeof *item);
    for (size_t i = 0; item && i < n; i++)
        item[i].point = (uint32_t)i;
    for (size_t k = m; item && k-- > 0;)
        sort_by_value(v, n, m, k, item);
    return item;
}

/* ---- fronts ------------------------------------------------------------------------------------------------------ */

#define NO_POINT UINT32_MAX

/* Whether a member of a front, of which `last` was added last and before[] leads to the others, dominates the point. Of
 * two values the last one is the best by the second. */
static int front_dominates(const double *v, size_t m, uint32_t last, const uint32_t *before, uint32_t point)
{
    for (uint32_t q = last; q != NO_POINT; q = m > 2 ? before[q] : NO_POINT)
        if (pareto_dominates(v + q * m, v + point * m, m))
            return 1;
    return 0;
}

int pareto_fronts(const double *v, size_t n, size_t m, uint32_t *front)
{
    struct pareto_item *item = sort_by_values(v, n, m);
    uint32_t *last = malloc((n + 1) * sizeof *last), *before = malloc((n + 1) * sizeof *before);
    size_t fronts = 0;
    int bad = !item || !last || !before;
    for (size_t i = 0; !bad && i < n; i++) {
        const uint32_t point = item[i].point;
        size_t lo = 0, hi = fronts;
        while (lo < hi) {
            size_t mid = (lo + hi) / 2;
            if (front_dominates(v, m, last[mid], before, point))
                lo = mid + 1;
            else
                hi = mid;
        }
        before[point] = lo < fronts ? last[lo] : NO_POINT;
        last[lo] = point;
        front[point] = (uint32_t)lo;
        fronts += lo == fronts;
    }
    free(item);
    free(last);
    free(before);
    return bad ? -1 : 0;
}

int pareto_crowding(const double *v, size_t n, size_t m, double *distance)
{
    struct pareto_item *item = malloc((n + 1) * sizeof *item);
    for (size_t i = 0; item && i < n; i++) {
        item[i].point = (uint32_t)i;
        distance[i] = 0;
    }
    for (size_t k = 0; item && k < m && n; k++) {
        sort_by_value(v, n, m, k, item);
        double range = item[n - 1].key - item[0].key;
        for (size_t i = 0; range > 0 && i < n; i++)
            distance[item[i].point] += !i || i + 1 == n ? INFINITY : (item[i + 1].key - item[i - 1].key) / range;
    }
    free(item);
    return item ? 0 : -1;
}

/* ---- volumes ----------------------------------------------------------------------------------------------------- */

/* Memory of one dimension: the points in the order of its value, and those that count below a height. */
struct pareto_level {
    struct pareto_item *item;
    uint32_t *point;
    size_t n;
};

/* Adds the point to those of the level, of whose first d values none is at least as good in all; those that it leaves
 * without a share go. Returns whether it was added. */
static int join_level(struct pareto_level *level, const double *v, size_t m, size_t d, uint32_t point)
{
    size_t kept = 0;
    for (size_t i = 0; i < level->n; i++) {
        int as_good = 1;
        for (size_t k = 0; k < d; k++)
            as_good &= v[level->point[i] * m + k] <= v[point * m + k];
        if (as_good)
            return 0;
    }
    for (size_t i = 0; i < level->n; i++)
        if (!pareto_dominates(v + point * m, v + level->point[i] * m, d))
            level->point[kept++] = level->point[i];
    level->point[kept] = point;
    level->n = kept + 1;
    return 1;
}

/* The volume of point[n] along the first d values: slices between the heights of neighbours along the last of them,
 * each of the area of the points below (Zitzler 2001; While et al. 2006, doi:10.1109/TEVC.2005.851275). */
static double slice_volume(const double *v, size_t m, const uint32_t *point, size_t n, size_t d,
                           const double *reference, struct pareto_level *level)
{
    struct pareto_level *own = &level[d - 1];
    double volume = 0, area = 0, least = reference[0];
    for (size_t i = 0; d == 1 && i < n; i++)
        least = v[point[i] * m] < least ? v[point[i] * m] : least;
    if (d == 1)
        return reference[0] - least;
    for (size_t i = 0; i < n; i++)
        own->item[i].point = point[i];
    sort_by_value(v, n, m, d - 1, own->item);
    own->n = 0;
    for (size_t i = 0; i < n; i++) {
        double height = (i + 1 < n ? own->item[i + 1].key : reference[d - 1]) - own->item[i].key;
        if (join_level(own, v, m, d - 1, own->item[i].point))
            area = NAN;
        if (!(height > 0))
            continue;
        if (isnan(area))
            area = slice_volume(v, m, own->point, own->n, d - 1, reference, level);
        volume += area * height;
    }
    return volume;
}

static int is_below(const double *v, const double *reference, size_t m)
{
    int below = 1;
    for (size_t k = 0; k < m; k++)
        below &= v[k] < reference[k];
    return below;
}

int pareto_volume(const double *v, size_t n, size_t m, const double *reference, double *volume)
{
    struct pareto_item *item = malloc((n + 1) * m * sizeof *item);
    uint32_t *point = malloc((n + 1) * (m + 1) * sizeof *point);
    struct pareto_level level[PARETO_VALUES];
    size_t below = 0;
    int bad = !item || !point;
    for (size_t i = 0; !bad && i < n; i++)
        if (is_below(v + i * m, reference, m))
            point[below++] = (uint32_t)i;
    for (size_t k = 0; !bad && k < m; k++)
        level[k] = (struct pareto_level){item + k * n, point + (k + 1) * n, 0};
    if (!bad)
        *volume = below ? slice_volume(v, m, point, below, m, reference, level) : 0;
    free(item);
    free(point);
    return bad ? -1 : 0;
}

/* The volume of one point, multiplied as slices are: what another point of the same values takes away is all of it. */
static double box_volume(const double *v, const double *reference, size_t m)
{
    double volume = 1;
    for (size_t k = 0; k < m; k++)
        volume *= reference[k] - v[k];
    return is_below(v, reference, m) ? volume : 0;
}

int pareto_gain(const double *point, const double *v, size_t n, size_t m, const double *reference, double *gain)
{
    double *common = malloc((n * m + 1) * sizeof *common), taken = 0;
    for (size_t i = 0; common && i < n * m; i++)
        common[i] = v[i] > point[i % m] ? v[i] : point[i % m];
    int bad = !common || pareto_volume(common, n, m, reference, &taken);
    free(common);
    *gain = fmax(0, box_volume(point, reference, m) - taken);
    return bad ? -1 : 0;
}

/* ---- choosing ---------------------------------------------------------------------------------------------------- */

/* Takes k of point[n], which are in the order of their values and all different. most[i] is what point[i] adds at most:
 * the more are taken, the less it is, so that it is found anew only where it may be the largest. */
static int choose_greedily(const double *v, const uint32_t *point, size_t n, size_t m, const double *reference,
                           size_t k, double *most, double *taken, uint32_t *chosen)
{
    for (size_t i = 0; i < n; i++)
        most[i] = box_volume(v + point[i] * m, reference, m);
    for (size_t c = 0; c < k; c++) {
        size_t best = n;
        for (size_t i = 0; i < n; i++) {
            if (most[i] < 0 || (best < n && most[i] <= most[best])) /* it is taken, or less than the best */
                continue;
            if (c && pareto_gain(v + point[i] * m, taken, c, m, reference, &most[i]))
                return -1;
            if (best == n || most[i] > most[best])
                best = i;
        }
        chosen[c] = point[best];
        memcpy(taken + c * m, v + point[best] * m, m * sizeof *taken);
        most[best] = -1;
    }
    return 0;
}

static int has_same_values(const double *a, const double *b, size_t m)
{
    size_t k = 0;
    while (k < m && a[k] == b[k])
        k++;
    return k == m;
}

int pareto_choose(const double *v, size_t n, size_t m, const double *reference, size_t k, uint32_t *chosen)
{
    struct pareto_item *item = sort_by_values(v, n, m);
    uint32_t *point = malloc((n + 1) * sizeof *point);
    double *most = malloc((n + 1) * sizeof *most), *taken = malloc((k * m + 1) * sizeof *taken);
    char *first = calloc(n + 1, 1);
    size_t different = 0, c = 0;
    int bad = !item || !point || !most || !taken || !first;
    for (size_t i = 0; !bad && i < n; i++)
        if (!different || !has_same_values(v + item[i].point * m, v + point[different - 1] * m, m)) {
            first[item[i].point] = 1;
            point[different++] = item[i].point;
        }
    if (!bad && different > k)
        bad = choose_greedily(v, point, different, m, reference, k, most, taken, chosen);
    else
        for (int pass = 1; !bad && pass >= 0; pass--)
            for (size_t i = 0; i < n && c < k; i++)
                if (first[i] == pass)
                    chosen[c++] = (uint32_t)i;
    free(item);
    free(point);
    free(most);
    free(taken);
    free(first);
    return bad ? -1 : 0;
}
