/* one_trial.h - a single trial of a sweep that has run: found by its id, trained again to the same bytes, compared with
 * what the journal has of it, or measured on other data. */
#ifndef ORCHESTRATE_ONE_TRIAL_H
#define ORCHESTRATE_ONE_TRIAL_H

#include "config/config.h"
#include "model/model.h"

struct one_trial; /* opaque */

/* The trial with that id of the sweep kept in results/NAME below `out`. NULL with *errs: there is none of that id in
 * it, or the sweep file or the data are not as they should be. */
struct one_trial *one_trial_open(const char *out, const char *name, uint64_t id, struct err_list *errs);
void one_trial_free(struct one_trial *o);
/* What it trains with, loaded. NULL with *e. */
const struct data_view *one_trial_view(struct one_trial *o, struct err *e);

/* Its learning rate before any schedule. */
double one_trial_lr(const struct one_trial *o);
/* 0, or -1 with *e: the loaded data are not what the model wants. */
int one_trial_suits(const struct one_trial *o, const struct model *m, struct err *e);

struct one_trial_how {
    int jobs;
    const char *isa;                                                   /* NULL: the best */
    void (*epoch)(void *ctx, const struct epoch_row *row, int epochs); /* NULL, or called after each */
    void *ctx;
    const char
        *to; /* NULL, or the folder into which one_trial_measure writes classes.csv, confusion.csv,
                predictions.csv and translations.csv of the test split, as far as the task has them; it is made */
};
struct one_trial_result {
    int epochs;
    float metric[M_COUNT]; /* NaN where missing */
};
/* Trains it, and writes its model to `path` (NULL: nowhere). 0, or -1 with *e. */
int one_trial_train(struct one_trial *o, const struct one_trial_how *how, const char *path,
                    struct one_trial_result *result, struct err *e);
/* Trains it, and compares every number of every epoch and of the end with the journal, and its model with the file at
 * `path`, where there is one. differs[n] says what is not the same: "" where all is. 0, or -1 with *e. */
int one_trial_verify(struct one_trial *o, const struct one_trial_how *how, const char *path, char *differs, size_t n,
                     struct err *e);
/* Measures a model of the trial on a split of the data that the sweep file has with these words put in, which are
 * "data.KEY=VALUE"; inputs are normalized as the model's. 0, or -1 with *errs. */
int one_trial_measure(struct one_trial *o, const struct one_trial_how *how, const struct model *m,
                      const char *const *words, size_t nwords, enum data_split split, float value[METRICS],
                      size_t *samples, struct err_list *errs);

#endif
