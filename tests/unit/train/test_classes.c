/* What is measured of the answers to questions of classes: against scikit-learn, and where it has no value. */
#include "fixture.h"
#include "train/tasks/class_findings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 160, CLASSES = 12, BLOCKS = (SAMPLES + LANES - 1) / LANES };

struct answers { /* of a network, as it puts them out */
    int n, classes;
    _Alignas(64) float z[BLOCKS * CLASSES * LANES];
    int32_t label[SAMPLES];
};

static struct answers made;

static void set_output(struct answers *a, int sample, int class, float v)
{
    a->z[lane_at((struct shape){VECTOR, a->classes, 1, 1, 1}, sample, class, 0, 0)] = v;
}

/* Measures the answers, `batch` of them at a time. */
static void measure_answers(const struct answers *a, int batch, float v[METRICS])
{
    static double confusion[CLASSES * CLASSES];
    static float score[CLASSES * SAMPLES], each[SAMPLES];
    static uint8_t truth[SAMPLES], taken[SAMPLES];
    static uint32_t order[2 * SAMPLES];
    static int32_t answer[SAMPLES];
    static _Alignas(64) float share[BLOCKS * CLASSES * LANES];
    struct class_counts c = {.classes = a->classes,
                             .most = SAMPLES,
                             .confusion = confusion,
                             .score = score,
                             .truth = truth,
                             .taken = taken,
                             .order = order};
    const struct kernels *k = kernels_pick(NULL);
    class_counts_begin(&c, 1);
    for (int from = 0; from < a->n; from += batch) {
        const int n = a->n - from < batch ? a->n - from : batch;
        const float *z = a->z + from * a->classes; /* batch: whole blocks */
        k->softmax_xent(n, a->classes, z, a->label + from, 0, 1, each, share, NULL);
        class_counts_add(&c, n, z, share, each, a->label + from, answer);
    }
    for (int m = 0; m < METRICS; m++)
        v[m] = NAN;
    class_counts_values(&c, v);
}

static void read_answers(FILE *f, struct answers *a)
{
    double v;
    memset(a->z, 0, sizeof a->z);
    assert_true(a->n <= SAMPLES && a->classes <= CLASSES);
    for (int i = 0; i < a->n; i++) {
        assert_int_equal(fscanf(f, "%d", &a->label[i]), 1);
        for (int k = 0; k < a->classes; k++) {
            assert_int_equal(fscanf(f, "%lf", &v), 1);
            set_output(a, i, k, (float)v);
        }
    }
}

/* Compares the line of metrics; returns the bits of those that it has. */
static unsigned check_metrics(FILE *f, const char *name, const float v[METRICS])
{
    char line[1024], *save = NULL;
    unsigned seen = 0;
    assert_true(fscanf(f, " metrics") == 0 && fgets(line, sizeof line, f));
    for (char *word = strtok_r(line, " \n", &save); word; word = strtok_r(NULL, " \n", &save)) {
        int m = 0;
        while (m < METRICS && strcmp(train_metrics[m].what, word) != 0)
            m++;
        assert_true(m < METRICS);
        const double want = strtod(strtok_r(NULL, " \n", &save), NULL);
        if (isnan(want) ? !isnan(v[m]) : !is_close(v[m], want, 1e-6, 1e-6))
            fail_msg("%s of %s is %.9g, want %.9g", word, name, v[m], want);
        seen |= 1u << m;
    }
    return seen;
}

static void metrics_are_those_of_scikit_learn(void **state)
{
    char path[1024], name[64];
    int cases = 0;
    (void)state;
    snprintf(path, sizeof path, "%s/data/train_classes.txt", TEST_SOURCE_DIR);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    for (; fscanf(f, " case %63s %d %d", name, &made.classes, &made.n) == 3; cases++) {
        float v[METRICS], again[METRICS];
        read_answers(f, &made);
        measure_answers(&made, SAMPLES, v);
        const unsigned measured = class_counts_metrics(made.classes), seen = check_metrics(f, name, v);
        assert_true(seen == measured);
        measure_answers(&made, LANES, again); /* the size of batches is not seen */
        assert_memory_equal(v, again, sizeof v);
    }
    fclose(f);
    assert_int_equal(cases, 11);
}

