/* wgrad.c - gradient of a convolution's weights. A weight's gradient is 16 lane sums over blocks, rows and columns, in
 * that order and in steps of one fma, reduced by lane_sum at the end.
 *
 * A tile is COB output channels times T streams in registers, a stream being an input channel at one tap kx: for each
 * column it takes COB vectors of dy and T of x. Streams do not care about kernel size, stride or dilation. What is
 * added up at a time is a few rows, which stay in the cache while all tiles take them; the lane sums of the tiles stay
 * in memory meanwhile. Dead lanes need no care, dy is zero there. */

#include "kernels/impl/impl.h"
#include "kernels/impl/tiles.h"

#ifdef ISA_avx512
#define COB_MAX 4 /* 4 x 6 sums, 4 of dy, 1 of x: 29 of 32 registers */
#else
#define COB_MAX 2 /* 2 x 6 + 2 + 1: 15 of 16 */
#endif
#define T_MAX 6

struct wtile {
    const struct conv_dims *d;
    ptrdiff_t at[T_MAX];      /* stream t, input column of output 0, from the start of the group's row; floats */
    int lo[T_MAX], hi[T_MAX]; /* its outputs whose column is inside */
    int all_lo, all_hi;       /* where that is so for all streams */
};

/* The outputs ox of 0..n-1 for which at + ox*s lies in 0..len-1: *lo..*hi-1, 0 <= *lo <= *hi <= n. */
static void valid_outputs(int n, int at, int s, int len, int *lo, int *hi)
{
    int first = at < 0 ? (-at + s - 1) / s : 0, end = at < len ? (len - 1 - at) / s + 1 : 0;
    *lo = first < n ? first : n;
    *hi = end < n ? end : n;
    if (*hi < *lo)
        *hi = *lo;
}

static struct wtile streams_of(const struct conv_dims *d, int first, int count)
{
    struct wtile t = {.d = d, .all_hi = d->wo};
    for (int i = 0; i < count; i++) {
        int c = (first + i) / d->kw, col = (first + i) % d->kw * d->dw - d->pw;
        t.at[i] = ((ptrdiff_t)c * d->w + col) * LANES;
        valid_outputs(d->wo, col, d->sw, d->w, &t.lo[i], &t.hi[i]);
        t.all_lo = t.lo[i] > t.all_lo ? t.lo[i] : t.all_lo;
        t.all_hi = t.hi[i] < t.all_hi ? t.hi[i] : t.all_hi;
    }
    if (t.all_hi < t.all_lo)
        t.all_hi = t.all_lo;
    return t;
}

/* Column ox: x at its input column, at[] the streams from there. */
INLINE void wtile_column(int cob, int n, int edge, const struct wtile *t, int ox, const float *x, const ptrdiff_t *at,
                         const float *dy, ptrdiff_t dy_ch, vk acc[COB_MAX][T_MAX])
{
    vk g[COB_MAX];
    UNROLL
    for (int c = 0; c < cob; c++) {
        g[c] = vk_load(dy + c * dy_ch);
        vk_pin(g[c]);
    }
    UNROLL
    for (int i = 0; i < n; i++) {
        if (edge && (ox < t->lo[i] || ox >= t->hi[i]))
            continue;
        vk v = vk_load(x + at[i]);
        UNROLL
        for (int c = 0; c < cob; c++)
            acc[c][i] = vk_fma(g[c], v, acc[c][i]);
    }
}

/* An input row and an output row that meet at one ky. */
struct wrow {
    const float *x, *dy;
};

/* to = from + what `count` rows give, both [COB][T][16]. x_at and dy_at: from the start of a row to the group in x, to
 * the tile's first channel in dy. */
INLINE void wtile_run(int cob, int n, const struct wtile *t, const struct wrow *rows, int count, ptrdiff_t x_at,
                      ptrdiff_t dy_at, const float *from, float *to)
{
    const struct conv_dims *d = t->d;
    const ptrdiff_t dy_ch = (ptrdiff_t)d->wo * LANES, step = (ptrdiff_t)d->sw * LANES;
    const int lo = t->all_lo, hi = t->all_hi;
    vk acc[COB_MAX][T_MAX];
    ptrdiff_t at[T_MAX];
    UNROLL
    for (int i = 0; i < n; i++) {
        at[i] = t->at[i];
        UNROLL
        for (int c = 0; c < cob; c++)
            acc[c][i] = vk_load(from + (c * n + i) * LANES);
    }
    for (; count > 0; count--, rows++) {
        const float *xc = rows->x + x_at, *gc = rows->dy + dy_at;
        int ox = 0;
        for (; ox < lo; ox++, xc += step, gc += LANES)
            wtile_column(cob, n, 1, t, ox, xc, at, gc, dy_ch, acc);
        for (; ox < hi; ox++, xc += step, gc += LANES)
            wtile_column(cob, n, 0, t, ox, xc, at, gc, dy_ch, acc);
        for (; ox < d->wo; ox++, xc += step, gc += LANES)
            wtile_column(cob, n, 1, t, ox, xc, at, gc, dy_ch, acc);
    }
    UNROLL
    for (int c = 0; c < cob; c++) {
        UNROLL
        for (int i = 0; i < n; i++)
            vk_store(to + (c * n + i) * LANES, acc[c][i]);
    }
}

