/* growth.c - plans that grow with the results. */
#include "orchestrate/growth.h"

#include "orchestrate/limits.h"
#include "orchestrate/plan.h"
#include "orchestrate/pruning.h"
#include "orchestrate/queue.h"
#include "orchestrate/ranking.h"
#include "orchestrate/replay.h"
#include "orchestrate/signals.h"
#include "orchestrate/store.h"
#include "orchestrate/tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int growth_wanted(const struct sweep_run *run)
{
    return sweep_search(run->sweep)->type->listens;
}

int growth_goes_on(const struct sweep_run *run)
{
    return run->growth && !run->growth->ended;
}

int growth_leaves_to_other(struct sweep_run *run)
{
    if (!run->growth || !run->growth->asks)
        return 0;
    run->growth->came = 1;
    return 1;
}

static size_t points_asked_for(const struct sweep_run *run)
{
    return (size_t)sweep_search(run->sweep)->args.trials;
}

uint64_t growth_trials(const struct sweep_run *run)
{
    if (!growth_goes_on(run))
        return run->plan->ntrials;
    return points_asked_for(run) * (uint64_t)run->spec->repeats;
}

/* Where trials lie does not change when more come. */
static int reserve_plan(struct sweep_run *run, struct err *e)
{
    struct trial_plan *plan = run->plan;
    size_t points = points_asked_for(run), trials = points * (size_t)run->spec->repeats;
    plan->measured = M_COUNT;
    for (int m = 0; m < M_COUNT; m++)
        plan->slot[m] = (int8_t)m;
    plan->point = malloc(points * sizeof *plan->point);
    plan->drawn = malloc(points * (sweep_search(run->sweep)->axes + 1) * sizeof *plan->drawn);
    plan->trial = malloc(trials * sizeof *plan->trial);
    plan->metric = malloc(trials * M_COUNT * sizeof *plan->metric);
    run->queue->order = malloc((trials + 1) * sizeof *run->queue->order);
    plan->point_cap = plan->drawn_cap = points;
    plan->trial_cap = trials;
    if (plan->point && plan->drawn && plan->trial && plan->metric && run->queue->order)
        return pruning_begin(run, trials, e);
    return err_set(e, ERR_NOMEM, "no memory for a plan of %zu trials", trials);
}

void outcome_add(struct point_outcome *o, enum trial_status status, const double *value, size_t goals, int epochs_run)
{
    int pruned = status == TRIAL_PRUNED;
    if ((!pruned && status != TRIAL_COMPLETE) || isnan(*value) || (pruned && !epochs_run)) /* a race has left it out */
        return;
    if (pruned && (!o->fewest || epochs_run < o->fewest))
        o->fewest = epochs_run;
    o->sum[pruned] += *value;
    o->n[pruned]++;
    for (size_t k = 1; k < goals; k++)
        o->other[k - 1] += value[k];
}

void outcome_check(struct search_result *r, size_t goals)
{
    int finite = goals == 1 || isfinite(r->loss);
    for (size_t k = 1; k < goals && finite; k++)
        finite = isfinite(r->other[k - 1]) != 0;
    if (!finite)
        r->loss = INFINITY;
}

struct search_result outcome_result(const struct point_outcome *o, const struct sweep_spec *spec)
{
    int which = o->fewest != 0;
    double mean = o->n[which] ? o->sum[which] / o->n[which] : NAN;
    struct search_result r = {.loss = isnan(mean) ? INFINITY : spec->maximise ? -mean : mean, .pruned = o->fewest};
    for (size_t k = 1; k < spec->goals && r.loss < INFINITY; k++) {
        mean = o->other[k - 1] / o->n[0];
        r.other[k - 1] = spec->goal[k].maximise ? -mean : mean;
    }
    outcome_check(&r, spec->goals);
    return r;
}

