/* reader.c reads a sweep file to sections, keys and lines, and tells what inih does silently. */
#include "config/syntax/reader.h"

#include "base/str.h"

#include <ctype.h>
#include <ini.h>
#include <string.h>

#define NAME_MAX_BYTES 49 /* inih's MAX_SECTION and MAX_NAME are 50 with the NUL */

struct source {
    struct ini_doc *d;
    const char *at, *end;
    int line;
    int indented; /* the line handed out last begins with a blank */
    int wanted;   /* ... and must come back as a pair */
    int open;     /* a key stands above: indented lines go on with its value */
    int skip;     /* that key was wrong: its further lines are not looked at */
    int lost;     /* the section's header is wrong: keys are not looked at until the next one */
    int cr_told;  /* line ends of an old Mac: said once */
    const char *section;
    struct ini_entry *entry;
    reader_is_key *is_key;
    struct arena *a;
    struct error_list *errors;
    int nomem;
};

static struct where here(const struct source *s, const char *key)
{
    return (struct where){s->d->path, s->line, key ? s->section : NULL, key};
}

static const char *skip_blanks(const char *p)
{
    while (*p && isspace((unsigned char)*p))
        p++;
    return p;
}

/* Adds an element at the end of an array in the arena. Returns NULL without memory. */
static void *grow_list(struct arena *a, void *v, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return v;
    size_t more = *cap ? 2 * *cap : 4;
    void *w = arena_take(a, more * size);
    if (!w)
        return NULL;
    if (n)
        memcpy(w, v, n * size);
    *cap = more;
    return w;
}

static int add_section(struct source *s, const char *name)
{
    struct ini_doc *d = s->d;
    for (size_t i = 0; i < d->nsections; i++)
        if (!strcmp(d->section[i].name, name)) {
            struct where w = {d->path, s->line, name, NULL};
            errors_add(s->errors, &w, "this section stands in line %d already; put its keys together there",
                       d->section[i].line);
            s->section = d->section[i].name;
            return 0;
        }
    struct ini_section *v = grow_list(s->a, d->section, d->nsections, &d->sections_cap, sizeof *v);
    s->section = arena_str(s->a, name);
    if (!v || !s->section)
        return -1;
    d->section = v;
    v[d->nsections++] = (struct ini_section){s->section, s->line};
    return 0;
}

/* Checks a section's line, of which inih would cut the name at 49 bytes and drop what follows the bracket. Returns 0
 * where it is fine. */
static int check_section(struct source *s, const char *text)
{
    struct where w = here(s, NULL);
    const char *close = strchr(text, ']');
    const char *comment = strchr(text, ';');
    if (!close || (comment && comment < close && isspace((unsigned char)comment[-1])))
        return errors_add(s->errors, &w, "'%.40s' has no ']'", text);
    const char *rest = skip_blanks(close + 1);
    if (*rest && *rest != ';' && *rest != '#')
        return errors_add(s->errors, &w, "'%.40s' after the section's name is lost; put it on a line of its own",
                          rest);
    size_t n = (size_t)(close - text - 1);
    if (n > NAME_MAX_BYTES)
        return errors_add(s->errors, &w, "the section's name has %zu bytes, at most %d are read", n, NAME_MAX_BYTES);
    char *name = arena_strn(s->a, text + 1, n);
    if (!name || add_section(s, str_trim(name)))
        s->nomem = 1;
    s->lost = 0;
    return 0;
}

/* Returns the word before '=' of "word = value", in buf, or NULL where the line is something else. */
static const char *key_word(const char *text, char *buf, size_t cap)
{
    size_t n = 0;
    while (isalnum((unsigned char)text[n]) || (text[n] && strchr("._-", text[n])))
        n++;
    const char *eq = skip_blanks(text + n);
    if (!n || n >= cap || *eq != '=' || eq[1] == '=')
        return NULL;
    memcpy(buf, text, n);
    buf[n] = 0;
    return buf;
}

/* Cuts the comment that a blank and a semicolon start; inih does so in the first line of a value only. */
static void cut_comment(char *text)
{
    for (char *p = text; *p; p++)
        if (*p == ';' && (p == text || isspace((unsigned char)p[-1]))) {
            *p = 0;
            break;
        }
}

