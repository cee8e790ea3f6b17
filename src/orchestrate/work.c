/* work.c - the workers of a running sweep: they pull trials, longest expected first, and train them. */
#include "orchestrate/work.h"

#include "base/clock.h"
#include "base/memory.h"
#include "orchestrate/planner.h"
#include "orchestrate/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- progress, under the lock --- */

#define LEAST_LEFT 1e-6 /* of the work done: less is what rounding leaves when all is trained */

void run_tell(struct run *run, const char *event, int important)
{
    if (!run->o->progress)
        return;
    struct str best = {0};
    if (run->best != SIZE_MAX)
        describe_axes(run, &run->trial[run->best], &best);
    double elapsed = clock_wall() - run->began;
    int trains = run->work_done > 0 && run->work_left > LEAST_LEFT * run->work_done;
    struct run_progress p = {
        .done = run->ntrials - run->count[TRIAL_OPEN],
        .total = run->ntrials,
        .complete = run->count[TRIAL_COMPLETE],
        .failed = run->count[TRIAL_FAILED],
        .skipped = run->count[TRIAL_SKIPPED],
        .pruned = run->count[TRIAL_PRUNED],
        .running = run->running,
        .reused = run->reused,
        .elapsed = elapsed,
        .left = trains ? elapsed * run->work_left / run->work_done : -1,
        .images_per_second = elapsed > 0 ? (double)run->images / elapsed : 0,
        .worker = run->now,
        .workers = (size_t)run->jobs,
        .best_value = run->best == SIZE_MAX ? NAN : objective_of(run, &run->trial[run->best]),
        .best = best.p ? best.p : "",
        .event = event,
        .important = important,
    };
    run->o->progress(run->o->ctx, &p);
    str_release(&best);
}

static void broken(struct run *run, const struct err *e)
{
    if (!run->broken.code)
        run->broken = *e;
    run->stop = STOP_BROKEN;
}

void break_off(struct run *run, const struct err *e)
{
    omp_set_lock(&run->lock);
    broken(run, e);
    omp_unset_lock(&run->lock);
}

/* Tables now and then while it runs: at most a twentieth of the time goes there. */
static void tables_sometimes(struct run *run)
{
    struct err e = {0};
    double now = clock_wall(), pause = 20 * run->tables_cost > 2 ? 20 * run->tables_cost : 2;
    if (now - run->tables_at < pause)
        return;
    if (tables_write(run, 0, &e))
        broken(run, &e);
    run->tables_at = clock_wall();
    run->tables_cost = run->tables_at - now;
}

/* --- one trial --- */

/* As tell_running, under the lock. */
static void note_running(struct worker *w, const struct trial *t, int epoch, int done)
{
    struct running_trial *now = &w->run->now[w->number];
    if (!t) {
        *now = (struct running_trial){.trial = 0};
        return;
    }
    int metric = train_metrics[w->run->spec->metric].metric, m = metric_on(DATA_VALIDATION, metric);
    struct epoch_row got;
    struct err unknown = {0};
    int known = epoch && epoch <= t->nepochs && !kept_get_rows(&w->run->kept, t->place, epoch, 1, &got, &unknown);
    const struct epoch_row *row = known ? &got : NULL;
    if (!row || isnan(epoch_number(row, m)))
        m = metric_on(DATA_TRAIN, metric);
    *now = (struct running_trial){
        .trial = (uint64_t)(t - w->run->trial) + 1,
        .epoch = epoch,
        .epochs = t->kind->epochs,
        .measuring = done,
        .train_loss = row ? epoch_number(row, M_TRAIN_LOSS) : NAN,
        .value = row ? epoch_number(row, m) : NAN,
        .metric = train_metrics[m].name,
    };
}

void tell_running(struct worker *w, const struct trial *t, int epochs, int done)
{
    omp_set_lock(&w->run->lock);
    note_running(w, t, epochs, done);
    run_tell(w->run, NULL, 0);
    omp_unset_lock(&w->run->lock);
}

/* The row, the counts and the line of a trial that the journal holds. Under the lock. */
static void note_final(struct run *run, size_t i, const struct trial_record *r)
{
    struct trial *t = &run->trial[i];
    struct str event = {0};
    if (i >= run->end) /* it was on its way when the sweep came to its end */
        return;
    struct err e = {0};
    if (trial_take(run, t, r, &e))
        broken(run, &e);
    run->count[TRIAL_OPEN]--;
    run->count[r->status]++;
    note_best(run, i);
    check_target(run, t);
    check_stagnation(run);
    if (r->status == TRIAL_FAILED && run->o->fail_fast && !run->stop)
        run->stop = STOP_FAIL_FAST;
    str_addf(&event, "trial %zu: ", i + 1);
    describe_trial(run, t, &event);
    if (r->status == TRIAL_FAILED)
        str_addf(&event, " failed: %s", r->error);
    run_tell(run, event.p, r->status == TRIAL_FAILED);
    str_release(&event);
}

