/* fanova.h - how much of the variance of a tree over the whole space each axis and pair of axes makes: functional
 * analysis of variance, Hutter, Hoos & Leyton-Brown, An Efficient Approach for Assessing Hyperparameter Importance,
 * ICML 2014. Axes are independent of each other and have their distributions, so that parts of axes and of sets of them
 * are orthogonal and add up to the whole. Exact for a given tree: sums over pairs of its leaves. */
#ifndef REPORT_FANOVA_H
#define REPORT_FANOVA_H

#include "report/stats/forest.h"

struct fanova {
    double total;   /* variance */
    double *single; /* [axes] that of what each axis does alone */
    double *pair;   /* [axes][axes], i < j: that of what two do beyond; NULL: it is not asked for */
};

/* Fills the numbers; those of pairs outside i < j stay. 0, or -1 without memory. */
int fanova_of_tree(const struct forest_tree *t, const struct forest_data *d, struct fanova *out);

#endif
