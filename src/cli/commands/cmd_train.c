/* cmd_train.c trains single trials of a sweep again: to have their networks (train), or to compare them (verify). */
#include "cli/commands/model_file.h"

#include "base/file.h"
#include "base/str.h"
#include "orchestrate/earlier.h"
#include "orchestrate/one_trial.h"
#include "orchestrate/orchestrate.h"
#include "report/report.h"

#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An error, or the errors of the sweep file. */
static int told_errors(const struct invocation *in, const struct err *e, const struct err_list *errs)
{
    return e->code ? fail(e) : fail_list(errs, in->arg[0]);
}

/* --- train --- */

static void print_epoch_line(void *ctx, const struct epoch_row *row, int epochs)
{
    (void)ctx;
    fprintf(stderr, "epoch %d/%d: train_loss %.4g", row->epoch, epochs, (double)row->v[DATA_TRAIN][METRIC_LOSS]);
    if (!isnan(row->v[DATA_VALIDATION][METRIC_LOSS]))
        fprintf(stderr, ", val_loss %.4g", (double)row->v[DATA_VALIDATION][METRIC_LOSS]);
    fputc('\n', stderr);
}

static void print_result(const struct model_word *w, const struct one_trial_result *r)
{
    char text[STR_NUM];
    printf("%s@%016" PRIx64 ": %d epoch%s\n", w->name, w->id, r->epochs, r->epochs == 1 ? "" : "s");
    for (int m = 0; m < M_COUNT; m++)
        if (!isnan(r->metric[m]))
            printf("  %-16s %s\n", train_metrics[m].name, str_float(text, r->metric[m]));
    printf("model     %s\n", w->path);
}

static int run_train(const struct invocation *in, struct err_list *errs, struct err *e)
{
    struct model_word w = {.id = 0};
    struct one_trial_result r;
    char folder[4200];
    struct one_trial_how how = {.jobs = option_jobs(&in->opt), .epoch = in->opt.quiet ? NULL : print_epoch_line};
    if (option_level(&in->opt, &how.isa, e) || model_word_trial(in, in->arg[0], in->opt.trial, &w, e))
        return -1;
    snprintf(folder, sizeof folder, "%s", w.path);
    struct one_trial *o = one_trial_open(in->opt.out, w.name, w.id, errs);
    int bad = !o || file_mkdirs(dirname(folder), e) || one_trial_train(o, &how, w.path, &r, e);
    one_trial_free(o);
    if (!bad)
        print_result(&w, &r);
    return bad ? -1 : 0;
}

int cmd_train(const struct invocation *in)
{
    struct err e = {0};
    struct err_list errs = {0};
    int bad = run_train(in, &errs, &e), status = bad ? told_errors(in, &e, &errs) : STATUS_DONE;
    err_list_release(&errs);
    return status;
}

/* --- verify --- */

#define VERIFIED 3 /* trials, unless more are wanted */

/* The rows of complete trials that are verified: n of them, the first and others as far apart as there are. Returns how
 * many. */
static size_t spread_rows(const struct table *t, size_t n, size_t *row)
{
    size_t complete = 0, taken = 0, seen = 0;
    for (size_t r = 0; r < t->rows; r++)
        complete += !strcmp(table_cell(t, r, "status"), "complete") && !*table_cell(t, r, "same_as");
    n = n < complete ? n : complete;
    for (size_t r = 0; r < t->rows && taken < n; r++) {
        if (strcmp(table_cell(t, r, "status"), "complete") || *table_cell(t, r, "same_as"))
            continue;
        if (seen++ == taken * complete / n)
            row[taken++] = r;
    }
    return taken;
}

#define ROWS_TOLD 10 /* what follows from a wrong one is wrong, too */

static void print_difference(void *ctx, const char *line)
{
    size_t *told = ctx;
    if (++*told <= ROWS_TOLD)
        printf("%s\n", line);
    else if (*told == ROWS_TOLD + 1)
        printf("and further rows\n");
}

