/* mixup and cutmix: what is mixed is what their papers say, the loss of two labels is PyTorch's, the shares have their
 * distribution, and what is drawn depends on seed, epoch and step alone. */
#include "fixture.h"
#include "golden.h"
#include "train/task.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 5, SAMPLES = 37, CHANNELS = 2, ROWS = 4, COLS = 3 };
static const struct shape shape = {MAPS, CHANNELS, ROWS, COLS, 1};

/* A batch through the task whose first sample is the row's: all others have no part in its loss. */
static void check_mixed_loss(const struct golden *g)
{
    struct fixture f;
    struct arena a;
    int32_t label[SAMPLES] = {(int32_t)g->value[0]}, other[SAMPLES] = {(int32_t)g->value[1]};
    _Alignas(64) float z[3 * TOY_CLASSES * LANES] = {0}, dz[3 * TOY_CLASSES * LANES];
    char settings[300];
    snprintf(settings, sizeof settings, "mixup=1 %s", g->settings);
    fixture_init(&f, "flatten, dense 4", settings, 75, 22, 19);
    struct training *r = fixture_run(&f, &a);
    struct train_taker memory = {.a = &f.mem};
    r->task.outputs = CLASSES; /* more than the fixture has */
    r->task.type->lay_out(&r->task, LANES, &memory);
    struct batch b = {.k = f.job.k, .label = label, .other = other, .share = (float)g->value[2], .n = 1, .blocks = 1};
    for (int c = 0; c < CLASSES; c++)
        z[c * LANES] = (float)g->value[4 + c];
    r->task.type->begin(&r->task, 1);
    double loss = r->task.type->step(&r->task, &b, z, dz);
    if (!is_close(loss, g->value[3], 0, 4e-6 * fmax(1, fabs(g->value[3]))))
        fail_msg("%s: %.9g, want %.9g", g->settings, loss, g->value[3]);
    for (int c = 0; c < CLASSES; c++) {
        if (!is_close(dz[c * LANES], g->value[4 + CLASSES + c], 0, 4e-6))
            fail_msg("%s: dz%d is %.9g, want %.9g", g->settings, c, dz[c * LANES], g->value[4 + CLASSES + c]);
        for (int lane = 1; lane < LANES; lane++)
            assert_true(dz[c * LANES + lane] == 0);
    }
    float v[METRICS];
    train_values(r, v);
    const int32_t larger = b.share < 0.5f ? *other : *label;
    int answer = 0;
    for (int c = 1; c < CLASSES; c++)
        answer = z[c * LANES] > z[answer * LANES] ? c : answer;
    assert_true(v[METRIC_ACCURACY] == (answer == larger ? 1.0f : 0.0f));
    arena_release(&a);
    fixture_release(&f);
}

static void losses_of_two_labels_agree_with_torch(void **state)
{
    struct golden g;
    int rows = 0;
    (void)state;
    golden_open(&g, "train_mixing.csv");
    for (; golden_row(&g); rows++) {
        assert_int_equal(g.values, 4 + 2 * CLASSES);
        check_mixed_loss(&g);
    }
    golden_close(&g);
    assert_true(rows > 20);
}

static float number_at(int i, int c, int row, int col)
{
    return (float)(1000 * i + 100 * c + 10 * row + col);
}

static void samples_are_mixed_as_the_papers_say(void **state)
{
    static const struct mixing ways[] = {{.share = 0.75f}, {.share = 0.25f}, {0.5f, 1, 1, 3, 0, 2}, {1, 1, 2, 2, 2, 3}};
    const size_t floats = floats_of(shape, blocks_of(SAMPLES));
    float *x = malloc(floats * sizeof *x);
    (void)state;
    assert_non_null(x);
    for (size_t k = 0; k < COUNT(ways); k++) {
        const struct mixing *m = &ways[k];
        memset(x, 0, floats * sizeof *x);
        for (int i = 0; i < SAMPLES * CHANNELS * ROWS * COLS; i++) {
            int col = i % COLS, row = i / COLS % ROWS, c = i / COLS / ROWS % CHANNELS, n = i / COLS / ROWS / CHANNELS;
            x[lane_at(shape, n, c, row, col)] = number_at(n, c, row, col);
        }
        train_mix_samples(m, shape, SAMPLES, x);
        for (int i = 0; i < SAMPLES * CHANNELS * ROWS * COLS; i++) {
            int col = i % COLS, row = i / COLS % ROWS, c = i / COLS / ROWS % CHANNELS, n = i / COLS / ROWS / CHANNELS;
            float own = number_at(n, c, row, col), other = number_at(SAMPLES - 1 - n, c, row, col);
            int inside = row >= m->top && row < m->bottom && col >= m->left && col < m->right;
            float want = !m->cut ? m->share * own + (1 - m->share) * other : inside ? other : own;
            assert_true(x[lane_at(shape, n, c, row, col)] == want);
        }
        for (int i = SAMPLES; i < blocks_of(SAMPLES) * LANES; i++)
            assert_true(x[lane_at(shape, i, 0, 1, 1)] == 0); /* dead lanes */
    }
    free(x);
}

