/* load.c makes a struct sweep of a sweep file and the words of the command line, and has it checked as a whole. */
#include "config/load.h"

#include "base/file.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

const char *load_section_word(size_t i, const void *ctx)
{
    (void)ctx;
    return section_name(i);
}

int load_is_section(const char *name)
{
    for (size_t i = 0; section_name(i); i++)
        if (!strcmp(section_name(i), name))
            return 1;
    return 0;
}

/* Returns NAME of [model.NAME] or [zip NAME], or NULL where the section is not of that kind. */
const char *load_section_tail(const char *section, const char *kind, char sep)
{
    size_t n = strlen(kind);
    if (strncmp(section, kind, n) || section[n] != sep)
        return NULL;
    const char *p = section + n + 1;
    while (*p == ' ' || *p == '\t')
        p++;
    return p;
}

/* Cuts "section.key" of an axis at the last dot. Returns 0, or -1 where there is none. */
int load_split_name(const char *name, struct arena *a, const char **section, const char **key)
{
    const char *dot = strrchr(name, '.');
    if (!dot || dot == name || !dot[1])
        return -1;
    *section = arena_strn(a, name, (size_t)(dot - name));
    *key = arena_str(a, dot + 1);
    return *section && *key ? 0 : -1;
}

int variable_ok(const char *key)
{
    size_t n = 0;
    while (isalpha((unsigned char)key[n]) || key[n] == '_' || (n && isdigit((unsigned char)key[n])))
        n++;
    return n && !key[n] && !expr_keyword(key) && strcmp(key, "classes") && strcmp(key, "targets") &&
           strcmp(key, "vocabulary");
}

const char *load_any_key(size_t i, const void *ctx)
{
    struct key_row r;
    (void)ctx;
    return key_row(i, &r) ? NULL : r.param->name;
}

/* Tells the reader that an indented "word = ..." of such a section is a key and does not continue the value before
 * it. */
static int looks_like_key(const char *section, const char *word, const char *before)
{
    char last[8] = "";
    size_t n = strlen(before), from = n;
    while (from && !isspace((unsigned char)before[from - 1]))
        from--;
    if (n - from < sizeof last)
        strcpy(last, before + from);
    if (!strcmp(section, "search")) /* lines of search.start name axes */
        return !strchr(word, '.');
    if (!strcmp(section, "require"))
        return !strcmp(word, "model") || !strcmp(word, "result");
    if (!strcmp(section, "grid") || load_section_tail(section, "zip", ' ')) /* a condition may go on over a line */
        return strchr(word, '.') && strcmp(last, "and") && strcmp(last, "or") && strcmp(last, "not") &&
               strcmp(last, "when");
    return 1;
}

/* ---- keys of plain sections ---- */

/* Adds the error "unknown key" with the best advice that there is. */
void load_unknown_key(struct loading *o, const char *section, const char *key, const struct where *at)
{
    const char *other = key_section(key, section), *near = key_nearest(section, key);
    if (other)
        errors_add(&o->errors, at, "unknown key; '%s' belongs to [%s]", key, other);
    else if (near)
        errors_add(&o->errors, at, "unknown key; did you mean '%s'?", near);
    else if ((near = str_nearest(key, load_any_key, NULL)))
        errors_add(&o->errors, at, "unknown key; did you mean '%s' of [%s]?", near, key_section(near, NULL));
    else
        errors_add(&o->errors, at, "unknown key; `sweep list keys` names them all");
}

static struct given given_of(const struct ini_entry *e, struct arena *a)
{
    return (struct given){.text = entry_text(e, a), .at = e->at, .piece = e->piece, .n = e->n, .by = BY_FILE};
}

/* Reads a single value. Quotes around it are a habit from lists and from other files: that is told, and the value is
 * read without them, so that nothing else is said of the line. */
static struct given value_of(struct loading *o, const struct ini_entry *e)
{
    struct given g = given_of(e, &o->s->mem);
    size_t n = g.text ? strlen(g.text) : 0;
    if (n < 2 || g.n != 1 || g.text[0] != '"' || strchr(g.text + 1, '"') != g.text + n - 1)
        return g;
    errors_add(&o->errors, &e->at, "leave out the quotes; only a list of [grid] has them, around texts with commas");
    g.text = arena_strn(&o->s->mem, g.text + 1, n - 2);
    return g;
}

/* Finds or makes the setting of a key of [model] or [model.NAME], where any name is a variable. Returns -1 after an
 * error. */
int load_model_setting(struct loading *o, const char *key, const struct where *at)
{
    int i = setting_find(o->s, "model", key);
    if (i >= 0)
        return i;
    if (!variable_ok(key))
        return errors_add(&o->errors, at, "a variable is named with letters, digits and '_', and not %s",
                          "and, or, not, uses, classes, targets, vocabulary");
    i = setting_variable(o->s, key);
    return i >= 0 ? i : errors_nomem(&o->errors);
}

