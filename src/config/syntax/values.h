/* values.h - what an axis varies over: a list whose items are texts and ranges, and a condition.
 *
 *   8, 16, 32          these                        2..4                integers, both ends
 *   8..32 step 8       evenly spaced, both ends     0..0.3 count 4      evenly spaced, so many
 *   1e-4..1e-1 log count 4   evenly spaced in the logarithm
 *   "rotate 7, shift 1", ""  in quotes: a text that holds commas, or none at all
 *   ... when CONDITION       last
 *
 * And of what is drawn, alone in its list (distribution.h):
 *
 *   0..0.3                 any number between       1e-4..1e-1 log      evenly in the logarithm
 *   8..128 int             integers                 8..128 int log      integers, evenly in the logarithm
 *   normal 0 1             mean, standard deviation lognormal -3 1      of the logarithm
 *   a:3, b:1               a list with weights: a is three times as likely
 *
 * Numbers of a range are rounded to 12 significant digits, so that 0..0.3 count 4 is 0, 0.1, 0.2, 0.3. Nothing is
 * expanded: a range of 10^12 integers takes no memory. */
#ifndef CONFIG_SYNTAX_VALUES_H
#define CONFIG_SYNTAX_VALUES_H

#include "config/syntax/distribution.h"

struct segment {
    uint64_t n;          /* values, >= 1 */
    const char *text;    /* n = 1: as written; NULL: a range */
    double lo, hi, step; /* of a normal distribution the mean and the standard deviation */
    int log;
    enum distribution drawn; /* how a value is drawn; LISTED: all are alike */
    const char *written;     /* of a continuous one: the item, for messages */
};
struct values {
    struct segment *seg;
    size_t nseg;
    uint64_t n;       /* of all segments */
    double *weight;   /* [n] of what has weights: the sum of those up to each value; NULL: they are alike */
    const char *when; /* text of the condition, or NULL */
};

/* What becomes of the values: all are tried, or some are drawn. Of a key whose values are no integers, 0..1 is any
 * number between; of others it is the integers, here as in a grid, unless an end is written with a point or an
 * exponent. */
enum values_use { VALUES_TRIED, VALUES_DRAWN, VALUES_DRAWN_REAL };

/* 0, or -1 with errors located by w. */
int values_parse(struct values *v, const char *text, enum values_use use, const struct where *w, struct arena *a,
                 struct error_list *errors);
/* Checks that no value of a list stands twice. 0, or -1 with an error located by w. */
int values_differ(const struct values *v, const struct where *w, struct error_list *errors);
/* The number of the value with (unit + 0.5) / 2^32 of the mass around it. */
uint64_t values_quantile(const struct values *v, uint32_t unit);
/* Whether some values are likelier than others by more than the order of a list says: by weights, or integers by their
 * logarithm. */
int values_weighted(const struct values *v);
/* The i-th value; the text of a range is written into buf. */
const char *values_text(const struct values *v, uint64_t i, char buf[STR_NUM]);
/* The number of the value that the text is: of a list the text itself or an equal number, of a range a number that it
 * has. 0, or -1: it has no such value. */
int values_find(const struct values *v, const char *text, uint64_t *number);
/* Whether `text` of the command line is more than one value: a range, a quoted list, a condition, or commas. Texts may
 * hold commas and dots themselves: for them a list of words without blanks counts, and no range. A variable may be
 * either: ranges, and lists of words without blanks. Texts with both commas and blanks may be one value or several:
 * VALUES_UNSURE. */
enum values_kind { VALUES_NUMBER, VALUES_TEXT, VALUES_ANY };
enum { VALUES_ONE, VALUES_MANY, VALUES_UNSURE };
int values_many(const char *text, enum values_kind kind);
/* v rounded to 12 significant digits. */
double round12(double v);

#endif
