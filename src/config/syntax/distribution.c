/* distribution.c gives the values of distributions: quantiles, rounded. */
#include "config/syntax/distribution.h"

#include "base/maths.h"

#include <math.h>
#include <stdio.h>

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
        return round_to(lo + hi * m_normal_quantile(share), 'f', decimals(hi));
    case LOG_NORMAL:
        return round_to(m_exp(lo + hi * m_normal_quantile(share)), 'e', DIGITS - 1);
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
