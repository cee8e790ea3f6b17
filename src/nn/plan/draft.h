/* draft.h - a plan while it is made. Private to nn/plan: values.c says what lives how long, steps.c makes the steps of
 * the passes, slots.c the arrays and their places.
 *
 * A value is what a node puts out; values are numbered 0 (the network's input), then node + 1. Nodes that are the
 * identity in this mode do not run: their value is held by their input's. A stage runs in the place of its first node,
 * and in that of its last in the backward pass; inside it there are no values.
 *
 *     text      conv 3x3 8,  batchnorm,  relu,  dropout 0,  dense 10
 *     node      0            1           2      3           4
 *     value  0  1            2           3      4           5
 *     holder 0  1            2           3      3           5         dropout 0 does not run
 *
 *     slot      |-- content of 1 --------------|                      from its writer to its last reader,
 *                            |-- content of 3 ---------------|        forward or backward; two slots may lie
 *                                               |-- gradient of 3 --| at one place when they never live together
 */
#ifndef NN_PLAN_DRAFT_H
#define NN_PLAN_DRAFT_H

#include "nn/plan/plan.h"

struct drafted_value {
    unsigned char wanted;       /* a gradient is needed: there are parameters in it or before it */
    unsigned char kept;         /* read again by the backward pass */
    unsigned char stored_16bit; /* it and its gradient are stored in 16 bits: between two stages */
    int last_reader;            /* node, -1 */
    int content, gradient;      /* slots */
    size_t block;               /* from one block of its gradient to the next, floats */
};

struct drafting {
    const struct nn_graph *g;
    struct draft *d;
    const struct plan_options *o;
    struct shape in;               /* of net->x */
    int blocks, training, n;       /* n = nodes */
    int frozen;                    /* what is frozen is not trained */
    unsigned char *single;         /* [n] norms that may be no part of a stage */
    int *holder;                   /* [n + 1] the value that holds a value's floats */
    struct drafted_value *value;   /* [n + 1] */
    int *saved;                    /* [n] slots */
    struct stage *stage;           /* [n], as many as there are */
    int *stage_of;                 /* [n] NO_STAGE */
    unsigned char *rounds_at_edge; /* [n] what a step of the node has to round where stages would store in 16 bits */
    int *readers;                  /* [n + 1] for stage_find */
    int out;                       /* value of the output */
    int *reads;                    /* [inputs of all nodes] the values that the node at hand reads */
    int stage_scratch;             /* slot */
    int *input_slots;              /* where the next step's slots of inputs and their gradients begin */
};

/* --- values.c --- */

/* Does the node do anything in this mode, and anything on the way back? */
int draft_runs(const struct drafting *w, int node);
int draft_runs_backward(const struct drafting *w, int node);
/* The value that the node reads as its k-th input. */
int draft_input(const struct drafting *w, int node, int k);
/* The stage of a node, or NULL. */
const struct stage *draft_stage_of(const struct drafting *w, int node);
/* The floats of a value as it is stored. */
size_t draft_value_floats(const struct drafting *w, int v);
/* Does the node, though it is training, do what it does in evaluation? */
int draft_evaluates(const struct drafting *w, int node);
/* What a step of a single node rounds: ROUND_ bits. */
unsigned draft_rounds(const struct drafting *w, int node, int backward);
/* Fills holder, value, stage, stage_of, rounds_at_edge and out. */
void draft_values(struct drafting *w);

/* --- steps.c --- */

/* Makes the steps of the forward pass, then of the backward pass. */
void draft_forward(struct drafting *w);
void draft_backward(struct drafting *w);

/* --- slots.c --- */

int draft_slot(struct drafting *w, enum slot_place place, size_t floats);
/* A slot for the scratch of a single node's step, or NO_SLOT. */
int draft_scratch(struct drafting *w, int node, unsigned rounds);
/* The next step, of a node, with `nin` inputs: all its slots are NO_SLOT. */
struct draft_step *draft_step_new(struct drafting *w, int node, int nin);
/* The step's slots live at this moment. */
void draft_touch(struct drafting *w, const struct draft_step *s, int moment);
/* Places all slots in the pool. 0, or -1 without memory. */
int draft_place(struct draft *d, int share, struct arena *a);

#endif
