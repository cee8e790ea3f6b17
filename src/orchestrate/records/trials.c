/* trials.c - NAME.csv: a row for each trial, made of what the trial and its point have when it is asked for. */
#include "orchestrate/records/trials.h"

#include "orchestrate/plan.h"
#include "orchestrate/pruning.h"
#include "orchestrate/records/records.h"
#include "train/warnings.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct main_row {
    uint32_t trial, copy; /* copy: 0, or 1 + the number of the point in whose name the trial stands there again */
};

/* What the cells of a row are made of. */
struct cell_source {
    const struct main_table *m;
    const struct sweep_run *run;
    const struct trial *t;
    const struct planned_point *p;   /* the trial's */
    const struct copied_point *copy; /* NULL, or the point in whose name it stands in the row */
};

/* --- cells: whole numbers never pass through a float or a double; what is not known is empty --- */

static const char *whole_text(char buf[STR_NUM], int known, uint64_t v)
{
    *buf = 0;
    if (known)
        str_whole(buf, v);
    return buf;
}

static int was_trained(const struct cell_source *c)
{
    return c->t->r.status != TRIAL_SKIPPED;
}

static const char *trial_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    (void)i;
    return whole_text(buf, 1, (uint64_t)(c->t - c->run->plan->trial) + 1);
}

static const char *point_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    (void)i;
    return whole_text(buf, 1, (c->copy ? c->copy->index : c->p->index) + 1);
}

static const char *repeat_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    (void)i;
    return whole_text(buf, was_trained(c), (uint64_t)c->t->repeat + 1);
}

/* Only of a cross-validation. */
static size_t count_fold(const void *of)
{
    const struct sweep_run *run = of;
    return !run || run->spec->folds ? 2 : 0;
}

static const char *name_fold(const void *of, size_t i, const char **help, struct arena *a)
{
    (void)of;
    (void)a;
    *help = i ? "where data.folds is set: that" : "where data.folds is set: the fold that validates";
    return i ? "folds" : "fold";
}

static const struct column_kind fold_columns = {count_fold, name_fold};

static const char *fold_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    const int folds = c->run->spec->folds;
    return whole_text(buf, was_trained(c), (uint64_t)(i ? folds : c->t->repeat % folds + 1));
}

static const char *seed_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    (void)i;
    return whole_text(buf, was_trained(c), (uint64_t)c->run->spec->seed + (uint64_t)c->t->repeat);
}

static const char *status_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    (void)i;
    (void)buf;
    return trial_status_name[c->t->r.status];
}

const char *trial_id_text(char buf[STR_NUM], const struct trial *t)
{
    *buf = 0;
    if (t->r.status != TRIAL_SKIPPED)
        snprintf(buf, STR_NUM, "%016" PRIx64, t->r.key);
    return buf;
}

static const char *id_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    (void)i;
    return trial_id_text(buf, c->t);
}

static const char *same_as_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    (void)i;
    return whole_text(buf, c->copy != NULL, c->p->index + 1);
}

static const char *batchnorm_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    (void)i;
    (void)buf;
    return !c->t->kind->has_facts ? "" : c->t->kind->batchnorm ? "yes" : "no";
}

static const char *dropout_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    (void)i;
    (void)buf;
    return !c->t->kind->has_facts ? "" : c->t->kind->dropout ? "yes" : "no";
}

static const char *precision_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    (void)i;
    (void)buf;
    return c->t->kind->has_facts ? nn_precision_name((size_t)c->t->kind->precision) : "";
}

static const char *epochs_run_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    (void)i;
    return whole_text(buf, was_trained(c), (uint64_t)c->t->r.epochs_run);
}

static const char *best_epoch_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    (void)i;
    return whole_text(buf, c->t->r.best_epoch != 0, (uint64_t)c->t->r.best_epoch);
}

/* By how much the trial's fold is smaller than the first, of which the point knows the size. */
static size_t smaller_fold(const struct cell_source *c)
{
    const size_t *n = c->t->kind->n, folds = (size_t)c->run->spec->folds;
    if (!folds || !was_trained(c))
        return 0;
    const size_t larger = (n[DATA_TRAIN] + n[DATA_VALIDATION]) % folds;
    return larger && (size_t)c->t->repeat % folds >= larger;
}

