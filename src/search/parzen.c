/* parzen.c - mixtures of kernels around points. */
#include "search/parzen.h"

#include "base/maths.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PRIOR 1.0      /* weight of the kernel over everything; a point has 1 */
#define NEWEST 25      /* points of full weight; before them it goes down to 1/n */
#define NARROWEST 100  /* kernels are never narrower than one part in so many, see narrowest */
#define NOTHING 1e-300 /* of a share: its logarithm is still a number */
#define NO_KERNEL UINT32_MAX

static int is_ordered(const struct search *s, size_t axis)
{
    return !s->ordered || s->ordered[axis];
}

static double mass_between(double from, double to, double mu, double sigma)
{
    double a = (from - mu) / sigma, b = (to - mu) / sigma;
    return a > 0 ? m_normal(-a) - m_normal(-b) : m_normal(b) - m_normal(a); /* the smaller tails are the exact ones */
}

/* Kernels of other points are never narrower than one part in as many as there are and one, as in Optuna. Those of good
 * points may be: of 10 of them a twelfth of an axis would keep the candidates far from the best one. */
static double narrowest(const struct parzen *p)
{
    double kernels = (double)p->n + 2;
    return 1 / fmin(NARROWEST, p->good ? kernels * sqrt(kernels) : kernels);
}

/* Fills the widths of the kernels along an axis, of which the points of the history stand in order: the larger of the
 * distances to the two neighbours. The ends of the range are neighbours only of a point that has no other. */
static void find_widths(struct parzen *p, const struct search_history *h, size_t a, const uint32_t *kernel)
{
    const uint32_t *order = h->order + p->axis[a] * h->cap;
    double least = narrowest(p), *mu = p->mu + a * p->n, *sigma = p->sigma + a * p->n;
    size_t met = 0;
    double before = 0; /* between the last kernel and the one before it */
    for (uint32_t i = 0, last = 0; i < h->ordered[p->axis[a]]; i++) {
        uint32_t k = kernel[order[i]];
        if (k == NO_KERNEL)
            continue;
        double distance = mu[k] - (met ? mu[last] : 0);
        if (met)
            sigma[last] = met > 1 ? fmax(before, distance) : distance;
        sigma[k] = met++ ? distance : fmax(mu[k], 1 - mu[k]);
        before = distance;
        last = k;
    }
    for (size_t k = 0; k < p->n; k++)
        sigma[k] = fmin(fmax(sigma[k], least), 1);
}

static double weight_of(size_t i, size_t n)
{
    if (n < NEWEST || i + NEWEST >= n)
        return 1;
    size_t ramp = n - NEWEST;
    return ramp > 1 ? 1.0 / (double)n + (1 - 1.0 / (double)n) * (double)i / (double)(ramp - 1) : 1.0 / (double)n;
}

static void find_shares(struct parzen *p)
{
    const int alike = p->good && p->s->others; /* as in Optuna */
    double sum = 0;
    for (size_t k = 0; k <= p->n; k++)
        p->share[k] = sum += k < p->n ? (alike ? 1 : weight_of(k, p->n)) : p->n ? PRIOR : 1;
    for (size_t k = 0; k <= p->n; k++)
        p->share[k] /= sum;
}

/* The logarithm of a kernel's weight over its normalization: products of a few axes at a time, which stay numbers. */
static double kernel_scale(const struct parzen *p, size_t k)
{
    double product = p->share[k] - (k ? p->share[k - 1] : 0), sum = 0;
    for (size_t a = 0; a < p->axes; a++) {
        if (!is_ordered(p->s, p->axis[a]))
            continue;
        double mu = k < p->n ? p->mu[a * p->n + k] : 0.5, sigma = k < p->n ? p->sigma[a * p->n + k] : 1;
        double inside = 8 * sigma < fmin(mu, 1 - mu) ? 1 : mass_between(0, 1, mu, sigma);
        product /= inside * (p->s->edge[p->axis[a]] ? 1 : sigma * 2.5066282746310002);
        if (product > 1e100 || product < 1e-100) {
            sum += m_log(product);
            product = 1;
        }
    }
    return sum + m_log(product);
}

