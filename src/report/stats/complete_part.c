/* complete_part.c - finds the largest part of the trials that is a complete grid: groups of factors that are crossed
 * with each other, and values that are dropped one after the other until no combination is missing. */
#include "report/stats/design.h"

#include <math.h>
#include <stdlib.h>

/* A group of factors that depend on each other, or the repeats: crossed with every other group in a complete grid. Its
 * values are numbered as they first appear. */
struct crossed_group {
    int *code;         /* [n]; NULL where the group is one factor, whose codes are there already: */
    const int *by_row; /* [rows] */
    int *number;       /* [levels of the factor] of its value */
    size_t levels, left;
    uint32_t *present; /* [levels] trials alive */
    uint32_t *start;   /* [levels+1] trials of value l: trial[start[l]] .. trial[start[l+1]-1] */
    uint32_t *trial;   /* [n] */
};

static int value_in_group(const struct design *g, const struct crossed_group *q, size_t i)
{
    return q->code ? q->code[i] : q->number[q->by_row[g->row[i]]];
}

static unsigned group_of_factor(const struct design *g, size_t f, unsigned taken)
{
    unsigned set = 1u << f | g->factor[f].inside;
    for (int again = 1; again;) {
        again = 0;
        for (size_t i = 0; i < g->nfactors; i++) {
            unsigned own = 1u << i | g->factor[i].inside;
            if ((own & set) && (own | set) != set) {
                set |= own;
                again = 1;
            }
        }
    }
    return design_has(taken, f) ? 0 : set;
}

static int repeat_codes(const struct design *g, int *code)
{
    struct ids m = {0};
    int col = table_column(g->v->t, "repeat");
    struct arena texts;
    long id = 0;
    arena_init(&texts);
    for (size_t i = 0; i < g->n && id >= 0; i++)
        code[i] = (int)(id = ids_of_cell(&m, g->v->t, g->row[i], col, &texts));
    int levels = id < 0 ? -1 : (int)m.n;
    ids_release(&m);
    arena_release(&texts);
    return levels;
}

/* Sorts the trials of each group by value, each value's in their order. */
static int sort_trials(const struct design *g, struct crossed_group *group, size_t ngroups, struct arena *mem)
{
    for (struct crossed_group *q = group; q < group + ngroups; q++) {
        q->start = arena_take(mem, (q->levels + 2) * sizeof *q->start);
        q->trial = arena_take(mem, (g->n + 1) * sizeof *q->trial);
        if (!q->start || !q->trial)
            return -1;
        for (size_t l = 0; l < q->levels; l++)
            q->start[l + 2] = q->start[l + 1] + q->present[l];
        for (size_t i = 0; i < g->n; i++)
            q->trial[q->start[value_in_group(g, q, i) + 1]++] = (uint32_t)i;
    }
    return 0;
}

/* Numbers the values of a group that is one factor. Returns how many there are, -1 without memory. */
static long number_values(const struct design *g, const struct factor *f, struct crossed_group *q, struct arena *mem)
{
    long n = 0;
    q->by_row = f->code;
    q->number = arena_take(mem, (f->levels + 1) * sizeof *q->number);
    for (size_t l = 0; q->number && l < f->levels; l++)
        q->number[l] = -1;
    for (size_t i = 0; q->number && i < g->n; i++)
        if (q->number[f->code[g->row[i]]] < 0)
            q->number[f->code[g->row[i]]] = (int)n++;
    return q->number ? n : -1;
}

static int make_groups(struct design *g, struct crossed_group *group, size_t *ngroups, struct arena *mem)
{
    unsigned taken = 0;
    *ngroups = 0;
    for (size_t f = 0; f <= g->nfactors; f++) {
        unsigned set = f < g->nfactors ? group_of_factor(g, f, taken) : 0;
        if (f < g->nfactors && !set)
            continue;
        taken |= set;
        struct crossed_group *q = &group[(*ngroups)++];
        int alone = f < g->nfactors && set == 1u << f;
        if (!alone && !(q->code = arena_take(mem, (g->n + 1) * sizeof *q->code)))
            return -1;
        long levels = alone             ? number_values(g, &g->factor[f], q, mem)
                      : f < g->nfactors ? design_cells(g, set, q->code)
                                        : repeat_codes(g, q->code);
        if (levels < 0 || !(q->present = arena_take(mem, ((size_t)levels + 1) * sizeof *q->present)))
            return -1;
        q->left = q->levels = (size_t)levels;
        for (size_t i = 0; i < g->n; i++)
            q->present[value_in_group(g, q, i)]++;
    }
    return 0;
}

