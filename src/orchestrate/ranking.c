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

void objective_text(const struct sweep_run *run, char *buf, size_t n)
{
    snprintf(buf, n, "%s %s", run->spec->maximise ? "max" : "min", train_metrics[run->spec->metric].name);
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
