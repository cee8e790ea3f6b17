/* kernels.h - the hot loops, and the table that picks them. Floats and sizes only: no layers, no files, no threads.
 *
 * Layout. Images come in blocks of LANES = 16, the images of a block innermost:
 *     x[blocks][h][c][w][16]      one image is x[b][..][..][..][lane]
 * so that every arithmetic instruction works on 16 images, for any number of channels, kernel size or stride. A flat
 * feature vector is h = w = 1. A batch of n images has blocks = ceil(n / 16); lanes at and beyond n of the last block
 * are dead: inputs hold zeros there, gradients must be zero there (softmax_xent and bn_backward see to it), so that
 * sums over lanes need no masks. Every pointer is 64-byte aligned; in and out must not overlap unless a line says "may
 * be the same". Weights are in PyTorch's order, w[co][ci/groups][kh][kw], dense w[out][in].
 *
 * Same bits at every level (ref, avx2, avx512), for every compiler: a level may reorder nothing. Each output element is
 * defined by the order of its operations: fused multiply-adds in the stated order, and sums over images as 16 lane sums
 * reduced by the fixed tree of lane_sum: s[i] += s[i+8] for i<8, then +4, +2, +1. Transcendental functions are the
 * kernels' own. Sources: src/kernels/ops, compiled once per level on top of simd.h. */
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H

#include "kernels/moments.h"

#include <stddef.h>
#include <stdint.h>

#define LANES 16
#define PAD16(n) (((size_t)(n) + 15) & ~(size_t)15)

/* Convolution and pooling geometry. ph, pw pad the top and the left; what the bottom and right need follows from ho and
 * wo (one more than ph, pw for "same" with an even kernel): rows and columns outside the input count as zeros. */
struct conv_dims {
    int ci, h, w, co, ho, wo;
    int kh, kw, sh, sw, ph, pw, dh, dw, groups;
};
struct pool_dims {
    int c, h, w, ho, wo;
    int kh, kw, sh, sw, ph, pw;
};

enum conv_way { CONV_FORWARD, CONV_BACKWARD_DATA };

/* Floats that are to be on their way to the second cache while something else is computed: a wish. */
struct ahead {
    const float *at;
    size_t floats;
};
#define AHEAD 4

enum act { ACT_RELU, ACT_LEAKY_RELU, ACT_SIGMOID, ACT_TANH, ACT_GELU };

/* y = dropout(act(x * scale[c] + shift[c])) over rows [c][w][16] of one block; any of the three may be absent. */
#define NO_ACT (-1)
struct pointwise {
    int c, w;
    const float *scale, *shift; /* [c]; scale NULL: no normalization */
    int act;                    /* enum act or NO_ACT */
    float slope;                /* leaky_relu's */
    float p;                    /* of dropout */
    uint32_t *seed;             /* [16], non-zero; NULL: no dropout. The streams: every call draws on from where the */
    int half;                   /* last one ended; half a draw may be left over, none (0) at the start of a block */
};

/* Where 16 moved images are sampled, in 65536ths of a pixel of the source, whose pixels are at whole numbers: pixel (y,
 * x) of image l at sx = x[l] + x * along_x[l] + y * down_x[l], and sy likewise, of its plane of h x w bytes. All of
 * them within -2^14 .. 2^14 pixels. */
struct sampling {
    int h, w;
    _Alignas(64) int32_t x[LANES], y[LANES], along_x[LANES], along_y[LANES], down_x[LANES], down_y[LANES];
};

struct kernels {
    const char *isa; /* "ref", "avx2", "avx512" */

