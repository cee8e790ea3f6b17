/* open.c - a sweep file and the words of the command line become a struct sweep, checked as a whole. */
#include "config/sweep.h"

#include "base/file.h"
#include "config/snapshot.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct opening {
    struct sweep *s;
    struct ini_doc doc;
    struct pending *pending;
    size_t npending;
    struct given model, result; /* [require] */
    struct snapshot_edit *edit; /* what the words change, for the snapshot */
    size_t nedits;
    struct faults f;
};

/* ---- words ---- */

static const char *section_word(size_t i, const void *ctx)
{
    (void)ctx;
    return section_name(i);
}

static int is_section(const char *name)
{
    for (size_t i = 0; section_name(i); i++)
        if (!strcmp(section_name(i), name))
            return 1;
    return 0;
}

/* NAME of [model.NAME] or [zip NAME]; NULL: the section is none of that kind. */
static const char *section_tail(const char *section, const char *kind, char sep)
{
    size_t n = strlen(kind);
    if (strncmp(section, kind, n) || section[n] != sep)
        return NULL;
    const char *p = section + n + 1;
    while (*p == ' ' || *p == '\t')
        p++;
    return p;
}

/* "section.key" of an axis: cut at the last dot. 0, -1: there is none. */
static int split_name(const char *name, struct arena *a, const char **section, const char **key)
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
    return n && !key[n] && !expr_keyword(key) && strcmp(key, "classes");
}

static const char *any_key(size_t i, const void *ctx)
{
    struct key_row r;
    (void)ctx;
    return key_row(i, &r) ? NULL : r.param->name;
}

/* For the reader: an indented "word = ..." of these is no continuation. */
static int looks_like_key(const char *section, const char *word, const char *before)
{
    char last[8] = "";
    size_t n = strlen(before), from = n;
    while (from && !isspace((unsigned char)before[from - 1]))
        from--;
    if (n - from < sizeof last)
        strcpy(last, before + from);
    if (!strcmp(section, "require"))
        return !strcmp(word, "model") || !strcmp(word, "result");
    if (!strcmp(section, "grid") || section_tail(section, "zip", ' ')) /* a condition may go on over a line */
        return strchr(word, '.') && strcmp(last, "and") && strcmp(last, "or") && strcmp(last, "not") &&
               strcmp(last, "when");
    return 1;
}

/* ---- keys of plain sections ---- */

/* "unknown key" with the best advice there is. */
static void unknown_key(struct opening *o, const char *section, const char *key, const struct where *at)
{
    const char *other = key_section(key, section), *near = key_nearest(section, key);
    if (other)
        fault(&o->f, at, "unknown key; '%s' belongs to [%s]", key, other);
    else if (near)
        fault(&o->f, at, "unknown key; did you mean '%s'?", near);
    else if ((near = str_nearest(key, any_key, NULL)))
        fault(&o->f, at, "unknown key; did you mean '%s' of [%s]?", near, key_section(near, NULL));
    else
        fault(&o->f, at, "unknown key; `sweep list keys` names them all");
}

static struct given given_of(const struct ini_entry *e, struct arena *a)
{
    return (struct given){entry_text(e, a), e->at, e->piece, e->n, BY_FILE, NULL};
}

/* A single value. Quotes around it are a habit from lists and from other files: told as such, then read without them,
 * so that nothing else is said of the line. */
static struct given value_of(struct opening *o, const struct ini_entry *e)
{
    struct given g = given_of(e, &o->s->mem);
    size_t n = g.text ? strlen(g.text) : 0;
    if (n < 2 || g.n != 1 || g.text[0] != '"' || strchr(g.text + 1, '"') != g.text + n - 1)
        return g;
    fault(&o->f, &e->at, "leave out the quotes; only a list of [grid] has them, around texts with commas");
    g.text = arena_strn(&o->s->mem, g.text + 1, n - 2);
    return g;
}

