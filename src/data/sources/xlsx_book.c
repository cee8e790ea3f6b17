/* xlsx_book.c - reads what a workbook says of its sheets: their names and places, the texts that they share, and which
 * styles are dates. */
#include "base/str.h"
#include "data/sources/xlsx.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct book_reading {
    struct xlsx_book *b;
    struct err *e;
    struct str text; /* of the shared text at hand */
    int wanted;      /* what is in the element is part of it */
    int phonetic;    /* how a text is spoken is not */
    size_t sheet_room, target_room, text_room, style_room;
    size_t text_bytes;
    int in_cell_styles;
    struct own_format {
        long id;
        int date;
        struct own_format *next;
    } * formats;
    size_t nformats;
};
#define MOST_FORMATS 4096 /* of a book's own: each style looks for its own among them */

static int book_nomem(struct book_reading *r)
{
    return err_set(r->e, ERR_NOMEM, "%s: no memory to read it", r->b->path);
}

/* Room for one more of n things of that size at *list; 0 without memory. The old list stays in the arena. */
static int room_for_one(struct book_reading *r, void *list, size_t n, size_t *room, size_t size)
{
    void *old;
    if (n < *room)
        return 1;
    memcpy(&old, list, sizeof old);
    size_t more = *room ? 2 * *room : 64;
    void *bigger = arena_take(&r->b->mem, more * size);
    if (!bigger) {
        book_nomem(r);
        return 0;
    }
    if (n)
        memcpy(bigger, old, n * size);
    memcpy(list, &bigger, sizeof bigger);
    *room = more;
    return 1;
}

static const char *keep_text(struct book_reading *r, const char *text)
{
    const char *kept = arena_str(&r->b->mem, text ? text : "");
    if (!kept)
        book_nomem(r);
    return kept;
}

static void nothing_to_end(void *ctx, const char *name)
{
    (void)ctx, (void)name;
}

static int book_stopped(const void *ctx)
{
    const struct book_reading *r = ctx;
    return r->e->code != ERR_NONE;
}

/* ---- xl/workbook.xml --------------------------------------------------------------------------------------------- */

static void begin_in_workbook(void *ctx, const char *name, const char *const *attribute)
{
    struct book_reading *r = ctx;
    struct xlsx_book *b = r->b;
    const char *epoch = strcmp(name, "workbookPr") ? NULL : xlsx_attribute(attribute, "date1904");
    b->from_1904 |= epoch && (!strcmp(epoch, "1") || !strcmp(epoch, "true"));
    if (strcmp(name, "sheet") != 0)
        return;
    if (b->sheets == XLSX_SHEETS) {
        err_set(r->e, ERR_DATA, "%s: xl/workbook.xml: more than %d sheets", b->path, XLSX_SHEETS);
        return;
    }
    if (!room_for_one(r, &b->sheet, b->sheets, &r->sheet_room, sizeof *b->sheet))
        return;
    b->sheet[b->sheets++] = (struct xlsx_sheet){keep_text(r, xlsx_attribute(attribute, "name")),
                                                keep_text(r, xlsx_attribute(attribute, "id"))};
}

/* ---- xl/_rels/workbook.xml.rels ---------------------------------------------------------------------------------- */

static void begin_in_relations(void *ctx, const char *name, const char *const *attribute)
{
    struct book_reading *r = ctx;
    struct xlsx_book *b = r->b;
    const char *id = xlsx_attribute(attribute, "Id"), *to = xlsx_attribute(attribute, "Target");
    if (strcmp(name, "Relationship") != 0 || !id || !to || b->targets == 4 * XLSX_SHEETS ||
        !room_for_one(r, &b->target, b->targets, &r->target_room, sizeof *b->target))
        return;
    const char *path = arena_fmt(&b->mem, "%s%s", *to == '/' ? "" : "xl/", *to == '/' ? to + 1 : to);
    if (!path)
        book_nomem(r);
    b->target[b->targets++] = (struct xlsx_target){keep_text(r, id), path};
}

/* ---- xl/sharedStrings.xml ---------------------------------------------------------------------------------------- */

static void begin_in_texts(void *ctx, const char *name, const char *const *attribute)
{
    struct book_reading *r = ctx;
    (void)attribute;
    if (!strcmp(name, "si"))
        str_clear(&r->text);
    r->phonetic += !strcmp(name, "rPh");
    r->wanted = !strcmp(name, "t") && !r->phonetic;
}

static void end_in_texts(void *ctx, const char *name)
{
    struct book_reading *r = ctx;
    struct xlsx_book *b = r->b;
    r->wanted = 0;
    r->phonetic -= !strcmp(name, "rPh");
    if (strcmp(name, "si") != 0)
        return;
    r->text_bytes += r->text.n + 1;
    if (r->text_bytes > XLSX_TEXT_BYTES)
        err_set(r->e, ERR_DATA, "%s: xl/sharedStrings.xml: more than %zu bytes of texts", b->path, XLSX_TEXT_BYTES);
    else if (room_for_one(r, &b->text, b->texts, &r->text_room, sizeof *b->text))
        b->text[b->texts++] = keep_text(r, r->text.p);
    if (r->text.failed)
        book_nomem(r);
}

static void text_in_texts(void *ctx, const char *text, size_t n)
{
    struct book_reading *r = ctx;
    if (r->wanted && r->text.n < XLSX_TEXT_BYTES)
        str_addn(&r->text, text, n);
}

/* ---- xl/styles.xml ----------------------------------------------------------------------------------------------- */

/* Whether a format shows parts of a date or a time: a letter of those that is neither in quotes, nor escaped, nor in
 * brackets that are no [h], [m] or [s]. */
