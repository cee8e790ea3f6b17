#include "config/sweep.h"

#include "nn/layer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

int setting_find(const struct sweep *s, const char *section, const char *key)
{
    for (size_t i = 0; i < s->nset; i++)
        if (!strcmp(s->set[i].key, key) && !strcmp(s->set[i].section, section))
            return (int)i;
    return -1;
}

int setting_named(const struct sweep *s, const char *name)
{
    for (size_t i = 0; i < s->nset; i++)
        if (!strcmp(s->set[i].name, name))
            return (int)i;
    return -1;
}

int setting_in_model(const struct setting *st)
{
    return st->group == KEY_MODEL || st->group == KEY_NN;
}

int setting_is_variable(const struct setting *st)
{
    return st->group == KEY_MODEL && !st->param;
}

int setting_is_word(const struct setting *st)
{
    return setting_is_variable(st) || setting_is_param(st);
}

int setting_is_lines(const struct sweep *s, int i)
{
    return i == s->layers || i == s->pool || (setting_is_param(&s->set[i]) && !strcmp(s->set[i].key, "layers"));
}

static struct setting *new_setting(struct sweep *s, const char *section, const char *key, enum key_group group)
{
    if (s->nset == s->set_cap)
        return NULL;
    struct setting *st = &s->set[s->nset];
    *st = (struct setting){.section = section, .key = key, .group = group, .column = -1};
    st->name = arena_fmt(&s->mem, "%s.%s", section, key);
    st->base.at = (struct where){s->path, 0, section, key};
    if (!st->name)
        return NULL;
    s->nset++;
    return st;
}

static int add_owner(struct sweep *s, struct setting *st, const struct key_row *r)
{
    struct owned *v = arena_take(&s->mem, (st->nown + 1) * sizeof *v);
    if (!v)
        return -1;
    if (st->nown)
        memcpy(v, st->own, st->nown * sizeof *v);
    v[st->nown++] = (struct owned){r->group, r->type, r->owner, r->param, r->table};
    st->own = v;
    return 0;
}

static int add_row(struct sweep *s, const struct key_row *r)
{
    int i = setting_find(s, r->section, r->param->name);
    struct setting *st = i >= 0 ? &s->set[i] : new_setting(s, r->section, r->param->name, r->group);
    if (!st)
        return -1;
    if (r->owner)
        return add_owner(s, st, r);
    st->param = r->param;
    st->base.text = r->param->preset;
    return 0;
}

static void find_special(struct sweep *s)
{
    for (size_t i = 0; i < s->nset; i++) {
        const struct setting *st = &s->set[i];
        size_t at = st->param ? st->param->at : 0;
        if (st->group == KEY_MODEL)
            *(at == offsetof(struct model_spec, layers)    ? &s->layers
              : at == offsetof(struct model_spec, pool)    ? &s->pool
              : at == offsetof(struct model_spec, pool_at) ? &s->pool_at
                                                           : &s->variant) = (int)i;
        else if (st->group == KEY_DATA && at == offsetof(struct data_spec, dataset))
            s->dataset = (int)i;
        else if (st->group == KEY_TRAIN && at == offsetof(struct train_spec, optimizer))
            s->optimizer = (int)i;
        else if (st->group == KEY_TRAIN && at == offsetof(struct train_spec, schedule))
            s->schedule = (int)i;
        else if (st->group == KEY_DATA && at == offsetof(struct data_spec, path))
            s->data_path = (int)i;
    }
}

int settings_init(struct sweep *s, size_t more)
{
    struct key_row r;
    size_t rows = 0;
    while (!key_row(rows, &r))
        rows++;
    s->set_cap = rows + more;
    s->set = arena_take(&s->mem, s->set_cap * sizeof *s->set);
    if (!s->set)
        return -1;
    for (size_t i = 0; !key_row(i, &r); i++)
        if (add_row(s, &r))
            return -1;
    find_special(s);
    return 0;
}

