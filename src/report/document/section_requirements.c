/* section_requirements.c - what the best point and the others meet of [require]. */
#include "report/document/sections.h"

#include <stdio.h>
#include <string.h>

static int parse_met(const char *text, double *met, double *of)
{
    char buf[64];
    const char *slash = strchr(text, '/');
    if (!slash || (size_t)(slash - text) >= sizeof buf)
        return -1;
    snprintf(buf, sizeof buf, "%.*s", (int)(slash - text), text);
    return str_to_double(buf, met) || str_to_double(slash + 1, of) ? -1 : 0;
}

/* Adds the condition; where it compares a share of samples with a fraction, also as the percent in which the report
 * gives such shares: "test_accuracy >= 0.994 (99.4 %)". */
static void add_condition(const struct plot_data *d, const char *text, struct document *doc)
{
    size_t name = strcspn(text, " <>=!"), gap = name + strspn(text + name, " <>=!");
    char column[64];
    double v;
    snprintf(column, sizeof column, "%.*s", (int)(name < sizeof column ? name : 0), text);
    const struct report_metric *m = table_metric(&d->trials, column);
    doc_cell(doc, "%s", text);
    if (m && m->percent && gap > name && !strchr(text, '%') && !str_to_double(text + gap, &v))
        doc_text(doc, " (%.6g %%)", 100 * v);
}

/* pass: 1, 0, or -1 where it is not known. */
static void add_requirement(const struct plot_data *d, const char *text, int pass, const double met[2],
                            const char *what, struct document *doc)
{
    add_condition(d, text, doc);
    doc_cell(doc, "%s", pass < 0 ? "not known" : "");
    if (pass >= 0)
        doc_strong(doc, pass ? "pass" : "FAIL");
    if (met[1] > 0)
        doc_cell(doc, "%.0f of %.0f %s", met[0], met[1], what);
    else
        doc_cell(doc, "-");
}

/* Adds a condition on the network: such conditions decide before training what is trained at all, so that the best
 * point meets every one. */
static void add_model_requirement(const struct plot_data *d, size_t i, const char *text, struct document *doc)
{
    char key[48];
    double broken = 0, of = 0;
    snprintf(key, sizeof key, "model.%zu.broken", i);
    if (parse_met(plot_about(d, key), &broken, &of))
        of = 0;
    add_requirement(d, text, of > broken ? 1 : -1, (const double[]){of - broken, of}, "points", doc);
}

static void add_result_requirement(const struct plot_data *d, size_t i, const char *text, struct document *doc)
{
    char key[48];
    double met = 0, of = 0;
    snprintf(key, sizeof key, "require.%zu.met", i);
    if (parse_met(plot_about(d, key), &met, &of))
        of = 0;
    snprintf(key, sizeof key, "require.%zu.best", i);
    const char *best = plot_about(d, key);
    add_requirement(d, text, *best ? !strcmp(best, "yes") : -1, (const double[]){met, of}, "complete trials", doc);
}

static int add_requirements(const struct report_source *source, struct document *doc, struct err *e)
{
    static const struct {
        const char *key;
        void (*add)(const struct plot_data *d, size_t i, const char *text, struct document *doc);
    } kind[] = {{"model", add_model_requirement}, {"require", add_result_requirement}};
    const struct plot_data *d = &source->data;
    (void)e;
    if (!*plot_about(d, "model.1") && !*plot_about(d, "require.1"))
        return 0;
    doc_heading(doc, 2, "Requirements");
    doc_table(doc, (const char *const[]){"requirement", "best point", "met by"}, 3);
    for (size_t k = 0; k < sizeof kind / sizeof *kind; k++)
        for (size_t i = 1;; i++) {
            char key[48];
            snprintf(key, sizeof key, "%s.%zu", kind[k].key, i);
            const char *text = plot_about(d, key);
            if (!*text)
                break;
            kind[k].add(d, i, text, doc);
        }
    return 0;
}

const struct report_section section_requirements = {
    {"requirements", "conditions of [require]: does the best point meet them, how many others do"},
    1,
    add_requirements};
