/* start.c reads what is known of a search before it begins: search.start, points that are tried first, one a line, the
 * values of their axes as words; and points of an earlier sweep. */
#include "config/sweep.h"

#include <string.h>

/* Finds the axis that a word "section.key=value" gives a value of, and its number. 0, or -1 after an error. */
static int read_start_word(const struct sweep *s, char *word, const struct where *at, struct proposal *p,
                           struct error_list *errors)
{
    char *value = strchr(word, '=');
    if (!value)
        return errors_add(errors, at, "'%s' is not section.key=value", word);
    *value++ = 0;
    int setting = setting_named(s, word), column = setting < 0 ? -1 : s->set[setting].column;
    if (column < 0)
        return errors_add(errors, at, "'%s' is not an axis; a point is values of axes", word);
    const struct column *c = &s->col[column];
    uint64_t number;
    if (values_find(&c->values, value, &number))
        return errors_add(errors, at, "'%s' is not a value of %s = %s", value, word, c->text);
    int64_t *to = &p->value[c->axis];
    if (*to != SEARCH_ANY && *to != (int64_t)number)
        return errors_add(errors, at, "'%s' is not the value of %s that the other keys of its zip, or itself, have",
                          value, word);
    *to = (int64_t)number;
    return 0;
}

int sweep_take_value(const struct sweep *s, const char *key, const char *text, struct proposal *at)
{
    int setting = setting_named(s, key), column = setting < 0 ? -1 : s->set[setting].column;
    uint64_t number;
    if (column < 0 || values_find(&s->col[column].values, strcmp(text, "\"\"") ? text : "", &number))
        return -1;
    int64_t *to = &at->value[s->col[column].axis];
    if (*to != SEARCH_ABSENT && *to != (int64_t)number)
        return -1;
    *to = (int64_t)number;
    return 0;
}

int sweep_know(struct sweep *s, const struct search_earlier *v, size_t n)
{
    struct search_earlier *known = arena_take(&s->mem, (n + 1) * sizeof *known);
    if (!known)
        return -1;
    memcpy(known, v, n * sizeof *known);
    s->search.earlier = known;
    s->search.nearlier = n;
    return 0;
}

/* A search that listens proposes from points that have come to their ends, and those that wait have none. Stagnation is
 * found in the order of the plan, and the best of those that wait may be anywhere in it. */
static void check_promotion(const struct sweep *s, struct error_list *errors)
{
    const struct where at = sweep_where(s, "prune", "promotion"), stop = sweep_where(s, "stop", "stagnation");
    if (s->spec.prune_args.promotion && s->spec.stop_stagnation)
        errors_add(errors, &stop,
                   "trials that wait at rungs (prune.promotion) come to their ends when the others have, whatever "
                   "their order; leave it out, or set stop.epochs or stop.time");
    if (s->spec.prune_args.promotion && s->search.type->listens)
        errors_add(errors, &at,
                   "trials that wait at rungs have no end that search.method = %s could learn from; leave it "
                   "out, or take a method that draws: random, sobol or latin",
                   s->search.type->name);
}

void start_parse(struct sweep *s, struct error_list *errors)
{
    check_promotion(s, errors);
    int i = setting_find(s, "search", "start");
    const struct given *g = i < 0 ? NULL : &s->set[i].base;
    size_t lines = !g || !g->text || g->by == BY_DEFAULT ? 0 : g->n ? g->n : 1;
    struct proposal *start = arena_take(&s->mem, (lines + 1) * sizeof *start);
    for (size_t k = 0; start && k < lines; k++) {
        struct where at = g->at;
        if (g->n)
            at.line = g->piece[k].line;
        char *text = arena_str(&s->mem, g->n ? g->piece[k].text : g->text), *rest;
        for (size_t a = 0; a < s->nax; a++)
            start[k].value[a] = SEARCH_ANY;
        for (char *word = text ? strtok_r(text, " \t", &rest) : NULL; word; word = strtok_r(NULL, " \t", &rest))
            read_start_word(s, word, &at, &start[k], errors);
    }
    if (!start)
        errors_nomem(errors);
    s->search.start = start;
    s->search.nstart = lines;
}
