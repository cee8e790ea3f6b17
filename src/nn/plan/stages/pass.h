/* pass.h - what the two ways through a stage share: whole blocks (stage_blocks.c), or row by row (stage_rows.c).
 * Private to nn/plan/stages.
 *
 * The way of a block through a stage, forward, with what each array is called:
 *
 *     x --[norm, act, dropout]--> pointwise_out --[pool]--> conv_in --[conv]--> y (conv_out where y has 16 bits)
 *
 * and back:
 *
 *     dx <--[norm, act, dropout]-- pool_in_grad <--[pool]-- conv_in_grad <--[conv]-- conv_out_grad <--[norm after]-- dy
 *
 * By rows, conv_in is a ring that holds as many rows as the convolution reads for one band of its output; row i lies in
 * place i % in:
 *
 *     rows of x       0 1 2 3 4 5 6 7 8 9 ...
 *                           |made|                  the rows that this band reads and no band before it did
 *     ring (in = 4)   [4 5 2 3]
 *     band of y             |2 3|                   rows = 2 of the output at a time, handed to y and its statistics
 *
 * Depthwise convolutions make all bands of some channels, whose rings are the smaller, before those of the next ones.
 */
#ifndef NN_PLAN_STAGES_PASS_H
#define NN_PLAN_STAGES_PASS_H

#include "nn/plan/plan.h"

/* Memory that a pass needs for itself; what a stage has no use for is NULL. */
struct stage_buffers {
    /* Each member of the team has its own of these, for a group of blocks or for the rows that are looked at together.
     * By rows, pointwise_out is what one row of the pool is made of, and pool_in_grad the gradient there. */
    uint32_t *seed, *seed_back;
    float *pointwise_out, *pool_in_grad;
    float *conv_in, *conv_in_grad;
    float *conv_out, *conv_out_grad; /* conv_out: only where y is stored in 16 bits */
    float *weight_grad; /* by rows, of bf16 numbers: conv_out_grad as the gradient of the weights reads it */
    float *conv_scratch;
    double *lanes;                   /* [c of norm, or of the norm after in the forward pass][32] */
    float *about;                    /* [c of the norm after] */
    float **in_rows, **in_grad_rows; /* by rows: [h] the rows of the convolution's input and of the gradient there */
    float **out_rows;                /* by rows: [ho] the rows of its output, or of the gradient there */
    const float **weight_rows;       /* by rows, backward: [ho] these as the gradient of the weights reads them */
    float *weight_scratch;
    float *dw_sums, *db_sums; /* by rows: sums of the convolution's gradient */
    /* All members share these. */
    float *rounded, *packed; /* the convolution's weights, rounded to bf16, and packed for the way by rows */
    float *dw;               /* [groups - 1][tensors]: the shares of the convolution's gradient but the first */
    struct moments *moments; /* [blocks][c of the norm after] */
    double *sums;            /* [blocks][c of norm][2] */
    float *totals;           /* [2][c]: of the norm after in the forward pass, of norm in the backward pass */
};

/* Rows that are looked at together. */
struct row_band {
    int rows;    /* of the convolution's output at a time */
    int weights; /* rows that the gradient of the weights is made of, a multiple of them */
    int late;    /* more rows may wait for it, which is made of many at a time; a multiple of `weights` */
    int in, out; /* rows that have to be kept: of its input, of the gradient at its output */
};

/* A stage in a pass. Sizes are floats of a block. */
struct stage_pass {
    const struct nn_net *net;
    const struct kernels *k;
    const struct nn_pass *p;
    const struct stage *s;
    const struct layer_call *call;
    struct shape x, z, y; /* what the stage reads, what its convolution reads, what it puts out */
    size_t nx, nz, ny;
    struct pointwise finish;  /* of what is put out, if the stage finishes it */
    struct pointwise f, back; /* by rows with a pool, the way back draws its masks for itself */
    int window;               /* by rows: rows of x that one of z is made of */
    struct stage_part pool, conv;
    const float *w, *b;   /* the convolution's; w is rounded */
    int bf16;             /* operands of the convolution are rounded */
    int x_16bit, y_16bit; /* 1: x and dx, y and dy are stored in 16 bits, and an offset into them is half of that in
                           floats */
    float *next_table;
    int backward, by_rows;
    int channels; /* by rows: that go through together */
    int c0;       /* by rows: the first of the channels at hand; x.c, z.c, y.c and the convolution count these alone */
    struct row_band band;     /* by rows */
    struct stage_buffers buf; /* of member 0, or of the member that this copy is for */
};

