/* epochs.c - NAME.epochs.csv and NAME.timing.csv: each is written as it is made, row after row. */
#include "orchestrate/records/records.h"

#include "orchestrate/limits.h"
#include "orchestrate/plan.h"
#include "orchestrate/records/record_file.h"
#include "orchestrate/records/trials.h"
#include "orchestrate/store.h"
#include "report/report.h"
#include "train/warnings.h"

#include <math.h>

/* A row of one of them. */
struct epoch_source {
    const struct sweep_run *run;
    size_t trial; /* 0-based */
    const struct trial *t;
    const struct epoch_row *epoch;     /* NAME.epochs.csv */
    const struct trial_timing *timing; /* NAME.timing.csv */
};

static uint64_t point_index(const struct epoch_source *s)
{
    return s->run->plan->point[s->t->point].index;
}

static const char *of_trial(const void *row, size_t i, char buf[STR_NUM])
{
    const struct epoch_source *s = row;
    (void)i;
    return str_whole(buf, s->trial + 1);
}

static const char *of_id(const void *row, size_t i, char buf[STR_NUM])
{
    const struct epoch_source *s = row;
    (void)i;
    return trial_id_text(buf, s->t);
}

static const char *epoch_point(const void *row, size_t i, char buf[STR_NUM])
{
    (void)i;
    return str_whole(buf, point_index(row) + 1);
}

static const char *epoch_repeat(const void *row, size_t i, char buf[STR_NUM])
{
    const struct epoch_source *s = row;
    (void)i;
    return str_whole(buf, (uint64_t)s->t->repeat + 1);
}

static const char *epoch_epoch(const void *row, size_t i, char buf[STR_NUM])
{
    const struct epoch_source *s = row;
    (void)i;
    return str_whole(buf, (uint64_t)s->epoch->epoch);
}

static const char *epoch_axis(const void *row, size_t i, char buf[STR_NUM])
{
    const struct epoch_source *s = row;
    return plan_value(s->run, point_index(s), i, buf);
}

static const char *epoch_lr(const void *row, size_t i, char buf[STR_NUM])
{
    const struct epoch_source *s = row;
    (void)i;
    return str_float(buf, s->epoch->lr);
}

static size_t count_epoch_metrics(const void *of)
{
    const struct sweep_run *run = of;
    return run ? (size_t)run->records->epoch_columns : M_EPOCHS;
}

static const struct column_kind epoch_metrics = {count_epoch_metrics, name_metric};

static const char *epoch_metric(const void *row, size_t i, char buf[STR_NUM])
{
    const struct epoch_source *s = row;
    return str_float(buf, epoch_number(s->epoch, s->run->records->column[i]));
}

static int is_measured(const struct sweep_run *run, int metric)
{
    int i = 0;
    while (run && i < run->records->epoch_columns && run->records->column[i] != metric)
        i++;
    return !run || i < run->records->epoch_columns;
}

/* The sign of a column: of those whose metric some task of the plan measures (run NULL: of all) the i-th; after the
 * last the row without a name. */
static const struct epoch_sign *sign_of_column(const struct sweep_run *run, size_t i)
{
    const struct epoch_sign *s = epoch_signs;
    for (; s->name; s++)
        if (is_measured(run, metric_on(DATA_TRAIN, s->metric)) && !i--)
            break;
    return s;
}

static size_t count_signs(const void *of)
{
    size_t n = 0;
    while (sign_of_column(of, n)->name)
        n++;
    return n;
}

static const char *name_sign(const void *of, size_t i, const char **help, struct arena *a)
{
    const struct epoch_sign *s = sign_of_column(of, i);
    (void)a;
    *help = s->help;
    return s->name;
}

static const struct column_kind sign_columns = {count_signs, name_sign};

static const char *epoch_sign_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct epoch_source *s = row;
    struct epoch_row epoch = *s->epoch;
    return str_float(buf, *sign_value(&epoch, sign_of_column(s->run, i)));
}

static const char *epoch_warning(const void *row, size_t i, char buf[STR_NUM])
{
    const struct epoch_source *s = row;
    const struct warning_type *w = warning_row(s->epoch->warning);
    (void)i;
    (void)buf;
    return w ? w->name : "";
}

static const struct column_row epoch_columns[] = {
    COLUMN("trial", "number of the trial in the plan", of_trial),
    COLUMN("point", "number of the point in the grid", epoch_point),
    COLUMN("repeat", "number of the repeat of the point", epoch_repeat),
    COLUMN("epoch", "number of the epoch, from 1", epoch_epoch),
    COLUMN("id", "name of the training, as in NAME.csv", of_id),
    COLUMN_KIND(&axis_columns, "the axes of the grid: the key's name, and the value", epoch_axis, 0, 0),
    COLUMN("lr", "learning rate of the epoch's last step", epoch_lr),
    COLUMN_KIND(&epoch_metrics, NULL, epoch_metric, 0, 0),
    COLUMN_KIND(&sign_columns, NULL, epoch_sign_cell, 0, 0),
    COLUMN("warning", "the first rule of `sweep list warnings` that holds after the epoch", epoch_warning),
};
const struct column_table epoch_table = {"NAME.epochs.csv", "an epoch of a trial", COLUMNS_OF(epoch_columns)};

