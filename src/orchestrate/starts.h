/* starts.h - the files that networks of a sweep begin with ([model] start), each read once and shared read-only. Not
 * locked: the caller is. */
#ifndef ORCHESTRATE_STARTS_H
#define ORCHESTRATE_STARTS_H

#include "model/starting.h"
#include "orchestrate/datasets.h"

struct start_file {
    struct start_file *next;
    char *word; /* as [model] start has it */
    char path[4200];
    struct tensors_file tensors;
    uint64_t hash; /* of its bytes */
    struct err err;
};

/* The file that the word means: FILE.safetensors, NAME (the best trial of the best point of that sweep, in results/
 * below d->out) or NAME@TRIAL. NULL with *e; a failure is remembered. It lives until starts_release. */
const struct start_file *starts_open(struct datasets *d, const char *word, struct err *e);
void starts_release(struct datasets *d);

#endif
