/* distribution.h - what values are drawn from. A continuous distribution has 2^32 values: number i is its quantile at
 * (i + 0.5) / 2^32, rounded to the sixth digit of what it varies over, so that a table has short numbers that read back
 * to the same: uniform and normal ones to a millionth of the range or of the standard deviation, the next power of ten
 * below it; the others to six significant digits, more where the range is narrow. Rounding never leaves the range. */
#ifndef CONFIG_SYNTAX_DISTRIBUTION_H
#define CONFIG_SYNTAX_DISTRIBUTION_H

#include "base/arena.h"
#include "base/str.h"
#include "config/error_list.h"
#include "search/search.h"

enum distribution {
    LISTED,       /* some values, none likelier than another */
    LOG_INTEGERS, /* integers, k as likely as log(k - 1/2) .. log(k + 1/2) is long */
    UNIFORM,      /* continuous, as all that follow; between lo and hi */
    LOG_UNIFORM,  /* its logarithm is uniform, lo > 0 */
    NORMAL,       /* mean lo, standard deviation hi */
    LOG_NORMAL    /* its logarithm is normal */
};

/* Value number i of a continuous distribution. */
double distribution_value(enum distribution d, double lo, double hi, uint32_t i);
/* Of integers lo..hi by their logarithm, the one that `share` of the mass falls on, counted from lo. */
uint64_t log_integer(double lo, double hi, double share);

#endif
