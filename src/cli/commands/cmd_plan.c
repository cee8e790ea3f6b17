/* cmd_plan.c - lists every point and what it costs. A grid too large to list is counted in closed form. */
#include "cli/command.h"

#include "base/memory.h"
#include "base/str.h"
#include "cli/budget.h"
#include "cli/console/printed_rows.h"
#include "cli/console/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTED 1000 /* points listed without --all */
#define SHOWN 20    /* of a larger grid */

struct plan_listing {
    const struct sweep *s;
    int json; /* one document instead of tables: numbers are exact, and what is told of datasets goes to stderr */
    struct table t;
    struct plan_draws draws; /* what the search left out */
    int failed;              /* out of memory */
    uint64_t trained, skipped, same;
    struct table reasons; /* of skipped points, each once, beside how many points it is the reason of */
    uint64_t *skipped_for;
    char first_skip_at[512]; /* where the first of them goes wrong */
    struct str recognised;   /* what was printed of datasets */
    struct str absent;       /* names of datasets without files, as warned of */
    double seconds, longest;
    int epochs;                                     /* of the first point that is trained */
    double all_epochs, fewer_epochs, fewer_seconds; /* of all trials; those that are left where trials are given up */
    size_t bytes, room;                             /* of the largest; of all memory */
};

static void begin_listing(struct plan_listing *p)
{
    size_t axes = sweep_keys(p->s), keys = axes + sweep_made(p->s);
    const char **head = calloc(keys + 6, sizeof *head);
    if (!head) {
        p->failed = 1;
        return;
    }
    head[0] = "point";
    for (size_t i = 0; i < keys; i++)
        head[1 + i] = i < axes ? sweep_key(p->s, i) : sweep_made_key(p->s, i - axes);
    static const char *const facts[] = {"params", "MACs", "memory", "a trial", "note"},
                             *const exact[] = {"params", "macs", "memory_bytes", "trial_seconds", "note"};
    memcpy(head + 1 + keys, p->json ? exact : facts, sizeof facts);
    p->failed |= table_columns(&p->t, head, keys + 6) || table_columns(&p->reasons, head + keys + 5, 1);
    free(head);
}

static void count_reason(struct plan_listing *p, const char *why, const char *at)
{
    size_t i = 0;
    if (!p->skipped++)
        snprintf(p->first_skip_at, sizeof p->first_skip_at, "%s", at);
    while (i < p->reasons.rows && strcmp(p->reasons.cell[i], why) != 0)
        i++;
    if (i == p->reasons.rows) {
        uint64_t *more = realloc(p->skipped_for, (i + 1) * sizeof *more);
        if (!more || table_row(&p->reasons, &why)) {
            p->skipped_for = more ? more : p->skipped_for;
            p->failed = 1;
            return;
        }
        p->skipped_for = more;
        more[i] = 0;
    }
    p->skipped_for[i]++;
}

/* Counts the epochs of a point, and what a rule of [prune] leaves of them where it is known. */
static void count_epochs(struct plan_listing *p, const struct plan_point *q, double seconds)
{
    const struct sweep_spec *s = sweep_spec(p->s);
    const struct prune_type *type = prune_types[s->prune];
    const double all = q->point->train.epochs,
                 left = type->epochs ? type->epochs(&s->prune_args, q->point->train.epochs) : all;
    p->all_epochs += all * s->repeats;
    p->fewer_epochs += left * s->repeats;
    p->fewer_seconds += seconds * left / all * s->repeats;
}

static void count_point(struct plan_listing *p, const struct plan_point *q)
{
    warn_absent(q->set, &p->absent);
    tell_dataset(p->json ? stderr : stdout, q->set, &p->recognised);
    if (q->skip)
        count_reason(p, q->skip, q->skip_at);
    else if (q->same_as != q->index)
        p->same++;
    else {
        p->epochs = p->trained++ ? p->epochs : q->point->train.epochs;
        double seconds = plan_seconds(q);
        p->seconds += seconds * sweep_spec(p->s)->repeats;
        count_epochs(p, q, seconds);
        p->longest = seconds > p->longest ? seconds : p->longest;
        p->bytes = q->bytes > p->bytes ? q->bytes : p->bytes;
    }
}

