/* findings.c - the tables of what tasks leave beside their metrics, for the best point: added up or averaged over its
 * repeats, as each says. */
#include "orchestrate/records/records.h"

#include "orchestrate/plan.h"
#include "orchestrate/store.h"
#include "train/answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the repeats of a point left. */
struct findings {
    int n;
    struct train_table sum[TRAIN_TABLES];
    double *v[TRAIN_TABLES];
    size_t repeats[TRAIN_TABLES];
    int failed; /* no memory */
};

static void add_finding(void *ctx, const struct train_table *t)
{
    struct findings *f = ctx;
    size_t values = (size_t)t->rows * (size_t)t->cols;
    int k = 0;
    while (k < f->n && strcmp(f->sum[k].name, t->name))
        k++;
    if (k == f->n && k < TRAIN_TABLES) {
        f->sum[k] = *t;
        f->sum[k].v = f->v[k] = calloc(values + 1, sizeof *f->v[k]);
        f->failed |= !f->v[k];
        f->n += f->v[k] != NULL;
    }
    if (k >= f->n || f->sum[k].rows != t->rows || f->sum[k].cols != t->cols)
        return;
    for (size_t i = 0; i < values; i++)
        f->v[k][i] += t->v[i];
    f->repeats[k]++;
}

int tables_of_best(struct sweep_run *run, void (*begin)(void *ctx, const struct sweep_run *run, const struct trial *t),
                   void (*see)(void *ctx, const struct train_table *t), void *ctx, struct err *e)
{
    int bad = 0;
    for (size_t i = 0; i < run->plan->ntrials && !bad; i++) {
        const struct trial *t = &run->plan->trial[i];
        struct kept_end end;
        if (t->point != run->records->best_point || t->r.status != TRIAL_COMPLETE)
            continue;
        if (begin)
            begin(ctx, run, t);
        bad = kept_get_end(&run->store->kept, t->place, &end, e);
        if (!bad && end.ntables)
            bad = journal_tables(&run->store->journal, end.at, end.length, see, ctx, e);
    }
    return bad;
}

static int collect_findings(struct sweep_run *run, struct findings *f, struct err *e)
{
    int bad = tables_of_best(run, NULL, add_finding, f, e);
    for (int k = 0; k < f->n; k++)
        for (int i = 0; i < f->sum[k].rows * f->sum[k].cols && !f->sum[k].counts; i++)
            f->v[k][i] /= (double)f->repeats[k];
    return f->failed && !bad ? err_set(e, ERR_NOMEM, "no memory for what the best point left") : bad;
}

static const struct train_table *finding(const struct findings *f, const char *name, int rows, int cols)
{
    for (int k = 0; k < f->n; k++)
        if (!strcmp(f->sum[k].name, name) && f->sum[k].rows == rows && f->sum[k].cols == cols)
            return &f->sum[k];
    return NULL;
}

/* A row of NAME.confusion.csv: its columns are the classes of a dataset. */
struct confusion_source {
    const char *class_name;
    const double *counts; /* [classes] */
};

static size_t count_confusion_classes(const void *of)
{
    return of ? (size_t)data_classes(of) : 1;
}

static const char *name_confusion_class(const void *of, size_t i, const char **help, struct arena *a)
{
    const struct dataset *set = of;
    (void)help;
    (void)a;
    return set ? data_target(set)->class_name[i] : "CLASS";
}

static const struct column_kind confusion_classes = {count_confusion_classes, name_confusion_class};

static const char *confusion_count(const void *row, size_t i, char buf[STR_NUM])
{
    const struct confusion_source *s = row;
    snprintf(buf, STR_NUM, "%.0f", s->counts[i]);
    return buf;
}

static const struct column_row confusion_columns[] = {
    COLUMN_FIELD("true", "the class of samples of the test split", column_text, struct confusion_source, class_name),
    COLUMN_KIND(&confusion_classes, "how many of them were taken for this class", confusion_count, 0, 0),
};
const struct column_table confusion_table = {"NAME.confusion.csv", "a class", COLUMNS_OF(confusion_columns)};

static int confusion_rows(const char *path, const struct dataset *set, const double *sum, int sync, struct err *e)
{
    struct record_file f;
    size_t n = (size_t)data_classes(set);
    if (record_begin_at(&f, path, &confusion_table, set, e))
        return -1;
    for (size_t i = 0; i < n; i++)
        record_row(&f, &(struct confusion_source){data_target(set)->class_name[i], sum + i * n});
    return record_end(&f, 0, sync, e);
}

static int no_findings(const struct sweep_run *run)
{
    return record_none(run, &class_table) | record_none(run, &confusion_table) | record_none(run, &curve_table) |
           record_none(run, &calibration_table);
}

/* The table of classes, and that of confusions, from counts of them. */
static int write_class_tables(const char *classes, const char *confusion, const struct dataset *set,
                              const double *counts, const double *auc, int sync, struct err *e)
{
    struct table out;
    table_init(&out);
    int bad = report_classes(counts, auc, data_target(set)->class_name, (size_t)data_classes(set), &out, e) ||
              table_write(&out, classes, sync, e) || confusion_rows(confusion, set, counts, sync, e);
    table_release(&out);
    return bad;
}

static int write_classes(const struct sweep_run *run, const struct findings *f, int sync, struct err *e)
{
    const struct dataset *set = point_kind(run, &run->plan->point[run->records->best_point])->set;
    int classes = data_classes(set);
    const struct train_table *counts = finding(f, "confusion", classes, classes), *auc = finding(f, "auc", 1, classes);
    char path[2][4200];
    if (!counts)
        return no_findings(run);
    return write_class_tables(run_path(run, ".classes.csv", path[0], sizeof path[0]),
                              run_path(run, ".confusion.csv", path[1], sizeof path[1]), set, counts->v,
                              auc ? auc->v : NULL, sync, e) ||
           write_curves(run, set, finding(f, TRAIN_CURVES, classes, 2 * CURVE_BINS), sync, e) ||
           write_calibration(run, finding(f, TRAIN_CALIBRATION, CALIBRATION_BINS, 3), sync, e);
}

int write_classes_at(const char *folder, const struct dataset *set, const struct train_table *table, int n,
                     struct err *e)
{
    const int classes = data_classes(set);
    const double *counts = NULL, *auc = NULL;
    char path[2][4200];
    for (int k = 0; k < n; k++) {
        counts = !strcmp(table[k].name, "confusion") && table[k].rows == classes ? table[k].v : counts;
        auc = !strcmp(table[k].name, "auc") && table[k].cols == classes ? table[k].v : auc;
    }
    if (!classes || !counts)
        return 0;
    snprintf(path[0], sizeof path[0], "%s/classes.csv", folder);
    snprintf(path[1], sizeof path[1], "%s/confusion.csv", folder);
    return write_class_tables(path[0], path[1], set, counts, auc, 0, e);
}

int write_findings(struct sweep_run *run, int sync, struct err *e)
{
    struct findings f = {.n = 0};
    if (run->records->best_point == SIZE_MAX)
        return no_findings(run);
    int bad = collect_findings(run, &f, e) || write_classes(run, &f, sync, e);
    for (int k = 0; k < f.n; k++)
        free(f.v[k]);
    return bad ? -1 : 0;
}
