/* Bytes to vectors of images, at every level, against the plain expression. */
#include "check.h"

#include <string.h>

#define MOST 100

static void one_length(const struct kernels *k, size_t n, float scale, float shift)
{
    static uint8_t bytes[LANES][MOST + LANES];
    const uint8_t *in[LANES];
    float *x = box(MOST * LANES);
    for (size_t i = 0; i < LANES; i++) {
        in[i] = bytes[i] + i; /* every alignment */
        for (size_t j = 0; j < n; j++)
            bytes[i][i + j] = (uint8_t)noise_below(256);
    }
    for (size_t j = 0; j < MOST * LANES; j++)
        x[j] = -777;
    k->pixels(n, in, scale, shift, x);
    for (size_t j = 0; j < MOST * LANES; j++) {
        float product = (float)in[j % LANES][j / LANES < n ? j / LANES : 0] * scale, want = product + shift;
        want = j / LANES < n ? want : -777;
        if (memcmp(&x[j], &want, sizeof want))
            fail_msg("%s, n = %zu: x[%zu][%zu] is %.9g, want %.9g", k->isa, n, j / LANES, j % LANES, (double)x[j],
                     (double)want);
    }
    box_free(x);
}

static void pixels_are_the_expression(void **state)
{
    static const size_t n[] = {0, 1, 3, 15, 16, 17, 28, 31, 32, 33, 64, MOST};
    (void)state;
    noise_restart(81);
    for (size_t l = 0; kernels_level(l); l++) {
        const struct kernels *k = kernels_pick(kernels_level(l));
        for (size_t i = 0; k && i < sizeof n / sizeof n[0]; i++) {
            one_length(k, n[i], 1.0f / 255, -0.4242129f);
            one_length(k, n[i], 3.2457f / 255, 0.1f);
            one_length(k, n[i], 1, 0);
        }
    }
}

const struct CMUnitTest pixels_tests[] = {cmocka_unit_test(pixels_are_the_expression), {0}};
