/* cmd_replay.c - says what another rule of [prune] would have saved and lost, on the curves that a sweep has recorded.
 */
#include "cli/command.h"

#include "cli/commands/results.h"
#include "cli/console/json.h"
#include "search/promotion.h"
#include "search/prune.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct replayed_trial {
    uint64_t trial, point;
    float *best; /* [epochs] best value so far, smaller is better */
    int repeat;  /* from 0 */
    int epochs, end, planned;
    int complete;
    double value; /* of the objective at its end; NaN: none */
};

struct replaying {
    struct table trials, epochs;
    struct replayed_trial *v; /* [trials.rows] in the order of the plan */
    size_t n;
    int most;        /* epochs of a trial, which all are taken to have been planned for but where they are an axis */
    char column[80]; /* of the epochs' table: the objective, or what it is on the validation split */
    double sign;     /* of the objective: -1 where larger is better */
};

/* Finds the column of the epochs that is the objective's counterpart on the validation or training split. */
static int find_column(struct replaying *r, const char *objective)
{
    int maximise;
    const char *split, *kind = report_metric_of(objective_metric(objective, (char[64]){0}, &maximise), &split);
    r->sign = maximise ? -1 : 1;
    for (int val = 1; val >= 0; val--) {
        snprintf(r->column, sizeof r->column, "%s_%.64s", val ? "val" : "train", kind);
        int col = table_column(&r->epochs, r->column);
        if (col >= 0 && r->epochs.rows && !isnan(table_number(&r->epochs, 0, col)))
            return col;
    }
    return -1;
}

/* Both tables are in the order of the plan. */
static int read_curves(struct replaying *r, const char *objective)
{
    const int trial = table_column(&r->trials, "trial"), of = table_column(&r->epochs, "trial");
    const int point = table_column(&r->trials, "point"), col = find_column(r, objective);
    const int final = table_column(&r->trials, objective_metric(objective, (char[64]){0}, NULL));
    const int epochs = table_column(&r->trials, "train.epochs");
    size_t row = 0;
    r->v = calloc(r->trials.rows + 1, sizeof *r->v);
    for (size_t i = 0; r->v && i < r->trials.rows; i++) {
        struct replayed_trial *t = &r->v[r->n];
        t->trial = (uint64_t)table_number(&r->trials, i, trial);
        t->point = (uint64_t)table_number(&r->trials, i, point) - 1;
        t->repeat = atoi(table_cell(&r->trials, i, "repeat")) - 1; /* empty where the point was skipped */
        t->complete = !strcmp(table_cell(&r->trials, i, "status"), "complete");
        t->value = t->complete ? r->sign * table_number(&r->trials, i, final) : NAN;
        double planned = table_number(&r->trials, i, epochs);
        t->planned = planned > 0 ? (int)planned : 0;
        size_t from = row;
        while (row < r->epochs.rows && table_number(&r->epochs, row, of) <= (double)t->trial)
            row++;
        while (from < row && table_number(&r->epochs, from, of) < (double)t->trial)
            from++;
        if (from == row || *table_cell(&r->trials, i, "same_as"))
            continue;
        if (!(t->best = malloc((row - from) * sizeof *t->best)))
            return -1;
        for (size_t k = from; k < row; k++, t->epochs++) {
            float v = (float)(r->sign * table_number(&r->epochs, k, col));
            v = isnan(v) ? INFINITY : v;
            t->best[t->epochs] = t->epochs && t->best[t->epochs - 1] <= v ? t->best[t->epochs - 1] : v;
        }
        t->end = t->epochs;
        r->most = t->epochs > r->most ? t->epochs : r->most;
        r->n++;
    }
    for (size_t i = 0; i < r->n; i++)
        r->v[i].planned = r->v[i].planned ? r->v[i].planned : r->most;
    return r->v ? 0 : -1;
}

