/* warnings.h - early warning: written rules by which a training is judged after each epoch. A rule is a row of
 * warning_types; it sees the epoch's row and what is remembered of the epochs before it, so that anyone can check it in
 * NAME.epochs.csv, and costs nothing. */
#ifndef TRAIN_WARNINGS_H
#define TRAIN_WARNINGS_H

#include "train/metrics.h"

/* What the rules remember. Part of checkpoints: no padding. */
struct warning_history {
    float first_norm; /* grad_norm of epoch 1 */
    float last_loss;  /* training loss of the epoch before */
    int32_t flat;     /* epochs in a row, up to this one, whose training loss has hardly changed */
};

struct warning_type {
    const char *name;
    const char *help; /* the rule, a formula of columns of NAME.epochs.csv in a sentence */
    const char *says; /* what is wrong, for the terminal: "its ..." */
    int (*holds)(const struct epoch_row *now, const struct warning_history *past);
};
extern const struct warning_type warning_types[]; /* ends with name NULL; where several hold the first is told */

/* 1 + the row that holds after this epoch, 0: none. Brings *past (zeroed before epoch 1) up to this epoch. */
int warning_after(const struct epoch_row *now, struct warning_history *past);
/* The row that such a number is of; NULL: of none. */
const struct warning_type *warning_row(int warning);
/* 1 + the row of that name (n bytes), or 0. */
int warning_named(const char *name, size_t n);

#endif
