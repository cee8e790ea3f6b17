/* winograd.c - see winograd.h. A strip of up to three squares of two output rows goes through four passes, one for
 * each row of the 4x4 transformed inputs (a quarter of them, so that they stay in the first cache until all output
 * channels have used them):
 *     transform: v[channel][4][squares] from two of the four input rows;
 *     products:  m[4] of a few output channels in registers, over all input channels, at once made z = at(m);
 *     outputs:   z of the four passes added up, the last steps into y.
 * Weights lie as [pass][chunk of input channels][piece of output channels][input channel][4][output channel]. */
#include "kernels/impl/winograd.h"
#include "kernels/impl/impl.h"
#include "kernels/impl/tiles.h"

#define T_MAX WINOGRAD_TILES
#ifdef ISA_avx2
#define COB_MAX 4 /* 4 x 3 sums of one of the four products, 3 of v, 1 weight: 16 registers */
#define TOGETHER 1
#else
#define COB_MAX 2 /* 2 x 3 sums of all four, 3 of v, 1 weight: 28 of 32 */
#define TOGETHER 4
#endif

/* Strides in floats. */
struct strip {
    int ci, co;      /* ci: of the chunk */
    int first, last; /* whether the chunk is */
    int col, w;      /* input column of the first square (may be outside); width of the input */
    int cols;        /* output columns of the last square: 2, or 1 */
    ptrdiff_t y_ch;
    const float *fetch; /* one line with each product, fetch_step apart */
    ptrdiff_t fetch_step;
};

/* An input column of two rows, one step of bt down. */
INLINE vk column(int edge, int plus, const struct strip *s, int k, const float *a, const float *b)
{
    if (edge && (unsigned)(s->col + k) >= (unsigned)s->w)
        return vk_set1(0.0f);
    vk p = vk_load(a + k * LANES), q = vk_load(b + k * LANES);
    return plus ? vk_add(p, q) : vk_sub(p, q);
}

/* v of one pass: rows a + b, or a - b; a_ch, b_ch: to the next channel (0 for the row of zeros). */
INLINE void transform_run(int edge, int plus, int tiles, const struct strip *s, const float *a, ptrdiff_t a_ch,
                          const float *b, ptrdiff_t b_ch, float *v)
{
    for (int c = s->ci; c > 0; c--, a += a_ch, b += b_ch, v += 4 * tiles * VK) {
        vk t[2 * T_MAX + 2];
        UNROLL
        for (int k = 0; k < 2 * tiles + 2; k++)
            t[k] = column(edge, plus, s, k, a, b);
        UNROLL
        for (int i = 0; i < tiles; i++) {
            const vk *d = t + 2 * i;
            vk_store(v + i * VK, vk_sub(d[0], d[2]));
            vk_store(v + (tiles + i) * VK, vk_add(d[1], d[2]));
            vk_store(v + (2 * tiles + i) * VK, vk_sub(d[2], d[1]));
            vk_store(v + (3 * tiles + i) * VK, vk_sub(d[1], d[3]));
        }
    }
}

/* One input channel of product p. */
INLINE void multiply(int tiles, int cob, const float *v, const float *u, vk m[COB_MAX][T_MAX])
{
    vk in[T_MAX];
    UNROLL
    for (int i = 0; i < tiles; i++) {
        in[i] = vk_load(v + i * VK);
        vk_pin(in[i]);
    }
    UNROLL
    for (int o = 0; o < cob; o++) {
        vk weight = vk_set1(u[o]);
        UNROLL
        for (int i = 0; i < tiles; i++)
            m[o][i] = vk_fma(in[i], weight, m[o][i]);
    }
}

/* Adds the z of one pass to the half-made outputs of one square, two of the upper row, two of the lower one. y: the
 * row that this pass makes or, two passes before it does, sends for. cols: how many of its two columns there are. */
INLINE void add_pass(int pass, int cols, const vk z[2], float *at, float *y)
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

