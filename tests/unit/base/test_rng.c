#include "groups.h"

#include "base/rng.h"

#include <math.h>
#include <string.h>

/* The vectors published with Random123 (kat_vectors, philox4x32 10). */
static void philox_known_answers(void **state)
{
    static const struct {
        uint32_t ctr[4], key[2], out[4];
    } rows[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t out[4];
        rng_philox(rows[i].key, rows[i].ctr, out);
        for (int k = 0; k < 4; k++)
            if (out[k] != rows[i].out[k])
                fail_msg("vector %zu: out[%d] = %08x, published %08x", i, k, out[k], rows[i].out[k]);
    }
}

static void philox_of_many_is_that_of_each(void **state)
{
    const uint32_t key[2] = {0x89abcdef, 0x01234567};
    uint32_t ctr[4][16], out[4][16];
    (void)state;
    for (uint32_t i = 0; i < 64; i++)
        ctr[i / 16][i % 16] = 0x9e3779b9u * (i + 1);
    memcpy(out, ctr, sizeof out);
    rng_philox_16(key, out);
    for (int i = 0; i < 16; i++) {
        uint32_t one[4];
        rng_philox(key, (const uint32_t[4]){ctr[0][i], ctr[1][i], ctr[2][i], ctr[3][i]}, one);
        for (int k = 0; k < 4; k++)
            assert_int_equal(out[k][i], one[k]);
    }
}

/* The layout is part of every result ever written: key = seed, counter = (n, b, a, purpose). */
static void stream_is_philox_of_its_name(void **state)
{
    struct rng r;
    uint64_t seed = 0x0123456789abcdefu;
    const uint32_t key[2] = {0x89abcdef, 0x01234567};
    (void)state;
    rng_init(&r, seed, RNG_DROPOUT, 17, 4000000000u);
    for (uint32_t n = 0; n < 5; n++) {
        const uint32_t ctr[4] = {n, 4000000000u, 17, 5};
        uint32_t out[4];
        assert_int_equal(RNG_DROPOUT, 5);
        rng_philox(key, ctr, out);
        for (int k = 0; k < 4; k++)
            assert_int_equal(rng_u32(&r), out[k]);
    }
}

static void streams_differ_in_every_part_of_the_name(void **state)
{
    static const struct {
        uint64_t seed;
        enum rng_purpose purpose;
        uint32_t a, b;
    } name[] = {
        {1, RNG_TEST, 0, 0},  {2, RNG_TEST, 0, 0}, {1 + ((uint64_t)1 << 32), RNG_TEST, 0, 0},
        {1, RNG_SPLIT, 0, 0}, {1, RNG_TEST, 1, 0}, {1, RNG_TEST, 0, 1},
    };
    uint32_t v[COUNT(name)][64];
    (void)state;
    for (size_t i = 0; i < COUNT(name); i++) {
        struct rng r;
        rng_init(&r, name[i].seed, name[i].purpose, name[i].a, name[i].b);
        for (int k = 0; k < 64; k++)
            v[i][k] = rng_u32(&r);
        for (size_t j = 0; j < i; j++)
            for (int k = 0; k < 64; k++)
                assert_int_not_equal(v[i][k], v[j][k]);
    }
}

/* A stream whose next number is u. */
static struct rng loaded(uint32_t u)
{
    struct rng r;
    rng_init(&r, 1, RNG_TEST, 0, 0);
    r.left = 1;
    r.out[3] = u;
    return r;
}

static void floats_at_the_ends_of_their_range(void **state)
{
    struct rng lo = loaded(0), hi = loaded(0xffffffff);
    (void)state;
    assert_true(rng_float(&lo) == 0);
    assert_true(rng_float(&hi) == 1 - 0x1p-24f);
    lo = loaded(0);
    hi = loaded(0xffffffff);
    assert_true(rng_signed(&lo) == -1 + 0x1p-24f);
    assert_true(rng_signed(&hi) == 1 - 0x1p-24f);
    lo = loaded(0x7fffffff);
    hi = loaded(0x80000000);
    assert_true(rng_signed(&lo) == -0x1p-24f); /* symmetric about 0, which never comes */
    assert_true(rng_signed(&hi) == 0x1p-24f);
    lo = loaded(0);
    hi = loaded(0xffffffff);
    assert_true(isfinite(rng_normal(&lo)));
    assert_true(isfinite(rng_normal(&hi)));
}

static void many_normals_are_as_one(void **state)
{
    double v[300];
    (void)state;
    for (size_t n = 0; n < 300; n = n < 20 ? n + 1 : n + 31) {
        struct rng a, b;
        rng_init(&a, 9, RNG_INIT, (uint32_t)n, 0);
        rng_u32(&a); /* amid a counter's four numbers */
        b = a;
        rng_normals(&a, n, v);
        for (size_t i = 0; i < n; i++)
            assert_true(v[i] == rng_normal(&b));
        assert_int_equal(rng_u32(&a), rng_u32(&b));
    }
}

