/* trials.h - the main table of a sweep in memory: rows in the order of the plan. */
#ifndef ORCHESTRATE_RECORDS_TRIALS_H
#define ORCHESTRATE_RECORDS_TRIALS_H

#include "orchestrate/run.h"
#include "report/report.h"

struct trial;

struct main_table {
    const struct sweep_run *run;
    struct table t;             /* its cells are made when they are asked for */
    struct main_column *column; /* [t.cols] */
    struct main_row *row;       /* [t.rows] */
    size_t cap;
};

/* 0, or -1 without memory; main_table_release is due either way. */
int main_table_init(struct main_table *m, const struct sweep_run *run);
void main_table_release(struct main_table *m);

/* The name of a training, whatever the plan around it: its key in the journal and in the names of checkpoints; "" of a
 * trial that is skipped. */
const char *trial_id_text(char buf[STR_NUM], const struct trial *t);

#endif