static int is_date_format(const char *format)
{
    for (const char *c = format; *c; c++) {
        if (*c == '"') {
            c = strchr(c + 1, '"');
            if (!c)
                return 0;
        } else if (*c == '\\' || *c == '_' || *c == '*') {
            if (!*++c)
                return 0;
        } else if (*c == '[' && !strchr("hHmMsS", c[1])) {
            c = strchr(c, ']');
            if (!c)
                return 0;
        } else if (!strncasecmp(c, "General", 7))
            c += 6;
        else if (strchr("dDmMyYhHsS", *c))
            return 1;
    }
    return 0;
}

/* Whether a number of a format is one of a date: ECMA-376 part 1, 18.8.30, or a format of the file's own. */
static int is_date_number(const struct book_reading *r, long id)
{
    for (const struct own_format *f = r->formats; f; f = f->next)
        if (f->id == id)
            return f->date;
    return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58);
}

static void begin_in_styles(void *ctx, const char *name, const char *const *attribute)
{
    struct book_reading *r = ctx;
    struct xlsx_book *b = r->b;
    const char *id = xlsx_attribute(attribute, "numFmtId"), *code = xlsx_attribute(attribute, "formatCode");
    if (!strcmp(name, "cellXfs"))
        r->in_cell_styles = 1;
    if (!strcmp(name, "numFmt") && id && code && r->nformats++ < MOST_FORMATS) {
        struct own_format *f = arena_take(&b->mem, sizeof *f);
        if (f) {
            *f = (struct own_format){strtol(id, NULL, 10), is_date_format(code), r->formats};
            r->formats = f;
        } else
            book_nomem(r);
    }
    if (r->in_cell_styles && !strcmp(name, "xf") && b->styles < 65536 &&
        room_for_one(r, &b->date, b->styles, &r->style_room, 1))
        b->date[b->styles++] = (unsigned char)(id && is_date_number(r, strtol(id, NULL, 10)));
}

static void end_in_styles(void *ctx, const char *name)
{
    struct book_reading *r = ctx;
    if (!strcmp(name, "cellXfs"))
        r->in_cell_styles = 0;
}

/* ---- the workbook ------------------------------------------------------------------------------------------------ */

static const struct book_part {
    const char *name;
    struct xlsx_handler handler;
} book_parts[] = {
    {"xl/workbook.xml", {begin_in_workbook, nothing_to_end, NULL, book_stopped}},
    {"xl/_rels/workbook.xml.rels", {begin_in_relations, nothing_to_end, NULL, book_stopped}},
    {"xl/sharedStrings.xml", {begin_in_texts, end_in_texts, text_in_texts, book_stopped}},
    {"xl/styles.xml", {begin_in_styles, end_in_styles, NULL, book_stopped}},
};
enum { BOOK_PARTS = sizeof book_parts / sizeof *book_parts };

static int read_book_parts(struct book_reading *r, struct archive_reader *a)
{
    struct xlsx_book *b = r->b;
    int seen[BOOK_PARTS] = {0}, more;
    const char *name;
    while ((more = archive_reader_next(a, &name, r->e)) > 0)
        for (int i = 0; i < BOOK_PARTS; i++) {
            if (strcmp(name, book_parts[i].name) != 0)
                continue;
            if (seen[i]++)
                return err_set(r->e, ERR_DATA, "%s: has %s twice", b->path, book_parts[i].name);
            if (xlsx_parse(a, b->path, book_parts[i].name, b->size, &book_parts[i].handler, r, r->e))
                return -1;
        }
    if (more < 0)
        return -1;
    if (!seen[0] || !seen[1] || !b->sheets)
        return err_set(r->e, ERR_DATA, "%s: has no %s: it is no workbook of the kind .xlsx", b->path,
                       !seen[0]   ? book_parts[0].name
                       : !seen[1] ? book_parts[1].name
                                  : "sheets");
    return 0;
}

int xlsx_book_read(struct xlsx_book *b, const char *path, struct err *e)
{
    struct book_reading r = {.b = b, .e = e};
    struct stat st;
    memset(b, 0, sizeof *b);
    arena_init(&b->mem);
    b->path = path;
    if (stat(path, &st))
        return err_set(e, ERR_IO, "%s: cannot open: %s", path, strerror(errno));
    b->size = (uint64_t)st.st_size;
    struct archive_reader *a = archive_reader_open(path, e);
    int bad = !a || read_book_parts(&r, a);
    archive_reader_close(a);
    str_release(&r.text);
    return bad ? -1 : 0;
}

void xlsx_book_release(struct xlsx_book *b)
{
    arena_release(&b->mem);
    memset(b, 0, sizeof *b);
}

const char *xlsx_find_sheet(const struct xlsx_book *b, const char *sheet, struct err *e)
{
    size_t i = 0;
    int64_t number;
    while (*sheet && i < b->sheets && strcmp(b->sheet[i].name, sheet) != 0)
        i++;
    if (i == b->sheets && !str_to_int(sheet, &number) && number >= 1 && (uint64_t)number <= b->sheets)
        i = (size_t)number - 1;
    if (i == b->sheets) {
        err_set(e, ERR_USAGE, "data.sheet: %s has no sheet '%.60s'; it has %zu, the first is '%.60s'", b->path, sheet,
                b->sheets, b->sheet[0].name);
        return NULL;
    }
    for (size_t k = 0; k < b->targets; k++)
        if (!strcmp(b->target[k].id, b->sheet[i].id))
            return b->target[k].path;
    err_set(e, ERR_DATA, "%s: xl/_rels/workbook.xml.rels: does not say where sheet '%.60s' is", b->path,
            b->sheet[i].name);
    return NULL;
}
