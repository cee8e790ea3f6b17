/* regress.c - the task of predicting numbers: the output is a value for each. */
#include "train/answers.h"
#include "train/task.h"

#include <math.h>
#include <string.h>

/* Sums over the samples for one number to predict. Of the targets themselves they are about the first one that is seen,
 * so that a large mean takes no digit from a small deviation. */
struct number_sums {
    double squared, absolute;         /* of the errors */
    double first, deviation, squares; /* of the targets: sums of t - first and of its square */
};

struct regress {
    double loss;
    size_t seen;
    struct number_sums *sum; /* [outputs] */
    float *guess, *target;   /* [outputs][16] of regress_guess */
    double *answers;         /* [test samples][2 * outputs], see train/answers.h; NULL: not kept */
};
_Static_assert(sizeof(struct regress) <= TASK_OWN, "there is room for it");

static int regress_outputs(struct target_kind target)
{
    return target.numbers;
}

static void regress_lay_out(struct train_task *t, size_t eval, struct train_taker *memory)
{
    struct regress *r = (void *)t->own;
    (void)eval;
    r->sum = train_take(memory, (size_t)t->outputs, sizeof *r->sum);
    r->guess = train_take(memory, (size_t)t->outputs * LANES, sizeof *r->guess);
    r->target = train_take(memory, (size_t)t->outputs * LANES, sizeof *r->target);
    if (t->job->view->n[DATA_TEST] * 2 * (size_t)t->outputs <= TRAIN_ANSWER_VALUES)
        r->answers = train_take(memory, t->job->view->n[DATA_TEST] * 2 * (size_t)t->outputs, sizeof *r->answers);
}

static void regress_begin(struct train_task *t, int training)
{
    struct regress *r = (void *)t->own;
    (void)training;
    r->loss = 0;
    r->seen = 0;
    memset(r->sum, 0, (size_t)t->outputs * sizeof *r->sum);
}

static void look_at_number(struct number_sums *s, int first, double z, double target)
{
    if (first)
        s->first = target;
    double error = z - target, from_first = target - s->first;
    s->squared += error * error;
    s->absolute += fabs(error);
    s->deviation += from_first;
    s->squares += from_first * from_first;
}

/* Returns the sum of the losses of the batch. */
static double look_at_batch(struct train_task *t, const struct batch *b, const float *z)
{
    struct regress *r = (void *)t->own;
    const struct shape numbers = {VECTOR, t->outputs, 1, 1, 1};
    double loss = 0;
    for (int i = 0; i < b->n; i++, r->seen++) {
        for (int k = 0; k < t->outputs; k++) {
            size_t at = lane_at(numbers, i, k, 0, 0);
            look_at_number(&r->sum[k], !r->seen, (double)z[at], (double)b->target[at]);
        }
        r->loss += t->each[i];
        loss += t->each[i];
    }
    return loss;
}

static double regress_step(struct train_task *t, const struct batch *b, const float *z, float *dz)
{
    t->loss->compute(t->job->spec, 1, b, t->outputs, z, 1 / (float)b->n, t->each, dz);
    return look_at_batch(t, b, z);
}

static int regress_hold_out(int outputs)
{
    return 2 * outputs;
}

static void hold_numbers(struct train_task *t, size_t number, const struct batch *b, int i, const float *z)
{
    const struct shape numbers = {VECTOR, t->outputs, 1, 1, 1};
    double *to = t->held_out + number * (size_t)t->held_columns;
    *to++ = b->key[i];
    for (int k = 0; k < t->outputs; k++) {
        *to++ = (double)b->target[lane_at(numbers, i, k, 0, 0)];
        *to++ = (double)z[lane_at(numbers, i, k, 0, 0)];
    }
}

static void keep_numbers(struct train_task *t, size_t number, const struct batch *b, int i, const float *z)
{
    const struct regress *r = (void *)t->own;
    const struct shape numbers = {VECTOR, t->outputs, 1, 1, 1};
    double *to = r->answers + number * 2 * (size_t)t->outputs;
    for (int k = 0; k < t->outputs; k++) {
        *to++ = number_answer_code(b->target[lane_at(numbers, i, k, 0, 0)]);
        *to++ = number_answer_code(z[lane_at(numbers, i, k, 0, 0)]);
    }
}

