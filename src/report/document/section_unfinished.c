/* section_unfinished.c - trials without a result: how many, and why. */
#include "report/document/sections.h"

#include <string.h>

#define REASONS 20 /* rows */
#define NAMED 8    /* trials of a reason */

/* Adds a trial with its point: "4 (point 2: k=16)". */
static void add_trial_name(const struct plot_data *d, size_t r, struct document *doc)
{
    struct str who = {0};
    view_point_text(&d->v, d->v.point[r], 0, &who);
    doc_text(doc, "%s (point %s", table_cell(&d->trials, r, "trial"), table_cell(&d->trials, r, "point"));
    if (d->v.naxes && who.p)
        doc_text(doc, ": %s", who.p);
    doc_text(doc, ")");
    doc->failed |= who.failed;
    str_release(&who);
}

/* Adds the trials from row r on that have the status and the reason of row r; marks them in `done`. */
static void add_reason(const struct plot_data *d, size_t r, char *done, struct document *doc)
{
    int status = table_column(&d->trials, "status"), error = table_column(&d->trials, "error");
    const char *what = view_cell(&d->v, r, status), *why = view_cell(&d->v, r, error);
    size_t n = 0, named = 0;
    for (size_t k = r; k < d->trials.rows; k++)
        if (!strcmp(view_cell(&d->v, k, status), what) && !strcmp(view_cell(&d->v, k, error), why)) {
            done[k] = 1;
            n++;
        }
    doc_cell(doc, "%zu", n);
    doc_cell(doc, "%s", *why ? why : "-");
    doc_cell_begin(doc);
    for (size_t k = r; k < d->trials.rows && named < NAMED; k++) {
        if (strcmp(view_cell(&d->v, k, status), what) || strcmp(view_cell(&d->v, k, error), why))
            continue;
        doc_text(doc, "%s", named++ ? ", " : "");
        add_trial_name(d, k, doc);
    }
    if (n > NAMED)
        doc_text(doc, ", and %zu more", n - NAMED);
}

/* Adds a section on the trials with this status, those with equal reasons in one row; nothing when there are none. */
static int add_unfinished(const struct report_source *source, const char *status, const char *title,
                          struct document *doc, struct err *e)
{
    const struct plot_data *d = &source->data;
    size_t reasons = 0, left = 0;
    int col = table_column(&d->trials, "status");
    char *done = arena_take(&doc->mem, d->trials.rows + 1);
    if (!done)
        return err_set(e, ERR_NOMEM, "no memory for the trials that are %s", status);
    if (!count_trials(d, status))
        return 0;
    doc_heading(doc, 2, "%s", title);
    doc_table(doc, (const char *const[]){"count", "reason", "trials"}, 3);
    for (size_t r = 0; r < d->trials.rows; r++) {
        if (done[r] || strcmp(view_cell(&d->v, r, col), status))
            continue;
        if (reasons++ < REASONS)
            add_reason(d, r, done, doc);
        else
            left++;
    }
    if (left)
        doc_paragraph(doc, "... and %zu more with other reasons.", left);
    return 0;
}

static int add_failed(const struct report_source *source, struct document *doc, struct err *e)
{
    return add_unfinished(source, "failed", "Failed trials", doc, e);
}

static int add_skipped(const struct report_source *source, struct document *doc, struct err *e)
{
    return add_unfinished(source, "skipped", "Skipped points", doc, e);
}

const struct report_section section_failed = {{"failed", "trials that failed, and why"}, 0, add_failed};
const struct report_section section_skipped = {{"skipped", "points that were not trained, and why"}, 0, add_skipped};
