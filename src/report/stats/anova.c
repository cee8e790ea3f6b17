/* Analysis of variance of a factorial design, Fisher 1925; on a complete balanced grid the sum of squares of a set of
 * factors is that of its cell means, effects follow by inclusion and exclusion, and they are orthogonal: they add up to
 * the total. A conditional axis is a nested factor: its effect is what it adds inside the values where it exists.
 * Repeats are blocks: what a seed does at every point alike is an effect of its own. */
#include "report/report.h"
#include "report/stats/compare.h"
#include "report/stats/design.h"
#include "report/stats/effect_rows.h"
#include "report/stats/means.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct effect {
    double squares, df; /* NaN where they are not known */
};

struct anova {
    const struct design *g;
    const struct fit *fit;
    double *y;   /* [n] of the complete part, less its mean */
    int *code;   /* [n] scratch */
    double *sum; /* [n] scratch */
    uint32_t *count;
    double total;
    struct effect points, axes, seeds, error; /* axes: all of them without interactions */
    int failed;
};

/* Sums the squares between `cells` groups of trials, as code[] says; df counts the groups. */
static struct effect between_groups(struct anova *a, long cells)
{
    struct effect s = {0, (double)cells};
    if (cells < 0)
        a->failed = 1;
    if (cells <= 0)
        return s;
    memset(a->sum, 0, (size_t)cells * sizeof *a->sum);
    memset(a->count, 0, (size_t)cells * sizeof *a->count);
    for (size_t i = 0; i < a->g->n; i++) {
        a->sum[a->code[i]] += a->y[i];
        a->count[a->code[i]]++;
    }
    for (long c = 0; c < cells; c++)
        s.squares += a->sum[c] * a->sum[c] / (double)a->count[c];
    return s;
}

/* Sums the squares between the cells of a set of factors. */
static struct effect between_cells(struct anova *a, unsigned set)
{
    struct effect s = between_groups(a, design_cells(a->g, set, a->code));
    s.squares = set ? s.squares : 0; /* y has mean 0 */
    return s;
}

static void add_effect(struct effect *s, double by, struct effect t)
{
    s->squares += by * t.squares;
    s->df += by * t.df;
}

/* Takes away what remains of rounding where there is no effect. */
static struct effect without_rounding(const struct anova *a, struct effect s)
{
    s.squares = s.squares < 1e-13 * a->total ? 0 : s.squares;
    return s;
}

static struct effect axis_effect(struct anova *a, size_t f)
{
    unsigned up = a->g->factor[f].inside;
    struct effect s = between_cells(a, up | 1u << f);
    add_effect(&s, -1, between_cells(a, up));
    return without_rounding(a, s);
}

static struct effect pair_effect(struct anova *a, size_t f, size_t h)
{
    unsigned both = a->g->factor[f].inside | a->g->factor[h].inside, bf = 1u << f, bh = 1u << h;
    struct effect s = between_cells(a, both | bf | bh);
    add_effect(&s, -1, between_cells(a, (both | bh) & ~bf));
    add_effect(&s, -1, between_cells(a, (both | bf) & ~bh));
    add_effect(&s, 1, between_cells(a, both & ~bf & ~bh));
    return without_rounding(a, s);
}

/* Splits what is left when points, and repeats as blocks, are taken out; of one repeat, all that is not the effect of
 * one axis alone. Of one point the seeds are not told from noise. */
static void split_rest(struct anova *a)
{
    double n = (double)a->g->n, repeats = (double)a->g->repeats;
    struct effect one = {0, 1};
    a->points = between_cells(a, (1u << a->g->nfactors) - 1);
    add_effect(&a->points, -1, one);
    for (size_t f = 0; f < a->g->nfactors; f++)
        add_effect(&a->axes, 1, axis_effect(a, f));
    if (repeats > 1 && a->points.df > 0) {
        memset(a->code, 0, a->g->n * sizeof *a->code);
        a->seeds = between_groups(a, design_refine(a->g, a->fit->block, a->fit->repeats, 1, a->code));
        add_effect(&a->seeds, -1, one);
        a->seeds = without_rounding(a, a->seeds);
    }
    a->error = (struct effect){a->total, n - 1};
    add_effect(&a->error, -1, repeats > 1 ? a->points : a->axes);
    add_effect(&a->error, -1, a->seeds);
    a->error = without_rounding(a, a->error);
}

static int anova_init(struct anova *a, const struct design *g, const struct fit *fit, struct arena *mem)
{
    memset(a, 0, sizeof *a);
    a->g = g;
    a->fit = fit;
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
    split_rest(a);
    return a->failed ? -1 : 0;
}

/* Computes omega squared (Hays 1963): the share without what the noise puts into it, 0 where there is no more. */
static double omega_squared(const struct anova *a, struct effect s)
{
    double noise = a->error.squares / a->error.df, omega = (s.squares - s.df * noise) / (a->total + noise);
    return !(a->error.df > 0) ? NAN : omega > 0 ? omega : 0;
}

