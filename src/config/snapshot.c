/* snapshot.c writes the sweep file that is kept beside the results, with what the command line said put in. */
#include "config/snapshot.h"

#include "base/str.h"

#include <string.h>

#define INDENT 4

struct snapshot {
    const struct ini_doc *doc;
    struct snapshot_edit *edit;
    size_t n;
    struct str out;
};

static int is_grid(const char *section)
{
    return !strcmp(section, "grid") || !strncmp(section, "zip ", 4);
}

/* Says whether a name of [grid] is the key of the edit: "train.lr" is the key lr of [train]. */
static int names_axis(const char *name, const struct snapshot_edit *e)
{
    size_t n = strlen(e->section);
    return !strncmp(name, e->section, n) && name[n] == '.' && !strcmp(name + n + 1, e->key);
}

static int same_key(const struct snapshot_edit *a, const struct snapshot_edit *b)
{
    return !strcmp(a->section, b->section) && !strcmp(a->key, b->key);
}

/* Marks the words that a later one makes void: a single value ends an axis that an earlier word made, and of words
 * of one kind the last holds. */
static void settle_edits(struct snapshot *s)
{
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < i; k++)
            if (same_key(&s->edit[i], &s->edit[k]) && (s->edit[k].axis || !s->edit[i].axis))
                s->edit[k].over = 1;
}

/* Says whether a word takes the axis that the file has out of it. */
static int axis_dropped(const struct snapshot *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (!s->edit[i].axis && names_axis(name, &s->edit[i]))
            return 1;
    return 0;
}

/* Returns the word that replaces the entry, or NULL. */
static const struct snapshot_edit *replacement(const struct snapshot *s, const struct ini_entry *e)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct snapshot_edit *d = &s->edit[i];
        if (d->over)
            continue;
        if (d->axis ? is_grid(e->section) && names_axis(e->key, d) && !axis_dropped(s, e->key)
                    : !strcmp(e->section, d->section) && !strcmp(e->key, d->key))
            return d;
    }
    return NULL;
}

static int last_line(const struct ini_entry *e)
{
    return e->n && e->piece[e->n - 1].line > e->at.line ? e->piece[e->n - 1].line : e->at.line;
}

/* Says whether a text may be cut before text[i]: at a blank alone, which reading puts back, or in a list after a
 * comma. */
static int may_cut(const char *text, size_t i, int list)
{
    return (text[i] == ' ' && text[i - 1] != ' ' && text[i + 1] != ' ') || (list && text[i - 1] == ',');
}

/* Returns how many bytes of the text go into a line with `room`, or 0 where it cannot be cut so. */
static size_t piece_length(const char *text, size_t room, const struct snapshot_edit *e)
{
    size_t all = strlen(text), n = e->line ? 0 : room;
    if (all <= room)
        return all;
    while (n && !may_cut(text, n, e->axis))
        n--;
    return n;
}

/* Writes a text over as many lines as it takes; lines after the first are indented. */
static void put_edit(struct str *out, const struct snapshot_edit *e)
{
    const char *text = e->text;
    size_t from = out->n;
    if (e->axis)
        str_addf(out, "%s.", e->section);
    str_addf(out, "%s = ", e->key);
    for (size_t room = READER_LINE - (out->n - from);; room = READER_LINE - INDENT) {
        size_t n = piece_length(text, room, e);
        if (!n && room == READER_LINE - INDENT)
            n = strlen(text); /* snapshot_check will tell */
        str_addn(out, text, n);
        text += n;
        text += n && *text == ' ';
        if (!*text)
            break;
        str_addf(out, "\n%*s", INDENT, "");
    }
    str_add(out, "\n");
}

static int has_entry(const struct snapshot *s, const struct snapshot_edit *e)
{
    for (size_t i = 0; i < s->doc->nentries; i++)
        if (replacement(s, &s->doc->entry[i]) == e)
            return 1;
    return 0;
}

static int has_zip(const struct ini_doc *d)
{
    for (size_t i = 0; i < d->nsections; i++)
        if (!strncmp(d->section[i].name, "zip ", 4))
            return 1;
    return 0;
}

static int has_section(const struct ini_doc *d, const char *name)
{
    for (size_t i = 0; i < d->nsections; i++)
        if (!strcmp(d->section[i].name, name))
            return 1;
    return 0;
}

/* Returns the section that a word goes into. Further axes come after those of the file, also after its zips: as zips
 * of one key where it has any. */
static const char *home_of(const struct snapshot *s, const struct snapshot_edit *e)
{
    return !e->axis ? e->section : has_zip(s->doc) ? "" : "grid";
}

/* Writes the words without a place of their own that belong to the section. */
static void put_further(struct snapshot *s, const char *section)
{
    for (size_t i = 0; i < s->n; i++)
        if (!s->edit[i].over && !has_entry(s, &s->edit[i]) && !strcmp(home_of(s, &s->edit[i]), section))
            put_edit(&s->out, &s->edit[i]);
}

