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

#if defined(__x86_64__) && defined(NDEBUG) /* compilers see to it from -O2 on */
#include <cpuid.h>

/* 1: the upper halves of vector registers are in use, which makes plain code slow until a vzeroupper; -1: not told. */
static int upper_halves_in_use(void)
{
    unsigned a, b, c, d;
    if (!__get_cpuid_count(13, 1, &a, &b, &c, &d) || !(a >> 2 & 1))
        return -1;
    __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(1));
    return (int)(a >> 2 & 1);
}

/* Both are called from the plain code of data, pixels once a row: a number that the squares of 16 fill exactly, and
 * others. */
static void the_registers_are_left_clean(void **state)
{
    const char *name;
    uint8_t bytes[LANES][48] = {{0}};
    const uint8_t *in[LANES];
    (void)state;
    if (upper_halves_in_use() < 0)
        skip();
    for (int i = 0; i < LANES; i++)
        in[i] = bytes[i];
    float *x = box(48 * LANES), *scratch = box(warp_scratch(1, 48) / 2);
    for (size_t l = 0; (name = kernels_level(l)); l++) {
        const struct kernels *k = kernels_pick(name);
        for (size_t n = 1; k && n <= 48; n++) {
            struct sampling s = {.h = 1, .w = (int)n};
            k->pixels(n, in, 1, 0, x);
            assert_int_equal(upper_halves_in_use(), 0);
            k->warp(&s, in, in, 1, 0, n * LANES, x, (uint16_t *)(void *)scratch);
            assert_int_equal(upper_halves_in_use(), 0);
        }
    }
    box_free(x), box_free(scratch);
}
#else
static void the_registers_are_left_clean(void **state)
{
    (void)state;
    skip();
}
#endif

const struct CMUnitTest pixels_tests[] = {
    cmocka_unit_test(pixels_are_the_expression), cmocka_unit_test(the_registers_are_left_clean), {0}};
