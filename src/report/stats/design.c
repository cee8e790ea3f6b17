/* design.c - finds the factors of a sweep, which of them stand inside others, and the cells that they make. */
#include "report/stats/design.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- factors ---------------------------------------------------------------------------------------------------- */

/* Returns the value "" of an axis, or -1. */
static int absent_value(const struct table_axis *a)
{
    for (size_t i = 0; i < a->levels; i++)
        if (!*a->text[i])
            return (int)i;
    return -1;
}

/* Says whether each value of a has one value of b, as the further keys of a zip have for the first. Where b has fewer
 * values, neither may be absent anywhere: a conditional axis tells what it depends on, and is another one. */
static int goes_with(const struct trials_view *v, const struct table_axis *a, const struct table_axis *b, int *map)
{
    if (a->levels < b->levels || b->levels < 2)
        return 0;
    if (a->levels > b->levels && (absent_value(a) >= 0 || absent_value(b) >= 0))
        return 0;
    for (size_t i = 0; i < a->levels; i++)
        map[i] = -1;
    for (size_t r = 0; r < v->t->rows; r++) {
        if (map[a->code[r]] < 0)
            map[a->code[r]] = b->code[r];
        if (map[a->code[r]] != b->code[r])
            return 0;
    }
    return 1;
}

static const char **join_texts(size_t n, const char *const *a, const char *const *b, const int *map, struct arena *mem)
{
    const char **text = arena_take(mem, n * sizeof *text);
    for (size_t i = 0; text && i < n; i++)
        if (!(text[i] = arena_fmt(mem, "%s & %s", a[i], b[map[i]])))
            return NULL;
    return text;
}

static int join_factors(struct factor *f, const struct table_axis *b, const int *map, struct arena *mem)
{
    f->name = arena_fmt(mem, "%s & %s", f->name, b->name);
    f->label = arena_fmt(mem, "%s & %s", f->label, b->label);
    f->text = join_texts(f->levels, f->text, b->text, map, mem);
    f->show = join_texts(f->levels, f->show, b->show, map, mem);
    for (size_t i = 0; f->show && i < f->levels; i++)
        if (!strcmp(f->show[i], " & "))
            f->show[i] = ""; /* both absent */
    return f->name && f->label && f->text && f->show ? 0 : -1;
}

/* Makes a factor of each axis, and one of those that go with each other; of points that were drawn, each with a value
 * of its own, any two axes would seem to. map[the most values of an axis] is scratch. */
static int gather_factors(struct design *g, int *map, struct arena *mem)
{
    const struct trials_view *v = g->v;
    for (size_t i = 0; i < v->naxes; i++) {
        const struct table_axis *a = &v->axis[i];
        size_t f = 0;
        while (f < g->nfactors && (v->t->drawn || !goes_with(v, g->factor[f].first, a, map)))
            f++;
        if (f < g->nfactors) {
            if (join_factors(&g->factor[f], a, map, mem))
                return -1;
            continue;
        }
        g->factor[g->nfactors++] = (struct factor){.name = a->name,
                                                   .label = a->label,
                                                   .levels = a->levels,
                                                   .text = a->text,
                                                   .show = a->show,
                                                   .first = a,
                                                   .code = a->code};
    }
    return 0;
}

static int find_factors(struct design *g, struct arena *mem)
{
    const struct trials_view *v = g->v;
    size_t most = 1;
    for (size_t i = 0; i < v->naxes; i++)
        most = v->axis[i].levels > most ? v->axis[i].levels : most;
    int *map = malloc(most * sizeof *map);
    g->factor = arena_take(mem, (v->naxes + 1) * sizeof *g->factor);
    int bad = !map || !g->factor || gather_factors(g, map, mem);
    free(map);
    return bad ? -1 : 0;
}

/* ---- conditional axes ------------------------------------------------------------------------------------------- */

/* Returns 1 when the value of p says whether x exists. seen[p->levels] is scratch. */
static int decides_existence(const struct trials_view *v, const struct factor *p, const struct factor *x, int gone,
                             signed char *seen)
{
    memset(seen, -1, p->levels);
    for (size_t r = 0; r < v->t->rows; r++) {
        signed char here = x->code[r] != gone;
        if (seen[p->code[r]] < 0)
            seen[p->code[r]] = here;
        if (seen[p->code[r]] != here)
            return 0;
    }
    return 1;
}

