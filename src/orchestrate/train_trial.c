/* train_trial.c - a trial from its settings to its record, and what each step of it leaves. */
#include "orchestrate/train_trial.h"

#include "base/clock.h"
#include "nn/freezing.h"
#include "orchestrate/checkpoint.h"
#include "orchestrate/judges.h"
#include "orchestrate/limits.h"
#include "orchestrate/models.h"
#include "orchestrate/plan.h"
#include "orchestrate/planner.h"
#include "orchestrate/pruning.h"
#include "orchestrate/queue.h"
#include "orchestrate/ranking.h"
#include "orchestrate/records/records.h"
#include "orchestrate/records/trials.h"
#include "orchestrate/replay.h"
#include "orchestrate/signals.h"
#include "orchestrate/starts.h"
#include "orchestrate/store.h"
#include "orchestrate/tally.h"
#include "orchestrate/workers.h"
#include "train/warnings.h"

#include <math.h>
#include <string.h>

static void note_broken(struct sweep_run *run, const struct err *e)
{
    if (!run->limits->broken.code)
        run->limits->broken = *e;
    run->limits->stop = STOP_BROKEN;
}

void break_off(struct sweep_run *run, const struct err *e)
{
    omp_set_lock(&run->lock);
    note_broken(run, e);
    omp_unset_lock(&run->lock);
}

void tell_running(struct worker *w, const struct trial *t, int epochs, int done)
{
    omp_set_lock(&w->run->lock);
    note_running(w->run, w->number, t, epochs, done);
    run_tell(w->run, NULL, 0);
    omp_unset_lock(&w->run->lock);
}

/* The row, the counts and the line of a trial that the journal holds. Under the lock. */
static void note_final(struct sweep_run *run, size_t i, const struct trial_record *r)
{
    struct trial *t = &run->plan->trial[i];
    struct str event = {0};
    if (r->status == TRIAL_COMPLETE && run->spec->keep != KEEP_NONE)
        t->r.model = MODEL_WRITTEN;
    if (i >= run->limits->end) /* it was on its way when the sweep came to its end */
        return;
    struct err e = {0};
    if (trial_take(run, t, r, &e))
        note_broken(run, &e);
    if (r->status == TRIAL_PRUNED) /* what an earlier call trained after its end does not count */
        trial_take_verdict(run, t, r);
    run->tally->count[TRIAL_OPEN]--;
    run->tally->count[r->status]++;
    note_best(run, i);
    check_target(run, t);
    check_stagnation(run);
    if (plan_advance(run, &e))
        note_broken(run, &e);
    check_stagnation(run); /* further trials may have got their end */
    if (r->status == TRIAL_FAILED && run->o->fail_fast && !run->limits->stop)
        run->limits->stop = STOP_FAIL_FAST;
    str_addf(&event, "trial %zu: ", i + 1);
    describe_trial(run, t, &event);
    if (r->status == TRIAL_FAILED)
        str_addf(&event, " failed: %s", r->error);
    if (r->status == TRIAL_PRUNED && r->epochs_run)
        str_addf(&event, " is given up after epoch %d by %s", r->epochs_run, run->pruning->type->name);
    else if (r->status == TRIAL_PRUNED)
        str_addf(&event, " is left out by %s", run->pruning->type->name);
    run_tell(run, event.p, r->status == TRIAL_FAILED);
    str_release(&event);
}

/* Longer than the journal's pause between flushes: what it gives is on the disk before its checkpoint goes. */
static int lasts_long(const struct worker *w)
{
    return clock_wall() - w->started > 1;
}

/* The trial waits at its rung, with its checkpoint. */
static void rest_trial(struct worker *w, size_t i)
{
    struct sweep_run *run = w->run;
    struct err e = {0};
    omp_set_lock(&run->lock);
    note_running(run, w->number, NULL, 0, 0);
    pruning_rest(run, i);
    if (plan_advance(run, &e))
        note_broken(run, &e);
    omp_unset_lock(&run->lock);
}

