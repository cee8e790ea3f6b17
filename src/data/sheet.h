/* sheet.h - samples as people see them: images beside each other, and how the numbers of vectors are distributed. */
#ifndef DATA_SHEET_H
#define DATA_SHEET_H

#include "data/inspect.h"

struct data_spec;

/* Images in rows, each as it is or as augmentation makes it, with the colours of its label map over it. */
struct sample_sheet {
    size_t rows, columns;
    const char *const *label; /* [rows] the class; "" where there is none */
    size_t left_out;          /* classes that have no row */
    int h, w;                 /* of an image, at most SHEET_SIDE: larger ones are means of squares of pixels */
    uint32_t *rgb;            /* [rows][columns][h][w] 0xRRGGBB; a place without an image is SHEET_EMPTY */
};
#define SHEET_SIDE 64
#define SHEET_EMPTY 0xFFFFFFFFu

/* Whether the samples are images, with one channel or three. */
int sheet_is_possible(const struct dataset *d);
/* A row for each class with the first samples of the training split; without classes rows of samples. 0, or -1 with *e;
 * `a` keeps it. */
int sheet_of_samples(const struct inspection *of, struct sample_sheet *out, struct arena *a, struct err *e);
/* A row for each of some samples, of as many classes as there are: the sample as it is, then as it is in the first
 * epochs of a training with that seed. */
int sheet_of_augmented(const struct inspection *of, int seed, struct sample_sheet *out, struct arena *a, struct err *e);

/* How the numbers of a vector's column are distributed in the training split, class by class. */
struct column_histogram {
    const char *name;
    double low, high; /* where the first bin begins, and the last ends */
    size_t *count;    /* [series][bins] */
};
struct histogram_sheet {
    size_t n, left_out;             /* columns that are there, and that are not */
    size_t series;                  /* classes that are told apart; 1: all samples are one */
    const char *const *series_name; /* [series] */
    size_t bins;
    struct column_histogram *column; /* [n] */
};
#define SHEET_COLUMNS 20 /* most of a sheet */
#define SHEET_SERIES 7
int sheet_of_columns(const struct inspection *of, struct histogram_sheet *out, struct arena *a, struct err *e);

#endif
