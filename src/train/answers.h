/* answers.h - what a training says of the samples of the test split, as whole numbers that the journal keeps in few
 * letters. The tables of a result that hold them:
 *
 *   answers   [test samples][1] of classes, [test samples][2 * numbers] of numbers: the true and the predicted one of
 *             each. Not kept of more than TRAIN_ANSWER_VALUES values
 *   regions   [REGION_SIDE^2][1] what is said of places, where the input is two numbers: class_answer_code with a truth
 * of 0, row by row from the least second number on places    [2 + samples][3] the least place of that grid, its
 * largest, and those of training samples: two numbers and the class pictures  a row is a picture: the sample (its
 * number in the test split), its role, the answer of classes (else 0), and the pixels; of samples of at most
 * TRAIN_PICTURE_PIXELS values */
#ifndef TRAIN_ANSWERS_H
#define TRAIN_ANSWERS_H

#include "train/train.h"

/* Names of tables: these, and what train/tasks/class_findings.h explains. */
#define TRAIN_ANSWERS "answers"
#define TRAIN_PICTURES "pictures"
#define TRAIN_CALIBRATION "calibration"
#define TRAIN_CURVES "curves"
#define TRAIN_REGIONS "regions"
#define TRAIN_PLACES "places"
#define TRAIN_TRANSLATIONS "translations"
#define REGION_SIDE 48             /* cells of a grid along each of both numbers */
#define REGION_SAMPLES 300         /* most samples in it */
#define TRAIN_PICTURE_PIXELS 12288 /* values of one: 3 x 64 x 64 */
#define TRAIN_PICTURE_ROWS 16      /* most pictures */
#define CALIBRATION_BINS 15
#define CURVE_CLASSES 100 /* most classes whose curves are kept */
#define CURVE_BINS 64     /* of log-odds, */
#define CURVE_STEP 0.5    /* so wide each; the one in the middle begins at 0 */

/* Of PICTURE_TRUTH and PICTURE_LABELS, which follow the input that they belong to, the pixels are label maps: a byte
 * each, DATA_NO_CLASS where there is no class. */
enum picture_role { PICTURE_MISTAKE, PICTURE_INPUT, PICTURE_OUTPUT, PICTURE_TRUTH, PICTURE_LABELS, PICTURE_MADE };
enum { PICTURE_SAMPLE, PICTURE_ROLE, PICTURE_ANSWER, PICTURE_PIXELS }; /* columns */

struct class_answer {
    int truth, taken;
    double share; /* of softmax for the class it is taken for, to 1 / 4096 */
};
double class_answer_code(struct class_answer a, int classes);
struct class_answer class_answer_of(double code, int classes);

/* A float as the number that its bits are. */
double number_answer_code(float v);
float number_answer_of(double code);

/* Columns of `pictures` for the inputs of a dataset; 0: they are no pictures, or too large. And the pixels of sample
 * number i of the test split, from 0 to 255, into such a row. */
size_t train_picture_columns(const struct dataset *d);
void train_picture_of_sample(const struct data_view *v, size_t i, double *to);
/* The same of values as the network has them, x [blocks][picture][16]: of sample i there. */
void train_picture_of_values(const struct data_view *v, const float *x, int i, double *to);

/* Adds a table to a result; one without values is left out. */
void train_leave_table(struct train_result *out, const char *name, int rows, int cols, int counts, const double *v);

/* Numbers that n pixels of 0 to 255 take, six in each; and the pixels as such numbers, and back. */
size_t picture_numbers(size_t n);
void picture_pack(const uint8_t *pixel, size_t n, double *to);
void picture_unpack(const double *from, size_t n, uint8_t *pixel);

#endif
