/* tabular.c reads tables into memory. A column is taken for numbers until a cell is none; then the file is read
 * again, at once if it is one of the first rows, else after a look at all others. */
#include "data/sources/tabular.h"

#include "data/sources/cells.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROWS 1000

struct tabular_reading {
    struct tabular *t;
    const char *path;
    size_t start;    /* rows that were there before */
    size_t left_out; /* and rows that were dropped */
    size_t seen;     /* rows of this file */
    int again;       /* a column has turned out to hold texts: the file is to be read again */
    int known;       /* the columns are: of an earlier reading */
    int fixed;       /* and which of them are numbers: of an earlier file */
    int header;      /* the first row is still to come */
    int lacks;       /* a value of this row is missing */
    size_t names;    /* columns of the first row so far */
};

void tabular_init(struct tabular *t, const struct tabular_format *format, const struct tabular_args *args)
{
    memset(t, 0, sizeof *t);
    t->format = format;
    t->args = args;
    arena_init(&t->text);
}

void tabular_release(struct tabular *t)
{
    for (size_t c = 0; c < t->columns; c++) {
        free(t->column[c].category);
        free(t->column[c].slot);
    }
    free(t->column);
    free(t->value);
    free(t->text_at);
    str_release(&t->texts);
    arena_release(&t->text);
    memset(t, 0, sizeof *t);
}

static int table_nomem(const struct tabular_reading *r, struct err *e)
{
    return err_set(e, ERR_NOMEM, "%s: no memory to read it", r->path);
}

/* ---- the first row ----------------------------------------------------------------------------------------------- */

static int check_utf8(const struct tabular_reading *r, const char *text, size_t n, size_t column, size_t line,
                      struct err *e)
{
    if (memchr(text, 0, n))
        return err_set(e, ERR_DATA, "%s:%zu: column %zu: has a byte of value 0, expected text", r->path, line,
                       column + 1);
    for (const char *s = text; *s;) {
        size_t letter = (unsigned char)*s < 0x80 ? 1 : str_utf8(s);
        if (!letter)
            return err_set(e, ERR_DATA,
                           "%s:%zu: column %zu: is not UTF-8 text (byte %02x); convert the file, or leave the column "
                           "out with data.drop",
                           r->path, line, column + 1, (unsigned char)*s);
        s += letter;
    }
    return 0;
}

static int add_tabular_column(struct tabular_reading *r, const char *text, size_t n, size_t line, struct err *e)
{
    struct tabular *t = r->t;
    if (check_utf8(r, text, n, t->columns, line, e))
        return -1;
    if (t->columns == TABULAR_COLUMNS)
        return err_set(e, ERR_DATA, "%s:%zu: more than %d columns", r->path, line, TABULAR_COLUMNS);
    if (!(t->columns & (t->columns - 1))) { /* the room doubles at each power of two */
        struct tabular_column *more = realloc(t->column, (t->columns ? 2 * t->columns : 1) * sizeof *more);
        if (!more)
            return table_nomem(r, e);
        t->column = more;
    }
    t->column[t->columns++] = (struct tabular_column){.name = arena_strn(&t->text, text, n)};
    return t->text.failed ? table_nomem(r, e) : 0;
}

/* A header has no numbers in it. */
static int is_header(const struct tabular *t)
{
    double v;
    int texts = 0;
    if (t->format->named)
        return 1;
    for (size_t c = 0; c < t->columns; c++) {
        const char *name = t->column[c].name;
        if (!tabular_number(name, strlen(name), &v))
            return t->args->header == HEADER_YES;
        texts += *name != 0;
    }
    return t->args->header == HEADER_YES || (t->args->header == HEADER_AUTO && texts);
}

static int take_table_cell(void *ctx, size_t column, const char *text, size_t n, size_t line, struct err *e);
static int take_table_row(void *ctx, size_t columns, size_t line, struct err *e);

/* Of a file without a header the columns are called by their numbers, and the first row is one of values. */
static int end_of_first_row(struct tabular_reading *r, size_t line, struct err *e)
{
    struct tabular *t = r->t;
    int bad = 0;
    r->header = 0;
    t->has_header = is_header(t);
    if (t->has_header)
        return tabular_choose_roles(t, e);
    const char **cell = calloc(t->columns, sizeof *cell);
    for (size_t c = 0; cell && c < t->columns; c++) {
        cell[c] = t->column[c].name;
        t->column[c].name = arena_fmt(&t->text, "%zu", c + 1);
    }
    bad = !cell || t->text.failed ? table_nomem(r, e) : tabular_choose_roles(t, e);
    for (size_t c = 0; !bad && c < t->columns; c++)
        bad = take_table_cell(r, c, cell[c], strlen(cell[c]), line, e);
    bad = bad || take_table_row(r, t->columns, line, e);
    free(cell);
    return bad ? -1 : 0;
}

