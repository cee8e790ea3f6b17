/* markdown_trials.c - writes the section on trials without a result: how many, and why. */
#include "report/document/markdown.h"

#include <math.h>
#include <string.h>

void md_text(struct str *s, const char *text)
{
    for (; *text; text++) {
        int bare = text[1] == ' ' || (*text == '<' && text[1] == '=');
        if (strchr("\\`*[]|$~", *text))
            str_addf(s, "\\%c", *text);
        else if ((*text == '<' || *text == '&') && !bare)
            str_add(s, *text == '<' ? "&lt;" : "&amp;");
        else if ((unsigned char)*text < ' ' || *text == 127)
            str_add(s, " ");
        else
            str_addn(s, text, 1);
    }
}

void md_value(struct str *s, const struct plot_data *d, const char *column, double x)
{
    char label[96];
    double unit = metric_label(&d->trials, column, label, sizeof label);
    if (isnan(x))
        str_add(s, "-");
    else if (unit > 1)
        str_addf(s, "%.2f %%", unit * x);
    else
        str_addf(s, "%.4g", x);
}

size_t md_count(const struct plot_data *d, const char *status)
{
    size_t n = 0;
    int col = table_column(&d->trials, "status"), same_as = table_column(&d->trials, "same_as");
    for (size_t r = 0; r < d->trials.rows; r++)
        n += !strcmp(view_cell(&d->v, r, col), status) && !*view_cell(&d->v, r, same_as);
    return n;
}

#define REASONS 20 /* rows */
#define NAMED 8    /* trials of a reason */

/* Writes a trial with its point: "4 (point 2: k=16)". */
static void put_trial(const struct plot_data *d, size_t r, struct str *s)
{
    struct str who = {0};
    md_text(s, table_cell(&d->trials, r, "trial"));
    str_add(s, " (point ");
    md_text(s, table_cell(&d->trials, r, "point"));
    view_point_text(&d->v, d->v.point[r], 0, &who);
    if (d->v.naxes && who.p) {
        str_add(s, ": ");
        md_text(s, who.p);
    }
    s->failed |= who.failed;
    str_release(&who);
    str_add(s, ")");
}

/* Writes the trials from row r on that have the status and the reason of row r; marks them in `done`. */
static void put_reason(const struct plot_data *d, size_t r, char *done, struct str *s)
{
    int status = table_column(&d->trials, "status"), error = table_column(&d->trials, "error");
    const char *why = view_cell(&d->v, r, error);
    struct str named = {0};
    size_t n = 0;
    for (size_t k = r; k < d->trials.rows; k++) {
        if (strcmp(view_cell(&d->v, k, status), view_cell(&d->v, r, status)) || strcmp(view_cell(&d->v, k, error), why))
            continue;
        done[k] = 1;
        if (n++ < NAMED) {
            str_add(&named, n > 1 ? ", " : "");
            put_trial(d, k, &named);
        }
    }
    str_addf(s, "| %zu | ", n);
    md_text(s, *why ? why : "-");
    str_addf(s, " | %s", named.p ? named.p : "");
    if (n > NAMED)
        str_addf(s, ", and %zu more", n - NAMED);
    str_add(s, " |\n");
    s->failed |= named.failed;
    str_release(&named);
}

void md_unfinished(const struct plot_data *d, const char *status, const char *title, char *done, struct str *s)
{
    size_t reasons = 0, left = 0;
    int col = table_column(&d->trials, "status");
    if (!md_count(d, status))
        return;
    str_addf(s, "## %s\n\n| count | reason | trials |\n| --- | --- | --- |\n", title);
    for (size_t r = 0; r < d->trials.rows; r++) {
        if (done[r] || strcmp(view_cell(&d->v, r, col), status))
            continue;
        if (reasons < REASONS) {
            put_reason(d, r, done, s);
            reasons++;
        } else {
            left++;
        }
    }
    if (left)
        str_addf(s, "\n... and %zu more with other reasons.\n", left);
    str_add(s, "\n");
}
