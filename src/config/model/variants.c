/* variants.c chooses the lines of `layers` and `pool` that a point has, and says what it can of them before there is
 * any point. */
#include "config/sweep.h"

#include <stdio.h>
#include <string.h>

/* A default text has no physical lines: cut it at its line ends. */
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

static const struct lines *variant_lines(const struct sweep *s, const struct variant *v, int setting)
{
    const struct setting *st = &s->set[setting];
    int pool = setting == s->pool;
    if (v && v->set[setting].text && st->base.by != BY_COMMAND_LINE)
        return pool ? &v->pool : &v->layers;
    return pool ? &s->base_pool : &s->base_layers;
}

const struct lines *lines_of(const struct point_choice *p, int setting)
{
    const struct sweep *s = p->s;
    const struct column *c = s->set[setting].column >= 0 ? &s->col[s->set[setting].column] : NULL;
    if (c && c->pool && p->value[c->axis] != DIAGRAM_ABSENT)
        return &c->pool[p->value[c->axis]];
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

/* Whether [model] as it stands, without variant, is that of some point. */
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
    if (slot < 0 || slot == SLOT_CLASSES)
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

struct blocks { /* over all models of the sweep */
    size_t most;
    int pool; /* some model has one */
};

static void check_model(const struct sweep *s, const struct variant *v, struct blocks *b, struct error_list *errors)
{
    const struct lines *layers = variant_lines(s, v, s->layers), *pool = variant_lines(s, v, s->pool);
    const struct column *c = s->set[s->pool].column >= 0 ? &s->col[s->set[s->pool].column] : NULL;
    check_slots(s, v, layers, errors);
    check_slots(s, v, pool, errors);
    for (uint64_t i = 0; c && c->pool && i < c->values.n; i++) {
        check_slots(s, v, &c->pool[i], errors);
        b->pool |= c->pool[i].n > 0;
    }
    b->pool |= pool->n > 0;
    b->most = layers->n > b->most ? layers->n : b->most;
    const struct given *g = v && v->set[s->layers].text ? &v->set[s->layers] : &s->set[s->layers].base;
    if (!layers->n)
        errors_add(errors, &g->at, "no layers; write one block a line, indented");
}

/* -1: nonsense, which has an error of its own, or an expression, which the points tell. */
static int block_number(const struct sweep *s, const char *text)
{
    double v;
    if (!text)
        return 0;
    return str_to_double(setting_text(s, s->pool_at, text), &v) || v < 0 || v > 1e6 ? -1 : (int)v;
}

/* Every place that says where the pool stands. Returns whether some of them is not 0. */
static int check_pool_at(const struct sweep *s, const struct blocks *b, struct error_list *errors)
{
    const struct setting *st = &s->set[s->pool_at];
    const struct column *c = st->column >= 0 ? &s->col[st->column] : NULL;
    const struct given *g = &st->base;
    char buf[STR_NUM];
    int some = 0;
    for (uint64_t i = 0; c && i < c->values.n && i < 1000; i++) {
        int n = block_number(s, values_text(&c->values, i, buf));
        some |= n != 0;
        if (n > (int)b->most) {
            errors_add(errors, &c->at, "'%d' is behind the last of %zu blocks; pool_at is 0..%zu", n, b->most, b->most);
            break;
        }
    }
    for (size_t v = 0; v <= s->nvar; v++) {
        const struct given *h = v ? &s->var[v - 1].set[s->pool_at] : g;
        int n = block_number(s, h->text);
        some |= n != 0;
        if (n > (int)b->most)
            errors_add(errors, &h->at, "'%d' is behind the last of %zu blocks; pool_at is 0..%zu", n, b->most, b->most);
    }
    return some;
}

static const struct where *place_of(const struct sweep *s, int setting)
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

static int is_given(const struct sweep *s, int setting)
{
    const struct setting *st = &s->set[setting];
    return place_of(s, setting) != &st->base.at || st->base.by != BY_DEFAULT;
}

static const char *used_word(size_t i, const void *sweep)
{
    const struct sweep *s = sweep;
    if (i >= s->nset)
        return NULL;
    const struct setting *st = &s->set[i];
    return setting_in_model(st) && (!setting_is_variable(st) || st->used) ? st->key : "";
}

/* Keys of other sections. */
static const char *other_word(size_t i, const void *ctx)
{
    struct key_row r;
    (void)ctx;
    return key_row(i, &r) ? NULL : strcmp(r.section, "model") ? r.param->name : "";
}

/* A variable that nothing reads is a slip of the pen, or a key of another section. */
static void check_unused(struct sweep *s, struct error_list *errors)
{
    for (size_t i = 0; i < s->nset; i++) {
        const struct setting *st = &s->set[i];
        if (!setting_is_variable(st) || st->used)
            continue;
        const char *other = key_section(st->key, "model"), *near = other ? NULL : str_nearest(st->key, used_word, s);
        const char *key = other || near ? NULL : str_nearest(st->key, other_word, NULL);
        if (key)
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

static void parse_all(struct sweep *s, struct error_list *errors)
{
    struct column *c = s->set[s->pool].column >= 0 ? &s->col[s->set[s->pool].column] : NULL;
    lines_parse(s, NULL, &s->base_layers, &s->set[s->layers].base, errors);
    lines_parse(s, NULL, &s->base_pool, &s->set[s->pool].base, errors);
    for (size_t v = 0; v < s->nvar; v++) {
        lines_parse(s, NULL, &s->var[v].layers, &s->var[v].set[s->layers], errors);
        lines_parse(s, NULL, &s->var[v].pool, &s->var[v].set[s->pool], errors);
    }
    if (!c || c->values.n != c->values.nseg)
        return;
    c->pool = arena_take(&s->mem, c->values.n * sizeof *c->pool);
    for (uint64_t i = 0; c->pool && i < c->values.n; i++) {
        struct given g = {.text = c->values.seg[i].text, .at = c->at};
        lines_parse(s, NULL, &c->pool[i], &g, errors);
    }
}

void texts_check(struct sweep *s, struct error_list *errors)
{
    struct blocks b = {0};
    parse_all(s, errors);
    mark_variants(s);
    if (plain_used(s))
        check_model(s, NULL, &b, errors);
    int any = 0;
    for (size_t v = 0; v < s->nvar; v++)
        any |= s->var[v].used;
    for (size_t v = 0; v < s->nvar; v++) {
        if (s->var[v].used)
            check_model(s, &s->var[v], &b, errors);
        else if (!any && s->set[s->variant].base.by == BY_DEFAULT && s->set[s->variant].column < 0)
            errors_add(errors, &s->var[v].at, "no point has this variant; put model.variant = %s into [grid]",
                       s->var[v].name);
    }
    int placed = check_pool_at(s, &b, errors);
    if (placed && !b.pool)
        errors_add(errors, place_of(s, s->pool_at), "there is no pool to put there; give model.pool");
    if (b.pool && !placed && !is_given(s, s->pool_at))
        errors_add(errors, place_of(s, s->pool), "stands nowhere; say after which block with pool_at");
    check_unused(s, errors);
}
