/* map_counts.h - what is counted of label maps that a network puts out, over all positions that have a class, and the
 * metrics made of the counts. Over the classes that occur, in the labels or in the answers, of all that was seen:
 *
 *   iou   mean of the positions that are of the class and taken for it among those that are one or the other
 * (jaccard_score of scikit-learn 1.9, average="macro") dice  mean of twice the positions that are both among the sum of
 * those that are of it and those taken for it (f1_score, average="macro")
 *
 * A class that occurs in neither has no part in the means. */
#ifndef TRAIN_TASKS_MAP_COUNTS_H
#define TRAIN_TASKS_MAP_COUNTS_H

#include "train/task.h"

struct map_counts {
    int classes;
    double *confusion; /* [classes][classes] true x answer */
};

void map_counts_lay_out(struct map_counts *c, int classes, struct train_taker *memory);
/* Nothing is seen yet. */
void map_counts_begin(struct map_counts *c);
/* Where the answers of the first n samples are kept, those of each `step` bytes after those of the one before. */
struct kept_answers {
    uint8_t *at;
    size_t n, step;
};
/* Adds positions of 16 samples: outputs z [positions][classes][16], labels [positions][16], -1: none. */
void map_counts_add(struct map_counts *c, int positions, const float *z, const int32_t *label,
                    const struct kept_answers *kept);
/* The metrics of all that was seen; NaN where nothing has a class. */
void map_counts_values(const struct map_counts *c, float v[METRICS]);

#endif
