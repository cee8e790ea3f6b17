/* ranking.c - which trial is better, and what a trial is called. */
#include "orchestrate/ranking.h"

#include "orchestrate/plan.h"
#include "orchestrate/tally.h"

#include <math.h>
#include <stdio.h>

float objective_of(const struct sweep_run *run, const struct trial *t)
{
    return t->r.status == TRIAL_COMPLETE ? trial_metric(run->plan, t, run->spec->metric) : NAN;
}

int objective_better(const struct sweep_run *run, double a, double b)
{
    return run->spec->maximise ? a > b || (a == a && b != b) : a < b || (a == a && b != b);
}

void objectives_of(const struct sweep_run *run, const struct trial *t, double *v)
{
    for (size_t k = 0; k < run->spec->goals; k++) {
        const struct sweep_goal *g = &run->spec->goal[k];
        v[k] = t->r.status != TRIAL_COMPLETE ? (double)NAN
               : g->fact                     ? g->fact->number(&t->kind->facts)
                                             : (double)trial_metric(run->plan, t, g->metric);
    }
}

int objectives_as_good(const struct sweep_run *run, const struct trial *a, const struct trial *b)
{
    double x[SEARCH_OBJECTIVES], y[SEARCH_OBJECTIVES];
    objectives_of(run, a, x);
    objectives_of(run, b, y);
    for (size_t k = 0; k < run->spec->goals; k++)
        if (!(run->spec->goal[k].maximise ? x[k] >= y[k] : x[k] <= y[k]))
            return 0;
    return 1;
}

void describe_axes(const struct sweep_run *run, const struct trial *t, struct str *out)
{
    const struct planned_point *p = &run->plan->point[t->point];
    const char *blank = "", *value;
    char buf[STR_NUM];
    for (size_t i = 0; i < sweep_keys(run->sweep); i++)
        if (*(value = plan_value(run, p->index, i, buf))) {
            str_addf(out, "%s%s=%s", blank, sweep_key(run->sweep, i), value);
            blank = " ";
        }
}

void describe_trial(const struct sweep_run *run, const struct trial *t, struct str *out)
{
    struct str axes = {0};
    double v = objective_of(run, t);
    describe_axes(run, t, &axes);
    if (v == v)
        str_addf(out, "%s %.4g%s", train_metrics[run->spec->metric].name, v, axes.n ? ", " : "");
    str_add(out, axes.n ? axes.p : "");
    out->failed |= axes.failed;
    str_release(&axes);
}

void note_best(struct sweep_run *run, size_t i)
{
    double v = objective_of(run, &run->plan->trial[i]);
    double best = run->tally->best == SIZE_MAX ? NAN : objective_of(run, &run->plan->trial[run->tally->best]);
    if (objective_better(run, v, best) || (v == best && i < run->tally->best)) /* whatever the order of finishing */
        run->tally->best = i;
}
