/* maths.h - elementary functions in double with the same bits on every machine: glibc's exp, log, sin and pow choose
 * their code by the CPU and differ in the last bit. Built from + - * / and exact operations only; no contraction.
 * Error at most a few units in the last place for |x| < 1e5. For scalars: schedules, angles, intervals; the engine's
 * vector exp and tanh are in kernels. sqrt, floor, fabs, ldexp of libm are exact and may be used as they are. */
#ifndef BASE_MATHS_H
#define BASE_MATHS_H

double m_exp(double x);
double m_log(double x); /* x <= 0: -inf or NaN */
double m_pow(double x, double y); /* x > 0; integer y also for x <= 0, by repeated squaring up to |y| <= 1024 */
double m_sin(double x);
double m_cos(double x);

#endif
