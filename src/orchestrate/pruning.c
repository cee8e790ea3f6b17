/* pruning.c - judges trials by the rule of [prune]. */
#include "orchestrate/pruning.h"

#include "orchestrate/plan.h"
#include "orchestrate/queue.h"
#include "orchestrate/ranking.h"
#include "orchestrate/replay.h"
#include "orchestrate/store.h"
#include "orchestrate/tally.h"

#include <math.h>
#include <stdlib.h>

int pruning_begin(struct sweep_run *run, size_t trials, struct err *e)
{
    const struct prune_type *type = prune_types[run->spec->prune];
    if (!type->decide && !type->race)
        return 0;
    struct pruning *p = run->pruning = calloc(1, sizeof *p);
    if (p) {
        *p = (struct pruning){.type = type, .args = &run->spec->prune_args, .trials = trials};
        p->best = calloc(trials + 1, sizeof *p->best);
        p->verdict = calloc(trials + 1, sizeof *p->verdict);
        p->unjudged = calloc(trials + 1, sizeof *p->unjudged);
        p->other = malloc((trials + 1) * sizeof *p->other);
        p->repeat = malloc((trials + 1) * sizeof *p->repeat);
    }
    int bad = !p || !p->best || !p->verdict || !p->unjudged || !p->other || !p->repeat;
    if (!bad && run->spec->prune_args.promotion)
        bad = promotion_init(&p->promotion, p->args, trials) || !(p->rests = calloc(trials + 1, sizeof *p->rests));
    if (!bad)
        return 0;
    return err_set(e, ERR_NOMEM, "no memory for the curves of %zu trials", trials);
}

void pruning_release(struct sweep_run *run)
{
    struct pruning *p = run->pruning;
    for (size_t i = 0; p && p->best && i < p->trials; i++)
        free(p->best[i]);
    if (p) {
        free(p->best);
        free(p->verdict);
        free(p->unjudged);
        free(p->other);
        free(p->repeat);
        free(p->rests);
        promotion_release(&p->promotion);
    }
    free(p);
}

static size_t trial_place(const struct sweep_run *run, const struct trial *t)
{
    return (size_t)(t - run->plan->trial);
}

float pruning_value(const struct sweep_spec *spec, const float metric[M_EPOCHS])
{
    int m = train_metrics[spec->metric].metric;
    float v = metric[metric_on(DATA_VALIDATION, m)];
    return isnan(v) ? metric[metric_on(DATA_TRAIN, m)] : v;
}

/* Smaller is better. */
static float value_of_row(const struct sweep_run *run, const struct epoch_row *row)
{
    float metric[M_EPOCHS];
    for (int m = 0; m < M_EPOCHS; m++)
        metric[m] = epoch_number(row, m);
    float v = pruning_value(run->spec, metric);
    return isnan(v) ? INFINITY : run->spec->maximise ? -v : v;
}

int pruning_note_epoch(struct sweep_run *run, const struct trial *t, const struct epoch_row *row, struct err *e)
{
    if (!run->pruning)
        return 0;
    float **best = &run->pruning->best[trial_place(run, t)], v = value_of_row(run, row);
    if (!*best && !(*best = malloc((size_t)t->kind->epochs * sizeof **best)))
        return err_set(e, ERR_NOMEM, "no memory for the curve of a trial");
    int i = row->epoch - 1;
    (*best)[i] = i && (*best)[i - 1] <= v ? (*best)[i - 1] : v;
    return 0;
}

void pruning_note_end(struct sweep_run *run, const struct trial *t, int has)
{
    if (run->pruning)
        run->pruning->unjudged[trial_place(run, t)] = (uint8_t)has;
}

int pruning_is_final(const struct sweep_run *run, size_t i)
{
    const struct trial *t = &run->plan->trial[i];
    return t->r.status != TRIAL_OPEN && !t->r.volatile_failure && !(run->pruning && run->pruning->unjudged[i]);
}

