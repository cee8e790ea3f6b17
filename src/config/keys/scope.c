/* scope.c says what the names of conditions mean: keys and variables that may differ between points. */
#include "config/sweep.h"

#include <string.h>

/* Says whether conditions may name the setting: one that may differ between points and is not lines. */
static int in_scope(const struct sweep *s, int i)
{
    return group_varies(s->set[i].group) && !setting_is_lines(s, i);
}

int scope_find(const void *sweep, const char *name)
{
    const struct sweep *s = sweep;
    int i = setting_named(s, name);
    if (i < 0 || !in_scope(s, i))
        return -1;
    s->set[i].used = 1;
    return i;
}

const char *scope_known(size_t i, const void *sweep)
{
    const struct sweep *s = sweep;
    if (i >= s->nset)
        return NULL;
    return in_scope(s, (int)i) ? s->set[i].name : "";
}

const char *scope_hint(const void *sweep, const char *name)
{
    const struct sweep *s = sweep;
    static const char whole[] = "conditions look at [data], [model] and [train]";
    int i = setting_named(s, name);
    if (i >= 0)
        return whole;
    for (size_t j = 0; j < s->nset; j++)
        if (in_scope(s, (int)j) && !strcmp(s->set[j].key, name))
            return arena_fmt(&((struct sweep *)sweep)->mem, "write '%s'", s->set[j].name);
    return NULL;
}

const struct param *scope_param(const void *sweep, int slot)
{
    const struct setting *st = &((const struct sweep *)sweep)->set[slot];
    return st->param ? st->param : st->nown ? st->own[0].param : NULL;
}

static const char *choice_word(size_t i, const void *param)
{
    return ((const struct param *)param)->word(i);
}

int scope_takes(const void *sweep, int slot, const char *word, const char **near)
{
    const struct sweep *s = sweep;
    const struct param *p = scope_param(sweep, slot);
    if (slot == s->variant) {
        *near = variant_nearest(s, word);
        return !strcmp(word, "none") || variant_find(s, word) != NULL;
    }
    double number;
    if (!p || !p->word || (p->type == P_INT && !str_to_double(word, &number)))
        return 1;
    for (size_t i = 0; p->word(i); i++)
        if (!strcmp(p->word(i), word))
            return 1;
    *near = str_nearest(word, choice_word, p);
    return 0;
}

const struct expr_scope setting_scope = {scope_find, scope_known, scope_hint, scope_param, scope_takes, 0, NULL};
