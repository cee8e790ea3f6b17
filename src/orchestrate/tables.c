#include "orchestrate/run.h"

#include "report/report.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

float objective_of(const struct run *run, const struct trial *t)
{
    return t->r.status == TRIAL_COMPLETE ? t->r.metric[run->spec->metric] : NAN;
}

int objective_better(const struct run *run, double a, double b)
{
    return run->spec->maximise ? a > b || (a == a && b != b) : a < b || (a == a && b != b);
}

void objective_text(const struct run *run, char *buf, size_t n)
{
    snprintf(buf, n, "%s %s", run->spec->maximise ? "max" : "min", train_metrics[run->spec->metric].name);
}

void describe_axes(const struct run *run, const struct trial *t, struct str *out)
{
    const struct planned_point *p = &run->point[t->point];
    const char *blank = "";
    for (size_t i = 0; i < sweep_keys(run->sweep); i++)
        if (p->value[i][0]) {
            str_addf(out, "%s%s=%s", blank, sweep_key(run->sweep, i), p->value[i]);
            blank = " ";
        }
}

void describe_trial(const struct run *run, const struct trial *t, struct str *out)
{
    struct str axes = {0};
    double v = objective_of(run, t);
    describe_axes(run, t, &axes);
    if (v == v)
        str_addf(out, "%s %.4g%s", train_metrics[run->spec->metric].name, v, axes.n ? ", " : "");
    str_add(out, axes.n ? axes.p : "");
    out->failed |= axes.failed;
    str_release(&axes);
}

/* --- cells --- */

#define NUMBERS 32
struct cells { /* one row under construction: numbers are printed into num */
    const char **v;
    size_t cap, n, nums;
    char num[NUMBERS][STR_NUM];
};

static void text(struct cells *c, const char *s)
{
    assert(c->n < c->cap);
    c->v[c->n++] = s;
}

static void number(struct cells *c, double v)
{
    assert(c->nums < NUMBERS);
    text(c, str_double(c->num[c->nums++], v));
}

/* Whole numbers never pass through a float or a double; unknown ones are an empty cell. */
static void whole(struct cells *c, int known, uint64_t v)
{
    assert(c->nums < NUMBERS);
    c->num[c->nums][0] = 0;
    if (known)
        snprintf(c->num[c->nums], STR_NUM, "%" PRIu64, v);
    text(c, c->num[c->nums++]);
}

/* The name of a training, whatever the plan around it: its key in the journal and in the names of checkpoints. */
static void id(struct cells *c, const struct trial *t)
{
    assert(c->nums < NUMBERS);
    c->num[c->nums][0] = 0;
    if (t->r.status != TRIAL_SKIPPED)
        snprintf(c->num[c->nums], STR_NUM, "%016" PRIx64, t->r.key);
    text(c, c->num[c->nums++]);
}

static void single(struct cells *c, float v)
{
    assert(c->nums < NUMBERS);
    text(c, str_float(c->num[c->nums++], v));
}

static const char *const front[] = {"trial", "point", "repeat", "seed", "status", "id", "same_as"};
static const char *const facts[] = {"params",      "macs",       "receptive_field", "uses_batchnorm", "uses_dropout",
                                    "head",        "precision",  "depth",           "pool_distance",  "bn_distance",
                                    "jump",        "epochs_run", "best_epoch",      "train_samples",  "val_samples",
                                    "test_samples"};
static const int split[] = {DATA_TRAIN, DATA_VALIDATION, DATA_TEST};
#define FRONT (sizeof front / sizeof front[0])
#define FACTS (sizeof facts / sizeof facts[0])

/* Of the main table; the axes stand between. */
static void trial_head(const struct run *run, struct cells *c)
{
    for (size_t i = 0; i < FRONT; i++)
        text(c, front[i]);
    for (size_t i = 0; i < sweep_keys(run->sweep); i++)
        text(c, sweep_key(run->sweep, i));
    for (size_t i = 0; i < FACTS; i++)
        text(c, facts[i]);
    for (int i = 0; i < M_COUNT; i++)
        text(c, train_metrics[i].name);
    text(c, "error");
}

