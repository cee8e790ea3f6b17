/* printed_rows.c prints a table row by row, as CSV or as JSON. */
#include "cli/console/printed_rows.h"

#include "report/report.h"

#include <stdio.h>
#include <string.h>

int rows_begin(struct printed_rows *r, int json, const char *name, const char *const *head, const char *kind,
               size_t cols, struct err *e)
{
    *r = (struct printed_rows){.json = {.f = stdout}, .head = head, .kind = kind, .cols = cols};
    if (json) {
        json_begin(&r->json);
        json_open(&r->json, name, '[');
    } else if (!(r->csv = csv_stream(stdout, head, cols, e))) {
        return -1;
    }
    r->open = 1;
    return 0;
}

int rows_put(struct printed_rows *r, const char *const *cell)
{
    if (r->csv)
        return csv_row(r->csv, cell);
    json_open(&r->json, NULL, '{');
    for (size_t i = 0; i < r->cols; i++)
        if (r->kind[i] == 't' && cell[i])
            json_text(&r->json, r->head[i], cell[i]);
        else
            json_digits(&r->json, r->head[i], cell[i]);
    json_close(&r->json, '}');
    return ferror(stdout) ? -1 : 0;
}

void rows_end(struct printed_rows *r)
{
    if (!r->open)
        return;
    if (r->csv) {
        csv_end(r->csv);
    } else {
        json_close(&r->json, ']');
        json_close(&r->json, '}');
    }
    r->open = 0;
}

void json_table_row(struct json *j, const char *key, const struct table *t, size_t row)
{
    json_open(j, key, '{');
    for (size_t c = 0; c < t->cols; c++) /* an id may look like a number */
        (strcmp(t->head[c], "id") ? json_cell : json_text)(j, t->head[c], t->cell[row * t->cols + c]);
    json_close(j, '}');
}
