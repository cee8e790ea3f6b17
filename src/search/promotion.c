/* promotion.c - decides, job by job, which trial begins or goes on. */
#include "search/promotion.h"

#include <math.h>
#include <stdlib.h>

int promotion_init(struct promotion *p, const struct prune_args *a, size_t trials)
{
    *p = (struct promotion){.args = a, .trials = trials};
    p->reached = calloc(trials + 1, sizeof *p->reached);
    p->granted = calloc(trials + 1, sizeof *p->granted);
    return p->reached && p->granted ? 0 : -1;
}

void promotion_release(struct promotion *p)
{
    free(p->job);
    free(p->reached);
    free(p->granted);
    *p = (struct promotion){.trials = 0};
}

/* The rung after so many epochs, of a trial that is planned for more: the next one, or its end. */
static int next_rung(const struct prune_args *a, int epochs, int planned)
{
    int64_t rung = a->after;
    while (rung <= epochs)
        rung *= a->eta;
    return rung < planned ? (int)rung : planned;
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
static double value_by_epoch(const struct promotion_trial *t, int epoch)
{
    if (t->epochs < 1 || !t->best)
        return INFINITY;
    return (double)t->best[(t->epochs < epoch ? t->epochs : epoch) - 1];
}

/* Whether trial k is before trial i after as many epochs: of equal ones, the one that has gone on from there. */
static int goes_before(const struct promotion *p, const struct promotion_trial *t, size_t k, size_t i, int epochs)
{
    const double other = value_by_epoch(&t[k], epochs), own = value_by_epoch(&t[i], epochs);
    return other < own || (other == own && p->granted[k] > epochs);
}

static int has_come_to(const struct promotion *p, const struct promotion_trial *t, size_t i, int rung)
{
    return p->reached[i] >= rung && t[i].epochs >= rung;
}

/* The best trial of those that wait at a rung, of equal ones the first, where it is among the best n / eta of the n
 * that have come there, as far as the clock knows; trials: there is none. */
static size_t best_of_rung(const struct promotion *p, const struct promotion_trial *t, int rung)
{
    size_t n = 0, best = p->trials, before = 0;
    for (size_t i = 0; i < p->begun; i++) {
        if (!has_come_to(p, t, i, rung))
            continue;
        n++;
        if (p->granted[i] == rung && promotion_waits(p, t, i) &&
            (best == p->trials || value_by_epoch(&t[i], rung) < value_by_epoch(&t[best], rung)))
            best = i;
    }
    for (size_t k = 0; k < p->begun && best < p->trials; k++)
        before += (size_t)(has_come_to(p, t, k, rung) && goes_before(p, t, k, best, rung));
    return best < p->trials && before < n / (size_t)p->args->eta ? best : p->trials;
}

/* The best trial that waits, where fewer than `keep` are better after as many epochs, or after all that the clock has
 * given them, whatever else is known of them: when nothing else is to do. */
static size_t best_to_keep(const struct promotion *p, const struct promotion_trial *t)
{
    for (size_t i = 0; i < p->begun; i++) {
        int before = 0;
        if (!promotion_waits(p, t, i))
            continue;
        for (size_t k = 0; k < p->begun; k++)
            before += p->granted[k] < p->granted[i]
                          ? value_by_epoch(&t[k], p->granted[k]) < value_by_epoch(&t[i], p->granted[i])
                          : goes_before(p, t, k, i, p->granted[i]);
        if (before < p->args->keep)
            return i;
    }
    return p->trials;
}

/* The trial that goes on from the highest rung that has one, and to where. */
static struct promotion_job job_of_rungs(const struct promotion *p, const struct promotion_trial *t)
{
    int64_t rung = p->args->after;
    int most = 0;
    for (size_t i = 0; i < p->begun; i++)
        most = t[i].planned > most ? t[i].planned : most;
    while (rung * p->args->eta < most)
        rung *= p->args->eta;
    for (; rung >= p->args->after && rung < most; rung /= p->args->eta) {
        const size_t best = best_of_rung(p, t, (int)rung);
        if (best < p->trials)
            return (struct promotion_job){best, next_rung(p->args, (int)rung, t[best].planned)};
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

static int add_job(struct promotion *p, struct promotion_job job)
{
    if (p->jobs == p->cap) {
        const size_t cap = p->cap ? 2 * p->cap : 64;
        struct promotion_job *more = realloc(p->job, cap * sizeof *more);
        if (!more)
            return -1;
        p->job = more;
        p->cap = cap;
    }
    if (job.to)
        p->granted[job.trial] = job.to;
    p->job[p->jobs++] = job;
    return 1;
}

/* Takes in what the clock knows now. 0: it is not there. */
static int hear_jobs(struct promotion *p, const struct promotion_trial *t)
{
    for (; p->known + (size_t)p->args->lag <= p->jobs; p->known++) {
        const struct promotion_job *j = &p->job[p->known];
        if (!promotion_job_is_over(p, t, p->known))
            return 0;
        if (j->to)
            p->reached[j->trial] = j->to;
    }
    return 1;
}

int promotion_next(struct promotion *p, const struct promotion_trial *t)
{
    if (p->closed)
        return 2;
    if (!hear_jobs(p, t))
        return 0;
    struct promotion_job job = job_of_rungs(p, t);
    if (!job.to && p->begun < p->trials) {
        job = (struct promotion_job){p->begun, next_rung(p->args, 0, t[p->begun].planned)};
        p->begun++;
    } else if (!job.to && !something_is_under_way(p)) {
        job.trial = best_to_keep(p, t);
        if (job.trial == p->trials) {
            p->closed = 1;
            return 2;
        }
        job.to = next_rung(p->args, p->granted[job.trial], t[job.trial].planned);
    }
    return add_job(p, job);
}

int promotion_gives_up(const struct promotion *p, const struct promotion_trial *t, size_t i)
{
    return p->closed && promotion_waits(p, t, i) ? p->granted[i] : 0;
}

double promotion_against(const struct promotion *p, const struct promotion_trial *t, size_t i)
{
    double worst = NAN;
    for (size_t k = 0; k < p->begun; k++)
        if (p->granted[k] > p->granted[i] && !(value_by_epoch(&t[k], p->granted[i]) <= worst))
            worst = value_by_epoch(&t[k], p->granted[i]);
    return worst;
}
