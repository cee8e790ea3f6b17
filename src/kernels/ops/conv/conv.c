/* conv.c - convolution forward, and the gradient of its input, which is the same operation on flipped weights. Every
 * output element is (bias or 0), then one fma for each tap inside the input, in the order ky, channel, kx of the packed
 * weights [group][piece of channels][ky][ci][kx][channel of the piece]; no cut made below changes that order. Where
 * fewer multiplications pay, winograd.c does it instead; rows of depthwise convolutions are in depthwise.c, those of
 * 1x1 convolutions in one_tap.c.
 *
 * Of bf16 numbers: one operation for each tap and pair of channels (2i, 2i + 1) of a group, which is one fma for the
 * second and then one for the first; a channel without a partner has one fma alone. In the end 0 is added. */
#include "kernels/ops/conv/conv_tile.h"
#include "kernels/ops/conv/depthwise.h"
#include "kernels/ops/conv/one_tap.h"
#include "kernels/ops/conv/prefetch.h"
#include "kernels/ops/conv/winograd.h"
#include "kernels/ops/conv/winograd_large.h"
#include "kernels/ops/ops.h"
#include "kernels/ops/tiles.h"

/* One axis of the operation: output first + t*step (t < n) reads, for tap j < taps, input at + t*stride + j*gap if that
 * lies in 0..len-1, with the packed weight k0 + j*ks. */
struct conv_axis {
    int n, first, step;
    int taps, k0, ks;
    int at, stride, gap, len;
};

/* The whole operation as conv.c sees it, from rows x of the input to rows y of the output. ci and co count the channels
 * of a group; the phases of rows and columns are numbered from 0. */
struct job {
    struct conv_axis (*rows)(const struct conv_dims *d, int phase);
    struct conv_axis (*cols)(const struct conv_dims *d, int phase);
    int row_phases, col_phases;
    const struct conv_dims *d;
    int ci, co, w, wo; /* ci: operands */
    const float *const *x;
    const float *weights, *bias;
    float *const *y;
    struct fetch *fetch;
};

static struct conv_axis forward_axis(int len, int out, int k, int s, int p, int d)
{
    return (struct conv_axis){.n = out, .step = 1, .taps = k, .ks = 1, .at = -p, .stride = s, .gap = d, .len = len};
}

static struct conv_axis forward_rows(const struct conv_dims *d, int phase)
{
    (void)phase;
    return forward_axis(d->h, d->ho, d->kh, d->sh, d->ph, d->dh);
}

static struct conv_axis forward_cols(const struct conv_dims *d, int phase)
{
    (void)phase;
    return forward_axis(d->w, d->wo, d->kw, d->sw, d->pw, d->dw);
}

static int gcd(int a, int b)
{
    while (b) {
        int t = a % b;
        a = b;
        b = t;
    }
    return a;
}

/* The inputs t*s + phase get something from the outputs (t*s + phase + p - k*d)/s, for the k that make this whole: one
 * in s/gcd(d,s). The place grows as k falls, hence flipped weights, in which it grows with it. */
static struct conv_axis backward_axis(int len, int out, int k, int s, int p, int d, int phase)
{
    struct conv_axis a = {.n = (len - phase + s - 1) / s, .first = phase, .step = s, .stride = 1, .len = out};
    int every = s / gcd(d, s), least = 0;
    while (least < k && (phase + p - least * d) % s != 0)
        least++;
    if (least >= k)
        return a;
    a.taps = (k - 1 - least) / every + 1;
    int most = least + (a.taps - 1) * every;
    a.k0 = k - 1 - most;
    a.ks = every;
    a.at = (phase + p - most * d) / s;
    a.gap = every * d / s;
    return a;
}

static struct conv_axis backward_rows(const struct conv_dims *d, int phase)
{
    return backward_axis(d->h, d->ho, d->kh, d->sh, d->ph, d->dh, phase);
}

static struct conv_axis backward_cols(const struct conv_dims *d, int phase)
{
    return backward_axis(d->w, d->wo, d->kw, d->sw, d->pw, d->dw, phase);
}

/* Drops the taps of output t that lie outside. */
static struct conv_axis clipped(struct conv_axis a, int t)
{
    a.at += t * a.stride;
    while (a.taps > 0 && a.at < 0) {
        a.at += a.gap;
        a.k0 += a.ks;
        a.taps--;
    }
    while (a.taps > 0 && a.at + (a.taps - 1) * a.gap >= a.len)
        a.taps--;
    return a;
}

