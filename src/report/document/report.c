/* report.c - the sections of a report and the formats that it is written in. */
#include "report/document/sections.h"

#include "base/file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* In the order of the report; each is a file section_NAME.c that ends in its row. */
// clang-format off
#define SECTIONS(X) \
    X(title) X(summary) X(findings) X(network) X(requirements) X(training) X(effects) X(ranking) X(epochs) X(warnings) \
    X(failed) X(skipped) X(pictures)
// clang-format on
#define DECLARE(name) extern const struct report_section section_##name;
#define ROW(name) &section_##name,
SECTIONS(DECLARE)
static const struct report_section *const sections[] = {SECTIONS(ROW)};
#define NSECTIONS (sizeof sections / sizeof *sections)

static const struct doc_writer *const writers[] = {&writer_html, &writer_markdown};
#define WRITERS (sizeof writers / sizeof *writers)

const struct report_word *report_section_word(size_t i)
{
    return i < NSECTIONS ? &sections[i]->word : NULL;
}

const struct report_word *report_format(size_t i)
{
    return i < WRITERS ? &writers[i]->word : NULL;
}

static const struct doc_writer *writer_named(const char *format)
{
    size_t i = 0;
    while (i < WRITERS && strcmp(writers[i]->word.name, format))
        i++;
    return i < WRITERS ? writers[i] : NULL;
}

/* Compares the points with the best one. 0, or -1 without memory. */
static int prepare_source(struct report_source *source)
{
    struct plot_data *d = &source->data;
    struct range_cache cache = {0};
    source->has_best = d->v.npoints && !isnan(d->v.mean[d->v.order[0]]);
    source->values = arena_take(&d->mem, (d->trials.rows + 1) * sizeof *source->values);
    source->diff = arena_take(&d->mem, (d->v.npoints + 1) * sizeof *source->diff);
    return !source->values || !source->diff || compare_with_best(&d->v, source->diff, &cache, &d->mem) ? -1 : 0;
}

static int add_sections(const struct report_source *source, struct document *doc, struct err *e)
{
    for (size_t i = 0; i < NSECTIONS; i++)
        if ((source->has_best || !sections[i]->of_best) && sections[i]->add(source, doc, e))
            return -1;
    return doc->failed ? -1 : 0;
}

int report_text(const char *out, const char *name, const char *format, int pictures, struct str *text, struct err *e)
{
    struct report_source source = {.out = out, .pictures = pictures};
    struct document doc;
    const struct doc_writer *writer = writer_named(format);
    if (!writer)
        return err_set(e, ERR_USAGE, "no report is written as '%.40s'", format);
    doc_init(&doc);
    int bad = plot_data_init(&source.data, out, name, e) || report_refuse_bench(&source.data.trials, name, e);
    if (!bad &&
        (prepare_source(&source) || add_sections(&source, &doc, e) || writer->write(&doc, text, e) || text->failed))
        bad = e->code ? -1 : err_set(e, ERR_NOMEM, "no memory for the report of %s", name);
    doc_release(&doc);
    plot_data_release(&source.data);
    return bad ? -1 : 0;
}

/* The texts of the paragraphs, a line each. */
static void append_paragraphs(const struct document *doc, struct str *text)
{
    for (const struct doc_block *b = doc->first; b; b = b->next) {
        if (b->kind != DOC_PARAGRAPH)
            continue;
        for (const struct doc_span *span = &b->first->first; span; span = span->next)
            str_add(text, span->text ? span->text : "");
        str_add(text, "\n");
    }
}

int report_findings(const char *out, const char *name, struct str *text, struct err *e)
{
    struct report_source source = {.out = out};
    struct document doc;
    doc_init(&doc);
    int bad = plot_data_init(&source.data, out, name, e) || report_refuse_bench(&source.data.trials, name, e) ||
              prepare_source(&source) || (source.has_best && section_findings.add(&source, &doc, e)) || doc.failed;
    if (!bad)
        append_paragraphs(&doc, text);
    if ((bad || text->failed) && !e->code)
        err_set(e, ERR_NOMEM, "no memory for the findings of %s", name);
    doc_release(&doc);
    plot_data_release(&source.data);
    return e->code ? -1 : 0;
}

int report_page(const char *out, const char *name, int pictures, char *path, size_t n, struct err *e)
{
    struct str text = {0};
    int bad = report_text(out, name, "html", pictures, &text, e) ||
              file_mkdirs(report_path(path, n, out, name, ""), e) ||
              file_publish(report_path(path, n, out, name, "/report.html"), text.p, text.n, 1, e);
    str_release(&text);
    return bad ? -1 : 0;
}