/* Decides again what the sweep has decided. Returns how many rows of its table are others (one more for its
 * columns), or -1 with *errs or *e. */
static int verify_decisions(const struct invocation *in, const char *name, struct err_list *errs, struct err *e)
{
    size_t told = 0;
    struct run_recheck r = {.differs = print_difference, .ctx = &told};
    struct sweep *s = NULL;
    char path[4096];
    int bad = sweep_open(&s, report_path(path, sizeof path, in->opt.out, name, "/sweep.ini"), NULL, 0, errs) ||
              earlier_read(s, in->opt.out, e) || sweep_recheck(s, in->opt.out, &r, errs);
    sweep_free(s);
    if (bad && errs->n && errs->v[0].code == ERR_BUSY) {
        printf("%s is running: what it decides is not looked at\n", name);
        err_list_release(errs);
        *errs = (struct err_list){0};
        return 0;
    }
    if (bad)
        return -1;
    printf("%" PRIu64 " of %" PRIu64 " rows of the table follow from the journal: every proposal", r.rows - r.different,
           r.rows);
    if (*r.rule)
        printf(", and what %s gave up (%" PRIu64 ")", r.rule, r.given_up);
    printf("\n");
    return r.different < INT_MAX ? (int)r.different + r.other_header : INT_MAX;
}

/* Prints a line a trial. Returns how many differ, or -1 with *e or *errs. */
static int verify_rows(const struct invocation *in, const struct table *t, const size_t *row, size_t n,
                       struct err_list *errs, struct err *e)
{
    struct one_trial_how how = {.jobs = option_jobs(&in->opt)};
    struct model_word w;
    char differs[256];
    int different = 0;
    if (option_level(&in->opt, &how.isa, e))
        return -1;
    for (size_t i = 0; i < n; i++) {
        const char *id = table_cell(t, row[i], "id");
        if (model_word_trial(in, in->arg[0], id, &w, e))
            return -1;
        struct one_trial *o = one_trial_open(in->opt.out, w.name, w.id, errs);
        int bad = !o || one_trial_verify(o, &how, w.path, differs, sizeof differs, e);
        one_trial_free(o);
        if (bad)
            return -1;
        different += *differs != 0;
        printf("trial %s (%s): %s\n", table_cell(t, row[i], "trial"), id, *differs ? differs : "the same");
        fflush(stdout);
    }
    printf("%zu of %zu trials are the same, number by number\n", n - (size_t)different, n);
    return different;
}

static int run_verify(const struct invocation *in, struct err_list *errs, struct err *e)
{
    char path[4096];
    const char *name;
    struct table t;
    size_t n = in->opt.sample ? (size_t)in->opt.sample : VERIFIED, *row = calloc(n, sizeof *row);
    table_init(&t);
    int bad = !row ? err_set(e, ERR_NOMEM, "no memory")
                   : result_name(in, &name, e) ||
                         table_read(&t, report_path(path, sizeof path, in->opt.out, name, ".csv"), e) ||
                         report_refuse_bench(&t, name, e);
    n = bad ? 0 : spread_rows(&t, n, row);
    if (!bad && !n)
        bad = err_set(e, ERR_USAGE, "%s has no complete trial yet", name);
    int decided = bad ? -1 : verify_decisions(in, name, errs, e);
    int different = decided < 0 ? -1 : verify_rows(in, &t, row, n, errs, e);
    table_release(&t);
    free(row);
    return different < 0 ? -1 : different || decided;
}

int cmd_verify(const struct invocation *in)
{
    struct err e = {0};
    struct err_list errs = {0};
    int different = run_verify(in, &errs, &e);
    int status = different < 0 ? told_errors(in, &e, &errs) : different ? STATUS_TRIALS : STATUS_DONE;
    err_list_release(&errs);
    return status;
}
