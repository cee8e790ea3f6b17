/* stage.h - runs of nodes that go through the cache together. Private to nn and its tests.
 *
 * A stage is [norm [sum] [act]][dropout][pool][conv], in this order, each part optional: a group of blocks at a time
 * (one, where maps are large) passes through all of them, and only the output of the last is stored for the whole
 * batch. What lies between is computed again in the backward pass, which costs less than reading it back from memory
 * would; only where a norm is involved, though: without one the single steps work in place and are as fast.
 *
 * A norm takes its statistics from the convolution that it reads, whose stage collects them block by block while they
 * are in the cache; so a norm is part of a stage only where it is the only reader of a convolution. Backward it is
 * split likewise: the stage that begins with the norm leaves the gradient g at the norm's output, and the sums that the
 * coefficients of dx = A g + P x + Q are made of; the stage that ends with the convolution applies them. Sums over
 * groups add up in a fixed order, so that it does not matter who computes which.
 *
 * In evaluation a norm needs no statistics: rows are normalized and activated as soon as the convolution has made them,
 * where the next stage would do so otherwise (finishes). */
#ifndef NN_PLAN_STAGES_STAGE_H
#define NN_PLAN_STAGES_STAGE_H

#include "nn/layer.h"

struct step;

struct stage {
    int first, last;           /* nodes */
    int part[PART_KINDS];      /* node, -1: absent */
    int added;                 /* of a sum: the value that is added to that of the norm */
    int next;                  /* the norm that reads the convolution at the end, -1 */
    int finishes, next_act;    /* 1: puts out what that norm and the activation after it (a node, -1) make of it */
    int group;                 /* blocks that go together: depends on the shapes alone */
    int rows;                  /* of the convolution's output that are made together: a multiple of conv_row_step() */
    int descending;            /* last group first: every second stage, as what it reads was made last */
    size_t dx_block, dy_block; /* backward: from one block of the gradient to the next; floats, as stored */
};
#define NO_STAGE (-1)

/* Finds the stages of a graph: stage[] and of[nnodes], the stage of each node or NO_STAGE. value[nnodes + 1]: the value
 * that holds a value's floats (steps.c). single[nnodes]: norms that stay steps of their own. Returns how many. */
int stage_find(const struct nn_graph *g, const int *value, const unsigned char *single, struct stage *stage, int *of,
               int *readers);

/* In evaluation: lets a stage finish what it puts out for the stage that reads it, `next`, if both go by rows; `next`
 * has these parts no longer. */
void stage_finish(const struct nn_graph *g, struct stage *s, struct stage *next);

/* The rows of a band: as many as `wanted` says, or with 0 as many as pay, in whole steps of the convolution. */
int stage_rows(const struct nn_graph *g, const struct stage *s, int wanted);

/* Floats of scratch for `blocks` blocks and a team of `members`. */
size_t stage_scratch(const struct nn_graph *g, const struct stage *s, int blocks, int members, int backward);

/* May the gradient at the stage's input take the place of that at its output, each block that of the same block? The
 * blocks keep their distance then, of dy_block floats; `before` is the stage that will read them. Where a stage goes by
 * rows, each of which is made when those that lay there have been read. */
int stage_in_place_backward(const struct nn_graph *g, const struct stage *s, const struct stage *before);

/* Passes. The call of the step has x, y, dy, dx of the stage (y in the backward pass only with a norm after it); saved:
 * the table of its norm (layers/batchnorm.h), next_saved: that of the norm after it, NULL when there is none or when in
 * evaluation it is not finished here. */
void stage_forward(const struct nn_net *net, const struct step *s, const struct nn_pass *p);
void stage_backward(const struct nn_net *net, const struct step *s, const struct nn_pass *p);

#endif
