#include "groups.h"

#include "base/maths.h"
#include "base/rng.h"
#include "base/str.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* The oracle is libm in long double: 64 bits on x86, 113 elsewhere. */
static double ulps(double got, long double want)
{
    if (isnan(got) || isnan(want))
        return isnan(got) && isnan(want) ? 0 : HUGE_VAL;
    if (isinf(got) || isinf((double)want))
        return got == (double)want || fabsl(want) > DBL_MAX * (1 - 2 * DBL_EPSILON) ? 0 : HUGE_VAL;
    int e;
    frexp((double)want, &e);
    double unit = ldexp(1, (e < DBL_MIN_EXP ? DBL_MIN_EXP : e) - DBL_MANT_DIG);
    return (double)(fabsl((long double)got - want) / unit);
}

struct worst {
    double ulps, x, y;
};

static void note(struct worst *w, double got, long double want, double x, double y)
{
    double u = ulps(got, want);
    if (u > w->ulps)
        *w = (struct worst){u, x, y};
}

static void check(const struct worst *w, const char *name, double limit)
{
    if (!(w->ulps <= limit))
        fail_msg("%s(%.17g, %.17g) is off by %.2f ulp, allowed %.1f", name, w->x, w->y, w->ulps, limit);
}

static double uniform(struct rng *r, double lo, double hi)
{
    return lo + (hi - lo) * ((double)rng_u32(r) + (double)rng_u32(r) * 0x1p-32) * 0x1p-32;
}

/* Positive doubles of every exponent, subnormal ones too. */
static double any_positive(struct rng *r)
{
    return ldexp(1 + uniform(r, 0, 1), (int)rng_below(r, 2098) - 1074);
}

static void exp_against_libm(void **state)
{
    struct worst w = {0};
    struct rng r;
    (void)state;
    rng_init(&r, 1, RNG_TEST, 0, 0);
    for (int i = 0; i < 40000; i++) {
        double x = uniform(&r, -746, 710), small = uniform(&r, -1, 1), tiny = any_positive(&r) * 0x1p-1000;
        note(&w, m_exp(x), expl((long double)x), x, 0);
        note(&w, m_exp(small), expl((long double)small), small, 0);
        note(&w, m_exp(tiny), expl((long double)tiny), tiny, 0);
    }
    check(&w, "exp", 2);
    assert_true(m_exp(0) == 1 && m_exp(-0.0) == 1);
    assert_true(m_exp(HUGE_VAL) == HUGE_VAL && m_exp(-HUGE_VAL) == 0 && isnan(m_exp(NAN)));
    assert_true(isfinite(m_exp(709.782712893383)) && m_exp(709.7827128933841) == HUGE_VAL);
    assert_true(m_exp(-745.13) == 0x1p-1074 && m_exp(-745.2) == 0);
    assert_true(m_exp(1e300) == HUGE_VAL && m_exp(-1e300) == 0);
}

static void log_against_libm(void **state)
{
    struct worst w = {0};
    struct rng r;
    (void)state;
    rng_init(&r, 2, RNG_TEST, 0, 0);
    for (int i = 0; i < 40000; i++) {
        double x = any_positive(&r), near = uniform(&r, 0.5, 2), one = 1 + uniform(&r, -1, 1) * ldexp(1, -(i % 54));
        note(&w, m_log(x), logl((long double)x), x, 0);
        note(&w, m_log(near), logl((long double)near), near, 0);
        if (one > 0)
            note(&w, m_log(one), logl((long double)one), one, 0);
    }
    check(&w, "log", 2);
    assert_true(m_log(1) == 0 && m_log(0) == -HUGE_VAL && m_log(-0.0) == -HUGE_VAL);
    assert_true(isnan(m_log(-1)) && isnan(m_log(-HUGE_VAL)) && isnan(m_log(NAN)));
    assert_true(m_log(HUGE_VAL) == HUGE_VAL);
    assert_close(m_log(0x1p-1074), -744.4400719213812, 1e-15, 0);
    assert_close(m_log(DBL_MAX), 709.782712893384, 1e-15, 0);
}

