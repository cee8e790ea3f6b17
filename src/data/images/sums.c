/* sums.c adds up pixels and their squares. */
#include "data/images/sums.h"

_Static_assert((uint64_t)SUMS_BYTES * 255 * 255 <= UINT32_MAX, "sums fit");

void sums_of_bytes(size_t n, const uint8_t *x, uint32_t sums[2])
{
    uint32_t sum = 0, squares = 0; /* in 32 bits the compiler vectorizes both */
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
        squares += (uint32_t)x[i] * x[i];
    }
    sums[0] = sum;
    sums[1] = squares;
}