/* One pass of COB output channels. half: [COB][squares][4] half-made outputs; part: products of the chunks so far. */
INLINE void piece_run(int tiles, int pass, int cob, int piece, const struct strip *s, const float *v, const float *u,
                      const float *b, float *half, float *part, float *y)
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
                    m[q][o][i] = s->first ? vk_set1(pass == 1 && q == 1 && b ? b[o] : 0.0f)
                                          : vk_load(part + ((q * cob + o) * tiles + i) * VK);
            }
        }
        const float *vc = v, *uc = u, *fetch = s->fetch + (ptrdiff_t)piece * s->ci * s->fetch_step;
        for (int c = s->ci; c > 0; c--, vc += 4 * tiles * VK, uc += 4 * cob, fetch += s->fetch_step) {
            __builtin_prefetch(fetch, 0, 2);
            UNROLL
            for (int q = p; q < p + TOGETHER; q++)
                multiply(tiles, cob, vc + q * tiles * VK, uc + q * cob, m[q]);
        }
    }
    if (!s->last) {
        UNROLL
        for (int q = 0; q < 4; q++) {
            UNROLL
            for (int o = 0; o < cob; o++) {
                UNROLL
                for (int i = 0; i < tiles; i++)
                    vk_store(part + ((q * cob + o) * tiles + i) * VK, m[q][o][i]);
            }
        }
        return;
    }
    UNROLL
    for (int o = 0; o < cob; o++) {
        UNROLL
        for (int i = 0; i < tiles; i++) {
            vk z[2] = {vk_add(vk_add(m[0][o][i], m[1][o][i]), m[2][o][i]),
                       vk_sub(vk_sub(m[1][o][i], m[2][o][i]), m[3][o][i])};
            add_pass(pass, i < tiles - 1 ? 2 : s->cols, z, half + (o * tiles + i) * 4 * VK,
                     y + o * s->y_ch + 2 * i * LANES);
        }
    }
}

INLINE void pass_run(int tiles, int pass, const struct strip *s, const float *v, const float *u, const float *b,
                     float *half, float *part, float *y)
{
    int o = 0;
#define PIECES(COB)                                                                                                    \
    for (; o + COB <= s->co; o += COB, u += 4 * s->ci * COB)                                                           \
    piece_run(tiles, pass, COB, o / COB_MAX, s, v, u, b ? b + o : NULL, half + o * 4 * tiles * VK,                     \
              part + o * 4 * tiles * VK, y + o * s->y_ch)
    PIECES(COB_MAX);
#if COB_MAX > 2
    PIECES(2);
#endif
    PIECES(1);
#undef PIECES
}

#ifdef FIXED_SIZES
typedef void transform_fn(const struct strip *s, const float *a, ptrdiff_t a_ch, const float *b, ptrdiff_t b_ch,
                          float *v);
typedef void pass_fn(const struct strip *s, const float *v, const float *u, const float *b, float *half, float *part,
                     float *y);
#define TRANSFORM(T, E, P)                                                                                             \
    static void transform_##T##E##P(const struct strip *s, const float *a, ptrdiff_t a_ch, const float *b,             \
                                    ptrdiff_t b_ch, float *v)                                                          \
    {                                                                                                                  \
        transform_run(E, P, T, s, a, a_ch, b, b_ch, v);                                                                \
    }
