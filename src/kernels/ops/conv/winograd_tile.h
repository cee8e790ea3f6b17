/* winograd_tile.h - one pass over a strip, with its sizes as constants. A file says with FORM which form it is of, and
 * includes this once.
 *     transform: v[channel][4][squares] from two rows of the input;
 *     products:  m[4] of a few output channels in registers, over all input channels, at once made z, the last step
 *                along the row;
 *     outputs:   z of the four passes added up, the last steps into the rows of the output. */
#ifndef KERNELS_OPS_CONV_WINOGRAD_TILE_H
#define KERNELS_OPS_CONV_WINOGRAD_TILE_H

#include "kernels/ops/conv/winograd_strip.h"

/* An input column of two rows, one step down. */
INLINE vk column(int edge, int plus, const struct strip *s, int k, const float *a, const float *b)
{
    if (edge && (unsigned)(s->col + k) >= (unsigned)s->w)
        return vk_set1(0.0f);
    vk p = vk_load(a + k * LANES), q = vk_load(b + k * LANES);
    return plus ? vk_add(p, q) : vk_sub(p, q);
}

/* The two rows of a channel one step down: t[columns]. */
INLINE void columns_of(int edge, int plus, int columns, const struct strip *s, const float *a, const float *b,
                       vk t[2 * T_MAX + 2])
{
    UNROLL
    for (int k = 0; k < columns; k++)
        t[k] = column(edge, plus, s, k, a, b);
}

/* The input of product p of the square whose columns begin at d. */
INLINE vk transformed(int p, const vk *d)
{
    if (FORM == GATHER)
        return p == 0 ? vk_sub(d[0], d[2]) : p == 1 ? vk_add(d[1], d[2]) : vk_sub(d[p == 2 ? 2 : 1], d[p == 2 ? 1 : 3]);
    return p == 0 ? d[0] : p == 1 ? vk_add(d[0], d[1]) : p == 2 ? vk_sub(d[0], d[1]) : d[1];
}

/* v of one pass: rows a + b, or a - b; a_ch, b_ch: to the next channel (0 for the row of zeros). */
INLINE void transform_run(int edge, int plus, int tiles, const struct strip *s, const float *a, ptrdiff_t a_ch,
                          const float *b, ptrdiff_t b_ch, float *v)
{
    const int columns = 2 * tiles + (FORM == GATHER ? 2 : 0);
#ifdef PAIRS
    for (int c = s->channels; c > 0; c -= 2, a += 2 * a_ch, b += 2 * b_ch, v += 4 * tiles * LANES) {
        vk even[2 * T_MAX + 2], odd[2 * T_MAX + 2];
        columns_of(edge, plus, columns, s, a, b, even);
        if (c > 1)
            columns_of(edge, plus, columns, s, a + a_ch, b + b_ch, odd);
        UNROLL
        for (int p = 0; p < 4; p++) {
            UNROLL
            for (int i = 0; i < tiles; i++) {
                vk second = c > 1 ? transformed(p, odd + 2 * i) : vk_set1(0.0f);
                w16_store(v + (p * tiles + i) * LANES, near_pairs(transformed(p, even + 2 * i), second));
            }
        }
    }
#else
    for (int c = 0; c < s->ci; c++, a += a_ch, b += b_ch) {
        float *to = v + channel_at(c, s->ci, 4 * tiles * VK);
        vk t[2 * T_MAX + 2];
        columns_of(edge, plus, columns, s, a, b, t);
        UNROLL
        for (int i = 0; i < tiles; i++) {
            UNROLL
            for (int p = 0; p < 4; p++)
                vk_store(to + (p * tiles + i) * VK, NEAR(transformed(p, t + 2 * i)));
        }
    }
#endif
}

/* One input channel of product p. */
INLINE void multiply(int tiles, int cob, const float *v, const float *u, vk m[COB_MAX][T_MAX])
{
    operand in[T_MAX];
    UNROLL
    for (int i = 0; i < tiles; i++) {
        in[i] = operand_load(v + i * VK);
        vk_pin(in[i]);
    }
    UNROLL
    for (int o = 0; o < cob; o++) {
        operand weight = operand_set1(u + o);
        UNROLL
        for (int i = 0; i < tiles; i++)
            m[o][i] = operand_multiply(in[i], weight, m[o][i]);
    }
}

/* Adds the z of one pass to the half-made outputs of one square, two of the upper row, two of the lower one. y: the
 * row that this pass makes or, two passes before it does, sends for. cols: how many of its two columns there are. */
