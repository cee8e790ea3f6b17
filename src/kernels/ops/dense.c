/* dense.c - fully connected layers as register-blocked matrix products. Forward and the gradient of the input work on
 * vectors of images; the gradient of the weights on vectors of inputs, from a transposed strip of x, so that no weight
 * needs a sum over lanes: it is one fma after the other, image by image.
 *
 * Of bf16 numbers: one operation for each pair (2i, 2i + 1) of inputs, of outputs, of images, which is one fma for the
 * second and then one for the first; one without a partner has one fma alone. In the end 0 is added. */
#include "kernels/ops/cut.h"
#include "kernels/ops/ops.h"

/* Before a loop over operands: a few rounds at a time, where a round is short. */
#if !defined(FIXED_SIZES) || defined(ISA_avx512)
#define UNROLL_SOME
#elif defined(__clang__)
#define UNROLL_SOME _Pragma("clang loop unroll_count(4)")
#else
#define UNROLL_SOME _Pragma("GCC unroll 4")
#endif

#define PARTS (LANES / VK)
#ifdef ISA_avx512
#define VB_MAX 4 /* at most 24 sums, 4 vectors, 1 scalar: 29 of 32 registers */
#define RB_MAX 16
#define RB_OF(vb) ((vb) == 1 ? 16 : 24 / (vb))
#else
#define VB_MAX 1 /* 6 x 2 halves + 2 + 1: 15 of 16 */
#define RB_MAX 6
#define RB_OF(vb) 6
#endif
_Static_assert(VB_MAX <= DENSE_STRIP, "dense_scratch has room for a strip");

/* out[r][v] = (bias[r] or 0) + sum over k of a[r][k] b[k][v]. Strides in floats; v counts vectors of 16 lanes. Two ways
 * of lying in memory, so that half of the strides are constants:
 *   over images   out[v][r][16], b[v][k][16]: forward, gradient of the input
 *   strip         out[r][v][16], b[k][v][16], a[k / 16][r][k % 16]: gradient of the weights */
struct gemm {
    int k;                                /* operands */
    ptrdiff_t a_row, a_k, b_vec, out_vec; /* over images */
    ptrdiff_t a_block, out_row;           /* strip */
    int add;                              /* to what is in out, without a bias */
};

INLINE void gemm_step(int rb, int vb, ptrdiff_t a_row, ptrdiff_t b_vec, const float *a, const float *b,
                      vk acc[RB_MAX][VB_MAX * PARTS])
{
    operand v[VB_MAX * PARTS];
    UNROLL
    for (int i = 0; i < vb * PARTS; i++)
        v[i] = operand_load(b + i / PARTS * b_vec + i % PARTS * VK);
    UNROLL
    for (int r = 0; r < rb; r++) {
        operand w = operand_set1(a + r * a_row);
        UNROLL
        for (int i = 0; i < vb * PARTS; i++)
            acc[r][i] = operand_multiply(w, v[i], acc[r][i]);
    }
}

#if defined(BF16) && !defined(PAIRS)
#define TOGETHER 2 /* the numbers of a pair */
#else
#define TOGETHER 1
#endif
#define IMAGES (LANES / EACH_OPERAND) /* operands of a block's images */

INLINE void gemm_tile(int strip, int rb, int vb, const struct gemm *m, const float *a, const float *b,
                      const float *bias, float *out)
{
    const ptrdiff_t row = strip ? m->out_row : LANES, vec = strip ? LANES : m->out_vec;
    vk acc[RB_MAX][VB_MAX * PARTS];
    UNROLL
    for (int r = 0; r < rb; r++) {
        UNROLL
        for (int i = 0; i < vb * PARTS; i++)
            acc[r][i] =
                m->add ? vk_load(out + r * row + i / PARTS * vec + i % PARTS * VK) : vk_set1(bias ? bias[r] : 0.0f);
    }
    if (strip) {
        for (int block = 0; block < m->k; block += IMAGES, a += m->a_block) {
            UNROLL_SOME
            for (int k = 0; k < IMAGES; k += TOGETHER, b += TOGETHER * vb * LANES) {
                UNROLL
                for (int i = TOGETHER - 1; i >= 0; i--)
                    gemm_step(rb, vb, IMAGES, LANES, a + k + i, b + i * vb * LANES, acc);
            }
        }
    } else {
        const ptrdiff_t a_row = m->a_row, a_k = m->a_k, b_vec = m->b_vec;
        UNROLL_SOME
        for (int k = m->k; k >= TOGETHER; k -= TOGETHER, a += TOGETHER * a_k, b += TOGETHER * LANES) {
            UNROLL
            for (int i = TOGETHER - 1; i >= 0; i--)
                gemm_step(rb, vb, a_row, b_vec, a + i * a_k, b + i * LANES, acc);
        }
        if (TOGETHER > 1 && m->k % 2)
            gemm_step(rb, vb, a_row, b_vec, a, b, acc);
    }
    UNROLL
    for (int r = 0; r < rb; r++) {
        UNROLL
        for (int i = 0; i < vb * PARTS; i++)
            vk_store(out + r * row + i / PARTS * vec + i % PARTS * VK, sum_of(acc[r][i]));
    }
}

