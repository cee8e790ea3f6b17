/* queue.c - which trial a worker trains next. */
#include "orchestrate/queue.h"

#include "orchestrate/limits.h"
#include "orchestrate/plan.h"
#include "orchestrate/pruning.h"
#include "orchestrate/signals.h"
#include "orchestrate/tally.h"
#include "orchestrate/workers.h"

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

/* Most trials that this call may run. */
static size_t most_of_call(const struct sweep_run *run)
{
    return run->spec->stop_trials > 0 ? (size_t)run->spec->stop_trials : SIZE_MAX;
}

double queue_work(const struct sweep_run *run, const struct trial *t, int epochs)
{
    const int left = pruning_goal(run, t) - epochs;
    return left > 0 ? t->kind->expected / t->kind->epochs * left : 0;
}

/* The open trials this call may run behind v[n], the first of the plan; with `again` those that failed. Their number
 * with those before. */
static size_t take_open(struct sweep_run *run, int again, struct job_order *v, size_t n)
{
    size_t limit = most_of_call(run);
    for (size_t i = 0; i < run->plan->ntrials && n < limit; i++) {
        struct trial *t = &run->plan->trial[i];
        if (again && t->retried && !plan_follows(run)) /* where it is open already */
            limits_reopen(run, t);
        else if (again || t->r.status != TRIAL_OPEN || !pruning_is_due(run, i))
            continue;
        v[n++] = (struct job_order){t->kind->expected, i};
        run->tally->work_left += queue_work(run, t, t->nepochs);
    }
    return n;
}

void queue_append(struct sweep_run *run, size_t trial)
{
    struct queue *q = run->queue;
    for (size_t i = q->next; i < q->norder; i++)
        if (q->order[i] == trial) /* it waits there already */
            return;
    if (q->norder >= most_of_call(run))
        return;
    size_t at = q->norder++;
    for (; at > q->next && q->order[at - 1] > trial; at--)
        q->order[at] = q->order[at - 1];
    q->order[at] = (uint32_t)trial;
    run->tally->work_left += queue_work(run, &run->plan->trial[trial], run->plan->trial[trial].nepochs);
}

/* Trials are begun in the order of the plan where the end of the sweep is found in it (the fewest are trained in vain),
 * or others follow from their results. */
static int in_plan_order(const struct sweep_run *run)
{
    return run->spec->stop_stagnation || plan_follows(run);
}

int order_trials(struct sweep_run *run, struct err *e)
{
    struct job_order *v = malloc((run->plan->ntrials + 1) * sizeof *v);
    if (!run->growth) /* which has reserved more */
        run->queue->order = malloc((run->plan->ntrials * pruning_turns(run) + 1) * sizeof *run->queue->order);
    if (!v || !run->queue->order) {
        free(v);
        return err_set(e, ERR_NOMEM, "no memory for the order of trials");
    }
    run->limits->end = run->limits->best_settled = SIZE_MAX;
    take_stock(run);
    run->queue->norder = take_open(run, 0, v, 0);
    run->queue->norder =
        take_open(run, 1, v, run->queue->norder); /* what fails always must not keep the others waiting */
    check_stagnation(run);
    if (!in_plan_order(run))
        qsort(v, run->queue->norder, sizeof *v, longest_first);
    for (size_t i = 0; i < run->queue->norder; i++)
        run->queue->order[i] = (uint32_t)v[i].trial;
    free(v);
    return 0;
}

/* --- the next one --- */

#define ALIKE 0.7 /* trials that take at least this share of the longest's time can stand in its place */
#define LOOK 256  /* places of the order to look at */

