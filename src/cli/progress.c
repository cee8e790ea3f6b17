#include "cli/progress.h"

#include "base/clock.h"
#include "base/str.h"
#include "cli/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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

/* 80 where it is not known. How many are done is told whole in any case. */
static int terminal_width(void)
{
    struct winsize w;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) || !w.ws_col)
        return 80;
    return w.ws_col > NARROWEST ? w.ws_col : NARROWEST;
}

/* Everything but how many are done: "2 running, 1 failed, 12.3 k images/s, 1 min 20 s left, best ..." */
static void details(struct str *s, const struct run_progress *r)
{
    char num[TEXT_NUM];
    str_addf(s, "%llu running", (unsigned long long)r->running);
    if (r->failed)
        str_addf(s, ", %llu failed", (unsigned long long)r->failed);
    if (r->pruned)
        str_addf(s, ", %llu pruned", (unsigned long long)r->pruned);
    if (r->images_per_second > 0)
        str_addf(s, ", %s images/s", text_count(num, r->images_per_second));
    if (r->left >= 0 && r->done < r->total)
        str_addf(s, ", %s left", text_seconds(num, r->left));
    if (r->best && *r->best)
        str_addf(s, ", best %s", r->best);
}

static void erase(struct progress *p)
{
    if (p->drawn)
        fputs("\r\033[K", stderr);
    p->drawn = 0;
}

static void draw(struct progress *p, const struct run_progress *r)
{
    struct str line = {0};
    char count[64];
    int width = terminal_width() - 1;
    int n = snprintf(count, sizeof count, "%llu/%llu", (unsigned long long)r->done, (unsigned long long)r->total);
    details(&line, r);
    erase(p);
    fprintf(stderr, "%s%s%s", p->color ? "\033[1;36m" : "", count, p->color ? "\033[0m" : "");
    if (width > n + 1)
        fprintf(stderr, " %.*s", width - n - 1, line.p ? line.p : "");
    fflush(stderr);
    p->drawn = 1;
    str_release(&line);
}

static void event(const struct progress *p, const struct run_progress *r)
{
    int red = p->color && r->important;
    fprintf(stderr, "[%llu/%llu] %s%s%s\n", (unsigned long long)r->done, (unsigned long long)r->total,
            red ? "\033[31m" : "", r->event, red ? "\033[0m" : "");
}

static void tell_terminal(struct progress *p, const struct run_progress *r, double now)
{
    if (r->event && (r->important || p->verbose)) {
        erase(p);
        event(p, r);
    } else if (now - p->last < REWRITE && r->done < r->total)
        return;
    p->last = now;
    draw(p, r);
}

static void tell_plain(struct progress *p, const struct run_progress *r, double now)
{
    double since = now - p->last;
    if (r->event && (r->important || p->verbose || since >= EVENTS || r->done == r->total)) {
        event(p, r);
    } else if (since >= SILENCE || (p->verbose && since >= EVENTS)) {
        struct str line = {0};
        details(&line, r);
        fprintf(stderr, "[%llu/%llu] %s\n", (unsigned long long)r->done, (unsigned long long)r->total,
                line.p ? line.p : "");
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
    erase(p);
    fflush(stderr);
}
