/* cells.c reads the cells of CSV files, and counts their lines. */
#include "data/sources/cells.h"

#include "base/file.h"
#include "data/sources/packed.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK (1 << 18)

struct cells_reading {
    const char *path;
    const struct cells_how *how;
    void *ctx;
    struct err *e;
    struct csv_parser parser;
    size_t column;   /* of the next cell */
    size_t line;     /* that is being read, from 1 */
    size_t row_line; /* where its row begins */
    size_t pending;  /* bytes read since the last cell */
    int in_row;      /* the row goes on from an earlier line */
    int ended;       /* by a call, or an error */
    int after_cr;    /* the block before ended with a CR, which ends a line unless LF follows */
};

static void on_csv_cell(void *text, size_t n, void *ctx)
{
    struct cells_reading *r = ctx;
    r->pending = 0;
    if (!r->ended)
        r->ended = r->how->cell(r->ctx, r->column++, text, n, r->line, r->e);
}

static void on_csv_row(int end, void *ctx)
{
    struct cells_reading *r = ctx;
    (void)end;
    if (!r->ended)
        r->ended = r->how->row(r->ctx, r->column, r->row_line, r->e);
    r->column = 0;
    r->in_row = 0;
}

/* Blanks belong to the cells. */
static int no_blank(unsigned char c)
{
    (void)c;
    return 0;
}

static int parsing_failed(struct cells_reading *r)
{
    int why = csv_error(&r->parser);
    r->ended = 1;
    if (why == CSV_ENOMEM)
        return err_set(r->e, ERR_NOMEM, "%s:%zu: no memory to read it", r->path, r->row_line);
    return err_set(r->e, ERR_DATA,
                   "%s:%zu: column %zu: a quote stands where none may be: a cell that has quotes is put in quotes, and "
                   "those inside are doubled",
                   r->path, r->row_line, r->column + 1);
}

/* A piece of the file without an end of a line but at its end. */
static int feed_piece(struct cells_reading *r, const char *piece, size_t n, int ends)
{
    if (r->line > (size_t)r->how->skip) {
        if (!r->in_row)
            r->row_line = r->line;
        r->in_row = r->in_row || strcspn(piece, "\r\n") > 0;
        r->pending += n;
        if (csv_parse(&r->parser, piece, n, on_csv_cell, on_csv_row, r) != n && !r->ended)
            parsing_failed(r);
        if (r->pending > CELL_BYTES && !r->ended) {
            r->ended = 1;
            err_set(r->e, ERR_DATA, "%s:%zu: column %zu: a cell of more than %d bytes; is its quote closed?", r->path,
                    r->row_line, r->column + 1, CELL_BYTES);
        }
    }
    r->line += ends != 0;
    return r->ended;
}

/* Cuts a line without quotes, which is a row by itself, into its cells: those that libcsv would find byte by byte. The
 * byte at `end`, that ends the line, and delimiters become NULs. */
static int cut_line(struct cells_reading *r, char *line, char *end)
{
    const char delimiter = r->how->delimiter;
    size_t column = 0;
    if (line == end)
        return 0;
    *end = delimiter;
    for (char *cell = line, *at = line;; cell = ++at) {
        while (*at != delimiter)
            at++;
        *at = 0;
        r->ended = r->how->cell(r->ctx, column++, cell, (size_t)(at - cell), r->line, r->e);
        if (r->ended || at == end)
            break;
    }
    if (!r->ended)
        r->ended = r->how->row(r->ctx, column, r->line, r->e);
    return r->ended;
}

/* Whether all of the lines are such rows. */
static int can_be_cut(const struct cells_reading *r, const char *text, size_t n)
{
    return !r->in_row && r->line > (size_t)r->how->skip && !memchr(text, '"', n) && !memchr(text, '\r', n);
}

/* text[n] has a NUL after it. */
static int feed_block(struct cells_reading *r, char *text, size_t n)
{
    if (r->after_cr && *text != '\n')
        r->line++;
    r->after_cr = 0;
    int plain = can_be_cut(r, text, n);
    for (char *end = text + n; text < end && !r->ended;) {
        char *lf = memchr(text, '\n', (size_t)(end - text)), *stop = lf ? lf + 1 : end;
        if (lf && (plain || can_be_cut(r, text, (size_t)(lf - text)))) {
            cut_line(r, text, lf);
            r->line++;
            text = stop;
            continue;
        }
        char *cr = memchr(text, '\r', (size_t)(stop - text));
        int alone = cr && cr + 1 < stop && cr[1] != '\n';
        if (alone)
            stop = cr + 1;
        r->after_cr = cr && cr + 1 == end;
        feed_piece(r, text, (size_t)(stop - text), alone || lf == stop - 1);
        text = stop;
    }
    return r->ended;
}

static int check_mark(const struct cells_reading *r, const char *text, size_t n, size_t *skip)
{
    *skip = n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0;
    if (n >= 2 && (!memcmp(text, "\xff\xfe", 2) || !memcmp(text, "\xfe\xff", 2)))
        return err_set(r->e, ERR_DATA, "%s:1: is UTF-16 text, expected UTF-8", r->path);
    return 0;
}

/* Reads the file a block at a time; a line that a block ends in is left for the next one. */
static int read_blocks(struct cells_reading *r, gzFile f, char *block)
{
    size_t got, skip, kept = 0;
    for (int first = 1;; first = 0) {
        if (packed_read(f, r->path, block + kept, BLOCK - kept, &got, r->e))
            return -1;
        size_t n = kept + got;
        int last = n < BLOCK;
        skip = 0;
        block[n] = 0;
        if (first && check_mark(r, block, n, &skip))
            return -1;
        const char *lf = last ? NULL : memrchr(block, '\n', n);
        size_t end = lf ? (size_t)(lf + 1 - block) : n;
        char next = block[end];
        block[end] = 0;
        if (end > skip && feed_block(r, block + skip, end - skip))
            return -1;
        if (last)
            return 0;
        block[end] = next;
        kept = n - end;
        memmove(block, block + end, kept);
    }
}

int cells_read(const char *path, const struct cells_how *how, void *ctx, struct err *e)
{
    struct cells_reading r = {.path = path, .how = how, .ctx = ctx, .e = e, .line = 1, .row_line = 1};
    gzFile f = file_open_gzip(path, e);
    char *block = f ? malloc(BLOCK + 1) : NULL;
    if (!block) {
        if (f)
            gzclose(f);
        return err_set(e, ERR_NOMEM, "%s: no memory to read it", path);
    }
    csv_init(&r.parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL);
    csv_set_space_func(&r.parser, no_blank);
    csv_set_delim(&r.parser, (unsigned char)how->delimiter);
    int bad =
        gzbuffer(f, 1 << 16) ? err_set(e, ERR_NOMEM, "%s: no memory to read it", path) : read_blocks(&r, f, block);
    if (!bad && csv_fini(&r.parser, on_csv_cell, on_csv_row, &r))
        bad = csv_error(&r.parser) == CSV_EPARSE
                  ? err_set(e, ERR_DATA, "%s:%zu: column %zu: a quote is not closed up to the end of the file", path,
                            r.row_line, r.column + 1)
                  : parsing_failed(&r);
    csv_free(&r.parser);
    free(block);
    gzclose(f);
    return bad || r.ended ? -1 : 0;
}
