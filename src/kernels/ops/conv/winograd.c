/* winograd.c - see winograd.h. A strip of up to three squares side by side goes through four passes, one for each row
 * of the 4x4 products (a quarter of them, so that they stay in the first cache until all output channels have used
 * them). Weights lie as [pass][chunk of input channels][piece of output channels][input channel][4][output channel]. */
#include "kernels/ops/conv/winograd_strip.h"
#include "kernels/ops/ops.h"
#include "kernels/ops/tiles.h"

/* The passes of each form: the order in which they go, the two input rows of each (NONE: a row of zeros), whether their
 * sum is taken or their difference, and the row of the output that is made, or sent for. */
#define NONE 4
static const struct {
    int order[4], upper[4], lower[4], plus[4], row[4];
} steps[] = {
    [GATHER] = {{0, 1, 2, 3}, {0, 1, 2, 1}, {2, 2, 1, 3}, {0, 1, 0, 0}, {0, 1, 0, 1}},
    [SCATTER] = {{1, 2, 0, 3}, {0, 0, 0, NONE}, {NONE, 1, 1, 1}, {1, 1, 0, 1}, {0, 0, 1, 1}},
};

static const struct {
    winograd_transform *transform;
    winograd_products *products;
} halves[] = {
    [GATHER] = {EXPORT_PRODUCT(winograd_gather_transform), EXPORT_PRODUCT(winograd_gather_products)},
    [SCATTER] = {EXPORT_PRODUCT(winograd_scatter_transform), EXPORT_PRODUCT(winograd_scatter_products)},
};

/* What the strips of a pair of output rows share: the input rows under them, NULL where outside, and where they make
 * what. */
struct band {
    const struct winograd *d;
    enum form form;
    const float *x[NONE + 1];
    const float *packed, *b;
    float *y[2]; /* y[1] NULL: there is no lower row */
    struct fetch *fetch;
    float *zeros, *v;
    struct made made; /* y aside */
};

/* The first channel of chunk i: pairs are not torn apart. */
static int chunk_at(int ci, int i)
{
    int at = 2 * piece_at((ci + 1) / 2, WINOGRAD_CHUNK / 2, i);
    return at < ci ? at : ci;
}

/* One pass over a strip in the lanes from `part` on. Without any input row inside it takes no channel at all. */
static void run_pass(const struct band *k, struct strip *s, int pass, int t0, int n, int part)
{
    const struct winograd *d = k->d;
    const float *p = k->x[steps[k->form].upper[pass]], *q = k->x[steps[k->form].lower[pass]];
    const int edge = s->col < 0 || s->col + 2 * n + (k->form == GATHER ? 1 : -1) >= d->w;
    const int chunks = p || q ? pieces(d->ci, WINOGRAD_CHUNK) : 1;
    const ptrdiff_t ch = (ptrdiff_t)d->w * LANES, p_ch = p ? ch : 0, q_ch = q ? ch : 0;
    const ptrdiff_t x_at = (ptrdiff_t)s->col * LANES + part, y_at = (ptrdiff_t)2 * t0 * LANES + part;
    const float *xp = p ? p + x_at : k->zeros, *xq = q ? q + x_at : k->zeros;
    const float *u = k->packed + (ptrdiff_t)4 * pass * operands(d->ci) * d->co;
    struct made made = k->made;
    made.y = k->y[k->y[1] ? steps[k->form].row[pass] : 0] + y_at;
    if (k->form == SCATTER) {
        made.over += y_at;
        made.beside += (ptrdiff_t)pass * d->co * 2 * LANES + part;
    }
    for (int i = 0; i < chunks; i++) {
        s->channels = p || q ? chunk_at(d->ci, i + 1) - chunk_at(d->ci, i) : 0;
        s->ci = operands(s->channels);
        s->first_chunk = i == 0;
        s->last_chunk = i == chunks - 1;
        const float *next = part ? NULL : fetch_next(k->fetch, (size_t)pieces(d->co, COB_MAX) * (size_t)s->ci * LANES);
        s->fetch = next ? next : k->v;
        s->fetch_step = next ? LANES : 0;
        halves[k->form].transform(edge, steps[k->form].plus[pass], n, s, xp, p_ch, xq, q_ch, k->v);
        halves[k->form].products(n, pass, s, k->v, u, k->b, &made);
        xp += s->channels * p_ch;
        xq += s->channels * q_ch;
        u += (ptrdiff_t)4 * s->ci * d->co;
    }
}

/* `n` squares from number t0 on, of `tiles`. */
static void run_strip(const struct band *k, int t0, int n, int tiles)
{
    const struct winograd *d = k->d;
    struct strip s = {.co = d->co, .w = d->w, .first = t0 == 0, .last = t0 + n == tiles};
    s.col = 2 * t0 - (k->form == GATHER ? d->pw : 0);
    s.cols = k->form == SCATTER ? d->wo - 2 * t0 : 2 * (t0 + n) > d->wo ? 1 : 2;
    s.y_ch = (ptrdiff_t)d->wo * LANES;
    s.lower = d->co * s.y_ch;
    for (int part = 0; part < LANES; part += VK)
        for (int i = 0; i < (k->y[1] ? 4 : 3); i++)
            run_pass(k, &s, steps[k->form].order[i], t0, n, part);
}

