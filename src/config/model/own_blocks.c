/* own_blocks.c reads the sections [block.NAME], texts with parameters that `layers` uses like layers, and gives the
 * parser of networks what they say at a point.
 *
 *     [block.pair]      section "block.pair" has a setting for each key: the parameters can be axes, can follow from
 *     width = ?         others, and can be set on the command line; a use gives them values of its own
 *     layers = ...
 */
#include "config/sweep.h"

#include "nn/blocks/blocks.h"
#include "nn/blocks/library.h"
#include "nn/layer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define SECTION "block."

/* ---- sections and their keys ---- */

/* Returns NAME of a section [block.NAME]; NULL: it is not of that kind. */
const char *block_section(const char *section)
{
    return strncmp(section, SECTION, strlen(SECTION)) ? NULL : section + strlen(SECTION);
}

struct block_text *block_named(const struct sweep *s, const char *name)
{
    for (size_t i = 0; i < s->nblock; i++)
        if (!strcmp(s->block[i].name, name))
            return &s->block[i];
    return NULL;
}

int block_name_check(const char *name, const struct where *at, struct error_list *errors)
{
    if (!variable_ok(name))
        return errors_add(errors, at, "'%s' is not a name of a block: letters, digits and '_', beginning with a letter",
                          name);
    if (layer_find(name) || block_find(name) || !strcmp(name, PARSE_NONE))
        return errors_add(errors, at, "'%s' is a %s of the program; take another name", name,
                          layer_find(name) || !strcmp(name, PARSE_NONE) ? "layer" : "block");
    return 0;
}

static int has_layers(const struct ini_doc *doc, const char *section)
{
    for (size_t i = 0; i < doc->nentries; i++)
        if (!strcmp(doc->entry[i].section, section) && !strcmp(doc->entry[i].key, "layers"))
            return 1;
    return 0;
}

/* Makes the settings of one section: the layers, then the parameters in the order of the file. */
static int add_block(struct sweep *s, const char *name, const struct ini_section *sec, const struct ini_doc *doc)
{
    struct block_text *b = &s->block[s->nblock];
    *b = (struct block_text){.name = name, .at = {doc->path, sec->line, sec->name, NULL}};
    b->layers = setting_new(s, sec->name, "layers", KEY_BLOCK);
    if (b->layers < 0)
        return -1;
    for (size_t i = 0; i < doc->nentries; i++) {
        const struct ini_entry *e = &doc->entry[i];
        if (strcmp(e->section, sec->name) || !strcmp(e->key, "layers") || !variable_ok(e->key))
            continue;
        if (setting_new(s, sec->name, e->key, KEY_BLOCK) < 0)
            return -1;
        b->nparams++;
    }
    s->nblock++;
    return 0;
}

/* ---- blocks of the program ---- */

static int is_name_letter(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Says whether the name stands in the text as a word. */
static int mentions(const char *text, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = text; (p = strstr(p, name)); p += n)
        if ((p == text || !is_name_letter(p[-1])) && !is_name_letter(p[n]))
            return 1;
    return 0;
}

static int is_program_block(const char *name)
{
    for (size_t i = 0; library_blocks[i].name; i++)
        if (!strcmp(library_blocks[i].name, name))
            return 1;
    return 0;
}

/* Is it a section that makes a block of its own? */
static int defines_block(const struct ini_doc *doc, const char *section)
{
    const char *name = block_section(section);
    return name && (has_layers(doc, section) || !is_program_block(name));
}

static int is_wanted(const struct sweep *s, const struct ini_doc *doc, const struct library_block *b,
                     const char *const *words, size_t nwords, const unsigned char *taken)
{
    int wanted = mentions(s->text, b->name);
    for (size_t i = 0; i < doc->nsections; i++)
        if (defines_block(doc, doc->section[i].name) && !strcmp(block_section(doc->section[i].name), b->name))
            return 0;
    for (size_t i = 0; i < nwords; i++)
        wanted |= mentions(words[i], b->name);
    for (size_t i = 0; library_blocks[i].name; i++)
        wanted |= taken[i] && mentions(library_blocks[i].text, b->name);
    return wanted;
}

static int read_library_block(struct sweep *s, const struct library_block *b, struct ini_doc *doc)
{
    struct error_list errors = {0};
    const char *path = arena_fmt(&s->mem, "%s.ini of the program", b->name);
    int bad = !path || reader_parse(doc, path, b->text, strlen(b->text), NULL, &s->mem, &errors);
    errors_release(&errors);
    return bad ? -1 : 0;
}

