/* pass.h - what the two ways through a stage share: whole blocks (blocks.c), or row by row
 * (stage_rows.c). Private to stage*.c. */
#ifndef NN_PLAN_STAGES_PASS_H
#define NN_PLAN_STAGES_PASS_H

#include "nn/plan/plan.h"

/* Memory that a pass needs for itself; what a stage has no use for is NULL. */
struct room {
    /* of each member: u: behind the pointwise parts, z: behind the pool, dz: gradient there, dyc: gradient at the
     * convolution, of a group of blocks or of as many rows as are looked at together */
    uint32_t *seed, *seed_back;
    float *u, *z, *dz, *dyc, *conv, *du, *y; /* y: what is to be stored in 16 bits */
    double *lanes;                           /* [c of norm, or of next in the forward pass][32] */
    float *about;                            /* [c of next] */
    /* by rows: u is what one row of the pool is made of, du the gradient there; rows of the convolution's input and the
     * gradient there [h], of its output or the gradient there [ho] */
    float **in, **din, **out;
    float *dw_sums, *db_sums; /* by rows: lane sums of the convolution's gradient */
    /* of all */
    float *rounded, *packed; /* the convolution's weights: to bf16; by rows */
    float *dw;               /* [groups - 1][tensors]: the shares of the convolution's gradient but the first */
    struct moments *moments; /* [blocks][c of next] */
    double *sums;            /* [blocks][c of norm][2] */
    float *totals;           /* [2][c], c of next forward, of norm backward */
};

/* Rows that are looked at together. */
struct band {
    int rows;    /* of the convolution's output, at a time */
    int late;    /* and more that may wait for the gradient of the weights, which is made of many at a time */
    int in, out; /* rows that have to be kept: of its input, of the gradient at its output */
};

/* A stage in a pass. Sizes are floats of a block. */
struct work {
    const struct nn_net *net;
    const struct kernels *k;
    const struct nn_pass *p;
    const struct stage *s;
    const struct layer_call *call;
    struct shape x, z, y; /* in front, in front of the convolution, behind */
    size_t nx, nz, ny;
    struct pointwise f, back; /* by rows with a pool, the way back draws its masks for itself */
    int window;               /* by rows: rows of x that one of z is made of */
    struct stage_part pool, conv;
    const float *w, *b; /* the convolution's; w is rounded */
    int bf16;           /* operands of the convolution are rounded */
    int half_x, half_y; /* 1: x and dx, y and dy are stored in 16 bits, and an offset into them is half of that in
                           floats */
    float *next_table;
    int backward, by_rows;
    struct band band; /* by rows */
    struct room r;    /* of member 0, or of the member that this copy is for */
};

/* Blocks that go together. */
struct group {
    int first, blocks, images;
};

/* The i-th group to be worked on; how many there are; the images in a block. */
struct group stage_group(const struct work *w, int i);
int stage_groups(const struct work *w);
int stage_live(const struct work *w, int block);

/* The same pass, as one member of the team goes through it. */
struct work stage_member(const struct work *w, int member);
/* Starts the masks of a block's dropout, if there is one. */
void stage_seed(const struct work *w, int block);
/* The i-th group's share of the convolution's gradient: weights, then the bias at *db; NULL without. */
float *stage_share(const struct work *w, int i, float **db);

/* pointwise_forward and _backward of rows of x, which may be stored in 16 bits; what the convolution reads is rounded:
 * y if `round` says so, and on the way back always. */
void stage_pointwise(const struct work *w, struct pointwise *f, int rows, const float *x, int round, float *y);
void stage_pointwise_back(const struct work *w, struct pointwise *f, int rows, const float *x, const float *dy,
                          float *y, float *g);
/* Rows r0..r1-1 of a block that the convolution has put out, to where they are stored (where that is in 16 bits, else
 * they are there) and into the statistics of a norm behind. */
void stage_hand_on(const struct work *w, int live, int r0, int r1, const float *rows, float *y);
/* bn_backward of the norm behind, likewise. */
void stage_norm_back(const struct work *w, int rows, int images, const float *y, const float *dy, float *dyc);

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
struct band stage_band(const struct nn_graph *g, const struct stage *s, int backward);
/* Rows of a convolution's input, an even number of them or all, whose gradient depends on outputs below row r alone. */
int stage_inputs_done(const struct conv_dims *d, int r);

/* Ways through a group of blocks: pieces of a team's work, ctx is the struct work of member 0. */
team_piece stage_blocks_forward, stage_blocks_backward, stage_rows_forward, stage_rows_backward;

#endif
