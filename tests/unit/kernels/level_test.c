/* All levels give the same bits, and these are the bits that every compiler and build type gave so far. */
#include "check.h"

#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of everything exercise() logs. It changes when an order of operations or the exercise changes, which is then a
 * deliberate change of results: put the new number here. */
#define BITS 0xb0d101bf0f6753a3u
/* And of what exercise_products() does: results in bf16. */
#define BITS_BF16 0x53803be6bbfec22eu

/* A NaN is a NaN, whatever its sign and payload. */
static uint32_t bits_of(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return isnan(f) ? 0x7fc00000u : u;
}

static void compare(const char *isa, const struct log *want, const struct log *got)
{
    assert_int_equal(want->entries, got->entries);
    for (size_t e = 0; e < want->entries; e++)
        for (size_t i = 0; i < want->entry[e].n; i++) {
            float a = want->v[want->entry[e].at + i], b = got->v[got->entry[e].at + i];
            if (bits_of(a) != bits_of(b))
                fail_msg("%s: %s [%zu] is %.9g, ref has %.9g", isa, want->entry[e].label, i, (double)b, (double)a);
        }
}

static void exercise_all(const struct kernels *k, struct log *log)
{
    exercise(k, log);
    exercise_rows(k, log);
    exercise_layers(k, log);
    exercise_products(k, log);
}

static void every_level_has_the_bits_of_ref(void **state)
{
    (void)state;
    struct log ref = {0};
    exercise_all(kernels_pick("ref"), &ref);
    for (size_t i = 0; kernels_level(i); i++) {
        const struct kernels *k = kernels_pick(kernels_level(i));
        if (!k) {
            printf("  %s: not on this machine, skipped\n", kernels_level(i));
            continue;
        }
        struct log log = {0};
        exercise_all(k, &log);
        compare(k->isa, &ref, &log);
        log_release(&log);
    }
    log_release(&ref);
}

#ifndef __SANITIZE_ADDRESS__ /* the other builds find as much, and faster */
#define CALLED 42

static void kernel_was_called(void)
{
    _exit(CALLED);
}

/* Runs everything in a process of its own with one kernel replaced by an end of the process: does it come to that? */
static int is_exercised(const struct kernels *k)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        struct log log = {0};
        exercise_all(k, &log);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == CALLED;
}

/* So that a new row of ops.def is compared between the levels. */
static void every_kernel_is_exercised(void **state)
{
    (void)state;
    const struct kernels *best = kernels_pick(NULL);
    void (*called)(void) = kernel_was_called;
#define OP(type, name, args)                                                                                           \
    {                                                                                                                  \
        struct kernels k = *best;                                                                                      \
        memcpy(&k.name, &called, sizeof called);                                                                       \
        if (!is_exercised(&k))                                                                                         \
            fail_msg("%s: no exercise calls it", #name);                                                               \
    }
#include "kernels/ops.def"
}
#else
/* The checks of tests/shim/address_checks.c are those of the sanitizer's library: what a kernel reads or writes beyond
 * an array ends the process, at every level whose kernels are checked; what lies inside does not. */
static int survives(const struct kernels *k, size_t len, size_t read, size_t written)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        void *x, *y;
        if (posix_memalign(&x, 64, read * sizeof(float)) || posix_memalign(&y, 64, written * sizeof(float)) ||
            !freopen("/dev/null", "w", stderr))
            _exit(1);
        k->add_scaled(len, 2, x, x, y);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && !WEXITSTATUS(status);
}

static void what_lies_beyond_an_array_is_told(void **state)
{
    const struct kernels *best = kernels_pick(NULL);
    (void)state;
    if (best == kernels_pick("ref")) /* its kernels are checked for undefined behaviour alone */
        skip();
    for (size_t len = 16; len <= 64; len += 16) {
        assert_true(survives(best, len, len, len));
        assert_false(survives(best, len, len - 1, len));
        assert_false(survives(best, len, len, len - 1));
    }
}
#endif