    /* y = conv(x, w) + b; b [co] may be NULL. Each y: (b or 0), then one fma for each tap inside the input, in the
     * order kh, ci, kw; taps in the padding are left out. Where it pays, by the shape alone, 3x3 taps of stride 1 are
     * Winograd's F(2x2, 3x3) instead, in the order given in ops/conv/winograd.h. scratch: conv_scratch() floats, contents
     * lost. */
    void (*conv_forward)(const struct conv_dims *d, int blocks, const float *x, const float *w, const float *b,
                         float *y, float *scratch);
    /* dx (overwritten) = gradient of the input; each dx: 0, then one fma for each tap, from the top left of dy, or
     * one of Winograd's orders. */
    void (*conv_backward_data)(const struct conv_dims *d, int blocks, const float *dy, const float *w, float *dx,
                               float *scratch);
    /* dw, db (overwritten; db may be NULL): sums over images, rows and columns, 16 lane sums each, one lane_sum. */
    void (*conv_backward_weights)(const struct conv_dims *d, int blocks, const float *x, const float *dy, float *dw,
                                  float *db, float *scratch);
    /* The same in pieces, for passes that make rows while they are needed: sums += output rows r0..r1-1 of one block,
     * any cut of the rows giving the same bits. x[i] and dy[i] are row i of the input, [ci][w][16], and of the
     * gradient, [co][wo][16]; only the rows that are read need to be there. sums: conv_sums() floats, zeroed before the
     * first call, in an order that is the level's own; conv_weight_sums makes dw (overwritten) of them. */
    void (*conv_weight_rows)(const struct conv_dims *d, int r0, int r1, const float *const *x, const float *const *dy,
                             float *sums);
    void (*conv_weight_sums)(const struct conv_dims *d, const float *sums, float *dw);
    /* And db of sums[co][16]. */
    void (*conv_bias_rows)(const struct conv_dims *d, int r0, int r1, const float *const *dy, float *sums);
    void (*conv_bias_sums)(const struct conv_dims *d, const float *sums, float *db);

    /* The first two by rows, for passes that make rows when they are needed: output rows r0..r1-1 of one block, y[r],
     * from rows x[i] of the input (of dy), of which only those that are read need to be there. r0 is even; r1 too, or
     * the end. On the way back the calls for a block go from its first row to its last, and scratch carries what one
     * leaves for the next. packed: the weights, conv_pack'ed for this way, conv_packed() floats; b: forward only, or
     * NULL; next[AHEAD] or NULL; scratch: conv_rows_scratch() floats. */
    void (*conv_pack)(const struct conv_dims *d, enum conv_way way, const float *w, float *packed);
    void (*conv_rows)(const struct conv_dims *d, enum conv_way way, int r0, int r1, const float *const *x,
                      const float *packed, const float *b, float *const *y, const struct ahead *next, float *scratch);

    /* y[blocks][out][16] = w[out][in] x[blocks][in][16] + b[out] (b may be NULL), and its gradients (overwritten; db
     * may be NULL). Each dw: one fma after the other, image by image, without lane sums. */
    void (*dense_forward)(int blocks, int in, int out, const float *x, const float *w, const float *b, float *y);
    void (*dense_backward_data)(int blocks, int in, int out, const float *dy, const float *w, float *dx);
    void (*dense_backward_weights)(int blocks, int in, int out, const float *x, const float *dy, float *dw, float *db,
                                   float *scratch); /* scratch: dense_scratch() floats */

    /* Per channel of [blocks][h][c][w][16] over the n live images: mean[c] and biased variance var[c]. Row sums in
     * float lanes, rows added up in double, so that 1e6 elements and |mean| >> std lose no float32 digit. */
    void (*bn_stats)(int c, int h, int w, int n, const float *x, float *mean, float *var);
    /* The moments of each channel of one block over its `live` lanes, by rows [c][w][16]: bn_stats is these merged,
     * block after block, by moments_merge. first: the rows are the block's first; about[c] and lanes[c][2][16] keep
     * what the calls have in common. bn_moments_end: of the `rows` rows in all. */
    void (*bn_moments)(int c, int w, int rows, int live, int first, const float *x, float *about, double *lanes);
    void (*bn_moments_end)(int c, int w, int rows, int live, const float *about, const double *lanes,
                           struct moments *out);
    /* y = x * scale[c] + shift[c] (one fma); may be the same. */
    void (*bn_apply)(int c, int h, int w, int blocks, const float *x, const float *scale, const float *shift, float *y);
    /* Per channel: sum_dy = sum dy, sum_dyx = sum dy * (x - mean) * invstd, like bn_stats. */
    void (*bn_backward_stats)(int c, int h, int w, int n, const float *x, const float *dy, const float *mean,
                              const float *invstd, float *sum_dy, float *sum_dyx);
    /* dx = a[c] * dy + p[c] * x + q[c] on live lanes, 0 on dead ones; dx may be dy. */
    void (*bn_backward)(int c, int h, int w, int n, const float *x, const float *dy, const float *a, const float *p,
                        const float *q, float *dx);

