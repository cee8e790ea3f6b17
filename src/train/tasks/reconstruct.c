/* reconstruct.c - the task of putting out what was put in: autoencoders, also denoising ones, whose first layers change
 * the input (gaussian_noise, dropout), and with a layer `sample` variational ones. */
#include "base/maths.h"
#include "train/answers.h"
#include "train/training.h"

#include <math.h>
#include <string.h>

#define PAIRS (TRAIN_PICTURE_ROWS / 2) /* of pictures that are kept */

/* With `sample` a sample's loss is the sum over its values plus beta * divergence (Kingma & Welling 2013, Higgins et
 * al. 2017), else the mean over its values. */
struct reconstruct {
    double loss, reconstruction, divergence; /* sums over the samples */
    double squared, pixels; /* so, of mean squared errors: of what was put in, and in units of the largest pixel */
    size_t seen;
    float *shown; /* [larger batch][outputs][16] the sigmoid of what is put out; NULL where that is shown as it is */
    double *pictures; /* [PAIRS * 2][columns], see train/answers.h; NULL: there are none */
    uint32_t *at;     /* [16] and what a batch of reconstruct_guess wants */
    int32_t *label;   /* [16], or label maps */
    float *x, *mean;  /* [outputs][16] */
    float *target;    /* [numbers to predict][16] */
};
_Static_assert(sizeof(struct reconstruct) <= TASK_OWN, "there is room for it");

static int reconstruct_outputs(struct target_kind target)
{
    return target.vocabulary ? 0 : (int)shape_size(target.input);
}

static unsigned reconstruct_measured(const struct train_spec *s, const struct nn_graph *g, const struct dataset *d)
{
    (void)s;
    const unsigned parts = 1u << METRIC_RECONSTRUCTION | 1u << METRIC_DIVERGENCE;
    return ~((!g || nn_adds_loss(g) ? 0 : parts) | (data_input(d)->type == FIELD_BYTES ? 0 : 1u << METRIC_PSNR));
}

static void reconstruct_lay_out(struct train_task *t, size_t eval, struct train_taker *memory)
{
    struct reconstruct *r = (void *)t->own;
    const size_t train = (size_t)train_batch(t->job), outputs = (size_t)t->outputs;
    const int blocks = blocks_of((int)(train > eval ? train : eval));
    if (t->loss == &loss_bce)
        r->shown = train_take(memory, (size_t)blocks * LANES * outputs, sizeof *r->shown);
    r->pictures = train_take(memory, 2 * PAIRS * train_picture_columns(t->job->view->set), sizeof *r->pictures);
    r->at = train_take(memory, LANES, sizeof *r->at);
    r->label = train_take(memory, LANES * (size_t)t->job->view->labels, sizeof *r->label);
    r->x = train_take(memory, LANES * outputs, sizeof *r->x);
    r->mean = train_take(memory, LANES * outputs, sizeof *r->mean);
    r->target = train_take(memory, LANES * (size_t)t->job->view->targets, sizeof *r->target);
}

static void reconstruct_begin(struct train_task *t, int training)
{
    struct reconstruct *r = (void *)t->own;
    (void)training;
    r->loss = r->reconstruction = r->divergence = r->squared = r->pixels = 0;
    r->seen = 0;
}

/* What the mean over the values of a sample is multiplied by. */
static double factor_of_mean(const struct train_task *t)
{
    return t->divergence ? t->outputs : 1;
}

/* Adds the squared errors of a block of samples, `live` of them, to squared[] and pixels[], which are means then. */
static void square_block(const struct train_task *t, int live, const float *z, const float *x, double *squared,
                         double *pixels)
{
    const struct data_view *v = t->job->view;
    const struct field *f = data_input(v->set);
    const int picture = f->type == FIELD_BYTES, width = picture ? f->shape.w : t->outputs;
    for (int row = 0; row * width < t->outputs; row++) { /* of pictures a row of a channel */
        const size_t at = (size_t)(row * width) * LANES;
        const double most = picture ? (double)data_input_scale(v, row % f->shape.c) * f->max_value : 1;
        float mean[LANES];
        t->job->k->mse_loss(live, width, z + at, x + at, 1, mean, NULL);
        for (int i = 0; i < live; i++) {
            double share = (double)mean[i] * width / t->outputs;
            squared[i] += share;
            pixels[i] += share / (most * most);
        }
    }
}

