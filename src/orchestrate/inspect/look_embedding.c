/* look_embedding.c - a look at where samples lie before the head: the first two principal components of the features
 * that the last layer with weights reads. They are those of the matrix of products of samples with each other, found by
 * power iteration, one after the other. */
#include "orchestrate/inspect/looking.h"

#include "base/str.h"
#include "nn/layer.h"

#include <math.h>
#include <string.h>

#define ROUNDS 300

/* The node whose output the last layer with weights reads; NN_INPUT: the network's input. -2: there is no such layer.
 */
static int features_node(const struct nn_graph *g)
{
    int i = g->nnodes - 1;
    while (i >= 0 && !(g->node[i].flags & COUNTS))
        i--;
    return i < 0 ? -2 : g->node[i].in[0];
}

/* The features of the samples that go through the network, and where they are collected. */
struct features {
    int node, n;
    size_t d;
    double *x;
};

static void see_features(void *ctx, int node, const float *v)
{
    const struct features *f = ctx;
    for (int s = 0; node == f->node && s < f->n; s++)
        for (size_t k = 0; k < f->d; k++)
            f->x[(size_t)s * f->d + k] = (double)v[((size_t)(s / LANES) * f->d + k) * LANES + (size_t)(s % LANES)];
}

/* The features of all samples, less their means: [samples][d]. */
static void collect_features(struct looking *l, int node, size_t d, double *x, int *class, int *answer)
{
    for (size_t from = 0; from < l->samples; from += l->at_once) {
        const int n = look_step(l, from, l->samples);
        struct features f = {node, n, d, x + from * d};
        look_at(l, from, n, see_features, &f);
        if (node == NN_INPUT)
            see_features(&f, node, l->net->x);
        for (int s = 0; s < n; s++) {
            double share;
            class[from + (size_t)s] = l->m->classes ? l->batch.label[s] : 0;
            answer[from + (size_t)s] = l->m->classes ? look_answer(l, s, &share) : 0;
        }
    }
    for (size_t k = 0; k < d; k++) {
        double mean = 0;
        for (size_t i = 0; i < l->samples; i++)
            mean += x[i * d + k] / (double)l->samples;
        for (size_t i = 0; i < l->samples; i++)
            x[i * d + k] -= mean;
    }
}

/* p = x x^T. */
static void products(size_t n, size_t d, const double *x, double *p)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = 0;
            for (size_t k = 0; k < d; k++)
                sum += x[i * d + k] * x[j * d + k];
            p[i * n + j] = p[j * n + i] = sum;
        }
}

static double length_of(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i] * v[i];
    return sqrt(sum);
}

/* The coordinates of the samples along the largest component of p, which is taken out of it. */
static void component(size_t n, double *p, double *next, double *to)
{
    double value = 0;
    for (size_t i = 0; i < n; i++)
        to[i] = 1 + (double)((i * 7919) % 256) / 256;
    for (int r = 0; r < ROUNDS; r++) {
        for (size_t i = 0; i < n; i++) {
            next[i] = 0;
            for (size_t j = 0; j < n; j++)
                next[i] += p[i * n + j] * to[j];
        }
        value = length_of(next, n);
        for (size_t i = 0; i < n; i++)
            to[i] = value > 0 ? next[i] / value : 0;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            p[i * n + j] -= value * to[i] * to[j];
    for (size_t i = 0; i < n; i++)
        to[i] *= sqrt(value);
}

static int write_embedding(struct looking *l, const double *x, const double *y, const int *class, const int *answer)
{
    static const char *const head[] = {"sample", "class", "predicted", "x", "y"};
    struct csv_out *csv = look_table(l, "embedding.csv", head, 5);
    char text[3][STR_NUM];
    for (size_t i = 0; csv && i < l->samples; i++) {
        const char *const cell[] = {str_whole(text[0], i + 1), l->m->classes ? l->m->class_name[class[i]] : "",
                                    l->m->classes ? l->m->class_name[answer[i]] : "", str_float(text[1], (float)x[i]),
                                    str_float(text[2], (float)y[i])};
        csv_row(csv, cell);
    }
    return csv ? look_end(l, csv) : -1;
}

int look_embedding(struct looking *l)
{
    static const char *const all[] = {"samples"};
    const struct nn_graph *g = l->m->graph;
    const int node = features_node(g);
    const size_t n = l->samples, d = node < -1 ? 0 : shape_size(node == NN_INPUT ? g->in : g->node[node].y);
    if (!d || n < 2 || (double)n * (double)d > 1 << 24)
        return 0;
    double *x = arena_take(l->a, n * d * sizeof *x), *p = arena_take(l->a, n * n * sizeof *p);
    double *at = arena_take(l->a, 3 * n * sizeof *at);
    int *class = arena_take(l->a, 2 * n * sizeof *class);
    struct report_cloud *cloud = arena_take(l->a, sizeof *cloud);
    if (!x || !p || !at || !class || !cloud)
        return err_set(l->e, ERR_NOMEM, "no memory for the features of %zu samples", n);
    collect_features(l, node, d, x, class, class + n);
    products(n, d, x, p);
    component(n, p, at + 2 * n, at);
    component(n, p, at + 2 * n, at + n);
    *cloud = (struct report_cloud){"samples before the last layer, by two principal components",
                                   n,
                                   l->m->classes ? (size_t)l->m->classes : 1,
                                   at,
                                   at + n,
                                   class,
                                   l->m->classes ? l->m->class_name : all};
    l->out->pictures.embedding = cloud;
    return write_embedding(l, at, at + n, class, class + n);
}
