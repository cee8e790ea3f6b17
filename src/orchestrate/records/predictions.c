/* predictions.c - NAME.predictions.csv: what each complete trial of the best point says of each sample of the test
 * split; and NAME.mistakes.csv: where it is most wrong. */
#include "orchestrate/plan.h"
#include "orchestrate/ranking.h"
#include "orchestrate/records/records.h"
#include "orchestrate/store.h"
#include "train/answers.h"
#include "train/task.h"

#include <math.h>
#include <string.h>

#define MISTAKES 100 /* rows */

/* A row of both tables. */
struct said_source {
    const struct dataset *set;
    size_t sample, repeat, target;
    double truth, predicted, share, error; /* share: NaN of a number; error: NaN of a class */
};

static const char *said_truth(const void *row, size_t i, char buf[STR_NUM])
{
    const struct said_source *s = row;
    (void)i;
    return class_or_number(s->set, isnan(s->share), s->truth, buf);
}

static const char *said_prediction(const void *row, size_t i, char buf[STR_NUM])
{
    const struct said_source *s = row;
    (void)i;
    return class_or_number(s->set, isnan(s->share), s->predicted, buf);
}

static const struct column_row said_columns[] = {
    COLUMN_FIELD("sample", "number of the sample in the test split, from 1", column_whole, struct said_source, sample),
    COLUMN_FIELD("repeat", "number of the repeat of the point", column_whole, struct said_source, repeat),
    COLUMN_FIELD("target", "which of the numbers to predict, from 1; 1 of a class", column_whole, struct said_source,
                 target),
    COLUMN("true", "its class or number", said_truth),
    COLUMN("predicted", "what the trial says, with the weights of its selected epoch", said_prediction),
    COLUMN_FIELD("probability", "of that class, to 1/4096; empty of a number", column_float, struct said_source, share),
    COLUMN_FIELD("error", "predicted less true number; empty of a class", column_float, struct said_source, error),
};
const struct column_table prediction_table = {"NAME.predictions.csv", "a sample of the test split and a repeat",
                                              COLUMNS_OF(said_columns)};
const struct column_table mistake_table = {
    "NAME.mistakes.csv",
    "a sample of the test split and a repeat, the worst 100: wrong classes with the largest probability, numbers with "
    "the largest error",
    COLUMNS_OF(said_columns)};

struct said_visit {
    struct record_file *f;
    struct said_source row, worst[MISTAKES];
    int mistakes;
};

/* How wrong it is; 0: it is right. */
static double badness_of(const struct said_source *s)
{
    if (isnan(s->share))
        return fabs(s->error);
    return s->truth == s->predicted ? 0 : 1 + s->share;
}

/* Of those that are as bad the first stays before the others. */
static void note_mistake(struct said_visit *v, const struct said_source *s)
{
    int at = v->mistakes;
    const double bad = badness_of(s);
    if (!(bad > 0))
        return;
    while (at > 0 && bad > badness_of(&v->worst[at - 1]))
        at--;
    if (at == MISTAKES)
        return;
    v->mistakes += v->mistakes < MISTAKES;
    memmove(v->worst + at + 1, v->worst + at, (size_t)(v->mistakes - 1 - at) * sizeof *v->worst);
    v->worst[at] = *s;
}

static void say_class(struct said_visit *v, double code)
{
    const struct class_answer a = class_answer_of(code, data_classes(v->row.set));
    v->row.truth = a.truth;
    v->row.predicted = a.taken;
    v->row.share = a.share;
    v->row.error = NAN;
}

static void say_number(struct said_visit *v, const double *code)
{
    v->row.truth = (double)number_answer_of(code[0]);
    v->row.predicted = (double)number_answer_of(code[1]);
    v->row.share = NAN;
    v->row.error = v->row.predicted - v->row.truth;
}

static void see_answers(void *ctx, const struct train_table *t)
{
    struct said_visit *v = ctx;
    const int classes = data_classes(v->row.set), each = classes ? 1 : 2;
    if (strcmp(t->name, TRAIN_ANSWERS) != 0 || t->cols % each)
        return;
    for (int i = 0; i < t->rows; i++)
        for (int k = 0; k * each < t->cols; k++) {
            const double *code = t->v + i * t->cols + k * each;
            v->row.sample = (size_t)i + 1;
            v->row.target = (size_t)k + 1;
            if (classes)
                say_class(v, *code);
            else
                say_number(v, code);
            record_row(v->f, &v->row);
            note_mistake(v, &v->row);
        }
}

static void begin_answers(void *ctx, const struct sweep_run *run, const struct trial *t)
{
    struct said_visit *v = ctx;
    (void)run;
    v->row = (struct said_source){.set = t->kind->set, .repeat = (size_t)t->repeat + 1};
}

static int write_mistakes(struct sweep_run *run, const struct said_visit *v, int sync, struct err *e)
{
    struct record_file f;
    if (record_begin(&f, run, &mistake_table, NULL, e))
        return -1;
    for (int i = 0; i < v->mistakes; i++)
        record_row(&f, &v->worst[i]);
    return record_end(&f, 0, sync, e);
}

int write_predictions(struct sweep_run *run, int sync, struct err *e)
{
    struct record_file f;
    const size_t best = run->records->best_point;
    const struct task_type *task = best == SIZE_MAX ? NULL : point_kind(run, &run->plan->point[best])->task;
    if (!task || task->like_input || task->by_position)
        return record_none(run, &prediction_table) | record_none(run, &mistake_table);
    if (record_begin(&f, run, &prediction_table, NULL, e))
        return -1;
    struct said_visit v = {.f = &f};
    return record_end(&f, tables_of_best(run, begin_answers, see_answers, &v, e), sync, e) ||
                   write_mistakes(run, &v, sync, e)
               ? -1
               : 0;
}

int write_predictions_at(const char *folder, const struct dataset *set, const struct train_table *table, int n,
                         struct err *e)
{
    struct record_file f;
    char path[4200];
    struct said_visit v = {.f = &f, .row = {.set = set, .repeat = 1}};
    int k = 0;
    while (k < n && strcmp(table[k].name, TRAIN_ANSWERS) != 0)
        k++;
    snprintf(path, sizeof path, "%s/predictions.csv", folder);
    if (k == n)
        return 0;
    if (record_begin_at(&f, path, &prediction_table, NULL, e))
        return -1;
    see_answers(&v, &table[k]);
    return record_end(&f, 0, 0, e);
}