#ifdef FIXED_SIZES
typedef void wtile_fn(const struct wtile *t, const struct wrow *rows, int count, ptrdiff_t x_at, ptrdiff_t dy_at,
                      const float *from, float *to);
#define WTILE(C, T)                                                                                                    \
    static void wtile_##C##T(const struct wtile *t, const struct wrow *rows, int count, ptrdiff_t x_at,                \
                             ptrdiff_t dy_at, const float *from, float *to)                                            \
    {                                                                                                                  \
        wtile_run(C, T, t, rows, count, x_at, dy_at, from, to);                                                        \
    }
#define WENTRY(C, T) [C - 1][T - 1] = wtile_##C##T,
// clang-format off
#define WTILES_6(M, C) M(C, 1) M(C, 2) M(C, 3) M(C, 4) M(C, 5) M(C, 6)
#if COB_MAX == 4
#define WTILES(M) WTILES_6(M, 1) WTILES_6(M, 2) WTILES_6(M, 3) WTILES_6(M, 4)
#else
#define WTILES(M) WTILES_6(M, 1) WTILES_6(M, 2)
#endif
WTILES(WTILE)
static wtile_fn *const wtiles[COB_MAX][T_MAX] = {WTILES(WENTRY)};
// clang-format on
#define WTILE_CALL(C, T, ...) wtiles[(C)-1][(T)-1](__VA_ARGS__)
#else
#define WTILE_CALL(C, T, ...) wtile_run(C, T, __VA_ARGS__)
#endif

/* Some of the tiles: groups g0..g1-1, pieces of T_MAX streams s0..s1-1 and of COB_MAX output channels c0..c1-1 in each,
 * rows ky0..ky1-1 of the kernel. */
struct part {
    int g0, g1, s0, s1, c0, c1, ky0, ky1;
};

static struct part whole(const struct conv_dims *d)
{
    return (struct part){.g1 = d->groups,
                         .s1 = pieces(d->ci / d->groups * d->kw, T_MAX),
                         .c1 = pieces(d->co / d->groups, COB_MAX),
                         .ky1 = d->kh};
}

/* One tile: group, first stream and channel (in the group), and their numbers, row of the kernel. */
struct which {
    const struct wtile *streams;
    int g, stream, n, c0, cob, ky;
};

/* What is done with a tile: START from zero or from its lane sums, ADD rows, and FINISH with the gradient instead of
 * the lane sums. */
enum { START = 1, ADD = 2, FINISH = 4 };

/* Rows of x or dy: a table, or the first one, and floats from one to the next. */
struct wrows {
    const float *const *table;
    const float *start;
    ptrdiff_t each;
};

/* The rows worked on: for ky count[ky - ky0] pairs from pair[(ky - ky0) * room] on. */
#define PAIRS 512
struct wpairs {
    int room, count[PAIRS];
    struct wrow pair[PAIRS];
};

/* Rows q0..q1-1 of the output (row q is row q % ho of block q / ho), and what is done for them with all tiles; what is
 * done now, with some rows and the tiles of a part. */
struct wjob {
    const struct conv_dims *d;
    struct wrows x, dy;
    int q0, q1, todo;
    float *dw;
    struct wpairs *pairs;
    struct part part;
    int now;
};

static void run_tile(const struct wjob *j, const struct which *k, const float *from, float *to)
{
    const struct conv_dims *d = j->d;
    const ptrdiff_t x_at = (ptrdiff_t)k->g * (d->ci / d->groups) * d->w * LANES;
    const ptrdiff_t dy_at = (ptrdiff_t)(k->g * (d->co / d->groups) + k->c0) * d->wo * LANES;
    const struct wpairs *pairs = j->pairs;
    const int i = k->ky - j->part.ky0;
    for (int half = 0; half < LANES; half += VK)
        WTILE_CALL(k->cob, k->n, k->streams, pairs->pair + (ptrdiff_t)i * pairs->room, pairs->count[i], x_at + half,
                   dy_at + half, from + half, to + half);
}

