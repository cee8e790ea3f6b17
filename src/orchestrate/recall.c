/* recall.c finds the lines of the journal by the trials that they are of. */
#include "orchestrate/recall.h"

#include <stdlib.h>

#define NO_LINE SIZE_MAX

struct recalled_line {
    long at, length;
    size_t next, last; /* of the same trial; `last` is that of the first one */
};

struct recalling {
    struct recall *r;
    const struct journal *j;
};

static void note_line(const struct recalling *v, uint64_t key)
{
    struct recall *r = v->r;
    if (r->n == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 1024;
        struct recalled_line *more = realloc(r->line, cap * sizeof *more);
        r->failed |= !more;
        if (!more)
            return;
        r->line = more;
        r->cap = cap;
    }
    uint64_t first = keymap_get(&r->first, key);
    if (first == KEYMAP_NONE)
        r->failed |= keymap_put(&r->first, key, first = r->n) != 0;
    else
        r->line[r->line[first].last].next = r->n;
    r->line[r->n] = (struct recalled_line){v->j->at, v->j->length, NO_LINE, r->n};
    r->line[first].last = r->n++;
}

static void note_epoch_line(void *ctx, uint64_t key, const struct epoch_row *row)
{
    (void)row;
    note_line(ctx, key);
}

static void note_trial_line(void *ctx, const struct trial_record *t)
{
    note_line(ctx, t->key);
}

int recall_read(struct recall *r, struct journal *j, unsigned *damaged, struct err *e)
{
    struct recalling v = {r, j};
    if (journal_scan(j, note_epoch_line, note_trial_line, &v, damaged, e))
        return -1;
    return r->failed ? err_set(e, ERR_NOMEM, "no memory for the lines of the journal") : 0;
}

int recall_trial(const struct recall *r, struct journal *j, uint64_t key,
                 void (*epoch)(void *ctx, uint64_t key, const struct epoch_row *row),
                 void (*trial)(void *ctx, const struct trial_record *t), void *ctx, struct err *e)
{
    uint64_t first = keymap_get(&r->first, key);
    for (size_t i = first == KEYMAP_NONE ? NO_LINE : first; i != NO_LINE; i = r->line[i].next)
        if (journal_line(j, r->line[i].at, r->line[i].length, epoch, trial, ctx, e))
            return -1;
    return 0;
}

void recall_release(struct recall *r)
{
    keymap_release(&r->first);
    free(r->line);
}
