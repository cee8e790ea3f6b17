/* table.c - the table of one level: a row of ops.def without a function does not link. */
#include "kernels/ops/ops.h"

#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)

const struct kernels EXPORT(kernels);
const struct kernels EXPORT(kernels) = {
    .isa = TEXT(ISA),
#define OP(type, name, args) .name = PLAIN(name),
#define OP_BF16(type, name, args) .name = EXPORT(name),
#include "kernels/ops.def"
};