static void fact_cells(const struct planned_point *p, struct cells *c)
{
    const struct nn_facts *f = &p->facts;
    int known = p->has_facts;
    whole(c, known, f->params);
    number(c, known ? f->macs : NAN);
    whole(c, known, (uint64_t)f->receptive_field);
    text(c, !known ? "" : p->batchnorm ? "yes" : "no");
    text(c, !known ? "" : p->dropout ? "yes" : "no");
    text(c, known ? f->head : "");
    text(c, known ? nn_precision_name((size_t)p->precision) : "");
    whole(c, known, (uint64_t)f->depth);
    whole(c, known && f->pool_distance >= 0, (uint64_t)f->pool_distance);
    whole(c, known && f->bn_distance >= 0, (uint64_t)f->bn_distance);
    whole(c, known, (uint64_t)f->jump);
}

/* A row of trial i, for its own point or (copy) for one that is the same training. */
static void trial_cells(const struct run *run, size_t i, const struct copied_point *copy, struct cells *c)
{
    const struct trial *t = &run->trial[i];
    const struct planned_point *p = &run->point[t->point];
    int trained = t->r.status != TRIAL_SKIPPED;
    c->n = c->nums = 0;
    whole(c, 1, i + 1);
    whole(c, 1, (copy ? copy->index : p->index) + 1);
    whole(c, trained, (uint64_t)t->repeat + 1);
    whole(c, trained, (uint64_t)run->spec->seed + (uint64_t)t->repeat);
    text(c, trial_status_name[t->r.status]);
    id(c, t);
    whole(c, copy != NULL, p->index + 1);
    for (size_t k = 0; k < sweep_keys(run->sweep); k++)
        text(c, copy ? copy->value[k] : p->value[k]);
    fact_cells(p, c);
    whole(c, trained, (uint64_t)t->r.epochs_run);
    whole(c, t->r.best_epoch != 0, (uint64_t)t->r.best_epoch);
    for (int k = 0; k < 3; k++)
        whole(c, 1, p->n[split[k]]);
    for (int m = 0; m < M_COUNT; m++)
        single(c, trained ? t->r.metric[m] : NAN);
    text(c, t->r.error);
}

char *run_path(const struct run *run, const char *suffix, char *buf, size_t n)
{
    return report_path(buf, n, run->o->out, run->spec->name, suffix);
}

/* Rows of the trials from `from` on that belong to its point, with a result. */
static int point_rows(const struct run *run, size_t from, const struct copied_point *copy, struct cells *c,
                      struct table *t)
{
    for (size_t i = from; i < run->ntrials && run->trial[i].point == run->trial[from].point; i++) {
        if (run->trial[i].r.status == TRIAL_OPEN)
            continue;
        trial_cells(run, i, copy, c);
        if (table_row(t, c->v))
            return -1;
    }
    return 0;
}

/* Rows of the points before `index` that are copies, from number *copy on. first[npoints] is each point's first trial.
 */
static int copied_rows(const struct run *run, const size_t *first, uint64_t index, size_t *copy, struct cells *c,
                       struct table *t)
{
    for (; *copy < run->ncopies && run->copy[*copy].index < index; ++*copy) {
        size_t lo = 0, hi = run->npoints; /* points stand in the order of the plan */
        while (hi - lo > 1) {
            size_t mid = (lo + hi) / 2;
            if (run->point[mid].index <= run->copy[*copy].of)
                lo = mid;
            else
                hi = mid;
        }
        if (point_rows(run, first[lo], &run->copy[*copy], c, t))
            return -1;
    }
    return 0;
}

/* In the order of the plan. */
static int trial_rows(const struct run *run, struct cells *c, struct table *t)
{
    trial_head(run, c);
    size_t *first = calloc(run->npoints + 1, sizeof *first), copy = 0;
    int bad = !first || table_columns(t, c->v, c->n);
    for (size_t i = run->ntrials; i-- > 0 && !bad;)
        first[run->trial[i].point] = i;
    for (size_t p = 0; p < run->npoints && !bad; p++)
        bad = copied_rows(run, first, run->point[p].index, &copy, c, t) || point_rows(run, first[p], NULL, c, t);
    bad = bad || copied_rows(run, first, UINT64_MAX, &copy, c, t);
    free(first);
    return bad ? -1 : 0;
}

static const char *const epoch_front[] = {"trial", "point", "repeat", "epoch", "id"};
static const char *const timing_names[] = {"trial",      "worker", "start", "wall", "cpu", "images_per_second",
                                           "peak_bytes", "id"};
#define EPOCH_FRONT (sizeof epoch_front / sizeof epoch_front[0])
#define TIMING_COLS (sizeof timing_names / sizeof timing_names[0])

