/* variants.c chooses the lines of `layers` and `pool` that a point has, and says what it can of them before there is
 * any point. */
#include "config/sweep.h"

#include <stdio.h>
#include <string.h>

/* Parses a default text, which has no physical lines, and is cut at its line ends. */
static void parse_default(struct sweep *s, const struct block_text *b, struct lines *l, const struct given *g,
                          struct error_list *errors)
{
    size_t most = 1;
    for (const char *p = g->text; *p; p++)
        most += *p == '\n';
    l->v = arena_take(&s->mem, most * sizeof *l->v);
    for (const char *p = g->text; l->v && *p;) {
        size_t n = strcspn(p, "\n");
        const char *text = arena_strn(&s->mem, p, n);
        struct text_line *line = &l->v[l->n++];
        line->at = g->at;
        line->block = b;
        if (text)
            template_parse(s, line, text, TEMPLATE_LAYERS, errors);
        p += n + (p[n] == '\n');
    }
}

void lines_parse(struct sweep *s, const struct block_text *b, struct lines *l, const struct given *g,
                 struct error_list *errors)
{
    l->n = 0;
    if (!g->text || !*g->text)
        return;
    if (!g->n) {
        parse_default(s, b, l, g, errors);
        return;
    }
    l->v = arena_take(&s->mem, g->n * sizeof *l->v);
    for (size_t i = 0; l->v && i < g->n; i++) {
        struct text_line *line = &l->v[l->n++];
        line->at = g->at;
        line->at.line = g->piece[i].line;
        line->block = b;
        template_parse(s, line, g->piece[i].text, TEMPLATE_LAYERS, errors);
    }
}

const struct lines *variant_lines(const struct sweep *s, const struct variant *v, int setting)
{
    const struct setting *st = &s->set[setting];
    return v && v->set[setting].text && st->base.by != BY_COMMAND_LINE ? &v->set[setting].lines : &st->base.lines;
}

