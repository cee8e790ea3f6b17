/* wgrad.c - gradient of a convolution's weights: winograd_wgrad.c makes it where fewer multiplications pay. Else a
 * weight's gradient is 16 lane sums over blocks, rows and columns, in that order and in steps of one fma, reduced by
 * lane_sum at the end; no cut made below changes that order.
 *
 * What is added up at a time is some rows, which stay in the caches while all tiles take them; the lane sums of the
 * tiles stay in memory meanwhile. Dead lanes need no care, dy is zero there.
 *
 * Of bf16 numbers: one operation for each row and pair of columns (2i, 2i + 1) of the output, which is one fma for the
 * second and then one for the first, or for one of them where the other is not there; 0 is added in the end. */
#include "kernels/ops/conv/depthwise.h"
#include "kernels/ops/conv/wgrad_tile.h"
#include "kernels/ops/conv/winograd_wgrad.h"
#include "kernels/ops/ops.h"
#include "kernels/ops/tiles.h"

/* What run_job does with every tile: START from zero instead of its lane sums, ADD rows, FINISH with the gradient
 * instead of the lane sums. */
enum { START = 1, ADD = 2, FINISH = 4 };

/* Where the rows of x or dy are: in a table, or at `each` floats one after the other from `start`. */
struct row_source {
    const float *const *table;
    const float *start;
    ptrdiff_t each;
};

/* Some of the tiles: groups g0..g1-1, in each pieces of output channels c0..c1-1 and units u0..u1-1 (input channels of
 * tiles of 3x3 taps, pieces of streams), rows ky0..ky1-1 of the kernel. */
struct tiles_part {
    int g0, g1, c0, c1, u0, u1, ky0, ky1;
};

/* A tile: group, first output channel in it and their number, unit, row of the kernel. */
struct which {
    int g, c, cob, u, ky;
};

#define PACK_FROM 32       /* input channels that are worth copying dy for */
#define POSITIONS 160      /* of the output that tiles_3x3 take at a time, about: dy in the first cache */
#define PACK_POSITIONS 256 /* and when it is copied: then the second cache does, unless x skips columns */
#define PACKED (PACK_POSITIONS * TILE_3X3_MAX * LANES)
#define CHANNELS_MOST 32    /* of the input, where lane sums are cut: the second cache keeps x for all outputs */
#define NEAR (1 << 17)      /* floats of lane sums that the second cache keeps */
#define STREAMS_MOST 64     /* pieces of streams at a time */
#define ROWS_MOST 512       /* of the output at a time */
#define ROW_PAIRS_MOST 1536 /* of these with rows of the input */
#define KYS_MOST 512        /* rows of the kernel at a time */

/* One call: rows q0..q1-1 of the output (row q is row q % ho of block q / ho), what is done for them and how it is cut
 * into tiles. Then what it is at now: a part of the tiles, some rows, what is done with these. */
struct wjob {
    const struct conv_dims *d;
    struct row_source x, dy;
    int q0, q1, todo;
    float *dw;
    unsigned mode;                    /* of products_begin */
    int tiles_3x3, pieces, units;     /* of a group */
    int t;                            /* streams of a tile, at most */
    int channels_each, channels_more; /* of a piece: one more in the first pieces */
    int far;                          /* lane sums have to be called for before they are wanted */

    struct tiles_part part;
    int now;
    struct row_pairs m;
    struct column_streams streams[STREAMS_MOST]; /* units u0.. */
    const float *x_row[ROW_PAIRS_MOST], *dy_row[ROWS_MOST];
#ifdef TILES_3X3
    const float *packed_row[ROWS_MOST];
    float packed[PACKED] __attribute__((aligned(64)));
#endif
};

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Floats of lane sums. */
static size_t lane_sums_of(const struct conv_dims *d)
{
    return (size_t)d->co * (size_t)(d->ci / d->groups) * (size_t)(d->kh * d->kw) * LANES;
}

/* Sums of a tile for each output channel. */
static int taps_of(const struct wjob *j, const struct which *k)
{
    return j->tiles_3x3 ? 9 : j->streams[k->u - j->part.u0].n;
}

