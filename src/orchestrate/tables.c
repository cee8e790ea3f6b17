#include "orchestrate/run.h"

#include "orchestrate/planner.h"
#include "report/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

float objective_of(const struct run *run, const struct trial *t)
{
    return t->r.status == TRIAL_COMPLETE ? t->r.metric[run->spec->metric] : NAN;
}

int objective_better(const struct run *run, double a, double b)
{
    return run->spec->maximise ? a > b || (a == a && b != b) : a < b || (a == a && b != b);
}

void best_of_points(struct run *run)
{
    double best = NAN;
    run->best_point = SIZE_MAX;
    for (size_t i = 0; i < run->ntrials;) {
        size_t point = run->trial[i].point, n = 0;
        double sum = 0;
        for (; i < run->ntrials && run->trial[i].point == point; i++) {
            double v = objective_of(run, &run->trial[i]);
            if (v == v) {
                sum += v;
                n++;
            }
        }
        if (n && objective_better(run, sum / (double)n, best)) {
            best = sum / (double)n;
            run->best_point = point;
        }
    }
}

void describe_trial(const struct run *run, const struct trial *t, struct str *out)
{
    const struct planned_point *p = &run->point[t->point];
    char num[STR_NUM];
    for (size_t i = 0; i < sweep_keys(run->sweep); i++)
        if (p->value[i][0])
            str_addf(out, "%s=%s ", sweep_key(run->sweep, i), p->value[i]);
    str_addf(out, "%s=%s", train_metrics[run->spec->metric].name, str_float(num, objective_of(run, t)));
}

/* --- cells --- */

struct cells { /* one row under construction: numbers are printed into num */
    const char *v[512];
    char num[64][STR_NUM];
    size_t n, nums;
};

static void text(struct cells *c, const char *s)
{
    if (c->n < sizeof c->v / sizeof c->v[0])
        c->v[c->n++] = s;
}

static void number(struct cells *c, double v)
{
    if (c->nums < sizeof c->num / sizeof c->num[0])
        text(c, str_double(c->num[c->nums++], v));
}

static void single(struct cells *c, float v)
{
    if (c->nums < sizeof c->num / sizeof c->num[0])
        text(c, str_float(c->num[c->nums++], v));
}

static void trial_head(const struct run *run, struct cells *c)
{
    static const char *const front[] = {"trial", "point", "repeat", "seed", "status"};
    static const char *const facts[] = {"params",       "macs", "receptive_field", "uses_batchnorm",
                                        "uses_dropout", "head", "epochs_run",      "best_epoch"};
    for (size_t i = 0; i < sizeof front / sizeof front[0]; i++)
        text(c, front[i]);
    for (size_t i = 0; i < sweep_keys(run->sweep); i++)
        text(c, sweep_key(run->sweep, i));
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        text(c, facts[i]);
    for (int i = 0; i < M_COUNT; i++)
        text(c, train_metrics[i].name);
    text(c, "error");
}

static void trial_cells(const struct run *run, size_t i, struct cells *c)
{
    const struct trial *t = &run->trial[i];
    const struct planned_point *p = &run->point[t->point];
    int trained = t->r.status != TRIAL_SKIPPED;
    c->n = c->nums = 0;
    number(c, (double)i + 1);
    number(c, (double)p->index + 1);
    number(c, trained ? t->repeat + 1 : NAN);
    number(c, trained ? run->spec->seed + t->repeat : NAN);
    text(c, trial_status_name[t->r.status]);
    for (size_t k = 0; k < sweep_keys(run->sweep); k++)
        text(c, p->value[k]);
    number(c, p->has_facts ? (double)p->facts.params : NAN);
    number(c, p->has_facts ? p->facts.macs : NAN);
    number(c, p->has_facts ? p->facts.receptive_field : NAN);
    text(c, !p->has_facts ? "" : p->batchnorm ? "yes" : "no");
    text(c, !p->has_facts ? "" : p->dropout ? "yes" : "no");
    text(c, p->has_facts ? p->facts.head : "");
    number(c, trained ? t->r.epochs_run : NAN);
    number(c, t->r.best_epoch ? t->r.best_epoch : NAN);
    for (int m = 0; m < M_COUNT; m++)
        single(c, trained ? t->r.metric[m] : NAN);
    text(c, t->r.error);
}

