/* layout.h - where the numbers of a batch lie.
 *
 * Images (or other samples) come in blocks of LANES = 16, the images of a block innermost: x[block][h][c][w][16].
 *
 *     block 0                                                                                          block 1
 *     row 0                                         row 1
 *     channel 0            channel 1                channel 0
 *     column 0  column 1
 *     |16 lanes|16 lanes|..|16 lanes|16 lanes|..|...|16 lanes|..                                       |16 lanes|..
 *       ^ image 0 .. image 15                                                                            ^ image 16 ..
 *
 * A vector [C] has h = w = 1. A sequence [C,T] of T positions has h = T and w = 1: each position is one contiguous row
 * [c][16], so that whatever works on vectors works on a sequence as on T times as many blocks, and a convolution along
 * it reads a contiguous window. A volume [C,D,H,W] of D slices has h = D*H: its slices stand under each other as if
 * they were one map, so that whatever works on values, channels or positions works on volumes. */
#ifndef KERNELS_LAYOUT_H
#define KERNELS_LAYOUT_H

#include <stddef.h>

#define LANES 16
#define PAD16(n) (((size_t)(n) + 15) & ~(size_t)15)

enum shape_kind { VECTOR = 1, SEQUENCE, MAPS, VOLUME }; /* each has as many dimensions as its number says */
struct shape {                                          /* of one sample: [C], [C,T], [C,H,W], [C,D,H,W] */
    enum shape_kind kind;
    int c, h, w; /* all >= 1; of a volume h is the rows of all its slices */
    int d;       /* slices of a volume; else 1 */
};

/* c*h*w */
static inline size_t shape_size(struct shape s)
{
    return (size_t)s.c * (size_t)s.h * (size_t)s.w;
}

/* Rows of a slice. */
static inline int shape_rows(struct shape s)
{
    return s.h / s.d;
}

static inline int shape_equal(struct shape a, struct shape b)
{
    return a.kind == b.kind && a.c == b.c && a.h == b.h && a.w == b.w && a.d == b.d;
}

/* Blocks of n images, the last of which may have dead lanes. */
static inline int blocks_of(int n)
{
    return (n + LANES - 1) / LANES;
}

/* Floats of `blocks` blocks of a shape. */
static inline size_t floats_of(struct shape s, int blocks)
{
    return (size_t)blocks * shape_size(s) * LANES;
}

/* The place of one number of an image. */
static inline size_t lane_at(struct shape s, int image, int c, int h, int w)
{
    size_t row = (size_t)(image / LANES * s.h + h);
    return ((row * (size_t)s.c + (size_t)c) * (size_t)s.w + (size_t)w) * LANES + (size_t)(image % LANES);
}

#endif
