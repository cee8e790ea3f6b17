/* Two networks that learn from each other: whole trainings, both networks' weights and what a judge says of them,
 * against PyTorch and SciPy; what a generator makes is the same whatever batches it is measured in. */
#include "fixture.h"
#include "golden.h"
#include "nn/tangent.h"
#include "train/critic.h"
#include "train/eigen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEATURES = 6, TRAIN = 24, VALIDATION = 9, BATCH = 8, EPOCHS = 3, ALL = TRAIN + VALIDATION };

/* Numbers in (-1,1), as tests/support/torch/adversarial_golden.py has them. */
static double wave(int i)
{
    return sin(1.7 * i + fmod(0.3 * i * i, 11));
}

struct adversaries {
    struct fixture f;
    uint32_t train[TRAIN], validation[VALIDATION];
    float input[ALL * FEATURES], number[ALL];
    struct nn_graph judge_graph;
    struct train_judge judge;
    float w[512], one[FEATURES], zero[FEATURES];
};

/* The k-th layer that has weights, from number k on, of a graph or of one part of it. */
static void wave_weights(const struct nn_graph *g, int k, float *w)
{
    for (int i = 0; i < g->nnodes; i++) {
        const struct nn_node *nd = &g->node[i];
        for (int t = 0; t < nd->ntensors && !nn_is_layer(nd, "batchnorm"); t++)
            for (size_t j = 0; j < nd->tensor[t].n; j++)
                w[nd->tensor[t].at + j] = (float)(t ? 0.1 * wave(100 * k + 50 + (int)j) : 0.5 * wave(100 * k + (int)j));
        k += nd->ntensors > 0;
    }
}

static void build(struct adversaries *w, struct nn_graph *g, struct shape in, const char *layers, const char *critic)
{
    struct nn_line line[2] = {{.text = layers}, {.text = critic}};
    struct nn_spec nn = {0};
    struct err_list errs = {0};
    struct err e = {0};
    const struct shape sample = {VECTOR, FEATURES, 1, 1, 1};
    param_defaults(nn_params, &nn);
    assert_int_equal(
        nn_graph_build(g, line, critic ? 2 : 1, in, (struct nn_target){0, "values", NULL}, &nn, &w->f.mem, &errs), 0);
    if (critic)
        assert_int_equal(nn_graph_critic(g, 2, (struct nn_target){FEATURES, "values", &sample}, &e), 0);
}

static void data_init(struct adversaries *w)
{
    struct fixture *f = &w->f;
    struct err e = {0};
    memset(w, 0, sizeof *w);
    arena_init(&f->mem);
    for (int i = 0; i < ALL * FEATURES; i++)
        w->input[i] = (float)wave(i + 1);
    f->set = (struct dataset){.name = "waves", .n = {ALL, VALIDATION}};
    dataset_of_vectors(&f->set, FEATURES, 0, NULL);
    for (int part = 0; part < DATA_PARTS; part++) {
        f->set.field[0].values[part] = w->input + (part == PART_TEST ? TRAIN * FEATURES : 0);
        f->set.field[1].values[part] = w->number;
    }
    param_defaults(data_params, &f->data);
    f->data.dataset = "waves";
    f->data.normalize = NORMALIZE_NONE;
    f->data.train = TRAIN;
    f->data.validation = VALIDATION;
    assert_int_equal(data_view_init(&f->view, &f->set, &f->data, &f->mem, &e), 0);
    for (uint32_t i = 0; i < ALL; i++)
        *(i < TRAIN ? &w->train[i] : &w->validation[i - TRAIN]) = i;
    f->view.index[DATA_TRAIN] = w->train;
    f->view.index[DATA_VALIDATION] = w->validation;
}

