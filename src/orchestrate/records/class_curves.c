/* class_curves.c - NAME.curves.csv: the ROC and precision-recall curve of each class; and NAME.calibration.csv: how
 * often answers are right, by the share that they have. */
#include "base/maths.h"
#include "orchestrate/plan.h"
#include "orchestrate/records/records.h"
#include "train/answers.h"
#include "train/task.h"

#include <math.h>

/* A row. */
struct curve_source {
    const char *class_name;
    double least, recall, false_positives, precision;
};

static const struct column_row curve_columns[] = {
    COLUMN_FIELD("class", "name of the class", column_text, struct curve_source, class_name),
    COLUMN_FIELD("threshold", "samples with at least this share are taken for the class", column_double,
                 struct curve_source, least),
    COLUMN_FIELD("recall", "share of the class that is taken for it (true positive rate)", column_double,
                 struct curve_source, recall),
    COLUMN_FIELD("false_positive_rate", "share of the others that is", column_double, struct curve_source,
                 false_positives),
    COLUMN_FIELD("precision", "share of what is taken for the class that is of it", column_double, struct curve_source,
                 precision),
};
const struct column_table curve_table = {
    "NAME.curves.csv", "a class and a threshold, of all repeats of the best point; thresholds are spaced by log-odds",
    COLUMNS_OF(curve_columns)};

/* The least share that is in a bin. */
static double least_share(int bin)
{
    return bin ? 1 / (1 + m_exp(-CURVE_STEP * (bin - CURVE_BINS / 2))) : 0;
}

/* positive[CURVE_BINS] and others[CURVE_BINS]: samples of the class and of the others, by bin. */
static void curve_rows(struct record_file *f, const char *class_name, const double *positive, const double *others)
{
    double all = 0, rest = 0, found = 0, wrong = 0;
    for (int b = 0; b < CURVE_BINS; b++) {
        all += positive[b];
        rest += others[b];
    }
    for (int b = CURVE_BINS - 1; b >= 0; b--) {
        if (!(positive[b] + others[b] > 0))
            continue;
        found += positive[b];
        wrong += others[b];
        record_row(f, &(struct curve_source){class_name, least_share(b), all > 0 ? found / all : NAN,
                                             rest > 0 ? wrong / rest : NAN, found / (found + wrong)});
    }
}

int write_curves(const struct sweep_run *run, const struct dataset *set, const struct train_table *curves, int sync,
                 struct err *e)
{
    struct record_file f;
    if (!curves)
        return record_none(run, &curve_table);
    if (record_begin(&f, run, &curve_table, NULL, e))
        return -1;
    for (int k = 0; k < data_classes(set); k++) {
        const double *v = curves->v + k * 2 * CURVE_BINS;
        curve_rows(&f, data_target(set)->class_name[k], v, v + CURVE_BINS);
    }
    return record_end(&f, 0, sync, e);
}

/* A row. */
struct calibration_source {
    double from, to, samples, share, right;
};

#define CALIBRATION(field, help) COLUMN_FIELD(#field, help, column_double, struct calibration_source, field)
static const struct column_row calibration_columns[] = {
    CALIBRATION(from, "shares of softmax above this"),
    CALIBRATION(to, "and up to this"),
    CALIBRATION(samples, "answers with such a share, mean over the repeats of the best point"),
    CALIBRATION(share, "mean of their shares; empty where there are none"),
    CALIBRATION(right, "share of right ones among them"),
};
const struct column_table calibration_table = {"NAME.calibration.csv", "a range of shares that answers have",
                                               COLUMNS_OF(calibration_columns)};

int write_calibration(const struct sweep_run *run, const struct train_table *bins, int sync, struct err *e)
{
    struct record_file f;
    if (!bins)
        return record_none(run, &calibration_table);
    if (record_begin(&f, run, &calibration_table, NULL, e))
        return -1;
    for (int b = 0; b < CALIBRATION_BINS; b++) {
        const double *v = bins->v + 3 * b;
        record_row(&f, &(struct calibration_source){(double)b / CALIBRATION_BINS, (double)(b + 1) / CALIBRATION_BINS,
                                                    v[0], v[0] > 0 ? v[2] / v[0] : NAN, v[0] > 0 ? v[1] / v[0] : NAN});
    }
    return record_end(&f, 0, sync, e);
}