static void reduce(const struct conv_dims *d, const struct which *k, const float *sums, float *dw)
{
    ptrdiff_t plane = (ptrdiff_t)d->kh * d->kw, filter = d->ci / d->groups * plane;
    int ci = k->stream / d->kw, kx = k->stream % d->kw;
    dw += (k->g * (d->co / d->groups) + k->c0) * filter + k->ky * d->kw;
    for (int i = 0; i < k->n; i++) {
        for (int c = 0; c < k->cob; c++)
            dw[c * filter + ci * plane + kx] = lane_sum(v16_load(sums + (c * k->n + i) * LANES));
        if (++kx == d->kw) {
            kx = 0;
            ci++;
        }
    }
}

static void visit(const struct wjob *j, const struct which *k, float *sums)
{
    static const float zero[COB_MAX * T_MAX * LANES] __attribute__((aligned(64)));
    float last[COB_MAX * T_MAX * LANES] __attribute__((aligned(64)));
    float *to = j->now & FINISH && j->now & ADD ? last : sums;
    if (j->now & ADD)
        run_tile(j, k, j->now & START ? zero : sums, to);
    if (j->now & FINISH)
        reduce(j->d, k, to, j->dw);
}

/* Every tile of the part, whose lane sums lie one behind the other; returns their end. A tile's rows are in the cache
 * for the next: x for all output channels, dy for all ky. */
static float *each_tile(const struct wjob *j, float *sums)
{
    const struct conv_dims *d = j->d;
    const struct part *p = &j->part;
    int streams = d->ci / d->groups * d->kw, co = d->co / d->groups;
    for (int g = p->g0; g < p->g1; g++)
        for (int s = p->s0; s < p->s1; s++) {
            int first = piece_at(streams, T_MAX, s), n = piece_at(streams, T_MAX, s + 1) - first;
            struct wtile t = streams_of(d, first, n);
            for (int i = p->c0; i < p->c1; i++) {
                int c0 = piece_at(co, COB_MAX, i), cob = piece_at(co, COB_MAX, i + 1) - c0;
                for (int ky = p->ky0; ky < p->ky1; ky++, sums += cob * n * LANES) {
                    struct which k = {&t, g, first, n, c0, cob, ky};
                    visit(j, &k, sums);
                }
            }
        }
    return sums;
}

static const float *row_at(const struct wrows *r, int i)
{
    return r->table ? r->table[i] : r->start + i * r->each;
}

/* The rows of the output from q to end-1, and those of the input they meet. */
static void take_rows(struct wjob *j, int q, int end)
{
    const struct conv_dims *d = j->d;
    for (int k = 0; k < j->part.ky1 - j->part.ky0; k++) {
        struct wrow *to = j->pairs->pair + (ptrdiff_t)k * j->pairs->room;
        int n = 0, top = (j->part.ky0 + k) * d->dh - d->ph;
        for (int i = q; i < end; i++) {
            int row = i % d->ho * d->sh + top;
            if (row >= 0 && row < d->h)
                to[n++] = (struct wrow){row_at(&j->x, i / d->ho * d->h + row), row_at(&j->dy, i)};
        }
        j->pairs->count[k] = n;
    }
}

/* Rows of output worked on at a time: what one tile reads of them about fills the first cache (or half of it, where a
 * tile reads half of each line). */
static int rows_at_a_time(const struct conv_dims *d, int most)
{
    int channels = (T_MAX + d->kw - 1) / d->kw, floats = (channels * d->w * d->sh + COB_MAX * d->wo) * LANES;
    int rows = 768 * VK / floats;
    rows = rows < most ? rows : most;
    return rows > 0 ? rows : 1;
}

