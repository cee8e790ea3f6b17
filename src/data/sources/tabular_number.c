/* tabular_number.c reads the numbers of tables. Up to 19 digits and a small power of ten are two exact doubles and one
 * rounding (W. D. Clinger, How to read floating point numbers accurately, PLDI 1990); all else is str_to_double's. */
#include "data/sources/tabular.h"

#include <string.h>

enum { MANTISSA_DIGITS = 19, EXACT_POWER = 22 };

struct number_parts {
    uint64_t digits;
    int count;    /* of digits that say something */
    int exponent; /* of ten */
};

/* Takes digits into p; returns the place after them. `fraction`: each lowers the exponent. */
static const char *take_mantissa(const char *s, const char *end, int fraction, struct number_parts *p)
{
    for (; s < end && *s >= '0' && *s <= '9'; s++) {
        p->digits = p->digits * 10 + (uint64_t)(*s - '0');
        p->count += p->digits != 0;
        p->exponent -= fraction;
    }
    return s;
}

static const char *take_exponent(const char *s, const char *end, struct number_parts *p)
{
    struct number_parts power = {0};
    if (s == end || (*s != 'e' && *s != 'E'))
        return s;
    int negative = s + 1 < end && s[1] == '-';
    const char *from = s + 1 + (s + 1 < end && (s[1] == '-' || s[1] == '+')), *to = take_mantissa(from, end, 0, &power);
    if (to == from || power.count > 3)
        return s;
    p->exponent += negative ? -(int)power.digits : (int)power.digits;
    return to;
}

/* Doubles are rounded once here: x87 registers are not used on any processor this runs on. */
static int is_exact(const char *text, size_t n, double *v)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    struct number_parts p = {0};
    const char *end = text + n, *s = text + (n && (*text == '-' || *text == '+')), *from = s;
    s = take_mantissa(s, end, 0, &p);
    size_t digits = (size_t)(s - from);
    if (s < end && *s == '.') {
        from = ++s;
        s = take_mantissa(s, end, 1, &p);
        digits += (size_t)(s - from);
    }
    s = digits ? take_exponent(s, end, &p) : s;
    if (!digits || s != end || p.count > MANTISSA_DIGITS || p.digits > (uint64_t)1 << 53 || p.exponent < -EXACT_POWER ||
        p.exponent > EXACT_POWER)
        return 0;
    double m = (double)p.digits;
    m = p.exponent < 0 ? m / power[-p.exponent] : m * power[p.exponent];
    *v = *text == '-' ? -m : m;
    return 1;
}

/* What most numbers are: up to 19 digits, a point among them or not, and no power. */
static int is_short_number(const char *text, size_t n, double *v)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,
                                   1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19};
    const char *end = text + n, *s = text + (*text == '-'), *from = s, *point;
    uint64_t digits = 0;
    unsigned digit;
    if (n > MANTISSA_DIGITS)
        return 0;
    for (; (digit = (unsigned)*s - '0') < 10; s++)
        digits = digits * 10 + digit;
    point = s;
    if (*s == '.')
        for (s++; (digit = (unsigned)*s - '0') < 10; s++)
            digits = digits * 10 + digit;
    if (s != end || s == from || digits > (uint64_t)1 << 53 || (s == point + 1 && point == from))
        return 0;
    double m = (double)digits;
    m = s > point + 1 ? m / power[s - point - 1] : m;
    *v = *text == '-' ? -m : m;
    return 1;
}

int tabular_number(const char *text, size_t n, double *v)
{
    return is_short_number(text, n, v) || is_exact(text, n, v) || (strlen(text) == n && !str_to_double(text, v)) ? 0
                                                                                                                 : -1;
}

int tabular_is_missing(const char *text, size_t n)
{
    static const char *const words[] = {"?", "NA", "N/A", "NaN", "nan", "None", "null", "NULL"};
    if (!n || n > 4 || (unsigned)*text - '-' <= '9' - '-')
        return !n;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(text, words[i]) && strlen(text) == n)
            return 1;
    return 0;
}
