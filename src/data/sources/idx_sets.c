/* idx_sets.c - MNIST and its kin: four IDX files in a folder. A further one is a row here and a line in sources.c. */
#include "base/str.h"
#include "data/cache.h"
#include "data/locate.h"
#include "data/sources/fingerprint.h"
#include "data/sources/idx.h"
#include "data/sources/source.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct idx_set {
    const char *train, *test; /* the files are called STEM-images-idx3-ubyte and STEM-labels-idx1-ubyte */
    int classes;              /* 0: as many as the training labels say */
    int first;                /* the label of class 0 */
    const char *const *class_name;
    size_t samples, tests; /* of 28x28 pixels, as published; 0: not known */
};

enum { TRAIN_X, TRAIN_Y, TEST_X, TEST_Y, FILES };
struct files {
    struct idx_file f[FILES];
    char path[FILES][DATA_PATH + 64], folder[DATA_PATH];
};

/* How the names end in the wild: the archives' own way, and the way they are often called after unpacking. */
static const char *const image_tails[] = {"images-idx3-ubyte", "images.idx3-ubyte", "images-idx4-ubyte",
                                          "images.idx4-ubyte", NULL};
static const char *const label_tails[] = {"labels-idx1-ubyte", "labels.idx1-ubyte", NULL};

/* The existing one of folder/stem-tail[.gz] into path; 0 when there is none. */
static int spell(char *path, size_t n, const char *folder, const char *stem, const char *const *tails)
{
    for (; *tails; tails++)
        for (int gz = 0; gz < 2; gz++)
            if ((size_t)snprintf(path, n, "%s/%s-%s%s", folder, stem, *tails, gz ? ".gz" : "") < n && file_exists(path))
                return 1;
    return 0;
}

static int has_train_images(const char *folder, const void *ctx)
{
    char path[DATA_PATH + 64];
    return spell(path, sizeof path, folder, ((const struct idx_set *)ctx)->train, image_tails);
}

static int find_files(struct files *fs, const struct data_source *k, const struct data_spec *s, struct err *e)
{
    const struct idx_set *set = k->detail;
    char wanted[128];
    snprintf(wanted, sizeof wanted, "%s-%s (or .gz)", set->train, image_tails[0]);
    if (data_locate(fs->folder, k->word.name, s->path, wanted, has_train_images, set, e))
        return -1;
    for (int i = 0; i < FILES; i++) {
        const char *stem = i < TEST_X ? set->train : set->test;
        const char *const *tails = i % 2 ? label_tails : image_tails;
        if (!spell(fs->path[i], sizeof fs->path[i], fs->folder, stem, tails))
            return err_set(e, ERR_DATA, "%s: has no %s-%s (or .gz) beside the %s-%s", fs->folder, stem, tails[0],
                           set->train, image_tails[0]);
    }
    return 0;
}

static int check_count(const struct idx_file *x, const struct idx_file *y, struct err *e)
{
    if (x->dim[0] != y->dim[0])
        return err_set(e, ERR_DATA, "%s: %u labels, expected %u, as many as images in %s", y->path, y->dim[0],
                       x->dim[0], x->path);
    return 0;
}

static struct shape image_shape(const struct idx_file *f)
{
    return (struct shape){MAPS, f->dims == 4 ? (int)f->dim[1] : 1, (int)f->dim[f->dims - 2], (int)f->dim[f->dims - 1],
                          1};
}

/* Images of both files have the same shape; d becomes a dataset of them. */
static int check_geometry(struct dataset *d, const struct idx_set *set, const struct idx_file *a,
                          const struct idx_file *b, struct err *e)
{
    struct shape s = image_shape(a), other = image_shape(b);
    if (s.c > DATA_CHANNELS)
        return err_set(e, ERR_DATA, "%s: %d channels, expected 1 to %d", a->path, s.c, DATA_CHANNELS);
    if (other.c != s.c || other.h != s.h || other.w != s.w)
        return err_set(e, ERR_DATA, "%s: images of %dx%dx%d, expected %dx%dx%d as in %s", b->path, other.c, other.h,
                       other.w, s.c, s.h, s.w, a->path);
    dataset_of_images(d, s.c, s.h, s.w, 255, set->classes, set->class_name);
    return 0;
}

