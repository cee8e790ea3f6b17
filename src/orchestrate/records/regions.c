/* regions.c - NAME.regions.csv: what the best point says of a grid of places, where its input is two numbers, and the
 * training samples in it. */
#include "orchestrate/plan.h"
#include "orchestrate/records/records.h"
#include "train/answers.h"
#include "train/task.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A row. */
struct region_source {
    const struct dataset *set;
    const char *kind;
    double x, y, class, share;
};

static const char *region_class(const void *row, size_t i, char buf[STR_NUM])
{
    const struct region_source *s = row;
    (void)i;
    return class_or_number(s->set, 0, s->class, buf);
}

static const struct column_row region_columns[] = {
    COLUMN_FIELD("kind", "cell (of a grid; x and y are its middle) or sample (of the training split)", column_text,
                 struct region_source, kind),
    COLUMN_FIELD("x", "first number", column_float, struct region_source, x),
    COLUMN_FIELD("y", "second number", column_float, struct region_source, y),
    COLUMN("class", "what the first trial of the best point says of a cell; the class of a sample", region_class),
    COLUMN_FIELD("probability", "of that class, to 1/4096; empty of a sample", column_float, struct region_source,
                 share),
};
const struct column_table region_table = {"NAME.regions.csv", "a place, where the input is two numbers",
                                          COLUMNS_OF(region_columns)};

struct region_visit {
    const struct dataset *set;
    size_t trials; /* seen; the first one is shown */
    double cell[REGION_SIDE * REGION_SIDE], place[3 * (2 + REGION_SAMPLES)];
    int cells, places; /* of that trial */
};

static void begin_regions(void *ctx, const struct sweep_run *run, const struct trial *t)
{
    struct region_visit *v = ctx;
    (void)run;
    v->set = t->kind->set;
    v->trials++;
}

static void see_regions(void *ctx, const struct train_table *t)
{
    struct region_visit *v = ctx;
    const size_t n = (size_t)t->rows * (size_t)t->cols;
    if (v->trials == 1 && !strcmp(t->name, TRAIN_REGIONS) && n == REGION_SIDE * REGION_SIDE) {
        memcpy(v->cell, t->v, sizeof v->cell);
        v->cells = t->rows;
    }
    if (v->trials == 1 && !strcmp(t->name, TRAIN_PLACES) && t->cols == 3 && t->rows > 2 &&
        t->rows <= 2 + REGION_SAMPLES) {
        memcpy(v->place, t->v, n * sizeof *t->v);
        v->places = t->rows;
    }
}

static double place_number(const struct region_visit *v, int row, int k)
{
    return (double)number_answer_of(v->place[3 * row + k]);
}

static double middle_of_cell(const struct region_visit *v, int k, int at)
{
    const double low = place_number(v, 0, k), high = place_number(v, 1, k);
    return low + (high - low) * (at + 0.5) / REGION_SIDE;
}

static void region_rows(struct record_file *f, const struct region_visit *v)
{
    struct region_source row = {.set = v->set, .kind = "cell"};
    for (int i = 0; i < v->cells; i++) {
        const struct class_answer a = class_answer_of(v->cell[i], data_classes(v->set));
        row.x = middle_of_cell(v, 0, i % REGION_SIDE);
        row.y = middle_of_cell(v, 1, i / REGION_SIDE);
        row.class = a.taken;
        row.share = a.share;
        record_row(f, &row);
    }
    row.kind = "sample";
    row.share = NAN;
    for (int i = 2; i < v->places; i++) {
        row.x = place_number(v, i, 0);
        row.y = place_number(v, i, 1);
        row.class = v->place[3 * i + 2];
        record_row(f, &row);
    }
}

int write_regions(struct sweep_run *run, int sync, struct err *e)
{
    struct region_visit *v = run->records->best_point == SIZE_MAX ? NULL : calloc(1, sizeof *v);
    struct record_file f;
    if (run->records->best_point == SIZE_MAX)
        return record_none(run, &region_table);
    int bad =
        v ? tables_of_best(run, begin_regions, see_regions, v, e) : err_set(e, ERR_NOMEM, "no memory for regions");
    if (!bad && (!v->cells || !v->places))
        bad = record_none(run, &region_table);
    else if (!bad)
        bad = record_begin(&f, run, &region_table, NULL, e) || (region_rows(&f, v), record_end(&f, 0, sync, e));
    free(v);
    return bad ? -1 : 0;
}
