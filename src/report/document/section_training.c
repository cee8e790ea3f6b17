/* section_training.c - what was trained: settings, the best point's network, program and machine. */
#include "report/document/sections.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

#define SETTING "set." /* of NAME.about.csv: "set.train.lr" is what every point has and no default says */

static void add_set_values(const struct plot_data *d, struct document *doc)
{
    int any = 0;
    for (size_t r = 0; r < d->about.rows; r++) {
        const char *key = table_cell(&d->about, r, "key");
        if (strncmp(key, SETTING, strlen(SETTING)) != 0)
            continue;
        if (!any++) {
            doc_paragraph(doc, "Settings that are not defaults:");
            doc_table(doc, (const char *const[]){"setting", "value"}, 2);
        }
        doc_cell(doc, "%s", key + strlen(SETTING));
        doc_cell(doc, "%s", table_cell(&d->about, r, "value"));
    }
}

/* The columns of NAME.layers.csv that are shown, and what stands above them. */
static const char *const shown[] = {"block", "text", "output", "params", "macs", "receptive_field"},
                         *const shown_as[] = {"block", "layer", "output", "params", "MACs", "receptive field"};
#define SHOWN (sizeof shown / sizeof *shown)

static int add_layers(const struct report_source *source, const char *best, struct document *doc, struct err *e)
{
    struct table t;
    char path[4096];
    int any = 0;
    table_init(&t);
    report_path(path, sizeof path, source->out, source->data.name, ".layers.csv");
    int bad = file_exists(path) && table_read(&t, path, e);
    for (size_t r = 0; r < t.rows && !bad; r++) {
        if (strcmp(table_cell(&t, r, "point"), best) != 0)
            continue;
        if (!any++) {
            doc_paragraph(doc, "Layers of the best point:");
            doc_table(doc, shown_as, SHOWN);
        }
        for (size_t c = 0; c < SHOWN; c++)
            doc_cell(doc, "%s", table_cell(&t, r, shown[c]));
    }
    table_release(&t);
    return bad ? -1 : 0;
}

/* Adds the lines "key: value" of results/NAME/environment.txt: what trained it, when and where. */
static int add_environment(const struct report_source *source, struct document *doc, struct err *e)
{
    char path[4096];
    size_t n;
    int any = 0;
    report_path(path, sizeof path, source->out, source->data.name, "/environment.txt");
    if (!file_exists(path))
        return 0;
    char *text = file_read(path, &n, e);
    if (!text)
        return -1;
    for (char *line = text, *next; *line; line = next) {
        next = line + strcspn(line, "\n");
        next += *next ? (*next = 0, 1) : 0;
        char *colon = strstr(line, ": ");
        if (!colon)
            continue;
        *colon = 0;
        if (!any++) {
            doc_paragraph(doc, "The program and its machine, of the last call:");
            doc_table(doc, (const char *const[]){"", ""}, 2);
        }
        doc_cell(doc, "%s", line);
        doc_cell(doc, "%s", colon + 2);
    }
    free(text);
    return 0;
}

static int add_training(const struct report_source *source, struct document *doc, struct err *e)
{
    const struct plot_data *d = &source->data;
    doc_heading(doc, 2, "What was trained");
    add_set_values(d, doc);
    return add_layers(source, point_fact(d, d->v.order[0], "point"), doc, e) || add_environment(source, doc, e) ? -1
                                                                                                                : 0;
}

const struct report_section section_training = {
    {"training", "settings that are not defaults, layers of the best point, program and machine"}, 1, add_training};
