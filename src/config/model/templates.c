/* templates.c takes texts with $name and ${expression} apart once, and puts them together for every point: the lines of
 * layers, pool and blocks, and values of keys that follow from others. */
#include "config/sweep.h"

#include <ctype.h>
#include <string.h>

#define CLASSES "classes"
#define TARGETS "targets"
#define VOCABULARY "vocabulary"

/* ---- names: of layers and pool ---- */

static int variable_find(const struct sweep *s, const char *name)
{
    int i = setting_find(s, "model", name);
    if (i < 0 || !setting_is_variable(&s->set[i]))
        return -1;
    s->set[i].used = 1;
    return i;
}

static const char *const target_words[] = {CLASSES, TARGETS, VOCABULARY, NULL}; /* in the order of their slots */
enum { TARGET_WORDS = sizeof target_words / sizeof *target_words - 1 };

/* $classes, $targets or $vocabulary: what the data says of itself. -1: the name is another. */
static int target_find(const char *name)
{
    for (int i = 0; target_words[i]; i++)
        if (!strcmp(name, target_words[i]))
            return SLOT_CLASSES + i;
    return -1;
}

static int text_find(const void *sweep, const char *name)
{
    int slot = target_find(name);
    return slot >= 0 ? slot : variable_find(sweep, name);
}

static const char *variable_known(size_t i, const void *sweep)
{
    const struct sweep *s = sweep;
    if (i >= s->nset)
        return NULL;
    return setting_is_variable(&s->set[i]) ? s->set[i].key : "";
}

static const char *text_known(size_t i, const void *sweep)
{
    size_t nset = ((const struct sweep *)sweep)->nset;
    return i >= nset && i - nset < TARGET_WORDS ? target_words[i - nset] : variable_known(i, sweep);
}

/* ---- names: of the lines of a block: its parameters ---- */

struct block_names {
    struct sweep *sweep;
    const struct block_text *block;
};

static int param_find_slot(const void *names, const char *name)
{
    const struct block_names *n = names;
    for (int i = n->block->layers + 1; i <= n->block->layers + (int)n->block->nparams; i++)
        if (!strcmp(n->sweep->set[i].key, name)) {
            n->sweep->set[i].used = 1;
            return i;
        }
    return target_find(name);
}

static const char *param_known(size_t i, const void *names)
{
    const struct block_names *n = names;
    if (i >= n->block->nparams)
        return i - n->block->nparams < TARGET_WORDS ? target_words[i - n->block->nparams] : NULL;
    return n->sweep->set[n->block->layers + 1 + (int)i].key;
}

/* Says how a block comes to a variable of [model]. */
static const char *param_hint(const void *names, const char *name)
{
    const struct block_names *n = names;
    int i = setting_find(n->sweep, "model", name);
    if (i < 0 || !setting_is_variable(&n->sweep->set[i]))
        return NULL;
    n->sweep->set[i].used = 1; /* meant: no second error that nobody uses it */
    return arena_fmt(&n->sweep->mem, "a block sees its own parameters only; write `%s = $%s` into [block.%s]", name,
                     name, n->block->name);
}

static const struct expr_scope block_scope = {param_find_slot, param_known, param_hint, NULL, NULL, 0, NULL};

static const struct expr_scope text_scope = {text_find, text_known, NULL, NULL, NULL, 0, NULL};

/* ---- names: of values. "section.key" of what may vary and of the numbers of [sweep], and variables ---- */

static int is_sweep_number(const struct setting *st)
{
    return !strcmp(st->section, "sweep") && st->param->type == P_INT;
}

static int value_find(const void *sweep, const char *name)
{
    const struct sweep *s = sweep;
    int i = setting_named(s, name);
    if (i >= 0)
        return is_sweep_number(&s->set[i]) ? i : scope_find(s, name);
    return variable_find(s, name);
}

static const char *value_known(size_t i, const void *sweep)
{
    const struct sweep *s = sweep;
    if (i >= s->nset)
        return variable_known(i - s->nset, s);
    return is_sweep_number(&s->set[i]) ? s->set[i].name : scope_known(i, s);
}

static const char *value_hint(const void *sweep, const char *name)
{
    const struct sweep *s = sweep;
    if (target_find(name) >= 0)
        return "$classes, $targets and $vocabulary are known to layers and pool only";
    return setting_named(s, name) >= 0
               ? "a value may use keys of [data], [model] and [train] and the numbers of [sweep]"
               : scope_hint(s, name);
}

static const struct expr_scope value_scope = {value_find, value_known, value_hint, scope_param, scope_takes, 0, NULL};

