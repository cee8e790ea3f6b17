/* kernels.h - the hot loops, and the table that picks them. Floats and sizes only: no layers, no files, no threads.
 *
 * Images come in blocks of 16, x[blocks][h][c][w][16] (layout.h), so that every arithmetic instruction works on 16
 * images, for any number of channels, kernel size or stride. Of a batch of n images the lanes at and beyond n of the
 * last block are dead: inputs hold zeros there, gradients must be zero there (softmax_xent and bn_backward see to it),
 * so that sums over lanes need no masks. Every pointer is 64-byte aligned; in and out must not overlap unless a line
 * says "may be the same". Weights are in PyTorch's order, w[co][ci/groups][kh][kw], dense w[out][in].
 *
 * Same bits at every level (ref, avx2, avx512, avx512bf16), for every compiler: a level may reorder nothing. Each
 * output element is defined by the order of its operations: fused multiply-adds in the stated order, and sums over
 * images as 16 lane sums reduced by the fixed tree of lane_sum: s[i] += s[i+8] for i<8, then +4, +2, +1. Transcendental
 * functions are the kernels' own. Sources: src/kernels/ops, compiled once per level on top of simd.h. */
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H

#include "kernels/layout.h"
#include "kernels/moments.h"

#include <stddef.h>
#include <stdint.h>

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

/* What sample_norm normalizes together: a group of c / groups neighbouring channels at all positions, or with groups =
 * 0 all channels of one position. */
struct sample_norm {
    int c, h, w, groups;
    int centred;              /* else the mean is left alone */
    int elementwise;          /* gain and bias are [c][h][w], else [c] */
    float eps;                /* > 0 */
    const float *gain, *bias; /* NULL: 1, 0 */
};
struct lrn_dims {
    int c, w, size;
    float alpha, beta, k; /* k > 0 */
};

/* Where a row or column of resample is: element `at`, and its share of the way to `next`. */
struct sample_place {
    int at, next;
    float share; /* [0, 1) */
};
struct resample {
    int c, h, w, ho, wo;
    const struct sample_place *row, *col; /* [ho], [wo] */
};

enum conv_way { CONV_FORWARD, CONV_BACKWARD_DATA };
/* What a row of bf16 numbers is multiplied for: x in the forward pass, dy for the gradient of x, both for that of the
 * weights. */
enum conv_operand { OPERAND_X, OPERAND_DY, OPERAND_WEIGHTS_X, OPERAND_WEIGHTS_DY };

/* Floats that are to be on their way to the second cache while something else is computed: a wish. */
struct prefetch_range {
    const float *at;
    size_t floats;  /* of a row */
    int rows;       /* 0: none */
    ptrdiff_t step; /* from row to row */
};
#define PREFETCH_RANGES 4

/* The activations, ACT_relu and so on: the rows of activations.def. */
enum act {
#define ACTIVATION(name, ...) ACT_##name,
#include "kernels/activations.def"
    ACTIVATIONS /* how many there are */
};
#define NO_ACT (-1)
/* What the gradient of an activation is computed of. */
enum act_reads { READS_X, READS_Y, READS_SIGN };

/* y = dropout(act(x * scale[c] + shift[c] + add)) over rows [c][w][16] of one block; any of the four may be absent, but
 * there is no `add` without normalization or with dropout, nor where x is stored in 16 bits. */
struct pointwise {
    int c, w;
    const float *scale, *shift; /* [c]; scale NULL: no normalization */
    const float *add;           /* rows like those of x; NULL: nothing is added */
    int act;                    /* enum act or NO_ACT */
    float act_parameter;        /* of the activation, if it has one */
    float p;                    /* of dropout */
    uint32_t *seed;             /* [16], non-zero; NULL: no dropout. The streams: every call draws on from where the */
    int half;                   /* last one ended; half a draw may be left over, none (0) at the start of a block */
};

/* The numbers of moment_step: of Adam's moments, of weight decay in the gradient (wd) and beside it (decay), and of the
 * step. */
struct moment_rule {
    double beta1, beta2;
    float wd, decay, by_g, by_m, root, eps;
};

/* Where 16 moved images are sampled, in 65536ths of a pixel of the source, whose pixels are at whole numbers: pixel (y,
 * x) of image l at sx = x[l] + x * along_x[l] + y * down_x[l], and sy likewise, of its plane of h x w bytes. All of
 * them within -2^14 .. 2^14 pixels. */
struct sampling {
    int h, w;
    _Alignas(64) int32_t x[LANES], y[LANES], along_x[LANES], along_y[LANES], down_x[LANES], down_y[LANES];
};

/* Attention over the rows * cols positions of a sample, by `heads` heads of `width` channels each. Queries and keys are
 * looked at so many at a time. */
