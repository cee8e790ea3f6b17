/* Reconstruction: whole trainings and variational losses against PyTorch, the kernels of a draw too; the gradient of a
 * training step against differences; and what is measured of pictures by hand. */
#include "fixture.h"
#include "golden.h"
#include "train/task.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEATURES = 6, HIDDEN = 3, TRAIN = 40, VALIDATION = 9, TEST = 21, EPOCHS = 20, ALL = TRAIN + VALIDATION + TEST };

/* Numbers in (-1,1), as tests/support/torch/reconstruct_golden.py has them. */
static double wave(int i)
{
    return sin(1.7 * i + fmod(0.3 * i * i, 11));
}

struct waves {
    struct fixture f;
    uint32_t train[TRAIN], validation[VALIDATION];
    float input[ALL * FEATURES], number[ALL];
};

static void make_data(struct waves *w, struct dataset *d)
{
    for (int i = 0; i < ALL * FEATURES; i++)
        w->input[i] = (float)((wave(i + 1) + 1) / 2);
    *d = (struct dataset){.name = "waves", .n = {TRAIN + VALIDATION, TEST}};
    dataset_of_vectors(d, FEATURES, 0, NULL);
    for (int part = 0; part < DATA_PARTS; part++) {
        size_t from = part == PART_TEST ? TRAIN + VALIDATION : 0;
        d->field[0].values[part] = w->input + from * FEATURES;
        d->field[1].values[part] = w->number + from;
    }
}

/* The first samples are trained with, the next ones validate: no split is drawn. */
static void waves_init(struct waves *w, const char *layers, const char *settings)
{
    struct fixture *f = &w->f;
    struct nn_line line = {.text = layers};
    const struct shape in = {VECTOR, FEATURES, 1, 1, 1};
    struct nn_spec nn = {0};
    struct err_list errs = {0};
    struct err e = {0};
    memset(w, 0, sizeof *w);
    arena_init(&f->mem);
    make_data(w, &f->set);
    param_defaults(data_params, &f->data);
    param_defaults(nn_params, &nn);
    f->data.dataset = "waves";
    f->data.normalize = NORMALIZE_NONE;
    f->data.train = TRAIN;
    f->data.validation = VALIDATION;
    assert_int_equal(data_view_init(&f->view, &f->set, &f->data, &f->mem, &e), 0);
    for (uint32_t i = 0; i < TRAIN + VALIDATION; i++)
        *(i < TRAIN ? &w->train[i] : &w->validation[i - TRAIN]) = i;
    f->view.index[DATA_TRAIN] = w->train;
    f->view.index[DATA_VALIDATION] = w->validation;
    assert_int_equal(
        nn_graph_build(&f->graph, &line, 1, in, (struct nn_target){FEATURES, "values", &in}, &nn, &f->mem, &errs), 0);
    spec_from(&f->spec, arena_fmt(&f->mem, "optimizer=sgd task=reconstruct %s", settings));
    f->spec.metric = M_VAL_LOSS;
    f->spec.maximise = 0;
    f->job =
        (struct train_job){.spec = &f->spec, .graph = &f->graph, .view = &f->view, .k = kernels_pick(NULL), .seed = 3};
}

/* The weights of the script: the k-th layer that has some. */
static void set_weights(struct training *r)
{
    const struct nn_graph *g = r->job.graph;
    for (int i = 0, k = 1; i < g->nnodes; i++) {
        const struct nn_node *nd = &g->node[i];
        for (int t = 0; t < nd->ntensors; t++)
            for (size_t j = 0; j < nd->tensor[t].n; j++)
                r->net->w[nd->tensor[t].at + j] =
                    (float)(t ? 0.1 * wave(100 * k + 50 + (int)j) : 0.5 * wave(100 * k + (int)j));
        k += nd->ntensors > 0;
    }
}

static void check_values(const struct golden *g, const float v[METRICS], int variational)
{
    static const int measured[] = {METRIC_LOSS, METRIC_MSE, METRIC_RECONSTRUCTION, METRIC_DIVERGENCE};
    for (size_t m = 0; m < (variational ? 4 : 2); m++) {
        double got = (double)v[measured[m]], want = g->value[2 + m];
        if (!(fabs(got - want) <= 2e-5 * (fabs(want) + 0.1)))
            fail_msg("%s, epoch %.0f, split %.0f: %s is %.9g instead of %.9g", g->settings, g->value[0], g->value[1],
                     train_metrics[measured[m]].what, got, want);
    }
    assert_true(isnan(v[METRIC_DIVERGENCE]) == !variational && isnan(v[METRIC_PSNR]));
}

