/* What is done to images after they were moved: against torchvision where that has it, else against the definition. */
#include "data_test.h"

#include "data/images/retouch.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { H = 9, W = 7, WIDE = 48, IMAGES = 5 };
static _Alignas(64) float x[3 * WIDE * WIDE * LANES], scratch[6 * WIDE * WIDE * LANES];
static const float scale[] = {0.5f, 0.02f, 3}, shift[] = {-1, 7, 0.25f};

static struct block block_of(int c, int h, int w)
{
    return (struct block){.k = kernels_pick(NULL), .n = IMAGES, .c = c, .h = h, .w = w, .scale = scale, .shift = shift};
}

static float *value_at(const struct block *b, int c, int y, int column, int image)
{
    return x + (((size_t)y * (size_t)b->c + (size_t)c) * (size_t)b->w + (size_t)column) * LANES + image;
}

static double value_of(const struct block *b, int c, int y, int column, int image)
{
    return ((double)*value_at(b, c, y, column, image) - (double)shift[c]) / (double)scale[c] / 255;
}

static void fill_block(const struct block *b, int (*pixel)(int c, int y, int column))
{
    for (int y = 0; y < b->h; y++)
        for (int c = 0; c < b->c; c++)
            for (int column = 0; column < b->w; column++)
                for (int i = 0; i < LANES; i++)
                    *value_at(b, c, y, column, i) = (float)pixel(c, y, column) * scale[c] + shift[c];
}

static int formula(int c, int y, int column)
{
    return (37 * column + 101 * y + 13 * column * y + 59 * c) % 256;
}

static int ramp(int c, int y, int column)
{
    (void)c, (void)y;
    return 5 * column;
}

static int flat(int c, int y, int column)
{
    (void)c, (void)y, (void)column;
    return 128;
}

static void set_word(struct retouch *r, const char *word, const double v[4], unsigned *which)
{
    static const struct {
        const char *word;
        size_t at;
    } field[] = {{"contrast", offsetof(struct retouch, contrast)},
                 {"brightness", offsetof(struct retouch, brightness)},
                 {"jitter_contrast", offsetof(struct retouch, jitter_contrast)},
                 {"saturation", offsetof(struct retouch, saturation)},
                 {"hue", offsetof(struct retouch, hue)}};
    *r = (struct retouch)RETOUCH_NONE;
    *which = RETOUCH_COLOUR;
    for (size_t i = 0; i < sizeof field / sizeof *field; i++)
        if (!strcmp(field[i].word, word))
            memcpy((char *)r + field[i].at, v, sizeof *v);
    if (!strcmp(word, "vflip"))
        r->vflip = 1, *which = RETOUCH_VFLIP;
    if (!strcmp(word, "crop"))
        r->area = v[0], r->proportions = v[1], r->at_x = v[2], r->at_y = v[3], *which = RETOUCH_CROP;
}

/* The case in one lane, the other lanes left alone. */
static void check_case(FILE *f, const char *word, int channels, const double v[4], int lane)
{
    struct block b = block_of(channels, H, W);
    struct retouch r[LANES];
    unsigned which;
    for (int i = 0; i < LANES; i++)
        r[i] = (struct retouch)RETOUCH_NONE;
    set_word(&r[lane], word, v, &which);
    fill_block(&b, formula);
    block_retouch(&b, which, r, 255, 1, 1, scratch, x);
    for (int c = 0; c < channels; c++)
        for (int y = 0; y < H; y++)
            for (int column = 0; column < W; column++) {
                double want, got = value_of(&b, c, y, column, lane);
                assert_int_equal(fscanf(f, "%lf", &want), 1);
                if (fabs(got - want) > 2e-6)
                    fail_msg("%s %g of %d channels: value %d %d %d is %.9g, want %.9g", word, v[0], channels, c, y,
                             column, got, want);
                got = value_of(&b, c, y, column, (lane + 1) % IMAGES);
                assert_true(fabs(got - formula(c, y, column) / 255.0) < 2e-6);
            }
}

static void colours_and_places_are_those_of_torchvision(void **state)
{
    char path[1024], line[200], word[40];
    int cases = 0;
    (void)state;
    snprintf(path, sizeof path, "%s/data/data_retouch.txt", TEST_SOURCE_DIR);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    for (; fscanf(f, " %199[^\n]", line) == 1; cases++) {
        double v[4] = {0};
        int channels;
        assert_true(sscanf(line, "%39s %d %lf %lf %lf %lf", word, &channels, v, v + 1, v + 2, v + 3) >= 2);
        check_case(f, word, channels, v, cases % IMAGES);
    }
    fclose(f);
    assert_int_equal(cases, 27);
}

/* The displacement, seen on a ramp, has the deviation of smoothed uniform numbers times alpha, and neighbours are moved
 * alike; images of the same stream are bent alike, others not. */
