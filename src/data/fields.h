/* fields.h - what a dataset is: samples, each of which has the same fields, some of them input, the others target. An
 * image and its class are two fields, and so are the numbers of a row of a table and the number to predict. A dataset
 * is decoded once and shared read-only by all workers. */
#ifndef DATA_FIELDS_H
#define DATA_FIELDS_H

#include "base/err.h"
#include "kernels/layout.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum field_type {
    FIELD_BYTES,  /* uint8_t 0..max_value: pixels */
    FIELD_FLOATS, /* float: measurements, numbers to predict */
    FIELD_IDS,    /* uint8_t 0..classes-1: one of a list of names */
    FIELD_TOKENS  /* int32_t 0..vocabulary-1: ids of the tokens of a text (text/tokenizer.h), -1 after the last one of
                     a sample that is shorter than its shape, [1,T]; as a target those that come next */
};
enum field_fill { FILL_NOTHING, FILL_MEAN, FILL_MEDIAN }; /* of the values that the training split has of the channel */
enum data_part { PART_TRAIN, PART_TEST, DATA_PARTS };     /* a training file and a test file, or what stands for them */

struct field {
    const char *name; /* "image", "class" */
    enum field_type type;
    struct shape shape;             /* of one sample */
    const void *values[DATA_PARTS]; /* [samples][c][h][w] of the type; NULL: only described */
    enum field_fill fill;           /* FLOATS of inputs: what is put where a value is NaN, that is missing */
    const char *const *channel; /* [shape.c] what each channel, or number of a vector, is called; NULL: by its place */
    int max_value;              /* BYTES: what `normalize = unit` divides by: 255, or 16 */
    int classes;                /* IDS: 1..DATA_CLASSES; of label maps 1..DATA_NO_CLASS */
    int vocabulary;             /* TOKENS: how many there are */
    /* TOKENS: 0: samples are rows of T ids. Else they are windows of texts, each beginning where the one before it
     * ends, and a further id after the last: the first so many of the training part are of the text that trains, those
     * after them of the one that validates; those of the test part of another. */
    size_t windows;
    int source; /* TOKENS of pairs of texts, as input: the first so many ids are of the one, those after them the token
                   that begins and the other text, each -1 after its last; 0: they are of one text */
    const char *const *class_name; /* IDS: [classes] */
    int fit, background;           /* BYTES: how image files become samples, as in sources/picture.h */
    const uint32_t (*sums)[2];     /* BYTES: [samples][c] sum and sum of squares of each plane of the training part;
                                      NULL: not known */
    const uint32_t *count;         /* IDS: [classes] training samples of each; NULL: not known */
};

#define DATA_FIELDS 4
#define DATA_CHANNELS 4   /* most channels of an image */
#define DATA_CLASSES 256  /* most classes */
#define DATA_NO_CLASS 255 /* of label maps, which have at most so many classes: this position has none */
struct dataset {
    const char *name;
    struct field field[DATA_FIELDS]; /* the inputs, then the targets */
    int inputs, targets;             /* fields of each; at present both are 1 */
    size_t n[DATA_PARTS];            /* samples of each part */
    int made;                        /* from keys, not from files: it is never absent, and made again at any time */
    uint64_t fingerprint; /* of the files' contents, size, head and tail, with VERIFY_FULL every byte; of the values of
                             the keys it was made from; 0: built in */
    char credit[256];     /* source and licence, where known */
    const char *told;     /* lines on what was recognised in its files; NULL: nothing. Owned as the values are */
    const char
        *tokens;  /* of texts: the tokenizer (text/tokenizer.h, tokenizer_text); NULL: there is none. Owned likewise */
    size_t pairs; /* of pairs of texts: the first so many of the training part train, the others validate; 0: it has
                     none, and nothing of: */
    const char *target_tokens; /* the tokenizer of the second texts, whose vocabulary also has a token that begins and
                                  one that ends a text. Owned likewise */
    char **source_text[DATA_PARTS]; /* [n[part]] the texts as they are in the files. Owned likewise */
    char **target_text[DATA_PARTS];
    const float *letters; /* [vocabulary] of windows of texts: letters that a token stands for. Owned likewise */
    const char *columns;  /* of a table: how its columns become the input (sources/tabular_text.h); NULL: it is none.
                             Owned likewise */
    char absent[512];     /* why its files were not found; "": they were, or there are none. Set by dataset_absent */
    void *owned;          /* private */
};

static inline const struct field *data_input(const struct dataset *d)
{
    return &d->field[0];
}

static inline const struct field *data_target(const struct dataset *d)
{
    return &d->field[d->inputs];
}

/* Classes of the target, of samples or of their positions; 0: it is numbers. */
static inline int data_classes(const struct dataset *d)
{
    return data_target(d)->classes;
}

/* Whether the target is a label map: a class for each position of a sample, as a field of ids that is no vector. */
static inline int field_is_label_map(const struct field *f)
{
    return f->type == FIELD_IDS && f->shape.kind > VECTOR;
}

static inline int data_has_label_maps(const struct dataset *d)
{
    return field_is_label_map(data_target(d));
}

