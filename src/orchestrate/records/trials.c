/* trials.c - NAME.csv: a row for each trial, made of what the trial and its point have when it is asked for. */
#include "orchestrate/records/trials.h"

#include "orchestrate/plan.h"
#include "orchestrate/records/records.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct main_row {
    uint32_t trial, copy; /* copy: 0, or 1 + the number of the point in whose name the trial stands there again */
};

/* What a cell is made of. */
struct cell_source {
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
        snprintf(buf, STR_NUM, "%" PRIu64, v);
    return buf;
}

static int was_trained(const struct cell_source *c)
{
    return c->t->r.status != TRIAL_SKIPPED;
}

static const char *trial_cell(const struct cell_source *c, char buf[STR_NUM])
{
    return whole_text(buf, 1, (uint64_t)(c->t - c->run->plan->trial) + 1);
}

static const char *point_cell(const struct cell_source *c, char buf[STR_NUM])
{
    return whole_text(buf, 1, (c->copy ? c->copy->index : c->p->index) + 1);
}

static const char *repeat_cell(const struct cell_source *c, char buf[STR_NUM])
{
    return whole_text(buf, was_trained(c), (uint64_t)c->t->repeat + 1);
}

static const char *seed_cell(const struct cell_source *c, char buf[STR_NUM])
{
    return whole_text(buf, was_trained(c), (uint64_t)c->run->spec->seed + (uint64_t)c->t->repeat);
}

