/* maths.h - elementary functions in double with the same bits on every machine: glibc's exp, log, sin and pow choose
 * their code by the CPU and differ in the last bit. Built from + - * / and exact operations only; no contraction.
 * Error at most two units in the last place wherever the result is a normal number. For scalars: schedules, angles,
 * intervals; the engine's vector exp and tanh are in kernels. sqrt, floor, fabs, ldexp and fma of libm are exact and
 * may be used as they are. */
#ifndef BASE_MATHS_H
#define BASE_MATHS_H

#include <stddef.h>

double m_exp(double x);
double m_log(double x); /* x <= 0: -inf or NaN */
/* x >= 0; for whole |y| <= 1024 also x < 0, and then a result that is a double is hit exactly (10^3, 2^-5). As C's pow
 * for zeros, infinities and NaN; NaN for any other y with x < 0. */
double m_pow(double x, double y);
double m_sin(double x); /* |x| <= 1e6, NaN beyond */
double m_cos(double x);
/* P(Z <= z) of a standard normal number, to 1e-15: Hart 1968, algorithm 5666, as given by West 2005. */
double m_normal(double z);
/* Its inverse, 0 < p < 1, to about 16 digits: Wichura, Algorithm AS 241, 1988. */
double m_normal_quantile(double p);

/* y[n] of x[n], which may be the same. Logarithms and cosines are bit by bit those of one call after the other, twice
 * as fast; exponentials, ten times as fast, are as exact, but not the same bits as m_exp's; each depends on its x
 * alone. */
void m_exps(size_t n, const double *x, double *y);
void m_logs(size_t n, const double *x, double *y);
void m_coss(size_t n, const double *x, double *y);

#endif
