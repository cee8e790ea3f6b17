/* bench_arrays.h - inside of the kernels' benchmark: what a kernel works on, and what is known of it. */
#ifndef BENCH_ARRAYS_H
#define BENCH_ARRAYS_H

#include "kernels/kernels.h"

/* One geometry serves all: dense is 1x1 maps, element-wise kernels have as many outputs as inputs. */
struct kernel_arrays {
    const struct kernels *k;
    struct conv_dims d;
    int images, blocks;
    size_t in, out, weights; /* floats */
    enum act act;
    float p;
    float *a, *b, *c, *e, *w, *dw, *scratch; /* a, c: in floats; b, e: out floats */
    double *lanes, *sums;                    /* of the normalization: [c][2][16], [c][2] */
    struct moments *moments;
    int32_t *label;
    uint32_t *seed, *drawn;
};

/* Operations: so many for each multiply-add of the convolution, each input, each output times the window. An elementary
 * function counts two for each multiply-add and each product that it is made of (simd/vmath.h), one for a division.
 * Traffic: how often the input, the output and the weights pass. */
struct kernel_row {
    const char *name;
    void (*call)(void *work);
    int per_mac, per_in, per_window;
    int in, out, weights;
    enum act act;
    float p;
    double (*more)(const struct conv_dims *d);                /* further operations of one sample; NULL: none */
    size_t (*scratch)(const struct conv_dims *d, int blocks); /* floats; NULL: what the others need */
};

/* The kernels of layers that have some of their own, and of optimizers (bench_layers.c); their numbers in
 * bench_kernels.c begin with FIRST_LAYER_ROW. */
#define FIRST_LAYER_ROW 1000
enum layer_row {
    LAYERNORM_F = FIRST_LAYER_ROW,
    LAYERNORM_B,
    GROUPNORM_F,
    GROUPNORM_B,
    PRELU_F,
    PRELU_B,
    GLU_F,
    GLU_B,
    MAXOUT_F,
    MAXOUT_B,
    GATE_F,
    GATE_SUMS,
    ADD_SCALED,
    MUL,
    UPSAMPLE_F,
    UPSAMPLE_B,
    ADAPTIVE_F,
    ADAPTIVE_B,
    ATTENTION_F,
    ATTENTION_B,
    KMEANS_F,
    KMEANS_B,
    EMBED_F,
    EMBED_B,
    WEIGH,
    SPREAD,
    LSTM_F,
    LSTM_B,
    GRU_F,
    GRU_B,
    FOCAL,
    HINGE,
    BCE,
    ADAGRAD,
    ADADELTA,
    LION,
    MOMENT
};
extern const struct kernel_row kernel_rows_of_layers[];

#endif