#define FETCH 32 /* floats a tile asks for with each channel of each row */

static void fetch_with(struct fetch *f, struct tile *t, const float *x)
{
    const float *at = fetch_next(f, (size_t)t->rows * (size_t)t->ci * FETCH);
    t->fetch = (const char *)(at ? at : x);
    t->fetch_step = at ? FETCH * sizeof(float) : 0;
}

/* The first argument of TILE_CALL. */
static int tile_kind(const struct job *j, const struct conv_axis *cols)
{
    int k = j->d->kw, near = cols->stride == 1 && (k == 1 || (cols->gap == 1 && cols->ks == 1)) && cols->taps == k;
    return near && (k == 1 || k == 3) ? k : 0;
}

/* All channels of group g in the output columns t0..t0+xb-1 of one row. rows is clipped; y: the output row. */
static void run_columns(const struct job *j, int g, const struct conv_axis *rows, const struct conv_axis *cols, int t0,
                        int xb, float *y)
{
    const struct conv_dims *d = j->d;
    struct tile t = {.rows = rows->taps, .ci = j->ci, .taps = cols->taps, .stride = cols->stride, .gap = cols->gap};
    const float *const *x = t.rows > 0 ? j->x + rows->at : j->x;
    t.col = cols->at + t0 * cols->stride;
    t.len = cols->len;
    t.row_gap = rows->gap;
    t.x_ch = (ptrdiff_t)j->w * LANES;
    t.x_at = t.x_ch * j->ci * g + (ptrdiff_t)t.col * LANES;
    t.y_col = (ptrdiff_t)cols->step * LANES;
    t.y_ch = (ptrdiff_t)j->wo * LANES;
    int kind = tile_kind(j, cols);
    int edge = t.col < 0 || t.col + (xb - 1) * t.stride + (t.taps - 1) * t.gap >= t.len;
    y += t.y_ch * j->co * g + (ptrdiff_t)(cols->first + t0 * cols->step) * LANES;
    for (int i = 0; i < pieces(j->co, COB_MAX); i++) {
        int c0 = piece_at(j->co, COB_MAX, i), cob = piece_at(j->co, COB_MAX, i + 1) - c0;
        const float *b = j->bias ? j->bias + g * j->co + c0 : NULL;
        const float *w = j->weights + (ptrdiff_t)(g * j->co + c0) * d->kh * j->ci * d->kw;
        t.w_tap = cols->ks * cob;
        t.w_ch = d->kw * cob;
        t.w_row = rows->ks * j->ci * t.w_ch;
        w += rows->k0 * j->ci * t.w_ch + cols->k0 * cob;
        fetch_with(j->fetch, &t, *x);
        for (int part = 0; part < LANES; part += VK) {
            struct tile half = t;
            half.x_at += part;
            half.fetch_step = part ? 0 : t.fetch_step;
            TILE_CALL(kind, edge, xb, cob, &half, x, w, b, y + c0 * t.y_ch + part);
        }
    }
}

static int widest(const struct job *j)
{
    return j->co == 1 ? XB_MAX_ALONE : XB_MAX;
}

/* Output row t of a phase of rows, to y. */
static void run_row(const struct job *j, const struct conv_axis *rows, int t, float *y)
{
    struct conv_axis r = clipped(*rows, t);
    for (int g = 0; g < j->d->groups; g++)
        for (int phase = 0; phase < j->col_phases; phase++) {
            struct conv_axis cols = j->cols(j->d, phase);
            for (int i = 0; i < pieces(cols.n, widest(j)); i++) {
                int t0 = piece_at(cols.n, widest(j), i), xb = piece_at(cols.n, widest(j), i + 1) - t0;
                run_columns(j, g, &r, &cols, t0, xb, y);
            }
        }
}

#ifndef BF16
#define DEPTHWISE_STRIDE 2 /* at most */

/* Asks for the next lines. */
static void fetch_lines(struct fetch *f, int lines)
{
    const float *at = fetch_next(f, (size_t)lines * LANES);
    for (int i = 0; at && i < lines; i++)
        __builtin_prefetch(at + (ptrdiff_t)i * LANES, 0, 2);
}