static int list_point(void *ctx, const struct plan_point *q)
{
    struct plan_listing *p = ctx;
    size_t axes = sweep_keys(p->s), keys = axes + sweep_made(p->s);
    const char **cell = calloc(keys + 6, sizeof *cell);
    char number[32], params[32] = "", macs[TEXT_NUM] = "", bytes[TEXT_NUM] = "", seconds[TEXT_NUM] = "", room[TEXT_NUM];
    struct str note = {0};
    count_point(p, q);
    snprintf(number, sizeof number, "%llu", (unsigned long long)(q->index + FIRST_POINT));
    if (q->graph) {
        snprintf(params, sizeof params, "%zu", q->graph->facts.params);
        if (p->json)
            snprintf(macs, sizeof macs, "%.0f", q->graph->facts.macs);
        else
            text_count(macs, q->graph->facts.macs);
    }
    if (q->skip)
        str_addf(&note, "skipped: %s", q->skip);
    else if (q->same_as != q->index)
        str_addf(&note, "the same training as point %llu", (unsigned long long)(q->same_as + FIRST_POINT));
    else {
        if (p->json) {
            snprintf(bytes, sizeof bytes, "%zu", q->bytes);
            snprintf(seconds, sizeof seconds, "%.4g", plan_seconds(q));
        } else {
            text_bytes(bytes, (double)q->bytes);
            text_seconds(seconds, plan_seconds(q));
        }
        if (q->bytes > p->room)
            str_addf(&note, "fails: there is memory for %s", text_bytes(room, (double)p->room));
        else if (q->note)
            str_add(&note, q->note);
    }
    if (!cell || note.failed)
        p->failed = 1;
    else {
        cell[0] = number;
        memcpy(cell + 1, q->point->value, axes * sizeof *cell);
        memcpy(cell + 1 + axes, q->point->made, (keys - axes) * sizeof *cell);
        const char *const facts[] = {params, macs, bytes, seconds, note.p ? note.p : ""};
        memcpy(cell + 1 + keys, facts, sizeof facts);
        p->failed |= table_row(&p->t, cell) != 0;
    }
    str_release(&note);
    free(cell);
    return p->failed;
}

/* Prints an axis: "model.kernels (3)", "train.lr (1e-4..1e-1 log)". */
static void print_axis(const struct axis_info *a)
{
    for (size_t k = 0; k < a->nkeys; k++)
        printf("%s%s", k ? "+" : "", a->key[k]);
    if (a->drawn)
        printf(" (%s", a->drawn);
    else
        printf(" (%llu", (unsigned long long)a->values);
    printf("%s%s)", a->when ? " when " : "", a->when ? a->when : "");
}

/* Prints the size: "27 points = model.kernels (3) x model.dropout (3) x model.pool_at (3)", and of points that are
 * drawn by what: "20 points by sobol of train.lr (1e-4..1e-1 log) x model.kernels (3)". */
static void print_size(const struct sweep *s, uint64_t points)
{
    const struct sweep_spec *spec = sweep_spec(s);
    char num[TEXT_NUM];
    if (points < UINT64_MAX)
        printf("%s: %llu point%s", spec->name, (unsigned long long)points, points == 1 ? "" : "s");
    else
        printf("%s: %s points", spec->name, text_count(num, sweep_points_approx(s)));
    const struct search_type *search = sweep_search(s)->type;
    if (search->draws)
        printf(" by %s", search->name);
    for (size_t i = 0; i < sweep_axes(s); i++) {
        struct axis_info a = sweep_axis(s, i);
        printf("%s", i ? " x " : search->draws ? " of " : " = ");
        print_axis(&a);
    }
    printf("\nobjective %s, %d repeat%s a point", spec->objective, spec->repeats, spec->repeats == 1 ? "" : "s");
    if (spec->folds)
        printf(", each with one of %d folds to validate", spec->folds);
    printf("\n");
}

/* Prints which condition, or what else, keeps how many points from training. */
static void print_reasons(const struct plan_listing *p)
{
    for (size_t i = 0; i < p->reasons.rows; i++)
        printf("%llu point%s can never train: %s\n", (unsigned long long)p->skipped_for[i],
               p->skipped_for[i] == 1 ? "" : "s", p->reasons.cell[i]);
}

/* Prints what was drawn and left out, and whether fewer points were found than were asked for. */
static void print_draws(const struct plan_listing *p)
{
    const struct plan_draws *d = &p->draws;
    if (d->broken)
        printf("%llu more were drawn that can never train, the first because of: %s\n", (unsigned long long)d->broken,
               d->why);
    if (d->same)
        printf("%llu more were drawn that are the same training as an earlier one\n", (unsigned long long)d->same);
    if (sweep_search(p->s)->type->draws && !d->waits && p->t.rows < (size_t)sweep_search(p->s)->args.trials)
        printf("the search finds %zu of the %d points that search.trials asks for: it has no others\n", p->t.rows,
               sweep_search(p->s)->args.trials);
}

