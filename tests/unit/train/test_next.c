/* Telling what comes next: the loss, its gradient and the metrics against sums written out in double, where samples are
 * shorter than others and lanes are dead; and a training that learns a text by heart. */
#include "base/rng.h"
#include "fixture.h"
#include "train/task.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { POSITIONS = 5, TOKENS = 7, SAMPLES = 20, BLOCKS = 2, ROWS = BLOCKS * POSITIONS * LANES, TRAIN = 30, TEST = 6 };

struct next_fixture {
    struct fixture f;
    int32_t id[(TRAIN + TEST) * POSITIONS + 2];
};

/* A text that goes round: token i is i mod `round` but for every eleventh, which is 6 where `odd`. */
static void next_init(struct next_fixture *n, int round, int odd, const char *layers, const char *settings)
{
    static const float letters[TOKENS] = {1, 2, 1, 1, 3, 1, 1};
    struct fixture *f = &n->f;
    struct nn_line line = {.text = layers};
    struct nn_spec nn = {0};
    struct err_list errs = {0};
    struct err e = {0};
    struct shape shape;
    memset(n, 0, sizeof *n);
    arena_init(&f->mem);
    for (int i = 0; i < (TRAIN + TEST) * POSITIONS + 2; i++)
        n->id[i] = odd && i % 11 == 10 ? 6 : i % round;
    f->set = (struct dataset){.name = "round", .n = {TRAIN, TEST}, .letters = letters};
    dataset_of_texts(&f->set, POSITIONS, TOKENS);
    for (int k = 0; k < 2; k++) {
        f->set.field[k].windows = 24;
        f->set.field[k].values[PART_TRAIN] = n->id;
        f->set.field[k].values[PART_TEST] = n->id + TRAIN * POSITIONS + 1;
    }
    param_defaults(data_params, &f->data);
    param_defaults(nn_params, &nn);
    assert_int_equal(data_view_init(&f->view, &f->set, &f->data, &f->mem, &e), 0);
    spec_from(&f->spec, arena_fmt(&f->mem, "optimizer=adam lr=0.01 %s", settings));
    f->spec.metric = M_VAL_LOSS;
    f->spec.maximise = 0;
    const struct target_kind target = target_of(&f->set);
    const struct nn_target want = train_target(train_task(&f->spec, target), target, &shape);
    if (nn_graph_build(&f->graph, &line, 1, data_input(&f->set)->shape, want, &nn, &f->mem, &errs))
        fail_msg("%s", errs.v[0].text);
    f->job =
        (struct train_job){.spec = &f->spec, .graph = &f->graph, .view = &f->view, .k = kernels_pick(NULL), .seed = 3};
}

/* What the task says of outputs z, in double. */
struct written_out {
    double loss, cross_entropy, letters, dz[ROWS * TOKENS];
    int seen, right;
};

static void write_out(const struct batch *b, const float *z, double smoothing, const float *letters,
                      struct written_out *w)
{
    memset(w, 0, sizeof *w);
    for (int i = 0; i < b->n; i++)
        w->seen += b->lengths ? b->lengths[i] : POSITIONS;
    for (int i = 0; i < b->n; i++)
        for (int p = 0; p < (b->lengths ? b->lengths[i] : POSITIONS); p++) {
            const size_t row = (size_t)(i / LANES * POSITIONS + p), lane = (size_t)(i % LANES);
            const int label = b->label[row * LANES + lane];
            double sum = 0, mean = 0;
            int best = 0;
            for (size_t k = 0; k < TOKENS; k++)
                sum += exp((double)z[(row * TOKENS + k) * LANES + lane]);
            for (int k = 0; k < TOKENS; k++) {
                const size_t at = (row * TOKENS + (size_t)k) * LANES + lane;
                const double share = exp((double)z[at]) / sum;
                w->dz[at] = (share - smoothing / TOKENS - (k == label ? 1 - smoothing : 0)) / w->seen;
                mean -= log(share) / TOKENS;
                best = z[at] > z[(row * TOKENS + (size_t)best) * LANES + lane] ? k : best;
            }
            const double own = log(sum) - (double)z[(row * TOKENS + (size_t)label) * LANES + lane];
            w->cross_entropy += own;
            w->loss += (1 - smoothing) * own + smoothing * mean;
            w->letters += (double)letters[label];
            w->right += best == label;
        }
}

static void check_batch(const char *settings, double smoothing, int n, int ragged)
{
    static _Alignas(64) float z[ROWS * TOKENS], dz[ROWS * TOKENS];
    static int32_t label[ROWS], lengths[BLOCKS * LANES];
    static struct written_out w;
    struct next_fixture x;
    struct rng r;
    next_init(&x, 6, 1, "dense 7", settings);
    rng_init(&r, 11, RNG_TEST, (uint32_t)n, 0);
    for (int i = 0; i < ROWS * TOKENS; i++)
        z[i] = 3 * rng_signed(&r);
    for (int i = 0; i < ROWS; i++)
        label[i] = (int32_t)rng_below(&r, TOKENS);
    for (int i = 0; i < BLOCKS * LANES; i++)
        lengths[i] = i < n ? 1 + (int)rng_below(&r, POSITIONS) : 0;
    struct batch b = {
        .k = x.f.job.k, .label = label, .lengths = ragged ? lengths : NULL, .n = n, .blocks = blocks_of(n)};
    struct train_task t;
    struct train_taker memory = {.a = &x.f.mem};
    train_task_init(&t, &x.f.job);
    t.type->lay_out(&t, BLOCKS * LANES, &memory);
    write_out(&b, z, smoothing, x.f.set.letters, &w);
    t.type->begin(&t, 1);
    const double loss = t.type->step(&t, &b, z, dz);
    assert_close(loss, w.loss, 1e-5, 0);
    for (int i = 0; i < b.blocks * POSITIONS * TOKENS * LANES; i++)
        assert_close(dz[i], w.dz[i], 1e-4, 1e-7);
    float v[METRICS];
    t.type->values(&t, v);
    assert_close(v[METRIC_LOSS], w.loss / w.seen, 1e-5, 0);
    assert_close(v[METRIC_PERPLEXITY], exp(w.cross_entropy / w.seen), 1e-5, 0);
    assert_close(v[METRIC_BITS], w.cross_entropy / log(2) / w.letters, 1e-5, 0);
    assert_close(v[METRIC_ACCURACY], (double)w.right / w.seen, 1e-6, 0);
    t.type->begin(&t, 0);
    t.type->measure(&t, &b, z, 0, KEEP_NOTHING);
    t.type->values(&t, v);
    assert_close(v[METRIC_LOSS], w.cross_entropy / w.seen, 1e-5, 0); /* smoothing is for training alone */
    fixture_release(&x.f);
}

