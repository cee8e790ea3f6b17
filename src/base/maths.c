/* maths.c - computes exponentials, logarithms, powers, sines and cosines with the same bits on every machine. */
#include "base/maths.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define LN2_HI 6.93147180369123816490e-01
#define LN2_LO 1.90821492927058770002e-10

#define WHOLE 0x1.8p52 /* added to a number below 2^51: rounded to a whole one, which is in the last bits */

/* 2^k, -1022 <= k <= 1023. */
static double power_of_2(double k)
{
    double p = k + WHOLE;
    uint64_t bits;
    memcpy(&bits, &p, sizeof bits);
    bits = (bits + 1023) << 52;
    memcpy(&p, &bits, sizeof p);
    return p;
}

/* Computes exp(x + lo) for |lo| far below |x|. */
static double exp_sum(double x, double lo)
{
    if (x != x)
        return x;
    if (x > 710)
        return HUGE_VAL;
    if (x < -746)
        return 0;
    double k = floor(x * M_LOG2E + 0.5), r = (x - k * LN2_HI) - (k * LN2_LO - lo);
    double s = 1; /* Taylor by Horner: |r| <= ln(2)/2, the term of degree 16 is below 1e-21 */
    for (int i = 16; i > 0; i--)
        s = 1 + s * r / i;
    if (fabs(k) < 1000)
        return s * power_of_2(k);
    return ldexp(s, (int)k); /* rounds to infinity and to subnormals by itself */
}