#ifdef FIXED_SIZES
typedef void gemm_fn(const struct gemm *m, const float *a, const float *b, const float *bias, float *out);
#define GEMM(S, R, V)                                                                                                  \
    static void gemm_##S##_##R##_##V(const struct gemm *m, const float *a, const float *b, const float *bias,          \
                                     float *out)                                                                       \
    {                                                                                                                  \
        gemm_tile(S, R, V, m, a, b, bias, out);                                                                        \
    }
#define GEMM_ENTRY(S, R, V) [S][R - 1][V - 1] = gemm_##S##_##R##_##V,
// clang-format off
#define GEMMS_6(M, S, V) M(S, 1, V) M(S, 2, V) M(S, 3, V) M(S, 4, V) M(S, 5, V) M(S, 6, V)
#if VB_MAX == 4
#define GEMMS_8(M, S, V) GEMMS_6(M, S, V) M(S, 7, V) M(S, 8, V)
#define GEMMS_12(M, S, V) GEMMS_8(M, S, V) M(S, 9, V) M(S, 10, V) M(S, 11, V) M(S, 12, V)
#define GEMMS_16(M, S, V) GEMMS_12(M, S, V) M(S, 13, V) M(S, 14, V) M(S, 15, V) M(S, 16, V)
#define GEMMS(M, S) GEMMS_16(M, S, 1) GEMMS_12(M, S, 2) GEMMS_8(M, S, 3) GEMMS_6(M, S, 4)
#else
#define GEMMS(M, S) GEMMS_6(M, S, 1)
#endif
GEMMS(GEMM, 0)
GEMMS(GEMM, 1)
static gemm_fn *const gemms[2][RB_MAX][VB_MAX] = {GEMMS(GEMM_ENTRY, 0) GEMMS(GEMM_ENTRY, 1)};
// clang-format on
#define GEMM_CALL(S, R, V, ...) gemms[S][(R)-1][(V)-1](__VA_ARGS__)
#else
#define GEMM_CALL(S, R, V, ...) gemm_tile(S, R, V, __VA_ARGS__)
#endif

/* All rows of vb <= VB_MAX vectors. */
static void gemm_rows(int strip, const struct gemm *m, int rows, int vb, const float *a, const float *b,
                      const float *bias, float *out)
{
    ptrdiff_t a_row = strip ? IMAGES : m->a_row, out_row = strip ? m->out_row : LANES;
    const struct cut c = cut_of(rows, RB_OF(vb));
    for (int k = 0, r0 = 0, rb; k < c.pieces; k++, r0 += rb) {
        rb = cut_size(&c, k);
        GEMM_CALL(strip, rb, vb, m, a + r0 * a_row, b, bias ? bias + r0 : NULL, out + r0 * out_row);
    }
}

#ifdef PAIRS
static uint32_t number_at(const float *x)
{
    uint32_t u;
    memcpy(&u, x, sizeof u);
    return u;
}

/* Pairs of numbers of a matrix in words: to[i][j] of from[i * step_i + (2j, 2j + 1) * step_j]. Returns the end. */
static float *pair_numbers(int rows, int n, ptrdiff_t step_i, ptrdiff_t step_j, const float *from, float *to)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < n; j += 2, to++) {
            const float *even = from + i * step_i + j * step_j;
            const uint32_t word = number_at(even) >> 16 | (j + 1 < n ? number_at(even + step_j) & 0xffff0000u : 0);
            memcpy(to, &word, sizeof word);
        }
    return to;
}

/* Pairs of vectors: blocks of [n][16] to blocks of [pairs][16]. */
static void pair_vectors(int blocks, int n, const float *from, float *to)
{
    for (int b = 0; b < blocks; b++, from += n * LANES)
        for (int k = 0; k < n; k += 2, to += LANES)
            w16_store(to, pairs_of(v16_as_w16(v16_load(from + k * LANES)),
                                   k + 1 < n ? v16_as_w16(v16_load(from + (k + 1) * LANES)) : w16_set1(0)));
}
#endif