/* Fills other[] with the curves that trials of the point may be compared with. Returns how many. */
static size_t known_curves(const struct sweep_run *run, size_t point)
{
    const struct pruning *p = run->pruning;
    size_t n = 0;
    for (size_t i = 0; p->type->compares && i < run->plan->ntrials; i++) {
        const struct trial *t = &run->plan->trial[i];
        if (t->point + (size_t)p->args->lag > point)
            break;
        if (!p->best[i] || !t->r.epochs_run)
            continue;
        p->other[n++] = (struct prune_curve){p->best[i], t->r.epochs_run < t->nepochs ? t->r.epochs_run : t->nepochs,
                                             t->kind->epochs, t->point, t->r.status == TRIAL_COMPLETE};
    }
    return n;
}

/* A trial that was given up has the metrics of its best epoch so far, and no test. */
static int pruned_record(const struct sweep_run *run, const struct trial *t, int epochs, struct trial_record *rec,
                         struct err *e)
{
    const float *best = run->pruning->best[trial_place(run, t)];
    struct epoch_row row;
    int epoch = epochs;
    while (epoch > 1 && best[epoch - 2] == best[epochs - 1])
        epoch--;
    *rec = (struct trial_record){
        .key = t->r.key, .status = TRIAL_PRUNED, .epochs_run = epochs, .best_epoch = epoch, .error = ""};
    if (kept_get_rows(&run->store->kept, t->place, epoch, 1, &row, e))
        return -1;
    for (int m = 0; m < M_COUNT; m++)
        rec->metric[m] = m < M_EPOCHS ? epoch_number(&row, m) : NAN;
    return 0;
}

/* Of a race: whether the trial is not trained at all. */
static int race_decides(struct sweep_run *run, size_t i, struct trial_record *rec, struct err *e)
{
    struct pruning *p = run->pruning;
    const double sign = run->spec->maximise ? -1 : 1;
    double own, against;
    for (size_t k = 0; k <= i; k++) {
        const struct trial *t = &run->plan->trial[k];
        p->repeat[k] = (struct prune_repeat){t->point, t->repeat, sign * (double)objective_of(run, t)};
    }
    int out = prune_race_out(p->type, p->args, p->repeat, i, &own, &against);
    if (out < 0)
        return err_set(e, ERR_NOMEM, "no memory to compare repeats");
    if (!out)
        return 0;
    p->verdict[i] = (struct prune_verdict){0, (float)(sign * own), (float)(sign * against)};
    *rec = (struct trial_record){.key = run->plan->trial[i].r.key, .status = TRIAL_PRUNED, .error = ""};
    for (int m = 0; m < M_COUNT; m++)
        rec->metric[m] = NAN;
    return 1;
}

/* Of trials that wait: the end of one when no training follows, or that it is to wait. */
static int promotion_decides(struct sweep_run *run, size_t i, int epochs, struct trial_record *rec, struct err *e)
{
    struct pruning *p = run->pruning;
    const struct trial *t = &run->plan->trial[i];
    const double sign = run->spec->maximise ? -1 : 1;
    const int end = promotion_gives_up(&p->promotion, p->rests, i);
    if (end) {
        p->verdict[i] = (struct prune_verdict){end, (float)(sign * (double)p->best[i][end - 1]),
                                               (float)(sign * promotion_against(&p->promotion, i))};
        return pruned_record(run, t, end, rec, e) ? -1 : 1;
    }
    if (!epochs || epochs < p->promotion.granted[i] || p->promotion.granted[i] >= t->kind->epochs)
        return 0;
    *rec = (struct trial_record){.key = t->r.key, .status = TRIAL_OPEN, .epochs_run = epochs, .error = ""};
    return 1;
}