/* Computes the share that an effect has on average when the trials of each repeat are dealt out to the points at
 * random: exact, whatever their distribution (Pitman 1938). */
static double share_by_chance(const struct anova *a, struct effect s)
{
    return s.df / ((double)a->g->n - 1 - a->seeds.df) * (a->total - a->seeds.squares) / a->total;
}

/* ---- rows ------------------------------------------------------------------------------------------------------- */

/* Adds the row of a share, with omega squared where the noise is known apart from the effect: of one repeat, for single
 * axes. */
static int add_share(struct table *out, const struct anova *a, const char *kind, const char *axis, const char *other,
                     struct effect s)
{
    struct effect_row r = effect_row_of(kind, axis);
    int noise = !strcmp(kind, "noise"), single = !strcmp(kind, "axis");
    r.other = other;
    if (a) {
        r.n = a->g->n;
        r.share = s.squares / a->total;
        if (s.df > 0)
            r.chance = share_by_chance(a, s);
        if (s.df > 0 && !noise && (single || a->g->repeats > 1))
            r.omega = omega_squared(a, s);
    }
    if (!strcmp(kind, "seed"))
        r.chance = NAN; /* it is what is set aside first */
    return add_effect_row(out, &r);
}

/* Adds the rows of shares of axes, pairs, rest, seeds and noise; all are empty when a is NULL. */
static int add_effect_shares(struct table *out, const struct design *g, struct anova *a)
{
    static const struct effect unknown = {NAN, NAN};
    struct effect left = a ? a->points : unknown;
    for (size_t f = 0; f < g->nfactors; f++) {
        struct effect s = a && g->factor[f].kept > 1 ? axis_effect(a, f) : unknown;
        if (!isnan(s.squares))
            add_effect(&left, -1, s);
        if (add_share(out, a, "axis", g->factor[f].name, "", s))
            return -1;
    }
    for (size_t f = 0; g->nfactors <= DESIGN_MAX && f < g->nfactors; f++)
        for (size_t h = f + 1; h < g->nfactors; h++) {
            if (design_has(g->factor[f].inside, h) || design_has(g->factor[h].inside, f))
                continue; /* one stands inside the other: they cannot interact */
            struct effect s = a && g->factor[f].kept > 1 && g->factor[h].kept > 1 ? pair_effect(a, f, h) : unknown;
            if (!isnan(s.squares))
                add_effect(&left, -1, s);
            if (add_share(out, a, "pair", g->factor[f].name, g->factor[h].name, s))
                return -1;
        }
    int repeated = a && g->repeats > 1;
    return add_share(out, a, "rest", "higher orders", "", a ? without_rounding(a, left) : unknown) ||
           add_share(out, a, "seed", "common to a seed", "", repeated && a->seeds.df > 0 ? a->seeds : unknown) ||
           add_share(out, a, "noise", "seed noise", "", repeated ? a->error : unknown);
}

static int note_joined(struct table *out, const struct design *g)
{
    for (size_t f = 0; f < g->nfactors; f++)
        if (strstr(g->factor[f].name, " & "))
            return add_effect_note(
                out,
                "the values of axes joined by & follow from those of the first: their effects cannot be told apart");
    return 0;
}

/* met: of the bases that stand in the table, bits 1 << BASIS_... */
static int note_bases(struct table *out, const struct design *g, int met)
{
    const char *own =
        g->nfactors > DESIGN_MAX
            ? "means of basis own are over all trials of the value: with so many axes nobody looks for the "
              "settings that every value has, and they cannot be compared"
            : "means of basis own are over different settings of the other axes: nothing was completed "
              "with every value of the axis, and they cannot be compared";
    if ((met >> BASIS_COMMON & 1) &&
        add_effect_note(out, "means of basis common are over the settings of the other axes, and the "
                             "repeats, that were completed with every value of the axis"))
        return -1;
    return met >> BASIS_OWN & 1 ? add_effect_note(out, own) : 0;
}

static int note_shares(struct table *out, const struct design *g, const struct anova *a)
{
    char text[256];
    if (!g->complete) {
        snprintf(text, sizeof text, "no shares: %s", g->why);
        return add_effect_note(out, text);
    }
    if (!(a->total > 0) && add_effect_note(out, "no shares: the objective is the same everywhere"))
        return -1;
    if (g->n < g->v->t->rows) {
        snprintf(text, sizeof text, "shares are those of %zu of %zu trials, the complete part of the grid", g->n,
                 g->v->t->rows);
        if (add_effect_note(out, text))
            return -1;
    }
    if (a->total > 0 && g->repeats < 2)
        return add_effect_note(
            out, "one repeat a point: seed noise stands in every share, mostly in the higher orders; intervals "
                 "and share_omega take all interactions for noise");
    return 0;
}

