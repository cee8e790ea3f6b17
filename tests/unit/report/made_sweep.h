/* made_sweep.h - invented but plausible tables of a whole sweep, of any size: what the pictures are tried with. */
#ifndef UNIT_REPORT_MADE_SWEEP_H
#define UNIT_REPORT_MADE_SWEEP_H

#include <stddef.h>

struct made_sweep {
    size_t axes, points, repeats, epochs, classes;
    int wordy;        /* long names and texts as values; otherwise short names and mostly numbers */
    double error;     /* of the best point: 0.005 makes accuracies near 1, 0.4 bad ones */
    const char *aim;  /* objective, "max val_accuracy" */
    int drawn;        /* by a search: the tables of effects and of the surrogate are written, too */
    const char *rule; /* by which about half of the trials are given up: "asha", ..., "race"; NULL: none */
};

/* Writes NAME*.csv into the folder OUT/results, which is made. Points are the first of the product of the axes when
 * that has as many, else random ones; an axis has 2 to 7 values, one axis of a big sweep some hundred. Fails the test
 * when that is not possible. */
void make_tables(const char *out, const char *name, const struct made_sweep *m);

#endif