int pruning_decide(struct sweep_run *run, const struct trial *t, int from, int to, struct trial_record *rec,
                   struct err *e)
{
    struct pruning *p = run->pruning;
    if (p && p->type->race && from == 1)
        return race_decides(run, trial_place(run, t), rec, e);
    if (p && p->rests)
        return promotion_decides(run, trial_place(run, t), to, rec, e);
    if (!p || p->type->race || from > to)
        return 0;
    size_t i = trial_place(run, t);
    struct prune_case c = {
        .own = {p->best[i], 0, t->kind->epochs, t->point, 0}, .other = p->other, .others = known_curves(run, t->point)};
    for (c.own.epochs = from; c.own.epochs <= to; c.own.epochs++) {
        double against = NAN, sign = run->spec->maximise ? -1 : 1;
        int end = prune_decide(p->type, p->args, &c, &against);
        if (end < 0)
            return err_set(e, ERR_NOMEM, "no memory to compare trials");
        if (!end)
            continue;
        p->verdict[i] = (struct prune_verdict){c.own.epochs, (float)(sign * prune_value(&c.own, c.own.epochs)),
                                               (float)(sign * against)};
        return pruned_record(run, t, c.own.epochs, rec, e) ? -1 : 1;
    }
    return 0;
}

/* The counts and the best trial are those of the new status. */
static void change_status(struct sweep_run *run, struct trial *t, enum trial_status from)
{
    if (!run->tally->stock_taken)
        return;
    run->tally->count[from]--;
    run->tally->count[t->r.status]++;
    run->tally->reused -= (uint64_t)(t->r.status == TRIAL_OPEN);
    run->tally->best = SIZE_MAX;
    for (size_t i = 0; i < run->plan->ntrials; i++)
        note_best(run, i);
}

/* A trial that is given up is so whatever came of it; one that the rule lets go on is open again where the journal has
 * given it up. */
static int judge_trial(struct sweep_run *run, size_t i, struct err *e)
{
    struct trial *t = &run->plan->trial[i];
    struct trial_record rec;
    enum trial_status was = t->r.status;
    int end = pruning_decide(run, t, 1, t->nepochs, &rec, e);
    run->pruning->unjudged[i] = 0;
    if (end < 0)
        return -1;
    if (end)
        trial_take_verdict(run, t, &rec);
    else if (was == TRIAL_PRUNED)
        trial_reopen(run, t);
    if (t->r.status != was)
        change_status(run, t, was);
    return was != TRIAL_OPEN && t->r.status == TRIAL_OPEN;
}

/* What a trial has come to; one that is being trained rests at where it began. */
static void read_rest(const struct sweep_run *run, size_t i)
{
    const struct trial *t = &run->plan->trial[i];
    struct promotion_trial *r = &run->pruning->rests[i];
    r->best = run->pruning->best[i];
    r->ended = (t->r.status == TRIAL_COMPLETE || t->r.status == TRIAL_FAILED || t->r.status == TRIAL_SKIPPED) &&
               !t->r.volatile_failure;
    r->epochs = r->ended || !r->planned ? t->nepochs : r->epochs; /* the first time: as the journal has it */
    r->planned = t->kind->epochs;
    r->bracket = prune_bracket(run->pruning->type, run->pruning->args, r->planned, t->point);
}

/* Reads those of trials that are new in the plan, and of those whose jobs the clock does not know to be over: the
 * others have not changed. */
static void read_rests(struct sweep_run *run)
{
    struct pruning *p = run->pruning;
    for (; p->read < run->plan->ntrials; p->read++)
        read_rest(run, p->read);
    for (size_t j = p->promotion.known; j < p->promotion.jobs; j++)
        read_rest(run, p->promotion.job[j].trial);
}

/* A job that the journal does not answer: its trial is trained further. */
static void begin_job(struct sweep_run *run, size_t i)
{
    struct trial *t = &run->plan->trial[i];
    const enum trial_status was = t->r.status;
    if (was != TRIAL_OPEN) {
        trial_reopen(run, t);
        change_status(run, t, was);
    }
    if (run->tally->stock_taken)
        queue_append(run, i);
}

