/* label.c - the task of giving every position of a sample a class, such as each pixel of a picture: the output has a
 * logit for each class at each position. Positions without a class have no part in losses and metrics.
 *
 * Losses read [positions][classes][16]. The network puts out rows [classes][width][16], which are turned into that one
 * at a time; those of sequences, and of maps one pixel wide, lie so already, all of them in one row. */
#include "train/answers.h"
#include "train/tasks/class_loss.h"
#include "train/tasks/dice.h"
#include "train/tasks/map_counts.h"
#include "train/training.h"

#include <math.h>
#include <string.h>

#define SHOWN (TRAIN_PICTURE_ROWS / 3) /* samples whose label maps are kept as pictures */

struct label_state {
    double loss, weight; /* sums over the positions, of dice over the samples, as in classify.c */
    struct class_loss of;
    struct dice_sums dice;
    struct map_counts counts;
    int classes, rows, width; /* as the network puts them out, row by row */
    int turned;               /* whether a row has to be turned */
    float *z, *dz;            /* [width][classes][16] a row; NULL where none has to be turned */
    int32_t *label;           /* [width][16] that of a row, 0 where there is no class */
    float *each;              /* [width][16] */
    uint8_t *map;             /* [SHOWN][2][positions] truths and answers */
    double *pictures;         /* [SHOWN * 3][columns], see train/answers.h; NULL: there are none */
};
struct label {
    struct label_state *s;
};
_Static_assert(sizeof(struct label) <= TASK_OWN, "there is room for it");

static struct label_state *state_of_labels(const struct train_task *t)
{
    return ((const struct label *)(const void *)t->own)->s;
}

static int label_outputs(struct target_kind target)
{
    return target.maps ? target.classes * target.input.h * target.input.w : 0;
}

/* Columns of the pictures; 0: there are none. */
static size_t label_picture_columns(const struct train_task *t)
{
    const struct dataset *d = t->job->view->set;
    const struct shape x = data_input(d)->shape, y = data_target(d)->shape;
    return x.h == y.h && x.w == y.w ? train_picture_columns(d) : 0;
}

static void label_lay_out(struct train_task *t, size_t eval, struct train_taker *memory)
{
    const struct dataset *d = t->job->view->set;
    const struct shape y = data_target(d)->shape;
    struct label *own = (void *)t->own;
    struct label_state s = {.classes = data_classes(d), .turned = y.w > 1};
    s.rows = s.turned ? y.h : 1;
    s.width = s.turned ? y.w : y.h;
    const size_t row = (size_t)s.width * LANES;
    (void)eval;
    own->s = train_take(memory, 1, sizeof s);
    class_loss_lay_out(&s.of, t, s.classes, row, row, memory);
    map_counts_lay_out(&s.counts, s.classes, memory);
    if (!t->loss->compute)
        dice_lay_out(&s.dice, s.classes, memory);
    s.z = s.turned ? train_take(memory, row * (size_t)s.classes, sizeof *s.z) : NULL;
    s.dz = s.turned ? train_take(memory, row * (size_t)s.classes, sizeof *s.dz) : NULL;
    s.label = train_take(memory, row, sizeof *s.label);
    s.each = train_take(memory, row, sizeof *s.each);
    s.map = train_take(memory, 2 * SHOWN * shape_size(y), 1);
    s.pictures = train_take(memory, 3 * SHOWN * label_picture_columns(t), sizeof *s.pictures);
    if (own->s)
        *own->s = s;
}

/* Adds the positions that have each class in the label maps of a split. */
static void count_positions_of_classes(const struct data_view *v, enum data_split split, size_t count[DATA_CLASSES])
{
    const struct field *f = data_target(v->set);
    const size_t positions = shape_size(f->shape);
    memset(count, 0, DATA_CLASSES * sizeof *count);
    for (size_t i = 0; i < v->n[split]; i++) {
        const uint8_t *y = field_bytes(f, part_of(split)) + v->index[split][i] * positions;
        for (size_t k = 0; k < positions; k++)
            count[y[k]]++;
    }
}

