/* data_get.c - fetches public datasets, and says how far it is. */
#include "cli/command.h"

#include "base/str.h"
#include "cli/console/text.h"
#include "data/fetch/fetch.h"
#include "data/locate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fetch_console {
    int quiet;
    int tty;   /* stderr is a terminal: one line is rewritten */
    int drawn; /* it stands there */
};

static void wipe_line(struct fetch_console *c)
{
    if (c->drawn)
        fputs("\r\033[K", stderr);
    c->drawn = 0;
}

static void draw_progress(void *ctx, const struct fetch_progress *p)
{
    struct fetch_console *c = ctx;
    char got[TEXT_NUM], all[TEXT_NUM], rate[TEXT_NUM], left[TEXT_NUM];
    if (!c->tty || c->quiet)
        return;
    wipe_line(c);
    fprintf(stderr, "%s: %s of %s, %s/s, %s left", p->file, text_bytes(got, (double)p->got),
            text_bytes(all, (double)p->bytes), text_bytes(rate, p->rate),
            text_seconds(left, p->rate > 0 ? (double)(p->bytes - p->got) / p->rate : -1));
    c->drawn = 1;
}

static void print_fetch_line(void *ctx, const char *line)
{
    struct fetch_console *c = ctx;
    wipe_line(c);
    if (!c->quiet)
        fprintf(stderr, "%s\n", line);
}

static const char *fetched_name(size_t i, const void *ctx)
{
    (void)ctx;
    return fetch_set_at(i) ? fetch_set_at(i)->name : NULL;
}

/* Checks all names before anything is fetched. */
static int check_set_names(const struct invocation *in, struct err *e)
{
    for (size_t k = 0; k < in->nargs; k++) {
        struct str all = {0};
        if (fetch_set_named(in->arg[k]))
            continue;
        for (size_t i = 0; fetch_set_at(i); i++)
            str_addf(&all, "%s%s", i ? ", " : "", fetch_set_at(i)->name);
        const char *near = str_nearest(in->arg[k], fetched_name, NULL);
        err_set(e, ERR_USAGE, "'%s' is no dataset that can be fetched%s%s%s; there are %s", in->arg[k],
                near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "", all.p ? all.p : "");
        str_release(&all);
        return -1;
    }
    return 0;
}

int data_get(const struct invocation *in)
{
    struct fetch_console c = {.quiet = in->opt.quiet, .tty = isatty(STDERR_FILENO)};
    struct fetch_how how = {getenv("SWEEP_MIRROR"), in->opt.patience, draw_progress, print_fetch_line, &c};
    char root[DATA_PATH];
    struct err e = {0};
    if (check_set_names(in, &e))
        return fail(&e);
    if (in->opt.to ? snprintf(root, sizeof root, "%s", in->opt.to) >= (int)sizeof root
                   : fetch_root(root, sizeof root, &e) != 0)
        return e.code ? fail(&e) : fail_usage("--to: the path is too long");
    for (size_t k = 0; k < in->nargs; k++) {
        const struct fetch_set *set = fetch_set_named(in->arg[k]);
        printf("%s: licence: %s\n", set->name, set->licence);
        fflush(stdout);
        int bad = fetch_get(set, root, &how, &e);
        wipe_line(&c);
        if (bad)
            return fail(&e);
        printf("%s: is in %s\n", set->name, root);
    }
    return STATUS_DONE;
}
