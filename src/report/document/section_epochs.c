/* section_epochs.c - the log of the best point, epoch by epoch. */
#include "report/document/sections.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define EPOCHS 200 /* rows */

enum { LR, TRAIN, VAL, TRAIN_LOSS, VAL_LOSS, LOGGED };

/* The columns of NAME.epochs.csv that are shown, and their sums over the repeats. */
struct epoch_log {
    char column[LOGGED][48];
    const char *name; /* of the metric that is shown beside the loss */
    size_t last;      /* epoch with a value */
    int beyond;       /* there are more than EPOCHS */
    double sum[EPOCHS][LOGGED];
    uint32_t n[EPOCHS][LOGGED];
};

static void choose_log_columns(const struct plot_data *d, struct epoch_log *log)
{
    const struct report_metric *shown = table_main_metric(&d->epochs, d->v.metric);
    log->name = shown ? shown->name : "loss";
    snprintf(log->column[LR], sizeof *log->column, "lr");
    snprintf(log->column[TRAIN], sizeof *log->column, "train_%s", log->name);
    snprintf(log->column[VAL], sizeof *log->column, "val_%s", log->name);
    snprintf(log->column[TRAIN_LOSS], sizeof *log->column, "train_loss");
    snprintf(log->column[VAL_LOSS], sizeof *log->column, "val_loss");
}

static void sum_epochs(const struct plot_data *d, const char *best, struct epoch_log *log)
{
    const struct table *t = &d->epochs;
    int point = table_column(t, "point"), epoch = table_column(t, "epoch"), col[LOGGED];
    for (size_t m = 0; m < LOGGED; m++)
        col[m] = table_column(t, log->column[m]);
    for (size_t r = 0; r < t->rows && point >= 0; r++) {
        double number = table_number(t, r, epoch), x;
        if (!(number >= 1) || strcmp(t->cell[r * t->cols + (size_t)point], best))
            continue;
        log->beyond |= number > EPOCHS;
        for (size_t m = 0; number <= EPOCHS && m < LOGGED; m++)
            if (!isnan(x = table_number(t, r, col[m]))) {
                size_t at = (size_t)number - 1;
                log->sum[at][m] += x;
                log->n[at][m]++;
                log->last = at >= log->last ? at + 1 : log->last;
            }
    }
}

static void add_log(const struct plot_data *d, const struct epoch_log *log, struct document *doc)
{
    char head[2][64];
    snprintf(head[0], sizeof *head, "training %s", log->name);
    snprintf(head[1], sizeof *head, "validation %s", log->name);
    doc_heading(doc, 2, "%c%s log of the best point", toupper((unsigned char)*log->name), log->name + 1);
    doc_paragraph(doc, "Means over its repeats.");
    doc_table(doc, (const char *const[]){"epoch", "lr", head[0], head[1], "training loss", "validation loss"}, 6);
    for (size_t i = 0; i < log->last; i++) {
        doc_cell(doc, "%zu", i + 1);
        for (size_t m = 0; m < LOGGED; m++) {
            doc_cell_begin(doc);
            add_value(doc, d, log->column[m], log->n[i][m] ? log->sum[i][m] / (double)log->n[i][m] : NAN);
        }
    }
    if (log->beyond)
        doc_paragraph(doc, "The epochs after these are in the table of epochs.");
}

static int add_epochs(const struct report_source *source, struct document *doc, struct err *e)
{
    const struct plot_data *d = &source->data;
    struct epoch_log *log = arena_take(&doc->mem, sizeof *log);
    if (!log)
        return err_set(e, ERR_NOMEM, "no memory for the log of the epochs");
    choose_log_columns(d, log);
    sum_epochs(d, point_fact(d, d->v.order[0], "point"), log);
    if (log->last)
        add_log(d, log, doc);
    return 0;
}

const struct report_section section_epochs = {
    {"epochs", "learning rate, metric and loss of the best point, epoch by epoch"}, 1, add_epochs};
