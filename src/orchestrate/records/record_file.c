/* record_file.c - writes a table of columns into its file. */
#include "orchestrate/records/record_file.h"

#include "orchestrate/plan.h"
#include "orchestrate/planner.h"
#include "orchestrate/records/records.h"

#include <string.h>
#include <unistd.h>

int record_begin(struct record_file *f, const struct sweep_run *run, const struct column_table *table, const void *of,
                 struct err *e)
{
    char path[4200];
    return record_begin_at(f, run_path(run, table->file + strlen("NAME"), path, sizeof path), table, of, e);
}

int record_begin_at(struct record_file *f, const char *path, const struct column_table *table, const void *of,
                    struct err *e)
{
    f->csv = NULL;
    if (sheet_init(&f->sheet, table, of))
        err_set(e, ERR_NOMEM, "%s: no memory to write it", path);
    else
        f->csv = csv_begin(path, f->sheet.name, f->sheet.n, e);
    if (!f->csv)
        sheet_release(&f->sheet);
    return f->csv ? 0 : -1;
}

void record_row(struct record_file *f, const void *row)
{
    csv_row(f->csv, sheet_row(&f->sheet, row));
}

void record_drop(struct record_file *f)
{
    sheet_release(&f->sheet);
    csv_abort(f->csv);
}

int record_end(struct record_file *f, int bad, int sync, struct err *e)
{
    if (bad) {
        record_drop(f);
        return -1;
    }
    sheet_release(&f->sheet);
    return csv_commit(f->csv, sync, e);
}

int record_none(const struct sweep_run *run, const struct column_table *table)
{
    char path[4200];
    unlink(run_path(run, table->file + strlen("NAME"), path, sizeof path));
    return 0;
}

int record_points(struct record_file *f, struct sweep_run *run,
                  void (*add)(struct record_file *f, const struct plan_point *p), struct err *e)
{
    struct planner planner;
    struct plan_point p;
    struct proposal at;
    struct err_list errs = {0};
    int bad = 0;
    planner_init(&planner, run->sweep, run->sets);
    for (size_t i = 0; i < run->plan->npoints && !bad; i++) {
        plan_proposal(run, run->plan->point[i].index, &at);
        bad = planner_point(&planner, run->plan->point[i].index, &at, &p, &errs);
        if (!bad)
            add(f, &p);
    }
    if (bad && errs.n)
        *e = errs.v[0];
    err_list_release(&errs);
    planner_release(&planner);
    return bad;
}