/* The checkpoint goes only when the record stands, and, of a trial that took longer than the journal's pause between
 * flushes, only when it is on the disk. */
void finish_trial(struct worker *w, size_t i, struct trial_record *r)
{
    struct run *run = w->run;
    struct trial *t = &run->trial[i];
    struct err e = {0};
    double wall = clock_wall() - w->started;
    r->key = t->r.key;
    r->timing.worker = w->number;
    r->timing.start = run->earlier + w->started - run->began;
    r->timing.wall = wall;
    r->timing.cpu += clock_thread() - w->cpu; /* beside that of a process of its own */
    r->timing.images_per_second = wall > 0 ? (double)w->images / wall : 0;
    omp_set_lock(&run->lock);
    note_running(w, NULL, 0, 0);
    if (r->status == TRIAL_FAILED)
        run->work_left -= t->kind->expected * (1 - (double)t->nepochs / t->kind->epochs); /* what it will not train */
    int kept = !r->volatile_failure;
    int bad = kept && (journal_trial(&run->journal, r, &e) || (wall > 1 && journal_sync(&run->journal, &e)));
    if (bad) {
        broken(run, &e);
    } else {
        note_final(run, i, r);
        tables_sometimes(run);
    }
    omp_unset_lock(&run->lock);
    if (kept && !bad)
        checkpoint_remove(run, t);
}

void failed_record(const struct worker *w, const struct trial *t, const struct err *why, struct trial_record *rec)
{
    *rec = (struct trial_record){.status = TRIAL_FAILED, .epochs_run = t->nepochs, .error = why->text};
    for (int m = 0; m < M_COUNT; m++)
        rec->metric[m] = NAN;
    rec->timing.bytes = w->memory.cap;
    rec->volatile_failure = why->code == ERR_DATA || why->code == ERR_IO || why->code == ERR_NOMEM;
}

void fail_trial(struct worker *w, size_t i, const struct err *why)
{
    struct trial_record rec;
    failed_record(w, &w->run->trial[i], why, &rec);
    finish_trial(w, i, &rec);
}

/* Counts an epoch, for the limits and the time left. Under the lock. */
static void count_epoch(struct worker *w, const struct trial *t, int epoch, int done)
{
    struct run *run = w->run;
    double share = t->kind->expected / t->kind->epochs;
    run->epochs++;
    run->images += t->kind->images;
    w->images += t->kind->images;
    run->work_done += share;
    run->work_left -= share;
    if (done) /* early stopping: the epochs that will not be trained */
        run->work_left -= share * (t->kind->epochs - epoch);
    check_limits(run);
    note_running(w, t, epoch, done);
    run_tell(run, NULL, 0);
}

void note_epoch(struct worker *w, const struct trial *t, int epoch, int done, int bad, const struct err *e)
{
    struct run *run = w->run;
    omp_set_lock(&run->lock);
    if (bad && e->code != ERR_NOMEM)
        broken(run, e);
    count_epoch(w, t, epoch, done);
    if (!bad)
        tables_sometimes(run);
    omp_unset_lock(&run->lock);
}

static int keep_row(struct run *run, struct trial *t, const struct epoch_row *row, struct err *e)
{
    omp_set_lock(&run->lock);
    int bad = journal_epoch(&run->journal, t->r.key, row, e) || trial_add_epoch(run, t, row, e);
    omp_unset_lock(&run->lock);
    return bad ? -1 : 0;
}

/* Journal first, then now and then the checkpoint, also of the last epoch: measuring the test split may take long.
 * After a kill, epochs behind the checkpoint are trained again, to the same bits. -1 with *e. */
static int keep_epoch(struct worker *w, struct trial *t, const struct train_run *r, const struct epoch_row *row,
                      struct err *e)
{
    int bad = keep_row(w->run, t, row, e);
    if (!bad && checkpoint_due(&w->saved, clock_wall()))
        bad = checkpoint_write(w->run, t, r, &w->saved, e);
    note_epoch(w, t, train_epochs_run(r), train_done(r), bad, e);
    return bad ? -1 : 0;
}

