/* class_findings.c - the tables that a classification leaves of the test split. */
#include "train/tasks/class_findings.h"

#include "base/maths.h"
#include "train/answers.h"

#include <math.h>
#include <string.h>

static size_t kept_answers(const struct train_task *t)
{
    const size_t n = t->job->view->n[DATA_TEST];
    return n <= TRAIN_ANSWER_VALUES ? n : 0;
}

void class_findings_lay_out(struct class_findings *f, const struct train_task *t, struct train_taker *memory)
{
    const size_t classes = (size_t)t->outputs;
    f->auc = train_take(memory, classes, sizeof *f->auc);
    f->calibration = train_take(memory, 3 * CALIBRATION_BINS, sizeof *f->calibration);
    if (classes <= CURVE_CLASSES)
        f->curves = train_take(memory, 2 * CURVE_BINS * classes, sizeof *f->curves);
    f->answers = train_take(memory, kept_answers(t), sizeof *f->answers);
    f->pictures = train_take(memory, WORST_MISTAKES * train_picture_columns(t->job->view->set), sizeof *f->pictures);
}

static void find_aucs(const struct class_counts *c, double *auc)
{
    for (int k = 0; k < c->classes; k++)
        auc[k] = train_auc(c->seen, c->score + (size_t)k * c->most, c->truth, k, c->order);
}

static void fill_calibration(const struct class_counts *c, double *to)
{
    for (int b = 0; b < CALIBRATION_BINS; b++, to += 3) {
        to[0] = c->bin[b].samples;
        to[1] = c->bin[b].right;
        to[2] = c->bin[b].share;
    }
}

static int curve_bin(double share)
{
    const double odds = m_log(share / (1 - share)), bin = floor(odds / CURVE_STEP) + CURVE_BINS / 2;
    return share <= 0 || bin < 0 ? 0 : share >= 1 || bin >= CURVE_BINS ? CURVE_BINS - 1 : (int)bin;
}

static void fill_curves(const struct class_counts *c, double *to)
{
    memset(to, 0, (size_t)c->classes * 2 * CURVE_BINS * sizeof *to);
    for (int k = 0; k < c->classes; k++, to += 2 * CURVE_BINS)
        for (size_t i = 0; i < c->seen; i++)
            to[(c->truth[i] == k ? 0 : CURVE_BINS) + curve_bin((double)c->score[(size_t)k * c->most + i])]++;
}

static struct class_answer answer_at(const struct class_counts *c, size_t i)
{
    return (struct class_answer){c->truth[i], c->taken[i], (double)c->score[c->taken[i] * c->most + i]};
}

/* Puts the numbers of the worst mistakes, those with the largest shares, into worst[]; of equal ones the first sample
 * is the worst. Returns how many. */
static int find_mistakes(const struct class_counts *c, size_t worst[WORST_MISTAKES])
{
    int n = 0;
    for (size_t i = 0; i < c->seen; i++) {
        int at = n;
        if (c->truth[i] == c->taken[i])
            continue;
        while (at > 0 && answer_at(c, i).share > answer_at(c, worst[at - 1]).share)
            at--;
        if (at == WORST_MISTAKES)
            continue;
        n += n < WORST_MISTAKES;
        memmove(worst + at + 1, worst + at, (size_t)(n - 1 - at) * sizeof *worst);
        worst[at] = i;
    }
    return n;
}

/* Returns the rows. */
static int fill_pictures(const struct train_task *t, const struct class_counts *c, double *to)
{
    const struct dataset *set = t->job->view->set;
    size_t worst[WORST_MISTAKES] = {0};
    const int n = find_mistakes(c, worst);
    for (int i = 0; i < n; i++, to += train_picture_columns(set)) {
        to[PICTURE_SAMPLE] = (double)worst[i];
        to[PICTURE_ROLE] = PICTURE_MISTAKE;
        to[PICTURE_ANSWER] = class_answer_code(answer_at(c, worst[i]), c->classes);
        train_picture_of_sample(t->job->view, worst[i], to + PICTURE_PIXELS);
    }
    return n;
}

void class_findings_tables(struct class_findings *f, const struct train_task *t, const struct class_counts *c,
                           struct train_result *out)
{
    const size_t answers = kept_answers(t), columns = train_picture_columns(t->job->view->set);
    find_aucs(c, f->auc);
    fill_calibration(c, f->calibration);
    if (f->curves)
        fill_curves(c, f->curves);
    for (size_t i = 0; i < answers; i++)
        f->answers[i] = class_answer_code(answer_at(c, i), c->classes);
    const int pictures = columns ? fill_pictures(t, c, f->pictures) : 0;
    out->ntables = 0;
    train_leave_table(out, "confusion", c->classes, c->classes, 1, c->confusion);
    train_leave_table(out, "auc", 1, c->classes, 0, f->auc);
    train_leave_table(out, TRAIN_CALIBRATION, CALIBRATION_BINS, 3, 0, f->calibration);
    train_leave_table(out, TRAIN_CURVES, c->classes, 2 * CURVE_BINS, 1, f->curves);
    train_leave_table(out, TRAIN_ANSWERS, (int)answers, 1, 1, f->answers);
    train_leave_table(out, TRAIN_PICTURES, pictures, (int)columns, 1, f->pictures);
}
