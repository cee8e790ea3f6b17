/* Augmentation against a plain bilinear warp in double, against PyTorch, and what it must never depend on. */
#include "data_test.h"

#include "base/str.h"
#include "data/images/augment.h"
#include "data/images/warp_row.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 140
static uint8_t picture[SIDE * SIDE];

static void make_picture(int h, int w)
{
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            picture[y * w + x] = (uint8_t)((37 * x + 101 * y + 13 * x * y) % 256);
}

static double pixel(int h, int w, int y, int x)
{
    return y < 0 || x < 0 || y >= h || x >= w ? 0 : picture[y * w + x];
}

/* Definition: pixel (y, x) of the result, everything in double. */
static double naive(const struct motion *m, int h, int w, int y, int x)
{
    if (m->flip)
        x = w - 1 - x;
    x += m->crop_x;
    y += m->crop_y;
    if (x < 0 || y < 0 || x >= w || y >= h)
        return 0;
    double u = x - (w - 1) / 2.0, v = y - (h - 1) / 2.0, c = cos(m->angle) / m->zoom, s = sin(m->angle) / m->zoom;
    double sx = c * u - s * v + m->dx + (w - 1) / 2.0, sy = s * u + c * v + m->dy + (h - 1) / 2.0;
    int ix = (int)floor(sx), iy = (int)floor(sy);
    double fx = sx - ix, fy = sy - iy;
    return (pixel(h, w, iy, ix) * (1 - fx) + pixel(h, w, iy, ix + 1) * fx) * (1 - fy) +
           (pixel(h, w, iy + 1, ix) * (1 - fx) + pixel(h, w, iy + 1, ix + 1) * fx) * fy;
}

static void warp_all(const struct motion *m, int h, int w, float scale, float shift, float *out)
{
    struct warp p;
    uint8_t *exact = malloc((size_t)(h * w)); /* so that the sanitizer sees a byte read beyond */
    memcpy(exact, picture, (size_t)(h * w));
    warp_init(&p, m, 1, h, w);
    for (int y = 0; y < h; y++)
        warp_row(&p, exact, y, scale, shift, out + y * w, 1);
    free(exact);
}

/* Values are off by 1/50 at most, coordinates by 2^-17 for each pixel between them and the centre, and neighbours
 * differ by up to 255, on both axes. */
static double tolerance(int h, int w)
{
    return 0.02 + (h + w <= WARP_SIDES ? ((h + w) / 2 + 10) * 0x1p-17 * 2 * 255 : 0);
}

static void agrees(const struct motion *m, int h, int w)
{
    static float got[SIDE * SIDE + 1];
    make_picture(h, w);
    got[h * w] = -777;
    warp_all(m, h, w, 1, 0, got);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            double want = naive(m, h, w, y, x);
            if (!(fabs(got[y * w + x] - want) < tolerance(h, w)))
                fail_msg("%dx%d angle %g zoom %g shift %g %g crop %d %d flip %d: [%d][%d] %g, expected %g", h, w,
                         m->angle, m->zoom, m->dx, m->dy, m->crop_x, m->crop_y, m->flip, y, x, (double)got[y * w + x],
                         want);
        }
    assert_true(got[h * w] == -777);
}

static void warps_as_the_definition_says(void **state)
{
    static const int sizes[][2] = {{1, 1},   {1, 9},   {2, 2},   {3, 7},   {8, 8},
                                   {28, 28}, {32, 17}, {40, 40}, {5, 140}, {131, 70}};
    struct rng r;
    (void)state;
    rng_init(&r, 5, RNG_TEST, 0, 0);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        for (int i = 0; i < 60; i++) {
            struct motion m = {.zoom = 1};
            if (i & 1)
                m.angle = (double)rng_signed(&r) * (i & 16 ? 3.1 : 0.2);
            if (i & 2)
                m.zoom = 1 + (double)rng_signed(&r) * 0.7;
            if (i & 4) {
                m.dx = (double)rng_signed(&r) * (i & 32 ? 30 : 2);
                m.dy = (double)rng_signed(&r) * 2;
            }
            if (i & 8) {
                m.crop_x = (int)rng_below(&r, 13) - 6;
                m.crop_y = (int)rng_below(&r, 13) - 6;
                m.flip = (int)rng_below(&r, 2);
            }
            agrees(&m, sizes[k][0], sizes[k][1]);
        }
}

static double next_number(char **s)
{
    char *end;
    double v = strtod(*s, &end);
    assert_true(end != *s);
    *s = *end == ',' ? end + 1 : end;
    return v;
}

