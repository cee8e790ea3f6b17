/* team.h - threads lent to one training. Whoever owns threads (orchestrate) fills this in and hands it down; code below
 * cuts its work into pieces whose results do not depend on who computes them, or when. */
#ifndef BASE_TEAM_H
#define BASE_TEAM_H

/* The i-th of the pieces, computed by `member`. */
typedef void team_piece(void *ctx, int i, int member);

struct team {
    int size; /* members 0 .. size-1; >= 1 */
    /* Calls piece(ctx, i, member) once for each i in 0 .. n-1, some at the same time, no two at once on one member, and
     * returns when all are done. The caller is member 0. */
    void (*run)(struct team *t, int n, team_piece *piece, void *ctx);
};

/* t->run; with t = NULL the caller does all, in order. */
static inline void team_run(struct team *t, int n, team_piece *piece, void *ctx)
{
    if (t) {
        t->run(t, n, piece, ctx);
        return;
    }
    for (int i = 0; i < n; i++)
        piece(ctx, i, 0);
}

static inline int team_size(const struct team *t)
{
    return t ? t->size : 1;
}

#endif
