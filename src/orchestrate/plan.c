/* plan.c - the points and trials of a sweep, from what its search proposes. */
#include "orchestrate/plan.h"

#include "base/file.h"
#include "orchestrate/checkpoint.h"
#include "orchestrate/earlier.h"
#include "orchestrate/growth.h"
#include "orchestrate/models.h"
#include "orchestrate/planner.h"
#include "orchestrate/pruning.h"
#include "orchestrate/queue.h"
#include "orchestrate/records/records.h"
#include "orchestrate/replay.h"
#include "orchestrate/signals.h"
#include "orchestrate/store.h"
#include "orchestrate/tally.h"
#include "train/task.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int no_memory_for_plan(struct err_list *errs)
{
    struct err e = {0};
    err_set(&e, ERR_NOMEM, "no memory for the plan");
    err_list_take(errs, &e);
    return -1;
}

static void *one_more(void *v, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return v;
    size_t more = *cap ? 2 * *cap : 64;
    void *r = realloc(v, more * size);
    if (r)
        *cap = more;
    return r;
}

static int add_copy(struct sweep_run *run, const struct plan_point *p)
{
    struct copied_point *v = one_more(run->plan->copy, run->plan->ncopies, &run->plan->copy_cap, sizeof *v);
    if (!v)
        return -1;
    run->plan->copy = v;
    v[run->plan->ncopies++] = (struct copied_point){p->index, p->same_as};
    return 0;
}

/* The kind of the point, shared with the points before that are alike; NULL without memory. */
static const struct plan_kind *shared_kind(struct sweep_run *run, const struct plan_point *p)
{
    struct plan_kind k, *kept;
    memset(&k, 0, sizeof k);
    k.has_facts = p->graph != NULL;
    if (p->graph) {
        k.facts = p->graph->facts;
        k.batchnorm = nn_uses(p->graph, "batchnorm");
        k.dropout = nn_uses(p->graph, "dropout");
        k.precision = (int)p->graph->precision;
    }
    k.late_dropout = train_late_dropout(&p->point->train);
    memcpy(k.n, p->n, sizeof k.n);
    k.set = p->set;
    k.task = p->task;
    k.metrics = train_task_metrics(&p->point->train, p->graph, p->set);
    k.expected = planner_cost(p);
    k.bytes = p->bytes;
    k.images = p->n[DATA_TRAIN];
    k.epochs = p->point->train.epochs;
    uint64_t hash = str_hash(STR_HASH, &k, sizeof k), at = keymap_get(&run->plan->kinds, hash);
    if (at != KEYMAP_NONE && !memcmp((const void *)(uintptr_t)at, &k, sizeof k))
        return (const void *)(uintptr_t)at;
    kept = arena_take(&run->plan->text, sizeof *kept);
    if (!kept || keymap_put(&run->plan->kinds, hash, (uint64_t)(uintptr_t)kept))
        return NULL;
    memcpy(kept, &k, sizeof k);
    return kept;
}

/* Keeps the values of a point that was drawn: they may depend on all that was proposed before it. */
static int keep_proposal(struct sweep_run *run, const struct proposal *at)
{
    const struct search *s = sweep_search(run->sweep);
    struct trial_plan *plan = run->plan;
    size_t row = s->axes * sizeof *plan->drawn;
    if (!s->type->draws || !row)
        return 0;
    int64_t *v = one_more(plan->drawn, plan->npoints, &plan->drawn_cap, row);
    if (!v)
        return -1;
    plan->drawn = v;
    memcpy(v + plan->npoints * s->axes, at->value, row);
    return 0;
}

static int add_point(struct sweep_run *run, const struct plan_point *p)
{
    if (keep_proposal(run, p->point->at))
        return -1;
    struct planned_point *v = one_more(run->plan->point, run->plan->npoints, &run->plan->point_cap, sizeof *v);
    if (!v)
        return -1;
    run->plan->point = v;
    v += run->plan->npoints;
    memset(v, 0, sizeof *v);
    v->index = p->index;
    v->first = (uint32_t)run->plan->ntrials;
    v->skip = p->skip ? arena_str(&run->plan->text, p->skip) : NULL;
    if (!run->plan->npoints++)
        run->plan->first_skip_at = arena_str(&run->plan->text, p->skip_at);
    return (p->skip && !v->skip) || !run->plan->first_skip_at ? -1 : 0;
}