/* The checkpoint goes only when the record stands. */
void finish_trial(struct worker *w, size_t i, struct trial_record *r)
{
    struct sweep_run *run = w->run;
    struct trial *t = &run->plan->trial[i];
    struct err e = {0};
    if (r->status == TRIAL_OPEN) {
        rest_trial(w, i);
        return;
    }
    double wall = clock_wall() - w->started;
    r->key = t->r.key;
    r->timing.worker = w->number;
    r->timing.start = run->tally->earlier + w->started - run->tally->began;
    r->timing.wall = wall;
    r->timing.cpu += clock_thread() - w->cpu; /* beside that of a process of its own */
    r->timing.images_per_second = wall > 0 ? (double)w->images / wall : 0;
    omp_set_lock(&run->lock);
    note_running(w->run, w->number, NULL, 0, 0);
    if (r->status != TRIAL_COMPLETE)
        run->tally->work_left -= queue_work(run, t, t->nepochs); /* what it will not train */
    int kept = !r->volatile_failure;
    int bad = kept &&
              (journal_trial(&run->store->journal, r, &e) || (lasts_long(w) && journal_sync(&run->store->journal, &e)));
    if (bad) {
        note_broken(run, &e);
    } else {
        note_final(run, i, r);
        if (tables_sometimes(run, &e))
            note_broken(run, &e);
    }
    omp_unset_lock(&run->lock);
    if (kept && !bad && r->status != TRIAL_PRUNED) /* which may go on one day */
        checkpoint_remove(run, t);
}

void failed_record(const struct worker *w, const struct trial *t, struct training *r, const struct err *why,
                   struct trial_record *rec)
{
    *rec = (struct trial_record){.status = TRIAL_FAILED, .epochs_run = t->nepochs, .error = why->text};
    for (int m = 0; m < M_COUNT; m++)
        rec->metric[m] = NAN;
    rec->timing.bytes = w->memory.cap;
    rec->volatile_failure = why->code == ERR_DATA || why->code == ERR_IO || why->code == ERR_NOMEM;
    if (r && !rec->volatile_failure)
        train_detail(r, &rec->ntables, rec->table);
}

void fail_trial(struct worker *w, size_t i, struct training *r, const struct err *why)
{
    struct trial_record rec;
    failed_record(w, &w->run->plan->trial[i], r, why, &rec);
    finish_trial(w, i, &rec);
}

/* Counts an epoch, for the limits and the time left. Under the lock. */
static void count_epoch(struct worker *w, const struct trial *t, int epoch, int done)
{
    struct sweep_run *run = w->run;
    double share = t->kind->expected / t->kind->epochs;
    run->tally->epochs++;
    run->tally->images += t->kind->images;
    w->images += t->kind->images;
    run->tally->work_done += share;
    run->tally->work_left -= share;
    if (done) /* early stopping: the epochs that will not be trained */
        run->tally->work_left -= queue_work(run, t, epoch);
    check_limits(run);
    note_running(w->run, w->number, t, epoch, done);
    run_tell(run, NULL, 0);
}

void note_epoch(struct worker *w, const struct trial *t, int epoch, int done, int bad, const struct err *e)
{
    struct sweep_run *run = w->run;
    omp_set_lock(&run->lock);
    if (bad && e->code != ERR_NOMEM)
        note_broken(run, e);
    count_epoch(w, t, epoch, done);
    struct err why = {0};
    if (!bad && tables_sometimes(run, &why))
        note_broken(run, &why);
    omp_unset_lock(&run->lock);
}

/* A line for who looks, at the first warning of a trial. Under the lock. */
static void tell_warning(struct sweep_run *run, const struct trial *t)
{
    struct str event = {0}, axes = {0};
    char id[STR_NUM];
    str_addf(&event, "trial %zu (%s): warning after epoch %d: %s", (size_t)(t - run->plan->trial) + 1,
             trial_id_text(id, t), t->warned_at, warning_row(t->warning)->says);
    describe_axes(run, t, &axes);
    if (axes.n)
        str_addf(&event, "; %s", axes.p);
    str_release(&axes);
    run_tell(run, event.p, 1);
    str_release(&event);
}

int journal_row(struct sweep_run *run, struct trial *t, const struct epoch_row *row, struct err *e)
{
    omp_set_lock(&run->lock);
    const int warned = t->warned_at;
    int bad = journal_epoch(&run->store->journal, t->r.key, row, e) || trial_add_epoch(run, t, row, e);
    if (t->warned_at != warned)
        tell_warning(run, t);
    omp_unset_lock(&run->lock);
    return bad ? -1 : 0;
}

/* Journal first, then now and then the checkpoint, also of the last epoch: measuring the test split may take long.
 * After a kill, epochs behind the checkpoint are trained again, to the same bits. -1 with *e. */
