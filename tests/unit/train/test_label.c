/* Label maps: losses, their gradients and the metrics against PyTorch and scikit-learn; a training learns shapes; what
 * is mixed is mixed with its labels; what does not depend on the size of batches. */
#include "fixture.h"
#include "train/answers.h"
#include "train/task.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As tests/support/torch/label_golden.py has them. */
static double wave_of(int i)
{
    return sin(1.7 * i + fmod(0.3 * i * i, 11));
}

static int32_t label_of(int i, int classes, int holes)
{
    const int v = (int)(4 * (wave_of(3 * i + 2) + 1)) % 8;
    return holes && v == 5 ? -1 : v % (classes - 1);
}

extern const struct task_type task_label;

struct labelled {
    struct fixture f;
    struct shape maps; /* of the outputs */
    int n;
    uint8_t *x, *y;
};

/* n training samples of these shapes, half of them for tests too; the pixels say the class. */
static void labelled_init(struct labelled *l, int classes, int h, int w, int n, int holes, const char *layers,
                          const char *settings)
{
    struct fixture *f = &l->f;
    const size_t pixels = (size_t)h * (size_t)w;
    struct nn_spec nn = {0};
    struct nn_line line = {.text = layers};
    struct err_list errs = {0};
    struct err e = {0};
    memset(l, 0, sizeof *l);
    arena_init(&f->mem);
    l->maps = (struct shape){MAPS, classes, h, w, 1};
    l->n = n;
    l->x = arena_take(&f->mem, (size_t)n * pixels);
    l->y = arena_take(&f->mem, (size_t)n * pixels);
    for (int i = 0; i < n * h * w; i++) {
        const int32_t label = label_of(i, classes, holes);
        l->y[i] = label < 0 ? DATA_NO_CLASS : (uint8_t)label;
        l->x[i] = (uint8_t)(20 * (label + 1));
    }
    f->set = (struct dataset){.name = "labelled", .n = {(size_t)n, (size_t)n}};
    dataset_of_label_maps(&f->set, 1, h, w, 255, classes, dataset_digits);
    for (int part = 0; part < DATA_PARTS; part++) {
        f->set.field[0].values[part] = l->x;
        f->set.field[1].values[part] = l->y;
    }
    param_defaults(data_params, &f->data);
    param_defaults(nn_params, &nn);
    f->data.normalize = NORMALIZE_NONE;
    f->data.validation = 0;
    assert_int_equal(data_view_init(&f->view, &f->set, &f->data, &f->mem, &e), 0);
    if (nn_graph_build(&f->graph, &line, 1, data_input(&f->set)->shape,
                       (struct nn_target){classes, "classes", &l->maps}, &nn, &f->mem, &errs))
        fail_msg("%s", errs.v[0].text);
    spec_from(&f->spec, arena_fmt(&f->mem, "optimizer=adam lr=0.05 %s", settings));
    f->spec.metric = M_TRAIN_LOSS;
    f->spec.maximise = 0;
    f->job =
        (struct train_job){.spec = &f->spec, .graph = &f->graph, .view = &f->view, .k = kernels_pick(NULL), .seed = 3};
}

/* One case of the golden file. */
struct label_case {
    int classes, h, w, n, holes;
    char settings[200];
};

static void check_gradient(FILE *file, const struct label_case *c, const struct labelled *l, const float *dz)
{
    int sample;
    while (fscanf(file, " dz %d", &sample) == 1)
        for (int k = 0; k < c->classes; k++)
            for (int y = 0; y < c->h; y++)
                for (int x = 0; x < c->w; x++) {
                    double want;
                    const float got = dz[lane_at(l->maps, sample, k, y, x)];
                    assert_int_equal(fscanf(file, " %lf", &want), 1);
                    if (!is_close(got, want, 2e-5, 1e-7))
                        fail_msg("%s: dz of sample %d, class %d, (%d, %d) is %.9g, want %.9g", c->settings, sample, k,
                                 y, x, (double)got, want);
                }
    for (int i = c->n; i < blocks_of(c->n) * LANES; i++)
        for (int k = 0; k < c->classes * c->h * c->w; k++)
            assert_true(dz[lane_at((struct shape){MAPS, 1, c->classes * c->h * c->w, 1, 1}, i, 0, k, 0)] == 0);
}

