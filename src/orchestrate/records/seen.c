/* seen.c - results/NAME/data.csv: the datasets of a sweep as they were found, so that a finished sweep needs its data
 * files no longer. */
#include "orchestrate/records/records.h"

#include "base/file.h"
#include "orchestrate/plan.h"
#include "orchestrate/queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A row. */
struct seen_source {
    const char *dataset, *path;
    size_t verify, channels, height, width, classes, train, test;
    uint64_t fingerprint;
    const char *keys;
};

static const char *seen_fingerprint(const void *row, size_t i, char buf[STR_NUM])
{
    const struct seen_source *s = row;
    (void)i;
    snprintf(buf, STR_NUM, "%016" PRIx64, s->fingerprint);
    return buf;
}

#define SEEN(field, help, cell) COLUMN_FIELD(#field, help, cell, struct seen_source, field)
static const struct column_row seen_columns[] = {
    SEEN(dataset, "name of the dataset", column_text),
    SEEN(path, "data.path", column_text),
    SEEN(verify, "1: its files were checked", column_whole),
    SEEN(channels, "channels of a sample", column_whole),
    SEEN(height, "rows of a sample", column_whole),
    SEEN(width, "columns of a sample", column_whole),
    SEEN(classes, "classes of its samples", column_whole),
    SEEN(train, "samples of the training file", column_whole),
    SEEN(test, "samples of the test file", column_whole),
    SEEN(fingerprint, "hash of what is in them", seen_fingerprint),
    SEEN(keys, "keys of [data] that this dataset has to itself, one a line", column_text),
};
const struct column_table seen_table = {"NAME/data.csv", "a dataset as its files were found", COLUMNS_OF(seen_columns)};
enum {
    DATASET,
    PATH,
    VERIFY,
    CHANNELS,
    HEIGHT,
    WIDTH,
    CLASSES,
    TRAIN,
    TEST,
    FINGERPRINT,
    KEYS,
    COLUMNS
}; /* their order */

static char *seen_path(const struct sweep_run *run, char *path, size_t n)
{
    snprintf(path, n, "%s/data.csv", run->folder);
    return path;
}

static int remember_row(struct sweep_run *run, const char *const *cell)
{
    struct data_spec spec = {.dataset = cell[DATASET], .path = cell[PATH], .augment = "", .verify = atoi(cell[VERIFY])};
    const struct dataset_seen seen = {
        .c = atoi(cell[CHANNELS]),
        .h = atoi(cell[HEIGHT]),
        .w = atoi(cell[WIDTH]),
        .classes = atoi(cell[CLASSES]),
        .train = strtoull(cell[TRAIN], NULL, 10),
        .test = strtoull(cell[TEST], NULL, 10),
        .fingerprint = strtoull(cell[FINGERPRINT], NULL, 16),
    };
    int sound = seen.c > 0 && seen.h > 0 && seen.w > 0 && seen.classes >= 0 && seen.classes <= 256;
    data_source_from_text(&spec, cell[KEYS], &run->sets->texts);
    return sound ? datasets_remember(run->sets, &spec, &seen) : 0;
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
    struct record_file f;
    const struct data_spec *spec;
    const struct dataset *d;
    struct str keys = {0};
    if (record_begin(&f, run, &seen_table, NULL, e))
        return -1;
    for (size_t i = 0; (d = datasets_peeked(run->sets, i, &spec)); i++) {
        if (d->made) /* it needs no files */
            continue;
        const struct shape s = data_input(d)->shape;
        str_clear(&keys);
        data_source_text(spec, &keys);
        record_row(&f, &(struct seen_source){
                           .dataset = spec->dataset,
                           .path = spec->path,
                           .verify = (size_t)spec->verify,
                           .channels = (size_t)s.c,
                           .height = (size_t)s.h,
                           .width = (size_t)s.w,
                           .classes = (size_t)data_classes(d),
                           .train = d->n[PART_TRAIN],
                           .test = d->n[PART_TEST],
                           .fingerprint = d->fingerprint,
                           .keys = keys.p ? keys.p : "",
                       });
    }
    int lacks = keys.failed ? err_set(e, ERR_NOMEM, "no memory for the keys of the datasets") : 0;
    str_release(&keys);
    return record_end(&f, lacks, 1, e);
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
