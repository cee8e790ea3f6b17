/* journal.h - results/NAME/journal: the one append-only file that everything else is computed from. A line a record,
 * each with its CRC-32, each written by one write(): kill -9 leaves at most a torn last line, which the next open cuts
 * off. It is flushed to the disk at most once a second, and at the end. Not locked: the caller is.
 *
 *   V 3                                                        the version of what follows, first in every file
 *   E KEY EPOCH lr=... train_loss=... ... grad_norm=... ... warning=NAME        an epoch of a trial
 *   T KEY STATUS epochs_run best_epoch NAME=VALUE ... NAME=counts,rows,columns,value,... error=TEXT    a trial is final
 *   D N                                                                             N damaged lines were told of
 *
 * Fields are known by their names: what is not known (NaN) is not there, and names that a reader does not know it
 * passes over. Floats are their bits in hexadecimal, so that reading gives what was written. Records of version 1, of
 * sweep 0.1, have no names but places, and no line V before them; in those of version 2 no count of a table is left
 * empty (in 3 one of 0 is), and a trial has fewer tables. What is added to an old file comes after a line V of its own,
 * so that a program that knows no more than the old version says so. KEY is the trial's content: the hash of its
 * canonical settings and seed, so that a changed grid finds what it has in common with the old one. */
#ifndef ORCHESTRATE_JOURNAL_H
#define ORCHESTRATE_JOURNAL_H

#include "orchestrate/orchestrate.h"

struct trial_timing {
    int worker;
    double start, wall, cpu; /* seconds; start since the beginning of its run */
    double images_per_second;
    size_t bytes; /* memory of the training */
};

/* A final trial as the journal has it. */
struct trial_record {
    uint64_t key;
    enum trial_status status;
    int epochs_run, best_epoch;
    float metric[M_COUNT];
    struct trial_timing timing;
    int ntables;                            /* of what its task left; 0 for a failed trial */
    struct train_table table[TRAIN_TABLES]; /* their values only until it is written; NULL from journal_scan */
    const char *error;                      /* "" when there is none */
    int volatile_failure; /* the machine's fault, not the trial's: never written, the next call tries again */
    long at, length;      /* place of the line, for journal_tables */
};

struct journal {
    int fd;
    long size;       /* bytes of whole lines */
    long written;    /* where the last one begins that was written here */
    int version;     /* the newest that a line V of it says; 0: none that was read */
    int torn;        /* a line could neither be written nor cut off: nothing may follow it */
    double synced;   /* clock_wall of the last flush */
    long at, length; /* place of the line that journal_scan is at */
    char path[4096];
};

/* Opens or creates it and cuts off a torn last line. 0 or -1 with *e. Whoever writes has read it before (journal_scan).
 */
int journal_open(struct journal *j, const char *path, struct err *e);
/* Calls back for every valid record in order; *damaged counts lines whose CRC is wrong, those left out that the user
 * was told of before. */
int journal_scan(struct journal *j, void (*epoch)(void *ctx, uint64_t key, const struct epoch_row *row),
                 void (*trial)(void *ctx, const struct trial_record *t), void *ctx, unsigned *damaged, struct err *e);
/* The same for the one line at that place. */
int journal_line(struct journal *j, long at, long length,
                 void (*epoch)(void *ctx, uint64_t key, const struct epoch_row *row),
                 void (*trial)(void *ctx, const struct trial_record *t), void *ctx, struct err *e);
int journal_epoch(struct journal *j, uint64_t key, const struct epoch_row *row, struct err *e);
/* Sets t->at and t->length. */
int journal_trial(struct journal *j, struct trial_record *t, struct err *e);
/* Calls back for each table of the record at that place, with its values. */
int journal_tables(struct journal *j, long at, long length, void (*table)(void *ctx, const struct train_table *t),
                   void *ctx, struct err *e);
/* The user was told of so many damaged lines. */
int journal_told(struct journal *j, unsigned damaged, struct err *e);
int journal_sync(struct journal *j, struct err *e);
void journal_close(struct journal *j);

#endif
