/* epochs.c - NAME.epochs.csv and NAME.timing.csv: each is written as it is made, row after row. */
#include "orchestrate/records/records.h"

#include "orchestrate/limits.h"
#include "orchestrate/plan.h"
#include "orchestrate/records/trials.h"
#include "orchestrate/store.h"
#include "report/report.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NUMBERS 32
struct cells { /* one row under construction: numbers are printed into num */
    const char **v;
    size_t cap, n, nums;
    char num[NUMBERS][STR_NUM], (*axis)[STR_NUM]; /* axis [sweep_keys] */
};

static void add_text(struct cells *c, const char *s)
{
    assert(c->n < c->cap);
    c->v[c->n++] = s;
}

static void add_number(struct cells *c, double v)
{
    assert(c->nums < NUMBERS);
    add_text(c, str_double(c->num[c->nums++], v));
}

static void add_whole(struct cells *c, uint64_t v)
{
    assert(c->nums < NUMBERS);
    snprintf(c->num[c->nums], STR_NUM, "%" PRIu64, v);
    add_text(c, c->num[c->nums++]);
}

/* The name of a training, whatever the plan around it: its key in the journal and in the names of checkpoints. */
static void add_id(struct cells *c, const struct trial *t)
{
    assert(c->nums < NUMBERS);
    add_text(c, trial_id_text(c->num[c->nums++], t));
}

static void add_single(struct cells *c, float v)
{
    assert(c->nums < NUMBERS);
    add_text(c, str_float(c->num[c->nums++], v));
}

static const char *const epoch_front[] = {"trial", "point", "repeat", "epoch", "id"};
static const char *const timing_names[] = {"trial",      "worker", "start", "wall", "cpu", "images_per_second",
                                           "peak_bytes", "id"};
#define EPOCH_FRONT (sizeof epoch_front / sizeof epoch_front[0])
#define TIMING_COLS (sizeof timing_names / sizeof timing_names[0])

static void epoch_head(const struct sweep_run *run, struct cells *c)
{
    for (size_t i = 0; i < EPOCH_FRONT; i++)
        add_text(c, epoch_front[i]);
    for (size_t i = 0; i < sweep_keys(run->sweep); i++)
        add_text(c, sweep_key(run->sweep, i));
    add_text(c, "lr");
    for (int k = 0; k < run->records->epoch_columns; k++)
        add_text(c, train_metrics[run->records->column[k]].name);
    add_text(c, "grad_norm");
}

static void epoch_cells(const struct sweep_run *run, size_t i, const struct epoch_row *r, struct cells *c)
{
    const struct trial *t = &run->plan->trial[i];
    const struct planned_point *p = &run->plan->point[t->point];
    c->n = c->nums = 0;
    add_whole(c, i + 1);
    add_whole(c, p->index + 1);
    add_whole(c, (uint64_t)t->repeat + 1);
    add_whole(c, (uint64_t)r->epoch);
    add_id(c, t);
    for (size_t k = 0; k < sweep_keys(run->sweep); k++)
        add_text(c, plan_value(run, p->index, k, c->axis[k]));
    add_single(c, r->lr);
    for (int k = 0; k < run->records->epoch_columns; k++)
        add_single(c, epoch_number(r, run->records->column[k]));
    add_single(c, r->grad_norm);
}

static void timing_head(const struct sweep_run *run, struct cells *c)
{
    (void)run;
    for (size_t i = 0; i < TIMING_COLS; i++)
        add_text(c, timing_names[i]);
}

static void timing_cells(const struct sweep_run *run, size_t i, const struct trial_timing *m, struct cells *c)
{
    const struct trial *t = &run->plan->trial[i];
    c->n = c->nums = 0;
    add_whole(c, i + 1);
    add_whole(c, (uint64_t)m->worker + 1);
    const double v[] = {m->start, m->wall, m->cpu, m->images_per_second};
    for (size_t k = 0; k < sizeof v / sizeof v[0]; k++)
        add_number(c, v[k]);
    add_whole(c, m->bytes);
    add_id(c, t);
}

/* A row is made in memory for as many cells as the widest table has. */
static int cells_init(const struct sweep_run *run, struct cells *c)
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
static int epochs_of(const struct sweep_run *run, size_t i, int n, struct cells *c, struct csv_out *csv, struct err *e)
{
    struct epoch_row row[ROWS];
    for (int from = 0; from < n; from += ROWS) {
        int some = n - from < ROWS ? n - from : ROWS;
        if (kept_get_rows(&run->store->kept, run->plan->trial[i].place, from + 1, some, row, e))
            return -1;
        for (int k = 0; k < some; k++) {
            epoch_cells(run, i, &row[k], c);
            csv_row(csv, c->v);
        }
    }
    return 0;
}

static int epoch_rows(const struct sweep_run *run, struct cells *c, struct csv_out *csv, struct err *e)
{
    for (size_t i = 0; i < run->plan->ntrials; i++) {
        const struct trial *t = &run->plan->trial[i];
        int open = t->r.status == TRIAL_OPEN, n = open || t->nepochs < t->r.epochs_run ? t->nepochs : t->r.epochs_run;
        if (open && i >= run->limits->end) /* as if it had not been trained */
            continue;
        if (epochs_of(run, i, n, c, csv, e))
            return -1;
    }
    return 0;
}

static int timing_rows(const struct sweep_run *run, struct cells *c, struct csv_out *csv, struct err *e)
{
    struct kept_end end;
    for (size_t i = 0; i < run->plan->ntrials; i++)
        if (run->plan->trial[i].r.status != TRIAL_OPEN && run->plan->trial[i].r.status != TRIAL_SKIPPED) {
            if (kept_get_end(&run->store->kept, run->plan->trial[i].place, &end, e))
                return -1;
            timing_cells(run, i, &end.timing, c);
            csv_row(csv, c->v);
        }
    return 0;
}

static int write_rows(struct sweep_run *run, const char *suffix,
                      void (*head)(const struct sweep_run *run, struct cells *c),
                      int (*rows)(const struct sweep_run *run, struct cells *c, struct csv_out *csv, struct err *e),
                      int sync, struct err *e)
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

int write_epochs(struct sweep_run *run, int sync, struct err *e)
{
    return write_rows(run, ".epochs.csv", epoch_head, epoch_rows, sync, e) ||
                   write_rows(run, ".timing.csv", timing_head, timing_rows, sync, e)
               ? -1
               : 0;
}
