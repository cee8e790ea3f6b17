/* cifar.c - CIFAR-10 and CIFAR-100 in their binary form (A. Krizhevsky, Learning Multiple Layers of Features from Tiny
 * Images, 2009): records of one label or two and the bytes of an image, [3][32][32], one after the other, in one or
 * several files a part. */
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
enum { LABELS = 2 };           /* most of a record */
#define BATCH_RECORDS 10000000 /* most records of a file */

struct cifar_args {
    const char *train_files, *test_file;
    int labels; /* of cifar100: which of the two */
};
_Static_assert(sizeof(struct cifar_args) <= DATA_ARGS, "DATA_ARGS");

static const char *labels_word(size_t i)
{
    static const char *const words[] = {"coarse", "fine"}; /* in the order of a record */
    return i < sizeof words / sizeof *words ? words[i] : NULL;
}

// clang-format off
#define CIFAR_FILES(train_preset, train_default, test_preset)                                                          \
    { .name = "train_files", .type = P_TEXT, .at = offsetof(struct cifar_args, train_files), .preset = train_preset,   \
      .matters = MATTERS_NEVER, /* dataset.fingerprint does */                                                         \
      .help = "names of the files to train and to validate with, plain or with .gz, by commas" train_default },        \
    { .name = "test_file", .type = P_TEXT, .at = offsetof(struct cifar_args, test_file), .preset = test_preset,        \
      .matters = MATTERS_NEVER, .help = "name of the file to test with, plain or with .gz" }
static const struct param cifar10_params[] = {
    CIFAR_FILES("", "; default: those of data_batch_1.bin to data_batch_5.bin that are there", "test_batch.bin"),
    { 0 }
};
static const struct param cifar100_params[] = {
    CIFAR_FILES("train.bin", "", "test.bin"),
    { .name = "labels", .type = P_CHOICE, .at = offsetof(struct cifar_args, labels), .preset = "fine", .word = labels_word,
      .help = "fine: 100 classes; coarse: 20 groups of them" },
    { 0 }
};
static const char *const objects[] = { "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship",
                                       "truck" };
static const char *const groups[] = {
    "aquatic_mammals", "fish", "flowers", "food_containers", "fruit_and_vegetables",
    "household_electrical_devices", "household_furniture", "insects", "large_carnivores",
    "large_man-made_outdoor_things", "large_natural_outdoor_scenes", "large_omnivores_and_herbivores",
    "medium_mammals", "non-insect_invertebrates", "people", "reptiles", "small_mammals", "trees", "vehicles_1",
    "vehicles_2"
};
static const char *const kinds[] = {
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle", "bowl",
    "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle", "chair",
    "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin",
    "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard", "lamp",
    "lawn_mower", "leopard", "lion", "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain",
    "mouse", "mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck",
    "pine_tree", "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket",
    "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider", "squirrel",
    "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor",
    "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm"
};
// clang-format on

struct cifar_set { /* data_source.detail */
    int labels;    /* of a record */
    struct {
        int n;
        const char *const *name;
    } classes[LABELS];  /* of each label */
    size_t train, test; /* samples, as published */
};

static const struct cifar_set *set_of(const struct data_source *k)
{
    return k->detail;
}

struct batch_list { /* the files of a part */
    int n;
    char path[BATCHES][DATA_PATH + BATCH_NAME];
    size_t records[BATCHES];
    int packed; /* one of them is gzipped */
};

