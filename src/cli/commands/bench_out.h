/* bench_out.h - the three ways in which rows of a benchmark leave the program. */
#ifndef CLI_BENCH_OUT_H
#define CLI_BENCH_OUT_H

#include "bench/bench_rows.h"
#include "cli/console/json.h"
#include "cli/console/text.h"
#include "report/report.h"
#include "report/table/columns.h"

/* Tables for people, one when a group of rows has ended, as wide as the terminal at most; the passes of a convolution
 * or a dense layer share a line. */
#define BENCH_COLUMNS 10
struct bench_text {
    FILE *f;
    const char *group; /* of the last row; NULL: no table is open */
    struct table table;
    char cell[BENCH_COLUMNS][TEXT_NUM]; /* of the row that is being gathered */
    int filled;                         /* there is one */
};
void bench_text_row(struct bench_text *t, const struct bench_row *r);
/* share: of the time, the part in which this thread had its core; only that part is in the numbers. */
void bench_text_end(struct bench_text *t, double share);

/* One document: machine, kernels, nets. */
struct bench_json {
    struct json j;
    int list; /* the array that is open: a kind of row, 0 for none */
};
void bench_json_begin(struct bench_json *b, FILE *f);
void bench_json_row(struct bench_json *b, const struct bench_row *r);
void bench_json_end(struct bench_json *b, double share);

/* The table of results/bench.csv; report.h says what the roofline picture needs of it. 0, or -1 (no memory);
 * bench_file_release is due either way. */
struct bench_file {
    struct table table;
    struct sheet sheet;
};
extern const struct column_table bench_table;
int bench_file_begin(struct bench_file *f);
int bench_file_row(struct bench_file *f, const struct bench_row *r);
void bench_file_release(struct bench_file *f);

#endif
