/* Steps and epochs: what is trained, with what, in how much memory. */
#include "fixture.h"

#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Multinomial logistic regression trained in double, in the plainest way: batches as data_batch makes them, momentum,
 * weight decay on the weights alone, a cosine, a last batch that is not full. */
#define PIXELS 64
#define NTRAIN 75
struct logistic {
    double w[TOY_CLASSES][PIXELS + 1], m[TOY_CLASSES][PIXELS + 1]; /* bias last */
    double loss;                                                   /* sum over an epoch */
};

static void logistic_gradient(struct logistic *l, const double *x, int label, int n, double g[][PIXELS + 1])
{
    double z[TOY_CLASSES], sum = 0, most = -HUGE_VAL;
    for (int c = 0; c < TOY_CLASSES; c++) {
        z[c] = l->w[c][PIXELS];
        for (int i = 0; i < PIXELS; i++)
            z[c] += l->w[c][i] * x[i];
        most = fmax(most, z[c]);
    }
    for (int c = 0; c < TOY_CLASSES; c++)
        sum += exp(z[c] - most);
    l->loss += log(sum) + most - z[label];
    for (int c = 0; c < TOY_CLASSES; c++) {
        double d = (exp(z[c] - most) / sum - (c == label)) / n;
        for (int i = 0; i < PIXELS; i++)
            g[c][i] += d * x[i];
        g[c][PIXELS] += d;
    }
}

static void logistic_step(struct logistic *l, const struct fixture *f, const uint32_t *order, int n, double lr)
{
    static _Alignas(64) float batch[PIXELS * LANES];
    int32_t label[LANES];
    uint32_t sample[LANES];
    double g[TOY_CLASSES][PIXELS + 1] = {0};
    struct batch b = {.k = f->job.k, .x = batch, .label = label, .key = sample};
    data_batch(&f->view, DATA_TRAIN, order, n, NULL, &b);
    for (int k = 0; k < n; k++) {
        double x[PIXELS];
        for (int i = 0; i < PIXELS; i++)
            x[i] = batch[i * LANES + k];
        logistic_gradient(l, x, label[k], n, g);
    }
    for (int c = 0; c < TOY_CLASSES; c++)
        for (int i = 0; i <= PIXELS; i++) {
            l->m[c][i] = 0.9 * l->m[c][i] + g[c][i] + (i < PIXELS ? 0.01 * l->w[c][i] : 0);
            l->w[c][i] -= lr * l->m[c][i];
        }
}

static void logistic_load(struct logistic *l, const struct training *r)
{
    const struct nn_node *dense = &r->job.graph->node[r->job.graph->nnodes - 1];
    memset(l, 0, sizeof *l);
    assert_int_equal(dense->ntensors, 2);
    for (int c = 0; c < TOY_CLASSES; c++) {
        for (int i = 0; i < PIXELS; i++)
            l->w[c][i] = r->net->w[dense->tensor[0].at + (size_t)(c * PIXELS + i)];
        l->w[c][PIXELS] = r->net->w[dense->tensor[1].at + (size_t)c];
    }
}