/* Writes the sections that the file does not have, at its end. */
static void put_sections(struct snapshot *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct snapshot_edit *e = &s->edit[i];
        const char *home = home_of(s, e);
        size_t first = 0;
        while (first < i &&
               (s->edit[first].over || has_entry(s, &s->edit[first]) || strcmp(home_of(s, &s->edit[first]), home) != 0))
            first++;
        if (e->over || has_entry(s, e))
            continue;
        if (!*home) {
            str_addf(&s->out, "\n[zip further-%zu]\n", i + 1);
            put_edit(&s->out, e);
        } else if (first == i && !has_section(s->doc, home)) {
            str_addf(&s->out, "\n[%s]\n", home);
            put_further(s, home);
        }
    }
}

/* Returns the entry that has the line, also as a further line of its value, or NULL. */
static const struct ini_entry *entry_at(const struct ini_doc *d, int line)
{
    for (size_t i = 0; i < d->nentries; i++)
        if (d->entry[i].at.line <= line && line <= last_line(&d->entry[i]))
            return &d->entry[i];
    return NULL;
}

/* Returns the section whose last line this is, or NULL. */
static const char *section_end(const struct ini_doc *d, int line)
{
    for (size_t i = 0; i < d->nsections; i++) {
        int last = d->section[i].line;
        for (size_t k = 0; k < d->nentries; k++)
            if (!strcmp(d->entry[k].section, d->section[i].name) && last_line(&d->entry[k]) > last)
                last = last_line(&d->entry[k]);
        if (last == line)
            return d->section[i].name;
    }
    return NULL;
}

static void put_line(struct snapshot *s, const char *text, size_t n, int line)
{
    const struct ini_entry *e = entry_at(s->doc, line);
    const struct snapshot_edit *d = e ? replacement(s, e) : NULL;
    if (d && line == e->at.line)
        put_edit(&s->out, d);
    if (!d && !(e && is_grid(e->section) && axis_dropped(s, e->key))) {
        str_addn(&s->out, text, n);
        if (n && text[n - 1] != '\n')
            str_add(&s->out, "\n");
    }
    const char *ends = section_end(s->doc, line);
    if (ends)
        put_further(s, ends);
}

const char *snapshot_text(const struct ini_doc *doc, const char *text, struct snapshot_edit *edit, size_t n,
                          struct arena *a)
{
    struct snapshot s = {.doc = doc, .edit = edit, .n = n};
    int line = 0;
    if (!n)
        return text;
    settle_edits(&s);
    while (*text) {
        size_t len = strcspn(text, "\n");
        len += text[len] == '\n';
        put_line(&s, text, len, ++line);
        text += len;
    }
    put_sections(&s);
    const char *made = s.out.failed ? NULL : arena_str(a, s.out.p ? s.out.p : "");
    str_release(&s.out);
    return made;
}

/* ---- reading it again ---- */

static const struct ini_entry *entry_of(const struct ini_doc *d, const struct snapshot_edit *e)
{
    for (size_t i = 0; i < d->nentries; i++)
        if (e->axis ? is_grid(d->entry[i].section) && names_axis(d->entry[i].key, e)
                    : !strcmp(d->entry[i].section, e->section) && !strcmp(d->entry[i].key, e->key))
            return &d->entry[i];
    return NULL;
}

/* Says whether two texts are one; blanks after the commas of a list do not count, but those between quotes. */
static int same_text(const char *a, const char *b, int list)
{
    int quotes = 0;
    while (*a && *a == *b) {
        quotes ^= *a == '"';
        if (list && !quotes && *a == ',') {
            a += strspn(a + 1, " ");
            b += strspn(b + 1, " ");
        }
        a++;
        b++;
    }
    return *a == *b;
}

void snapshot_check(const char *text, const struct snapshot_edit *edit, size_t n, reader_is_key *is_key,
                    struct arena *a, struct error_list *errors)
{
    struct ini_doc doc;
    struct error_list reading = {0}; /* they name lines that nobody has seen */
    if (reader_parse(&doc, "", text, strlen(text), is_key, a, &reading) && !reading.n)
        errors_nomem(errors);
    errors_release(&reading);
    for (size_t i = 0; !errors->nomem && i < n; i++) {
        const struct snapshot_edit *d = &edit[i];
        const struct ini_entry *e = d->over ? NULL : entry_of(&doc, d);
        struct where w = {COMMAND_LINE, 0, d->section, d->key};
        if (d->over || (e && (!d->line || e->n <= 1) && same_text(entry_text(e, a), d->text, d->axis)))
            continue;
        if (strlen(d->text) > READER_LINE - INDENT)
            errors_add(errors, &w,
                       "%zu bytes do not fit into a line of a sweep file, and one is kept beside the results to repeat "
                       "them; write the value into the sweep file, over several lines",
                       strlen(d->text));
        else
            errors_add(errors, &w,
                       "a sweep file cannot hold '%.80s', and one is kept beside the results to repeat them; write it "
                       "without ' ;', ' #' and blanks at its ends",
                       d->text);
    }
}