static void label_prepare(struct train_task *t)
{
    size_t count[DATA_CLASSES];
    count_positions_of_classes(t->job->view, DATA_TRAIN, count);
    class_loss_prepare(&state_of_labels(t)->of, t, count);
}

static void label_begin(struct train_task *t, int training)
{
    struct label_state *s = state_of_labels(t);
    (void)training;
    s->loss = s->weight = 0;
    map_counts_begin(&s->counts);
}

/* --- rows --- */

/* [outer][inner][16] becomes [inner][outer][16]. */
static void turn_row(int outer, int inner, const float *from, float *to)
{
    for (int a = 0; a < outer; a++)
        for (int b = 0; b < inner; b++, from += LANES)
            memcpy(to + (b * outer + a) * LANES, from, LANES * sizeof *to);
}

/* Where a row of a block begins in the outputs, and in the labels. */
static size_t row_of_outputs(const struct label_state *s, int block, int row)
{
    return (size_t)(block * s->rows + row) * (size_t)s->classes * (size_t)s->width * LANES;
}

static const int32_t *labels_of_row(const struct label_state *s, const struct batch *b, int block, int row)
{
    return b->label + (size_t)(block * s->rows + row) * (size_t)s->width * LANES;
}

/* The outputs of a row as losses want them. */
static const float *turned_outputs(struct label_state *s, const float *z, int block, int row)
{
    z += row_of_outputs(s, block, row);
    if (!s->turned)
        return z;
    turn_row(s->classes, s->width, z, s->z);
    return s->z;
}

/* Where the gradient of a row is computed; and from there to where the network wants it. */
static float *turned_gradient(struct label_state *s, float *dz, int block, int row)
{
    return s->turned || !dz ? s->dz : dz + row_of_outputs(s, block, row);
}

static void turn_gradient_back(struct label_state *s, int block, int row, float *dz)
{
    if (s->turned)
        turn_row(s->width, s->classes, s->dz, dz + row_of_outputs(s, block, row));
}

/* Positions without a class have one for the kernels, and no loss after them. */
static void put_class_everywhere(struct label_state *s, const int32_t *label)
{
    for (int i = 0; i < s->width * LANES; i++)
        s->label[i] = label[i] < 0 ? 0 : label[i];
}

static void leave_out_classless(const struct label_state *s, const int32_t *label, float *dz)
{
    for (int x = 0; x < s->width; x++, label += LANES)
        for (int i = 0; i < LANES; i++) {
            if (label[i] >= 0)
                continue;
            s->each[x * LANES + i] = 0;
            for (int k = 0; dz && k < s->classes; k++)
                dz[(x * s->classes + k) * LANES + i] = 0;
        }
}

static void add_losses_of_row(const struct label_state *s, double sum[LANES])
{
    for (int x = 0; x < s->width; x++)
        for (int i = 0; i < LANES; i++)
            sum[i] += (double)s->each[x * LANES + i];
}

/* Row after row through a loss that looks at each position by itself; sum[16] of the samples. dz NULL: it is measured,
 * without weights and smoothing. */
static void loss_of_block(struct train_task *t, const struct batch *b, int block, float scale, const float *z,
                          float *dz, double sum[LANES])
{
    struct label_state *s = state_of_labels(t);
    for (int row = 0; row < s->rows; row++) {
        const int32_t *label = labels_of_row(s, b, block, row);
        const float *outputs = turned_outputs(s, z, block, row);
        float *gradient = dz ? turned_gradient(s, dz, block, row) : NULL;
        const struct batch of = {.k = b->k, .label = s->label, .n = s->width * LANES, .blocks = s->width};
        put_class_everywhere(s, label);
        if (dz)
            class_loss_of_labels(&s->of, t, &of, 1, scale, outputs, s->each, gradient);
        else
            t->loss->compute(t->job->spec, 0, &of, s->classes, outputs, 1, s->each, NULL);
        leave_out_classless(s, label, gradient);
        if (dz)
            turn_gradient_back(s, block, row, dz);
        add_losses_of_row(s, sum);
    }
}