/* Rows of weights that are taken at a time: all, or, where the vectors stay in the second cache and the weights do not
 * (a step of a recurrent layer), so many that they do, for all vectors. The order of what is added is the same. */
static int rows_together(const struct gemm *m, int rows, int blocks)
{
    enum { WEIGHTS = 1 << 16, VECTORS = 1 << 16, SOME = 1 << 14 }; /* floats */
    const int some = SOME / m->k / RB_OF(VB_MAX) * RB_OF(VB_MAX);
    if (blocks <= VB_MAX || (double)rows * m->k <= WEIGHTS || (double)blocks * m->k * LANES > VECTORS)
        return rows;
    return some > 0 ? some : RB_OF(VB_MAX);
}

static void over_images(const struct gemm *m, int rows, int blocks, const float *a, const float *b, const float *bias,
                        float *out)
{
    const int together = rows_together(m, rows, blocks);
    for (int r0 = 0; r0 < rows; r0 += together)
        for (int i = 0; i < pieces(blocks, VB_MAX); i++) {
            const int v0 = piece_at(blocks, VB_MAX, i), vb = piece_at(blocks, VB_MAX, i + 1) - v0;
            const int n = rows - r0 < together ? rows - r0 : together;
            gemm_rows(0, m, n, vb, a + r0 * m->a_row, b + v0 * m->b_vec, bias ? bias + r0 : NULL,
                      out + v0 * m->out_vec + (ptrdiff_t)r0 * LANES);
        }
}

void EXPORT_PRODUCT(dense_forward)(int blocks, int in, int out, const float *x, const float *w, const float *b,
                                   float *y, float *scratch)
{
    struct gemm m = {.k = operands(in), .a_row = operands(in), .a_k = 1, .out_vec = (ptrdiff_t)out * LANES};
    m.b_vec = (ptrdiff_t)operands(in) * LANES;
#ifdef PAIRS
    pair_vectors(blocks, in, x, scratch);
    x = scratch;
    scratch += blocks * m.b_vec;
    pair_numbers(out, in, in, 1, w, scratch);
    w = scratch;
#endif
    (void)scratch;
    const unsigned mode = products_begin();
    over_images(&m, out, blocks, w, x, b, y);
    products_end(mode);
}

#define TILE_ROWS RB_OF(VB_MAX)

#ifndef PAIRS
/* to: for each tile of rows and each operand the weights of these rows, side by side as the tile reads them. */
static void pack_columns(int rows, int n, int in, const float *w, float *to)
{
    const struct cut c = cut_of(rows, TILE_ROWS);
    for (int k = 0; k < n; k++, w += in) {
        const float *from = w;
        float *tile = to;
        for (int t = 0, rb; t < c.pieces; t++, from += rb, tile += (ptrdiff_t)n * rb) {
            rb = cut_size(&c, t);
            if (rb == TILE_ROWS)
                memcpy(tile + k * TILE_ROWS, from, TILE_ROWS * sizeof *from);
            else
                memcpy(tile + (ptrdiff_t)k * rb, from, (size_t)rb * sizeof *from);
        }
    }
}

/* The rows of dx whose weights are packed, of all blocks. */
static void packed_rows(struct gemm *m, int rows, int blocks, const float *packed, const float *dy, float *dx)
{
    const struct cut c = cut_of(rows, TILE_ROWS);
    for (int i = 0; i < pieces(blocks, VB_MAX); i++) {
        const int v0 = piece_at(blocks, VB_MAX, i), vb = piece_at(blocks, VB_MAX, i + 1) - v0;
        for (int t = 0, r = 0, rb; t < c.pieces; t++, r += rb) {
            m->a_k = rb = cut_size(&c, t);
            GEMM_CALL(0, rb, vb, m, packed + (ptrdiff_t)r * m->k, dy + v0 * m->b_vec, NULL,
                      dx + v0 * m->out_vec + (ptrdiff_t)r * LANES);
        }
    }
}

/* Many images: so many outputs at a time that their vectors stay in the first cache, and so many rows that their
 * weights stay in the second. */
static void data_of_many(int blocks, int in, int out, const float *dy, const float *w, float *dx, float *packed)
{
    enum { DEEP = 256, PACKED = 1 << 16 };
    struct gemm m = {.a_row = 1, .b_vec = (ptrdiff_t)out * LANES, .out_vec = (ptrdiff_t)in * LANES};
    for (int o = 0; o < out; o += DEEP) {
        m.k = out - o < DEEP ? out - o : DEEP;
        m.add = o > 0;
        const int some = PACKED / m.k / TILE_ROWS * TILE_ROWS;
        for (int r = 0; r < in; r += some) {
            const int rows = in - r < some ? in - r : some;
            pack_columns(rows, m.k, in, w + (ptrdiff_t)o * in + r, packed);
            packed_rows(&m, rows, blocks, packed, dy + (ptrdiff_t)o * LANES, dx + (ptrdiff_t)r * LANES);
        }
    }
}
#endif

