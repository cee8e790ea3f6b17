/* xlsx_cells.c reads the cells of a sheet of a workbook. */
#include "base/str.h"
#include "data/sources/cells.h"
#include "data/sources/xlsx.h"

#include <stdlib.h>
#include <string.h>

struct row_cell {
    size_t at, n; /* its text in struct sheet_reading */
    int date;
};

struct sheet_reading {
    struct xlsx_book book;
    const char *part;
    const struct cells_how *how;
    void *ctx;
    struct err *e;
    size_t width;          /* of the first row; 0: it is still to come */
    size_t row, column;    /* where the cell is: numbers from 0 */
    size_t next_row;       /* of a row that does not say which it is */
    struct row_cell *cell; /* [XLSX_COLUMNS] of the row; n is 0 where there is none */
    size_t cells;          /* up to the last that has a text */
    uint64_t padded;       /* cells after those, of all rows */
    struct str text;       /* of all cells of the row, a NUL after each */
    char type;             /* of the cell: 's'hared, 'b'oolean, 'e'rror, 'i'nline, 't'ext of a formula, 'n'umber */
    int date;              /* its style is one of dates */
    size_t from;           /* where its text begins */
    int wanted, phonetic;  /* as in xlsx_book.c */
    int ended;             /* by a call */
};
#define ROW_BYTES ((size_t)1 << 26)     /* most of the texts of a row */
#define MOST_PADDED ((uint64_t)1 << 28) /* empty cells that make rows as wide as the first */

static int sheet_fault(struct sheet_reading *r, const char *what)
{
    return err_set(r->e, ERR_DATA, "%s:%zu: column %zu: %s", r->book.path, r->row + 1, r->column + 1, what);
}

static int xlsx_nomem(struct sheet_reading *r)
{
    return err_set(r->e, ERR_NOMEM, "%s: no memory to read it", r->book.path);
}

/* "BC12" -> the column, from 0. 0, or -1: it is no place of a cell. */
static int column_of_place(const char *place, size_t *column)
{
    size_t n = 0;
    const char *c = place;
    for (; *c >= 'A' && *c <= 'Z' && n <= XLSX_COLUMNS; c++)
        n = 26 * n + (size_t)(*c - 'A') + 1;
    *column = n - 1;
    return c > place && n <= XLSX_COLUMNS && *c >= '0' && *c <= '9' ? 0 : -1;
}

/* ---- a cell ------------------------------------------------------------------------------------------------------ */

static char type_of_cell(const char *t)
{
    static const struct {
        const char *word;
        char type;
    } types[] = {{"s", 's'}, {"b", 'b'}, {"e", 'e'}, {"inlineStr", 'i'}, {"str", 't'}, {"d", 't'}};
    for (size_t i = 0; t && i < sizeof types / sizeof *types; i++)
        if (!strcmp(types[i].word, t))
            return types[i].type;
    return 'n';
}

static void begin_cell(struct sheet_reading *r, const char *const *attribute)
{
    const char *place = xlsx_attribute(attribute, "r"), *style = xlsx_attribute(attribute, "s");
    size_t before = r->column, s = style ? strtoul(style, NULL, 10) : 0;
    r->column++; /* SIZE_MAX at the beginning of a row */
    if (place && column_of_place(place, &r->column)) {
        r->column = before == SIZE_MAX ? 0 : before;
        sheet_fault(r, "a cell says a place where none can be");
        return;
    }
    if (r->column >= XLSX_COLUMNS || (before != SIZE_MAX && r->column <= before)) {
        sheet_fault(r, "the cells of a row are not in order, or too many");
        return;
    }
    r->type = type_of_cell(xlsx_attribute(attribute, "t"));
    r->date = s < r->book.styles && r->book.date[s];
    r->from = r->text.n;
}

/* Puts another text in the place of that which was read. */
static void replace_text(struct sheet_reading *r, const char *text)
{
    r->text.n = r->from;
    str_add(&r->text, text);
}

static void end_cell(struct sheet_reading *r)
{
    if (r->text.failed) {
        xlsx_nomem(r);
        return;
    }
    size_t n = r->text.n - r->from;
    if (n > CELL_BYTES || r->text.n > ROW_BYTES) {
        sheet_fault(r, "a cell of more than a megabyte, or a row of more than 64");
        return;
    }
    const char *text = n ? r->text.p + r->from : "";
    if (r->type == 's' && n) {
        char *end;
        size_t k = strtoul(text, &end, 10);
        if (*end || k >= r->book.texts || strlen(r->book.text[k]) > CELL_BYTES) {
            sheet_fault(r, "a text is meant that xl/sharedStrings.xml does not have, or has with more than a megabyte");
            return;
        }
        replace_text(r, r->book.text[k]);
    } else if (r->type == 'b' && n)
        replace_text(r, *text == '1' ? "true" : "false");
    else if (r->type == 'e')
        r->text.n = r->from; /* #N/A and the like: there is no value */
    n = r->text.n - r->from;
    r->cell[r->column] = (struct row_cell){r->from, n, r->type == 'n' && r->date && n};
    if (n)
        r->cells = r->column + 1;
    str_addn(&r->text, "", 1);
}

