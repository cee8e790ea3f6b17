/* section_title.c - the name of the sweep, its data and its objective. */
#include "report/document/sections.h"

static int add_title(const struct report_source *source, struct document *doc, struct err *e)
{
    static const char *const part[][2] = {{"train", "training"},
                                          {"validation", "validation"},
                                          {"test", "test samples"},
                                          {"classes", "classes"},
                                          {"vocabulary", "tokens in its vocabulary"}};
    const struct plot_data *d = &source->data;
    const char *gap = "";
    (void)e;
    doc_heading(doc, 1, "%s", d->name);
    doc_paragraph_begin(doc);
    if (*plot_about(d, "dataset")) {
        doc_text(doc, "Dataset %s", plot_about(d, "dataset"));
        gap = ": ";
    }
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        if (!*plot_about(d, part[i][0]))
            continue;
        doc_text(doc, "%s%s %s", gap, plot_about(d, part[i][0]), part[i][1]);
        gap = ", ";
    }
    doc_text(doc, "%sobjective: %s.", *gap ? "; " : "", d->objective);
    const char *warning = report_objective_warning(d->objective);
    if (warning) {
        doc_paragraph_begin(doc);
        doc_strong(doc, "Warning:");
        doc_text(doc, " %s.", warning);
    }
    return 0;
}

const struct report_section section_title = {
    {"title", "name of the sweep, sizes of its data, its objective"}, 0, add_title};