struct cifar_files {
    const char *name; /* of the dataset */
    const struct cifar_set *set;
    size_t record; /* bytes */
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
    if (data_locate(fs->folder, fs->name, s->path, wanted, has_first_batch, args, e))
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

static int count_records(const struct cifar_files *fs, struct batch_list *l, int i, struct err *e)
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
    if (!bytes || bytes % fs->record || bytes / fs->record > BATCH_RECORDS)
        return err_set(e, ERR_DATA,
                       "%s: has %llu bytes%s, expected a multiple of %zu, %s and %dx%dx%d pixels a sample: it is "
                       "cut off, or not of %s",
                       path, (unsigned long long)bytes, packed ? " unpacked" : "", fs->record,
                       fs->set->labels == 1 ? "a label" : "two labels", COLOURS, SIDE, SIDE, fs->name);
    l->packed |= packed;
    l->records[i] = bytes / fs->record;
    return 0;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* A part in memory, and in the cache: the images one after the other, then the first label of each, then the second,
 * which fill whole planes, so that they are cached as further ones. */
static size_t label_planes(const struct cifar_set *set, size_t n)
{
    return (n * (size_t)set->labels + PLANE - 1) / PLANE;
}

/* label[i of n] <- the labels of sample i, and with two of them label[n + i]. */
struct batch_place {
    uint8_t *image, *label;
    size_t n;
};

static int read_record(const struct cifar_files *fs, gzFile f, const char *path, size_t i, struct batch_place to,
                       struct err *e)
{
    uint8_t record[LABELS + IMAGE];
    size_t got;
    if (packed_read(f, path, record, fs->record, &got, e))
        return -1;
    if (got < fs->record)
        return err_set(e, ERR_DATA, "%s: is cut off in sample %zu, after %zu of its %zu bytes", path, i, got,
                       fs->record);
    for (int k = 0; k < fs->set->labels; k++) {
        if (record[k] >= fs->set->classes[k].n)
            return err_set(e, ERR_DATA, "%s: %slabel %d of sample %zu, expected 0..%d", path,
                           fs->set->labels == 1 ? ""
                           : k                  ? "fine "
                                                : "coarse ",
                           record[k], i, fs->set->classes[k].n - 1);
        to.label[(size_t)k * to.n] = record[k];
    }
    memcpy(to.image, record + fs->set->labels, IMAGE);
    return 0;
}

static int read_batch(const struct cifar_files *fs, const char *path, size_t n, struct batch_place to, struct err *e)
{
    uint8_t extra;
    size_t more = 0;
    gzFile f = file_open_gzip(path, e);
    if (!f)
        return -1;
    int bad = gzbuffer(f, 1 << 16) ? err_set(e, ERR_NOMEM, "%s: no memory to unpack it", path) : 0;
    for (size_t i = 0; i < n && !bad; i++, to.image += IMAGE, to.label++)
        bad = read_record(fs, f, path, i, to, e);
    if (!bad && !(bad = packed_read(f, path, &extra, 1, &more, e)) && more) /* also compares the checksum */
        bad = err_set(e, ERR_DATA, "%s: goes on after %zu samples: gzip streams one after the other are not read", path,
                      n);
    gzclose(f);
    return bad;
}

static int read_batches(const struct cifar_files *fs, const struct batch_list *l, struct batch_place to, struct err *e)
{
    for (int i = 0; i < l->n; i++) {
        if (read_batch(fs, l->path[i], l->records[i], to, e))
            return -1;
        to.image += l->records[i] * IMAGE;
        to.label += l->records[i];
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

struct batch_part {
    const struct cifar_files *files;
    const struct batch_list *list;
    size_t n;
};

static int make_batches(void *ctx, uint8_t *x, struct err *e)
{
    const struct batch_part *p = ctx;
    return read_batches(p->files, p->list, (struct batch_place){x, x + p->n * IMAGE, p->n}, e);
}

static int load_part(const struct cifar_files *fs, struct dataset *d, enum data_part part, int label, struct err *e)
{
    const struct batch_list *l = &fs->part[part];
    struct cache_slot slot;
    struct cache_hit hit;
    size_t n = d->n[part], planes = n * COLOURS + label_planes(fs->set, n);
    struct batch_part made = {fs, l, n};
    find_slot(&slot, l, planes);
    if (cache_get(&slot, planes * PLANE, &(struct cache_maker){make_batches, NULL, &made}, d, &hit, e))
        return -1;
    d->field[0].values[part] = hit.x;
    d->field[1].values[part] = hit.x + n * IMAGE + (size_t)label * n;
    if (part == PART_TRAIN)
        d->field[0].sums = hit.sums;
    return 0;
}

/* The label of a record that is the class. */
static int chosen_label(const struct data_source *k, const struct data_spec *s)
{
    const struct cifar_args *args = (const void *)s->source_args;
    return set_of(k)->labels == 1 ? 0 : args->labels;
}

static void describe_cifar(const struct data_source *k, const struct data_spec *s, struct dataset *d)
{
    int label = chosen_label(k, s);
    dataset_of_images(d, COLOURS, SIDE, SIDE, 255, set_of(k)->classes[label].n, set_of(k)->classes[label].name);
}

static int load_batches(struct cifar_files *fs, struct dataset *d, const struct data_spec *s, int peek, int label,
                        struct err *e)
{
    uint64_t fingerprint = STR_HASH;
    for (int part = 0; part < DATA_PARTS; part++)
        for (int i = 0; i < fs->part[part].n; i++) {
            if (count_records(fs, &fs->part[part], i, e) ||
                fingerprint_add(&fingerprint, fs->part[part].path[i], s->verify, e))
                return -1;
            d->n[part] += fs->part[part].records[i];
        }
    d->fingerprint = fingerprint;
    if (peek)
        return 0;
    return load_part(fs, d, PART_TRAIN, label, e) || load_part(fs, d, PART_TEST, label, e) ||
                   dataset_count_classes(d, e)
               ? -1
               : 0;
}

/* NULL without memory; the caller frees. */
static struct cifar_files *files_of(const struct data_source *k)
{
    struct cifar_files *fs = calloc(1, sizeof *fs);
    if (fs) {
        fs->name = k->word.name;
        fs->set = set_of(k);
        fs->record = (size_t)fs->set->labels + IMAGE;
    }
    return fs;
}

static int load_cifar(const struct data_source *k, struct dataset *d, const struct data_spec *s, int peek,
                      struct err *e)
{
    struct cifar_files *fs = files_of(k);
    describe_cifar(k, s, d);
    int bad = fs ? find_batches(fs, s, e) : err_set(e, ERR_NOMEM, "dataset %s: no memory to read it", k->word.name);
    bad = bad || load_batches(fs, d, s, peek, chosen_label(k, s), e);
    free(fs);
    return bad ? -1 : 0;
}

static int cifar_there(const struct data_source *k, const struct data_spec *s)
{
    struct cifar_files *fs = files_of(k);
    struct err e = {0};
    int missing = !fs || find_batches(fs, s, &e);
    free(fs);
    return !fs || e.code == ERR_NOMEM ? -1 : !missing;
}

static int cifar_known(const struct data_source *k, const struct data_spec *s, struct dataset *d,
                       const struct dataset_seen *seen)
{
    describe_cifar(k, s, d);
    d->n[PART_TRAIN] = seen ? seen->train : set_of(k)->train;
    d->n[PART_TEST] = seen ? seen->test : set_of(k)->test;
    d->fingerprint = seen ? seen->fingerprint : 0;
    return 0;
}

#define CIFAR_ROW(word_name, word_help)                                                                                \
    const struct data_source source_##word_name = {                                                                    \
        .word = {#word_name, word_help, word_name##_params},                                                           \
        .credit = "A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",                        \
        .path = PATH_MAY,                                                                                              \
        .input = FIELD_BYTES,                                                                                          \
        .detail = &word_name##_set,                                                                                    \
        .there = cifar_there,                                                                                          \
        .known = cifar_known,                                                                                          \
        .load = load_cifar,                                                                                            \
    }
static const struct cifar_set cifar10_set = {1, {{10, objects}}, 50000, 10000};
static const struct cifar_set cifar100_set = {2, {{20, groups}, {100, kinds}}, 50000, 10000};
CIFAR_ROW(cifar10, "50000 + 10000 colour photographs of animals and vehicles, 3x32x32, in the binary form");
CIFAR_ROW(cifar100,
          "50000 + 10000 colour photographs of 100 kinds of things, or 20 groups, 3x32x32, in the binary form");