/* Can depthwise.c make the rows? */
static int is_depthwise(const struct job *j)
{
    const struct conv_dims *d = j->d;
    int can = d->groups > 1 && j->ci == 1 && j->co == 1 && d->sh <= DEPTHWISE_STRIDE && d->sw <= DEPTHWISE_STRIDE;
    for (int phase = 0; can && phase < j->col_phases; phase++) {
        struct conv_axis cols = j->cols(d, phase);
        can = cols.taps <= DEPTHWISE_TAPS && (cols.taps <= 1 || cols.gap == 1) &&
              (cols.stride == 1 || cols.taps == 3 || cols.taps == 5 || cols.taps == 7);
    }
    return can;
}

/* Row r of the output in one phase of the columns. */
static struct depthwise_row depthwise_row_of(const struct job *j, const struct conv_axis *row,
                                             const struct conv_axis *cols)
{
    struct depthwise_row t = {.n = cols->n,
                              .at = cols->at,
                              .stride = cols->stride,
                              .taps = cols->taps,
                              .len = cols->len,
                              .rows = row->taps,
                              .row_gap = row->gap,
                              .w_row = (ptrdiff_t)row->ks * j->d->kw,
                              .w_tap = cols->ks,
                              .y_col = (ptrdiff_t)cols->step * LANES};
    if (!t.taps || !t.rows) /* nothing but the bias: a tile of one tap and no row */
        t.taps = t.stride = 1, t.rows = 0;
    return t;
}

#define DEPTHWISE_ROWS 8 /* of the output at a time */

/* Up to DEPTHWISE_ROWS rows of the output from r0 on, of one channel after the other, so that the rows of the input
 * stay in the first cache. What is the same for all channels is found out once. */
static void run_depthwise_rows(const struct job *j, int r0, int r1)
{
    const struct conv_dims *d = j->d;
    struct depthwise_row t[DEPTHWISE_ROWS][DEPTHWISE_STRIDE];
    struct conv_axis row[DEPTHWISE_ROWS], cols[DEPTHWISE_STRIDE];
    for (int i = 0; i < j->col_phases; i++)
        cols[i] = j->cols(d, i);
    for (int r = r0; r < r1; r++) {
        const struct conv_axis phase = j->rows(d, r % j->row_phases);
        row[r - r0] = clipped(phase, r / j->row_phases);
        for (int i = 0; i < j->col_phases; i++)
            t[r - r0][i] = depthwise_row_of(j, &row[r - r0], &cols[i]);
    }
    for (int g = 0; g < d->groups; g++) {
        const float *w = j->weights + (ptrdiff_t)g * d->kh * d->kw;
        const float b = j->bias ? j->bias[g] : 0;
        for (int r = r0; r < r1; r++) {
            const struct conv_axis *a = &row[r - r0];
            const float *const *x = a->taps > 0 ? j->x + a->at : j->x;
            float *y = j->y[r] + (ptrdiff_t)g * j->wo * LANES;
            fetch_lines(j->fetch, 2 * j->w);
            for (int i = 0; i < j->col_phases; i++)
                EXPORT(depthwise_row)
            (&t[r - r0][i], x, (ptrdiff_t)g * j->w * LANES, w + (ptrdiff_t)a->k0 * d->kw + cols[i].k0, b,
             y + (ptrdiff_t)cols[i].first * LANES);
        }
    }
}

static void run_depthwise(const struct job *j, int r0, int r1)
{
    for (int r = r0; r < r1; r += DEPTHWISE_ROWS)
        run_depthwise_rows(j, r, r1 - r < DEPTHWISE_ROWS ? r1 : r + DEPTHWISE_ROWS);
}

#endif

static void run_one_tap(const struct job *j, int r0, int r1)
{
    const struct one_tap_row row = {j->w, j->ci, j->co};
    const ptrdiff_t x_group = (ptrdiff_t)j->ci * j->w * LANES, y_group = (ptrdiff_t)j->co * j->w * LANES;
    for (int r = r0; r < r1; r++)
        for (int g = 0; g < j->d->groups; g++) {
            const float *next = r + 1 < r1 ? j->x[r + 1] + g * x_group : NULL;
            const float *w = j->weights + (ptrdiff_t)g * j->ci * j->co, *b = j->bias ? j->bias + g * j->co : NULL;
            EXPORT_PRODUCT(one_tap_row)
            (&row, j->x[r] + g * x_group, next, w, b, j->y[r] + g * y_group, j->fetch);
        }
}

