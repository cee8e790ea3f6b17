/* promotion.c - decides, job by job, which trial begins or goes on. */
#include "search/promotion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int promotion_init(struct promotion *p, const struct prune_args *a, size_t trials)
{
    *p = (struct promotion){.args = a, .trials = trials};
    p->rung = calloc(PROMOTION_BRACKETS, sizeof *p->rung);
    for (size_t b = 0; b < PROMOTION_BRACKETS && p->rung; b++)
        for (size_t r = 0; r < PROMOTION_RUNGS; r++)
            p->rung[b][r].worst = NAN;
    p->granted = calloc(trials + 1, sizeof *p->granted);
    p->bracket = calloc(trials + 1, sizeof *p->bracket);
    return p->rung && p->granted && p->bracket ? 0 : -1;
}

void promotion_release(struct promotion *p)
{
    for (size_t b = 0; b < PROMOTION_BRACKETS && p->rung; b++)
        for (size_t r = 0; r < PROMOTION_RUNGS; r++)
            free(p->rung[b][r].place);
    free(p->rung);
    free(p->job);
    free(p->bracket);
    free(p->granted);
    *p = (struct promotion){.trials = 0};
}

/* The rung after so many epochs, of a trial that is planned for more: the next one, or its end. */
static int next_rung(const struct prune_args *a, const struct promotion_trial *t, int epochs)
{
    int64_t rung = a->after;
    for (int b = 0; b < t->bracket && rung < t->planned; b++)
        rung *= a->eta;
    while (rung <= epochs)
        rung *= a->eta;
    return rung < t->planned ? (int)rung : t->planned;
}

int promotion_job_is_over(const struct promotion *p, const struct promotion_trial *t, size_t job)
{
    const struct promotion_job *j = &p->job[job];
    const struct promotion_trial *of = &t[j->trial];
    return !j->to || (of->ended && (of->epochs < j->to || j->to == of->planned)) ||
           (of->epochs >= j->to && j->to < of->planned);
}

int promotion_waits(const struct promotion *p, const struct promotion_trial *t, size_t i)
{
    return i < p->begun && p->granted[i] < t[i].planned && !(t[i].ended && t[i].epochs < p->granted[i]);
}

/* The value at an epoch, or at the last one before. */
static float value_by_epoch(const struct promotion_trial *t, int epoch)
{
    if (t->epochs < 1 || !t->best)
        return INFINITY;
    return t->best[(t->epochs < epoch ? t->epochs : epoch) - 1];
}

/* Whether trial k is before trial i after as many epochs: of equal ones, the one that has gone on from there. */
static int goes_before(const struct promotion *p, const struct promotion_trial *t, size_t k, size_t i, int epochs)
{
    const float other = value_by_epoch(&t[k], epochs), own = value_by_epoch(&t[i], epochs);
    return other < own || (other == own && p->granted[k] > epochs);
}

/* The rung of a trial after exactly so many epochs; NULL: there is none. */
static struct promotion_rung *rung_after(const struct promotion *p, size_t trial, int epochs)
{
    int64_t after = p->args->after;
    size_t r = 0;
    for (; after < epochs && r + 1 < PROMOTION_RUNGS; r++)
        after *= p->args->eta;
    return after == epochs ? &p->rung[p->bracket[trial]][r] : NULL;
}