static int check_continuation(struct source *s, const char *text)
{
    char word[64];
    struct where w = here(s, s->entry ? s->entry->key : NULL);
    const char *before = s->entry && s->entry->n ? s->entry->piece[s->entry->n - 1].text : "";
    if (*text == '[' && strchr(text, ']'))
        return errors_add(s->errors, &w,
                          "an indented line goes on with the value above; a section starts at the line's beginning");
    if (key_word(text, word, sizeof word) && s->is_key && s->is_key(s->section ? s->section : "", word, before))
        return errors_add(
            s->errors, &w,
            "an indented line goes on with the value above; if '%s' is a key of its own, remove the blanks "
            "before it",
            word);
    return 0;
}

/* Checks the bytes of a line, whatever they mean. Returns 0 where they are fine. */
static int check_bytes(struct source *s, const char *p, size_t n, size_t most)
{
    struct where w = here(s, NULL);
    if (memchr(p, 0, n))
        return errors_add(s->errors, &w, "a NUL byte: this is not a text file");
    if (memchr(p, '\r', n)) {
        if (s->cr_told++)
            return -1;
        return errors_add(s->errors, &w,
                          "a carriage return inside the line: lines end with LF or CR LF, not with CR alone");
    }
    for (size_t i = 0; i < n; i++)
        if (((unsigned char)p[i] < 32 && p[i] != '\t') || p[i] == 127)
            return errors_add(s->errors, &w, "the control character 0x%02x", (unsigned)(unsigned char)p[i]);
    if (n > most)
        return errors_add(s->errors, &w, "the line has %zu bytes, at most %zu are read; go on in an indented line", n,
                          most);
    return 0;
}

/* Refuses a '#' after a blank: it is part of the value, which nobody means who writes it so. */
static int check_hash(struct source *s, const char *text)
{
    struct where w = here(s, NULL);
    for (const char *p = text; *p; p++) {
        if (*p == ';' && p > text && isspace((unsigned char)p[-1]))
            return 0;
        if (*p == '#' && p > text && isspace((unsigned char)p[-1]))
            return errors_add(s->errors, &w,
                              "'#' starts a comment only at the beginning of a line; inside one write ';'");
    }
    return 0;
}

/* Decides what inih may see of the line in buf. 0: all of it; -1: nothing. */
static int check_line(struct source *s, const char *buf)
{
    const char *text = skip_blanks(buf);
    int indented = text > buf && s->open;
    if (!*text || *text == ';' || *text == '#')
        return 0;
    if (indented && s->skip)
        return -1;
    if (indented) {
        if (check_continuation(s, text) || check_hash(s, text))
            return -1;
    } else if (*text == '[') {
        s->lost = s->open = s->skip = check_section(s, text) != 0;
        return s->lost ? -1 : 0;
    } else {
        s->open = s->skip = 1; /* until the handler says that the key is fine */
        if (check_hash(s, text))
            return -1;
    }
    s->indented = indented;
    s->wanted = 1;
    return 0;
}

/* Tells of a line that inih gave no pair for: it has no '='. */
static void check_wanted(struct source *s)
{
    struct where w = here(s, NULL);
    if (s->wanted)
        errors_add(s->errors, &w, "neither a [section] nor 'key = value'");
    s->wanted = 0;
}

/* Hands ini_parse_stream a physical line a call, as fgets does, or a blank one where inih would go astray. */
static char *source_gets(char *buf, int size, void *p)
{
    struct source *s = p;
    check_wanted(s);
    if (s->at == s->end || s->nomem)
        return NULL;
    const char *nl = memchr(s->at, '\n', (size_t)(s->end - s->at));
    const char *from = s->at, *to = nl ? nl : s->end;
    s->at = nl ? nl + 1 : s->end;
    s->line++;
    if (s->line == 1 && to - from >= 3 && !memcmp(from, "\xef\xbb\xbf", 3))
        from += 3;
    if (nl && to > from && to[-1] == '\r')
        to--;
    size_t n = (size_t)(to - from), most = (size_t)size - 2;
    int bad = check_bytes(s, from, n, most);
    if (bad) {
        s->skip |= !(n && isspace((unsigned char)*from)); /* what goes on with it is not looked at either */
        s->open |= s->skip;
    } else {
        memcpy(buf, from, n);
        buf[n] = 0;
        bad = check_line(s, buf);
    }
    strcpy(buf + (bad ? 0 : n), "\n");
    return buf;
}

