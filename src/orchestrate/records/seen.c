/* seen.c - results/NAME/data.csv: the datasets of a sweep as they were found, so that a finished sweep needs its data
 * files no longer. */
#include "orchestrate/records/records.h"

#include "base/file.h"
#include "orchestrate/plan.h"
#include "orchestrate/queue.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *const head[] = {"dataset", "path",    "verify", "channels", "height",
                                   "width",   "classes", "train",  "test",     "fingerprint"};
enum { DATASET, PATH, VERIFY, CHANNELS, HEIGHT, WIDTH, CLASSES, TRAIN, TEST, FINGERPRINT, COLUMNS };

static char *seen_path(const struct sweep_run *run, char *path, size_t n)
{
    snprintf(path, n, "%s/data.csv", run->folder);
    return path;
}

static int remember_row(struct sweep_run *run, const char *const *cell)
{
    const struct dataset_seen seen = {
        .c = atoi(cell[CHANNELS]),
        .h = atoi(cell[HEIGHT]),
        .w = atoi(cell[WIDTH]),
        .classes = atoi(cell[CLASSES]),
        .train = strtoull(cell[TRAIN], NULL, 10),
        .test = strtoull(cell[TEST], NULL, 10),
        .fingerprint = strtoull(cell[FINGERPRINT], NULL, 16),
    };
    int sound = seen.c > 0 && seen.h > 0 && seen.w > 0 && seen.classes > 0 && seen.classes <= 256;
    return sound ? datasets_remember(run->sets, cell[DATASET], cell[PATH], atoi(cell[VERIFY]), &seen) : 0;
}

int seen_read(struct sweep_run *run, struct err *e)
{
    char path[4200];
    struct table t;
    struct err unreadable = {0}; /* then the files have to be there */
    int bad = 0;
    if (!file_exists(seen_path(run, path, sizeof path)))
        return 0;
    table_init(&t);
    if (!table_read(&t, path, &unreadable) && t.cols == COLUMNS)
        for (size_t r = 0; r < t.rows && !bad; r++)
            bad = remember_row(run, t.cell + r * t.cols);
    table_release(&t);
    return bad ? err_set(e, ERR_NOMEM, "%s: no memory to read it", path) : 0;
}

int seen_write(const struct sweep_run *run, struct err *e)
{
    char path[4200], num[COLUMNS][STR_NUM];
    struct csv_out *csv = csv_begin(seen_path(run, path, sizeof path), head, COLUMNS, e);
    struct dataset_name name;
    const struct dataset *d;
    if (!csv)
        return -1;
    for (size_t i = 0; (d = datasets_peeked(run->sets, i, &name)); i++) {
        if (d->made) /* it needs no files */
            continue;
        const char *cell[COLUMNS] = {name.dataset, name.path};
        const struct shape s = data_input(d)->shape;
        const uint64_t v[] = {(uint64_t)name.verify,     (uint64_t)s.c,    (uint64_t)s.h,  (uint64_t)s.w,
                              (uint64_t)data_classes(d), d->n[PART_TRAIN], d->n[PART_TEST]};
        for (size_t k = 0; k < sizeof v / sizeof v[0]; k++) {
            snprintf(num[k], STR_NUM, "%" PRIu64, v[k]);
            cell[VERIFY + k] = num[k];
        }
        snprintf(num[FINGERPRINT], STR_NUM, "%016" PRIx64, d->fingerprint);
        cell[FINGERPRINT] = num[FINGERPRINT];
        csv_row(csv, cell); /* a failed row is remembered and told by commit */
    }
    return csv_commit(csv, 1, e);
}

int seen_suffices(const struct sweep_run *run, struct err *e)
{
    for (size_t i = 0; i < run->queue->norder; i++) {
        const struct dataset *d = run->plan->trial[run->queue->order[i]].kind->set;
        if (*d->absent)
            return err_set(e, ERR_DATA, "%s; there are trials to train", d->absent);
    }
    return 0;
}
