/* outside.c - results/NAME/outside.csv: trials that the journal has as final and this plan does not have, of another
 * sweep file under the same name or of a larger grid. The tables are of the plan alone. */
#include "orchestrate/records/records.h"

#include "base/file.h"
#include "orchestrate/plan.h"
#include "orchestrate/store.h"
#include "orchestrate/tally.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const head[] = {"id", "status", "epochs_run", "best_epoch"};
#define FRONT (sizeof head / sizeof head[0])
#define COLUMNS (FRONT + M_COUNT + 1)

struct listing {
    const struct sweep_run *run;
    struct keymap row; /* key of a trial -> its number in at */
    long *at;          /* [row.n] its last record */
    struct csv_out *csv;
    unsigned metrics; /* bits 1 << METRIC_X: what the plan measures, or one of them has */
    int failed;
};

static void pass_over_epoch(void *ctx, uint64_t key, const struct epoch_row *row)
{
    (void)ctx;
    (void)key;
    (void)row;
}

static int is_outside(const struct sweep_run *run, const struct trial_record *t)
{
    return keymap_get(&run->plan->by_key, t->key) == KEYMAP_NONE && t->status > TRIAL_OPEN && t->status < TRIAL_SKIPPED;
}

static void find_outside(void *ctx, const struct trial_record *t)
{
    struct listing *l = ctx;
    if (l->failed || !is_outside(l->run, t))
        return;
    for (int m = 0; m < M_COUNT; m++)
        l->metrics |= isnan(t->metric[m]) ? 0 : 1u << train_metrics[m].metric;
    uint64_t i = keymap_get(&l->row, t->key);
    if (i == KEYMAP_NONE) {
        i = l->row.n;
        long *more = realloc(l->at, (i + 1) * sizeof *more);
        l->failed = !more || keymap_put(&l->row, t->key, i);
        l->at = more ? more : l->at;
    }
    if (!l->failed)
        l->at[i] = t->at;
}

static void list(void *ctx, const struct trial_record *t)
{
    struct listing *l = ctx;
    char num[COLUMNS][STR_NUM];
    const char *cell[COLUMNS];
    if (!is_outside(l->run, t) || l->at[keymap_get(&l->row, t->key)] != t->at)
        return;
    snprintf(num[0], STR_NUM, "%016" PRIx64, t->key);
    snprintf(num[2], STR_NUM, "%d", t->epochs_run);
    snprintf(num[3], STR_NUM, "%d", t->best_epoch);
    size_t n = FRONT;
    for (int m = 0; m < M_COUNT; m++)
        if (l->metrics >> train_metrics[m].metric & 1)
            str_float(num[n++], t->metric[m]);
    for (size_t i = 0; i < n; i++)
        cell[i] = num[i];
    cell[1] = trial_status_name[t->status];
    cell[n] = t->error;
    csv_row(l->csv, cell); /* a failed row is remembered and told by commit */
}

static int write_list(struct sweep_run *run, struct listing *l, const char *path, struct err *e)
{
    const char *names[COLUMNS];
    unsigned damaged;
    memcpy(names, head, sizeof head);
    size_t n = FRONT;
    for (int m = 0; m < M_COUNT; m++)
        if (l->metrics >> train_metrics[m].metric & 1)
            names[n++] = train_metrics[m].name;
    names[n++] = "error";
    if (!(l->csv = csv_begin(path, names, n, e)))
        return -1;
    if (journal_scan(&run->store->journal, pass_over_epoch, list, l, &damaged, e)) {
        csv_abort(l->csv);
        return -1;
    }
    return csv_commit(l->csv, 1, e);
}

/* Is the sweep file that is kept there the one of this run? */
static int same_file(const struct sweep_run *run)
{
    char path[4200];
    struct err e = {0};
    size_t n;
    snprintf(path, sizeof path, "%s/sweep.ini", run->folder);
    char *text = file_exists(path) ? file_read(path, &n, &e) : NULL;
    int same = text && n == strlen(sweep_text(run->sweep)) && !memcmp(text, sweep_text(run->sweep), n);
    free(text);
    return same;
}

int outside_write(struct sweep_run *run, struct err *e)
{
    char path[4200];
    unsigned damaged;
    struct listing l = {.run = run, .metrics = metrics_measured(run)};
    snprintf(path, sizeof path, "%s/outside.csv", run->folder);
    if (run->plan->more) /* what lies behind the window of a huge grid is not outside the plan */
        return 0;
    int bad = journal_scan(&run->store->journal, pass_over_epoch, find_outside, &l, &damaged, e);
    if (!bad && l.failed)
        bad = err_set(e, ERR_NOMEM, "%s: no memory to write it", path);
    if (!bad && l.row.n)
        bad = write_list(run, &l, path, e);
    else if (!bad)
        unlink(path);
    run->records->outside = l.row.n;
    run->records->replaces = l.row.n && !same_file(run);
    keymap_release(&l.row);
    free(l.at);
    return bad;
}

/* Once, when the tables come to be those of another plan. */
void outside_tell(struct sweep_run *run)
{
    char path[4200];
    struct str text = {0};
    struct table t;
    struct err unreadable = {0};
    const char *before = "other";
    if (!run->records->replaces || !run->o->progress)
        return;
    table_init(&t);
    if (!table_read(&t, run_path(run, ".about.csv", path, sizeof path), &unreadable))
        for (size_t r = 0; r < t.rows; r++)
            if (!strcmp(table_cell(&t, r, "key"), "trials"))
                before = table_cell(&t, r, "value");
    str_addf(&text,
             "%s and its like were the tables of %s trials; they become those of this plan of %zu. %zu finished "
             "trial%s outside it: the journal keeps them, and %s/outside.csv lists them",
             run_path(run, ".csv", path, sizeof path), before, run->plan->ntrials, run->records->outside,
             run->records->outside == 1 ? " is" : "s are", run->folder);
    run_tell(run, text.p, 1);
    str_release(&text);
    table_release(&t);
}
