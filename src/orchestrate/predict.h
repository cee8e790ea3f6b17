/* predict.h - a trained network applied to samples: as many threads as are wanted, a few thousand samples at a time,
 * the answers in the order of the samples. */
#ifndef ORCHESTRATE_PREDICT_H
#define ORCHESTRATE_PREDICT_H

#include "model/model.h"

struct prediction {
    const char *file;      /* NULL: of a dataset */
    size_t number;         /* of the sample in its file or part of the dataset, from 1; 0: the file as a whole */
    const float *z;        /* [outputs] of the network, as they come out; NULL: */
    const char *error;     /* why there are none */
    int label;             /* of a dataset: its class, -1: it has none; */
    const uint8_t *labels; /* its label map [h][w], see data/fields.h, NULL: it has none; */
    const float *target;   /* its numbers, NULL: it has none */
};
struct predict_how {
    int jobs;        /* threads, >= 1 */
    const char *isa; /* NULL: the best */
    /* Called with each prediction, in order; non-zero ends it. */
    int (*row)(void *ctx, const struct prediction *p);
    void *ctx;
};

/* The samples of these files and folders (data/samples.h). What cannot be read is a prediction with an error. 0, or -1
 * with *e, or without where `row` has ended it. */
int predict_files(const struct model *m, const char *const *path, size_t n, const struct predict_how *how,
                  struct err *e);
/* Those of a split of a view, whose input has the shape of the model's. */
int predict_view(const struct model *m, const struct data_view *v, enum data_split split, const struct predict_how *how,
                 struct err *e);

#endif