/* Decides for each trial in the order of the plan, as a run does. */
static int decide_all(struct replaying *r, const struct prune_type *type, const struct prune_args *a)
{
    struct prune_curve *other = malloc((r->n + 1) * sizeof *other);
    int end = other ? 0 : -1;
    for (size_t i = 0; end >= 0 && i < r->n; i++) {
        struct replayed_trial *t = &r->v[i];
        size_t n = 0;
        for (size_t k = 0; type->compares && k < i && r->v[k].point + (uint64_t)a->lag <= t->point; k++)
            other[n++] = (struct prune_curve){r->v[k].best, r->v[k].end, r->v[k].planned, r->v[k].point,
                                              r->v[k].complete && r->v[k].end == r->v[k].epochs};
        struct prune_case c = {.own = {t->best, 0, t->planned, t->point, 0}, .other = other, .others = n};
        double against;
        end = 0;
        for (c.own.epochs = 1; !end && c.own.epochs <= t->epochs; c.own.epochs++)
            if ((end = prune_decide(type, a, &c, &against)) > 0)
                t->end = c.own.epochs;
    }
    free(other);
    return end < 0 ? -1 : 0;
}

/* The same where trials wait at rungs. */
static int promote_all(struct replaying *r, const struct prune_type *type, const struct prune_args *a)
{
    struct promotion p = {.args = a};
    struct promotion_trial *t = calloc(r->n + 1, sizeof *t);
    int next = t && !promotion_init(&p, a, r->n) ? 1 : -1;
    for (size_t i = 0; next > 0 && i < r->n; i++)
        t[i] = (struct promotion_trial){r->v[i].best, r->v[i].epochs, r->v[i].planned, 1,
                                        prune_bracket(type, a, r->v[i].planned, r->v[i].point)};
    while (next == 1)
        next = promotion_next(&p, t);
    for (size_t i = 0; next == 2 && i < r->n; i++) {
        const int end = promotion_gives_up(&p, t, i);
        r->v[i].end = end ? end : r->v[i].end;
    }
    promotion_release(&p);
    free(t);
    return next < 0 ? -1 : 0;
}

/* The same of a race, which lets trials begin or not. */
static int race_all(struct replaying *r, const struct prune_type *type, const struct prune_args *a)
{
    struct prune_repeat *t = malloc((r->n + 1) * sizeof *t);
    int out = t ? 0 : -1;
    double own, against;
    for (size_t i = 0; out >= 0 && i < r->n; i++) {
        t[i] = (struct prune_repeat){r->v[i].point, r->v[i].repeat, r->v[i].value};
        out = prune_race_out(type, a, t, i, &own, &against);
        if (out > 0) {
            t[i].value = NAN;
            r->v[i].end = 0;
        }
    }
    free(t);
    return out < 0 ? -1 : 0;
}

/* The mean over the trials of a point, from trial i on, that came to their ends (`left`: and still do); NaN: none does.
 * Moves *i to the next point. */
static double point_mean(const struct replaying *r, size_t *i, int left)
{
    double sum = 0;
    int n = 0;
    for (uint64_t point = r->v[*i].point; *i < r->n && r->v[*i].point == point; ++*i) {
        const struct replayed_trial *t = &r->v[*i];
        if (!t->complete || isnan(t->value) || (left && t->end < t->epochs))
            continue;
        sum += t->value;
        n++;
    }
    return n ? sum / n : NAN;
}

/* The best mean of a point; `left`: of those that are left, by what all their trials came to. */
static double best_mean(const struct replaying *r, int left)
{
    double best = INFINITY;
    for (size_t i = 0; i < r->n;) {
        size_t all = i;
        double mean = point_mean(r, &all, 0);
        if (!left || !isnan(point_mean(r, &i, 1)))
            best = fmin(best, mean);
        i = all;
    }
    return best;
}

/* What a rule would have saved and lost. */
struct replay_result {
    size_t given_up, points, better; /* trials; points with a value, and those above the best that is left */
    uint64_t epochs, saved;
    double left; /* the best value that is left, smaller is better; infinite: no point is */
};

static struct replay_result replay_result(const struct replaying *r)
{
    struct replay_result f = {.left = best_mean(r, 1)};
    for (size_t i = 0; i < r->n; i++) {
        f.given_up += r->v[i].end < r->v[i].epochs;
        f.epochs += (uint64_t)r->v[i].epochs;
        f.saved += (uint64_t)(r->v[i].epochs - r->v[i].end);
    }
    for (size_t i = 0; i < r->n;) {
        double mean = point_mean(r, &i, 0);
        f.points += !isnan(mean);
        f.better += mean < f.left;
    }
    return f;
}

