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
    g->u = malloc((n * n + 1) * sizeof *g->u);
    g->alpha = malloc((n + 1) * sizeof *g->alpha);
    g->room = malloc((2 * GP_SEVERAL * n + 1) * sizeof *g->room);
    g->across = malloc((n > GP_SEVERAL ? n : GP_SEVERAL) * (g->axes + 1) * sizeof *g->across);
    if (!g->x || !g->y || !g->weight || !g->u || !g->alpha || !g->room || !g->across)
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
    free(g->u);
    free(g->alpha);
    free(g->room);
    free(g->across);
}

static int axis_in_order(const struct gp *g, size_t axis)
{
    return !g->s->ordered || g->s->ordered[axis];
}

/* The squared distance of two values along an axis. */
static double axis_distance(int in_order, double a, double b)
{
    const double apart = (a - b) * (a - b), other = a != b;
    return ((a != a) | (b != b)) ? (a != a) != (b != b) : in_order ? apart : other;
}

/* d2[m]: the squared distances of a point from m others, whose values along an axis are side by side: others[axes][m].
 */
static void squared_distances(const struct gp *g, const double *x, size_t m, const double *others, double *restrict d2)
{
    memset(d2, 0, m * sizeof *d2);
    for (size_t a = 0; a < g->axes; a++) {
        const double *other = others + a * m, weight = g->weight[a], at = x[a];
        if (!axis_in_order(g, a))
            for (size_t j = 0; j < m; j++)
                d2[j] += weight * axis_distance(0, at, other[j]);
        else
            for (size_t j = 0; j < m; j++)
                d2[j] += weight * axis_distance(1, at, other[j]);
    }
}

/* x[n][m] the other way round. */
static void transpose(size_t n, size_t m, const double *x, double *y)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            y[j * n + i] = x[i * m + j];
}

#define ROOT5 2.23606797749979

/* Of n squared distances Matern 5/2, in their place, and its derivatives by them. */
static void matern(size_t n, double *restrict like, double *restrict fall)
{
    for (size_t i = 0; i < n; i++) {
        fall[i] = ROOT5 * sqrt(like[i]);
        like[i] = -fall[i];
    }
    m_exps(n, like, like);
    for (size_t i = 0; i < n; i++) {
        const double d = fall[i], e = like[i];
        fall[i] = -5.0 / 6 * (1 + d) * e;
        like[i] = (1 + d + d * d / 3) * e;
    }
}

/* u[n][n] upper: what it holds becomes its Cholesky factor, u^T u. All loops inside go along rows, so that a compiler
 * may take several numbers at once; the order of what is subtracted from each is the same. */
static void factorize(size_t n, double *u)
{
    for (size_t j = 0; j < n; j++) {
        double *row = u + j * n;
        for (size_t k = 0; k < j; k++) {
            const double *above = u + k * n, by = above[j];
            for (size_t i = j; i < n; i++)
                row[i] -= above[i] * by;
        }
        row[j] = sqrt(fmax(row[j], LEAST_NOISE * LEAST_NOISE));
        for (size_t i = j + 1; i < n; i++)
            row[i] /= row[j];
    }
}

static void divide(double *v, size_t m, double by)
{
    for (size_t j = 0; j < m; j++)
        v[j] /= by;
}

static void subtract(double *restrict v, size_t m, double by, const double *restrict w)
{
    for (size_t j = 0; j < m; j++)
        v[j] -= by * w[j];
}

/* v[n][m], m columns: u^-T v, then u^-1 v. */
static void solve_lower(size_t n, const double *u, size_t m, double *v)
{
    for (size_t k = 0; k < n; k++) {
        divide(v + k * m, m, u[k * n + k]);
        if (m == 1) /* the same along the row of u */
            subtract(v + k + 1, n - k - 1, v[k], u + k * n + k + 1);
        for (size_t i = k + 1; i < n && m > 1; i++)
            subtract(v + i * m, m, u[k * n + i], v + k * m);
    }
}