int blocks_library(struct sweep *s, const struct ini_doc *doc, const char *const *words, size_t nwords,
                   struct ini_doc **library, size_t *n)
{
    size_t most = 0, found = 0;
    while (library_blocks[most].name)
        most++;
    unsigned char *taken = arena_take(&s->mem, most + 1);
    *library = arena_take(&s->mem, (most + 1) * sizeof **library);
    *n = 0;
    if (!taken || !*library)
        return -1;
    do { /* what those name that are there */
        found = *n;
        for (size_t i = 0; i < most; i++)
            if (!taken[i] && is_wanted(s, doc, &library_blocks[i], words, nwords, taken)) {
                taken[i] = 1;
                if (read_library_block(s, &library_blocks[i], &(*library)[(*n)++]))
                    return -1;
            }
    } while (*n > found);
    return 0;
}

int blocks_init(struct sweep *s, const struct ini_doc *doc, const struct ini_doc *library, size_t n)
{
    struct error_list told_later = {0};
    int bad = 0;
    s->block = arena_take(&s->mem, (doc->nsections + n + 1) * sizeof *s->block);
    for (size_t i = 0; s->block && !bad && i < doc->nsections; i++)
        if (defines_block(doc, doc->section[i].name) &&
            !block_name_check(block_section(doc->section[i].name), NULL, &told_later))
            bad = add_block(s, block_section(doc->section[i].name), &doc->section[i], doc);
    for (size_t i = 0; s->block && !bad && i < n; i++) {
        bad = add_block(s, block_section(library[i].section[0].name), &library[i].section[0], &library[i]);
        s->block[s->nblock - !bad].program = 1;
    }
    errors_release(&told_later);
    return s->block ? bad : -1;
}

int block_setting(struct sweep *s, const char *section, const char *key, const struct where *at,
                  struct error_list *errors)
{
    int i = setting_find(s, section, key);
    const struct block_text *b = block_named(s, block_section(section));
    if (i >= 0 || !b)
        return i;
    if (!variable_ok(key))
        return errors_add(errors, at,
                          "a parameter is named with letters, digits and '_', and not and, or, not, uses, classes, "
                          "targets, vocabulary");
    return errors_add(errors, at, "[%s] has no parameter '%s'", section, key);
}

int setting_is_param(const struct setting *st)
{
    return st->group == KEY_BLOCK;
}

/* ---- before there is any point ---- */

/* Says whether a word of the text is the name, or begins like it and goes on with a variable: "conv_$kind". */
static int text_names(const char *text, const char *name)
{
    static const char ends[] = " \t\n,{}|\"";
    while (text && *(text += strspn(text, ends))) {
        size_t n = strcspn(text, ends), plain = strcspn(text, "$");
        size_t same = plain < n ? plain : n;
        if (same && !strncmp(text, name, same) && (plain < n || strlen(name) == n))
            return 1;
        text += n;
    }
    return 0;
}

/* Says whether some text of the setting names the block: the file's, that of a variant, or that of an axis. */
static int setting_names(const struct sweep *s, size_t i, const char *name)
{
    const struct setting *st = &s->set[i];
    int found = text_names(st->base.text, name) || (st->column >= 0 && text_names(s->col[st->column].text, name));
    for (size_t v = 0; !found && st->in_variant && v < s->nvar; v++)
        found = text_names(s->var[v].set[i].text, name);
    return found;
}

/* Marks the blocks that the settings from .. from + n name. */
static int mark_named(struct sweep *s, size_t from, size_t n)
{
    int more = 0;
    for (size_t b = 0; b < s->nblock; b++)
        for (size_t i = from; !s->block[b].used && i < from + n; i++)
            if (group_varies(s->set[i].group) && setting_names(s, i, s->block[b].name))
                more = s->block[b].used = 1;
    return more;
}

static void mark_used(struct sweep *s)
{
    size_t first = s->nblock ? (size_t)s->block[0].layers : 0, after = first;
    for (size_t b = 0; b < s->nblock; b++)
        after += s->block[b].nparams + 1;
    mark_named(s, 0, first);
    mark_named(s, after, s->nset - after);
    for (int more = 1; more;) { /* blocks that used ones use */
        more = 0;
        for (size_t b = 0; b < s->nblock; b++)
            if (s->block[b].used)
                more |= mark_named(s, (size_t)s->block[b].layers, s->block[b].nparams + 1);
    }
}