static void sin_and_cos_against_libm(void **state)
{
    static const double span[] = {1e-3, 0.8, 7, 100, 1e5, 1e6};
    struct worst s = {0}, c = {0};
    struct rng r;
    (void)state;
    rng_init(&r, 3, RNG_TEST, 0, 0);
    for (size_t k = 0; k < COUNT(span); k++)
        for (int i = 0; i < 20000; i++) {
            double x = uniform(&r, -span[k], span[k]);
            note(&s, m_sin(x), sinl((long double)x), x, 0);
            note(&c, m_cos(x), cosl((long double)x), x, 0);
        }
    for (int k = -60000; k <= 60000; k += 7) { /* next to the zeros, where the argument's reduction shows */
        double x = k * M_PI_2;
        note(&s, m_sin(x), sinl((long double)x), x, 0);
        note(&c, m_cos(x), cosl((long double)x), x, 0);
    }
    check(&s, "sin", 2);
    check(&c, "cos", 2);
    assert_true(m_sin(0) == 0 && m_cos(0) == 1 && m_sin(-0.0) == 0);
    assert_true(m_sin(0x1p-1074) == 0x1p-1074 && m_sin(1e-300) == 1e-300);
    assert_true(isnan(m_sin(HUGE_VAL)) && isnan(m_cos(-HUGE_VAL)) && isnan(m_cos(NAN)));
    assert_true(isnan(m_sin(1e300)) && isnan(m_cos(1.1e6))); /* outside of the domain, and it says so */
}

static void pow_against_libm(void **state)
{
    struct worst w = {0}, whole = {0};
    struct rng r;
    (void)state;
    rng_init(&r, 4, RNG_TEST, 0, 0);
    for (int i = 0; i < 40000; i++) {
        double x = any_positive(&r), y = uniform(&r, -1, 1) * 700 / fabs(m_log(x) + 1e-9);
        double near = 1 + uniform(&r, -0.1, 0.1), big = uniform(&r, -7000, 7000);
        note(&w, m_pow(x, y), powl((long double)x, (long double)y), x, y);
        note(&w, m_pow(near, big), powl((long double)near, (long double)big), near, big);
        double b = uniform(&r, -3, 3), n = (double)rng_below(&r, 2049) - 1024;
        note(&whole, m_pow(b, n), powl((long double)b, (long double)n), b, n);
        double d = 1 - uniform(&r, 0, 0.1); /* decay per epoch */
        note(&whole, m_pow(d, n), powl((long double)d, (long double)n), d, n);
    }
    check(&w, "pow", 2);
    check(&whole, "pow, whole exponent", 1.1);
}

