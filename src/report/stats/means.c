/* means.c - computes the mean of each value of a factor over the settings that all its values have. */
#include "report/stats/means.h"

#include <math.h>
#include <string.h>

const char *const means_basis[] = {
    [BASIS_NONE] = "", [BASIS_ALL] = "all", [BASIS_COMMON] = "common", [BASIS_OWN] = "own"};

static void *take_arrays_of_means(struct arena *a, size_t n, size_t size, int *failed)
{
    void *p = arena_take(a, (n + 1) * size);
    *failed |= !p;
    return p;
}

static void take_all_rows(struct value_means *m, struct arena *a, int *failed)
{
    const struct trials_view *v = m->all.v;
    m->all.row = take_arrays_of_means(a, v->ncomplete, sizeof *m->all.row, failed);
    m->all.n = 0;
    for (size_t r = 0; r < v->t->rows && !*failed; r++)
        if (!isnan(v->y[r]))
            m->all.row[m->all.n++] = (uint32_t)r;
}

int means_init(struct value_means *m, const struct design *g, const struct fit *fit, struct arena *a)
{
    const struct trials_view *v = g->v;
    size_t most = 1, n = v->ncomplete;
    unsigned inside = 0;
    int failed = 0;
    memset(m, 0, sizeof *m);
    m->all = *g; /* the factors; its rows are all, not those of the complete part */
    m->fit = fit;
    if (g->n != n)
        take_all_rows(m, a, &failed);
    for (size_t p = 0; p < v->npoints; p++)
        m->repeats = v->start[p + 1] - v->start[p] > m->repeats ? v->start[p + 1] - v->start[p] : m->repeats;
    for (size_t f = 0; f < g->nfactors; f++) {
        most = g->factor[f].levels > most ? g->factor[f].levels : most;
        inside |= g->factor[f].inside;
    }
    m->value = take_arrays_of_means(a, most, sizeof *m->value, &failed);
    m->setting = take_arrays_of_means(a, n, sizeof *m->setting, &failed);
    m->cell = take_arrays_of_means(a, n, sizeof *m->cell, &failed);
    m->count = take_arrays_of_means(a, n, sizeof *m->count, &failed);
    m->met = take_arrays_of_means(a, n, sizeof *m->met, &failed);
    m->sum = take_arrays_of_means(a, n, sizeof *m->sum, &failed);
    m->outer = inside ? take_arrays_of_means(a, n, sizeof *m->outer, &failed) : NULL;
    m->possible = take_arrays_of_means(a, inside ? n : 1, sizeof *m->possible, &failed);
    m->shared = take_arrays_of_means(a, inside ? n : 1, 1, &failed);
    m->at = m->setting; /* a number is never larger than that of the trial where it is first met: see sum_cells */
    m->above = m->outer;
    m->level = m->cell;
    return failed ? -1 : 0;
}

/* Returns the factors whose values make a setting: all but f and those inside it. */
static unsigned factors_of_setting(const struct design *g, size_t f)
{
    unsigned set = 0;
    for (size_t i = 0; i < g->nfactors && g->nfactors <= DESIGN_MAX; i++)
        if (i != f && !design_has(g->factor[i].inside, f))
            set |= 1u << i;
    return set;
}

/* Counts how many values of f are met in each combination of the factors around it. */
static int count_possible(struct value_means *m, size_t f)
{
    const struct design *g = &m->all;
    const struct factor *x = &g->factor[f];
    long outer = design_cells(g, x->inside, m->cell);
    if (outer > 0 && m->outer)
        memcpy(m->outer, m->cell, g->n * sizeof *m->outer);
    long cells = outer < 0 ? -1 : design_refine(g, x->code, x->levels, (size_t)outer, m->cell);
    if (cells < 0)
        return -1;
    memset(m->possible, 0, (size_t)outer * sizeof *m->possible);
    memset(m->count, 0, (size_t)cells * sizeof *m->count);
    for (size_t i = 0; i < g->n; i++)
        if (!m->count[m->cell[i]]++)
            m->possible[m->outer ? m->outer[i] : 0]++;
    return 0;
}

