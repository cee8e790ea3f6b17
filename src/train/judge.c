/* judge.c - what a classifier that has learned before says of things that a generator makes: how far the distribution
 * of its features is from that of samples, and how sure and how various its answers are. Features are what its last
 * layer with weights reads. */
#include "base/maths.h"
#include "train/critic.h"
#include "train/eigen.h"

#include <math.h>
#include <string.h>

/* The last layer with weights. */
static int last_layer(const struct nn_graph *g)
{
    int n = g->nnodes - 1;
    while (n > 0 && !g->node[n].ntensors)
        n--;
    return n;
}

int train_judge_check(const struct train_judge *j, struct shape sample, struct err *e)
{
    const struct nn_graph *g = j->graph;
    char has[48], wants[48];
    const int last = last_layer(g);
    if (g->critic)
        return err_set(e, ERR_USAGE, "it has a critic; a judge is a classifier alone");
    if (g->vocabulary)
        return err_set(e, ERR_USAGE, "it reads tokens; a judge reads numbers");
    if (!shape_equal(g->in, sample))
        return err_set(e, ERR_USAGE, "it classifies samples of %s, and those of the data are %s",
                       shape_text(g->in, has, sizeof has), shape_text(sample, wants, sizeof wants));
    if (!last || !nn_may_begin_at(g, last))
        return err_set(e, ERR_USAGE, "its last layer with weights, '%s', does not read features of layers before it",
                       g->node[last].text);
    if (shape_size(g->node[last - 1].y) > JUDGE_FEATURES)
        return err_set(e, ERR_USAGE, "its last layer with weights reads %zu features, at most %d can be judged by",
                       shape_size(g->node[last - 1].y), JUDGE_FEATURES);
    return 0;
}

static void lay_out_moments(struct feature_moments *m, size_t n, struct train_taker *t)
{
    m->mean = train_take(t, n, sizeof *m->mean);
    m->product = train_take(t, n * n, sizeof *m->product);
}

struct judging *judge_lay_out(const struct train_job *j, int batch, struct train_taker *t)
{
    struct judging shadow, *taken = train_take(t, 1, sizeof *taken), *g = taken ? taken : &shadow;
    *g = (struct judging){.by = j->judge, .k = j->k, .view = j->view, .split = -1};
    const int last = last_layer(j->judge->graph);
    g->front = *j->judge->graph;
    g->front.nnodes = last;
    g->features = shape_size(nn_output(&g->front));
    g->classes = (int)shape_size(nn_output(j->judge->graph));
    g->net = train_take_net(t, j, &g->front, 0, batch, 0);
    g->head = train_take_net(t, j, j->judge->graph, last, batch, 0);
    lay_out_moments(&g->real, g->features, t);
    lay_out_moments(&g->made, g->features, t);
    g->feature = train_take(t, g->features, sizeof *g->feature);
    for (int i = 0; i < 2; i++)
        g->matrix[i] = train_take(t, g->features * g->features, sizeof *g->matrix[i]);
    g->value = train_take(t, 2 * g->features, sizeof *g->value);
    g->share = train_take(t, 2 * (size_t)g->classes, sizeof *g->share);
    return taken;
}

void judge_prepare(struct judging *g)
{
    struct nn_net *const net[] = {g->net, g->head};
    for (size_t i = 0; i < 2; i++) {
        train_copy(net[i]->w, g->by->w, g->by->graph->param_floats);
        train_copy(net[i]->buffers, g->by->buffers, g->by->graph->buffer_floats);
    }
}

static void clear_moments(struct feature_moments *m, size_t features)
{
    memset(m->mean, 0, features * sizeof *m->mean);
    memset(m->product, 0, features * features * sizeof *m->product);
    m->n = 0;
}

void judge_begin(struct judging *g, int split)
{
    g->knows_real = split == g->split;
    if (split >= 0 && !g->knows_real) {
        clear_moments(&g->real, g->features);
        g->split = split;
    }
    clear_moments(&g->made, g->features);
    g->certainty = 0;
    memset(g->share, 0, (size_t)g->classes * sizeof *g->share);
}

/* Adds a feature vector to sums, which judge_values makes means of. */
static void add_feature(struct feature_moments *m, size_t n, const double *v)
{
    for (size_t i = 0; i < n; i++) {
        double *row = m->product + i * n;
        m->mean[i] += v[i];
        for (size_t k = 0; k <= i; k++)
            row[k] += v[i] * v[k];
    }
    m->n++;
}

/* The shares of softmax of one lane of z[classes][16] join the sums. */
static void add_answer_shares(struct judging *g, const float *z)
{
    double most = (double)z[0], sum = 0, certainty = 0;
    double *share = g->share + g->classes;
    for (int k = 1; k < g->classes; k++)
        most = (double)z[k * LANES] > most ? (double)z[k * LANES] : most;
    for (int k = 0; k < g->classes; k++)
        sum += share[k] = m_exp((double)z[k * LANES] - most);
    for (int k = 0; k < g->classes; k++) {
        certainty += share[k] / sum * ((double)z[k * LANES] - most - m_log(sum));
        g->share[k] += share[k] / sum;
    }
    g->certainty += certainty;
}

/* The samples as the judge wants them: the training's normalization off, its own on. Whether all are finite: an
 * activation can make a number of what is none. */
