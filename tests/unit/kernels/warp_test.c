/* Moved images at every level, against the plain expression. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ONE 65536

static int pixel(const uint8_t *plane, int h, int w, int y, int x)
{
    return y < 0 || x < 0 || y >= h || x >= w ? 0 : plane[y * w + x];
}

static int below(int a, int c, int f)
{
    return 128 * a + (int)floor(((c - a) * f + 256) / 512.0);
}

/* value of kernels.h, which is near what it stands for. */
static int plain(const uint8_t *plane, int h, int w, int sx, int sy)
{
    if (sx < -ONE || sy < -ONE || sx >= w * ONE || sy >= h * ONE)
        return 0;
    int x = (sx + ONE) / ONE - 1, y = (sy + ONE) / ONE - 1, fx = sx - x * ONE, fy = sy - y * ONE;
    int a = pixel(plane, h, w, y, x), b = pixel(plane, h, w, y, x + 1);
    int c = pixel(plane, h, w, y + 1, x), d = pixel(plane, h, w, y + 1, x + 1);
    int value = below(a, c, fy) * (ONE / 4 - fx / 4) + below(b, d, fy) * (fx / 4);
    double u = fx / (double)ONE, v = fy / (double)ONE;
    double exact = (a * (1 - u) + b * u) * (1 - v) + (c * (1 - u) + d * u) * v;
    assert_true(fabs(value * 0x1p-21 - exact) < 1 / 50.0);
    return value;
}

static int between(int least, int most)
{
    return least + (int)noise_below((uint32_t)(most - least + 1));
}

/* Coordinates just on either side of the borders, of the zeros round them, and far outside; or no farther out than the
 * zeros are. */
static int special(int size, int near)
{
    const int end = size * ONE, zeros = WARP_BORDER * ONE;
    const int values[] = {0,           1,           -1,
                          1 - ONE,     -ONE,        -ONE - 1,
                          ONE / 2,     end,         end - 1,
                          end + 1,     end - ONE,   end - ONE + 1,
                          -zeros,      1 - ONE,     end + 65000,
                          zeros - ONE, ONE / 4 * 3, end + zeros - ONE - 1,
                          -zeros - 1,  end + zeros, end + zeros - ONE,
                          1 << 29,     -(1 << 29)};
    return values[noise_below(near ? 18 : sizeof values / sizeof values[0])];
}

enum kind { ANYHOW, TURNED, SPECIAL, NEAR, AS_IT_IS };

struct images {
    struct sampling s;
    uint8_t *plane[LANES]; /* each of its own size, so that a sanitizer sees what is read beyond */
    const uint8_t *in[LANES], *next[LANES];
};

static void place(struct sampling *s, int l, enum kind kind)
{
    int h = s->h, w = s->w, turn = between(-ONE / 8, ONE / 8);
    s->x[l] = kind == ANYHOW ? between(-w * ONE, 2 * w * ONE) : kind == TURNED ? -h * turn / 2 : 0;
    s->y[l] = kind == ANYHOW ? between(-h * ONE, 2 * h * ONE) : kind == TURNED ? w * turn / 2 : 0;
    s->along_x[l] = s->down_y[l] = kind == TURNED ? between(ONE - 900, ONE + 900) : ONE;
    s->along_y[l] = kind == TURNED ? -turn : 0;
    s->down_x[l] = kind == TURNED ? turn : 0;
    if (kind == ANYHOW) {
        s->along_x[l] = between(-3 * ONE, 3 * ONE), s->along_y[l] = between(-3 * ONE, 3 * ONE);
        s->down_x[l] = between(-3 * ONE, 3 * ONE), s->down_y[l] = between(-3 * ONE, 3 * ONE);
    }
    if (kind == SPECIAL || kind == NEAR) {
        s->x[l] = special(w, kind == NEAR), s->y[l] = special(h, kind == NEAR);
        s->along_x[l] = s->along_y[l] = s->down_x[l] = s->down_y[l] = 0;
    }
}

static struct images images_make(int h, int w, enum kind kind)
{
    struct images m = {.s = {.h = h, .w = w}};
    for (int l = 0; l < LANES; l++) {
        place(&m.s, l, kind);
        m.plane[l] = malloc((size_t)(h * w));
        assert_non_null(m.plane[l]);
        for (int i = 0; i < h * w; i++)
            m.plane[l][i] = (uint8_t)(kind == NEAR ? noise_below(2) * 255 : noise_below(256));
        m.in[l] = m.plane[l];
    }
    for (int l = 0; l < LANES; l++)
        m.next[l] = m.in[LANES - 1 - l];
    return m;
}

