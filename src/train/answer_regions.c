/* answer_regions.c - what a network says of a grid of places, where its input is two numbers and its answer a class:
 * pictures show it with samples over it. */
#include "base/maths.h"
#include "train/answers.h"
#include "train/training.h"

#include <math.h>

#define MARGIN 0.1 /* of the range of the training samples, on either side */

static int has_regions(const struct training *r)
{
    const struct field *x = data_input(r->job.view->set);
    return x->type == FIELD_FLOATS && x->shape.kind == VECTOR && x->shape.c == 2 && r->task.type->by_class &&
           !r->task.type->by_position;
}

void train_regions_lay_out(struct training *r, struct train_taker *t)
{
    const size_t samples = r->job.view->n[DATA_TRAIN];
    if (!has_regions(r))
        return;
    r->region_samples = samples < REGION_SAMPLES ? samples : REGION_SAMPLES;
    r->region = train_take(t, REGION_SIDE * REGION_SIDE, sizeof *r->region);
    r->region_place = train_take(t, 3 * (2 + r->region_samples), sizeof *r->region_place);
}

static const float *training_place(const struct training *r, size_t i)
{
    const struct data_view *v = r->job.view;
    return field_floats(data_input(v->set), PART_TRAIN) + 2 * (size_t)v->index[DATA_TRAIN][i];
}

/* The least and the largest number k of the training samples, with a margin. */
static void find_range(const struct training *r, int k, double *least, double *largest)
{
    *least = HUGE_VAL;
    *largest = -HUGE_VAL;
    for (size_t i = 0; i < r->job.view->n[DATA_TRAIN]; i++) {
        const double v = (double)training_place(r, i)[k];
        *least = v < *least ? v : *least;
        *largest = v > *largest ? v : *largest;
    }
    const double more = *largest > *least ? MARGIN * (*largest - *least) : 1;
    *least -= more;
    *largest += more;
}

/* The answer in one lane of z[classes][16]. */
static double answer_code_at(const float *z, int classes, int lane)
{
    int best = 0;
    double sum = 0;
    for (int k = 1; k < classes; k++)
        best = z[k * LANES + lane] > z[best * LANES + lane] ? k : best;
    for (int k = 0; k < classes; k++)
        sum += m_exp((double)z[k * LANES + lane] - (double)z[best * LANES + lane]);
    return class_answer_code((struct class_answer){0, best, 1 / sum}, classes);
}

/* Cells from .. from + n - 1, row by row from below, through the network. */
static void look_at_cells(struct training *r, const double low[2], const double high[2], size_t from, int n)
{
    const struct data_view *v = r->job.view;
    const int classes = r->task.outputs;
    struct nn_pass pass = {.n = n, .blocks = blocks_of(n), .seed = r->job.seed, .sample = r->batch.key};
    train_fixed_prepare(r);
    float *to = train_input(r, r->eval, DATA_TEST); /* of which nothing is kept */
    for (int i = 0; i < pass.blocks * LANES; i++)
        for (int k = 0; k < 2; k++) {
            const size_t cell = from + (size_t)i, at = k ? cell / REGION_SIDE : cell % REGION_SIDE;
            const double value = low[k] + (high[k] - low[k]) * ((double)at + 0.5) / REGION_SIDE;
            const double x = value * (double)data_input_scale(v, k) + (double)data_input_shift(v, k);
            to[lane_at(r->job.graph->in, i, k, 0, 0)] = i < n ? (float)x : 0;
        }
    r->batch.n = n;
    r->batch.blocks = pass.blocks;
    train_fixed_forward(r, r->eval, DATA_TEST, r->at);
    nn_forward(r->eval, &pass);
    for (int i = 0; i < n; i++)
        r->region[from + (size_t)i] =
            answer_code_at(r->eval->z + (size_t)(i / LANES * classes) * LANES, classes, i % LANES);
}

static void keep_place(struct training *r, size_t row, double x, double y, double class)
{
    double *to = r->region_place + 3 * row;
    to[0] = number_answer_code((float)x);
    to[1] = number_answer_code((float)y);
    to[2] = class;
}

void train_regions_look(struct training *r)
{
    const struct data_view *v = r->job.view;
    const size_t cells = REGION_SIDE * REGION_SIDE, batch = (size_t)train_eval_batch(&r->job);
    double low[2], high[2];
    if (!r->region)
        return;
    for (int k = 0; k < 2; k++)
        find_range(r, k, &low[k], &high[k]);
    keep_place(r, 0, low[0], low[1], 0);
    keep_place(r, 1, high[0], high[1], 0);
    for (size_t i = 0; i < r->region_samples; i++) /* spread over the split */
    {
        const size_t at = i * v->n[DATA_TRAIN] / r->region_samples;
        const float *x = training_place(r, at);
        keep_place(r, 2 + i, (double)x[0], (double)x[1],
                   field_bytes(data_target(v->set), PART_TRAIN)[v->index[DATA_TRAIN][at]]);
    }
    for (size_t from = 0; from < cells; from += batch)
        look_at_cells(r, low, high, from, cells - from < batch ? (int)(cells - from) : (int)batch);
}

void train_regions_leave(const struct training *r, struct train_result *out)
{
    train_leave_table(out, TRAIN_REGIONS, REGION_SIDE * REGION_SIDE, 1, 1, r->region);
    train_leave_table(out, TRAIN_PLACES, (int)(2 + r->region_samples), 3, 1, r->region_place);
}