/* A trial that waits is given up, by a worker where the journal does not have its end. */
static int close_trial(struct sweep_run *run, size_t i, struct err *e)
{
    if (run->pruning->unjudged[i])
        return judge_trial(run, i, e) < 0 ? -1 : 0;
    if (run->tally->stock_taken && run->plan->trial[i].r.status == TRIAL_OPEN)
        queue_append(run, i);
    return 0;
}

int pruning_promote(struct sweep_run *run, struct err *e)
{
    struct pruning *p = run->pruning;
    const int closed = p->promotion.closed;
    int next;
    read_rests(run);
    while ((next = promotion_next(&p->promotion, p->rests)) == 1) {
        const struct promotion_job *job = &p->promotion.job[p->promotion.jobs - 1];
        if (job->to && promotion_job_is_over(&p->promotion, p->rests, p->promotion.jobs - 1))
            p->unjudged[job->trial] &= (uint8_t)promotion_waits(&p->promotion, p->rests, job->trial);
        else if (job->to)
            begin_job(run, job->trial);
    }
    if (next < 0)
        return err_set(e, ERR_NOMEM, "no memory for the order of trainings");
    for (size_t i = 0; next == 2 && !closed && i < run->plan->ntrials; i++)
        if (promotion_gives_up(&p->promotion, p->rests, i) && close_trial(run, i, e))
            return -1;
    return 0;
}

void pruning_rest(struct sweep_run *run, size_t i)
{
    run->pruning->rests[i].epochs = run->plan->trial[i].nepochs;
}

int pruning_is_due(const struct sweep_run *run, size_t i)
{
    const struct pruning *p = run->pruning;
    return !p || !p->rests || p->promotion.closed || p->promotion.granted[i] > p->rests[i].epochs ||
           p->promotion.granted[i] == p->rests[i].planned; /* its last epoch is there, and its end is not */
}

int pruning_goal(const struct sweep_run *run, const struct trial *t)
{
    const struct pruning *p = run->pruning;
    return p && p->rests ? p->promotion.granted[trial_place(run, t)] : t->kind->epochs;
}

size_t pruning_turns(const struct sweep_run *run)
{
    size_t turns = 2; /* once more, to be given up */
    if (!run->pruning || !run->pruning->rests)
        return 1;
    for (size_t epochs = 1; epochs < 1000000; epochs *= (size_t)run->pruning->args->eta)
        turns++;
    return turns;
}

/* A race decides by the repeats of the point before. */
static int repeats_before_are_final(const struct sweep_run *run, size_t i)
{
    const struct trial *t = &run->plan->trial[i];
    if (!run->pruning->type->race || t->repeat < run->pruning->args->pairs)
        return 1;
    for (size_t k = run->plan->point[t->point].first; k < i; k++)
        if (!pruning_is_final(run, k))
            return 0;
    return 1;
}

int pruning_judge_point(struct sweep_run *run, size_t point, struct err *e)
{
    int open = 0;
    for (size_t i = run->plan->point[point].first; run->pruning && i < run->plan->ntrials; i++) {
        if (run->plan->trial[i].point != point)
            break;
        int now = run->pruning->unjudged[i] && repeats_before_are_final(run, i) ? judge_trial(run, i, e) : 0;
        if (now < 0)
            return -1;
        open |= now;
    }
    return open;
}

int pruning_may_begin(const struct sweep_run *run, size_t point, size_t settled)
{
    const struct pruning *p = run->pruning;
    return !p || (!p->type->compares && !p->type->race) || point < settled + (size_t)p->args->lag;
}

int pruning_trial_may_begin(const struct sweep_run *run, size_t i)
{
    const struct trial *t = &run->plan->trial[i];
    if (run->pruning && run->pruning->rests)
        return 1;
    if (run->pruning && run->pruning->type->race && t->repeat < run->pruning->args->pairs)
        return 1;
    return pruning_may_begin(run, t->point, run->plan->settled) && (!run->pruning || repeats_before_are_final(run, i));
}

const struct prune_verdict *pruning_verdict(const struct sweep_run *run, const struct trial *t)
{
    return &run->pruning->verdict[trial_place(run, t)];
}
