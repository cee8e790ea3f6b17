/* isolate.c - a trial in a process of its own, from both sides: the attempt, which trains, and its worker, which keeps
 * what it is told and decides what a death means. */
#include "orchestrate/isolate.h"

#include "base/clock.h"
#include "base/memory.h"
#include "orchestrate/apart.h"
#include "orchestrate/growth.h"
#include "orchestrate/lock.h"
#include "orchestrate/models.h"
#include "orchestrate/plan.h"
#include "orchestrate/queue.h"
#include "orchestrate/ranking.h"
#include "orchestrate/replay.h"
#include "orchestrate/signals.h"
#include "orchestrate/store.h"
#include "orchestrate/tally.h"
#include "orchestrate/train_trial.h"
#include "orchestrate/workers.h"

#include <assert.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEATHS 3
#define DEATHS_WORD "three"
#define SPARE ((size_t)1 << 30) /* bytes that an attempt may take beside what its training needs */

/* --- the attempt --- */

struct attempt {
    struct worker w;
    struct trial *t;
    const struct apart_request *q;
    int fd;
};

static int tell(int fd, int kind, const struct epoch_row *row, int done, const struct err *e)
{
    struct apart_message m = {.kind = kind, .done = done};
    if (row)
        m.row = *row;
    if (e)
        m.err = *e;
    return apart_send(fd, &m, sizeof m);
}

/* run.keep_row of an attempt: the journal is its worker's. */
static int tell_row(struct sweep_run *run, struct trial *t, const struct epoch_row *row, struct err *e)
{
    if (trial_add_epoch(run, t, row, e))
        return -1;
    if (tell(run->isolation->worker_fd, APART_ROW, row, 0, NULL))
        apart_leave(1);
    return 0;
}

/* What the worker answers an epoch. */
enum { ANSWER_STOP, ANSWER_GO_ON, ANSWER_GIVE_UP };

/* What the worker says of epochs that the checkpoint has and the journal lacked. */
static int ask_of_known(const struct attempt *a, const struct training *r)
{
    int on = ANSWER_GO_ON;
    if (train_epochs_run(r) > a->q->nepochs &&
        (tell(a->fd, APART_KNOWN, NULL, 0, NULL) || apart_receive(a->fd, &on, sizeof on)))
        apart_leave(1);
    return on;
}

/* 1: to its end, 0: told to stop, or that it is given up (saved), -1: *e. */
static int train_and_tell(struct attempt *a, struct training *r, struct err *e)
{
    int on = ask_of_known(a, r);
    while (!train_done(r)) {
        struct epoch_row row;
        if (on != ANSWER_GO_ON)
            return checkpoint_write(a->w.run, a->t, r, &a->w.saved, e);
        if (train_epoch(r, &row, e))
            return -1;
        if (trial_add_epoch(a->w.run, a->t, &row, e))
            return -1;
        if (!a->q->whole)
            apart_limit(a->q->seconds);
        if (tell(a->fd, APART_EPOCH, &row, train_done(r), NULL) || apart_receive(a->fd, &on, sizeof on))
            apart_leave(1);
        if (checkpoint_due(&a->w.saved, clock_wall()) && checkpoint_write(a->w.run, a->t, r, &a->w.saved, e))
            return -1;
    }
    return on == ANSWER_GIVE_UP ? checkpoint_write(a->w.run, a->t, r, &a->w.saved, e) : 1;
}

static void tell_final(struct attempt *a, const struct trial_record *rec)
{
    struct apart_result *s = a->w.run->isolation->apart[a->w.number].result;
    double *to = s->value;
    s->r = *rec;
    s->r.timing.cpu = clock_thread();
    for (int i = 0; i < rec->ntables; i++) {
        const struct train_table *t = &rec->table[i];
        size_t n = (size_t)t->rows * (size_t)t->cols;
        assert(to + n <= s->value + TRAIN_TABLE_VALUES);
        memcpy(to, t->v, n * sizeof *to);
        to += n;
    }
    snprintf(s->err.text, sizeof s->err.text, "%s", rec->error);
    if (tell(a->fd, APART_FINAL, NULL, 0, NULL))
        apart_leave(1);
}

/* Once in each keeper. A lock held by one would outlive the sweep for a moment. */
static void leave_to_worker(void *ctx)
{
    struct sweep_run *run = ctx;
    signals_ignore();
    run_unlock(run);
    journal_close(&run->store->journal);
}

/* A trial that the plan did not have when this process was forked comes into it. */
static int know_trial(struct attempt *a, struct err *e)
{
    struct sweep_run *run = a->w.run;
    int bad = a->q->trial >= run->plan->ntrials && growth_repeat_point(run, a->q->point, &a->q->at, e);
    a->t = &run->plan->trial[a->q->trial];
    if (!bad && run->growth) {
        a->t->place = a->q->place;
        a->t->nepochs = a->q->nepochs;
    }
    return bad;
}

