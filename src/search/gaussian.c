/* gaussian.c - Gaussian processes: kernel, Cholesky, likelihood and prediction. */
#include "search/gaussian.h"

#include "base/maths.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_NOISE 1e-6
#define STEPS 40 /* of the search for lengths */

int gp_init(struct gp *g, const struct search *s, size_t n)
{
    *g = (struct gp){.s = s, .n = n, .axes = s->axes, .scale = 1, .noise = 1e-2};
    g->x = malloc((n * g->axes + 1) * sizeof *g->x);
    g->y = malloc((n + 1) * sizeof *g->y);
    g->weight = malloc((g->axes + 1) * sizeof *g->weight);
    g->l = malloc((n * n + 1) * sizeof *g->l);
    g->alpha = malloc((n + 1) * sizeof *g->alpha);
    g->room = malloc((n + 1) * sizeof *g->room);
    if (!g->x || !g->y || !g->weight || !g->l || !g->alpha || !g->room)
        return -1;
    for (size_t i = 0; i < g->axes; i++)
        g->weight[i] = 1;
    return 0;
}

void gp_release(struct gp *g)
{
    free(g->x);
    free(g->y);
    free(g->weight);
    free(g->l);
    free(g->alpha);
    free(g->room);
}

/* The squared distance of two values along an axis. */
static double axis_distance(const struct gp *g, size_t axis, double a, double b)
{
    if (a != a || b != b)
        return (a != a) != (b != b);
    if (g->s->ordered && !g->s->ordered[axis])
        return a != b;
    return (a - b) * (a - b);
}

static double squared_distance(const struct gp *g, const double *a, const double *b)
{
    double d = 0;
    for (size_t i = 0; i < g->axes; i++)
        d += g->weight[i] * axis_distance(g, i, a[i], b[i]);
    return d;
}

#define ROOT5 2.23606797749979

/* Matern 5/2 of a squared distance, and in *slope its derivative. */
static double matern(double d2, double *slope)
{
    double d = ROOT5 * sqrt(d2), e = m_exp(-d);
    *slope = -5.0 / 6 * (1 + d) * e;
    return (1 + d + 5.0 / 3 * d2) * e;
}

/* l[n][n]: the lower half becomes its Cholesky factor. */
static void factorize(size_t n, double *l)
{
    for (size_t j = 0; j < n; j++)
        for (size_t i = j; i < n; i++) {
            double sum = l[i * n + j];
            for (size_t k = 0; k < j; k++)
                sum -= l[i * n + k] * l[j * n + k];
            l[i * n + j] = i == j ? sqrt(fmax(sum, LEAST_NOISE * LEAST_NOISE)) : sum / l[j * n + j];
        }
}

/* v[n] becomes L^-1 v, then L^-T v. */
static void solve_lower(size_t n, const double *l, double *v)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            v[i] -= l[i * n + k] * v[k];
        v[i] /= l[i * n + i];
    }
}

static void solve_upper(size_t n, const double *l, double *v)
{
    for (size_t i = n; i-- > 0;) {
        v[i] /= l[i * n + i];
        for (size_t k = 0; k < i; k++)
            v[k] -= l[i * n + k] * v[i];
    }
}

void gp_factorize(struct gp *g)
{
    double slope;
    for (size_t i = 0; i < g->n; i++)
        for (size_t j = 0; j <= i; j++)
            g->l[i * g->n + j] =
                g->scale * matern(squared_distance(g, g->x + i * g->axes, g->x + j * g->axes), &slope) +
                (i == j ? g->noise : 0);
    factorize(g->n, g->l);
    memcpy(g->alpha, g->y, g->n * sizeof *g->alpha);
    solve_lower(g->n, g->l, g->alpha);
    solve_upper(g->n, g->l, g->alpha);
}

