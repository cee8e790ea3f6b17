/* Normalization, and batches in the layout of the kernels. */
#include "data_test.h"

#include "kernels/kernels.h"

#include <math.h>
#include <string.h>

enum { C = 3, H = 2, W = 5, N = 40, RECORD = C * H * W };
static uint8_t pixels[N * RECORD], labels[N];

static struct dataset colours(void)
{
    for (int i = 0; i < N * RECORD; i++)
        pixels[i] = (uint8_t)((uint32_t)i * 2654435761u >> 24);
    for (int i = 0; i < N; i++)
        labels[i] = (uint8_t)(i % 4);
    return toy(C, H, W, 4, pixels, labels, N, N);
}

static void moments(const struct dataset *d, const struct data_view *v, int c, double *mean, double *deviation)
{
    double sum = 0, squares = 0, n = 0;
    for (size_t i = 0; i < v->n[0]; i++)
        for (int k = 0; k < d->field[0].shape.h * d->field[0].shape.w; k++, n++)
            sum += pixels_of(d, PART_TRAIN)[((size_t)v->index[0][i] * (size_t)d->field[0].shape.c + (size_t)c) *
                                                (size_t)(d->field[0].shape.h * d->field[0].shape.w) +
                                            (size_t)k];
    *mean = sum / n;
    for (size_t i = 0; i < v->n[0]; i++)
        for (int k = 0; k < d->field[0].shape.h * d->field[0].shape.w; k++) {
            double x = pixels_of(d, PART_TRAIN)[((size_t)v->index[0][i] * (size_t)d->field[0].shape.c + (size_t)c) *
                                                    (size_t)(d->field[0].shape.h * d->field[0].shape.w) +
                                                (size_t)k];
            squares += (x - *mean) * (x - *mean);
        }
    *deviation = sqrt(squares / n);
}

static void standard_is_by_channel_of_the_training_split(void **state)
{
    struct dataset d = colours();
    struct data_spec s = spec_of("optdigits", "");
    struct data_view v;
    struct arena a;
    (void)state;
    arena_init(&a);
    s.train = 8;
    view_of(&v, &d, &s, &a);
    for (int c = 0; c < C; c++) {
        double mean, deviation;
        moments(&d, &v, c, &mean, &deviation);
        assert_true(fabs(v.transform[0].scale[c] * deviation - 1) < 1e-6);
        assert_true(fabs(v.transform[0].shift[c] + mean / deviation) < 1e-6);
    }
    s.normalize = NORMALIZE_UNIT;
    view_of(&v, &d, &s, &a);
    assert_true(v.transform[0].scale[2] == (float)(1.0 / 255) && v.transform[0].shift[2] == 0);
    s.normalize = NORMALIZE_NONE;
    view_of(&v, &d, &s, &a);
    assert_true(v.transform[0].scale[2] == 1 && v.transform[0].shift[2] == 0);
    arena_release(&a);
}

/* As the networks that others begin with were trained: torchvision.transforms.Normalize([0.485, 0.456, 0.406], [0.229,
 * 0.224, 0.225]) after ToTensor, and (x - 127) / 128. Where that is not of such pixels, it is refused. */
static void trained_networks_get_what_they_know(void **state)
{
    static const double mean[] = {0.485, 0.456, 0.406}, deviation[] = {0.229, 0.224, 0.225};
    struct dataset d = colours();
    struct data_spec s = spec_of("optdigits", "");
    struct data_view v;
    struct arena a;
    struct err e = {0};
    (void)state;
    arena_init(&a);
    s.train = 8;
    s.normalize = NORMALIZE_IMAGENET;
    view_of(&v, &d, &s, &a);
    for (int c = 0; c < 3; c++)
        for (int x = 0; x < 256; x += 51) {
            const double got = x * (double)v.transform[0].scale[c] + (double)v.transform[0].shift[c];
            assert_true(fabs(got - (x / 255.0 - mean[c]) / deviation[c]) < 1e-5);
        }
    s.normalize = NORMALIZE_CENTRED;
    view_of(&v, &d, &s, &a);
    assert_true(v.transform[0].scale[1] == 1.0f / 128 && v.transform[0].shift[1] == -127.0f / 128);
    s.normalize = NORMALIZE_IMAGENET;
    d.field[0].shape.c = 1;
    assert_int_equal(data_view_init(&v, &d, &s, &a, &e), -1);
    assert_non_null(strstr(e.text, "data.normalize: imagenet is of three colours"));
    s.normalize = NORMALIZE_CENTRED;
    d.field[0].max_value = 16;
    e = (struct err){0};
    assert_int_equal(data_view_init(&v, &d, &s, &a, &e), -1);
    assert_non_null(strstr(e.text, "data.normalize: centred is of pixels of 0 to 255"));
    arena_release(&a);
}

