/* crew.h - the team of one worker: the worker itself, and the idle ones that have joined it. At the tail of a sweep,
 * when fewer trials than workers are left, workers without a trial help those that have one. */
#ifndef ORCHESTRATE_CREW_H
#define ORCHESTRATE_CREW_H

#include "base/team.h"

#include <pthread.h>
#include <stdatomic.h>

struct crew {
    struct team team; /* hand down &crew->team */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    atomic_uint call;   /* odd while a call is open; changes with every call */
    atomic_int next;    /* piece */
    atomic_int busy;    /* members that look at the open call, besides the worker */
    atomic_int members; /* numbers given away, the worker's 0 among them */
    atomic_int inside;  /* workers in crew_join */
    atomic_int closed;
    int n;
    team_piece *piece;
    void *ctx;
};

#define CREW_MOST 8 /* a batch has few pieces, and every member costs memory */

/* A crew of at most `size` members, the calling worker alone at first. 0, or -1 when the system has no more locks. */
int crew_init(struct crew *c, int size);
/* Works for the crew until crew_close; returns at once (0) when it is full or closed, else 1. */
int crew_join(struct crew *c);
/* A trial begins, with the worker alone; the trial is over, returns when everybody has left. Closed at first. */
void crew_open(struct crew *c);
void crew_close(struct crew *c);
void crew_release(struct crew *c);

#endif
