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

struct inspection {
    const struct data_view *view;
    size_t inputs, targets;
    struct inspect_column *input;                  /* [inputs] of the training split, missing: of all three */
    struct inspect_column *target[INSPECT_SPLITS]; /* [targets] of each split; NULL: the target is a class */
    size_t (*classes)[INSPECT_SPLITS];             /* [classes] samples; NULL: there are none */
    struct inspect_twins twins[INSPECT_TWINS];     /* inside each split, then between two */
};

/* Looks at every sample of the view; v's dataset is loaded and outlives it. 0, or -1 with *e (no memory); `a` keeps it.
 */
int data_inspect(const struct data_view *v, struct inspection *out, struct arena *a, struct err *e);

#endif
