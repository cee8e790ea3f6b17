/* param.h - one row of a vocabulary: a named, typed, ranged value with a default and a sentence of help. The keys of a
 * sweep file, the arguments of layers, optimizers, schedules and augmentations are all tables of these; parsing, range
 * checks, error texts, `sweep list` and the documentation walk the rows, so that a new word is one line. */
#ifndef BASE_PARAM_H
#define BASE_PARAM_H

#include "base/err.h"

enum param_type {
    P_INT,    /* int */
    P_FLOAT,  /* double, of the sizes a float has: 0, or 1.2e-38 to 3.4e38, and off an open end in a float, too */
    P_BOOL,   /* int: yes/no, true/false, on/off, 1/0, in any case */
    P_CHOICE, /* int: index of the word in words() */
    P_PAIR,   /* int[2]: "3" (both) or "3x5" */
    P_EXTENT, /* int[3], rows, columns, slices: "3" (all) or "3x5" (slices -1: not named), or "2x3x5", slices first */
    P_TEXT,   /* const char *: the text itself, owned by the caller of param_set */
    P_FLAG    /* int: 1 when the bare word is given (text NULL, "" or the word itself), else as P_BOOL; preset 0 */
};

/* What a value means for the results of a training. */
enum param_matters {
    MATTERS,              /* with another value it is another training */
    MATTERS_NEVER,        /* it is about memory, places and times: results are the same */
    MATTERS_UNLESS_PRESET /* the default goes without saying, as before there was the row */
};

struct param { /* written with designated fields: .name, .type, ... */
    const char *name;
    enum param_type type;
    size_t at;          /* offsetof in the struct that receives it */
    double min, max;    /* inclusive but for `open`; INFINITY: no limit; both 0: none at all */
    const char *preset; /* default, as it would be written; NULL: required */
    const char *help;
    const char *(*word)(size_t i); /* P_CHOICE: the i-th word, NULL after the last; P_INT: the i-th word that it takes
                                      beside integers, as -1 - i, which is below its range; NULL: none */
    int open;                      /* bit 0: min itself is excluded, bit 1: max is */
    enum param_matters matters;
    const char *with; /* the row of the same table without which (0, no, empty) it changes nothing; NULL: none */
};
/* A table of params ends with a row whose name is NULL. */

/* Sets the value from text. 0, or -1 with the value untouched and *e: what is wrong and what is expected, located by w
 * (may be NULL). */
int param_set(const struct param *p, void *into, const char *text, const struct where *w, struct err *e);
/* Every row's default; rows without one are left zero. Defaults are right by construction (checked by a test). */
void param_defaults(const struct param *table, void *into);
const struct param *param_find(const struct param *table, const char *name);
/* Whether the value counts for the results of a training, beside the others of its table: not an empty text, nor what
 * the row's `matters` and `with` leave out. Two trainings that differ in other values only are one. */
int param_counts(const struct param *table, const struct param *p, const void *from);
/* "an integer 1..4096", "a number in (0, 1]", "one of sgd, adam", for messages and lists. Returns buf. */
char *param_range(const struct param *p, char *buf, size_t n);
/* The current value as canonical text ("3x3", "0.05", "sgd"), which param_set reads back to the same. Returns buf. */
char *param_text(const struct param *p, const void *from, char *buf, size_t n);

#endif
