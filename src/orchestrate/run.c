#include "orchestrate/run.h"

#include "base/clock.h"
#include "base/file.h"
#include "orchestrate/planner.h"
#include "report/report.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

const char *const trial_status_name[] = {"open", "complete", "pruned", "failed", "skipped"};

/* --- signals: the first asks for an end after the epoch, the second ends at once; the journal is whole either way ---
 */

static atomic_int signalled; /* lock-free: a handler may write it, every worker reads it */
static const char *notice;   /* run_options.notice */

static void on_signal(int number)
{
    if (signalled)
        _exit(128 + number);
    int kept = errno; /* of what the signal came into */
    signalled = number;
    if (notice && write(STDERR_FILENO, notice, strlen(notice)) < 0) {
        /* nobody listens */
    }
    errno = kept;
}

int run_signalled(void)
{
    return signalled;
}

static const int signals[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1};
#define NSIGNALS (sizeof signals / sizeof signals[0])

static void signals_take(struct sigaction *old)
{
    struct sigaction a = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&a.sa_mask);
    signalled = 0;
    for (size_t i = 0; i < NSIGNALS; i++)
        if (!sigaction(signals[i], NULL, &old[i]) &&
            old[i].sa_handler != SIG_IGN) /* as nohup and a shell's & leave it */
            sigaction(signals[i], &a, NULL);
}

void run_signals_elsewhere(void)
{
    sigset_t taken;
    sigemptyset(&taken);
    for (size_t i = 0; i < NSIGNALS; i++)
        sigaddset(&taken, signals[i]);
    pthread_sigmask(SIG_BLOCK, &taken, NULL);
}

static void signals_give_back(const struct sigaction *old)
{
    for (size_t i = 0; i < NSIGNALS; i++)
        sigaction(signals[i], &old[i], NULL);
}

void run_ignore_signals(void)
{
    for (size_t i = 0; i < NSIGNALS; i++)
        signal(signals[i], SIG_IGN);
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
    static const char *const taken[] = {".csv",     ".points",    ".epochs", ".layers", ".effects",
                                        ".classes", ".confusion", ".timing", ".about"};
    const char *name = sweep_spec(s)->name;
    struct where at = sweep_point_where(s, 0, "sweep", "name");
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

/* "Intel(R) Xeon(R) ..." of /proc/cpuinfo, what uname calls the machine elsewhere. */
static void processor_name(char *name, size_t n)
{
    struct utsname u;
    char line[256];
    FILE *f = fopen("/proc/cpuinfo", "r");
    snprintf(name, n, "%s", uname(&u) ? "unknown" : u.machine);
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, "model name", 10) && strchr(line, ':')) {
            snprintf(name, n, "%s", str_trim(strchr(line, ':') + 1));
            break;
        }
    if (f)
        fclose(f);
}

/* Where and when it ran last: the one file beside the times that is no part of the promise of same bytes. */
static int environment(struct run *run, struct err *e)
{
    struct str s = {0};
    char path[4200], date[32] = "unknown", cpu[256];
    time_t now = time(NULL);
    struct tm utc;
    struct utsname u;
    if (gmtime_r(&now, &utc))
        strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S UTC", &utc);
    processor_name(cpu, sizeof cpu);
    str_addf(&s,
             "version: sweep %s\ndate: %s\nhost: %s\nprocessor: %s\ninstruction set: %s\nworkers: %d\ncompiler: %s\n",
             SWEEP_VERSION, date, uname(&u) ? "unknown" : u.nodename, cpu, run->k->isa, run->o->jobs, __VERSION__);
    snprintf(path, sizeof path, "%s/environment.txt", run->folder);
    int bad = s.failed ? err_set(e, ERR_NOMEM, "%s: no memory to write it", path) : file_publish(path, s.p, s.n, 1, e);
    str_release(&s);
    return bad;
}