static int keep_epoch(struct worker *w, struct trial *t, const struct training *r, const struct epoch_row *row,
                      struct err *e)
{
    int bad = journal_row(w->run, t, row, e);
    if (!bad && checkpoint_due(&w->saved, clock_wall()))
        bad = checkpoint_write(w->run, t, r, &w->saved, e);
    note_epoch(w, t, train_epochs_run(r), train_done(r), bad, e);
    return bad ? -1 : 0;
}

int stopping(struct sweep_run *run)
{
    omp_set_lock(&run->lock);
    int stop = run->limits->stop || signals_asked();
    omp_unset_lock(&run->lock);
    return stop;
}

/* The epochs that no checkpoint holds yet. */
static void save(struct worker *w, const struct trial *t, const struct training *r)
{
    struct err e = {0};
    if (train_epochs_run(r) != w->saved.epochs && checkpoint_write(w->run, t, r, &w->saved, &e))
        break_off(w->run, &e);
}

int give_up(struct worker *w, const struct trial *t, int from, int to, struct trial_record *rec, struct err *e)
{
    omp_set_lock(&w->run->lock);
    int end = pruning_decide(w->run, t, from, to, rec, e);
    omp_unset_lock(&w->run->lock);
    rec->timing.bytes = end > 0 ? w->memory.used : 0;
    return end;
}

/* Judged: epochs that the rule has seen; its checkpoint may have given back more. 1: to its end, 2: given up (saved),
 * *rec says how; 0: stopped in between (saved), -1: *e. */
static int train_through(struct worker *w, struct trial *t, struct training *r, int judged, struct trial_record *rec,
                         struct err *e)
{
    const int known = t->nepochs > judged ? give_up(w, t, judged + 1, t->nepochs, rec, e) : 0;
    if (known)
        return known > 0 ? 2 : -1;
    while (!train_done(r)) {
        struct epoch_row row;
        if (stopping(w->run)) {
            save(w, t, r);
            return 0;
        }
        if (train_epoch(r, &row, e))
            return -1;
        if (keep_epoch(w, t, r, &row, e))
            return e->code == ERR_NOMEM ? -1 : 0;
        int end = give_up(w, t, row.epoch, row.epoch, rec, e); /* also where patience is out, as a replay does */
        if (end > 0)
            save(w, t, r);
        if (end)
            return end > 0 ? 2 : -1;
    }
    return 1;
}

int make_training(struct worker *w, struct trial_training *p, struct err *e)
{
    size_t need = train_bytes(&p->job);
    if ((double)need > w->run->queue->bytes_free)
        return err_set(e, ERR_NOMEM, "no memory: this training needs %.0f MB, and there is room for %.0f MB",
                       (double)need / 1e6, w->run->queue->bytes_free / 1e6);
    if (w->memory.cap < need || w->memory.cap / 4 * 3 > need) {
        arena_release(&w->memory);
        if (arena_init_fixed(&w->memory, need))
            return err_set(e, ERR_NOMEM, "no memory: this training needs %.0f MB", (double)need / 1e6);
    }
    arena_reset(&w->memory);
    p->r = train_new(&p->job, &w->memory, e);
    return p->r ? begin_training(p, e) : -1;
}

int find_trial_start(struct trial_training *p, struct datasets *sets, struct err *e)
{
    const int begins = nn_has_start(&p->point.nn);
    const int judged = *p->point.train.judge != 0;
    uint64_t hash;
    p->start = begins ? starts_open(sets, "model.start", p->point.nn.start, e) : NULL;
    if (begins && !p->start)
        return -1;
    p->job.judge =
        judged ? judge_open(sets, p->point.train.judge, data_input(p->job.view->set)->shape, &hash, e) : NULL;
    return judged && !p->job.judge ? -1 : 0;
}

int begin_training(struct trial_training *p, struct err *e)
{
    struct start_match m;
    struct arena a;
    const char *key;
    float *w, *buffers;
    if (!p->start)
        return 0;
    arena_init(&a);
    train_weights(p->r, &w, &buffers);
    int bad = start_find(&m, &p->graph, &p->start->tensors, p->point.nn.match, &a, &key, e) ||
              start_put(&m, &p->start->tensors, w, buffers, e);
    arena_release(&a);
    return bad ? -1 : 0;
}

