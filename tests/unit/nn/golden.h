/* golden.h - tests/data/nn_*.txt, written by tests/support/torch/nn_golden.py, which describes the format. */
#ifndef UNIT_NN_GOLDEN_H
#define UNIT_NN_GOLDEN_H

#include "nn/nn.h"

#include <stdio.h>

struct golden {
    FILE *f;
    struct shape in;           /* of the case */
    int n, training, ragged;   /* ragged: lengths as ragged_length() has them */
    char text[2048], use[256]; /* use: the words of a sweep file, where there is a line of them before the case */
    char name[16];             /* of the array */
    double value[4096];
    size_t values;
};
void golden_open(struct golden *g, const char *file);
int golden_case(struct golden *g);  /* 1 and the next case, or 0 */
int golden_array(struct golden *g); /* 1 and the next array of the case, or 0 */
void golden_close(struct golden *g);
/* Element k of the tensor with multiplier m. */
double golden_fill(size_t k, size_t m);

#endif
