/* workers.c - the threads of a running sweep: each pulls trials, and helps others when there is none. */
#include "orchestrate/workers.h"

#include "base/clock.h"
#include "base/memory.h"
#include "orchestrate/isolate.h"
#include "orchestrate/plan.h"
#include "orchestrate/queue.h"
#include "orchestrate/running.h"
#include "orchestrate/signals.h"
#include "orchestrate/store.h"
#include "orchestrate/tally.h"
#include "orchestrate/threads.h"
#include "orchestrate/train_trial.h"

#include <stdlib.h>
#include <unistd.h>

static void run_trial(struct worker *w, size_t i)
{
    struct sweep_run *run = w->run;
    struct err e = {0};
    w->started = clock_wall();
    w->cpu = clock_thread();
    w->images = 0;
    if (isolated(run, &run->plan->trial[i])) {
        train_apart(w, i);
        return;
    }
    int bad = running_mark(run, w->number, &run->plan->trial[i], &e);
    if (!bad) {
        train_here(w, i);
        bad = running_mark(run, w->number, NULL, &e);
    }
    if (bad)
        break_off(run, &e);
}

/* The crew with a place left and the fewest members; NULL: none. */
static struct crew *smallest_crew(struct sweep_run *run)
{
    struct crew *best = NULL;
    int least = run->workers->members;
    for (int i = 0; i < run->workers->jobs; i++) {
        int members = atomic_load(&run->workers->crew[i].members);
        if (!atomic_load(&run->workers->crew[i].closed) && members < least) {
            best = &run->workers->crew[i];
            least = members;
        }
    }
    return best;
}

/* One more thread than cores would take a core from those that it waits for. */
static int help_somebody(struct sweep_run *run, int running)
{
    int helping = atomic_fetch_add(&run->workers->helping, 1);
    struct crew *crew = running + helping < omp_get_num_procs() ? smallest_crew(run) : NULL;
    int joined = crew && crew_join(crew);
    atomic_fetch_sub(&run->workers->helping, 1);
    return joined;
}

/* This worker has no trial: it helps one that has, for a while. 0: there is none. */
static int help_others(struct sweep_run *run)
{
    omp_set_lock(&run->lock);
    int running = (int)run->queue->running;
    omp_unset_lock(&run->lock);
    if (running && !help_somebody(run, running))
        usleep(1000);
    return running;
}

static void work(struct sweep_run *run, int number)
{
    struct worker w = {.run = run, .number = number};
    size_t i;
    arena_init(&w.plan);
    for (int found; (found = next_trial(run, &i)) != QUEUE_EMPTY;) {
        if (found != QUEUE_TRIAL) { /* until somebody's memory is free, or a result is there */
            if (found == QUEUE_NO_ROOM)
                arena_release(&w.memory);
            help_others(run);
            continue;
        }
        run_trial(&w, i);
        end_trial(run, i);
    }
    arena_release(&w.plan);
    arena_release(&w.memory);
    while (help_others(run))
        ;
}

/* How many workers get a thread; said where they are fewer than wanted. */
static int probe_threads(struct sweep_run *run)
{
    char text[256];
    int got = threads_possible(run->workers->jobs, text, sizeof text);
    if (got < run->workers->jobs)
        run_tell(run, text, 1);
    return got;
}

/* Crews of run->workers->jobs workers, no more than can find a place. 0, or -1 with *e. */
int make_crews(struct sweep_run *run, struct err *e)
{
    size_t places = run->queue->norder * CREW_MOST;
    run->workers->jobs = run->o->jobs < 1 ? 1 : run->o->jobs;
    if ((size_t)run->workers->jobs > places)
        run->workers->jobs = (int)places;
    run->workers->jobs = probe_threads(run);
    run->workers->members = run->workers->jobs < CREW_MOST ? run->workers->jobs : CREW_MOST;
    run->workers->crew = calloc((size_t)run->workers->jobs + 1, sizeof *run->workers->crew);
    run->workers->now = calloc((size_t)run->workers->jobs + 1, sizeof *run->workers->now);
    if (!run->workers->crew || !run->workers->now)
        return err_set(e, ERR_NOMEM, "no memory for %d workers", run->workers->jobs);
    for (int i = 0; i < run->workers->jobs; i++)
        if (crew_init(&run->workers->crew[i], run->workers->members)) {
            run->workers->jobs = i;
            return err_set(e, ERR_NOMEM, "no locks for the workers");
        }
    return 0;
}

void release_crews(struct sweep_run *run)
{
    for (int i = 0; run->workers->crew && i < run->workers->jobs; i++)
        crew_release(&run->workers->crew[i]);
    free(run->workers->crew);
    free(run->workers->now);
}

void train_all(struct sweep_run *run)
{
    struct err e = {0};
    run->store->keep_row = journal_row;
    if (!run->workers->jobs)
        return;
    if (running_begin(run, &e) || isolate_begin(run, &e))
        break_off(run, &e);
    omp_set_dynamic(0);
#pragma omp parallel num_threads(run->workers->jobs)
    {
        if (omp_get_thread_num())
            signals_elsewhere();
#pragma omp single /* now that the threads have their stacks */
        run->queue->bytes_free = (double)memory_room();
        work(run, omp_get_thread_num());
    }
    isolate_end(run);
    if (running_end(run, &e))
        break_off(run, &e);
}
