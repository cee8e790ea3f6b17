/* follow.c finds the values of keys that follow from others, and what they read, and sees to it that none reads itself.
 */
#include "config/sweep.h"

#include <string.h>

int setting_follows(const struct sweep *s, int i, const char *text)
{
    const struct setting *st = &s->set[i];
    if (!text || !group_varies(st->group) || setting_is_variable(st) || setting_is_lines(s, i) || i == s->variant)
        return 0;
    return strstr(text, i == s->data_path ? "${" : "$") != NULL;
}

/* Makes a value as if nobody had written it, so that what is wrong is told once, and nothing runs in a circle. */
static void forget(struct sweep *s, int i)
{
    struct setting *st = &s->set[i];
    if (st->base.made)
        st->base.text = st->param ? st->param->preset : NULL;
    st->base.made = NULL;
    for (size_t v = 0; v < s->nvar; v++) {
        struct given *g = &s->var[v].set[i];
        g->text = g->made ? NULL : g->text;
        g->made = NULL;
    }
}

/* Says whether the value says which keys there are, which must be known before any point is. */
static int is_plain(const struct sweep *s, int i)
{
    for (size_t f = 0; f < family_count(); f++)
        if (families[f].plain && s->chooser[f] == i)
            return 1;
    return 0;
}

static void take_apart(struct sweep *s, int i, struct given *g, struct error_list *errors)
{
    size_t before = errors->n + errors->dropped;
    struct text_line *l = setting_follows(s, i, g->text) ? arena_take(&s->mem, sizeof *l) : NULL;
    if (!l)
        return;
    l->at = g->at;
    g->made = l;
    if (is_plain(s, i))
        errors_add(errors, &g->at, "'%s': which keys there are depends on it; write a name, or vary %s in [grid]",
                   g->text, s->set[i].name);
    else
        template_parse(s, l, g->text, i == s->data_path ? TEMPLATE_PATH : TEMPLATE_VALUE, errors);
    if (errors->n + errors->dropped > before)
        forget(s, i);
    else
        s->set[i].follows = 1;
}

/* Returns the n-th setting that the text reads; *n becomes what is left of it where the text reads fewer. */
static int line_reads(const struct text_line *l, size_t *n)
{
    for (size_t i = 0; l && i < l->n; i++) {
        const struct piece *c = &l->piece[i];
        int slot;
        for (size_t k = 0; c->x && (slot = expr_slot(c->x, k)) >= 0; k++)
            if (!(*n)--)
                return slot;
        if (!c->text && !c->x && c->slot >= 0 && !(*n)--)
            return c->slot;
    }
    return -1;
}

int setting_reads(const struct sweep *s, int setting, size_t n)
{
    const struct setting *st = &s->set[setting];
    int hidden = st->column >= 0 && !s->ax[s->col[st->column].axis].when_text; /* the axis wins at every point */
    int slot = st->follows && !hidden ? line_reads(st->base.made, &n) : -1;
    for (size_t v = 0; slot < 0 && st->follows && !hidden && st->in_variant && v < s->nvar; v++)
        slot = line_reads(s->var[v].set[setting].made, &n);
    return slot;
}

/* ---- circles ---- */

enum { UNSEEN, ON_PATH, DONE };

struct walk {
    struct sweep *s;
    unsigned char *state; /* [nset] */
    int *path;            /* settings, each of which reads the next */
    size_t n;
};

/* Tells of a circle: "train.lr needs train.warmup, which needs train.lr". */
static void tell_circle(struct walk *w, int closes, struct error_list *errors)
{
    struct str t = {0};
    size_t from = w->n - 1;
    while (w->path[from] != closes)
        from--;
    for (size_t i = from; i < w->n; i++) {
        int next = i + 1 < w->n ? w->path[i + 1] : closes;
        str_addf(&t, "%s needs %s", i > from ? ", which" : w->s->set[w->path[i]].name, w->s->set[next].name);
    }
    errors_add(errors, &w->s->set[closes].base.at,
               "the value goes in a circle: %s; give one of them a value of its own", t.p ? t.p : "");
    str_release(&t);
    for (size_t i = from; i < w->n; i++)
        forget(w->s, w->path[i]);
}

static void walk(struct walk *w, int i, struct error_list *errors)
{
    int next;
    w->state[i] = ON_PATH;
    w->path[w->n++] = i;
    for (size_t n = 0; (next = setting_reads(w->s, i, n)) >= 0; n++) {
        if (w->state[next] == ON_PATH)
            tell_circle(w, next, errors);
        else if (w->state[next] == UNSEEN)
            walk(w, next, errors);
    }
    w->state[i] = DONE;
    w->n--;
}

int follow_parse(struct sweep *s, struct error_list *errors)
{
    struct walk w = {.s = s};
    size_t before = errors->n + errors->dropped;
    for (size_t i = 0; i < s->nset; i++) {
        take_apart(s, (int)i, &s->set[i].base, errors);
        for (size_t v = 0; v < s->nvar; v++)
            take_apart(s, (int)i, &s->var[v].set[i], errors);
        s->follows |= s->set[i].follows;
    }
    if (!s->follows)
        return errors->n + errors->dropped > before ? -1 : 0;
    s->made = arena_take(&s->mem, s->nset * sizeof *s->made);
    for (size_t i = 0; s->made && i < s->nset; i++)
        if (s->set[i].follows && s->set[i].column < 0)
            s->made[s->nmade++] = (int)i;
    w.state = arena_take(&s->mem, s->nset);
    w.path = arena_take(&s->mem, s->nset * sizeof *w.path);
    for (size_t i = 0; w.state && w.path && i < s->nset; i++)
        if (s->set[i].follows && w.state[i] == UNSEEN)
            walk(&w, (int)i, errors);
    return errors->n + errors->dropped > before ? -1 : 0;
}