/* from NULL: zeros. */
static void run_tile(struct wjob *j, const struct which *k, const float *from, float *to)
{
    const struct conv_dims *d = j->d;
    struct row_pairs *m = &j->m;
    const ptrdiff_t x_at = (ptrdiff_t)k->g * (d->ci / d->groups) * d->w * LANES;
#ifdef TILES_3X3
    if (j->tiles_3x3) {
        m->row_3x3.x_at = x_at + ((ptrdiff_t)k->u * d->w - d->pw) * LANES;
        table_of_tiles_3x3[d->sw - 1][k->cob - 1](m, from, to);
        return;
    }
#endif
    const ptrdiff_t dy_at = (ptrdiff_t)(k->g * (d->co / d->groups) + k->c) * dy_operands(d) * LANES;
    const struct column_streams *s = &j->streams[k->u - j->part.u0];
    for (int half = 0; half < LANES; half += VK) {
        m->x_at = x_at + half;
        m->dy_at = dy_at + half;
        STREAM_CALL(k->cob, s->n, m, s, k->ky - j->part.ky0, from ? from + half : NULL, to + half);
    }
}

/* The lane_sums of n >= 1 vectors, 16 at a time; of the last one where there are no more. */
INLINE v16 some_lane_sums(int n, const float *sums)
{
    v16 r[LANES];
    UNROLL
    for (int i = 0; i < LANES; i++)
        r[i] = v16_load(sums + (i < n ? i : n - 1) * LANES);
    return lane_sums(r);
}

static void reduce(int n, const float *sums, float *out)
{
    for (; n > 0; n -= LANES, sums += LANES * LANES, out += LANES) {
        v16 s = some_lane_sums(n < LANES ? n : LANES, sums);
#ifdef BF16
        s = v16_add(s, v16_zero());
#endif
        v16_store(out, s);
    }
}

/* The gradient of a tile's weights from its lane sums. */
static void finish_tile(struct wjob *j, const struct which *k, const float *sums)
{
    const struct conv_dims *d = j->d;
    const int n = taps_of(j, k);
    const ptrdiff_t filter = (ptrdiff_t)(d->ci / d->groups) * d->kh * d->kw;
    float out[(TILE_MAX + LANES - 1) / LANES * LANES] __attribute__((aligned(64)));
    float *dw = j->dw + (k->g * (d->co / d->groups) + k->c) * filter;
    products_end(j->mode); /* these are sums of floats */
    reduce(k->cob * n, sums, out);
    j->mode = products_begin();
    if (j->tiles_3x3) {
        for (int c = 0; c < k->cob; c++)
            memcpy(dw + c * filter + (ptrdiff_t)k->u * 9, out + c * 9, 9 * sizeof *dw);
        return;
    }
    const struct column_streams *s = &j->streams[k->u - j->part.u0];
    dw += k->ky * d->kw;
    for (int c = 0; c < k->cob; c++)
        for (int i = 0; i < n; i++)
            dw[c * filter + s->w_at[i]] = out[c * n + i];
}

/* Does what is to be done with a tile; returns the end of its lane sums. */
static float *do_tile(struct wjob *j, const struct which *k, float *sums)
{
    const float *from = j->now & START ? NULL : sums;
    const int floats = k->cob * taps_of(j, k) * LANES;
    if (!(j->now & ADD)) {
        finish_tile(j, k, sums);
    } else if (!(j->now & FINISH)) {
        for (int i = 0; i < floats && j->far; i += LANES)
            __builtin_prefetch(sums + floats + i, 1);
        run_tile(j, k, from, sums);
    } else {
        float last[TILE_MAX * LANES] __attribute__((aligned(64)));
        run_tile(j, k, from, last);
        finish_tile(j, k, last);
    }
    return sums + floats;
}

/* The channels of dy from k->c on: where they are, or copied, if that pays, to where their rows do not drive each other
 * out of the cache. */
