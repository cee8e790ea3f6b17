/* cmd_run.c - trains every point, or goes on with it, then draws. */
#include "cli/command.h"

#include "base/str.h"
#include "cli/budget.h"
#include "cli/commands/results.h"
#include "cli/console/progress.h"
#include "cli/console/text.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOP 10 /* points in the table at the end */

/* Prints the command line as typed, fit for a shell. */
static void print_command(const struct invocation *in)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=,:%+@";
    for (int i = 0; i < in->argc; i++) {
        const char *a = in->argv[i];
        if (i)
            fputc(' ', stderr);
        if (*a && strspn(a, plain) == strlen(a)) {
            fputs(a, stderr);
            continue;
        }
        fputc('\'', stderr);
        for (; *a; a++)
            fputs(*a == '\'' ? "'\\''" : (char[]){*a, 0}, stderr);
        fputc('\'', stderr);
    }
    fputc('\n', stderr);
}

static void print_saved(const struct invocation *in, const struct run_summary *sum)
{
    fprintf(stderr, "everything finished is saved");
    if (sum->open)
        fprintf(stderr, ", %llu of %llu trials are open", (unsigned long long)sum->open,
                (unsigned long long)sum->trials);
    fprintf(stderr, sum->stagnated ? ". To go on, with stop.stagnation = 0 or larger:\n  " : ". To go on:\n  ");
    print_command(in);
}

static void print_going_on(const struct invocation *in, const struct run_summary *sum)
{
    fflush(stdout);
    if (sum->stopped > 0)
        fprintf(stderr, "sweep: interrupted by %s; ",
                sum->stopped == SIGINT    ? "Ctrl-C"
                : sum->stopped == SIGTERM ? "TERM"
                                          : strsignal(sum->stopped));
    else if (sum->stagnated)
        fprintf(stderr, "sweep: no better result for as long as stop.stagnation waits; ");
    else if (sum->stopped)
        fprintf(stderr, "sweep: stopped by a limit; ");
    else
        fprintf(stderr, "sweep: stopped; ");
    print_saved(in, sum);
}

/* Says whether the run broke off (the disk is full, or the like): not every error means that nothing was run. */
static int broke_off(const struct invocation *in, const struct run_summary *sum, const struct err_list *errs)
{
    int status = STATUS_IO;
    for (size_t i = 0; i < errs->n; i++)
        status = fail(&errs->v[i]);
    fprintf(stderr, "sweep: broken off; ");
    print_saved(in, sum);
    return status;
}

static void print_time(const struct run_summary *sum, int quiet)
{
    char num[TEXT_NUM];
    if (quiet)
        return;
    fprintf(stderr, "%s %s", sum->open ? "stopped after" : "finished in", text_seconds(num, sum->seconds));
    if (sum->reused)
        fprintf(stderr, "; %llu of %llu trials were there already", (unsigned long long)sum->reused,
                (unsigned long long)sum->trials);
    fputc('\n', stderr);
}

static void print_summary_counts(const char *name, const struct run_summary *sum)
{
    printf("%s: %llu trial%s: %llu complete", name, (unsigned long long)sum->trials, sum->trials == 1 ? "" : "s",
           (unsigned long long)sum->complete);
    const struct {
        uint64_t n;
        enum trial_status s;
    } rest[] = {{sum->failed, TRIAL_FAILED},
                {sum->pruned, TRIAL_PRUNED},
                {sum->skipped, TRIAL_SKIPPED},
                {sum->open, TRIAL_OPEN}};
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++)
        if (rest[i].n)
            printf(", %llu %s", (unsigned long long)rest[i].n, trial_status_name[rest[i].s]);
    printf("\n");
    if (sum->duplicates)
        printf("%llu point%s the same training as an earlier one, which stands for both\n",
               (unsigned long long)sum->duplicates, sum->duplicates == 1 ? " is" : "s are");
}

/* ---- pictures ---- */

struct picture_count {
    int verbose;
};

static void print_picture_line(void *ctx, const char *line)
{
    const struct picture_count *d = ctx;
    if (d->verbose)
        fprintf(stderr, "%s\n", line);
}

/* Draws the pictures. One that fails takes nothing from the results: a warning. Returns whether there was one. */
static int draw_pictures(const struct invocation *in, const char *name)
{
    struct picture_count d = {in->opt.verbose && !in->opt.quiet};
    struct err e = {0};
    const struct report_drawing how = {.at_once = option_jobs(&in->opt), .only_changed = 1};
    if (in->opt.no_plots || !report_plots(in->opt.out, name, how, print_picture_line, &d, &e))
        return 0;
    fprintf(stderr, "sweep: warning: pictures: %s\n", e.text);
    return 1;
}