static void elastic_bends_by_smoothed_fields(void **state)
{
    struct block b = block_of(1, WIDE, WIDE);
    struct retouch r[LANES];
    const double sigma = 2, alpha = 6;
    double weights = 0, squares = 0, sum = 0, square = 0, step = 0;
    int n = 0;
    (void)state;
    for (int i = 0; i < LANES; i++) {
        r[i] = (struct retouch)RETOUCH_NONE;
        r[i].alpha = alpha, r[i].sigma = sigma, r[i].stream = (uint32_t)(i == 1 ? 0 : i);
    }
    for (int k = -8; k <= 8; k++) {
        weights += exp(-0.5 * k * k / sigma / sigma);
        squares += exp(-1.0 * k * k / sigma / sigma);
    }
    fill_block(&b, ramp);
    block_retouch(&b, RETOUCH_ELASTIC, r, 255, 3, 1, scratch, x);
    for (int i = 0; i < IMAGES; i++)
        for (int y = 4; y < WIDE - 4; y++)
            for (int column = 4; column < WIDE - 5; column++, n++) {
                const double d = value_of(&b, 0, y, column, i) * 51 - column;
                const double next = value_of(&b, 0, y, column + 1, i) * 51 - column - 1;
                assert_true(fabs(d) < alpha);
                sum += d;
                square += d * d;
                step += (next - d) * (next - d);
                if (i == 1)
                    assert_true(*value_at(&b, 0, y, column, 1) == *value_at(&b, 0, y, column, 0));
            }
    const double want = alpha * sqrt(1.0 / 3) * squares / (weights * weights);
    const double deviation = sqrt(square / n - sum / n * (sum / n));
    if (deviation < 0.8 * want || deviation > 1.2 * want)
        fail_msg("displacements deviate by %g, want %g", deviation, want);
    assert_true(sqrt(step / n) < 0.5 * want); /* exp(-1 / (4 sigma^2)) of the variance is common to neighbours */
    int same = 0;
    for (int y = 4; y < WIDE - 4; y++)
        same += *value_at(&b, 0, y, 20, 2) == *value_at(&b, 0, y, 20, 3);
    assert_true(same < 4);
}

static void noise_has_its_deviation_and_is_cut(void **state)
{
    struct block b = block_of(3, WIDE, WIDE);
    struct retouch r[LANES];
    double sum = 0, square = 0;
    const int n = 3 * WIDE * WIDE * IMAGES;
    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        for (int i = 0; i < LANES; i++) {
            r[i] = (struct retouch)RETOUCH_NONE;
            r[i].noise = wide ? 5 : 0.1;
            r[i].stream = (uint32_t)i;
        }
        fill_block(&b, flat);
        block_retouch(&b, RETOUCH_NOISE, r, 255, 3, 1, scratch, x);
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < WIDE; y++)
                for (int column = 0; column < WIDE; column++)
                    for (int i = 0; i < IMAGES; i++) {
                        const double v = value_of(&b, c, y, column, i);
                        assert_true(v > -1e-6 && v < 1 + 1e-6);
                        sum += wide ? 0 : v - 128 / 255.0;
                        square += wide ? 0 : (v - 128 / 255.0) * (v - 128 / 255.0);
                    }
    }
    assert_true(fabs(sum / n) < 0.003 && fabs(sqrt(square / n) - 0.1) < 0.003);
    assert_true(*value_at(&b, 0, 0, 0, 0) != *value_at(&b, 0, 0, 0, 1));
}

/* About half of the images lose a rectangle of 2 to 33 % of their area, which is 0 after normalization. */
static void erase_takes_a_rectangle_away(void **state)
{
    struct augment a;
    struct err e = {0};
    struct block b = block_of(3, WIDE, WIDE);
    int erased = 0, places = 0;
    (void)state;
    assert_int_equal(augment_parse(&a, "erase", NULL, &e), 0);
    b.n = LANES;
    for (uint32_t from = 0; from < 10; from++) {
        struct motion m[LANES];
        struct retouch r[LANES];
        uint32_t sample[LANES];
        for (uint32_t i = 0; i < LANES; i++)
            sample[i] = LANES * from + i;
        augment_draw(&a, 1, 1, LANES, sample, m, r);
        fill_block(&b, flat);
        block_retouch(&b, a.retouches, r, 255, 1, 1, scratch, x);
        for (int i = 0; i < LANES; i++) {
            int top = WIDE, bottom = 0, left = WIDE, right = 0, n = 0;
            for (int y = 0; y < WIDE; y++)
                for (int column = 0; column < WIDE; column++)
                    if (*value_at(&b, 1, y, column, i) == 0) {
                        top = y < top ? y : top, bottom = y > bottom ? y : bottom;
                        left = column < left ? column : left, right = column > right ? column : right;
                        n++;
                    }
            if (!n)
                continue;
            erased++;
            places += top > 5 && left > 5;
            assert_int_equal(n, (bottom - top + 1) * (right - left + 1));
            assert_true(n > 0.015 * WIDE * WIDE && n < 0.35 * WIDE * WIDE);
        }
    }
    assert_true(erased > 55 && erased < 105 && places > 10);
}