static void loop_agrees_with_a_plain_one(void **state)
{
    enum { EPOCHS = 4, BATCH = 16, STEPS = 5 };
    struct fixture f;
    struct arena a;
    struct logistic want, got;
    (void)state;
    fixture_init(&f, "flatten, dense 4",
                 "epochs=4 batch_size=16 lr=0.1 momentum=0.9 weight_decay=0.01 schedule=cosine final=0.1", NTRAIN, 0,
                 4);
    struct training *r = fixture_run(&f, &a);
    logistic_load(&want, r);
    for (uint32_t epoch = 1; epoch <= EPOCHS; epoch++) {
        uint32_t order[NTRAIN];
        struct rng g;
        for (uint32_t i = 0; i < NTRAIN; i++)
            order[i] = i;
        rng_init(&g, f.job.seed, RNG_SHUFFLE, epoch, 0);
        rng_shuffle(&g, order, NTRAIN);
        want.loss = 0;
        for (int s = 0; s < STEPS; s++) {
            double at = (double)((int)(epoch - 1) * STEPS + s) / (EPOCHS * STEPS);
            logistic_step(&want, &f, order + s * BATCH, s < STEPS - 1 ? BATCH : NTRAIN - s * BATCH,
                          0.1 * (0.1 + 0.9 * 0.5 * (1 + cos(M_PI * at))));
        }
        struct epoch_row row = epoch_ok(r);
        assert_close(row.v[DATA_TRAIN][METRIC_LOSS], want.loss / NTRAIN, 1e-4, 1e-5);
        assert_true(isnan(row.v[DATA_VALIDATION][METRIC_LOSS]) && isnan(row.v[DATA_VALIDATION][METRIC_ACCURACY]));
        assert_int_equal(row.epoch, epoch);
    }
    logistic_load(&got, r);
    for (int c = 0; c < TOY_CLASSES; c++)
        assert_close_doubles(got.w[c], want.w[c], PIXELS + 1, 1e-4, 2e-5);
    arena_release(&a);
    fixture_release(&f);
}

static uint64_t steps_of(const char *settings, size_t n)
{
    struct fixture f;
    struct arena a;
    fixture_init(&f, TOY_MLP, settings, n, 0, 8);
    struct training *r = fixture_run(&f, &a);
    epoch_ok(r);
    uint64_t steps = r->p.step;
    arena_release(&a);
    fixture_release(&f);
    return steps;
}

static void last_batch_is_trained_unless_dropped(void **state)
{
    (void)state;
    assert_int_equal(steps_of("batch_size=16", 75), 5);
    assert_int_equal(steps_of("batch_size=16 drop_last=yes", 75), 4);
    assert_int_equal(steps_of("batch_size=16 drop_last=yes", 80), 5);
    assert_int_equal(steps_of("batch_size=16", 80), 5);
    assert_int_equal(steps_of("batch_size=1", 20), 20);
    assert_int_equal(steps_of("batch_size=17", 35), 3);
    assert_int_equal(steps_of("batch_size=1000", 75), 1);
}

