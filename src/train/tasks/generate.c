/* generate.c - the task `generate`: a generator makes samples of noise, a critic tells them from those of the
 * data, and each learns from the other (Goodfellow et al. 2014). The networks and their steps are those of
 * train/adversarial.c; here is what the critic's numbers mean. */
#include "train/answers.h"
#include "train/critic.h"

#include <math.h>
#include <string.h>

struct generate_task {
    double loss[3], penalty; /* sums, by enum judged */
    size_t seen[3];
    double *pictures; /* [TRAIN_PICTURE_ROWS][columns], see train/answers.h; NULL: there are none */
};
_Static_assert(sizeof(struct generate_task) <= TASK_OWN, "there is room for it");

static int generate_outputs(struct target_kind target)
{
    return !target.vocabulary && shape_size(target.input) > 0;
}

static unsigned generate_measured(const struct train_spec *s, const struct nn_graph *g, const struct dataset *d)
{
    const unsigned judged = 1u << METRIC_FRECHET | 1u << METRIC_INCEPTION;
    (void)g, (void)d;
    return ~(*s->judge ? 0 : judged);
}

static void generate_lay_out(struct train_task *t, size_t eval, struct train_taker *memory)
{
    struct generate_task *g = (void *)t->own;
    (void)eval;
    g->pictures =
        train_take(memory, TRAIN_PICTURE_ROWS * train_picture_columns(t->job->view->set), sizeof *g->pictures);
}

static void generate_begin(struct train_task *t, int training)
{
    struct generate_task *g = (void *)t->own;
    (void)training;
    memset(g->loss, 0, sizeof g->loss);
    memset(g->seen, 0, sizeof g->seen);
    g->penalty = 0;
}

static double generate_judge(struct train_task *t, int n, enum judged of, const float *z, float *dz)
{
    struct generate_task *g = (void *)t->own;
    double sum = 0, slope;
    if (dz)
        memset(dz, 0, (size_t)blocks_of(n) * LANES * sizeof *dz);
    for (int i = 0; i < n; i++) {
        sum += t->loss->judge(of, (double)z[i], &slope);
        if (dz)
            dz[i] = (float)(slope / n);
    }
    g->loss[of] += sum;
    g->seen[of] += (size_t)n;
    return sum;
}

static double generate_step(struct train_task *t, const struct batch *b, const float *z, float *dz)
{
    return generate_judge(t, b->n, JUDGED_SAMPLE, z, dz);
}

static void generate_measure(struct train_task *t, const struct batch *b, const float *z, size_t from, int keep)
{
    (void)from, (void)keep;
    generate_judge(t, b->n, JUDGED_SAMPLE, z, NULL);
}

void generate_penalty(struct train_task *t, double sum)
{
    struct generate_task *g = (void *)t->own;
    g->penalty += sum;
}

static double mean_judged(const struct generate_task *g, enum judged of)
{
    return g->loss[of] / (double)g->seen[of];
}

static void generate_values(const struct train_task *t, float v[METRICS])
{
    if (t->judge)
        judge_values(t->judge, &v[METRIC_FRECHET], &v[METRIC_INCEPTION]);
    const struct generate_task *g = (const void *)t->own;
    v[METRIC_LOSS] = (float)mean_judged(g, JUDGED_FOOLED);
    v[METRIC_CRITIC_LOSS] = (float)(mean_judged(g, JUDGED_SAMPLE) + mean_judged(g, JUDGED_MADE) +
                                    g->penalty / (double)g->seen[JUDGED_SAMPLE]);
}

static struct constant_guess generate_guess(struct train_task *t)
{
    (void)t;
    return (struct constant_guess){NAN, NAN};
}

void generate_keep(struct train_task *t, int n, const float *x, size_t from)
{
    const struct generate_task *g = (const void *)t->own;
    const size_t columns = train_picture_columns(t->job->view->set);
    for (int i = 0; i < n && columns && from + (size_t)i < TRAIN_PICTURE_ROWS; i++) {
        double *row = g->pictures + (from + (size_t)i) * columns;
        row[PICTURE_SAMPLE] = (double)from + i;
        row[PICTURE_ROLE] = PICTURE_MADE;
        row[PICTURE_ANSWER] = 0;
        train_picture_of_values(t->job->view, x, i, row + PICTURE_PIXELS);
    }
}

static void generate_finish(struct train_task *t, struct train_result *out)
{
    const struct generate_task *g = (const void *)t->own;
    const size_t n = t->job->view->n[DATA_TEST];
    train_leave_table(out, TRAIN_PICTURES, (int)(n < TRAIN_PICTURE_ROWS ? n : TRAIN_PICTURE_ROWS),
                      (int)train_picture_columns(t->job->view->set), 1, g->pictures);
}

double critic_penalty(const struct train_spec *s)
{
    return s->loss && loss_types[s->loss - 1] == &loss_wgan
               ? ((const struct wgan_args *)(const void *)s->loss_args)->penalty
               : 0;
}

static const struct loss_type *const generate_losses[] = {&loss_gan, &loss_lsgan, &loss_hinge, &loss_wgan, NULL};

const struct task_type task_generate = {
    .name = "generate",
    .help =
        "make samples like those of the data of noise (adversarial networks): `layers` make them, `critic` puts out "
        "a number that tells them from those",
    .one = "number of the critic",
    .many = "numbers of the critic",
    .adversarial = 1,
    .outputs = generate_outputs,
    .metrics = 1u << METRIC_LOSS | 1u << METRIC_CRITIC_LOSS | 1u << METRIC_FRECHET | 1u << METRIC_INCEPTION,
    .measured = generate_measured,
    .selecting = {[DATA_TRAIN] = 1u << METRIC_FRECHET | 1u << METRIC_INCEPTION},
    .losses = generate_losses,
    .lay_out = generate_lay_out,
    .begin = generate_begin,
    .step = generate_step,
    .judge = generate_judge,
    .measure = generate_measure,
    .values = generate_values,
    .guess = generate_guess,
    .finish = generate_finish,
};