int parzen_init(struct parzen *p, const struct search *s, const struct search_history *h, const size_t *axis,
                size_t axes, const uint32_t *point, size_t n, int good, uint32_t *kernel)
{
    *p = (struct parzen){.s = s, .axis = axis, .axes = axes, .n = n, .good = good};
    p->mu = malloc((axes * n + 1) * sizeof *p->mu);
    p->sigma = malloc((axes * n + 1) * sizeof *p->sigma);
    p->value = malloc((axes * n + 1) * sizeof *p->value);
    p->share = malloc((n + 1) * sizeof *p->share);
    p->scale = malloc((n + 1) * sizeof *p->scale);
    if (!p->mu || !p->sigma || !p->value || !p->share || !p->scale)
        return -1;
    memset(kernel, 0xff, h->points * sizeof *kernel);
    for (size_t k = 0; k < n; k++) {
        kernel[point[k]] = (uint32_t)k;
        for (size_t a = 0; a < axes; a++) {
            p->mu[a * n + k] = h->unit[point[k] * s->axes + axis[a]];
            p->value[a * n + k] = h->value[point[k] * s->axes + axis[a]];
        }
    }
    for (size_t a = 0; a < axes; a++)
        if (is_ordered(s, axis[a]))
            find_widths(p, h, a, kernel);
    find_shares(p);
    for (size_t k = 0; k <= n; k++)
        p->scale[k] = kernel_scale(p, k);
    return 0;
}

void parzen_release(struct parzen *p)
{
    free(p->mu);
    free(p->sigma);
    free(p->value);
    free(p->share);
    free(p->scale);
}

static double uniform_unit(struct rng *r)
{
    return (rng_u32(r) + 0.5) * 0x1p-32;
}

/* Draws until a number falls into the range, which most do. */
static double draw_inside(struct rng *r, double mu, double sigma)
{
    double x;
    do
        x = mu + sigma * rng_normal(r);
    while (!(x >= 0 && x < 1));
    return x;
}

/* The weight of each other value in a kernel, beside 1 for its own. */
static double small_share(const struct parzen *p)
{
    return PRIOR / ((double)p->n + 1);
}

static double draw_listed(const struct parzen *p, struct rng *r, size_t a, size_t k)
{
    double values = (double)p->s->axis[p->axis[a]].values, all = 1 + small_share(p) * values, from, to;
    double any = uniform_unit(r);
    if (k == p->n || uniform_unit(r) * all >= 1)
        return any;
    search_cell(p->s, p->axis[a], p->value[a * p->n + k], &from, &to);
    return (from + to) / 2;
}

void parzen_draw(const struct parzen *p, struct rng *r, struct parzen_point *out)
{
    double u = uniform_unit(r);
    size_t k = 0;
    while (k < p->n && p->share[k] <= u)
        k++;
    for (size_t a = 0; a < p->axes; a++) {
        size_t axis = p->axis[a];
        double x = !is_ordered(p->s, axis) ? draw_listed(p, r, a, k)
                   : k == p->n             ? draw_inside(r, 0.5, 1)
                                           : draw_inside(r, p->mu[a * p->n + k], p->sigma[a * p->n + k]);
        out[a].unit = (uint32_t)(x * 0x1p32);
        out[a].value = (int64_t)p->s->quantile(p->s->ctx, axis, out[a].unit);
        if (p->s->edge[axis])
            search_cell(p->s, axis, out[a].value, &out[a].from, &out[a].to);
        else
            out[a].from = out[a].to = out[a].unit * 0x1p-32;
    }
}

/* Adds what a continuous axis says of the looks to their logarithms e[looks] in a kernel. */
static void add_continuous(double mu, double sigma, const double *at, size_t looks, double *e)
{
    double inv = 1 / sigma;
    for (size_t c = 0; c < looks; c++) {
        double z = (at[c] - mu) * inv;
        e[c] -= 0.5 * (z * z);
    }
}

/* The same of an axis with few values in order. Many kernels are around the same value, and then mostly of the same
 * width: the last one of each value is kept. */
struct value_masses {
    double *sigma; /* [values + 1] of the kernel that is kept, 0: none; the last is the one over everything */
    double *mass;  /* [values + 1][looks] logarithms */
};

static void add_steps(const struct parzen *p, size_t a, size_t k, const struct parzen_point *x,
                      const struct value_masses *kept, size_t looks, double *e)
{
    size_t v = k < p->n ? (size_t)p->value[a * p->n + k] : (size_t)p->s->axis[p->axis[a]].values;
    double mu = k < p->n ? p->mu[a * p->n + k] : 0.5, sigma = k < p->n ? p->sigma[a * p->n + k] : 1;
    double *mass = kept->mass + v * looks;
    for (size_t c = 0; c < looks && kept->sigma[v] != sigma; c++) {
        const struct parzen_point *to = &x[c * p->axes + a];
        mass[c] = m_log(fmax(mass_between(to->from, to->to, mu, sigma), NOTHING));
    }
    kept->sigma[v] = sigma;
    for (size_t c = 0; c < looks; c++)
        e[c] += mass[c];
}

/* The same of an axis without order: own[looks] and other[looks] are the logarithms of a value's share in a kernel of
 * the same value and of another. */
static void add_listed(const struct parzen *p, size_t a, size_t k, const struct parzen_point *x, const double *own,
                       const double *other, size_t looks, double *e)
{
    for (size_t c = 0; c < looks; c++)
        e[c] += x[c * p->axes + a].value == p->value[a * p->n + k] ? own[c] : other[c];
}