/* Of equal outputs the first is the answer, and among the largest three the last come first. */
static void equal_outputs_have_an_order(void **state)
{
    float v[METRICS];
    (void)state;
    made.n = 4;
    made.classes = 4;
    for (int i = 0; i < made.n; i++) {
        made.label[i] = i;
        for (int k = 0; k < made.classes; k++)
            set_output(&made, i, k, 1);
    }
    measure_answers(&made, SAMPLES, v);
    assert_true(v[METRIC_ACCURACY] == 0.25f && v[METRIC_TOP3] == 0.75f);
    made.n = 1;
    measure_answers(&made, SAMPLES, v);
    assert_true(v[METRIC_ACCURACY] == 1 && v[METRIC_TOP3] == 0);
}

/* One class alone, and no sample at all: what has no value is not made up. */
static void what_has_no_value_is_missing(void **state)
{
    float v[METRICS];
    (void)state;
    made.n = 0;
    made.classes = 6;
    measure_answers(&made, SAMPLES, v);
    for (int m = 0; m < METRICS; m++)
        assert_true(isnan(v[m]));
    made.n = 1;
    made.label[0] = 0;
    for (int k = 0; k < made.classes; k++)
        set_output(&made, 0, k, k == 0 ? 3 : 0);
    measure_answers(&made, SAMPLES, v);
    assert_true(isnan(v[METRIC_AUC]) && isnan(v[METRIC_KAPPA]));
    assert_true(v[METRIC_PRECISION] == 1 && v[METRIC_F1] == 1 && v[METRIC_MATTHEWS] == 0);
}

/* Every epoch has all metrics of both splits, but for the AUC of the training split, which is there where it selects.
 */
static void an_epoch_has_them_all(void **state)
{
    const unsigned all = class_counts_metrics(TOY_CLASSES) | 1u << METRIC_LOSS;
    (void)state;
    for (int selects = 0; selects < 2; selects++) {
        struct fixture f;
        struct arena a;
        fixture_init(&f, TOY_MLP, "epochs=2 batch_size=20 mixup=0.2 label_smoothing=0.1", 60, selects ? 0 : 20, 24);
        f.spec.metric = M_VAL_AUC;
        struct training *r = fixture_run(&f, &a);
        const struct epoch_row row = epoch_ok(r);
        for (int m = 0; m < METRICS; m++) {
            const int train = all >> m & 1 && (m != METRIC_AUC || selects);
            if (isnan(row.v[DATA_TRAIN][m]) == train)
                fail_msg("train_%s is %g", train_metrics[m].what, row.v[DATA_TRAIN][m]);
            if (isnan(row.v[DATA_VALIDATION][m]) == (all >> m & 1 && !selects))
                fail_msg("val_%s is %g", train_metrics[m].what, row.v[DATA_VALIDATION][m]);
        }
        assert_int_equal(r->p.best.epoch, 1);
        arena_release(&a);
        fixture_release(&f);
    }
}

static const struct train_table *table_of(const struct train_result *out, const char *name)
{
    for (int i = 0; i < out->ntables; i++)
        if (!strcmp(out->table[i].name, name))
            return &out->table[i];
    fail_msg("it leaves no table %s", name);
    return NULL;
}

