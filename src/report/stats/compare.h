/* compare.h - how sure differences between points are. The objective of a trial is the sum of what its point does, what
 * its repeat does (the seed, common to all points: repeats are blocks, Fisher 1935) and noise, the same everywhere:
 * two-way least squares, of which the residual, pooled over all points, says how large the noise is. Trials may be
 * missing. */
#ifndef REPORT_COMPARE_H
#define REPORT_COMPARE_H

#include "report/stats/range.h"
#include "report/stats/trials_view.h"

struct fit {
    const struct trials_view *v;
    size_t points;   /* with a complete trial, a training that several points share counted once */
    size_t repeats;  /* blocks; 1 when the table has no repeats, or has more than 256 and gaps among them */
    size_t df;       /* degrees of freedom of the residual */
    double variance; /* of the noise of one trial; NaN where it is not known: no degree of freedom, or all residuals are
                        0 and the objective is none that is measured in steps of 1/n, whose rounding alone has variance
                        1 / (12 n^2) (Sheppard 1898), the least that is assumed */
    int *block;      /* [rows] of a complete trial */
    uint32_t *n;     /* [npoints] complete trials */
    double *level;   /* [npoints] the mean as if every repeat were there; NaN for no trial */
    double *inverse; /* [repeats][repeats] generalized inverse of the normal equations of the blocks; NULL: nothing is
                        missing, and it is not needed */
    size_t *part;    /* [repeats] blocks of one part are connected by common points; NULL likewise */
};
/* Memory from a, but that of block from `blocks`: who needs no more than variance, df, repeats and block may release
 * the other. 0, or -1 without it. */
int fit_init(struct fit *f, const struct trials_view *v, struct arena *blocks, struct arena *a);
/* Variance of level[p] - level[q] as a multiple of the noise's, of folds with what they share (metric_stats); NaN when
 * no chain of common repeats connects them. */
double fit_spread(const struct fit *f, size_t p, size_t q);

/* A point beside the best one, all points at once at 95 %: Tukey's studentized range (1953), for unequal numbers of
 * trials as Kramer (1956) has it. Whatever number of equal points, a sweep calls one of them different in 5 % of cases
 * at most. */
enum { TIE_NO, TIE_YES, TIE_UNKNOWN };
struct difference {
    double diff;      /* level less that of the best point; NaN for no mean */
    double low, high; /* simultaneous interval, cut at what is possible; NaN where it is not known */
    int tied;         /* TIE_YES: 0 lies in the interval, or the means are equal */
};
/* d[npoints]. Scratch from a. 0, or -1 without memory. */
int compare_with_best(const struct trials_view *v, struct difference *d, struct range_cache *c, struct arena *a);

#endif
