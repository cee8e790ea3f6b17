/* conv.c - convolution forward, and the gradient of its input, which is the same operation on flipped weights. Every
 * output element is (bias or 0), then one fma for each tap inside the input, in the order ky, channel, kx of the packed
 * weights [group][piece of COB channels][ky][ci][kx][COB]; no cut made below changes that order. */
#include "kernels/impl/conv_tile.h"
#include "kernels/impl/impl.h"
#include "kernels/impl/tiles.h"

/* One axis of the operation: output first + t*step (t < n) reads, for tap j < taps, input at + t*stride + j*gap if that
 * lies in 0..len-1, with the packed weight k0 + j*ks. */
struct axis {
    int n, first, step;
    int taps, k0, ks;
    int at, stride, gap, len;
};

/* The whole operation as conv.c sees it, its input x and its output y. ci and co count the channels of a group; the
 * phases of rows and columns are numbered from 0. */
struct job {
    struct axis (*rows)(const struct conv_dims *d, int phase);
    struct axis (*cols)(const struct conv_dims *d, int phase);
    int row_phases, col_phases;
    const struct conv_dims *d;
    int ci, co, h, w, ho, wo;
    const float *x, *weights, *bias;
    float *y;
};

static struct axis forward_axis(int len, int out, int k, int s, int p, int d)
{
    return (struct axis){.n = out, .step = 1, .taps = k, .ks = 1, .at = -p, .stride = s, .gap = d, .len = len};
}

static struct axis forward_rows(const struct conv_dims *d, int phase)
{
    (void)phase;
    return forward_axis(d->h, d->ho, d->kh, d->sh, d->ph, d->dh);
}