/* Words of a row: "loss=gan kind=leaky ... judge=5". */
static void adversaries_init(struct adversaries *w, const char *words, const char *more)
{
    char settings[400];
    const char *kind = strstr(words, "kind=") + 5, *rest = strchr(kind, ' '), *judge = strstr(words, " judge=");
    const int batchnorm = !strncmp(kind, "batchnorm", 9), tanh = !strncmp(kind, "tanh", 4),
              wide = !strncmp(kind, "wide", 4);
    struct fixture *f = &w->f;
    const struct shape noise = {VECTOR, TOY_NOISE, 1, 1, 1}, sample = {VECTOR, FEATURES, 1, 1, 1};
    data_init(w);
    build(w, &f->graph, noise, batchnorm ? "dense 5, batchnorm, relu, dense 6" : "dense 5, tanh, dense 6",
          wide   ? "dropout 0, dense 11, leaky_relu, dense 1"
          : tanh ? "dense 5, tanh, dense 1"
                 : "dense 5, leaky_relu, dense 1");
    build(w, &w->judge_graph, sample,
          strcmp(judge, " judge=5") == 0 ? "dense 5, tanh, dense 3" : "dense 12, tanh, dense 3", NULL);
    assert_true(w->judge_graph.param_floats <= COUNT(w->w));
    wave_weights(&w->judge_graph, 6, w->w);
    for (int c = 0; c < FEATURES; c++)
        w->one[c] = 1;
    w->judge = (struct train_judge){&w->judge_graph, w->w, NULL, w->one, w->zero};
    snprintf(settings, sizeof settings, "%.*s%.*s task=generate epochs=%d batch_size=%d select=last %s",
             (int)(kind - 5 - words), words, (int)(judge - rest), rest, EPOCHS, BATCH, more);
    spec_from(&f->spec, settings);
    f->spec.judge = "one";
    f->spec.metric = M_VAL_FRECHET;
    f->spec.maximise = 0;
    f->job = (struct train_job){
        .spec = &f->spec, .graph = &f->graph, .view = &f->view, .k = kernels_pick(NULL), .seed = 3, .judge = &w->judge};
}

/* All parameters one after the other, without padding. */
static size_t weights_of(const struct training *r, double *to)
{
    const struct nn_graph *g = r->job.graph;
    size_t n = 0;
    for (int i = 0; i < g->nnodes; i++)
        for (int t = 0; t < g->node[i].ntensors; t++)
            for (size_t j = 0; j < g->node[i].tensor[t].n; j++)
                to[n++] = (double)r->net->w[g->node[i].tensor[t].at + j];
    return n;
}

static void check_near(const struct golden *g, const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance * (fabs(want) + 1)))
        fail_msg("%s, epoch %.0f: %s is %.9g instead of %.9g", g->settings, g->value[0], what, got, want);
}

/* The penalty's gradient is the exact one; of tanh the curvature is a difference of slopes. */
static void trainings_are_those_of_torch(void **state)
{
    static const int metric[] = {M_TRAIN_LOSS,      M_TRAIN_CRITIC_LOSS, M_VAL_LOSS,
                                 M_VAL_CRITIC_LOSS, M_VAL_FRECHET,       M_VAL_INCEPTION};
    struct golden g;
    static struct adversaries w;
    struct arena a;
    struct training *run = NULL;
    char settings[256] = "";
    double weight[256];
    size_t n = 0, compared = 0;
    (void)state;
    golden_open(&g, "train_adversarial.csv");
    while (golden_row(&g)) {
        const double tolerance = 1e-5;
        if (strcmp(settings, g.settings) != 0) {
            if (run) {
                arena_release(&a);
                fixture_release(&w.f);
            }
            strcpy(settings, g.settings);
            adversaries_init(&w, settings, "");
            run = fixture_run(&w.f, &a);
            wave_weights(&w.f.graph, 1, run->net->w);
        }
        if (g.value[1] == 0) {
            const struct epoch_row row = epoch_ok(run);
            for (size_t m = 0; m < COUNT(metric); m++)
                check_near(&g, train_metrics[metric[m]].name, (double)epoch_number(&row, metric[m]), g.value[2 + m],
                           tolerance);
            n = weights_of(run, weight);
        }
        for (int i = 2; i < g.values && g.value[1] > 0; i++, compared++)
            check_near(&g, "a weight", weight[(int)g.value[1] + i - 3], g.value[i], tolerance);
        assert_true(g.value[1] + g.values - 3 <= (double)n);
    }
    golden_close(&g);
    arena_release(&a);
    fixture_release(&w.f);
    assert_true(compared > 6 * EPOCHS * 60);
}

/* Steps, metrics and pictures do not depend on how many samples are measured at a time, or who trains them; a training
 * that is saved goes on to the same bytes. */