static void run_strips(const struct band *k, int tiles)
{
    for (int i = 0; i < pieces(tiles, T_MAX); i++) {
        int t0 = piece_at(tiles, T_MAX, i);
        run_strip(k, t0, piece_at(tiles, T_MAX, i + 1) - t0, tiles);
    }
}

static const float *row_of(const struct winograd *d, const float *const *x, int i)
{
    return i >= 0 && i < d->h ? x[i] : NULL;
}

static void gather_rows(struct band *k, int r, int r1, const float *const *x, float *const *y)
{
    for (int i = 0; i < 4; i++)
        k->x[i] = row_of(k->d, x, r - k->d->ph + i);
    k->y[0] = y[r];
    k->y[1] = r + 1 < r1 ? y[r + 1] : NULL;
    run_strips(k, (k->d->wo + 1) / 2);
}

/* Below the last square there is but what it left over. */
static void scatter_rows(struct band *k, int r, int r1, const float *const *x, float *const *y)
{
    const size_t row = (size_t)k->d->co * (size_t)k->d->wo * LANES;
    if (r == 0)
        memset(k->made.over, 0, 2 * row * sizeof(float));
    if (r >= k->d->h) {
        for (int i = r; i < r1 && i < r + 2; i++)
            memcpy(y[i], k->made.over + (size_t)(i - r) * row, row * sizeof(float));
        return;
    }
    for (int i = 0; i < 2; i++) {
        k->x[i] = row_of(k->d, x, r + i);
        k->y[i] = y[r + i];
    }
    run_strips(k, (k->d->w + 1) / 2);
}

void EXPORT_PRODUCT(winograd_rows)(const struct winograd *d, int r0, int r1, const float *const *x, const float *packed,
                                   const float *b, float *const *y, struct fetch *fetch, float *scratch)
{
    struct band k = {.d = d, .form = d->scatter ? SCATTER : GATHER, .packed = packed, .b = b, .fetch = fetch};
    struct winograd_room room;
    winograd_scratch(d, &room);
    k.zeros = scratch;
    k.v = scratch + room.v;
    k.made = (struct made){.half = scratch + room.half,
                           .part = scratch + room.part,
                           .over = scratch + room.over,
                           .beside = scratch + room.beside};
    memset(k.zeros, 0, WINOGRAD_COLUMNS * LANES * sizeof(float));
    for (int r = r0; r < r1; r += 2)
        (k.form == SCATTER ? scatter_rows : gather_rows)(&k, r, r1, x, y);
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

/* The sixteen weights of an output and an input channel (NULL: zeros); pass y, product x to out[y * 4 + x]. */
static void transform_weights(const float *g, ptrdiff_t step, float *out)
{
    float t[3][4], u[4];
    if (!g) {
        memset(out, 0, 16 * sizeof *out);
        return;
    }
    for (int x = 0; x < 3; x++)
        weights_of(g + x * step, 3 * step, t[x]);
    for (int y = 0; y < 4; y++) {
        weights_of(&t[0][y], 4, u);
        for (int x = 0; x < 4; x++)
            out[y * 4 + x] = u[x];
    }
}

/* An operand for each pass y and product x to out[y * pass + x * next]: the transformed weights of one channel, or of
 * it and the second of its pair. */
static void pack_weights(const float *g, const float *second, ptrdiff_t step, ptrdiff_t pass, ptrdiff_t next,
                         float *out)
{
    float u[2][16] __attribute__((aligned(64)));
    transform_weights(g, step, u[0]);
    transform_weights(second, step, u[1]);
#if defined(PAIRS)
    w16_store(u[0], near_pairs(v16_load(u[0]), v16_load(u[1])));
#else
    for (int i = 0; i < 16; i += VK)
        vk_store(u[0] + i, NEAR(vk_load(u[0] + i)));
#endif
    for (int i = 0; i < 16; i++)
        memcpy(&out[i / 4 * pass + i % 4 * next], &u[0][i], sizeof *out);
}

/* How many output channels go with number o in a piece of `co` in all. */
static int piece_with(int o, int co)
{
    int left = co - o;
    return left >= COB_MAX ? COB_MAX : left >= 2 ? 2 : 1;
}

void EXPORT_PRODUCT(winograd_pack)(const struct winograd *d, ptrdiff_t s_o, ptrdiff_t s_c, int flip, const float *w,
                                   float *out)
{
    ptrdiff_t step = flip ? -1 : 1, pass = (ptrdiff_t)4 * operands(d->ci) * d->co;
    w += flip ? 8 : 0;
    for (int i = 0; i < pieces(d->ci, WINOGRAD_CHUNK); i++) {
        int c0 = chunk_at(d->ci, i), channels = chunk_at(d->ci, i + 1) - c0, cob;
        for (int o = 0; o < d->co; o += cob) {
            cob = piece_with(o, d->co);
            for (int c = 0; c < channels; c += EACH_OPERAND, out += 4 * cob)
                for (int n = 0; n < cob; n++) {
                    const float *g = w + (o + n) * s_o + c0 * s_c, *second = NULL;
                    if (EACH_OPERAND > 1 && c + 1 < channels)
                        second = g + (c + 1) * s_c;
                    pack_weights(g + channel_at(c, channels, s_c), second, step, pass, cob, out + n);
                }
        }
    }
}
