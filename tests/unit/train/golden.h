/* golden.h - rows of tests/data/train_*.csv, written by tests/support/torch/train_golden.py. */
#ifndef UNIT_TRAIN_GOLDEN_H
#define UNIT_TRAIN_GOLDEN_H

#include <stddef.h>
#include <stdio.h>

#define GOLDEN_VALUES 32
struct golden {
    FILE *f;
    char settings[256];
    double value[GOLDEN_VALUES]; /* of the row, behind the settings */
    int values;
};
/* Opens tests/data/NAME and skips its head; fails the test when it is missing. */
void golden_open(struct golden *g, const char *name);
/* 1 and the next row, or 0 after the last. */
int golden_row(struct golden *g);
void golden_close(struct golden *g);

#endif
