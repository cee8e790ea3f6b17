/* means.h - means of the values of an axis, over the same settings of everything else: where trials are missing, plain
 * means of two values are over different networks, and say more about those than about the values. */
#ifndef REPORT_MEANS_H
#define REPORT_MEANS_H

#include "report/stats/compare.h"
#include "report/stats/design.h"

enum { BASIS_NONE, BASIS_ALL, BASIS_COMMON, BASIS_OWN };
struct value_mean {
    uint32_t n, planned; /* trials in the mean; those of all points with the value */
    double mean;         /* NaN for n = 0 */
    double spread;       /* its variance as a multiple of that of one trial's noise */
    uint8_t basis;       /* of means_basis: "all": every complete trial is in the means of the axis; "common": those at
                            settings that were completed with all values that are ever met there; "own": there is no such
                            setting, and the value has those of its own; "" for n = 0 */
    uint8_t own;
    uint32_t settings;
};

extern const char *const means_basis[];

struct noise { /* of one trial; variance NaN: not known */
    double variance;
    size_t df;
};

/* A setting is a combination of the values of the other axes (less those that exist only inside this one, which are
 * averaged) and a repeat. The mean of a value is that of its settings, each counted once. */
struct value_means {
    struct value_mean *value; /* [levels] of the factor asked for last */
    struct design all;        /* of every complete trial */
    const struct fit *fit;
    int *setting, *cell; /* [n] */
    int *outer;          /* [n]; NULL where no factor is inside another: one combination of no values */
    double *sum;         /* [n] of a cell: a value at a setting */
    char *shared;        /* [n], like possible, or [1] where outer is NULL */
    uint32_t *count, *met, *possible;
    int *level, *at, *above; /* [n] of a cell: its value, its setting; of a setting: the combination of outer values */
    size_t repeats;
};

/* Memory from a for all factors of g; -1 without it. */
int means_init(struct value_means *m, const struct design *g, const struct fit *fit, struct arena *a);
int means_of(struct value_means *m, size_t f); /* 0 or -1 (memory) */

#endif