static struct search_result result_of(const struct sweep_run *run, size_t point)
{
    struct point_outcome o = {.fewest = 0};
    for (size_t i = run->plan->point[point].first; i < end_of_point(run->plan, point); i++) {
        const struct trial *t = &run->plan->trial[i];
        double v[SEARCH_OBJECTIVES];
        objectives_of(run, t, v);
        if (t->r.status == TRIAL_PRUNED)
            *v = (double)pruning_verdict(run, t)->value;
        outcome_add(&o, t->r.status, v, run->spec->goals, t->r.epochs_run);
    }
    return outcome_result(&o, run->spec);
}

void growth_tell(struct sweep_run *run, size_t point)
{
    const struct search_result r = result_of(run, point);
    search_tell(&run->growth->planner.history, &r);
}

/* Adds the next point. SEARCH_FOUND, SEARCH_END, SEARCH_WAITS, -1 with *e. */
static int add_next_point(struct sweep_run *run, struct err *e)
{
    struct plan_point p;
    struct err_list errs = {0};
    int end = planner_next(&run->growth->planner, &p, &errs);
    if (end < 0 && errs.n)
        *e = errs.v[0];
    err_list_release(&errs);
    if (end)
        return end;
    if (plan_add_point(run, &p))
        return err_set(e, ERR_NOMEM, "no memory for the plan");
    for (size_t i = run->plan->point[run->plan->npoints - 1].first; i < run->plan->ntrials; i++)
        if (replay_recalled(run, &run->growth->recall, &run->plan->trial[i], e))
            return -1;
    return SEARCH_FOUND;
}

int growth_begin(struct sweep_run *run, struct err *e)
{
    run->growth = calloc(1, sizeof *run->growth);
    if (!run->growth)
        return err_set(e, ERR_NOMEM, "no memory");
    planner_init(&run->growth->planner, run->sweep, run->sets);
    run->growth->planner.lock = &run->lock;
    return reserve_plan(run, e) || recall_read(&run->growth->recall, &run->store->journal, &run->store->damaged, e) ? -1
                                                                                                                    : 0;
}

/* A trial that came while the workers are at work: it is counted and, unless the journal had it, gets a place. */
static void take_grown(struct sweep_run *run, size_t i)
{
    const struct trial *t = &run->plan->trial[i];
    run->tally->count[t->r.status]++;
    run->tally->reused += (uint64_t)t->reused;
    note_best(run, i);
    if (t->r.status == TRIAL_OPEN)
        queue_append(run, i);
}

int growth_next_point(struct sweep_run *run, struct err *e)
{
    size_t from = run->plan->ntrials;
    if (!growth_goes_on(run) || run->limits->stop || signals_asked())
        return 0;
    run->growth->asks = 1;
    run->growth->came = 0;
    int end = add_next_point(run, e);
    run->growth->asks = 0;
    run->growth->ended = end == SEARCH_END;
    for (size_t i = from; end == SEARCH_FOUND && run->tally->stock_taken && i < run->plan->ntrials; i++)
        take_grown(run, i);
    return end < 0 ? -1 : end == SEARCH_FOUND || run->growth->came;
}

void growth_cut(struct sweep_run *run)
{
    struct trial_plan *plan = run->plan;
    if (!run->growth || run->limits->end == SIZE_MAX)
        return;
    size_t point = plan->trial[run->limits->end - 1].point, end = end_of_point(plan, point);
    for (size_t i = end; i < plan->ntrials; i++)
        run->tally->count[plan->trial[i].r.status]--;
    plan->ntrials = end;
    plan->npoints = point + 1;
}

void growth_release(struct sweep_run *run)
{
    if (!run->growth)
        return;
    planner_release(&run->growth->planner);
    recall_release(&run->growth->recall);
    free(run->growth);
}

int growth_repeat_point(struct sweep_run *run, size_t point, const struct proposal *at, struct err *e)
{
    struct err_list errs = {0};
    struct plan_point p;
    int bad = planner_point(&run->growth->planner, point, at, &p, &errs);
    if (bad && errs.n)
        *e = errs.v[0];
    err_list_release(&errs);
    run->plan->npoints = point;
    run->plan->ntrials = point * (size_t)run->spec->repeats;
    return bad || plan_add_point(run, &p) ? -1 : 0;
}