/* Output rows r0..r1-1. */
static void run_rows(const struct job *j, int r0, int r1)
{
    struct conv_axis rows = {.n = 0};
    for (int r = r0; r < r1; r++) {
        if (r == r0 || j->row_phases > 1)
            rows = j->rows(j->d, r % j->row_phases);
        run_row(j, &rows, r / j->row_phases, j->y[r]);
    }
}

/* The weight of an input channel, or of it and the next one, if there is one. */
static float packed_weight(const float *w, ptrdiff_t next, int alone)
{
#ifdef PAIRS
    uint32_t even, odd = 0;
    float pair;
    memcpy(&even, w, sizeof even);
    if (!alone)
        memcpy(&odd, w + next, sizeof odd);
    even = even >> 16 | (odd & 0xffff0000u);
    memcpy(&pair, &even, sizeof pair);
    return pair;
#else
    (void)next, (void)alone;
    return *w;
#endif
}

/* Packs the weights of `co` times `ci` channels in each group; channel o of group g, input channel c at
 * w + g*s_g + o*s_o + c*s_c. Flipped: the last tap first. */
static void pack(const struct conv_dims *d, int co, int ci, ptrdiff_t s_g, ptrdiff_t s_o, ptrdiff_t s_c, int flip,
                 const float *w, float *out)
{
    const int taps = d->kh * d->kw, most = has_one_tap(d) ? ONE_TAP_OUTPUTS : COB_MAX;
    for (int g = 0; g < d->groups; g++)
        for (int i = 0; i < pieces(co, most); i++) {
            int c0 = piece_at(co, most, i), c1 = piece_at(co, most, i + 1);
            for (int ky = 0; ky < d->kh; ky++)
                for (int c = 0; c < ci; c += EACH_OPERAND)
                    for (int k = ky * d->kw; k < (ky + 1) * d->kw; k++)
                        for (int o = c0; o < c1; o++)
                            *out++ = packed_weight(w + g * s_g + o * s_o + c * s_c + (flip ? taps - 1 - k : k), s_c,
                                                   c == ci - 1);
        }
}

void EXPORT_PRODUCT(conv_pack)(const struct conv_dims *d, enum conv_way way, const float *w, float *packed)
{
    int ci = d->ci / d->groups, co = d->co / d->groups;
    ptrdiff_t taps = (ptrdiff_t)d->kh * d->kw, each = ci * taps;
    struct winograd fast;
#ifdef BF16
    if (has_no_pairs(d)) {
        PLAIN(conv_pack)(d, way, w, packed);
        return;
    }
#else
    if (winograd_large_of(d, way, &fast)) {
        EXPORT(winograd_large_pack)
        (&fast, way == CONV_FORWARD ? each : taps, way == CONV_FORWARD ? taps : each, way != CONV_FORWARD, w, packed);
        return;
    }
#endif
    if (winograd_of(d, way, &fast))
        EXPORT_PRODUCT(winograd_pack)
    (&fast, way == CONV_FORWARD ? each : taps, way == CONV_FORWARD ? taps : each, way != CONV_FORWARD && !fast.scatter,
     w, packed);
    else if (way == CONV_FORWARD) pack(d, co, ci, co * each, each, taps, 0, w, packed);
    else pack(d, ci, co, co * each, taps, each, 1, w, packed);
}

static struct job job_of(const struct conv_dims *d, enum conv_way way)
{
    int ci = d->ci / d->groups, co = d->co / d->groups;
    struct job j = {forward_rows, forward_cols, 1, 1, d, ci, co, d->w, d->wo, .x = NULL};
    if (way != CONV_FORWARD)
        j = (struct job){backward_rows, backward_cols, d->sh, d->sw, d, co, ci, d->wo, d->w, .x = NULL};
    j.ci = operands(j.ci);
    return j;
}

/* What happens to output rows r0..r1-1, if anything, now that they are made; nothing to those of bf16 numbers. */
static void finish_rows(const struct pointwise *finish, int r0, int r1, float *const *y)
{
#ifdef BF16
    (void)finish, (void)r0, (void)r1, (void)y;
#else
    for (int r = r0; finish && r < r1; r++) {
        struct pointwise f = *finish;
        EXPORT(pointwise_forward)(&f, 1, y[r], y[r]);
    }
#endif
}

