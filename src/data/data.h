/* data.h - the front of this folder: the keys of [data], their vocabularies, and datasets made of them. What a dataset
 * is, is said in fields.h; view.h splits it and says how each field gets into a batch, which batch.h fills. */
#ifndef DATA_DATA_H
#define DATA_DATA_H

#include "base/arena.h"
#include "base/err.h"
#include "base/param.h"
#include "base/str.h"
#include "data/batch.h"
#include "data/fields.h"
#include "data/view.h"

#include <stddef.h>
#include <stdint.h>

#define DATA_VALIDATION_PRESET 0.1
#define DATA_ARGS 192 /* most bytes of the keys of a source */

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
    int folds;           /* of a cross-validation, which say what trains and what validates; 0: there is none */
    int fold;            /* that validates, 1..folds; 0: as 1. Set for each training, no key says it */
    int round;           /* which division into folds, from 0; likewise */
    int normalize; /* index into data_normalize_name: standard (per channel, from the training split), unit ([0,1]),
                      none (raw bytes) */
    const char *augment; /* "rotate 7, shift 1.5": words of the augmentation table, training split only; "" or "none":
                            none. The order of the words has no meaning (see augment.h) */
    int seed;            /* of the split, and of a dataset that is made: the same for every trial unless varied */
    int verify;          /* enum data_verify: what the fingerprint of files takes in */
    const char *tokens;  /* of a dataset of texts: the tokenizer that it is cut with (text/tokenizer.h), no key says it;
                            NULL: tokens are learned from it */
    const char *target_tokens;                         /* likewise of the second texts of pairs */
    _Alignas(16) unsigned char source_args[DATA_ARGS]; /* of the keys that the dataset's own row has (data_word.params);
                                                               what they leave is 0, as specs are compared as bytes */
};
extern const struct param data_params[]; /* keys of data_spec */

/* Vocabularies, each a table; NULL after the last. help texts alongside for `sweep list`. */
struct data_word {
    const char *name, *help;
    const struct param *params; /* of an augmentation: arguments, in order, given plainly or as `name value`; of a
                                   dataset: its own keys of [data], read into source_args; NULL: none */
};
const struct data_word *data_dataset_word(size_t i);
/* Row of the dataset table with that name; NULL: there is none. */
const struct data_word *data_dataset_named(const char *name);
const struct data_word *data_augment_word(size_t i);
/* `augment` in normal words: in the order of the table, numbers by value, what is the default left out; "" for none.
 * Any other text is the same images. buf holds n bytes; NULL when the text is wrong or does not fit. */
const char *data_augment_text(const char *augment, char *buf, size_t n);
/* Whether both specs load the same dataset: word, path, what is verified, and the dataset's own keys; of a dataset that
 * is made also the seed, of a text the shares that train and validate. */
int data_same_dataset(const struct data_spec *a, const struct data_spec *b);
/* Copies the spec, its texts into `a`. 0, or -1 with *e. */
int data_spec_copy(struct data_spec *to, const struct data_spec *from, struct arena *a, struct err *e);
/* Adds the dataset's own keys to `text`, "name=value" a line; and sets them from such a text, kept in `a`: names that
 * the dataset does not have are passed over, lack of memory is a's. */
void data_source_text(const struct data_spec *s, struct str *text);
void data_source_from_text(struct data_spec *s, const char *text, struct arena *a);
enum data_normalize { NORMALIZE_STANDARD, NORMALIZE_UNIT, NORMALIZE_NONE, NORMALIZE_IMAGENET, NORMALIZE_CENTRED };
const char *data_normalize_name(size_t i); /* in that order */
enum data_verify { VERIFY_QUICK, VERIFY_FULL };
const char *data_normalize_help(size_t i); /* the formula; NULL after the last, as the name is */

/* Loads (embedded, IDX plain or gzipped; decoded pixels are kept between runs, see cache.h). Checks magic, counts of
 * images against labels, sizes against the file's, labels against classes, train against test geometry; refuses with
 * the file's name and what was expected. 0, or -1 with *e. */
int dataset_load(struct dataset *d, const struct data_spec *s, struct err *e);
/* Fields, counts and classes without reading the values, for plans; same errors as far as it looks: the headers of the
 * four files (the label files of `idx` too, whose classes are counted). All values are NULL. Release it too. */
int dataset_peek(struct dataset *d, const struct data_spec *s, struct err *e);

/* What a look at a dataset found, for when its files are gone. */
struct dataset_seen {
    int c, h, w, classes;
    size_t train, test; /* samples */
    uint64_t fingerprint;
};
/* After a dataset_peek that failed with *why: where the files were not found, the dataset as `seen` describes it, or,
 * without one (NULL), as its row of the dataset table knows it, then with fingerprint 0. 0; -1: the files are there, or
 * nothing is known of it; *why is lack of memory where there was none to look. */
int dataset_absent(struct dataset *d, const struct data_spec *s, const struct dataset_seen *seen, struct err *why);

/* Checks spec texts (augment, dataset word, train + validation fractions) without any data: the key that w names, or
 * all where w or w->key is NULL, up to the first error. 0 or -1. */
int data_spec_check(const struct data_spec *s, const struct where *w, struct err *e);
/* Sizes of the three splits without loading values, from a peeked dataset. `at`: where each was written, for errors, or
 * NULL. */
int data_split_sizes(const struct dataset *d, const struct data_spec *s, const struct where at[3], size_t n[3],
                     struct err *e);
/* Whether s->normalize is of such values as the input of a peeked dataset has. `at`: where it was written, or NULL. 0
 * or -1. */
int data_normalize_check(const struct dataset *d, const struct data_spec *s, const struct where *at, struct err *e);
/* How many classes have fewer samples in the training file than there are folds. 0 where they are not known. */
int data_rare_classes(const struct dataset *d, int folds);
/* How many classes have no sample in a training split of these sizes, and the first of them in *first. 0 where the
 * samples of the classes are not known. */
int data_empty_classes(const struct dataset *d, const size_t n[3], const char **first);

#endif
