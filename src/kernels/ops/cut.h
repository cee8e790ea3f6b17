/* cut.h - the pieces of tiles.h for loops that go from the first to the last, without a division for each. */
#ifndef KERNELS_OPS_CUT_H
#define KERNELS_OPS_CUT_H

#include "kernels/ops/tiles.h"

struct cut {
    int pieces, each, more; /* the first `more` have each + 1 things, the others `each` */
};

static inline struct cut cut_of(int n, int max)
{
    const int count = pieces(n, max);
    return (struct cut){count, n / count, n % count};
}

static inline int cut_size(const struct cut *c, int i)
{
    return c->each + (i < c->more);
}

#endif
