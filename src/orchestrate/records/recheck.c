/* recheck.c - compares the main table that stands in its file with the one that follows from the journal. */
#include "orchestrate/plan.h"
#include "orchestrate/pruning.h"
#include "orchestrate/records/records.h"
#include "orchestrate/records/trials.h"

#include <math.h>
#include <string.h>

#define TOLD 3 /* columns of a row */

/* Both tables, and the row of each. */
struct rechecking {
    struct run_recheck *r;
    struct table then; /* of the file */
    struct main_table now;
    int point[2], repeat[2]; /* columns of then and of now.t */
    int finished;
};

/* Where a row stands in the plan: whole numbers. A point that is skipped has no repeat. */
static double place_of_table_row(const struct rechecking *c, int now, size_t row)
{
    const struct table *t = now ? &c->now.t : &c->then;
    const double repeat = table_number(t, row, c->repeat[now]);
    return table_number(t, row, c->point[now]) + (isnan(repeat) ? 0 : repeat * 1e-6);
}

/* The row is of the table of the file, or of the one that is made now. */
static void tell_table_row(struct rechecking *c, int now, size_t row, const char *what)
{
    struct str line = {0};
    char buf[STR_NUM];
    const struct table *t = now ? &c->now.t : &c->then;
    str_addf(&line, "trial %s", table_text(t, row, table_column(t, "trial"), buf));
    str_addf(&line, " (point %s", table_text(t, row, c->point[now], buf));
    const char *repeat = table_text(t, row, c->repeat[now], buf);
    if (*repeat)
        str_addf(&line, ", repeat %s", repeat);
    str_addf(&line, "): %s", what);
    if (line.p && !line.failed)
        c->r->differs(c->r->ctx, line.p);
    c->r->different++;
    str_release(&line);
}

/* The journal has no end for the trial: of what the machine made fail there is none. */
static void tell_unknown(struct rechecking *c, size_t row)
{
    char text[160];
    const char *status = table_cell(&c->then, row, "status");
    if (!strcmp(status, "failed"))
        return;
    snprintf(text, sizeof text, "the table has it as %s, by the curves and decisions of the journal it is open",
             status);
    tell_table_row(c, 0, row, text);
}

/* Tells which columns of a row are others. */
static void compare_row(struct rechecking *c, size_t row, size_t at)
{
    struct str what = {0};
    size_t n = 0;
    for (size_t i = 0; i < c->then.cols; i++) {
        char buf[STR_NUM];
        const int col = table_column(&c->now.t, c->then.head[i]);
        const char *then = table_cell(&c->then, row, c->then.head[i]);
        const char *now = col < 0 ? then : table_text(&c->now.t, at, col, buf);
        if (!strcmp(then, now) || n++ >= TOLD)
            continue;
        str_addf(&what, "%s%s is '%.60s', by the journal '%.60s'", what.n ? ", " : "", c->then.head[i], then, now);
    }
    if (n > TOLD)
        str_addf(&what, ", and %zu further columns", n - TOLD);
    if (n)
        tell_table_row(c, 0, row, what.p ? what.p : "");
    str_release(&what);
}

/* Of a finished sweep: the file lacks a row. */
static void tell_lacking(struct rechecking *c, size_t at)
{
    char text[160], buf[STR_NUM];
    if (!c->finished)
        return;
    snprintf(text, sizeof text, "by the journal it is %s, and the table has no row of it",
             table_text(&c->now.t, at, table_column(&c->now.t, "status"), buf));
    c->r->rows++;
    tell_table_row(c, 1, at, text);
}

/* Both are in the order of the plan. */
static void compare_rows(struct rechecking *c)
{
    size_t at = 0;
    for (size_t row = 0; row < c->then.rows; row++) {
        const double place = place_of_table_row(c, 0, row);
        for (; at < c->now.t.rows && place_of_table_row(c, 1, at) < place; at++)
            tell_lacking(c, at);
        c->r->rows++;
        c->r->given_up += !strcmp(table_cell(&c->then, row, "status"), "pruned");
        if (at < c->now.t.rows && place_of_table_row(c, 1, at) == place)
            compare_row(c, row, at++);
        else
            tell_unknown(c, row);
    }
    for (; at < c->now.t.rows; at++)
        tell_lacking(c, at);
}

/* Of a finished sweep: the columns are known, too. */
static void compare_header(struct rechecking *c)
{
    char text[160];
    for (int now = 0; now < 2 && c->finished; now++) {
        const struct table *a = now ? &c->now.t : &c->then, *b = now ? &c->then : &c->now.t;
        for (size_t i = 0; i < a->cols; i++) {
            if (table_column(b, a->head[i]) >= 0)
                continue;
            snprintf(text, sizeof text, "the table %s the column %.80s", now ? "lacks" : "should not have", a->head[i]);
            c->r->differs(c->r->ctx, text);
            c->r->other_header = 1;
        }
    }
}

/* Every trial has its end in the journal, and none comes later. Where [stop] stagnation ends a sweep the journal may
 * have more than the table. */
static int is_finished(const struct sweep_run *run)
{
    for (size_t i = 0; i < run->plan->ntrials; i++)
        if (!pruning_is_final(run, i))
            return 0;
    return !run->plan->more && !run->spec->stop_stagnation;
}

int recheck_rows(struct sweep_run *run, struct run_recheck *r, struct err *e)
{
    struct rechecking c = {.r = r};
    char path[4200];
    r->rule = run->pruning ? run->pruning->type->name : "";
    table_init(&c.then);
    metrics_known(run);
    int bad = main_table_init(&c.now, run) ? err_set(e, ERR_NOMEM, "no memory for the main table") : 0;
    bad = bad || table_read(&c.then, run_path(run, ".csv", path, sizeof path), e);
    for (int now = 0; now < 2 && !bad; now++) {
        const struct table *t = now ? &c.now.t : &c.then;
        c.point[now] = table_column(t, "point");
        c.repeat[now] = table_column(t, "repeat");
    }
    c.finished = !bad && is_finished(run);
    if (!bad) {
        compare_header(&c);
        compare_rows(&c);
    }
    main_table_release(&c.now);
    table_release(&c.then);
    return bad ? -1 : 0;
}