static int open_files(struct files *fs, const struct idx_set *set, struct dataset *d, struct err *e)
{
    for (int i = 0; i < FILES; i++)
        if (idx_open(&fs->f[i], fs->path[i], i % 2 ? 1 : 3, i % 2 ? 1 : 4, e))
            return -1;
    if (check_count(&fs->f[TRAIN_X], &fs->f[TRAIN_Y], e) || check_count(&fs->f[TEST_X], &fs->f[TEST_Y], e))
        return -1;
    d->n[PART_TRAIN] = fs->f[TRAIN_X].dim[0];
    d->n[PART_TEST] = fs->f[TEST_X].dim[0];
    return check_geometry(d, set, &fs->f[TRAIN_X], &fs->f[TEST_X], e);
}

static int read_idx_pixels(void *ctx, uint8_t *x, struct err *e)
{
    return idx_read(ctx, x, e);
}

/* Pixels, those of a packed file from the cache where it has them; then also *sums. */
static const uint8_t *read_pixels(struct idx_file *f, struct dataset *d, const uint32_t (**sums)[2], struct err *e)
{
    struct cache_slot slot;
    struct cache_hit hit;
    const struct shape s = data_input(d)->shape;
    size_t plane = (size_t)s.h * (size_t)s.w;
    slot.file[0] = 0;
    if (!gzdirect(f->f))
        cache_find(&slot, f->path, f->bytes / plane, plane);
    const struct cache_maker maker = {read_idx_pixels, NULL, f};
    if (cache_get(&slot, f->bytes, &maker, d, &hit, e))
        return NULL;
    *sums = hit.sums;
    return hit.x;
}

/* Labels as classes 0 ..., checked against the number of classes, which is set here when the format does not fix it. */
static const uint8_t *read_labels(struct idx_file *f, const struct idx_set *set, struct dataset *d, struct err *e)
{
    int *classes = &d->field[1].classes;
    unsigned char *y = dataset_alloc(d, f->bytes, e), most = 0;
    if (!y || idx_read(f, y, e))
        return NULL;
    for (size_t i = 0; i < f->bytes; i++)
        most = y[i] > most ? y[i] : most;
    if (!*classes)
        *classes = most + 1;
    for (size_t i = 0; i < f->bytes; i++) {
        if (y[i] < set->first || y[i] - set->first >= *classes) {
            err_set(e, ERR_DATA, "%s: label %d of sample %zu, expected %d..%d%s", f->path, y[i], i, set->first,
                    set->first + *classes - 1, set->classes ? "" : " as in the training labels");
            return NULL;
        }
        y[i] = (unsigned char)(y[i] - set->first);
    }
    return y;
}

static int read_files(struct files *fs, const struct idx_set *set, struct dataset *d, int peek, struct err *e)
{
    struct field *image = &d->field[0], *class = &d->field[1];
    if (!(class->values[PART_TRAIN] = read_labels(&fs->f[TRAIN_Y], set, d, e)) || dataset_count_classes(d, e))
        return -1;
    if (!(peek && set->classes) && !(class->values[PART_TEST] = read_labels(&fs->f[TEST_Y], set, d, e)))
        return -1;
    if (peek) {
        dataset_free(d, (void *)(uintptr_t) class->values[PART_TRAIN]);
        class->values[PART_TRAIN] = class->values[PART_TEST] = NULL;
        return 0;
    }
    const uint32_t(*unused)[2];
    if (!(image->values[PART_TRAIN] = read_pixels(&fs->f[TRAIN_X], d, &image->sums, e)) ||
        !(image->values[PART_TEST] = read_pixels(&fs->f[TEST_X], d, &unused, e)))
        return -1;
    return 0;
}

static int there(const struct data_source *k, const struct data_spec *s)
{
    struct files *fs = calloc(1, sizeof *fs);
    struct err e = {0};
    int missing = !fs || find_files(fs, k, s, &e);
    free(fs);
    return !fs || e.code == ERR_NOMEM ? -1 : !missing;
}

static int known(const struct data_source *k, const struct data_spec *s, struct dataset *d,
                 const struct dataset_seen *seen)
{
    (void)s;
    const struct idx_set *set = k->detail;
    const struct dataset_seen published = {1, 28, 28, set->classes, set->samples, set->tests, 0};
    if (!seen && !set->samples)
        return -1;
    seen = seen ? seen : &published;
    dataset_of_images(d, seen->c, seen->h, seen->w, 255, seen->classes, set->class_name);
    d->n[PART_TRAIN] = seen->train;
    d->n[PART_TEST] = seen->test;
    d->fingerprint = seen->fingerprint;
    return 0;
}

