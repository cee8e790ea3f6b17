/* grid.h - the complete trials as a factorial design: which columns are factors, which of them stand inside others
 * (conditional axes), and the largest complete part of the grid found by dropping whole values. */
#ifndef REPORT_GRID_H
#define REPORT_GRID_H

#include "report/view.h"

#define GRID_MAX 30 /* factors; sets of them are bit masks */

/* One axis, or several that always change together (a zip): no table can tell their effects apart. */
struct factor {
    const char *name; /* "train.lr", "train.lr & train.batch_size" */
    size_t levels;
    const char **text; /* [levels] "0.1 & 32" */
    int *code;         /* [rows] */
    unsigned inside;   /* the factors that decide where it exists, with theirs in turn; 0 for an axis of all points */
    size_t kept;       /* values that the complete part still has */
};

struct grid {
    const struct view *v;
    size_t nfactors;
    struct factor *factor;
    size_t n;                /* trials in the complete part */
    size_t *row;             /* [n] their rows, ascending */
    int complete;            /* 1: shares can be computed on `row` */
    const char *why;         /* otherwise the reason */
    size_t npoints, repeats; /* of the complete part */
};

/* Memory from `a`; -1 without it. */
int grid_init(struct grid *g, const struct view *v, struct arena *a);

/* Dense numbers of the combinations that the factors of `set` take in the complete part, by first appearance:
 * code[n], returns how many, or -1 without memory. The empty set has one. */
long grid_cells(const struct grid *g, unsigned set, int *code);

#endif