static void solve_upper(size_t n, const double *u, size_t m, double *v)
{
    for (size_t i = n; i-- > 0;) {
        divide(v + i * m, m, u[i * n + i]);
        for (size_t k = 0; k < i; k++)
            subtract(v + k * m, m, u[k * n + i], v + i * m);
    }
}

/* From the covariances in u. */
static void prepare_predictions(struct gp *g)
{
    factorize(g->n, g->u);
    memcpy(g->alpha, g->y, g->n * sizeof *g->alpha);
    solve_lower(g->n, g->u, 1, g->alpha);
    solve_upper(g->n, g->u, 1, g->alpha);
}

void gp_factorize(struct gp *g)
{
    const size_t n = g->n;
    transpose(n, g->axes, g->x, g->across);
    for (size_t i = 0; i < n; i++) {
        double *row = g->u + i * n;
        squared_distances(g, g->x + i * g->axes, n, g->across, row);
        matern(n - i, row + i, g->room);
        for (size_t j = i; j < n; j++)
            row[j] *= g->scale;
        row[i] += g->noise;
    }
    prepare_predictions(g);
}

/* Adds to slope[axes] those of `by` times the covariance with point i, whose derivative by the squared distance is d.
 */
static void add_slopes(const struct gp *g, const double *x, size_t i, double by, double d, double *slope)
{
    const double *y = g->x + i * g->axes;
    for (size_t a = 0; a < g->axes; a++)
        if (axis_in_order(g, a) && x[a] == x[a] && y[a] == y[a])
            slope[a] += by * d * g->weight[a] * 2 * (x[a] - y[a]);
}

void gp_predict(const struct gp *g, size_t m, const double *x, struct gp_prediction *p)
{
    double *v = g->room, *by_distance = v + g->n * m;
    transpose(m, g->axes, x, g->across);
    for (size_t i = 0; i < g->n; i++)
        squared_distances(g, g->x + i * g->axes, m, g->across, v + i * m);
    matern(g->n * m, v, by_distance);
    for (size_t j = 0; j < m; j++)
        p[j].mean = 0;
    for (size_t i = 0; i < g->n; i++)
        for (size_t j = 0; j < m; j++) {
            v[i * m + j] *= g->scale;
            by_distance[i * m + j] *= g->scale;
            p[j].mean += v[i * m + j] * g->alpha[i];
        }
    solve_lower(g->n, g->u, m, v);
    for (size_t j = 0; j < m; j++)
        p[j].variance = g->scale;
    for (size_t i = 0; i < g->n; i++)
        for (size_t j = 0; j < m; j++)
            p[j].variance -= v[i * m + j] * v[i * m + j];
    for (size_t j = 0; j < m; j++)
        p[j].variance = fmax(p[j].variance, 1e-12);
}

void gp_climb(const struct gp *g, size_t m, const double *x, double best, struct gp_prediction *p, double *slope)
{
    double *v = g->room, *by_distance = v + g->n * m;
    gp_predict(g, m, x, p);
    solve_upper(g->n, g->u, m, v);
    memset(slope, 0, m * g->axes * sizeof *slope);
    for (size_t j = 0; j < m; j++) {
        struct gp_gain gain = gp_gain_of(p[j], best);
        for (size_t i = 0; i < g->n; i++)
            add_slopes(g, x + j * g->axes, i, gain.by_mean * g->alpha[i] - 2 * gain.by_variance * v[i * m + j],
                       by_distance[i * m + j], slope + j * g->axes);
    }
}

struct gp_gain gp_gain_of(struct gp_prediction p, double best)
{
    double sigma = sqrt(p.variance), z = (best - p.mean) / sigma, density = -z * z / 2 - 0.9189385332046727;
    double below = m_normal(z), h = m_exp(density) + z * below;
    double log_h = z > -5 ? m_log(h) : density - m_log(z * z + 3), rise = z > -5 ? below / h : -z - 2 * z / (z * z + 3);
    return (struct gp_gain){
        .log = log_h + m_log(sigma), .by_mean = -rise / sigma, .by_variance = (1 - rise * z) / (2 * p.variance)};
}