/* The setting of a key of [model] or [model.NAME]: any name is a variable. -1 after a fault. */
static int model_setting(struct opening *o, const char *key, const struct where *at)
{
    int i = setting_find(o->s, "model", key);
    if (i >= 0)
        return i;
    if (!variable_ok(key))
        return fault(&o->f, at, "a variable is named with letters, digits and '_', and not %s",
                     "and, or, not, uses, classes");
    i = setting_variable(o->s, key);
    return i >= 0 ? i : fault_nomem(&o->f);
}

static void take_require(struct opening *o, const struct ini_entry *e)
{
    struct given *g = !strcmp(e->key, "model") ? &o->model : !strcmp(e->key, "result") ? &o->result : NULL;
    if (g)
        *g = given_of(e, &o->s->mem);
    else
        fault(&o->f, &e->at, "unknown key; [require] has 'model' and 'result', one condition a line each");
}

static void add_pending(struct opening *o, struct pending p)
{
    o->pending[o->npending++] = p;
}

/* A key of [grid] (zip -1) or of a [zip]. */
static void take_axis(struct opening *o, const struct ini_entry *e, int zip)
{
    struct pending p = {.text = entry_text(e, &o->s->mem), .at = e->at, .zip = zip};
    if (split_name(e->key, &o->s->mem, &p.section, &p.key)) {
        const char *section = key_section(e->key, NULL);
        if (!section && setting_find(o->s, "model", e->key) >= 0)
            section = "model";
        if (section)
            fault(&o->f, &e->at, "an axis is named with its section: %s.%s", section, e->key);
        else
            fault(&o->f, &e->at, "an axis is named section.key, such as train.lr or model.NAME");
        return;
    }
    p.at.section = p.section;
    p.at.key = p.key;
    if (!strcmp(p.section, "model") && model_setting(o, p.key, &p.at) < 0)
        return;
    add_pending(o, p);
}

static void take_variant(struct opening *o, const char *name, const struct ini_entry *e)
{
    struct variant *v = variant_find(o->s, name);
    int i = v ? model_setting(o, e->key, &e->at) : -1;
    if (i < 0)
        return;
    if (i == o->s->variant) {
        fault(&o->f, &e->at, "a variant cannot name another");
        return;
    }
    v->set[i] = value_of(o, e);
    o->s->set[i].in_variant = 1;
}

/* The value of a key of a block; '?' is none. */
static void set_block_key(struct opening *o, int i, struct given g)
{
    if (g.text && !strcmp(g.text, "?") && !setting_is_lines(o->s, i))
        g.text = NULL;
    o->s->set[i].base = g;
}

static void take_block(struct opening *o, const struct ini_entry *e)
{
    int i = block_setting(o->s, e->section, e->key, &e->at, &o->f);
    if (i >= 0)
        set_block_key(o, i, value_of(o, e));
}

static int zip_number(const struct opening *o, const char *section)
{
    for (size_t i = 0; i < o->doc.nsections; i++)
        if (!strcmp(o->doc.section[i].name, section))
            return (int)i;
    return -1;
}

static void take_entry(struct opening *o, const struct ini_entry *e)
{
    const char *name;
    int model = !strcmp(e->section, "model"), i;
    if (!strcmp(e->section, "grid"))
        take_axis(o, e, -1);
    else if (section_tail(e->section, "zip", ' '))
        take_axis(o, e, zip_number(o, e->section));
    else if (!strcmp(e->section, "require"))
        take_require(o, e);
    else if ((name = section_tail(e->section, "model", '.')))
        take_variant(o, name, e);
    else if (block_section(e->section))
        take_block(o, e);
    else if (!is_section(e->section))
        return; /* said once, for the section */
    else if ((i = model ? model_setting(o, e->key, &e->at) : setting_find(o->s, e->section, e->key)) >= 0)
        o->s->set[i].base = value_of(o, e);
    else if (!model)
        unknown_key(o, e->section, e->key, &e->at);
}

