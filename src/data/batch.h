/* batch.h - samples on their way into a network: one struct that the caller owns and data_batch fills. */
#ifndef DATA_BATCH_H
#define DATA_BATCH_H

#include "data/view.h"

struct kernels;

struct batch {
    const struct kernels *k; /* that fill it */
    void *scratch;           /* [data_scratch] 64-byte aligned; NULL where data_batch is never given a draw */
    float *x;                /* [blocks] of the input's shape, laid out as kernels/layout.h says, 64-byte aligned; NULL:
                                the inputs are not wanted */
    int32_t *label;          /* [n] the class of each sample; of label maps [blocks][h][w][16], -1 where there is no
                                class, as in lanes beyond n; NULL or unused where the target is numbers */
    float *target;           /* [blocks][view->targets][16] numbers to predict; NULL or unused where it is a class */
    int32_t *lengths; /* [blocks * 16] positions of each sample that count, 0 in dead lanes; the losses and metrics
                         of positions, and nn_pass, look at no others. NULL: all positions of every sample. Of pairs of
                         texts those of the first, and: */
    int32_t *target_lengths; /* of the second, which the losses and metrics look at; NULL: samples are no pairs */
    int32_t *other;          /* [n] a second class of each sample, whose share is 1 - share; NULL: it has one */
    float share;
    uint32_t *key;    /* [n] a number that stays with a sample: its place in its part of the dataset */
    uint32_t *stream; /* [n] numbers whose streams the random changes of the samples take; NULL: their keys */
    int n, blocks;    /* filled: samples, and blocks of 16 of them; lanes beyond n are 0 */
};

/* What random changes depend on beside the sample. */
struct data_draw {
    uint64_t seed;
    uint32_t epoch;
};

/* Bytes of scratch that a batch of the view wants for its random changes; 0: it makes none. */
size_t data_scratch(const struct data_view *v);

/* Fills b with n samples (at[n] are places in index[split]). With `draw` the view's augmentations are applied, each
 * sample by its own stream (seed, RNG_AUGMENT, epoch, key); NULL: the samples are taken as they are. Cannot fail. */
void data_batch(const struct data_view *v, enum data_split split, const uint32_t *at, int n,
                const struct data_draw *draw, struct batch *b);

#endif
