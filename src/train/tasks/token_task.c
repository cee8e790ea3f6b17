/* token_task.c counts what networks say of tokens, at each position that counts. */
#include "train/tasks/token_task.h"

#include "base/maths.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#define LEAST_TOKEN_SHARE 1e-6 /* of a token that does not come, in the constant guess */

static int tokens_to_tell(const struct train_task *t)
{
    return data_target(t->job->view->set)->vocabulary;
}

void token_lay_out(struct train_task *t, size_t eval, struct train_taker *memory)
{
    struct token_task *n = (void *)t->own;
    const size_t train = (size_t)train_batch(t->job), larger = train > eval ? train : eval;
    n->each =
        train_take(memory, (size_t)blocks_of((int)larger) * LANES * (size_t)t->job->view->labels, sizeof *n->each);
    n->counted = train_take(memory, (size_t)tokens_to_tell(t), sizeof *n->counted);
}

void token_begin(struct train_task *t, int training)
{
    struct token_task *n = (void *)t->own;
    (void)training;
    n->loss = n->cross_entropy = n->letters = 0;
    n->seen = n->right = 0;
}

/* Positions of sample i of a batch that count; of a dead lane none. */
static int positions_that_count(const struct batch *b, int i, int all)
{
    const int32_t *lengths = b->target_lengths ? b->target_lengths : b->lengths;
    return i >= b->n ? 0 : lengths ? lengths[i] : all;
}

static size_t count_positions(const struct batch *b, int all)
{
    size_t n = 0;
    for (int i = 0; i < b->n; i++)
        n += (size_t)positions_that_count(b, i, all);
    return n;
}

/* The positions of all samples as samples of one: each is a row of 16 labels. */
static struct batch positions_as_samples(const struct batch *b, int positions)
{
    struct batch of = *b;
    of.n = b->blocks * positions * LANES;
    of.blocks = b->blocks * positions;
    return of;
}

/* Takes the gradient of what does not count away. */
static void clear_gradients(const struct batch *b, int positions, int tokens, float *dz)
{
    for (int i = 0; i < b->blocks * LANES; i++)
        for (int p = positions_that_count(b, i, positions); p < positions; p++) {
            float *row = dz + ((size_t)(i / LANES * positions + p) * (size_t)tokens) * LANES + i % LANES;
            for (int k = 0; k < tokens; k++)
                row[k * LANES] = 0;
        }
}

/* The first of the largest outputs of each of 16 positions. */
static void answers_of_row(int tokens, const float *z, int32_t answer[LANES])
{
    float top[LANES];
    memcpy(top, z, sizeof top);
    memset(answer, 0, LANES * sizeof *answer);
    for (int k = 1; k < tokens; k++)
        for (int i = 0; i < LANES; i++) {
            const int32_t larger = -(z[k * LANES + i] > top[i]);
            answer[i] = (larger & k) | (~larger & answer[i]);
            top[i] = z[k * LANES + i] > top[i] ? z[k * LANES + i] : top[i];
        }
}

/* Sums what counts of each[blocks][positions][16], sample by sample. */
static double sum_positions(const struct batch *b, int positions, const float *each)
{
    double sum = 0;
    for (int i = 0; i < b->n; i++)
        for (int p = 0; p < positions_that_count(b, i, positions); p++)
            sum += (double)each[(i / LANES * positions + p) * LANES + i % LANES];
    return sum;
}

static void count_answers(struct train_task *t, const struct batch *b, const float *z)
{
    struct token_task *n = (void *)t->own;
    const int positions = t->job->view->labels, tokens = tokens_to_tell(t);
    const float *letters = t->job->view->set->letters;
    for (int row = 0; row < b->blocks * positions; row++) {
        int32_t answer[LANES];
        const int first = row / positions * LANES;
        answers_of_row(tokens, z + (size_t)row * (size_t)tokens * LANES, answer);
        for (int i = 0; i < LANES; i++) {
            if (row % positions >= positions_that_count(b, first + i, positions))
                continue;
            const int32_t label = b->label[row * LANES + i];
            n->right += answer[i] == label;
            n->letters += letters ? (double)letters[label] : 0;
        }
    }
}