static void epoch_head(const struct run *run, struct cells *c)
{
    for (size_t i = 0; i < EPOCH_FRONT; i++)
        text(c, epoch_front[i]);
    for (size_t i = 0; i < sweep_keys(run->sweep); i++)
        text(c, sweep_key(run->sweep, i));
    text(c, "lr");
    for (int m = 0; m < M_EPOCHS; m++)
        text(c, train_metrics[m].name);
    text(c, "grad_norm");
}

static void epoch_cells(const struct run *run, size_t i, const struct epoch_row *r, struct cells *c)
{
    const struct trial *t = &run->trial[i];
    const struct planned_point *p = &run->point[t->point];
    c->n = c->nums = 0;
    whole(c, 1, i + 1);
    whole(c, 1, p->index + 1);
    whole(c, 1, (uint64_t)t->repeat + 1);
    whole(c, 1, (uint64_t)r->epoch);
    id(c, t);
    for (size_t k = 0; k < sweep_keys(run->sweep); k++)
        text(c, p->value[k]);
    single(c, r->lr);
    for (int m = 0; m < M_EPOCHS; m++)
        single(c, epoch_number(r, m));
    single(c, r->grad_norm);
}

static void timing_head(const struct run *run, struct cells *c)
{
    (void)run;
    for (size_t i = 0; i < TIMING_COLS; i++)
        text(c, timing_names[i]);
}

static void timing_cells(const struct run *run, size_t i, struct cells *c)
{
    const struct trial *t = &run->trial[i];
    const struct trial_timing *m = &t->r.timing;
    c->n = c->nums = 0;
    whole(c, 1, i + 1);
    whole(c, 1, (uint64_t)m->worker + 1);
    const double v[] = {m->start, m->wall, m->cpu, m->images_per_second};
    for (size_t k = 0; k < sizeof v / sizeof v[0]; k++)
        number(c, v[k]);
    whole(c, 1, m->bytes);
    id(c, t);
}

/* A row is made in memory for as many cells as the widest table has. */
static int cells_init(const struct run *run, struct cells *c)
{
    *c = (struct cells){.cap = sweep_keys(run->sweep) + FRONT + FACTS + M_COUNT + 1};
    c->v = calloc(c->cap, sizeof *c->v);
    return c->v ? 0 : -1;
}

/* A failed row is remembered and told by commit. */
static void epoch_rows(const struct run *run, struct cells *c, struct csv_out *csv)
{
    for (size_t i = 0; i < run->ntrials; i++) {
        const struct trial *t = &run->trial[i];
        int open = t->r.status == TRIAL_OPEN;
        if (open && i >= run->end) /* as if it had not been trained */
            continue;
        for (int k = 0; k < t->nepochs && (open || k < t->r.epochs_run); k++) {
            epoch_cells(run, i, &t->epoch[k], c);
            csv_row(csv, c->v);
        }
    }
}

static void timing_rows(const struct run *run, struct cells *c, struct csv_out *csv)
{
    for (size_t i = 0; i < run->ntrials; i++)
        if (run->trial[i].r.status != TRIAL_OPEN && run->trial[i].r.status != TRIAL_SKIPPED) {
            timing_cells(run, i, c);
            csv_row(csv, c->v);
        }
}

static int stream(struct run *run, const char *suffix, void (*head)(const struct run *run, struct cells *c),
                  void (*rows)(const struct run *run, struct cells *c, struct csv_out *csv), int sync, struct err *e)
{
    char path[4200];
    struct cells c;
    if (cells_init(run, &c))
        return err_set(e, ERR_NOMEM, "no memory for the tables");
    head(run, &c);
    struct csv_out *csv = csv_begin(run_path(run, suffix, path, sizeof path), c.v, c.n, e);
    if (csv)
        rows(run, &c, csv);
    free(c.v);
    return csv ? csv_commit(csv, sync, e) : -1;
}

static int confusion_rows(const struct run *run, const struct dataset *set, const unsigned long long *sum, int sync,
                          struct err *e)
{
    char path[4200];
    size_t n = (size_t)data_classes(set);
    const char **cell = calloc(n + 1, sizeof *cell);
    char(*num)[STR_NUM] = calloc(n, sizeof *num);
    struct csv_out *csv = NULL;
    int bad = !cell || !num ? err_set(e, ERR_NOMEM, "no memory for the confusion matrix") : 0;
    if (!bad) {
        cell[0] = "true";
        for (size_t i = 0; i < n; i++)
            cell[i + 1] = data_target(set)->class_name[i];
        bad = !(csv = csv_begin(run_path(run, ".confusion.csv", path, sizeof path), cell, n + 1, e));
    }
    for (size_t i = 0; i < n && !bad; i++) {
        cell[0] = data_target(set)->class_name[i];
        for (size_t k = 0; k < n; k++) {
            snprintf(num[k], STR_NUM, "%llu", sum[i * n + k]);
            cell[k + 1] = num[k];
        }
        csv_row(csv, cell); /* a failed row is remembered and told by commit */
    }
    if (csv)
        bad = csv_commit(csv, sync, e);
    free(num);
    free(cell);
    return bad;
}