/* ---- taking apart ---- */

static size_t variable_length(const char *p)
{
    size_t n = 0;
    while (isalpha((unsigned char)p[n]) || p[n] == '_' || (n && isdigit((unsigned char)p[n])))
        n++;
    return n;
}

/* Parses "section.key" at p, where that is a name that values may use. */
static const char *parse_key(struct sweep *s, struct piece *c, const char *p)
{
    size_t n = variable_length(p);
    size_t more = n && p[n] == '.' ? variable_length(p + n + 1) : 0;
    char *name = more ? arena_strn(&s->mem, p, n + 1 + more) : NULL;
    c->slot = name ? value_find(s, name) : -1;
    return c->slot >= 0 ? p + n + 1 + more : NULL;
}

static void unknown_param(struct sweep *s, const char *name, const struct text_line *l, struct error_list *errors)
{
    struct block_names names = {s, l->block};
    const char *hint = param_hint(&names, name), *near = hint ? NULL : str_nearest(name, param_known, &names);
    if (near)
        param_find_slot(&names, near); /* meant */
    errors_add(errors, &l->at, "[block.%s] has no parameter '%s'%s%s%s", l->block->name, name,
               hint   ? "; "
               : near ? "; did you mean '$"
                      : "",
               hint   ? hint
               : near ? near
                      : "",
               near ? "'?" : "");
}

static void unknown_variable(struct sweep *s, const char *name, enum template_kind kind, const struct where *w,
                             struct error_list *errors)
{
    const char *key = kind == TEMPLATE_LAYERS ? NULL : value_hint(s, name);
    const char *near = key ? NULL : str_nearest(name, kind == TEMPLATE_LAYERS ? text_known : variable_known, s);
    near = near && *near ? near : NULL;
    if (near)
        text_find(s, near); /* meant: no second error that nobody uses it */
    errors_add(errors, w, "there is no variable '%s' in [model]%s%s%s", name,
               key    ? "; "
               : near ? "; did you mean '$"
                      : "",
               key    ? key
               : near ? near
                      : "",
               near ? "'?" : "");
}

/* Parses $name at p, which is after the dollar. Returns what follows, or NULL after an error. */
static const char *parse_dollar_name(struct sweep *s, struct piece *c, const char *p, enum template_kind kind,
                                     const struct text_line *l, struct error_list *errors)
{
    const char *after = kind == TEMPLATE_LAYERS ? NULL : parse_key(s, c, p);
    size_t n = variable_length(p);
    char *name = arena_strn(&s->mem, p, n);
    if (after)
        return after;
    c->slot = -1;
    if (!n || !name) {
        errors_add(errors, &l->at, "'$' wants a name or {an expression} after it, in '%.60s'", p - 1);
        return NULL;
    }
    c->slot = l->block                  ? param_find_slot(&(struct block_names){s, l->block}, name)
              : kind == TEMPLATE_LAYERS ? text_find(s, name)
                                        : variable_find(s, name);
    if (c->slot < 0 && l->block)
        unknown_param(s, name, l, errors);
    else if (c->slot < 0)
        unknown_variable(s, name, kind, &l->at, errors);
    return p + n;
}

static const char *parse_braces(struct sweep *s, struct piece *c, const char *p, enum template_kind kind,
                                const struct text_line *l, struct error_list *errors)
{
    struct block_names names = {s, l->block};
    const char *end = strchr(p, '}');
    c->slot = -1;
    if (!end) {
        errors_add(errors, &l->at, "the '}' of '${%.60s' is missing", p);
        return NULL;
    }
    struct err e = {0};
    struct expr_scope scope = l->block ? block_scope : kind == TEMPLATE_LAYERS ? text_scope : value_scope;
    scope.ctx = l->block ? (void *)&names : s;
    const char *text = arena_strn(&s->mem, p, (size_t)(end - p));
    c->x = text ? expr_parse(text, &l->at, &scope, &s->mem, &e) : NULL;
    errors_take(errors, &l->at, &e);
    return end + 1;
}

/* Finds where the next $name or ${expression} begins, or the end. A path may have a '$' of its own. */
static const char *next_dollar(const char *p, enum template_kind kind)
{
    const char *at = kind == TEMPLATE_PATH ? strstr(p, "${") : strchr(p, '$');
    return at ? at : p + strlen(p);
}