/* Points that are planned: where some follow from results, as many as are asked for. */
static uint64_t planned_points(const struct plan_listing *p, int whole)
{
    return whole && !p->draws.waits ? p->t.rows : sweep_points(p->s);
}

/* Prints what is known of the points that follow from results. */
static void print_following(const struct plan_listing *p, int jobs)
{
    const struct search *s = sweep_search(p->s);
    int repeats = sweep_spec(p->s)->repeats, most = s->args.lag * repeats;
    if (!p->draws.waits)
        return;
    printf("the other %llu points follow from results: each from those of the points that are at least search.lag = %d "
           "before it\n",
           (unsigned long long)(sweep_points(p->s) - p->t.rows), s->args.lag);
    if (most < jobs)
        printf("that leaves work for %d of %d workers at a time; a larger search.lag is work for more, and proposals "
               "that know less\n",
               most, jobs);
}

/* Prints how many epochs there are at most, and how many are left; `whole` is trials of the sweep for each listed one.
 */
static void print_epochs(const struct plan_listing *p, double whole)
{
    const struct sweep_spec *s = sweep_spec(p->s);
    const struct prune_type *type = prune_types[s->prune];
    if (type->race)
        printf("that is %.0f to %.0f epochs\n",
               whole * p->all_epochs * (s->prune_args.pairs < s->repeats ? s->prune_args.pairs : s->repeats) /
                   s->repeats,
               whole * p->all_epochs);
    else if (type->decide)
        printf("that is at most %.0f epochs", whole * p->all_epochs);
    if (type->epochs)
        printf(", about %.0f where one of %d goes on from each rung", whole * p->fewer_epochs, s->prune_args.eta);
    if (type->decide)
        printf("\n");
}

/* Prints what will be given up, and after how many epochs. */
static void print_pruning(const struct plan_listing *p)
{
    const struct sweep_spec *s = sweep_spec(p->s);
    const struct prune_type *type = prune_types[s->prune];
    const struct prune_args *a = &s->prune_args;
    if (type->race)
        printf(
            "%s trains more than %d repeats only of points that may be the best; it compares with points that are at "
            "least prune.lag = %d before\n",
            type->name, a->pairs, a->lag);
    if (!type->decide)
        return;
    printf("%s gives up trials from epoch %d on, so that less is trained", type->name, a->after);
    if (a->promotion)
        printf("; what goes on follows from trainings that are at least prune.lag = %d before", a->lag);
    else if (type->compares)
        printf("; it compares with points that are at least prune.lag = %d before", a->lag);
    printf("\n");
    int brackets = strcmp(type->name, "hyperband") ? 0 : hyperband_brackets(a, p->epochs), first = a->after;
    for (int b = 0; b < brackets; b++, first *= a->eta)
        printf("%s%llu from epoch %d", b ? ", " : "brackets of so many points in each round: ",
               (unsigned long long)hyperband_size(a, p->epochs, b), first);
    if (brackets)
        printf("\n");
}

/* What the whole plan comes to. */
struct plan_totals {
    uint64_t trials;
    int busy;           /* workers that have something to do */
    double whole;       /* trials of the sweep for each listed one */
    double wall, fewer; /* seconds; where trials are given up */
};

static struct plan_totals totals_of(const struct plan_listing *p, int jobs)
{
    const int repeats = sweep_spec(p->s)->repeats;
    struct plan_totals t = {.trials = (p->draws.waits ? sweep_points(p->s) : p->trained) * (uint64_t)repeats};
    t.busy = t.trials && t.trials < (uint64_t)jobs ? (int)t.trials : jobs;
    t.whole = p->trained ? (double)t.trials / ((double)p->trained * repeats) : 0;
    t.wall = fmax(t.whole * p->seconds / t.busy, p->longest);
    t.fewer = fmax(t.whole * p->fewer_seconds / t.busy, p->longest);
    return t;
}

static void print_totals(const struct plan_listing *p, int jobs)
{
    const struct plan_totals total = totals_of(p, jobs);
    const uint64_t trials = total.trials;
    const int busy = total.busy;
    char num[TEXT_NUM], each[TEXT_NUM];
    printf("%llu trial%s to train", (unsigned long long)trials, trials == 1 ? "" : "s");
    if (p->skipped)
        printf(", %llu point%s skipped", (unsigned long long)p->skipped, p->skipped == 1 ? "" : "s");
    if (p->same)
        printf(", %llu point%s the same as an earlier one", (unsigned long long)p->same, p->same == 1 ? "" : "s");
    printf("\n");
    print_reasons(p);
    print_draws(p);
    print_following(p, jobs);
    print_pruning(p);
    if (!trials)
        return;
    print_epochs(p, total.whole);
    printf("about %s with %d worker%s (an estimate from the arithmetic), at most %s each\n", text_seconds(num, total.wall),
           busy, busy == 1 ? "" : "s", text_bytes(each, (double)p->bytes));
    if (prune_types[sweep_spec(p->s)->prune]->epochs)
        printf("about %s of that with so many given up\n", text_seconds(num, total.fewer));
}