static void dropping_every_batch_is_refused(void **state)
{
    struct fixture f;
    struct arena a;
    struct err e = {0};
    (void)state;
    fixture_init(&f, TOY_MLP, "batch_size=100 drop_last=yes", 75, 0, 8);
    assert_int_equal(arena_init_fixed(&a, train_bytes(&f.job)), 0);
    assert_null(train_new(&f.job, &a, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_non_null(strstr(e.text, "batch_size is 100"));
    arena_release(&a);
    fixture_release(&f);
}

/* With almost no learning rate the epoch's means are those of the untrained network, whatever the batches. */
static void means_are_over_images(void **state)
{
    static const char *const settings[] = {"batch_size=75 lr=1e-30", "batch_size=16 lr=1e-30", "batch_size=7 lr=1e-30"};
    struct epoch_row row[COUNT(settings)];
    (void)state;
    for (size_t i = 0; i < COUNT(settings); i++) {
        struct fixture f;
        struct arena a;
        fixture_init(&f, TOY_MLP, settings[i], 75, 0, 8);
        row[i] = epoch_ok(fixture_run(&f, &a));
        assert_close(row[i].v[DATA_TRAIN][METRIC_LOSS], row[0].v[DATA_TRAIN][METRIC_LOSS], 1e-6, 0);
        assert_close(row[i].v[DATA_TRAIN][METRIC_ACCURACY], row[0].v[DATA_TRAIN][METRIC_ACCURACY], 1e-6, 0);
        assert_true(row[i].grad_norm > 0);
        arena_release(&a);
        fixture_release(&f);
    }
}

static void memory_is_counted_exactly(void **state)
{
    static const char *const settings[] = {"epochs=2", "epochs=2 optimizer=adam select=last batch_size=100",
                                           "epochs=2 optimizer=rmsprop momentum=0.5 eval_batch=3",
                                           "epochs=2 momentum=0.5 batch_size=5 eval_batch=1000"};
    (void)state;
    for (size_t i = 0; i < COUNT(settings); i++) {
        struct fixture f;
        struct arena a;
        struct err e = {0};
        struct train_result out;
        struct epoch_row row[2];
        fixture_init(&f, TOY_CNN, settings[i], 75, 20, 19);
        struct training *r = fixture_run(&f, &a);
        size_t used = (a.used + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
        assert_int_equal(used, train_bytes(&f.job));
        assert_int_equal(train_all(r, row, 2), 2);
        train_finish(r, &out);
        assert_int_equal((a.used + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN, used);
        arena_release(&a);

        assert_int_equal(arena_init_fixed(&a, used - ARENA_ALIGN), 0);
        assert_null(train_new(&f.job, &a, &e));
        assert_int_equal(e.code, ERR_NOMEM);
        arena_release(&a);
        fixture_release(&f);
    }
}

/* Without gradient only decay moves weights: by the factor 1 - lr * decay where it acts, not at all elsewhere. */
static void check_decay(const char *settings, int all)
{
    struct fixture f;
    struct arena a;
    fixture_init(&f, TOY_CNN, settings, 75, 0, 8);
    struct training *r = fixture_run(&f, &a);
    size_t n = f.graph.param_floats;
    float *was = malloc(n * sizeof *was);
    assert_non_null(was);
    for (int i = 0; i < f.graph.nnodes; i++) /* biases start at 0: give everything a value */
        for (int t = 0; t < f.graph.node[i].ntensors; t++)
            for (size_t k = 0; k < f.graph.node[i].tensor[t].n; k++)
                r->net->w[f.graph.node[i].tensor[t].at + k] += 1;
    memcpy(was, r->net->w, n * sizeof *was);
    memset(r->net->dw, 0, n * sizeof *was);
    train_update(r, 0.1f, 1);
    size_t at = 0, decayed = 0;
    for (int i = 0; i < f.graph.nnodes; i++)
        for (int t = 0; t < f.graph.node[i].ntensors; t++) {
            const struct nn_tensor *ten = &f.graph.node[i].tensor[t];
            for (; at < ten->at; at++)
                assert_true(r->net->w[at] == 0);
            for (; at < ten->at + ten->n; at++)
                if (all || ten->role == NN_WEIGHT)
                    assert_close(r->net->w[at], was[at] * 0.95f, 1e-6, 0);
                else
                    assert_true(r->net->w[at] == was[at]);
            decayed += all || ten->role == NN_WEIGHT;
        }
    for (; at < n; at++)
        assert_true(r->net->w[at] == 0);
    assert_int_equal(decayed, all ? 9 : 3); /* conv 2, batchnorm 2 x 2, conv 1, dense 2 */
    free(was);
    arena_release(&a);
    fixture_release(&f);
}

static void decay_acts_on_weights_only(void **state)
{
    (void)state;
    check_decay("weight_decay=0.5", 0);
    check_decay("weight_decay=0.5 decay_all=yes", 1);
    check_decay("optimizer=adamw weight_decay=0.5", 0);
    check_decay("optimizer=adamw weight_decay=0.5 decay_all=yes", 1);
}

static void stretches_are_few_and_complete(void **state)
{
    static const struct {
        const char *settings;
        size_t stretches;
    } want[] = {{"weight_decay=0", 1}, {"weight_decay=0.1", 6}, {"weight_decay=0.1 decay_all=yes", 1}};
    (void)state;
    for (size_t i = 0; i < COUNT(want); i++) {
        struct fixture f;
        struct arena a;
        size_t at = 0;
        fixture_init(&f, TOY_CNN, want[i].settings, 75, 0, 8);
        struct training *r = fixture_run(&f, &a);
        assert_int_equal(r->nspans, want[i].stretches);
        for (size_t s = 0; s < r->nspans; at += r->span[s++].len)
            assert_int_equal(r->span[s].at, at);
        assert_int_equal(at, f.graph.param_floats);
        arena_release(&a);
        fixture_release(&f);
    }
}

static void padding_stays_zero(void **state)
{
    (void)state;
    for (size_t o = 0; optimizer_types[o]; o++) {
        struct fixture f;
        struct arena a;
        char settings[128];
        size_t at = 0;
        snprintf(settings, sizeof settings, "optimizer=%s lr=0.01 weight_decay=0.1 epochs=2", optimizer_types[o]->name);
        fixture_init(&f, TOY_CNN, settings, 75, 0, 8);
        struct training *r = fixture_run(&f, &a);
        epoch_ok(r);
        epoch_ok(r);
        for (int i = 0; i < f.graph.nnodes; i++)
            for (int t = 0; t < f.graph.node[i].ntensors; t++) {
                for (; at < f.graph.node[i].tensor[t].at; at++)
                    assert_true(r->net->w[at] == 0);
                at += f.graph.node[i].tensor[t].n;
            }
        for (; at < f.graph.param_floats; at++)
            assert_true(r->net->w[at] == 0);
        arena_release(&a);
        fixture_release(&f);
    }
}

/* One step an epoch with lr 1 and no momentum: the weights move by exactly the (clipped) gradient. */
static double moved(const char *settings, float *grad_norm)
{
    struct fixture f;
    struct arena a;
    fixture_init(&f, TOY_MLP, settings, 75, 0, 8);
    struct training *r = fixture_run(&f, &a);
    size_t n = f.graph.param_floats;
    float *was = malloc(n * sizeof *was);
    assert_non_null(was);
    memcpy(was, r->net->w, n * sizeof *was);
    *grad_norm = epoch_ok(r).grad_norm;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += ((double)r->net->w[i] - was[i]) * ((double)r->net->w[i] - was[i]);
    free(was);
    arena_release(&a);
    fixture_release(&f);
    return sqrt(sum);
}

static void clipping_bounds_the_step(void **state)
{
    float norm, clipped;
    (void)state;
    double free_step = moved("batch_size=75 lr=1", &norm);
    assert_close(free_step, norm, 1e-5, 0);
    assert_true(norm > 0.05);
    assert_close(moved("batch_size=75 lr=1 clip_norm=0.02", &clipped), 0.02, 1e-3, 0);
    assert_close(clipped, norm, 0, 0); /* reported before clipping */
    assert_close(moved("batch_size=75 lr=1 clip_norm=1000", &clipped), free_step, 0, 0);
}

/* A training without validation, one step an epoch; the weights after so many. */
static void train_toy(struct fixture *f, struct arena *a, const char *settings, int epochs, struct training **r)
{
    fixture_init(f, TOY_MLP, settings, 75, 0, 8);
    *r = fixture_run(f, a);
    for (int i = 0; i < epochs; i++)
        epoch_ok(*r);
}

static void l1_pulls_weights_by_their_sign(void **state)
{
    struct fixture f[3];
    struct arena a[3];
    struct training *r[3];
    (void)state;
    train_toy(&f[0], &a[0], "batch_size=75 lr=1", 0, &r[0]);
    train_toy(&f[1], &a[1], "batch_size=75 lr=1", 1, &r[1]);
    train_toy(&f[2], &a[2], "batch_size=75 lr=1 l1=0.01", 1, &r[2]);
    for (int i = 0; i < f[0].graph.nnodes; i++)
        for (int t = 0; t < f[0].graph.node[i].ntensors; t++) {
            const struct nn_tensor *ten = &f[0].graph.node[i].tensor[t];
            for (size_t k = ten->at; k < ten->at + ten->n; k++) {
                double pull = ten->role != NN_WEIGHT ? 0 : r[0]->net->w[k] > 0 ? 0.01 : -0.01;
                assert_close(r[1]->net->w[k] - r[2]->net->w[k], pull, 0, 1e-6);
            }
        }
    for (int i = 0; i < 3; i++) {
        arena_release(&a[i]);
        fixture_release(&f[i]);
    }
}

static void rows_of_weights_are_limited(void **state)
{
    struct fixture f;
    struct arena a;
    struct training *r;
    int at_limit = 0;
    (void)state;
    train_toy(&f, &a, "batch_size=75 lr=1 max_norm=0.7", 1, &r);
    for (int i = 0; i < f.graph.nnodes; i++)
        for (int t = 0; t < f.graph.node[i].ntensors; t++) {
            const struct nn_tensor *ten = &f.graph.node[i].tensor[t];
            for (size_t row = 0; ten->role == NN_WEIGHT && row < ten->n; row += (size_t)ten->fan_in) {
                double square = 0;
                for (int k = 0; k < ten->fan_in; k++)
                    square += (double)r->net->w[ten->at + row + (size_t)k] * r->net->w[ten->at + row + (size_t)k];
                assert_true(sqrt(square) < 0.7 * (1 + 1e-6));
                at_limit += sqrt(square) > 0.7 * (1 - 1e-6);
            }
        }
    assert_true(at_limit > 0);
    arena_release(&a);
    fixture_release(&f);
}

static void values_of_gradients_are_cut(void **state)
{
    struct fixture f[2];
    struct arena a[2];
    struct training *r[2];
    int cut = 0;
    (void)state;
    train_toy(&f[0], &a[0], "batch_size=75 lr=1", 0, &r[0]);
    train_toy(&f[1], &a[1], "batch_size=75 lr=1 clip_value=0.01", 1, &r[1]);
    for (size_t k = 0; k < f[0].graph.param_floats; k++) {
        double step = fabs((double)r[1]->net->w[k] - r[0]->net->w[k]);
        assert_true(step < 0.01 + 1e-6);
        cut += step > 0.01 - 1e-6;
    }
    assert_true(cut > 0);
    for (int i = 0; i < 2; i++) {
        arena_release(&a[i]);
        fixture_release(&f[i]);
    }
}

/* Four batches of 16 make the step of a batch of 64; the last step of an epoch has a batch of 16 and one of 4. */
static void batches_add_up_to_a_step(void **state)
{
    static const char *const keys[] = {"batch_size=64 momentum=0.9 clip_norm=0.5 l1=1e-3 epochs=3",
                                       "batch_size=16 accumulate=4 momentum=0.9 clip_norm=0.5 l1=1e-3 epochs=3"};
    struct fixture f[2];
    struct arena a[2];
    struct training *r[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        fixture_init(&f[i], TOY_MLP, keys[i], 100, 16, 8);
        r[i] = fixture_run(&f[i], &a[i]);
    }
    assert_int_equal(r[0]->steps, 6);
    assert_int_equal(r[1]->steps, 6);
    for (int epoch = 0; epoch < 3; epoch++) {
        struct epoch_row large = epoch_ok(r[0]), small = epoch_ok(r[1]);
        assert_close(small.grad_norm, large.grad_norm, 1e-4, 0);
        assert_close(small.v[DATA_TRAIN][METRIC_LOSS], large.v[DATA_TRAIN][METRIC_LOSS], 1e-4, 0);
        for (size_t k = 0; k < f[0].graph.param_floats; k++)
            assert_close(r[1]->net->w[k], r[0]->net->w[k], 1e-4, 1e-5);
    }
    for (int i = 0; i < 2; i++) {
        arena_release(&a[i]);
        fixture_release(&f[i]);
    }
}

/* An epoch of so many steps goes on where the last one ended, with what is drawn for the samples as if nothing had
 * happened: 18 steps are two rounds of all samples however they are divided, also after a checkpoint. */
static void epochs_can_be_so_many_steps(void **state)
{
    static const char *const keys[] = {"batch_size=8 epochs=2", "batch_size=8 epochs=6 epoch_steps=3",
                                       "batch_size=8 epochs=1 epoch_steps=18"};
    struct fixture f[3];
    struct arena a[4];
    struct training *r[4];
    struct epoch_row row[8];
    struct err e = {0};
    (void)state;
    for (int i = 0; i < 3; i++) {
        fixture_init(&f[i], TOY_CNN, keys[i], 88, 16, 8);
        r[i] = fixture_run(&f[i], &a[i]);
        assert_int_equal(r[i]->steps, 18);
    }
    train_all(r[0], row, 2);
    for (int epoch = 0; epoch < 4; epoch++)
        epoch_ok(r[1]);
    unsigned char *state_now = state_of(r[1]);
    r[3] = fixture_run(&f[1], &a[3]);
    assert_int_equal(train_state_read(r[3], state_now, train_state_bytes(r[1]), &e), 0);
    free(state_now);
    for (int i = 1; i < 4; i++) {
        train_all(r[i], row, 8);
        assert_memory_equal(r[i]->net->w, r[0]->net->w, f[0].graph.param_floats * sizeof(float));
        assert_memory_equal(r[i]->net->buffers, r[0]->net->buffers, f[0].graph.buffer_floats * sizeof(float));
    }
    for (int i = 0; i < 4; i++)
        arena_release(&a[i]);
    for (int i = 0; i < 3; i++)
        fixture_release(&f[i]);
}

/* The training is the same; what is measured, selected and tested is the mean, also after a checkpoint. */
static void a_running_mean_is_measured(void **state)
{
    struct fixture f[2];
    struct arena a[2];
    struct training *plain, *mean;
    float v[METRICS];
    (void)state;
    fixture_init(&f[0], TOY_MLP, "batch_size=64 lr=0.1 epochs=3", 64, 16, 8);
    fixture_init(&f[1], TOY_MLP, "batch_size=64 lr=0.1 epochs=3 ema=0.75", 64, 16, 8);
    plain = fixture_run(&f[0], &a[0]);
    mean = fixture_run(&f[1], &a[1]);
    size_t n = f[0].graph.param_floats;
    double *want = calloc(n, sizeof *want);
    assert_non_null(want);
    for (int epoch = 0; epoch < 3; epoch++) {
        struct epoch_row row = epoch_ok(mean);
        epoch_ok(plain);
        assert_memory_equal(plain->net->w, mean->net->w, n * sizeof(float));
        for (size_t k = 0; k < n; k++)
            want[k] = epoch ? 0.75 * want[k] + 0.25 * (double)plain->net->w[k] : (double)plain->net->w[k];
        for (size_t k = 0; k < n; k++)
            assert_close(mean->mean_w[k], want[k], 0, 1e-6);
        train_exchange_means(mean);
        train_measure(mean, DATA_VALIDATION, 0, v);
        train_exchange_means(mean);
        assert_true(v[METRIC_LOSS] == row.v[DATA_VALIDATION][METRIC_LOSS]);
        train_measure(plain, DATA_VALIDATION, 0, v);
        assert_true(epoch == 0 || v[METRIC_LOSS] != row.v[DATA_VALIDATION][METRIC_LOSS]);
    }
    free(want);
    for (int i = 0; i < 2; i++) {
        arena_release(&a[i]);
        fixture_release(&f[i]);
    }
}

/* From the second epoch on; where there is nothing to normalize it is the mean alone, else its statistics are its own.
 */
static void means_of_epochs_are_measured(void **state)
{
    static const char *const net[] = {TOY_MLP, "conv 3x3 4, batchnorm, relu, gap, dense 4"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fixture f[2];
        struct arena a[3];
        struct err e = {0};
        struct training *plain, *mean, *again;
        float v[METRICS];
        fixture_init(&f[0], net[i], "batch_size=16 lr=0.1 epochs=4 select=last", 64, 16, 8);
        fixture_init(&f[1], net[i], "batch_size=16 lr=0.1 epochs=4 select=last swa_from=2", 64, 16, 8);
        plain = fixture_run(&f[0], &a[0]);
        mean = fixture_run(&f[1], &a[1]);
        again = fixture_run(&f[1], &a[2]);
        size_t n = f[0].graph.param_floats;
        double *sum = calloc(n, sizeof *sum);
        assert_non_null(sum);
        for (int epoch = 1; epoch <= 3; epoch++) {
            struct epoch_row row = epoch_ok(mean), same = epoch_ok(plain);
            assert_memory_equal(plain->net->w, mean->net->w, n * sizeof(float));
            assert_memory_equal(plain->net->buffers, mean->net->buffers, f[0].graph.buffer_floats * sizeof(float));
            for (size_t k = 0; k < n && epoch >= 2; k++) {
                sum[k] += (double)plain->net->w[k];
                assert_close(mean->mean_w[k], sum[k] / (epoch - 1), 0, 1e-6);
            }
            float loss = row.v[DATA_VALIDATION][METRIC_LOSS];
            assert_true((loss == same.v[DATA_VALIDATION][METRIC_LOSS]) == (i ? epoch < 2 : epoch < 3));
            train_exchange_means(mean);
            train_measure(mean, DATA_VALIDATION, 0, v);
            train_exchange_means(mean);
            assert_true(loss == v[METRIC_LOSS]);
        }
        unsigned char *saved = state_of(mean);
        assert_int_equal(train_state_read(again, saved, train_state_bytes(again), &e), 0);
        struct epoch_row one = epoch_ok(mean), other = epoch_ok(again);
        assert_memory_equal(&one, &other, sizeof one);
        free(saved);
        free(sum);
        for (int k = 0; k < 3; k++)
            arena_release(&a[k]);
        for (int k = 0; k < 2; k++)
            fixture_release(&f[k]);
    }
}

static void expect_divergence(struct training *r, const char *says)
{
    struct epoch_row row;
    struct err e = {0};
    while (!train_done(r) && !train_epoch(r, &row, &e))
        ;
    assert_int_equal(e.code, ERR_DIVERGED);
    if (strncmp(e.text, says, strlen(says)))
        fail_msg("'%s' does not begin with '%s'", e.text, says);
    assert_non_null(strstr(e.text, "train.lr"));
}

static void divergence_is_an_error(void **state)
{
    static const struct {
        const char *layers, *settings, *says;
    } want[] = {
        {TOY_MLP, "lr=1e30", "loss is nan in epoch 1, step 2; "},
        {"flatten, dense 9, relu; dense 9, relu; dense 4", "lr=1e18 epochs=1 batch_size=1000",
         "validation loss is nan after epoch 1; "},
        {TOY_MLP, "lr=1e30 weight_decay=1e30 epochs=1 batch_size=1000", "weights are not finite after epoch 1; "},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(want); i++) {
        struct fixture f;
        struct arena a;
        fixture_init(&f, want[i].layers, want[i].settings, 75, 16, 8);
        expect_divergence(fixture_run(&f, &a), want[i].says);
        arena_release(&a);
        fixture_release(&f);
    }
}

/* Logits of 1e25 have a finite loss, but a gradient whose square no float holds. */
static void an_endless_gradient_is_an_error(void **state)
{
    struct fixture f;
    struct arena a;
    (void)state;
    fixture_init(&f, TOY_MLP, "", 75, 16, 8);
    struct training *r = fixture_run(&f, &a);
    const struct nn_tensor *t = &f.graph.node[f.graph.nnodes - 1].tensor[0];
    for (size_t i = 0; i < t->n; i++)
        r->net->w[t->at + i] *= 1e25f;
    expect_divergence(r, "gradient norm is infinite in epoch 1, step 1; ");
    arena_release(&a);
    fixture_release(&f);
}

static void seeds_differ_and_repeat(void **state)
{
    struct epoch_row row[3];
    static const uint64_t seed[] = {7, 8, 7};
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct fixture f;
        struct arena a;
        fixture_init(&f, TOY_CNN, "momentum=0.9", 75, 20, 8);
        f.job.seed = seed[i];
        struct training *r = fixture_run(&f, &a);
        epoch_ok(r);
        row[i] = epoch_ok(r);
        arena_release(&a);
        fixture_release(&f);
    }
    assert_memory_equal(&row[0], &row[2], sizeof row[0]);
    assert_memory_not_equal(&row[0], &row[1], sizeof row[0]);
}

/* A whole training gives the same bytes at every level that this machine runs. */
static void levels_train_alike(void **state)
{
    unsigned char *first = NULL;
    (void)state;
    for (size_t i = 0; kernels_level(i); i++) {
        struct fixture f;
        struct arena a;
        struct epoch_row row[4];
        fixture_init(&f, TOY_CNN, "epochs=4 momentum=0.9 weight_decay=0.01 clip_norm=1", 75, 20, 19);
        f.job.k = kernels_pick(kernels_level(i));
        if (f.job.k) {
            struct training *r = fixture_run(&f, &a);
            train_all(r, row, 4);
            unsigned char *bytes = state_of(r);
            if (first)
                assert_memory_equal(bytes, first, train_state_bytes(r));
            free(first);
            first = bytes;
            arena_release(&a);
        }
        fixture_release(&f);
    }
    free(first);
}

/* The row's lr is that of the epoch's last step. */
static void rows_tell_the_learning_rate(void **state)
{
    struct fixture f;
    struct arena a;
    (void)state;
    fixture_init(&f, TOY_MLP, "epochs=3 batch_size=16 schedule=cosine warmup=0.2", 75, 0, 8);
    struct training *r = fixture_run(&f, &a);
    for (uint64_t epoch = 1; epoch <= 3; epoch++)
        assert_true(epoch_ok(r).lr == (float)train_lr_at(&f.spec, epoch * 5 - 1, 15, 5));
    assert_true(train_done(r));
    arena_release(&a);
    fixture_release(&f);
}

int test_epochs(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loop_agrees_with_a_plain_one),    cmocka_unit_test(last_batch_is_trained_unless_dropped),
        cmocka_unit_test(dropping_every_batch_is_refused), cmocka_unit_test(means_are_over_images),
        cmocka_unit_test(memory_is_counted_exactly),       cmocka_unit_test(decay_acts_on_weights_only),
        cmocka_unit_test(stretches_are_few_and_complete),  cmocka_unit_test(padding_stays_zero),
        cmocka_unit_test(clipping_bounds_the_step),        cmocka_unit_test(l1_pulls_weights_by_their_sign),
        cmocka_unit_test(rows_of_weights_are_limited),     cmocka_unit_test(values_of_gradients_are_cut),
        cmocka_unit_test(batches_add_up_to_a_step),        cmocka_unit_test(epochs_can_be_so_many_steps),
        cmocka_unit_test(a_running_mean_is_measured),      cmocka_unit_test(means_of_epochs_are_measured),
        cmocka_unit_test(divergence_is_an_error),          cmocka_unit_test(an_endless_gradient_is_an_error),
        cmocka_unit_test(seeds_differ_and_repeat),         cmocka_unit_test(levels_train_alike),
        cmocka_unit_test(rows_tell_the_learning_rate),
    };
    return cmocka_run_group_tests_name("epochs", tests, NULL, NULL);
}
