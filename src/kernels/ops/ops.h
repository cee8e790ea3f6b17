/* ops.h - the kernels of one level, whose names end in the level's. What they compute is described in ops.def. */
#ifndef KERNELS_OPS_OPS_H
#define KERNELS_OPS_OPS_H

#include "kernels/simd/simd.h"

/* A level that multiplies bf16 numbers in its own way has the other kernels of the level BASE. */
#ifndef BASE
#define BASE ISA
#endif

#define PLAIN(name) JOIN(name, BASE)

#define OP(type, name, args) type PLAIN(name) args;
#define OP_BF16(type, name, args) type EXPORT(name) args;
#include "kernels/ops.def"

#endif