static const char *status_cell(const struct cell_source *c, char buf[STR_NUM])
{
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

static const char *id_cell(const struct cell_source *c, char buf[STR_NUM])
{
    return trial_id_text(buf, c->t);
}

static const char *same_as_cell(const struct cell_source *c, char buf[STR_NUM])
{
    return whole_text(buf, c->copy != NULL, c->p->index + 1);
}

static const char *batchnorm_cell(const struct cell_source *c, char buf[STR_NUM])
{
    (void)buf;
    return !c->t->kind->has_facts ? "" : c->t->kind->batchnorm ? "yes" : "no";
}

static const char *dropout_cell(const struct cell_source *c, char buf[STR_NUM])
{
    (void)buf;
    return !c->t->kind->has_facts ? "" : c->t->kind->dropout ? "yes" : "no";
}

static const char *precision_cell(const struct cell_source *c, char buf[STR_NUM])
{
    (void)buf;
    return c->t->kind->has_facts ? nn_precision_name((size_t)c->t->kind->precision) : "";
}

static const char *epochs_run_cell(const struct cell_source *c, char buf[STR_NUM])
{
    return whole_text(buf, was_trained(c), (uint64_t)c->t->r.epochs_run);
}

static const char *best_epoch_cell(const struct cell_source *c, char buf[STR_NUM])
{
    return whole_text(buf, c->t->r.best_epoch != 0, (uint64_t)c->t->r.best_epoch);
}

static const char *train_samples_cell(const struct cell_source *c, char buf[STR_NUM])
{
    return whole_text(buf, 1, c->t->kind->n[DATA_TRAIN]);
}

static const char *val_samples_cell(const struct cell_source *c, char buf[STR_NUM])
{
    return whole_text(buf, 1, c->t->kind->n[DATA_VALIDATION]);
}

static const char *test_samples_cell(const struct cell_source *c, char buf[STR_NUM])
{
    return whole_text(buf, 1, c->t->kind->n[DATA_TEST]);
}

static const char *error_cell(const struct cell_source *c, char buf[STR_NUM])
{
    (void)buf;
    return c->t->r.error;
}

/* --- columns --- */

typedef const char *trial_cell_fn(const struct cell_source *c, char buf[STR_NUM]);

/* A column, or a place for the columns that come from another table. */
struct trial_column {
    const char *name, *help; /* of a fact the help is that of nn_fact_rows */
    trial_cell_fn *cell;     /* NULL: the fact of this name */
    enum { ONE_COLUMN, AXES, OTHER_FACTS, ALL_METRICS } kind;
};

static const struct trial_column columns[] = {
    {"trial", "number of the trial in the plan", trial_cell, ONE_COLUMN},
    {"point", "number of the point in the grid", point_cell, ONE_COLUMN},
    {"repeat", "number of the repeat of the point", repeat_cell, ONE_COLUMN},
    {"seed", "sweep.seed + repeat - 1", seed_cell, ONE_COLUMN},
    {"status", "open, complete, pruned, failed or skipped", status_cell, ONE_COLUMN},
    {"id", "name of the training: the hash of its settings and seed, whatever the grid around it", id_cell, ONE_COLUMN},
    {"same_as", "the earlier point that is the same training, whose results these are", same_as_cell, ONE_COLUMN},
    {NULL, "the axes of the grid: the key's name, and the value", NULL, AXES},
    {"params", NULL, NULL, ONE_COLUMN},
    {"macs", NULL, NULL, ONE_COLUMN},
    {"receptive_field", NULL, NULL, ONE_COLUMN},
    {"uses_batchnorm", "yes or no: the network has this layer", batchnorm_cell, ONE_COLUMN},
    {"uses_dropout", "yes or no: the network has this layer", dropout_cell, ONE_COLUMN},
    {"head", NULL, NULL, ONE_COLUMN},
    {"precision", "train.precision", precision_cell, ONE_COLUMN},
    {NULL, NULL, NULL, OTHER_FACTS},
    {"epochs_run", "epochs that were trained", epochs_run_cell, ONE_COLUMN},
    {"best_epoch", "the epoch whose weights the metrics are of", best_epoch_cell, ONE_COLUMN},
    {"train_samples", "samples that are trained", train_samples_cell, ONE_COLUMN},
    {"val_samples", "samples of the validation split", val_samples_cell, ONE_COLUMN},
    {"test_samples", "samples of the test split", test_samples_cell, ONE_COLUMN},
    {NULL, NULL, NULL, ALL_METRICS},
    {"error", "why the trial failed or was skipped", error_cell, ONE_COLUMN},
};
#define ROWS (sizeof columns / sizeof columns[0])

/* The fact that a row names, or the n-th of those that no row names. */
static const struct nn_fact *fact_named(const char *name)
{
    const struct nn_fact *f = nn_fact_rows;
    while (f->name && strcmp(f->name, name))
        f++;
    return f->name ? f : NULL;
}

static const struct nn_fact *other_fact(size_t n)
{
    for (const struct nn_fact *f = nn_fact_rows; f->name; f++) {
        int named = 0;
        for (size_t i = 0; i < ROWS; i++)
            named |= columns[i].name && !strcmp(columns[i].name, f->name);
        if (!named && !n--)
            return f;
    }
    return NULL;
}

/* One column of the table as it is printed. */
struct main_column {
    const char *name, *help;
    trial_cell_fn *cell;        /* or, NULL, one of these: */
    const struct nn_fact *fact; /* a fact */
    size_t axis;                /* an axis, where `is_axis` */
    int metric;                 /* a metric */
    int is_axis;
};

/* run: NULL for the columns that there can be. */
static size_t width_of(const struct trial_column *row, const struct sweep_run *run)
{
    size_t axes = run ? sweep_keys(run->sweep) : 1, metrics = run ? (size_t)run->records->columns : M_COUNT;
    size_t n = 0;
    if (row->kind == OTHER_FACTS)
        while (other_fact(n))
            n++;
    return row->kind == ONE_COLUMN ? 1 : row->kind == AXES ? axes : row->kind == ALL_METRICS ? metrics : n;
}

/* The n-th column; 0, or -1 after the last. */
static int column_at(const struct sweep_run *run, size_t n, struct main_column *out)
{
    for (size_t i = 0; i < ROWS; i++) {
        const struct trial_column *row = &columns[i];
        size_t width = width_of(row, run);
        if (n >= width) {
            n -= width;
            continue;
        }
        *out = (struct main_column){.name = row->name, .help = row->help, .cell = row->cell};
        if (row->kind == AXES) {
            out->is_axis = 1;
            out->axis = n;
            out->name = run ? sweep_key(run->sweep, n) : "SECTION.KEY";
        } else if (row->kind == ALL_METRICS) {
            out->metric = run ? run->records->column[n] : (int)n;
            out->name = train_metrics[out->metric].name;
            out->help = train_metrics[out->metric].help;
        } else if (!row->cell) {
            out->fact = row->name ? fact_named(row->name) : other_fact(n);
            out->name = out->fact->name;
            out->help = out->fact->help;
        }
        return 0;
    }
    return -1;
}

const char *trial_column_name(size_t i, const char **help)
{
    struct main_column c;
    if (column_at(NULL, i, &c))
        return NULL;
    *help = c.help;
    return c.name;
}

/* table.make: of the trial's own point or for one that is the same training. */
static const char *main_cell(const void *ctx, size_t row, size_t col, char buf[STR_NUM])
{
    const struct main_table *m = ctx;
    const struct trial_plan *plan = m->run->plan;
    const struct main_row *r = &m->row[row];
    const struct trial *t = &plan->trial[r->trial];
    const struct cell_source source = {m->run, t, &plan->point[t->point], r->copy ? &plan->copy[r->copy - 1] : NULL};
    const struct main_column *c = &m->column[col];
    const struct nn_facts *facts = &t->kind->facts;
    if (c->cell)
        return c->cell(&source, buf);
    if (c->is_axis)
        return plan_value(m->run, source.copy ? source.copy->index : source.p->index, c->axis, buf);
    if (!c->fact)
        return str_float(buf, was_trained(&source) ? trial_metric(m->run->plan, t, c->metric) : NAN);
    if (!t->kind->has_facts)
        return "";
    return c->fact->number ? str_double(buf, c->fact->number(facts)) : facts->head;
}

static int main_columns(struct main_table *m)
{
    size_t n = 0;
    for (struct main_column c; !column_at(m->run, n, &c);)
        n++;
    m->column = calloc(n, sizeof *m->column);
    const char **name = calloc(n, sizeof *name);
    for (size_t i = 0; m->column && name && i < n; i++) {
        column_at(m->run, i, &m->column[i]);
        name[i] = m->column[i].name;
    }
    int bad = !m->column || !name || table_columns(&m->t, name, n);
    free(name);
    return bad;
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

int main_table_init(struct main_table *m, const struct sweep_run *run)
{
    *m = (struct main_table){.run = run};
    table_init(&m->t);
    size_t copy = 0;
    int bad = main_columns(m);
    m->t.make = main_cell;
    m->t.ctx = m;
    for (size_t p = 0; p < run->plan->npoints && !bad; p++)
        bad = copied_rows(m, run->plan->point[p].index, &copy) || point_rows(m, p, 0);
    return bad || copied_rows(m, UINT64_MAX, &copy) ? -1 : 0;
}

void main_table_release(struct main_table *m)
{
    table_release(&m->t);
    free(m->row);
    free(m->column);
}