static void read_require(struct loading *o, const struct ini_entry *e)
{
    struct given *g = !strcmp(e->key, "model") ? &o->model : !strcmp(e->key, "result") ? &o->result : NULL;
    if (g)
        *g = given_of(e, &o->s->mem);
    else
        errors_add(&o->errors, &e->at, "unknown key; [require] has 'model' and 'result', one condition a line each");
}

void load_add_axis(struct loading *o, struct pending p)
{
    o->pending[o->npending++] = p;
}

/* Reads a key of [grid] (zip -1) or of a [zip]. */
static void read_axis_key(struct loading *o, const struct ini_entry *e, int zip)
{
    struct pending p = {.text = entry_text(e, &o->s->mem), .at = e->at, .zip = zip};
    if (load_split_name(e->key, &o->s->mem, &p.section, &p.key)) {
        const char *section = key_section(e->key, NULL);
        if (!section && setting_find(o->s, "model", e->key) >= 0)
            section = "model";
        if (section)
            errors_add(&o->errors, &e->at, "an axis is named with its section: %s.%s", section, e->key);
        else
            errors_add(&o->errors, &e->at, "an axis is named section.key, such as train.lr or model.NAME");
        return;
    }
    p.at.section = p.section;
    p.at.key = p.key;
    if (!strcmp(p.section, "model") && load_model_setting(o, p.key, &p.at) < 0)
        return;
    load_add_axis(o, p);
}

static void read_variant(struct loading *o, const char *name, const struct ini_entry *e)
{
    struct variant *v = variant_find(o->s, name);
    int i = v ? load_model_setting(o, e->key, &e->at) : -1;
    if (i < 0)
        return;
    if (i == o->s->variant) {
        errors_add(&o->errors, &e->at, "a variant cannot name another");
        return;
    }
    v->set[i] = value_of(o, e);
    o->s->set[i].in_variant = 1;
}

/* Keeps the value of a key of a block; '?' is no value. */
void load_block_key(struct loading *o, int i, struct given g)
{
    if (g.text && !strcmp(g.text, "?") && !setting_is_lines(o->s, i))
        g.text = NULL;
    o->s->set[i].base = g;
}

static void read_block(struct loading *o, const struct ini_entry *e)
{
    int i = block_setting(o->s, e->section, e->key, &e->at, &o->errors);
    if (i >= 0)
        load_block_key(o, i, value_of(o, e));
}

static int zip_number(const struct loading *o, const char *section)
{
    for (size_t i = 0; i < o->doc.nsections; i++)
        if (!strcmp(o->doc.section[i].name, section))
            return (int)i;
    return -1;
}

static void read_entry(struct loading *o, const struct ini_entry *e)
{
    const char *name;
    int model = !strcmp(e->section, "model"), i;
    if (!strcmp(e->section, "grid"))
        read_axis_key(o, e, -1);
    else if (load_section_tail(e->section, "zip", ' '))
        read_axis_key(o, e, zip_number(o, e->section));
    else if (!strcmp(e->section, "require"))
        read_require(o, e);
    else if ((name = load_section_tail(e->section, "model", '.')))
        read_variant(o, name, e);
    else if (block_section(e->section))
        read_block(o, e);
    else if (!load_is_section(e->section))
        return; /* said once, for the section */
    else if ((i = model ? load_model_setting(o, e->key, &e->at) : setting_find(o->s, e->section, e->key)) >= 0)
        o->s->set[i].base = value_of(o, e);
    else if (!model)
        load_unknown_key(o, e->section, e->key, &e->at);
}

static void check_section_name(struct loading *o, const struct ini_section *sec)
{
    struct where w = {o->doc.path, sec->line, sec->name, NULL};
    const char *zip = load_section_tail(sec->name, "zip", ' '), *variant = load_section_tail(sec->name, "model", '.');
    const char *name = zip ? zip : variant, *block = block_section(sec->name);
    if (load_is_section(sec->name))
        return;
    if (block) {
        block_name_check(block, &w, &o->errors);
        return;
    }
    if (!strcmp(sec->name, "zip"))
        errors_add(&o->errors, &w, "a zip wants a name: [zip NAME]");
    else if (name && !name_ok(name))
        errors_add(&o->errors, &w, "'%s' is no name: " NAME_RULE, name);
    else if (variant && !strcmp(variant, "none"))
        errors_add(&o->errors, &w, "'none' stands for [model] without variant; take another name");
    else if (!name) {
        const char *near = str_nearest(sec->name, load_section_word, NULL);
        errors_add(&o->errors, &w, "unknown section%s%s%s",
                   near ? "; did you mean ["
                        : "; there are sweep, search, stop, data, model, train, grid, require, zip NAME, model.NAME, "
                          "block.NAME",
                   near ? near : "", near ? "]?" : "");
    }
}