INLINE void gather_pass(int pass, int cols, const vk z[2], float *at, float *y)
{
    UNROLL
    for (int k = 0; k < 2; k++, at += VK, y += LANES) {
        float *lower = at + 2 * VK;
        if (pass < 2)
            __builtin_prefetch(y, 1);
        if (pass == 0)
            vk_store(at, z[k]);
        if (pass == 1) {
            vk_store(at, vk_add(vk_load(at), z[k]));
            vk_store(lower, z[k]);
        }
        if (pass == 2) {
            if (k < cols)
                vk_store(y, vk_add(vk_load(at), z[k]));
            vk_store(lower, vk_sub(vk_load(lower), z[k]));
        }
        if (pass == 3 && k < cols)
            vk_store(y, vk_sub(vk_load(lower), z[k]));
    }
}

/* The same for one column of what is scattered over four rows, in the order 1, 2, 0, 3 of the passes. over: what is
 * left over for the two upper rows, in which the two lower ones take their place. */
INLINE void scatter_pass(int pass, vk z, float *at, float *over, ptrdiff_t lower, float *y)
{
    if (pass == 1 || pass == 2)
        __builtin_prefetch(y, 1);
    if (pass == 1)
        vk_store(at, z);
    if (pass == 2) {
        vk first = vk_load(at);
        vk_store(at, vk_sub(first, z));
        vk_store(at + VK, vk_add(first, z));
    }
    if (pass == 0) {
        vk_store(y, vk_add(vk_load(over), z));
        vk_store(over, vk_sub(vk_load(at + VK), z));
    }
    if (pass == 3) {
        vk_store(y, vk_add(vk_load(over + lower), vk_sub(vk_load(at), z)));
        vk_store(over + lower, z);
    }
}

INLINE void gather_squares(int tiles, int pass, int cols, int o, vk m[4][COB_MAX][T_MAX], float *half, float *y)
{
    UNROLL
    for (int i = 0; i < tiles; i++) {
        vk z[2] = {vk_add(vk_add(m[0][o][i], m[1][o][i]), m[2][o][i]),
                   vk_sub(vk_sub(m[1][o][i], m[2][o][i]), m[3][o][i])};
        gather_pass(pass, i < tiles - 1 ? 2 : cols, z, half + i * 4 * VK, y + 2 * i * LANES);
    }
}

/* Each square meets the right half of the one on its left. */
INLINE void scatter_squares(int tiles, int pass, const struct strip *s, int o, vk m[4][COB_MAX][T_MAX],
                            const struct made *k)
{
    float *half = k->half, *over = k->over, *y = k->y;
    vk left[2] = {vk_set1(0.0f), vk_set1(0.0f)};
    if (!s->first) {
        left[0] = vk_load(k->beside);
        left[1] = vk_load(k->beside + LANES);
    }
    UNROLL
    for (int i = 0; i < tiles; i++, half += 4 * VK, over += 2 * LANES, y += 2 * LANES) {
        vk z[2] = {m[0][o][i], vk_sub(vk_sub(m[1][o][i], m[2][o][i]), m[3][o][i])};
        scatter_pass(pass, vk_add(left[0], z[0]), half, over, s->lower, y);
        scatter_pass(pass, vk_add(left[1], z[1]), half + 2 * VK, over + LANES, s->lower, y + LANES);
        left[0] = vk_sub(vk_add(m[1][o][i], m[2][o][i]), m[0][o][i]);
        left[1] = m[3][o][i];
    }
    if (!s->last) {
        vk_store(k->beside, left[0]);
        vk_store(k->beside + LANES, left[1]);
        return;
    }
    scatter_pass(pass, left[0], half, over, s->lower, y);
    if (s->cols > 2 * tiles + 1)
        scatter_pass(pass, left[1], half + 2 * VK, over + LANES, s->lower, y + LANES);
}

