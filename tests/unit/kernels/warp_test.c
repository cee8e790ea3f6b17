/* Moved images at every level, against the plain expression. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

static float pixel(const uint8_t *plane, int h, int w, int y, int x)
{
    return y < 0 || x < 0 || y >= h || x >= w ? 0 : (float)plane[y * w + x];
}

/* value of kernels.h. */
static float plain(const uint8_t *plane, int h, int w, float sx, float sy)
{
    if (!(sx > -1 && sy > -1 && sx < (float)w && sy < (float)h))
        return 0;
    int x = sx < 0 ? -1 : (int)sx, y = sy < 0 ? -1 : (int)sy;
    float fx = sx - (float)x, fy = sy - (float)y;
    float a = pixel(plane, h, w, y, x), b = pixel(plane, h, w, y, x + 1);
    float c = pixel(plane, h, w, y + 1, x), d = pixel(plane, h, w, y + 1, x + 1);
    float right = b - a, step = fx * right, above = a + step;
    right = d - c;
    step = fx * right;
    float below = c + step, down = below - above;
    step = fy * down;
    return above + step;
}

static float anywhere(int size)
{
    float v;
    noise(&v, 1);
    return v * (float)size;
}

/* Coordinates that are exact, or just not, on either side of both borders, and far outside. */
static float special(int size)
{
    const float values[] = {0,
                            -0.0f,
                            -1e-30f,
                            -0x1p-25f,
                            -0x1p-24f,
                            -0.5f,
                            -0x1.fffffep-1f,
                            -1,
                            -0x1.000002p0f,
                            (float)size,
                            (float)(size - 1),
                            (float)size - 0x1p-18f,
                            (float)size + 0x1p-18f,
                            1e30f,
                            -1e30f,
                            -3e9f,
                            3e9f,
                            0x1p-149f,
                            0.25f,
                            (float)(size / 2)};
    return values[noise_below(sizeof values / sizeof values[0])];
}

struct images {
    int h, w;
    uint8_t *plane[LANES]; /* each of its own size, so that a sanitizer sees what is read beyond */
    const uint8_t *in[LANES], *next[LANES];
    float *row_x, *row_y, *col_x, *col_y;
};

static struct images images_make(int h, int w, int kind)
{
    struct images m = {.h = h, .w = w};
    size_t rows = (size_t)h * LANES, columns = (size_t)w * LANES;
    m.row_x = box(rows), m.row_y = box(rows), m.col_x = box(columns), m.col_y = box(columns);
    for (size_t i = 0; i < rows; i++) {
        m.row_x[i] = kind == 0 ? anywhere(w) : kind == 1 ? special(w) : 0;
        m.row_y[i] = kind == 0 ? anywhere(h) : kind == 1 ? special(h) : (float)(i / LANES);
    }
    for (size_t i = 0; i < columns; i++) {
        m.col_x[i] = kind == 0 ? anywhere(w) : kind == 1 ? -0.0f : (float)(i / LANES);
        m.col_y[i] = kind == 0 ? anywhere(h) : kind == 1 ? -0.0f : 0;
    }
    for (int l = 0; l < LANES; l++) {
        m.plane[l] = malloc((size_t)(h * w));
        assert_non_null(m.plane[l]);
        for (int i = 0; i < h * w; i++)
            m.plane[l][i] = (uint8_t)noise_below(256);
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
    box_free(m->row_x), box_free(m->row_y), box_free(m->col_x), box_free(m->col_y);
}

static void compare(const struct kernels *k, const struct images *m, float scale, float shift, const float *x,
                    size_t stride)
{
    for (int y = 0; y < m->h; y++)
        for (size_t i = 0; i < stride; i++) {
            size_t l = i % LANES, c = i / LANES, at = (size_t)y * LANES + l;
            float want = -777, got = x[(size_t)y * stride + i];
            if (c < (size_t)m->w) {
                float sx = m->row_x[at] + m->col_x[i], sy = m->row_y[at] + m->col_y[i];
                float product = plain(m->in[l], m->h, m->w, sx, sy) * scale;
                want = product + shift;
            }
            if (memcmp(&got, &want, sizeof want))
                fail_msg("%s, %dx%d: [%d][%zu] of image %zu is %.9g, want %.9g", k->isa, m->h, m->w, y, c, l,
                         (double)got, (double)want);
        }
}

static void check(int h, int w, int kind, float scale, float shift)
{
    struct images m = images_make(h, w, kind);
    struct sampling s = {h, w, m.row_x, m.row_y, m.col_x, m.col_y};
    size_t stride = (size_t)(w + 1 + h % 3) * LANES, n = (size_t)h * stride, floats = warp_scratch(h, w) / 2;
    for (size_t l = 0; kernels_level(l); l++) {
        const struct kernels *k = kernels_pick(kernels_level(l));
        float *x = box(n), *scratch = box(floats);
        for (size_t i = 0; i < n; i++)
            x[i] = -777;
        if (k) {
            k->warp(&s, m.in, m.next, scale, shift, stride, x, (uint16_t *)(void *)scratch);
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
        check(sizes[i][0], sizes[i][1], 0, 3.2457f / 255, -0.4242129f);
        check(sizes[i][0], sizes[i][1], 1, 1.0f / 255, 0.1f);
        check(sizes[i][0], sizes[i][1], 2, 1, 0);
    }
}

/* Often enough that each of the special numbers meets each. */
static void borders_are_exact(void **state)
{
    (void)state;
    noise_restart(83);
    for (int i = 0; i < 200; i++)
        check(3, 3, 1, 1, 0);
}

static void whole_pixels_are_copied(void **state)
{
    (void)state;
    noise_restart(84);
    struct images m = images_make(6, 20, 2);
    struct sampling s = {6, 20, m.row_x, m.row_y, m.col_x, m.col_y};
    for (size_t l = 0; kernels_level(l); l++) {
        const struct kernels *k = kernels_pick(kernels_level(l));
        float *x = box(6 * 20 * LANES), *scratch = box(warp_scratch(6, 20) / 2), *y = box(6 * 20 * LANES);
        if (k) {
            k->warp(&s, m.in, m.next, 0.017f, -0.3f, 20 * LANES, x, (uint16_t *)(void *)scratch);
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
