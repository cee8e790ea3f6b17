/* exp, log, tanh, erf over all floats that matter, in units of the last place of the exact result. */
#include "check.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define N 4096

/* |got - want| in units of the last place of want as a float. */
static double ulps(float got, double want)
{
    if (isnan(want) || isnan(got))
        return isnan(want) && isnan(got) ? 0 : INFINITY;
    if (fabs(want) >= 0x1.ffffffp127)
        return isinf(got) && (got > 0) == (want > 0) ? 0 : INFINITY;
    int e;
    frexp(want, &e);
    return fabs((double)got - want) / ldexp(1, e - 24 < -149 ? -149 : e - 24);
}

static float from_bits(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

/* Every `step`-th float from bits lo to hi, both signs if asked. */
static void sweep(const char *name, void (*f)(size_t, const float *, float *), double (*exact)(double), uint32_t lo,
                  uint32_t hi, uint32_t step, int both_signs, double limit)
{
    float *x = box(N), *y = box(N);
    double worst = 0;
    float at = 0;
    for (uint32_t u = lo; u < hi;) {
        for (int i = 0; i < N; i++) {
            x[i] = from_bits(u < hi ? u : hi);
            if (both_signs && i % 2)
                x[i] = -x[i];
            u += step;
        }
        f(N, x, y);
        for (int i = 0; i < N; i++) {
            double d = ulps(y[i], exact((double)x[i]));
            if (!(d <= worst)) {
                worst = d;
                at = x[i];
            }
        }
    }
    box_free(x), box_free(y);
    printf("  %s: at most %.2f ulp, at %.9g\n", name, worst, (double)at);
    if (!(worst <= limit))
        fail_msg("%s(%.9g) is off by %g ulp", name, (double)at, worst);
}

static void accuracy(void **state)
{
    (void)state;
    const struct kernels *k = kernels_pick(NULL);
    sweep("exp", k->vec_exp, exp, 0, 0x7f800000, 1009, 1, 1.0);
    sweep("exp, 2^-10 to 128", k->vec_exp, exp, 0x3a800000, 0x43000000, 97, 1, 1.0);
    sweep("log", k->vec_log, log, 1, 0x7f800000, 997, 0, 1.0);
    sweep("log, 1/2 to 2", k->vec_log, log, 0x3f000000, 0x40000000, 13, 0, 1.0);
    sweep("tanh", k->vec_tanh, tanh, 0, 0x7f800000, 1013, 1, 3.0);
    sweep("tanh, 2^-10 to 16", k->vec_tanh, tanh, 0x3a800000, 0x41800000, 101, 1, 3.0);
    sweep("erf", k->vec_erf, erf, 0, 0x7f800000, 1019, 1, 3.0);
    sweep("erf, 2^-10 to 8", k->vec_erf, erf, 0x3a800000, 0x41000000, 101, 1, 3.0);
}

struct point {
    float x, y;
};
static void at_points(void (*f)(size_t, const float *, float *), const struct point *p, size_t n)
{
    float *x = box(LANES), *y = box(LANES);
    for (size_t i = 0; i < n; i++) {
        for (int l = 0; l < LANES; l++)
            x[l] = p[i].x;
        f(LANES, x, y);
        for (int l = 0; l < LANES; l++)
            if (isnan(p[i].y) ? !isnan(y[l]) : memcmp(&y[l], &p[i].y, sizeof y[l]) != 0)
                fail_msg("f(%g) = %g, want %g", (double)p[i].x, (double)y[l], (double)p[i].y);
    }
    box_free(x), box_free(y);
}

#define AT_POINTS(f, p) at_points(f, p, sizeof(p) / sizeof(p)[0])
static void special_points(void **state)
{
    static const struct point e[] = {
        {0, 1},         {-0.0f, 1}, {INFINITY, INFINITY}, {-INFINITY, 0},    {NAN, NAN},
        {89, INFINITY}, {-104, 0},  {-1e30f, 0},          {1e30f, INFINITY}, {-103.0f, 0x1p-149f}};
    static const struct point l[] = {{1, 0},    {0, -INFINITY}, {-0.0f, -INFINITY}, {INFINITY, INFINITY},
                                     {-1, NAN}, {NAN, NAN},     {-INFINITY, NAN},   {-1e-40f, NAN}};
    static const struct point t[] = {{0, 0},     {-0.0f, 0}, {INFINITY, 1}, {-INFINITY, -1},
                                     {NAN, NAN}, {20, 1},    {-20, -1},     {0x1p-140f, 0x1p-140f}};
    static const struct point r[] = {{0, 0},     {-0.0f, -0.0f}, {INFINITY, 1}, {-INFINITY, -1},
                                     {NAN, NAN}, {5, 1},         {-5, -1}};
    (void)state;
    const struct kernels *k = kernels_pick(NULL);
    AT_POINTS(k->vec_exp, e);
    AT_POINTS(k->vec_log, l);
    AT_POINTS(k->vec_tanh, t);
    AT_POINTS(k->vec_erf, r);
}

const struct CMUnitTest vmath_tests[] = {cmocka_unit_test(accuracy), cmocka_unit_test(special_points), {0}};