struct attention {
    int heads, width, rows, cols;
    float scale;            /* of the scores */
    int causal;             /* a query looks at the keys up to its own position, else at all */
    const int32_t *lengths; /* [16] of these keys the first so many of each sample (of none: one); NULL: all */
};
#define ATTENTION_QUERIES 12
#define ATTENTION_KEYS 32

/* Soft assignment of positions to k centres. */
struct kmeans {
    int c, w, k;         /* channels and columns of a row */
    int mixture;         /* on the way back: dy is of the mixture, else of the shares */
    float sharpness;     /* 1 / temperature */
    const float *centre; /* [k][c] */
};

/* Recurrent cells. Of what the input of a step adds to the gates, `in`, and of what the state before it adds, `rec`,
 * both [gates][width][16] with their biases, they make the state h and, of an LSTM, c (h', c': the state before):
 *   tanh, relu   h = f(in + rec)
 *   LSTM         i, f, g, o in this order; i, f, o = sigmoid(in + rec), g = tanh(in + rec), c = f c' + i g, h = o
 * tanh(c) GRU          r, z, n in this order; r, z = sigmoid(in + rec), n = tanh(in + r rec), h = n + z (h' - n)
 * (Hochreiter & Schmidhuber 1997; Cho et al. 2014, arXiv:1406.1078, with r where PyTorch has it). */
enum cell_kind { CELL_TANH, CELL_RELU, CELL_LSTM, CELL_GRU };
/* One step of the 16 samples of a block. A sample whose length is not above the position keeps its state and puts out
 * 0; what it would have been sent back goes to the state before it. */
struct cell_step {
    enum cell_kind cell;
    int width, position;
    const int32_t *lengths; /* [16]; NULL: none is over */
    const float *in, *rec;
    const float *h_before, *c_before; /* [width][16]; c of an LSTM alone */
    float *gates;     /* what the way back reads: [gates][width][16], the gates, and of a GRU a fourth: */
                      /* rec of n; of the others it may be `in` */
    float *h, *c, *y; /* [width][16]; y: what is put out, or NULL */
};
struct cell_back {
    enum cell_kind cell;
    int width, position;
    const int32_t *lengths;
    const float *gates, *h_before, *c_before, *c;
    const float *dy,
        *product;       /* [width][16] gradients at h: from above (NULL: none), and through rec of the next step */
                        /* (NULL: there is none) */
    float *direct, *dc; /* [width][16] that reach h and c directly: of this step, then of the one before it */
    float *din, *drec;  /* [gates][width][16] gradients at in and rec; the same array but of a GRU */
};

/* One instruction set: a pointer for each row of ops.def, where each kernel is described. */
struct kernels {
    const char *isa; /* "ref", "avx2", "avx512", "avx512bf16" */
#define OP(type, name, args) type(*name) args;
#include "kernels/ops.def"
};

/* A kernel of products: of bf16 numbers, or of floats. */
#define PRODUCT_OF(k, bf16, name) ((bf16) ? (k)->name##_bf16 : (k)->name)

/* Floats of scratch for the three conv calls (their maximum, over all levels), and for dense_backward_weights. */
size_t conv_scratch(const struct conv_dims *d, int blocks);
size_t conv_packed(const struct conv_dims *d);
size_t conv_rows_scratch(const struct conv_dims *d);
/* The rows of the output that conv_rows makes together: what it begins at is a multiple. */
int conv_row_step(const struct conv_dims *d, enum conv_way way, int bf16);
size_t dense_scratch(int blocks, int in, int out);
/* The same for the kernels of bf16 numbers; dense_scratch_bf16 for all three of them. */
size_t conv_scratch_bf16(const struct conv_dims *d, int blocks);
size_t dense_scratch_bf16(int blocks, int in, int out);
size_t attention_scratch(const struct attention *a);
/* Of conv_weight_rows, for floats or for bf16 numbers: floats of its sums and of its scratch, and the rows that it
 * takes at a time. */
size_t conv_sums(const struct conv_dims *d, int bf16);
size_t conv_weight_scratch(const struct conv_dims *d, int bf16);
int conv_weight_band(const struct conv_dims *d, int bf16);

/* uint16_t of scratch for warp: zeros lie round each plane, as many beside each row. */
#define WARP_BORDER 4
static inline size_t warp_scratch(int h, int w)
{
    return LANES * (size_t)(h + 2 * WARP_BORDER - 1) * (size_t)(w + WARP_BORDER) + 64;
}

/* The best level this CPU runs, or the named one; NULL when it cannot run here or has no such name. Whether avx512bf16
 * is better than avx512 is measured by the first call that asks for the best: on some CPUs the instruction is slow. */
const struct kernels *kernels_pick(const char *want);
/* The i-th level built in, best first, NULL after the last; usable or not. */
const char *kernels_level(size_t i);

#endif
