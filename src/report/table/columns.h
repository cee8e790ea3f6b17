/* columns.h - a table is a list of rows, one for each of its columns: what it is called, what it says, and how its cell
 * is made. One writer makes the header and the cells of every table from them, and `sweep list columns` prints them. */
#ifndef REPORT_COLUMNS_H
#define REPORT_COLUMNS_H

#include "base/arena.h"
#include "base/str.h"

#include <stddef.h>

/* Columns of which a table has as many as there are axes, metrics, classes, ... in `of`, what the table is made of;
 * NULL for `sweep list columns`, which wants those that there can be, or one whose name says what stands there:
 * "CLASS". */
struct column_kind {
    size_t (*count)(const void *of);
    /* The i-th name, and in *help what it says where that is not the same for all. From a, or as long as `of` lives;
     * NULL without memory. */
    const char *(*name)(const void *of, size_t i, const char **help, struct arena *a);
};

struct column_row {
    const char *name, *help; /* of a kind of many the name is NULL */
    /* The cell of a row, in buf or where it stays. i: `at`, or the number in the kind. */
    const char *(*cell)(const void *row, size_t i, char buf[STR_NUM]);
    size_t at;                      /* place of a field in the row, for the four cells below */
    const struct column_kind *kind; /* NULL: it is one column; otherwise those of the kind from number `at` on, */
    size_t most;                    /* at most so many (0: all of them) */
};

/* One column; one whose cell is a field of the row; columns of a kind, from number `at` on, `most` of them. */
#define COLUMN(name_, help_, cell_)                                                                                    \
    {                                                                                                                  \
        .name = (name_), .help = (help_), .cell = (cell_)                                                              \
    }
#define COLUMN_FIELD(name_, help_, cell_, row, field)                                                                  \
    {                                                                                                                  \
        .name = (name_), .help = (help_), .cell = (cell_), .at = offsetof(row, field)                                  \
    }
#define COLUMN_KIND(kind_, help_, cell_, at_, most_)                                                                   \
    {                                                                                                                  \
        .help = (help_), .cell = (cell_), .at = (at_), .kind = (kind_), .most = (most_)                                \
    }

/* Cells of rows that hold them as fields: text, size_t, double, and double that is computed in float. NaN is empty. */
const char *column_text(const void *row, size_t at, char buf[STR_NUM]);
const char *column_whole(const void *row, size_t at, char buf[STR_NUM]);
const char *column_double(const void *row, size_t at, char buf[STR_NUM]);
const char *column_float(const void *row, size_t at, char buf[STR_NUM]);

struct column_table {
    const char *file, *row; /* "NAME.points.csv", "a point" */
    const struct column_row *column;
    size_t columns;
};
#define COLUMNS_OF(rows) (rows), sizeof(rows) / sizeof *(rows)

/* One column as it is written. */
struct named_column {
    const struct column_row *column;
    size_t i; /* what its cell is asked for */
    const char *name, *help;
};
/* The n-th; 0, or -1 after the last. name is NULL without memory, which is from a. */
int column_at(const struct column_table *t, const void *of, size_t n, struct named_column *out, struct arena *a);

/* The columns of a table and one row of it, which is made again and again. */
struct sheet {
    size_t n;
    struct named_column *column; /* [n] */
    const char **name, **cell;   /* [n] */
    char (*text)[STR_NUM];       /* [n] */
    struct arena mem;
};
/* 0, or -1 without memory; sheet_release is due either way. `of` must outlive the sheet. */
int sheet_init(struct sheet *s, const struct column_table *t, const void *of);
void sheet_release(struct sheet *s);
const char *sheet_cell(const struct sheet *s, size_t column, const void *row, char buf[STR_NUM]);
/* All cells of a row, as csv_row and table_row take them; they last until the next. */
const char *const *sheet_row(struct sheet *s, const void *row);

#endif
