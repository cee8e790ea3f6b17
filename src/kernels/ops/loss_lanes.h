/* loss_lanes.h - labels and losses of samples, one after the other in memory, as vectors with a sample in each lane. */
#ifndef KERNELS_OPS_LOSS_LANES_H
#define KERNELS_OPS_LOSS_LANES_H

#include "kernels/simd/simd.h"

#include <string.h>

/* Lane l holds label l, dead lanes -1. */
INLINE w16 label_vector(const int32_t *label, int live)
{
    int32_t all[LANES] __attribute__((aligned(64)));
    if (live == LANES)
        memcpy(all, label, sizeof all);
    else
        for (int i = 0; i < LANES; i++)
            all[i] = i < live ? label[i] : -1;
    return w16_load(all);
}

/* Stores the lanes of x that hold a sample. */
INLINE void store_live(float *to, v16 x, int live)
{
    float all[LANES] __attribute__((aligned(64)));
    v16_store(all, x);
    if (live == LANES)
        memcpy(to, all, sizeof all);
    else
        for (int i = 0; i < live; i++)
            to[i] = all[i];
}

#endif