static const char *train_samples_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    (void)i;
    return whole_text(buf, 1, c->t->kind->n[DATA_TRAIN] + smaller_fold(c));
}

static const char *val_samples_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    (void)i;
    return whole_text(buf, 1, c->t->kind->n[DATA_VALIDATION] - smaller_fold(c));
}

static const char *test_samples_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    (void)i;
    return whole_text(buf, 1, c->t->kind->n[DATA_TEST]);
}

static const char *warning_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    const struct warning_type *w = warning_row(c->t->warning);
    (void)i;
    (void)buf;
    return w ? w->name : "";
}

static const char *warned_at_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    (void)i;
    return whole_text(buf, c->t->warned_at != 0, (uint64_t)c->t->warned_at);
}

/* Only where dropout of some point may begin late. */
static size_t count_late_dropout(const void *of)
{
    const struct sweep_run *run = of;
    for (size_t p = 0; run && p < run->plan->npoints; p++)
        if (point_kind(run, &run->plan->point[p])->late_dropout)
            return 1;
    return !run;
}

static const char *name_dropout_at(const void *of, size_t i, const char **help, struct arena *a)
{
    (void)of;
    (void)i;
    (void)a;
    *help = "where train.dropout_from is not 1: the first epoch in which dropout acted";
    return "dropout_at";
}

static const struct column_kind late_dropout_column = {count_late_dropout, name_dropout_at};

static const char *dropout_at_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    (void)i;
    return whole_text(buf, c->t->dropout_at != 0, (uint64_t)c->t->dropout_at);
}

/* Only where [prune] has a rule: what one of the trials that are given up was. */
enum { PRUNED_BY, PRUNED_AT, PRUNED_VALUE, PRUNED_AGAINST, PRUNED_COLUMNS };

static size_t count_pruned(const void *of)
{
    const struct sweep_run *run = of;
    return !run || run->pruning ? PRUNED_COLUMNS : 0;
}

static const char *name_pruned(const void *of, size_t i, const char **help, struct arena *a)
{
    static const char *const name[] = {"pruned_by", "pruned_at", "pruned_value", "pruned_against"};
    static const char *const says[] = {"where prune.method is set: the rule by which the trial was given up",
                                       "likewise: after which epoch",
                                       "likewise: what it had, the best of the objective up to that epoch",
                                       "likewise: what that was compared with, of other trials after as many epochs"};
    (void)of;
    (void)a;
    *help = says[i];
    return name[i];
}

static const struct column_kind pruned_columns = {count_pruned, name_pruned};

static const char *pruned_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    if (c->t->r.status != TRIAL_PRUNED)
        return "";
    const struct prune_verdict *v = pruning_verdict(c->run, c->t);
    switch (i) {
    case PRUNED_BY:
        return c->run->pruning->type->name;
    case PRUNED_AT:
        return whole_text(buf, 1, (uint64_t)v->epoch);
    default:
        return str_float(buf, i == PRUNED_VALUE ? v->value : v->against);
    }
}

static const char *error_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    (void)i;
    (void)buf;
    return c->t->r.error;
}

/* --- columns of which there are many --- */

static size_t count_axes(const void *of)
{
    const struct sweep_run *run = of;
    return run ? sweep_keys(run->sweep) : 1;
}

static const char *name_axis(const void *of, size_t i, const char **help, struct arena *a)
{
    const struct sweep_run *run = of;
    (void)help;
    (void)a;
    return run ? sweep_key(run->sweep, i) : "SECTION.KEY";
}

const struct column_kind axis_columns = {count_axes, name_axis};

static const char *axis_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    return plan_value(c->run, c->copy ? c->copy->index : c->p->index, i, buf);
}

/* These facts stand before the others, in this order. */
static const char *const first_facts[] = {"params", "macs", "receptive_field", "head"};
enum { FIRST_FACTS = sizeof first_facts / sizeof *first_facts, HEAD_FACT = FIRST_FACTS - 1 };