int stopping(struct run *run)
{
    omp_set_lock(&run->lock);
    int stop = run->stop || run_signalled();
    omp_unset_lock(&run->lock);
    return stop;
}

/* The epochs that no checkpoint holds yet. */
static void save(struct worker *w, const struct trial *t, const struct train_run *r)
{
    struct err e = {0};
    if (train_epochs_run(r) != w->saved.epochs && checkpoint_write(w->run, t, r, &w->saved, &e))
        break_off(w->run, &e);
}

/* 1: to its end, 0: stopped in between (saved), -1: *e. */
static int train_through(struct worker *w, struct trial *t, struct train_run *r, struct err *e)
{
    while (!train_done(r)) {
        struct epoch_row row;
        if (stopping(w->run)) {
            save(w, t, r);
            return 0;
        }
        if (train_epoch(r, &row, e))
            return -1;
        if (keep_epoch(w, t, r, &row, e))
            return e->code == ERR_NOMEM ? -1 : 0;
    }
    return 1;
}

int make_training(struct worker *w, struct work_piece *p, struct err *e)
{
    size_t need = train_bytes(&p->job);
    if ((double)need > w->run->room)
        return err_set(e, ERR_NOMEM, "no memory: this training needs %.0f MB, and there is room for %.0f MB",
                       (double)need / 1e6, w->run->room / 1e6);
    if (w->memory.cap < need || w->memory.cap / 4 * 3 > need) {
        arena_release(&w->memory);
        if (arena_init_fixed(&w->memory, need))
            return err_set(e, ERR_NOMEM, "no memory: this training needs %.0f MB", (double)need / 1e6);
    }
    arena_reset(&w->memory);
    p->r = train_new(&p->job, &w->memory, e);
    return p->r ? 0 : -1;
}

int make_job(struct worker *w, const struct trial *t, struct work_piece *p, struct err *e)
{
    struct run *run = w->run;
    const struct dataset *set = t->kind->set;
    struct err_list errs = {0};
    arena_reset(&w->plan);
    int bad = sweep_point(run->sweep, run->point[t->point].index, data_classes(set), &w->plan, &p->point, &errs) ||
              point_graph(&p->point, set, &p->graph, &w->plan, &errs);
    if (bad && errs.n)
        *e = errs.v[0];
    err_list_release(&errs);
    if (bad)
        return -1;
    omp_set_lock(&run->lock);
    p->job.view = datasets_view(&run->sets, &p->point.data, e);
    omp_unset_lock(&run->lock);
    p->job.spec = &p->point.train;
    p->job.graph = &p->graph;
    p->job.k = run->k;
    p->job.seed = (uint64_t)(run->spec->seed + t->repeat);
    p->job.team = &run->crew[w->number].team;
    return p->job.view ? 0 : -1;
}

void complete_record(const struct worker *w, struct work_piece *p, struct trial_record *rec)
{
    struct train_result result;
    train_finish(p->r, &result);
    *rec = (struct trial_record){.status = TRIAL_COMPLETE,
                                 .epochs_run = result.epochs_run,
                                 .best_epoch = result.best_epoch,
                                 .timing.bytes = w->memory.used,
                                 .ntables = result.ntables,
                                 .error = ""};
    memcpy(rec->metric, result.metric, sizeof rec->metric);
    memcpy(rec->table, result.table, sizeof rec->table);
}

/* Epochs behind the checkpoint are trained once more: into the time that is left. */
static void train_again(struct run *run, const struct trial *t, int from)
{
    omp_set_lock(&run->lock);
    run->work_left += t->kind->expected / t->kind->epochs * (t->nepochs - from);
    omp_unset_lock(&run->lock);
}

static void leave_view(struct run *run, const struct data_view *view)
{
    omp_set_lock(&run->lock);
    datasets_leave(&run->sets, view);
    omp_unset_lock(&run->lock);
}

static void train_here(struct worker *w, size_t i)
{
    struct run *run = w->run;
    struct trial *t = &run->trial[i];
    struct work_piece p = {.r = NULL};
    struct trial_record rec;
    struct err e = {0};
    int bad = make_job(w, t, &p, &e) || make_training(w, &p, &e);
    if (!bad && checkpoint_read(run, t, p.r, &e) < 0) {
        leave_view(run, p.job.view);
        break_off(run, &e);
        return;
    }
    w->saved = (struct checkpoint_pace){.at = w->started, .epochs = bad ? 0 : train_epochs_run(p.r)};
    if (!bad) {
        train_again(run, t, w->saved.epochs);
        tell_running(w, t, w->saved.epochs, train_done(p.r));
    }
    crew_open(&run->crew[w->number]);
    int end = bad ? -1 : train_through(w, t, p.r, &e);
    if (end > 0) {
        complete_record(w, &p, &rec);
        finish_trial(w, i, &rec);
    } else if (end) {
        fail_trial(w, i, &e);
    } else {
        tell_running(w, NULL, 0, 0);
    }
    crew_close(&run->crew[w->number]);
    leave_view(run, p.job.view);
}