/* Returns the noise that intervals of means are made of. */
static struct noise noise_of(const struct design *g, const struct fit *fit, const struct anova *a)
{
    struct noise s = {fit->variance, fit->df};
    if (!fit->df && g->complete && g->repeats < 2 && a->error.df > 0)
        s = (struct noise){a->error.squares / a->error.df, (size_t)a->error.df};
    if (!(s.variance > 0))
        s.variance = NAN;
    return s;
}

/* ---- means of values -------------------------------------------------------------------------------------------- */

/* *met: as note_bases wants it. */
static int add_means(struct table *out, const struct design *g, const struct fit *fit, struct noise noise, int *met,
                     struct arena *mem)
{
    struct value_means m;
    double lo, hi, t = stats_t95(noise.df);
    metric_limits(g->v->t, g->v->metric, &lo, &hi);
    if (means_init(&m, g, fit, mem))
        return -1;
    for (size_t f = 0; f < g->nfactors; f++) {
        if (means_of(&m, f))
            return -1;
        for (size_t l = 0; l < g->factor[f].levels; l++) {
            const struct value_mean *x = &m.value[l];
            struct effect_row r = effect_row_of("value", g->factor[f].name);
            double half = t * sqrt(noise.variance * x->spread * (1 + (double)m.repeats * g->v->overlap));
            r.value = g->factor[f].text[l];
            r.n = x->n;
            r.planned = x->planned;
            r.basis = means_basis[x->basis];
            *met |= 1 << x->basis;
            r.mean = x->mean;
            r.low = x->mean >= lo ? fmax(lo, x->mean - half) : x->mean - half;
            r.high = x->mean <= hi ? fmin(hi, x->mean + half) : x->mean + half;
            if (isnan(half))
                r.low = r.high = NAN;
            if (add_effect_row(out, &r))
                return -1;
        }
    }
    return 0;
}

/* What the shares are computed with is gone before the means of values take as much. */
static int make_shares(struct table *out, const struct design *g, const struct fit *fit, struct anova *a)
{
    struct arena mem;
    arena_init(&mem);
    int bad = (g->complete && anova_init(a, g, fit, &mem)) ||
              add_effect_shares(out, g, g->complete && a->total > 0 ? a : NULL) || (g->complete && a->failed);
    arena_release(&mem);
    return bad ? -1 : 0;
}

/* Of the noise and the blocks alone; what points there are is not asked for again. */
static int find_noise(struct fit *fit, const struct trials_view *v, struct arena *mem)
{
    struct arena scratch;
    arena_init(&scratch);
    int bad = fit_init(fit, v, mem, &scratch);
    arena_release(&scratch);
    return bad;
}

/* A complete part that has few of the trials says little of the rest. */
static void refuse_small_part(struct design *g)
{
    if (!g->complete || 2 * g->n >= g->v->ncomplete)
        return;
    g->complete = 0;
    g->why = "the complete part of the grid has less than half of the trials";
}

/* Of a grid: exact shares of its complete part, or, where there is none, those of a forest (*study, else NULL). */
static int add_grid_shares(struct table *out, const struct design *g, const struct fit *fit, struct anova *a,
                           struct forest_study **study)
{
    int asked = g->complete ? 0 : forest_study(study, g);
    if (asked < 0)
        return -1;
    return asked ? add_forest_shares(out, *study) : make_shares(out, g, fit, a);
}

static int make_effects(struct trials_view *v, struct table *out, struct arena *mem)
{
    struct design g;
    struct fit fit;
    struct anova a = {0};
    struct forest_study *study = NULL;
    int met = 0;
    if (effect_columns(out) || find_noise(&fit, v, mem))
        return -1;
    view_forget_ranks(v);
    if (design_init(&g, v, mem))
        return -1;
    refuse_small_part(&g);
    int bad = add_grid_shares(out, &g, &fit, &a, &study) ||
              add_means(out, &g, &fit, noise_of(&g, &fit, &a), &met, mem) || note_joined(out, &g) ||
              (study ? add_forest_notes(out, study) : note_shares(out, &g, &a)) || note_missing_trials(out, v) ||
              note_bases(out, &g, met);
    forest_study_free(study);
    return bad ? -1 : 0;
}

int report_effects(const struct table *trials, const char *objective, struct table *effects, struct err *e)
{
    struct trials_view v;
    struct arena mem;
    arena_init(&mem);
    int bad = view_init(&v, trials, objective, e);
    if (!bad && (trials->drawn ? drawn_effects(&v, effects, &mem) : make_effects(&v, effects, &mem)))
        bad = err_set(e, ERR_NOMEM, "no memory for the effects of %zu trials", trials->rows);
    view_release(&v);
    arena_release(&mem);
    return bad;
}