static int put_into_judge(const struct judging *g, int n, const float *x)
{
    const struct shape s = g->by->graph->in;
    int finite = 1;
    for (int i = 0; i < blocks_of(n) * LANES; i++)
        for (int h = 0; h < s.h; h++)
            for (int c = 0; c < s.c; c++)
                for (int w = 0; w < s.w; w++) {
                    const size_t at = lane_at(s, i, c, h, w);
                    const double value =
                        ((double)x[at] - (double)data_input_shift(g->view, c)) / (double)data_input_scale(g->view, c);
                    g->net->x[at] = i < n ? (float)(value * (double)g->by->scale[c] + (double)g->by->shift[c]) : 0;
                    finite &= isfinite(g->net->x[at]) != 0;
                }
    return finite;
}

void judge_see(struct judging *g, int n, const float *x, const uint32_t *key, int made)
{
    const struct nn_pass pass = {.n = n, .blocks = blocks_of(n), .sample = key};
    if (!made && g->knows_real)
        return;
    struct feature_moments *m = made ? &g->made : &g->real;
    if (!put_into_judge(g, n, x)) {
        m->mean[0] = (double)NAN;
        g->certainty = made ? (double)NAN : g->certainty;
    }
    nn_forward(g->net, &pass);
    for (int i = 0; i < n; i++) {
        const float *z = g->net->z + (size_t)(i / LANES) * LANES * g->features + (size_t)(i % LANES);
        for (size_t k = 0; k < g->features; k++)
            g->feature[k] = (double)z[k * LANES];
        add_feature(m, g->features, g->feature);
    }
    if (!made)
        return;
    train_copy(g->head->x, g->net->z, (size_t)blocks_of(n) * LANES * g->features);
    nn_forward(g->head, &pass);
    for (int i = 0; i < n; i++)
        add_answer_shares(g, g->head->z + (size_t)(i / LANES * LANES * g->classes + i % LANES));
}

/* The covariance of what was summed, into the lower half of to[n][n]; returns its trace. */
static double covariance_of(const struct feature_moments *m, size_t n, double *to)
{
    double trace = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k <= i; k++)
            to[i * n + k] = (m->product[i * n + k] - m->mean[i] * m->mean[k] / (double)m->n) / (double)(m->n - 1);
        trace += to[i * n + i];
    }
    return trace;
}

/* a[n][n], of which the lower half is read, becomes L with L L' = a (Cholesky); where a has no length left, a column of
 * zeros. */
static void take_root(size_t n, double *a)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = a[i * n + i] > most ? a[i * n + i] : most;
    for (size_t j = 0; j < n; j++) {
        double left = a[j * n + j];
        for (size_t k = 0; k < j; k++)
            left -= a[j * n + k] * a[j * n + k];
        const double root = left > 1e-14 * most ? sqrt(left) : 0;
        for (size_t i = j; i < n; i++) {
            double sum = a[i * n + j];
            for (size_t k = 0; k < j; k++)
                sum -= a[i * n + k] * a[j * n + k];
            a[i * n + j] = root > 0 ? sum / root : 0;
        }
        for (size_t k = j + 1; k < n; k++)
            a[j * n + k] = 0;
    }
}

/* to = L' b L, the lower half; of b the lower half is read. */
static void between_roots(size_t n, const double *l, const double *b, double *to, double *row)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++)
            row[k] = 0;
        for (size_t r = i; r < n; r++)
            for (size_t k = 0; k < n; k++)
                row[k] += l[r * n + i] * (r >= k ? b[r * n + k] : b[k * n + r]);
        for (size_t j = 0; j <= i; j++) {
            double sum = 0;
            for (size_t k = j; k < n; k++)
                sum += row[k] * l[k * n + j];
            to[i * n + j] = sum;
        }
    }
}

/* |m - m'|^2 + trace(C + C' - 2 (C C')^(1/2)). The eigenvalues of C C' are those of L' C' L, where L L' = C.
 * NaN where a feature is no finite number. */
static double frechet_distance(struct judging *g)
{
    const size_t n = g->features;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double apart = g->real.mean[i] / (double)g->real.n - g->made.mean[i] / (double)g->made.n;
        sum += apart * apart;
    }
    sum += covariance_of(&g->real, n, g->matrix[0]);
    take_root(n, g->matrix[0]);
    sum += covariance_of(&g->made, n, g->made.product);
    between_roots(n, g->matrix[0], g->made.product, g->matrix[1], g->value);
    symmetric_eigenvalues(n, g->matrix[1], g->value, g->value + n);
    for (size_t i = 0; i < n; i++)
        sum -= 2 * sqrt(g->value[i] < 0 ? 0 : g->value[i]);
    return !isfinite(sum) ? (double)NAN : sum > 0 ? sum : 0;
}

void judge_values(struct judging *g, float *frechet, float *inception)
{
    if (g->made.n < 2 || g->real.n < 2)
        return;
    double all = 0;
    for (int k = 0; k < g->classes; k++) {
        const double share = g->share[k] / (double)g->made.n;
        all += share > 0 ? share * m_log(share) : 0;
    }
    *inception = (float)m_exp(g->certainty / (double)g->made.n - all);
    *frechet = (float)frechet_distance(g);
    g->made.n = 0; /* its sums are used up */
}
