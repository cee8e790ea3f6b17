/* replay.c - the plan meets what the journal holds. */
#include "orchestrate/replay.h"

#include "orchestrate/plan.h"
#include "orchestrate/pruning.h"
#include "orchestrate/recall.h"
#include "orchestrate/store.h"
#include "orchestrate/tally.h"
#include "train/warnings.h"

#include <string.h>

int trial_add_epoch(struct sweep_run *run, struct trial *t, const struct epoch_row *row, struct err *e)
{
    if (row->epoch < 1 || row->epoch > t->nepochs + 1 || row->epoch > t->kind->epochs)
        return 0; /* a gap: the checkpoint decides from where it is trained again */
    if (kept_put_row(&run->store->kept, t->place, row, e))
        return -1;
    if (pruning_note_epoch(run, t, row, e))
        return -1;
    if (row->epoch > t->nepochs)
        t->nepochs = row->epoch;
    if (row->late_dropout && !t->dropout_at)
        t->dropout_at = row->epoch;
    if (warning_row(row->warning) && !t->warned_at) {
        t->warning = (uint8_t)row->warning;
        t->warned_at = row->epoch;
    }
    return 0;
}

int trial_take(struct sweep_run *run, struct trial *t, const struct trial_record *r, struct err *e)
{
    const struct kept_end end = {r->timing, r->at, r->length, r->ntables};
    t->r = (struct trial_end){.key = t->r.key,
                              .error = *r->error ? arena_str(&run->plan->text, r->error) : "",
                              .epochs_run = r->epochs_run,
                              .best_epoch = r->best_epoch,
                              .status = (uint8_t)r->status,
                              .volatile_failure = (uint8_t)(r->volatile_failure != 0),
                              .model = t->r.model};
    trial_set_metrics(run->plan, t, r->metric);
    int bad = !t->r.error && err_set(e, ERR_NOMEM, "no memory for the end of a trial");
    if (bad)
        t->r.error = "";
    if (r->status == TRIAL_COMPLETE && t->kind->expected > 0 &&
        r->timing.wall / t->kind->expected > run->tally->slowest)
        run->tally->slowest = r->timing.wall / t->kind->expected;
    return bad || kept_put_end(&run->store->kept, t->place, &end, e) ? -1 : 0;
}

/* The place of its times stays; what came after its end is forgotten. */
void trial_take_verdict(struct sweep_run *run, struct trial *t, const struct trial_record *r)
{
    t->r = (struct trial_end){.key = t->r.key,
                              .error = "",
                              .epochs_run = r->epochs_run,
                              .best_epoch = r->best_epoch,
                              .status = TRIAL_PRUNED,
                              .model = t->r.model};
    trial_set_metrics(run->plan, t, r->metric);
    if (t->warned_at > r->epochs_run)
        t->warned_at = t->warning = 0;
    if (t->dropout_at > r->epochs_run)
        t->dropout_at = 0;
}

struct replay {
    struct sweep_run *run;
    struct err e;
};

static struct trial *replayed(struct sweep_run *run, uint64_t key)
{
    uint64_t i = keymap_get(&run->plan->by_key, key);
    return i == KEYMAP_NONE ? NULL : &run->plan->trial[i];
}

static void replay_epoch(void *ctx, uint64_t key, const struct epoch_row *row)
{
    struct replay *p = ctx;
    struct trial *t = replayed(p->run, key);
    if (t)
        trial_add_epoch(p->run, t, row, &p->e); /* the first cause stays */
}

static void replay_trial(void *ctx, const struct trial_record *r)
{
    struct replay *p = ctx;
    struct trial *t = replayed(p->run, r->key);
    if (!t || (r->status != TRIAL_COMPLETE && r->status != TRIAL_FAILED && r->status != TRIAL_PRUNED))
        return;
    t->retried = r->status == TRIAL_FAILED && p->run->o->retry_failed;
    t->reused = 1;
    trial_take(p->run, t, r, &p->e);
    pruning_note_end(p->run, t, 1);
    double end = r->timing.start + r->timing.wall;
    p->run->tally->earlier = end > p->run->tally->earlier ? end : p->run->tally->earlier;
}

void trial_reopen(struct sweep_run *run, struct trial *t)
{
    pruning_note_end(run, t, 0);
    t->r = (struct trial_end){.key = t->r.key, .status = TRIAL_OPEN, .error = ""};
    t->reused = 0;
}

/* Also one that was given up, where that does not happen any more, and one that is tried again where others wait for
 * its result. */
static int opens_again(const struct sweep_run *run, const struct trial *t)
{
    return t->reused && (t->nepochs < t->r.epochs_run || (t->r.status == TRIAL_PRUNED && !run->pruning) ||
                         (t->retried && plan_follows(run)));
}

void reopen_incomplete(struct sweep_run *run)
{
    for (size_t i = 0; i < run->plan->ntrials; i++)
        if (opens_again(run, &run->plan->trial[i]))
            trial_reopen(run, &run->plan->trial[i]);
}

int replay_recalled(struct sweep_run *run, const struct recall *from, struct trial *t, struct err *e)
{
    struct replay replay = {.run = run};
    if (recall_trial(from, &run->store->journal, t->r.key, replay_epoch, replay_trial, &replay, e))
        return -1;
    if (opens_again(run, t))
        trial_reopen(run, t);
    t->apart |= t->retried;
    if (replay.e.code)
        *e = replay.e;
    return replay.e.code ? -1 : 0;
}

int replay_journal(struct sweep_run *run, struct err *e)
{
    struct replay replay = {.run = run};
    struct store *s = run->store;
    if (journal_scan(&s->journal, replay_epoch, replay_trial, &replay, &s->damaged, e))
        return -1;
    if (replay.e.code)
        *e = replay.e;
    return replay.e.code ? -1 : 0;
}
