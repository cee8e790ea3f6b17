/* tabular.h - a table of numbers and texts in memory, read from one file or two with the same columns, CSV, JSON or
 * XLSX. Of columns that are not used nothing is kept, of texts each different one once. */
#ifndef DATA_SOURCES_TABULAR_H
#define DATA_SOURCES_TABULAR_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "data/fields.h"
#include "data/sources/token_keys.h"

#define TABULAR_COLUMNS 65536
#define TABULAR_CATEGORIES DATA_CLASSES /* most different texts of a column */

/* The keys of the datasets csv, json and xlsx; what one lacks is 0. */
struct tabular_args {
    const char *file, *test_file;         /* names of files; test_file "": a part of the rows is for tests */
    const char *target, *features, *drop; /* columns by name or number; target "": the last one; several are numbers */
    const char *onehot, *ordinal;         /* columns whose values are categories */
    const char *sheet;                    /* of a workbook, by name or number; "": the first */
    const char *image;                    /* "CxHxW": the features are an image; "CxDxHxW": a volume */
    double test_part;                     /* of the rows, where there is no test file */
    double constant;                      /* for missing numbers, where missing is TABULAR_CONSTANT */
    const char *text;                     /* the column that is the whole input, as tokens; "": there is none */
    struct token_args token;
    int keep;                                          /* enum tabular_keep */
    int header, skip, delimiter, missing, target_type; /* enums below but for skip */
};
enum tabular_keep { KEEP_BEGINNING, KEEP_END }; /* of a text that is longer than a sample */
enum tabular_header { HEADER_AUTO, HEADER_YES, HEADER_NO };
enum tabular_missing { TABULAR_MEAN, TABULAR_MEDIAN, TABULAR_CONSTANT, TABULAR_INDICATOR, TABULAR_DROP };
enum tabular_target { TARGET_AUTO, TARGET_CLASS, TARGET_NUMBER };

enum tabular_role { COLUMN_UNUSED, COLUMN_FEATURE, COLUMN_TARGET, COLUMN_TEXT };
struct tabular_category {
    const char *text; /* "" where the cell is empty: a category of its own */
    uint64_t hash;
};
struct tabular_column {
    const char *name; /* of the header, or its number */
    enum tabular_role role;
    int place;      /* of a used column: its place in a row of values */
    int target;     /* of a target: which it is, from 1, in the order of the key */
    int text;       /* its values are categories */
    int ordinal;    /* and these become one number */
    int fractions;  /* a number is not whole */
    int dates;      /* cells are dates: days since 1899-12-30 (1), or since 1904-01-01 (2) */
    size_t missing; /* cells without a value */
    int categories;
    struct tabular_category *category; /* [TABULAR_CATEGORIES] in the order of the file */
    uint16_t *slot;                    /* [TABULAR_SLOTS] 1 + the category with that hash; 0: none */
};
#define TABULAR_SLOTS (4 * TABULAR_CATEGORIES)

struct cells_how;
struct tabular_format { /* data_source.detail */
    /* Of cells.h. */
    int (*read)(const char *path, const struct cells_how *how, void *ctx, struct err *e);
    int named; /* the first row always has the names of the columns */
};

struct tabular {
    const struct tabular_format *format;
    const struct tabular_args *args;
    struct arena text; /* names and categories */
    struct tabular_column *column;
    size_t columns, used;
    int targets; /* columns to predict: more than one are numbers */
    int has_header;
    float *value; /* [rows][used] a number, NaN: it is missing, or the number of a category; while the table is read */
    const float *kept; /* the same in the cache, which is not t's; NULL: they are in value */
    struct str texts;  /* of the column that is a text, row after row */
    size_t *text_at;   /* [rows + 1] where each begins; NULL: there is no such column */
    size_t rows, room;
    size_t dropped; /* rows with a missing value, where these are left out */
};

/* The values of a row. */
static inline const float *tabular_row(const struct tabular *t, size_t row)
{
    return (t->kept ? t->kept : t->value) + row * t->used;
}

/* The text of a row. */
static inline struct text_span tabular_row_text(const struct tabular *t, size_t row)
{
    return (struct text_span){t->texts.p ? t->texts.p + t->text_at[row] : "", t->text_at[row + 1] - t->text_at[row]};
}

void tabular_init(struct tabular *t, const struct tabular_format *format, const struct tabular_args *args);
void tabular_release(struct tabular *t);
/* Adds the rows of a file. The first says which columns there are and which are numbers; later ones must have the same.
 * 0, or -1 with *e: file, line and column, and what was expected. */
int tabular_read(struct tabular *t, const char *path, struct err *e);
/* The column that a key means by `name`, its name or its number from 1; NULL with *e. */
struct tabular_column *tabular_column(const struct tabular *t, const char *key, const char *name, struct err *e);
/* Target `number`, from 1, in the order of the key. */
const struct tabular_column *tabular_target(const struct tabular *t, int number);
/* Says which columns are used and how (tabular_roles.c); to be called once their names are known. 0 or -1 with *e. */
int tabular_choose_roles(struct tabular *t, struct err *e);
/* text[n] as a number: the nearest double, as str_to_double reads it. 0, or -1: it is none. */
int tabular_number(const char *text, size_t n, double *v);
/* Whether the text says that there is no value: it is empty, NA, N/A, NaN, None, null or ?. */
int tabular_is_missing(const char *text, size_t n);

#endif