/* Those of an earlier grid say nothing about this one. */
static int no_classes(const struct run *run)
{
    static const char *const suffix[] = {".classes.csv", ".confusion.csv"};
    char path[4200];
    for (size_t i = 0; i < sizeof suffix / sizeof suffix[0]; i++)
        unlink(run_path(run, suffix[i], path, sizeof path));
    return 0;
}

/* Sums over the repeats of the best point; its AUC is their mean. */
static int write_classes(struct run *run, int sync, struct err *e)
{
    if (run->best_point == SIZE_MAX)
        return no_classes(run);
    const struct dataset *set = run->point[run->best_point].set;
    size_t n = (size_t)data_classes(set), repeats = 0;
    unsigned long long *sum = calloc(n * n, sizeof *sum);
    double *auc = calloc(n, sizeof *auc);
    struct table out;
    char path[4200];
    table_init(&out);
    int bad = sum && auc ? 0 : err_set(e, ERR_NOMEM, "no memory for the confusion matrix");
    for (size_t i = 0; i < run->ntrials && !bad; i++) {
        const struct trial *t = &run->trial[i];
        if (t->point != run->best_point || t->r.status != TRIAL_COMPLETE || t->r.classes != data_classes(set))
            continue;
        bad = journal_reread(&run->journal, t->r.at, t->r.classes, sum, auc, e);
        repeats++;
    }
    for (size_t i = 0; i < n && repeats && !bad; i++)
        auc[i] /= (double)repeats;
    if (repeats && !bad)
        bad = report_classes(sum, auc, data_target(set)->class_name, n, &out, e) ||
              table_write(&out, run_path(run, ".classes.csv", path, sizeof path), sync, e) ||
              confusion_rows(run, set, sum, sync, e);
    table_release(&out);
    free(auc);
    free(sum);
    return bad;
}

static int main_table(const struct run *run, struct table *t)
{
    struct cells c;
    int bad = cells_init(run, &c) || trial_rows(run, &c, t);
    free(c.v);
    return bad;
}

/* The first point that the table calls rank 1. */
static void take_best(struct run *run, const struct table *points)
{
    run->best_point = SIZE_MAX;
    for (size_t r = 0; r < points->rows && run->best_point == SIZE_MAX; r++) {
        double index = table_number(points, r, table_column(points, "point")) - 1;
        for (size_t p = 0; !strcmp(table_cell(points, r, "rank"), "1") && p < run->npoints; p++)
            if ((double)run->point[p].index == index)
                run->best_point = p;
    }
}

static int write_summaries(struct run *run, const struct table *trials, int sync, struct err *e)
{
    struct table points, effects;
    char path[4200], objective[80];
    objective_text(run, objective, sizeof objective);
    table_init(&points);
    table_init(&effects);
    int bad = report_points(trials, objective, &points, e);
    if (!bad)
        take_best(run, &points);
    bad = bad || table_write(&points, run_path(run, ".points.csv", path, sizeof path), sync, e) ||
          report_effects(trials, objective, &effects, e) ||
          table_write(&effects, run_path(run, ".effects.csv", path, sizeof path), sync, e);
    table_release(&points);
    table_release(&effects);
    return bad;
}

int tables_write(struct run *run, int sync, struct err *e)
{
    struct table trials;
    char path[4200];
    table_init(&trials);
    metrics_known(&run->metrics);
    trials.metrics = &run->metrics;
    int bad = main_table(run, &trials) ? err_set(e, ERR_NOMEM, "no memory for the main table") : 0;
    bad = bad || table_write(&trials, run_path(run, ".csv", path, sizeof path), sync, e) ||
          write_summaries(run, &trials, sync, e) || stream(run, ".epochs.csv", epoch_head, epoch_rows, sync, e) ||
          stream(run, ".timing.csv", timing_head, timing_rows, sync, e) || write_classes(run, sync, e) ||
          write_about(run, sync, e);
    table_release(&trials);
    return bad ? -1 : 0;
}