#define PASS(T, P)                                                                                                     \
    static void pass_##T##P(const struct strip *s, const float *v, const float *u, const float *b, float *half,        \
                            float *part, float *y)                                                                     \
    {                                                                                                                  \
        pass_run(T, P, s, v, u, b, half, part, y);                                                                     \
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
static pass_fn *const passes[T_MAX][4] = {PASSES(PASS_ENTRY)};
// clang-format on
#define TRANSFORM_CALL(E, P, T, ...) transforms[(T)-1][E][P](__VA_ARGS__)
#define PASS_CALL(T, P, ...) passes[(T)-1][P](__VA_ARGS__)
#else
#define TRANSFORM_CALL(E, P, T, ...) transform_run(E, P, T, __VA_ARGS__)
#define PASS_CALL(T, P, ...) pass_run(T, P, __VA_ARGS__)
#endif

/* What the strips of a pair of output rows share: the four input rows under them and the way to their next channel. */
struct band {
    const struct winograd *d;
    const float *x[4];
    ptrdiff_t x_ch[4];
    int inside[4]; /* else the row of zeros */
    const float *packed, *b;
    float *y[2]; /* y[1] NULL: there is no lower row */
    struct fetch *fetch;
    float *v, *half, *part;
};

/* The two input rows of each pass. */
static const int upper[4] = {0, 1, 2, 1}, lower[4] = {2, 2, 1, 3};

/* One pass over a strip in the lanes from `part` on. Without any input row inside it takes no channel at all. */
static void run_pass(const struct band *k, struct strip *s, int pass, int t0, int n, int part)
{
    const struct winograd *d = k->d;
    const int p = upper[pass], q = lower[pass], some = k->inside[p] || k->inside[q];
    const int edge = s->col < 0 || s->col + 2 * n + 1 >= d->w, chunks = some ? pieces(d->ci, WINOGRAD_CHUNK) : 1;
    const ptrdiff_t at = (ptrdiff_t)s->col * LANES + part;
    const float *xp = k->inside[p] ? k->x[p] + at : k->x[p], *xq = k->inside[q] ? k->x[q] + at : k->x[q];
    const float *u = k->packed + (ptrdiff_t)4 * pass * d->ci * d->co;
    float *y = k->y[k->y[1] ? pass % 2 : 0] + 2 * t0 * LANES + part;
    for (int i = 0; i < chunks; i++) {
        s->ci = some ? piece_at(d->ci, WINOGRAD_CHUNK, i + 1) - piece_at(d->ci, WINOGRAD_CHUNK, i) : 0;
        s->first = i == 0;
        s->last = i == chunks - 1;
        const float *next = part ? NULL : fetch_next(k->fetch, (size_t)pieces(d->co, COB_MAX) * (size_t)s->ci * LANES);
        s->fetch = next ? next : k->v;
        s->fetch_step = next ? LANES : 0;
        TRANSFORM_CALL(edge, pass == 1, n, s, xp, k->x_ch[p], xq, k->x_ch[q], k->v);
        PASS_CALL(n, pass, s, k->v, u, k->b, k->half, k->part, y);
        xp += s->ci * k->x_ch[p];
        xq += s->ci * k->x_ch[q];
        u += (ptrdiff_t)4 * s->ci * d->co;
    }
}

/* `n` squares from number t0 on. */
static void run_strip(const struct band *k, int t0, int n)
{
    const struct winograd *d = k->d;
    struct strip s = {.co = d->co, .col = 2 * t0 - d->pw, .w = d->w, .y_ch = (ptrdiff_t)d->wo * LANES};
    s.cols = 2 * (t0 + n) > d->wo ? 1 : 2;
    for (int part = 0; part < LANES; part += VK)
        for (int pass = 0; pass < (k->y[1] ? 4 : 3); pass++)
            run_pass(k, &s, pass, t0, n, part);
}

void EXPORT(winograd_rows)(const struct winograd *d, int r0, int r1, const float *const *x, const float *packed,
                           const float *b, float *const *y, struct fetch *fetch, float *scratch)
{
    const int zeros = (2 * T_MAX + 2) * LANES, tiles = (d->wo + 1) / 2;
    struct band k = {.d = d, .packed = packed, .b = b, .fetch = fetch};
    memset(scratch, 0, (size_t)zeros * sizeof *scratch);
    k.half = scratch + zeros;
    k.part = k.half + 4 * T_MAX * d->co * VK;
    k.v = k.part + (d->ci > WINOGRAD_CHUNK ? 4 * T_MAX * d->co * VK : 0);
    for (int r = r0; r < r1; r += 2) {
        for (int i = 0; i < 4; i++) {
            int row = r - d->ph + i;
            k.inside[i] = row >= 0 && row < d->h;
            k.x[i] = k.inside[i] ? x[row] : scratch;
            k.x_ch[i] = k.inside[i] ? (ptrdiff_t)d->w * LANES : 0;
        }
        k.y[0] = y[r];
        k.y[1] = r + 1 < r1 ? y[r + 1] : NULL;
        for (int i = 0; i < pieces(tiles, T_MAX); i++) {
            int t0 = piece_at(tiles, T_MAX, i);
            run_strip(&k, t0, piece_at(tiles, T_MAX, i + 1) - t0);
        }
    }
}

/* gt of g[0], g[step], g[2 * step]. */
INLINE void weights_of(const float *g, ptrdiff_t step, float u[4])
{
    float outer = g[0] + g[2 * step];
    u[0] = g[0];
    u[1] = (outer + g[step]) * 0.5f;
    u[2] = (outer - g[step]) * 0.5f;
    u[3] = g[2 * step];
}

/* The sixteen weights of a pair of channels; pass y, product x to out[y * pass + x * next]. */
static void pack_pair(const float *g, ptrdiff_t step, ptrdiff_t pass, ptrdiff_t next, float *out)
{
    float t[3][4], u[4];
    for (int x = 0; x < 3; x++)
        weights_of(g + x * step, 3 * step, t[x]);
    for (int y = 0; y < 4; y++) {
        weights_of(&t[0][y], 4, u);
        for (int x = 0; x < 4; x++)
            out[y * pass + x * next] = u[x];
    }
}

/* How many output channels go with number o in a piece of `co` in all. */
static int piece_with(int o, int co)
{
    int left = co - o;
    return left >= COB_MAX ? COB_MAX : left >= 2 ? 2 : 1;
}

void EXPORT(winograd_pack)(const struct winograd *d, ptrdiff_t s_o, ptrdiff_t s_c, int flip, const float *w, float *out)
{
    ptrdiff_t step = flip ? -1 : 1, pass = (ptrdiff_t)4 * d->ci * d->co;
    w += flip ? 8 : 0;
    for (int i = 0; i < pieces(d->ci, WINOGRAD_CHUNK); i++) {
        int c0 = piece_at(d->ci, WINOGRAD_CHUNK, i), c1 = piece_at(d->ci, WINOGRAD_CHUNK, i + 1), cob;
        for (int o = 0; o < d->co; o += cob) {
            cob = piece_with(o, d->co);
            for (int c = c0; c < c1; c++, out += 4 * cob)
                for (int n = 0; n < cob; n++)
                    pack_pair(w + (o + n) * s_o + c * s_c, step, pass, cob, out + n);
        }
    }
}