int trial_settings(const struct sweep *s, const struct proposal *at, int repeat, const struct dataset *set,
                   struct trial_training *p, struct arena *a, struct err *e)
{
    const struct sweep_spec *spec = sweep_spec(s);
    struct err_list errs = {0};
    int bad = sweep_point_training(s, at, target_of(set), a, &p->point, &errs) ||
              point_graph(&p->point, set, &p->graph, a, &errs);
    if (bad && errs.n)
        *e = errs.v[0];
    err_list_release(&errs);
    if (bad)
        return -1;
    if (spec->folds) {
        p->point.data.fold = repeat % spec->folds + 1;
        p->point.data.round = repeat / spec->folds;
    }
    p->job.spec = &p->point.train;
    p->job.graph = &p->graph;
    p->job.seed = (uint64_t)(spec->seed + repeat);
    return 0;
}

int make_job(struct worker *w, const struct trial *t, struct trial_training *p, struct err *e)
{
    struct sweep_run *run = w->run;
    struct proposal at;
    arena_reset(&w->plan);
    plan_proposal(run, run->plan->point[t->point].index, &at);
    if (trial_settings(run->sweep, &at, t->repeat, t->kind->set, p, &w->plan, e))
        return -1;
    omp_set_lock(&run->lock);
    p->job.view = datasets_view(run->sets, &p->point.data, e);
    const int bad = p->job.view && find_trial_start(p, run->sets, e);
    if (bad)
        datasets_leave(run->sets, p->job.view);
    omp_unset_lock(&run->lock);
    if (bad)
        return -1;
    p->job.k = run->k;
    p->job.team = &run->workers->crew[w->number].team;
    return p->job.view ? 0 : -1;
}

int complete_record(const struct worker *w, struct trial_training *p, struct trial_record *rec, struct err *e)
{
    struct train_result result;
    if (train_finish(p->r, &result))
        return err_set(e, ERR_NOMEM, "no memory to measure the test split");
    *rec = (struct trial_record){.status = TRIAL_COMPLETE,
                                 .epochs_run = result.epochs_run,
                                 .best_epoch = result.best_epoch,
                                 .timing.bytes = w->memory.used,
                                 .ntables = result.ntables,
                                 .error = ""};
    memcpy(rec->metric, result.metric, sizeof rec->metric);
    memcpy(rec->table, result.table, sizeof rec->table);
    return 0;
}

/* The trial goes on after the epochs of its checkpoint, not after those that the journal had: the time that is left
 * follows. */
static void count_from(struct sweep_run *run, const struct trial *t, int had, int from)
{
    omp_set_lock(&run->lock);
    run->tally->work_left += queue_work(run, t, from) - queue_work(run, t, had);
    omp_unset_lock(&run->lock);
}

static void leave_view(struct sweep_run *run, const struct data_view *view)
{
    omp_set_lock(&run->lock);
    datasets_leave(run->sets, view);
    omp_unset_lock(&run->lock);
}

void train_here(struct worker *w, size_t i)
{
    struct sweep_run *run = w->run;
    struct trial *t = &run->plan->trial[i];
    struct trial_training p = {.r = NULL};
    struct trial_record rec;
    struct err e = {0};
    const int had = t->nepochs, known = give_up(w, t, 1, had, &rec, &e); /* by epochs of an earlier call */
    if (known > 0) {
        finish_trial(w, i, &rec);
        return;
    }
    int bad = known || make_job(w, t, &p, &e) || make_training(w, &p, &e);
    if (!bad && checkpoint_read(run, t, p.r, &e) < 0) {
        leave_view(run, p.job.view);
        break_off(run, &e);
        return;
    }
    w->saved = (struct checkpoint_pace){.at = w->started, .epochs = bad ? 0 : train_epochs_run(p.r)};
    if (!bad) {
        count_from(run, t, had, w->saved.epochs);
        tell_running(w, t, w->saved.epochs, train_done(p.r));
    }
    crew_open(&run->workers->crew[w->number]);
    int end = bad ? -1 : train_through(w, t, p.r, had, &rec, &e);
    if (end == 1)
        end = complete_record(w, &p, &rec, &e) || model_keep(run, &p, t, &rec, lasts_long(w), &e) ? -1 : 1;
    if (end > 0) {
        finish_trial(w, i, &rec);
    } else if (end && e.code == ERR_IO) {
        tell_running(w, NULL, 0, 0);
        break_off(run, &e);
    } else if (end) {
        fail_trial(w, i, p.r, &e);
    } else {
        tell_running(w, NULL, 0, 0);
    }
    crew_close(&run->workers->crew[w->number]);
    leave_view(run, p.job.view);
}
