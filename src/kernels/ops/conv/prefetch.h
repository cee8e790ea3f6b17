/* fetch.h - what the convolutions ask for while they compute (struct prefetch_range): some lines with every piece of
 * work, since many at a time would wait for each other and block the reads of the convolution itself. */
#ifndef KERNELS_OPS_CONV_PREFETCH_H
#define KERNELS_OPS_CONV_PREFETCH_H

#include "kernels/kernels.h"

struct fetch {
    const struct prefetch_range *next; /* [PREFETCH_RANGES]; NULL: nothing to do */
    int range;
    size_t done; /* floats of the range, one row after the other */
};

/* Where the next `floats` to ask for begin (they may reach beyond what is wished for); NULL: all are asked for. */
static inline const float *fetch_next(struct fetch *f, size_t floats)
{
    if (!f->next)
        return NULL;
    while (f->range < PREFETCH_RANGES && f->done >= f->next[f->range].floats * (size_t)f->next[f->range].rows) {
        f->range++;
        f->done = 0;
    }
    if (f->range == PREFETCH_RANGES)
        return NULL;
    const struct prefetch_range *r = &f->next[f->range];
    const size_t row = r->rows > 1 ? f->done / r->floats : 0;
    const float *at = r->at + (ptrdiff_t)row * r->step + (f->done - row * r->floats);
    f->done += floats;
    return at;
}

#endif