static int is_first_fact(const char *name)
{
    for (size_t i = 0; i < FIRST_FACTS; i++)
        if (!strcmp(first_facts[i], name))
            return 1;
    return 0;
}

/* Returns the i-th fact in the order of the table; NULL after the last. */
static const struct nn_fact *fact_in_order(size_t i)
{
    size_t others = FIRST_FACTS;
    for (const struct nn_fact *f = nn_fact_rows; f->name; f++)
        if (i < FIRST_FACTS ? !strcmp(f->name, first_facts[i]) : !is_first_fact(f->name) && others++ == i)
            return f;
    return NULL;
}

static size_t count_facts(const void *of)
{
    size_t n = 0;
    (void)of;
    while (fact_in_order(n))
        n++;
    return n;
}

static const char *name_fact(const void *of, size_t i, const char **help, struct arena *a)
{
    (void)of;
    (void)a;
    *help = fact_in_order(i)->help;
    return fact_in_order(i)->name;
}

static const struct column_kind fact_columns = {count_facts, name_fact};

static const char *fact_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    const struct nn_fact *fact = c->m->fact[i];
    const struct nn_facts *facts = &c->t->kind->facts;
    return !c->t->kind->has_facts ? "" : fact->number ? str_double(buf, fact->number(facts)) : facts->head;
}

static size_t count_metrics(const void *of)
{
    const struct sweep_run *run = of;
    return run ? (size_t)run->records->columns : M_COUNT;
}

const char *name_metric(const void *of, size_t i, const char **help, struct arena *a)
{
    const struct sweep_run *run = of;
    const struct metric *m = &train_metrics[run ? run->records->column[i] : (int)i];
    (void)a;
    *help = m->help;
    return m->name;
}

static const struct column_kind metric_columns = {count_metrics, name_metric};

static const char *metric_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct cell_source *c = row;
    return str_float(buf, was_trained(c) ? trial_metric(c->run->plan, c->t, c->run->records->column[i]) : NAN);
}

/* --- the table --- */

static const struct column_row columns[] = {
    COLUMN("trial", "number of the trial in the plan", trial_cell),
    COLUMN("point", "number of the point in the grid", point_cell),
    COLUMN("repeat", "number of the repeat of the point", repeat_cell),
    COLUMN("seed", "sweep.seed + repeat - 1", seed_cell),
    COLUMN_KIND(&fold_columns, NULL, fold_cell, 0, 0),
    COLUMN("status", "open, complete, pruned, failed or skipped", status_cell),
    COLUMN("id", "name of the training: the hash of its settings and seed, whatever the grid around it", id_cell),
    COLUMN("same_as", "the earlier point that is the same training, whose results these are", same_as_cell),
    COLUMN_KIND(&axis_columns, "the axes of the grid: the key's name, and the value", axis_cell, 0, 0),
    COLUMN_KIND(&fact_columns, NULL, fact_cell, 0, HEAD_FACT),
    COLUMN("uses_batchnorm", "yes or no: the network has this layer", batchnorm_cell),
    COLUMN("uses_dropout", "yes or no: the network has this layer", dropout_cell),
    COLUMN_KIND(&fact_columns, NULL, fact_cell, HEAD_FACT, 1),
    COLUMN("precision", "train.precision", precision_cell),
    COLUMN_KIND(&fact_columns, NULL, fact_cell, FIRST_FACTS, 0),
    COLUMN("epochs_run", "epochs that were trained", epochs_run_cell),
    COLUMN("best_epoch", "the epoch whose weights the metrics are of", best_epoch_cell),
    COLUMN("train_samples", "samples that are trained", train_samples_cell),
    COLUMN("val_samples", "samples of the validation split", val_samples_cell),
    COLUMN("test_samples", "samples of the test split", test_samples_cell),
    COLUMN_KIND(&metric_columns, NULL, metric_cell, 0, 0),
    COLUMN("warning", "the first rule of `sweep list warnings` that held after an epoch", warning_cell),
    COLUMN("warned_at", "that epoch", warned_at_cell),
    COLUMN_KIND(&late_dropout_column, NULL, dropout_at_cell, 0, 0),
    COLUMN_KIND(&pruned_columns, NULL, pruned_cell, 0, 0),
    COLUMN("error", "why the trial failed or was skipped", error_cell),
};
const struct column_table trial_table = {"NAME.csv", "a trial", COLUMNS_OF(columns)};

