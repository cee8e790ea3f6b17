/* design.h - the complete trials as a factorial design: which columns are factors, which of them stand inside others
 * (conditional axes), and the largest complete part of the grid found by dropping whole values. */
#ifndef REPORT_DESIGN_H
#define REPORT_DESIGN_H

#include "report/stats/trials_view.h"

#define DESIGN_MAX 30 /* factors; sets of them are bit masks */

/* One axis, with those whose values follow from its own (a zip): no table can tell their effects apart. */
struct factor {
    const char *name; /* "train.lr", "train.lr & train.batch_size" */
    size_t levels;
    const char **text; /* [levels] "0.1 & 32" */
    const char **show; /* [levels] the same in few digits */
    const char *label; /* "lr & batch_size" */
    const struct table_axis *first;
    int *code;       /* [rows] */
    unsigned inside; /* the factors that decide where it exists, with theirs in turn; 0 for an axis of all points */
    size_t kept;     /* values that the complete part still has */
};

struct design {
    const struct trials_view *v;
    size_t nfactors;
    struct factor *factor;
    size_t n;                /* trials in the complete part */
    uint32_t *row;           /* [n] their rows, ascending */
    int complete;            /* 1: shares can be computed on `row` */
    const char *why;         /* otherwise the reason */
    size_t npoints, repeats; /* of the complete part */
};

/* Whether factor f is in a set; in a table of more than DESIGN_MAX factors every set is empty. */
static inline int design_has(unsigned set, size_t f)
{
    return f < DESIGN_MAX && (set >> f & 1);
}

/* The factors alone, all that pictures need to call the axes as the effects do: no complete part is looked for.
 * Memory from `a`; -1 without it. */
int design_factors(struct design *g, const struct trials_view *v, struct arena *a);
/* Factor f as an axis: values ascend with those of its first axis; a joined one has no column (col = -1). */
struct table_axis design_axis(const struct design *g, size_t f);

/* All of it. Memory from `a`; -1 without it. */
int design_init(struct design *g, const struct trials_view *v, struct arena *a);

/* Dense numbers of the combinations that the factors of `set` take in the complete part, by first appearance:
 * code[n], returns how many, or -1 without memory. The empty set has one. */
long design_cells(const struct design *g, unsigned set, int *code);
/* One more column of values into the combinations: by_row[rows] in [0, levels). As design_cells. */
long design_refine(const struct design *g, const int *by_row, size_t levels, size_t cells, int *code);

/* The last step of design_init (complete_part.c): leaves in g->row the complete part of the trials that are there, or
 * says in g->why that there is none. Scratch from `a`; -1 without it. */
int design_complete(struct design *g, struct arena *a);

#endif
