/* crew.c lets idle workers join the one that has a trial, and gives each of them pieces of its work. */
#include "orchestrate/crew.h"

#include "base/clock.h"

#include <sched.h>
#include <string.h>

/* A step of a small network calls its team some forty times within milliseconds: members watch for the next call that
 * long before they sleep. */
#define WATCH_SECONDS 0.002

static inline void pause_a_little(int *spins)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
    if (++*spins % 1024 == 0)
        sched_yield();
}

static void do_pieces(struct crew *c, int member)
{
    for (int i; (i = atomic_fetch_add(&c->next, 1)) < c->n;)
        c->piece(c->ctx, i, member);
}

/* Members enter a call only while it is open, counted by busy; the worker closes it and waits for those inside. */
static void crew_run(struct team *t, int n, team_piece *piece, void *ctx)
{
    struct crew *c = (struct crew *)t;
    int spins = 0;
    if (n < 2 || atomic_load(&c->members) < 2) {
        for (int i = 0; i < n; i++)
            piece(ctx, i, 0);
        return;
    }
    c->n = n;
    c->piece = piece;
    c->ctx = ctx;
    atomic_store(&c->next, 0);
    pthread_mutex_lock(&c->lock);
    atomic_fetch_add(&c->call, 1); /* open */
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    do_pieces(c, 0);
    atomic_fetch_add(&c->call, 1); /* closed: who is counted now is inside, later ones see it */
    while (atomic_load(&c->busy))
        pause_a_little(&spins);
}

/* Waits for an open call other than `last` (0: none yet). Its number, or 0 when the crew is closed. */
static unsigned wait_for_call(struct crew *c, unsigned last)
{
    int spins = 0;
    double until = clock_wall() + WATCH_SECONDS;
    for (;;) {
        unsigned call = atomic_load(&c->call);
        if (atomic_load(&c->closed))
            return 0;
        if (call % 2 && call != last)
            return call;
        pause_a_little(&spins);
        if (spins % 256 == 0 && clock_wall() > until)
            break;
    }
    unsigned call;
    pthread_mutex_lock(&c->lock);
    while (call = atomic_load(&c->call), !atomic_load(&c->closed) && !(call % 2 && call != last))
        pthread_cond_wait(&c->changed, &c->lock);
    pthread_mutex_unlock(&c->lock);
    return atomic_load(&c->closed) ? 0 : call;
}

/* A number of one's own, or 0. */
static int take_number(struct crew *c)
{
    int member = atomic_load(&c->members);
    do {
        if (atomic_load(&c->closed) || member >= c->team.size)
            return 0;
    } while (!atomic_compare_exchange_weak(&c->members, &member, member + 1));
    return member;
}

static void help(struct crew *c, int member)
{
    for (unsigned call = 0; (call = wait_for_call(c, call));) {
        atomic_fetch_add(&c->busy, 1);
        if (atomic_load(&c->call) == call) /* still open: the worker waits for this member now */
            do_pieces(c, member);
        atomic_fetch_sub(&c->busy, 1);
    }
}

int crew_join(struct crew *c)
{
    atomic_fetch_add(&c->inside, 1);
    int member = take_number(c);
    if (member)
        help(c, member);
    atomic_fetch_sub(&c->inside, 1);
    return member > 0;
}

int crew_init(struct crew *c, int size)
{
    memset(c, 0, sizeof *c);
    c->team.size = size < 1 ? 1 : size;
    c->team.run = crew_run;
    atomic_init(&c->members, 1);
    atomic_init(&c->closed, 1);
    if (pthread_mutex_init(&c->lock, NULL))
        return -1;
    if (!pthread_cond_init(&c->changed, NULL))
        return 0;
    pthread_mutex_destroy(&c->lock);
    return -1;
}

void crew_open(struct crew *c)
{
    atomic_store(&c->members, 1);
    atomic_store(&c->closed, 0);
}

void crew_close(struct crew *c)
{
    pthread_mutex_lock(&c->lock);
    atomic_store(&c->closed, 1);
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    for (int spins = 0; atomic_load(&c->inside);)
        pause_a_little(&spins);
}

void crew_release(struct crew *c)
{
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
}
