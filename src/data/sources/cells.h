/* cells.h - a CSV file, plain or gzipped, cell by cell (RFC 4180, read by libcsv in its strict mode): nothing of it is
 * kept but the cell at hand. Lines end with LF, CR LF or CR, a byte order mark is passed over, empty lines are no rows.
 */
#ifndef DATA_SOURCES_CELLS_H
#define DATA_SOURCES_CELLS_H

#include "base/err.h"

#include <stddef.h>

#define CELL_BYTES (1 << 20) /* most bytes of a cell: an open quote must not swallow a file */

struct cells_how {
    char delimiter;
    int skip; /* lines at the beginning that are not read */
    /* Called with each cell (text[n], a NUL after it), numbered from 0 in its row, and the line that it ends in; and
     * after the last cell of a row with how many there were. 0, or -1 with *e (or without, to end the reading). */
    int (*cell)(void *ctx, size_t column, const char *text, size_t n, size_t line, struct err *e);
    int (*row)(void *ctx, size_t columns, size_t line, struct err *e);
};

/* 0, or -1: a call has ended it, or *e says where it cannot be read: file, line, and what was expected. */
int cells_read(const char *path, const struct cells_how *how, void *ctx, struct err *e);

#endif