/* Adds what a batch says; its losses are in n->each. Returns their sum. */
static double look_at_positions(struct train_task *t, const struct batch *b, const float *z, int smoothed)
{
    struct token_task *n = (void *)t->own;
    const int positions = t->job->view->labels;
    const double loss = sum_positions(b, positions, n->each);
    if (smoothed)
        t->job->k->softmax_xent(b->blocks * positions * LANES, tokens_to_tell(t), z, b->label, 0, 1, n->each, NULL,
                                NULL);
    n->loss += loss;
    n->cross_entropy += smoothed ? sum_positions(b, positions, n->each) : loss;
    n->seen += count_positions(b, positions);
    count_answers(t, b, z);
    return loss;
}

double token_step(struct train_task *t, const struct batch *b, const float *z, float *dz)
{
    struct token_task *n = (void *)t->own;
    const int positions = t->job->view->labels, tokens = tokens_to_tell(t);
    const struct batch of = positions_as_samples(b, positions);
    const size_t count = count_positions(b, positions);
    t->loss->compute(t->job->spec, 1, &of, tokens, z, count ? 1 / (float)count : 0, n->each, dz);
    clear_gradients(b, positions, tokens, dz);
    return look_at_positions(t, b, z, t->job->spec->label_smoothing > 0);
}

void token_measure(struct train_task *t, const struct batch *b, const float *z, size_t from, int keep)
{
    struct token_task *n = (void *)t->own;
    const struct batch of = positions_as_samples(b, t->job->view->labels);
    (void)from, (void)keep;
    t->loss->compute(t->job->spec, 0, &of, tokens_to_tell(t), z, 1, n->each, NULL);
    look_at_positions(t, b, z, 0);
}

void token_values(const struct train_task *t, float v[METRICS])
{
    const struct token_task *n = (const void *)t->own;
    const double seen = (double)n->seen;
    v[METRIC_LOSS] = (float)(n->loss / seen);
    v[METRIC_ACCURACY] = (float)((double)n->right / seen);
    v[METRIC_PERPLEXITY] = (float)m_exp(n->cross_entropy / seen);
    if (n->letters > 0)
        v[METRIC_BITS] = (float)(n->cross_entropy / m_log(2) / n->letters);
}

/* Counts the tokens that come next in a split; returns their number. */
static size_t count_tokens(const struct train_task *t, enum data_split split, size_t *count)
{
    const struct data_view *v = t->job->view;
    size_t n = 0;
    memset(count, 0, (size_t)tokens_to_tell(t) * sizeof *count);
    for (size_t i = 0; i < v->n[split]; i++) {
        const struct field *f = data_target(v->set);
        const int32_t *id = field_tokens(f, part_of(split), v->index[split][i]) + (f->windows > 0);
        for (int p = 0; p < v->labels && id[p] >= 0; p++, n++)
            count[id[p]]++;
    }
    return n;
}

/* The shares of the tokens, whatever came before. */
struct constant_guess token_guess(struct train_task *t)
{
    struct token_task *n = (void *)t->own;
    const int tokens = tokens_to_tell(t);
    const double smoothing = t->job->spec->label_smoothing;
    const enum data_split judged = t->job->view->n[DATA_VALIDATION] ? DATA_VALIDATION : DATA_TRAIN;
    size_t seen = count_tokens(t, judged, n->counted), most = 0;
    for (int k = 0; k < tokens; k++)
        most = n->counted[k] > most ? n->counted[k] : most;
    const double accuracy = (double)most / (double)seen;
    double loss = 0, rest = 0;
    seen = count_tokens(t, DATA_TRAIN, n->counted);
    for (int k = 0; k < tokens; k++) {
        const double share = (double)n->counted[k] / (double)seen;
        const double log_share = m_log(share > LEAST_TOKEN_SHARE ? share : LEAST_TOKEN_SHARE);
        loss -= share * log_share;
        rest -= log_share / tokens;
    }
    return (struct constant_guess){(float)((1 - smoothing) * loss + smoothing * rest), (float)accuracy};
}