/* Classes of which each sample has one; 0: its target is something else. */
static inline int data_sample_classes(const struct dataset *d)
{
    return data_has_label_maps(d) ? 0 : data_classes(d);
}

/* Numbers to predict for each sample; 0: the target is a class. */
static inline int data_numbers(const struct dataset *d)
{
    return data_target(d)->type == FIELD_FLOATS ? (int)shape_size(data_target(d)->shape) : 0;
}

/* Tokens that there are, where the samples are those of texts; else 0. */
static inline int data_vocabulary(const struct dataset *d)
{
    return data_input(d)->vocabulary;
}

/* Samples that train, of a dataset that has divided itself; 0: it has not. */
static inline size_t data_trains(const struct dataset *d)
{
    return data_input(d)->windows ? data_input(d)->windows : d->pairs;
}

/* Positions of the second text of a pair, its begin or its end among them; 0: samples are no pairs. */
static inline int data_target_positions(const struct dataset *d)
{
    return data_input(d)->source ? data_target(d)->shape.h : 0;
}

/* Whether what is to be learned is the token that comes next, at every position. */
static inline int data_next(const struct dataset *d)
{
    return data_target(d)->type == FIELD_TOKENS;
}

/* Labels of a sample: one for each position where tokens come next, or there are label maps, else one. */
static inline int data_labels(const struct dataset *d)
{
    return data_next(d) || data_has_label_maps(d) ? (int)shape_size(data_target(d)->shape) : 1;
}

/* Whether samples may be shorter than their shape. */
static inline int data_is_ragged(const struct dataset *d)
{
    return data_input(d)->type == FIELD_TOKENS && !data_input(d)->windows;
}

/* What a task has to know of a dataset: what there is to learn from it. */
struct target_kind {
    int classes; /* 0: the target is no class */
    int numbers; /* to predict for each sample; 0: the target is none */
    struct shape input;
    int vocabulary; /* tokens of the input, of pairs of texts of the second; 0: it is no text */
    int next;       /* the target is the token that comes next */
    int maps;       /* the target is a label map, as high and wide as the input */
    int pairs; /* positions of the second text of a pair, where the token that comes next is one of it; 0: no pairs */
};

static inline struct target_kind target_of(const struct dataset *d)
{
    const int pairs = data_target_positions(d);
    return (struct target_kind){data_classes(d),
                                data_numbers(d),
                                data_input(d)->shape,
                                pairs ? data_target(d)->vocabulary : data_vocabulary(d),
                                data_next(d),
                                data_has_label_maps(d),
                                pairs};
}

/* The values of bytes or ids, and of floats. */
static inline const uint8_t *field_bytes(const struct field *f, enum data_part part)
{
    assert(f->type == FIELD_BYTES || f->type == FIELD_IDS);
    return f->values[part];
}

/* The ids of a sample: [T], and one more of a window. */
static inline const int32_t *field_tokens(const struct field *f, enum data_part part, size_t i)
{
    assert(f->type == FIELD_TOKENS);
    const size_t apart = f->windows && part == PART_TRAIN && i >= f->windows; /* beyond the end of the first text */
    return (const int32_t *)f->values[part] + i * shape_size(f->shape) + apart;
}

static inline const float *field_floats(const struct field *f, enum data_part part)
{
    assert(f->type == FIELD_FLOATS);
    return f->values[part];
}

/* Makes d a dataset of images of c x h x w with a class each. */
void dataset_of_images(struct dataset *d, int c, int h, int w, int max_value, int classes,
                       const char *const *class_name);
/* The same with a class for each pixel. */
void dataset_of_label_maps(struct dataset *d, int c, int h, int w, int max_value, int classes,
                           const char *const *class_name);
/* Makes d a dataset of vectors of so many floats, with a class each, or with a number to predict where classes is 0. */
void dataset_of_vectors(struct dataset *d, int features, int classes, const char *const *class_name);

/* An input of texts of up to so many tokens; and a dataset of texts, whose targets are the tokens that come next. */
struct field field_of_texts(int length, int vocabulary);
void dataset_of_texts(struct dataset *d, int length, int vocabulary);

/* And of pairs of texts: sources of up to `length` tokens, and targets, of up to as many and one that ends them. */
void dataset_of_pairs(struct dataset *d, int length, int vocabulary, int target_vocabulary);

/* Counts the training samples of each class, for plans, where the labels are there. 0, or -1 with *e. */
int dataset_count_classes(struct dataset *d, struct err *e);

/* n bytes (n may be 0) that dataset_release frees; NULL with *e. */
void *dataset_alloc(struct dataset *d, size_t n, struct err *e);
/* Frees it before that. */
void dataset_free(struct dataset *d, void *bytes);
/* Makes dataset_release unmap n bytes at `map`. 0, or -1 without memory (the mapping is still the caller's then). */
int dataset_own_map(struct dataset *d, void *map, size_t n);
/* Is it in such a mapping? And: their pages are not needed for the time being. */
int dataset_is_mapped(const struct dataset *d, const void *at);
void dataset_let_go(const struct dataset *d);
void dataset_release(struct dataset *d);
/* "0", "1", ... "255". */
extern const char *const dataset_digits[DATA_CLASSES];

#endif