static void trainings_and_variational_losses_are_those_of_torch(void **state)
{
    struct golden g;
    struct waves w;
    struct arena a;
    struct training *run = NULL;
    struct epoch_row row = {0};
    int rows = 0;
    (void)state;
    golden_open(&g, "train_reconstruct.csv");
    for (; golden_row(&g); rows++) {
        const int epoch = (int)g.value[0], split = (int)g.value[1], variational = epoch == 0;
        struct train_result out;
        float v[METRICS];
        if (epoch == 0 || (epoch == 1 && split == DATA_TRAIN)) {
            char settings[400];
            snprintf(settings, sizeof settings, "%s epochs=%d batch_size=64 lr=0.2 momentum=0.9 select=last",
                     g.settings, EPOCHS);
            waves_init(&w, variational ? "dense 6, sample, dense 6" : "dense 3, tanh, dense 6", settings);
            set_weights(run = fixture_run(&w.f, &a));
        }
        if (variational) {
            train_measure(run, DATA_VALIDATION, 0, v);
            check_values(&g, v, 1);
        } else if (split == DATA_TRAIN) {
            row = epoch_ok(run);
        }
        if (!variational && split != DATA_TEST)
            check_values(&g, row.v[split], 0);
        if (!variational && split == DATA_TEST) {
            train_finish(run, &out);
            check_values(&g, &out.metric[metric_on(DATA_TEST, 0)], 0);
        }
        if (variational || split == DATA_TEST) {
            arena_release(&a);
            fixture_release(&w.f);
        }
    }
    golden_close(&g);
    assert_int_equal(rows, 3 * (2 * EPOCHS + 1) + 6);
}

/* Value number i of part p of a row of train_draw.csv, whose parts are n values each, the divergence aside. */
static double draw_value(const struct golden *g, int n, int part, int i)
{
    return g->value[1 + part * n + i - (part > 5 ? n - 1 : 0)];
}

enum { NOISE, MEAN, LOG_VARIANCE, GRADIENT, DRAWN, DIVERGENCE, DMEAN, DLOG_VARIANCE };

static void check_draw(const struct golden *g, const struct kernels *k)
{
    enum { MOST = 4, LANE = 5 };
    _Alignas(64) float x[2 * MOST * LANES] = {0}, noise[MOST * LANES] = {0}, dy[MOST * LANES] = {0}, y[MOST * LANES],
                                    dx[2 * MOST * LANES], divergence[LANES] = {0};
    const int n = atoi(g->settings + 2);
    for (int i = 0; i < n; i++) {
        x[i * LANES + LANE] = (float)draw_value(g, n, MEAN, i);
        x[(n + i) * LANES + LANE] = (float)draw_value(g, n, LOG_VARIANCE, i);
        noise[i * LANES + LANE] = (float)draw_value(g, n, NOISE, i);
        dy[i * LANES + LANE] = (float)draw_value(g, n, GRADIENT, i);
    }
    k->draw_forward((size_t)n, x, noise, y, divergence);
    k->draw_backward((size_t)n, LANE + 1, x, noise, dy, (float)g->value[0], dx);
    assert_close(divergence[LANE], draw_value(g, n, DIVERGENCE, 0), 2e-6, 1e-7);
    for (int i = 0; i < n; i++) {
        assert_close(y[i * LANES + LANE], draw_value(g, n, DRAWN, i), 2e-6, 1e-6);
        assert_close(dx[i * LANES + LANE], draw_value(g, n, DMEAN, i), 2e-6, 1e-6);
        assert_close(dx[(n + i) * LANES + LANE], draw_value(g, n, DLOG_VARIANCE, i), 2e-6, 1e-6);
        assert_true(dx[i * LANES + LANE + 1] == 0 && dx[(n + i) * LANES + LANE + 1] == 0);
    }
}

static void a_draw_is_that_of_torch(void **state)
{
    struct golden g;
    int rows = 0;
    (void)state;
    golden_open(&g, "train_draw.csv");
    for (; golden_row(&g); rows++)
        for (size_t i = 0; kernels_level(i); i++)
            if (kernels_pick(kernels_level(i)))
                check_draw(&g, kernels_pick(kernels_level(i)));
    golden_close(&g);
    assert_int_equal(rows, 3);
}

