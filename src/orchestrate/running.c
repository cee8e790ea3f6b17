/* running.c - results/NAME/running: which trials are being trained, so that a call after a crash knows. A line of 16
 * hexadecimal digits a key: those that an earlier call left behind, then a place for each worker, dashes where it has
 * none. A place is written with one pwrite and needs no flush: only the death of the process is at stake. */
#include "orchestrate/running.h"

#include "base/file.h"
#include "orchestrate/plan.h"
#include "orchestrate/workers.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLACE 17
#define NOBODY "----------------\n"

static char *running_path(const struct sweep_run *run, char *path, size_t n)
{
    snprintf(path, n, "%s/running", run->folder);
    return path;
}

/* What does not look like a key is none: a power cut may leave anything. */
static void read_keys(struct sweep_run *run, const char *text)
{
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        char *end;
        uint64_t i = keymap_get(&run->plan->by_key, strtoull(line, &end, 16));
        if (end == line + PLACE - 1 && i != KEYMAP_NONE)
            run->plan->trial[i].apart = 1;
    }
}

int running_read(struct sweep_run *run, struct err *e)
{
    char path[4200];
    size_t n;
    char *text = file_exists(running_path(run, path, sizeof path)) ? file_read(path, &n, e) : NULL;
    if (e->code)
        return -1;
    if (text)
        read_keys(run, text);
    free(text);
    for (size_t i = 0; i < run->plan->ntrials; i++)
        run->plan->trial[i].apart |= run->plan->trial[i].retried;
    return 0;
}

/* The trials that are still to run apart, and so many empty places. */
static int publish(struct sweep_run *run, int places, struct err *e)
{
    char path[4200];
    struct str s = {0};
    for (size_t i = 0; i < run->plan->ntrials; i++) {
        const struct trial *t = &run->plan->trial[i];
        if (t->apart && (t->r.status == TRIAL_OPEN || t->r.volatile_failure))
            str_addf(&s, "%016" PRIx64 "\n", t->r.key);
    }
    run->marks->places_at = (off_t)s.n;
    for (int i = 0; i < places; i++)
        str_add(&s, NOBODY);
    running_path(run, path, sizeof path);
    int bad = 0;
    if (s.failed)
        bad = err_set(e, ERR_NOMEM, "%s: no memory for its content", path);
    else if (s.n)
        bad = file_publish(path, s.p, s.n, 1, e);
    else
        unlink(path);
    str_release(&s);
    return bad;
}

int running_begin(struct sweep_run *run, struct err *e)
{
    char path[4200];
    if (publish(run, run->workers->jobs, e))
        return -1;
    run->marks->fd = open(running_path(run, path, sizeof path), O_WRONLY | O_CLOEXEC);
    return run->marks->fd < 0 ? err_set(e, ERR_IO, "%s: cannot open: %s", path, strerror(errno)) : 0;
}

int running_mark(const struct sweep_run *run, int worker, const struct trial *t, struct err *e)
{
    char place[PLACE + 1] = NOBODY, path[4200];
    if (t)
        snprintf(place, sizeof place, "%016" PRIx64 "\n", t->r.key);
    int why = file_write_at(run->marks->fd, place, PLACE, (uint64_t)(run->marks->places_at + worker * (off_t)PLACE));
    if (!why)
        return 0;
    return err_set(e, ERR_IO, "%s: cannot write: %s", running_path(run, path, sizeof path), file_reason(why));
}

int running_end(struct sweep_run *run, struct err *e)
{
    if (run->marks->fd >= 0)
        close(run->marks->fd);
    run->marks->fd = -1;
    return publish(run, 0, e);
}