/* Drops one value of one group: its trials die in every group. */
static void drop_value(const struct design *g, struct crossed_group *group, size_t ngroups, size_t q, int level,
                       char *dead, size_t *alive)
{
    const struct crossed_group *from = &group[q];
    for (size_t k = from->start[level]; k < from->start[level + 1]; k++) {
        size_t i = from->trial[k];
        if (dead[i])
            continue;
        dead[i] = 1;
        --*alive;
        for (size_t h = 0; h < ngroups; h++)
            if (!--group[h].present[value_in_group(g, &group[h], i)])
                group[h].left--;
    }
}

/* Finds the value with the smallest part of its trials present, and that part times all trials below `limit`: dropping
 * it loses least for each gap it closes. Finding the true largest complete part is NP-hard (a maximal biclique); this
 * finds it whenever the gaps lie in few values. With `spare` no axis falls to one value, which would say nothing about
 * it. Returns 0 when there is no such value. */
static int emptiest_value(const struct crossed_group *group, size_t ngroups, double limit, int spare, size_t *q,
                          int *level)
{
    double least = limit;
    for (size_t k = 0; k < ngroups; k++)
        for (size_t l = 0; l < group[k].levels && group[k].left > (k + 1 == ngroups || !spare ? 1 : 2); l++) {
            double part = (double)group[k].present[l] * (double)group[k].left;
            /* of two equal losses rather a repeat than a value */
            if (group[k].present[l] && (part < least || (part == least && part < limit && k + 1 == ngroups))) {
                least = part;
                *q = k;
                *level = (int)l;
            }
        }
    return least < limit;
}

/* Chooses the value to drop next: one with a gap if there is such (otherwise the gaps lie evenly, as off the diagonal
 * of a square, and any will do), of an axis that keeps two values if there is such. While more combinations are missing
 * than one there is an axis with two values left, so that a value is found and a trial dies: the search ends. */
static void choose_value_to_drop(const struct crossed_group *group, size_t ngroups, size_t alive, size_t *q, int *level)
{
    const double limit[] = {(double)alive, INFINITY};
    for (size_t k = 0; k < 4; k++)
        if (emptiest_value(group, ngroups, limit[k / 2], k % 2 == 0, q, level))
            return;
}

static double full_size(const struct crossed_group *group, size_t ngroups)
{
    double n = 1;
    for (size_t k = 0; k < ngroups; k++)
        n *= (double)group[k].left;
    return n;
}

#define SPARSE 0.1       /* less than this part of all combinations is not a grid: nothing is searched in it */
#define EFFORT 100000000 /* values looked at, a fraction of a second: a search that needs more is given up */

/* Marks in dead[n] the trials outside the complete part. Returns how many are alive, 0 where the search is given up. */
static size_t find_dead(struct design *g, struct crossed_group *group, size_t ngroups, char *dead)
{
    size_t alive = g->n, looked = 0, values = 0;
    for (size_t k = 0; k < ngroups; k++)
        values += group[k].levels;
    if ((double)g->n < SPARSE * full_size(group, ngroups)) {
        g->why = "too few of the combinations of the axes' values were trained to the end";
        return 0;
    }
    for (; (double)alive < full_size(group, ngroups); looked += values) {
        size_t q = 0;
        int level = 0;
        if (looked > EFFORT) {
            g->why = "trials are missing at too many values to look for the largest complete part";
            return 0;
        }
        choose_value_to_drop(group, ngroups, alive, &q, &level);
        drop_value(g, group, ngroups, q, level, dead, &alive);
    }
    if (alive < 2)
        g->why = "no two trials are a complete part of the grid";
    return alive < 2 ? 0 : alive;
}

