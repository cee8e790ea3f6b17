/* look_layers.c - a look at each layer: the values that it puts out over many samples, and the gradient of its weights.
 */
#include "orchestrate/inspect/looking.h"

#include "base/str.h"
#include "nn/layer.h"
#include "train/task.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BINS 30

/* What a node puts out, over all samples. */
struct values_of_node {
    double low, high, sum, squares, n, zeros;
    size_t *count;       /* [BINS] */
    unsigned char *live; /* [channels] puts out something else than 0 for some sample */
};

/* What is done with each number of n samples. */
struct each_value {
    const struct looking *l;
    struct values_of_node *node;
    void (*f)(struct values_of_node *to, int channel, double v);
    int n;
};

static void see_values(void *ctx, int node, const float *v)
{
    const struct each_value *each = ctx;
    const struct shape y = each->l->m->graph->node[node].y;
    for (int s = 0; s < each->n; s++)
        for (int h = 0; h < y.h; h++)
            for (int c = 0; c < y.c; c++)
                for (int w = 0; w < y.w; w++)
                    each->f(&each->node[node], c, look_number(v, y, s, c, h, w));
}

static void see_range(struct values_of_node *to, int channel, double v)
{
    to->low = v < to->low ? v : to->low;
    to->high = v > to->high ? v : to->high;
    to->sum += v;
    to->squares += v * v;
    to->n++;
    to->zeros += v == 0;
    to->live[channel] |= v != 0;
}

static void see_bin(struct values_of_node *to, int channel, double v)
{
    const double width = to->high - to->low;
    int bin = width > 0 ? (int)((v - to->low) / width * BINS) : 0;
    (void)channel;
    to->count[bin < BINS ? bin : BINS - 1]++;
}

/* All samples twice: ranges, then bins. */
static void see_all_values(struct looking *l, struct values_of_node *node)
{
    for (int pass = 0; pass < 2; pass++)
        for (size_t from = 0; from < l->samples; from += l->at_once) {
            struct each_value each = {l, node, pass ? see_bin : see_range, look_step(l, from, l->samples)};
            look_at(l, from, each.n, see_values, &each);
        }
}

/* What the network is to put out: of a task that puts out what was put in the batch's input, which has that shape. */
static const float *wanted_numbers(const struct looking *l)
{
    for (size_t i = 0; l->m->task && task_types[i]; i++)
        if (!strcmp(task_types[i]->name, l->m->task) && task_types[i]->like_input)
            return l->net->x;
    return l->batch.target;
}

/* The part that n samples have in the gradient of the mean loss of `all`: of classes the cross-entropy, of numbers half
 * the squared error. */
static void part_of_gradient(struct looking *l, int n, size_t all)
{
    const struct shape out = nn_output(l->m->graph);
    const float *want = wanted_numbers(l);
    memset(l->net->dz, 0, floats_of(out, blocks_of(n)) * sizeof *l->net->dz);
    for (int s = 0; s < n; s++) {
        double share = 1, best = l->m->classes ? look_number(l->net->z, out, s, look_answer(l, s, &share), 0, 0) : 0;
        for (int k = 0; k < out.c && out.h * out.w == 1; k++) {
            const double z = look_number(l->net->z, out, s, k, 0, 0);
            const double d = l->m->classes ? share * exp(z - best) - (l->batch.label[s] == k)
                                           : z - (double)want[lane_at(out, s, k, 0, 0)];
            l->net->dz[lane_at(out, s, k, 0, 0)] = (float)(d / (double)all);
        }
    }
    nn_look_backward(l->net, n, l->batch.key, NULL, NULL);
}

/* The gradient of the first samples, a batch, in l->net->dw. 0, or -1 without memory. */
static int batch_gradient(struct looking *l)
{
    const size_t all = l->samples < LOOK_BATCH ? l->samples : LOOK_BATCH, n = l->m->graph->param_floats;
    float *sum = all > l->at_once ? arena_take(l->a, n * sizeof *sum) : NULL;
    if (all > l->at_once && !sum)
        return -1;
    for (size_t from = 0; from < all; from += l->at_once) {
        const int part = look_step(l, from, all);
        look_at(l, from, part, NULL, NULL);
        part_of_gradient(l, part, all);
        for (size_t i = 0; sum && i < n; i++)
            sum[i] += l->net->dw[i];
    }
    if (sum)
        memcpy(l->net->dw, sum, n * sizeof *sum);
    return 0;
}

static double euclidean_norm(const float *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)v[i] * (double)v[i];
    return sqrt(sum);
}

/* Norms of a node's tensors, NaN where it has none; the gradient of a normalization by running statistics is not made.
 */
static void norms_of_node(const struct looking *l, const struct nn_node *nd, double *weight, double *gradient)
{
    double w = 0, g = 0;
    for (int t = 0; t < nd->ntensors; t++) {
        w += pow(euclidean_norm(l->net->w + nd->tensor[t].at, nd->tensor[t].n), 2);
        g += pow(euclidean_norm(l->net->dw + nd->tensor[t].at, nd->tensor[t].n), 2);
    }
    *weight = nd->ntensors ? sqrt(w) : NAN;
    *gradient = nd->ntensors && !(nd->flags & OVER_BATCH) ? sqrt(g) : NAN;
}

static int dead_channels(const struct values_of_node *v, int channels)
{
    int dead = 0;
    for (int c = 0; c < channels; c++)
        dead += !v->live[c];
    return dead;
}

enum { GRADIENT, UPDATE, DEAD, MEASURES };