static void warps_as_pytorch_does(void **state)
{
    static char line[1 << 16];
    FILE *f = fopen(TEST_SOURCE_DIR "/data/data_augment.csv", "r");
    int cases = 0;
    (void)state;
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    for (; fgets(line, sizeof line, f); cases++) {
        static float got[SIDE * SIDE];
        char *s = line;
        int h = (int)next_number(&s), w = (int)next_number(&s);
        struct motion m = {0};
        m.angle = next_number(&s) * (M_PI / 180);
        m.zoom = next_number(&s);
        m.dx = next_number(&s);
        m.dy = next_number(&s);
        make_picture(h, w);
        warp_all(&m, h, w, 1, 0, got);
        for (int i = 0; i < h * w; i++) {
            double want = next_number(&s);
            if (!(fabs(got[i] - want) < tolerance(h, w)))
                fail_msg("case %d, value %d: %g, PyTorch has %g", cases, i, (double)got[i], want);
        }
    }
    fclose(f);
    assert_int_equal(cases, 8);
}

static void whole_pixels_are_exact(void **state)
{
    float a[64], b[64];
    struct motion shift = {.zoom = 1, .dx = 2, .dy = -1}, crop = {.zoom = 1, .crop_x = 2, .crop_y = -1};
    (void)state;
    make_picture(8, 8);
    warp_all(&shift, 8, 8, 1, 0, a); /* the affine road and the road of whole pixels */
    warp_all(&crop, 8, 8, 1, 0, b);
    assert_memory_equal(a, b, sizeof a);
    struct motion turn = {.angle = 0, .zoom = 1, .dx = 1e-30}; /* affine, but no motion */
    warp_all(&turn, 8, 8, 1, 0, a);
    for (int i = 0; i < 64; i++)
        assert_true(a[i] == (float)picture[i]);
}

static void fills_with_raw_zero_before_normalization(void **state)
{
    float out[64];
    struct motion away = {.zoom = 1, .dx = 100}, cut = {.zoom = 1, .crop_x = 100};
    (void)state;
    make_picture(8, 8);
    warp_all(&away, 8, 8, 2, -0.5f, out);
    for (int i = 0; i < 64; i++)
        assert_true(out[i] == -0.5f);
    warp_all(&cut, 8, 8, 1, 0, out);
    for (int i = 0; i < 64; i++)
        assert_true(out[i] == 0);
}

/* optdigits with this augmentation: n samples from `first` on, each as its own row of 64. */
struct fixture {
    struct dataset d;
    struct arena a;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct data_spec s = spec_of("optdigits", "");
    struct err e = {0};
    arena_init(&f->a);
    *state = f;
    return dataset_load(&f->d, &s, &e);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    dataset_release(&f->d);
    arena_release(&f->a);
    free(f);
    return 0;
}

static struct data_view view_with(struct fixture *f, const char *augment)
{
    struct data_spec s = spec_of("optdigits", "");
    struct data_view v;
    s.augment = augment;
    view_of(&v, &f->d, &s, &f->a);
    return v;
}

static float *batch(struct fixture *f, const struct data_view *v, const uint32_t *at, int n, uint64_t seed,
                    uint32_t epoch)
{
    float *x = arena_take(&f->a, (size_t)((n + 15) / 16) * 1024 * sizeof *x);
    int32_t label[256];
    uint32_t sample[256];
    assert_true(n <= 256);
    batch_of(kernels_pick(NULL), v, DATA_TRAIN, at, n, DRAW(seed, epoch), x, label, sample);
    return x;
}

static void same_image(const float *x, int i, const float *y, int j)
{
    for (int p = 0; p < 64; p++)
        if (x[(i / 16 * 64 + p) * 16 + i % 16] != y[(j / 16 * 64 + p) * 16 + j % 16])
            fail_msg("image %d of one, %d of the other: pixel %d", i, j, p);
}

static void a_sample_is_the_same_in_any_batch(void **state)
{
    struct fixture *f = *state;
    struct data_view v = view_with(f, "rotate 20, shift 1.5, zoom 0.2, hflip, crop 1");
    uint32_t at[100], back[100];
    for (uint32_t i = 0; i < 100; i++) {
        at[i] = 5 * i + 1;
        back[i] = 5 * (99 - i) + 1;
    }
    float *x = batch(f, &v, at, 100, 9, 4), *y = batch(f, &v, back, 100, 9, 4);
    for (int i = 0; i < 100; i++) {
        same_image(x, i, y, 99 - i);
        same_image(x, i, batch(f, &v, at + i, 1, 9, 4), 0);
    }
    for (int lane = 4; lane < 16; lane++) /* 100 = 6 * 16 + 4 */
        for (int p = 0; p < 64; p++)
            assert_true(x[(6 * 64 + p) * 16 + lane] == 0);
}