static char *path_of(const struct run *run, const char *suffix, char *buf, size_t n)
{
    return report_path(buf, n, run->o->out, run->spec->name, suffix);
}

static int main_table(const struct run *run, struct table *t)
{
    struct cells c = {.n = 0};
    trial_head(run, &c);
    if (table_columns(t, c.v, c.n))
        return -1;
    for (size_t i = 0; i < run->ntrials; i++) {
        if (run->trial[i].r.status == TRIAL_OPEN)
            continue;
        trial_cells(run, i, &c);
        if (table_row(t, c.v))
            return -1;
    }
    return 0;
}

static int epoch_rows(const struct run *run, struct csv_out *csv)
{
    for (size_t i = 0; i < run->ntrials; i++) {
        const struct trial *t = &run->trial[i];
        if (t->r.status == TRIAL_OPEN)
            continue; /* its epochs appear with its row */
        for (int k = 0; k < t->nepochs && k < t->r.epochs_run; k++) {
            struct cells c = {.n = 0};
            const struct epoch_row *r = &t->epoch[k];
            number(&c, (double)i + 1);
            number(&c, (double)run->point[t->point].index + 1);
            number(&c, t->repeat + 1);
            number(&c, r->epoch);
            const float v[] = {r->lr, r->train_loss, r->train_accuracy, r->val_loss, r->val_accuracy, r->grad_norm};
            for (size_t m = 0; m < sizeof v / sizeof v[0]; m++)
                single(&c, v[m]);
            if (csv_row(csv, c.v))
                return -1;
        }
    }
    return 0;
}

static int timing_rows(const struct run *run, struct csv_out *csv)
{
    for (size_t i = 0; i < run->ntrials; i++) {
        const struct trial *t = &run->trial[i];
        if (t->r.status == TRIAL_OPEN || t->r.status == TRIAL_SKIPPED)
            continue;
        struct cells c = {.n = 0};
        const double v[] = {(double)i + 1,   t->r.timing.worker + 1,        t->r.timing.start,        t->r.timing.wall,
                            t->r.timing.cpu, t->r.timing.images_per_second, (double)t->r.timing.bytes};
        for (size_t m = 0; m < sizeof v / sizeof v[0]; m++)
            number(&c, v[m]);
        if (csv_row(csv, c.v))
            return -1;
    }
    return 0;
}

static const char *const epoch_head[] = {"trial",      "point",          "repeat",   "epoch",        "lr",
                                         "train_loss", "train_accuracy", "val_loss", "val_accuracy", "grad_norm"};
static const char *const timing_head[] = {"trial", "worker", "start", "wall", "cpu", "images_per_second", "peak_bytes"};

static int stream(struct run *run, const char *suffix, const char *const *head, size_t cols,
                  int (*rows)(const struct run *run, struct csv_out *csv), int sync, struct err *e)
{
    char path[4200];
    struct csv_out *csv = csv_begin(path_of(run, suffix, path, sizeof path), head, cols, e);
    if (!csv)
        return -1;
    rows(run, csv); /* a failed row is remembered and told by commit */
    return csv_commit(csv, sync, e);
}

/* --- conditions --- */

/* 1 or 0 for condition i of a complete trial; -1 when it cannot be told. */
struct judge {
    struct planner planner;
    struct plan_point at;
    size_t point; /* that `at` stands for; SIZE_MAX: none */
};

static int holds(struct run *run, struct judge *j, size_t condition, const struct trial *t)
{
    if (j->point != t->point) {
        struct err_list errs = {0};
        int bad = planner_point(&j->planner, run->point[t->point].index, &j->at, &errs);
        err_list_release(&errs);
        j->point = bad ? SIZE_MAX : t->point;
        if (bad)
            return -1;
    }
    return sweep_result_holds(run->sweep, condition, j->at.point, j->at.graph, t->r.metric);
}

struct verdict {
    size_t met, judged, best_met, best_judged;
};