static void measuring_and_restoring_change_nothing(void **state)
{
    static const char words[] = "loss=wgan kind=leaky optimizer=adam lr=0.01 critic_steps=2 judge=5";
    static struct adversaries w[2];
    struct arena a[2], b;
    struct training *r[2];
    struct train_result end[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        adversaries_init(&w[i], words, i ? "eval_batch=64" : "eval_batch=2");
        r[i] = fixture_run(&w[i].f, &a[i]);
    }
    while (!train_done(r[0])) {
        struct err e = {0};
        struct training *again = fixture_run(&w[0].f, &b);
        unsigned char *bytes = state_of(r[0]);
        assert_int_equal(train_state_read(again, bytes, train_state_bytes(r[0]), &e), 0);
        const struct epoch_row one = epoch_ok(r[0]), other = epoch_ok(r[1]), third = epoch_ok(again);
        assert_memory_equal(&one, &other, sizeof one);
        assert_memory_equal(&one, &third, sizeof one);
        assert_int_equal(r[0]->task.judge->knows_real, one.epoch > 1); /* its own samples are seen once */
        assert_memory_equal(r[0]->net->w, again->net->w, w[0].f.graph.param_floats * sizeof(float));
        free(bytes);
        arena_release(&b);
    }
    for (int i = 0; i < 2; i++)
        train_finish(r[i], &end[i]);
    for (int m = 0; m < METRICS; m++)
        assert_memory_equal(&end[0].metric[metric_on(DATA_TEST, m)], &end[1].metric[metric_on(DATA_TEST, m)],
                            sizeof(float));
    assert_true(end[0].metric[M_TEST_FRECHET] >= 0 && end[0].metric[M_TEST_INCEPTION] >= 1);
    for (int i = 0; i < 2; i++) {
        arena_release(&a[i]);
        fixture_release(&w[i].f);
    }
}

/* Of x x' + 2 I the largest eigenvalue is |x|^2 + 2, all others are 2; and one that is diagonal. */
static void eigenvalues_are_found(void **state)
{
    enum { N = 40 };
    static double a[N * N], d[N], e[N];
    double square = 0, largest = 0;
    (void)state;
    for (int i = 0; i < N; i++) {
        square += wave(i) * wave(i);
        for (int j = 0; j <= i; j++)
            a[i * N + j] = wave(i) * wave(j) + (i == j ? 2 : 0);
    }
    symmetric_eigenvalues(N, a, d, e);
    for (int i = 0; i < N; i++)
        largest = d[i] > largest ? d[i] : largest;
    assert_close(largest, square + 2, 1e-13, 0);
    for (int i = 0; i < N; i++)
        if (d[i] < largest)
            assert_close(d[i], 2, 1e-13, 0);
    for (int i = 0; i < N; i++)
        for (int j = 0; j <= i; j++)
            a[i * N + j] = i == j ? i % 3 : 0;
    symmetric_eigenvalues(N, a, d, e);
    for (int i = 0; i < N; i++)
        assert_true(d[i] == i % 3);
    a[0] = 5;
    symmetric_eigenvalues(1, a, d, e);
    assert_true(d[0] == 5);
}

/* Numbers of the first n samples, [blocks][size][16]; no more of the last block. */
static void wave_lanes(int n, size_t size, int seed, double factor, float *to)
{
    memset(to, 0, (size_t)blocks_of(n) * LANES * size * sizeof *to);
    for (int i = 0; i < n; i++)
        for (size_t k = 0; k < size; k++)
            to[((size_t)(i / LANES) * size + k) * LANES + (size_t)(i % LANES)] =
                (float)(factor * wave(seed + i * (int)size + (int)k));
}

struct tangents {
    struct adversaries w;
    struct arena a;
    struct nn_graph graph;
    struct nn_tangent *t;
    struct nn_pass pass;
    uint32_t key[32];
    _Alignas(64) float x[32 * 16], along[32 * 16], factor[32];
};

static void tangents_init(struct tangents *s, struct shape in, const char *layers, int n)
{
    struct err e = {0};
    arena_init(&s->w.f.mem);
    arena_init(&s->a);
    build(&s->w, &s->graph, in, layers, NULL);
    s->t = nn_tangent_new(&s->graph, 0, n, kernels_pick(NULL), &s->a, &e);
    assert_true(s->t && !nn_tangent_stops(&s->graph, 0));
    s->pass = (struct nn_pass){.n = n, .blocks = blocks_of(n), .training = 1, .seed = 1, .sample = s->key};
    wave_weights(&s->graph, 1, s->t->net->w);
    wave_lanes(n, shape_size(in), 1, 1, s->x);
    wave_lanes(n, shape_size(in), 7000, 0.5, s->along);
    for (int i = 0; i < n; i++)
        s->factor[i] = (float)(0.3 + wave(i) / 2);
}