static void run_trial(struct worker *w, size_t i)
{
    struct run *run = w->run;
    struct err e = {0};
    w->started = clock_wall();
    w->cpu = clock_thread();
    w->images = 0;
    if (isolated(run, &run->trial[i])) {
        train_apart(w, i);
        return;
    }
    int bad = running_mark(run, w->number, &run->trial[i], &e);
    if (!bad) {
        train_here(w, i);
        bad = running_mark(run, w->number, NULL, &e);
    }
    if (bad)
        break_off(run, &e);
}

/* --- workers --- */

/* The crew with a place left and the fewest members; NULL: none. */
static struct crew *smallest_crew(struct run *run)
{
    struct crew *best = NULL;
    int least = run->members;
    for (int i = 0; i < run->jobs; i++) {
        int members = atomic_load(&run->crew[i].members);
        if (!atomic_load(&run->crew[i].closed) && members < least) {
            best = &run->crew[i];
            least = members;
        }
    }
    return best;
}

/* One more thread than cores would take a core from those that it waits for. */
static int help_somebody(struct run *run, int running)
{
    int helping = atomic_fetch_add(&run->helping, 1);
    struct crew *crew = running + helping < omp_get_num_procs() ? smallest_crew(run) : NULL;
    int joined = crew && crew_join(crew);
    atomic_fetch_sub(&run->helping, 1);
    return joined;
}

/* This worker has no trial: it helps one that has, for a while. 0: there is none. */
static int help_others(struct run *run)
{
    omp_set_lock(&run->lock);
    int running = (int)run->running;
    omp_unset_lock(&run->lock);
    if (running && !help_somebody(run, running))
        usleep(1000);
    return running;
}

static void work(struct run *run, int number)
{
    struct worker w = {.run = run, .number = number};
    size_t i;
    arena_init(&w.plan);
    for (int found; (found = next_trial(run, &i)) != 0;) {
        if (found < 0) { /* until somebody's memory is free */
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
static int probe_threads(struct run *run)
{
    char text[256];
    int got = threads_possible(run->jobs, text, sizeof text);
    if (got < run->jobs)
        run_tell(run, text, 1);
    return got;
}

/* Crews of run->jobs workers, no more than can find a place. 0, or -1 with *e. */
int make_crews(struct run *run, struct err *e)
{
    size_t places = run->norder * CREW_MOST;
    run->jobs = run->o->jobs < 1 ? 1 : run->o->jobs;
    if ((size_t)run->jobs > places)
        run->jobs = (int)places;
    run->jobs = probe_threads(run);
    run->members = run->jobs < CREW_MOST ? run->jobs : CREW_MOST;
    run->crew = calloc((size_t)run->jobs + 1, sizeof *run->crew);
    run->now = calloc((size_t)run->jobs + 1, sizeof *run->now);
    if (!run->crew || !run->now)
        return err_set(e, ERR_NOMEM, "no memory for %d workers", run->jobs);
    for (int i = 0; i < run->jobs; i++)
        if (crew_init(&run->crew[i], run->members)) {
            run->jobs = i;
            return err_set(e, ERR_NOMEM, "no locks for the workers");
        }
    return 0;
}

void release_crews(struct run *run)
{
    for (int i = 0; run->crew && i < run->jobs; i++)
        crew_release(&run->crew[i]);
    free(run->crew);
    free(run->now);
}

void train_all(struct run *run)
{
    struct err e = {0};
    run->keep_row = keep_row;
    if (!run->jobs)
        return;
    if (running_begin(run, &e) || isolate_begin(run, &e))
        break_off(run, &e);
    omp_set_dynamic(0);
#pragma omp parallel num_threads(run->jobs)
    {
        if (omp_get_thread_num())
            run_signals_elsewhere();
#pragma omp single /* now that the threads have their stacks */
        run->room = (double)memory_room();
        work(run, omp_get_thread_num());
    }
    isolate_end(run);
    if (running_end(run, &e))
        break_off(run, &e);
}
