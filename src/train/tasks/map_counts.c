/* map_counts.c counts the answers of label maps, 16 samples at a time. */
#include "train/tasks/map_counts.h"

#include <string.h>

void map_counts_lay_out(struct map_counts *c, int classes, struct train_taker *memory)
{
    c->classes = classes;
    c->confusion = train_take(memory, (size_t)classes * (size_t)classes, sizeof *c->confusion);
}

void map_counts_begin(struct map_counts *c)
{
    memset(c->confusion, 0, (size_t)c->classes * (size_t)c->classes * sizeof *c->confusion);
}

/* The first of the largest outputs of each lane. */
static void answers_of_position(int classes, const float *z, int32_t answer[LANES])
{
    float top[LANES];
    memcpy(top, z, sizeof top);
    memset(answer, 0, LANES * sizeof *answer);
    for (int k = 1; k < classes; k++) {
        z += LANES;
        for (int i = 0; i < LANES; i++) {
            const int32_t larger = -(z[i] > top[i]);
            answer[i] = (larger & k) | (~larger & answer[i]);
            top[i] = z[i] > top[i] ? z[i] : top[i];
        }
    }
}

void map_counts_add(struct map_counts *c, int positions, const float *z, const int32_t *label,
                    const struct kept_answers *kept)
{
    for (int p = 0; p < positions; p++, z += c->classes * LANES, label += LANES) {
        int32_t answer[LANES];
        answers_of_position(c->classes, z, answer);
        for (int i = 0; i < LANES; i++)
            if (label[i] >= 0)
                c->confusion[label[i] * c->classes + answer[i]]++;
        for (size_t i = 0; i < kept->n; i++)
            kept->at[i * kept->step + (size_t)p] = (uint8_t)answer[i];
    }
}

void map_counts_values(const struct map_counts *c, float v[METRICS])
{
    double all = 0, right = 0, iou = 0, dice = 0;
    int occur = 0;
    for (int k = 0; k < c->classes; k++) {
        double is = 0, taken = 0;
        const double both = c->confusion[k * c->classes + k];
        for (int j = 0; j < c->classes; j++) {
            is += c->confusion[k * c->classes + j];
            taken += c->confusion[j * c->classes + k];
        }
        all += is;
        right += both;
        if (!(is + taken > 0))
            continue;
        occur++;
        iou += both / (is + taken - both);
        dice += 2 * both / (is + taken);
    }
    v[METRIC_ACCURACY] = (float)(right / all);
    v[METRIC_IOU] = (float)(iou / occur);
    v[METRIC_DICE] = (float)(dice / occur);
}
