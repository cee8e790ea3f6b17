/* cells.h - a table in a file, plain or gzipped, cell by cell: nothing of it is kept but the cell at hand, of JSON the
 * object. A byte order mark is passed over.
 *
 * CSV (RFC 4180, read by libcsv in its strict mode, lines without quotes also without it): lines end with LF, CR LF or
 * CR, empty lines are no rows. JSON (RFC 8259, read by jansson): an array of objects, or objects one after the other,
 * as one a line. The file is read twice: the names that its objects have, in the order in which they are met, are the
 * first row. A name that an object lacks, and null, is an empty cell; a text is itself, numbers, true and false are as
 * they are written, arrays and objects their text without blanks. XLSX (ECMA-376, read by libarchive and expat): the
 * rows of a sheet that have a text, as wide as the first of them. Texts are themselves, numbers as they are written,
 * those of formulas as they were when the workbook was saved; true and false those words; an error such as #N/A is an
 * empty cell. A line is a row of the sheet. */
#ifndef DATA_SOURCES_CELLS_H
#define DATA_SOURCES_CELLS_H

#include "base/err.h"

#include <stddef.h>

#define CELL_BYTES (1 << 20) /* most bytes of a cell: an open quote must not swallow a file */

struct cells_how {
    char delimiter;    /* CSV only, and: */
    int skip;          /* lines at the beginning that are not read; of XLSX, too, and only there: */
    const char *sheet; /* its name, or its number from 1; NULL, "": the first */
    void (*dated)(void *ctx, size_t column, int from_1904); /* before a cell that is a date; NULL: who cares */
    /* JSON only: the names that the objects may have, in their order; NULL after the last. NULL: it is not known. */
    const char *(*name)(void *ctx, size_t column);
    /* Called with each cell (text[n], a NUL after it), numbered from 0 in its row, and the line that it ends in; and
     * after the last cell of a row with how many there were. 0, or -1 with *e (or without, to end the reading). */
    int (*cell)(void *ctx, size_t column, const char *text, size_t n, size_t line, struct err *e);
    int (*row)(void *ctx, size_t columns, size_t line, struct err *e);
};

#define JSON_OBJECT_BYTES ((size_t)1 << 24) /* most bytes of an object: nor must an open brace */

/* 0, or -1: a call has ended it, or *e says where it cannot be read: file, line, and what was expected. */
int cells_read(const char *path, const struct cells_how *how, void *ctx, struct err *e);
int json_cells_read(const char *path, const struct cells_how *how, void *ctx, struct err *e);
int xlsx_cells_read(const char *path, const struct cells_how *how, void *ctx, struct err *e);

#endif
