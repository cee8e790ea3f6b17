/* finished.c - results/NAME/finished: what a sweep that has ended was made of, and how it ended, so that a call that
 * finds nothing changed since then neither plans nor writes anything. Changed means another program, another text of
 * the sweep, another dataset, or a file of the results that is not the one that was left: its size, its times or its
 * inode tell. Nobody has to write this file or to keep it: without it the call goes the long way. */
#include "orchestrate/records/records.h"

#include "base/clock.h"
#include "base/file.h"
#include "orchestrate/plan.h"
#include "orchestrate/tally.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Adds a line about the file at path: all that changes when it is written again. */
static void add_file(struct str *s, const char *path)
{
    struct stat st;
    if (stat(path, &st))
        return;
    str_addf(s, "%lld %lld.%09ld %lld.%09ld %llu %s\n", (long long)st.st_size, (long long)st.st_mtim.tv_sec,
             st.st_mtim.tv_nsec, (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec, (unsigned long long)st.st_ino, path);
}

static int names_in_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds the tables that stand beside each other: results/NAME.csv, results/NAME.points.csv, ... 0, or -1. */
static int add_tables(struct str *s, const struct sweep_run *run)
{
    char path[4200], *slash, **name = NULL;
    size_t n = 0, length = strlen(run->spec->name);
    int bad = 0;
    run_path(run, "", path, sizeof path);
    if (!(slash = strrchr(path, '/')))
        return -1;
    *slash = 0;
    DIR *dir = opendir(path);
    for (struct dirent *d; dir && !bad && (d = readdir(dir));) {
        if (strncmp(d->d_name, run->spec->name, length) != 0 || !str_ends(d->d_name, ".csv") ||
            d->d_name[length] != '.')
            continue;
        char **more = realloc(name, (n + 1) * sizeof *name);
        name = more ? more : name;
        bad = !more || !(name[n] = strdup(d->d_name));
        n += !bad;
    }
    if (dir)
        closedir(dir);
    if (n)
        qsort(name, n, sizeof *name, names_in_order);
    for (size_t i = 0; i < n; i++) {
        *slash = '/';
        snprintf(slash + 1, sizeof path - (size_t)(slash + 1 - path), "%s", name[i]);
        add_file(s, path);
        free(name[i]);
    }
    free(name);
    return bad || !n ? -1 : 0;
}

/* Whether a run that was killed has left something to be cleared away. Trials that were given up keep their
 * checkpoints. */
static int has_leftovers(const struct sweep_run *run)
{
    int found = 0;
    DIR *dir = opendir(run->folder);
    for (struct dirent *d; dir && !found && (d = readdir(dir));)
        found =
            (!prune_types[run->spec->prune]->decide && str_ends(d->d_name, ".state")) || str_ends(d->d_name, ".tmp");
    if (dir)
        closedir(dir);
    return found;
}

/* Writes what the results were made of. 0, or -1 where that cannot be said. */
static int describe_state(struct str *s, const struct sweep_run *run)
{
    static const char *const kept[] = {"journal", "data.csv", "sweep.ini", "outside.csv"};
    const char *text = sweep_text(run->sweep);
    char path[4200];
    str_addf(s, "sweep %s\n%016" PRIx64 "\n", SWEEP_VERSION, str_hash(STR_HASH, text, strlen(text)));
    add_file(s, "/proc/self/exe");
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", run->folder, kept[i]);
        add_file(s, path);
    }
    return add_tables(s, run) || s->failed ? -1 : 0;
}

static char *finished_path(const struct sweep_run *run, char *path, size_t n)
{
    snprintf(path, n, "%s/finished", run->folder);
    return path;
}

/* How it ended, a line; `best` comes last, as it may have blanks. */
#define ENDED "ended %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %d "

int finished_write(const struct sweep_run *run, const struct run_summary *sum, struct err *e)
{
    struct str s = {0};
    char path[4200];
    for (size_t i = 0; i < run->plan->ntrials; i++)
        if (run->plan->trial[i].r.volatile_failure)
            return 0;
    if (run->sets->start) /* whether the files that networks begin with are the same, the plan finds out */
        return 0;
    if (sum->stopped || sum->open || run->plan->more || describe_state(&s, run)) {
        str_release(&s);
        return 0;
    }
    str_addf(&s, ENDED "%s\n", sum->trials, sum->complete, sum->failed, sum->skipped, sum->pruned, sum->duplicates,
             sum->conditions_met, sum->best);
    int bad = s.failed ? err_set(e, ERR_NOMEM, "no memory for the end of the sweep")
                       : file_publish(finished_path(run, path, sizeof path), s.p, s.n, 1, e);
    str_release(&s);
    return bad;
}

/* Reads how it ended. 1, or 0 where the line is not whole. */
static int read_end(const char *line, struct run_summary *sum)
{
    int at = 0;
    size_t n = strlen(line);
    if (sscanf(line, "ended %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %d %n",
               &sum->trials, &sum->complete, &sum->failed, &sum->skipped, &sum->pruned, &sum->duplicates,
               &sum->conditions_met, &at) < 7 ||
        !at || line[n - 1] != '\n')
        return 0;
    snprintf(sum->best, sizeof sum->best, "%.*s", (int)(n - 1 - (size_t)at), line + at);
    sum->reused = sum->complete + sum->failed + sum->pruned;
    return 1;
}

int finished_read(struct sweep_run *run, struct run_summary *sum)
{
    struct str s = {0};
    struct err unreadable = {0};
    struct run_summary end = {0};
    char path[4200], *text;
    size_t n;
    if (run->o->only_tables || has_leftovers(run) || !file_exists(finished_path(run, path, sizeof path)) ||
        !(text = file_read(path, &n, &unreadable)))
        return 0;
    int same = !describe_state(&s, run) && n > s.n && !memcmp(text, s.p, s.n) && read_end(text + s.n, &end) &&
               !(end.failed && run->o->retry_failed) && datasets_as_seen(run->sets);
    if (same) {
        *sum = end;
        sum->seconds = clock_wall() - run->tally->began;
    }
    str_release(&s);
    free(text);
    return same;
}