/* Where a trial stands at a rung, or would stand. */
static size_t place_at_rung(const struct promotion_rung *r, float value, size_t trial)
{
    size_t lo = 0, hi = r->n;
    while (lo < hi) {
        const size_t mid = (lo + hi) / 2;
        const struct promotion_place *at = &r->place[mid];
        if (at->value < value || (at->value == value && at->trial < trial))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* A trial has come to a rung. */
static int arrive(struct promotion_rung *r, float value, size_t trial, enum promotion_state state)
{
    if (r->n == r->cap) {
        const size_t cap = r->cap ? 2 * r->cap : 64;
        struct promotion_place *more = realloc(r->place, cap * sizeof *more);
        if (!more)
            return -1;
        r->place = more;
        r->cap = cap;
    }
    const size_t at = place_at_rung(r, value, trial);
    memmove(r->place + at + 1, r->place + at, (r->n++ - at) * sizeof *r->place);
    r->place[at] = (struct promotion_place){value, (uint32_t)trial, (uint32_t)state};
    r->first = at < r->first && state == PROMOTION_WAITS ? at : r->first + (at < r->first);
    return 0;
}

/* A trial that waits at a rung goes on from there. */
static void leave(struct promotion_rung *r, float value, size_t trial)
{
    r->place[place_at_rung(r, value, trial)].state = PROMOTION_WENT_ON;
    r->worst = (double)value <= r->worst ? r->worst : (double)value;
}

/* The best trial of those that wait at a rung, of equal ones the first, where it is among the best n / eta of the n
 * that have come there, as far as the clock knows; NULL: there is none. Of equal ones those that went on are before it.
 */
static const struct promotion_place *best_of_rung(const struct promotion *p, struct promotion_rung *r)
{
    while (r->first < r->n && r->place[r->first].state != PROMOTION_WAITS)
        r->first++;
    if (r->first == r->n)
        return NULL;
    const struct promotion_place *best = &r->place[r->first];
    size_t from = r->first, before;
    while (from > 0 && r->place[from - 1].value == best->value)
        from--;
    before = from;
    for (; from < r->n && r->place[from].value == best->value; from++)
        before += r->place[from].state == PROMOTION_WENT_ON;
    return before < r->n / (size_t)p->args->eta ? best : NULL;
}

/* The best trial that waits, where fewer than `keep` are better after as many epochs, or after all that the clock has
 * given them, whatever else is known of them: when nothing else is to do. */
static size_t best_to_keep(const struct promotion *p, const struct promotion_trial *t)
{
    for (size_t i = 0; i < p->begun; i++) {
        int before = 0;
        if (!promotion_waits(p, t, i))
            continue;
        for (size_t k = 0; k < p->begun && before < p->args->keep; k++)
            before += p->granted[k] < p->granted[i]
                          ? value_by_epoch(&t[k], p->granted[k]) < value_by_epoch(&t[i], p->granted[i])
                          : goes_before(p, t, k, i, p->granted[i]);
        if (before < p->args->keep)
            return i;
    }
    return p->trials;
}

/* The trial that goes on from the highest rung that has one, and to where. */
static struct promotion_job job_of_rungs(struct promotion *p, const struct promotion_trial *t)
{
    for (size_t r = PROMOTION_RUNGS; r-- > 0;)
        for (int b = 0; b < p->brackets; b++) {
            const struct promotion_place *best = best_of_rung(p, &p->rung[b][r]);
            if (best)
                return (struct promotion_job){best->trial,
                                              next_rung(p->args, &t[best->trial], p->granted[best->trial])};
        }
    return (struct promotion_job){0, 0};
}

/* Whether a job whose end the clock does not know yet trains something. */
static int something_is_under_way(const struct promotion *p)
{
    for (size_t j = p->known; j < p->jobs; j++)
        if (p->job[j].to)
            return 1;
    return 0;
}

static int add_job(struct promotion *p, const struct promotion_trial *t, struct promotion_job job)
{
    if (p->jobs == p->cap) {
        const size_t cap = p->cap ? 2 * p->cap : 64;
        struct promotion_job *more = realloc(p->job, cap * sizeof *more);
        if (!more)
            return -1;
        p->job = more;
        p->cap = cap;
    }
    if (job.to) {
        const int from = p->granted[job.trial];
        if (from)
            leave(rung_after(p, job.trial, from), value_by_epoch(&t[job.trial], from), job.trial);
        p->granted[job.trial] = job.to;
    }
    p->job[p->jobs++] = job;
    return 1;
}

/* Takes in what the clock knows now. 1; 0: it is not there; -1: no memory. */
static int hear_jobs(struct promotion *p, const struct promotion_trial *t)
{
    for (; p->known + (size_t)p->args->lag <= p->jobs; p->known++) {
        const struct promotion_job *j = &p->job[p->known];
        if (!promotion_job_is_over(p, t, p->known))
            return 0;
        struct promotion_rung *r = j->to && t[j->trial].epochs >= j->to ? rung_after(p, j->trial, j->to) : NULL;
        if (r && arrive(r, value_by_epoch(&t[j->trial], j->to), j->trial,
                        j->to < t[j->trial].planned ? PROMOTION_WAITS : PROMOTION_ENDED))
            return -1;
    }
    return 1;
}

int promotion_next(struct promotion *p, const struct promotion_trial *t)
{
    if (p->closed)
        return 2;
    const int heard = hear_jobs(p, t);
    if (heard < 1)
        return heard;
    struct promotion_job job = job_of_rungs(p, t);
    if (!job.to && p->begun < p->trials) {
        job = (struct promotion_job){p->begun, next_rung(p->args, &t[p->begun], 0)};
        p->bracket[p->begun] = (uint8_t)t[p->begun].bracket;
        p->brackets = t[p->begun].bracket < p->brackets ? p->brackets : t[p->begun].bracket + 1;
        p->begun++;
    } else if (!job.to && !something_is_under_way(p)) {
        job.trial = best_to_keep(p, t);
        if (job.trial == p->trials) {
            p->closed = 1;
            return 2;
        }
        job.to = next_rung(p->args, &t[job.trial], p->granted[job.trial]);
    }
    return add_job(p, t, job);
}

int promotion_gives_up(const struct promotion *p, const struct promotion_trial *t, size_t i)
{
    return p->closed && promotion_waits(p, t, i) ? p->granted[i] : 0;
}

double promotion_against(const struct promotion *p, size_t i)
{
    return rung_after(p, i, p->granted[i])->worst;
}
