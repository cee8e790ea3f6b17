/* Products of bf16 numbers over several shapes into a log, so that levels can be compared by it, whole and by rows; the
 * two must agree. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

/* bf16 numbers. */
static float *numbers(const struct kernels *k, size_t n)
{
    float *x = box_noise(PAD16(n));
    k->bf16_round(PAD16(n), x, x);
    return x;
}

/* The n rows of an array, each in the form for `use`. */
static const float **rows_for(const struct kernels *k, const struct conv_dims *d, enum conv_operand use,
                              const float *array, float *room, int n, size_t floats)
{
    const float **r = malloc((size_t)n * sizeof *r);
    assert_non_null(r);
    for (int i = 0; i < n; i++)
        r[i] = k->conv_operand(d, use, array + (size_t)i * floats, room + (size_t)i * floats);
    return r;
}

/* One way of a convolution by rows gives what it gives as a whole. */
static void one_way(const struct kernels *k, const struct conv_dims *d, enum conv_way way, const float *x,
                    const float *w, const float *b, const float *whole)
{
    const int forward = way == CONV_FORWARD, n = forward ? d->h : d->ho, rows = forward ? d->ho : d->h;
    const size_t nx = forward ? conv_in(d, 1) : conv_out(d, 1), ny = forward ? conv_out(d, 1) : conv_in(d, 1);
    float *y = box(ny), *room = box(nx), *packed = box(conv_packed(d)), *scratch = box(conv_rows_scratch(d) + 16);
    const float **xr = rows_for(k, d, forward ? OPERAND_X : OPERAND_DY, x, room, n, nx / (size_t)n);
    float **yr = array_rows(y, rows, ny / (size_t)rows);
    k->conv_pack_bf16(d, way, w, packed);
    for (int r = 0; r < rows; r += 2)
        k->conv_rows_bf16(d, way, r, r + 2 < rows ? r + 2 : rows, xr, packed, b, NULL, yr, NULL, scratch);
    assert_memory_equal(y, whole, ny * sizeof *y);
    box_free(y), box_free(room), box_free(packed), box_free(scratch);
    free(xr), free(yr);
}

static void weights_by_rows(const struct kernels *k, const struct conv_dims *d, const float *x, const float *dy,
                            const float *whole)
{
    const size_t nx = conv_in(d, 1), ny = conv_out(d, 1), nw = conv_weights(d);
    float *x_room = box(nx), *dy_room = box(ny), *sums = box(conv_sums(d, 1)), *dw = box(nw);
    const float **xr = rows_for(k, d, OPERAND_WEIGHTS_X, x, x_room, d->h, nx / (size_t)d->h);
    const float **dyr = rows_for(k, d, OPERAND_WEIGHTS_DY, dy, dy_room, d->ho, ny / (size_t)d->ho);
    memset(sums, 0, conv_sums(d, 1) * sizeof *sums);
    for (int r = 0; r < d->ho; r++)
        k->conv_weight_rows_bf16(d, r, r + 1, xr, dyr, sums, NULL);
    k->conv_weight_sums_bf16(d, sums, dw);
    assert_memory_equal(dw, whole, nw * sizeof *dw);
    box_free(x_room), box_free(dy_room), box_free(sums), box_free(dw);
    free(xr), free(dyr);
}

static void convolution(const struct kernels *k, struct log *l, const struct conv_dims *d, int i)
{
    const int blocks = 1 + i % 2;
    size_t nx = conv_in(d, blocks), ny = conv_out(d, blocks), nw = conv_weights(d), no = (size_t)d->co;
    float *x = numbers(k, nx), *w = numbers(k, nw), *b = box_noise(no), *dy = numbers(k, ny);
    float *y = box(ny), *dx = box(nx), *dw = box(nw), *db = box(no), *scratch = box(conv_scratch_bf16(d, blocks));
    k->conv_forward_bf16(d, blocks, x, w, i % 3 ? b : NULL, y, scratch);
    k->conv_backward_data_bf16(d, blocks, dy, w, dx, scratch);
    k->conv_backward_weights_bf16(d, blocks, x, dy, dw, db, scratch);
    if (blocks == 1) {
        one_way(k, d, CONV_FORWARD, x, w, i % 3 ? b : NULL, y);
        one_way(k, d, CONV_BACKWARD_DATA, dy, w, NULL, dx);
        weights_by_rows(k, d, x, dy, dw);
    }
    log_box(l, y, ny, "bf16 convolution: y", i);
    log_box(l, dx, nx, "bf16 convolution: dx", i);
    log_box(l, dw, nw, "bf16 convolution: dw", i);
    log_box(l, db, no, "bf16 convolution: db", i);
    box_free(x), box_free(w), box_free(b), box_free(dy), box_free(scratch);
}

static void dense_layer(const struct kernels *k, struct log *l, int blocks, int in, int out, int i)
{
    size_t ni = (size_t)in, no = (size_t)out, nx = (size_t)blocks * ni * LANES, ny = (size_t)blocks * no * LANES;
    float *x = numbers(k, nx), *w = numbers(k, ni * no), *b = box_noise(no), *dy = numbers(k, ny);
    float *y = box(ny), *dx = box(nx), *dw = box(ni * no), *db = box(no);
    float *scratch = box(dense_scratch_bf16(blocks, in, out));
    k->dense_forward_bf16(blocks, in, out, x, w, i % 2 ? b : NULL, y, scratch);
    k->dense_backward_data_bf16(blocks, in, out, dy, w, dx, scratch);
    k->dense_backward_weights_bf16(blocks, in, out, x, dy, dw, db, scratch);
    log_box(l, y, ny, "bf16 dense: y", i);
    log_box(l, dx, nx, "bf16 dense: dx", i);
    log_box(l, dw, ni * no, "bf16 dense: dw", i);
    log_box(l, db, no, "bf16 dense: db", i);
    box_free(x), box_free(w), box_free(b), box_free(dy), box_free(scratch);
}

void exercise_products(const struct kernels *k, struct log *l)
{
    static const struct conv_dims fixed[] = {
        {1, 12, 14, 10, 10, 12, 3, 3, 1, 1, 0, 0, 1, 1, 1}, {10, 5, 26, 16, 3, 24, 3, 3, 1, 1, 0, 0, 1, 1, 1},
        {20, 3, 11, 10, 3, 11, 1, 1, 1, 1, 0, 0, 1, 1, 1},  {16, 7, 7, 20, 5, 5, 3, 3, 1, 1, 0, 0, 1, 1, 1},
        {8, 6, 19, 8, 6, 19, 3, 3, 1, 1, 1, 1, 1, 1, 8},    {45, 3, 3, 42, 3, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1},
        {67, 6, 7, 11, 6, 7, 3, 3, 1, 1, 1, 1, 1, 1, 1},    {5, 9, 10, 7, 5, 5, 3, 3, 2, 2, 1, 1, 1, 1, 1},
        {130, 4, 8, 140, 4, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1},  {151, 2, 11, 7, 2, 11, 1, 1, 1, 1, 0, 0, 1, 1, 1},
        {6, 2, 4, 142, 2, 4, 1, 1, 1, 1, 0, 0, 1, 1, 1},
    };
    noise_restart(73);
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        convolution(k, l, &fixed[i], (int)i);
    for (int i = 0; i < 60; i++) {
        struct conv_dims d = random_conv(i % 3 != 0);
        convolution(k, l, &d, i);
    }
    for (int i = 0; i < 20; i++) {
        int in = 1 + (int)noise_below(40), out = 1 + (int)noise_below(40);
        dense_layer(k, l, 1 + i % 5, in, out, i);
    }
}