const struct lines *lines_of(const struct point_choice *p, int setting)
{
    const struct sweep *s = p->s;
    const struct column *c = s->set[setting].column >= 0 ? &s->col[s->set[setting].column] : NULL;
    if (c && c->lines && p->value[c->axis] != DIAGRAM_ABSENT)
        return &c->lines[p->value[c->axis]];
    return variant_lines(s, p->variant, setting);
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

const char *variant_nearest(const struct sweep *s, const char *name)
{
    return str_nearest(name, variant_word, s);
}

/* ---- what can be said before any point is made ---- */

static void mark_variants(struct sweep *s)
{
    char buf[STR_NUM];
    const struct setting *st = &s->set[s->variant];
    const struct column *c = st->column >= 0 ? &s->col[st->column] : NULL;
    for (uint64_t i = 0; c && i < c->values.n; i++) {
        struct variant *v = variant_find(s, values_text(&c->values, i, buf));
        if (v)
            v->used = 1;
    }
    struct variant *v = st->base.text ? variant_find(s, st->base.text) : NULL;
    if (v && (!c || s->ax[c->axis].when_text))
        v->used = 1;
}

/* Says whether [model] as it stands, without variant, is that of some point. */
static int plain_used(const struct sweep *s)
{
    char buf[STR_NUM];
    const struct setting *st = &s->set[s->variant];
    const struct column *c = st->column >= 0 ? &s->col[st->column] : NULL;
    for (uint64_t i = 0; c && i < c->values.n; i++)
        if (!strcmp(values_text(&c->values, i, buf), "none"))
            return 1;
    return (!c || s->ax[c->axis].when_text) && st->base.text && !strcmp(st->base.text, "none");
}

static void check_slot(const struct sweep *s, const struct variant *v, int slot, const struct text_line *l,
                       struct error_list *errors)
{
    if (slot < 0 || slot >= SLOT_CLASSES)
        return;
    const struct setting *st = &s->set[slot];
    int conditional = st->column >= 0 && s->ax[s->col[st->column].axis].when_text;
    if (st->base.text || (v && v->set[slot].text) || (st->column >= 0 && !conditional))
        return;
    errors_add(errors, &l->at, "$%s has no value%s%s%s", st->key,
               conditional ? " where the condition of its axis fails; give one in [model]" : "",
               v             ? " for model.variant = "
               : conditional ? ""
                             : " in [model]",
               v ? v->name : "");
}

static void check_slots(const struct sweep *s, const struct variant *v, const struct lines *lines,
                        struct error_list *errors)
{
    for (size_t i = 0; i < lines->n; i++)
        for (size_t c = 0; c < lines->v[i].n; c++) {
            const struct piece *k = &lines->v[i].piece[c];
            int slot = k->slot;
            for (size_t n = 0; k->x && (slot = expr_slot(k->x, n)) >= 0; n++)
                check_slot(s, v, slot, &lines->v[i], errors);
            if (!k->text && !k->x)
                check_slot(s, v, slot, &lines->v[i], errors);
        }
}

/* Checks the names in the texts of a model that some point has. */
static void check_model(const struct sweep *s, const struct variant *v, struct error_list *errors)
{
    for (size_t i = 0; i < s->nset; i++) {
        const struct column *c = s->set[i].column >= 0 ? &s->col[s->set[i].column] : NULL;
        if (!setting_is_lines(s, (int)i) || setting_is_param(&s->set[i]))
            continue;
        check_slots(s, v, variant_lines(s, v, (int)i), errors);
        for (uint64_t k = 0; c && c->lines && k < c->values.n; k++)
            check_slots(s, v, &c->lines[k], errors);
    }
    const struct given *g = v && v->set[s->layers].text ? &v->set[s->layers] : &s->set[s->layers].base;
    if (!variant_lines(s, v, s->layers)->n)
        errors_add(errors, &g->at, "no layers; write one block a line, indented");
}

const struct where *place_of(const struct sweep *s, int setting)
{
    const struct setting *st = &s->set[setting];
    if (st->base.by != BY_DEFAULT)
        return &st->base.at;
    if (st->column >= 0)
        return &s->col[st->column].at;
    for (size_t v = 0; v < s->nvar; v++)
        if (s->var[v].set[setting].text)
            return &s->var[v].set[setting].at;
    return &st->base.at;
}

static const char *used_word(size_t i, const void *sweep)
{
    const struct sweep *s = sweep;
    if (i >= s->nset)
        return NULL;
    const struct setting *st = &s->set[i];
    return setting_in_model(st) && (!setting_is_variable(st) || st->used) ? st->key : "";
}

/* Returns the i-th key of a section other than [model]. */
static const char *other_word(size_t i, const void *ctx)
{
    struct key_row r;
    (void)ctx;
    return key_row(i, &r) ? NULL : strcmp(r.section, "model") ? r.param->name : "";
}

/* Whether some point may have a critic, whose generator begins with noise. */
static int has_critic(const struct sweep *s)
{
    const struct column *c = s->set[s->critic].column >= 0 ? &s->col[s->set[s->critic].column] : NULL;
    int any = s->set[s->critic].base.lines.n > 0;
    for (size_t v = 0; v < s->nvar; v++)
        any |= s->var[v].set[s->critic].lines.n > 0;
    for (uint64_t k = 0; c && c->lines && k < c->values.n; k++)
        any |= c->lines[k].n > 0;
    return any;
}

static int keeps_default(const struct sweep *s, int setting)
{
    const struct setting *st = &s->set[setting];
    int given = (st->base.by != BY_DEFAULT && strcmp(st->base.text, st->param->preset) != 0) || st->column >= 0;
    for (size_t v = 0; v < s->nvar; v++)
        given |= s->var[v].set[setting].text != NULL;
    return !given;
}

/* Tells of variables that nothing reads: a slip of the pen, or a key of another section. */
static void check_unused(struct sweep *s, struct error_list *errors)
{
    for (size_t i = 0; i < s->nset; i++) {
        const struct setting *st = &s->set[i];
        if (!setting_is_variable(st) || st->used)
            continue;
        const char *other = key_section(st->key, "model"), *near = other ? NULL : str_nearest(st->key, used_word, s);
        const char *key = other || near ? NULL : str_nearest(st->key, other_word, NULL);
        if ((int)i == s->noise)
            errors_add(errors, place_of(s, (int)i),
                       "no text uses this variable, and there is no critic beside which `layers` begin with noise; "
                       "write critic, or leave it out");
        else if (key)
            errors_add(errors, place_of(s, (int)i), "no text uses this variable; did you mean '%s' of [%s]?", key,
                       key_section(key, "model"));
        else if (other)
            errors_add(errors, place_of(s, (int)i), "no text uses this variable; '%s' is a key of [%s]", st->key,
                       other);
        else
            errors_add(errors, place_of(s, (int)i), "no text uses this variable%s%s%s", near ? "; did you mean '" : "",
                       near ? near : "", near ? "'?" : "");
    }
}

/* Takes the lines of a setting of [model] apart: the file's, those of variants and of axes. */
static void parse_setting_lines(struct sweep *s, struct setting *st, struct error_list *errors)
{
    size_t i = (size_t)(st - s->set);
    struct column *c = st->column >= 0 ? &s->col[st->column] : NULL;
    lines_parse(s, NULL, &st->base.lines, &st->base, errors);
    for (size_t v = 0; v < s->nvar; v++)
        lines_parse(s, NULL, &s->var[v].set[i].lines, &s->var[v].set[i], errors);
    if (!c || c->values.n != c->values.nseg)
        return;
    c->lines = arena_take(&s->mem, c->values.n * sizeof *c->lines);
    for (uint64_t k = 0; c->lines && k < c->values.n; k++)
        lines_parse(s, NULL, &c->lines[k], &(struct given){.text = c->values.seg[k].text, .at = c->at}, errors);
}

void texts_check(struct sweep *s, struct error_list *errors)
{
    const struct variant **model = arena_take(&s->mem, (s->nvar + 1) * sizeof *model);
    size_t n = 0;
    int any = 0;
    if (!model) {
        errors_nomem(errors);
        return;
    }
    for (size_t i = 0; i < s->nset; i++)
        if (setting_is_lines(s, (int)i) && !setting_is_param(&s->set[i]))
            parse_setting_lines(s, &s->set[i], errors);
    mark_variants(s);
    if (plain_used(s))
        model[n++] = NULL;
    for (size_t v = 0; v < s->nvar; v++) {
        any |= s->var[v].used;
        if (s->var[v].used)
            model[n++] = &s->var[v];
    }
    for (size_t m = 0; m < n; m++)
        check_model(s, model[m], errors);
    for (size_t v = 0; !any && v < s->nvar; v++)
        if (s->set[s->variant].base.by == BY_DEFAULT && s->set[s->variant].column < 0)
            errors_add(errors, &s->var[v].at, "no point has this variant; put model.variant = %s into [grid]",
                       s->var[v].name);
    inserts_check(s, model, n, errors);
    s->set[s->noise].used |= has_critic(s) || keeps_default(s, s->noise);
    check_unused(s, errors);
}
