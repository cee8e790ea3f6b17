/* progress.c - shows how far a run is: a line that is redrawn on a terminal, lines now and then elsewhere. */
#include "cli/console/progress.h"

#include "base/clock.h"
#include "base/str.h"
#include "cli/console/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REWRITE 0.1  /* seconds between two drawings of the line on a terminal */
#define EVENTS 1.0   /* between two trials told elsewhere */
#define SILENCE 15.0 /* after so long without a finished trial, a sign of life */
#define NARROWEST 10 /* columns: fewer are taken as so many */

void progress_init(struct progress *p, int quiet, int verbose)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    *p = (struct progress){.quiet = quiet, .verbose = verbose, .last = -1e9};
    p->tty = isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
    p->color = p->tty && !(no_color && *no_color); /* no-color.org */
}

/* Returns the width of the terminal, 80 where it is not known. How many trials are done is written whole in any case.
 */
static int terminal_width(void)
{
    int width = text_terminal(stderr);
    return !width ? 80 : width > NARROWEST ? width : NARROWEST;
}

/* Adds a running trial: "epoch 7/15 loss 0.0431 val_accuracy 0.9871"; of a further trial without the words: "3/15
 * 0.0731 0.9712". */
static void add_running_trial(struct str *s, const struct running_trial *t, const char **metric)
{
    int named = *metric && !strcmp(*metric, t->metric);
    str_addf(s, "%s%d/%d", *metric ? "" : "epoch ", t->epoch, t->epochs);
    if (t->epoch)
        str_addf(s, "%s %.4g %s%s%.4g", *metric ? "" : " loss", (double)t->train_loss, named ? "" : t->metric,
                 named ? "" : " ", (double)t->value);
    if (t->measuring)
        str_add(s, " measuring");
    if (t->epoch)
        *metric = t->metric;
}

/* Adds "2 running: epoch ...": those that train; before their first step, and while data is read, only how many. */
static void add_running_trials(struct str *s, const struct run_progress *r)
{
    const char *metric = NULL, *sep = ": ";
    uint64_t n = 0;
    for (size_t i = 0; i < r->workers; i++)
        n += r->worker[i].trial != 0;
    str_addf(s, "%llu running", (unsigned long long)(n || r->done == r->total ? n : r->running));
    for (size_t i = 0; i < r->workers; i++)
        if (r->worker[i].trial) {
            str_add(s, sep);
            add_running_trial(s, &r->worker[i], &metric);
            sep = "; ";
        }
}

/* Adds everything but how many are done, the most important first, as the end may be cut off: "best 0.9912, 1 min 20 s
 * left, 2 running: epoch ..., 12.3 k images/s, best model.kernels=8 ...". */
static void add_details(struct str *s, const struct run_progress *r)
{
    char num[TEXT_NUM];
    if (r->best_value == r->best_value)
        str_addf(s, "best %.4g, ", r->best_value);
    if (r->failed)
        str_addf(s, "%llu failed, ", (unsigned long long)r->failed);
    if (r->pruned)
        str_addf(s, "%llu pruned, ", (unsigned long long)r->pruned);
    if (r->left >= 0 && r->done < r->total)
        str_addf(s, "%s left, ", r->left < 1 ? "under 1 s" : text_seconds(num, r->left));
    add_running_trials(s, r);
    if (r->images_per_second > 0)
        str_addf(s, ", %s images/s", text_count(num, r->images_per_second));
    if (*r->best)
        str_addf(s, ", best %s", r->best);
}

static void erase_line(struct progress *p)
{
    if (p->drawn)
        fputs("\r\033[K", stderr);
    p->drawn = 0;
}

static void draw_line(struct progress *p, const struct run_progress *r)
{
    struct str line = {0};
    char count[64];
    int width = terminal_width() - 1;
    int n = snprintf(count, sizeof count, "%llu/%llu", (unsigned long long)r->done, (unsigned long long)r->total);
    add_details(&line, r);
    const char *text = line.p ? line.p : "";
    erase_line(p);
    fprintf(stderr, "%s%s%s", p->color ? "\033[1;36m" : "", count, p->color ? "\033[0m" : "");
    if (width > n + 1)
        fprintf(stderr, " %.*s", (int)text_fit(text, width - n - 1), text);
    fflush(stderr);
    p->drawn = 1;
    str_release(&line);
}

/* Prints "[3/54 0:01:23] ": how many are done, and when. */
static void print_stamp(const struct run_progress *r)
{
    unsigned long long s = (unsigned long long)r->elapsed;
    fprintf(stderr, "[%llu/%llu %llu:%02llu:%02llu] ", (unsigned long long)r->done, (unsigned long long)r->total,
            s / 3600, s / 60 % 60, s % 60);
}

static void print_event(const struct progress *p, const struct run_progress *r)
{
    int red = p->color && r->important;
    print_stamp(r);
    fprintf(stderr, "%s%s%s\n", red ? "\033[31m" : "", r->event, red ? "\033[0m" : "");
}

static void tell_terminal(struct progress *p, const struct run_progress *r, double now)
{
    if (r->event && (r->important || p->verbose)) {
        erase_line(p);
        print_event(p, r);
    } else if (now - p->last < REWRITE && r->done < r->total)
        return;
    p->last = now;
    draw_line(p, r);
}

static void tell_plain(struct progress *p, const struct run_progress *r, double now)
{
    double since = now - p->last;
    if (r->event && (r->important || p->verbose || since >= EVENTS || r->done == r->total)) {
        print_event(p, r);
    } else if (since >= SILENCE || (p->verbose && since >= EVENTS)) {
        struct str line = {0};
        add_details(&line, r);
        print_stamp(r);
        fprintf(stderr, "%s\n", line.p ? line.p : "");
        str_release(&line);
    } else
        return;
    p->last = now;
}

void progress_tell(void *ctx, const struct run_progress *r)
{
    struct progress *p = ctx;
    if (p->quiet && !(r->event && r->important))
        return;
    if (p->tty && !p->quiet)
        tell_terminal(p, r, clock_wall());
    else
        tell_plain(p, r, clock_wall());
}

void progress_end(struct progress *p)
{
    erase_line(p);
    fflush(stderr);
}