static struct verdict judge_condition(struct run *run, struct judge *j, size_t condition, int only_best)
{
    struct verdict v = {0};
    for (size_t i = 0; i < run->ntrials; i++) {
        const struct trial *t = &run->trial[i];
        int best = t->point == run->best_point;
        if (t->r.status != TRIAL_COMPLETE || (only_best && !best))
            continue;
        int yes = holds(run, j, condition, t) == 1;
        v.judged++;
        v.met += (size_t)yes;
        v.best_judged += (size_t)best;
        v.best_met += (size_t)(best && yes);
    }
    return v;
}

static void judge_init(struct run *run, struct judge *j)
{
    planner_init(&j->planner, run->sweep, &run->sets, run->k);
    j->point = SIZE_MAX;
}

int conditions_met(struct run *run)
{
    struct judge j;
    int met = 1;
    if (!sweep_results(run->sweep))
        return 1;
    judge_init(run, &j);
    best_of_points(run);
    for (size_t i = 0; i < sweep_results(run->sweep); i++) {
        struct verdict v = judge_condition(run, &j, i, 1);
        met &= v.best_judged && v.best_met == v.best_judged;
    }
    planner_release(&j.planner);
    return met;
}

/* --- about, classes, confusion --- */

static int about_row(struct csv_out *csv, const char *key, const char *value)
{
    const char *cell[] = {key, value};
    return csv_row(csv, cell);
}

static void about_number(struct csv_out *csv, const char *key, double v)
{
    char num[STR_NUM];
    about_row(csv, key, str_double(num, v));
}

static void about_conditions(struct run *run, struct csv_out *csv)
{
    struct judge j;
    judge_init(run, &j);
    for (size_t i = 0; i < sweep_results(run->sweep); i++) {
        char key[64], value[64];
        struct verdict v = judge_condition(run, &j, i, 0);
        snprintf(key, sizeof key, "require.%zu", i + 1);
        about_row(csv, key, sweep_result_text(run->sweep, i));
        snprintf(key, sizeof key, "require.%zu.met", i + 1);
        snprintf(value, sizeof value, "%zu/%zu", v.met, v.judged);
        about_row(csv, key, value);
        snprintf(key, sizeof key, "require.%zu.best", i + 1);
        about_row(csv, key, !v.best_judged ? "" : v.best_met == v.best_judged ? "yes" : "no");
    }
    planner_release(&j.planner);
}

/* A point that breaks a model condition is skipped with the condition as its reason. */
static void about_models(const struct run *run, struct csv_out *csv)
{
    for (size_t i = 0; i < sweep_models(run->sweep); i++) {
        char key[64], value[64];
        size_t broken = 0;
        for (size_t p = 0; p < run->npoints; p++)
            broken += run->point[p].skip && !strcmp(run->point[p].skip, sweep_model_text(run->sweep, i));
        snprintf(key, sizeof key, "model.%zu", i + 1);
        about_row(csv, key, sweep_model_text(run->sweep, i));
        snprintf(key, sizeof key, "model.%zu.broken", i + 1);
        snprintf(value, sizeof value, "%zu/%zu", broken, run->npoints);
        about_row(csv, key, value);
    }
}

static int write_about(struct run *run, int sync, struct err *e)
{
    static const char *const head[] = {"key", "value"};
    char path[4200], objective[80];
    struct csv_out *csv = csv_begin(path_of(run, ".about.csv", path, sizeof path), head, 2, e);
    if (!csv)
        return -1;
    const struct planned_point *p = &run->point[run->best_point == SIZE_MAX ? 0 : run->best_point];
    snprintf(objective, sizeof objective, "%s %s", run->spec->maximise ? "max" : "min",
             train_metrics[run->spec->metric].name);
    about_row(csv, "name", run->spec->name);
    about_row(csv, "dataset", p->set->name);
    about_number(csv, "train", (double)p->n[DATA_TRAIN]);
    about_number(csv, "validation", (double)p->n[DATA_VALIDATION]);
    about_number(csv, "test", (double)p->n[DATA_TEST]);
    about_number(csv, "classes", p->set->classes);
    about_row(csv, "objective", objective);
    about_number(csv, "repeats", run->spec->repeats);
    about_number(csv, "points", (double)run->npoints);
    about_number(csv, "trials", (double)run->ntrials);
    about_models(run, csv);
    if (sweep_results(run->sweep))
        about_conditions(run, csv);
    return csv_commit(csv, sync, e);
}

