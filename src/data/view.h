/* view.h - a dataset as one training sees it: which samples each split has, and a transform for each field. Immutable
 * once it is made, and shared by all workers. */
#ifndef DATA_VIEW_H
#define DATA_VIEW_H

#include "base/arena.h"
#include "data/fields.h"

struct data_spec;

enum data_split { DATA_TRAIN, DATA_VALIDATION, DATA_TEST };

static inline enum data_part part_of(enum data_split split)
{
    return split == DATA_TEST ? PART_TEST : PART_TRAIN;
}

struct data_view {
    const struct dataset *set;
    const uint32_t *index[3]; /* sample numbers of each split, ascending, in its part (train for 0 and 1, test for 2) */
    size_t n[3];
    struct transform *transform; /* [inputs + targets] of set, in their order; private: data/transform.h */
    int fold;                    /* that validates, 1..folds; 0: no cross-validation */
    int targets;                 /* numbers to predict for a sample (data_numbers); 0: classes */
    int labels;                  /* of a sample (data_labels) */
};

/* Splits by class (stratified: each class gives its share, largest remainders first; where samples have no class, all
 * are of one) with stream (seed, RNG_SPLIT), keyed by class. When the whole training file is used the
 * split is just everything. Validation takes a class's shuffled samples from one end and train from the other: neither
 * moves when the other grows, and a larger training split contains a smaller one (but for a sample a class, by
 * rounding).
 * Standard normalization is by mean and (population) standard deviation of the training split's values of each channel
 * (a vector's numbers are its channels); a channel that is constant there is divided by max_value instead, a constant
 * number by 1. Ids of tokens are as they are. The splits of windows of texts are those that the dataset says, in the
 * order of the text. Errors: more samples asked for than there are, a split without one sample, an unknown augmentation
 * (ERR_USAGE, with the nearest known). Lives in `a`; d outlives it. */
int data_view_init(struct data_view *v, const struct dataset *d, const struct data_spec *s, struct arena *a,
                   struct err *e);
/* What values of the input are multiplied by on their way into a batch, before the shift. */
float data_input_scale(const struct data_view *v, int channel);
float data_input_shift(const struct data_view *v, int channel);
/* For a view that trains and validates on less than half of a file that is mapped (cache.h): copies its images into
 * `a`, and lets the pages of the mapping go until somebody reads them again. 1 when it did, 0 when that saves nothing
 * or there is no memory. Not while others use the view. */
int data_view_gather(struct data_view *v, struct arena *a);
/* Goes on from h with what a training sees of the data beside the values: the samples of each split, normalization. */
uint64_t data_view_hash(uint64_t h, const struct data_view *v);

#endif