static void take_channels(struct wjob *j, const struct which *k)
{
#ifdef TILES_3X3
    const struct conv_dims *d = j->d;
    const int columns = dy_operands(d);
    const ptrdiff_t at = (ptrdiff_t)(k->g * (d->co / d->groups) + k->c) * columns * LANES,
                    each = columns * k->cob * LANES;
    struct row_3x3 *r = &j->m.row_3x3;
    j->m.dy = j->dy_row;
    r->dy_at = at;
    r->dy_col = LANES;
    r->dy_ch = (ptrdiff_t)columns * LANES;
    if (!(j->now & ADD) || j->units < PACK_FROM || j->m.n * each > PACKED)
        return;
    j->m.dy = j->packed_row;
    r->dy_at = 0;
    r->dy_col = (ptrdiff_t)k->cob * LANES;
    r->dy_ch = LANES;
    for (int i = 0; i < j->m.n; i++) {
        float *to = j->packed + i * each;
        j->packed_row[i] = to;
        for (int ox = 0; ox < columns; ox++)
            for (int c = 0; c < k->cob; c++, to += LANES)
                w16_store(to, w16_load(j->dy_row[i] + at + ((ptrdiff_t)c * columns + ox) * LANES));
    }
#else
    (void)j, (void)k;
#endif
}

static struct which piece_of(const struct wjob *j, int g, int i)
{
    return (struct which){.g = g,
                          .c = i * j->channels_each + least(i, j->channels_more),
                          .cob = j->channels_each + (i < j->channels_more)};
}

/* The tiles of a group. dy stays in the first cache for all input channels. */
static float *each_tile_3x3(struct wjob *j, int g, float *sums)
{
    const struct tiles_part *p = &j->part;
    for (int i = p->c0; i < p->c1; i++) {
        struct which k = piece_of(j, g, i);
        take_channels(j, &k);
        for (k.u = p->u0; k.u < p->u1; k.u++)
            sums = do_tile(j, &k, sums);
    }
    return sums;
}

/* x stays in the first cache for all output channels and rows of the kernel, dy for the latter. */
static float *each_stream(struct wjob *j, int g, float *sums)
{
    const struct tiles_part *p = &j->part;
    for (int u = p->u0; u < p->u1; u++)
        for (int i = p->c0; i < p->c1; i++) {
            struct which k = piece_of(j, g, i);
            k.u = u;
            for (k.ky = p->ky0; k.ky < p->ky1; k.ky++)
                sums = do_tile(j, &k, sums);
        }
    return sums;
}

/* Every tile of the part, whose lane sums lie one after the other; returns their end. */
static float *each_tile(struct wjob *j, float *sums)
{
    const struct tiles_part *p = &j->part;
    for (int g = p->g0; g < p->g1; g++)
        sums = j->tiles_3x3 ? each_tile_3x3(j, g, sums) : each_stream(j, g, sums);
    return sums;
}

static const float *source_row(const struct row_source *r, int i)
{
    return r->table ? r->table[i] : r->start + i * r->each;
}

/* The rows of the output from q to end-1, and those of the input they meet. */
static void take_rows(struct wjob *j, int q, int end)
{
    const struct conv_dims *d = j->d;
    const struct tiles_part *p = &j->part;
    const float **x = j->x_row;
    j->m.d = d;
    j->m.n = end - q;
    j->m.kys = p->ky1 - p->ky0;
    j->m.x = j->x_row;
    j->m.dy = j->dy_row;
    for (int i = q, block = q / d->ho, r = q % d->ho; i < end; i++) {
        j->dy_row[i - q] = source_row(&j->dy, i);
        for (int ky = p->ky0; ky < p->ky1; ky++) {
            int row = r * d->sh - d->ph + ky * d->dh;
            *x++ = row >= 0 && row < d->h ? source_row(&j->x, block * d->h + row) : NULL;
        }
        if (++r == d->ho) {
            r = 0;
            block++;
        }
    }
}

/* Rows of output worked on at a time, of `all`. For streams what one tile reads of them about fills the first cache (or
 * half of it, where a tile reads half of each line). */