/* One pass of COB output channels. */
INLINE void piece_run(int tiles, int pass, int cob, int piece, const struct strip *s, const float *v, const float *u,
                      const float *b, const struct made *k)
{
    vk m[4][COB_MAX][T_MAX];
    UNROLL
    for (int p = 0; p < 4; p += TOGETHER) {
        UNROLL
        for (int q = p; q < p + TOGETHER; q++) {
            UNROLL
            for (int o = 0; o < cob; o++) {
                UNROLL
                for (int i = 0; i < tiles; i++)
                    m[q][o][i] = s->first_chunk ? vk_set1(pass == 1 && q == 1 && b ? b[o] : 0.0f)
                                                : vk_load(k->part + ((q * cob + o) * tiles + i) * VK);
            }
        }
        const float *vc = v, *uc = u, *fetch = s->fetch + (ptrdiff_t)piece * s->ci * s->fetch_step;
        for (int c = s->ci; c > 0; c--, vc += 4 * tiles * VK, uc += 4 * cob, fetch += s->fetch_step) {
            __builtin_prefetch(fetch, 0, 2);
            UNROLL
            for (int q = p; q < p + TOGETHER; q++)
                multiply(tiles, cob, vc + q * tiles * VK, uc + q * cob, m[q]);
        }
        UNROLL
        for (int q = p; q < p + TOGETHER; q++) {
            UNROLL
            for (int o = 0; o < cob; o++) {
                UNROLL
                for (int i = 0; i < tiles; i++)
                    m[q][o][i] = sum_of(m[q][o][i]);
            }
        }
    }
    if (!s->last_chunk) {
        UNROLL
        for (int q = 0; q < 4; q++) {
            UNROLL
            for (int o = 0; o < cob; o++) {
                UNROLL
                for (int i = 0; i < tiles; i++)
                    vk_store(k->part + ((q * cob + o) * tiles + i) * VK, m[q][o][i]);
            }
        }
        return;
    }
    struct made at = *k;
    UNROLL
    for (int o = 0; o < cob; o++) {
        if (FORM == GATHER)
            gather_squares(tiles, pass, s->cols, o, m, at.half, at.y);
        else
            scatter_squares(tiles, pass, s, o, m, &at);
        at.half += HALF(FORM, tiles) * VK;
        at.y += s->y_ch;
        at.over += s->y_ch;
        at.beside += 2 * LANES;
    }
}

INLINE void pass_run(int tiles, int pass, const struct strip *s, const float *v, const float *u, const float *b,
                     const struct made *k)
{
    struct made at = *k;
    int o = 0;
#define PIECES(COB)                                                                                                    \
    for (; o + COB <= s->co; o += COB) {                                                                               \
        piece_run(tiles, pass, COB, o / COB_MAX, s, v, u, b ? b + o : NULL, &at);                                      \
        u += 4 * s->ci * COB;                                                                                          \
        at.half += HALF(FORM, tiles) * COB * VK;                                                                       \
        at.part += 4 * tiles * COB * VK;                                                                               \
        at.y += COB * s->y_ch;                                                                                         \
        at.over += COB * s->y_ch;                                                                                      \
        at.beside += COB * 2 * LANES;                                                                                  \
    }
    PIECES(COB_MAX)
#if COB_MAX > 2
    PIECES(2)
#endif
    PIECES(1)
#undef PIECES
}

#ifdef FIXED_SIZES
typedef void transform_fn(const struct strip *s, const float *a, ptrdiff_t a_ch, const float *b, ptrdiff_t b_ch,
                          float *v);
typedef void products_fn(const struct strip *s, const float *v, const float *u, const float *b, const struct made *k);
#define TRANSFORM(T, E, P)                                                                                             \
    static void transform_##T##E##P(const struct strip *s, const float *a, ptrdiff_t a_ch, const float *b,             \
                                    ptrdiff_t b_ch, float *v)                                                          \
    {                                                                                                                  \
        transform_run(E, P, T, s, a, a_ch, b, b_ch, v);                                                                \
    }
#define PASS(T, P)                                                                                                     \
    static void pass_##T##P(const struct strip *s, const float *v, const float *u, const float *b,                     \
                            const struct made *k)                                                                      \
    {                                                                                                                  \
        pass_run(T, P, s, v, u, b, k);                                                                                 \
    }
#define TRANSFORM_ENTRY(T, E, P) [T - 1][E][P] = transform_##T##E##P,
#define PASS_ENTRY(T, P) [T - 1][P] = pass_##T##P,
// clang-format off
#define TRANSFORMS_OF(M, T) M(T, 0, 0) M(T, 0, 1) M(T, 1, 0) M(T, 1, 1)
#define TRANSFORMS(M) TRANSFORMS_OF(M, 1) TRANSFORMS_OF(M, 2) TRANSFORMS_OF(M, 3)
#define PASSES_OF(M, T) M(T, 0) M(T, 1) M(T, 2) M(T, 3)
#define PASSES(M) PASSES_OF(M, 1) PASSES_OF(M, 2) PASSES_OF(M, 3)
TRANSFORMS(TRANSFORM)
PASSES(PASS)
static transform_fn *const transforms[T_MAX][2][2] = {TRANSFORMS(TRANSFORM_ENTRY)};
static products_fn *const passes[T_MAX][4] = {PASSES(PASS_ENTRY)};
// clang-format on
#define TRANSFORM_CALL(E, P, T, ...) transforms[(T)-1][E][P](__VA_ARGS__)
#define PASS_CALL(T, P, ...) passes[(T)-1][P](__VA_ARGS__)
#else
#define TRANSFORM_CALL(E, P, T, ...) transform_run(E, P, T, __VA_ARGS__)
#define PASS_CALL(T, P, ...) pass_run(T, P, __VA_ARGS__)
#endif

#endif
