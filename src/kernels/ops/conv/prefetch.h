/* fetch.h - what the convolutions ask for while they compute (struct prefetch_range): some lines with every piece of
 * work, since many at a time would wait for each other and block the reads of the convolution itself. */
#ifndef KERNELS_OPS_CONV_PREFETCH_H
#define KERNELS_OPS_CONV_PREFETCH_H

#include "kernels/kernels.h"

struct fetch {
    const struct prefetch_range *next; /* [PREFETCH_RANGES]; NULL: nothing to do */
    int range;
    size_t done; /* floats of the range */
};

/* Where the next `floats` to ask for begin (they may reach beyond what is wished for); NULL: all are asked for. */
static inline const float *fetch_next(struct fetch *f, size_t floats)
{
    if (!f->next)
        return NULL;
    while (f->range < PREFETCH_RANGES && f->done >= f->next[f->range].floats) {
        f->range++;
        f->done = 0;
    }
    if (f->range == PREFETCH_RANGES)
        return NULL;
    const float *at = f->next[f->range].at + f->done;
    f->done += floats;
    return at;
}

#endif