static void print_replay(const struct replaying *r, const char *rule, const char *metric)
{
    const struct replay_result f = replay_result(r);
    printf("%s: %zu of %zu trials would be given up, %llu of %llu epochs saved (%.0f %%)\n", rule, f.given_up, r->n,
           (unsigned long long)f.saved, (unsigned long long)f.epochs,
           f.epochs ? 100.0 * (double)f.saved / (double)f.epochs : 0);
    if (isinf(f.left))
        printf("no point would be left\n");
    else
        printf("the best point that is left has rank %zu of %zu, %s %.4g%s\n", f.better + 1, f.points, metric,
               r->sign * f.left, f.better ? "" : ": the best one is kept");
}

static void replay_json(const struct replaying *r, const char *rule, const char *metric)
{
    const struct replay_result f = replay_result(r);
    struct json j = {.f = stdout};
    json_begin(&j);
    json_text(&j, "rule", rule);
    json_number(&j, "trials", (double)r->n);
    json_number(&j, "given_up", (double)f.given_up);
    json_number(&j, "epochs", (double)f.epochs);
    json_number(&j, "epochs_saved", (double)f.saved);
    json_number(&j, "points", (double)f.points);
    json_number(&j, "rank_left", isinf(f.left) ? NAN : (double)f.better + 1);
    json_text(&j, "metric", metric);
    json_number(&j, "best_left", isinf(f.left) ? NAN : r->sign * f.left);
    json_close(&j, '}');
}

/* Of the words that follow the name only rules and their keys may be others than those of the sweep. */
static int only_rules(const struct invocation *in, struct err *e)
{
    for (size_t i = 1; i < in->nargs; i++)
        if (strncmp(in->arg[i], "prune.", 6) != 0)
            return err_set(e, ERR_USAGE, "'%s': a replay is of the curves that are there; write prune.KEY=VALUE",
                           in->arg[i]);
    return 0;
}

static int read_recorded(const struct invocation *in, const char *name, struct replaying *r, struct about *about,
                         struct err *e)
{
    char path[4200];
    if (about_read(about, in->opt.out, name, e) ||
        table_read(&r->trials, report_path(path, sizeof path, in->opt.out, name, ".csv"), e) ||
        table_read(&r->epochs, report_path(path, sizeof path, in->opt.out, name, ".epochs.csv"), e))
        return -1;
    return read_curves(r, about_value(about, "objective")) ? err_set(e, ERR_NOMEM, "no memory for the curves") : 0;
}

static int replay(const struct invocation *in, const char *name, const struct sweep_spec *spec, struct err *e)
{
    struct replaying r = {.n = 0};
    struct about about;
    const struct prune_type *type = prune_types[spec->prune];
    table_init(&r.trials);
    table_init(&r.epochs);
    table_init(&about.t);
    int bad = read_recorded(in, name, &r, &about, e);
    if (!bad && (spec->prune_args.promotion ? promote_all
                 : type->race               ? race_all
                                            : decide_all)(&r, type, &spec->prune_args))
        bad = err_set(e, ERR_NOMEM, "no memory to compare trials");
    if (!bad)
        (in->opt.json ? replay_json : print_replay)(
            &r, type->name, objective_metric(about_value(&about, "objective"), (char[64]){0}, NULL));
    for (size_t i = 0; i < r.n; i++)
        free(r.v[i].best);
    free(r.v);
    table_release(&r.trials);
    table_release(&r.epochs);
    about_release(&about);
    return bad;
}

int cmd_replay(const struct invocation *in)
{
    struct err e = {0};
    struct err_list errs = {0};
    struct sweep *s = NULL;
    const char *name;
    char path[4200];
    if (only_rules(in, &e) || refresh_tables(in->opt.out, in->arg[0], &e) || result_name(in, &name, &e))
        return fail(&e);
    report_path(path, sizeof path, in->opt.out, name, "/sweep.ini");
    if (sweep_open(&s, path, in->arg + 1, in->nargs - 1, &errs)) {
        int status = fail_list(&errs, path);
        err_list_release(&errs);
        return status;
    }
    int status = replay(in, name, sweep_spec(s), &e) ? fail(&e) : STATUS_DONE;
    sweep_free(s);
    return status;
}
