/* trials.h - the main table of a sweep in memory: rows in the order of the plan. */
#ifndef ORCHESTRATE_RECORDS_TRIALS_H
#define ORCHESTRATE_RECORDS_TRIALS_H

#include "orchestrate/run.h"
#include "report/report.h"
#include "report/table/columns.h"

struct trial;

struct main_table {
    const struct sweep_run *run;
    struct table t; /* its cells are made when they are asked for */
    struct sheet sheet;
    const struct nn_fact **fact; /* in the order of the table */
    struct main_row *row;        /* [t.rows] */
    size_t cap;
};

/* 0, or -1 without memory; main_table_release is due either way. */
int main_table_init(struct main_table *m, const struct sweep_run *run);
void main_table_release(struct main_table *m);

/* The name of a training, whatever the plan around it: its key in the journal and in the names of checkpoints; "" of a
 * trial that is skipped. */
const char *trial_id_text(char buf[STR_NUM], const struct trial *t);

extern const struct column_table trial_table; /* its columns */

/* What tables of trials have in common, made of a struct sweep_run: the axes, and names of metrics, of which the first
 * are measured by epoch. */
extern const struct column_kind axis_columns;
const char *name_metric(const void *run, size_t i, const char **help, struct arena *a);

#endif
