/* csv_table.h - a table of numbers and texts in memory, read from one CSV file or two with the same columns. Of columns
 * that are not used nothing is kept, of texts each different one once. */
#ifndef DATA_SOURCES_CSV_TABLE_H
#define DATA_SOURCES_CSV_TABLE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "data/fields.h"

#define CSV_COLUMNS 65536
#define CSV_CATEGORIES DATA_CLASSES /* most different texts of a column */

/* The keys of the dataset csv. */
struct csv_args {
    const char *file, *test_file;         /* names of files; test_file "": a part of the rows is for tests */
    const char *target, *features, *drop; /* columns by name or number; target "": the last one */
    const char *onehot, *ordinal;         /* columns whose values are categories */
    const char *image;                    /* "CxHxW": the features are an image */
    double test_part;                     /* of the rows, where there is no test file */
    double constant;                      /* for missing numbers, where missing is CSV_CONSTANT */
    int header, skip, delimiter, missing, target_type; /* enums below but for skip */
};
enum csv_header { HEADER_AUTO, HEADER_YES, HEADER_NO };
enum csv_missing { CSV_MEAN, CSV_MEDIAN, CSV_CONSTANT, CSV_INDICATOR, CSV_DROP };
enum csv_target { TARGET_AUTO, TARGET_CLASS, TARGET_NUMBER };

enum csv_role { COLUMN_UNUSED, COLUMN_FEATURE, COLUMN_TARGET };
struct csv_category {
    const char *text; /* "" where the cell is empty: a category of its own */
    uint64_t hash;
};
struct csv_column {
    const char *name; /* of the header, or its number */
    enum csv_role role;
    int place;      /* of a used column: its place in a row of values */
    int text;       /* its values are categories */
    int ordinal;    /* and these become one number */
    int fractions;  /* a number is not whole */
    size_t missing; /* cells without a value */
    int categories;
    struct csv_category *category; /* [CSV_CATEGORIES] in the order of the file */
    uint16_t *slot;                /* [CSV_SLOTS] 1 + the category with that hash; 0: none */
};
#define CSV_SLOTS (4 * CSV_CATEGORIES)

struct csv_table {
    const struct csv_args *args;
    struct arena text; /* names and categories */
    struct csv_column *column;
    size_t columns, used;
    int has_header;
    float *value; /* [rows][used] a number, NaN: it is missing, or the number of a category */
    size_t rows, room;
    size_t dropped; /* rows with a missing value, where these are left out */
};

void csv_table_init(struct csv_table *t, const struct csv_args *args);
void csv_table_release(struct csv_table *t);
/* Adds the rows of a file. The first says which columns there are and which are numbers; later ones must have the same.
 * 0, or -1 with *e: file, line and column, and what was expected. */
int csv_table_read(struct csv_table *t, const char *path, struct err *e);
/* The column that a key means by `name`, its name or its number from 1; NULL with *e. */
struct csv_column *csv_table_column(const struct csv_table *t, const char *key, const char *name, struct err *e);
/* Says which columns are used and how (csv_roles.c); to be called once their names are known. 0 or -1 with *e. */
int csv_choose_roles(struct csv_table *t, struct err *e);
/* text[n] as a number: the nearest double, as str_to_double reads it. 0, or -1: it is none. */
int csv_number(const char *text, size_t n, double *v);
/* Whether the text says that there is no value: it is empty, NA, N/A, NaN, None, null or ?. */
int csv_is_missing(const char *text, size_t n);

#endif
