/* fanova.c - the variances of the marginals of a tree.
 *
 * The marginal of a set of axes at a place is the sum over the leaves that the place is in, as far as these axes say,
 * of the leaf's value times the share of the other axes that it takes. Its mean square is so a sum over pairs of leaves
 * of the product of their values and sizes, times for each axis of the set what the two have in common over the product
 * of their widths. */
#include "report/stats/fanova.h"

#include <stdlib.h>

/* Adds what two leaves give, whose values and sizes multiply to `product`; common[axes] is scratch. */
static void add_leaf_pair(const struct forest_data *d, const struct forest_side *x, const struct forest_side *y,
                          double product, double *common, struct fanova *out)
{
    for (size_t i = 0; i < d->axes; i++)
        common[i] = forest_overlap(&d->axis[i], &x[i], &y[i]) / (x[i].width * y[i].width);
    for (size_t i = 0; i < d->axes; i++) {
        out->single[i] += product * common[i];
        for (size_t j = i + 1; out->pair && j < d->axes; j++)
            out->pair[i * d->axes + j] += product * common[i] * common[j];
    }
}

/* weight[leaves]: the share of the space that a leaf takes, then times its value less the mean. */
static void weigh_leaves(const struct forest_tree *t, size_t axes, double *weight, struct fanova *out)
{
    double mean = 0;
    out->total = 0;
    for (size_t l = 0; l < t->leaves; l++) {
        weight[l] = 1;
        for (size_t i = 0; i < axes; i++)
            weight[l] *= t->box[l * axes + i].width;
        mean += weight[l] * t->value[l];
    }
    for (size_t l = 0; l < t->leaves; l++) {
        double off = t->value[l] - mean;
        out->total += weight[l] * off * off;
        weight[l] *= off;
    }
}

int fanova_of_tree(const struct forest_tree *t, const struct forest_data *d, struct fanova *out)
{
    const size_t axes = d->axes;
    double *weight = malloc((t->leaves + axes + 1) * sizeof *weight), *common = weight + t->leaves;
    if (!weight)
        return -1;
    weigh_leaves(t, axes, weight, out);
    for (size_t i = 0; i < axes; i++) {
        out->single[i] = 0;
        for (size_t j = i + 1; out->pair && j < axes; j++)
            out->pair[i * axes + j] = 0;
    }
    for (size_t l = 0; l < t->leaves; l++)
        for (size_t m = 0; m <= l; m++) { /* any two of them stand there in both orders */
            double product = (l == m ? 1 : 2) * weight[l] * weight[m];
            add_leaf_pair(d, t->box + l * axes, t->box + m * axes, product, common, out);
        }
    for (size_t i = 0; i < axes; i++)
        for (size_t j = i + 1; out->pair && j < axes; j++)
            out->pair[i * axes + j] -= out->single[i] + out->single[j];
    free(weight);
    return 0;
}