static int drop_values(struct design *g, struct crossed_group *group, size_t ngroups, struct arena *mem)
{
    size_t kept = 0;
    char *dead = arena_take(mem, g->n + 1);
    int whole = (double)g->n >= full_size(group, ngroups); /* then nothing is dropped */
    if (!dead || (!whole && sort_trials(g, group, ngroups, mem)))
        return -1;
    size_t alive = find_dead(g, group, ngroups, dead);
    if (!alive)
        return 0;
    for (size_t i = 0; i < g->n; i++)
        if (!dead[i])
            g->row[kept++] = g->row[i];
    g->n = kept;
    g->repeats = group[ngroups - 1].left;
    g->npoints = kept / (g->repeats ? g->repeats : 1);
    g->complete = (double)kept == full_size(group, ngroups);
    return 0;
}

static size_t count_bits(unsigned set)
{
    size_t n = 0;
    for (; set; set &= set - 1)
        n++;
    return n;
}

/* Says whether the factors inside a group are nested evenly: going down from outer to inner factors, each value of the
 * outer ones that a factor depends on must meet the same inner values everywhere. It counts combinations seen against
 * combinations expected. */
static int nested_evenly(const struct design *g, int *code, int *cell)
{
    unsigned done = 0;
    for (size_t step = 0; step < g->nfactors; step++) {
        size_t f = g->nfactors; /* next: least depth first */
        for (size_t i = 0; i < g->nfactors; i++)
            if (!design_has(done, i) &&
                (f == g->nfactors || count_bits(g->factor[i].inside) < count_bits(g->factor[f].inside)))
                f = i;
        unsigned up = g->factor[f].inside, self = 1u << f;
        long outer = design_cells(g, up, code), inner = outer < 0 ? -1 : design_cells(g, up | self, cell);
        if (inner < 0)
            return -1;
        /* values of f below each cell of its parents */
        size_t *values = calloc((size_t)outer + 1, sizeof *values);
        char *met = calloc((size_t)inner + 1, 1);
        double expected = 0;
        for (size_t i = 0; values && met && i < g->n; i++)
            if (!met[cell[i]]) {
                met[cell[i]] = 1;
                values[code[i]]++;
            }
        long before = values && met ? design_cells(g, done, cell) : -1;
        char *seen = before < 0 ? NULL : calloc((size_t)before + 1, 1);
        for (size_t i = 0; seen && i < g->n; i++)
            if (!seen[cell[i]]) {
                seen[cell[i]] = 1;
                expected += (double)values[code[i]];
            }
        long got = seen ? design_cells(g, done | self, cell) : -1;
        free(values);
        free(met);
        free(seen);
        if (got < 0)
            return -1;
        if ((double)got != expected)
            return 0;
        done |= self;
    }
    return 1;
}

static int check_nesting(struct design *g, struct arena *mem)
{
    int *code = arena_take(mem, (g->n + 1) * sizeof *code), *cell = arena_take(mem, (g->n + 1) * sizeof *cell);
    int even = code && cell ? nested_evenly(g, code, cell) : -1;
    if (even == 0) {
        g->complete = 0;
        g->why = "conditional axes that depend on each other are not complete";
    }
    return even < 0 ? -1 : 0;
}

static int count_kept(struct design *g, int *code)
{
    for (size_t f = 0; f < g->nfactors; f++) {
        long n = design_cells(g, 1u << f, code);
        if (n < 0)
            return -1;
        g->factor[f].kept = (size_t)n;
    }
    return 0;
}

int design_complete(struct design *g, struct arena *a)
{
    size_t ngroups;
    struct crossed_group *group = arena_take(a, (g->nfactors + 1) * sizeof *group);
    if (!group || make_groups(g, group, &ngroups, a))
        return -1;
    if (drop_values(g, group, ngroups, a) || (g->complete && check_nesting(g, a)))
        return -1;
    if (!g->complete && !g->why)
        g->why = "the same combination of values stands in several points";
    int *code = arena_take(a, (g->n + 1) * sizeof *code);
    return code && !count_kept(g, code) ? 0 : -1;
}