static void attempt_trial(void *ctx, int number, const struct apart_request *q)
{
    struct sweep_run *run = ctx;
    struct attempt a = {
        .w = {.run = run, .number = number, .started = clock_wall()}, .q = q, .fd = run->isolation->apart[number].fd};
    struct trial_training p = {.r = NULL};
    struct trial_record rec;
    struct err e = {0};
    apart_limit(q->seconds);
    omp_init_lock(&run->lock); /* libomp forgets its locks at a fork */
    arena_init(&a.w.plan);
    run->queue->bytes_free = q->room;
    run->store->keep_row = tell_row;
    run->isolation->worker_fd = a.fd;
    int bad = know_trial(&a, &e) || make_job(&a.w, a.t, &p, &e);
    if (!bad)
        memory_allow(train_bytes(&p.job) + SPARE);
    bad = bad || make_training(&a.w, &p, &e) || checkpoint_read(run, a.t, p.r, &e) < 0;
    a.w.saved = (struct checkpoint_pace){.at = a.w.started, .epochs = bad ? 0 : train_epochs_run(p.r)};
    int end = bad ? -1 : train_and_tell(&a, p.r, &e);
    if (end > 0)
        end = complete_record(&a.w, &p, &rec, &e) || model_keep(run, &p, a.t, &rec, 1, &e) ? -1 : 1;
    if (end < 0 && !bad && e.code == ERR_IO) { /* what it wrote, not its data */
        tell(a.fd, APART_BROKEN, NULL, 0, &e);
        return;
    }
    if (!end) {
        tell(a.fd, APART_SAVED, NULL, 0, NULL);
        return;
    }
    if (end < 0)
        failed_record(&a.w, a.t, p.r, &e, &rec);
    tell_final(&a, &rec);
}

/* --- its worker --- */

int isolated(const struct sweep_run *run, const struct trial *t)
{
    return t->apart || run->spec->stop_trial_time > 0;
}

int isolate_begin(struct sweep_run *run, struct err *e)
{
    int needed = run->growth && run->o->retry_failed; /* for trials that come into the plan later */
    for (size_t i = 0; i < run->plan->ntrials && !needed; i++)
        needed = isolated(run, &run->plan->trial[i]);
    if (!needed)
        return 0;
    run->isolation->apart = calloc((size_t)run->workers->jobs, sizeof *run->isolation->apart);
    if (!run->isolation->apart)
        return err_set(e, ERR_NOMEM, "no memory for %d processes", run->workers->jobs);
    return apart_start(run->isolation->apart, run->workers->jobs, leave_to_worker, attempt_trial, run, e);
}

void isolate_end(struct sweep_run *run)
{
    if (run->isolation->apart)
        apart_stop(run->isolation->apart, run->workers->jobs);
    free(run->isolation->apart);
    run->isolation->apart = NULL;
}

double isolate_patience(const struct sweep_run *run, const struct trial *t)
{
    double seconds = run->tally->slowest > 0 ? 20 * run->tally->slowest * t->kind->expected : 3600;
    return seconds > 60 ? seconds : 60;
}

/* Seconds for the next attempt. */
static struct apart_request ask_for(struct worker *w, size_t i)
{
    struct sweep_run *run = w->run;
    double limit = run->spec->stop_trial_time;
    const struct trial *t = &run->plan->trial[i];
    struct apart_request q = {.trial = i,
                              .room = run->queue->bytes_free,
                              .whole = limit > 0,
                              .point = t->point,
                              .place = t->place,
                              .nepochs = t->nepochs};
    plan_proposal(run, run->plan->point[t->point].index, &q.at);
    omp_set_lock(&run->lock);
    q.seconds = q.whole ? limit - (clock_wall() - w->started) : isolate_patience(run, &run->plan->trial[i]);
    omp_unset_lock(&run->lock);
    return q;
}

/* Answers the attempt after epochs from .. to; bad: they are not kept. Returns whether the trial is given up; *rec says
 * how. */
static int answer_epochs(struct worker *w, const struct trial *t, int from, int to, int bad, struct trial_record *rec,
                         struct err *e)
{
    int end = bad ? 0 : give_up(w, t, from, to, rec, e);
    int answer = end > 0 ? ANSWER_GIVE_UP : !bad && !end && !stopping(w->run) ? ANSWER_GO_ON : ANSWER_STOP;
    apart_send(w->run->isolation->apart[w->number].fd, &answer, sizeof answer); /* when it is gone, END comes next */
    return end > 0;
}

static int keep_told_epoch(struct worker *w, struct trial *t, const struct apart_message *m, struct trial_record *rec,
                           struct err *e)
{
    int bad = w->run->store->keep_row(w->run, t, &m->row, e);
    note_epoch(w, t, m->row.epoch, m->done, bad, e);
    return answer_epochs(w, t, m->row.epoch, m->row.epoch, bad, rec, e);
}

