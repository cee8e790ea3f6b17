/* forest.h - regression trees over the axes of a sweep (Breiman, Random Forests, 2001). A tree is constant in each of
 * its leaves, and a leaf is a box: a range of an axis whose values are in order, a set of values of any other. An axis
 * goes from 0 to 1, by the shares of its distribution: a value has those between `from` and `to`.
 *
 * A point that does not have an axis (its condition does not hold there) is one where the axis does not matter: at a
 * split along it the point goes to both sides, with weights that are the shares of these. So a tree is a function of
 * all axes that does not depend on an axis where it is not there, and no mixture of values that cannot be is asked for.
 */
#ifndef REPORT_FOREST_H
#define REPORT_FOREST_H

#include "base/rng.h"

#include <stddef.h>
#include <stdint.h>

#define FOREST_VALUES 64 /* most of an axis without order; those of one with more are taken in the order they have */

struct forest_axis {
    size_t levels; /* values */
    int ordered;
    const double *from, *to; /* [levels] ascending where they are in order; to[i] <= from[i + 1] */
    const int *code;         /* [points] number of the value; -1: the point does not have the axis */
};
struct forest_data {
    size_t axes, points;
    const struct forest_axis *axis; /* [axes] */
    const double *y;                /* [points] */
};

struct forest_side {
    double lo, hi; /* of an axis in order */
    uint64_t set;  /* of any other: bit i is value i */
    double width;  /* the share of the axis that it is */
};
struct forest_tree { /* zero-initialise; forest_release frees it */
    size_t leaves, cap;
    double *value;           /* [leaves] */
    struct forest_side *box; /* [leaves][axes] */
};

/* Grows a tree on sample[n], numbers of points that may repeat, until leaves have fewer than twice `least` points or
 * nothing is gained. Which of equal splits is taken is drawn from r. What the tree held is gone. 0, or -1 without
 * memory. */
int forest_grow(struct forest_tree *t, const struct forest_data *d, const uint32_t *sample, size_t n, double least,
                struct rng *r);
void forest_release(struct forest_tree *t);
/* What the tree says of a point of the data. */
double forest_predict(const struct forest_tree *t, const struct forest_data *d, size_t point);
/* The share of an axis that two sides have in common. */
double forest_overlap(const struct forest_axis *a, const struct forest_side *x, const struct forest_side *y);

#endif