/* Adds what a batch, whose losses are in t->each, says. Returns the sum of its losses. */
static double look_at_reconstructions(struct train_task *t, const struct batch *b, const float *z)
{
    struct reconstruct *r = (void *)t->own;
    const size_t block = (size_t)t->outputs * LANES;
    double sum = 0;
    if (r->shown)
        t->job->k->act_forward(ACT_sigmoid, 0, (size_t)b->blocks * block, z, r->shown);
    for (int from = 0; from < b->n; from += LANES) {
        double squared[LANES] = {0}, pixels[LANES] = {0};
        const size_t at = (size_t)(from / LANES) * block;
        const int live = b->n - from < LANES ? b->n - from : LANES;
        square_block(t, live, (r->shown ? r->shown : z) + at, b->x + at, squared, pixels);
        for (int i = 0; i < live; i++) {
            double reconstruction = factor_of_mean(t) * (double)t->each[from + i];
            double divergence = t->divergence ? (double)t->divergence[from + i] : 0;
            double loss = reconstruction + t->job->spec->beta * divergence;
            r->reconstruction += reconstruction;
            r->divergence += divergence;
            r->loss += loss;
            r->squared += squared[i];
            r->pixels += pixels[i];
            sum += loss;
        }
    }
    r->seen += (size_t)b->n;
    return sum;
}

/* The batch as the losses see it: the target is what was put in. */
static struct batch input_as_target(const struct batch *b)
{
    struct batch of = *b;
    of.label = NULL;
    of.target = b->x;
    return of;
}

static double reconstruct_step(struct train_task *t, const struct batch *b, const float *z, float *dz)
{
    const struct batch of = input_as_target(b);
    t->loss->compute(t->job->spec, 1, &of, t->outputs, z, (float)(factor_of_mean(t) / b->n), t->each, dz);
    return look_at_reconstructions(t, b, z);
}

/* Keeps the first samples of the test split and what they are put out as. */
static void keep_pairs(struct train_task *t, const struct batch *b, const float *z, size_t from)
{
    const struct reconstruct *r = (void *)t->own;
    const size_t columns = train_picture_columns(t->job->view->set);
    for (int i = 0; i < b->n && columns && from + (size_t)i < PAIRS; i++) {
        double *in = r->pictures + 2 * (from + (size_t)i) * columns, *out = in + columns;
        in[PICTURE_SAMPLE] = out[PICTURE_SAMPLE] = (double)from + i;
        in[PICTURE_ROLE] = PICTURE_INPUT;
        out[PICTURE_ROLE] = PICTURE_OUTPUT;
        in[PICTURE_ANSWER] = out[PICTURE_ANSWER] = 0;
        train_picture_of_sample(t->job->view, from + (size_t)i, in + PICTURE_PIXELS);
        train_picture_of_values(t->job->view, r->shown ? r->shown : z, i, out + PICTURE_PIXELS);
    }
}

static void reconstruct_finish(struct train_task *t, struct train_result *out)
{
    const struct reconstruct *r = (void *)t->own;
    const size_t n = t->job->view->n[DATA_TEST], pairs = n < PAIRS ? n : PAIRS;
    train_leave_table(out, TRAIN_PICTURES, (int)(2 * pairs), (int)train_picture_columns(t->job->view->set), 1,
                      r->pictures);
}

static void reconstruct_measure(struct train_task *t, const struct batch *b, const float *z, size_t from, int keep)
{
    const struct batch of = input_as_target(b);
    t->loss->compute(t->job->spec, 0, &of, t->outputs, z, 1, t->each, NULL);
    look_at_reconstructions(t, b, z);
    if (keep == KEEP_TEST)
        keep_pairs(t, b, z, from);
}

