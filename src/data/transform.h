/* transform.h - how the values of one field get into a batch: what is normalized, augmented and laid out how. */
#ifndef DATA_TRANSFORM_H
#define DATA_TRANSFORM_H

#include "data/batch.h"
#include "data/data.h"

struct augment;

struct transform {
    const struct transform_type *type;
    const struct dataset *set;
    const struct field *field;
    float *scale, *shift;          /* [c] of inputs: value * scale + shift */
    float *fill;                   /* [c] what a missing value is taken for; NULL: none is missing */
    const struct augment *augment; /* of images; NULL when nothing is augmented */
    const uint8_t *copy[3];        /* of images: data_view_gather's, [n][c][h][w] of each split, or NULL */
    size_t scratch;                /* bytes that fill wants of batch.scratch when it is given a draw */
};

struct transform_type {
    int target; /* of targets; 0: of inputs */
    enum field_type of;
    int maps; /* of label maps; 0: of all other fields */
    /* Makes t ready: set, field, and [c] scale 1 and shift 0 are there, v has its splits. NULL: there is nothing to do.
     * 0 or -1 with *e. */
    int (*init)(struct transform *t, const struct data_view *v, const struct data_spec *s, struct arena *a,
                struct err *e);
    /* Its part of a batch of b->n samples with keys b->key, as data_batch. */
    void (*fill)(const struct transform *t, enum data_split split, const uint32_t *at, const struct data_draw *draw,
                 struct batch *b);
};
/* images/images.c: bytes by kernels, with augmentations. images/label_maps.c: what is moved with them. numbers.c:
 * floats as input and as target. ids.c: classes. token_fields.c: tokens of texts, as they are and those that come next.
 */
extern const struct transform_type transform_images, transform_label_maps, transform_numbers, transform_targets,
    transform_class, transform_tokens, transform_next;

#endif
