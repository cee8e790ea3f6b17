/* section_pictures.c - the pictures of plots/NAME that are there. */
#include "report/document/sections.h"

#include "base/file.h"

#include <stdio.h>
#include <string.h>

static int add_pictures(const struct report_source *source, struct document *doc, struct err *e)
{
    const char *out = source->out;
    int here = !out || !*out || !strcmp(out, ".");
    const struct plot_type *p;
    (void)e;
    doc_heading(doc, 2, "Pictures");
    for (size_t i = 0; source->pictures && (p = report_plot_type(i)); i++) {
        char link[512], file[4400], png[4410];
        snprintf(link, sizeof link, "plots/%s/%s", source->data.name, p->name);
        snprintf(file, sizeof file, "%s%s%s", here ? "" : out, here ? "" : "/", link);
        snprintf(png, sizeof png, "%s.png", file);
        if (file_exists(png))
            doc_picture(doc, link, file, p->help);
    }
    return 0;
}

const struct report_section section_pictures = {
    {"pictures", "those of plots/NAME, unless --no-plots leaves them out"}, 0, add_pictures};
