/* model_file.h - the models that a word of the command line means. */
#ifndef CLI_MODEL_FILE_H
#define CLI_MODEL_FILE_H

#include "cli/command.h"
#include "model/model.h"

/* A trial of a sweep and its model file, or a model file alone. */
struct model_word {
    char name[72]; /* of the sweep; "": the word is a file */
    uint64_t id;   /* of the trial */
    char path[4200];
};
/* NAME (the best trial of its best point, by the objective), NAME@TRIAL (an id or number of its table), or the path of
 * a file. 0, or -1 with *e. */
int model_word_read(const struct invocation *in, const char *word, struct model_word *w, struct err *e);
/* The same of a sweep's name and a trial's id or number; NULL: the best. */
int model_word_trial(const struct invocation *in, const char *name, const char *trial, struct model_word *w,
                     struct err *e);
/* Reads the model; an error says how to come by a file that is not there. 0, or -1 with *e. */
int model_word_model(const struct model_word *w, struct model *m, struct arena *a, struct err *e);
/* What the network is called: the sweep, or the file without folder and suffix; into name[n]. */
void model_word_title(const struct model_word *w, char *name, size_t n);
/* train, validation or test, by its word; -1 with *e. */
int split_of_word(const char *word, struct err *e);

#endif
