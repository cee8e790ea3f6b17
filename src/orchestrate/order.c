/* order.c - which trial is next, and when there are enough. */
#include "orchestrate/run.h"

#include "base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- the order --- */

struct job_order {
    double expected;
    size_t trial;
};

/* Longest expected first, so that no long one is left over at the end; the plan's order among equals. */
static int longest_first(const void *a, const void *b)
{
    const struct job_order *x = a, *y = b;
    if (x->expected != y->expected)
        return x->expected > y->expected ? -1 : 1;
    return x->trial < y->trial ? -1 : x->trial > y->trial;
}

void note_best(struct run *run, size_t i)
{
    double v = objective_of(run, &run->trial[i]);
    double best = run->best == SIZE_MAX ? NAN : objective_of(run, &run->trial[run->best]);
    if (objective_better(run, v, best) || (v == best && i < run->best)) /* whatever the order of finishing */
        run->best = i;
}

/* What stands already into the counts. */
static void take_stock(struct run *run)
{
    run->best = SIZE_MAX;
    for (size_t i = 0; i < run->ntrials; i++) {
        const struct trial *t = &run->trial[i];
        run->count[t->r.status]++;
        run->reused += (uint64_t)t->reused;
        note_best(run, i);
    }
}

static void reopen(struct run *run, struct trial *t)
{
    run->count[t->r.status]--;
    run->count[TRIAL_OPEN]++;
    run->reused -= (uint64_t)t->reused;
    trial_reopen(t);
}

/* The open trials this call may run behind v[n], the first of the plan; with `again` those that failed. Their number
 * with those before. */
static size_t take_open(struct run *run, int again, struct job_order *v, size_t n)
{
    size_t limit = run->spec->stop_trials > 0 ? (size_t)run->spec->stop_trials : SIZE_MAX;
    for (size_t i = 0; i < run->ntrials && n < limit; i++) {
        struct trial *t = &run->trial[i];
        if (again && t->again)
            reopen(run, t);
        else if (again || t->r.status != TRIAL_OPEN)
            continue;
        v[n++] = (struct job_order){t->kind->expected, i};
        run->work_left += t->kind->expected * (1 - (double)t->nepochs / t->kind->epochs);
    }
    return n;
}

int order_trials(struct run *run, struct err *e)
{
    struct job_order *v = malloc((run->ntrials + 1) * sizeof *v);
    run->order = malloc((run->ntrials + 1) * sizeof *run->order);
    if (!v || !run->order) {
        free(v);
        return err_set(e, ERR_NOMEM, "no memory for the order of trials");
    }
    run->end = run->leader = SIZE_MAX;
    take_stock(run);
    run->norder = take_open(run, 0, v, 0);
    run->norder = take_open(run, 1, v, run->norder); /* what fails always must not keep the others waiting */
    check_stagnation(run);
    if (!run->spec->stop_stagnation) /* else in the plan's: the fewest are trained in vain */
        qsort(v, run->norder, sizeof *v, longest_first);
    for (size_t i = 0; i < run->norder; i++)
        run->order[i] = (uint32_t)v[i].trial;
    free(v);
    return 0;
}

/* --- the next one --- */

#define ALIKE 0.7 /* trials that take at least this share of the longest's time can stand in its place */
#define LOOK 256  /* places of the order to look at */

/* How many of the next trials take about as long as the first; their mean memory. */
static size_t alike(const struct run *run, double *mean)
{
    double sum = 0, least = ALIKE * run->trial[run->order[run->next]].kind->expected;
    size_t n = 0;
    while (n < LOOK && run->next + n < run->norder && run->trial[run->order[run->next + n]].kind->expected >= least)
        sum += (double)run->trial[run->order[run->next + n++]].kind->bytes;
    *mean = sum / (double)n;
    return n;
}

/* Of trials that take about as long, the one with which the workers together hold nearest to what they would hold on
 * average: large ones run beside small ones, and not all at the same time. The first in the order among equals. */
