/* late_dropout.c - when dropout begins, as train.dropout_from says: from an epoch on, or from the one after that in
 * which the training overfits (Liu et al. 2023, arXiv:2303.01500, on dropout that begins late).
 *
 * A training overfits after an epoch whose losses say so beside those of the epoch with the least validation loss so
 * far (of equals the first):
 *
 *     val_loss > 1.05 * val_loss of that epoch  and  train_loss < train_loss of that epoch
 *
 * It has become better at what it is trained on and worse at the rest (Mitchell 1997, Machine Learning, 3.7), by the
 * measure of Prechelt 1998 (Early stopping - but when?): a generalization loss of 5 %. Once it holds, it holds. */
#include "train/training.h"

#define WORSE 1.05f

static const char *const begin_words[] = {"overfit", NULL};

const char *train_dropout_word(size_t i)
{
    return begin_words[i];
}

int train_late_dropout(const struct train_spec *s)
{
    return s->dropout_from != 1;
}

int train_drops(const struct training *r)
{
    const int from = r->job.spec->dropout_from;
    return from == TRAIN_OVERFIT ? r->p.overfit.holds : r->p.epoch + 1 >= from;
}

void train_overfits(const struct epoch_row *row, struct overfit_rule *rule)
{
    const float val = row->v[DATA_VALIDATION][METRIC_LOSS], train = row->v[DATA_TRAIN][METRIC_LOSS];
    if (row->epoch == 1 || val < rule->val_loss) {
        rule->val_loss = val;
        rule->train_loss = train;
    } else if (val > WORSE * rule->val_loss && train < rule->train_loss) {
        rule->holds = 1;
    }
}
