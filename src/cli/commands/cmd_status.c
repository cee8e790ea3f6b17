/* cmd_status.c - says how far a sweep is, from its files alone: they are complete at every moment. */
#include "cli/command.h"

#include "base/file.h"
#include "cli/commands/results.h"
#include "cli/console/printed_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct progress_counts {
    size_t n[TRIAL_SKIPPED + 1], final; /* by status */
    unsigned long long all;
};

static struct progress_counts count_trials(const struct table *trials, const char *total)
{
    struct progress_counts c = {.all = strtoull(total, NULL, 10)};
    for (size_t r = 0; r < trials->rows; r++)
        for (int s = 0; s <= TRIAL_SKIPPED; s++)
            if (!strcmp(table_cell(trials, r, "status"), trial_status_name[s]))
                c.n[s]++;
    for (int s = TRIAL_COMPLETE; s <= TRIAL_SKIPPED; s++)
        c.final += c.n[s];
    if (c.all < trials->rows)
        c.all = trials->rows;
    return c;
}

/* Prints the trials by status, in the order in which the statuses first appear after "complete". */
static void print_status_counts(const struct progress_counts *c, const char *name)
{
    printf("%s: %zu of %llu trials are final", name, c->final, c->all);
    for (int s = TRIAL_COMPLETE; s <= TRIAL_SKIPPED; s++)
        if (c->n[s] || s == TRIAL_COMPLETE)
            printf("%s %zu %s", s == TRIAL_COMPLETE ? ":" : ",", c->n[s], trial_status_name[s]);
    printf("\n");
}

/* For how many trials the rule of early warning held that the one in row r names first; 0: it names none, or one that
 * an earlier row names. */
static size_t count_warned(const struct table *t, size_t r, const char **name)
{
    int col = table_column(t, "warning");
    size_t n = 0;
    *name = col < 0 ? "" : t->cell[r * t->cols + (size_t)col];
    for (size_t k = 0; **name && k < t->rows; k++)
        if (!strcmp(t->cell[k * t->cols + (size_t)col], *name)) {
            if (k < r)
                return 0;
            n++;
        }
    return n;
}

/* Prints which rules of early warning held, in the order in which their first trials stand in the table, and for how
 * many trials. */
static void print_warnings(const struct table *t)
{
    const char *name;
    int any = 0;
    for (size_t r = 0; r < t->rows; r++) {
        size_t n = count_warned(t, r, &name);
        if (n)
            printf("%s %zu %s", any++ ? "," : "warnings:", n, name);
    }
    if (any)
        printf(" (`sweep list warnings` says when)\n");
}

/* The row of the trial with the best objective so far, whose column is *col; the number of rows: there is none. */
static size_t best_trial_row(const struct table *t, const char *objective, int *col)
{
    int maximise;
    *col = table_column(t, objective_metric(objective, (char[64]){0}, &maximise));
    size_t best = t->rows;
    for (size_t r = 0; r < t->rows; r++) {
        double v = (maximise ? 1 : -1) * table_number(t, r, *col);
        if (v == v && (best == t->rows || v > (maximise ? 1 : -1) * table_number(t, best, *col)))
            best = r;
    }
    return best;
}

