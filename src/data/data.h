/* data.h - datasets, splits, normalization, augmentation, batches. A dataset is decoded once and shared read-only by
 * all workers; a view (a split of it, with normalization and augmentation) is immutable too; batches are written into
 * memory of the caller's. */
#ifndef DATA_DATA_H
#define DATA_DATA_H

#include "base/arena.h"
#include "base/err.h"
#include "base/param.h"

#include <stddef.h>
#include <stdint.h>

struct kernels;

/* As read from [data]; texts are owned by the caller. */
struct data_spec {
    const char *dataset; /* a word of the dataset table */
    const char *path;    /* folder, and no other place is looked at; "": the first of $SWEEP_DATA/NAME, $SWEEP_DATA,
                            ~/.cache/sweep/NAME that has the training images */
    double train;        /* samples of the training split: above 1 a count, else a fraction of the training file; 0: all
                            that validation leaves. Fractions are rounded to the nearest count; where the two fractions
                            make 1 every sample is used once */
    double validation;   /* the same, taken from the training file, disjoint from train; 0: no validation split */
    double test;         /* the same, of the test file; 0: all; the first ones, in order */
    int normalize; /* index into data_normalize_name: standard (per channel, from the training split), unit ([0,1]),
                      none (raw bytes) */
    const char *augment; /* "rotate 7, shift 1.5": words of the augmentation table, training split only; "" or "none":
                            none. The order of the words has no meaning (see augment.h) */
    int seed;            /* of the split: the same for every trial unless varied */
    int verify;          /* enum data_verify: what the fingerprint of files takes in */
};
extern const struct param data_params[]; /* keys of data_spec */

/* Vocabularies, each a table; NULL after the last. help texts alongside for `sweep list`. */
struct data_word {
    const char *name, *help;
    const struct param *params; /* arguments, in order, given plainly or as `name value`; NULL: none */
};
const struct data_word *data_dataset_word(size_t i);
const struct data_word *data_augment_word(size_t i);
/* `augment` in normal words: in the order of the table, numbers by value, what is the default left out; "" for none. Any
 * other text is the same images. buf holds n bytes; NULL when the text is wrong or does not fit. */
const char *data_augment_text(const char *augment, char *buf, size_t n);
enum data_normalize { NORMALIZE_STANDARD, NORMALIZE_UNIT, NORMALIZE_NONE };
const char *data_normalize_name(size_t i); /* in that order */
enum data_verify { VERIFY_QUICK, VERIFY_FULL };
const char *data_normalize_help(size_t i); /* the formula; NULL after the last, as the name is */

struct data_part {    /* one file's worth: training or test */
    const uint8_t *x; /* [n][c][h][w] bytes 0..255 (optdigits: 0..16) */
    const uint8_t *y; /* [n] labels < classes */
    size_t n;
};
#define DATA_CHANNELS 4
struct dataset {
    const char *name;
    int c, h, w, classes;          /* c <= DATA_CHANNELS, classes <= 256 */
    const char *const *class_name; /* [classes] */
    int max_value;                 /* what `unit` divides by: 255, or 16 */
    struct data_part train, test;
    const uint32_t (*train_sums)[2]; /* [n][c] sum and sum of squares of each plane of train.x; NULL: not known */
    uint64_t fingerprint; /* of the files' contents, size, head and tail, with VERIFY_FULL every byte; 0: built in */
    char credit[256];     /* source and licence, where known */
    const uint32_t *train_count; /* [classes] training samples of each; NULL: not known */
    char absent[512]; /* why its files were not found; "": they were, or there are none. Set by dataset_absent */
    void *owned;      /* private */
};

/* Loads (embedded, IDX plain or gzipped; decoded pixels are kept between runs, see cache.h). Checks magic, counts of
 * images against labels, sizes against the file's, labels against classes, train against test geometry; refuses with
 * the file's name and what was expected. 0, or -1 with *e. */
int dataset_load(struct dataset *d, const struct data_spec *s, struct err *e);
void dataset_release(struct dataset *d);
/* Shape, counts and classes without reading the pixels, for plans; same errors as far as it looks: the headers of the
 * four files (the label files of `idx` too, whose classes are counted). x and y are NULL. Release it too. */
