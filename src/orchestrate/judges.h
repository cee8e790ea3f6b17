/* judges.h - the classifiers that judge what generators make ([train] judge): files as those that networks begin with,
 * each read once. Not locked: the caller is. */
#ifndef ORCHESTRATE_JUDGES_H
#define ORCHESTRATE_JUDGES_H

#include "orchestrate/starts.h"
#include "train/train.h"

/* The classifier that the word means, as starts_open, and the hash of its file. NULL with *e: there is none, or it is
 * not a classifier of samples of that shape; that it is no classifier is remembered. It lives until starts_release. */
const struct train_judge *judge_open(struct datasets *d, const char *word, struct shape sample, uint64_t *hash,
                                     struct err *e);

#endif