static void a_constant_channel_is_no_division_by_zero(void **state)
{
    struct dataset d = colours();
    struct data_spec s = spec_of("optdigits", "");
    struct data_view v;
    struct arena a;
    _Alignas(64) float x[3 * RECORD * 16];
    int32_t label[N];
    uint32_t at[N], sample[N];
    (void)state;
    arena_init(&a);
    for (int i = 0; i < N; i++)
        memset(pixels + i * RECORD + H * W, 200, H * W);
    view_of(&v, &d, &s, &a);
    assert_true(v.transform[0].scale[1] == (float)(1.0 / 255) && isfinite(v.transform[0].shift[1]));
    for (uint32_t i = 0; i < v.n[0]; i++)
        at[i] = i;
    batch_of(kernels_pick(NULL), &v, DATA_TRAIN, at, (int)v.n[0], NULL, x, label, sample);
    for (size_t i = 0; i < sizeof x / sizeof *x; i++)
        assert_true(isfinite(x[i]));
    assert_true(fabsf(x[W * 16]) < 1e-6f); /* image 0, row 0, channel 1 */
    arena_release(&a);
}

/* Sums do not see the order: 65536-byte pieces, many images, values at the top. */
static void statistics_are_exact(void **state)
{
    static uint8_t big[2 * 300 * 300], y[2] = {0, 1};
    struct dataset d = toy(1, 300, 300, 2, big, y, 2, 2);
    struct data_spec s = spec_of("optdigits", "");
    struct data_view v;
    struct arena a;
    (void)state;
    arena_init(&a);
    s.validation = 0;
    memset(big, 255, sizeof big);
    big[7] = 254;
    view_of(&v, &d, &s, &a);
    double n = sizeof big, variance = (1 / n) * (1 - 1 / n); /* one of n differs by 1 */
    assert_true(v.transform[0].scale[0] == (float)(1 / sqrt(variance)));
    arena_release(&a);
}

static float cell(const float *x, int image, int c, int y, int col)
{
    return x[((((size_t)(image / 16) * H + (size_t)y) * C + (size_t)c) * W + (size_t)col) * 16 + (size_t)image % 16];
}

static void batches_are_laid_out_in_blocks_of_16(void **state)
{
    static const int sizes[] = {1, 2, 15, 16, 17, 31, 32, 33, 36};
    struct dataset d = colours();
    struct data_spec s = spec_of("optdigits", "");
    struct data_view v;
    struct arena a;
    static _Alignas(64) float x[3 * RECORD * 16 + 1];
    int32_t label[N + 1];
    uint32_t at[N], sample[N + 1];
    (void)state;
    arena_init(&a);
    s.augment = "rotate 30";
    view_of(&v, &d, &s, &a);
    assert_int_equal(v.n[0], 36);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        int n = sizes[k], blocks = (n + 15) / 16;
        for (int i = 0; i < n; i++)
            at[i] = (uint32_t)((i * 7 + 3) % 36);
        for (size_t i = 0; i < sizeof x / sizeof *x; i++)
            x[i] = -777;
        label[n] = -777;
        sample[n] = 777;
        batch_of(kernels_pick(NULL), &v, DATA_TRAIN, at, n, NULL, x, label, sample);
        for (int i = 0; i < blocks * 16; i++)
            for (int c = 0; c < C; c++)
                for (int y = 0; y < H; y++)
                    for (int col = 0; col < W; col++) {
                        uint32_t from = i < n ? v.index[0][at[i]] : 0;
                        uint8_t p = pixels[((from * C + (uint32_t)c) * H + (uint32_t)y) * W + (uint32_t)col];
                        float want = i < n ? (float)p * v.transform[0].scale[c] + v.transform[0].shift[c] : 0;
                        if (cell(x, i, c, y, col) != want)
                            fail_msg("n=%d image %d [%d][%d][%d]: %g, expected %g", n, i, c, y, col,
                                     (double)cell(x, i, c, y, col), (double)want);
                    }
        for (int i = 0; i < n; i++) {
            assert_int_equal(sample[i], v.index[0][at[i]]);
            assert_int_equal(label[i], labels[sample[i]]);
        }
        assert_true(x[blocks * RECORD * 16] == -777 && label[n] == -777 && sample[n] == 777); /* nothing beyond */
    }
    arena_release(&a);
}

static void test_and_validation_come_from_their_own_samples(void **state)
{
    struct dataset d = colours();
    struct data_spec s = spec_of("optdigits", "");
    struct data_view v;
    struct arena a;
    static uint8_t other[N * RECORD], y[N];
    static _Alignas(64) float x[RECORD * 16];
    int32_t label;
    uint32_t sample, at = 2;
    (void)state;
    memset(other, 9, sizeof other);
    memset(y, 3, sizeof y);
    d.field[0].values[PART_TEST] = other;
    d.field[1].values[PART_TEST] = y;
    s.normalize = NORMALIZE_NONE;
    arena_init(&a);
    view_of(&v, &d, &s, &a);
    batch_of(kernels_pick(NULL), &v, DATA_TEST, &at, 1, NULL, x, &label, &sample);
    assert_true(x[0] == 9 && label == 3 && sample == 2);
    batch_of(kernels_pick(NULL), &v, DATA_VALIDATION, &at, 1, NULL, x, &label, &sample);
    assert_int_equal(sample, v.index[DATA_VALIDATION][2]);
    assert_true(x[0] == pixels[sample * RECORD]);
    arena_release(&a);
}

int run_batch_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standard_is_by_channel_of_the_training_split),
        cmocka_unit_test(trained_networks_get_what_they_know),
        cmocka_unit_test(a_constant_channel_is_no_division_by_zero),
        cmocka_unit_test(statistics_are_exact),
        cmocka_unit_test(batches_are_laid_out_in_blocks_of_16),
        cmocka_unit_test(test_and_validation_come_from_their_own_samples),
    };
    return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