/* The same of dice, which wants the sums over all rows before the gradient of any. */
static void dice_of_block(struct train_task *t, const struct batch *b, int block, float scale, const float *z,
                          float *dz, double sum[LANES])
{
    struct label_state *s = state_of_labels(t);
    dice_begin(&s->dice, dice_smooth(t->job->spec));
    for (int row = 0; row < s->rows; row++) {
        const int32_t *label = labels_of_row(s, b, block, row);
        put_class_everywhere(s, label);
        class_loss_softmax(&s->of, t, s->width * LANES, s->label, turned_outputs(s, z, block, row));
        dice_add(&s->dice, s->width, s->of.prob, label);
    }
    dice_finish(&s->dice, dz ? s->of.class_weight : NULL, sum);
    for (int row = 0; dz && row < s->rows; row++) {
        put_class_everywhere(s, labels_of_row(s, b, block, row));
        class_loss_softmax(&s->of, t, s->width * LANES, s->label, turned_outputs(s, z, block, row));
        dice_gradient(&s->dice, s->width, s->of.prob, labels_of_row(s, b, block, row), (double)scale,
                      turned_gradient(s, dz, block, row));
        turn_gradient_back(s, block, row, dz);
    }
}

/* --- batches --- */

/* What the losses of a batch are divided by: the weights of its positions, or for dice its samples. */
static double weight_of_batch(const struct train_task *t, const struct batch *b, int training)
{
    const struct label_state *s = state_of_labels(t);
    double sum = 0;
    if (!t->loss->compute)
        return b->n;
    for (int i = 0; i < b->blocks * LANES * t->job->view->labels; i++)
        if (b->label[i] >= 0)
            sum += training ? class_loss_weight(&s->of, b->label[i]) : 1;
    return sum;
}

/* Adds the loss of a batch, sample by sample, and counts its answers. Returns the sum. */
static double look_at_labels(struct train_task *t, const struct batch *b, float scale, const float *z, float *dz,
                             struct kept_answers kept)
{
    struct label_state *s = state_of_labels(t);
    double loss = 0;
    for (int block = 0; block < b->blocks; block++) {
        double sum[LANES] = {0};
        (t->loss->compute ? loss_of_block : dice_of_block)(t, b, block, scale, z, dz, sum);
        for (int i = 0; i < LANES && block * LANES + i < b->n; i++)
            loss += sum[i];
        for (int row = 0; row < s->rows; row++) {
            map_counts_add(&s->counts, s->width, turned_outputs(s, z, block, row), labels_of_row(s, b, block, row),
                           &kept);
            if (kept.n)
                kept.at += s->width;
        }
        kept.n = 0; /* they are in the first block */
    }
    s->loss += loss;
    return loss;
}

static double label_step(struct train_task *t, const struct batch *b, const float *z, float *dz)
{
    struct label_state *s = state_of_labels(t);
    const double weight = weight_of_batch(t, b, 1);
    s->weight += weight;
    return look_at_labels(t, b, weight > 0 ? (float)(1 / weight) : 0, z, dz, (struct kept_answers){NULL, 0, 0});
}

/* Keeps what the first samples of the test split are, and are taken for. */
static void label_measure(struct train_task *t, const struct batch *b, const float *z, size_t from, int keep)
{
    struct label_state *s = state_of_labels(t);
    const size_t positions = (size_t)s->rows * (size_t)s->width, left = from < SHOWN ? SHOWN - from : 0;
    const size_t n = keep != KEEP_TEST ? 0 : (size_t)b->n < left ? (size_t)b->n : left;
    uint8_t *to = s->map + (n ? 2 * from * positions : 0);
    s->weight += weight_of_batch(t, b, 0);
    look_at_labels(t, b, 1, z, NULL, (struct kept_answers){to + positions, n, 2 * positions});
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < positions; k++) {
            const int32_t label = b->label[k * LANES + i];
            to[2 * i * positions + k] = label < 0 ? DATA_NO_CLASS : (uint8_t)label;
        }
}

static void label_values(const struct train_task *t, float v[METRICS])
{
    const struct label_state *s = state_of_labels(t);
    map_counts_values(&s->counts, v);
    v[METRIC_LOSS] = (float)(s->loss / s->weight);
}

