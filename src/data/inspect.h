/* inspect.h - what people want to know of a dataset before they train with it: how many samples of each class there
 * are, what the numbers are like, and which samples are there twice. */
#ifndef DATA_INSPECT_H
#define DATA_INSPECT_H

#include "base/arena.h"
#include "data/view.h"

enum { INSPECT_SPLITS = 3, INSPECT_TWINS = INSPECT_SPLITS * (INSPECT_SPLITS + 1) / 2 };
extern const char *const inspect_split_name[INSPECT_SPLITS]; /* "train", "validation", "test" */

/* A channel of images, or a number of vectors; over the samples of one split, or of all. */
struct inspect_column {
    const char *name;
    const char *type; /* "byte", "0 or 1", "whole number", "number"; "": no value is there */
    size_t values, missing;
    double mean, deviation, least,
        largest; /* of the values that are there; the deviation is divided by n. NaN: none is */
};

/* Samples whose inputs are the same, number by number: of one split (from = to) those that repeat an earlier one, of
 * two those of `to` that are in `from`, too. */
struct inspect_twins {
    int from, to;             /* enum data_split */
    size_t samples, disagree; /* disagree: they have another class or number than the first that they repeat */
    size_t first, second;     /* an example: places in the part of the dataset, from 0; where samples > 0 */
};

/* Of samples that are texts. Texts are shown in one line: a blank as it is, line ends, other control characters and
 * bytes that are not of a letter as \n and \xNN. */
enum { INSPECT_TOKENS = 20, INSPECT_LENGTHS = 10, INSPECT_EXAMPLES = 3 };
struct inspect_tokens {
    int vocabulary;
    size_t tokens[INSPECT_SPLITS], unknown[INSPECT_SPLITS]; /* ids of all samples; those of the token that is unknown */
    int knows_all;                                          /* there is no such token */
    size_t top;                                             /* of the training split the most frequent: */
    struct {
        const char *text;
        size_t count;
    } token[INSPECT_TOKENS];
    int lengths, step; /* of samples that may be shorter: ranges of so many tokens each, 1..step, ...; else 0 */
    size_t length[INSPECT_LENGTHS][INSPECT_SPLITS];
    size_t examples;
    const char *example[INSPECT_EXAMPLES]; /* first samples of the training split, as their ids read, cut */
};

struct inspection {
    const struct data_view *view;
    const struct inspect_tokens *tokens; /* NULL: the samples are no texts; else inputs is 0 */
    const struct inspect_tokens *wanted; /* of pairs of texts, the second ones; NULL: samples are no pairs */
    size_t inputs, targets;
    struct inspect_column *input;                  /* [inputs] of the training split, missing: of all three */
    struct inspect_column *target[INSPECT_SPLITS]; /* [targets] of each split; NULL: the target is a class */
    size_t (*classes)[INSPECT_SPLITS];             /* [classes] samples, or positions of label maps; NULL: there are
                                                      none */
    struct inspect_twins twins[INSPECT_TWINS];     /* inside each split, then between two */
};

/* Looks at every sample of the view; v's dataset is loaded and outlives it. 0, or -1 with *e (no memory); `a` keeps it.
 */
int data_inspect(const struct data_view *v, struct inspection *out, struct arena *a, struct err *e);

/* inspect_tokens.c: likewise, of a dataset of texts. */
const struct inspect_tokens *inspect_texts(const struct data_view *v, struct arena *a, struct err *e);
const struct inspect_tokens *inspect_targets(const struct data_view *v, struct arena *a, struct err *e);

#endif
