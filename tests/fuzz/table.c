/* A CSV table: read, it is written and read again with the same cells; what points and effects make of it is a table or
 * an error. */
#include "fuzz.h"

#include "report/report.h"

#include <string.h>
#include <unistd.h>

static void same_cells(const struct table *a, const struct table *b)
{
    PROMISE(a->rows == b->rows && a->cols == b->cols);
    for (size_t c = 0; c < a->cols; c++)
        PROMISE(!strcmp(a->head[c], b->head[c]));
    for (size_t i = 0; i < a->rows * a->cols; i++)
        PROMISE(!strcmp(a->cell[i], b->cell[i]));
}

static void written_and_read(const struct table *t)
{
    static char path[64];
    struct table again;
    struct err e = {0};
    snprintf(path, sizeof path, "/tmp/sweep-fuzz-table-%ld", (long)getpid());
    table_init(&again);
    PROMISE(!table_write(t, path, 0, &e));
    PROMISE(!table_read(&again, path, &e));
    unlink(path);
    same_cells(t, &again);
    table_release(&again);
}

static void reported(const struct table *t)
{
    struct table points, effects;
    struct err e = {0};
    table_init(&points);
    table_init(&effects);
    PROMISE(!report_points(t, "max val_accuracy", &points, &e) == !e.code);
    e.code = 0;
    PROMISE(!report_effects(t, "max val_accuracy", &effects, &e) == !e.code);
    table_release(&points);
    table_release(&effects);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct table t;
    struct err e = {0};
    table_init(&t);
    int bad = table_read(&t, fuzz_file(bytes, n), &e);
    PROMISE(!bad == !e.code);
    if (!bad) {
        written_and_read(&t);
        reported(&t);
    }
    table_release(&t);
    return 0;
}