/* The loss of dice for shares that are the same at every position: the mean over the training samples. */
static double dice_guess(const struct train_task *t, const size_t *trained)
{
    const struct label_state *s = state_of_labels(t);
    const struct data_view *v = t->job->view;
    const struct field *f = data_target(v->set);
    const size_t positions = shape_size(f->shape);
    double samples[DATA_CLASSES], weight[DATA_CLASSES], sum = 0;
    class_loss_shares(&s->of, t, trained, samples, weight);
    for (size_t i = 0; i < v->n[DATA_TRAIN]; i++) {
        const uint8_t *y = field_bytes(f, PART_TRAIN) + v->index[DATA_TRAIN][i] * positions;
        size_t count[DATA_CLASSES] = {0};
        for (size_t k = 0; k < positions; k++)
            count[y[k]]++;
        sum += dice_of_guess(s->classes, dice_smooth(t->job->spec), s->of.class_weight, weight, count);
    }
    return sum / (double)v->n[DATA_TRAIN];
}

static struct constant_guess label_guess(struct train_task *t)
{
    struct label_state *s = state_of_labels(t);
    const struct data_view *v = t->job->view;
    size_t trained[DATA_CLASSES], judged[DATA_CLASSES];
    count_positions_of_classes(v, DATA_TRAIN, trained);
    count_positions_of_classes(v, v->n[DATA_VALIDATION] ? DATA_VALIDATION : DATA_TRAIN, judged);
    struct constant_guess guess = class_loss_guess(&s->of, t, trained, judged);
    if (!t->loss->compute)
        guess.loss = (float)dice_guess(t, trained);
    return guess;
}

static void fill_label_pictures(const struct train_task *t, int n, double *to)
{
    const struct label_state *s = state_of_labels(t);
    const size_t positions = (size_t)s->rows * (size_t)s->width, columns = label_picture_columns(t);
    for (int i = 0; i < 3 * n; i++, to += columns) {
        memset(to, 0, columns * sizeof *to);
        to[PICTURE_SAMPLE] = i / 3;
        to[PICTURE_ROLE] = i % 3 == 0 ? PICTURE_INPUT : i % 3 == 1 ? PICTURE_TRUTH : PICTURE_LABELS;
        if (i % 3 == 0)
            train_picture_of_sample(t->job->view, (size_t)(i / 3), to + PICTURE_PIXELS);
        else
            picture_pack(s->map + (size_t)(2 * (i / 3) + i % 3 - 1) * positions, positions, to + PICTURE_PIXELS);
    }
}

static void label_finish(struct train_task *t, struct train_result *out)
{
    const struct label_state *s = state_of_labels(t);
    const size_t tests = t->job->view->n[DATA_TEST], columns = label_picture_columns(t);
    const int n = columns ? (int)(tests < SHOWN ? tests : SHOWN) : 0;
    fill_label_pictures(t, n, s->pictures);
    train_leave_table(out, "confusion", s->classes, s->classes, 1, s->counts.confusion);
    train_leave_table(out, TRAIN_PICTURES, 3 * n, (int)columns, 1, s->pictures);
}

static const struct loss_type *const label_losses[] = {&loss_cross_entropy, &loss_focal, &loss_dice, NULL};

const struct task_type task_label = {
    .name = "label",
    .help =
        "give each position of a sample a class, such as each pixel of a picture (segmentation): an output for each "
        "class at each position",
    .mixes = MIXES_PLACES,
    .one = "class",
    .many = "classes of positions",
    .by_class = 1,
    .by_position = 1,
    .outputs = label_outputs,
    .metrics = 1u << METRIC_LOSS | 1u << METRIC_ACCURACY | 1u << METRIC_IOU | 1u << METRIC_DICE,
    .losses = label_losses,
    .lay_out = label_lay_out,
    .prepare = label_prepare,
    .begin = label_begin,
    .step = label_step,
    .measure = label_measure,
    .values = label_values,
    .guess = label_guess,
    .finish = label_finish,
};