static int write_layer_table(struct looking *l, const struct values_of_node *node, double *v)
{
    static const char *const head[] = {"layer", "text",       "output",      "mean",      "deviation",
                                       "zeros", "dead_units", "weight_norm", "grad_norm", "update_ratio"};
    const struct nn_graph *g = l->m->graph;
    struct csv_out *csv = look_table(l, "layers.csv", head, sizeof head / sizeof *head);
    if (!csv)
        return -1;
    for (int i = 0; i < g->nnodes; i++) {
        const struct values_of_node *x = &node[i];
        char shape[48], text[8][STR_NUM];
        double w, d;
        norms_of_node(l, &g->node[i], &w, &d);
        const double mean = x->sum / x->n, square = x->squares / x->n - mean * mean;
        const int dead = dead_channels(x, g->node[i].y.c);
        const double number[] = {
            i + 1, mean, square > 0 ? sqrt(square) : 0, x->zeros / x->n, dead, w, d, l->how->lr * d / w};
        const char *cell[10] = {NULL, g->node[i].text, shape_text(g->node[i].y, shape, sizeof shape)};
        for (int k = 0; k < 8; k++)
            cell[k ? k + 2 : 0] = isnan(number[k]) ? "" : str_float(text[k], (float)number[k]);
        csv_row(csv, cell);
        v[GRADIENT * g->nnodes + i] = d;
        v[UPDATE * g->nnodes + i] = 1000 * l->how->lr * d / w;
        v[DEAD * g->nnodes + i] = (double)dead / g->node[i].y.c;
    }
    return look_end(l, csv);
}

static int write_bins(struct looking *l, const struct values_of_node *node)
{
    static const char *const head[] = {"layer", "from", "to", "count"};
    struct csv_out *csv = look_table(l, "activations.csv", head, 4);
    for (int i = 0; csv && i < l->m->graph->nnodes; i++)
        for (int b = 0; b < BINS; b++) {
            const double width = (node[i].high - node[i].low) / BINS;
            look_row(
                csv,
                (double[]){i + 1, node[i].low + b * width, node[i].low + (b + 1) * width, (double)node[i].count[b]}, 4);
        }
    return csv ? look_end(l, csv) : -1;
}

/* Bars of the layers with weights. */
static int draw_bars(struct looking *l, const double *v)
{
    static const char *const measure[] = {"norm of the gradient", "1000 update / weight", "share of dead units"};
    const struct nn_graph *g = l->m->graph;
    const char **label = arena_take(l->a, (size_t)g->nnodes * sizeof *label);
    double *kept = arena_take(l->a, (size_t)g->nnodes * MEASURES * sizeof *kept);
    struct report_layers *bars = arena_take(l->a, sizeof *bars);
    size_t n = 0;
    if (!label || !kept || !bars)
        return -1;
    for (int i = 0; i < g->nnodes; i++)
        if (g->node[i].ntensors && n < 60)
            label[n++] = arena_fmt(l->a, "%d %s", i + 1, g->node[i].text);
    size_t at = 0;
    for (int i = 0; i < g->nnodes; i++)
        if (g->node[i].ntensors && at < n) {
            for (int k = 0; k < MEASURES; k++)
                kept[(size_t)k * n + at] = v[k * g->nnodes + i];
            at++;
        }
    *bars = (struct report_layers){"layers with weights, by a batch of the split", n, MEASURES, label, measure, kept};
    l->out->pictures.layers = bars;
    return l->a->failed ? -1 : 0;
}

/* Counts of 10,000, in the place of the counts. */
static const size_t *shares_of_bins(const struct values_of_node *v)
{
    for (int b = 0; b < BINS; b++)
        v->count[b] = (size_t)((double)v->count[b] / v->n * 10000 + 0.5);
    return v->count;
}

/* Histograms of at most so many layers, evenly spread. */
#define PANELS 12
static int draw_values(struct looking *l, const struct values_of_node *node)
{
    static const char *const all[] = {"values"};
    const int n = l->m->graph->nnodes, shown = n < PANELS ? n : PANELS;
    struct report_histogram *h = arena_take(l->a, (size_t)shown * sizeof *h);
    struct report_histograms *panels = arena_take(l->a, sizeof *panels);
    if (!h || !panels)
        return -1;
    for (int k = 0; k < shown; k++) {
        const int i = shown < 2 ? 0 : k * (n - 1) / (shown - 1);
        const double high = node[i].high > node[i].low ? node[i].high : node[i].low + 1;
        h[k] = (struct report_histogram){arena_fmt(l->a, "%d %s", i + 1, l->m->graph->node[i].text), node[i].low, high,
                                         shares_of_bins(&node[i])};
    }
    *panels = (struct report_histograms){"what layers put out: of 10,000 values", (size_t)shown, 1, BINS, all, h};
    l->out->pictures.activations = panels;
    return l->a->failed ? -1 : 0;
}

int look_layers(struct looking *l)
{
    const struct nn_graph *g = l->m->graph;
    struct values_of_node *node = arena_take(l->a, (size_t)g->nnodes * sizeof *node);
    double *v = arena_take(l->a, (size_t)g->nnodes * MEASURES * sizeof *v);
    for (int i = 0; node && v && i < g->nnodes; i++) {
        node[i] = (struct values_of_node){.low = HUGE_VAL, .high = -HUGE_VAL};
        node[i].count = arena_take(l->a, BINS * sizeof *node[i].count);
        node[i].live = arena_take(l->a, (size_t)g->node[i].y.c);
    }
    if (l->a->failed)
        return err_set(l->e, ERR_NOMEM, "no memory to look at the layers");
    see_all_values(l, node);
    if (batch_gradient(l))
        return err_set(l->e, ERR_NOMEM, "no memory for the gradient of a batch");
    return write_layer_table(l, node, v) || write_bins(l, node) || draw_bars(l, v) || draw_values(l, node) ? -1 : 0;
}
