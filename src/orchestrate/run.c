/* run.c - a sweep from its beginning to its tables. */
#include "orchestrate/run.h"

#include "base/clock.h"
#include "base/file.h"
#include "orchestrate/growth.h"
#include "orchestrate/isolate.h"
#include "orchestrate/limits.h"
#include "orchestrate/lock.h"
#include "orchestrate/models.h"
#include "orchestrate/plan.h"
#include "orchestrate/planner.h"
#include "orchestrate/pruning.h"
#include "orchestrate/queue.h"
#include "orchestrate/ranking.h"
#include "orchestrate/records/conditions.h"
#include "orchestrate/records/records.h"
#include "orchestrate/running.h"
#include "orchestrate/signals.h"
#include "orchestrate/store.h"
#include "orchestrate/tally.h"
#include "orchestrate/workers.h"
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

const char *const trial_status_name[] = {"open", "complete", "pruned", "failed", "skipped"};

static int too_many(const struct sweep *s, const struct run_options *o, struct err *e)
{
    const struct sweep_spec *spec = sweep_spec(s);
    double trials = sweep_points_approx(s) * spec->repeats;
    uint64_t limit = o->limit ? o->limit : RUN_LIMIT;
    if (trials <= (double)limit || spec->stop_trials > 0)
        return 0;
    return err_set(e, ERR_USAGE,
                   "%s: the %s has %.15g trials (%.15g points x %d repeats), more than %llu; make it "
                   "smaller, or say how many to run: stop.trials=1000",
                   spec->name, sweep_search(s)->type->draws ? "search" : "grid", trials, sweep_points_approx(s),
                   spec->repeats, (unsigned long long)limit);
}

/* `sweep bench --out DIR` may have left its table where that of a sweep called so belongs. */
static int is_bench(const char *out, const char *name, char *path, size_t n)
{
    struct table t;
    struct err unreadable = {0};
    if (strcmp(name, REPORT_BENCH) != 0 || !file_exists(report_path(path, n, out, name, ".csv")))
        return 0;
    table_init(&t);
    int yes = !table_read(&t, path, &unreadable) && report_is_bench(&t);
    table_release(&t);
    return yes;
}

/* Results of a sweep "x.points" would stand where those of "x" put their points. */
static int name_is_free(const struct sweep *s, const char *out, struct err *e)
{
    static const char *const taken[] = {".csv",      ".points",      ".epochs",   ".layers",    ".effects",
                                        ".classes",  ".confusion",   ".timing",   ".gradients", ".held_out",
                                        ".start",    ".predictions", ".mistakes", ".curves",    ".calibration",
                                        ".pictures", ".regions",     ".about",    ".surrogate"};
    const char *name = sweep_spec(s)->name;
    struct where at = sweep_where(s, "sweep", "name");
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        if (n > strlen(taken[i]) && str_ends(name, taken[i]))
            return err_at(e, ERR_USAGE, &at, "'%s' ends like the tables beside a sweep's main one; leave out '%s'",
                          name, taken[i]);
    char path[4096];
    if (is_bench(out, name, path, sizeof path))
        return err_at(e, ERR_USAGE, &at,
                      "%s is the table of a benchmark; write another name, such as %s-sweep, or put the results into "
                      "another folder with --out",
                      path, name);
    return 0;
}

static int summarise(struct sweep_run *run, struct run_summary *sum, struct err *e)
{
    sum->trials = run->plan->ntrials;
    sum->complete = run->tally->count[TRIAL_COMPLETE];
    sum->failed = run->tally->count[TRIAL_FAILED];
    sum->skipped = run->tally->count[TRIAL_SKIPPED];
    sum->pruned = run->tally->count[TRIAL_PRUNED];
    sum->open = run->tally->count[TRIAL_OPEN];
    sum->reused = run->tally->reused;
    sum->duplicates = run->plan->ncopies;
    sum->seconds = clock_wall() - run->tally->began;
    sum->conditions_met = conditions_met(run, e);
    sum->stopped = !sum->open && !run->plan->more ? 0 : signals_asked() ? signals_asked() : -1;
    if (run->limits->stop == STOP_FAIL_FAST)
        sum->stopped = 0; /* told by failed */
    sum->stagnated = sum->stopped < 0 && run->limits->end != SIZE_MAX;
    if (run->tally->best != SIZE_MAX) {
        struct str best = {0};
        describe_trial(run, &run->plan->trial[run->tally->best], &best);
        snprintf(sum->best, sizeof sum->best, "%s", best.p ? best.p : "");
        str_release(&best);
    }
    return sum->conditions_met < 0 ? -1 : 0;
}

