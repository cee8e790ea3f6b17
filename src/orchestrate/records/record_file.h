/* record_file.h - a table of columns on its way into its file, row by row. */
#ifndef ORCHESTRATE_RECORDS_RECORD_FILE_H
#define ORCHESTRATE_RECORDS_RECORD_FILE_H

#include "orchestrate/run.h"
#include "report/report.h"
#include "report/table/columns.h"

struct plan_point;

struct record_file {
    struct sheet sheet;
    struct csv_out *csv;
};

/* Opens the file of the table below results/ and writes its header. 0, or -1 with *e and nothing to end. `of`: what the
 * columns are counted in. */
int record_begin(struct record_file *f, const struct sweep_run *run, const struct column_table *table, const void *of,
                 struct err *e);
/* The same into another file. */
int record_begin_at(struct record_file *f, const char *path, const struct column_table *table, const void *of,
                    struct err *e);
/* A row that cannot be written is remembered, and record_end returns it. */
void record_row(struct record_file *f, const void *row);
/* Plans every point again, and has its rows added. 0, or -1 with *e. */
int record_points(struct record_file *f, struct sweep_run *run,
                  void (*add)(struct record_file *f, const struct plan_point *p), struct err *e);
/* Publishes the file, or (bad) leaves the old one. 0, or -1 with *e, which is there already where bad is. */
int record_end(struct record_file *f, int bad, int sync, struct err *e);

/* Leaves the file as it was. */
void record_drop(struct record_file *f);

/* Takes the file of a table away: that of another plan says nothing about this one. Returns 0. */
int record_none(const struct sweep_run *run, const struct column_table *table);

#endif
