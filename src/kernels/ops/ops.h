/* ops.h - the kernels of one level, whose names end in the level's. What they compute is described in ops.def. */
#ifndef KERNELS_OPS_OPS_H
#define KERNELS_OPS_OPS_H

#include "kernels/simd/simd.h"

#define OP(type, name, args) type EXPORT(name) args;
#include "kernels/ops.def"

#endif