    /* y = act(x) over len floats (multiple of 16); slope is leaky_relu's. gelu is the exact one, x * Phi(x), own erf
     * (Hendrycks & Gimpel 2016, arXiv:1606.08415). May be the same. */
    void (*act_forward)(enum act f, float slope, size_t len, const float *x, float *y);
    /* dx = dy * act'(.). `v` is y for relu, leaky_relu, sigmoid, tanh (so that x need not be kept) and x for gelu. dx
     * may be dy. */
    void (*act_backward)(enum act f, float slope, size_t len, const float *v, const float *dy, float *dx);

    /* y = x * mask / (1 - p), mask Bernoulli(1 - p) per element, drawn from seed: seed[blocks][16], non-zero, one
     * stream per image (Srivastava et al. 2014). The mask is not stored: the same call turns dy into dx. vectors =
     * c*h*w, the elements of one image. May be the same. p in [0,1), rounded to a multiple of 2^-16 (not to 0 or 1). */
    void (*dropout)(int blocks, size_t vectors, float p, const uint32_t *seed, const float *x, float *y);

    /* Rows of one block of the same: bn_apply, act_forward and dropout in one pass, with the bits of the three; y may
     * be x. */
    void (*pointwise_forward)(struct pointwise *f, int rows, const float *x, float *y);
    /* And back: g = dy * mask / (1 - p) * act'(x * scale + shift), the gradient at the output of the normalization; g
     * may be dy. Where y is not NULL it gets pointwise_forward of x at the same time, and it may be dy too (then g may
     * not). With a normalization also the part of bn_backward_stats, without the factor invstd: lanes[c][2][16] +=
     * g, g * (x - mean), zeroed by the caller before the first row of a block; pointwise_sums: sums[c][2] of it over
     * the live lanes. Without one mean and lanes are not looked at. */
    void (*pointwise_backward)(struct pointwise *f, int rows, const float *x, const float *dy, const float *mean,
                               float *y, float *g, double *lanes);
    void (*pointwise_sums)(int c, int live, const double *lanes, double *sums);

    /* bf16: the upper 16 bits of a float. bf16_round: y = the nearest such number, of two the one whose last bit is 0;
     * what overflows becomes infinite, a NaN stays a NaN; may be the same. to_bf16: its bits. n is a multiple of 16. A
     * product of two of them is exact in a float, so a convolution of rounded operands by the fused multiply-adds above
     * is one of bf16 numbers summed up in float. */
    void (*bf16_round)(size_t n, const float *x, float *y);
    void (*to_bf16)(size_t n, const float *x, uint16_t *y);
    void (*from_bf16)(size_t n, const uint16_t *x, float *y);
    /* to_bf16 of x, and bn_moments of what is stored. */
    void (*bn_moments_bf16)(int c, int w, int rows, int live, int first, const float *x, uint16_t *y, float *about,
                            double *lanes);
    /* What bf16_round makes of bn_backward's dx. */
    void (*bn_backward_bf16)(int c, int h, int w, int n, const uint16_t *x, const uint16_t *dy, const float *a,
                             const float *p, const float *q, float *dx);
    /* The passes above for an x that is stored in 16 bits, with a normalization. y is rounded if `round` says so, and
     * always on the way back; g, from dy, is stored rounded, the sums are those of what is stored. */
    void (*pointwise_forward_bf16)(struct pointwise *f, int rows, const uint16_t *x, int round, float *y);
    void (*pointwise_backward_bf16)(struct pointwise *f, int rows, const uint16_t *x, const float *dy,
                                    const float *mean, float *y, uint16_t *g, double *lanes);

    /* Padding counts as -inf. Backward gives the gradient to the first maximum of a window in row-major order (as
     * PyTorch), found again by comparison with y; dx is overwritten. */
    void (*maxpool_forward)(const struct pool_dims *d, int blocks, const float *x, float *y);
    void (*maxpool_backward)(const struct pool_dims *d, int blocks, const float *x, const float *y, const float *dy,
                             float *dx);
    /* Mean over kh*kw, padding counted as zeros (PyTorch's default). Global average pooling is kh = h, kw = w. */
    void (*avgpool_forward)(const struct pool_dims *d, int blocks, const float *x, float *y);
    void (*avgpool_backward)(const struct pool_dims *d, int blocks, const float *dy, float *dx);

    /* Softmax cross-entropy of n live images over `classes` logits z[blocks][classes][16]: loss[n] and, where dz is not
     * NULL, dz = scale * (softmax(z) - target), dead lanes 0; target is (1 - smoothing) one-hot + smoothing / classes
     * (Szegedy et al. 2016, arXiv:1512.00567). Where prob is not NULL: prob = softmax(z). Stable for any finite z. */
    void (*softmax_xent)(int n, int classes, const float *z, const int32_t *label, float smoothing, float scale,
                         float *loss, float *prob, float *dz);