static int load_idx_set(const struct data_source *k, struct dataset *d, const struct data_spec *s, int peek,
                        struct err *e)
{
    struct files *fs = calloc(1, sizeof *fs);
    if (!fs)
        return err_set(e, ERR_NOMEM, "dataset %s: no memory to read it", d->name);
    int bad = find_files(fs, k, s, e) || open_files(fs, k->detail, d, e) || read_files(fs, k->detail, d, peek, e);
    d->fingerprint = STR_HASH;
    for (int i = 0; i < FILES; i++) {
        idx_close(&fs->f[i]);
        if (!bad)
            bad = fingerprint_add(&d->fingerprint, fs->path[i], s->verify, e);
    }
    free(fs);
    return bad ? -1 : 0;
}

// clang-format off
static const char *const clothes[] = { "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
                                       "Bag", "Ankle boot" };
static const char *const kana[] = { "o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo" };
static const char *const letters[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q",
                                       "r", "s", "t", "u", "v", "w", "x", "y", "z" };
static const char *const balanced[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "A", "B", "C", "D", "E", "F", "G",
                                        "H", "I", "J", "K", "L", "M", "N", "O", "P", "Q", "R", "S", "T", "U", "V", "W", "X",
                                        "Y", "Z", "a", "b", "d", "e", "f", "g", "h", "n", "q", "r", "t" };

#define IDX_SET(id, text, help, source, where, ...)                                                                     \
    static const struct idx_set id##_files = { __VA_ARGS__ };                                                           \
    const struct data_source source_##id = {                                                                            \
        .word = { text, help, NULL }, .credit = source, .path = where, .input = FIELD_BYTES, .detail = &id##_files,           \
        .there = there, .known = known, .load = load_idx_set }

IDX_SET(mnist, "mnist", "60000 + 10000 handwritten digits, 28x28",
        "Y. LeCun and C. Cortes, the MNIST database of handwritten digits, CC BY-SA 3.0",
        PATH_MAY, "train", "t10k", 10, 0, dataset_digits, 60000, 10000);
IDX_SET(fashion_mnist, "fashion-mnist", "60000 + 10000 articles of clothing, 28x28",
        "H. Xiao, K. Rasul and R. Vollgraf, Fashion-MNIST, arXiv:1708.07747, Zalando SE, MIT licence",
        PATH_MAY, "train", "t10k", 10, 0, clothes, 60000, 10000);
IDX_SET(kmnist, "kmnist", "60000 + 10000 cursive Japanese characters of 10 kinds, 28x28",
        "T. Clanuwat et al., KMNIST, arXiv:1812.01718, adapted from the Kuzushiji dataset (NIJL and others), CC BY-SA 4.0",
        PATH_MAY, "train", "t10k", 10, 0, kana, 60000, 10000);
IDX_SET(emnist_digits, "emnist-digits", "240000 + 40000 handwritten digits, 28x28, lying on their side as in the files",
        "G. Cohen et al., EMNIST, arXiv:1702.05373, from NIST Special Database 19",
        PATH_MAY, "emnist-digits-train", "emnist-digits-test", 10, 0, dataset_digits, 240000, 40000);
IDX_SET(emnist_letters, "emnist-letters", "124800 + 20800 handwritten letters of both cases, 28x28, on their side",
        "G. Cohen et al., EMNIST, arXiv:1702.05373, from NIST Special Database 19",
        PATH_MAY, "emnist-letters-train", "emnist-letters-test", 26, 1, letters, 124800, 20800);
IDX_SET(emnist_balanced, "emnist-balanced", "112800 + 18800 handwritten digits and letters, 28x28, on their side",
        "G. Cohen et al., EMNIST, arXiv:1702.05373, from NIST Special Database 19",
        PATH_MAY, "emnist-balanced-train", "emnist-balanced-test", 47, 0, balanced, 112800, 18800);
IDX_SET(idx, "idx", "any images of bytes, [n][h][w] or [n][c][h][w]: train-images-idx3-ubyte, "
        "train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, plain or .gz, in the folder data.path",
        "", PATH_ALWAYS, "train", "t10k", 0, 0, dataset_digits, 0, 0);
// clang-format on
