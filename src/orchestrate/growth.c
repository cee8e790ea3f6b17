/* growth.c - plans that grow with the results. */
#include "orchestrate/growth.h"

#include "orchestrate/limits.h"
#include "orchestrate/plan.h"
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
        return 0;
    return err_set(e, ERR_NOMEM, "no memory for a plan of %zu trials", trials);
}

/* The trials of a point stand one after the other. */
static size_t end_of_point(const struct sweep_run *run, size_t point)
{
    return run->plan->point[point].first + (size_t)run->spec->repeats;
}

static int is_settled(const struct sweep_run *run, size_t point)
{
    for (size_t i = run->plan->point[point].first; i < end_of_point(run, point); i++)
        if (run->plan->trial[i].r.status == TRIAL_OPEN || run->plan->trial[i].r.volatile_failure)
            return 0;
    return 1;
}

/* What the search is told of a point: the mean of its repeats that are complete. */
static struct search_result result_of(const struct sweep_run *run, size_t point)
{
    double sum = 0;
    int complete = 0;
    for (size_t i = run->plan->point[point].first; i < end_of_point(run, point); i++) {
        double v = objective_of(run, &run->plan->trial[i]);
        sum += v == v ? v : 0;
        complete += v == v;
    }
    double mean = sum / complete; /* NaN where none is */
    return (struct search_result){.loss = !complete ? INFINITY : run->spec->maximise ? -mean : mean};
}

static void tell_results(struct sweep_run *run)
{
    struct growth *g = run->growth;
    while (g->settled < run->plan->npoints && is_settled(run, g->settled)) {
        const struct search_result r = result_of(run, g->settled++);
        search_tell(&g->planner.history, &r);
    }
}

/* Adds the next point with what the journal has of its trials. SEARCH_FOUND, SEARCH_END, SEARCH_WAITS, -1 with *errs or
 * *e. */
static int add_next_point(struct sweep_run *run, struct err_list *errs, struct err *e)
{
    struct plan_point p;
    int end = planner_next(&run->growth->planner, &p, errs);
    if (end)
        return end;
    if (plan_add_point(run, &p))
        return err_set(e, ERR_NOMEM, "no memory for the plan");
    for (size_t i = run->plan->point[run->plan->npoints - 1].first; i < run->plan->ntrials; i++)
        if (replay_recalled(run, &run->growth->recall, &run->plan->trial[i], e))
            return -1;
    return SEARCH_FOUND;
}

/* Adds points as long as there are results for them; `added` is called with the trials of each. */
static int grow_points(struct sweep_run *run, void (*added)(struct sweep_run *run, size_t trial), struct err_list *errs,
                       struct err *e)
{
    int end = SEARCH_FOUND;
    while (end == SEARCH_FOUND) {
        size_t from = run->plan->ntrials;
        tell_results(run);
        end = signals_asked() ? SEARCH_WAITS : add_next_point(run, errs, e);
        for (size_t i = from; end == SEARCH_FOUND && added && i < run->plan->ntrials; i++)
            added(run, i);
    }
    run->growth->ended |= end == SEARCH_END;
    return end < 0 ? -1 : 0;
}

int growth_begin(struct sweep_run *run, struct err_list *errs)
{
    struct err e = {0};
    run->growth = calloc(1, sizeof *run->growth);
    if (!run->growth) {
        err_set(&e, ERR_NOMEM, "no memory");
        err_list_take(errs, &e);
        return -1;
    }
    planner_init(&run->growth->planner, run->sweep, run->sets);
    int bad = reserve_plan(run, &e) ||
              recall_read(&run->growth->recall, &run->store->journal, &run->store->damaged, &e) ||
              grow_points(run, NULL, errs, &e);
    err_list_take(errs, &e);
    return bad || signals_asked() ? -1 : 0;
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

int growth_further(struct sweep_run *run, struct err *e)
{
    struct err_list errs = {0};
    if (!growth_goes_on(run) || run->limits->stop)
        return 0;
    int bad = grow_points(run, take_grown, &errs, e);
    if (bad && errs.n && !e->code)
        *e = errs.v[0];
    err_list_release(&errs);
    return bad;
}

void growth_cut(struct sweep_run *run)
{
    struct trial_plan *plan = run->plan;
    if (!run->growth || run->limits->end == SIZE_MAX)
        return;
    size_t point = plan->trial[run->limits->end - 1].point, end = end_of_point(run, point);
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