/* inverse[n][n]: the lower half becomes that of (u^T u)^-1. */
static void invert(size_t n, const double *u, double *inverse)
{
    memset(inverse, 0, n * n * sizeof *inverse);
    for (size_t i = 0; i < n; i++)
        inverse[i * n + i] = 1;
    for (size_t k = 0; k < n; k++) { /* nothing right of the diagonal yet */
        divide(inverse + k * n, k + 1, u[k * n + k]);
        for (size_t i = k + 1; i < n; i++)
            subtract(inverse + i * n, k + 1, u[k * n + i], inverse + k * n);
    }
    for (size_t i = n; i-- > 0;) {
        divide(inverse + i * n, i + 1, u[i * n + i]);
        for (size_t k = 0; k < i; k++)
            subtract(inverse + k * n, k + 1, u[k * n + i], inverse + i * n);
    }
}

/* Of the pairs of points j <= i, pair i (i + 1) / 2 + j: the squared distance along each axis, the kernel, and its
 * derivative by the squared distance. */
struct pairs {
    double *apart, *like, *fall; /* [pairs][axes], [pairs], [pairs] */
};

static void measure_pairs(const struct gp *g, struct pairs *p)
{
    double *d = p->apart;
    for (size_t i = 0; i < g->n; i++)
        for (size_t j = 0; j <= i; j++)
            for (size_t a = 0; a < g->axes; a++)
                *d++ = axis_distance(axis_in_order(g, a), g->x[i * g->axes + a], g->x[j * g->axes + a]);
}

static void factorize_pairs(struct gp *g, struct pairs *p)
{
    const double *d = p->apart;
    for (size_t i = 0, pair = 0; i < g->n; i++)
        for (size_t j = 0; j <= i; j++, pair++, d += g->axes) {
            double d2 = 0;
            for (size_t a = 0; a < g->axes; a++)
                d2 += g->weight[a] * d[a];
            p->like[pair] = d2;
        }
    matern(g->n * (g->n + 1) / 2, p->like, p->fall);
    for (size_t i = 0, pair = 0; i < g->n; i++)
        for (size_t j = 0; j <= i; j++, pair++)
            g->u[j * g->n + i] = g->scale * p->like[pair] + (i == j ? g->noise : 0);
    prepare_predictions(g);
}

/* slope[axes + 2]: derivatives of the logarithm of the posterior by those of the weights, the scale and the noise. */
static void posterior_slopes(const struct gp *g, const struct pairs *p, double *inverse, double *slope)
{
    const size_t n = g->n, axes = g->axes;
    const double *d = p->apart;
    invert(n, g->u, inverse);
    memset(slope, 0, (axes + 2) * sizeof *slope);
    for (size_t i = 0, pair = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++, pair++, d += axes) {
            double pull = (i == j ? 0.5 : 1) * (g->alpha[i] * g->alpha[j] - inverse[i * n + j]);
            double by_distance = pull * g->scale * p->fall[pair];
            slope[axes] += pull * g->scale * p->like[pair];
            slope[axes + 1] += i == j ? pull * g->noise : 0;
            for (size_t a = 0; a < axes; a++)
                slope[a] += by_distance * d[a];
        }
    /* priors: -0.1 / w - 0.1 w; gamma(2, 1) of the scale; gamma(1.1, 30) of the noise */
    for (size_t a = 0; a < axes; a++)
        slope[a] = slope[a] * g->weight[a] + 0.1 / g->weight[a] - 0.1 * g->weight[a];
    slope[axes] += 1 - g->scale;
    slope[axes + 1] += 0.1 - 30 * g->noise;
}

