/* exact.c - adds numbers without rounding, so that equal means are equal in every order of their trials. */
#include "report/stats/exact.h"

#include <float.h>
#include <math.h>
#include <string.h>

__extension__ typedef unsigned __int128 u128;

#define UNIT 149 /* bits after the binary point */

/* Adds bits << shift to the words, or takes it away. */
static void add_bits(uint64_t *word, uint64_t bits, int shift, int minus)
{
    u128 wide = (u128)bits << shift % 64;
    uint64_t part[2] = {(uint64_t)wide, (uint64_t)(wide >> 64)}, carry = 0;
    for (int i = shift / 64, k = 0; i < EXACT_WORDS; i++, k++) {
        uint64_t v = k < 2 ? part[k] : 0;
        u128 sum = minus ? (u128)word[i] - v - carry : (u128)word[i] + v + carry;
        word[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64) & 1;
    }
}

void exact_add(struct exact *x, float v)
{
    int exponent;
    double fraction =
        frexp(isinf(v) ? copysign(FLT_MAX, v) : v, &exponent); /* v = fraction * 2^exponent; denormal floats included */
    int shift = exponent - 24 + UNIT; /* of the 24 bits of the fraction, the last at 2^(exponent - 24) */
    int64_t bits = (int64_t)ldexp(fabs(fraction), shift < 0 ? 24 + shift : 24);
    add_bits(x->word, (uint64_t)bits, shift < 0 ? 0 : shift, fraction < 0);
}

void exact_add_count(struct exact *x, uint64_t n)
{
    add_bits(x->word, n, UNIT, 0);
}

static int is_negative(const uint64_t *word, int words)
{
    return word[words - 1] >> 63 != 0;
}

/* Multiplies word[words] by `by` < 2^63 into out[words+1]; the sign is kept. */
static void multiply_words(const uint64_t *word, uint64_t by, uint64_t *out)
{
    uint64_t carry = 0, minus = 0;
    for (int i = 0; i < EXACT_WORDS; i++) {
        u128 v = (u128)word[i] * by + carry;
        out[i] = (uint64_t)v;
        carry = (uint64_t)(v >> 64);
    }
    if (is_negative(word, EXACT_WORDS)) /* the words as they stand are 2^384 too much */
        minus = by;
    out[EXACT_WORDS] = carry - minus;
}

int exact_compare(const struct exact *a, const struct exact *b)
{
    uint64_t x[EXACT_WORDS + 1], y[EXACT_WORDS + 1];
    multiply_words(a->word, b->over, x);
    multiply_words(b->word, a->over, y);
    int nx = is_negative(x, EXACT_WORDS + 1), ny = is_negative(y, EXACT_WORDS + 1);
    if (nx != ny)
        return nx ? -1 : 1;
    for (int i = EXACT_WORDS; i >= 0; i--)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

double exact_mean(const struct exact *x)
{
    uint64_t word[EXACT_WORDS], carry = 1;
    double v = 0;
    if (!x->over)
        return NAN;
    int minus = is_negative(x->word, EXACT_WORDS);
    for (int i = 0; i < EXACT_WORDS; i++) {
        word[i] = minus ? ~x->word[i] + carry : x->word[i];
        carry = carry && !word[i];
    }
    for (int i = EXACT_WORDS - 1; i >= 0; i--)
        v += ldexp((double)word[i], 64 * i - UNIT);
    return (minus ? -v : v) / (double)x->over;
}