static void check_value(const struct label_case *c, const char *what, double got, double want)
{
    if (!is_close(got, want, 0, 4e-6 * fmax(1, fabs(want))))
        fail_msg("%s: %s is %.9g, want %.9g", c->settings, what, got, want);
}

/* The outputs of the case, laid out as a network does. */
static float *case_outputs(const struct label_case *c, const struct labelled *l)
{
    const size_t floats = floats_of(l->maps, blocks_of(c->n));
    float *z = aligned_alloc(64, floats * sizeof *z);
    assert_non_null(z);
    memset(z, 0, floats * sizeof *z);
    for (int i = 0, at = 1; i < c->n; i++)
        for (int k = 0; k < c->classes; k++)
            for (int y = 0; y < c->h; y++)
                for (int x = 0; x < c->w; x++)
                    z[lane_at(l->maps, i, k, y, x)] = (float)(3 * wave_of(at++));
    return z;
}

static void check_case(FILE *file, const struct label_case *c)
{
    struct labelled l;
    struct arena a;
    double loss, want[4];
    float v[METRICS];
    char layers[32], settings[260];
    snprintf(layers, sizeof layers, "conv 1x1 %d", c->classes);
    snprintf(settings, sizeof settings, "batch_size=64 %s", c->settings);
    labelled_init(&l, c->classes, c->h, c->w, c->n, c->holes, layers, settings);
    struct training *r = fixture_run(&l.f, &a);
    float *z = case_outputs(c, &l), *dz = case_outputs(c, &l);
    uint32_t *at = arena_take(&l.f.mem, (size_t)c->n * sizeof *at);
    for (int i = 0; i < c->n; i++)
        at[i] = (uint32_t)i;
    r->batch.x = r->net->x;
    data_batch(&l.f.view, DATA_TRAIN, at, c->n, NULL, &r->batch);
    r->task.type->begin(&r->task, 1);
    r->task.type->step(&r->task, &r->batch, z, dz);
    train_values(r, v);
    assert_int_equal(fscanf(file, " loss %lf", &loss), 1);
    check_value(c, "the loss", (double)v[METRIC_LOSS], loss);
    check_gradient(file, c, &l, dz);
    r->task.type->begin(&r->task, 0);
    r->task.type->measure(&r->task, &r->batch, z, 0, KEEP_TEST);
    train_values(r, v);
    assert_int_equal(fscanf(file, " metrics %lf %lf %lf %lf", &want[0], &want[1], &want[2], &want[3]), 4);
    check_value(c, "the accuracy", (double)v[METRIC_ACCURACY], want[0]);
    check_value(c, "iou", (double)v[METRIC_IOU], want[1]);
    check_value(c, "dice", (double)v[METRIC_DICE], want[2]);
    check_value(c, "the measured loss", (double)v[METRIC_LOSS], want[3]);
    free(z);
    free(dz);
    arena_release(&a);
    fixture_release(&l.f);
}

static void losses_and_metrics_agree_with_torch_and_sklearn(void **state)
{
    struct label_case c;
    unsigned seen[32] = {0};
    int cases = 0;
    (void)state;
    FILE *file = fopen(TEST_SOURCE_DIR "/data/train_label.txt", "r");
    assert_non_null(file);
    for (; fscanf(file, " case %d %d %d %d %d %199[^\n]", &c.classes, &c.h, &c.w, &c.n, &c.holes, c.settings) == 6;
         cases++) {
        struct train_spec s;
        spec_from(&s, c.settings);
        seen[s.loss] = 1;
        check_case(file, &c);
    }
    assert_true(feof(file) && cases > 20);
    fclose(file);
    for (size_t k = 0; task_label.losses[k]; k++)
        for (size_t i = 0; loss_types[i]; i++)
            if (loss_types[i] == task_label.losses[k] && !seen[i + 1])
                fail_msg("no golden values of %s", loss_types[i]->name);
}

/* The classes are brightnesses here: every loss learns them, whatever the size of batches that measure, and keeps what
 * the pictures want of the first samples. */