/* Sums the cells, and counts how many values each setting has. Returns the number of cells, or -1. */
static long sum_cells(struct value_means *m, size_t f)
{
    const struct design *g = &m->all;
    const struct factor *x = &g->factor[f];
    long settings = design_cells(g, factors_of_setting(g, f), m->setting);
    if (settings >= 0)
        settings = design_refine(g, m->fit->block, m->fit->repeats, (size_t)settings, m->setting);
    memcpy(m->cell, m->setting, g->n * sizeof *m->cell);
    long cells = settings < 0 ? -1 : design_refine(g, x->code, x->levels, (size_t)settings, m->cell);
    if (cells < 0)
        return -1;
    memset(m->met, 0, (size_t)settings * sizeof *m->met);
    memset(m->count, 0, (size_t)cells * sizeof *m->count);
    memset(m->sum, 0, (size_t)cells * sizeof *m->sum);
    for (size_t i = 0; i < g->n; i++) {
        int c = m->cell[i], s = m->setting[i];
        if (m->outer)
            m->above[s] = m->outer[i];
        m->at[c] = s;
        m->level[c] = x->code[g->row[i]];
        m->met[s] += !m->count[c]++;
        m->sum[c] += g->v->y[g->row[i]];
    }
    return cells;
}

static void planned_trials(struct value_means *m, size_t f)
{
    const struct trials_view *v = m->all.v;
    memset(m->value, 0, m->all.factor[f].levels * sizeof *m->value);
    for (size_t p = 0; p < v->npoints; p++) /* a point without a result is planned like the others */
        m->value[m->all.factor[f].code[v->first[p]]].planned += (uint32_t)m->repeats;
}

/* Returns the combination of outer values around the setting of cell c. */
static int outer_of(const struct value_means *m, long c)
{
    return m->above ? m->above[m->at[c]] : 0;
}

static int is_common(const struct value_means *m, long c)
{
    return m->met[m->at[c]] == m->possible[outer_of(m, c)];
}

/* Marks in shared[outer] the settings that have every value. */
static void find_shared(struct value_means *m, long cells)
{
    for (long c = 0; c < cells; c++)
        m->shared[outer_of(m, c)] = 0;
    for (long c = 0; c < cells; c++)
        m->shared[outer_of(m, c)] |= (char)is_common(m, c);
}

/* Computes the means over the settings that every value has, or, where there is none, over those that the value has
 * itself. */
static void mean_cells(struct value_means *m, size_t f, long cells)
{
    size_t used = 0, levels = m->all.factor[f].levels;
    find_shared(m, cells);
    for (long c = 0; c < cells; c++) {
        struct value_mean *x = &m->value[m->level[c]];
        int own = !m->shared[outer_of(m, c)] || m->all.nfactors > DESIGN_MAX;
        if (!own && !is_common(m, c))
            continue;
        x->own |= own;
        x->settings++;
        x->n += m->count[c];
        x->mean += m->sum[c] / (double)m->count[c];
        x->spread += 1 / (double)m->count[c];
        used += m->count[c];
    }
    for (size_t l = 0; l < levels; l++) {
        struct value_mean *x = &m->value[l];
        double settings = x->settings ? (double)x->settings : NAN;
        x->mean /= settings;
        x->spread /= settings * settings;
        x->basis = !x->n ? BASIS_NONE : x->own ? BASIS_OWN : used == m->all.n ? BASIS_ALL : BASIS_COMMON;
    }
}

int means_of(struct value_means *m, size_t f)
{
    long cells = count_possible(m, f) ? -1 : sum_cells(m, f);
    if (cells < 0)
        return -1;
    planned_trials(m, f);
    mean_cells(m, f, cells);
    return 0;
}