int setting_new(struct sweep *s, const char *section, const char *key, enum key_group group)
{
    return new_setting(s, section, key, group) ? (int)s->nset - 1 : -1;
}

int setting_variable(struct sweep *s, const char *key)
{
    int i = setting_find(s, "model", key);
    if (i >= 0)
        return i;
    return setting_new(s, "model", key, KEY_MODEL);
}

const char *setting_text(const struct sweep *s, int i, const char *text)
{
    return i == s->pool_at && text && !strcmp(text, "none") ? "0" : text;
}

struct variant *variant_find(const struct sweep *s, const char *name)
{
    for (size_t i = 0; i < s->nvar; i++)
        if (!strcmp(s->var[i].name, name))
            return &s->var[i];
    return NULL;
}

static const char *variant_word(size_t i, const void *sweep)
{
    const struct sweep *s = sweep;
    return i < s->nvar ? s->var[i].name : NULL;
}

static int check_variant(const struct sweep *s, const char *text, const struct where *w, struct faults *f)
{
    if (!strcmp(text, "none") || variant_find(s, text))
        return 0;
    const char *near = str_nearest(text, variant_word, s);
    return fault(f, w, "there is no section [model.%s]%s%s%s", text, near ? "; did you mean '" : "", near ? near : "",
                 near ? "'?" : "");
}

int owner_setting(const struct sweep *s, enum key_group group)
{
    return group == KEY_SOURCE ? s->dataset : group == KEY_OPTIMIZER ? s->optimizer : s->schedule;
}

int owner_used(const struct sweep *s, const struct owned *o)
{
    const struct setting *st = &s->set[owner_setting(s, o->group)];
    const struct column *c = st->column >= 0 ? &s->col[st->column] : NULL;
    char buf[STR_NUM];
    if (st->follows) /* any may come out */
        return 1;
    for (uint64_t i = 0; c && i < c->values.n && i < 1000; i++)
        if (!strcmp(values_text(&c->values, i, buf), o->name))
            return 1;
    return (!c || s->ax[c->axis].when_text) && st->base.text && !strcmp(st->base.text, o->name);
}

/* param_set into nowhere. */
static int try_param(const struct param *p, const char *text, const struct where *w, struct faults *f)
{
    struct param q = *p;
    union {
        int i[2];
        double d;
        const char *t;
    } into;
    struct err e = {0};
    q.at = 0;
    return param_set(&q, &into, text, w, &e) ? fault_take(f, w, &e) : 0;
}

static int check_variable(const char *text, const struct where *w, struct faults *f)
{
    if (!*text)
        return fault(f, w, "a variable wants a value");
    if (strchr(text, '$'))
        return fault(f, w, "'%s': a variable is a plain value; write the expression into the text that uses it", text);
    return 0;
}

int setting_check(const struct sweep *s, int i, const char *text, const struct where *w, struct faults *f)
{
    const struct setting *st = &s->set[i];
    if (i == s->variant)
        return check_variant(s, text, w, f);
    if (setting_is_variable(st))
        return check_variable(text, w, f);
    if (setting_is_param(st) && !*text)
        return fault(f, w, "a parameter wants a default, or '?' where each use is to give it");
    if (setting_follows(s, i, text))
        return fault(f, w,
                     "'%s': an axis has plain values; write the expression as the value of %s in [%s], it follows "
                     "the axes that it uses",
                     text, st->key, st->section);
    if (st->param)
        return try_param(st->param, setting_text(s, i, text), w, f);
    for (size_t o = 0; o < st->nown; o++)
        if (owner_used(s, &st->own[o]) && try_param(st->own[o].param, text, w, f))
            return -1;
    return 0;
}

void pick_variant(struct pick *p)
{
    char buf[STR_NUM];
    struct err e = {0};
    p->variant = NULL;
    const char *name = p->s->nvar ? pick_text(p, p->s->variant, buf, &e) : NULL;
    p->variant = name ? variant_find(p->s, name) : NULL;
}