static void losses_and_gradients_are_those_written_out(void **state)
{
    (void)state;
    check_batch("", 0, 2 * LANES, 0);
    check_batch("", 0, SAMPLES, 0);
    check_batch("", 0, SAMPLES, 1);
    check_batch("label_smoothing=0.2", 0.2, SAMPLES, 1);
    check_batch("label_smoothing=0.2", 0.2, 1, 0);
}

/* Of a text that goes round every token tells the next one. The guess knows shares alone. */
static void a_text_is_learned_by_heart(void **state)
{
    struct next_fixture x;
    struct arena a;
    struct epoch_row row[100];
    struct train_result result;
    (void)state;
    next_init(&x, 3, 0, "dense 24, relu, dense 7", "epochs=100 lr=0.03 batch_size=8 eval_batch=5");
    struct training *r = fixture_run(&x.f, &a);
    const int epochs = train_all(r, row, 100);
    assert_close(row[0].guess_loss, log(3), 1e-3, 0);
    assert_close(row[0].guess_accuracy, 1.0 / 3, 1e-6, 0);
    assert_true(row[0].v[DATA_VALIDATION][METRIC_LOSS] > 0.9f);
    assert_true(row[epochs - 1].v[DATA_VALIDATION][METRIC_LOSS] < 0.05f);
    assert_true(row[epochs - 1].v[DATA_VALIDATION][METRIC_ACCURACY] == 1);
    train_finish(r, &result);
    assert_true(result.metric[metric_on(DATA_TEST, METRIC_ACCURACY)] == 1);
    assert_close(result.metric[metric_on(DATA_TEST, METRIC_PERPLEXITY)],
                 exp((double)result.metric[metric_on(DATA_TEST, METRIC_LOSS)]), 1e-5, 0);
    arena_release(&a);
    fixture_release(&x.f);
}

static void the_size_of_batches_that_measure_is_not_seen(void **state)
{
    float v[2][METRICS];
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct next_fixture x;
        struct arena a;
        next_init(&x, 5, 1, "dense 9, tanh, dense 7", k ? "epochs=2 eval_batch=1" : "epochs=2 eval_batch=64");
        struct training *r = fixture_run(&x.f, &a);
        epoch_ok(r);
        train_look(r, DATA_TEST, v[k]);
        arena_release(&a);
        fixture_release(&x.f);
    }
    assert_memory_equal(v[0], v[1], sizeof v[0]);
}

static void what_does_not_fit_is_refused(void **state)
{
    static const struct {
        const char *settings, *says;
    } row[] = {
        {"", NULL},
        {"task=classify", "task: classify wants classes, dataset round has tokens; write next"},
        {"task=reconstruct", "task: reconstruct wants values of the input, dataset round has tokens; write next"},
        {"loss=mse", "loss: mse is not a loss of next; write cross_entropy"},
        {"label_smoothing=0.1", NULL},
        {"class_weights=balanced", "class_weights: next has no classes to weigh"},
        {"mixup=0.2", "mixup: mixes samples of two classes, and next has none"},
        {"sampling=balanced", "sampling: next has no classes to balance"},
    };
    struct next_fixture x;
    (void)state;
    next_init(&x, 3, 0, "dense 7", "");
    for (size_t i = 0; i < COUNT(row); i++) {
        struct train_spec s;
        struct err e = {0};
        const char *key = NULL;
        char text[600] = "";
        spec_from(&s, row[i].settings);
        if (train_task_check(&s, &x.f.set, &key, &e))
            snprintf(text, sizeof text, "%s: %s", key, e.text);
        if (row[i].says ? !strstr(text, row[i].says) : *text)
            fail_msg("%s: '%s'", row[i].settings, text);
    }
    struct train_spec mixed;
    struct err e = {0};
    const char *key = NULL;
    spec_from(&mixed, "mixup=0.2");
    dataset_of_vectors(&x.f.set, 3, 4, dataset_digits); /* texts with classes */
    x.f.set.field[0] = field_of_texts(POSITIONS, TOKENS);
    assert_int_equal(train_task_check(&mixed, &x.f.set, &key, &e), -1);
    assert_non_null(strstr(e.text, "mixes the numbers of samples, and those of dataset round are texts"));
    fixture_release(&x.f);
}

int test_next(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_and_gradients_are_those_written_out),
        cmocka_unit_test(a_text_is_learned_by_heart),
        cmocka_unit_test(the_size_of_batches_that_measure_is_not_seen),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests_name("next", tests, NULL, NULL);
}
