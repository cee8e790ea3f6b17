/* forest_study.h - the random forest over the points of a sweep: what its trees are grown with, and the trees one by
 * one. Its shares of the variance are forest_effects.c, what it says of two axes surrogate.c. Trees are those of
 * Breiman 2001 as Optuna 5.0 has them (64, each of a bootstrap sample, all axes at every split); of many points each
 * takes 512.
 */
#ifndef REPORT_FOREST_STUDY_H
#define REPORT_FOREST_STUDY_H

#include "report/stats/design.h"
#include "report/stats/fanova.h"

#define FOREST_TREES 64
#define TREE_POINTS 512
#define NO_AXIS SIZE_MAX

enum { KIND_FOREST, KIND_CHANCE, KIND_RESAMPLE };

struct forest_study {
    const struct design *g;
    struct forest_data d;
    struct forest_axis *axis;
    double *y;
    size_t *of_factor; /* [factors] its axis, NO_AXIS: it has one value, or follows from another axis */
    size_t trials;     /* that the points' values are made of, */
    size_t given_up;   /* those of them that were given up */
    int conditional;
    size_t shares;               /* axes, then [axes][axes] pairs where they are told */
    double *share, *sd, *chance; /* [shares] */
    double explained;            /* share of the variance of points that a tree has not seen; NaN: not known */
    struct arena mem;
};

/* Fills the points and axes of g, which stays. Scratch; 0, or -1 without memory. */
int forest_study_data(struct forest_study *s, struct arena *scratch);
/* Whether there are points enough, which have not all come to the same. */
int forest_study_is_enough(const struct forest_study *s);

/* Trees one after the other, and what they are grown with. */
struct planting {
    const struct forest_study *s;
    struct forest_data d;
    struct forest_tree tree;
    struct fanova parts; /* variances, which become shares */
    size_t most;         /* points of a tree */
    uint32_t *sample;    /* [most] */
    uint32_t *bag;       /* [points] that samples are drawn from */
};

/* For the points and axes of s; memory from scratch. 0, or -1 without it. forest_release of the tree is due. */
int planting_init(struct planting *p, const struct forest_study *s, struct arena *scratch);
/* Grows a tree on a bootstrap sample of the bag; the same kind and number give the same tree. 0, or -1 without memory.
 */
int plant_tree(struct planting *p, int kind, int number);

#endif
