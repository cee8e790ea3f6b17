/* section_warnings.c - trials that early warning told of: by which rule, how many, and after which epoch. */
#include "report/document/sections.h"

#include <string.h>

/* Adds the trials from row r on that have its warning; marks them in `done`. */
static void add_warning(const struct plot_data *d, int warning, size_t r, char *done, struct document *doc)
{
    int at = table_column(&d->trials, "warned_at");
    const char *name = view_cell(&d->v, r, warning);
    double first = table_number(&d->trials, r, at), last = first;
    size_t n = mark_alike(d, &warning, 1, r, done);
    for (size_t k = r + 1; k < d->trials.rows; k++) {
        double epoch = table_number(&d->trials, k, at);
        if (strcmp(view_cell(&d->v, k, warning), name))
            continue;
        first = epoch < first ? epoch : first;
        last = epoch > last ? epoch : last;
    }
    doc_cell(doc, "%zu", n);
    doc_cell(doc, "%s", name);
    if (first < last)
        doc_cell(doc, "%.0f to %.0f", first, last);
    else
        doc_cell(doc, "%.0f", first);
    add_trials_alike(d, &warning, 1, r, n, doc);
}

static int add_warnings(const struct report_source *source, struct document *doc, struct err *e)
{
    const struct plot_data *d = &source->data;
    int warning = table_column(&d->trials, "warning"), any = 0;
    char *done = arena_take(&doc->mem, d->trials.rows + 1);
    if (!done)
        return err_set(e, ERR_NOMEM, "no memory for the warnings");
    for (size_t r = 0; warning >= 0 && r < d->trials.rows; r++) {
        if (done[r] || !*view_cell(&d->v, r, warning))
            continue;
        if (!any++) {
            doc_heading(doc, 2, "Warnings");
            doc_paragraph(doc, "Trainings that went wrong by a written rule (sweep list warnings), and the epoch after "
                               "which that was seen.");
            doc_table(doc, (const char *const[]){"count", "warning", "after epoch", "trials"}, 4);
        }
        add_warning(d, warning, r, done, doc);
    }
    return 0;
}

const struct report_section section_warnings = {
    {"warnings", "trials that early warning told of, and when"}, 0, add_warnings};
