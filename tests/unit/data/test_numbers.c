/* Fields of floats: normalization by feature, splits without classes, numbers to predict, and their place in a batch.
 */
#include "data_test.h"
#include "kernels/kernels.h"

#include <math.h>
#include <string.h>

enum { FEATURES = 3, NUMBERS = 2, N = 40 };
static float features[N * FEATURES], numbers[N * NUMBERS];

/* Feature 0 has a large mean, feature 1 is constant (and no sum of it over a number of samples is exact), feature 2 is
 * 0..39 in another order. */
static struct dataset table(void)
{
    struct dataset d = {.name = "table", .n = {N, N}};
    for (int i = 0; i < N; i++) {
        features[i * FEATURES] = 5000 + (float)(i % 7);
        features[i * FEATURES + 1] = 0.1f;
        features[i * FEATURES + 2] = (float)(i * 11 % N);
        for (int k = 0; k < NUMBERS; k++)
            numbers[i * NUMBERS + k] = (float)(10 * i + k);
    }
    dataset_of_vectors(&d, FEATURES, 0, NULL);
    d.field[1].shape.c = NUMBERS;
    for (int part = 0; part < DATA_PARTS; part++) {
        d.field[0].values[part] = features;
        d.field[1].values[part] = numbers;
    }
    return d;
}

/* What a batch of one sample has for feature k of sample `key`. */
static double batch_value(const struct data_view *v, enum data_split split, uint32_t at, int k, uint32_t *key)
{
    static _Alignas(64) float x[FEATURES * LANES], target[NUMBERS * LANES];
    struct batch b = {.k = kernels_pick(NULL), .x = x, .target = target, .key = key};
    data_batch(v, split, &at, 1, NULL, &b);
    return (double)x[k * LANES];
}

static void features_are_normalized_by_the_training_split(void **state)
{
    struct dataset d = table();
    struct data_spec s = spec_of("optdigits", "");
    struct data_view v;
    struct arena a;
    (void)state;
    arena_init(&a);
    s.train = 10;
    s.validation = 20;
    for (int how = NORMALIZE_STANDARD; how <= NORMALIZE_NONE; how++) {
        s.normalize = how;
        view_of(&v, &d, &s, &a);
        assert_true(v.n[DATA_TRAIN] == 10 && v.n[DATA_VALIDATION] == 20 && v.n[DATA_TEST] == N);
        for (int k = 0; k < FEATURES; k++) {
            double mean = 0, squares = 0, low = INFINITY, high = -INFINITY;
            for (size_t i = 0; i < 10; i++) {
                double x = (double)features[v.index[DATA_TRAIN][i] * FEATURES + (size_t)k];
                mean += x;
                low = fmin(low, x);
                high = fmax(high, x);
            }
            mean = high > low ? mean / 10 : low;
            for (size_t i = 0; i < 10; i++)
                squares += pow((double)features[v.index[DATA_TRAIN][i] * FEATURES + (size_t)k] - mean, 2) / 10;
            double from = how == NORMALIZE_STANDARD ? mean : how == NORMALIZE_UNIT ? low : 0;
            double width = how == NORMALIZE_STANDARD ? sqrt(squares) : how == NORMALIZE_UNIT ? high - low : 1;
            for (uint32_t i = 0; i < 20; i++) { /* of validation, by what training says */
                uint32_t key;
                double got = batch_value(&v, DATA_VALIDATION, i, k, &key);
                double want = ((double)features[key * FEATURES + (uint32_t)k] - from) / (width > 0 ? width : 1);
                assert_close(got, want, 1e-6, 1e-3); /* x is 5000 times its deviation */
                assert_int_equal(key, v.index[DATA_VALIDATION][i]);
            }
        }
    }
    arena_release(&a);
}

static void numbers_are_laid_out_in_blocks_of_16(void **state)
{
    static const int sizes[] = {1, 15, 16, 17, 36};
    struct dataset d = table();
    struct data_spec s = spec_of("optdigits", "");
    struct data_view v;
    struct arena a;
    static _Alignas(64) float x[3 * FEATURES * LANES + 1], target[3 * NUMBERS * LANES + 1];
    uint32_t at[N], key[N];
    (void)state;
    arena_init(&a);
    s.normalize = NORMALIZE_NONE;
    view_of(&v, &d, &s, &a);
    assert_int_equal(v.targets, NUMBERS);
    assert_int_equal(v.n[DATA_TRAIN], 36);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        int n = sizes[k], blocks = blocks_of(n);
        struct batch b = {.k = kernels_pick(NULL), .x = x, .target = target, .key = key};
        for (int i = 0; i < n; i++)
            at[i] = (uint32_t)((i * 7 + 3) % 36);
        for (size_t i = 0; i < sizeof x / sizeof *x; i++)
            x[i] = target[i < sizeof target / sizeof *target ? i : 0] = -777;
        data_batch(&v, DATA_TRAIN, at, n, &(struct data_draw){1, 1}, &b);
        assert_true(b.n == n && b.blocks == blocks);
        for (int i = 0; i < blocks * LANES; i++) {
            uint32_t from = i < n ? v.index[DATA_TRAIN][at[i]] : 0;
            for (int c = 0; c < FEATURES; c++)
                assert_true(x[(i / LANES * FEATURES + c) * LANES + i % LANES] ==
                            (i < n ? features[from * FEATURES + (uint32_t)c] : 0));
            for (int c = 0; c < NUMBERS; c++)
                assert_true(target[(i / LANES * NUMBERS + c) * LANES + i % LANES] ==
                            (i < n ? numbers[from * NUMBERS + (uint32_t)c] : 0));
        }
        assert_true(x[blocks * FEATURES * LANES] == -777 && target[blocks * NUMBERS * LANES] == -777);
    }
    arena_release(&a);
}

static void a_split_without_classes_is_drawn_from_all(void **state)
{
    struct dataset d = table();
    struct data_spec s = spec_of("optdigits", "");
    struct data_view v, other;
    struct arena a;
    int used[N] = {0};
    const char *first = "";
    (void)state;
    arena_init(&a);
    s.train = 25;
    s.validation = 15;
    view_of(&v, &d, &s, &a);
    for (int split = DATA_TRAIN; split <= DATA_VALIDATION; split++)
        for (size_t i = 0; i < v.n[split]; i++)
            used[v.index[split][i]]++;
    for (int i = 0; i < N; i++)
        assert_int_equal(used[i], 1);
    s.seed = 1;
    view_of(&other, &d, &s, &a);
    assert_true(memcmp(v.index[0], other.index[0], 25 * sizeof **v.index) != 0);
    assert_int_equal(data_empty_classes(&d, v.n, &first), 0);
    assert_true(data_view_hash(1, &v) != data_view_hash(1, &other));
    s.normalize = NORMALIZE_NONE;
    struct data_view same;
    view_of(&same, &d, &s, &a);
    assert_true(data_view_hash(1, &same) != data_view_hash(1, &other));
    arena_release(&a);
}

int run_numbers_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_are_normalized_by_the_training_split),
        cmocka_unit_test(numbers_are_laid_out_in_blocks_of_16),
        cmocka_unit_test(a_split_without_classes_is_drawn_from_all),
    };
    return cmocka_run_group_tests_name("numbers", tests, NULL, NULL);
}