/* ---- the end ---- */

#define FOUND_AT_ONCE 2000 /* trials; what more of them have found is left to the report, which holds their tables */

/* What the sweep has found, a sentence or a few a line. 0, or -1 with *e. */
static int print_findings(const struct invocation *in, const char *name, uint64_t trials, struct err *e)
{
    struct str text = {0};
    if (trials > FOUND_AT_ONCE) {
        printf("\n`sweep report %s` says what they have found\n", name);
        return 0;
    }
    int bad = report_findings(in->opt.out, name, &text, e);
    if (!bad && text.n)
        printf("\n%s", text.p);
    str_release(&text);
    return bad;
}

static int print_results(const struct invocation *in, const char *name, const struct run_summary *sum, int undrawn)
{
    struct err e = {0};
    struct about about;
    print_summary_counts(name, sum);
    int bad = about_read(&about, in->opt.out, name, &e);
    if (!bad && sum->complete) {
        printf("\n");
        bad = print_ranking(in->opt.out, name, &about, TOP, &e) || print_findings(in, name, sum->trials, &e);
    }
    if (!bad) {
        printf("\n");
        print_conditions(&about);
        print_places(in->opt.out, name, !undrawn);
    }
    about_release(&about);
    return bad ? fail(&e) : STATUS_DONE;
}

static int status_of_run(const struct run_summary *sum)
{
    if (sum->stopped > 0)
        return STATUS_SIGNAL + sum->stopped;
    if (sum->stopped)
        return STATUS_STOPPED;
    return sum->failed || sum->open || !sum->conditions_met ? STATUS_TRIALS : STATUS_DONE;
}

/* Nobody here calls exit: the OpenMP library does, with 1, when it lacks memory or a thread. */
static volatile sig_atomic_t inside;

static void library_gave_up(void)
{
    if (inside)
        _exit(fail_memory());
}

static void print_dataset(void *ctx, const struct dataset *set)
{
    struct str told = {0};
    (void)ctx;
    tell_dataset(stderr, set, &told);
    str_release(&told);
}

static int run_sweep(const struct invocation *in, const struct sweep *s, const char *level)
{
    struct progress progress;
    struct run_summary sum = {0};
    struct err_list errs = {0};
    progress_init(&progress, in->opt.quiet, in->opt.verbose);
    struct run_options o = {
        .out = in->opt.out,
        .jobs = option_jobs(&in->opt),
        .isa = level,
        .fail_fast = in->opt.fail_fast,
        .retry_failed = in->opt.retry_failed,
        .notice = "\nsweep: finishing the epochs that run, then saving; once more to stop now\n",
        .limit = RUN_LIMIT,
        .progress = progress_tell,
        .data = in->opt.quiet ? NULL : print_dataset,
        .ctx = &progress,
    };
    atexit(library_gave_up);
    inside = 1;
    int bad = sweep_run(s, &o, &sum, &errs);
    inside = 0;
    progress_end(&progress);
    int status = !bad ? status_of_run(&sum) : sum.began ? broke_off(in, &sum, &errs) : fail_list(&errs, in->arg[0]);
    err_list_release(&errs);
    if (bad)
        return status;
    if (!sum.trials) { /* a signal came during the plan: no tables */
        print_going_on(in, &sum);
        return status;
    }
    const char *name = sweep_spec(s)->name;
    int undrawn = sum.stopped <= 0 && draw_pictures(in, name);
    print_time(&sum, in->opt.quiet);
    int printed = print_results(in, name, &sum, undrawn);
    if (sum.open || sum.stopped)
        print_going_on(in, &sum);
    return printed ? printed : status;
}

int cmd_run(const struct invocation *in)
{
    if (in->opt.dry_run)
        return cmd_plan(in);
    struct err e = {0};
    const char *level;
    if (option_level(&in->opt, &level, &e))
        return fail(&e);
    int status = STATUS_DONE;
    struct sweep *s = open_sweep(in, &status);
    if (!s || (status = budget_fit(in, &s)))
        return status;
    signal(SIGPIPE, SIG_IGN); /* a closed pipe must not take a run with it */
    warn_objective(s);
    status = run_sweep(in, s, level);
    sweep_free(s);
    return status;
}
