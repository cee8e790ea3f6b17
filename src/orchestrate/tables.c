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
    const char *blank = "", *value;
    char buf[STR_NUM];
    for (size_t i = 0; i < sweep_keys(run->sweep); i++)
        if (*(value = sweep_point_value(run->sweep, p->index, i, buf))) {
            str_addf(out, "%s%s=%s", blank, sweep_key(run->sweep, i), value);
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

static const char *const front[] = {"trial", "point", "repeat", "seed", "status", "id", "same_as"};
static const char *const facts[] = {"params",      "macs",       "receptive_field", "uses_batchnorm", "uses_dropout",
                                    "head",        "precision",  "depth",           "pool_distance",  "bn_distance",
                                    "jump",        "epochs_run", "best_epoch",      "train_samples",  "val_samples",
                                    "test_samples"};
static const int split[] = {DATA_TRAIN, DATA_VALIDATION, DATA_TEST};
#define FRONT (sizeof front / sizeof front[0])
#define FACTS (sizeof facts / sizeof facts[0])

char *run_path(const struct run *run, const char *suffix, char *buf, size_t n)
{
    return report_path(buf, n, run->o->out, run->spec->name, suffix);
}

/* --- the main table: a row is made of what the trial and its point have when it is asked for --- */

struct main_row {
    uint32_t trial, copy; /* copy: 0, or 1 + the number of the point in whose name the trial stands there again */
};
struct main_table {
    const struct run *run;
    struct table t;
    struct main_row *row; /* [t.rows] in the order of the plan */
    size_t cap;
};

/* Whole numbers never pass through a float or a double; unknown ones are an empty cell. */
static const char *whole_text(char buf[STR_NUM], int known, uint64_t v)
{
    *buf = 0;
    if (known)
        snprintf(buf, STR_NUM, "%" PRIu64, v);
    return buf;
}

static const char *id_text(char buf[STR_NUM], const struct trial *t)
{
    *buf = 0;
    if (t->r.status != TRIAL_SKIPPED)
        snprintf(buf, STR_NUM, "%016" PRIx64, t->r.key);
    return buf;
}

static const char *front_text(const struct run *run, size_t i, const struct copied_point *copy, size_t col, char *buf)
{
    const struct trial *t = &run->trial[i];
    const struct planned_point *p = &run->point[t->point];
    int trained = t->r.status != TRIAL_SKIPPED;
    switch (col) {
    case 0:
        return whole_text(buf, 1, i + 1);
    case 1:
        return whole_text(buf, 1, (copy ? copy->index : p->index) + 1);
    case 2:
        return whole_text(buf, trained, (uint64_t)t->repeat + 1);
    case 3:
        return whole_text(buf, trained, (uint64_t)run->spec->seed + (uint64_t)t->repeat);
    case 4:
        return trial_status_name[t->r.status];
    case 5:
        return id_text(buf, t);
    default:
        return whole_text(buf, copy != NULL, p->index + 1);
    }
}

static const char *fact_text(const struct trial *t, size_t col, char *buf)
{
    const struct plan_kind *p = t->kind;
    const struct nn_facts *f = &p->facts;
    int known = p->has_facts;
    switch (col) {
    case 0:
        return whole_text(buf, known, f->params);
    case 1:
        return str_double(buf, known ? f->macs : NAN);
    case 2:
        return whole_text(buf, known, (uint64_t)f->receptive_field);
    case 3:
        return !known ? "" : p->batchnorm ? "yes" : "no";
    case 4:
        return !known ? "" : p->dropout ? "yes" : "no";
    case 5:
        return known ? f->head : "";
    case 6:
        return known ? nn_precision_name((size_t)p->precision) : "";
    case 7:
        return whole_text(buf, known, (uint64_t)f->depth);
    case 8:
        return whole_text(buf, known && f->pool_distance >= 0, (uint64_t)f->pool_distance);
    case 9:
        return whole_text(buf, known && f->bn_distance >= 0, (uint64_t)f->bn_distance);
    case 10:
        return whole_text(buf, known, (uint64_t)f->jump);
    case 11:
        return whole_text(buf, t->r.status != TRIAL_SKIPPED, (uint64_t)t->r.epochs_run);
    case 12:
        return whole_text(buf, t->r.best_epoch != 0, (uint64_t)t->r.best_epoch);
    default:
        return whole_text(buf, 1, p->n[split[col - 13]]);
    }
}

/* table.make: of the trial's own point or for one that is the same training. */
static const char *trial_text(const void *ctx, size_t row, size_t col, char buf[STR_NUM])
{
    const struct main_table *m = ctx;
    const struct run *run = m->run;
    const struct main_row *r = &m->row[row];
    const struct trial *t = &run->trial[r->trial];
    const struct planned_point *p = &run->point[t->point];
    const struct copied_point *copy = r->copy ? &run->copy[r->copy - 1] : NULL;
    size_t keys = sweep_keys(run->sweep);
    if (col < FRONT)
        return front_text(run, r->trial, copy, col, buf);
    col -= FRONT;
    if (col < keys)
        return sweep_point_value(run->sweep, copy ? copy->index : p->index, col, buf);
    col -= keys;
    if (col < FACTS)
        return fact_text(t, col, buf);
    col -= FACTS;
    return col < M_COUNT ? str_float(buf, t->r.status != TRIAL_SKIPPED ? t->r.metric[col] : NAN) : t->r.error;
}

/* The axes stand between. */
static int trial_head(const struct run *run, struct table *t)
{
    size_t n = 0, keys = sweep_keys(run->sweep);
    const char **name = calloc(FRONT + keys + FACTS + M_COUNT + 1, sizeof *name);
    for (size_t i = 0; name && i < FRONT; i++)
        name[n++] = front[i];
    for (size_t i = 0; name && i < keys; i++)
        name[n++] = sweep_key(run->sweep, i);
    for (size_t i = 0; name && i < FACTS; i++)
        name[n++] = facts[i];
    for (int i = 0; name && i < M_COUNT; i++)
        name[n++] = train_metrics[i].name;
    if (name)
        name[n++] = "error";
    int bad = !name || table_columns(t, name, n);
    free(name);
    return bad;
}

/* Rows of the trials of a point that have a result; copy: 0, or as in struct main_row. */
static int point_rows(struct main_table *m, size_t point, size_t copy)
{
    const struct run *run = m->run;
    for (size_t i = run->point[point].first; i < run->ntrials && run->trial[i].point == point; i++) {
        if (run->trial[i].r.status == TRIAL_OPEN)
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

/* The number of the point with the index; points stand in the order of the plan. */
static size_t point_of(const struct run *run, uint64_t index)
{
    size_t lo = 0, hi = run->npoints;
    while (hi - lo > 1) {
        size_t mid = (lo + hi) / 2;
        if (run->point[mid].index <= index)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

/* Rows of the points before `index` that are copies, from number *copy on. */
static int copied_rows(struct main_table *m, uint64_t index, size_t *copy)
{
    const struct run *run = m->run;
    for (; *copy < run->ncopies && run->copy[*copy].index < index; ++*copy)
        if (point_rows(m, point_of(run, run->copy[*copy].of), *copy + 1))
            return -1;
    return 0;
}

/* In the order of the plan. 0, or -1 without memory. */
static int main_table_init(struct main_table *m, const struct run *run)
{
    *m = (struct main_table){.run = run};
    table_init(&m->t);
    size_t copy = 0;
    int bad = trial_head(run, &m->t);
    m->t.make = trial_text;
    m->t.ctx = m;
    for (size_t p = 0; p < run->npoints && !bad; p++)
        bad = copied_rows(m, run->point[p].index, &copy) || point_rows(m, p, 0);
    return bad || copied_rows(m, UINT64_MAX, &copy) ? -1 : 0;
}

static void main_table_release(struct main_table *m)
{
    table_release(&m->t);
    free(m->row);
}

/* --- epochs and times: each table is written as it is made --- */

#define NUMBERS 32
struct cells { /* one row under construction: numbers are printed into num */
    const char **v;
    size_t cap, n, nums;
    char num[NUMBERS][STR_NUM], (*axis)[STR_NUM]; /* axis [sweep_keys] */
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

static void whole(struct cells *c, uint64_t v)
{
    assert(c->nums < NUMBERS);
    snprintf(c->num[c->nums], STR_NUM, "%" PRIu64, v);
    text(c, c->num[c->nums++]);
}

/* The name of a training, whatever the plan around it: its key in the journal and in the names of checkpoints. */
static void id(struct cells *c, const struct trial *t)
{
    assert(c->nums < NUMBERS);
    text(c, id_text(c->num[c->nums++], t));
}

static void single(struct cells *c, float v)
{
    assert(c->nums < NUMBERS);
    text(c, str_float(c->num[c->nums++], v));
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
    whole(c, i + 1);
    whole(c, p->index + 1);
    whole(c, (uint64_t)t->repeat + 1);
    whole(c, (uint64_t)r->epoch);
    id(c, t);
    for (size_t k = 0; k < sweep_keys(run->sweep); k++)
        text(c, sweep_point_value(run->sweep, p->index, k, c->axis[k]));
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

static void timing_cells(const struct run *run, size_t i, const struct trial_timing *m, struct cells *c)
{
    const struct trial *t = &run->trial[i];
    c->n = c->nums = 0;
    whole(c, i + 1);
    whole(c, (uint64_t)m->worker + 1);
    const double v[] = {m->start, m->wall, m->cpu, m->images_per_second};
    for (size_t k = 0; k < sizeof v / sizeof v[0]; k++)
        number(c, v[k]);
    whole(c, m->bytes);
    id(c, t);
}

/* A row is made in memory for as many cells as the widest table has. */
static int cells_init(const struct run *run, struct cells *c)
{
    *c = (struct cells){.cap = sweep_keys(run->sweep) + EPOCH_FRONT + M_EPOCHS + 2 + TIMING_COLS};
    c->v = calloc(c->cap, sizeof *c->v);
    c->axis = calloc(sweep_keys(run->sweep) + 1, sizeof *c->axis);
    return c->v && c->axis ? 0 : -1;
}

static void cells_release(struct cells *c)
{
    free(c->v);
    free(c->axis);
}

#define ROWS 16 /* read at a time */

/* A failed row is remembered and told by commit. */
static int epochs_of(const struct run *run, size_t i, int n, struct cells *c, struct csv_out *csv, struct err *e)
{
    struct epoch_row row[ROWS];
    for (int from = 0; from < n; from += ROWS) {
        int some = n - from < ROWS ? n - from : ROWS;
        if (kept_get_rows(&run->kept, run->trial[i].place, from + 1, some, row, e))
            return -1;
        for (int k = 0; k < some; k++) {
            epoch_cells(run, i, &row[k], c);
            csv_row(csv, c->v);
        }
    }
    return 0;
}

static int epoch_rows(const struct run *run, struct cells *c, struct csv_out *csv, struct err *e)
{
    for (size_t i = 0; i < run->ntrials; i++) {
        const struct trial *t = &run->trial[i];
        int open = t->r.status == TRIAL_OPEN, n = open || t->nepochs < t->r.epochs_run ? t->nepochs : t->r.epochs_run;
        if (open && i >= run->end) /* as if it had not been trained */
            continue;
        if (epochs_of(run, i, n, c, csv, e))
            return -1;
    }
    return 0;
}

static int timing_rows(const struct run *run, struct cells *c, struct csv_out *csv, struct err *e)
{
    struct kept_end end;
    for (size_t i = 0; i < run->ntrials; i++)
        if (run->trial[i].r.status != TRIAL_OPEN && run->trial[i].r.status != TRIAL_SKIPPED) {
            if (kept_get_end(&run->kept, run->trial[i].place, &end, e))
                return -1;
            timing_cells(run, i, &end.timing, c);
            csv_row(csv, c->v);
        }
    return 0;
}

static int stream(struct run *run, const char *suffix, void (*head)(const struct run *run, struct cells *c),
                  int (*rows)(const struct run *run, struct cells *c, struct csv_out *csv, struct err *e), int sync,
                  struct err *e)
{
    char path[4200];
    struct cells c;
    if (cells_init(run, &c)) {
        cells_release(&c);
        return err_set(e, ERR_NOMEM, "no memory for the tables");
    }
    head(run, &c);
    struct csv_out *csv = csv_begin(run_path(run, suffix, path, sizeof path), c.v, c.n, e);
    int bad = csv && rows(run, &c, csv, e);
    cells_release(&c);
    if (bad) {
        csv_abort(csv);
        return -1;
    }
    return csv ? csv_commit(csv, sync, e) : -1;
}

/* A table on its way into its file, row by row; of the points, the first that it calls rank 1 is the best. */
struct passing {
    struct table t;
    struct run *run;
    const char *suffix;
    struct csv_out *csv;
    int rank, point; /* columns; -1: it has none */
    uint64_t best;   /* 0: none yet; what stands in the column point */
    struct err e;
};

static void begin_passing(struct passing *p)
{
    char path[4200];
    p->csv = csv_begin(run_path(p->run, p->suffix, path, sizeof path), p->t.head, p->t.cols, &p->e);
    p->rank = table_column(&p->t, "rank");
    p->point = table_column(&p->t, "point");
}

static int pass_row(void *ctx, const char *const *cell)
{
    struct passing *p = ctx;
    if (!p->csv && p->t.rows == 1)
        begin_passing(p);
    if (p->csv && !p->best && p->rank >= 0 && p->point >= 0 && !strcmp(cell[p->rank], "1"))
        p->best = strtoull(cell[p->point], NULL, 10);
    if (p->csv)
        csv_row(p->csv, cell); /* a failed row is remembered and told by commit */
    return p->csv ? 0 : -1;
}

static int write_passing(struct run *run, const struct table *trials, struct passing *p, const char *suffix,
                         int (*fill)(const struct table *trials, const char *objective, struct table *out,
                                     struct err *e),
                         int sync, struct err *e)
{
    char objective[80];
    objective_text(run, objective, sizeof objective);
    *p = (struct passing){.run = run, .suffix = suffix};
    table_init(&p->t);
    p->t.pass = pass_row;
    p->t.ctx = p;
    struct err why = {0};
    int bad = fill(trials, objective, &p->t, &why);
    if (!bad && !p->csv) { /* there are no rows */
        begin_passing(p);
        bad = !p->csv;
    }
    if (p->csv && bad)
        csv_abort(p->csv);
    else if (p->csv)
        bad = csv_commit(p->csv, sync, &why);
    table_release(&p->t);
    if (bad)
        *e = p->e.code ? p->e : why;
    return bad ? -1 : 0;
}

static int write_summaries(struct run *run, const struct table *trials, int sync, struct err *e)
{
    struct passing p;
    if (write_passing(run, trials, &p, ".points.csv", report_points, sync, e))
        return -1;
    run->best_point = SIZE_MAX;
    if (p.best) { /* a copy is not trained: then there is no best point */
        size_t at = point_of(run, p.best - 1);
        run->best_point = run->point[at].index == p.best - 1 ? at : SIZE_MAX;
    }
    return write_passing(run, trials, &p, ".effects.csv", report_effects, sync, e);
}

int tables_write(struct run *run, int sync, struct err *e)
{
    struct main_table trials;
    char path[4200];
    int bad = main_table_init(&trials, run) ? err_set(e, ERR_NOMEM, "no memory for the main table") : 0;
    metrics_known(&run->metrics);
    trials.t.metrics = &run->metrics;
    bad = bad || table_write(&trials.t, run_path(run, ".csv", path, sizeof path), sync, e) ||
          write_summaries(run, &trials.t, sync, e);
    main_table_release(&trials);
    bad = bad || stream(run, ".epochs.csv", epoch_head, epoch_rows, sync, e) ||
          stream(run, ".timing.csv", timing_head, timing_rows, sync, e) || write_findings(run, sync, e) ||
          write_about(run, sync, e);
    return bad ? -1 : 0;
}
