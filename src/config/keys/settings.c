/* settings.c finds and checks settings: the keys of a sweep, each with the values that somebody wrote. */
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
    return !strcmp(st->section, "model");
}

int setting_is_variable(const struct setting *st)
{
    return st->group == KEY_MODEL && (!st->param || st->param->at == offsetof(struct model_spec, noise));
}

int setting_is_word(const struct setting *st)
{
    return setting_is_variable(st) || setting_is_param(st);
}

int setting_is_size(const struct setting *st)
{
    size_t at = st->param ? st->param->at : 0;
    return st->param && st->group == KEY_DATA &&
           (at == offsetof(struct data_spec, train) || at == offsetof(struct data_spec, validation) ||
            at == offsetof(struct data_spec, test));
}

int setting_is_lines(const struct sweep *s, int i)
{
    return i == s->layers || i == s->critic || setting_is_insert(s, i) ||
           (setting_is_param(&s->set[i]) && !strcmp(s->set[i].key, "layers"));
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
    v[st->nown++] = (struct owned){r->family, r->type, r->owner, r->param, r->table};
    st->own = v;
    return 0;
}

static int add_table_row(struct sweep *s, const struct key_row *r)
{
    int i = setting_find(s, r->section, r->param->name);
    struct setting *st = i >= 0 ? &s->set[i] : new_setting(s, r->section, r->param->name, r->group);
    if (!st)
        return -1;
    if (r->family)
        return add_owner(s, st, r);
    st->param = r->param;
    st->table = r->table;
    st->base.text = r->param->preset;
    return 0;
}

static int find_special(struct sweep *s)
{
    s->layers = setting_find(s, "model", "layers");
    s->critic = setting_find(s, "model", "critic");
    s->noise = setting_find(s, "model", "noise");
    s->variant = setting_find(s, "model", "variant");
    s->data_path = setting_find(s, "data", "path");
    s->chooser = arena_take(&s->mem, (family_count() + 1) * sizeof *s->chooser);
    for (size_t f = 0; s->chooser && f < family_count(); f++)
        s->chooser[f] = setting_find(s, families[f].section, families[f].key);
    return s->chooser ? inserts_init(s) : -1;
}

int settings_init(struct sweep *s, size_t more)
{
    struct key_row r;
    size_t rows = 0;
    for (struct key_walk w = {0}; !key_next(&w, &r);)
        rows++;
    s->set_cap = rows + more;
    s->set = arena_take(&s->mem, s->set_cap * sizeof *s->set);
    if (!s->set)
        return -1;
    for (struct key_walk w = {0}; !key_next(&w, &r);)
        if (add_table_row(s, &r))
            return -1;
    return find_special(s);
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
    return setting_is_insert_place(s, i) && text && !strcmp(text, "none") ? "0" : text;
}

static int check_variant(const struct sweep *s, const char *text, const struct where *w, struct error_list *errors)
{
    if (!strcmp(text, "none") || variant_find(s, text))
        return 0;
    const char *near = variant_nearest(s, text);
    return errors_add(errors, w, "there is no section [model.%s]%s%s%s", text, near ? "; did you mean '" : "",
                      near ? near : "", near ? "'?" : "");
}

int family_setting(const struct sweep *s, const struct family *f)
{
    return s->chooser[f - families];
}

int family_row_used(const struct sweep *s, const struct family *f, const char *name)
{
    const struct setting *st = &s->set[family_setting(s, f)];
    const struct column *c = st->column >= 0 ? &s->col[st->column] : NULL;
    char buf[STR_NUM];
    if (st->follows) /* any may come out */
        return 1;
    for (uint64_t i = 0; c && i < c->values.n && i < 1000; i++)
        if (!strcmp(values_text(&c->values, i, buf), name))
            return 1;
    return (!c || s->ax[c->axis].when_text) && st->base.text && !strcmp(st->base.text, name);
}

/* Checks a value as param_set does, and keeps it nowhere. */
static int try_param(const struct param *p, const char *text, const struct where *w, struct error_list *errors)
{
    struct param q = *p;
    union {
        int i[2];
        double d;
        const char *t;
    } into;
    struct err e = {0};
    q.at = 0;
    return param_set(&q, &into, text, w, &e) ? errors_take(errors, w, &e) : 0;
}

static int check_variable(const char *text, const struct where *w, struct error_list *errors)
{
    if (!*text)
        return errors_add(errors, w, "a variable wants a value");
    if (strchr(text, '$'))
        return errors_add(errors, w,
                          "'%s': a variable is a plain value; write the expression into the text that uses it", text);
    return 0;
}

int setting_check(const struct sweep *s, int i, const char *text, const struct where *w, struct error_list *errors)
{
    const struct setting *st = &s->set[i];
    if (i == s->variant)
        return check_variant(s, text, w, errors);
    if (setting_is_variable(st))
        return check_variable(text, w, errors);
    if (setting_is_param(st) && !*text)
        return errors_add(errors, w, "a parameter wants a default, or '?' where each use is to give it");
    if (setting_follows(s, i, text))
        return errors_add(errors, w,
                          "'%s': an axis has plain values; write the expression as the value of %s in [%s], it follows "
                          "the axes that it uses",
                          text, st->key, st->section);
    if (st->param)
        return try_param(st->param, setting_text(s, i, text), w, errors);
    for (size_t o = 0; o < st->nown; o++)
        if (family_row_used(s, st->own[o].family, st->own[o].name) && try_param(st->own[o].param, text, w, errors))
            return -1;
    return 0;
}