static void every_loss_learns_and_no_batch_size_shows(void **state)
{
    static const char *const loss[] = {"cross_entropy", "focal", "dice smooth=0.01"};
    (void)state;
    for (size_t i = 0; i < COUNT(loss); i++) {
        float v[2][METRICS];
        double kept[2] = {0};
        for (int way = 0; way < 2; way++) {
            struct labelled l;
            struct arena a;
            struct train_result out;
            char settings[120];
            snprintf(settings, sizeof settings, "loss=%s epochs=40 batch_size=8 eval_batch=%d select=last", loss[i],
                     way ? 3 : 64);
            labelled_init(&l, 4, 3, 5, 37, 1, "conv 3x3 8 pad same, batchnorm, relu, conv 1x1 4", settings);
            struct training *r = fixture_run(&l.f, &a);
            struct epoch_row row = {0};
            while (!train_done(r))
                row = epoch_ok(r);
            train_finish(r, &out);
            memcpy(v[way], &out.metric[metric_on(DATA_TEST, 0)], sizeof v[way]);
            assert_true(v[way][METRIC_ACCURACY] > 0.95f && v[way][METRIC_IOU] > 0.9f && v[way][METRIC_DICE] > 0.9f);
            assert_true(row.guess_loss > 1.5f * row.v[DATA_TRAIN][METRIC_LOSS] && row.guess_accuracy > 0.25f &&
                        row.guess_accuracy < 0.7f);
            assert_true(out.ntables == 2 && !strcmp(out.table[1].name, TRAIN_PICTURES) && out.table[1].rows == 15);
            for (int k = 0; k < out.table[1].rows * out.table[1].cols; k++)
                kept[way] += out.table[1].v[k] * (k + 1);
            arena_release(&a);
            fixture_release(&l.f);
        }
        assert_memory_equal(v[0], v[1], sizeof v[0]);
        assert_true(kept[0] == kept[1]);
    }
}

/* The pixels say the class before and after. */
static void cutmix_moves_labels_with_pixels(void **state)
{
    struct labelled l;
    struct arena a;
    int changed = 0;
    (void)state;
    labelled_init(&l, 4, 6, 7, 37, 1, "conv 1x1 4", "cutmix=1 batch_size=37");
    struct training *r = fixture_run(&l.f, &a);
    uint32_t at[37];
    for (uint32_t i = 0; i < 37; i++)
        at[i] = i;
    for (uint64_t batch = 0; batch < 8; batch++) {
        r->round = 1;
        r->batch.x = r->net->x;
        r->batch.other = NULL;
        data_batch(&l.f.view, DATA_TRAIN, at, 37, NULL, &r->batch);
        train_mix_batch(r, batch);
        assert_null(r->batch.other);
        for (int i = 0; i < 37 * 42; i++) {
            const size_t lane = lane_at((struct shape){MAPS, 1, 6, 7, 1}, i / 42, 0, i / 7 % 6, i % 7);
            assert_true(r->batch.x[lane] == (float)(20 * (r->batch.label[lane] + 1)));
            changed += r->batch.x[lane] != (float)l.x[i];
        }
    }
    assert_true(changed > 37 * 42 / 4);
    arena_release(&a);
    fixture_release(&l.f);
}

static void what_label_maps_do_not_have_is_refused(void **state)
{
    static const struct {
        const char *settings, *key;
    } c[] = {{"cutmix=1", NULL},
             {"mixup=0.2", "mixup"},
             {"sampling=balanced", "sampling"},
             {"loss=hinge", "loss"},
             {"task=classify", "task"},
             {"loss=dice label_smoothing=0.1", "label_smoothing"},
             {"loss=focal", NULL},
             {"task=label", NULL},
             {"task=regress", "task"},
             {"class_weights=1,2", "class_weights"}};
    (void)state;
    for (size_t i = 0; i < COUNT(c); i++) {
        struct labelled l;
        struct err e = {0};
        const char *key = NULL;
        labelled_init(&l, 3, 2, 2, 20, 0, "conv 1x1 3", c[i].settings);
        if (train_task_check(&l.f.spec, &l.f.set, &key, &e) != -(c[i].key != NULL) ||
            (c[i].key && strcmp(c[i].key, key)))
            fail_msg("%s: %s: %s", c[i].settings, key, e.text);
        fixture_release(&l.f);
    }
}

int test_label(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_and_metrics_agree_with_torch_and_sklearn),
        cmocka_unit_test(every_loss_learns_and_no_batch_size_shows),
        cmocka_unit_test(cutmix_moves_labels_with_pixels),
        cmocka_unit_test(what_label_maps_do_not_have_is_refused),
    };
    return cmocka_run_group_tests_name("label", tests, NULL, NULL);
}