static int rows_at_a_time(const struct wjob *j, int all)
{
    const struct conv_dims *d = j->d;
    int channels = (j->t + d->kw - 1) / d->kw, floats = (channels * d->w * d->sh + j->channels_each * d->wo) * LANES;
    int positions = j->units < PACK_FROM || d->sh * d->sw > 1 ? POSITIONS : PACK_POSITIONS;
    int rows = j->tiles_3x3 ? positions / d->wo : 512 * VK / floats;
    rows = least(rows, least(ROWS_MOST, ROW_PAIRS_MOST / (j->part.ky1 - j->part.ky0)));
    return rows > 0 ? piece_at(all, rows, 1) : 1;
}

/* All rows, some at a time, to the tiles of the part; the end of their lane sums. */
static float *run_part(struct wjob *j, float *sums)
{
    const struct conv_dims *d = j->d;
    const int all = j->q1 - j->q0, streams = d->ci / d->groups * d->kw;
    float *end = sums;
    for (int u = j->part.u0; u < j->part.u1 && !j->tiles_3x3; u++) {
        int first = piece_at(streams, j->t, u);
        j->streams[u - j->part.u0] = column_streams_of(d, first, piece_at(streams, j->t, u + 1) - first);
    }
    if (!(j->todo & ADD)) {
        j->now = j->todo;
        return each_tile(j, sums);
    }
    const int rows = rows_at_a_time(j, all), n = pieces(all, rows);
    for (int i = 0; i < n; i++) {
        take_rows(j, j->q0 + piece_at(all, rows, i), j->q0 + piece_at(all, rows, i + 1));
        j->now = ADD | (i == 0 ? j->todo & START : 0) | (i == n - 1 ? j->todo & FINISH : 0);
        end = each_tile(j, sums);
    }
    return end;
}

/* Everything, in parts whose lane sums are at most `budget` floats. */
static void run_job(struct wjob *j, size_t budget, float *sums)
{
    const struct conv_dims *d = j->d;
    const int kys = least(d->kh, KYS_MOST);
    j->mode = products_begin();
    int g = d->groups, c = j->pieces, u = j->tiles_3x3 ? j->units : least(j->units, STREAMS_MOST);
    if (lane_sums_of(d) > budget) {
        int tiles = (int)(budget / ((size_t)(j->tiles_3x3 ? 1 : kys) * TILE_MAX * LANES));
        g = 1;
        u = least(u, j->tiles_3x3 ? least(CHANNELS_MOST, tiles) : tiles);
        c = least(c, tiles / u);
    }
    for (int ky = 0; ky < d->kh; ky += kys)
        for (int gi = 0; gi < d->groups; gi += g)
            for (int ci = 0; ci < j->pieces; ci += c)
                for (int ui = 0; ui < j->units; ui += u) {
                    j->part = (struct tiles_part){.g0 = gi, .c0 = ci, .u0 = ui, .ky0 = ky};
                    j->part.g1 = least(gi + g, d->groups);
                    j->part.c1 = least(ci + c, j->pieces);
                    j->part.u1 = least(ui + u, j->units);
                    j->part.ky1 = least(ky + kys, d->kh);
                    float *end = run_part(j, sums);
                    sums = j->todo & START ? sums : end;
                }
    products_end(j->mode);
}

static void start_job(struct wjob *j, const struct conv_dims *d, int todo)
{
    const int co = d->co / d->groups;
    j->d = d;
    j->todo = todo;
    j->tiles_3x3 = 0;
    for (size_t i = 0; i < sizeof stream_sizes / sizeof stream_sizes[0]; i++) {
        int c = pieces(co, stream_sizes[i].cob), u = pieces(d->ci / d->groups * d->kw, stream_sizes[i].t);
        if (i > 0 && c * u >= j->pieces * j->units)
            continue;
        j->pieces = c;
        j->units = u;
        j->t = stream_sizes[i].t;
    }
#ifdef TILES_3X3
    if (is_3x3(d)) {
        j->tiles_3x3 = 1;
        j->pieces = pieces(co, TILE_3X3_MAX);
        j->units = d->ci / d->groups;
        j->m.row_3x3 = row_3x3_of(d);
    }
#endif
    j->far = lane_sums_of(d) > NEAR;
    j->channels_each = co / j->pieces;
    j->channels_more = co % j->pieces;
}