/* Prints the trial with the best objective so far. */
static void print_best(const struct table *t, const char *objective)
{
    int col;
    size_t best = best_trial_row(t, objective, &col);
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

/* Finds the next row of the epochs, from *r on, that is the last one of a trial that has no row among the trials yet,
 * of which *f is the next to be looked at. Both tables are in the order of the plan. */
static int next_begun(const struct table *trials, const struct table *epochs, size_t *r, size_t *f)
{
    int trial = table_column(epochs, "trial"), final = table_column(trials, "trial");
    for (; *r < epochs->rows; ++*r) {
        double number = table_number(epochs, *r, trial);
        if (*r + 1 < epochs->rows && table_number(epochs, *r + 1, trial) == number)
            continue;
        while (*f < trials->rows && table_number(trials, *f, final) < number)
            ++*f;
        if (*f == trials->rows || table_number(trials, *f, final) != number)
            return 1;
    }
    return 0;
}

/* Prints the trials that have epochs but no row yet, each at its last epoch. */
static void print_begun(const struct table *trials, const struct table *epochs, const char *objective)
{
    size_t n = 0;
    for (size_t r = 0, f = 0; next_begun(trials, epochs, &r, &f); r++) {
        if (!n++)
            printf("begun:\n");
        if (n <= BEGUN)
            print_epoch(epochs, r, objective);
    }
    if (n > BEGUN)
        printf("  and %zu more\n", n - BEGUN);
}

/* Prints the finished trials that are in the journal and not in the plan. */
static void print_outside(size_t n, const char *path)
{
    if (n)
        printf("%zu finished trial%s outside the plan: %s\n", n, n == 1 ? " is" : "s are", path);
}

/* Reads how many they are, and in which file. */
static int read_outside(const char *out, const char *name, char path[4096], size_t *n, struct err *e)
{
    struct table t;
    table_init(&t);
    report_path(path, 4096, out, name, "/outside.csv");
    int bad = file_exists(path) && table_read(&t, path, e);
    *n = t.rows;
    table_release(&t);
    return bad;
}

/* The same as one document; the best trial and those that have begun are their rows of the tables. */
static void status_json(const struct progress_counts *c, const char *name, const struct about *about,
                        const struct table *trials, const struct table *epochs, size_t outside)
{
    struct json j = {.f = stdout};
    const char *warning, *objective = about_value(about, "objective");
    int col;
    const size_t best = best_trial_row(trials, objective, &col);
    json_begin(&j);
    json_text(&j, "name", name);
    json_text(&j, "objective", objective);
    json_number(&j, "trials", (double)c->all);
    json_number(&j, "final", (double)c->final);
    json_open(&j, "status", '{');
    for (int s = TRIAL_COMPLETE; s <= TRIAL_SKIPPED; s++)
        json_number(&j, trial_status_name[s], (double)c->n[s]);
    json_close(&j, '}');
    json_open(&j, "warnings", '{');
    for (size_t r = 0; r < trials->rows; r++) {
        const size_t n = count_warned(trials, r, &warning);
        if (n)
            json_number(&j, warning, (double)n);
    }
    json_close(&j, '}');
    if (best < trials->rows)
        json_table_row(&j, "best", trials, best);
    json_open(&j, "begun", '[');
    for (size_t r = 0, f = 0; next_begun(trials, epochs, &r, &f); r++)
        json_table_row(&j, NULL, epochs, r);
    json_close(&j, ']');
    json_number(&j, "outside", (double)outside);
    json_close(&j, '}');
}

int cmd_status(const struct invocation *in)
{
    struct err e = {0};
    struct about about;
    struct table trials, epochs;
    char path[4096];
    const char *name;
    size_t outside = 0;
    if (result_name(in, &name, &e))
        return fail(&e);
    table_init(&trials);
    table_init(&epochs);
    int status = STATUS_DONE;
    table_init(&about.t);
    int bad = table_read(&trials, report_path(path, sizeof path, in->opt.out, name, ".csv"), &e) ||
              report_refuse_bench(&trials, name, &e) || about_read(&about, in->opt.out, name, &e);
    report_path(path, sizeof path, in->opt.out, name, ".epochs.csv");
    bad = bad || (file_exists(path) && table_read(&epochs, path, &e)) ||
          read_outside(in->opt.out, name, path, &outside, &e);
    if (bad)
        status = fail(&e);
    else {
        const struct progress_counts c = count_trials(&trials, about_value(&about, "trials"));
        if (in->opt.json) {
            status_json(&c, name, &about, &trials, &epochs, outside);
        } else {
            print_status_counts(&c, name);
            print_warnings(&trials);
            print_best(&trials, about_value(&about, "objective"));
            print_begun(&trials, &epochs, about_value(&about, "objective"));
            print_conditions(&about);
            print_outside(outside, path);
        }
    }
    about_release(&about);
    table_release(&epochs);
    table_release(&trials);
    return status;
}
