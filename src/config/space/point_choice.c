/* point_choice.c finds the value that a setting has at a point: of its axis, its variant, the file, or worked out from
 * others. */
#include "config/sweep.h"

#include <string.h>

void choice_variant(struct point_choice *p)
{
    char buf[STR_NUM];
    struct err e = {0};
    p->variant = NULL;
    const char *name = p->s->nvar ? choice_text(p, p->s->variant, buf, &e) : NULL;
    p->variant = name ? variant_find(p->s, name) : NULL;
}

void choice_init(struct point_choice *p, const struct sweep *s, struct arena *a)
{
    p->s = s;
    p->target = (struct target_kind){.classes = 0};
    p->block = NULL;
    p->a = a;
    p->made = s->follows ? arena_take(a, s->nset * sizeof *p->made) : NULL;
}

void choice_point(struct point_choice *p, const struct sweep *s, const struct proposal *at, struct arena *a)
{
    choice_init(p, s, a);
    memcpy(p->value, at->value, s->nax * sizeof *p->value);
    choice_variant(p);
}

/* Returns the axis key whose value the setting has at the point, or NULL where it is no axis, or absent. */
static const struct column *choice_column(const struct point_choice *p, int setting)
{
    const struct setting *st = &p->s->set[setting];
    const struct column *c = st->column >= 0 ? &p->s->col[st->column] : NULL;
    return c && p->value[c->axis] != SEARCH_ABSENT ? c : NULL;
}

static const struct given *choice_given(const struct point_choice *p, int setting)
{
    const struct setting *st = &p->s->set[setting];
    int of_variant = st->in_variant && p->variant && p->variant->set[setting].text && st->base.by != BY_COMMAND_LINE;
    return of_variant ? &p->variant->set[setting] : &st->base;
}

struct where choice_where(const struct point_choice *p, int setting)
{
    const struct column *c = choice_column(p, setting);
    return c ? c->at : choice_given(p, setting)->at;
}

const char *choice_origin(const struct point_choice *p, int setting)
{
    const struct given *g = choice_given(p, setting);
    return g->made && !choice_column(p, setting) ? g->text : NULL;
}

const char *choice_text(const struct point_choice *p, int setting, char buf[STR_NUM], struct err *e)
{
    if (p->block && setting > p->block->layers && setting <= p->block->layers + (int)p->block->nparams)
        return p->given[setting - p->block->layers - 1];
    const struct column *c = choice_column(p, setting);
    if (c)
        return values_text(&c->values, (uint64_t)p->value[c->axis], buf);
    const struct given *g = choice_given(p, setting);
    if (!g->made || !p->made)
        return g->text;
    if (!p->made[setting])
        p->made[setting] = template_text(g->made, p, p->a, e);
    return p->made[setting];
}

/* Returns the row of the key in the families' rows that the point has, or NULL where they have none of that name. */
static const struct param *owner_param(const struct point_choice *p, const struct setting *st)
{
    char buf[STR_NUM];
    struct err e = {0};
    for (size_t i = 0; i < st->nown; i++) {
        const char *name = choice_text(p, family_setting(p->s, st->own[i].family), buf, &e);
        if (name && !strcmp(name, st->own[i].name))
            return st->own[i].param;
    }
    return NULL;
}

int choice_has(const struct point_choice *p, int setting)
{
    const struct setting *st = &p->s->set[setting];
    return st->param || setting_is_param(st) || owner_param(p, st);
}

int choice_get(void *choice, int slot, struct expr_value *v, struct err *e)
{
    char buf[STR_NUM];
    const struct point_choice *p = choice;
    const struct setting *st = &p->s->set[slot];
    const struct param *q = st->param ? st->param : owner_param(p, st);
    if (!q && !setting_is_word(st))
        return 1;
    const char *text = setting_text(p->s, slot, choice_text(p, slot, buf, e));
    if (e->code)
        return -1;
    if (!text)
        text = q ? q->preset : NULL;
    if (!text)
        return 1;
    *v = (struct expr_value){0, NULL};
    if (q && q->type == P_BOOL) {
        struct param b = *q;
        struct err wrong = {0};
        int yes = 0;
        b.at = 0;
        param_set(&b, &yes, text, NULL, &wrong);
        v->num = yes;
    } else if (q && q->type != P_INT && q->type != P_FLOAT) {
        v->word = text;
    } else if (str_to_double(text, &v->num)) {
        v->word = text;
    }
    return 0;
}
