/* sums.h - what normalization wants to know of pixels. Exact, so that no order of adding shows. */
#ifndef DATA_SUMS_H
#define DATA_SUMS_H

#include <stddef.h>
#include <stdint.h>

#define SUMS_BYTES 65536 /* at most in one call: so many times 255^2 still fits */

/* Sum and sum of squares of n <= SUMS_BYTES bytes. */
void sums_of_bytes(size_t n, const uint8_t *x, uint32_t sums[2]);

#endif
