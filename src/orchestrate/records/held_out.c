/* held_out.c - NAME.held_out.csv: what the best point of a cross-validation says of each training sample, by the repeat
 * whose fold has held it out. */
#include "orchestrate/plan.h"
#include "orchestrate/ranking.h"
#include "orchestrate/records/records.h"
#include "orchestrate/store.h"
#include "train/task.h"

#include <math.h>
#include <string.h>

/* A row; of a class or of a number. */
struct held_source {
    const struct dataset *set;
    size_t repeat, fold, sample, target;
    double truth, predicted, share; /* share: NaN of a number */
};

const char *class_or_number(const struct dataset *set, int number, double v, char buf[STR_NUM])
{
    if (number)
        return str_float(buf, (float)v);
    return v >= 0 && v < data_classes(set) ? data_target(set)->class_name[(int)v] : "";
}

static const char *true_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct held_source *s = row;
    (void)i;
    return class_or_number(s->set, isnan(s->share), s->truth, buf);
}

static const char *predicted_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct held_source *s = row;
    (void)i;
    return class_or_number(s->set, isnan(s->share), s->predicted, buf);
}

static const struct column_row held_columns[] = {
    COLUMN_FIELD("sample", "number of the sample in the training file, from 1", column_whole, struct held_source,
                 sample),
    COLUMN_FIELD("repeat", "number of the repeat of the point", column_whole, struct held_source, repeat),
    COLUMN_FIELD("fold", "the fold that it is in", column_whole, struct held_source, fold),
    COLUMN_FIELD("target", "which of the numbers to predict, from 1; 1 of a class", column_whole, struct held_source,
                 target),
    COLUMN("true", "its class or number", true_cell),
    COLUMN("predicted", "what the training that has not seen it says", predicted_cell),
    COLUMN_FIELD("probability", "of that class; empty of a number", column_float, struct held_source, share),
};
const struct column_table held_out_table = {"NAME.held_out.csv", "a training sample and a division into folds",
                                            COLUMNS_OF(held_columns)};

struct held_visit {
    struct record_file *f;
    struct held_source row;
};

/* Rows of TRAIN_HELD_OUT: the sample, then class, predicted one and its share, or number and predicted one of each. */
static void see_held_out(void *ctx, const struct train_table *t)
{
    struct held_visit *v = ctx;
    const int classes = data_classes(v->row.set), each = classes ? 3 : 2;
    if (strcmp(t->name, TRAIN_HELD_OUT) != 0 || t->cols < 1 + each || (t->cols - 1) % each)
        return;
    for (int i = 0; i < t->rows; i++)
        for (int k = 0; k * each + 1 < t->cols; k++) {
            const double *x = t->v + i * t->cols + 1 + k * each;
            v->row.sample = (size_t)t->v[i * t->cols] + 1;
            v->row.target = (size_t)k + 1;
            v->row.truth = x[0];
            v->row.predicted = x[1];
            v->row.share = classes ? x[2] : NAN;
            record_row(v->f, &v->row);
        }
}

static void begin_held_out(void *ctx, const struct sweep_run *run, const struct trial *t)
{
    struct held_visit *v = ctx;
    v->row = (struct held_source){
        .set = t->kind->set, .repeat = (size_t)t->repeat + 1, .fold = (size_t)(t->repeat % run->spec->folds) + 1};
}

int write_held_out(struct sweep_run *run, int sync, struct err *e)
{
    struct record_file f;
    const size_t best = run->records->best_point;
    if (!run->spec->folds || best == SIZE_MAX || !point_kind(run, &run->plan->point[best])->task->hold_out)
        return record_none(run, &held_out_table);
    if (record_begin(&f, run, &held_out_table, NULL, e))
        return -1;
    struct held_visit v = {.f = &f};
    return record_end(&f, tables_of_best(run, begin_held_out, see_held_out, &v, e), sync, e);
}
