/* found_trial.h - the trial of a sweep that has run which a word means, found in its tables. */
#ifndef ORCHESTRATE_FOUND_TRIAL_H
#define ORCHESTRATE_FOUND_TRIAL_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* The id of the trial with that id or number in the table of the sweep; trial NULL: of the best trial of its best
 * point, by the objective. 0, or -1 with *e. */
int found_trial(const char *out, const char *name, const char *trial, uint64_t *id, struct err *e);
/* The path of its model, whether it is there or not: buf[n], which is returned. */
char *found_model(const char *out, const char *name, uint64_t id, char *buf, size_t n);

#endif