void template_parse(struct sweep *s, struct text_line *l, const char *text, enum template_kind kind,
                    struct error_list *errors)
{
    size_t most = 1;
    for (const char *p = text; *p; p++)
        most += 2 * (*p == '$');
    l->piece = arena_take(&s->mem, most * sizeof *l->piece);
    l->exact = kind == TEMPLATE_LAYERS;
    for (const char *p = text; l->piece && p && *p;) {
        struct piece *c = &l->piece[l->n++];
        const char *dollar = next_dollar(p, kind);
        if (p < dollar) {
            c->text = arena_strn(&s->mem, p, (size_t)(dollar - p));
            p = dollar;
        } else if (p[1] == '{') {
            p = parse_braces(s, c, p + 2, kind, l, errors);
        } else {
            p = parse_dollar_name(s, c, p + 1, kind, l, errors);
        }
    }
}

/* ---- putting together ---- */

static int text_get(void *choice, int slot, struct expr_value *v, struct err *e)
{
    const struct point_choice *p = choice;
    if (slot < SLOT_CLASSES)
        return choice_get(choice, slot, v, e);
    *v = (struct expr_value){slot == SLOT_CLASSES   ? p->target.classes
                             : slot == SLOT_TARGETS ? p->target.numbers
                                                    : p->target.vocabulary,
                             NULL};
    return v->num > 0 ? 0 : 1;
}

static const char *slot_name(const struct sweep *s, int slot)
{
    if (slot < 0 || slot >= SLOT_CLASSES)
        return slot < 0 ? "?" : target_words[slot - SLOT_CLASSES];
    return setting_is_word(&s->set[slot]) ? s->set[slot].key : s->set[slot].name;
}

/* What to write where the data has another target than a text wants. */
static const char *target_hint(struct target_kind target, int slot)
{
    if (slot == SLOT_VOCABULARY)
        return ": the samples of the data are no texts";
    if (slot >= SLOT_CLASSES && target.next)
        return ": the data has tokens that come next; write $vocabulary";
    if (slot == SLOT_CLASSES && target.numbers)
        return ": the data has numbers to predict, no classes; write $targets";
    if (slot == SLOT_TARGETS && target.classes)
        return ": the data has classes, no numbers to predict; write $classes";
    return "";
}

/* Appends a piece: its text, or the value that stands for it at the point. */
static int put_piece(struct str *t, const struct piece *c, const struct text_line *l, const struct point_choice *p,
                     struct err *e)
{
    char buf[STR_NUM];
    struct expr_value v;
    int rc;
    if (c->text) {
        str_add(t, c->text);
        return 0;
    }
    if (!c->x && c->slot < 0) { /* an unknown name or a wrong expression, which was told */
        rc = 1;
    } else if (!c->x && c->slot < SLOT_CLASSES && setting_is_word(&p->s->set[c->slot])) {
        const char *text = choice_text(p, c->slot, buf, e);
        if (text)
            str_add(t, text);
        rc = !text;
    } else {
        struct expr_env env = {text_get, NULL, (void *)p};
        rc = c->x ? expr_eval(c->x, &env, &v, e) : text_get((void *)p, c->slot, &v, e);
        if (!rc)
            str_add(t, v.word ? v.word : str_double(buf, l->exact ? v.num : round12(v.num)));
    }
    if (rc > 0)
        return err_at(e, ERR_USAGE, &l->at, "%s%s has no value at this point%s", c->x ? "a variable of " : "$",
                      c->x ? expr_text(c->x) : slot_name(p->s, c->slot), target_hint(p->target, c->x ? -1 : c->slot));
    return rc;
}

/* Leaves one blank between words, none before a comma and one after it. */
static const char *tidy(const struct str *t, struct arena *a)
{
    char *out = arena_take(a, 2 * t->n + 1);
    size_t n = 0;
    for (const char *p = t->p; out && p && *p; p++) {
        if (isspace((unsigned char)*p)) {
            if (n && out[n - 1] != ' ')
                out[n++] = ' ';
        } else if (*p == ',') {
            n -= n && out[n - 1] == ' ';
            out[n++] = ',';
            out[n++] = ' ';
        } else {
            out[n++] = *p;
        }
    }
    if (out && n && out[n - 1] == ' ')
        out[n - 1] = 0;
    return out;
}

const char *template_text(const struct text_line *l, const struct point_choice *p, struct arena *a, struct err *e)
{
    struct str t = {0};
    const char *out = NULL;
    int rc = 0;
    for (size_t i = 0; !rc && i < l->n; i++)
        rc = put_piece(&t, &l->piece[i], l, p, e);
    if (!rc && (t.failed || !(out = l->exact ? tidy(&t, a) : arena_strn(a, t.p ? t.p : "", t.n))))
        err_set(e, ERR_NOMEM, "no memory");
    str_release(&t);
    return out;
}