void EXPORT_PRODUCT(conv_rows)(const struct conv_dims *d, enum conv_way way, int r0, int r1, const float *const *x,
                               const float *packed, const float *b, const struct pointwise *finish, float *const *y,
                               const struct prefetch_range *next, float *scratch)
{
    struct fetch fetch = {next, 0, 0};
    struct winograd fast;
#ifdef BF16
    if (has_no_pairs(d)) {
        PLAIN(conv_rows)(d, way, r0, r1, x, packed, b, finish, y, next, scratch);
        return;
    }
#else
    if (winograd_large_of(d, way, &fast)) {
        fast.finish = finish && winograd_large_finishes(finish) ? finish : NULL;
        EXPORT(winograd_large_rows)(&fast, r0, r1, x, packed, b, y, &fetch, scratch);
        finish_rows(fast.finish ? NULL : finish, r0, r1, y);
        return;
    }
#endif
    const unsigned mode = products_begin();
    if (winograd_of(d, way, &fast)) {
        EXPORT_PRODUCT(winograd_rows)(&fast, r0, r1, x, packed, b, y, &fetch, scratch);
    } else {
        struct job j = job_of(d, way);
        j.x = x;
        j.weights = packed;
        j.bias = b;
        j.y = y;
        j.fetch = &fetch;
        if (has_one_tap(d))
            run_one_tap(&j, r0, r1);
#ifndef BF16
        else if (is_depthwise(&j))
            run_depthwise(&j, r0, r1);
#endif
        else
            run_rows(&j, r0, r1);
    }
    products_end(mode);
    finish_rows(finish, r0, r1, y);
}

/* Row i of the input as the kernels multiply it. */
static const float *input_row(const struct conv_dims *d, enum conv_way way, const float *row, float *room)
{
#ifdef BF16
    return EXPORT(conv_operand)(d, way == CONV_FORWARD ? OPERAND_X : OPERAND_DY, row, room);
#else
    (void)d, (void)way, (void)room;
    return row;
#endif
}

/* All rows of all blocks. scratch: packed weights, then the tables of rows, then what conv_rows wants; and where that
 * is not as it is read, the input of a block. */
static void run_blocks(const struct conv_dims *d, enum conv_way way, int blocks, const float *x, const float *w,
                       const float *b, float *y, float *scratch)
{
    int forward = way == CONV_FORWARD, nx = forward ? d->h : d->ho, ny = forward ? d->ho : d->h;
    ptrdiff_t x_row = (ptrdiff_t)(forward ? d->ci * d->w : d->co * d->wo) * LANES;
    ptrdiff_t y_row = (ptrdiff_t)(forward ? d->co * d->wo : d->ci * d->w) * LANES;
    const float **xs = (const float **)(void *)(scratch + PAD16(conv_packed(d)));
    float **ys = (float **)(xs + nx);
    float *rest = scratch + PAD16(conv_packed(d)) + PAD16((size_t)(nx + ny) * sizeof *xs / sizeof *scratch);
    float *room = rest + conv_rows_scratch(d);
    EXPORT_PRODUCT(conv_pack)(d, way, w, scratch);
    for (int k = 0; k < blocks; k++) {
        for (int i = 0; i < nx; i++, x += x_row)
            xs[i] = input_row(d, way, x, room + i * x_row);
        for (int i = 0; i < ny; i++, y += y_row)
            ys[i] = y;
        EXPORT_PRODUCT(conv_rows)(d, way, 0, ny, xs, scratch, b, NULL, ys, NULL, rest);
    }
}

void EXPORT_PRODUCT(conv_forward)(const struct conv_dims *d, int blocks, const float *x, const float *w, const float *b,
                                  float *y, float *scratch)
{
    run_blocks(d, CONV_FORWARD, blocks, x, w, b, y, scratch);
}

void EXPORT_PRODUCT(conv_backward_data)(const struct conv_dims *d, int blocks, const float *dy, const float *w,
                                        float *dx, float *scratch)
{
    run_blocks(d, CONV_BACKWARD_DATA, blocks, dy, w, NULL, dx, scratch);
}