static void tangents_release(struct tangents *s)
{
    arena_release(&s->a);
    arena_release(&s->w.f.mem);
}

static void tangents_gradient(struct tangents *s)
{
    memcpy(s->t->net->x, s->x, floats_of(s->graph.in, s->pass.blocks) * sizeof *s->x);
    nn_forward(s->t->net, &s->pass);
    nn_tangent_gradient(s->t, &s->pass, s->along, s->factor);
}

/* What only changes the shape makes no step: with it and without it the gradient has the same bits, however much wider
 * than the input the layers after it are. */
static void nodes_without_steps_change_no_tangents(void **state)
{
    static const struct {
        struct shape in;
        const char *layers[2];
    } cases[] = {
        {{VECTOR, 6, 1, 1, 1}, {"dense 40, leaky_relu, dense 1", "dropout 0, dense 40, leaky_relu, dense 1"}},
        {{VECTOR, 6, 1, 1, 1}, {"dense 40, tanh, dense 1", "dropout 0, dense 40, dropout 0, tanh, dropout 0, dense 1"}},
        {{MAPS, 1, 3, 4, 1}, {"conv 3x4 40, tanh, dense 1", "dropout 0, conv 3x4 40, gap, tanh, dense 1"}}};
    static struct tangents s[2];
    (void)state;
    for (size_t c = 0; c < COUNT(cases); c++) {
        for (int i = 0; i < 2; i++) {
            tangents_init(&s[i], cases[c].in, cases[c].layers[i], 20);
            tangents_gradient(&s[i]);
        }
        assert_int_equal(s[0].graph.param_floats, s[1].graph.param_floats);
        assert_memory_equal(s[0].t->net->dw, s[1].t->net->dw, s[0].graph.param_floats * sizeof(float));
        for (int i = 0; i < 2; i++)
            tangents_release(&s[i]);
    }
}

/* The gradient of a derivative along a direction is the derivative of the gradient: the difference of those a little
 * further on and a little before. Of more samples than a block has, through a convolution and a pooling. */
static void tangents_are_differences_of_gradients(void **state)
{
    enum { N = 20 };
    static struct tangents s;
    static float difference[2048];
    const float step = 0.01f;
    double largest = 0;
    (void)state;
    tangents_init(&s, (struct shape){MAPS, 1, 4, 4, 1},
                  "dropout 0, conv 3x3 3 pad 1, tanh, avgpool 2, flatten, dense 8, gelu, dense 1", N);
    struct nn_net *net = s.t->net;
    assert_true(s.graph.param_floats <= COUNT(difference));
    memset(difference, 0, sizeof difference);
    for (int side = -1; side <= 1; side += 2) {
        for (size_t k = 0; k < floats_of(s.graph.in, s.pass.blocks); k++)
            net->x[k] = s.x[k] + (float)side * step * s.along[k];
        nn_forward(net, &s.pass);
        memset(net->dz, 0, (size_t)s.pass.blocks * LANES * sizeof *net->dz);
        memcpy(net->dz, s.factor, N * sizeof *net->dz);
        nn_backward(net, &s.pass);
        for (size_t k = 0; k < s.graph.param_floats; k++)
            difference[k] += (float)side * net->dw[k] / (2 * step);
    }
    tangents_gradient(&s);
    for (size_t k = 0; k < s.graph.param_floats; k++)
        largest = fabs((double)difference[k]) > largest ? fabs((double)difference[k]) : largest;
    assert_true(largest > 0.1);
    for (size_t k = 0; k < s.graph.param_floats; k++)
        if (!(fabs((double)net->dw[k] - (double)difference[k]) < 1e-3 * largest))
            fail_msg("number %zu is %g, the difference %g", k, (double)net->dw[k], (double)difference[k]);
    tangents_release(&s);
}

/* Activations whose slope jumps beside a curve have no tangents, those of straight lines have. */
static void jumps_of_slopes_stop_tangents(void **state)
{
    static const struct {
        const char *layers;
        int stops;
    } cases[] = {{"dense 4, selu, dense 1", 1},          {"dense 4, hardswish, dense 1", 1},
                 {"dense 4, elu alpha 0.5, dense 1", 1}, {"dense 4, elu, dense 1", 0},
                 {"dense 4, relu6, dense 1", 0},         {"dense 4, leaky_relu 0.2, dense 1", 0}};
    static struct adversaries w;
    (void)state;
    for (size_t c = 0; c < COUNT(cases); c++) {
        struct nn_graph g;
        arena_init(&w.f.mem);
        build(&w, &g, (struct shape){VECTOR, FEATURES, 1, 1, 1}, cases[c].layers, NULL);
        const struct nn_node *stops = nn_tangent_stops(&g, 0);
        assert_true(cases[c].stops ? stops == &g.node[1] : !stops);
        arena_release(&w.f.mem);
    }
}

