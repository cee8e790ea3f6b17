/* pairs.h - whether the instruction for pairs of bf16 numbers pays. */
#ifndef KERNELS_PAIRS_H
#define KERNELS_PAIRS_H

#include "kernels/kernels.h"

/* Is `pairs` faster than `other` at products of bf16 numbers, and has it the same bits, also of sums that are denormal
 * or depend on the order? The first call measures it, in about a millisecond; later ones give its answer. */
int pairs_pay(const struct kernels *pairs, const struct kernels *other);

#endif