static void release_run(struct sweep_run *run)
{
    free(run->plan->trial);
    free(run->plan->point);
    free(run->plan->copy);
    free(run->plan->drawn);
    free(run->plan->metric);
    free(run->queue->order);
    free(run->records->front);
    pruning_release(run);
    growth_release(run);
    release_crews(run);
    str_release(&run->tally->best_axes);
    keymap_release(&run->plan->by_key);
    keymap_release(&run->plan->kinds);
    arena_release(&run->plan->text);
    datasets_release(run->sets);
    journal_close(&run->store->journal);
    kept_close(&run->store->kept);
    run_unlock(run);
    omp_destroy_lock(&run->lock);
    free(run); /* with its parts: it is the first of them */
}

/* A mistake that all points have, and most that the data have, are told before anything is written. */
static int check_first_point(struct sweep_run *run, struct err_list *errs)
{
    struct planner planner;
    struct plan_point p;
    struct err e = {0};
    planner_init(&planner, run->sweep, run->sets);
    int end = planner_sound(&planner, &p, errs), bad = end < 0;
    if (!end && !p.mistake && !*p.set->absent && !run->o->only_tables) {
        const struct data_view *view = datasets_view(run->sets, &p.point->data, &e);
        if (!view)
            planner_data_error(run->sweep, p.point->at, &p.point->data, &e);
        datasets_leave(run->sets, view);
        bad = view ? 0 : -1;
    }
    err_list_take(errs, &e);
    planner_release(&planner);
    return bad;
}

static void show_datasets(const struct sweep_run *run)
{
    const struct data_spec *spec;
    const struct dataset *set;
    for (size_t i = 0; (set = datasets_peeked(run->sets, i, &spec)); i++)
        run->o->data(run->o->ctx, set);
}

static int start_run(struct sweep_run *run, struct run_summary *sum, struct err_list *errs, struct err *e)
{
    run->k = kernels_pick(run->o->isa);
    if (!run->k)
        return err_set(e, ERR_USAGE, "--isa %s: this machine or this program does not have it", run->o->isa);
    if (name_is_free(run->sweep, run->o->out, e) || too_many(run->sweep, run->o, e))
        return -1;
    report_path(run->folder, sizeof run->folder, run->o->out, run->spec->name, "");
    if (seen_read(run, e))
        return -1;
    if ((run->finished = finished_read(run, sum)))
        return 0;
    if (check_first_point(run, errs))
        return -1;
    if (run_lock(run, e) || plan_prepare(run, errs) || running_read(run, e) || order_trials(run, e))
        return -1;
    if (run->o->only_tables)
        run->queue->norder = 0;
    if (!growth_goes_on(run))
        keymap_release(&run->plan->by_key);
    if (run->o->data)
        show_datasets(run);
    return seen_suffices(run, e) || seen_write(run, e) || make_crews(run, e) ? -1 : 0;
}

/* Once: their trials are trained again. */
static int tell_damage(struct sweep_run *run, struct err *e)
{
    struct store *s = run->store;
    char text[4400];
    if (!s->damaged || !run->o->progress)
        return 0;
    snprintf(text, sizeof text, "%s: %u line%s cannot be read and %s left out", s->journal.path, s->damaged,
             s->damaged == 1 ? "" : "s", s->damaged == 1 ? "is" : "are");
    run_tell(run, text, 1);
    return journal_told(&s->journal, s->damaged, e);
}

