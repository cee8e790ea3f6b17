#include "orchestrate/run.h"

#include "base/clock.h"
#include "base/file.h"
#include "orchestrate/planner.h"
#include "report/report.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const trial_status_name[] = {"open", "complete", "pruned", "failed", "skipped"};

enum { STOP_LIMIT = 1, STOP_FAIL_FAST, STOP_BROKEN };

/* --- signals: the first asks for an end after the epoch, the second ends at once; the journal is whole either way ---
 */

static volatile sig_atomic_t signalled;

static void on_signal(int number)
{
    if (signalled)
        _exit(128 + number);
    signalled = number;
}

static const int signals[] = {SIGINT, SIGTERM, SIGUSR1};
#define NSIGNALS (sizeof signals / sizeof signals[0])

static void signals_take(struct sigaction *old)
{
    struct sigaction a = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&a.sa_mask);
    signalled = 0;
    for (size_t i = 0; i < NSIGNALS; i++)
        sigaction(signals[i], &a, &old[i]);
}

static void signals_give_back(const struct sigaction *old)
{
    for (size_t i = 0; i < NSIGNALS; i++)
        sigaction(signals[i], &old[i], NULL);
}

/* --- progress, under the lock --- */

static void tell(struct run *run, const char *event, int important)
{
    if (!run->o->progress)
        return;
    struct str best = {0};
    if (run->best != SIZE_MAX)
        describe_trial(run, &run->trial[run->best], &best);
    double elapsed = clock_wall() - run->began;
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
        .left = run->work_done > 0 ? elapsed * run->work_left / run->work_done : -1,
        .images_per_second = elapsed > 0 ? (double)run->images / elapsed : 0,
        .best = best.p ? best.p : "",
        .event = event,
        .important = important,
    };
    run->o->progress(run->o->ctx, &p);
    str_release(&best);
}

static void broken(struct run *run, struct err *e)
{
    if (!run->broken.code)
        run->broken = *e;
    run->stop = STOP_BROKEN;
}

static void check_limits(struct run *run)
{
    const struct sweep_spec *s = run->spec;
    int limit = (s->stop_time > 0 && clock_wall() - run->began >= s->stop_time) ||
                (s->stop_epochs > 0 && run->epochs >= (uint64_t)s->stop_epochs);
    if (limit && !run->stop)
        run->stop = STOP_LIMIT;
}