/* A word draws the same numbers whatever stands beside it, and what it draws is in its range. */
static void draws_are_in_their_ranges(void **state)
{
    struct augment one, all;
    struct err e = {0};
    (void)state;
    assert_int_equal(augment_parse(&one, "jitter 0.4 0.3 0.2 0.1", NULL, &e), 0);
    assert_int_equal(
        augment_parse(&all, "vflip, jitter 0.4 0.3 0.2 0.1, resized_crop 0.5, rotate 5, contrast 0.5", NULL, &e), 0);
    assert_true(one.moves == 0 && all.moves == 1 && one.retouches == RETOUCH_COLOUR);
    int flipped = 0;
    double least[4] = {9, 9, 9, 9}, most[4] = {-9, -9, -9, -9};
    for (uint32_t i = 0; i < 2000; i++) {
        struct motion m;
        struct retouch r, s;
        augment_draw(&one, 7, 2, 1, &i, &m, &r);
        augment_draw(&all, 7, 2, 1, &i, &m, &s);
        const double v[] = {r.brightness - 1, r.jitter_contrast - 1, r.saturation - 1, r.hue};
        const double w[] = {s.brightness - 1, s.jitter_contrast - 1, s.saturation - 1, s.hue};
        assert_memory_equal(v, w, sizeof v);
        for (int k = 0; k < 4; k++) {
            least[k] = fmin(least[k], v[k]);
            most[k] = fmax(most[k], v[k]);
            assert_true(fabs(v[k]) <= 0.4 - 0.1 * k);
        }
        flipped += s.vflip;
        assert_true(s.area >= 0.5 && s.area <= 1 && s.proportions >= 0.75 - 1e-9 && s.proportions <= 4 / 3.0 + 1e-9);
        assert_true(s.contrast >= 0.5 && s.contrast <= 1.5 && r.contrast == 1 && r.area == 0);
    }
    for (int k = 0; k < 4; k++)
        assert_true(least[k] < -0.95 * (0.4 - 0.1 * k) && most[k] > 0.95 * (0.4 - 0.1 * k));
    assert_true(flipped > 900 && flipped < 1100);
}

/* In batches: the same for any size of the batch and at every level. */
static void a_retouched_sample_is_the_same_in_any_batch(void **state)
{
    static const char *const levels[] = {"ref", "avx2", "avx512"};
    struct arena a;
    struct dataset d;
    struct err e = {0};
    struct data_view v;
    struct data_spec s = spec_of("optdigits", "");
    uint32_t at[20], key[20];
    int32_t label[20];
    float *first = NULL;
    (void)state;
    s.augment = "rotate 9, resized_crop, vflip, elastic 20, contrast 0.4, jitter 0.4 0.4 0.4 0.2, noise 0.1, erase";
    arena_init(&a);
    assert_int_equal(dataset_load(&d, &s, &e), 0);
    assert_int_equal(data_view_init(&v, &d, &s, &a, &e), 0);
    for (uint32_t i = 0; i < 20; i++)
        at[i] = 3 * i;
    for (size_t l = 0; l < sizeof levels / sizeof *levels; l++) {
        const struct kernels *k = kernels_pick(levels[l]);
        float *all = arena_take(&a, 2 * 64 * LANES * sizeof *all), *alone = arena_take(&a, 64 * LANES * sizeof *alone);
        if (!k)
            continue;
        batch_of(k, &v, DATA_TRAIN, at, 20, DRAW(4, 2), all, label, key);
        first = first ? first : all;
        assert_memory_equal(first, all, 2 * 64 * LANES * sizeof *all);
        for (int i = 0; i < 20; i += 7) {
            batch_of(k, &v, DATA_TRAIN, at + i, 1, DRAW(4, 2), alone, label, key);
            for (int p = 0; p < 64; p++)
                assert_true(alone[p * LANES] == all[(i / 16 * 64 + p) * LANES + i % 16]);
        }
    }
    dataset_release(&d);
    arena_release(&a);
}

int run_retouch_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours_and_places_are_those_of_torchvision),
        cmocka_unit_test(elastic_bends_by_smoothed_fields),
        cmocka_unit_test(noise_has_its_deviation_and_is_cut),
        cmocka_unit_test(erase_takes_a_rectangle_away),
        cmocka_unit_test(draws_are_in_their_ranges),
        cmocka_unit_test(a_retouched_sample_is_the_same_in_any_batch),
    };
    return cmocka_run_group_tests_name("retouch", tests, NULL, NULL);
}