/* What is the same for all kernels: the quantiles of the looks, and, of axes without order, the logarithms of their
 * shares in a kernel of the same value, of another, and in the one over everything. */
struct looked_at {
    double *at, *own, *other, *prior; /* [axes][looks] */
    struct value_masses *kept;        /* [axes] */
};

static void prepare_looks(const struct parzen *p, const struct parzen_point *x, size_t looks, struct looked_at *l)
{
    for (size_t a = 0; a < p->axes; a++) {
        double values = (double)p->s->axis[p->axis[a]].values, small = small_share(p), all = 1 + small * values;
        for (size_t c = 0; c < looks; c++) {
            const struct parzen_point *v = &x[c * p->axes + a];
            double likely = p->s->edge[p->axis[a]] ? v->to - v->from : 1 / values, others = small * values * likely;
            size_t i = a * looks + c;
            l->at[i] = v->from;
            if (is_ordered(p->s, p->axis[a]))
                continue;
            l->own[i] = m_log(fmax((1 + others) / all, NOTHING));
            l->other[i] = m_log(fmax(others / all, NOTHING));
            l->prior[i] = m_log(fmax(likely, NOTHING));
        }
    }
}

/* A sum of exponentials by their logarithms: sum * exp(most). What is below exp(FAR_BELOW) of the largest is left out:
 * of a thousand of them that is 1e-10 of the sum. */
#define FAR_BELOW (-30)
struct log_sum {
    double most, sum;
};

static void add_exponential(struct log_sum *s, double e)
{
    if (e > s->most) {
        s->sum = e - s->most > -FAR_BELOW ? 1 : s->sum * m_exp(s->most - e) + 1;
        s->most = e;
    } else if (e - s->most > FAR_BELOW) {
        s->sum += m_exp(e - s->most);
    }
}

static void add_kernel(const struct parzen *p, size_t k, const struct parzen_point *x, const struct looked_at *l,
                       size_t looks, struct log_sum *sum)
{
    double e[PARZEN_LOOKS];
    for (size_t c = 0; c < looks; c++)
        e[c] = p->scale[k];
    for (size_t a = 0; a < p->axes; a++) {
        size_t i = a * looks;
        if (is_ordered(p->s, p->axis[a]) && p->s->edge[p->axis[a]])
            add_steps(p, a, k, x, &l->kept[a], looks, e);
        else if (is_ordered(p->s, p->axis[a]))
            add_continuous(k < p->n ? p->mu[a * p->n + k] : 0.5, k < p->n ? p->sigma[a * p->n + k] : 1, l->at + i,
                           looks, e);
        else if (k < p->n)
            add_listed(p, a, k, x, l->own + i, l->other + i, looks, e);
        else
            for (size_t c = 0; c < looks; c++)
                e[c] += l->prior[i + c];
    }
    for (size_t c = 0; c < looks; c++)
        add_exponential(&sum[c], e[c]);
}

/* Gives each axis with few values in order its place in kept[axes] and, from `room` on, for its masses. Returns the
 * doubles that they take; with room NULL only that. */
static size_t lay_out_masses(const struct parzen *p, size_t looks, struct value_masses *kept, double *room)
{
    size_t taken = 0;
    for (size_t a = 0; a < p->axes; a++) {
        size_t rows = (size_t)p->s->axis[p->axis[a]].values + 1;
        if (!is_ordered(p->s, p->axis[a]) || !p->s->edge[p->axis[a]])
            continue;
        if (room)
            kept[a] = (struct value_masses){room + taken, room + taken + rows};
        taken += rows * (1 + looks);
    }
    return taken;
}

int parzen_density(const struct parzen *p, const struct parzen_point *x, size_t looks, double *density)
{
    struct log_sum sum[PARZEN_LOOKS];
    struct value_masses kept[SEARCH_AXES];
    const size_t n = p->axes * looks;
    double *room = calloc(4 * n + lay_out_masses(p, looks, kept, NULL) + 1, sizeof *room);
    if (!room)
        return -1;
    lay_out_masses(p, looks, kept, room + 4 * n);
    struct looked_at l = {room, room + n, room + 2 * n, room + 3 * n, kept};
    prepare_looks(p, x, looks, &l);
    for (size_t c = 0; c < looks; c++)
        sum[c] = (struct log_sum){-INFINITY, 0};
    for (size_t k = p->n + 1; k-- > 0;) /* the one over everything first: beside it most others are nothing */
        add_kernel(p, k, x, &l, looks, sum);
    for (size_t c = 0; c < looks; c++)
        density[c] = sum[c].most + m_log(sum[c].sum);
    free(room);
    return 0;
}