static void check_target(struct run *run, const struct trial *t)
{
    double v = objective_of(run, t), target = run->spec->stop_target;
    if (target == target && v == v && (run->spec->maximise ? v >= target : v <= target) && !run->stop)
        run->stop = STOP_LIMIT;
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

struct worker {
    struct run *run;
    int number;
    struct arena plan, memory; /* of the trial: its point and graph; its training */
    double started, cpu;
    uint64_t images;
};

static void note_best(struct run *run, size_t i)
{
    double v = objective_of(run, &run->trial[i]);
    if (v == v && (run->best == SIZE_MAX || objective_better(run, v, objective_of(run, &run->trial[run->best]))))
        run->best = i;
}

static void finish_trial(struct worker *w, size_t i, struct trial_record *r)
{
    struct run *run = w->run;
    struct trial *t = &run->trial[i];
    struct err e = {0};
    double wall = clock_wall() - w->started;
    r->key = t->r.key;
    r->timing.worker = w->number;
    r->timing.start = w->started - run->began;
    r->timing.wall = wall;
    r->timing.cpu = clock_thread() - w->cpu;
    r->timing.images_per_second = wall > 0 ? (double)w->images / wall : 0;
    omp_set_lock(&run->lock);
    if (journal_trial(&run->journal, r, &e)) {
        broken(run, &e);
    } else {
        struct str event = {0};
        t->r = *r;
        t->r.confusion = NULL;
        t->r.auc = NULL;
        t->r.error = arena_str(&run->text, r->error);
        if (!t->r.error)
            t->r.error = "";
        run->count[TRIAL_OPEN]--;
        run->count[r->status]++;
        note_best(run, i);
        check_target(run, t);
        if (r->status == TRIAL_FAILED && run->o->fail_fast && !run->stop)
            run->stop = STOP_FAIL_FAST;
        str_addf(&event, "trial %zu: ", i + 1);
        describe_trial(run, t, &event);
        if (r->status == TRIAL_FAILED)
            str_addf(&event, " failed: %s", r->error);
        tell(run, event.p, r->status == TRIAL_FAILED);
        str_release(&event);
        tables_sometimes(run);
    }
    omp_unset_lock(&run->lock);
    checkpoint_remove(run, t);
}

static void fail_trial(struct worker *w, size_t i, const struct err *why)
{
    struct trial *t = &w->run->trial[i];
    struct trial_record r = {.status = TRIAL_FAILED, .epochs_run = t->nepochs, .error = why->text};
    for (int m = 0; m < M_COUNT; m++)
        r.metric[m] = NAN;
    r.timing.bytes = w->memory.cap;
    finish_trial(w, i, &r);
}

/* Journal first, then the checkpoint: a kill between the two trains the epoch again, to the same bits. */
static int keep_epoch(struct worker *w, struct trial *t, const struct train_run *r, const struct epoch_row *row,
                      double seconds)
{
    struct run *run = w->run;
    struct err e = {0};
    double share = t->expected / t->epochs;
    omp_set_lock(&run->lock);
    int bad = journal_epoch(&run->journal, t->r.key, row, &e) || trial_add_epoch(t, row);
    omp_unset_lock(&run->lock);
    if (!bad && !train_done(r))
        bad = checkpoint_write(run, t, r, seconds > 1, &e);
    omp_set_lock(&run->lock);
    if (bad) {
        err_set(&e, ERR_NOMEM, "no memory for the epochs of a trial");
        broken(run, &e);
    }
    run->epochs++;
    run->images += t->images;
    w->images += t->images;
    run->work_done += share;
    run->work_left -= share;
    if (train_done(r)) /* early stopping: the epochs that will not be trained */
        run->work_left -= share * (t->epochs - train_epochs_run(r));
    check_limits(run);
    tell(run, NULL, 0);
    omp_unset_lock(&run->lock);
    return bad;
}

static int stopping(struct run *run)
{
    omp_set_lock(&run->lock);
    int stop = run->stop || signalled;
    omp_unset_lock(&run->lock);
    return stop;
}

/* 1: to its end, 0: stopped in between (saved), -1: *e. */
static int train_through(struct worker *w, struct trial *t, struct train_run *r, struct err *e)
{
    while (!train_done(r)) {
        if (stopping(w->run))
            return 0;
        struct epoch_row row;
        double began = clock_wall();
        if (train_epoch(r, &row, e))
            return -1;
        if (keep_epoch(w, t, r, &row, clock_wall() - began))
            return 0;
    }
    return 1;
}

static struct train_run *make_run(struct worker *w, const struct train_job *job, struct err *e)
{
    size_t need = train_bytes(job);
    if (w->memory.cap < need || w->memory.cap / 4 > need) {
        arena_release(&w->memory);
        if (arena_init_fixed(&w->memory, need)) {
            err_set(e, ERR_NOMEM, "no memory: this training needs %.0f MB", (double)need / 1e6);
            return NULL;
        }
    }
    arena_reset(&w->memory);
    return train_new(job, &w->memory, e);
}

/* The point, its data and its network again, in the worker's memory. */
static int make_job(struct worker *w, const struct trial *t, struct point *pt, struct nn_graph *g,
                    struct train_job *job, struct err *e)
{
    struct run *run = w->run;
    const struct planned_point *p = &run->point[t->point];
    struct err_list errs = {0};
    arena_reset(&w->plan);
    int bad = sweep_point(run->sweep, p->index, p->set->classes, &w->plan, pt, &errs) ||
              point_graph(pt, p->set, g, &w->plan, &errs);
    if (bad && errs.n)
        *e = errs.v[0];
    err_list_release(&errs);
    if (bad)
        return -1;
    omp_set_lock(&run->lock);
    job->view = datasets_view(&run->sets, &pt->data, e);
    omp_unset_lock(&run->lock);
    job->spec = &pt->train;
    job->graph = g;
    job->k = run->k;
    job->seed = (uint64_t)(run->spec->seed + t->repeat);
    return job->view ? 0 : -1;
}

static void run_trial(struct worker *w, size_t i)
{
    struct run *run = w->run;
    struct trial *t = &run->trial[i];
    struct point pt;
    struct nn_graph g;
    struct train_job job;
    struct err e = {0};
    w->started = clock_wall();
    w->cpu = clock_thread();
    w->images = 0;
    struct train_run *r = make_job(w, t, &pt, &g, &job, &e) ? NULL : make_run(w, &job, &e);
    if (r && checkpoint_read(run, t, r) < 0)
        r = make_run(w, &job, &e);
    int end = r ? train_through(w, t, r, &e) : -1;
    if (end < 0) {
        fail_trial(w, i, &e);
    } else if (end) {
        struct train_result result;
        struct trial_record rec = {.status = TRIAL_COMPLETE, .classes = g.classes, .error = ""};
        train_finish(r, &result);
        rec.epochs_run = result.epochs_run;
        rec.best_epoch = result.best_epoch;
        memcpy(rec.metric, result.metric, sizeof rec.metric);
        rec.confusion = result.confusion;
        rec.auc = result.auc;
        rec.timing.bytes = w->memory.used;
        finish_trial(w, i, &rec);
    }
}

/* --- workers --- */

static size_t next_trial(struct run *run)
{
    size_t i = SIZE_MAX;
    omp_set_lock(&run->lock);
    if (run->next < run->norder && !run->stop && !signalled) {
        i = run->order[run->next++];
        run->running++;
    }
    omp_unset_lock(&run->lock);
    return i;
}

static void work(struct run *run, int number)
{
    struct worker w = {.run = run, .number = number};
    arena_init(&w.plan);
    for (size_t i; (i = next_trial(run)) != SIZE_MAX;) {
        run_trial(&w, i);
        omp_set_lock(&run->lock);
        run->running--;
        omp_unset_lock(&run->lock);
    }
    arena_release(&w.plan);
    arena_release(&w.memory);
}

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

static int order_trials(struct run *run, struct err *e)
{
    struct job_order *v = malloc((run->ntrials + 1) * sizeof *v);
    run->order = malloc((run->ntrials + 1) * sizeof *run->order);
    if (!v || !run->order) {
        free(v);
        return err_set(e, ERR_NOMEM, "no memory for the order of trials");
    }
    run->best = SIZE_MAX;
    for (size_t i = 0; i < run->ntrials; i++) {
        const struct trial *t = &run->trial[i];
        run->count[t->r.status]++;
        run->reused += (uint64_t)t->reused;
        if (t->r.status == TRIAL_OPEN) {
            v[run->norder++] = (struct job_order){t->expected, i};
            run->work_left += t->expected * (1 - (double)t->nepochs / t->epochs);
        }
        note_best(run, i);
    }
    qsort(v, run->norder, sizeof *v, longest_first);
    for (size_t i = 0; i < run->norder; i++)
        run->order[i] = v[i].trial;
    free(v);
    return 0;
}

static void train_all(struct run *run)
{
    int jobs = run->o->jobs < 1 ? 1 : run->o->jobs;
    if ((size_t)jobs > run->norder)
        jobs = (int)run->norder;
    if (!jobs)
        return;
    omp_set_dynamic(0);
#pragma omp parallel num_threads(jobs)
    work(run, omp_get_thread_num());
}

/* --- the whole --- */

static int too_many(const struct sweep *s, const struct run_options *o, struct err *e)
{
    const struct sweep_spec *spec = sweep_spec(s);
    double trials = sweep_points_approx(s) * spec->repeats;
    uint64_t limit = o->limit ? o->limit : RUN_LIMIT;
    if (trials <= (double)limit || spec->stop_trials > 0)
        return 0;
    return err_set(e, ERR_USAGE,
                   "%s: the grid has %.15g trials (%.15g points x %d repeats), more than %llu; make it "
                   "smaller, or say how many to run: stop.trials=1000",
                   spec->name, trials, sweep_points_approx(s), spec->repeats, (unsigned long long)limit);
}

/* Results of a sweep "x.points" would stand where those of "x" put their points. */
static int name_is_free(const struct sweep_spec *spec, struct err *e)
{
    static const char *const taken[] = {".points",  ".epochs",    ".layers", ".effects",
                                        ".classes", ".confusion", ".timing", ".about"};
    size_t n = strlen(spec->name);
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        size_t k = strlen(taken[i]);
        if (n > k && !strcmp(spec->name + n - k, taken[i]))
            return err_set(e, ERR_USAGE,
                           "sweep.name: '%s' ends like the tables beside a sweep's main one; leave out '%s'",
                           spec->name, taken[i]);
    }
    return 0;
}

