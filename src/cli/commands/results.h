/* results.h - what a finished or unfinished sweep's files say, for status and for the end of a run. */
#ifndef CLI_RESULTS_H
#define CLI_RESULTS_H

#include "base/err.h"
#include "report/report.h"

#include <stddef.h>

/* results/NAME.about.csv; report.h says what stands there. */
struct about {
    struct table t;
};
int about_read(struct about *a, const char *out, const char *name, struct err *e);
void about_release(struct about *a);
const char *about_value(const struct about *a, const char *key); /* "" when it is not there */

/* Of several objectives, as NAME.about.csv has them, the first: "val_accuracy" of "max val_accuracy, min params".
 * Returns buf; maximise may be NULL. */
char *objective_metric(const char *objective, char buf[64], int *maximise);

/* Writes the tables again from the journal where they are missing or older than it, as after a kill, unless the sweep
 * is running. 0 also when there is nothing to do it from; -1 with *e. */
int refresh_tables(const char *out, const char *name, struct err *e);

/* The first `top` points by rank: axes, parameters, objective and test metric. 0, or -1 with *e. */
int print_ranking(const char *out, const char *name, const struct about *a, size_t top, struct err *e);
/* One line a `result` condition: whether the best point meets it, and how many trials do. */
void print_conditions(const struct about *a);
/* Where the tables are and, unless some could not be drawn, the pictures. */
void print_places(const char *out, const char *name, int pictures);

#endif
