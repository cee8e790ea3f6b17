/* apart.h - processes for trials. Each worker has a keeper: a process forked while there is but one thread (a child of
 * a process with threads may find their locks taken for ever). Asked by its worker, the keeper forks again for an
 * attempt at a trial and waits for its end, so that an attempt may crash, hang or be killed, and takes nobody with it.
 *
 *   worker  -- request -->  keeper  -- fork -->  attempt
 *   worker  <-- ROW, KNOWN, EPOCH (both answered), SAVED, FINAL, BROKEN --  attempt
 *   worker  <-- END --  keeper
 *
 * All of it goes through one socket that keeps messages whole. Keepers and attempts die with the process that they
 * belong to. */
#ifndef ORCHESTRATE_APART_H
#define ORCHESTRATE_APART_H

#include "orchestrate/journal.h"

#include <sys/types.h>

struct apart_request {
    size_t trial;
    double room;    /* bytes that a training may take */
    double seconds; /* after so many it is ended by SIGALRM: */
    int whole;      /* 1: the trial; 0: each epoch, and what comes before and after them */
    /* Of a plan that grows, which has more trials now than when the keeper was forked: */
    size_t point;
    struct proposal at;
    uint64_t place; /* as in struct trial */
    int nepochs;    /* of any plan: that the journal has */
};

struct apart_message {
    enum {
        APART_ROW,    /* an epoch that its checkpoint holds */
        APART_KNOWN,  /* those are all, and the journal did not have them; the answer is an int: whether to go on */
        APART_EPOCH,  /* an epoch was trained; likewise answered */
        APART_SAVED,  /* stopped as it was told to, with a checkpoint */
        APART_FINAL,  /* the trial's record is in *result */
        APART_BROKEN, /* output failed, err says how */
        APART_END     /* the attempt's process is gone */
    } kind;
    struct epoch_row row;
    int done;   /* EPOCH: it was the last one */
    int status; /* END: as from waitpid; or err says why there was no process */
    struct err err;
};

struct apart_result { /* in memory that attempts share with the worker */
    struct trial_record r;
    struct err err;
    double value[TRAIN_TABLE_VALUES]; /* of the tables of r, one after the other */
};

struct apart {
    int fd;
    pid_t keeper;
    struct apart_result *result;
};

/* What an attempt does, in its process, which ends when this returns. */
typedef void apart_attempt(void *ctx, int number, const struct apart_request *q);

/* n keepers, each of which calls `begin` once; a[n] zeroed; -1 with *e when the system has no more processes, sockets
 * or memory: apart_stop is then due, too. Only while the process has one thread. */
int apart_start(struct apart *a, int n, void (*begin)(void *ctx), apart_attempt *attempt, void *ctx, struct err *e);
void apart_stop(struct apart *a, int n);
/* 0, or -1 when the other side is gone. */
int apart_send(int fd, const void *bytes, size_t n);
int apart_receive(int fd, void *bytes, size_t n);
/* Ends a process that was forked here, at once: what else the sweep's process does at its end is not for this one. */
_Noreturn void apart_leave(int status);
/* In an attempt: SIGALRM comes after so many seconds from now; the last call counts. */
void apart_limit(double seconds);

#endif