void gp_predict(const struct gp *g, const double *x, double *mean, double *variance)
{
    double slope;
    *mean = 0;
    for (size_t i = 0; i < g->n; i++) {
        g->room[i] = g->scale * matern(squared_distance(g, x, g->x + i * g->axes), &slope);
        *mean += g->room[i] * g->alpha[i];
    }
    solve_lower(g->n, g->l, g->room);
    *variance = g->scale;
    for (size_t i = 0; i < g->n; i++)
        *variance -= g->room[i] * g->room[i];
    *variance = fmax(*variance, 1e-12);
}

double gp_log_improvement(double mean, double variance, double best)
{
    double sigma = sqrt(variance), z = (best - mean) / sigma, density = -z * z / 2 - 0.9189385332046727;
    double log_h = z > -5 ? m_log(m_exp(density) + z * m_normal(z)) : density - m_log(z * z + 3);
    return log_h + m_log(sigma);
}

/* inverse[n][n] = (L L^T)^-1, whole. column[n] is scratch. */
static void invert(size_t n, const double *l, double *inverse, double *column)
{
    for (size_t j = 0; j < n; j++) {
        memset(column, 0, n * sizeof *column);
        column[j] = 1;
        solve_lower(n, l, column);
        solve_upper(n, l, column);
        for (size_t i = 0; i < n; i++)
            inverse[i * n + j] = column[i];
    }
}

/* slope[axes + 2]: derivatives of the logarithm of the posterior by those of the weights, the scale and the noise. */
static void posterior_slopes(const struct gp *g, double *inverse, double *slope)
{
    const size_t n = g->n, axes = g->axes;
    invert(n, g->l, inverse, g->room);
    for (size_t a = 0; a < axes;
         a++) /* priors: -0.1 / w - 0.1 w; gamma(2, 1) of the scale; gamma(1.1, 30) of the noise */
        slope[a] = 0.1 / g->weight[a] - 0.1 * g->weight[a];
    slope[axes] = 1 - g->scale;
    slope[axes + 1] = 0.1 - 30 * g->noise;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double both = i == j ? 0.5 : 1, by_distance;
            double pull = both * (g->alpha[i] * g->alpha[j] - inverse[i * n + j]);
            const double *x = g->x + i * axes, *y = g->x + j * axes;
            slope[axes] += pull * g->scale * matern(squared_distance(g, x, y), &by_distance);
            slope[axes + 1] += i == j ? pull * g->noise : 0;
            for (size_t a = 0; a < axes && i != j; a++)
                slope[a] += pull * g->scale * by_distance * g->weight[a] * axis_distance(g, a, x[a], y[a]);
        }
}

static void move_parameter(double *p, double step, double low, double high)
{
    *p = fmin(fmax(*p * m_exp(step), low), high);
}

/* Steps by the signs of the slopes alone (Riedmiller & Braun 1993), which no scale of the results disturbs. */
int gp_fit(struct gp *g)
{
    const size_t n = g->n, all = g->axes + 2;
    double *inverse = malloc((n * n + 3 * all) * sizeof *inverse);
    if (!inverse)
        return -1;
    double *slope = inverse + n * n, *last = slope + all, *step = last + all;
    for (size_t i = 0; i < all; i++) {
        last[i] = 0;
        step[i] = 0.5;
    }
    for (int k = 0; k < STEPS; k++) {
        gp_factorize(g);
        posterior_slopes(g, inverse, slope);
        for (size_t i = 0; i < all; i++) {
            double same = slope[i] * last[i];
            step[i] = fmin(same > 0 ? step[i] * 1.2 : same < 0 ? step[i] * 0.5 : step[i], 1);
            double by = slope[i] > 0 ? step[i] : slope[i] < 0 ? -step[i] : 0;
            if (i < g->axes)
                move_parameter(&g->weight[i], by, 1e-4, 1e4);
            else if (i == g->axes)
                move_parameter(&g->scale, by, 1e-3, 1e3);
            else
                move_parameter(&g->noise, by, LEAST_NOISE, 1);
            last[i] = slope[i];
        }
    }
    free(inverse);
    return 0;
}