/* table.make: of the trial's own point or for one that is the same training. */
static const char *main_cell(const void *ctx, size_t row, size_t col, char buf[STR_NUM])
{
    const struct main_table *m = ctx;
    const struct trial_plan *plan = m->run->plan;
    const struct main_row *r = &m->row[row];
    const struct trial *t = &plan->trial[r->trial];
    const struct cell_source source = {m, m->run, t, &plan->point[t->point], r->copy ? &plan->copy[r->copy - 1] : NULL};
    return sheet_cell(&m->sheet, col, &source, buf);
}

static int main_columns(struct main_table *m)
{
    size_t facts = count_facts(NULL);
    if (sheet_init(&m->sheet, &trial_table, m->run) || !(m->fact = arena_take(&m->sheet.mem, facts * sizeof *m->fact)))
        return -1;
    for (size_t i = 0; i < facts; i++)
        m->fact[i] = fact_in_order(i);
    return table_columns(&m->t, m->sheet.name, m->sheet.n);
}

/* --- rows --- */

/* Rows of the trials of a point that have a result; copy: 0, or as in struct main_row. */
static int point_rows(struct main_table *m, size_t point, size_t copy)
{
    const struct sweep_run *run = m->run;
    for (size_t i = run->plan->point[point].first; i < run->plan->ntrials && run->plan->trial[i].point == point; i++) {
        if (run->plan->trial[i].r.status == TRIAL_OPEN)
            continue;
        if (m->t.rows == m->cap) {
            size_t cap = m->cap ? m->cap + m->cap / 2 : 64;
            struct main_row *more = realloc(m->row, cap * sizeof *more);
            if (!more)
                return -1;
            m->row = more;
            m->cap = cap;
        }
        m->row[m->t.rows++] = (struct main_row){(uint32_t)i, (uint32_t)copy};
    }
    return 0;
}

/* Rows of the points before `index` that are copies, from number *copy on. */
static int copied_rows(struct main_table *m, uint64_t index, size_t *copy)
{
    const struct sweep_run *run = m->run;
    for (; *copy < run->plan->ncopies && run->plan->copy[*copy].index < index; ++*copy)
        if (point_rows(m, point_of(run->plan, run->plan->copy[*copy].of), *copy + 1))
            return -1;
    return 0;
}

/* The cell of the search's value: table.quantiles. Of a zip the first key has it. */
static int row_quantiles(const void *ctx, size_t row, const char *axis, double *from, double *to)
{
    const struct main_table *m = ctx;
    const struct sweep *s = m->run->sweep;
    struct proposal at;
    plan_proposal(m->run, m->run->plan->point[m->run->plan->trial[m->row[row].trial].point].index, &at);
    for (size_t i = 0; i < sweep_axes(s); i++) {
        const struct axis_info x = sweep_axis(s, i);
        for (size_t k = 0; k < x.nkeys; k++) {
            if (strcmp(x.key[k], axis) != 0)
                continue;
            if (k || at.value[i] == SEARCH_ABSENT)
                return k ? 1 : -1;
            search_cell(sweep_search(s), i, at.value[i], from, to);
            return 0;
        }
    }
    return -1;
}

int main_table_init(struct main_table *m, const struct sweep_run *run)
{
    *m = (struct main_table){.run = run};
    table_init(&m->t);
    size_t copy = 0;
    int bad = main_columns(m);
    m->t.make = main_cell;
    m->t.quantiles = row_quantiles;
    m->t.ctx = m;
    for (size_t p = 0; p < run->plan->npoints && !bad; p++)
        bad = copied_rows(m, run->plan->point[p].index, &copy) || point_rows(m, p, 0);
    return bad || copied_rows(m, UINT64_MAX, &copy) ? -1 : 0;
}

void main_table_release(struct main_table *m)
{
    table_release(&m->t);
    free(m->row);
    sheet_release(&m->sheet);
}
