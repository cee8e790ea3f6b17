/* about.c - NAME.about.csv: what the sweep is, and how its conditions fare. */
#include "orchestrate/records/records.h"

#include "orchestrate/plan.h"
#include "orchestrate/planner.h"
#include "orchestrate/pruning.h"
#include "orchestrate/ranking.h"
#include "orchestrate/records/conditions.h"
#include "report/report.h"
#include "train/task.h"

#include <stdio.h>
#include <string.h>

struct about_fact {
    const char *key, *value;
};

static const struct column_row about_columns[] = {
    COLUMN_FIELD("key",
                 "name, dataset, objective, sizes, ...; metric.NAME, set.KEY (no default), model.N and require.N "
                 "(conditions)",
                 column_text, struct about_fact, key),
    COLUMN_FIELD("value", "what it is", column_text, struct about_fact, value),
};
const struct column_table about_table = {"NAME.about.csv", "a fact of the sweep", COLUMNS_OF(about_columns)};

static void about_row(struct record_file *f, const char *key, const char *value)
{
    record_row(f, &(struct about_fact){key, value});
}

static void about_number(struct record_file *f, const char *key, double v)
{
    char num[STR_NUM];
    about_row(f, key, str_double(num, v));
}

static int about_conditions(struct sweep_run *run, struct record_file *f, struct err *e)
{
    struct judge j;
    judge_init(run, &j);
    for (size_t i = 0; i < sweep_results(run->sweep); i++) {
        char key[64], value[64];
        struct verdict v = judge_condition(run, &j, i, 0);
        snprintf(key, sizeof key, "require.%zu", i + 1);
        about_row(f, key, sweep_result_text(run->sweep, i));
        snprintf(key, sizeof key, "require.%zu.met", i + 1);
        snprintf(value, sizeof value, "%zu/%zu", v.met, v.judged);
        about_row(f, key, value);
        snprintf(key, sizeof key, "require.%zu.best", i + 1);
        about_row(f, key, !v.best_judged ? "" : v.best_met == v.best_judged ? "yes" : "no");
    }
    return judge_end(&j, e);
}

/* A point that breaks a model condition is skipped with the condition as its reason. */
static void about_models(const struct sweep_run *run, struct record_file *f)
{
    for (size_t i = 0; i < sweep_models(run->sweep); i++) {
        char key[64], value[64];
        size_t broken = 0;
        for (size_t p = 0; p < run->plan->npoints; p++)
            broken += run->plan->point[p].skip && !strcmp(run->plan->point[p].skip, sweep_model_text(run->sweep, i));
        snprintf(key, sizeof key, "model.%zu", i + 1);
        about_row(f, key, sweep_model_text(run->sweep, i));
        snprintf(key, sizeof key, "model.%zu.broken", i + 1);
        snprintf(value, sizeof value, "%zu/%zu", broken, run->plan->npoints);
        about_row(f, key, value);
    }
}

static int is_axis(const struct sweep_run *run, const char *key)
{
    for (size_t i = 0; i < sweep_keys(run->sweep); i++)
        if (!strcmp(sweep_key(run->sweep, i), key))
            return 1;
    return 0;
}

/* The expression of a key whose value may be another at every point; NULL: it is none. */
static const char *expression_of(const struct sweep_run *run, const char *key)
{
    for (size_t i = 0; i < sweep_made(run->sweep); i++)
        if (!strcmp(sweep_made_key(run->sweep, i), key))
            return sweep_made_text(run->sweep, i);
    return NULL;
}

/* Whether the text, as point.canonical has it, is the default of a key of this training's tables. */
static int is_default(const struct point *p, const char *key, const char *text)
{
    const char *owner[] = {optimizer_types[p->train.optimizer]->name, schedule_types[p->train.schedule]->name,
                           loss_name((size_t)p->train.loss), p->data.dataset};
    struct key_info k;
    for (struct key_walk w = {0}; !config_key(&w, &k);) {
        size_t n = strlen(k.section);
        int owned = !k.owner;
        for (size_t o = 0; o < sizeof owner / sizeof *owner && !owned; o++)
            owned = !strcmp(k.owner, owner[o]);
        if (strncmp(key, k.section, n) || key[n] != '.' || strcmp(key + n + 1, k.param->name) || !k.param->preset ||
            !owned)
            continue;
        _Alignas(16) unsigned char value[TRAIN_ARGS];
        char preset[256];
        struct err e = {0};
        struct param q = *k.param;
        q.at = 0;
        return !param_set(&q, value, q.preset, NULL, &e) && !strcmp(param_text(&q, value, preset, sizeof preset), text);
    }
    return 0;
}