static uint64_t hash_of(void (*exercise)(const struct kernels *, struct log *))
{
    struct log log = {0};
    exercise(kernels_pick(NULL), &log);
    uint64_t hash = STR_HASH;
    for (size_t i = 0; i < log.n; i++) {
        uint32_t u = bits_of(log.v[i]);
        hash = str_hash(hash, &u, sizeof u);
    }
    printf("  %zu outputs, hash %016llx\n", log.n, (unsigned long long)hash);
    log_release(&log);
    return hash;
}

static void bits(void **state)
{
    (void)state;
    assert_int_equal(hash_of(exercise), BITS);
    assert_int_equal(hash_of(exercise_products), BITS_BF16);
}

/* A float of any size, at times a denormal, infinite, or NaN. */
static float any(void)
{
    uint32_t u = (uint32_t)noise_below(65536) << 16 | (uint32_t)noise_below(65536);
    float f;
    if (noise_below(4)) /* most near 1 */
        u = (u & 0x807fffff) | (uint32_t)(117 + noise_below(20)) << 23;
    memcpy(&f, &u, sizeof f);
    return f;
}

/* y = x * scale + shift is fmaf, also where the sum cancels, is halfway between two floats, or leaves their range. */
static void multiply_adds_are_rounded_once(void **state)
{
    enum { C = 1024 };
    float *x = box(C * LANES), *y = box(C * LANES), *scale = box(C), *shift = box(C);
    (void)state;
    noise_restart(7);
    for (int round = 0; round < 20; round++) {
        for (int c = 0; c < C; c++) {
            scale[c] = any();
            for (int l = 0; l < LANES; l++)
                x[c * LANES + l] = any();
            shift[c] = noise_below(2) ? any() : -scale[c] * x[c * LANES];
            if (c % 4 == 0) /* denormal results */
                scale[c] = ldexpf(scale[c], -60), shift[c] = ldexpf(shift[c], -140);
            if (c % 4 == 1) /* one beyond half of the last place */
                scale[c] = 1 + ldexpf(1, -12), x[c * LANES] = 1 + ldexpf(1, -12), shift[c] = ldexpf(any(), -40);
        }
        for (size_t i = 0; kernels_level(i); i++) {
            const struct kernels *k = kernels_pick(kernels_level(i));
            if (!k)
                continue;
            k->bn_apply(C, 1, 1, 1, x, scale, shift, y);
            for (int j = 0; j < C * LANES; j++) {
                float want = fmaf(x[j], scale[j / LANES], shift[j / LANES]);
                if (bits_of(y[j]) != bits_of(want))
                    fail_msg("%s: %a * %a + %a is %a, want %a", k->isa, (double)x[j], (double)scale[j / LANES],
                             (double)shift[j / LANES], (double)y[j], (double)want);
            }
        }
    }
    box_free(x), box_free(y), box_free(scale), box_free(shift);
}

static void ladder(void **state)
{
    (void)state;
    size_t n = 0;
    while (kernels_level(n))
        n++;
    assert_true(n >= 1);
    assert_string_equal(kernels_level(n - 1), "ref");
    assert_string_equal(kernels_pick("ref")->isa, "ref");
    assert_null(kernels_pick("mmx"));
    const struct kernels *best = NULL;
    for (size_t i = 0; i < n && !best; i++)
        best = kernels_pick(kernels_level(i));
    if (!strcmp(best->isa, "avx512bf16") && kernels_pick(NULL) != best) /* where that is slower */
        best = kernels_pick("avx512");
    assert_ptr_equal(best, kernels_pick(NULL));
    assert_ptr_equal(best, kernels_pick(NULL)); /* it is measured once */
}

const struct CMUnitTest level_tests[] = {
    cmocka_unit_test(multiply_adds_are_rounded_once),
    cmocka_unit_test(ladder),
    cmocka_unit_test(every_level_has_the_bits_of_ref),
#ifndef __SANITIZE_ADDRESS__
    cmocka_unit_test(every_kernel_is_exercised),
#else
    cmocka_unit_test(what_lies_beyond_an_array_is_told),
#endif
    cmocka_unit_test(bits),
    {0},
};
