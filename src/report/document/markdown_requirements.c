/* markdown_requirements.c - writes the section on [require]: what the best point and the others meet. */
#include "report/document/markdown.h"

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

/* Writes the condition; where it compares a share of samples with a fraction, also as the percent in which the report
 * gives such shares: "test_accuracy >= 0.994 (99.4 %)". */
static void put_condition(const struct plot_data *d, struct str *s, const char *text)
{
    size_t name = strcspn(text, " <>=!"), gap = name + strspn(text + name, " <>=!");
    char column[64];
    double v;
    snprintf(column, sizeof column, "%.*s", (int)(name < sizeof column ? name : 0), text);
    const struct report_metric *m = table_metric(&d->trials, column);
    md_text(s, text);
    if (m && m->percent && gap > name && !strchr(text, '%') && !str_to_double(text + gap, &v))
        str_addf(s, " (%.6g %%)", 100 * v);
}

static void put_requirement(const struct plot_data *d, struct str *s, const char *text, const char *verdict, double met,
                            double of, const char *what)
{
    str_add(s, "| ");
    put_condition(d, s, text);
    str_addf(s, " | %s | ", verdict);
    if (of > 0)
        str_addf(s, "%.0f of %.0f %s |\n", met, of, what);
    else
        str_add(s, "- |\n");
}

/* Writes a condition on the network: such conditions decide before training what is trained at all, so that the best
 * point meets every one. */
static void put_model_requirement(const struct plot_data *d, size_t i, const char *text, struct str *s)
{
    char key[48];
    double broken = 0, of = 0;
    snprintf(key, sizeof key, "model.%zu.broken", i);
    if (parse_met(plot_about(d, key), &broken, &of))
        of = 0;
    put_requirement(d, s, text, of > broken ? "**pass**" : "not known", of - broken, of, "points");
}

static void put_result_requirement(const struct plot_data *d, size_t i, const char *text, struct str *s)
{
    char key[48];
    double met = 0, of = 0;
    snprintf(key, sizeof key, "require.%zu.met", i);
    if (parse_met(plot_about(d, key), &met, &of))
        of = 0;
    snprintf(key, sizeof key, "require.%zu.best", i);
    const char *best = plot_about(d, key);
    put_requirement(d, s, text,
                    !*best                 ? "not known"
                    : !strcmp(best, "yes") ? "**pass**"
                                           : "**FAIL**",
                    met, of, "complete trials");
}

void md_requirements(const struct plot_data *d, struct str *s)
{
    static const struct {
        const char *key;
        void (*put)(const struct plot_data *d, size_t i, const char *text, struct str *s);
    } kind[] = {{"model", put_model_requirement}, {"require", put_result_requirement}};
    if (!*plot_about(d, "model.1") && !*plot_about(d, "require.1"))
        return;
    str_add(s, "## Requirements\n\n| requirement | best point | met by |\n| --- | --- | --- |\n");
    for (size_t k = 0; k < sizeof kind / sizeof *kind; k++)
        for (size_t i = 1;; i++) {
            char key[48];
            snprintf(key, sizeof key, "%s.%zu", kind[k].key, i);
            const char *text = plot_about(d, key);
            if (!*text)
                break;
            kind[k].put(d, i, text, s);
        }
    str_add(s, "\n");
}