#ifndef BF16
/* Where the rows of block b are. */
static void row_tables(const struct conv_dims *d, int b, const float *x, const float *dy, const float **xs,
                       const float **dys)
{
    const ptrdiff_t x_row = (ptrdiff_t)d->ci * d->w * LANES, dy_row = (ptrdiff_t)d->co * d->wo * LANES;
    for (int r = 0; r < d->h; r++)
        xs[r] = x + ((ptrdiff_t)b * d->h + r) * x_row;
    for (int r = 0; r < d->ho; r++)
        dys[r] = dy + ((ptrdiff_t)b * d->ho + r) * dy_row;
}

/* --- depthwise: the lane sums lie in the order of the weights --- */

/* The gradient of n weights; nothing is written after it. */
static void reduce_exactly(size_t n, const float *sums, float *dw)
{
    for (size_t i = 0; i < n; i += LANES) {
        const int some = n - i < LANES ? (int)(n - i) : LANES;
        float out[LANES] __attribute__((aligned(64)));
        reduce(some, sums + i * LANES, out);
        memcpy(dw + i, out, (size_t)some * sizeof *dw);
    }
}

/* All rows of all blocks, as many channels at a time as have their lane sums in CONV_SUMS. scratch: the lane sums, then
 * the tables of rows. */
static void depthwise_gradient(const struct conv_dims *d, int blocks, const float *x, const float *dy, float *dw,
                               float *scratch)
{
    const int taps = d->kh * d->kw, most = (int)(CONV_SUMS / (size_t)(taps * LANES)), n = pieces(d->ci, most);
    const float **xs = (const float **)(void *)(scratch + (size_t)(piece_at(d->ci, most, 1) * taps) * LANES);
    const float **dys = xs + d->h;
    for (int i = 0; i < n; i++) {
        const int c0 = piece_at(d->ci, most, i), c1 = piece_at(d->ci, most, i + 1);
        const size_t weights = (size_t)((c1 - c0) * taps);
        memset(scratch, 0, weights * LANES * sizeof *scratch);
        for (int b = 0; b < blocks; b++) {
            row_tables(d, b, x, dy, xs, dys);
            EXPORT(depthwise_weight_rows)(d, c0, c1, 0, d->ho, xs, dys, scratch);
        }
        reduce_exactly(weights, scratch, dw + (ptrdiff_t)c0 * taps);
    }
}

/* --- Winograd --- */

/* All rows of all blocks. scratch: the sums, then what winograd_wgrad_rows wants, then the tables of rows. */
static void winograd_gradient(const struct conv_dims *d, const struct winograd_wgrad *fast, int blocks, const float *x,
                              const float *dy, float *dw, float *scratch)
{
    struct winograd_wgrad_room room;
    const size_t sums = winograd_wgrad_floats(fast);
    float *rest = scratch + sums;
    const float **xs = (const float **)(void *)(rest + winograd_wgrad_scratch(fast, &room)), **dys = xs + d->h;
    memset(scratch, 0, sums * sizeof *scratch);
    for (int b = 0; b < blocks; b++) {
        row_tables(d, b, x, dy, xs, dys);
        EXPORT(winograd_wgrad_rows)(fast, 0, d->ho, xs, dys, scratch, rest);
    }
    EXPORT(winograd_wgrad_sums)(fast, scratch, dw);
}

#endif

/* --- the kernels --- */