void EXPORT_PRODUCT(dense_backward_data)(int blocks, int in, int out, const float *dy, const float *w, float *dx,
                                         float *scratch)
{
    struct gemm m = {.k = operands(out), .a_row = 1, .a_k = in, .out_vec = (ptrdiff_t)in * LANES};
    m.b_vec = (ptrdiff_t)operands(out) * LANES;
#ifdef PAIRS
    pair_vectors(blocks, out, dy, scratch);
    dy = scratch;
    scratch += blocks * m.b_vec;
    pair_numbers(in, out, 1, in, w, scratch); /* [in][pairs of outputs] */
    w = scratch;
    m.a_row = operands(out);
    m.a_k = 1;
#endif
    const unsigned mode = products_begin();
#ifndef PAIRS
    if (blocks >= DENSE_TURNED)
        data_of_many(blocks, in, out, dy, w, dx, scratch);
    else
#endif
        over_images(&m, in, blocks, w, dy, NULL, dx);
    products_end(mode);
}

/* t[16][16 * vb]: elements `from` and on of every image of a block, the images (or pairs of them) as rows, zeros after
 * the last element. */
static void transpose_block(int in, int from, int vb, const float *x, float *t)
{
    x += (ptrdiff_t)from * LANES;
    for (int i = 0; i < vb; i++) {
        v16 r[LANES];
        for (int k = 0; k < LANES; k++)
            r[k] = from + i * LANES + k < in ? v16_load(x + (ptrdiff_t)(i * LANES + k) * LANES) : v16_zero();
        v16_transpose(r);
#ifdef PAIRS
        for (int k = 0; k < IMAGES; k++)
            w16_store(t + (k * vb + i) * LANES, pairs_of(v16_as_w16(r[2 * k]), v16_as_w16(r[2 * k + 1])));
#else
        for (int k = 0; k < LANES; k++)
            v16_store(t + (k * vb + i) * LANES, r[k]);
#endif
    }
}

static void dense_bias_gradient(int blocks, int out, const float *dy, float *db)
{
    for (int o = 0; o < out; o++) {
        v16 sum = v16_zero();
        for (int b = 0; b < blocks; b++)
            sum = v16_add(sum, v16_load(dy + ((ptrdiff_t)b * out + o) * LANES));
        db[o] = lane_sum(sum);
    }
}

/* Many images, where rows of dw are whole vectors: those of so many blocks at a time are added, strips of their x and
 * packed rows of their dy meeting in the caches. Each dw is still one fma after the other. */
#define CHUNK (VB_MAX > 1 ? DENSE_CHUNK / 2 : DENSE_CHUNK)
#define GROUP DENSE_GROUP
#ifdef BF16
#define BIAS_WITH_ROWS 0 /* its sums know denormals, which products take for 0 */
#else
#define BIAS_WITH_ROWS 1
#endif

/* to: tiles of rows, each [blocks][rows of the tile][images]. What is packed is added to sums[rows][16], unless NULL.
 */
static void pack_rows(int blocks, int out, int rows, const float *dy, float *to, float *sums)
{
    const struct cut c = cut_of(rows, TILE_ROWS);
    for (int b = 0; b < blocks; b++, dy += (ptrdiff_t)out * IMAGES) {
        const float *from = dy;
        float *tile = to, *sum = sums;
        for (int t = 0, n; t < c.pieces; t++, from += n, tile += blocks * n) {
            n = cut_size(&c, t) * IMAGES;
            for (int i = 0; i < n; i += LANES / 2)
                memcpy(tile + b * n + i, from + i, LANES / 2 * sizeof *from);
            for (int i = 0; sums && i < n; i += VK, sum += VK)
                vk_store(sum, vk_add(vk_load(sum), vk_load(from + i)));
        }
    }
}

static void add_strip(struct gemm *m, int rows, int vb, const float *packed, const float *strip, float *dw)
{
    const struct cut c = cut_of(rows, TILE_ROWS);
    for (int k = 0, r = 0, rb; k < c.pieces; k++, r += rb) {
        rb = cut_size(&c, k);
        m->a_block = (ptrdiff_t)rb * IMAGES;
        GEMM_CALL(1, rb, vb, m, packed + (ptrdiff_t)r * m->k, strip, NULL, dw + r * m->out_row);
    }
}

