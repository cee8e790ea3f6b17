/* dice.c computes the Dice loss of label maps, 16 samples at a time, and is its row in the list of losses. */
#include "train/tasks/dice.h"

#include <math.h>
#include <string.h>

struct dice_args {
    double smooth;
};
_Static_assert(sizeof(struct dice_args) <= TRAIN_ARGS, "TRAIN_ARGS");

// clang-format off
static const struct param dice_params[] = {
    { .name = "smooth", .type = P_FLOAT, .at = offsetof(struct dice_args, smooth), .min = 0, .max = 1e6, .preset = "1", .open = 1,
      .help = "pixels that both halves of the fraction have more, so that a class that is not there costs little" },
    { 0 }
};
// clang-format on

const struct loss_type loss_dice = {
    .name = "dice",
    .help = "1 - the mean over the classes of 2 both / (share + truth), sums over the positions of a sample",
    .source = "Milletari, Navab & Ahmadi 2016, arXiv:1606.04797",
    .params = dice_params,
    .args_size = sizeof(struct dice_args),
};

double dice_smooth(const struct train_spec *s)
{
    return ((const struct dice_args *)(const void *)s->loss_args)->smooth;
}

void dice_lay_out(struct dice_sums *s, int classes, struct train_taker *memory)
{
    const size_t n = (size_t)classes * LANES;
    s->classes = classes;
    s->both = train_take(memory, n, sizeof *s->both);
    s->share = train_take(memory, n, sizeof *s->share);
    s->truth = train_take(memory, n, sizeof *s->truth);
    s->on = train_take(memory, n, sizeof *s->on);
    s->off = train_take(memory, n, sizeof *s->off);
}

void dice_begin(struct dice_sums *s, double smooth)
{
    const size_t bytes = (size_t)s->classes * LANES * sizeof(double);
    s->smooth = smooth;
    memset(s->both, 0, bytes);
    memset(s->share, 0, bytes);
    memset(s->truth, 0, bytes);
}

void dice_add(struct dice_sums *s, int positions, const float *prob, const int32_t *label)
{
    for (; positions > 0; positions--, label += LANES)
        for (int k = 0; k < s->classes; k++, prob += LANES)
            for (int i = 0; i < LANES; i++) {
                const double p = (double)prob[i];
                const int at = k * LANES + i, right = label[i] == k;
                s->share[at] += label[i] >= 0 ? p : 0;
                s->both[at] += right ? p : 0;
                s->truth[at] += right;
            }
}

static double dice_weight(const float *class_weight, int class)
{
    return class_weight ? (double)class_weight[class] : 1;
}

static double sum_of_weights(const float *class_weight, int classes)
{
    double sum = 0;
    for (int k = 0; k < classes; k++)
        sum += dice_weight(class_weight, k);
    return sum > 0 ? sum : 1;
}

void dice_finish(struct dice_sums *s, const float *class_weight, double loss[LANES])
{
    const double all = sum_of_weights(class_weight, s->classes);
    for (int i = 0; i < LANES; i++)
        loss[i] = 0;
    for (int k = 0; k < s->classes; k++) {
        const double part = dice_weight(class_weight, k) / all;
        for (int i = 0; i < LANES; i++) {
            const int at = k * LANES + i;
            const double above = 2 * s->both[at] + s->smooth, below = s->share[at] + s->truth[at] + s->smooth;
            loss[i] += part * (1 - above / below);
            s->off[at] = part * above / (below * below);
            s->on[at] = s->off[at] - part * 2 / below;
        }
    }
}

/* The slope of class k in lane i of a position. */
static double slope_at(const struct dice_sums *s, int k, int i, const int32_t *label)
{
    return label[i] == k ? s->on[k * LANES + i] : s->off[k * LANES + i];
}

void dice_gradient(const struct dice_sums *s, int positions, const float *prob, const int32_t *label, double scale,
                   float *dz)
{
    const int each = s->classes * LANES;
    for (; positions > 0; positions--, label += LANES, prob += each, dz += each) {
        double mean[LANES] = {0};
        for (int k = 0; k < s->classes; k++)
            for (int i = 0; i < LANES; i++)
                mean[i] += (double)prob[k * LANES + i] * slope_at(s, k, i, label);
        for (int k = 0; k < s->classes; k++)
            for (int i = 0; i < LANES; i++) {
                const double p = (double)prob[k * LANES + i];
                dz[k * LANES + i] = label[i] < 0 ? 0 : (float)(scale * p * (slope_at(s, k, i, label) - mean[i]));
            }
    }
}

double dice_of_guess(int classes, double smooth, const float *class_weight, const double *share, const size_t *count)
{
    double positions = 0, loss = 0;
    for (int k = 0; k < classes; k++)
        positions += (double)count[k];
    for (int k = 0; k < classes; k++) {
        const double truth = (double)count[k], all = share[k] * positions;
        loss += dice_weight(class_weight, k) * (1 - (2 * share[k] * truth + smooth) / (all + truth + smooth));
    }
    return loss / sum_of_weights(class_weight, classes);
}
