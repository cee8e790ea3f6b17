/* models.h - results/NAME/models/ID.safetensors: the networks that sweep.keep wants kept, each with the weights of the
 * epoch that its trial was tested with. A model is written before its trial is final, so that a trial that the journal
 * calls complete has one, unless it is known by then that another point is better; which trials are those of the best
 * point shows later, and the models of the others go as soon as their points can no longer become the best. */
#ifndef ORCHESTRATE_MODELS_H
#define ORCHESTRATE_MODELS_H

#include "model/model.h"
#include "orchestrate/run.h"

struct trial;
struct trial_training;
struct trial_record;

/* The path of the model of a trial: buf[n], which is returned. */
char *model_path(const struct sweep_run *run, const struct trial *t, char *buf, size_t n);
/* What a training has made, as a model; texts in `a`. 0, or -1 with *e. */
int model_of_training(const struct sweep *s, const struct trial_training *p, int repeat, struct model *m,
                      struct arena *a, struct err *e);
/* Writes the model of a training that is over and has this record, if sweep.keep may want it; on the disk when it
 * returns where `sync` says so. Any thread, and a process that was forked. 0, or -1 with *e: ERR_NOMEM, or output
 * failed. */
int model_keep(struct sweep_run *run, const struct trial_training *p, const struct trial *t,
               const struct trial_record *rec, int sync, struct err *e);
/* Notes which trials of the plan have models, and clears away what a kill has left half-written. */
void models_found(struct sweep_run *run);
/* Removes the models that sweep.keep no longer wants, after the tables were made (records.best_point). */
void models_tidy(struct sweep_run *run);
/* At the end of a call: what is kept is on the disk, and the user is told of complete trials whose models are wanted
 * and not there. 0, or -1 with *e. */
int models_finish(struct sweep_run *run, struct err *e);

#endif
