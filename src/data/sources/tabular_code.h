/* tabular_code.h - how the columns of a table become features and a target. */
#ifndef DATA_SOURCES_TABULAR_CODE_H
#define DATA_SOURCES_TABULAR_CODE_H

#include "data/sources/tabular.h"

struct tabular_code { /* of a column */
    const struct tabular_column *column;
    int at, width;                        /* of its features; a target: 0, and its classes (0: it is a number) */
    int indicator;                        /* the last feature is 1 where the value is missing */
    int known;                            /* categories that the training part has */
    const char *name[TABULAR_CATEGORIES]; /* [known] of a column of categories or classes: sorted by value where all are
                                         numbers, else by bytes */
    float value[TABULAR_CATEGORIES];      /* [known] of classes that are numbers */
    int place[TABULAR_CATEGORIES];        /* [categories] where the category is in that order; -1: not in training */
    size_t count[TABULAR_CATEGORIES];     /* [known] rows of the training part */
};

struct tabular_coding {
    struct tabular_code *code;         /* [used] in the order of the table */
    const struct tabular_code *target; /* the first, where there are several numbers */
    int features;
};

/* Looks at the target alone, over all rows: whether it is a class, and of how many. 0, or -1 with *e. */
int tabular_code_target(const struct tabular *t, struct tabular_code *k, struct err *e);
/* The class of a row, or -1: its class has no place in training. */
int tabular_class(const struct tabular_code *k, const float *row);
/* Works out the codes of all columns by the rows of the training part (part[rows]). 0, or -1 with *e; `a` keeps it. */
int tabular_code_columns(const struct tabular *t, const unsigned char *part, struct tabular_coding *c, struct arena *a,
                         struct err *e);
/* The features of a row of values, x[features]; NaN: it is to be filled. */
void tabular_encode(const struct tabular *t, const struct tabular_coding *c, const float *row, float *x);
/* Adds lines that say what was recognised. */
void tabular_tell(const struct tabular *t, const struct tabular_coding *c, struct str *to);

#endif
