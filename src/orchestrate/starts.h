/* starts.h - the files that networks of a sweep begin with ([model] start), each read once and shared read-only. Not
 * locked: the caller is.
 *
 * Which trial a word means is looked up when a sweep is first run, and pinned in results/NAME/starts.csv: what becomes
 * of the other sweep later does not matter then. */
#ifndef ORCHESTRATE_STARTS_H
#define ORCHESTRATE_STARTS_H

#include "model/starting.h"
#include "orchestrate/datasets.h"

struct train_judge;
struct start_file {
    struct start_file *next;
    const char *key;  /* which asked for it first: "model.start", "train.judge" */
    char *word;       /* as the key has it */
    const char *name; /* that, or with the trial's id: "first@0123456789abcdef" */
    char trial[96], path[4200];
    struct tensors_file tensors; /* its errors say `name` */
    uint64_t hash;               /* of its bytes */
    uint64_t id;                 /* of the trial; 0: of a file */
    uint64_t now;                /* the trial that the word means today, where another is pinned; else 0 */
    int changed;                 /* other bytes were pinned */
    struct err err;
    const struct train_judge *judge; /* judges.c: the network that it is, in judge_mem; NULL: nobody has asked yet */
    struct arena judge_mem;
    struct err judge_err; /* why it is none */
};

/* The file that the word means: FILE.safetensors, NAME (the best trial of the best point of that sweep, in results/
 * below d->out) or NAME@TRIAL, or the trial that is pinned for the word. The key asks. NULL with *e, also where what
 * was pinned is damaged; a failure is remembered. It lives until starts_release. */
struct start_file *starts_open(struct datasets *d, const char *key, const char *word, struct err *e);
void starts_release(struct datasets *d);

/* results/NAME/starts.csv, a row a word: start, trial, hash. Calls add with each row: of the words that were opened,
 * and of others that were pinned before. */
struct start_pin {
    const char *start, *trial, *hash; /* numbers of 16 digits in base 16 */
};
void starts_pins(const struct datasets *d, void (*add)(void *ctx, const struct start_pin *pin), void *ctx);

#endif