static void finish_told(struct worker *w, size_t i)
{
    struct apart_result *s = w->run->isolation->apart[w->number].result;
    struct trial_record rec = s->r;
    const double *from = s->value;
    for (int k = 0; k < rec.ntables; k++) {
        rec.table[k].v = from;
        from += rec.table[k].rows * rec.table[k].cols;
    }
    rec.error = s->err.text;
    if (rec.status == TRIAL_FAILED)
        rec.epochs_run = w->run->plan->trial[i].nepochs;
    finish_trial(w, i, &rec);
}

/* 1: it is over, or stopped and saved; 0: the process died, *status is from waitpid; -1: *e is why it cannot be
 * trained. */
static int attempt_once(struct worker *w, size_t i, const struct apart_request *q, int *status, struct err *e)
{
    struct sweep_run *run = w->run;
    struct trial *t = &run->plan->trial[i];
    int fd = run->isolation->apart[w->number].fd, over = 0, given_up = 0, gone = apart_send(fd, q, sizeof *q);
    struct apart_message m = {.kind = APART_ROW};
    struct trial_record rec;
    for (; !gone && m.kind != APART_END;) {
        gone = apart_receive(fd, &m, sizeof m);
        if (gone)
            break;
        over |= m.kind == APART_FINAL || m.kind == APART_SAVED || m.kind == APART_BROKEN;
        if (m.kind == APART_EPOCH)
            given_up |= keep_told_epoch(w, t, &m, &rec, e);
        else if (m.kind == APART_KNOWN)
            given_up |= answer_epochs(w, t, q->nepochs + 1, t->nepochs, t->nepochs <= q->nepochs, &rec, e);
        else if (m.kind == APART_ROW && m.row.epoch > t->nepochs && run->store->keep_row(run, t, &m.row, e))
            break_off(run, e);
        else if (m.kind == APART_FINAL && !given_up)
            finish_told(w, i);
        else if (m.kind == APART_BROKEN)
            break_off(run, &m.err);
    }
    *status = m.status;
    if (gone)
        return err_set(e, ERR_IO, "the process that starts those of trials is gone");
    if (given_up) { /* even if its process died while it was saved */
        finish_trial(w, i, &rec);
        return 1;
    }
    if (m.err.code && !over)
        *e = m.err;
    return e->code ? -1 : over;
}

/* A line for who looks: what happened to the trial. */
static void tell_event(struct sweep_run *run, size_t i, const char *what)
{
    struct str event = {0};
    omp_set_lock(&run->lock);
    str_addf(&event, "trial %zu: ", i + 1);
    describe_axes(run, &run->plan->trial[i], &event);
    str_addf(&event, ": %s", what);
    run_tell(run, event.p ? event.p : what, 0);
    omp_unset_lock(&run->lock);
    str_release(&event);
}

/* Why the process of the trial is gone; one that the system killed may have been in the way of others. */
static void death(int status, const struct apart_request *q, double limit, struct err *why)
{
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    const char *name = number ? sigdescr_np(number) : NULL;
    if (number == SIGALRM && q->whole)
        err_set(why, ERR_DIED, "it took longer than stop.trial_time = %g seconds", limit);
    else if (number == SIGALRM)
        err_set(why, ERR_DIED, "the process of this trial was ended since it passed no epoch in %.0f seconds",
                q->seconds);
    else if (number)
        err_set(why, number == SIGKILL ? ERR_NOMEM : ERR_DIED, "the process of this trial was ended by signal %d (%s)",
                number, name ? name : "unknown");
    else
        err_set(why, ERR_DIED, "the process of this trial ended with status %d", WEXITSTATUS(status));
}

/* Attempts until the trial is over, stopped, out of time, or has died for the last time: then *e is why it fails. */
static void attempts(struct worker *w, size_t i, struct err *e)
{
    struct sweep_run *run = w->run;
    for (int deaths = 1; !stopping(run); deaths++) {
        struct apart_request q = ask_for(w, i);
        int status = 0, over = attempt_once(w, i, &q, &status, e);
        if (over)
            return;
        struct err why = {0};
        death(status, &q, run->spec->stop_trial_time, &why);
        int late = q.whole && WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
        if (late || deaths == DEATHS) {
            err_set(e, why.code, "%s%s", why.text, late ? "" : ", " DEATHS_WORD " times");
            return;
        }
        tell_event(run, i, why.text);
    }
}

void train_apart(struct worker *w, size_t i)
{
    const struct trial *t = &w->run->plan->trial[i];
    struct trial_record rec;
    struct err e = {0};
    int known = give_up(w, t, 1, t->nepochs, &rec, &e);
    if (known < 0) {
        fail_trial(w, i, NULL, &e);
        return;
    }
    if (known > 0) {
        finish_trial(w, i, &rec);
        return;
    }
    if (t->apart)
        tell_event(w->run, i,
                   t->retried ? "it failed in an earlier call; it gets a process of its own"
                              : "it was running when an earlier call broke off; it gets a process of its own");
    tell_running(w, t, t->nepochs, 0);
    attempts(w, i, &e);
    tell_running(w, NULL, 0, 0);
    if (e.code && !stopping(w->run))
        fail_trial(w, i, NULL, &e);
}