/* ---- cells ------------------------------------------------------------------------------------------------------- */

static int add_category(struct tabular_reading *r, struct tabular_column *c, const char *text, size_t n, size_t line,
                        uint64_t hash, size_t slot, struct err *e)
{
    if (c->categories == TABULAR_CATEGORIES)
        return err_set(e, ERR_DATA,
                       "%s:%zu: column %td (%s): more than %d different texts; leave the column out with data.drop",
                       r->path, line, c - r->t->column + 1, c->name, TABULAR_CATEGORIES);
    if (check_utf8(r, text, n, (size_t)(c - r->t->column), line, e))
        return -1;
    c->category[c->categories] = (struct tabular_category){arena_strn(&r->t->text, text, n), hash};
    c->slot[slot] = (uint16_t)++c->categories;
    return r->t->text.failed ? table_nomem(r, e) : c->categories - 1;
}

/* The number of the category with that text, a new one if need be; -1 with *e. */
static int category_of(struct tabular_reading *r, struct tabular_column *c, const char *text, size_t n, size_t line,
                       struct err *e)
{
    uint64_t hash = str_hash(STR_HASH, text, n);
    if (!c->category) {
        c->category = calloc(TABULAR_CATEGORIES, sizeof *c->category);
        c->slot = calloc(TABULAR_SLOTS, sizeof *c->slot);
        if (!c->category || !c->slot)
            return table_nomem(r, e);
    }
    size_t at = hash % TABULAR_SLOTS;
    for (; c->slot[at]; at = (at + 1) % TABULAR_SLOTS) {
        const struct tabular_category *k = &c->category[c->slot[at] - 1];
        if (k->hash == hash && !strncmp(k->text, text, n) && !k->text[n])
            return c->slot[at] - 1;
    }
    return add_category(r, c, text, n, line, hash, at, e);
}

static int room_for_row(struct tabular_reading *r, struct err *e)
{
    struct tabular *t = r->t;
    if (t->rows < t->room)
        return 0;
    size_t room = t->room ? t->room + t->room / 2 : 256;
    if (room >= UINT32_MAX)
        return err_set(e, ERR_DATA, "%s: more rows than there can be", r->path);
    float *more = realloc(t->value, room * t->used * sizeof *more);
    if (!more)
        return table_nomem(r, e);
    t->value = more;
    if (*t->args->text) {
        size_t *at = realloc(t->text_at, (room + 1) * sizeof *at);
        if (!at)
            return table_nomem(r, e);
        if (!t->text_at)
            *at = 0;
        t->text_at = at;
    }
    t->room = room;
    return 0;
}

/* The cell of the column that is a text. */
static int take_text_cell(struct tabular_reading *r, const struct tabular_column *c, const char *text, size_t n,
                          size_t line, struct err *e)
{
    struct tabular *t = r->t;
    const size_t bad = tokenizer_check((enum token_kind)t->args->token.tokens, text, n);
    if (bad < n)
        return err_set(e, ERR_USAGE,
                       "%s:%zu: column %td (%s): byte %zu of the text, %02x, is not of a letter in UTF-8; convert the "
                       "file, or write tokens = byte or bpe, which take any bytes",
                       r->path, line, c - t->column + 1, c->name, bad + 1, (unsigned char)text[bad]);
    if (t->texts.p)
        t->texts.n = t->text_at[t->rows];
    str_addn(&t->texts, text, n);
    t->text_at[t->rows + 1] = t->texts.n;
    return t->texts.failed ? table_nomem(r, e) : 0;
}

/* A cell of a column of numbers that is none. */
static int take_odd_cell(struct tabular_reading *r, struct tabular_column *c, const char *text, size_t n, size_t line,
                         struct err *e)
{
    if (r->fixed) {
        if (check_utf8(r, text, n, (size_t)(c - r->t->column), line, e))
            return -1;
        return err_set(
            e, ERR_DATA,
            "%s:%zu: column %td (%s): '%.40s' is not a number, as this column's values are in the first file", r->path,
            line, c - r->t->column + 1, c->name, text);
    }
    c->text = r->again = 1;
    return 0;
}

static int take_numeric_cell(struct tabular_reading *r, struct tabular_column *c, const char *text, size_t n,
                             size_t line, float *to, struct err *e)
{
    double v;
    if (tabular_number(text, n, &v))
        return take_odd_cell(r, c, text, n, line, e);
    *to = (float)v;
    if (!isfinite(*to))
        return err_set(e, ERR_DATA, "%s:%zu: column %td (%s): %.40s is larger than a float can be", r->path, line,
                       c - r->t->column + 1, c->name, text);
    c->fractions = c->fractions || v != floor(v);
    return 0;
}