static int add_variants(struct loading *o)
{
    struct sweep *s = o->s;
    s->var = arena_take(&s->mem, (o->doc.nsections + 1) * sizeof *s->var);
    if (!s->var)
        return -1;
    for (size_t i = 0; i < o->doc.nsections; i++) {
        const struct ini_section *sec = &o->doc.section[i];
        const char *name = load_section_tail(sec->name, "model", '.');
        if (!name || !name_ok(name))
            continue;
        struct variant *v = &s->var[s->nvar++];
        *v = (struct variant){.name = name, .at = {o->doc.path, sec->line, sec->name, NULL}};
        v->set = arena_take(&s->mem, s->set_cap * sizeof *v->set);
        if (!v->set)
            return -1;
    }
    return 0;
}

/* ---- putting it together ---- */

void load_add_edit(struct loading *o, struct snapshot_edit e)
{
    o->edit[o->nedits++] = e;
}

static int read_doc(struct loading *o, const char *file, const char *const *words, size_t nwords)
{
    struct sweep *s = o->s;
    struct err e = {0};
    struct where w = {s->path, 0, NULL, NULL};
    size_t n;
    char *bytes = file_read_head(file, READER_BYTES + 1, &n, &e);
    if (!bytes)
        return errors_take(&o->errors, &w, &e);
    int rc = reader_parse(&o->doc, s->path, bytes, n, looks_like_key, &s->mem, &o->errors);
    s->text = arena_strn(&s->mem, bytes, n);
    free(bytes);
    o->pending = arena_take(&s->mem, (o->doc.nentries + nwords + 1) * sizeof *o->pending);
    o->edit = arena_take(&s->mem, (nwords + 1) * sizeof *o->edit);
    if (rc || !s->text || !o->pending || !o->edit ||
        blocks_library(s, &o->doc, words, nwords, &o->library, &o->nlibrary))
        return rc && o->errors.n ? -1 : errors_nomem(&o->errors);
    size_t more = o->doc.nsections + o->doc.nentries + nwords;
    for (size_t i = 0; i < o->nlibrary; i++)
        more += o->library[i].nentries;
    if (settings_init(s, more) || blocks_init(s, &o->doc, o->library, o->nlibrary) || add_variants(o))
        return rc && o->errors.n ? -1 : errors_nomem(&o->errors);
    return 0;
}

/* Makes the snapshot. It has the name of the sweep in it, as its file is called otherwise. */
static void make_snapshot(struct loading *o)
{
    struct sweep *s = o->s;
    int i = setting_find(s, "sweep", "name");
    if (i >= 0 && s->set[i].base.by == BY_DEFAULT)
        load_add_edit(o, (struct snapshot_edit){"sweep", "name", s->spec.name, .line = 1});
    s->text = snapshot_text(&o->doc, s->text, o->edit, o->nedits, &s->mem);
    if (s->text && o->nedits)
        snapshot_check(s->text, o->edit, o->nedits, looks_like_key, &s->mem, &o->errors);
}

static void build(struct loading *o, const char *const *words, size_t nwords)
{
    struct sweep *s = o->s;
    for (size_t i = 0; i < o->doc.nsections; i++)
        check_section_name(o, &o->doc.section[i]);
    for (size_t i = 0; i < o->nlibrary; i++)
        for (size_t k = 0; k < o->library[i].nentries; k++)
            read_block(o, &o->library[i].entry[k]);
    for (size_t i = 0; i < o->doc.nentries; i++)
        read_entry(o, &o->doc.entry[i]);
    for (size_t i = 0; i < nwords; i++)
        load_word(o, words[i]);
    sweep_keys_fill(s, &o->errors);
    axes_build(s, o->pending, o->npending, &o->errors);
    requirements_parse(s, &s->model, &o->model, 0, &o->errors);
    requirements_parse(s, &s->result, &o->result, 1, &o->errors);
    int follows = !follow_parse(s, &o->errors);
    point_prepare(s, &o->errors);
    axes_search(s, &o->errors);
    blocks_check(s, &o->errors);
    texts_check(s, &o->errors);
    point_check_layers(s, &o->errors);
    if (follows) /* else what comes out is wrong for a reason that was told */
        point_check_follows(s, &o->errors);
    if (!o->errors.n && !s->mem.failed)
        make_snapshot(o);
}

int sweep_open(struct sweep **out, const char *file, const char *const *words, size_t nwords, struct err_list *errs)
{
    struct loading o = {.s = calloc(1, sizeof *o.s)};
    *out = NULL;
    if (!o.s) {
        struct err e = {0};
        err_set(&e, ERR_NOMEM, "no memory");
        err_list_take(errs, &e);
        return -1;
    }
    arena_init(&o.s->mem);
    o.s->path = arena_str(&o.s->mem, file);
    if (o.s->path && !read_doc(&o, file, words, nwords))
        build(&o, words, nwords);
    if (o.s->mem.failed || (!o.errors.n && !o.s->text))
        o.errors.nomem = 1;
    int rc = o.errors.n || o.errors.nomem ? -1 : 0;
    errors_deliver(&o.errors, errs);
    if (rc)
        sweep_free(o.s);
    else
        *out = o.s;
    return rc;
}