static void add_chunk(int blocks, int in, int out, int add, const float *x, const float *dy, float *dw, float *sums,
                      float *scratch)
{
    const int tiles = in / LANES, strips = pieces(tiles, VB_MAX);
    const ptrdiff_t column = (ptrdiff_t)blocks * IMAGES * LANES; /* floats of a strip for each of its vectors */
    struct gemm m = {.k = blocks * IMAGES, .out_row = in, .add = add};
    float *packed = scratch + tiles * column;
    for (int b = 0; b < blocks; b++)
        for (int i = 0; i < strips; i++) {
            const int v0 = piece_at(tiles, VB_MAX, i), vb = piece_at(tiles, VB_MAX, i + 1) - v0;
            transpose_block(in, v0 * LANES, vb, x + (ptrdiff_t)b * in * LANES,
                            scratch + v0 * column + (ptrdiff_t)b * vb * IMAGES * LANES);
        }
    for (int r0 = 0; r0 < out; r0 += GROUP) {
        const int rows = out - r0 < GROUP ? out - r0 : GROUP;
        pack_rows(blocks, out, rows, dy + (ptrdiff_t)r0 * IMAGES, packed, sums ? sums + (ptrdiff_t)r0 * LANES : NULL);
        for (int i = 0; i < strips; i++) {
            const int v0 = piece_at(tiles, VB_MAX, i);
            add_strip(&m, rows, piece_at(tiles, VB_MAX, i + 1) - v0, packed, scratch + v0 * column,
                      dw + (ptrdiff_t)r0 * in + v0 * LANES);
        }
    }
}

/* With db, too, unless it is NULL. */
static void add_chunks(int blocks, int in, int out, const float *x, const float *dy, float *dw, float *db,
                       float *scratch)
{
    float *sums = db ? scratch : NULL;
    if (sums)
        memset(sums, 0, (size_t)out * LANES * sizeof *sums);
    for (int b = 0; b < blocks; b += CHUNK)
        add_chunk(blocks - b < CHUNK ? blocks - b : CHUNK, in, out, b > 0, x + (ptrdiff_t)b * in * LANES,
                  dy + (ptrdiff_t)b * out * IMAGES, dw, sums, scratch + (ptrdiff_t)out * LANES);
    for (int o = 0; sums && o < out; o++)
        db[o] = lane_sum(v16_load(sums + (ptrdiff_t)o * LANES));
}

/* A strip of at most VB_MAX * 16 columns of dw at a time, so that the transposed part of x stays in the first-level
 * cache; dy is read where it stands: 16 images of an output lie side by side. Where rows of dw are not whole vectors a
 * strip is made in scratch and copied to where it belongs. */
void EXPORT_PRODUCT(dense_backward_weights)(int blocks, int in, int out, const float *x, const float *dy, float *dw,
                                            float *db, float *scratch)
{
    const int tiles = pieces(in, LANES), whole = in % LANES == 0, many = whole && blocks > CHUNK;
    const int together = many && BIAS_WITH_ROWS;
    if (db && !together)
        dense_bias_gradient(blocks, out, dy, db);
#ifdef PAIRS
    float *images = scratch + dense_scratch(blocks, in, out);
    pair_numbers(blocks * out, LANES, LANES, 1, dy, images);
    dy = images;
#endif
    const unsigned mode = products_begin();
    if (many)
        add_chunks(blocks, in, out, x, dy, dw, together ? db : NULL, scratch);
    for (int i = 0; i < pieces(tiles, VB_MAX) && !many; i++) {
        int v0 = piece_at(tiles, VB_MAX, i), vb = piece_at(tiles, VB_MAX, i + 1) - v0, from = v0 * LANES;
        float *strip = scratch, *rows = strip + (ptrdiff_t)blocks * LANES * vb * LANES;
        struct gemm m = {.k = blocks * IMAGES, .a_block = (ptrdiff_t)out * IMAGES};
        m.out_row = whole ? in : vb * LANES;
        for (int b = 0; b < blocks; b++)
            transpose_block(in, from, vb, x + (ptrdiff_t)b * in * LANES, strip + (ptrdiff_t)b * vb * IMAGES * LANES);
        gemm_rows(1, &m, out, vb, dy, strip, NULL, whole ? dw + from : rows);
        int n = in - from < vb * LANES ? in - from : vb * LANES;
        for (int o = 0; !whole && o < out; o++)
            memcpy(dw + (ptrdiff_t)o * in + from, rows + o * m.out_row, (size_t)n * sizeof *dw);
    }
    products_end(mode);
}