/* All rows, one piece after the other, to the tiles of the part; the end of their lane sums. */
static float *run_part(struct wjob *j, float *sums)
{
    float *end = sums;
    if (!(j->todo & ADD)) {
        j->now = j->todo;
        return each_tile(j, sums);
    }
    const int room = rows_at_a_time(j->d, PAIRS / (j->part.ky1 - j->part.ky0));
    j->pairs->room = room;
    for (int q = j->q0; q < j->q1; q += room) {
        int next = q + room < j->q1 ? q + room : j->q1;
        take_rows(j, q, next);
        j->now = ADD | (q == j->q0 ? j->todo & START : 0) | (next == j->q1 ? j->todo & FINISH : 0);
        end = each_tile(j, sums);
    }
    return end;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Everything, in parts whose lane sums are at most `budget` floats: all channels, or as many pieces of output channels
 * as possible, or of input channels. */
static void run_job(struct wjob *j, size_t budget, float *sums)
{
    const struct part all = whole(j->d);
    int kys = least(all.ky1, PAIRS), g = all.g1, s = all.s1, c = all.c1;
    size_t tiles = budget / ((size_t)kys * COB_MAX * T_MAX * LANES);
    if (conv_sums(j->d) > budget) {
        g = 1;
        s = (size_t)s < tiles ? s : (int)tiles;
        c = least(c, (int)tiles / s);
    }
    for (int ky = 0; ky < all.ky1; ky += kys)
        for (int gi = 0; gi < all.g1; gi += g)
            for (int ci = 0; ci < all.c1; ci += c)
                for (int si = 0; si < all.s1; si += s) {
                    j->part = (struct part){.g0 = gi, .s0 = si, .c0 = ci, .ky0 = ky};
                    j->part.g1 = least(gi + g, all.g1);
                    j->part.s1 = least(si + s, all.s1);
                    j->part.c1 = least(ci + c, all.c1);
                    j->part.ky1 = least(ky + kys, all.ky1);
                    float *end = run_part(j, sums);
                    sums = j->todo & START ? sums : end;
                }
}

void EXPORT(conv_weight_rows)(const struct conv_dims *d, int r0, int r1, const float *const *x, const float *const *dy,
                              float *sums)
{
    struct wpairs pairs;
    struct wjob j = {.d = d, .x.table = x, .dy.table = dy, .q0 = r0, .q1 = r1, .todo = ADD, .pairs = &pairs};
    run_job(&j, SIZE_MAX, sums);
}

void EXPORT(conv_weight_sums)(const struct conv_dims *d, const float *sums, float *dw)
{
    struct wjob j = {.d = d, .todo = FINISH, .dw = dw};
    run_job(&j, SIZE_MAX, (float *)sums); /* which are only read */
}

/* Adds a row of `n` channels to their lane sums. */
#define BIAS_MAX 8
INLINE void bias_add(int n, int wo, const float *dy, float *sums)
{
    vk acc[BIAS_MAX];
    UNROLL
    for (int c = 0; c < n; c++)
        acc[c] = vk_load(sums + c * LANES);
    for (int i = 0; i < wo; i++) {
        UNROLL
        for (int c = 0; c < n; c++)
            acc[c] = vk_add(acc[c], vk_load(dy + ((ptrdiff_t)c * wo + i) * LANES));
    }
    UNROLL
    for (int c = 0; c < n; c++)
        vk_store(sums + c * LANES, acc[c]);
}

INLINE void bias_row(const struct conv_dims *d, const float *dy, float *sums)
{
    for (int half = 0; half < LANES; half += VK) {
        int c = 0;
        for (; c + BIAS_MAX <= d->co; c += BIAS_MAX)
            bias_add(BIAS_MAX, d->wo, dy + (ptrdiff_t)c * d->wo * LANES + half, sums + (ptrdiff_t)c * LANES + half);
        for (; c < d->co; c++)
            bias_add(1, d->wo, dy + (ptrdiff_t)c * d->wo * LANES + half, sums + (ptrdiff_t)c * LANES + half);
    }
}

void EXPORT(conv_bias_rows)(const struct conv_dims *d, int r0, int r1, const float *const *dy, float *sums)
{
    for (int r = r0; r < r1; r++)
        bias_row(d, dy[r], sums);
}

void EXPORT(conv_bias_sums)(const struct conv_dims *d, const float *sums, float *db)
{
    for (int c = 0; c < d->co; c++)
        db[c] = lane_sum(v16_load(sums + (ptrdiff_t)c * LANES));
}

static void bias_gradient(const struct conv_dims *d, int blocks, const float *dy, float *db, float *sums)
{
    const ptrdiff_t each = (ptrdiff_t)d->co * d->wo * LANES;
    memset(sums, 0, (size_t)d->co * LANES * sizeof *sums);
    for (ptrdiff_t q = 0; q < (ptrdiff_t)blocks * d->ho; q++)
        bias_row(d, dy + q * each, sums);
    EXPORT(conv_bias_sums)(d, sums, db);
}

void EXPORT(conv_backward_weights)(const struct conv_dims *d, int blocks, const float *x, const float *dy, float *dw,
                                   float *db, float *scratch)
{
    struct wpairs pairs;
    struct wjob j = {.d = d, .q1 = blocks * d->ho, .todo = START | ADD | FINISH, .dw = dw, .pairs = &pairs};
    j.x = (struct wrows){NULL, x, (ptrdiff_t)d->ci * d->w * LANES};
    j.dy = (struct wrows){NULL, dy, (ptrdiff_t)d->co * d->wo * LANES};
    if (db)
        bias_gradient(d, blocks, dy, db, scratch);
    run_job(&j, CONV_SUMS, scratch);
}