static void pow_special_cases(void **state)
{
    static const double row[][3] = {
        {10, 3, 1000},
        {10, -3, 0.001},
        {10, 22, 1e22},
        {2, 1023, 0x1p1023},
        {2, -1074, 0x1p-1074},
        {-2, 3, -8},
        {-2, 4, 16},
        {-2, -1, -0.5},
        {5, 1, 5},
        {3, 0, 1},
        {0, 0, 1},
        {NAN, 0, 1},
        {1, NAN, 1},
        {0, 2, 0},
        {0, 0.5, 0},
        {0, -1, INFINITY},
        {0, -0.5, INFINITY},
        {-2, 0.5, NAN},
        {NAN, 2, NAN},
        {2, NAN, NAN},
        {INFINITY, 2, INFINITY},
        {INFINITY, 0.5, INFINITY},
        {INFINITY, -2, 0},
        {INFINITY, -0.5, 0},
        {-INFINITY, 3, -INFINITY},
        {2, INFINITY, INFINITY},
        {2, -INFINITY, 0},
        {0.5, INFINITY, 0},
        {0.5, -INFINITY, INFINITY},
        {1, INFINITY, 1},
        {10, 400, INFINITY},
        {10, -400, 0},
        {10, 308.5, INFINITY},
        {1e160, -2, 1e-320},
        {1e-160, 2, 1e-320},
        {1.5, 1e6, INFINITY},
        {1.5, -1e6, 0},
        {4, 0.5, 2},
        {100, 1.5, 1000},
        {0.25, -0.5, 2},
        {1e-310, -1, INFINITY},
        {7, 2000.5, INFINITY},
        {0x1p-1074, 1, 0x1p-1074},
        {DBL_MAX, 1, DBL_MAX},
        {1, 1e300, 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(row); i++)
        if (!is_close(m_pow(row[i][0], row[i][1]), row[i][2], 0, 0))
            fail_msg("pow(%g, %g) = %.17g, want %.17g", row[i][0], row[i][1], m_pow(row[i][0], row[i][1]), row[i][2]);
    for (double x = 1; x < 200; x++) /* products that fit into a double are exact */
        for (double n = 0, want = 1; want < 0x1p53; n++, want *= x)
            if (x > 1 || n < 5)
                assert_true(m_pow(x, n) == want);
            else
                break;
}

/* The bits of all functions over a grid. A compiler or flag that changes one (contraction, a libm function that slipped
 * in) changes results that were promised: this number is to be the same everywhere and for ever. */
static void bits_are_pinned(void **state)
{
    uint64_t h = STR_HASH;
    (void)state;
    for (int i = -20000; i <= 20000; i++) {
        double x = i * 0.03125 + 1.0 / 3;
        double v[] = {m_exp(x), m_log(x * x), m_sin(x * 100), m_cos(x * 100), m_pow(x * x, 0.7), m_pow(x, 5)};
        h = str_hash(h, v, sizeof v);
    }
    if (h != 0x2ec0fad6da77e64cu)
        fail_msg("the bits have changed: 0x%016llxu", (unsigned long long)h);
}

/* NaN equals NaN of another sign: which one comes out is the machine's choice. */
static void assert_same(double a, double b, double x)
{
    if (memcmp(&a, &b, sizeof a) && !(a != a && b != b))
        fail_msg("%.17g instead of %.17g for %.17g", a, b, x);
}

static void many_are_as_one(void **state)
{
    static const double odd[] = {0,    -0.0,    -1,     NAN,   INFINITY,  -INFINITY, 1e6,
                                 -1e6, 1000001, 5e-324, 1e308, M_SQRT1_2, 1};
    enum { N = 50, ODD = sizeof odd / sizeof odd[0] };
    struct rng r;
    (void)state;
    rng_init(&r, 2, RNG_TEST, 3, 4);
    for (int round = 0; round < 2000; round++) {
        double x[N], y[N], z[N];
        size_t n = rng_below(&r, N + 1);
        for (size_t i = 0; i < N; i++)
            x[i] = ldexp((double)rng_signed(&r), (int)rng_below(&r, 24) - 2 * (int)rng_below(&r, 20));
        if (round % 3 == 0) /* one that is not like the others */
            x[rng_below(&r, N)] = odd[rng_below(&r, ODD)];
        for (size_t i = 0; i < N; i++) {
            x[i] = round % 2 ? x[i] : fabs(x[i]);
            y[i] = z[i] = 77;
        }
        m_logs(n, x, y);
        m_coss(n, x, z);
        for (size_t i = 0; i < N; i++) {
            assert_same(y[i], i < n ? m_log(x[i]) : 77, x[i]);
            assert_same(z[i], i < n ? m_cos(x[i]) : 77, x[i]);
        }
        memcpy(y, x, sizeof y);
        m_logs(n, y, y);
        m_coss(n, x, x);
        assert_memory_equal(x, z, n * sizeof *x);
    }
}

/* Exponentials of many are as exact as those of one; each depends on its number alone, and one that is no normal number
 * is that of m_exp. */
static void many_exps_against_libm(void **state)
{
    static const double odd[] = {0, -0.0, NAN, HUGE_VAL, -HUGE_VAL, 710, -745.13, -746, 1e300, -1e300, 5e-324};
    enum { N = 50, ODD = sizeof odd / sizeof odd[0] };
    struct worst w = {0};
    struct rng r;
    (void)state;
    rng_init(&r, 3, RNG_TEST, 0, 0);
    for (int round = 0; round < 2000; round++) {
        double x[N], y[N], alone;
        const size_t n = rng_below(&r, N + 1);
        for (size_t i = 0; i < N; i++) {
            x[i] = uniform(&r, round % 2 ? -1 : -700, round % 2 ? 1 : 700);
            y[i] = 77;
        }
        if (round % 3 == 0)
            x[rng_below(&r, N)] = odd[rng_below(&r, ODD)];
        m_exps(n, x, y);
        for (size_t i = 0; i < n; i++) {
            m_exps(1, &x[i], &alone);
            assert_same(y[i], alone, x[i]);
            if (fabs(x[i]) < 700)
                note(&w, y[i], expl((long double)x[i]), x[i], 0);
            else
                assert_same(y[i], m_exp(x[i]), x[i]);
        }
        for (size_t i = n; i < N; i++)
            assert_true(y[i] == 77);
        m_exps(n, x, x);
        assert_memory_equal(x, y, n * sizeof *x);
    }
    check(&w, "exps", 2);
}

int test_maths(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_against_libm),         cmocka_unit_test(log_against_libm),
        cmocka_unit_test(sin_and_cos_against_libm), cmocka_unit_test(pow_against_libm),
        cmocka_unit_test(pow_special_cases),        cmocka_unit_test(bits_are_pinned),
        cmocka_unit_test(many_are_as_one),          cmocka_unit_test(many_exps_against_libm),
    };
    return cmocka_run_group_tests_name("maths", tests, NULL, NULL);
}
