/* distribution.c gives the values of distributions: quantiles, rounded. */
#include "config/syntax/distribution.h"

#include "base/maths.h"

#include <math.h>
#include <stdio.h>

static double polynomial(const double c[8], double x)
{
    double y = c[7];
    for (int i = 6; i >= 0; i--)
        y = y * x + c[i];
    return y;
}

// clang-format off
static const double middle[2][8] = {
    { 3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
      4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3 },
    { 1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
      2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3 },
}, near_tail[2][8] = {
    { 1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
      1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4 },
    { 1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
      1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9 },
}, far_tail[2][8] = {
    { 6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
      2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7 },
    { 1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
      7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15 },
};
// clang-format on

double normal_quantile(double p)
{
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return q * polynomial(middle[0], r) / polynomial(middle[1], r);
    }
    double r = sqrt(-m_log(q < 0 ? p : 1 - p));
    const double(*tail)[8] = r <= 5 ? near_tail : far_tail;
    r -= r <= 5 ? 1.6 : 5;
    r = polynomial(tail[0], r) / polynomial(tail[1], r);
    return q < 0 ? -r : r;
}

/* Returns the number that the text of v with these digits, after the point (how = 'f') or in all but one ('e'), is. */
static double round_to(double v, char how, int digits)
{
    char buf[400], format[] = "%.*f";
    double r;
    format[3] = how;
    int n = snprintf(buf, sizeof buf, format, digits, v);
    for (char *p = buf; *p; p++)
        if (*p == ',')
            *p = '.';
    return n < 0 || n >= (int)sizeof buf || str_to_double(buf, &r) ? v : r;
}

#define DIGITS 6

/* Returns the digits after the point that tell a millionth of the width. */
static int decimals(double width)
{
    int n = DIGITS;
    for (; width < 1 && n < 60; n++)
        width *= 10;
    for (; width >= 10 && n > 0; n--)
        width /= 10;
    return n;
}

/* Returns the significant digits that tell a millionth of what lies between, or six where it is wide. */
static int significant(double lo, double hi)
{
    int n = DIGITS;
    for (double width = (hi - lo) / hi; width < 0.1 && n < 15; n++)
        width *= 10;
    return n;
}

static double within_ends(double v, double lo, double hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

double distribution_value(enum distribution d, double lo, double hi, uint32_t i)
{
    double share = (i + 0.5) * 0x1p-32;
    switch (d) {
    case UNIFORM:
        return within_ends(round_to(lo + share * (hi - lo), 'f', decimals(hi - lo)), lo, hi);
    case LOG_UNIFORM:
        return within_ends(round_to(m_exp(m_log(lo) + share * (m_log(hi) - m_log(lo))), 'e', significant(lo, hi) - 1),
                           lo, hi);
    case NORMAL:
        return round_to(lo + hi * normal_quantile(share), 'f', decimals(hi));
    case LOG_NORMAL:
        return round_to(m_exp(lo + hi * normal_quantile(share)), 'e', DIGITS - 1);
    case LISTED:
    case LOG_INTEGERS:
        break;
    }
    return NAN; /* they have values of their own */
}

uint64_t log_integer(double lo, double hi, double share)
{
    double from = m_log(lo - 0.5), to = m_log(hi + 0.5), v = floor(m_exp(from + share * (to - from)) + 0.5);
    return (uint64_t)(within_ends(v, lo, hi) - lo);
}
