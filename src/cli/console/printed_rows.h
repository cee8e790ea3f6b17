/* printed_rows.h - a table on stdout, row by row: CSV, or one JSON document with an object for each row. */
#ifndef CLI_PRINTED_ROWS_H
#define CLI_PRINTED_ROWS_H

#include "base/err.h"
#include "cli/console/json.h"

#include <stddef.h>

struct csv_out;
struct table;
struct printed_rows {
    struct csv_out *csv; /* NULL: JSON */
    struct json json;
    const char *const *head;
    const char *kind;
    size_t cols;
    int open;
};
/* head[cols]: the names of the columns, kind[cols]: 'n' of numbers, 't' of texts; both are read until the end. `name`
 * is what the rows are called in JSON. 0, or -1 with *e. */
int rows_begin(struct printed_rows *r, int json, const char *name, const char *const *head, const char *kind,
               size_t cols, struct err *e);
/* cell[cols]: NULL where there is nothing, null in JSON, an empty cell in CSV. -1 when stdout takes no more. */
int rows_put(struct printed_rows *r, const char *const *cell);
/* Ends what has begun; close_output tells what the stream says. */
void rows_end(struct printed_rows *r);

/* A row of a table as an object of its cells; `key` as in json_open. */
void json_table_row(struct json *j, const char *key, const struct table *t, size_t row);

#endif