static void check_section(struct opening *o, const struct ini_section *sec)
{
    struct where w = {o->doc.path, sec->line, sec->name, NULL};
    const char *zip = section_tail(sec->name, "zip", ' '), *variant = section_tail(sec->name, "model", '.');
    const char *name = zip ? zip : variant, *block = block_section(sec->name);
    if (is_section(sec->name))
        return;
    if (block) {
        block_name_check(block, &w, &o->f);
        return;
    }
    if (!strcmp(sec->name, "zip"))
        fault(&o->f, &w, "a zip wants a name: [zip NAME]");
    else if (name && !name_ok(name))
        fault(&o->f, &w, "'%s' is no name: " NAME_RULE, name);
    else if (variant && !strcmp(variant, "none"))
        fault(&o->f, &w, "'none' stands for [model] without variant; take another name");
    else if (!name) {
        const char *near = str_nearest(sec->name, section_word, NULL);
        fault(&o->f, &w, "unknown section%s%s%s",
              near ? "; did you mean ["
                   : "; there are sweep, search, stop, data, model, train, grid, require, zip NAME, model.NAME, "
                     "block.NAME",
              near ? near : "", near ? "]?" : "");
    }
}

static int add_variants(struct opening *o)
{
    struct sweep *s = o->s;
    s->var = arena_take(&s->mem, (o->doc.nsections + 1) * sizeof *s->var);
    if (!s->var)
        return -1;
    for (size_t i = 0; i < o->doc.nsections; i++) {
        const struct ini_section *sec = &o->doc.section[i];
        const char *name = section_tail(sec->name, "model", '.');
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

/* ---- the command line ---- */

static struct pending *pending_find(struct opening *o, const char *section, const char *key)
{
    for (size_t i = 0; i < o->npending; i++)
        if (!strcmp(o->pending[i].key, key) && !strcmp(o->pending[i].section, section))
            return &o->pending[i];
    return NULL;
}

static void drop_pending(struct opening *o, struct pending *p)
{
    size_t after = o->npending - (size_t)(p - o->pending) - 1;
    memmove(p, p + 1, after * sizeof *p);
    o->npending--;
}

/* One of VALUES_...: an axis, an override, or either. */
static int many_values(const struct sweep *s, int i, const char *text)
{
    const struct setting *st = &s->set[i];
    const struct param *p = st->param ? st->param : st->nown ? st->own[0].param : NULL;
    if (!group_varies(st->group) || (setting_is_lines(s, i) && i != s->pool))
        return VALUES_ONE;
    return values_many(text, !p ? VALUES_ANY : p->type == P_TEXT ? VALUES_TEXT : VALUES_NUMBER);
}

static void add_edit(struct opening *o, struct snapshot_edit e)
{
    o->edit[o->nedits++] = e;
}

/* One value, or several: an axis in place of the file's, or behind them. */
static void apply_word(struct opening *o, int i, const char *text, const struct where *at)
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
        fault(&o->f, at, "'%s' may be one text or several; one is written \"%s\", several have quotes each", text,
              text);
        return;
    }
    add_edit(o,
             (struct snapshot_edit){st->section, st->key, text, .axis = many, .line = !many && setting_is_lines(s, i)});
    if (many) {
        struct pending q = {st->section, st->key, text, *at, p ? p->zip : -1};
        if (p)
            *p = q;
        else
            add_pending(o, q);
        return;
    }
    if (p)
        drop_pending(o, p);
    struct ini_piece *piece = arena_take(&s->mem, sizeof *piece);
    if (piece)
        *piece = (struct ini_piece){text, 0};
    struct given g = {text, *at, piece, piece && *text, BY_COMMAND_LINE, NULL};
    if (setting_is_param(st))
        set_block_key(o, i, g);
    else
        st->base = g;
}