/* Floats of a row. */
static inline size_t stage_row(struct shape s)
{
    return (size_t)s.c * (size_t)s.w * LANES;
}

/* Blocks that go together. */
struct block_group {
    int first, blocks, images;
};

/* The i-th group to be worked on; how many there are; the images in a block. */
struct block_group stage_group(const struct stage_pass *w, int i);
int stage_groups(const struct stage_pass *w);
int stage_live(const struct stage_pass *w, int block);

/* The same pass, as one member of the team goes through it. */
struct stage_pass stage_member(const struct stage_pass *w, int member);
/* Starts the masks of a block's dropout, if there is one. */
void stage_seed(const struct stage_pass *w, int block);
/* The i-th group's share of the convolution's gradient: weights, then the bias at *db; NULL without. */
float *stage_share(const struct stage_pass *w, int i, float **db);

/* pointwise_forward and _backward of rows of x, which may be stored in 16 bits; what the convolution reads is rounded:
 * y if `round` says so, and on the way back always. */
void stage_pointwise(const struct stage_pass *w, struct pointwise *f, int rows, const float *x, int round, float *y);
void stage_pointwise_back(const struct stage_pass *w, struct pointwise *f, int rows, const float *x, const float *dy,
                          float *y, float *g);
/* Rows r0..r1-1 of a block that the convolution has put out, to where they are stored (where that is in 16 bits, else
 * they are there) and into the statistics of a norm after it. */
void stage_hand_on(const struct stage_pass *w, int live, int r0, int r1, const float *rows, float *y);
/* bn_backward of the norm after it, likewise. */
void stage_norm_back(const struct stage_pass *w, int rows, int images, const float *y, const float *dy, float *dyc);

static inline const struct nn_node *node_of(const struct nn_graph *g, const struct stage *s, enum part_kind kind)
{
    return s->part[kind] < 0 ? NULL : &g->node[s->part[kind]];
}

static inline int has(const struct stage *s, enum part_kind kind)
{
    return s->part[kind] >= 0;
}

static inline int has_pointwise(const struct stage *s)
{
    return has(s, PART_NORM) || has(s, PART_ACT) || has(s, PART_DROPOUT);
}

/* Does the backward pass need the input of the pool, and of the convolution, again? */
int stage_looks_ahead(const struct nn_graph *g, const struct stage *s);
/* May, and should, a pass go row by row? And the rows it takes. */
int stage_by_rows(const struct nn_graph *g, const struct stage *s, int backward);
struct row_band stage_band(const struct nn_graph *g, const struct stage *s, int backward);
/* Is a row of the convolution's output made of one row of its input, and no other one made of it? */
int stage_reads_one_row(const struct nn_graph *g, const struct stage *s);
/* The channels that go through the rows together, at most: all of them, but where none has to do with another one, of
 * depthwise convolutions, so few that their rows lie near. */
int stage_channels(const struct nn_graph *g, const struct stage *s);
/* Rows of the stage's input that a row of the convolution's input is made of; 0: rows that others are made of too. */
int stage_window(const struct nn_graph *g, const struct stage *s);
/* Are x and dx stored in 16 bits, y and dy? Those that lie between two stages are. */
int stage_x_16bit(const struct nn_graph *g, const struct stage *s);
int stage_y_16bit(const struct nn_graph *g, const struct stage *s);
/* Cuts the buffers of `member` out of base (NULL: only counts). The members' own pieces stand one after the other, in
 * front of what they share. Returns the floats of all. */
size_t stage_cut(const struct nn_graph *g, const struct stage *s, int blocks, int backward, int members, int member,
                 float *base, struct stage_buffers *b);
/* Rows of a convolution's input, an even number of them or all, whose gradient depends on outputs below row r alone. */
int stage_inputs_done(const struct conv_dims *d, int bf16, int r);

/* Ways through a group of blocks: pieces of a team's work, ctx is the struct stage_pass of member 0. */
team_piece stage_blocks_forward, stage_blocks_backward, stage_rows_forward, stage_rows_backward;

#endif