static void environment(struct run *run)
{
    struct str s = {0};
    char path[4200];
    struct err e = {0};
    str_addf(&s, "instruction set: %s\nworkers: %d\ncompiler: %s\n", run->k->isa, run->o->jobs, __VERSION__);
    snprintf(path, sizeof path, "%s/environment.txt", run->folder);
    if (!s.failed)
        file_publish(path, s.p, s.n, 0, &e);
    str_release(&s);
}

static void summarise(struct run *run, struct run_summary *sum)
{
    sum->trials = run->ntrials;
    sum->complete = run->count[TRIAL_COMPLETE];
    sum->failed = run->count[TRIAL_FAILED];
    sum->skipped = run->count[TRIAL_SKIPPED];
    sum->pruned = run->count[TRIAL_PRUNED];
    sum->open = run->count[TRIAL_OPEN];
    sum->reused = run->reused;
    sum->seconds = clock_wall() - run->began;
    sum->conditions_met = conditions_met(run);
    sum->stopped = sum->open || run->more ? signalled ? (int)signalled : 1 : 0;
    if (run->stop == STOP_FAIL_FAST)
        sum->stopped = 0; /* told by failed */
    if (run->best != SIZE_MAX) {
        struct str best = {0};
        describe_trial(run, &run->trial[run->best], &best);
        snprintf(sum->best, sizeof sum->best, "%s", best.p ? best.p : "");
        str_release(&best);
    }
}

