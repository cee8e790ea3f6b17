/* class_findings.h - what a classification leaves of the test split beside its metrics, as tables of its result:
 *
 *   confusion    [classes][classes] true x answer
 *   auc          [1][classes] area under the ROC curve of each class against the others (ties averaged)
 *   calibration  [CALIBRATION_BINS][3] samples, right ones, sum of the shares of the answers in each bin
 *   curves       [classes][2 * CURVE_BINS] samples of the class, and others, by the bin that the log-odds of their
 * share are in; of at most CURVE_CLASSES classes answers, pictures  see train/answers.h; the pictures are those of the
 * worst mistakes */
#ifndef TRAIN_TASKS_CLASS_FINDINGS_H
#define TRAIN_TASKS_CLASS_FINDINGS_H

#include "train/tasks/class_counts.h"

#define WORST_MISTAKES 12 /* <= TRAIN_PICTURE_ROWS */

struct class_findings { /* memory, of the task */
    double *auc, *calibration, *curves, *answers, *pictures;
};

/* Takes the memory for that of n test samples. */
void class_findings_lay_out(struct class_findings *f, const struct train_task *t, struct train_taker *memory);
/* Makes the tables of c, which has seen the test split. */
void class_findings_tables(struct class_findings *f, const struct train_task *t, const struct class_counts *c,
                           struct train_result *out);

#endif
