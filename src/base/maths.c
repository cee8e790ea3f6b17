#include "base/maths.h"

#include <math.h>

#define LN2_HI 6.93147180369123816490e-01
#define LN2_LO 1.90821492927058770002e-10

double m_exp(double x)
{
    if (x != x)
        return x;
    if (x > 709.78)
        return HUGE_VAL;
    if (x < -745.1)
        return 0;
    double k = floor(x * M_LOG2E + 0.5), r = (x - k * LN2_HI) - k * LN2_LO;
    double s = 1; /* Taylor by Horner: |r| <= ln(2)/2, the term of degree 16 is below 1e-21 */
    for (int i = 16; i > 0; i--)
        s = 1 + s * r / i;
    return ldexp(s, (int)k);
}

double m_log(double x)
{
    if (x != x || x < 0)
        return NAN;
    if (x == 0)
        return -HUGE_VAL;
    if (isinf(x))
        return x;
    int k;
    double m = frexp(x, &k); /* [0.5, 1) */
    if (m < M_SQRT1_2) {
        m *= 2;
        k--;
    }
    double t = (m - 1) / (m + 1), t2 = t * t, s = 0; /* log m = 2 atanh t, |t| <= 0.172 */
    for (int i = 25; i > 1; i -= 2)
        s = (s + 1.0 / i) * t2;
    return k * LN2_HI + (2 * t + (2 * t * s + k * LN2_LO));
}

double m_pow(double x, double y)
{
    if (y == floor(y) && fabs(y) <= 1024) {
        double r = 1, b = x;
        for (int n = (int)fabs(y); n; n >>= 1, b *= b)
            if (n & 1)
                r *= b;
        return y < 0 ? 1 / r : r;
    }
    return x == 0 ? 0 : m_exp(y * m_log(x));
}

/* sin(r) and cos(r) for |r| <= pi/4 by Taylor. */
static double sin_core(double r)
{
    double r2 = r * r, s = 1;
    for (int i = 20; i > 0; i -= 2)
        s = 1 - s * r2 / (i * (i + 1));
    return r * s;
}

static double cos_core(double r)
{
    double r2 = r * r, s = 1;
    for (int i = 21; i > 0; i -= 2)
        s = 1 - s * r2 / (i * (i + 1));
    return s;
}

static double quadrant(double x, int shift)
{
    double k = floor(x * M_2_PI + 0.5);
    /* Cody and Waite: pi/2 in three parts of 33 bits */
    double r = ((x - k * 1.57079632673412561417e+00) - k * 6.07710050630396597660e-11) - k * 2.02226624879595063154e-21;
    int q = (int)(k - 4 * floor(k / 4)) + shift;
    double v = q & 1 ? cos_core(r) : sin_core(r);
    return q & 2 ? -v : v;
}

double m_sin(double x)
{
    return quadrant(x, 0);
}

double m_cos(double x)
{
    return quadrant(x, 1);
}