    /* One update of len parameters (multiple of 16); g is multiplied by gscale first (1, or the clipping factor).
     * Weight decay `wd` as the rule says. Elementwise, so any cut of len gives the same bits. sgd: g += wd w; m =
     * momentum m + g (first step: m = g); w -= lr (nesterov ? g + momentum m : m). m NULL when momentum = 0. */
    void (*sgd_step)(size_t len, float lr, float momentum, int nesterov, int first, float wd, float gscale,
                     const float *g, float *w, float *m);
    /* v = alpha v + (1-alpha) g^2 (alpha and the betas are doubles, so that 1 - 0.999 is 0.001); step = g / (sqrt(v) +
     * eps); with momentum: m = momentum m + step, w -= lr m. wd coupled. */
    void (*rmsprop_step)(size_t len, float lr, double alpha, float momentum, float eps, float wd, float gscale,
                         const float *g, float *w, float *v, float *m);
    /* Kingma & Ba 2015, arXiv:1412.6980; c1 = 1 - beta1^t, c2 = 1 - beta2^t; decoupled: w *= 1 - lr wd first (AdamW,
     * Loshchilov & Hutter 2019, arXiv:1711.05101), else g += wd w. w -= lr/c1 * m / (sqrt(v)/sqrt(c2) + eps). */
    void (*adam_step)(size_t len, float lr, double beta1, double beta2, float eps, float c1, float c2, int decoupled,
                      float wd, float gscale, const float *g, float *w, float *m, float *v);

    /* Sum of squares, in double from 16 lane sums per 4096 elements; NaN or inf in, NaN or inf out. */
    double (*sum_squares)(size_t len, const float *x);

    /* Bytes of 16 images, side by side as floats: x[n][16] = in[lane][n] * scale + shift, in two roundings. */
    void (*pixels)(size_t n, const uint8_t *const in[LANES], float scale, float shift, float *x);

    /* A plane of each of 16 images, moved: x[h][w][16], rows `stride` floats apart, = value * (scale / 2^21) + shift in
     * two roundings, of a value that is rounded to a float itself; it is in[lane] sampled bilinearly in whole numbers,
     * 0 outside. With a, b the pixels at the floor of (sx, sy) and right of it, c, d those below, fx, fy what the floor
     * takes away, in 65536ths: left = 128 a + ((c - a) fy + 256 >> 9), right = 128 b + ((d - b) fy + 256 >> 9), value =
     * left (2^14 - (fx >> 2)) + right (fx >> 2), which is 2^21 times a pixel, and at most 1/40 (of 255) off. next:
     * planes wanted next, brought into the cache. scratch: warp_scratch(), contents lost. */
    void (*warp)(const struct sampling *s, const uint8_t *const in[LANES], const uint8_t *const next[LANES],
                 float scale, float shift, size_t stride, float *x, uint16_t *scratch);

    /* out = f(x) over len (multiple of 16), for tests and for whoever needs many. */
    void (*vec_exp)(size_t len, const float *x, float *y);
    void (*vec_log)(size_t len, const float *x, float *y);
    void (*vec_tanh)(size_t len, const float *x, float *y);
    void (*vec_erf)(size_t len, const float *x, float *y);
};

/* Floats of scratch for the three conv calls (their maximum, over all levels), and for dense_backward_weights. */
size_t conv_scratch(const struct conv_dims *d, int blocks);
size_t conv_packed(const struct conv_dims *d);
size_t conv_rows_scratch(const struct conv_dims *d);
size_t dense_scratch(int blocks, int in, int out);
/* Floats of lane sums: 16 for each weight. */
size_t conv_sums(const struct conv_dims *d);

/* uint16_t of scratch for warp: zeros lie round each plane, as many beside each row. */
#define WARP_BORDER 4
static inline size_t warp_scratch(int h, int w)
{
    return LANES * (size_t)(h + 2 * WARP_BORDER - 1) * (size_t)(w + WARP_BORDER) + 64;
}

/* The best level this CPU runs, or the named one; NULL when it cannot run here or has no such name. */
const struct kernels *kernels_pick(const char *want);
/* The i-th level built in, best first, NULL after the last; usable or not. */
const char *kernels_level(size_t i);

#endif