/* The mean loss of a training step over the first 24 samples; net->dw becomes its gradient. */
static double step_loss(struct training *r, double beta)
{
    uint32_t at[24];
    const struct data_draw draw = {3, 1};
    struct nn_pass p = {.n = 24,
                        .blocks = 2,
                        .training = 1,
                        .seed = 3,
                        .epoch = 1,
                        .sample = r->batch.key,
                        .divergence = r->divergence,
                        .divergence_scale = (float)(beta / 24)};
    for (uint32_t i = 0; i < 24; i++)
        at[i] = i;
    r->batch.x = r->net->x;
    data_batch(r->job.view, DATA_TRAIN, at, 24, &draw, &r->batch);
    train_clear_divergence(r);
    nn_forward(r->net, &p);
    r->task.type->begin(&r->task, 1);
    double loss = r->task.type->step(&r->task, &r->batch, r->net->z, r->net->dz) / 24;
    nn_backward(r->net, &p);
    return loss;
}

static void the_gradient_of_a_step_is_that_of_its_loss(void **state)
{
    static const struct {
        const char *layers, *settings;
        double beta;
    } row[] = {
        {"dense 6, sample, dense 6", "loss=mse beta=0.3", 0.3},
        {"dense 4, tanh, dense 4, sample, dense 4, tanh, dense 6", "loss=bce", 1},
        {"dense 6, sample, dense 6, sample, dense 6", "loss=mse beta=5", 5},
        {"dense 3, tanh, dense 6", "loss=bce", 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(row); i++) {
        struct waves w;
        struct arena a;
        waves_init(&w, row[i].layers, row[i].settings);
        struct training *r = fixture_run(&w.f, &a);
        set_weights(r);
        step_loss(r, row[i].beta);
        const size_t n = w.f.graph.param_floats;
        float *dw = malloc(n * sizeof *dw), most = 0;
        assert_non_null(dw);
        memcpy(dw, r->net->dw, n * sizeof *dw);
        for (size_t k = 0; k < n; k++)
            most = fmaxf(most, fabsf(dw[k]));
        for (size_t k = 0; k < n; k++) {
            const float kept = r->net->w[k], step = 1.0f / 256;
            if (dw[k] == 0)
                continue; /* of the padding */
            r->net->w[k] = kept + step;
            double above = step_loss(r, row[i].beta);
            r->net->w[k] = kept - step;
            double want = (above - step_loss(r, row[i].beta)) / (2 * (double)step);
            r->net->w[k] = kept;
            assert_close(dw[k], want, 2e-3, 1e-3 * (double)most);
        }
        free(dw);
        arena_release(&a);
        fixture_release(&w.f);
    }
}

/* Neither the size of evaluation batches nor an interruption shows in a bit, also where noise is drawn. */
static void batches_and_interruptions_do_not_show(void **state)
{
    static const char *const settings[] = {"eval_batch=1", "eval_batch=7", "eval_batch=64"};
    struct train_result first = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(settings); i++) {
        struct waves w;
        struct arena a, b;
        struct err e = {0};
        struct train_result out;
        char text[200];
        snprintf(text, sizeof text, "epochs=4 batch_size=16 loss=bce beta=2 %s", settings[i]);
        waves_init(&w, "gaussian_noise 0.1, dense 4, sample, dense 6", text);
        struct training *run = fixture_run(&w.f, &a), *again = fixture_run(&w.f, &b);
        epoch_ok(run);
        epoch_ok(run);
        unsigned char *bytes = state_of(run);
        assert_int_equal(train_state_read(again, bytes, train_state_bytes(run), &e), 0);
        free(bytes);
        epoch_ok(again);
        epoch_ok(again);
        train_finish(again, &out);
        if (!i)
            first = out;
        assert_memory_equal(out.metric, first.metric, sizeof out.metric);
        arena_release(&a);
        arena_release(&b);
        fixture_release(&w.f);
    }
}

/* A network of zeros puts out the mean pixel of the training split. */
static void pictures_are_measured_in_pixels(void **state)
{
    static const char *const layers[] = {"flatten, dense 64, reshape 1x8x8", "conv2d 3x3 1 pad same",
                                         "conv2d 2x2 4 stride 2, conv_transpose 2x2 1 stride 2",
                                         "maxpool 2, upsample 2, conv2d 1x1 1"};
    (void)state;
    for (size_t l = 0; l < COUNT(layers); l++) {
        struct fixture f;
        struct arena a;
        float v[METRICS];
        fixture_init(&f, layers[l], "task=reconstruct lr=1e-30", 48, 0, 24);
        struct training *r = fixture_run(&f, &a);
        memset(r->net->w, 0, f.graph.param_floats * sizeof *r->net->w);
        train_measure(r, DATA_TEST, 0, v);
        const uint8_t *train = f.set.field[0].values[PART_TRAIN], *test = f.set.field[0].values[PART_TEST];
        double mean = 0, square = 0, error = 0;
        for (int i = 0; i < 48 * 64; i++)
            mean += train[i] / (48.0 * 64);
        for (int i = 0; i < 48 * 64; i++)
            square += (train[i] - mean) * (train[i] - mean) / (48.0 * 64);
        for (int i = 0; i < 24 * 64; i++)
            error += (test[i] - mean) * (test[i] - mean) / (24.0 * 64);
        assert_close(v[METRIC_PSNR], 10 * log10(255 * 255 / error), 1e-5, 0);
        assert_close(v[METRIC_MSE], error / square, 1e-5, 0);
        assert_true(v[METRIC_LOSS] == v[METRIC_MSE] && isnan(v[METRIC_ACCURACY]) && isnan(v[METRIC_RECONSTRUCTION]));
        struct epoch_row row = epoch_ok(r); /* of the means of the pixels each, which are not one mean of all */
        assert_true(row.guess_loss > 0 && row.guess_loss < row.v[DATA_TRAIN][METRIC_LOSS]);
        arena_release(&a);
        fixture_release(&f);
    }
}

