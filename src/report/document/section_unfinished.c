/* section_unfinished.c - trials without a result: how many, and why. */
#include "report/document/sections.h"

#include <string.h>

#define REASONS 20 /* rows */

/* Adds a section on the trials with this status, those with equal reasons in one row; nothing when there are none. */
static int add_unfinished(const struct report_source *source, const char *status, const char *title,
                          struct document *doc, struct err *e)
{
    const struct plot_data *d = &source->data;
    size_t reasons = 0, left = 0;
    int col = table_column(&d->trials, "status"), error = table_column(&d->trials, "error");
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
        size_t n = mark_alike(d, (int[]){col, error}, 2, r, done);
        if (reasons++ >= REASONS) {
            left += n;
            continue;
        }
        const char *why = view_cell(&d->v, r, error);
        doc_cell(doc, "%zu", n);
        doc_cell(doc, "%s", *why ? why : "-");
        add_trials_alike(d, (int[]){col, error}, 2, r, n, doc);
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