static void check_block(struct sweep *s, struct block_text *b, struct error_list *errors)
{
    struct given *g = &s->set[b->layers].base;
    size_t before = errors->n + errors->dropped;
    lines_parse(s, b, &g->lines, g, errors);
    b->wrong = errors->n + errors->dropped > before;
    if (!g->lines.n)
        errors_add(errors, g->text ? &g->at : &b->at,
                   "no layers; a block has lines of them like [model], in its key 'layers'");
    if (b->nparams > NN_DEFINED_PARAMS)
        errors_add(errors, &b->at, "%zu parameters; a block has at most %d", b->nparams, NN_DEFINED_PARAMS);
    for (size_t i = 1; g->lines.n && i <= b->nparams; i++) {
        const struct setting *st = &s->set[b->layers + (int)i];
        if (!st->used && !b->wrong && !b->program && strcmp(st->key, "names") != 0) /* which the parser reads */
            errors_add(errors, &st->base.at,
                       "the layers of this block do not use this parameter; write $%s where it belongs", st->key);
    }
    if (!b->used && !b->program)
        errors_add(errors, &b->at, "no text uses this block; write its name into layers, or leave it out");
}

void blocks_check(struct sweep *s, struct error_list *errors)
{
    mark_used(s);
    for (size_t i = 0; i < s->nblock; i++)
        check_block(s, &s->block[i], errors);
}

/* ---- at a point ---- */

struct point_blocks {
    struct nn_library library;
    struct point_choice choice; /* the point, for values that are no parameters' */
};

/* Puts the values of a use into the lines of a block; nn_library.expand. */
static int expand_block(const struct nn_library *l, size_t i, const char *const *value, struct arena *a,
                        struct nn_line **line, size_t *nlines, struct err *e)
{
    struct point_choice choice = ((const struct point_blocks *)l)->choice;
    const struct block_text *b = &choice.s->block[i];
    const struct lines *lines = &choice.s->set[b->layers].base.lines;
    struct nn_line *v = arena_take(a, (lines->n + 1) * sizeof *v);
    if (!v)
        return err_set(e, ERR_NOMEM, "no memory");
    choice.block = b;
    choice.given = value;
    for (size_t k = 0; !b->wrong && k < lines->n; k++) { /* what is wrong was told */
        const struct text_line *text = &lines->v[k];
        v[k] = (struct nn_line){.text = template_text(text, &choice, a, e), .at = text->at, .library = l};
        if (!v[k].text)
            return -1;
    }
    *line = v;
    *nlines = b->wrong ? 0 : lines->n;
    return 0;
}

/* Fills the row of a parameter. A default that has no value at this point must be given by the uses. */
static int fill_param(struct point_choice *p, const struct block_text *b, size_t i, struct param *row, struct arena *a)
{
    struct err e = {0};
    char buf[STR_NUM];
    int setting = b->layers + 1 + (int)i;
    const char *text = choice_text(p, setting, buf, &e);
    *row = (struct param){.name = p->s->set[setting].key,
                          .type = P_TEXT,
                          .at = i * sizeof(char *),
                          .help = "it has no default, so that each use gives it"};
    row->preset = text == buf ? arena_str(a, buf) : text;
    if (e.code)
        row->help = arena_str(a, e.text);
    return e.code != ERR_NOMEM && row->help && (row->preset || !text) ? 0 : -1;
}

const struct nn_library *blocks_at(const struct point_choice *p, struct arena *a)
{
    const struct sweep *s = p->s;
    struct point_blocks *l = arena_take(a, sizeof *l);
    struct nn_defined *defined = arena_take(a, (s->nblock + 1) * sizeof *defined);
    if (!l || !defined)
        return NULL;
    *l = (struct point_blocks){{defined, s->nblock, expand_block}, *p};
    for (size_t b = 0; b < s->nblock; b++) {
        const struct block_text *block = &s->block[b];
        struct param *row = arena_take(a, (block->nparams + 1) * sizeof *row);
        for (size_t i = 0; row && i < block->nparams; i++)
            if (fill_param(&l->choice, block, i, &row[i], a))
                row = NULL;
        if (!row)
            return NULL;
        defined[b] = (struct nn_defined){block->name, block->at, row, (int)block->nparams};
        if (block->program)
            defined[b].at.line = 0; /* of no use to the reader of a sweep file */
    }
    return &l->library;
}
