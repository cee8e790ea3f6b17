/* require.c reads and checks the conditions of [require]: over settings, facts of the network and, afterwards, metrics.
 */
#include "config/sweep.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct param word_param = {.name = "", .type = P_TEXT, .preset = "", .help = ""};

#define MOST_FACTS 32 /* metrics have the slots after so many facts */

/* Finds the slot of a name: slots are the settings, then the facts of nn_fact_rows, then the metrics. */
static int require_find(const void *sweep, const char *name)
{
    const struct sweep *s = sweep;
    for (int i = 0; nn_fact_rows[i].name; i++)
        if (!strcmp(nn_fact_rows[i].name, name))
            return (int)s->nset + i;
    return scope_find(sweep, name);
}

static int result_find(const void *sweep, const char *name)
{
    int m = metric_named(name);
    return m >= 0 ? (int)((const struct sweep *)sweep)->nset + MOST_FACTS + m : require_find(sweep, name);
}

static const char *require_known(size_t i, const void *sweep)
{
    size_t facts = 0;
    for (; nn_fact_rows[facts].name; facts++)
        if (facts == i)
            return nn_fact_rows[i].name;
    return scope_known(i - facts, sweep);
}

static const char *result_known(size_t i, const void *sweep)
{
    return i < M_COUNT ? train_metrics[i].name : require_known(i - M_COUNT, sweep);
}

static const char *model_hint(const void *sweep, const char *name)
{
    if (metric_named(name) >= 0)
        return "metrics are known after training only: write it under 'result'";
    return scope_hint(sweep, name);
}

static const char *result_hint(const void *sweep, const char *name)
{
    const char *hint = scope_hint(sweep, name);
    if (hint || str_nearest(name, result_known, sweep))
        return hint;
    return "`sweep list metrics` names what is measured";
}

/* Says whether the fact is the one that is a word. */
static int is_head(int fact)
{
    return fact >= 0 && fact < MOST_FACTS && !nn_fact_rows[fact].number;
}

static const struct param *require_param(const void *sweep, int slot)
{
    int fact = slot - (int)((const struct sweep *)sweep)->nset;
    if (fact < 0)
        return scope_param(sweep, slot);
    return is_head(fact) ? &word_param : NULL;
}

static const char *head_word(size_t i, const void *ctx)
{
    (void)ctx;
    return nn_head_name(i);
}

static int require_takes(const void *sweep, int slot, const char *word, const char **near)
{
    int fact = slot - (int)((const struct sweep *)sweep)->nset;
    if (fact < 0)
        return scope_takes(sweep, slot, word, near);
    for (size_t i = 0; is_head(fact) && nn_head_name(i); i++)
        if (!strcmp(word, nn_head_name(i)))
            return 1;
    *near = is_head(fact) ? str_nearest(word, head_word, NULL) : NULL;
    return 0;
}

static const struct expr_scope model_scope = {require_find, require_known, model_hint, require_param, require_takes, 1,
                                              NULL};
static const struct expr_scope result_scope = {result_find, result_known, result_hint, require_param, require_takes,
                                               1,           NULL};

static void check_limits(const struct sweep *s, const struct requirement *q, struct error_list *errors)
{
    double v;
    for (int m = 0; m < M_COUNT; m++)
        if (isfinite(train_metrics[m].high) &&
            expr_above(q->x, (int)s->nset + MOST_FACTS + m, train_metrics[m].high, &v))
            metric_reaches(m, v, &q->at, errors);
}

void requirements_parse(struct sweep *s, struct requirements *r, const struct given *g, int after,
                        struct error_list *errors)
{
    r->v = arena_take(&s->mem, (g->n + 1) * sizeof *r->v);
    for (size_t i = 0; r->v && i < g->n; i++) {
        struct requirement *q = &r->v[r->n++];
        struct err e = {0};
        struct expr_scope scope = after ? result_scope : model_scope;
        scope.ctx = s;
        *q = (struct requirement){.text = g->piece[i].text, .at = g->at};
        q->at.line = g->piece[i].line;
        q->x = expr_parse(q->text, &q->at, &scope, &s->mem, &e);
        if (!errors_take(errors, &q->at, &e) && after)
            check_limits(s, q, errors);
    }
}

struct outcome {
    struct point_choice choice;
    const struct nn_graph *graph;
    const float *metric;
};

static int outcome_get(void *ctx, int slot, struct expr_value *v, struct err *e)
{
    struct outcome *o = ctx;
    int fact = slot - (int)o->choice.s->nset;
    if (fact < 0)
        return choice_get(&o->choice, slot, v, e);
    *v = (struct expr_value){0, NULL};
    if (fact >= MOST_FACTS) { /* as the tables print it: the float nearest to 0.9 is no less than 90% */
        char buf[STR_NUM];
        return !o->metric || str_to_double(str_float(buf, o->metric[fact - MOST_FACTS]), &v->num) ? 1 : 0;
    }
    const struct nn_facts *n = o->graph ? &o->graph->facts : NULL;
    if (!n)
        return 1;
    if (is_head(fact))
        v->word = n->head;
    else
        v->num = nn_fact_rows[fact].number(n);
    return v->num != v->num;
}

static int outcome_uses(void *ctx, const char *layer)
{
    const struct outcome *o = ctx;
    return o->graph && nn_uses(o->graph, layer);
}

static int check_requirement(const struct sweep *s, const struct requirement *q, const struct point *p,
                             const struct nn_graph *g, const float *metric, int *missing, struct err *e)
{
    struct outcome o = {.graph = g, .metric = metric};
    struct expr_env env = {outcome_get, outcome_uses, &o};
    struct arena a;
    arena_init(&a);
    choice_point(&o.choice, s, p->at, &a);
    int rc = expr_holds(q->x, &env, missing, e);
    if (a.failed)
        rc = err_set(e, ERR_NOMEM, "no memory");
    arena_release(&a);
    return rc;
}

int sweep_require_model(const struct sweep *s, const struct point *p, const struct nn_graph *g, char *why, size_t n,
                        struct err *e)
{
    for (size_t i = 0; i < s->model.n; i++) {
        int rc = check_requirement(s, &s->model.v[i], p, g, NULL, NULL, e);
        if (rc == 0 && n)
            snprintf(why, n, "%s", s->model.v[i].text);
        if (rc != 1)
            return rc;
    }
    return 1;
}

size_t sweep_models(const struct sweep *s)
{
    return s->model.n;
}

const char *sweep_model_text(const struct sweep *s, size_t i)
{
    return i < s->model.n ? s->model.v[i].text : NULL;
}

size_t sweep_results(const struct sweep *s)
{
    return s->result.n;
}

const char *sweep_result_text(const struct sweep *s, size_t i)
{
    return i < s->result.n ? s->result.v[i].text : NULL;
}

int sweep_result_holds(const struct sweep *s, size_t i, const struct point *p, const struct nn_graph *g,
                       const float *metric)
{
    struct err e = {0};
    int missing = 0, rc = check_requirement(s, &s->result.v[i], p, g, metric, &missing, &e);
    return missing ? -1 : rc;
}