void EXPORT_PRODUCT(conv_weight_rows)(const struct conv_dims *d, int r0, int r1, const float *const *x,
                                      const float *const *dy, float *sums, float *scratch)
{
    struct wjob j;
    if (r0 >= r1)
        return;
#ifdef BF16
    if (has_no_pairs(d)) {
        PLAIN(conv_weight_rows)(d, r0, r1, x, dy, sums, scratch);
        return;
    }
#else
    struct winograd_wgrad fast;
    if (winograd_wgrad_of(d, &fast)) {
        EXPORT(winograd_wgrad_rows)(&fast, r0, r1, x, dy, sums, scratch);
        return;
    }
    if (depthwise_weights(d)) {
        EXPORT(depthwise_weight_rows)(d, 0, d->ci, r0, r1, x, dy, sums);
        return;
    }
#endif
    start_job(&j, d, ADD);
    j.x.table = x;
    j.dy.table = dy;
    j.q0 = r0;
    j.q1 = r1;
    run_job(&j, SIZE_MAX, sums);
}

void EXPORT_PRODUCT(conv_weight_sums)(const struct conv_dims *d, const float *sums, float *dw)
{
    struct wjob j;
#ifdef BF16
    if (has_no_pairs(d)) {
        PLAIN(conv_weight_sums)(d, sums, dw);
        return;
    }
#else
    struct winograd_wgrad fast;
    if (winograd_wgrad_of(d, &fast)) {
        EXPORT(winograd_wgrad_sums)(&fast, sums, dw);
        return;
    }
    if (depthwise_weights(d)) {
        reduce_exactly(lane_sums_of(d) / LANES, sums, dw);
        return;
    }
#endif
    start_job(&j, d, FINISH);
    j.dw = dw;
    run_job(&j, SIZE_MAX, (float *)sums); /* which are only read */
}

#ifndef BF16
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
#endif

static void conv_bias_gradient(const struct conv_dims *d, int blocks, const float *dy, float *db, float *sums)
{
    const ptrdiff_t each = (ptrdiff_t)d->co * d->wo * LANES;
    memset(sums, 0, (size_t)d->co * LANES * sizeof *sums);
    for (ptrdiff_t q = 0; q < (ptrdiff_t)blocks * d->ho; q++, dy += each)
        PLAIN(conv_bias_rows)(d, 0, 1, &dy, sums);
    PLAIN(conv_bias_sums)(d, sums, db);
}

/* The rows of an array, where they are or, if they are not multiplied as they are, in `room`, which moves on. */
static struct row_source whole_rows(const struct conv_dims *d, int of_x, int rows, const float *from, float **room)
{
    const ptrdiff_t each = (ptrdiff_t)(of_x ? d->ci * d->w : d->co * d->wo) * LANES;
#ifdef PAIRS
    const enum conv_operand use = of_x ? OPERAND_WEIGHTS_X : OPERAND_WEIGHTS_DY;
    float *to = *room;
    for (int i = 0; i < rows; i++, from += each, *room += each)
        EXPORT(conv_operand)(d, use, from, *room);
    return (struct row_source){NULL, to, each};
#else
    (void)rows, (void)room;
    return (struct row_source){NULL, from, each};
#endif
}

void EXPORT_PRODUCT(conv_backward_weights)(const struct conv_dims *d, int blocks, const float *x, const float *dy,
                                           float *dw, float *db, float *scratch)
{
    struct wjob j;
    float *room = scratch + conv_scratch(d, blocks);
#ifdef BF16
    if (has_no_pairs(d)) {
        PLAIN(conv_backward_weights)(d, blocks, x, dy, dw, db, scratch);
        return;
    }
#endif
    if (db)
        conv_bias_gradient(d, blocks, dy, db, scratch);
#ifndef BF16
    struct winograd_wgrad fast;
    if (winograd_wgrad_of(d, &fast)) {
        winograd_gradient(d, &fast, blocks, x, dy, dw, scratch);
        return;
    }
    if (depthwise_weights(d)) {
        depthwise_gradient(d, blocks, x, dy, dw, scratch);
        return;
    }
#endif
    start_job(&j, d, START | ADD | FINISH);
    j.x = whole_rows(d, 1, blocks * d->h, x, &room);
    j.dy = whole_rows(d, 0, blocks * d->ho, dy, &room);
    j.q0 = 0;
    j.q1 = blocks * d->ho;
    j.dw = dw;
    run_job(&j, CONV_SUMS, scratch);
}