static void apply_variant_word(struct opening *o, const char *variant, const char *key, const char *text,
                               struct where *at)
{
    struct variant *v = variant_find(o->s, variant);
    if (!v) {
        fault(&o->f, at, "there is no section [model.%s]", variant);
        return;
    }
    struct ini_piece *piece = arena_take(&o->s->mem, sizeof *piece);
    int i = model_setting(o, key, at);
    if (!piece || i < 0 || i == o->s->variant)
        return;
    *piece = (struct ini_piece){text, 0};
    v->set[i] = (struct given){text, *at, piece, *text != 0, BY_FILE, NULL};
    add_edit(o, (struct snapshot_edit){at->section, key, text, .line = setting_is_lines(o->s, i)});
    o->s->set[i].in_variant = 1;
}

static void apply_require_word(struct opening *o, const char *key, const char *text, const struct where *at)
{
    struct given *g = !strcmp(key, "model") ? &o->model : !strcmp(key, "result") ? &o->result : NULL;
    struct ini_piece *piece = arena_take(&o->s->mem, sizeof *piece);
    if (!g || !piece) {
        fault(&o->f, at, "unknown key; [require] has 'model' and 'result'");
        return;
    }
    *piece = (struct ini_piece){text, 0};
    *g = (struct given){text, *at, piece, *text != 0, BY_COMMAND_LINE, NULL};
    add_edit(o, (struct snapshot_edit){"require", key, text, .line = 1});
}

/* A word of the command line that does not name a key: told with the section that is missing, where there is one. */
static void no_name(struct opening *o, const char *word, const char *name, const struct where *at)
{
    const char *near = name ? name : "", *section = key_section(near, NULL);
    if (!section && (near = str_nearest(near, any_key, NULL)))
        section = key_section(near, NULL);
    if (section)
        fault(&o->f, at, "'%.80s' is not section.key=value; did you mean %s.%s=...?", word, section, near);
    else
        fault(&o->f, at, "'%.80s' is not section.key=value", word);
}

static void take_word(struct opening *o, const char *word)
{
    struct where at = {COMMAND_LINE, 0, NULL, NULL};
    struct arena *a = &o->s->mem;
    const char *eq = strchr(word, '='), *variant;
    char *name = eq ? arena_strn(a, word, (size_t)(eq - word)) : NULL, *text = eq ? arena_str(a, eq + 1) : NULL;
    name = name ? str_trim(name) : NULL;
    if (!name || !text || split_name(name, a, &at.section, &at.key)) {
        no_name(o, word, name, &at);
        return;
    }
    text = str_trim(text);
    for (const char *p = word; *p; p++)
        if ((unsigned char)*p < 32 || *p == 127) {
            fault(&o->f, &at, "a control character in the value");
            return;
        }
    if ((variant = section_tail(at.section, "model", '.'))) {
        apply_variant_word(o, variant, at.key, text, &at);
    } else if (block_section(at.section)) {
        if (!block_named(o->s, block_section(at.section)))
            fault(&o->f, &at, "there is no section [%s]", at.section);
        int i = block_setting(o->s, at.section, at.key, &at, &o->f);
        if (i >= 0)
            apply_word(o, i, text, &at);
    } else if (!strcmp(at.section, "require")) {
        apply_require_word(o, at.key, text, &at);
    } else if (!strncmp(at.section, "grid", 4) || !is_section(at.section)) {
        const char *near = str_nearest(at.section, section_word, NULL);
        at.section = at.key = NULL;
        if (!strncmp(word, "grid.", 5))
            fault(&o->f, &at, "'%.80s': leave 'grid.' out; more than one value makes an axis", word);
        else
            fault(&o->f, &at, "'%.80s': unknown section%s%s%s", word, near ? "; did you mean '" : "", near ? near : "",
                  near ? "'?" : "");
    } else {
        int i = !strcmp(at.section, "model") ? model_setting(o, at.key, &at) : setting_find(o->s, at.section, at.key);
        if (i >= 0)
            apply_word(o, i, text, &at);
        else if (strcmp(at.section, "model"))
            unknown_key(o, at.section, at.key, &at);
    }
}

