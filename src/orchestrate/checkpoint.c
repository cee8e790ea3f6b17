/* checkpoint.c - results/NAME/KEY.state: a training between two epochs, with its epochs' rows behind it, so that it can
 * be gone on from also when a power cut took the tail of the journal. */
#include "orchestrate/checkpoint.h"

#include "base/clock.h"
#include "base/file.h"
#include "orchestrate/plan.h"
#include "orchestrate/store.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define SUFFIX ".state"

struct rows_tail { /* the end of the file; in front of it the rows, in front of them the state */
    uint32_t rows, crc;
};

static void checkpoint_path(const struct sweep_run *run, const struct trial *t, char *path, size_t n)
{
    snprintf(path, n, "%s/%016" PRIx64 SUFFIX, run->folder, t->r.key);
}

/* --- when --- */

#define PAUSE 1.0 /* seconds */
#define SHARE 20  /* of the time, one part in so many */

static double pause_after(double cost)
{
    return SHARE * cost > PAUSE ? SHARE * cost : PAUSE;
}

int checkpoint_due(const struct checkpoint_pace *p, double now)
{
    return now - p->at >= pause_after(p->cost);
}

double checkpoint_seconds(double seconds, int epochs, double bytes)
{
    double cost = 0.01 + bytes / 1e8, times = floor(seconds / pause_after(cost));
    return cost * (times < epochs ? times : epochs);
}

/* --- what --- */

int checkpoint_write(const struct sweep_run *run, const struct trial *t, const struct training *r,
                     struct checkpoint_pace *p, struct err *e)
{
    double began = clock_wall();
    char path[4200];
    checkpoint_path(run, t, path, sizeof path);
    size_t state = train_state_bytes(r), rows = (size_t)t->nepochs * sizeof(struct epoch_row);
    struct rows_tail tail = {.rows = (uint32_t)t->nepochs};
    size_t n = state + rows + sizeof tail;
    char *bytes = malloc(n);
    if (!bytes)
        return err_set(e, ERR_NOMEM, "no memory for a checkpoint of %zu bytes", n);
    train_state_write(r, bytes);
    if (kept_get_rows(&run->store->kept, t->place, 1, t->nepochs, bytes + state, e)) {
        free(bytes);
        return -1;
    }
    tail.crc = (uint32_t)crc32_z(0, (const Bytef *)bytes + state, rows);
    memcpy(bytes + state + rows, &tail, sizeof tail);
    int bad = file_publish(path, bytes, n, 1, e);
    free(bytes);
    double now = clock_wall();
    *p = (struct checkpoint_pace){now, now - began, train_epochs_run(r)};
    return bad;
}

/* Rows that the journal lacks are appended to it again. */
static int give_rows_back(struct sweep_run *run, struct trial *t, const char *rows, int n, struct err *e)
{
    int bad = 0;
    for (int i = t->nepochs; i < n && !bad; i++) {
        struct epoch_row row;
        memcpy(&row, rows + (size_t)i * sizeof row, sizeof row);
        bad = run->store->keep_row(run, t, &row, e);
    }
    return bad;
}

int checkpoint_read(struct sweep_run *run, struct trial *t, struct training *r, struct err *e)
{
    char path[4200];
    struct err unusable = {0}; /* then it is trained from its beginning */
    struct rows_tail tail;
    size_t n = 0, rows = 0;
    checkpoint_path(run, t, path, sizeof path);
    char *bytes = file_exists(path) ? file_read(path, &n, &unusable) : NULL;
    int used = bytes && n >= sizeof tail;
    if (used) {
        n -= sizeof tail;
        memcpy(&tail, bytes + n, sizeof tail);
        rows = (size_t)tail.rows * sizeof(struct epoch_row);
        used = rows <= n && crc32_z(0, (const Bytef *)bytes + n - rows, rows) == tail.crc &&
               !train_state_read(r, bytes, n - rows, &unusable);
    }
    if (used && give_rows_back(run, t, bytes + n - rows, (int)tail.rows, e))
        used = -1;
    free(bytes);
    return used;
}

void checkpoint_remove(const struct sweep_run *run, const struct trial *t)
{
    char path[4200];
    checkpoint_path(run, t, path, sizeof path);
    unlink(path);
}

/* A kill may fall between a trial's last record and the removal of its checkpoint, or into the writing of a file. */
void checkpoints_tidy(const struct sweep_run *run)
{
    char path[4200 + sizeof((struct dirent *)0)->d_name];
    DIR *d = opendir(run->folder);
    for (const struct dirent *f; d && (f = readdir(d));) {
        char *end;
        uint64_t i = keymap_get(&run->plan->by_key, strtoull(f->d_name, &end, 16));
        int final = i != KEYMAP_NONE && run->plan->trial[i].r.status != TRIAL_OPEN &&
                    run->plan->trial[i].r.status != TRIAL_PRUNED;
        if (end == f->d_name + 16 && (!strcmp(end, SUFFIX ".tmp") || (final && !strcmp(end, SUFFIX)))) {
            snprintf(path, sizeof path, "%s/%s", run->folder, f->d_name);
            unlink(path);
        }
    }
    if (d)
        closedir(d);
}
