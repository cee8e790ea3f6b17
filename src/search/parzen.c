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

static double double_max(double a, double b) /* fmax asks for NaN, and is a call */
{
    return a > b ? a : b;
}

static double double_min(double a, double b)
{
    return a < b ? a : b;
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
    return 1 / double_min(NARROWEST, p->good ? kernels * sqrt(kernels) : kernels);
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
            sigma[last] = met > 1 ? double_max(before, distance) : distance;
        sigma[k] = met++ ? distance : double_max(mu[k], 1 - mu[k]);
        before = distance;
        last = k;
    }
    for (size_t k = 0; k < p->n; k++)
        sigma[k] = double_min(double_max(sigma[k], least), 1);
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

/* A kernel's weight over its normalization: what is returned, times exp(*sum), which is 1 unless the product of many
 * axes would not be a number any more. */
static double kernel_scale(const struct parzen *p, size_t k, double *sum)
{
    double product = p->share[k] - (k ? p->share[k - 1] : 0);
    *sum = 0;
    for (size_t a = 0; a < p->axes; a++) {
        if (!is_ordered(p->s, p->axis[a]))
            continue;
        double mu = k < p->n ? p->mu[a * p->n + k] : 0.5, sigma = k < p->n ? p->sigma[a * p->n + k] : 1;
        double inside = 8 * sigma < double_min(mu, 1 - mu) ? 1 : mass_between(0, 1, mu, sigma);
        product /= inside * (p->s->edge[p->axis[a]] ? 1 : sigma * 2.5066282746310002);
        if (product > 1e100 || product < 1e-100) {
            *sum += m_log(product);
            product = 1;
        }
    }
    return product;
}

static int find_scales(struct parzen *p)
{
    double *sum = malloc((p->n + 1) * sizeof *sum);
    for (size_t k = 0; k <= p->n && sum; k++)
        p->scale[k] = kernel_scale(p, k, &sum[k]);
    if (sum)
        m_logs(p->n + 1, p->scale, p->scale);
    for (size_t k = 0; k <= p->n && sum; k++)
        p->scale[k] += sum[k];
    const int bad = !sum;
    free(sum);
    return bad ? -1 : 0;
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
    return find_scales(p);
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

#define TOGETHER 8 /* looks that are added up at a time, in registers */
typedef double two_looks __attribute__((vector_size(16), aligned(8), may_alias));

/* Adds what the continuous axes, each around mu[] with a width of 1 / narrow[], say of the looks at[axes][stride] in a
 * kernel to their logarithms e[stride]. */
static void add_continuous(size_t axes, const double *mu, const double *narrow, const double *const *at, size_t stride,
                           double *e)
{
    for (size_t from = 0; from < stride; from += TOGETHER) {
        two_looks sum[TOGETHER / 2] = {{0}};
        for (size_t a = 0; a < axes; a++) {
            const two_looks *x = (const two_looks *)(at[a] + from);
            for (size_t c = 0; c < TOGETHER / 2; c++) {
                two_looks z = (x[c] - mu[a]) * narrow[a];
                sum[c] += z * z;
            }
        }
        for (size_t c = 0; c < TOGETHER; c++)
            e[from + c] -= 0.5 * sum[c / 2][c % 2];
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
        mass[c] = m_log(double_max(mass_between(to->from, to->to, mu, sigma), NOTHING));
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
    size_t stride;                    /* looks, and as many more as make a multiple of TOGETHER */
    double *at, *own, *other, *prior; /* [axes][stride] */
    struct value_masses *kept;        /* [axes] */
};

static void prepare_looks(const struct parzen *p, const struct parzen_point *x, size_t looks, struct looked_at *l)
{
    for (size_t a = 0; a < p->axes; a++) {
        double values = (double)p->s->axis[p->axis[a]].values, small = small_share(p), all = 1 + small * values;
        for (size_t c = 0; c < looks; c++) {
            const struct parzen_point *v = &x[c * p->axes + a];
            double likely = p->s->edge[p->axis[a]] ? v->to - v->from : 1 / values, others = small * values * likely;
            size_t i = a * l->stride + c;
            l->at[i] = v->from;
            if (is_ordered(p->s, p->axis[a]))
                continue;
            l->own[i] = m_log(double_max((1 + others) / all, NOTHING));
            l->other[i] = m_log(double_max(others / all, NOTHING));
            l->prior[i] = m_log(double_max(likely, NOTHING));
        }
    }
}

/* What a kernel says of the looks: logarithms e[stride]. */
static void ask_kernel(const struct parzen *p, size_t k, const struct parzen_point *x, const struct looked_at *l,
                       size_t looks, double *e)
{
    const double *at[SEARCH_AXES];
    double mu[SEARCH_AXES], narrow[SEARCH_AXES];
    size_t continuous = 0;
    for (size_t c = 0; c < l->stride; c++)
        e[c] = p->scale[k];
    for (size_t a = 0; a < p->axes; a++) {
        size_t i = a * l->stride;
        if (is_ordered(p->s, p->axis[a]) && p->s->edge[p->axis[a]]) {
            add_steps(p, a, k, x, &l->kept[a], looks, e);
        } else if (is_ordered(p->s, p->axis[a])) {
            at[continuous] = l->at + i;
            mu[continuous] = k < p->n ? p->mu[a * p->n + k] : 0.5;
            narrow[continuous++] = k < p->n ? 1 / p->sigma[a * p->n + k] : 1;
        } else if (k < p->n) {
            add_listed(p, a, k, x, l->own + i, l->other + i, looks, e);
        } else {
            for (size_t c = 0; c < looks; c++)
                e[c] += l->prior[i + c];
        }
    }
    add_continuous(continuous, mu, narrow, at, l->stride, e);
}

/* The logarithm of the sum of the exponentials of n numbers, one in each row of e[n][stride], of which `most` is the
 * largest. What is below exp(FAR_BELOW) of it is left out: of a thousand of them that is 1e-10 of the sum. room[n] */
#define FAR_BELOW (-30)
static double log_sum(const double *e, size_t n, size_t stride, double most, double *room)
{
    double sum = 0;
    size_t near = 0;
    for (size_t k = 0; k < n; k++) {
        room[near] = e[k * stride] - most;
        near += room[near] > FAR_BELOW;
    }
    m_exps(near, room, room);
    for (size_t i = 0; i < near; i++)
        sum += room[i];
    return most + m_log(sum);
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
    struct value_masses kept[SEARCH_AXES];
    const size_t stride = (looks + TOGETHER - 1) / TOGETHER * TOGETHER, kernels = p->n + 1, n = p->axes * stride;
    const size_t masses = lay_out_masses(p, looks, kept, NULL);
    double *room = calloc(4 * n + masses + kernels * (stride + 1), sizeof *room);
    if (!room)
        return -1;
    double *e = room + 4 * n + masses;
    lay_out_masses(p, looks, kept, room + 4 * n);
    struct looked_at l = {stride, room, room + n, room + 2 * n, room + 3 * n, kept};
    prepare_looks(p, x, looks, &l);
    for (size_t k = 0; k < kernels; k++) {
        double *row = e + k * stride;
        ask_kernel(p, k, x, &l, looks, row);
        for (size_t c = 0; c < looks; c++)
            density[c] = k ? double_max(density[c], row[c]) : row[c];
    }
    for (size_t c = 0; c < looks; c++)
        density[c] = log_sum(e + c, kernels, stride, density[c], e + kernels * stride);
    free(room);
    return 0;
}
