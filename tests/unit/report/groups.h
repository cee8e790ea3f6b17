/* groups.h - what every file of this executable shares: cmocka, tests/support, tables made by hand, and one function
 * per file that runs its group and returns the number of tests that failed. */
#ifndef UNIT_REPORT_GROUPS_H
#define UNIT_REPORT_GROUPS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assert_close.h"
#include "report/report.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* A table from CSV text, through a file. */
void table_of(struct table *t, const char *csv);
/* The file's bytes, NUL-terminated; the caller frees. */
char *bytes_of(const char *path);
void write_file(const char *path, const char *text);
/* Number in the first row where all of "column=text" pairs (NULL-terminated) hold; fails when there is none. */
size_t row_where(const struct table *t, const char *column, const char *text, const char *column2, const char *text2);

/* A main table: every combination of the values of the axes, `repeats` each, objective from y(codes, repeat). */
struct made_axis {
    const char *name;
    size_t levels;
};
void made_trials(struct table *t, const struct made_axis *axis, size_t naxes, size_t repeats,
                 double (*y)(const size_t *code, size_t repeat));

int test_table(void);
int test_stats(void);
int test_points(void);
int test_effects(void);
int test_forest(void);
int test_exact(void);
int test_compare(void);
int test_grid(void);
int test_plots(void);
int test_learning(void);
int test_layout(void);
int test_layout_of_all_sizes(const char *where); /* NULL: test_folder() */
int test_document(void);
int test_markdown(void);
int test_mishaps(void);

#endif