static void images_free(struct images *m)
{
    for (int l = 0; l < LANES; l++)
        free(m->plane[l]);
}

static void compare(const struct kernels *k, const struct images *m, float scale, float shift, const float *x,
                    size_t stride)
{
    const struct sampling *s = &m->s;
    for (int y = 0; y < s->h; y++)
        for (int i = 0; i < (int)stride; i++) {
            int l = i % LANES, c = i / LANES;
            float want = -777, got = x[(size_t)y * stride + (size_t)i];
            if (c < s->w) {
                int sx = s->x[l] + c * s->along_x[l] + y * s->down_x[l];
                int sy = s->y[l] + c * s->along_y[l] + y * s->down_y[l];
                float product = (float)plain(m->in[l], s->h, s->w, sx, sy) * (scale * 0x1p-21f);
                want = product + shift;
            }
            if (memcmp(&got, &want, sizeof want))
                fail_msg("%s, %dx%d: [%d][%d] of image %d is %.9g, want %.9g", k->isa, s->h, s->w, y, c, l, (double)got,
                         (double)want);
        }
}

static void check(int h, int w, enum kind kind, float scale, float shift)
{
    struct images m = images_make(h, w, kind);
    size_t stride = (size_t)(w + 1 + h % 3) * LANES, n = (size_t)h * stride, floats = warp_scratch(h, w) / 2;
    for (size_t l = 0; kernels_level(l); l++) {
        const struct kernels *k = kernels_pick(kernels_level(l));
        float *x = box(n), *scratch = box(floats);
        memset(scratch, 0xff, floats * sizeof *scratch);
        for (size_t i = 0; i < n; i++)
            x[i] = -777;
        if (k) {
            k->warp(&m.s, m.in, m.next, scale, shift, stride, x, (uint16_t *)(void *)scratch);
            compare(k, &m, scale, shift, x, stride);
        }
        box_free(x);
        box_free(scratch);
    }
    images_free(&m);
}

static void warp_is_the_expression(void **state)
{
    static const int sizes[][2] = {{1, 1},   {1, 2},   {2, 1},   {3, 7},   {9, 1},   {4, 15},  {5, 16},
                                   {7, 17},  {8, 8},   {28, 28}, {32, 31}, {32, 32}, {31, 33}, {2, 64},
                                   {60, 47}, {40, 48}, {70, 70}, {1, 200}, {200, 1}};
    (void)state;
    noise_restart(82);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        check(sizes[i][0], sizes[i][1], ANYHOW, 3.2457f / 255, -0.4242129f);
        check(sizes[i][0], sizes[i][1], TURNED, 3.2457f / 255, -0.4242129f);
        check(sizes[i][0], sizes[i][1], SPECIAL, 1.0f / 255, 0.1f);
        check(sizes[i][0], sizes[i][1], NEAR, 1.0f / 255, 0.1f);
        check(sizes[i][0], sizes[i][1], AS_IT_IS, 1, 0);
    }
}

/* Often enough that each of the special numbers meets each. */
static void borders_are_exact(void **state)
{
    (void)state;
    noise_restart(83);
    for (int i = 0; i < 200; i++)
        check(3, 3, i % 2 ? SPECIAL : NEAR, 1, 0);
}

static void whole_pixels_are_copied(void **state)
{
    (void)state;
    noise_restart(84);
    struct images m = images_make(6, 20, AS_IT_IS);
    for (size_t l = 0; kernels_level(l); l++) {
        const struct kernels *k = kernels_pick(kernels_level(l));
        float *x = box(6 * 20 * LANES), *scratch = box(warp_scratch(6, 20) / 2), *y = box(6 * 20 * LANES);
        if (k) {
            k->warp(&m.s, m.in, m.next, 0.017f, -0.3f, 20 * LANES, x, (uint16_t *)(void *)scratch);
            k->pixels(6 * 20, m.in, 0.017f, -0.3f, y);
            assert_memory_equal(x, y, 6 * 20 * LANES * sizeof *x);
        }
        box_free(x), box_free(y), box_free(scratch);
    }
    images_free(&m);
}

const struct CMUnitTest warp_tests[] = {cmocka_unit_test(warp_is_the_expression),
                                        cmocka_unit_test(borders_are_exact),
                                        cmocka_unit_test(whole_pixels_are_copied),
                                        {0}};