int dataset_peek(struct dataset *d, const struct data_spec *s, struct err *e);

/* What a look at a dataset found, for when its files are gone. */
struct dataset_seen {
    int c, h, w, classes;
    size_t train, test; /* samples */
    uint64_t fingerprint;
};
/* After a dataset_peek that failed with *why: where the files were not found, the dataset as `seen` describes it, or,
 * without one (NULL), as its row of the dataset table knows it, then with fingerprint 0. 0; -1: the files are there, or
 * nothing is known of it. */
int dataset_absent(struct dataset *d, const struct data_spec *s, const struct dataset_seen *seen,
                   const struct err *why);

enum data_split { DATA_TRAIN, DATA_VALIDATION, DATA_TEST };

/* A split with its normalization and augmentation. */
struct data_view {
    const struct dataset *set;
    const uint32_t *index[3]; /* sample numbers of each split, ascending, in its part (train for 0 and 1, test for 2) */
    size_t n[3];
    float scale[DATA_CHANNELS], shift[DATA_CHANNELS]; /* per channel: x * scale + shift */
    void *augment;                                    /* private: NULL when nothing is augmented */
    const uint8_t *copy[3];                           /* private: data_view_gather's, [n][c][h][w], or NULL */
};
/* Splits by class (stratified: each class gives its share, largest remainders first) with stream (seed, RNG_SPLIT),
 * keyed by class. When the whole training file is used the split is just everything. Validation takes a class's
 * shuffled samples from one end and train from the other: neither moves when the other grows, and a larger training
 * split contains a smaller one (but for a sample a class, by rounding).
 * Standard normalization is by mean and (population) standard deviation of the training split's pixels; a channel that
 * is constant there is divided by max_value instead. Errors: more samples asked for than there are, a split without one
 * sample, an unknown augmentation (ERR_USAGE, with the nearest known). Lives in `a`; d outlives it. */
int data_view_init(struct data_view *v, const struct dataset *d, const struct data_spec *s, struct arena *a,
                   struct err *e);
/* For a view that trains and validates on less than half of a file that is mapped (cache.h): copies its images into
 * `a`, and lets the pages of the mapping go until somebody reads them again. 1 when it did, 0 when that saves nothing
 * or there is no memory. Not while others use the view. */
int data_view_gather(struct data_view *v, struct arena *a);
/* Checks spec texts (augment, dataset word, train + validation fractions) without any data: the key that w names, or
 * all where w or w->key is NULL, up to the first error. 0 or -1. */
int data_spec_check(const struct data_spec *s, const struct where *w, struct err *e);
/* Sizes of the three splits without loading pixels, from a peeked dataset. `at`: where each was written, for errors, or
 * NULL. */
int data_split_sizes(const struct dataset *d, const struct data_spec *s, const struct where at[3], size_t n[3],
                     struct err *e);

size_t data_scratch(const struct data_view *v); /* bytes that data_batch wants to augment; 0: it does not */
/* How many classes have no sample in a training split of these sizes, and the first of them in *first. 0 where the
 * samples of the classes are not known. */
int data_empty_classes(const struct dataset *d, const size_t n[3], const char **first);

/* Writes n samples (numbers `at[n]` into index[split]) as x[ceil(n/16)][h][c][w][16], dead lanes 0, and label[n], and
 * sample[n] (their number in the part). scratch, 64-byte aligned and of data_scratch bytes, or NULL: no augmentation.
 * With it: with the view's augmentation, each sample by its own stream
 * (seed, RNG_AUGMENT, epoch, sample). Bilinear, zero fill before normalization, as PyTorch's
 * grid_sample(align_corners=False). x is 64-byte aligned. Cannot fail. */
void data_batch(const struct kernels *k, const struct data_view *v, enum data_split split, const uint32_t *at, int n,
                void *scratch, uint64_t seed, uint32_t epoch, float *x, int32_t *label, uint32_t *sample);

#endif