/* Finds for each conditional factor the factor that its condition is about: one that exists everywhere if there is
 * such, otherwise one that is placed itself. (A joined factor is absent where its first axis is.) Those without an
 * answer stay as they are, "" being one more value. */
static int place_conditional(struct design *g)
{
    size_t most = 1;
    for (size_t i = 0; i < g->nfactors; i++)
        most = g->factor[i].levels > most ? g->factor[i].levels : most;
    signed char *seen = malloc(most);
    unsigned placed = 0;
    if (!seen)
        return -1;
    for (size_t i = 0; i < g->nfactors; i++)
        placed |= (unsigned)(absent_value(g->factor[i].first) < 0) << i;
    for (int again = 1; again;) {
        again = 0;
        for (size_t i = 0; i < g->nfactors; i++)
            for (size_t j = 0; j < g->nfactors && !design_has(placed, i); j++)
                if (design_has(placed, j) && g->factor[j].levels > 1 && !g->factor[j].first->scattered &&
                    decides_existence(g->v, &g->factor[j], &g->factor[i], absent_value(g->factor[i].first), seen)) {
                    g->factor[i].inside = 1u << j | g->factor[j].inside;
                    placed |= 1u << i;
                    again = 1;
                }
    }
    free(seen);
    return 0;
}

int design_factors(struct design *g, const struct trials_view *v, struct arena *a)
{
    memset(g, 0, sizeof *g);
    g->v = v;
    if (find_factors(g, a))
        return -1;
    return g->nfactors > DESIGN_MAX ? 0 : place_conditional(g);
}

struct table_axis design_axis(const struct design *g, size_t f)
{
    const struct factor *x = &g->factor[f];
    struct table_axis a = *x->first;
    a.name = x->name;
    a.label = x->label;
    a.text = x->text;
    a.show = x->show;
    a.col = a.text == x->first->text ? a.col : -1;
    return a;
}

/* ---- cells ------------------------------------------------------------------------------------------------------ */

#define SMALL (1 << 16) /* combinations that are numbered by a plain table */

long design_refine(const struct design *g, const int *by_row, size_t levels, size_t cells, int *code)
{
    struct ids m = {0};
    size_t range = cells * levels;
    int *number = range <= SMALL ? calloc(range + 1, sizeof *number) : NULL; /* + 1; 0: not met yet */
    long n = 0;
    if (range <= SMALL && !number)
        return -1;
    for (size_t i = 0; i < g->n; i++) {
        size_t key = (size_t)code[i] * levels + (size_t)by_row[g->row[i]];
        long id = number ? number[key] - 1 : ids_get(&m, key, NULL);
        if (number && id < 0) {
            number[key] = (int)++n;
            id = n - 1;
        } else if (id < 0) {
            ids_release(&m);
            return -1;
        }
        code[i] = (int)id;
    }
    n = number ? n : (long)m.n;
    free(number);
    ids_release(&m);
    return n;
}

long design_cells(const struct design *g, unsigned set, int *code)
{
    long cells = g->n > 0;
    memset(code, 0, g->n * sizeof *code);
    for (size_t f = 0; f < g->nfactors && cells >= 0; f++)
        if (design_has(set, f))
            cells = design_refine(g, g->factor[f].code, g->factor[f].levels, (size_t)cells, code);
    return cells;
}

/* ---- the design ------------------------------------------------------------------------------------------------ */

int design_init(struct design *g, const struct trials_view *v, struct arena *a)
{
    memset(g, 0, sizeof *g);
    g->v = v;
    g->row = arena_take(a, (v->t->rows + 1) * sizeof *g->row);
    if (!g->row || find_factors(g, a))
        return -1;
    for (size_t r = 0; r < v->t->rows; r++)
        if (!isnan(v->y[r]))
            g->row[g->n++] = (uint32_t)r;
    if (g->nfactors > DESIGN_MAX || g->n < 2) {
        g->why = g->n < 2 ? "at least two complete trials are needed" : "there are more than 30 axes";
        return 0;
    }
    struct arena scratch;
    arena_init(&scratch);
    int bad = place_conditional(g) || design_complete(g, &scratch);
    arena_release(&scratch);
    return bad ? -1 : 0;
}