/* A network that puts out the means of the values, whatever it sees, has the loss of the guess. */
static void a_constant_guess_has_the_loss_of_the_means(void **state)
{
    static const char *const settings[] = {"loss=mse", "loss=mae", "loss=bce"};
    (void)state;
    for (size_t i = 0; i < COUNT(settings); i++) {
        struct waves w;
        struct arena a;
        waves_init(&w, "dense 6", settings[i]);
        w.f.spec.lr = 1e-30;
        struct training *r = fixture_run(&w.f, &a);
        memset(r->net->w, 0, w.f.graph.param_floats * sizeof *r->net->w);
        for (int k = 0; k < FEATURES; k++) {
            double mean = 0;
            for (int s = 0; s < TRAIN; s++)
                mean += (double)w.input[s * FEATURES + k] / TRAIN;
            r->net->w[w.f.graph.node[0].tensor[1].at + (size_t)k] = (float)(i == 2 ? log(mean / (1 - mean)) : mean);
        }
        struct epoch_row row = epoch_ok(r);
        assert_close(row.guess_loss, row.v[DATA_TRAIN][METRIC_LOSS], 1e-5, 0);
        arena_release(&a);
        fixture_release(&w.f);
    }
}

/* What the network puts out must have the shape of the input, and fit the loss. */
static void networks_that_do_not_fit_are_told(void **state)
{
    static const struct {
        const char *layers, *settings, *says;
    } row[] = {
        {"dense 6", "loss=bce", "loss: bce compares values from 0 to 1; write data.normalize = unit"},
        {"dense 6, sigmoid", "loss=bce", "loss: bce takes the sigmoid of what the network puts out by itself"},
        {"dense 6, sigmoid, reshape 6", "loss=bce",
         "loss: bce takes the sigmoid of what the network puts out by itself"},
        {"dense 6, sigmoid", "loss=mse", NULL},
        {"dense 6, sample, dense 6", "beta=3", NULL},
        {"dense 6", "beta=3", "beta: weighs the divergence of a layer `sample`, and the network has none"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(row); i++) {
        struct waves w;
        struct err e = {0};
        const char *key = NULL;
        char text[600] = "";
        waves_init(&w, row[i].layers, row[i].settings);
        w.f.data.normalize = i ? NORMALIZE_UNIT : NORMALIZE_STANDARD;
        if (train_network_check(&w.f.spec, &w.f.data, &w.f.graph, target_of(&w.f.set), &key, &e))
            snprintf(text, sizeof text, "%s: %s", key, e.text);
        if (row[i].says ? !strstr(text, row[i].says) : *text)
            fail_msg("%s, %s: '%s'", row[i].layers, row[i].settings, text);
        w.f.spec.task = 2; /* regress */
        w.f.spec.loss = 0;
        if (nn_adds_loss(&w.f.graph) &&
            (!train_network_check(&w.f.spec, &w.f.data, &w.f.graph, target_of(&w.f.set), &key, &e) ||
             !strstr(e.text, "regress has no loss that the layer 'sample' could add to")))
            fail_msg("sample in a regression: '%s'", e.text);
        fixture_release(&w.f);
    }
}

int test_reconstruct(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trainings_and_variational_losses_are_those_of_torch),
        cmocka_unit_test(a_draw_is_that_of_torch),
        cmocka_unit_test(the_gradient_of_a_step_is_that_of_its_loss),
        cmocka_unit_test(batches_and_interruptions_do_not_show),
        cmocka_unit_test(pictures_are_measured_in_pixels),
        cmocka_unit_test(a_constant_guess_has_the_loss_of_the_means),
        cmocka_unit_test(networks_that_do_not_fit_are_told),
    };
    return cmocka_run_group_tests_name("reconstruct", tests, NULL, NULL);
}
