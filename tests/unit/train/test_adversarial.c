/* Two networks that learn from each other: whole trainings, both networks' weights and what a judge says of them,
 * against PyTorch and SciPy; what a generator makes is the same whatever batches it is measured in. */
#include "fixture.h"
#include "golden.h"
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
    const int batchnorm = !strncmp(kind, "batchnorm", 9), tanh = !strncmp(kind, "tanh", 4);
    struct fixture *f = &w->f;
    const struct shape noise = {VECTOR, TOY_NOISE, 1, 1, 1}, sample = {VECTOR, FEATURES, 1, 1, 1};
    data_init(w);
    build(w, &f->graph, noise, batchnorm ? "dense 5, batchnorm, relu, dense 6" : "dense 5, tanh, dense 6",
          tanh ? "dense 5, tanh, dense 1" : "dense 5, leaky_relu, dense 1");
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

int test_adversarial(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(trainings_are_those_of_torch),
                                       cmocka_unit_test(measuring_and_restoring_change_nothing),
                                       cmocka_unit_test(eigenvalues_are_found)};
    return cmocka_run_group_tests_name("adversarial", tests, NULL, NULL);
}