double m_exp(double x)
{
    return exp_sum(x, 0);
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

/* An unevaluated sum with |lo| <= ulp(hi)/2: twice the digits of a double. Powers need them, because an error of the
 * logarithm is multiplied by y, and one of a factor by the number of factors. fma() is exact by definition. Dekker,
 * "A floating-point technique for extending the available precision", 1971, doi:10.1007/BF01397083. */
struct double_pair {
    double hi, lo;
};

static struct double_pair pair_sum(double a, double b) /* |a| >= |b|, or a = 0 */
{
    double s = a + b;
    return (struct double_pair){s, b - (s - a)};
}

static struct double_pair pair_mul(struct double_pair a, struct double_pair b)
{
    double p = a.hi * b.hi;
    if (p == 0 || isinf(p))
        return (struct double_pair){p, 0};
    return pair_sum(p, fma(a.hi, b.hi, -p) + (a.hi * b.lo + a.lo * b.hi));
}

/* Computes log x to about 64 bits, finite x > 0. As m_log, with the first two terms of the series in pairs. */
static struct double_pair log_pair(double x)
{
    int k;
    double m = frexp(x, &k);
    if (m < M_SQRT1_2) {
        m *= 2;
        k--;
    }
    struct double_pair den = pair_sum(m < 1 ? 1 : m, m < 1 ? m : 1), t, t2, head;
    t.hi = (m - 1) / den.hi;
    t.lo = (fma(-t.hi, den.hi, m - 1) - t.hi * den.lo) / den.hi;
    t2 = pair_mul(t, t);
    double s = 0;
    for (int i = 25; i > 3; i -= 2)
        s = (s + 1.0 / i) * t2.hi;
    head = pair_mul(t2, (struct double_pair){1.0 / 3, 0x1p-54 / 3}); /* 1/3 in twice the digits */
    head = pair_sum(head.hi, head.lo + s * t2.hi);
    head = pair_mul((struct double_pair){2 * t.hi, 2 * t.lo}, head);
    struct double_pair log_m = pair_sum(2 * t.hi, head.hi);
    log_m.lo += 2 * t.lo + head.lo;
    struct double_pair sum = pair_sum(k * LN2_HI, log_m.hi);
    sum.lo += k * LN2_LO + log_m.lo;
    return pair_sum(sum.hi, sum.lo);
}

/* Computes x^n, n > 0, by repeated squaring: exact results come out exact. */
static double power_of_pair(struct double_pair x, int n)
{
    struct double_pair r = {1, 0};
    for (; n; n >>= 1, x = pair_mul(x, x))
        if (n & 1)
            r = pair_mul(r, x);
    return r.hi + r.lo;
}

static struct double_pair reciprocal_pair(double x)
{
    double h = 1 / x;
    return (struct double_pair){h, h == 0 || isinf(h) ? 0 : -fma(h, x, -1) / x};
}

double m_pow(double x, double y)
{
    if (y == 0 || x == 1)
        return 1;
    if (x != x || y != y)
        return NAN;
    if (y == floor(y) && fabs(y) <= 1024)
        return y > 0 ? power_of_pair((struct double_pair){x, 0}, (int)y) : power_of_pair(reciprocal_pair(x), (int)-y);
    if (x < 0)
        return NAN;
    if (x == 0 || isinf(x) || isinf(y))
        return (x > 1) == (y > 0) ? HUGE_VAL : 0;
    struct double_pair l = log_pair(x);
    double p = y * l.hi;
    if (fabs(p) > 1000)
        return p > 0 ? HUGE_VAL : 0;
    return exp_sum(p, fma(y, l.hi, -p) + y * l.lo);
}

/* Computes sin(r + t) and cos(r + t) for |r| <= pi/4 by Taylor; t is what r lost in rounding. */
static double sin_end(double r, double t, double s)
{
    double r2 = r * r;
    return r + (t * (1 - r2 / 2) - r * (s * r2 / 6));
}

static double sin_core(double r, double t)
{
    double r2 = r * r, s = 1;
    for (int i = 20; i > 2; i -= 2)
        s = 1 - s * r2 / (i * (i + 1));
    return sin_end(r, t, s);
}

static double cos_end(double r, double t, double s)
{
    double r2 = r * r, half = r2 / 2, c = 1 - half;
    return c + (((1 - c) - half) + (s * r2 * r2 / 24 - t * r));
}

static double cos_core(double r, double t)
{
    double r2 = r * r, s = 1;
    for (int i = 21; i > 4; i -= 2)
        s = 1 - s * r2 / (i * (i + 1));
    return cos_end(r, t, s);
}

#define FAR 1e6 /* beyond, k times a part of pi/2 is no longer exact */

/* Splits x = q pi/2 + r + t, up to multiples of 2 pi: returns q. */
static int reduce_angle(double x, double *r, double *t)
{
    double k = floor(x * M_2_PI + 0.5);
    /* Cody and Waite: pi/2 in three parts of 33 bits */
    double a = x - k * 1.57079632673412561417e+00, b = k * 6.07710050630396597660e-11;
    *r = a - b;
    *t = ((a - *r) - b) - k * 2.02226624879595063154e-21;
    return (int)(k - 4 * floor(k / 4));
}

static double sine_of_quadrant(double x, int shift)
{
    double r, t;
    if (!(fabs(x) <= FAR))
        return NAN;
    int q = reduce_angle(x, &r, &t) + shift;
    double v = q & 1 ? cos_core(r, t) : sin_core(r, t);
    return q & 2 ? -v : v;
}

double m_sin(double x)
{
    return sine_of_quadrant(x, 0);
}

double m_cos(double x)
{
    return sine_of_quadrant(x, 1);
}

/* --- many at once: the steps of one number wait for each other, those of several do not --- */

#define AT_ONCE 16

#define BY(n) (1.0 / (n))
/* 1 / i! */
static const double taylor[] = {
    1,        1,         BY(2),      BY(6),       BY(24),       BY(120),       BY(720),
    BY(5040), BY(40320), BY(362880), BY(3628800), BY(39916800), BY(479001600), BY(6227020800)};
#define TERMS ((int)(sizeof taylor / sizeof *taylor)) /* |r| <= ln(2)/2: the next would be below 5e-18 */

static void several_exps(const double x[AT_ONCE], double y[AT_ONCE])
{
    double k[AT_ONCE], r[AT_ONCE], s[AT_ONCE];
    for (int l = 0; l < AT_ONCE; l++) {
        const double t = x[l] * M_LOG2E + 0.5, near = (t + WHOLE) - WHOLE;
        k[l] = near - (near > t); /* floor */
        r[l] = (x[l] - k[l] * LN2_HI) - k[l] * LN2_LO;
        s[l] = taylor[TERMS - 1];
    }
    for (int i = TERMS - 1; i-- > 0;)
        for (int l = 0; l < AT_ONCE; l++)
            s[l] = s[l] * r[l] + taylor[i];
    for (int l = 0; l < AT_ONCE; l++)
        y[l] = s[l] * power_of_2(k[l]);
}

static void several_logs(const double x[AT_ONCE], double y[AT_ONCE])
{
    double k[AT_ONCE], m[AT_ONCE], t[AT_ONCE], s[AT_ONCE] = {0};
    for (int l = 0; l < AT_ONCE; l++) {
        int e;
        m[l] = frexp(x[l], &e);
        int low = m[l] < M_SQRT1_2;
        m[l] *= 1 + low;
        k[l] = e - low;
    }
    for (int l = 0; l < AT_ONCE; l++)
        t[l] = (m[l] - 1) / (m[l] + 1);
    for (int i = 25; i > 1; i -= 2)
        for (int l = 0; l < AT_ONCE; l++)
            s[l] = (s[l] + 1.0 / i) * (t[l] * t[l]);
    for (int l = 0; l < AT_ONCE; l++)
        y[l] = k[l] * LN2_HI + (2 * t[l] + (2 * t[l] * s[l] + k[l] * LN2_LO));
}

/* Computes several cosines at once. Both series have nine divisors, 20*21 ... 4*5 and 21*22 ... 5*6. */
static void several_cosines(const double x[AT_ONCE], double y[AT_ONCE])
{
    double r[AT_ONCE], t[AT_ONCE], s[AT_ONCE], odd[AT_ONCE];
    int q[AT_ONCE];
    for (int l = 0; l < AT_ONCE; l++) {
        q[l] = reduce_angle(x[l], &r[l], &t[l]) + 1;
        odd[l] = q[l] & 1;
        s[l] = 1;
    }
    for (int i = 20; i > 2; i -= 2)
        for (int l = 0; l < AT_ONCE; l++)
            s[l] = 1 - s[l] * (r[l] * r[l]) / (i * (i + 1) + odd[l] * (2 * (i + 1)));
    for (int l = 0; l < AT_ONCE; l++) { /* no branches: they would be taken at random */
        const double v[2] = {sin_end(r[l], t[l], s[l]), cos_end(r[l], t[l], s[l])};
        y[l] = v[q[l] & 1] * (1 - (q[l] & 2));
    }
}

static void in_pieces(size_t n, const double *x, double *y, double (*one)(double),
                      void (*several)(const double x[AT_ONCE], double y[AT_ONCE]), int (*usual)(double))
{
    for (size_t i = 0; i < n; i += AT_ONCE) {
        int plain = n - i >= AT_ONCE;
        for (size_t l = 0; plain && l < AT_ONCE; l++)
            plain = usual(x[i + l]);
        if (plain)
            several(x + i, y + i);
        for (size_t l = i; !plain && l < n && l < i + AT_ONCE; l++)
            y[l] = one(x[l]);
    }
}

static int has_log(double x)
{
    return x > 0 && x < HUGE_VAL;
}

static int has_cos(double x)
{
    return fabs(x) <= FAR;
}

void m_exps(size_t n, const double *x, double *y)
{
    for (size_t i = 0; i < n; i += AT_ONCE) {
        const size_t some = n - i < AT_ONCE ? n - i : AT_ONCE;
        double near[AT_ONCE] = {0}, e[AT_ONCE];
        for (size_t l = 0; l < some; l++)
            near[l] = fabs(x[i + l]) < 700 ? x[i + l] : 0; /* others are no normal numbers */
        several_exps(near, e);
        for (size_t l = 0; l < some; l++)
            y[i + l] = fabs(x[i + l]) < 700 ? e[l] : m_exp(x[i + l]);
    }
}

void m_logs(size_t n, const double *x, double *y)
{
    in_pieces(n, x, y, m_log, several_logs, has_log);
}

void m_coss(size_t n, const double *x, double *y)
{
    in_pieces(n, x, y, m_cos, several_cosines, has_cos);
}

double m_normal(double z)
{
    static const double above[] = {3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383,
                                   112.079291497871,    221.213596169931,  220.206867912376};
    static const double below[] = {8.83883476483184e-2, 1.75566716318264, 16.064177579207,  86.7807322029461,
                                   296.564248779674,    637.333633378831, 793.826512519948, 440.413735824752};
    double x = fabs(z), tail = 0, num = above[0], den = below[0];
    if (z > 9) /* the tail is less than half a unit in the last place */
        return 1;
    if (x < 7.07106781186547) {
        for (size_t i = 1; i < sizeof above / sizeof *above; i++)
            num = num * x + above[i];
        for (size_t i = 1; i < sizeof below / sizeof *below; i++)
            den = den * x + below[i];
        tail = m_exp(-x * x / 2) * num / den;
    } else if (x < 37) {
        tail = m_exp(-x * x / 2) / (x + 1 / (x + 2 / (x + 3 / (x + 4 / (x + 0.65))))) / 2.506628274631;
    }
    return z > 0 ? 1 - tail : tail;
}

static double wichura_polynomial(const double c[8], double x)
{
    double y = c[7];
    for (int i = 6; i >= 0; i--)
        y = y * x + c[i];
    return y;
}

// clang-format off
static const double quantile_middle[2][8] = {
    { 3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
      4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3 },
    { 1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
      2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3 },
}, quantile_tail[2][8] = {
    { 1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
      1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4 },
    { 1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
      1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9 },
}, quantile_far[2][8] = {
    { 6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
      2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7 },
    { 1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
      7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15 },
};
// clang-format on

double m_normal_quantile(double p)
{
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return q * wichura_polynomial(quantile_middle[0], r) / wichura_polynomial(quantile_middle[1], r);
    }
    double r = sqrt(-m_log(q < 0 ? p : 1 - p));
    const double(*tail)[8] = r <= 5 ? quantile_tail : quantile_far;
    r -= r <= 5 ? 1.6 : 5;
    r = wichura_polynomial(tail[0], r) / wichura_polynomial(tail[1], r);
    return q < 0 ? -r : r;
}
