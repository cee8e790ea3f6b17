/* check.h - what the tests of the kernels share: guarded buffers, noise, naive double references, comparison. */
#ifndef TEST_KERNELS_CHECK_H
#define TEST_KERNELS_CHECK_H

#include "kernels/kernels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* n floats, 64-byte aligned, full of a pattern, between two guard zones. box_free fails the test if a guard changed. */
float *box(size_t n);
void box_free(float *p);
/* box_check only looks. */
void box_check(const float *p);

/* The same numbers in every run: uniform in (-1, 1). */
void noise(float *p, size_t n);
float *box_noise(size_t n);
uint32_t noise_below(uint32_t n);
void noise_restart(uint32_t seed);
/* Zeros in the lanes at and beyond n of the last of ceil(n / 16) blocks of `vectors` vectors. */
void kill_dead(float *p, int n, size_t vectors);

/* A sum in double and the sum of its terms' magnitudes, against which float error is measured. */
struct sum {
    double value, size;
    int terms;
};
void sum_add(struct sum *s, double term);
/* got is s.value within the error that terms roundings in float32 may leave: (4 + 2 sqrt(terms)) 2^-24 of s.size. */
int sum_is(const struct sum *s, float got);

/* Fails unless |got - want| <= tol * max(1, |want|), or both are the same infinity, or both are NaN. */
void assert_near(float got, double want, double tol, const char *what);

/* A random geometry that makes sense; `hard` 0: stride 1, dilation 1, one group. */
struct conv_dims random_conv(int hard);
struct pool_dims random_pool(void);
size_t conv_in(const struct conv_dims *d, int blocks);
size_t conv_out(const struct conv_dims *d, int blocks);
size_t conv_weights(const struct conv_dims *d);

/* Everything the table computes, over many shapes, appended to a log. */
struct entry {
    char label[120];
    size_t at, n;
};
struct log {
    float *v;
    size_t n, cap;
    struct entry *entry;
    size_t entries, entry_cap;
};
void exercise(const struct kernels *k, struct log *log);
/* The same for the kernels that work row by row on images, and for pictures. */
void exercise_rows(const struct kernels *k, struct log *log);
/* And for those of single layers, optimizers and losses that came later. */
void exercise_layers(const struct kernels *k, struct log *log);
/* And for products of bf16 numbers. */
void exercise_products(const struct kernels *k, struct log *log);
void log_release(struct log *log);

/* Appends n floats under a label. */
void log_add(struct log *l, const float *v, size_t n, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* A whole box, which is freed. */
void log_box(struct log *l, float *box, size_t n, const char *what, int i);
/* Pointers to the n rows of an array, each of so many floats; the caller frees. */
float **array_rows(float *array, int n, size_t floats);

/* Is the gradient of the activation computed of the argument? Otherwise of the value. */
int act_reads_argument(int f);

/* Names of floats: x[((b*h + y)*c + ch)*w + x][lane]. */
static inline size_t at5(int c, int h, int w, int b, int y, int ch, int x, int lane)
{
    return ((((size_t)b * (size_t)h + (size_t)y) * (size_t)c + (size_t)ch) * (size_t)w + (size_t)x) * LANES +
           (size_t)lane;
}

/* The tests of each file, ending with a row whose name is NULL. */
extern const struct CMUnitTest conv_tests[], dense_tests[], norm_tests[], pool_tests[], elementwise_tests[],
    loss_tests[], optim_tests[], vmath_tests[], pixels_tests[], warp_tests[], stage_tests[], bf16_tests[],
    products_tests[], winograd_tests[], winograd_wgrad_tests[], level_tests[];

#endif
