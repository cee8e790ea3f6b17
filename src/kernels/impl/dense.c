/* dense.c - fully connected layers as register-blocked matrix products. Forward and the gradient of the input work on
 * vectors of images; the gradient of the weights on vectors of inputs, from a transposed copy of x, so that no weight
 * needs a sum over lanes: it is one fma after the other, image by image. */
#include "kernels/impl/impl.h"
#include "kernels/impl/tiles.h"

#ifdef ISA_avx512
#define RB_MAX 6 /* rows of the result: 6 x 4 sums, 4 vectors, 1 scalar */
#define VB_MAX 4
#else
#define RB_MAX 4 /* 4 x 3 + 3 + 1 */
#define VB_MAX 3
#endif

/* out[r][v] = (bias[r] or 0) + sum over k of a[r][k] b[k][v]: strides in floats, v counts vectors. */
struct gemm {
    int k;
    ptrdiff_t a_row, a_k, b_k, b_vec, out_row, out_vec;
};

INLINE void gemm_tile(int rb, int vb, const struct gemm *m, const float *a, const float *b, const float *bias,
                      float *out)
{
    vk acc[RB_MAX][VB_MAX], v[VB_MAX];
    UNROLL
    for (int r = 0; r < rb; r++) {
        UNROLL
        for (int i = 0; i < vb; i++)
            acc[r][i] = vk_set1(bias ? bias[r] : 0.0f);
    }
    for (int k = 0; k < m->k; k++, a += m->a_k, b += m->b_k) {
        UNROLL
        for (int i = 0; i < vb; i++)
            v[i] = vk_load(b + i * m->b_vec);
        UNROLL
        for (int r = 0; r < rb; r++) {
            vk w = vk_set1(a[r * m->a_row]);
            UNROLL
            for (int i = 0; i < vb; i++)
                acc[r][i] = vk_fma(w, v[i], acc[r][i]);
        }
    }
    UNROLL
    for (int r = 0; r < rb; r++) {
        UNROLL
        for (int i = 0; i < vb; i++)
            vk_store(out + r * m->out_row + i * m->out_vec, acc[r][i]);
    }
}

#ifdef FIXED_SIZES
typedef void gemm_fn(const struct gemm *m, const float *a, const float *b, const float *bias, float *out);
#define GEMM(R, V)                                                                                                     \
    static void gemm_##R##V(const struct gemm *m, const float *a, const float *b, const float *bias, float *out)       \
    {                                                                                                                  \
        gemm_tile(R, V, m, a, b, bias, out);                                                                           \
    }
#define GEMM_ENTRY(R, V) [R - 1][V - 1] = gemm_##R##V,
// clang-format off
#if VB_MAX == 4
#define GEMM_R(M, R) M(R, 1) M(R, 2) M(R, 3) M(R, 4)
#define GEMMS(M) GEMM_R(M, 1) GEMM_R(M, 2) GEMM_R(M, 3) GEMM_R(M, 4) GEMM_R(M, 5) GEMM_R(M, 6)
#else
#define GEMM_R(M, R) M(R, 1) M(R, 2) M(R, 3)
#define GEMMS(M) GEMM_R(M, 1) GEMM_R(M, 2) GEMM_R(M, 3) GEMM_R(M, 4)
#endif
GEMMS(GEMM)
static gemm_fn *const gemms[RB_MAX][VB_MAX] = {GEMMS(GEMM_ENTRY)};
// clang-format on
#define GEMM_CALL(R, V, ...) gemms[(R)-1][(V)-1](__VA_ARGS__)
#else
#define GEMM_CALL(R, V, ...) gemm_tile(R, V, __VA_ARGS__)
#endif

/* `vectors` of 16 lanes. */
static void gemm_run(const struct gemm *m, int rows, int vectors, const float *a, const float *b, const float *bias,
                     float *out)
{
    for (int i = 0; i < pieces(vectors, VB_MAX); i++) {
        int v0 = piece_at(vectors, VB_MAX, i), vb = piece_at(vectors, VB_MAX, i + 1) - v0;
        for (int k = 0; k < pieces(rows, RB_MAX); k++) {
            int r0 = piece_at(rows, RB_MAX, k), rb = piece_at(rows, RB_MAX, k + 1) - r0;
            for (int part = 0; part < LANES; part += VK)
                GEMM_CALL(rb, vb, m, a + r0 * m->a_row, b + v0 * m->b_vec + part, bias ? bias + r0 : NULL,
                          out + r0 * m->out_row + v0 * m->out_vec + part);
        }
    }
}

void EXPORT(dense_forward)(int blocks, int in, int out, const float *x, const float *w, const float *b, float *y)
{
    struct gemm m = {in, in, 1, LANES, (ptrdiff_t)in * LANES, LANES, (ptrdiff_t)out * LANES};
    gemm_run(&m, out, blocks, w, x, b, y);
}

void EXPORT(dense_backward_data)(int blocks, int in, int out, const float *dy, const float *w, float *dx)
{
    struct gemm m = {out, 1, in, LANES, (ptrdiff_t)out * LANES, LANES, (ptrdiff_t)in * LANES};
    gemm_run(&m, in, blocks, w, dy, NULL, dx);
}

/* t[16 * blocks][16 * tiles]: the images as rows, zeros behind the last element. */
static void transpose(int blocks, int in, int tiles, const float *x, float *t)
{
    for (int b = 0; b < blocks; b++, x += (ptrdiff_t)in * LANES)
        for (int i = 0; i < tiles; i++) {
            v16 r[LANES];
            for (int k = 0; k < LANES; k++)
                r[k] = i * LANES + k < in ? v16_load(x + (ptrdiff_t)(i * LANES + k) * LANES) : v16_zero();
            v16_transpose(r);
            for (int k = 0; k < LANES; k++)
                v16_store(t + ((ptrdiff_t)(b * LANES + k) * tiles + i) * LANES, r[k]);
        }
}

static void bias_gradient(int blocks, int out, const float *dy, float *db)
{
    for (int o = 0; o < out; o++) {
        v16 sum = v16_zero();
        for (int b = 0; b < blocks; b++)
            sum = v16_add(sum, v16_load(dy + ((ptrdiff_t)b * out + o) * LANES));
        db[o] = lane_sum(sum);
    }
}

/* A few rows of dw at a time are made in whole vectors and then copied to where they belong. */
void EXPORT(dense_backward_weights)(int blocks, int in, int out, const float *x, const float *dy, float *dw, float *db,
                                    float *scratch)
{
    int in_tiles = pieces(in, LANES), out_tiles = pieces(out, LANES), images = blocks * LANES;
    ptrdiff_t in_row = (ptrdiff_t)in_tiles * LANES, out_row = (ptrdiff_t)out_tiles * LANES;
    float *xt = scratch, *gt = xt + images * in_row, *rows = gt + images * out_row;
    transpose(blocks, in, in_tiles, x, xt);
    transpose(blocks, out, out_tiles, dy, gt);
    struct gemm m = {images, 1, out_row, in_row, LANES, in_row, LANES};
    for (int o = 0; o < out; o += DENSE_ROWS) {
        int n = out - o < DENSE_ROWS ? out - o : DENSE_ROWS;
        gemm_run(&m, n, in_tiles, gt + o, xt, NULL, rows);
        for (int i = 0; i < n; i++)
            memcpy(dw + (ptrdiff_t)(o + i) * in, rows + i * in_row, (size_t)in * sizeof *dw);
    }
    if (db)
        bias_gradient(blocks, out, dy, db);
}
