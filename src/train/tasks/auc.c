/* auc.c - the area under the ROC curve, counted exactly. */
#include "train/training.h"

#include <math.h>
#include <string.h>

enum { DIGITS = 4, BYTES = 256 };

/* How many of v[n] have each value of each byte. */
static void count_bytes(const uint32_t *v, size_t n, uint32_t count[DIGITS][BYTES])
{
    memset(count, 0, DIGITS * sizeof *count);
    for (size_t i = 0; i < n; i++)
        for (int d = 0; d < DIGITS; d++)
            count[d][v[i] >> 8 * d & 255]++;
}

/* Moves v[n] into to[n], sorted by one byte; of equal ones the order stays. */
static void sort_by_byte(const uint32_t *v, size_t n, int shift, uint32_t place[BYTES], uint32_t *to)
{
    uint32_t at = 0;
    for (int b = 0; b < BYTES; b++) {
        const uint32_t here = place[b];
        place[b] = at;
        at += here;
    }
    for (size_t i = 0; i < n; i++)
        to[place[v[i] >> shift & 255]++] = v[i];
}

/* Sorts by bytes, the lowest first (Seward 1954): v[n] with scratch[n]; a byte that is the same in all is passed over.
 * Returns where the sorted ones are. */
static const uint32_t *sort_keys(uint32_t *v, size_t n, uint32_t *scratch)
{
    uint32_t count[DIGITS][BYTES];
    count_bytes(v, n, count);
    for (int d = 0; d < DIGITS; d++) {
        if (n && count[d][v[0] >> 8 * d & 255] == n)
            continue;
        sort_by_byte(v, n, 8 * d, count[d], scratch);
        uint32_t *sorted = scratch;
        scratch = v;
        v = sorted;
    }
    return v;
}

double train_auc(size_t n, const float *score, const uint8_t *truth, int class, uint32_t *scratch)
{
    uint64_t npos = 0, doubled = 0; /* twice the pairs won, ties counting one half */
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        float s = score[i] + 0.0f; /* -0 is 0 */
        memcpy(&bits, &s, sizeof bits);
        scratch[i] = bits << 1 | (truth[i] == class); /* floats >= 0 are in the order of their bits */
    }
    const uint32_t *key = sort_keys(scratch, n, scratch + n);
    uint64_t below = 0; /* negatives with a smaller score */
    for (size_t i = 0; i < n;) {
        uint64_t neg = 0, pos = 0;
        const uint32_t bits = key[i] >> 1;
        for (; i < n && key[i] >> 1 == bits; i++) {
            pos += key[i] & 1;
            neg += ~key[i] & 1;
        }
        doubled += pos * (2 * below + neg);
        below += neg;
        npos += pos;
    }
    return npos && below ? (double)doubled / (2.0 * (double)npos * (double)below) : NAN;
}
