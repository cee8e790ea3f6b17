/* budget.c - fewer trials, so that a sweep takes no longer than it may. */
#include "cli/budget.h"

#include "base/str.h"
#include "cli/console/text.h"
#include "orchestrate/earlier.h"
#include "report/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LOOKED_AT 256  /* points, from whose times that of all is estimated */
#define ENOUGH_ENDED 5 /* trials whose times are worth more than the estimate */

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
    double seconds; /* of one repeat of each that is trained */
    size_t all, trained;
};

static int look_at_point(void *ctx, const struct plan_point *q)
{
    struct looked_points *l = ctx;
    l->all++;
    if (q->skip || q->same_as != q->index)
        return 0;
    l->trained++;
    l->seconds += plan_seconds(q);
    return 0;
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

/* Cuts the sweep to so many trials of `points`. */
static int cut_to(const struct invocation *in, double trials, double points, struct sweep **s)
{
    const struct sweep_spec *spec = sweep_spec(*s);
    const int least = spec->folds ? spec->folds : 1, rounds = spec->repeats / least;
    char first[64], second[64];
    const char *word[3] = {first, second, "search.method=random"};
    double most = fmax(1, floor(trials / spec->repeats));
    if (sweep_search(*s)->type->draws) {
        snprintf(first, sizeof first, "search.trials=%.0f", most);
        fprintf(stderr, "search.trials is cut from %.15g to %.0f\n", points, most);
        return open_again(in, word, 1, s);
    }
    double fit = floor(trials / points / least);
    snprintf(first, sizeof first, "sweep.repeats=%.0f", fmax(1, fit));
    if (rounds > 1)
        fprintf(stderr, "sweep.repeats is cut from %d to %.0f%s", rounds, fmax(1, fit), fit < 1 ? "; " : "\n");
    if (fit >= 1)
        return open_again(in, word, 1, s);
    most = fmax(1, floor(trials / least));
    snprintf(second, sizeof second, "search.trials=%.0f", most);
    fprintf(stderr, "of the %.15g points %.0f are drawn at random\n", points, most);
    return open_again(in, word, 3, s);
}

int budget_fit(const struct invocation *in, struct sweep **s)
{
    double budget, points = sweep_points_approx(*s), repeats = sweep_spec(*s)->repeats;
    struct looked_points looked = {0};
    struct err_list errs = {0};
    char all[TEXT_NUM], given[TEXT_NUM];
    const int jobs = option_jobs(&in->opt);
    int status = STATUS_DONE;
    if (!in->opt.budget)
        return STATUS_DONE;
    if (read_time(in->opt.budget, &budget))
        status = fail_usage("--budget %s: is not a time; write 90m, 2h, 1.5d or seconds", in->opt.budget);
    else if (plan_visit(*s, in->opt.out, 0, LOOKED_AT, jobs, look_at_point, &looked, NULL, &errs))
        status = fail_list(&errs, in->arg[0]);
    err_list_release(&errs);
    if (status || !looked.trained) { /* what keeps all points from being trained is told where they are planned */
        if (status)
            sweep_free(*s);
        return status;
    }
    if (!sweep_search(*s)->type->draws)
        points *= (double)looked.trained / (double)looked.all;
    double ended = seconds_of_ended(in, sweep_spec(*s)->name);
    double each = ended > 0 ? ended : looked.seconds / (double)looked.trained, trials = points * repeats;
    double wall = each * fmax(1, trials / jobs);
    fprintf(stderr, "%s: %.15g trials take about %s with %d worker%s, by %s; ", sweep_spec(*s)->name, trials,
            text_seconds(all, wall), jobs, jobs == 1 ? "" : "s",
            ended > 0 ? "what its finished trials took" : "an estimate from the arithmetic");
    if (wall <= budget) {
        fprintf(stderr, "that fits into %s\n", text_seconds(given, budget));
        return STATUS_DONE;
    }
    fprintf(stderr, "for %s ", text_seconds(given, budget));
    return cut_to(in, budget * jobs / each, points, s);
}