static int finish_run(struct sweep_run *run, struct run_summary *sum, struct err *e)
{
    int bad = journal_sync(&run->store->journal, e);
    growth_cut(run);
    run->plan->more |= growth_goes_on(run);
    if (run->growth && !run->plan->more && !bad) {
        bad = outside_write(run, e);
        outside_tell(run);
    }
    if (run->limits->stop == STOP_BROKEN) {
        err_clear(e);
        *e = run->limits->broken;
        bad = -1;
    }
    return bad || tables_write(run, 1, e) || (!run->o->only_tables && models_finish(run, e)) ||
                   summarise(run, sum, e) || finished_write(run, sum, e)
               ? -1
               : 0;
}

/* Where something is to be trained, what stands already is written before, for who looks while it runs. */
static int train_and_write(struct sweep_run *run, struct run_summary *sum, struct err *e)
{
    outside_tell(run);
    if ((!run->o->only_tables && write_environment(run, e)) || tell_damage(run, e) ||
        (run->queue->norder && tables_write(run, 0, e)))
        return -1;
    train_all(run);
    return finish_run(run, sum, e);
}

/* A run with its parts. */
struct run_with_parts {
    struct sweep_run run;
    struct datasets sets;
    struct trial_plan plan;
    struct store store;
    struct queue queue;
    struct limits limits;
    struct tally tally;
    struct workers workers;
    struct isolation isolation;
    struct running_file marks;
    struct records records;
};

static struct sweep_run *new_run(const struct sweep *s, const struct run_options *o)
{
    struct run_with_parts *all = calloc(1, sizeof *all);
    if (!all)
        return NULL;
    all->run = (struct sweep_run){.sweep = s,
                                  .spec = sweep_spec(s),
                                  .o = o,
                                  .lock_fd = -1,
                                  .sets = &all->sets,
                                  .plan = &all->plan,
                                  .store = &all->store,
                                  .queue = &all->queue,
                                  .limits = &all->limits,
                                  .tally = &all->tally,
                                  .workers = &all->workers,
                                  .isolation = &all->isolation,
                                  .marks = &all->marks,
                                  .records = &all->records};
    all->store.journal.fd = all->store.kept.fd = all->marks.fd = -1;
    all->records.best_point = all->tally.best = all->tally.described = SIZE_MAX;
    all->sets.out = o->out;
    all->sets.name = sweep_spec(s)->name;
    all->tally.began = all->records.written_at = clock_wall();
    arena_init(&all->plan.text);
    omp_init_lock(&all->run.lock);
    return &all->run;
}

int sweep_run(const struct sweep *s, const struct run_options *o, struct run_summary *sum, struct err_list *errs)
{
    struct sweep_run *run = new_run(s, o);
    struct err e = {0};
    memset(sum, 0, sizeof *sum);
    if (!run) {
        err_set(&e, ERR_NOMEM, "no memory");
        err_list_take(errs, &e);
        return -1;
    }
    signals_take(o->notice);
    int bad = start_run(run, sum, errs, &e);
    sum->began = !bad;
    bad = bad || (!run->finished && train_and_write(run, sum, &e));
    signals_give_back();
    err_list_take(errs, &e);
    if (bad && !errs->n && signals_asked()) { /* before anything was trained */
        sum->stopped = signals_asked();
        bad = 0;
    }
    release_run(run);
    return bad ? -1 : 0;
}

static int no_journal(const struct sweep_run *run, struct err *e)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/journal", run->folder);
    return file_exists(path)
               ? 0
               : err_set(e, ERR_DATA, "there is no %s: the decisions cannot be made again without it", path);
}

int sweep_recheck(const struct sweep *s, const char *out, struct run_recheck *r, struct err_list *errs)
{
    const struct run_options o = {.out = out, .jobs = 1, .only_tables = 1, .only_looks = 1};
    struct sweep_run *run = new_run(s, &o);
    struct err e = {0};
    if (!run) {
        err_set(&e, ERR_NOMEM, "no memory");
        err_list_take(errs, &e);
        return -1;
    }
    report_path(run->folder, sizeof run->folder, out, run->spec->name, "");
    int bad = no_journal(run, &e) || seen_read(run, &e) || run_lock(run, &e) || plan_prepare(run, errs) ||
              recheck_rows(run, r, &e);
    err_list_take(errs, &e);
    release_run(run);
    return bad ? -1 : 0;
}
