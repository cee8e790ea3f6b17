/* section_network.c - answers for the best point what the exercise asks of a network. */
#include "report/document/sections.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Adds the word for a head that the tables use, and what it means. */
static void add_head(const char *head, struct document *doc)
{
    static const struct {
        const char *word, *text;
    } heads[] = {{"gap", "global average pooling"}, {"gap+fc", "global average pooling, then fully connected"},
                 {"gmp", "global max pooling"},     {"gmp+fc", "global max pooling, then fully connected"},
                 {"fc", "fully connected"},         {"conv", "the last convolution"}};
    doc_cell(doc, "%s", head);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (!strcmp(head, heads[i].word))
            doc_text(doc, ": %s", heads[i].text);
}

static void add_test(const struct report_source *source, size_t p, struct document *doc)
{
    const struct plot_data *d = &source->data;
    const struct report_metric *best = table_main_metric(&d->trials, d->v.metric);
    const char *name = best ? best->name : "loss";
    char column[48];
    snprintf(column, sizeof column, "test_%s", name);
    struct stats test = column_stats(source, p, column);
    doc_cell(doc, "test %s, mean", name);
    doc_cell_begin(doc);
    add_value(doc, d, column, test.mean);
    if (test.n < 2)
        return;
    doc_cell(doc, "test %s, worst repeat", name);
    doc_cell_begin(doc);
    add_value(doc, d, column, best && !best->larger ? test.max : test.min);
}

static int add_network_facts(const struct report_source *source, struct document *doc, struct err *e)
{
    static const struct {
        const char *what, *column;
    } facts[] = {{"total parameters", "params"},         {"BatchNorm used", "uses_batchnorm"},
                 {"Dropout used", "uses_dropout"},       {"head (GAP or fully connected)", "head"},
                 {"receptive field", "receptive_field"}, {"multiply-adds an image", "macs"}};
    size_t p = source->data.v.order[0];
    struct stats epochs = column_stats(source, p, "epochs_run");
    (void)e;
    doc_heading(doc, 2, "The network");
    doc_table(doc, (const char *const[]){"", ""}, 2);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        const char *text = point_fact(&source->data, p, facts[i].column);
        doc_cell(doc, "%s", facts[i].what);
        if (!strcmp(facts[i].column, "head"))
            add_head(text, doc);
        else
            doc_cell(doc, "%s", text);
    }
    if (!isnan(epochs.max)) {
        doc_cell(doc, "epochs");
        doc_cell(doc, "%.0f", epochs.max);
    }
    add_test(source, p, doc);
    doc_paragraph(doc, "Receptive field: input pixels along the longest side that one value of the last maps sees, "
                       "before global pooling, flatten or dense. Means and intervals are over the repeats of the "
                       "point; intervals (Student's t) end where the metric does.");
    return 0;
}

const struct report_section section_network = {
    {"network", "of the best point: parameters, layers, head, receptive field, how it does on the test"},
    1,
    add_network_facts};