static int summarise(struct run *run, struct run_summary *sum, struct err *e)
{
    sum->trials = run->ntrials;
    sum->complete = run->count[TRIAL_COMPLETE];
    sum->failed = run->count[TRIAL_FAILED];
    sum->skipped = run->count[TRIAL_SKIPPED];
    sum->pruned = run->count[TRIAL_PRUNED];
    sum->open = run->count[TRIAL_OPEN];
    sum->reused = run->reused;
    sum->duplicates = run->ncopies;
    sum->seconds = clock_wall() - run->began;
    sum->conditions_met = conditions_met(run, e);
    sum->stopped = !sum->open && !run->more ? 0 : signalled ? signalled : -1;
    if (run->stop == STOP_FAIL_FAST)
        sum->stopped = 0; /* told by failed */
    sum->stagnated = sum->stopped < 0 && run->end != SIZE_MAX;
    if (run->best != SIZE_MAX) {
        struct str best = {0};
        describe_trial(run, &run->trial[run->best], &best);
        snprintf(sum->best, sizeof sum->best, "%s", best.p ? best.p : "");
        str_release(&best);
    }
    return sum->conditions_met < 0 ? -1 : 0;
}

static void release(struct run *run)
{
    free(run->trial);
    free(run->point);
    free(run->copy);
    free(run->order);
    release_crews(run);
    keymap_release(&run->by_key);
    keymap_release(&run->kinds);
    arena_release(&run->text);
    datasets_release(&run->sets);
    journal_close(&run->journal);
    kept_close(&run->kept);
    run_unlock(run);
    omp_destroy_lock(&run->lock);
}

/* Most mistakes show at the first point, and in the data: tell them before anything is written. */
static int check_first_point(struct run *run, struct err_list *errs)
{
    struct planner planner;
    struct plan_point p;
    struct err e = {0};
    planner_init(&planner, run->sweep, &run->sets);
    int bad = sweep_points(run->sweep) && planner_point(&planner, 0, &p, errs);
    if (!bad && sweep_points(run->sweep) && !*p.set->absent && !run->o->only_tables) {
        const struct data_view *view = datasets_view(&run->sets, &p.point->data, &e);
        if (!view)
            planner_data_error(run->sweep, 0, &p.point->data, &e);
        datasets_leave(&run->sets, view);
        bad = view ? 0 : -1;
    }
    err_list_take(errs, &e);
    planner_release(&planner);
    return bad;
}

static int start(struct run *run, struct err_list *errs, struct err *e)
{
    run->k = kernels_pick(run->o->isa);
    if (!run->k)
        return err_set(e, ERR_USAGE, "--isa %s: this machine or this program does not have it", run->o->isa);
    if (name_is_free(run->sweep, run->o->out, e) || too_many(run->sweep, run->o, e))
        return -1;
    report_path(run->folder, sizeof run->folder, run->o->out, run->spec->name, "");
    if (seen_read(run, e) || check_first_point(run, errs))
        return -1;
    if (run_lock(run, e) || run_prepare(run, errs) || running_read(run, e) || order_trials(run, e))
        return -1;
    if (run->o->only_tables)
        run->norder = 0;
    keymap_release(&run->by_key);
    return seen_suffices(run, e) || seen_write(run, e) || make_crews(run, e) ? -1 : 0;
}

/* Once: their trials are trained again. */
static int tell_damage(struct run *run, struct err *e)
{
    char text[4400];
    if (!run->damaged || !run->o->progress)
        return 0;
    snprintf(text, sizeof text, "%s: %u line%s cannot be read and %s left out", run->journal.path, run->damaged,
             run->damaged == 1 ? "" : "s", run->damaged == 1 ? "is" : "are");
    run_tell(run, text, 1);
    return journal_told(&run->journal, run->damaged, e);
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
    return summarise(run, sum, e);
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
    run->lock_fd = run->journal.fd = run->kept.fd = run->running_fd = -1;
    run->best_point = SIZE_MAX;
    run->began = run->tables_at = clock_wall();
    arena_init(&run->text);
    omp_init_lock(&run->lock);
    notice = o->notice;
    signals_take(old);
    int bad = start(run, errs, &e);
    sum->began = !bad;
    if (!bad) {
        outside_tell(run);
        bad = (!o->only_tables && environment(run, &e)) || tell_damage(run, &e) ||
              tables_write(run, 0, &e); /* what stands already, for who looks while it runs */
        if (!bad) {
            train_all(run);
            bad = finish(run, sum, &e);
        }
    }
    signals_give_back(old);
    err_list_take(errs, &e);
    if (bad && !errs->n && signalled) { /* before anything was trained */
        sum->stopped = signalled;
        bad = 0;
    }
    release(run);
    free(run);
    return bad ? -1 : 0;
}
