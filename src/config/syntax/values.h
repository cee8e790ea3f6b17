/* values.h - what stands behind an axis: a list whose items are texts and ranges, and a condition.
 *
 *   8, 16, 32          these                        2..4                integers, both ends
 *   8..32 step 8       evenly spaced, both ends     0..0.3 count 4      evenly spaced, so many
 *   1e-4..1e-1 log count 4   evenly spaced in the logarithm
 *   "rotate 7, shift 1", ""  in quotes: a text that holds commas, or none at all
 *   ... when CONDITION       last
 *
 * Numbers of a range are rounded to 12 significant digits, so that 0..0.3 count 4 is 0, 0.1, 0.2, 0.3. Nothing is
 * expanded: a range of 10^12 integers takes no memory. */
#ifndef CONFIG_SYNTAX_VALUES_H
#define CONFIG_SYNTAX_VALUES_H

#include "base/arena.h"
#include "base/str.h"
#include "config/error_list.h"

#include <stdint.h>

struct segment {
    uint64_t n;       /* values, >= 1 */
    const char *text; /* n = 1: as written; NULL: a range */
    double lo, hi, step;
    int log;
};
struct values {
    struct segment *seg;
    size_t nseg;
    uint64_t n;       /* of all segments */
    const char *when; /* text of the condition, or NULL */
};

/* 0, or -1 with errors located by w. */
int values_parse(struct values *v, const char *text, const struct where *w, struct arena *a, struct error_list *errors);
/* The i-th value; the text of a range is written into buf. */
const char *values_text(const struct values *v, uint64_t i, char buf[STR_NUM]);
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
