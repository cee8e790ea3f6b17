/* budget.c - fewer trials, so that a sweep takes no longer than it may. */
#include "cli/budget.h"

#include "base/file.h"
#include "base/str.h"
#include "cli/console/text.h"
#include "orchestrate/earlier.h"
#include "orchestrate/journal.h"
#include "orchestrate/plan.h"
#include "report/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LOOKED_AT 256   /* points, from whose times that of all is estimated; */
#define LOOKED_FOR 4096 /* where trials are finished, so many are looked at for them */
#define ENOUGH_ENDED 5  /* trials whose times are worth more than the estimate */

/* "2h", "90m", "1.5d", "45s", "45": seconds. 0, or -1. */
static int read_time(const char *text, double *seconds)
{
    static const struct {
        char unit;
        double seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char number[32];
    size_t n = strlen(text), unit = 0;
    while (n && unit < sizeof units / sizeof *units && text[n - 1] != units[unit].unit)
        unit++;
    int named = n && unit < sizeof units / sizeof *units;
    if (n - (size_t)named >= sizeof number)
        return -1;
    snprintf(number, sizeof number, "%.*s", (int)(n - (size_t)named), text);
    if (str_to_double(number, seconds) || !(*seconds > 0))
        return -1;
    *seconds *= named ? units[unit].seconds : 1;
    return 0;
}

struct looked_points {
    const struct sweep *sweep;
    struct keymap ended; /* keys of the trials that the journal has */
    int failed;          /* no memory for them */
    double seconds;      /* of one repeat of each that is trained */
    size_t all, trained;
    size_t known;    /* trials that the journal has, of this plan or another */
    double finished; /* of this */
    int repeats;     /* the most of a point up to the last one that is finished */
    uint64_t last;   /* number of the last point, from 1, with a trial that is; 0: there is none */
};

static int look_at_point(void *ctx, const struct plan_point *q)
{
    struct looked_points *l = ctx;
    l->all++;
    if (q->skip || q->same_as != q->index)
        return 0;
    l->trained++;
    l->seconds += plan_seconds(q);
    for (int r = 0; l->ended.n && r < sweep_spec(l->sweep)->repeats; r++)
        if (keymap_get(&l->ended, trial_key(q, sweep_spec(l->sweep), r)) != KEYMAP_NONE) {
            l->finished++;
            l->repeats = l->repeats > r + 1 ? l->repeats : r + 1;
            l->last = l->all;
        }
    return 0;
}

static void pass_epoch_by(void *ctx, uint64_t key, const struct epoch_row *row)
{
    (void)ctx, (void)key, (void)row;
}

static void note_ended(void *ctx, const struct trial_record *t)
{
    struct looked_points *l = ctx;
    l->failed |= keymap_put(&l->ended, t->key, 1);
}

/* Looks at points of the sweep, and which of their trials are finished; those after them are taken for trials of this
 * sweep, too, where some are that were looked at. 0, or a status after printing. */
static int look_at_points(const struct invocation *in, const struct sweep *s, struct looked_points *l)
{
    struct journal j = {.fd = -1};
    struct err_list errs = {0};
    struct err e = {0};
    unsigned damaged = 0;
    int status = STATUS_DONE;
    *l = (struct looked_points){.sweep = s};
    report_path(j.path, sizeof j.path, in->opt.out, sweep_spec(s)->name, "/journal");
    int bad = file_exists(j.path) && journal_scan(&j, pass_epoch_by, note_ended, l, &damaged, &e);
    if (bad || l->failed)
        status = bad ? fail(&e) : fail_memory();
    else if (plan_visit(s, in->opt.out, 0, l->ended.n ? LOOKED_FOR : LOOKED_AT, option_jobs(&in->opt), look_at_point, l,
                        NULL, &errs))
        status = fail_list(&errs, in->arg[0]);
    if ((double)l->all < sweep_points_approx(s) && l->finished > 0) {
        l->finished = (double)l->ended.n;
        l->last = (uint64_t)fmax((double)l->last, ceil(l->finished / sweep_spec(s)->repeats));
    }
    l->known = l->ended.n;
    err_list_release(&errs);
    keymap_release(&l->ended);
    return status;
}

/* The mean seconds of the trials that the sweep has finished; NaN: there are too few. */
static double seconds_of_ended(const struct invocation *in, const char *name)
{
    char path[4200];
    struct table t;
    struct err none = {0};
    double sum = 0;
    size_t n = 0;
    table_init(&t);
    if (!table_read(&t, report_path(path, sizeof path, in->opt.out, name, ".timing.csv"), &none))
        for (size_t r = 0; r < t.rows; r++) {
            double x = table_number(&t, r, table_column(&t, "wall"));
            sum += x > 0 ? x : 0;
            n += x > 0;
        }
    table_release(&t);
    return n < ENOUGH_ENDED ? NAN : sum / (double)n;
}

/* Opens the sweep again with other words in the place of those of the same keys. 0, or a status after printing. */
static int open_again(const struct invocation *in, const char *const *more, size_t n, struct sweep **s)
{
    const char **word = malloc((in->nargs + n + 1) * sizeof *word);
    struct err_list errs = {0};
    struct err e = {0};
    size_t words = 0;
    if (!word)
        return fail_memory();
    for (size_t i = 1; i < in->nargs; i++) {
        int replaced = 0;
        for (size_t k = 0; k < n; k++)
            replaced |= !strncmp(in->arg[i], more[k], strcspn(more[k], "=") + 1);
        if (!replaced)
            word[words++] = in->arg[i];
    }
    for (size_t k = 0; k < n; k++)
        word[words++] = more[k];
    sweep_free(*s);
    *s = NULL;
    int bad = sweep_open(s, in->arg[0], word, words, &errs) || earlier_read(*s, in->opt.out, &e);
    err_list_take(&errs, &e);
    int status = bad ? fail_list(&errs, in->arg[0]) : STATUS_DONE;
    if (bad) {
        sweep_free(*s);
        *s = NULL;
    }
    err_list_release(&errs);
    free(word);
    return status;
}

static int nothing_is_cut(const char *why)
{
    fprintf(stderr, "nothing is cut: %s\n", why);
    return STATUS_DONE;
}

#define KEEPS "what is finished stays"

#define MOST_DRAWN 100000 /* of search.trials */

/* Draws points of a grid for so many trials beyond those that are finished, each with the fewest repeats. Those that
 * are finished may be of an earlier call, which has drawn the same ones; where they are not, the grid stays whole. */
static int draw_points(const struct invocation *in, double trials, const struct looked_points *looked, double points,
                       struct sweep **s)
{
    char text[64];
    const char *word[3] = {"sweep.repeats=1", text, "search.method=random"};
    const int least = sweep_spec(*s)->folds ? sweep_spec(*s)->folds : 1;
    struct looked_points drawn = {0};
    int status = STATUS_DONE;
    if (looked->known) {
        snprintf(text, sizeof text, "search.trials=%.0f", fmin(points, MOST_DRAWN));
        status = open_again(in, word, 3, s);
        if (!status && (status = look_at_points(in, *s, &drawn)))
            sweep_free(*s);
        if (!status && drawn.finished < looked->finished) {
            fprintf(stderr, "no points are left out: " KEEPS "\n");
            return open_again(in, word, 1, s);
        }
    }
    double most = floor((drawn.finished + trials) / least);
    most = fmin(fmax(fmax(1, most), (double)drawn.last), fmin(points, MOST_DRAWN));
    if (status)
        return status;
    snprintf(text, sizeof text, "search.trials=%.0f", most);
    fprintf(stderr, "of the %.15g points %.0f are drawn at random\n", points, most);
    return open_again(in, word, 3, s);
}

/* Cuts the sweep of so many `points` to so many trials beyond those that are finished, which all stay. */
static int cut_to(const struct invocation *in, double more, const struct looked_points *looked, double points,
                  struct sweep **s)
{
    const double trials = looked->finished + more;
    const struct sweep_spec *spec = sweep_spec(*s);
    const int least = spec->folds ? spec->folds : 1, rounds = spec->repeats / least;
    char word[64];
    const char *const words[] = {word};
    if (trials >= points * spec->repeats)
        return nothing_is_cut("fewer trials would take as long");
    if (sweep_search(*s)->type->draws) {
        double most = fmax(fmax(1, floor(trials / spec->repeats)), (double)looked->last);
        if (most >= points)
            return nothing_is_cut(looked->last ? KEEPS : "it is one point");
        snprintf(word, sizeof word, "search.trials=%.0f", most);
        fprintf(stderr, "search.trials is cut from %.15g to %.0f\n", points, most);
        return open_again(in, words, 1, s);
    }
    const int kept = (looked->repeats + least - 1) / least;
    double fit = floor(trials / points / least);
    int draw = fit < 1 && kept < 2 && points > 1;
    fit = fmax(fmax(1, fit), kept);
    if (fit >= rounds && !draw)
        return nothing_is_cut(looked->finished > 0 ? KEEPS : "it is one point");
    if (rounds > 1)
        fprintf(stderr, "sweep.repeats is cut from %d to %.0f%s", rounds, fit, draw ? "; " : "\n");
    snprintf(word, sizeof word, "sweep.repeats=%.0f", fit);
    return draw ? draw_points(in, more, looked, points, s) : open_again(in, words, 1, s);
}

int budget_fit(const struct invocation *in, struct sweep **s)
{
    double budget, points = sweep_points_approx(*s), repeats = sweep_spec(*s)->repeats;
    struct looked_points looked = {0};
    char all[TEXT_NUM], given[TEXT_NUM], one[TEXT_NUM];
    const char *name = sweep_spec(*s)->name;
    const int jobs = option_jobs(&in->opt);
    int status = STATUS_DONE;
    if (!in->opt.budget)
        return STATUS_DONE;
    if (read_time(in->opt.budget, &budget))
        status = fail_usage("--budget %s: is not a time; write 90m, 2h, 1.5d or seconds", in->opt.budget);
    else
        status = look_at_points(in, *s, &looked);
    if (status || !looked.trained) { /* what keeps all points from being trained is told where they are planned */
        if (status)
            sweep_free(*s);
        return status;
    }
    if (!sweep_search(*s)->type->draws)
        points *= (double)looked.trained / (double)looked.all;
    double ended = seconds_of_ended(in, name), each = ended > 0 ? ended : looked.seconds / (double)looked.trained;
    double trials = points * repeats, finished = fmin(looked.finished, trials), open = trials - finished;
    double wall = open > 0 ? each * fmax(1, open / jobs) : 0;
    if (!(open > 0)) {
        fprintf(stderr, "%s: all %.15g trials are finished; nothing is cut\n", name, trials);
        return STATUS_DONE;
    }
    fprintf(stderr, "%s: ", name);
    if (finished > 0)
        fprintf(stderr, "%.15g of %.15g trials are finished, the other ", finished, trials);
    fprintf(stderr, "%.15g trials take about %s with %d worker%s, by %s; ", open, text_seconds(all, wall), jobs,
            jobs == 1 ? "" : "s", ended > 0 ? "what its finished trials took" : "an estimate from the arithmetic");
    if (wall <= budget) {
        fprintf(stderr, "that fits into %s\n", text_seconds(given, budget));
        return STATUS_DONE;
    }
    if (each > budget)
        fprintf(stderr, "one trial takes about %s, longer than %s; ", text_seconds(one, each),
                text_seconds(given, budget));
    else
        fprintf(stderr, "for %s ", text_seconds(given, budget));
    return cut_to(in, budget * jobs / each, &looked, points, s);
}
