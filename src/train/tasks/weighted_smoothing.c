/* weighted_smoothing.c - cross-entropy with smoothed labels and weights of classes, as PyTorch's
 * CrossEntropyLoss(weight, label_smoothing) has it: the part of the target that is spread over the classes has the
 * weight of each of them, not that of the sample's class. */
#include "train/task.h"

#include <string.h>

/* What a block's gradients are made of. */
struct smoothed_target {
    float own[LANES];    /* (1 - smoothing) weight of the class */
    float spread, total; /* smoothing / classes, and so much of the sum of all weights */
};

/* loss = own * -log p_label + spread * sum over k of weight_k * -log p_k, and -log p_k = -log p_label + z_label - z_k
 */
static void block_losses(int classes, int live, const float *z, const float *cross_entropy, const int32_t *label,
                         const float *weight, const struct smoothed_target *t, float *loss)
{
    for (int i = 0; i < live; i++) {
        const double base = (double)cross_entropy[i] + (double)z[label[i] * LANES + i];
        double rest = 0;
        for (int k = 0; k < classes; k++)
            rest += (double)weight[k] * (base - (double)z[k * LANES + i]);
        loss[i] = (float)((double)t->own[i] * (double)cross_entropy[i] + (double)t->spread * rest);
    }
}

static void block_gradients(int classes, int live, const float *share, const int32_t *label, const float *weight,
                            const struct smoothed_target *t, float scale, float *dz)
{
    for (int k = 0; k < classes; k++, share += LANES, dz += LANES)
        for (int i = 0; i < LANES; i++) {
            const float target = t->spread * weight[k] + (i < live && label[i] == k ? t->own[i] : 0);
            dz[i] = i < live ? scale * (share[i] * (t->own[i] + t->total) - target) : 0;
        }
}

void train_weighted_smoothing(int n, int classes, const float *z, const float *share, const float *cross_entropy,
                              const int32_t *label, const float *weight, float smoothing, float scale, float *loss,
                              float *dz)
{
    struct smoothed_target t = {.spread = smoothing / (float)classes};
    for (int k = 0; k < classes; k++)
        t.total += t.spread * weight[k];
    for (int from = 0; from < n; from += LANES, z += classes * LANES, share += classes * LANES) {
        const int live = n - from < LANES ? n - from : LANES;
        for (int i = 0; i < LANES; i++)
            t.own[i] = i < live ? (1 - smoothing) * weight[label[from + i]] : 0;
        block_losses(classes, live, z, cross_entropy + from, label + from, weight, &t, loss + from);
        if (dz)
            block_gradients(classes, live, share, label + from, weight, &t, scale, dz + from * classes);
    }
}
