/* model_file.c finds the model that a word of the command line means. */
#include "cli/commands/model_file.h"

#include "base/file.h"
#include "base/str.h"
#include "cli/commands/results.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number of the best point in the table of points; "" where none is known. */
static void best_point(const struct invocation *in, const char *name, char *point, size_t n, struct err *e)
{
    char path[4096];
    struct table t;
    *point = 0;
    table_init(&t);
    if (!table_read(&t, report_path(path, sizeof path, in->opt.out, name, ".points.csv"), e))
        for (size_t r = 0; r < t.rows && !*point; r++)
            if (!strcmp(table_cell(&t, r, "rank"), "1"))
                snprintf(point, n, "%s", table_cell(&t, r, "point"));
    table_release(&t);
}

/* The row of the trial with the best objective of that point, of equal ones the first; t->rows: there is none. */
static size_t best_row(const struct table *t, const char *point, const char *objective)
{
    int col = table_column(t, objective_metric(objective)), sign = strncmp(objective, "min", 3) ? 1 : -1;
    size_t best = t->rows;
    for (size_t r = 0; r < t->rows; r++) {
        if (strcmp(table_cell(t, r, "point"), point) || strcmp(table_cell(t, r, "status"), "complete"))
            continue;
        if (best == t->rows || sign * table_number(t, r, col) > sign * table_number(t, best, col))
            best = r;
    }
    return best;
}

static size_t row_of_trial(const struct table *t, const char *trial)
{
    size_t r = 0;
    while (r < t->rows && strcmp(table_cell(t, r, "id"), trial) && strcmp(table_cell(t, r, "trial"), trial))
        r++;
    return r;
}

/* The row of t that is meant. 0, or -1 with *e. */
static int find_row(const struct invocation *in, const char *name, const char *trial, const struct table *t,
                    size_t *row, struct err *e)
{
    char point[32];
    struct about about;
    if (trial) {
        *row = row_of_trial(t, trial);
        return *row < t->rows ? 0
                              : err_set(e, ERR_USAGE,
                                        "%s has no trial '%.40s'; the columns id and trial of its table "
                                        "name them",
                                        name, trial);
    }
    int bad = about_read(&about, in->opt.out, name, e);
    best_point(in, name, point, sizeof point, e);
    *row = bad || e->code ? t->rows : best_row(t, point, about_value(&about, "objective"));
    about_release(&about);
    if (*row == t->rows)
        err_set(e, ERR_USAGE, "%s has no complete trial yet", name);
    return e->code ? -1 : 0;
}

int model_word_trial(const struct invocation *in, const char *name, const char *trial, struct model_word *w,
                     struct err *e)
{
    char path[4096];
    struct table t;
    size_t row;
    if (result_of_word(in, name, e))
        return -1;
    table_init(&t);
    int bad = table_read(&t, report_path(path, sizeof path, in->opt.out, name, ".csv"), e) ||
              report_refuse_bench(&t, name, e) || find_row(in, name, trial, &t, &row, e);
    if (!bad) {
        const char *id = table_cell(&t, row, "id");
        snprintf(w->name, sizeof w->name, "%s", name);
        w->id = strtoull(id, NULL, 16);
        if (!*id)
            bad = err_set(e, ERR_USAGE, "trial '%.40s' of %s was skipped: there is nothing of it", trial, name);
        report_path(path, sizeof path, in->opt.out, name, "/models");
        snprintf(w->path, sizeof w->path, "%s/%016" PRIx64 ".safetensors", path, w->id);
    }
    table_release(&t);
    return bad ? -1 : 0;
}

int model_word_read(const struct invocation *in, const char *word, struct model_word *w, struct err *e)
{
    char name[72];
    const char *at = strchr(word, '@');
    *w = (struct model_word){.id = 0};
    if (str_ends(word, ".safetensors")) {
        if ((size_t)snprintf(w->path, sizeof w->path, "%s", word) >= sizeof w->path)
            return err_set(e, ERR_USAGE, "'%.40s...' is too long for a path", word);
        return 0;
    }
    snprintf(name, sizeof name, "%.*s", (int)(at ? at - word : 71), word);
    return model_word_trial(in, at || strlen(word) < sizeof name ? name : word, at ? at + 1 : NULL, w, e);
}

int model_word_model(const struct model_word *w, struct model *m, struct arena *a, struct err *e)
{
    if (*w->name && !file_exists(w->path))
        return err_set(e, ERR_USAGE,
                       "there is no %s; `sweep train %s --trial %016" PRIx64 "` trains it again, to the "
                       "same bytes",
                       w->path, w->name, w->id);
    return model_read(m, w->path, a, e);
}

int split_of_word(const char *word, struct err *e)
{
    static const char *const words[] = {[DATA_TRAIN] = "train", [DATA_VALIDATION] = "validation", [DATA_TEST] = "test"};
    for (int i = 0; i < 3; i++)
        if (!strcmp(words[i], word))
            return i;
    return err_set(e, ERR_USAGE, "--split: '%.40s' is not one of train, validation, test", word);
}