static const char one_critic_step[] = "loss=gan kind=leaky optimizer=sgd lr=0.05 critic_steps=1 critic_lr=0 judge=5";

/* What is no number is no distance, and 0 the least of all. */
static void what_is_no_number_is_judged_as_none(void **state)
{
    enum { N = 8 };
    static struct adversaries w;
    _Alignas(64) static float seen[2][LANES * FEATURES];
    struct arena a;
    uint32_t key[LANES] = {0};
    (void)state;
    adversaries_init(&w, one_critic_step, "");
    struct judging *judge = fixture_run(&w.f, &a)->task.judge;
    /* 0: all is well; 1: of a sample, 2: of what is made; 3: of the judge's own weights */
    for (int c = 0; c < 4; c++) {
        float frechet = 0, inception = 0;
        for (int made = 0; made < 2; made++)
            wave_lanes(N, FEATURES, 40 + 300 * made, 1, seen[made]);
        if (c == 1 || c == 2)
            seen[c - 1][5] = c == 1 ? INFINITY : NAN;
        w.w[0] = c == 3 ? NAN : w.w[0];
        judge_prepare(judge);
        judge_begin(judge, c % 2);
        for (int made = 0; made < 2; made++)
            judge_see(judge, N, seen[made], key, made);
        judge_values(judge, &frechet, &inception);
        assert_true(c ? isnan(frechet) : frechet > 0);
        assert_true(c > 1 ? isnan(inception) || c == 3 : inception >= 1);
    }
    arena_release(&a);
    fixture_release(&w.f);
}

/* A network with a critic begins with noise, one of texts with tokens: neither reads samples. */
static void judges_are_classifiers_of_numbers(void **state)
{
    static struct adversaries w;
    struct err e = {0}, why = {0};
    struct train_judge other;
    (void)state;
    adversaries_init(&w, one_critic_step, "");
    const struct shape sample = {VECTOR, FEATURES, 1, 1, 1};
    assert_int_equal(train_judge_check(&w.judge, sample, &e), 0);
    other = w.judge;
    other.graph = &w.f.graph;
    assert_int_equal(train_judge_check(&other, w.f.graph.in, &e), -1);
    assert_non_null(strstr(e.text, "it has a critic"));
    w.judge_graph.vocabulary = 9;
    assert_int_equal(train_judge_check(&w.judge, sample, &why), -1);
    assert_non_null(strstr(why.text, "it reads tokens"));
    fixture_release(&w.f);
}

/* Things are compared in the epoch's last full batch: a small one at its end says nothing of them. */
static void diversity_is_that_of_full_batches(void **state)
{
    static const char *const more[] = {"batch_size=16", "batch_size=16 drop_last=yes", "batch_size=8"};
    static struct adversaries w;
    struct arena a;
    float diversity[COUNT(more)];
    (void)state;
    for (size_t i = 0; i < COUNT(more); i++) {
        adversaries_init(&w, one_critic_step, more[i]);
        diversity[i] = epoch_ok(fixture_run(&w.f, &a)).diversity;
        arena_release(&a);
        fixture_release(&w.f);
    }
    assert_true(diversity[0] > 0 && diversity[0] == diversity[1]);
    assert_true(isnan(diversity[2]));
}

int test_adversarial(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(trainings_are_those_of_torch),
                                       cmocka_unit_test(measuring_and_restoring_change_nothing),
                                       cmocka_unit_test(nodes_without_steps_change_no_tangents),
                                       cmocka_unit_test(tangents_are_differences_of_gradients),
                                       cmocka_unit_test(jumps_of_slopes_stop_tangents),
                                       cmocka_unit_test(what_is_no_number_is_judged_as_none),
                                       cmocka_unit_test(judges_are_classifiers_of_numbers),
                                       cmocka_unit_test(diversity_is_that_of_full_batches),
                                       cmocka_unit_test(eigenvalues_are_found)};
    return cmocka_run_group_tests_name("adversarial", tests, NULL, NULL);
}