static int confusion_rows(const struct run *run, const struct dataset *set, const unsigned long long *sum, int sync,
                          struct err *e)
{
    char path[4200];
    struct cells *c = calloc(1, sizeof *c);
    size_t n = (size_t)set->classes;
    char(*num)[STR_NUM] = calloc(n, sizeof *num);
    struct csv_out *csv = NULL;
    int bad = !c || !num ? err_set(e, ERR_NOMEM, "no memory for the confusion matrix") : 0;
    if (!bad) {
        text(c, "true");
        for (size_t i = 0; i < n; i++)
            text(c, set->class_name[i]);
        bad = !(csv = csv_begin(path_of(run, ".confusion.csv", path, sizeof path), c->v, c->n, e));
    }
    for (size_t i = 0; i < n && !bad; i++) {
        c->n = 0;
        text(c, set->class_name[i]);
        for (size_t k = 0; k < n; k++)
            text(c, str_double(num[k], (double)sum[i * n + k]));
        csv_row(csv, c->v);
    }
    if (csv)
        bad = csv_commit(csv, sync, e);
    free(num);
    free(c);
    return bad;
}

/* Sums over the repeats of the best point; its AUC is their mean. */
static int write_classes(struct run *run, int sync, struct err *e)
{
    if (run->best_point == SIZE_MAX)
        return 0;
    const struct dataset *set = run->point[run->best_point].set;
    size_t n = (size_t)set->classes, repeats = 0;
    unsigned long long *sum = calloc(n * n, sizeof *sum);
    double *auc = calloc(n, sizeof *auc);
    struct table out;
    char path[4200];
    table_init(&out);
    int bad = sum && auc ? 0 : err_set(e, ERR_NOMEM, "no memory for the confusion matrix");
    for (size_t i = 0; i < run->ntrials && !bad; i++) {
        const struct trial *t = &run->trial[i];
        if (t->point != run->best_point || t->r.status != TRIAL_COMPLETE || t->r.classes != set->classes)
            continue;
        bad = journal_reread(&run->journal, t->r.at, t->r.classes, sum, auc, e);
        repeats++;
    }
    for (size_t i = 0; i < n && repeats && !bad; i++)
        auc[i] /= (double)repeats;
    if (repeats && !bad)
        bad = report_classes(sum, auc, set->class_name, n, &out, e) ||
              table_write(&out, path_of(run, ".classes.csv", path, sizeof path), sync, e) ||
              confusion_rows(run, set, sum, sync, e);
    table_release(&out);
    free(auc);
    free(sum);
    return bad;
}

static int write_summaries(const struct run *run, const struct table *trials, int sync, struct err *e)
{
    struct table points, effects;
    char path[4200], objective[80];
    snprintf(objective, sizeof objective, "%s %s", run->spec->maximise ? "max" : "min",
             train_metrics[run->spec->metric].name);
    table_init(&points);
    table_init(&effects);
    int bad = report_points(trials, objective, &points, e) ||
              table_write(&points, path_of(run, ".points.csv", path, sizeof path), sync, e) ||
              report_effects(trials, objective, &effects, e) ||
              table_write(&effects, path_of(run, ".effects.csv", path, sizeof path), sync, e);
    table_release(&points);
    table_release(&effects);
    return bad;
}

int tables_write(struct run *run, int sync, struct err *e)
{
    struct table trials;
    char path[4200];
    best_of_points(run);
    table_init(&trials);
    int bad = main_table(run, &trials) ? err_set(e, ERR_NOMEM, "no memory for the main table") : 0;
    bad = bad || table_write(&trials, path_of(run, ".csv", path, sizeof path), sync, e) ||
          write_summaries(run, &trials, sync, e) ||
          stream(run, ".epochs.csv", epoch_head, sizeof epoch_head / sizeof epoch_head[0], epoch_rows, sync, e) ||
          stream(run, ".timing.csv", timing_head, sizeof timing_head / sizeof timing_head[0], timing_rows, sync, e) ||
          write_classes(run, sync, e) || write_about(run, sync, e);
    table_release(&trials);
    return bad ? -1 : 0;
}
