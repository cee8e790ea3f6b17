/* auc.c - the area under the ROC curve, counted exactly. */
#include "train/training.h"

#include <math.h>
#include <string.h>

static void sift(uint64_t *v, size_t at, size_t n)
{
    uint64_t x = v[at];
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        child += child + 1 < n && v[child + 1] > v[child];
        if (v[child] <= x)
            break;
        v[at] = v[child];
    }
    v[at] = x;
}

/* Heapsort (Williams 1964): in place, where qsort of glibc may allocate. */
static void sort(uint64_t *v, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift(v, i, n);
    for (size_t end = n; end-- > 1;) {
        uint64_t t = v[0];
        v[0] = v[end];
        v[end] = t;
        sift(v, 0, end);
    }
}

double train_auc(size_t n, const float *score, const uint8_t *truth, int class, uint64_t *key)
{
    uint64_t npos = 0, doubled = 0; /* twice the pairs won, ties counting one half */
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        float s = score[i] + 0.0f; /* -0 is 0 */
        memcpy(&bits, &s, sizeof bits);
        key[i] = (uint64_t)bits << 1 | (truth[i] == class); /* floats >= 0 are in the order of their bits */
    }
    sort(key, n);
    uint64_t below = 0; /* negatives with a smaller score */
    for (size_t i = 0; i < n;) {
        uint64_t neg = 0, pos = 0, bits = key[i] >> 1;
        for (; i < n && key[i] >> 1 == bits; i++)
            *(key[i] & 1 ? &pos : &neg) += 1;
        doubled += pos * (2 * below + neg);
        below += neg;
        npos += pos;
    }
    return npos && below ? (double)doubled / (2.0 * (double)npos * (double)below) : NAN;
}