/* Beta(a, a) has the mean 1/2 and the variance 1 / (4 (2a + 1)); Beta(1, 1) is uniform. Of n draws the mean is off by
 * more than 5 deviations once in millions. */
static void shares_have_their_distribution(void **state)
{
    enum { N = 20000 };
    static const char *const alpha[] = {"0.01", "0.2", "1", "8", "1000"};
    (void)state;
    for (size_t k = 0; k < COUNT(alpha); k++) {
        struct train_spec s;
        char settings[40];
        double a = strtod(alpha[k], NULL), sum = 0, squares = 0, variance = 1 / (4 * (2 * a + 1));
        int tenth[10] = {0};
        snprintf(settings, sizeof settings, "mixup=%s", alpha[k]);
        spec_from(&s, settings);
        for (uint32_t i = 0; i < N; i++) {
            struct mixing m = train_mixing(&s, shape, 7, 1 + i / 100, i % 100);
            assert_true(m.share >= 0 && m.share <= 1 && !m.cut);
            sum += (double)m.share;
            squares += ((double)m.share - 0.5) * ((double)m.share - 0.5);
            tenth[m.share < 1 ? (int)(10 * m.share) : 9]++;
        }
        if (fabs(sum / N - 0.5) > 5 * sqrt(variance / N) || fabs(squares / N / variance - 1) > 0.06)
            fail_msg("Beta(%s): mean %g, variance %g, not %g", alpha[k], sum / N, squares / N, variance);
        for (int i = 0; a == 1 && i < 10; i++)
            assert_true(abs(tenth[i] - N / 10) < 5 * 43);
    }
}

static void rectangles_have_the_area_of_their_share(void **state)
{
    const struct shape large = {MAPS, 3, 28, 20, 1};
    struct train_spec s;
    double sum = 0;
    int both[2] = {0};
    (void)state;
    spec_from(&s, "cutmix=1");
    for (uint32_t i = 0; i < 4000; i++) {
        struct mixing m = train_mixing(&s, large, 3, 1, i);
        assert_true(m.cut && m.top >= 0 && m.top <= m.bottom && m.bottom <= 28);
        assert_true(m.left >= 0 && m.left <= m.right && m.right <= 20);
        assert_close(1 - m.share, (m.bottom - m.top) * (m.right - m.left) / (28.0 * 20), 0, 1e-6);
        sum += (double)m.share;
    }
    assert_true(sum / 4000 > 0.5 && sum / 4000 < 0.8); /* half, but for what lies outside and is cut off */
    spec_from(&s, "cutmix=1 mixup=1");
    for (uint32_t i = 0; i < 1000; i++)
        both[train_mixing(&s, large, 3, 1, i).cut]++;
    assert_true(both[0] > 420 && both[1] > 420);
}

static void what_is_drawn_depends_on_seed_epoch_and_step(void **state)
{
    struct train_spec s;
    (void)state;
    spec_from(&s, "mixup=0.4");
    const struct mixing m = train_mixing(&s, shape, 1, 2, 3), same = train_mixing(&s, shape, 1, 2, 3);
    const struct mixing other[] = {train_mixing(&s, shape, 2, 2, 3), train_mixing(&s, shape, 1, 3, 3),
                                   train_mixing(&s, shape, 1, 2, 4)};
    assert_memory_equal(&m, &same, sizeof m);
    for (size_t i = 0; i < COUNT(other); i++)
        assert_true(other[i].share != m.share);
}

static void what_cannot_be_mixed_is_refused(void **state)
{
    static const struct {
        const char *settings;
        int vectors;
        const char *key;
    } c[] = {{"mixup=0.2 cutmix=1", 0, NULL}, {"mixup=0.2", 1, NULL}, {"cutmix=1", 1, "cutmix"}};
    (void)state;
    for (size_t i = 0; i < COUNT(c); i++) {
        struct fixture f;
        struct err e = {0};
        const char *key = NULL;
        fixture_init(&f, "flatten, dense 4", c[i].settings, 48, 16, 16);
        if (c[i].vectors)
            f.set.field[0].shape = (struct shape){VECTOR, 64, 1, 1, 1};
        if (train_task_check(&f.spec, &f.set, &key, &e) != -(c[i].key != NULL) || (c[i].key && strcmp(c[i].key, key)))
            fail_msg("%s: %s: %s", c[i].settings, key, e.text);
        fixture_release(&f);
    }
}

int test_mixing(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_of_two_labels_agree_with_torch),
        cmocka_unit_test(samples_are_mixed_as_the_papers_say),
        cmocka_unit_test(shares_have_their_distribution),
        cmocka_unit_test(rectangles_have_the_area_of_their_share),
        cmocka_unit_test(what_is_drawn_depends_on_seed_epoch_and_step),
        cmocka_unit_test(what_cannot_be_mixed_is_refused),
    };
    return cmocka_run_group_tests_name("mixing", tests, NULL, NULL);
}