double gp_step(double slope, double *last, double *step, double most)
{
    double same = slope * *last;
    *step = fmin(same > 0 ? *step * 1.2 : same < 0 ? *step * 0.5 : *step, most);
    *last = slope;
    return slope > 0 ? *step : slope < 0 ? -*step : 0;
}

static void move_parameter(double *p, double step, double low, double high)
{
    *p = fmin(fmax(*p * m_exp(step), low), high);
}

/* Steps by the signs of the slopes alone, which no scale of the results disturbs. */
int gp_fit(struct gp *g)
{
    const size_t n = g->n, all = g->axes + 2, pairs = n * (n + 1) / 2;
    double *inverse = malloc((n * n + 3 * all + pairs * all) * sizeof *inverse);
    if (!inverse)
        return -1;
    double *slope = inverse + n * n, *last = slope + all, *step = last + all;
    struct pairs p = {.apart = step + all, .like = step + all + pairs * g->axes};
    p.fall = p.like + pairs;
    measure_pairs(g, &p);
    for (size_t i = 0; i < all; i++) {
        last[i] = 0;
        step[i] = 0.5;
    }
    for (int k = 0; k < STEPS; k++) {
        factorize_pairs(g, &p);
        posterior_slopes(g, &p, inverse, slope);
        for (size_t i = 0; i < all; i++) {
            double by = gp_step(slope[i], &last[i], &step[i], 1);
            if (i < g->axes)
                move_parameter(&g->weight[i], by, 1e-4, 1e4);
            else if (i == g->axes)
                move_parameter(&g->scale, by, 1e-3, 1e3);
            else
                move_parameter(&g->noise, by, LEAST_NOISE, 1);
        }
    }
    free(inverse);
    return 0;
}

/* y[n] less their mean, by their deviation: mean 0 and deviation 1, or all 0 where all are equal. */
static void center_and_scale(size_t n, double *y)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += y[i];
    const double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (y[i] - mean) * (y[i] - mean);
    const double deviation = sqrt(squares / (double)n);
    for (size_t i = 0; i < n; i++)
        y[i] = deviation > 0 ? (y[i] - mean) / deviation : 0;
}

/* A power of Yeo & Johnson 2000: rises with y, and bends it at 0 where the power is not 1; l is log(1 + |y|). */
static double bend(double y, double l, double power)
{
    const double p = y < 0 ? 2 - power : power;
    const double b = fabs(p) > 1e-9 ? (m_exp(p * l) - 1) / p : l;
    return y < 0 ? -b : b;
}

/* How well a normal distribution fits to the bent numbers. */
static double normal_likelihood(size_t n, const double *y, double power)
{
    double sum = 0, squares = 0, slopes = 0;
    for (size_t i = 0; i < n; i++) {
        const double l = m_log(1 + fabs(y[i])), b = bend(y[i], l, power);
        sum += b;
        squares += b * b;
        slopes += y[i] < 0 ? -l : l;
    }
    const double mean = sum / (double)n;
    return -0.5 * (double)n * m_log(fmax(squares / (double)n - mean * mean, 1e-300)) + (power - 1) * slopes;
}

/* The power is found by the golden section. */
static void make_normal(size_t n, double *y)
{
    const double part = 0.6180339887498949;
    double a = -4, b = 6, c = b - part * (b - a), d = a + part * (b - a);
    double lc = normal_likelihood(n, y, c), ld = normal_likelihood(n, y, d);
    while (b - a > 1e-3) {
        if (lc > ld) {
            b = d, d = c, ld = lc;
            lc = normal_likelihood(n, y, c = b - part * (b - a));
        } else {
            a = c, c = d, lc = ld;
            ld = normal_likelihood(n, y, d = a + part * (b - a));
        }
    }
    const double power = (a + b) / 2;
    for (size_t i = 0; i < n; i++)
        y[i] = bend(y[i], m_log(1 + fabs(y[i])), power);
}

void gp_normalize(size_t n, double *y)
{
    center_and_scale(n, y);
    make_normal(n, y);
    center_and_scale(n, y);
}