static int add_piece(struct source *s, const char *value)
{
    struct ini_entry *e = s->entry;
    char *text = arena_str(s->a, value);
    if (!text)
        return -1;
    cut_comment(text);
    text = str_trim(text);
    if (!*text)
        return 0;
    struct ini_piece *v = grow_list(s->a, e->piece, e->n, &e->cap, sizeof *v);
    if (!v)
        return -1;
    e->piece = v;
    v[e->n++] = (struct ini_piece){text, s->line};
    return 0;
}

/* Checks a key. Returns 1 where its value is to be kept. */
static int check_key(struct source *s, const char *key)
{
    struct where w = here(s, *key ? key : NULL);
    if (s->lost)
        return 0;
    if (!*key) {
        errors_add(s->errors, &w, "there is no key before '='");
        return 0;
    }
    if (strlen(key) > NAME_MAX_BYTES) {
        w.key = NULL;
        errors_add(s->errors, &w, "the key '%.20s...' has %zu bytes, at most %d are read", key, strlen(key),
                   NAME_MAX_BYTES);
        return 0;
    }
    if (!s->section) {
        w.key = NULL;
        errors_add(s->errors, &w, "'%s' stands before any [section]", key);
        return 0;
    }
    if (s->d->nentries == READER_KEYS) {
        errors_add(s->errors, &w, "more than %d keys", READER_KEYS);
        s->at = s->end;
        return 0;
    }
    for (size_t i = 0; i < s->d->nentries; i++)
        if (!strcmp(s->d->entry[i].section, s->section) && !strcmp(s->d->entry[i].key, key)) {
            errors_add(s->errors, &w, "given twice, here and in line %d", s->d->entry[i].at.line);
            return 0;
        }
    return 1;
}

static int new_key(struct source *s, const char *key, const char *value)
{
    s->skip = !check_key(s, key);
    s->open = *key != 0;
    if (s->skip)
        return 0;
    struct ini_doc *d = s->d;
    struct ini_entry *v = grow_list(s->a, d->entry, d->nentries, &d->entries_cap, sizeof *v);
    char *copy = arena_str(s->a, key);
    if (!v || !copy)
        return -1;
    d->entry = v;
    s->entry = &v[d->nentries++];
    *s->entry = (struct ini_entry){.section = s->section, .key = copy};
    s->entry->at = here(s, copy);
    return add_piece(s, value);
}

static int on_pair(void *user, const char *section, const char *key, const char *value)
{
    struct source *s = user;
    (void)section; /* cut at 49 bytes; check_section has the whole name */
    s->wanted = 0;
    if (s->indented ? add_piece(s, value) : new_key(s, key, value))
        s->nomem = 1;
    return 1;
}

int reader_parse(struct ini_doc *d, const char *path, const char *bytes, size_t n, reader_is_key *is_key,
                 struct arena *a, struct error_list *errors)
{
    memset(d, 0, sizeof *d);
    d->path = path;
    struct source s = {.d = d, .at = bytes, .end = bytes + n, .is_key = is_key, .a = a, .errors = errors};
    if (n > READER_BYTES) {
        struct where w = {path, 0, NULL, NULL};
        return errors_add(errors, &w, "is too long: a sweep file has at most %zu bytes", READER_BYTES);
    }
    int rc = ini_parse_stream(source_gets, &s, on_pair, &s);
    check_wanted(&s);
    return rc == -2 || s.nomem ? -1 : 0; /* other codes are lines that are among the errors */
}

const char *entry_text(const struct ini_entry *e, struct arena *a)
{
    size_t n = 0, used = 0;
    for (size_t i = 0; i < e->n; i++)
        n += strlen(e->piece[i].text) + 1;
    char *text = arena_take(a, n + 1);
    for (size_t i = 0; text && i < e->n; i++) {
        size_t len = strlen(e->piece[i].text);
        if (i)
            text[used++] = ' ';
        memcpy(text + used, e->piece[i].text, len);
        used += len;
    }
    return text ? text : ""; /* a->failed tells */
}