static size_t fitting(const struct run *run)
{
    double mean, least = INFINITY;
    size_t best = run->next, n = alike(run, &mean);
    if (run->spec->stop_stagnation)
        return run->next;
    for (size_t i = run->next; i < run->next + n; i++) {
        double off = fabs(run->held + (double)run->trial[run->order[i]].kind->bytes - run->jobs * mean);
        if (off < least) {
            least = off;
            best = i;
        }
    }
    return best;
}

/* Is there memory for it beside the trials that run? A worker may hold a third more than it needs, from the trial
 * before. One that is too large for any moment fails at once. */
static int has_room(const struct run *run, size_t place)
{
    double bytes = (double)run->trial[run->order[place]].kind->bytes;
    return bytes > run->room || run->held == 0 || (run->held + bytes) * 4 / 3 <= run->room;
}

/* The place itself, or the next one that has room; norder: none near by. */
static size_t with_room(const struct run *run, size_t place)
{
    size_t end = run->next + LOOK < run->norder ? run->next + LOOK : run->norder;
    if (has_room(run, place))
        return place;
    for (size_t i = run->next; i < end; i++)
        if (has_room(run, i))
            return i;
    return run->norder;
}

int next_trial(struct run *run, size_t *trial)
{
    int found = 0;
    omp_set_lock(&run->lock);
    if (run->next < run->norder && !run->stop && !run_signalled()) {
        size_t place = with_room(run, fitting(run)), at = place - run->next;
        uint32_t *first = &run->order[run->next];
        found = place < run->norder ? 1 : -1;
        if (found > 0) {
            *trial = first[at];
            memmove(first + 1, first, at * sizeof *first);
            run->next++;
            run->running++;
            run->held += (double)run->trial[*trial].kind->bytes;
        }
    }
    omp_unset_lock(&run->lock);
    return found;
}

void end_trial(struct run *run, size_t i)
{
    omp_set_lock(&run->lock);
    run->running--;
    run->held -= (double)run->trial[i].kind->bytes;
    omp_unset_lock(&run->lock);
}

/* --- [stop] --- */

void check_limits(struct run *run)
{
    const struct sweep_spec *s = run->spec;
    int limit = (s->stop_time > 0 && clock_wall() - run->began >= s->stop_time) ||
                (s->stop_epochs > 0 && run->epochs >= (uint64_t)s->stop_epochs);
    if (limit && !run->stop)
        run->stop = STOP_LIMIT;
}

void check_target(struct run *run, const struct trial *t)
{
    double v = objective_of(run, t), target = run->spec->stop_target;
    if (target == target && v == v && (run->spec->maximise ? v >= target : v <= target) && !run->stop)
        run->stop = STOP_LIMIT;
}

/* Trials behind the end are as if they had not been trained: the journal keeps them for a call with another end. */
static void set_aside(struct run *run)
{
    run->best = SIZE_MAX;
    for (size_t i = 0; i < run->ntrials; i++) {
        struct trial *t = &run->trial[i];
        if (i >= run->end && t->r.status != TRIAL_OPEN && t->r.status != TRIAL_SKIPPED)
            reopen(run, t);
        note_best(run, i);
    }
}

/* Does the trial, the next in the plan's order, leave the best result as it is, once too often? */
static int settle(struct run *run)
{
    const struct trial *t = &run->trial[run->settled];
    double best = run->leader == SIZE_MAX ? NAN : objective_of(run, &run->trial[run->leader]);
    if (t->r.status == TRIAL_SKIPPED)
        return 0;
    if (!objective_better(run, objective_of(run, t), best))
        return ++run->barren >= (size_t)run->spec->stop_stagnation;
    run->leader = run->settled;
    run->barren = 0;
    return 0;
}

/* Decided by the trials in the order of the plan, each when all before it are final, so that the end is the same for
 * any number of workers and after any interruption. */
void check_stagnation(struct run *run)
{
    if (!run->spec->stop_stagnation || run->end != SIZE_MAX)
        return;
    for (; run->settled < run->ntrials && run->trial[run->settled].r.status != TRIAL_OPEN; run->settled++)
        if (settle(run)) {
            run->end = run->settled + 1;
            set_aside(run);
            run->stop = run->stop ? run->stop : STOP_LIMIT;
            return;
        }
}