void pick_init(struct pick *p, const struct sweep *s, struct arena *a)
{
    p->s = s;
    p->classes = 0;
    p->block = NULL;
    p->a = a;
    p->made = s->follows ? arena_take(a, s->nset * sizeof *p->made) : NULL;
}

void pick_point(struct pick *p, const struct sweep *s, uint64_t k, struct arena *a)
{
    pick_init(p, s, a);
    grid_decode(&s->grid, k, p->value);
    pick_variant(p);
}

/* The column whose value is the setting's at the point; NULL: it is no axis, or absent. */
static const struct column *pick_column(const struct pick *p, int setting)
{
    const struct setting *st = &p->s->set[setting];
    const struct column *c = st->column >= 0 ? &p->s->col[st->column] : NULL;
    return c && p->value[c->axis] != GRID_ABSENT ? c : NULL;
}

static const struct given *pick_given(const struct pick *p, int setting)
{
    const struct setting *st = &p->s->set[setting];
    int of_variant = st->in_variant && p->variant && p->variant->set[setting].text && st->base.by != BY_COMMAND_LINE;
    return of_variant ? &p->variant->set[setting] : &st->base;
}

struct where pick_where(const struct pick *p, int setting)
{
    const struct column *c = pick_column(p, setting);
    return c ? c->at : pick_given(p, setting)->at;
}

const char *pick_origin(const struct pick *p, int setting)
{
    const struct given *g = pick_given(p, setting);
    return g->made && !pick_column(p, setting) ? g->text : NULL;
}

const char *pick_text(const struct pick *p, int setting, char buf[STR_NUM], struct err *e)
{
    if (p->block && setting > p->block->layers && setting <= p->block->layers + (int)p->block->nparams)
        return p->given[setting - p->block->layers - 1];
    const struct column *c = pick_column(p, setting);
    if (c)
        return values_text(&c->values, (uint64_t)p->value[c->axis], buf);
    const struct given *g = pick_given(p, setting);
    if (!g->made || !p->made)
        return g->text;
    if (!p->made[setting])
        p->made[setting] = template_text(g->made, p, p->a, e);
    return p->made[setting];
}

/* The default of a key that the point's dataset, optimizer or schedule has; NULL: they have none of that name. */
static const struct param *owner_param(const struct pick *p, const struct setting *st)
{
    char buf[STR_NUM];
    struct err e = {0};
    for (size_t i = 0; i < st->nown; i++) {
        const char *name = pick_text(p, owner_setting(p->s, st->own[i].group), buf, &e);
        if (name && !strcmp(name, st->own[i].name))
            return st->own[i].param;
    }
    return NULL;
}

int pick_has(const struct pick *p, int setting)
{
    const struct setting *st = &p->s->set[setting];
    return st->param || setting_is_param(st) || owner_param(p, st);
}

int pick_get(void *pick, int slot, struct expr_value *v, struct err *e)
{
    char buf[STR_NUM];
    const struct pick *p = pick;
    const struct setting *st = &p->s->set[slot];
    const struct param *q = st->param ? st->param : owner_param(p, st);
    if (!q && !setting_is_word(st))
        return 1;
    const char *text = setting_text(p->s, slot, pick_text(p, slot, buf, e));
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

/* Only what may differ between points, and no texts of several lines. */
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
        *near = str_nearest(word, variant_word, s);
        return !strcmp(word, "none") || variant_find(s, word) != NULL;
    }
    if (!p || p->type != P_CHOICE)
        return 1;
    for (size_t i = 0; p->word(i); i++)
        if (!strcmp(p->word(i), word))
            return 1;
    *near = str_nearest(word, choice_word, p);
    return 0;
}

const struct expr_scope setting_scope = {scope_find, scope_known, scope_hint, scope_param, scope_takes, 0, NULL};
