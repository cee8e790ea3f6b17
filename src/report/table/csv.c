/* csv.c - writes CSV files row by row, quoted where it must be, and publishes them whole. */
#include "report/table/csv.h"
#include "base/file.h"
#include "report/report.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

struct csv_out {
    struct publish file;
    size_t cols;
    struct str guarded; /* scratch for a cell with its apostrophe */
    int failed;
};

static int starts_formula(const char *cell)
{
    return *cell && strchr("=+-@\t\r\n", *cell) != NULL;
}

int csv_wants_guard(const char *cell)
{
    double v;
    if (*cell == '\'')
        return starts_formula(cell + strspn(cell, "'"));
    return starts_formula(cell) && str_to_double(cell, &v) && strcmp(cell, "-inf") && strcmp(cell, "+inf");
}

size_t csv_guarded(const char *cell)
{
    return *cell == '\'' && starts_formula(cell + strspn(cell, "'"));
}

/* Writes a cell, quoted only when it has to be: numbers and words stay readable. */
static int put_csv_cell(struct csv_out *c, const char *cell)
{
    size_t n = strlen(cell);
    if (csv_wants_guard(cell)) {
        str_clear(&c->guarded);
        str_add(&c->guarded, "'");
        str_addn(&c->guarded, cell, n++);
        if (c->guarded.failed)
            return -1;
        cell = c->guarded.p;
    }
    int lonely = !n && c->cols == 1; /* a blank line would be no row */
    int bom = n >= 3 && !memcmp(cell, "\xef\xbb\xbf", 3);
    if (strcspn(cell, ",\"\r\n") < n || (n && (cell[0] == ' ' || cell[n - 1] == ' ')) || lonely || bom)
        return csv_fwrite(c->file.f, cell, n) ? -1 : 0;
    return n && fwrite(cell, 1, n, c->file.f) != n ? -1 : 0;
}

struct csv_out *csv_begin(const char *path, const char *const *head, size_t cols, struct err *e)
{
    struct csv_out *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(e, ERR_NOMEM, "%s: no memory to write it", path);
        return NULL;
    }
    if (publish_begin(&c->file, path, e)) {
        free(c);
        return NULL;
    }
    c->cols = cols;
    csv_row(c, head);
    return c;
}

struct csv_out *csv_stream(FILE *f, const char *const *head, size_t cols, struct err *e)
{
    struct csv_out *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(e, ERR_NOMEM, "no memory to write a table");
        return NULL;
    }
    c->file.f = f;
    c->cols = cols;
    csv_row(c, head);
    return c;
}

int csv_end(struct csv_out *c)
{
    int failed = c->failed;
    str_release(&c->guarded);
    free(c);
    return failed ? -1 : 0;
}

int csv_row(struct csv_out *c, const char *const *cell)
{
    for (size_t i = 0; i < c->cols && !c->failed; i++)
        c->failed = (i && putc(',', c->file.f) == EOF) || put_csv_cell(c, cell[i] ? cell[i] : "");
    c->failed = c->failed || putc('\n', c->file.f) == EOF;
    return c->failed ? -1 : 0;
}

int csv_commit(struct csv_out *c, int sync, struct err *e)
{
    int bad;
    if (c->failed && c->guarded.failed) {
        bad = err_set(e, ERR_NOMEM, "%s: no memory to write it", c->file.path);
        publish_abort(&c->file);
    } else {
        bad = publish_commit(&c->file, sync, e); /* sees the stream's error flag, whichever row set it */
    }
    str_release(&c->guarded);
    free(c);
    return bad;
}

void csv_abort(struct csv_out *c)
{
    publish_abort(&c->file);
    str_release(&c->guarded);
    free(c);
}