static void reconstruct_values(const struct train_task *t, float v[METRICS])
{
    const struct reconstruct *r = (const void *)t->own;
    const double n = (double)r->seen;
    v[METRIC_LOSS] = (float)(r->loss / n);
    v[METRIC_MSE] = (float)(r->squared / n);
    if (data_input(t->job->view->set)->type == FIELD_BYTES)
        v[METRIC_PSNR] = (float)(-10 * m_log(r->pixels / n) / m_log(10));
    if (t->divergence) {
        v[METRIC_RECONSTRUCTION] = (float)(r->reconstruction / n);
        v[METRIC_DIVERGENCE] = (float)(r->divergence / n);
    }
}

/* Up to 16 samples of the training split, as they are without random changes, from number `from` on, into r->x. */
static struct batch training_block(struct train_task *t, size_t from)
{
    struct reconstruct *r = (void *)t->own;
    const struct data_view *v = t->job->view;
    uint32_t key[LANES];
    struct batch b = {.k = t->job->k, .x = r->x, .label = r->label, .target = r->target, .key = key};
    int n = 0;
    for (; n < LANES && from + (size_t)n < v->n[DATA_TRAIN]; n++)
        r->at[n] = (uint32_t)from + (uint32_t)n;
    data_batch(v, DATA_TRAIN, r->at, n, NULL, &b);
    b.key = NULL;
    return b;
}

/* Puts the mean of each value over the training split into all lanes of r->mean; of bce its logit. */
static void find_means(struct train_task *t)
{
    struct reconstruct *r = (void *)t->own;
    const size_t n = t->job->view->n[DATA_TRAIN];
    memset(r->mean, 0, (size_t)t->outputs * LANES * sizeof *r->mean);
    for (size_t from = 0; from < n; from += LANES) {
        training_block(t, from); /* lanes beyond the last sample are 0 */
        t->job->k->add_scaled((size_t)t->outputs * LANES, 1, r->x, r->mean, r->mean);
    }
    for (int k = 0; k < t->outputs; k++) {
        double sum = 0;
        for (int i = 0; i < LANES; i++)
            sum += (double)r->mean[k * LANES + i];
        double mean = sum / (double)n;
        if (t->loss == &loss_bce) {
            mean = mean < 1e-6 ? 1e-6 : mean > 1 - 1e-6 ? 1 - 1e-6 : mean;
            mean = m_log(mean / (1 - mean));
        }
        for (int i = 0; i < LANES; i++)
            r->mean[k * LANES + i] = (float)mean;
    }
}

static struct constant_guess reconstruct_guess(struct train_task *t)
{
    struct reconstruct *r = (void *)t->own;
    const size_t n = t->job->view->n[DATA_TRAIN];
    double sum = 0;
    find_means(t);
    for (size_t from = 0; from < n; from += LANES) {
        const struct batch b = training_block(t, from), of = input_as_target(&b);
        float loss[LANES];
        t->loss->compute(t->job->spec, 1, &of, t->outputs, r->mean, 1, loss, NULL);
        for (int i = 0; i < b.n; i++)
            sum += (double)loss[i];
    }
    return (struct constant_guess){(float)(factor_of_mean(t) * sum / (double)n), NAN};
}

static const struct loss_type *const reconstruct_losses[] = {&loss_mse, &loss_bce, &loss_mae, NULL};

const struct task_type task_reconstruct = {
    .name = "reconstruct",
    .help =
        "put out what was put in (autoencoders; with the layer `sample` variational ones): an output of the input's "
        "shape",
    .one = "value of the input",
    .many = "values of the input",
    .like_input = 1,
    .outputs = reconstruct_outputs,
    .metrics = 1u << METRIC_LOSS | 1u << METRIC_MSE | 1u << METRIC_PSNR | 1u << METRIC_RECONSTRUCTION |
               1u << METRIC_DIVERGENCE,
    .measured = reconstruct_measured,
    .losses = reconstruct_losses,
    .lay_out = reconstruct_lay_out,
    .begin = reconstruct_begin,
    .step = reconstruct_step,
    .measure = reconstruct_measure,
    .values = reconstruct_values,
    .guess = reconstruct_guess,
    .finish = reconstruct_finish,
};
