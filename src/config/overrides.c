/* overrides.c reads the words of the command line: values in place of the file's, or axes. */
#include "config/load.h"

#include <string.h>

static struct pending *pending_find(struct loading *o, const char *section, const char *key)
{
    for (size_t i = 0; i < o->npending; i++)
        if (!strcmp(o->pending[i].key, key) && !strcmp(o->pending[i].section, section))
            return &o->pending[i];
    return NULL;
}

static void drop_pending(struct loading *o, struct pending *p)
{
    size_t after = o->npending - (size_t)(p - o->pending) - 1;
    memmove(p, p + 1, after * sizeof *p);
    o->npending--;
}

/* Says whether a word is an axis, an override, or may be either: one of VALUES_... */
static int many_values(const struct sweep *s, int i, const char *text)
{
    const struct setting *st = &s->set[i];
    const struct param *p = st->param ? st->param : st->nown ? st->own[0].param : NULL;
    if (!group_varies(st->group) || (setting_is_lines(s, i) && !setting_is_insert(s, i)))
        return VALUES_ONE;
    return values_many(text, !p ? VALUES_ANY : p->type == P_TEXT ? VALUES_TEXT : VALUES_NUMBER);
}

/* Applies a word: one value in place of the file's, or several as an axis, in place of the file's or after its
 * others. */
static void apply_word(struct loading *o, int i, const char *text, const struct where *at)
{
    struct sweep *s = o->s;
    struct setting *st = &s->set[i];
    struct pending *p = pending_find(o, st->section, st->key);
    size_t n = strlen(text);
    int quoted = *text == '"' && strchr(text + 1, '"') == text + n - 1;
    int many = quoted ? VALUES_ONE : many_values(s, i, text);
    if (quoted)
        text = arena_strn(&s->mem, text + 1, n - 2);
    if (!text)
        return;
    if (many == VALUES_UNSURE) {
        errors_add(&o->errors, at, "'%s' may be one text or several; one is written \"%s\", several have quotes each",
                   text, text);
        return;
    }
    load_add_edit(
        o, (struct snapshot_edit){st->section, st->key, text, .axis = many, .line = !many && setting_is_lines(s, i)});
    if (many) {
        struct pending q = {st->section, st->key, text, *at, p ? p->zip : -1};
        if (p)
            *p = q;
        else
            load_add_axis(o, q);
        return;
    }
    if (p)
        drop_pending(o, p);
    struct ini_piece *piece = arena_take(&s->mem, sizeof *piece);
    if (piece)
        *piece = (struct ini_piece){text, 0};
    struct given g = {.text = text, .at = *at, .piece = piece, .n = piece && *text, .by = BY_COMMAND_LINE};
    if (setting_is_param(st))
        load_block_key(o, i, g);
    else
        st->base = g;
}

static void apply_variant_word(struct loading *o, const char *variant, const char *key, const char *text,
                               struct where *at)
{
    struct variant *v = variant_find(o->s, variant);
    if (!v) {
        errors_add(&o->errors, at, "there is no section [model.%s]", variant);
        return;
    }
    struct ini_piece *piece = arena_take(&o->s->mem, sizeof *piece);
    int i = load_model_setting(o, key, at);
    if (!piece || i < 0 || i == o->s->variant)
        return;
    *piece = (struct ini_piece){text, 0};
    v->set[i] = (struct given){.text = text, .at = *at, .piece = piece, .n = *text != 0, .by = BY_FILE};
    load_add_edit(o, (struct snapshot_edit){at->section, key, text, .line = setting_is_lines(o->s, i)});
    o->s->set[i].in_variant = 1;
}

static void apply_require_word(struct loading *o, const char *key, const char *text, const struct where *at)
{
    struct given *g = !strcmp(key, "model") ? &o->model : !strcmp(key, "result") ? &o->result : NULL;
    struct ini_piece *piece = arena_take(&o->s->mem, sizeof *piece);
    if (!g || !piece) {
        errors_add(&o->errors, at, "unknown key; [require] has 'model' and 'result'");
        return;
    }
    *piece = (struct ini_piece){text, 0};
    *g = (struct given){.text = text, .at = *at, .piece = piece, .n = *text != 0, .by = BY_COMMAND_LINE};
    load_add_edit(o, (struct snapshot_edit){"require", key, text, .line = 1});
}

/* Tells of a word that does not name a key, with the section that is missing where there is one. */
static void no_name(struct loading *o, const char *word, const char *name, const struct where *at)
{
    const char *near = name ? name : "", *section = key_section(near, NULL);
    if (!section && (near = str_nearest(near, load_any_key, NULL)))
        section = key_section(near, NULL);
    if (section)
        errors_add(&o->errors, at, "'%.80s' is not section.key=value; did you mean %s.%s=...?", word, section, near);
    else
        errors_add(&o->errors, at, "'%.80s' is not section.key=value", word);
}

void load_word(struct loading *o, const char *word)
{
    struct where at = {COMMAND_LINE, 0, NULL, NULL};
    struct arena *a = &o->s->mem;
    const char *eq = strchr(word, '='), *variant;
    char *name = eq ? arena_strn(a, word, (size_t)(eq - word)) : NULL, *text = eq ? arena_str(a, eq + 1) : NULL;
    name = name ? str_trim(name) : NULL;
    if (!name || !text || load_split_name(name, a, &at.section, &at.key)) {
        no_name(o, word, name, &at);
        return;
    }
    text = str_trim(text);
    for (const char *p = word; *p; p++)
        if ((unsigned char)*p < 32 || *p == 127) {
            errors_add(&o->errors, &at, "a control character in the value");
            return;
        }
    if ((variant = load_section_tail(at.section, "model", '.'))) {
        apply_variant_word(o, variant, at.key, text, &at);
    } else if (block_section(at.section)) {
        if (!block_named(o->s, block_section(at.section)))
            errors_add(&o->errors, &at, "there is no section [%s]", at.section);
        int i = block_setting(o->s, at.section, at.key, &at, &o->errors);
        if (i >= 0)
            apply_word(o, i, text, &at);
    } else if (!strcmp(at.section, "require")) {
        apply_require_word(o, at.key, text, &at);
    } else if (!strncmp(at.section, "grid", 4) || !load_is_section(at.section)) {
        const char *near = str_nearest(at.section, load_section_word, NULL);
        at.section = at.key = NULL;
        if (!strncmp(word, "grid.", 5))
            errors_add(&o->errors, &at, "'%.80s': leave 'grid.' out; more than one value makes an axis", word);
        else
            errors_add(&o->errors, &at, "'%.80s': unknown section%s%s%s", word, near ? "; did you mean '" : "",
                       near ? near : "", near ? "'?" : "");
    } else {
        int i =
            !strcmp(at.section, "model") ? load_model_setting(o, at.key, &at) : setting_find(o->s, at.section, at.key);
        if (i >= 0)
            apply_word(o, i, text, &at);
        else if (strcmp(at.section, "model"))
            load_unknown_key(o, at.section, at.key, &at);
    }
}