static void regress_measure(struct train_task *t, const struct batch *b, const float *z, size_t from, int keep)
{
    const struct regress *r = (void *)t->own;
    t->loss->compute(t->job->spec, 0, b, t->outputs, z, 1, t->each, NULL);
    look_at_batch(t, b, z);
    for (int i = 0; i < b->n && keep == KEEP_HELD_OUT; i++)
        hold_numbers(t, from + (size_t)i, b, i, z);
    for (int i = 0; i < b->n && keep == KEEP_TEST && r->answers; i++)
        keep_numbers(t, from + (size_t)i, b, i, z);
}

/* Means over the numbers; r2 of each is 1 - squared errors / squared deviations from the mean of its targets, and NaN
 * where all targets are the same. */
static void regress_values(const struct train_task *t, float v[METRICS])
{
    const struct regress *r = (const void *)t->own;
    double n = (double)r->seen, squared = 0, absolute = 0, r2 = 0;
    for (int k = 0; k < t->outputs; k++) {
        const struct number_sums *s = &r->sum[k];
        double spread = s->squares - s->deviation * s->deviation / n;
        squared += s->squared / n / t->outputs;
        absolute += s->absolute / n / t->outputs;
        r2 += (spread > 0 ? 1 - s->squared / spread : NAN) / t->outputs;
    }
    v[METRIC_LOSS] = (float)(r->loss / n);
    v[METRIC_MSE] = (float)squared;
    v[METRIC_RMSE] = (float)sqrt(squared);
    v[METRIC_MAE] = (float)absolute;
    v[METRIC_R2] = (float)r2;
}

static void regress_finish(struct train_task *t, struct train_result *out)
{
    const struct regress *r = (void *)t->own;
    train_leave_table(out, TRAIN_ANSWERS, (int)t->job->view->n[DATA_TEST], 2 * t->outputs, 1, r->answers);
}

static struct constant_guess regress_guess(struct train_task *t)
{
    struct regress *r = (void *)t->own;
    const struct data_view *v = t->job->view;
    const float *number = field_floats(data_target(v->set), PART_TRAIN);
    const size_t n = v->n[DATA_TRAIN], outputs = (size_t)t->outputs;
    float loss[LANES];
    double sum = 0;
    if (t->loss->constant)
        return (struct constant_guess){NAN, NAN};
    for (size_t k = 0; k < outputs; k++, sum = 0) {
        for (size_t i = 0; i < n; i++)
            sum += (double)number[v->index[DATA_TRAIN][i] * outputs + k];
        for (int i = 0; i < LANES; i++)
            r->guess[k * LANES + (size_t)i] = (float)(sum / (double)n);
    }
    for (size_t from = 0; from < n; from += LANES) {
        struct batch b = {.k = t->job->k, .target = r->target, .blocks = 1};
        for (; b.n < LANES && from + (size_t)b.n < n; b.n++)
            for (size_t k = 0; k < outputs; k++)
                r->target[k * LANES + (size_t)b.n] = number[v->index[DATA_TRAIN][from + (size_t)b.n] * outputs + k];
        t->loss->compute(t->job->spec, 1, &b, t->outputs, r->guess, 1, loss, NULL);
        for (int i = 0; i < b.n; i++)
            sum += (double)loss[i];
    }
    return (struct constant_guess){(float)(sum / (double)n), NAN};
}

static const struct loss_type *const regress_losses[] = {&loss_mse, &loss_mae, &loss_huber, &loss_formula, NULL};

const struct task_type task_regress = {
    .name = "regress",
    .help = "predict numbers: an output for each",
    .one = "number to predict",
    .many = "numbers to predict",
    .outputs = regress_outputs,
    .metrics = 1u << METRIC_LOSS | 1u << METRIC_MSE | 1u << METRIC_RMSE | 1u << METRIC_MAE | 1u << METRIC_R2,
    .losses = regress_losses,
    .lay_out = regress_lay_out,
    .begin = regress_begin,
    .step = regress_step,
    .hold_out = regress_hold_out,
    .measure = regress_measure,
    .values = regress_values,
    .guess = regress_guess,
    .finish = regress_finish,
};
