/* found_trial.c finds a trial of a sweep in its tables. */
#include "orchestrate/found_trial.h"

#include "report/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number of the best point in the table of points; "" where none is known. */
static void best_point(const char *out, const char *name, char *point, size_t n, struct err *e)
{
    char path[4096];
    struct table t;
    *point = 0;
    table_init(&t);
    if (!table_read(&t, report_path(path, sizeof path, out, name, ".points.csv"), e))
        for (size_t r = 0; r < t.rows && !*point; r++)
            if (!strcmp(table_cell(&t, r, "rank"), "1"))
                snprintf(point, n, "%s", table_cell(&t, r, "point"));
    table_release(&t);
}

/* What the table of facts says of the objective: "max val_accuracy". */
static int objective_of(const char *out, const char *name, char *objective, size_t n, struct err *e)
{
    char path[4096];
    struct table t;
    *objective = 0;
    table_init(&t);
    int bad = table_read(&t, report_path(path, sizeof path, out, name, ".about.csv"), e);
    for (size_t r = 0; !bad && r < t.rows; r++)
        if (!strcmp(table_cell(&t, r, "key"), "objective"))
            snprintf(objective, n, "%s", table_cell(&t, r, "value"));
    table_release(&t);
    return bad;
}

/* The row of the trial with the best objective, of several the first, of that point, of equal ones the first; t->rows:
 * there is none. */
static size_t best_row(const struct table *t, const char *point, const char *objective)
{
    char metric[64];
    int maximise;
    report_objective(objective, metric, sizeof metric, &maximise);
    int col = table_column(t, metric), sign = maximise ? 1 : -1;
    size_t best = t->rows;
    for (size_t r = 0; r < t->rows; r++) {
        if (strcmp(table_cell(t, r, "point"), point) || strcmp(table_cell(t, r, "status"), "complete"))
            continue;
        if (best == t->rows || sign * table_number(t, r, col) > sign * table_number(t, best, col))
            best = r;
    }
    return best;
}

/* The row of t that is meant. 0, or -1 with *e. */
static int find_trial_row(const char *out, const char *name, const char *trial, const struct table *t, size_t *row,
                          struct err *e)
{
    char point[32], objective[512];
    if (trial) {
        for (*row = 0; *row < t->rows; ++*row)
            if (!strcmp(table_cell(t, *row, "id"), trial) || !strcmp(table_cell(t, *row, "trial"), trial))
                return 0;
        return err_set(e, ERR_USAGE, "%s has no trial '%.40s'; the columns id and trial of its table name them", name,
                       trial);
    }
    if (objective_of(out, name, objective, sizeof objective, e))
        return -1;
    best_point(out, name, point, sizeof point, e);
    *row = e->code ? t->rows : best_row(t, point, objective);
    if (*row == t->rows)
        err_set(e, ERR_USAGE, "%s has no complete trial yet", name);
    return e->code ? -1 : 0;
}

int found_trial(const char *out, const char *name, const char *trial, uint64_t *id, struct err *e)
{
    char path[4096];
    struct table t;
    size_t row;
    table_init(&t);
    int bad = table_read(&t, report_path(path, sizeof path, out, name, ".csv"), e) ||
              report_refuse_bench(&t, name, e) || find_trial_row(out, name, trial, &t, &row, e);
    if (!bad && !*table_cell(&t, row, "id"))
        bad = err_set(e, ERR_USAGE, "trial '%.40s' of %s was skipped: there is nothing of it", trial, name);
    if (!bad)
        *id = strtoull(table_cell(&t, row, "id"), NULL, 16);
    table_release(&t);
    return bad ? -1 : 0;
}

char *found_model(const char *out, const char *name, uint64_t id, char *buf, size_t n)
{
    char folder[4096];
    report_path(folder, sizeof folder, out, name, "/models");
    snprintf(buf, n, "%s/%016" PRIx64 ".safetensors", folder, id);
    return buf;
}
