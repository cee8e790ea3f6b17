/* tally.c - what those who look are told of a running sweep, and what has been done of it. */
#include "orchestrate/tally.h"

#include "base/clock.h"
#include "orchestrate/growth.h"
#include "orchestrate/plan.h"
#include "orchestrate/queue.h"
#include "orchestrate/ranking.h"
#include "orchestrate/store.h"
#include "orchestrate/workers.h"

#include <math.h>

void take_stock(struct sweep_run *run)
{
    run->tally->best = SIZE_MAX;
    run->tally->stock_taken = 1;
    for (size_t i = 0; i < run->plan->ntrials; i++) {
        const struct trial *t = &run->plan->trial[i];
        run->tally->count[t->r.status]++;
        run->tally->reused += (uint64_t)t->reused;
        note_best(run, i);
    }
}

/* Expected seconds of the trials that a plan which grows does not have yet: as many as those that it has, each. */
static double work_to_come(const struct sweep_run *run)
{
    double sum = 0, more = (double)(growth_trials(run) - run->plan->ntrials);
    for (size_t i = 0; more > 0 && i < run->plan->ntrials; i++)
        sum += run->plan->trial[i].kind->expected;
    return more > 0 ? sum * more / (double)run->plan->ntrials : 0;
}

#define LEAST_LEFT 1e-6 /* of the work done: less is what rounding leaves when all is trained */

static void describe_best(struct tally *t, const struct sweep_run *run)
{
    if (t->described == t->best)
        return;
    str_release(&t->best_axes);
    if (t->best != SIZE_MAX)
        describe_axes(run, &run->plan->trial[t->best], &t->best_axes);
    t->described = t->best;
}

void run_tell(struct sweep_run *run, const char *event, int important)
{
    if (!run->o->progress)
        return;
    describe_best(run->tally, run);
    double elapsed = clock_wall() - run->tally->began;
    double left = run->tally->work_left + work_to_come(run);
    int trains = run->tally->work_done > 0 && left > LEAST_LEFT * run->tally->work_done;
    struct run_progress p = {
        .done = run->plan->ntrials - run->tally->count[TRIAL_OPEN],
        .total = growth_trials(run),
        .complete = run->tally->count[TRIAL_COMPLETE],
        .failed = run->tally->count[TRIAL_FAILED],
        .skipped = run->tally->count[TRIAL_SKIPPED],
        .pruned = run->tally->count[TRIAL_PRUNED],
        .running = run->queue->running,
        .reused = run->tally->reused,
        .elapsed = elapsed,
        .left = trains ? elapsed * left / run->tally->work_done : -1,
        .images_per_second = elapsed > 0 ? (double)run->tally->images / elapsed : 0,
        .worker = run->workers->now,
        .workers = (size_t)run->workers->jobs,
        .best_value = run->tally->best == SIZE_MAX ? NAN : objective_of(run, &run->plan->trial[run->tally->best]),
        .best = run->tally->best_axes.p ? run->tally->best_axes.p : "",
        .event = event,
        .important = important,
    };
    run->o->progress(run->o->ctx, &p);
}

void note_running(struct sweep_run *run, int worker, const struct trial *t, int epoch, int done)
{
    struct running_trial *now = &run->workers->now[worker];
    if (!t) {
        *now = (struct running_trial){.trial = 0};
        return;
    }
    int metric = train_metrics[run->spec->metric].metric, m = metric_on(DATA_VALIDATION, metric);
    struct epoch_row got;
    struct err unknown = {0};
    int known = epoch && epoch <= t->nepochs && !kept_get_rows(&run->store->kept, t->place, epoch, 1, &got, &unknown);
    const struct epoch_row *row = known ? &got : NULL;
    if (!row || isnan(epoch_number(row, m)))
        m = metric_on(DATA_TRAIN, metric);
    *now = (struct running_trial){
        .trial = (uint64_t)(t - run->plan->trial) + 1,
        .epoch = epoch,
        .epochs = t->kind->epochs,
        .measuring = done,
        .train_loss = row ? epoch_number(row, M_TRAIN_LOSS) : NAN,
        .value = row ? epoch_number(row, m) : NAN,
        .metric = train_metrics[m].name,
    };
}