uint64_t trial_key(const struct plan_point *p, const struct sweep_spec *s, int repeat)
{
    char line[96];
    int n = snprintf(line, sizeof line, "seed = %d\n", s->seed + repeat);
    if (s->folds)
        n += snprintf(line + n, sizeof line - (size_t)n, "fold = %d\nround = %d\n", repeat % s->folds,
                      repeat / s->folds);
    return str_hash(p->hash, line, (size_t)n);
}

static int add_trial(struct sweep_run *run, const struct plan_point *p, const struct plan_kind *kind, int repeat)
{
    struct trial *t = run->plan->ntrials == UINT32_MAX
                          ? NULL
                          : one_more(run->plan->trial, run->plan->ntrials, &run->plan->trial_cap, sizeof *t);
    if (!t || !kind)
        return -1;
    run->plan->trial = t;
    t += run->plan->ntrials;
    memset(t, 0, sizeof *t);
    t->point = (uint32_t)run->plan->npoints - 1;
    t->repeat = repeat;
    t->kind = kind;
    t->place = kept_place(&run->store->kept, p->skip ? 0 : kind->epochs);
    t->r.status = p->skip ? TRIAL_SKIPPED : TRIAL_OPEN;
    t->r.error = p->skip ? run->plan->point[t->point].skip : "";
    t->r.key = trial_key(p, run->spec, repeat);
    if (!p->skip && keymap_put(&run->plan->by_key, t->r.key, run->plan->ntrials))
        return -1;
    run->plan->ntrials++;
    return 0;
}

/* Keys of the trials that the journal calls final: needed before the plan only to know where its window ends. Those
 * that are tried again do not take the place of new ones. */
struct finals {
    struct keymap keys;
    int failed; /* no memory */
};

static void final_key(void *ctx, const struct trial_record *t)
{
    struct finals *f = ctx;
    f->failed |= keymap_put(&f->keys, t->key, 1);
}

static void skip_epoch(void *ctx, uint64_t key, const struct epoch_row *row)
{
    (void)ctx;
    (void)key;
    (void)row;
}

int plan_add_point(struct sweep_run *run, const struct plan_point *p)
{
    const struct plan_kind *kind = shared_kind(run, p);
    if (!kind || add_point(run, p))
        return -1;
    for (int r = 0; r < (p->skip ? 1 : run->spec->repeats); r++)
        if (add_trial(run, p, kind, r))
            return -1;
    return 0;
}

/* Returns how many trials of the last point the journal does not call final. */
static uint64_t open_of_last(const struct sweep_run *run, const struct finals *f)
{
    const struct planned_point *p = &run->plan->point[run->plan->npoints - 1];
    uint64_t open = 0;
    for (size_t i = p->first; !p->skip && i < run->plan->ntrials; i++)
        open += keymap_get(&f->keys, run->plan->trial[i].r.key) == KEYMAP_NONE;
    return open;
}

/* Of a sweep that is too large to plan as a whole, so many open trials: what [stop] trials lets run. 0: plan all. */
static uint64_t window(const struct sweep_run *run)
{
    uint64_t most = run->o->limit ? run->o->limit : RUN_LIMIT;
    double trials = sweep_points_approx(run->sweep) * run->spec->repeats;
    return trials > (double)most ? (uint64_t)run->spec->stop_trials : 0;
}