/* A sample that a batch has twice is changed by the streams that it is given, which may be those of other samples. */
static void a_stream_takes_the_place_of_the_sample(void **state)
{
    struct fixture *f = *state;
    struct data_view v = view_with(f, "rotate 20, shift 1.5");
    static _Alignas(64) unsigned char scratch[1 << 18];
    uint32_t at[2] = {7, 7}, key[2], stream[2] = {7, 8};
    int32_t label[2];
    float *x = arena_take(&f->a, 1024 * sizeof *x), *plain = batch(f, &v, at, 2, 9, 4);
    struct batch b = {
        .k = kernels_pick(NULL), .scratch = scratch, .x = x, .label = label, .key = key, .stream = stream};
    stream[0] = v.index[DATA_TRAIN][7];
    data_batch(&v, DATA_TRAIN, at, 2, DRAW(9, 4), &b);
    same_image(plain, 0, plain, 1);
    same_image(x, 0, plain, 0);
    int changed = 0;
    for (int p = 0; p < 64; p++)
        changed += x[p * 16] != x[p * 16 + 1];
    assert_true(changed > 20 && key[0] == stream[0] && key[1] == stream[0]);
}

static int differing(const float *x, const float *y, int n)
{
    int images = 0;
    for (int i = 0; i < n; i++)
        for (int p = 0; p < 64; p++)
            if (x[(i / 16 * 64 + p) * 16 + i % 16] != y[(i / 16 * 64 + p) * 16 + i % 16]) {
                images++;
                break;
            }
    return images;
}

static void epoch_seed_and_sample_change_it(void **state)
{
    struct fixture *f = *state;
    struct data_view v = view_with(f, "rotate 20");
    uint32_t at[64], one[64];
    for (uint32_t i = 0; i < 64; i++) {
        at[i] = i;
        one[i] = 7;
    }
    float *x = batch(f, &v, at, 64, 1, 1);
    assert_int_equal(differing(x, batch(f, &v, at, 64, 1, 1), 64), 0);
    assert_true(differing(x, batch(f, &v, at, 64, 1, 2), 64) > 60);
    assert_true(differing(x, batch(f, &v, at, 64, 2, 1), 64) > 60);
    assert_true(differing(x, batch(f, &v, at, 64, (uint64_t)1 << 32 | 1, 1), 64) > 60);
    float *same = batch(f, &v, one, 64, 1, 1);
    same_image(same, 0, same, 63);
}

static void nothing_asked_is_nothing_done(void **state)
{
    static const char *const idle[] = {"", "none", "rotate 0, shift 0, zoom 0", "crop 0, hflip 0"};
    struct fixture *f = *state;
    struct data_view plain = view_with(f, "");
    uint32_t at[40];
    for (uint32_t i = 0; i < 40; i++)
        at[i] = 3 * i;
    float *x = batch(f, &plain, at, 40, 1, 1);
    for (size_t k = 0; k < sizeof idle / sizeof *idle; k++) {
        struct data_view v = view_with(f, idle[k]);
        assert_memory_equal(batch(f, &v, at, 40, 1, 1), x, 3 * 1024 * sizeof *x);
    }
    struct data_view v = view_with(f, "rotate 20"); /* and augment = 0 means none */
    float *y = arena_take(&f->a, 3 * 1024 * sizeof *y);
    int32_t label[40];
    uint32_t sample[40];
    batch_of(kernels_pick(NULL), &v, DATA_TRAIN, at, 40, NULL, y, label, sample);
    assert_memory_equal(y, x, 3 * 1024 * sizeof *x);
}

static void hflip_mirrors_and_twice_is_nothing(void **state)
{
    struct fixture *f = *state;
    struct data_view plain = view_with(f, ""), v = view_with(f, "hflip 1");
    uint32_t at[16];
    for (uint32_t i = 0; i < 16; i++)
        at[i] = i;
    float *x = batch(f, &plain, at, 16, 1, 1), *once = batch(f, &v, at, 16, 1, 1);
    for (int p = 0; p < 64; p++)
        for (int lane = 0; lane < 16; lane++)
            assert_true(once[p * 16 + lane] == x[(p / 8 * 8 + 7 - p % 8) * 16 + lane]);
    static uint8_t mirrored[64 * 3823];
    for (size_t i = 0; i < sizeof mirrored; i++)
        mirrored[i] = pixels_of(&f->d, PART_TRAIN)[i / 8 * 8 + 7 - i % 8];
    struct field image = *data_input(&f->d);
    image.values[PART_TRAIN] = mirrored;
    v.transform[0].field = &image;
    assert_memory_equal(batch(f, &v, at, 16, 1, 1), x, 1024 * sizeof *x);
}

