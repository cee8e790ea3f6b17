/* limits.c - when a sweep has enough trials: the keys of [stop]. */
#include "orchestrate/limits.h"

#include "base/clock.h"
#include "orchestrate/plan.h"
#include "orchestrate/pruning.h"
#include "orchestrate/ranking.h"
#include "orchestrate/replay.h"
#include "orchestrate/tally.h"

#include <math.h>

void limits_reopen(struct sweep_run *run, struct trial *t)
{
    run->tally->count[t->r.status]--;
    run->tally->count[TRIAL_OPEN]++;
    run->tally->reused -= (uint64_t)t->reused;
    trial_reopen(run, t);
}

void check_limits(struct sweep_run *run)
{
    const struct sweep_spec *s = run->spec;
    int limit = (s->stop_time > 0 && clock_wall() - run->tally->began >= s->stop_time) ||
                (s->stop_epochs > 0 && run->tally->epochs >= (uint64_t)s->stop_epochs);
    if (limit && !run->limits->stop)
        run->limits->stop = STOP_LIMIT;
}

void check_target(struct sweep_run *run, const struct trial *t)
{
    double v = objective_of(run, t), target = run->spec->stop_target;
    if (target == target && v == v && (run->spec->maximise ? v >= target : v <= target) && !run->limits->stop)
        run->limits->stop = STOP_LIMIT;
}

/* Trials behind the end are as if they had not been trained: the journal keeps them for a call with another end. */
static void set_aside(struct sweep_run *run)
{
    run->tally->best = SIZE_MAX;
    for (size_t i = 0; i < run->plan->ntrials; i++) {
        struct trial *t = &run->plan->trial[i];
        if (i >= run->limits->end && t->r.status != TRIAL_OPEN && t->r.status != TRIAL_SKIPPED)
            limits_reopen(run, t);
        note_best(run, i);
    }
}

/* Whether the trial, the next in the plan's order, is better than those before it: of several objectives, whether each
 * of those is worse by one of them. Those that were gains are enough: what is as good as another is as good as a gain.
 */
static int is_gain(const struct sweep_run *run, const struct trial *t)
{
    const struct trial *all = run->plan->trial;
    double own[SEARCH_OBJECTIVES];
    if (run->spec->goals < 2)
        return objective_better(
            run, objective_of(run, t),
            run->limits->best_settled == SIZE_MAX ? NAN : objective_of(run, &all[run->limits->best_settled]));
    objectives_of(run, t, own);
    for (size_t k = 0; k < run->spec->goals; k++)
        if (isnan(own[k]))
            return 0;
    for (size_t i = 0; i < run->limits->settled_trials; i++)
        if (all[i].gained && objectives_as_good(run, &all[i], t))
            return 0;
    return 1;
}

/* Does the trial leave the best result as it is, once too often? */
static int settle(struct sweep_run *run)
{
    struct trial *t = &run->plan->trial[run->limits->settled_trials];
    if (t->r.status == TRIAL_SKIPPED)
        return 0;
    if (!is_gain(run, t))
        return ++run->limits->trials_without_gain >= (size_t)run->spec->stop_stagnation;
    t->gained = 1;
    run->limits->best_settled = run->limits->settled_trials;
    run->limits->trials_without_gain = 0;
    return 0;
}

/* The machine's fault is an end here, unless others follow from the result. */
static int is_settled(const struct sweep_run *run, size_t i)
{
    return run->plan->trial[i].r.status != TRIAL_OPEN && (!plan_follows(run) || pruning_is_final(run, i));
}

/* Decided by the trials in the order of the plan, each when all before it are final, so that the end is the same for
 * any number of workers and after any interruption. */
void check_stagnation(struct sweep_run *run)
{
    if (!run->spec->stop_stagnation || run->limits->end != SIZE_MAX)
        return;
    for (; run->limits->settled_trials < run->plan->ntrials && is_settled(run, run->limits->settled_trials);
         run->limits->settled_trials++)
        if (settle(run)) {
            run->limits->end = run->limits->settled_trials + 1;
            set_aside(run);
            run->limits->stop = run->limits->stop ? run->limits->stop : STOP_LIMIT;
            return;
        }
}