/* Mean and variance within 5 standard errors; the stream is fixed, so this passes or fails for ever. */
static void moments(void **state)
{
    enum { N = 200000 };
    double f = 0, f2 = 0, s = 0, s2 = 0, n1 = 0, n2 = 0, n3 = 0, n4 = 0, beyond = 0;
    struct rng r;
    (void)state;
    rng_init(&r, 7, RNG_TEST, 1, 1);
    for (int i = 0; i < N; i++) {
        double u = (double)rng_float(&r), v = (double)rng_signed(&r), z = rng_normal(&r);
        assert_true(u >= 0 && u < 1 && v > -1 && v < 1);
        f += u;
        f2 += u * u;
        s += v;
        s2 += v * v;
        n1 += z;
        n2 += z * z;
        n3 += z * z * z;
        n4 += z * z * z * z;
        beyond += fabs(z) > 1.959964;
    }
    double se = 5 / sqrt((double)N);
    assert_close(f / N, 0.5, 0, se * sqrt(1.0 / 12));
    assert_close(f2 / N, 1.0 / 3, 0, se * sqrt(4.0 / 45));
    assert_close(s / N, 0, 0, se * sqrt(1.0 / 3));
    assert_close(s2 / N, 1.0 / 3, 0, se * sqrt(4.0 / 45));
    assert_close(n1 / N, 0, 0, se);
    assert_close(n2 / N, 1, 0, se * sqrt(2));
    assert_close(n3 / N, 0, 0, se * sqrt(15));
    assert_close(n4 / N, 3, 0, se * sqrt(96));
    assert_close(beyond / N, 0.05, 0, se * sqrt(0.05 * 0.95));
}

static double chi_square(const uint32_t *count, uint32_t cells, double expected)
{
    double x = 0;
    for (uint32_t i = 0; i < cells; i++)
        x += ((double)count[i] - expected) * ((double)count[i] - expected) / expected;
    return x;
}

static void below_is_in_range_and_without_bias(void **state)
{
    static const uint32_t range[] = {1, 2, 3, 6, 10, 1000, 0x80000000u, 0xc0000000u, 0xffffffffu};
    struct rng r;
    (void)state;
    rng_init(&r, 3, RNG_TEST, 0, 0);
    for (size_t i = 0; i < COUNT(range); i++) {
        /* Three parts of equal size where n divides, so that a modulo's bias (a factor 2 at 3 * 2^30) shows. */
        uint32_t n = range[i], cells = n <= 10 ? n : 3, count[10] = {0};
        for (int k = 0; k < 30000; k++) {
            uint32_t v = rng_below(&r, n);
            assert_true(v < n);
            count[n <= 10 ? v : (uint32_t)((uint64_t)v * 3 / n)]++;
        }
        double x = chi_square(count, cells, 30000.0 / cells);
        if (x > 30)
            fail_msg("rng_below(%u): chi-square %g with %u cells", n, x, cells);
    }
    /* 2^32 mod 3 = 1: the one product with a low word below 1 belongs to u = 0, which must be thrown away. */
    r = loaded(0);
    rng_below(&r, 3);
    assert_int_equal(r.left, 3);
    r = loaded(0);
    rng_below(&r, 4); /* nothing to reject */
    assert_int_equal(r.left, 0);
}

static void shuffle_reaches_every_order_equally(void **state)
{
    enum { N = 24000 };
    uint32_t count[256] = {0}, perms[24], found = 0;
    struct rng r;
    (void)state;
    rng_init(&r, 5, RNG_SHUFFLE, 0, 0);
    for (int i = 0; i < N; i++) {
        uint32_t v[4] = {0, 1, 2, 3};
        rng_shuffle(&r, v, 4);
        assert_int_equal((1 << v[0]) | (1 << v[1]) | (1 << v[2]) | (1 << v[3]), 15);
        count[v[0] | v[1] << 2 | v[2] << 4 | v[3] << 6]++;
    }
    for (int i = 0; i < 256; i++)
        if (count[i] && found < 24)
            perms[found++] = count[i];
    assert_int_equal(found, 24);
    assert_true(chi_square(perms, 24, N / 24.0) < 60); /* 23 degrees of freedom: p < 5e-5 */
}

static void shuffle_of_few(void **state)
{
    uint32_t v[3] = {7, 8, 9};
    struct rng r;
    (void)state;
    rng_init(&r, 5, RNG_SHUFFLE, 0, 0);
    rng_shuffle(&r, v, 0);
    rng_shuffle(&r, v, 1);
    assert_int_equal(r.left, 0); /* nothing drawn */
    assert_int_equal(v[0], 7);
    assert_int_equal(v[1], 8);
    assert_int_equal(v[2], 9);
    rng_shuffle(&r, v, 2);
    assert_int_equal(v[0] + v[1], 15);
    assert_int_equal(v[2], 9);
}

int test_rng(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_known_answers),
        cmocka_unit_test(philox_of_many_is_that_of_each),
        cmocka_unit_test(stream_is_philox_of_its_name),
        cmocka_unit_test(streams_differ_in_every_part_of_the_name),
        cmocka_unit_test(floats_at_the_ends_of_their_range),
        cmocka_unit_test(many_normals_are_as_one),
        cmocka_unit_test(moments),
        cmocka_unit_test(below_is_in_range_and_without_bias),
        cmocka_unit_test(shuffle_reaches_every_order_equally),
        cmocka_unit_test(shuffle_of_few),
    };
    return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