/* ---- a row ------------------------------------------------------------------------------------------------------- */

static void begin_sheet_row(struct sheet_reading *r, const char *const *attribute)
{
    const char *number = xlsx_attribute(attribute, "r");
    size_t row = number ? strtoul(number, NULL, 10) : r->next_row + 1;
    r->column = 0;
    if (row <= r->next_row || row > XLSX_ROWS) {
        r->row = r->next_row;
        sheet_fault(r, "the rows are not in order, or too many");
        return;
    }
    r->row = row - 1;
    r->next_row = row;
    r->column = SIZE_MAX;
    memset(r->cell, 0, r->cells * sizeof *r->cell);
    r->cells = 0;
    str_clear(&r->text);
}

static int give_cell(struct sheet_reading *r, size_t column)
{
    const struct row_cell *c = &r->cell[column];
    if (c->date && r->how->dated)
        r->how->dated(r->ctx, column, r->book.from_1904);
    return r->how->cell(r->ctx, column, c->n ? r->text.p + c->at : "", c->n, r->row + 1, r->e);
}

/* Rows are as wide as the first; those without a text are none, nor those that are to be passed over. */
static void end_row(struct sheet_reading *r)
{
    if (!r->cells || r->row < (size_t)r->how->skip)
        return;
    r->width = r->width ? r->width : r->cells;
    size_t n = r->cells > r->width ? r->cells : r->width;
    r->padded += n - r->cells;
    if (r->padded > MOST_PADDED) {
        sheet_fault(r, "most cells of the sheet are empty; is its first row as wide as it should be?");
        return;
    }
    for (size_t k = 0; k < n && !r->ended; k++)
        r->ended = give_cell(r, k);
    r->ended = r->ended || r->how->row(r->ctx, n, r->row + 1, r->e);
}

/* ---- the sheet --------------------------------------------------------------------------------------------------- */

static void begin_in_sheet(void *ctx, const char *name, const char *const *attribute)
{
    struct sheet_reading *r = ctx;
    if (!strcmp(name, "row"))
        begin_sheet_row(r, attribute);
    else if (!strcmp(name, "c"))
        begin_cell(r, attribute);
    r->phonetic += !strcmp(name, "rPh");
    r->wanted = r->type == 'i' ? !strcmp(name, "t") && !r->phonetic : !strcmp(name, "v");
}

static void end_in_sheet(void *ctx, const char *name)
{
    struct sheet_reading *r = ctx;
    r->wanted = 0;
    r->phonetic -= !strcmp(name, "rPh");
    if (!strcmp(name, "c") && r->next_row && r->column < XLSX_COLUMNS)
        end_cell(r);
    else if (!strcmp(name, "row"))
        end_row(r);
}

static void text_in_sheet(void *ctx, const char *text, size_t n)
{
    struct sheet_reading *r = ctx;
    if (r->wanted && r->text.n - r->from <= CELL_BYTES)
        str_addn(&r->text, text, n);
}

static int sheet_stopped(const void *ctx)
{
    const struct sheet_reading *r = ctx;
    return r->ended || r->e->code;
}

static int read_sheet(struct sheet_reading *r, struct archive_reader *a)
{
    const struct xlsx_handler handler = {begin_in_sheet, end_in_sheet, text_in_sheet, sheet_stopped};
    const char *name;
    int more;
    while ((more = archive_reader_next(a, &name, r->e)) > 0)
        if (!strcmp(name, r->part))
            return xlsx_parse(a, r->book.path, r->part, r->book.size, &handler, r, r->e);
    return more < 0 ? -1 : err_set(r->e, ERR_DATA, "%s: has no %s", r->book.path, r->part);
}

int xlsx_cells_read(const char *path, const struct cells_how *how, void *ctx, struct err *e)
{
    struct sheet_reading r = {.how = how, .ctx = ctx, .e = e};
    struct archive_reader *a = NULL;
    int bad = xlsx_book_read(&r.book, path, e) ||
              !(r.part = xlsx_find_sheet(&r.book, how->sheet ? how->sheet : "", e)) ||
              !(a = archive_reader_open(path, e));
    if (!bad && !(r.cell = calloc(XLSX_COLUMNS, sizeof *r.cell)))
        bad = xlsx_nomem(&r);
    bad = bad || read_sheet(&r, a);
    archive_reader_close(a);
    xlsx_book_release(&r.book);
    str_release(&r.text);
    free(r.cell);
    return bad ? -1 : 0;
}