/* Prints what is known when only a part of the points was looked at. */
static void print_excerpt(const struct plan_listing *p)
{
    char points[TEXT_NUM], trials[TEXT_NUM], num[TEXT_NUM];
    double n = sweep_points_approx(p->s), repeats = sweep_spec(p->s)->repeats;
    printf("the first %d of %s points are listed; --all lists every one\n", SHOWN, text_count(points, n));
    printf("%s trials before [require] is applied", text_count(trials, n * repeats));
    if (p->trained)
        printf("; %s of work on one core if all cost what these do",
               text_seconds(num, p->seconds / (double)p->trained * n));
    printf("\n");
    if (n * repeats > RUN_LIMIT && !sweep_spec(p->s)->stop_trials)
        printf("too many to run: set [stop] trials, or vary less\n");
}

/* All of it as one document; `whole`: all points were looked at, and the totals are those of the sweep. */
static void plan_json(const struct plan_listing *p, int whole, int jobs)
{
    const struct sweep_spec *spec = sweep_spec(p->s);
    struct json j = {.f = stdout};
    json_begin(&j);
    json_text(&j, "name", spec->name);
    json_text(&j, "objective", spec->objective);
    json_text(&j, "search", sweep_search(p->s)->type->name);
    json_number(&j, "points", sweep_points_approx(p->s));
    json_number(&j, "repeats", spec->repeats);
    if (whole) {
        const struct plan_totals t = totals_of(p, jobs);
        json_number(&j, "trials", (double)t.trials);
        json_number(&j, "skipped_points", (double)p->skipped);
        json_number(&j, "same_points", (double)p->same);
        json_number(&j, "workers", t.busy);
        json_number(&j, "epochs", t.whole * p->all_epochs);
        json_number(&j, "seconds", t.wall);
        json_number(&j, "memory_bytes_a_worker", (double)p->bytes);
    }
    json_open(&j, "listed", '[');
    for (size_t r = 0; r < p->t.rows; r++)
        json_table_row(&j, NULL, &p->t, r);
    json_close(&j, ']');
    json_close(&j, '}');
}

/* Says what `sweep run` says then, in the same place and with the same status. */
static int fail_all_skipped(const struct plan_listing *p, const char *file)
{
    struct err e = {0};
    struct err_list errs = {0};
    plan_all_skipped(p->reasons.rows ? p->reasons.cell[0] : NULL, p->first_skip_at, &e);
    err_list_take(&errs, &e);
    fflush(stdout);
    int status = fail_list(&errs, file);
    err_list_release(&errs);
    return status;
}

static void print_plan(const struct plan_listing *p, int whole, int jobs)
{
    print_size(p->s, planned_points(p, whole));
    printf("\n");
    text_table(stdout, &p->t, 0);
    printf("\n");
    if (whole)
        print_totals(p, jobs);
    else
        print_excerpt(p);
}

int cmd_plan(const struct invocation *in)
{
    int status = STATUS_DONE;
    struct sweep *s = open_sweep(in, &status);
    if (!s || (status = budget_fit(in, &s)))
        return status;
    struct plan_listing p = {.s = s, .json = in->opt.json, .room = memory_room()};
    struct err_list errs = {0};
    int whole = in->opt.all || sweep_points(s) <= LISTED;
    table_init(&p.t);
    table_init(&p.reasons);
    begin_listing(&p);
    if (!p.failed && plan_visit(s, in->opt.out, 0, whole ? UINT64_MAX : SHOWN, option_jobs(&in->opt), list_point, &p,
                                &p.draws, &errs))
        status = fail_list(&errs, in->arg[0]);
    else if (p.failed)
        status = fail_memory();
    else {
        warn_objective(s);
        if (in->opt.json)
            plan_json(&p, whole, option_jobs(&in->opt));
        else
            print_plan(&p, whole, option_jobs(&in->opt));
        if (whole && !p.trained)
            status = fail_all_skipped(&p, in->arg[0]);
    }
    table_release(&p.reasons);
    free(p.skipped_for);
    str_release(&p.absent);
    str_release(&p.recognised);
    table_release(&p.t);
    err_list_release(&errs);
    sweep_free(s);
    return status;
}