static const char *timing_worker(const void *row, size_t i, char buf[STR_NUM])
{
    const struct epoch_source *s = row;
    (void)i;
    return str_whole(buf, (uint64_t)s->timing->worker + 1);
}

/* at: place of a double in struct trial_timing */
static const char *timing_number(const void *row, size_t at, char buf[STR_NUM])
{
    const struct epoch_source *s = row;
    return column_double(s->timing, at, buf);
}

static const char *timing_peak_bytes(const void *row, size_t i, char buf[STR_NUM])
{
    const struct epoch_source *s = row;
    (void)i;
    return str_whole(buf, s->timing->bytes);
}

/* Of the epochs that are in the seconds: a trial that was interrupted, or waited, has trained others before. */
static const char *timing_expected(const void *row, size_t i, char buf[STR_NUM])
{
    const struct epoch_source *s = row;
    const struct plan_kind *k = s->t->kind;
    const double images = s->timing->images_per_second * s->timing->wall;
    const double epochs = k->images ? floor(images / (double)k->images + 0.5) : 0;
    (void)i;
    return str_double(buf, k->expected * epochs / k->epochs);
}

static const struct column_row timing_columns[] = {
    COLUMN("trial", "number of the trial in the plan", of_trial),
    COLUMN("worker", "the worker that trained it, from 1", timing_worker),
    COLUMN_FIELD("start", "seconds from the beginning of the call to that of the trial", timing_number,
                 struct trial_timing, start),
    COLUMN_FIELD("wall", "seconds that it took", timing_number, struct trial_timing, wall),
    COLUMN_FIELD("cpu", "seconds of the processor that its worker took", timing_number, struct trial_timing, cpu),
    COLUMN_FIELD("images_per_second", "samples that were trained in a second", timing_number, struct trial_timing,
                 images_per_second),
    COLUMN("peak_bytes", "memory that the training was planned with", timing_peak_bytes),
    COLUMN("id", "name of the training, as in NAME.csv", of_id),
    COLUMN("expected", "seconds that the epochs trained in these take a worker of a usual machine, by their arithmetic",
           timing_expected),
};
const struct column_table timing_table = {"NAME.timing.csv", "a trial", COLUMNS_OF(timing_columns)};

/* ---- rows ------------------------------------------------------------------------------------------------------- */

#define ROWS 16 /* read at a time */

static int epochs_of(const struct sweep_run *run, size_t i, int n, struct record_file *f, struct err *e)
{
    struct epoch_source source = {.run = run, .trial = i, .t = &run->plan->trial[i]};
    struct epoch_row row[ROWS];
    for (int from = 0; from < n; from += ROWS) {
        int some = n - from < ROWS ? n - from : ROWS;
        if (kept_get_rows(&run->store->kept, run->plan->trial[i].place, from + 1, some, row, e))
            return -1;
        for (int k = 0; k < some; k++) {
            source.epoch = &row[k];
            record_row(f, &source);
        }
    }
    return 0;
}

static int epoch_rows(const struct sweep_run *run, struct record_file *f, struct err *e)
{
    for (size_t i = 0; i < run->plan->ntrials; i++) {
        const struct trial *t = &run->plan->trial[i];
        int open = t->r.status == TRIAL_OPEN, n = open || t->nepochs < t->r.epochs_run ? t->nepochs : t->r.epochs_run;
        if (open && i >= run->limits->end) /* as if it had not been trained */
            continue;
        if (epochs_of(run, i, n, f, e))
            return -1;
    }
    return 0;
}

static int timing_rows(const struct sweep_run *run, struct record_file *f, struct err *e)
{
    struct kept_end end;
    for (size_t i = 0; i < run->plan->ntrials; i++)
        if (run->plan->trial[i].r.status != TRIAL_OPEN && run->plan->trial[i].r.status != TRIAL_SKIPPED) {
            if (kept_get_end(&run->store->kept, run->plan->trial[i].place, &end, e))
                return -1;
            record_row(f, &(struct epoch_source){run, i, &run->plan->trial[i], NULL, &end.timing});
        }
    return 0;
}

int write_epochs(struct sweep_run *run, int sync, struct err *e)
{
    struct record_file f;
    if (record_begin(&f, run, &epoch_table, run, e) || record_end(&f, epoch_rows(run, &f, e), sync, e) ||
        record_begin(&f, run, &timing_table, run, e))
        return -1;
    return record_end(&f, timing_rows(run, &f, e), sync, e);
}