/* Adds points in order until the search or the window ends. */
static int add_proposed(struct sweep_run *run, const struct finals *f, struct record_file *layers,
                        struct err_list *errs)
{
    struct planner planner;
    planner_init(&planner, run->sweep, run->sets);
    uint64_t open = 0, limit = window(run);
    int bad = 0;
    while (!bad) {
        struct plan_point p;
        if (limit && open >= limit) {
            run->plan->more = planner.next < sweep_points(run->sweep);
            break;
        }
        bad = signals_asked() ? -1 : planner_next(&planner, &p, errs);
        if (bad) {
            continue;
        } else if (p.same_as == p.index) {
            if (plan_add_point(run, &p)) {
                bad = no_memory_for_plan(errs);
            } else {
                open += open_of_last(run, f);
                layers_add(layers, &p);
            }
        } else if (add_copy(run, &p)) {
            bad = no_memory_for_plan(errs);
        }
    }
    planner_release(&planner);
    return bad < 0 ? -1 : 0;
}

static int all_skipped(struct sweep_run *run, struct err_list *errs)
{
    for (size_t i = 0; i < run->plan->npoints; i++)
        if (!run->plan->point[i].skip)
            return 0;
    struct err e = {0};
    plan_all_skipped(run->plan->npoints ? run->plan->point[0].skip : NULL,
                     run->plan->npoints ? run->plan->first_skip_at : "", &e);
    err_list_take(errs, &e);
    return -1;
}

static int snapshot(struct sweep_run *run, struct err *e)
{
    char path[4200];
    const char *text = sweep_text(run->sweep);
    snprintf(path, sizeof path, "%s/sweep.ini", run->folder);
    return file_publish(path, text, strlen(text), 1, e);
}

float trial_metric(const struct trial_plan *plan, const struct trial *t, int m)
{
    int slot = plan->slot[m];
    return slot < 0 ? NAN : plan->metric[(size_t)(t - plan->trial) * (size_t)plan->measured + (size_t)slot];
}

void trial_metrics(const struct trial_plan *plan, const struct trial *t, float *out)
{
    for (int m = 0; m < M_COUNT; m++)
        out[m] = trial_metric(plan, t, m);
}

void trial_set_metrics(struct trial_plan *plan, const struct trial *t, const float *metric)
{
    float *to = plan->metric + (size_t)(t - plan->trial) * (size_t)plan->measured;
    for (int m = 0; m < M_COUNT; m++)
        if (plan->slot[m] >= 0)
            to[plan->slot[m]] = metric[m];
}

/* Makes room for what the tasks of the plan measure. 0, or -1 without memory. */
static int make_room_for_metrics(struct sweep_run *run)
{
    struct trial_plan *plan = run->plan;
    unsigned measured = metrics_measured(run);
    plan->measured = 0;
    for (int m = 0; m < M_COUNT; m++)
        plan->slot[m] = (int8_t)(measured >> train_metrics[m].metric & 1 ? plan->measured++ : -1);
    plan->metric = calloc(plan->ntrials * (size_t)plan->measured + 1, sizeof *plan->metric);
    return plan->metric ? 0 : -1;
}

/* The whole plan, NAME.layers.csv, and what the journal has of it. 0, or -1 with *errs or *e. */
static int plan_all(struct sweep_run *run, struct err_list *errs, struct err *e)
{
    struct finals finals = {.failed = 0};
    struct store *store = run->store;
    struct record_file layers;
    int bad = 0;
    if (window(run))
        bad = journal_scan(&store->journal, skip_epoch, final_key, &finals, &store->damaged, e) || finals.failed;
    if (!bad && !(bad = record_begin(&layers, run, &layer_table, NULL, e))) {
        bad = add_proposed(run, &finals, &layers, errs) || all_skipped(run, errs) || make_room_for_metrics(run);
        if (!bad && run->o->only_looks)
            record_drop(&layers);
        else
            bad = record_end(&layers, bad, 1, e);
    }
    bad = bad || pruning_begin(run, run->plan->ntrials, e) || replay_journal(run, e);
    keymap_release(&finals.keys);
    keymap_release(&run->plan->kinds);
    if (!bad)
        reopen_incomplete(run);
    return bad;
}

size_t end_of_point(const struct trial_plan *plan, size_t point)
{
    return point + 1 < plan->npoints ? plan->point[point + 1].first : plan->ntrials;
}