static struct axis forward_cols(const struct conv_dims *d, int phase)
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
static struct axis backward_axis(int len, int out, int k, int s, int p, int d, int phase)
{
    struct axis a = {.n = (len - phase + s - 1) / s, .first = phase, .step = s, .stride = 1, .len = out};
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

static struct axis backward_rows(const struct conv_dims *d, int phase)
{
    return backward_axis(d->h, d->ho, d->kh, d->sh, d->ph, d->dh, phase);
}

static struct axis backward_cols(const struct conv_dims *d, int phase)
{
    return backward_axis(d->w, d->wo, d->kw, d->sw, d->pw, d->dw, phase);
}

/* Drops the taps of output t that lie outside. */
static struct axis clipped(struct axis a, int t)
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

/* The first argument of TILE_CALL. */
static int tile_kind(const struct job *j, const struct axis *cols)
{
    int k = j->d->kw, near = cols->stride == 1 && (k == 1 || (cols->gap == 1 && cols->ks == 1)) && cols->taps == k;
    return near && (k == 1 || k == 3) ? k : 0;
}

/* All channels of group g in the output columns t0..t0+xb-1 of one row. x and y: that group in the input (not yet in
 * the first row or column) and in the output row. rows is clipped. */
static void run_columns(const struct job *j, int g, const struct axis *rows, const struct axis *cols, int t0, int xb,
                        const float *x, float *y)
{
    const struct conv_dims *d = j->d;
    struct tile t = {.rows = rows->taps, .ci = j->ci, .taps = cols->taps, .stride = cols->stride, .gap = cols->gap};
    t.col = cols->at + t0 * cols->stride;
    t.len = cols->len;
    t.x_ch = (ptrdiff_t)j->w * LANES;
    t.x_row = t.x_ch * j->ci * d->groups * rows->gap;
    t.y_col = (ptrdiff_t)cols->step * LANES;
    t.y_ch = (ptrdiff_t)j->wo * LANES;
    int last = t.col + (xb - 1) * t.stride + (t.taps - 1) * t.gap, kind = tile_kind(j, cols);
    int edge = t.col < 0 || last >= t.len;
    if (t.rows > 0)
        x += t.x_ch * j->ci * d->groups * rows->at;
    x += (ptrdiff_t)t.col * LANES;
    y += (cols->first + t0 * cols->step) * LANES;
    for (int i = 0; i < pieces(j->co, COB_MAX); i++) {
        int c0 = piece_at(j->co, COB_MAX, i), cob = piece_at(j->co, COB_MAX, i + 1) - c0;
        const float *b = j->bias ? j->bias + g * j->co + c0 : NULL;
        const float *w = j->weights + (ptrdiff_t)(g * j->co + c0) * d->kh * j->ci * d->kw;
        t.w_tap = cols->ks * cob;
        t.w_ch = d->kw * cob;
        t.w_row = rows->ks * j->ci * t.w_ch;
        w += rows->k0 * j->ci * t.w_ch + cols->k0 * cob;
        for (int part = 0; part < LANES; part += VK)
            TILE_CALL(kind, edge, xb, cob, &t, x + part, w, b, y + c0 * t.y_ch + part);
    }
}

/* Output row t of a phase of rows. x: the block; y: the output row. */
static void run_row(const struct job *j, const struct axis *rows, int t, const float *x, float *y)
{
    struct axis r = clipped(*rows, t);
    int most = j->co == 1 ? XB_MAX_ALONE : XB_MAX;
    for (int g = 0; g < j->d->groups; g++)
        for (int phase = 0; phase < j->col_phases; phase++) {
            struct axis cols = j->cols(j->d, phase);
            for (int i = 0; i < pieces(cols.n, most); i++) {
                int t0 = piece_at(cols.n, most, i), xb = piece_at(cols.n, most, i + 1) - t0;
                run_columns(j, g, &r, &cols, t0, xb, x + (ptrdiff_t)g * j->ci * j->w * LANES,
                            y + (ptrdiff_t)g * j->co * j->wo * LANES);
            }
        }
}

static void run_job(const struct job *j, int blocks)
{
    ptrdiff_t x_block = (ptrdiff_t)j->h * j->ci * j->d->groups * j->w * LANES;
    ptrdiff_t y_row = (ptrdiff_t)j->co * j->d->groups * j->wo * LANES;
    for (int b = 0; b < blocks; b++)
        for (int phase = 0; phase < j->row_phases; phase++) {
            struct axis rows = j->rows(j->d, phase);
            for (int t = 0; t < rows.n; t++)
                run_row(j, &rows, t, j->x + b * x_block,
                        j->y + ((ptrdiff_t)b * j->ho + rows.first + t * rows.step) * y_row);
        }
}

/* Packs the weights of `co` times `ci` channels in each group; channel o of group g, input channel c at
 * w + g*s_g + o*s_o + c*s_c. Flipped: the last tap first. */
static void pack(const struct conv_dims *d, int co, int ci, ptrdiff_t s_g, ptrdiff_t s_o, ptrdiff_t s_c, int flip,
                 const float *w, float *out)
{
    int taps = d->kh * d->kw;
    for (int g = 0; g < d->groups; g++)
        for (int i = 0; i < pieces(co, COB_MAX); i++) {
            int c0 = piece_at(co, COB_MAX, i), c1 = piece_at(co, COB_MAX, i + 1);
            for (int ky = 0; ky < d->kh; ky++)
                for (int c = 0; c < ci; c++)
                    for (int k = ky * d->kw; k < (ky + 1) * d->kw; k++)
                        for (int o = c0; o < c1; o++)
                            *out++ = w[g * s_g + o * s_o + c * s_c + (flip ? taps - 1 - k : k)];
        }
}

void EXPORT(conv_forward)(const struct conv_dims *d, int blocks, const float *x, const float *w, const float *b,
                          float *y, float *scratch)
{
    int ci = d->ci / d->groups, co = d->co / d->groups;
    ptrdiff_t each = (ptrdiff_t)ci * d->kh * d->kw;
    pack(d, co, ci, co * each, each, (ptrdiff_t)d->kh * d->kw, 0, w, scratch);
    struct job j = {forward_rows, forward_cols, 1, 1, d, ci, co, d->h, d->w, d->ho, d->wo, x, scratch, b, y};
    run_job(&j, blocks);
}

void EXPORT(conv_backward_data)(const struct conv_dims *d, int blocks, const float *dy, const float *w, float *dx,
                                float *scratch)
{
    int ci = d->ci / d->groups, co = d->co / d->groups;
    ptrdiff_t each = (ptrdiff_t)ci * d->kh * d->kw;
    pack(d, ci, co, co * each, (ptrdiff_t)d->kh * d->kw, each, 1, w, scratch);
    struct job j = {backward_rows, backward_cols, d->sh, d->sw, d,       co,   ci, d->ho,
                    d->wo,         d->h,          d->w,  dy,    scratch, NULL, dx};
    run_job(&j, blocks);
}