/* ---- putting it together ---- */

static int read_doc(struct opening *o, const char *file, size_t nwords)
{
    struct sweep *s = o->s;
    struct err e = {0};
    struct where w = {s->path, 0, NULL, NULL};
    size_t n;
    char *bytes = file_read_head(file, READER_BYTES + 1, &n, &e);
    if (!bytes)
        return fault_take(&o->f, &w, &e);
    int rc = reader_parse(&o->doc, s->path, bytes, n, looks_like_key, &s->mem, &o->f);
    s->text = arena_strn(&s->mem, bytes, n);
    free(bytes);
    o->pending = arena_take(&s->mem, (o->doc.nentries + nwords + 1) * sizeof *o->pending);
    o->edit = arena_take(&s->mem, (nwords + 1) * sizeof *o->edit);
    if (rc || !s->text || !o->pending || !o->edit || settings_init(s, o->doc.nsections + o->doc.nentries + nwords) ||
        blocks_init(s, &o->doc) || add_variants(o))
        return rc && o->f.n ? -1 : fault_nomem(&o->f);
    return 0;
}

/* The name is that of the file unless it is written: the snapshot is called otherwise. */
static void make_snapshot(struct opening *o)
{
    struct sweep *s = o->s;
    int i = setting_find(s, "sweep", "name");
    if (i >= 0 && s->set[i].base.by == BY_DEFAULT)
        add_edit(o, (struct snapshot_edit){"sweep", "name", s->spec.name, .line = 1});
    s->text = snapshot_text(&o->doc, s->text, o->edit, o->nedits, &s->mem);
    if (s->text && o->nedits)
        snapshot_check(s->text, o->edit, o->nedits, looks_like_key, &s->mem, &o->f);
}

static void build(struct opening *o, const char *const *words, size_t nwords)
{
    struct sweep *s = o->s;
    for (size_t i = 0; i < o->doc.nsections; i++)
        check_section(o, &o->doc.section[i]);
    for (size_t i = 0; i < o->doc.nentries; i++)
        take_entry(o, &o->doc.entry[i]);
    for (size_t i = 0; i < nwords; i++)
        take_word(o, words[i]);
    spec_fill(s, &o->f);
    axes_build(s, o->pending, o->npending, &o->f);
    requirements_parse(s, &s->model, &o->model, 0, &o->f);
    requirements_parse(s, &s->result, &o->result, 1, &o->f);
    int follows = !follow_parse(s, &o->f);
    point_prepare(s, &o->f);
    axes_count(s, &o->f);
    blocks_check(s, &o->f);
    texts_check(s, &o->f);
    point_check_layers(s, &o->f);
    if (follows) /* else what comes out is wrong for a reason that was told */
        point_check_follows(s, &o->f);
    if (!o->f.n && !s->mem.failed)
        make_snapshot(o);
}

int sweep_open(struct sweep **out, const char *file, const char *const *words, size_t nwords, struct err_list *errs)
{
    struct opening o = {.s = calloc(1, sizeof *o.s)};
    *out = NULL;
    if (!o.s) {
        struct err e = {0};
        err_set(&e, ERR_NOMEM, "no memory");
        err_list_take(errs, &e);
        return -1;
    }
    arena_init(&o.s->mem);
    o.s->path = arena_str(&o.s->mem, file);
    if (o.s->path && !read_doc(&o, file, nwords))
        build(&o, words, nwords);
    if (o.s->mem.failed || (!o.f.n && !o.s->text))
        o.f.nomem = 1;
    int rc = o.f.n || o.f.nomem ? -1 : 0;
    faults_deliver(&o.f, errs);
    if (rc)
        sweep_free(o.s);
    else
        *out = o.s;
    return rc;
}
