/* cifar10.c - CIFAR-10 in its binary form (A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009):
 * records of a label and the bytes of an image, [3][32][32], one after the other, in one or several files a part. */
#include "base/file.h"
#include "base/str.h"
#include "data/cache.h"
#include "data/locate.h"
#include "data/sources/fingerprint.h"
#include "data/sources/name_list.h"
#include "data/sources/packed.h"
#include "data/sources/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BATCHES = 16, BATCH_NAME = 128, SIDE = 32, COLOURS = 3, PLANE = SIDE * SIDE, IMAGE = COLOURS * PLANE };
enum { RECORD = 1 + IMAGE, CLASSES_10 = 10 };
#define BATCH_RECORDS 10000000 /* most records of a file */

struct cifar_args {
    const char *train_files, *test_file;
};
_Static_assert(sizeof(struct cifar_args) <= DATA_ARGS, "DATA_ARGS");

// clang-format off
static const struct param cifar_params[] = {
    { .name = "train_files", .type = P_TEXT, .at = offsetof(struct cifar_args, train_files), .preset = "",
      .matters = MATTERS_NEVER, /* dataset.fingerprint does */
      .help = "names of the files to train and to validate with, plain or with .gz, by commas; default: those of "
              "data_batch_1.bin to data_batch_5.bin that are there" },
    { .name = "test_file", .type = P_TEXT, .at = offsetof(struct cifar_args, test_file), .preset = "test_batch.bin",
      .matters = MATTERS_NEVER, .help = "name of the file to test with, plain or with .gz" },
    { 0 }
};
static const char *const objects[] = { "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship",
                                       "truck" };
// clang-format on

struct batch_list { /* the files of a part */
    int n;
    char path[BATCHES][DATA_PATH + BATCH_NAME];
    size_t records[BATCHES];
    int packed; /* one of them is gzipped */
};

struct cifar_files {
    char folder[DATA_PATH];
    struct batch_list part[DATA_PARTS];
};

/* The existing one of folder/name and folder/name.gz into path; 0 when there is none. */
static int spell_batch(char *path, size_t n, const char *folder, const char *name)
{
    for (int gz = 0; gz < 2; gz++)
        if ((size_t)snprintf(path, n, "%s/%s%s", folder, name, gz ? ".gz" : "") < n && file_exists(path))
            return 1;
    return 0;
}

/* The first file to train with, which says that a folder is the right one. */
static int first_name(const struct cifar_args *args, char name[BATCH_NAME])
{
    if (*args->train_files)
        return name_list_next(&(const char *){args->train_files}, name, BATCH_NAME) > 0;
    snprintf(name, BATCH_NAME, "data_batch_1.bin");
    return 1;
}

static int has_first_batch(const char *folder, const void *args)
{
    char path[DATA_PATH + BATCH_NAME], name[BATCH_NAME];
    return first_name(args, name) && spell_batch(path, sizeof path, folder, name);
}

static int find_named(struct cifar_files *fs, const char *names, struct batch_list *l, struct err *e)
{
    char name[BATCH_NAME];
    const char *at = names;
    for (int more; (more = name_list_next(&at, name, sizeof name)); l->n++) {
        if (more < 0)
            return err_set(e, ERR_USAGE,
                           "data.train_files: '%s' has a name that is empty, longer than %d bytes, or in a quote that "
                           "is open",
                           names, BATCH_NAME - 1);
        if (l->n == BATCHES)
            return err_set(e, ERR_USAGE, "data.train_files: more than %d files", BATCHES);
        if (!spell_batch(l->path[l->n], sizeof l->path[0], fs->folder, name))
            return err_set(e, ERR_DATA, "%s: has no %s (or .gz)", fs->folder, name);
    }
    return 0;
}

static int find_batches(struct cifar_files *fs, const struct data_spec *s, struct err *e)
{
    const struct cifar_args *args = (const void *)s->source_args;
    struct batch_list *train = &fs->part[PART_TRAIN];
    char name[BATCH_NAME], wanted[BATCH_NAME + 16];
    if (!first_name(args, name))
        return find_named(fs, args->train_files, train, e);
    snprintf(wanted, sizeof wanted, "%s (or .gz)", name);
    if (data_locate(fs->folder, "cifar10", s->path, wanted, has_first_batch, args, e))
        return -1;
    for (int i = 1; i <= 5 && !*args->train_files; i++) {
        snprintf(name, sizeof name, "data_batch_%d.bin", i);
        train->n += spell_batch(train->path[train->n], sizeof train->path[0], fs->folder, name);
    }
    if (*args->train_files && find_named(fs, args->train_files, train, e))
        return -1;
    struct batch_list *test = &fs->part[PART_TEST];
    if (!spell_batch(test->path[0], sizeof test->path[0], fs->folder, args->test_file))
        return err_set(e, ERR_DATA, "%s: has no %s (or .gz) beside %s", fs->folder, args->test_file, train->path[0]);
    test->n = 1;
    return 0;
}