static int point_is_settled(const struct sweep_run *run, size_t point)
{
    for (size_t i = run->plan->point[point].first; i < end_of_point(run->plan, point); i++)
        if (!pruning_is_final(run, i))
            return 0;
    return 1;
}

static void settle_points(struct sweep_run *run)
{
    struct trial_plan *plan = run->plan;
    for (; plan->settled < plan->npoints && point_is_settled(run, plan->settled); plan->settled++)
        if (run->growth)
            growth_tell(run, plan->settled);
}

/* A trial that the journal had given up, and this sweep does not, gets a place when the workers are at work. */
static void queue_open_trials(struct sweep_run *run, size_t point)
{
    for (size_t i = run->plan->point[point].first; i < end_of_point(run->plan, point); i++)
        if (run->plan->trial[i].r.status == TRIAL_OPEN && run->tally->stock_taken)
            queue_append(run, i);
}

/* Judges the points that may be judged now, from the first one that is not settled on. */
static int judge_points(struct sweep_run *run, struct err *e)
{
    struct trial_plan *plan = run->plan;
    if (run->pruning->rests) {
        const int bad = pruning_promote(run, e);
        settle_points(run);
        return bad;
    }
    for (size_t p = plan->settled; p < plan->npoints && pruning_may_begin(run, p, plan->settled); p++) {
        int open = pruning_judge_point(run, p, e);
        if (open < 0)
            return -1;
        if (open)
            queue_open_trials(run, p);
        settle_points(run);
    }
    return 0;
}

int plan_advance(struct sweep_run *run, struct err *e)
{
    int more = plan_follows(run) && !growth_leaves_to_other(run);
    while (more > 0) {
        settle_points(run);
        if (run->pruning && judge_points(run, e))
            return -1;
        more = growth_next_point(run, e);
    }
    return more;
}

static int advance_before_workers(struct sweep_run *run, struct err *e)
{
    omp_set_lock(&run->lock);
    int bad = plan_advance(run, e) < 0;
    omp_unset_lock(&run->lock);
    return bad;
}

/* What later calls read of the plan. */
static int write_plan(struct sweep_run *run, struct err *e)
{
    outside_compare(run);
    return write_starts(run, 1, e) || outside_write(run, e) || earlier_keep(run->sweep, run->o->out, e) ||
                   snapshot(run, e)
               ? -1
               : 0;
}

int plan_prepare(struct sweep_run *run, struct err_list *errs)
{
    struct err e = {0};
    char path[4200];
    struct store *store = run->store;
    const int looks = run->o->only_looks;
    snprintf(path, sizeof path, "%s/journal", run->folder);
    int bad = journal_open(&store->journal, path, &e) || kept_open(&store->kept, run->folder, &e);
    bad = bad || (growth_wanted(run) ? growth_begin(run, &e) : plan_all(run, errs, &e));
    bad = bad || advance_before_workers(run, &e) || (signals_asked() && run->growth);
    bad = bad || (!looks && write_plan(run, &e));
    err_list_take(errs, &e);
    if (bad && !errs->n && signals_asked())
        return -1;
    if (!bad && !looks) {
        starts_tell(run);
        checkpoints_tidy(run);
        models_found(run);
    }
    return bad ? (errs->n ? -1 : no_memory_for_plan(errs)) : 0;
}

void plan_proposal(const struct sweep_run *run, uint64_t index, struct proposal *out)
{
    const struct search *s = sweep_search(run->sweep);
    struct err e = {0};
    if (!s->type->draws)
        s->type->ask(s, NULL, index, out, &e);
    else
        memcpy(out->value, run->plan->drawn + index * s->axes, s->axes * sizeof *out->value);
}

const char *plan_value(const struct sweep_run *run, uint64_t index, size_t i, char buf[STR_NUM])
{
    struct proposal at;
    plan_proposal(run, index, &at);
    return sweep_point_value(run->sweep, &at, i, buf);
}

size_t point_of(const struct trial_plan *plan, uint64_t index)
{
    size_t lo = 0, hi = plan->npoints;
    while (hi - lo > 1) {
        size_t mid = (lo + hi) / 2;
        if (plan->point[mid].index <= index)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}
