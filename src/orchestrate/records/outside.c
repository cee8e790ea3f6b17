/* outside.c - results/NAME/outside.csv: trials that the journal has as final and this plan does not have, of another
 * sweep file under the same name or of a larger grid. The tables are of the plan alone. */
#include "orchestrate/records/records.h"

#include "base/file.h"
#include "orchestrate/growth.h"
#include "orchestrate/plan.h"
#include "orchestrate/store.h"
#include "orchestrate/tally.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct listing {
    const struct sweep_run *run;
    struct keymap row; /* key of a trial -> its number in at */
    long *at;          /* [row.n] its last record */
    struct record_file file;
    unsigned metrics;    /* bits 1 << METRIC_X: what the plan measures, or one of them has */
    int column[M_COUNT]; /* [columns] their rows of train_metrics */
    size_t columns;
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

/* A row. */
struct outside_source {
    const struct listing *l;
    const struct trial_record *t;
};

static const char *outside_id(const void *row, size_t i, char buf[STR_NUM])
{
    const struct outside_source *s = row;
    (void)i;
    snprintf(buf, STR_NUM, "%016" PRIx64, s->t->key);
    return buf;
}

static const char *outside_status(const void *row, size_t i, char buf[STR_NUM])
{
    const struct outside_source *s = row;
    (void)i;
    (void)buf;
    return trial_status_name[s->t->status];
}

/* at: place of an int in struct trial_record */
static const char *outside_whole(const void *row, size_t at, char buf[STR_NUM])
{
    const struct outside_source *s = row;
    snprintf(buf, STR_NUM, "%d", *(const int *)((const char *)s->t + at));
    return buf;
}

static size_t count_outside_metrics(const void *of)
{
    const struct listing *l = of;
    return l ? l->columns : M_COUNT;
}

static const char *name_outside_metric(const void *of, size_t i, const char **help, struct arena *a)
{
    const struct listing *l = of;
    const struct metric *m = &train_metrics[l ? l->column[i] : (int)i];
    (void)a;
    *help = m->help;
    return m->name;
}

static const struct column_kind outside_metrics = {count_outside_metrics, name_outside_metric};

static const char *outside_metric(const void *row, size_t i, char buf[STR_NUM])
{
    const struct outside_source *s = row;
    return str_float(buf, s->t->metric[s->l->column[i]]);
}

static const char *outside_error(const void *row, size_t i, char buf[STR_NUM])
{
    const struct outside_source *s = row;
    (void)i;
    (void)buf;
    return s->t->error;
}

static const struct column_row outside_columns[] = {
    COLUMN("id", "name of the training, as in NAME.csv", outside_id),
    COLUMN("status", "complete, pruned or failed", outside_status),
    COLUMN_FIELD("epochs_run", "epochs that were trained", outside_whole, struct trial_record, epochs_run),
    COLUMN_FIELD("best_epoch", "the epoch whose weights the metrics are of", outside_whole, struct trial_record,
                 best_epoch),
    COLUMN_KIND(&outside_metrics, NULL, outside_metric, 0, 0),
    COLUMN("error", "why the trial failed", outside_error),
};
const struct column_table outside_table = {"NAME/outside.csv", "a finished trial that the plan does not have",
                                           COLUMNS_OF(outside_columns)};

static void list(void *ctx, const struct trial_record *t)
{
    struct listing *l = ctx;
    if (is_outside(l->run, t) && l->at[keymap_get(&l->row, t->key)] == t->at)
        record_row(&l->file, &(struct outside_source){l, t});
}

static int write_list(struct sweep_run *run, struct listing *l, struct err *e)
{
    unsigned damaged;
    for (int m = 0; m < M_COUNT; m++)
        if (l->metrics >> train_metrics[m].metric & 1)
            l->column[l->columns++] = m;
    if (record_begin(&l->file, run, &outside_table, l, e))
        return -1;
    return record_end(&l->file, journal_scan(&run->store->journal, pass_over_epoch, list, l, &damaged, e), 1, e);
}

/* How many trials the tables have that stand there. */
static void count_earlier_trials(struct sweep_run *run)
{
    char path[4200];
    struct table t;
    struct err unreadable = {0};
    const char *trials = "other";
    table_init(&t);
    if (!table_read(&t, run_path(run, ".about.csv", path, sizeof path), &unreadable))
        for (size_t r = 0; r < t.rows; r++)
            if (!strcmp(table_cell(&t, r, "key"), "trials"))
                trials = table_cell(&t, r, "value");
    snprintf(run->records->other_trials, sizeof run->records->other_trials, "%s", trials);
    table_release(&t);
}

void outside_compare(struct sweep_run *run)
{
    char path[4200];
    struct err e = {0};
    size_t n;
    snprintf(path, sizeof path, "%s/sweep.ini", run->folder);
    char *text = file_exists(path) ? file_read(path, &n, &e) : NULL;
    const char *own = sweep_text(run->sweep);
    run->records->other_file = !text || n != strlen(own) || memcmp(text, own, n) != 0;
    free(text);
    if (run->records->other_file)
        count_earlier_trials(run);
}

int outside_write(struct sweep_run *run, struct err *e)
{
    char path[4200];
    unsigned damaged;
    struct listing l = {.run = run, .metrics = metrics_measured(run)};
    snprintf(path, sizeof path, "%s/outside.csv", run->folder);
    if (run->plan->more) /* what lies after the window of a huge grid is not outside the plan */
        return 0;
    if (growth_goes_on(run)) { /* its own trials may be in the journal before they are in the plan */
        unlink(path);
        return 0;
    }
    int bad = journal_scan(&run->store->journal, pass_over_epoch, find_outside, &l, &damaged, e);
    if (!bad && l.failed)
        bad = err_set(e, ERR_NOMEM, "%s: no memory to write it", path);
    if (!bad && l.row.n)
        bad = write_list(run, &l, e);
    else if (!bad)
        unlink(path);
    run->records->outside = l.row.n;
    keymap_release(&l.row);
    free(l.at);
    return bad;
}

void outside_tell(struct sweep_run *run)
{
    char path[4200];
    struct str text = {0};
    if (!run->records->outside || !run->records->other_file || !run->o->progress)
        return;
    str_addf(&text,
             "%s and its like were the tables of %s trials; they become those of this plan of %zu. %zu finished "
             "trial%s outside it: the journal keeps them, and %s/outside.csv lists them",
             run_path(run, ".csv", path, sizeof path), run->records->other_trials, run->plan->ntrials,
             run->records->outside, run->records->outside == 1 ? " is" : "s are", run->folder);
    run_tell(run, text.p, 1);
    str_release(&text);
}