/* set.KEY: what every point has and no default says. The network's layers are in a table of their own. 0, or -1 with
 * *e. */
static int about_settings(struct sweep_run *run, const struct planned_point *of, struct record_file *f, struct err *e)
{
    struct planner planner;
    struct plan_point at;
    struct err_list errs = {0};
    planner_init(&planner, run->sweep, run->sets);
    struct proposal values;
    plan_proposal(run, of->index, &values);
    int bad = planner_point(&planner, of->index, &values, &at, &errs);
    if (bad)
        *e = errs.v[0];
    const char *line = bad ? NULL : at.point->canonical;
    while (line && *line) {
        char key[256], name[260], *value;
        size_t n = strcspn(line, "\n");
        snprintf(key, sizeof key, "%.*s", (int)n, line);
        line += n + (line[n] == '\n');
        value = strstr(key, " = ");
        if (!value || n >= sizeof key)
            continue;
        *value = 0;
        value += strlen(" = ");
        snprintf(name, sizeof name, "set.%s", key);
        const char *made = expression_of(run, key);
        if (strchr(key, '.') && strcmp(key, "model.layers") && !is_axis(run, key) &&
            (made || !is_default(at.point, key, value)))
            about_row(f, name, made ? made : value);
    }
    err_list_release(&errs);
    planner_release(&planner);
    return bad;
}

unsigned metrics_measured(const struct sweep_run *run)
{
    unsigned metrics = 0;
    for (size_t i = 0; i < run->plan->npoints; i++)
        metrics |= point_kind(run, &run->plan->point[i])->metrics;
    return metrics;
}

void metrics_known(struct sweep_run *run)
{
    struct records *rec = run->records;
    unsigned measured = metrics_measured(run);
    rec->columns = rec->epoch_columns = 0;
    for (int m = 0; m < M_COUNT; m++)
        if (measured >> train_metrics[m].metric & 1) {
            rec->column[rec->columns++] = m;
            rec->epoch_columns += m < M_EPOCHS;
        }
    rec->metrics.n = 0;
    for (int m = 0; m < METRICS; m++) {
        if (!(measured >> m & 1))
            continue;
        const struct metric *x = &train_metrics[m];
        struct report_metric *r = &rec->metrics.row[rec->metrics.n++];
        *r = (struct report_metric){
            .larger = x->larger_is_better, .low = x->low, .high = x->high, .percent = !strcmp(x->unit, "%")};
        snprintf(r->name, sizeof r->name, "%s", x->what);
    }
}

static void about_metrics(const struct report_metrics *known, struct record_file *f)
{
    for (size_t m = 0; m < known->n; m++) {
        char key[64], value[96];
        snprintf(key, sizeof key, "metric.%s", known->row[m].name);
        about_row(f, key, report_metric_text(&known->row[m], value, sizeof value));
    }
}

int write_about(struct sweep_run *run, int sync, struct err *e)
{
    struct record_file f;
    if (record_begin(&f, run, &about_table, NULL, e))
        return -1;
    const struct planned_point *of =
        &run->plan->point[run->records->best_point == SIZE_MAX ? 0 : run->records->best_point];
    const struct plan_kind *p = point_kind(run, of);
    about_row(&f, "name", run->spec->name);
    about_row(&f, "dataset", p->set->name);
    about_number(&f, "train", (double)p->n[DATA_TRAIN]);
    about_number(&f, "validation", (double)p->n[DATA_VALIDATION]);
    about_number(&f, "test", (double)p->n[DATA_TEST]);
    if (data_classes(p->set))
        about_number(&f, "classes", data_classes(p->set));
    else if (data_next(p->set))
        about_number(&f, "vocabulary", target_of(p->set).vocabulary);
    else
        about_number(&f, "targets", data_numbers(p->set));
    about_row(&f, "objective", run->spec->objective);
    if (sweep_search(run->sweep)->type->draws)
        about_row(&f, "search", sweep_search(run->sweep)->type->name);
    if (run->pruning)
        about_row(&f, "prune", run->pruning->type->name);
    about_number(&f, "repeats", run->spec->repeats);
    if (run->spec->folds)
        about_number(&f, "folds", run->spec->folds);
    about_number(&f, "points", (double)(run->plan->npoints + run->plan->ncopies));
    about_number(&f, "trials", (double)run->plan->ntrials);
    about_metrics(&run->records->metrics, &f);
    int bad = about_settings(run, of, &f, e);
    about_models(run, &f);
    bad = bad || (sweep_results(run->sweep) && about_conditions(run, &f, e));
    return record_end(&f, bad, sync, e);
}
