/* cmd_status.c - says how far a sweep is, from its files alone: they are complete at every moment. */
#include "cli/command.h"

#include "base/file.h"
#include "cli/commands/results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Prints the trials by status, in the order in which the statuses first appear after "complete". */
static void print_status_counts(const struct table *trials, const char *name, const char *total)
{
    size_t n[TRIAL_SKIPPED + 1] = {0}, final = 0;
    for (size_t r = 0; r < trials->rows; r++)
        for (int s = 0; s <= TRIAL_SKIPPED; s++)
            if (!strcmp(table_cell(trials, r, "status"), trial_status_name[s]))
                n[s]++;
    for (int s = TRIAL_COMPLETE; s <= TRIAL_SKIPPED; s++)
        final += n[s];
    unsigned long long all = strtoull(total, NULL, 10);
    if (all < trials->rows)
        all = trials->rows;
    printf("%s: %zu of %llu trials are final", name, final, all);
    for (int s = TRIAL_COMPLETE; s <= TRIAL_SKIPPED; s++)
        if (n[s] || s == TRIAL_COMPLETE)
            printf("%s %zu %s", s == TRIAL_COMPLETE ? ":" : ",", n[s], trial_status_name[s]);
    printf("\n");
}

/* Prints which rules of early warning held, in the order in which their first trials stand in the table, and for how
 * many trials. */
static void print_warnings(const struct table *t)
{
    int col = table_column(t, "warning"), any = 0;
    for (size_t r = 0; col >= 0 && r < t->rows; r++) {
        const char *name = t->cell[r * t->cols + (size_t)col];
        size_t n = 0, earlier = 0;
        for (size_t k = 0; *name && k < t->rows; k++)
            if (!strcmp(t->cell[k * t->cols + (size_t)col], name)) {
                n++;
                earlier += k < r;
            }
        if (!n || earlier)
            continue;
        printf("%s %zu %s", any++ ? "," : "warnings:", n, name);
    }
    if (any)
        printf(" (`sweep list warnings` says when)\n");
}

/* Prints the trial with the best objective so far. */
static void print_best(const struct table *t, const char *objective)
{
    int maximise, col = table_column(t, objective_metric(objective, (char[64]){0}, &maximise)),
                  sign = maximise ? 1 : -1;
    size_t best = t->rows;
    for (size_t r = 0; r < t->rows; r++) {
        double v = table_number(t, r, col);
        if (v == v && (best == t->rows || sign * v > sign * table_number(t, best, col)))
            best = r;
    }
    if (best == t->rows) {
        printf("no result yet\n");
        return;
    }
    printf("best so far: trial %s, %s = %.4g", table_cell(t, best, "trial"),
           objective_metric(objective, (char[64]){0}, NULL), table_number(t, best, col));
    for (size_t c = 0; c < t->cols; c++)
        if (strchr(t->head[c], '.'))
            printf(", %s = %s", t->head[c], t->cell[best * t->cols + c]);
    printf("\n");
}

#define BEGUN 10 /* trials that are told */

/* Prints "trial 5: epoch 7, train_loss 0.0431, val_accuracy 0.9871" from a row of the epochs. */
static void print_epoch(const struct table *t, size_t row, const char *objective)
{
    const char *split, *kind = report_metric_of(objective_metric(objective, (char[64]){0}, NULL), &split);
    printf("  trial %s: epoch %s", table_cell(t, row, "trial"), table_cell(t, row, "epoch"));
    printf(", train_loss %.4g", table_number(t, row, table_column(t, "train_loss")));
    for (int val = 1; val >= 0; val--) { /* without a validation split the training's */
        char name[80];
        snprintf(name, sizeof name, "%s_%.64s", val ? "val" : "train", kind);
        double v = table_number(t, row, table_column(t, name));
        if (v != v)
            continue;
        if (strcmp(name, "train_loss") != 0)
            printf(", %s %.4g", name, v);
        break;
    }
    printf("\n");
}

/* Prints the trials that have epochs but no row yet, each at its last epoch. Both tables are in the order of the plan.
 */
static void print_begun(const struct table *trials, const struct table *epochs, const char *objective)
{
    int trial = table_column(epochs, "trial"), final = table_column(trials, "trial");
    size_t n = 0, f = 0;
    for (size_t r = 0; r < epochs->rows; r++) {
        double number = table_number(epochs, r, trial);
        if (r + 1 < epochs->rows && table_number(epochs, r + 1, trial) == number)
            continue;
        while (f < trials->rows && table_number(trials, f, final) < number)
            f++;
        if (f < trials->rows && table_number(trials, f, final) == number)
            continue;
        if (!n++)
            printf("begun:\n");
        if (n <= BEGUN)
            print_epoch(epochs, r, objective);
    }
    if (n > BEGUN)
        printf("  and %zu more\n", n - BEGUN);
}

/* Prints the finished trials that are in the journal and not in the plan. */
static int print_outside(const char *out, const char *name, struct err *e)
{
    char path[4096];
    struct table t;
    table_init(&t);
    report_path(path, sizeof path, out, name, "/outside.csv");
    int bad = file_exists(path) && table_read(&t, path, e);
    if (!bad && t.rows)
        printf("%zu finished trial%s outside the plan: %s\n", t.rows, t.rows == 1 ? " is" : "s are", path);
    table_release(&t);
    return bad;
}

int cmd_status(const struct invocation *in)
{
    struct err e = {0};
    struct about about;
    struct table trials, epochs;
    char path[4096];
    const char *name;
    if (result_name(in, &name, &e))
        return fail(&e);
    table_init(&trials);
    table_init(&epochs);
    int status = STATUS_DONE;
    table_init(&about.t);
    int bad = table_read(&trials, report_path(path, sizeof path, in->opt.out, name, ".csv"), &e) ||
              report_refuse_bench(&trials, name, &e) || about_read(&about, in->opt.out, name, &e);
    report_path(path, sizeof path, in->opt.out, name, ".epochs.csv");
    bad = bad || (file_exists(path) && table_read(&epochs, path, &e));
    if (bad)
        status = fail(&e);
    else {
        print_status_counts(&trials, name, about_value(&about, "trials"));
        print_warnings(&trials);
        print_best(&trials, about_value(&about, "objective"));
        print_begun(&trials, &epochs, about_value(&about, "objective"));
        print_conditions(&about);
        if (print_outside(in->opt.out, name, &e))
            status = fail(&e);
    }
    about_release(&about);
    table_release(&epochs);
    table_release(&trials);
    return status;
}