/* What a file unpacks to, by the last four bytes of a gzip stream; they are held against what is read. */
static int unpacked_size(const char *path, uint64_t size, uint64_t *bytes, struct err *e)
{
    unsigned char tail[4];
    FILE *f = fopen(path, "rb");
    int bad = !f || fseek(f, -4, SEEK_END) || fread(tail, 1, 4, f) != 4;
    int why = errno;
    if (f)
        fclose(f);
    if (bad)
        return err_set(e, ERR_IO, "%s: cannot read: %s", path, strerror(why));
    *bytes = (uint64_t)tail[3] << 24 | (uint64_t)tail[2] << 16 | (uint64_t)tail[1] << 8 | tail[0];
    if (*bytes / DEFLATE_RATIO > size)
        return err_set(e, ERR_DATA, "%s: %llu bytes cannot hold the %llu that it ends with: it is cut off or damaged",
                       path, (unsigned long long)size, (unsigned long long)*bytes);
    return 0;
}

static int count_records(struct batch_list *l, int i, struct err *e)
{
    struct stat st;
    const char *path = l->path[i];
    gzFile f = file_open_gzip(path, e);
    if (!f)
        return -1;
    int packed = !gzdirect(f);
    gzclose(f);
    if (stat(path, &st))
        return err_set(e, ERR_IO, "%s: cannot read: %s", path, strerror(errno));
    uint64_t bytes = (uint64_t)st.st_size;
    if (packed && unpacked_size(path, bytes, &bytes, e))
        return -1;
    if (!bytes || bytes % RECORD || bytes / RECORD > BATCH_RECORDS)
        return err_set(e, ERR_DATA,
                       "%s: has %llu bytes%s, expected a multiple of %d, a label and %dx%dx%d pixels a sample: it is "
                       "cut off, or not of CIFAR-10",
                       path, (unsigned long long)bytes, packed ? " unpacked" : "", RECORD, COLOURS, SIDE, SIDE);
    l->packed |= packed;
    l->records[i] = bytes / RECORD;
    return 0;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* A part in memory, and in the cache: the images one after the other, then the labels, which fill whole planes, so that
 * they are cached as further ones. */
static size_t label_planes(size_t n)
{
    return (n + PLANE - 1) / PLANE;
}

static int read_record(gzFile f, const char *path, size_t i, uint8_t *image, uint8_t *label, struct err *e)
{
    uint8_t record[RECORD];
    size_t got;
    if (packed_read(f, path, record, RECORD, &got, e))
        return -1;
    if (got < RECORD)
        return err_set(e, ERR_DATA, "%s: is cut off in sample %zu, after %zu of its %d bytes", path, i, got, RECORD);
    if (record[0] >= CLASSES_10)
        return err_set(e, ERR_DATA, "%s: label %d of sample %zu, expected 0..%d", path, record[0], i, CLASSES_10 - 1);
    *label = record[0];
    memcpy(image, record + 1, IMAGE);
    return 0;
}

static int read_batch(const char *path, size_t n, uint8_t *image, uint8_t *label, struct err *e)
{
    uint8_t extra;
    size_t more = 0;
    gzFile f = file_open_gzip(path, e);
    if (!f)
        return -1;
    int bad = gzbuffer(f, 1 << 16) ? err_set(e, ERR_NOMEM, "%s: no memory to unpack it", path) : 0;
    for (size_t i = 0; i < n && !bad; i++)
        bad = read_record(f, path, i, image + i * IMAGE, label + i, e);
    if (!bad && !(bad = packed_read(f, path, &extra, 1, &more, e)) && more) /* also compares the checksum */
        bad = err_set(e, ERR_DATA, "%s: goes on after %zu samples: gzip streams one after the other are not read", path,
                      n);
    gzclose(f);
    return bad;
}

static int read_batches(const struct batch_list *l, uint8_t *image, uint8_t *label, struct err *e)
{
    for (int i = 0; i < l->n; i++) {
        if (read_batch(l->path[i], l->records[i], image, label, e))
            return -1;
        image += l->records[i] * IMAGE;
        label += l->records[i];
    }
    return 0;
}

static void find_slot(struct cache_slot *slot, const struct batch_list *l, size_t planes)
{
    const char *path[BATCHES];
    slot->file[0] = 0;
    for (int i = 0; i < l->n; i++)
        path[i] = l->path[i];
    if (l->packed)
        cache_find_files(slot, path, (size_t)l->n, planes, PLANE);
}

static int load_part(const struct batch_list *l, struct dataset *d, enum data_part part, struct err *e)
{
    struct cache_slot slot;
    struct cache_hit hit = {NULL, NULL};
    size_t n = d->n[part], planes = n * COLOURS + label_planes(n);
    find_slot(&slot, l, planes);
    if (cache_map(&slot, 0, d, &hit)) {
        uint8_t *x = dataset_alloc(d, slot.file[0] ? cache_room(&slot) : planes * PLANE, e);
        if (!x)
            return -1;
        memset(x + n * IMAGE + n, 0, label_planes(n) * PLANE - n);
        if (read_batches(l, x, x + n * IMAGE, e))
            return -1;
        hit.x = x;
        if (!cache_keep(&slot, x) && !cache_map(&slot, 1, d, &hit))
            dataset_free(d, x); /* then only what is used takes memory */
    }
    d->field[0].values[part] = hit.x;
    d->field[1].values[part] = hit.x + n * IMAGE;
    if (part == PART_TRAIN)
        d->field[0].sums = hit.sums;
    return 0;
}

static int load_batches(struct cifar_files *fs, struct dataset *d, const struct data_spec *s, int peek, struct err *e)
{
    uint64_t fingerprint = STR_HASH;
    if (find_batches(fs, s, e))
        return -1;
    dataset_of_images(d, COLOURS, SIDE, SIDE, 255, CLASSES_10, objects);
    for (int part = 0; part < DATA_PARTS; part++)
        for (int i = 0; i < fs->part[part].n; i++) {
            if (count_records(&fs->part[part], i, e) ||
                fingerprint_add(&fingerprint, fs->part[part].path[i], s->verify, e))
                return -1;
            d->n[part] += fs->part[part].records[i];
        }
    d->fingerprint = fingerprint;
    if (peek)
        return 0;
    return load_part(&fs->part[PART_TRAIN], d, PART_TRAIN, e) || load_part(&fs->part[PART_TEST], d, PART_TEST, e) ||
                   dataset_count_classes(d, e)
               ? -1
               : 0;
}

static int load_cifar10(const struct data_source *k, struct dataset *d, const struct data_spec *s, int peek,
                        struct err *e)
{
    struct cifar_files *fs = calloc(1, sizeof *fs);
    (void)k;
    int bad = fs ? load_batches(fs, d, s, peek, e) : err_set(e, ERR_NOMEM, "dataset cifar10: no memory to read it");
    free(fs);
    return bad;
}

static int cifar10_there(const struct data_source *k, const struct data_spec *s)
{
    struct cifar_files *fs = calloc(1, sizeof *fs);
    struct err e = {0};
    (void)k;
    int missing = !fs || find_batches(fs, s, &e);
    free(fs);
    return !fs || e.code == ERR_NOMEM ? -1 : !missing;
}

static int cifar10_known(const struct data_source *k, struct dataset *d, const struct dataset_seen *seen)
{
    const struct dataset_seen published = {COLOURS, SIDE, SIDE, CLASSES_10, 50000, 10000, 0};
    (void)k;
    seen = seen ? seen : &published;
    dataset_of_images(d, COLOURS, SIDE, SIDE, 255, CLASSES_10, objects);
    d->n[PART_TRAIN] = seen->train;
    d->n[PART_TEST] = seen->test;
    d->fingerprint = seen->fingerprint;
    return 0;
}

const struct data_source source_cifar10 = {
    .word = {"cifar10", "50000 + 10000 colour photographs of animals and vehicles, 3x32x32, in the binary form",
             cifar_params},
    .credit = "A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
    .path = PATH_MAY,
    .input = FIELD_BYTES,
    .there = cifar10_there,
    .known = cifar10_known,
    .load = load_cifar10,
};