static int take_table_cell(void *ctx, size_t column, const char *text, size_t n, size_t line, struct err *e)
{
    struct tabular_reading *r = ctx;
    struct tabular *t = r->t;
    if (r->header && !r->known)
        return add_tabular_column(r, text, n, line, e);
    if (column >= t->columns)
        return 0; /* take_table_row counts them */
    struct tabular_column *c = &t->column[column];
    if (r->header && t->has_header) {
        if (strlen(c->name) == n && !memcmp(c->name, text, n))
            return 0;
        return err_set(e, ERR_DATA, "%s:%zu: column %zu is called '%.40s', expected '%s' as in the first file", r->path,
                       line, column + 1, text, c->name);
    }
    if (c->role == COLUMN_UNUSED)
        return 0;
    if (room_for_row(r, e))
        return -1;
    float *to = &t->value[t->rows * t->used + (size_t)c->place];
    int missing = c->role == COLUMN_TEXT ? !n : tabular_is_missing(text, n), category = 0;
    c->missing += (size_t)missing;
    r->lacks |= missing;
    if (missing && c->role == COLUMN_TARGET && t->args->missing != TABULAR_DROP)
        return err_set(e, ERR_DATA,
                       "%s:%zu: column %zu (%s): the target is missing; `missing = drop` leaves such rows out", r->path,
                       line, column + 1, c->name);
    *to = NAN;
    if (c->role == COLUMN_TEXT)
        return take_text_cell(r, c, text, n, line, e);
    if (!c->text)
        return missing ? 0 : take_numeric_cell(r, c, text, n, line, to, e);
    category = category_of(r, c, missing ? "" : text, missing ? 0 : n, line, e);
    *to = (float)category;
    return category < 0 ? -1 : 0;
}

static int take_table_row(void *ctx, size_t columns, size_t line, struct err *e)
{
    struct tabular_reading *r = ctx;
    struct tabular *t = r->t;
    int first = r->header;
    if (first && !r->known)
        return end_of_first_row(r, line, e);
    if (columns != t->columns)
        return err_set(e, ERR_DATA, "%s:%zu: has %zu cell%s, expected %zu as in the first row", r->path, line, columns,
                       columns == 1 ? "" : "s", t->columns);
    r->header = 0;
    if (first && t->has_header)
        return 0;
    int drop = r->lacks && t->args->missing == TABULAR_DROP;
    t->dropped += (size_t)drop;
    t->rows += !drop;
    r->lacks = 0;
    r->seen++;
    return r->again && r->seen == FIRST_ROWS ? -1 : 0;
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static void begin_again(struct tabular_reading *r)
{
    struct tabular *t = r->t;
    t->rows = r->start;
    t->dropped = r->left_out;
    r->seen = 0;
    r->again = 0;
    r->header = 1;
    r->lacks = 0;
    r->known = 1;
    for (size_t c = 0; c < t->columns; c++) {
        t->column[c].missing = 0;
        t->column[c].categories = 0;
        if (t->column[c].slot)
            memset(t->column[c].slot, 0, TABULAR_SLOTS * sizeof *t->column[c].slot);
    }
}

static void note_date(void *ctx, size_t column, int from_1904)
{
    const struct tabular_reading *r = ctx;
    if (column < r->t->columns)
        r->t->column[column].dates = from_1904 ? 2 : 1;
}

static const char *known_column(void *ctx, size_t column)
{
    const struct tabular_reading *r = ctx;
    return column < r->t->columns ? r->t->column[column].name : NULL;
}

int tabular_read(struct tabular *t, const char *path, struct err *e)
{
    static const char delimiters[] = {',', ';', '\t', ' ', '|'};
    struct cells_how how = {.delimiter = delimiters[t->args->delimiter],
                            .skip = t->args->skip,
                            .sheet = t->args->sheet,
                            .dated = note_date,
                            .cell = take_table_cell,
                            .row = take_table_row};
    int fixed = t->columns > 0;
    struct tabular_reading r = {
        .t = t, .path = path, .start = t->rows, .left_out = t->dropped, .header = 1, .known = fixed, .fixed = fixed};
    while (how.name = r.known ? known_column : NULL, t->format->read(path, &how, &r, e) || r.again) {
        if (e->code || !r.again)
            return -1;
        begin_again(&r);
    }
    if (r.header)
        return err_set(e, ERR_DATA, "%s: is empty, expected a table", path);
    if (t->rows == r.start)
        return err_set(e, ERR_DATA, "%s: has no rows%s", path,
                       t->dropped ? " without a missing value" : ", expected some after its header");
    return 0;
}
