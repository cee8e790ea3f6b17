/* tabular_text.h - how the columns of a table become the numbers of a sample, as a text that goes with a network: a
 * JSON object
 *
 *   {"header": true, "delimiter": 0, "columns": [{"name": "Age", "kind": "number", "indicator": true},
 *    {"name": "Sex", "kind": "onehot", "values": ["female", "male"]}, {"name": "Size", "kind": "ordinal", "constant":
 * 0, "values": ["S", "M", "L"]}]}
 *
 * ("sheet": "name" where the table was in a workbook's) whose columns are those that are features, in the order of the
 * numbers. "values" are the categories that have a place;
 * "" is a missing one. "indicator": a further number says whether the value is missing. "constant" is what is put where
 * it is missing; without it the network's own `fill` is. A column of kind "text" is the whole sample, as tokens; "keep"
 * is "beginning" or "end", of one that is longer. Without a header, columns are called by their numbers. */
#ifndef DATA_SOURCES_TABULAR_TEXT_H
#define DATA_SOURCES_TABULAR_TEXT_H

#include "data/sources/tabular_code.h"

/* Adds the text of a coding. */
void tabular_text(const struct tabular *t, const struct tabular_coding *c, struct str *out);

/* A coding that was read. */
struct column_form {
    const char *name;
    enum { COLUMN_NUMBER, COLUMN_ONEHOT, COLUMN_ORDINAL, COLUMN_TOKENS } kind;
    int at, width; /* of its numbers in a sample */
    int indicator;
    int keep;       /* enum tabular_keep of a text */
    float constant; /* NaN: none */
    const char **value;
    int values;
};
struct table_form {
    struct column_form *column;
    size_t columns;
    int numbers; /* of a sample */
    int header, delimiter;
    const char *sheet; /* of a workbook; "": the first */
};
/* In `a`. 0, or -1 with *e: it is not such a text. */
int table_form_read(struct table_form *f, const char *text, struct arena *a, struct err *e);
/* The numbers of a cell text[n], into x[f->width] of its place. 0, or -1: it is not a number. */
int column_encode(const struct column_form *f, const char *text, size_t n, float *x);

#endif