/* How many of the next trials take about as long as the first; their mean memory. */
static size_t alike(const struct sweep_run *run, double *mean)
{
    double sum = 0, least = ALIKE * run->plan->trial[run->queue->order[run->queue->next]].kind->expected;
    size_t n = 0;
    while (n < LOOK && run->queue->next + n < run->queue->norder &&
           run->plan->trial[run->queue->order[run->queue->next + n]].kind->expected >= least)
        sum += (double)run->plan->trial[run->queue->order[run->queue->next + n++]].kind->bytes;
    *mean = sum / (double)n;
    return n;
}

/* Of trials that take about as long, the one with which the workers together hold nearest to what they would hold on
 * average: large ones run beside small ones, and not all at the same time. The first in the order among equals. */
static size_t fitting(const struct sweep_run *run)
{
    double mean, least = INFINITY;
    size_t best = run->queue->next, n = alike(run, &mean);
    if (in_plan_order(run))
        return run->queue->next;
    for (size_t i = run->queue->next; i < run->queue->next + n; i++) {
        double off = fabs(run->queue->bytes_in_use + (double)run->plan->trial[run->queue->order[i]].kind->bytes -
                          run->workers->jobs * mean);
        if (off < least) {
            least = off;
            best = i;
        }
    }
    return best;
}

/* Is there memory for it beside the trials that run? A worker may hold a third more than it needs, from the trial
 * before. One that is too large for any moment fails at once. */
static int has_room(const struct sweep_run *run, size_t place)
{
    double bytes = (double)run->plan->trial[run->queue->order[place]].kind->bytes;
    return bytes > run->queue->bytes_free || run->queue->bytes_in_use == 0 ||
           (run->queue->bytes_in_use + bytes) * 4 / 3 <= run->queue->bytes_free;
}

/* The place itself, or the next one that has room; norder: none near by. */
static size_t with_room(const struct sweep_run *run, size_t place)
{
    size_t end = run->queue->next + LOOK < run->queue->norder ? run->queue->next + LOOK : run->queue->norder;
    if (has_room(run, place))
        return place;
    for (size_t i = run->queue->next; i < end; i++)
        if (has_room(run, i))
            return i;
    return run->queue->norder;
}

/* Have all trials come to their ends that the one at this place is compared with? */
static int may_begin(const struct sweep_run *run, size_t place)
{
    return pruning_trial_may_begin(run, run->queue->order[place]);
}

/* The first place near by whose trial may begin; norder: there is none. */
static size_t first_that_may_begin(const struct sweep_run *run)
{
    for (size_t i = run->queue->next; i < run->queue->norder && i < run->queue->next + LOOK; i++)
        if (may_begin(run, i))
            return i;
    return run->queue->norder;
}

int next_trial(struct sweep_run *run, size_t *trial)
{
    int found = QUEUE_EMPTY;
    size_t first_ready;
    omp_set_lock(&run->lock);
    if (run->limits->stop || signals_asked()) {
        found = QUEUE_EMPTY;
    } else if ((first_ready = first_that_may_begin(run)) == run->queue->norder) {
        found = run->queue->running && plan_follows(run) ? QUEUE_WAITS : QUEUE_EMPTY;
    } else {
        size_t fits = first_ready == run->queue->next ? fitting(run) : first_ready;
        size_t place = with_room(run, fits), at = place - run->queue->next;
        uint32_t *first = &run->queue->order[run->queue->next];
        found = place < run->queue->norder && may_begin(run, place) ? QUEUE_TRIAL : QUEUE_NO_ROOM;
        if (found == QUEUE_TRIAL) {
            *trial = first[at];
            memmove(first + 1, first, at * sizeof *first);
            run->queue->next++;
            run->queue->running++;
            run->queue->bytes_in_use += (double)run->plan->trial[*trial].kind->bytes;
        }
    }
    omp_unset_lock(&run->lock);
    return found;
}

void end_trial(struct sweep_run *run, size_t i)
{
    omp_set_lock(&run->lock);
    run->queue->running--;
    run->queue->bytes_in_use -= (double)run->plan->trial[i].kind->bytes;
    omp_unset_lock(&run->lock);
}
