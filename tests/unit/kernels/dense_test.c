/* Fully connected layers against three loops in double. */
#include "check.h"

#include <math.h>
#include <stdlib.h>

static struct sum *sums(size_t n)
{
    struct sum *s = calloc(n, sizeof *s);
    assert_non_null(s);
    return s;
}

static void compare(const char *what, int in, int out, const struct sum *want, const float *got, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!sum_is(&want[i], got[i]))
            fail_msg("%s[%zu] = %.9g, want %.9g (%d -> %d)", what, i, (double)got[i], want[i].value, in, out);
}

static void check_shape(int blocks, int in, int out, int bias)
{
    const struct kernels *k = kernels_pick(NULL);
    size_t ni = (size_t)in, no = (size_t)out, nx = (size_t)blocks * ni * LANES, ny = (size_t)blocks * no * LANES;
    float *x = box_noise(nx), *w = box_noise(ni * no), *b = box_noise(no), *dy = box_noise(ny);
    float *y = box(ny), *dx = box(nx), *dw = box(ni * no), *db = box(no),
          *scratch = box(dense_scratch(blocks, in, out));
    struct sum *sy = sums(ny), *sx = sums(nx), *sw = sums(ni * no), *sb = sums(no);
    for (size_t q = 0; q < (size_t)blocks; q++)
        for (size_t o = 0; o < no; o++)
            for (size_t l = 0; l < LANES; l++) {
                size_t at = (q * no + o) * LANES + l;
                sum_add(&sb[o], (double)dy[at]);
                if (bias)
                    sum_add(&sy[at], (double)b[o]);
                for (size_t i = 0; i < ni; i++) {
                    size_t ax = (q * ni + i) * LANES + l;
                    sum_add(&sy[at], (double)w[o * ni + i] * (double)x[ax]);
                    sum_add(&sx[ax], (double)w[o * ni + i] * (double)dy[at]);
                    sum_add(&sw[o * ni + i], (double)x[ax] * (double)dy[at]);
                }
            }
    k->dense_forward(blocks, in, out, x, w, bias ? b : NULL, y, scratch);
    compare("y", in, out, sy, y, ny);
    k->dense_backward_data(blocks, in, out, dy, w, dx, scratch);
    compare("dx", in, out, sx, dx, nx);
    k->dense_backward_weights(blocks, in, out, x, dy, dw, bias ? db : NULL, scratch);
    compare("dw", in, out, sw, dw, ni * no);
    if (bias)
        compare("db", in, out, sb, db, no);
    float *all[] = {x, w, b, dy, y, dx, dw, db, scratch};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        box_free(all[i]);
    free(sy), free(sx), free(sw), free(sb);
}

static void small_shapes(void **state)
{
    static const int sizes[] = {1, 2, 3, 5, 6, 7, 13, 15, 16, 17, 25, 33};
    const int n = sizeof sizes / sizeof sizes[0];
    (void)state;
    noise_restart(11);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++)
            check_shape(1 + (i + k) % 6, sizes[i], sizes[k], (i + 2 * k) % 3 == 0);
}

/* Strips of one to four vectors, whole and cut off, and every height of a register block. */
static void larger_ones(void **state)
{
    static const int shapes[][3] = {{5, 97, 65}, {4, 64, 24}, {3, 49, 16}, {1, 112, 47}, {7, 50, 11}, {2, 160, 37}};
    (void)state;
    noise_restart(12);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        check_shape(shapes[i][0], shapes[i][1], shapes[i][2], i % 2 == 0);
}

/* Bit for bit one fma after the other, in the order of ops.def, however the arrays are gone through: many images at a
 * time for dw and db, some outputs and rows at a time for dx, some rows of the weights at a time for a few vectors. */
static void order_is_as_stated(void **state)
{
    static const int shapes[][3] = {{37, 48, 101}, {5, 256, 300}, {17, 64, 7},
                                    {33, 16, 200}, {3, 1100, 70}, {18, 260, 520}};
    const struct kernels *k = kernels_pick(NULL);
    (void)state;
    noise_restart(13);
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        const size_t blocks = (size_t)shapes[s][0], in = (size_t)shapes[s][1], out = (size_t)shapes[s][2];
        const size_t nx = blocks * in * LANES, ny = blocks * out * LANES;
        float *x = box_noise(nx), *w = box_noise(in * out), *b = box_noise(out), *dy = box_noise(ny);
        float *y = box(ny), *dw = box(in * out), *db = box(out), *dx = box(nx);
        float *scratch = box(dense_scratch(shapes[s][0], shapes[s][1], shapes[s][2]));
        k->dense_forward(shapes[s][0], shapes[s][1], shapes[s][2], x, w, b, y, scratch);
        k->dense_backward_weights(shapes[s][0], shapes[s][1], shapes[s][2], x, dy, dw, db, scratch);
        k->dense_backward_data(shapes[s][0], shapes[s][1], shapes[s][2], dy, w, dx, scratch);
        for (size_t o = 0; o < out; o++) {
            float sum[LANES] = {0};
            for (size_t q = 0; q < blocks * LANES; q++)
                sum[q % LANES] += dy[(q / LANES * out + o) * LANES + q % LANES];
            for (size_t half = LANES / 2; half > 0; half /= 2)
                for (size_t l = 0; l < half; l++)
                    sum[l] += sum[l + half];
            assert_true(sum[0] == db[o]);
        }
        for (size_t i = 0; i < nx; i += 5) {
            float sum = 0;
            for (size_t o = 0; o < out; o++)
                sum = fmaf(w[o * in + i / LANES % in], dy[(i / (in * LANES) * out + o) * LANES + i % LANES], sum);
            assert_true(sum == dx[i]);
        }
        for (size_t i = 0; i < ny; i += 7) {
            const size_t block = i / (out * LANES), o = i / LANES % out, lane = i % LANES;
            float sum = b[o];
            for (size_t c = 0; c < in; c++)
                sum = fmaf(w[o * in + c], x[(block * in + c) * LANES + lane], sum);
            assert_true(sum == y[i]);
        }
        for (size_t i = 0; i < in * out; i += 3) {
            float sum = 0;
            for (size_t q = 0; q < blocks * LANES; q++)
                sum = fmaf(dy[(q / LANES * out + i / in) * LANES + q % LANES],
                           x[(q / LANES * in + i % in) * LANES + q % LANES], sum);
            assert_true(sum == dw[i]);
        }
        float *all[] = {x, w, b, dy, y, dw, db, dx, scratch};
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
            box_free(all[i]);
    }
}

const struct CMUnitTest dense_tests[] = {
    cmocka_unit_test(small_shapes), cmocka_unit_test(larger_ones), cmocka_unit_test(order_is_as_stated), {0}};
