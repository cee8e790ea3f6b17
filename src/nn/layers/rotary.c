/* rotary.c turns queries and keys: each row times cosines plus the row with its pairs of channels swapped times sines.
 */
#include "nn/layers/rotary.h"

#include "base/maths.h"

#include <string.h>

/* Channels of queries and keys times columns: the vectors of a row that are turned. */
static int turned_vectors(const struct attention *a)
{
    return 2 * a->heads * a->width * a->cols;
}

/* Cosines, sines and zeros for each vector; then vectors that are swapped, and products. */
size_t rotary_scratch(const struct attention *a)
{
    return 3 * PAD16(turned_vectors(a)) + 2 * (size_t)turned_vectors(a) * LANES;
}

/* What the vectors of a row are multiplied by: themselves, and those of the other channel of their pair. */
static void fill_turns(const struct attention *a, int row, int back, float *cosine, float *sine)
{
    for (int c = 0; c < 2 * a->heads * a->width; c++) {
        const double rate = m_pow(10000, -(double)(c % a->width / 2 * 2) / a->width);
        for (int col = 0; col < a->cols; col++) {
            const double angle = (row * a->cols + col) * rate, s = m_sin(angle);
            cosine[c * a->cols + col] = (float)m_cos(angle);
            sine[c * a->cols + col] = (float)(c % 2 == back ? -s : s);
        }
    }
}

void rotary_turn(const struct layer_call *c, const struct attention *a, int back, float *qkv, float *scratch)
{
    const int n = turned_vectors(a);
    const size_t vector = (size_t)a->cols * LANES, row = 3 * (size_t)(a->heads * a->width) * vector;
    float *cosine = scratch, *sine = cosine + PAD16(n), *zeros = sine + PAD16(n), *swapped = zeros + PAD16(n);
    float *product = swapped + (size_t)n * LANES;
    memset(zeros, 0, PAD16(n) * sizeof *zeros);
    for (int h = 0; h < a->rows; h++) {
        fill_turns(a, h, back, cosine, sine);
        for (int b = 0; b < c->pass->blocks; b++) {
            float *x = qkv + ((size_t)b * (size_t)a->rows + (size_t)h) * row;
            for (size_t k = 0; k < (size_t)n * LANES; k += vector)
                memcpy(swapped + k, x + (k / vector % 2 ? k - vector : k + vector), vector * sizeof *x);
            c->kernels->bn_apply(n, 1, 1, 1, swapped, sine, zeros, product);
            c->kernels->bn_apply(n, 1, 1, 1, x, cosine, zeros, x);
            c->kernels->add_scaled((size_t)n * LANES, 1, product, x, x);
        }
    }
}