static void release(struct run *run)
{
    for (size_t i = 0; i < run->ntrials; i++)
        free(run->trial[i].epoch);
    free(run->trial);
    free(run->point);
    free(run->order);
    keymap_release(&run->by_key);
    arena_release(&run->text);
    datasets_release(&run->sets);
    journal_close(&run->journal);
    run_unlock(run);
    omp_destroy_lock(&run->lock);
}

/* Most mistakes show at the first point: tell them before anything is written. */
static int check_first_point(struct run *run, struct err_list *errs)
{
    struct planner planner;
    struct plan_point p;
    planner_init(&planner, run->sweep, &run->sets, run->k);
    int bad = sweep_points(run->sweep) && planner_point(&planner, 0, &p, errs);
    planner_release(&planner);
    return bad;
}

static int start(struct run *run, struct err_list *errs, struct err *e)
{
    run->k = kernels_pick(run->o->isa);
    if (!run->k)
        return err_set(e, ERR_USAGE, "--isa %s: this machine or this program does not have it", run->o->isa);
    if (name_is_free(run->spec, e) || too_many(run->sweep, run->o, e))
        return -1;
    if (check_first_point(run, errs))
        return -1;
    report_path(run->folder, sizeof run->folder, run->o->out, run->spec->name, "");
    return run_lock(run, e) || run_prepare(run, errs) || order_trials(run, e) ? -1 : 0;
}

static int finish(struct run *run, struct run_summary *sum, struct err *e)
{
    int bad = journal_sync(&run->journal, e);
    if (run->stop == STOP_BROKEN) {
        err_clear(e);
        *e = run->broken;
        bad = -1;
    }
    if (bad)
        return -1;
    if (tables_write(run, 1, e))
        return -1;
    summarise(run, sum);
    return 0;
}

int sweep_run(const struct sweep *s, const struct run_options *o, struct run_summary *sum, struct err_list *errs)
{
    struct run *run = calloc(1, sizeof *run);
    struct err e = {0};
    struct sigaction old[NSIGNALS];
    memset(sum, 0, sizeof *sum);
    if (!run) {
        err_set(&e, ERR_NOMEM, "no memory");
        err_list_take(errs, &e);
        return -1;
    }
    run->sweep = s;
    run->spec = sweep_spec(s);
    run->o = o;
    run->lock_fd = run->journal.fd = -1;
    run->began = run->tables_at = clock_wall();
    arena_init(&run->text);
    omp_init_lock(&run->lock);
    signals_take(old);
    int bad = start(run, errs, &e);
    if (!bad) {
        environment(run);
        train_all(run);
        bad = finish(run, sum, &e);
    }
    signals_give_back(old);
    err_list_take(errs, &e);
    release(run);
    free(run);
    return bad ? -1 : 0;
}