/* What a training leaves of the test split says the same as its metrics. */
static void findings_fit_the_metrics(void **state)
{
    struct fixture f;
    struct arena a;
    struct train_result out;
    double wrong = 0, error = 0, samples = 0, worst = 2;
    (void)state;
    fixture_init(&f, TOY_MLP, "epochs=1 batch_size=20 eval_batch=7", 60, 20, 53);
    struct training *r = fixture_run(&f, &a);
    epoch_ok(r);
    train_finish(r, &out);
    const struct train_table *said = table_of(&out, TRAIN_ANSWERS), *bins = table_of(&out, TRAIN_CALIBRATION);
    const struct train_table *curves = table_of(&out, TRAIN_CURVES), *pictures = table_of(&out, TRAIN_PICTURES);
    for (int i = 0; i < 53; i++) {
        const struct class_answer s = class_answer_of(said->v[i], TOY_CLASSES);
        assert_int_equal(s.truth, i % TOY_CLASSES);
        wrong += s.taken != s.truth;
    }
    assert_true(out.metric[M_TEST_ACCURACY] == (float)((53 - wrong) / 53));
    for (int b = 0; b < CALIBRATION_BINS; b++) {
        error += fabs(bins->v[3 * b + 1] - bins->v[3 * b + 2]) / 53;
        samples += bins->v[3 * b];
    }
    assert_close(error, out.metric[M_TEST_ECE], 1e-6, 0);
    assert_true(samples == 53);
    for (int k = 0; k < TOY_CLASSES; k++) {
        double of_class = 0, all = 0;
        for (int b = 0; b < 2 * CURVE_BINS; b++) {
            of_class += b < CURVE_BINS ? curves->v[k * 2 * CURVE_BINS + b] : 0;
            all += curves->v[k * 2 * CURVE_BINS + b];
        }
        assert_true(all == 53 && of_class == (k == 0 ? 14 : 13));
    }
    assert_true(wrong > 0 && pictures->rows == (wrong < WORST_MISTAKES ? wrong : WORST_MISTAKES));
    for (int i = 0; i < pictures->rows; i++) {
        const double *row = pictures->v + i * pictures->cols;
        const struct class_answer s = class_answer_of(row[PICTURE_ANSWER], TOY_CLASSES);
        const uint8_t *pixels = field_bytes(data_input(&f.set), PART_TEST) + (size_t)row[PICTURE_SAMPLE] * 64;
        uint8_t kept[64];
        picture_unpack(row + PICTURE_PIXELS, 64, kept);
        assert_memory_equal(kept, pixels, sizeof kept);
        assert_true(s.truth != s.taken && s.share <= worst && row[PICTURE_ROLE] == PICTURE_MISTAKE);
        assert_true(row[PICTURE_ANSWER] == said->v[(int)row[PICTURE_SAMPLE]]);
        worst = s.share;
    }
    arena_release(&a);
    fixture_release(&f);
}

/* What the journal keeps comes back; what a damaged one has leads nowhere outside. */
static void answers_come_back_from_their_numbers(void **state)
{
    static const double wrong[] = {-1, NAN, HUGE_VAL, 1e300, 0x1p53};
    static const float number[] = {0, -0.0f, 1e-40f, -3.5f, HUGE_VALF};
    uint8_t pixel[13] = {255, 0, 1, 2, 255, 255, 7, 0, 0, 0, 0, 0, 200}, back[13];
    double packed[3];
    (void)state;
    const struct class_answer a = class_answer_of(class_answer_code((struct class_answer){255, 254, 1}, 256), 256);
    assert_true(a.truth == 255 && a.taken == 254 && a.share == 1);
    for (size_t i = 0; i < COUNT(number); i++) {
        const float v = number_answer_of(number_answer_code(number[i]));
        assert_memory_equal(&v, &number[i], sizeof v);
    }
    assert_int_equal(picture_numbers(sizeof pixel), COUNT(packed));
    picture_pack(pixel, sizeof pixel, packed);
    picture_unpack(packed, sizeof back, back);
    assert_memory_equal(back, pixel, sizeof pixel);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        const struct class_answer w = class_answer_of(wrong[i], 3);
        assert_true(w.truth >= 0 && w.truth < 3 && w.taken >= 0 && w.taken < 3 && w.share >= 0 && w.share <= 1);
        number_answer_of(wrong[i]);
        picture_unpack(&wrong[i], 6, back);
    }
}

int test_classes(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_are_those_of_scikit_learn), cmocka_unit_test(equal_outputs_have_an_order),
        cmocka_unit_test(what_has_no_value_is_missing),      cmocka_unit_test(an_epoch_has_them_all),
        cmocka_unit_test(findings_fit_the_metrics),          cmocka_unit_test(answers_come_back_from_their_numbers),
    };
    return cmocka_run_group_tests_name("classes", tests, NULL, NULL);
}
