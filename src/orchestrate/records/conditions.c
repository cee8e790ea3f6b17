/* conditions.c - whether the conditions of [require] hold. */
#include "orchestrate/records/conditions.h"

#include "orchestrate/plan.h"
#include "orchestrate/records/records.h"

#include <string.h>

/* 1 or 0 for a condition of a complete trial; -1 when it cannot be told. */
static int condition_holds(struct sweep_run *run, struct judge *j, size_t condition, const struct trial *t)
{
    if (j->point != t->point) {
        struct err_list errs = {0};
        struct proposal at;
        uint64_t index = run->plan->point[t->point].index;
        plan_proposal(run, index, &at);
        int bad = planner_point(&j->planner, index, &at, &j->at, &errs);
        if (bad && !j->e.code)
            j->e = errs.v[0];
        err_list_release(&errs);
        j->point = bad ? SIZE_MAX : t->point;
        if (bad)
            return -1;
    }
    float metric[M_COUNT];
    trial_metrics(run->plan, t, metric);
    return sweep_result_holds(run->sweep, condition, j->at.point, j->at.graph, metric);
}

struct verdict judge_condition(struct sweep_run *run, struct judge *j, size_t condition, int only_best)
{
    struct verdict v = {0};
    for (size_t i = 0; i < run->plan->ntrials; i++) {
        const struct trial *t = &run->plan->trial[i];
        int best = t->point == run->records->best_point;
        if (t->r.status != TRIAL_COMPLETE || (only_best && !best))
            continue;
        int yes = condition_holds(run, j, condition, t) == 1;
        v.judged++;
        v.met += (size_t)yes;
        v.best_judged += (size_t)best;
        v.best_met += (size_t)(best && yes);
    }
    return v;
}

void judge_init(struct sweep_run *run, struct judge *j)
{
    planner_init(&j->planner, run->sweep, run->sets);
    j->point = SIZE_MAX;
    err_clear(&j->e);
}

int judge_end(struct judge *j, struct err *e)
{
    planner_release(&j->planner);
    return j->e.code ? err_set(e, j->e.code, "%s", j->e.text) : 0;
}

int conditions_met(struct sweep_run *run, struct err *e)
{
    struct judge j;
    int met = 1;
    if (!sweep_results(run->sweep))
        return 1;
    judge_init(run, &j);
    for (size_t i = 0; i < sweep_results(run->sweep); i++) {
        struct verdict v = judge_condition(run, &j, i, 1);
        met &= v.best_judged && v.best_met == v.best_judged;
    }
    return judge_end(&j, e) ? -1 : met;
}
