/* ops.h - the kernels of one level, whose names end in the level's. What they compute is described in ops.def. */
#ifndef KERNELS_OPS_OPS_H
#define KERNELS_OPS_OPS_H

#include "kernels/simd/simd.h"

#define OP(type, name, args) type EXPORT(name) args;
#include "kernels/ops.def"

/* Leaves a kernel to its like for lanes 0..VK-1 where no others live, and that is faster. */
#if defined(ISA_avx2) && !defined(HALF)
#define OP(type, name, args) type name##_half args;
#include "kernels/ops.def"
#define IN_HALF(lanes, name, ...)                                                                                      \
    do {                                                                                                               \
        if ((lanes) && (lanes) <= VK) {                                                                                \
            name##_half(__VA_ARGS__);                                                                                  \
            return;                                                                                                    \
        }                                                                                                              \
    } while (0)
#else
#define IN_HALF(lanes, name, ...) (void)(lanes)
#endif

#endif