static void half_are_flipped(void **state)
{
    struct fixture *f = *state;
    struct data_view plain = view_with(f, ""), v = view_with(f, "hflip");
    uint32_t at[256];
    for (uint32_t i = 0; i < 256; i++)
        at[i] = i;
    int n = differing(batch(f, &plain, at, 256, 3, 1), batch(f, &v, at, 256, 3, 1), 256);
    assert_in_range(n, 96, 160); /* 128 +- 4 deviations of 8 */
}

static void draws_stay_within_their_limits(void **state)
{
    struct augment a;
    struct err e = {0};
    double most[4] = {0};
    int corner[5][5] = {{0}};
    (void)state;
    assert_int_equal(augment_parse(&a, "crop 2, zoom 0.25, shift 1.5, rotate 30, hflip 0.5", NULL, &e), 0);
    for (uint32_t i = 0; i < 20000; i++) {
        struct motion m;
        augment_draw(&a, 1, 1, 1, &i, &m, NULL);
        double v[4] = {fabs(m.angle) * (180 / M_PI) / 30, fabs(m.dx) / 1.5, fabs(m.dy) / 1.5, fabs(m.zoom - 1) / 0.25};
        for (int k = 0; k < 4; k++) {
            assert_true(v[k] <= 1);
            most[k] = v[k] > most[k] ? v[k] : most[k];
        }
        assert_true(m.crop_x >= -2 && m.crop_x <= 2 && m.crop_y >= -2 && m.crop_y <= 2);
        corner[m.crop_y + 2][m.crop_x + 2]++;
    }
    for (int k = 0; k < 4; k++)
        assert_true(most[k] > 0.999);
    for (int k = 0; k < 25; k++) /* 800 each, deviation 28 */
        assert_in_range(corner[k / 5][k % 5], 660, 940);
}

/* Adding a word must not change what the others draw: trials along an axis of augmentations stay comparable. */
static void words_do_not_disturb_each_other(void **state)
{
    struct augment a, b;
    struct err e = {0};
    (void)state;
    assert_int_equal(augment_parse(&a, "rotate 30, crop 3", NULL, &e), 0);
    assert_int_equal(augment_parse(&b, "crop 3, hflip 1, shift 2, rotate degrees 30", NULL, &e), 0);
    for (uint32_t i = 0; i < 50; i++) {
        struct motion m, n;
        augment_draw(&a, 1, 1, 1, &i, &m, NULL);
        augment_draw(&b, 1, 1, 1, &i, &n, NULL);
        assert_true(m.angle == n.angle && m.crop_x == n.crop_x && m.crop_y == n.crop_y);
        assert_true(m.dx == 0 && n.dx != 0 && !m.flip && n.flip);
    }
}

/* The same bits for every compiler and flag; a change here changes every augmented result. */
static void the_bits_are_pinned(void **state)
{
    struct fixture *f = *state;
    struct data_view v = view_with(f, "rotate 20, shift 1.5, zoom 0.2, hflip, crop 1");
    uint32_t at[256];
    for (uint32_t i = 0; i < 256; i++)
        at[i] = 13 * i;
    float *x = batch(f, &v, at, 256, 11, 3);
    assert_int_equal(str_hash(STR_HASH, x, 16 * 1024 * sizeof *x), 0xfdc5fe3366a122d);
}

int run_augment_tests(void)
{
#define WITH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(warps_as_the_definition_says),
        cmocka_unit_test(warps_as_pytorch_does),
        cmocka_unit_test(whole_pixels_are_exact),
        cmocka_unit_test(fills_with_raw_zero_before_normalization),
        WITH(a_sample_is_the_same_in_any_batch),
        WITH(a_stream_takes_the_place_of_the_sample),
        WITH(epoch_seed_and_sample_change_it),
        WITH(nothing_asked_is_nothing_done),
        WITH(hflip_mirrors_and_twice_is_nothing),
        WITH(half_are_flipped),
        cmocka_unit_test(draws_stay_within_their_limits),
        cmocka_unit_test(words_do_not_disturb_each_other),
        WITH(the_bits_are_pinned),
    };
    return cmocka_run_group_tests_name("augment", tests, NULL, NULL);
}
