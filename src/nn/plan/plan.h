/* plan.h - where every float of a pass lives, and the steps of the passes. Private to nn and its tests.
 *
 * Made once for a graph, a number of blocks and a mode: which nodes run, which work in place, from when to when each
 * array is needed, and offsets at which arrays that live at different times share memory. The passes then walk arrays
 * of steps; a step is a function with its pointers: one node, or a stage of several. */
#ifndef NN_PLAN_PLAN_H
#define NN_PLAN_PLAN_H

#include "nn/plan/stages/stage.h"

typedef void run_node(const struct layer_call *c);
typedef void run_stage(const struct nn_net *net, const struct step *s, const struct nn_pass *p);

/* What a step of a single node rounds: what it reads, in copies, and what it has put out. */
enum { ROUND_X = 1, ROUND_DY = 2, ROUND_W = 4, ROUND_Y = 8 };

struct step {
    run_node *run;        /* NULL: a stage */
    run_stage *run_stage; /* NULL: a node */
    struct stage stage;
    unsigned rounds;        /* a node's */
    int evaluates;          /* 1: also in training it does what it does in evaluation */
    struct layer_call call; /* all but the pass */
    float *next_saved;
};

/* What a plan is for: evaluation, a training of everything, a training without what is frozen. */
enum draft_mode { DRAFT_INFER, DRAFT_TRAIN, DRAFT_FROZEN, DRAFT_MODES };
/* The passes of all of them; a graph without frozen tensors has no plan of the third kind, one in which they stay so
 * none of the second. */
enum plan_pass { PLAN_FORWARD, PLAN_BACKWARD, PLAN_INFER, PLAN_FROZEN_FORWARD, PLAN_FROZEN_BACKWARD, PLAN_PASSES };

struct plan { /* net->plan */
    struct step *step[PLAN_PASSES];
    const float **x[PLAN_PASSES]; /* the inputs of all steps, one after the other, and their gradients */
    float **dx[PLAN_PASSES];
    int nsteps[PLAN_PASSES];
    float *pool; /* everything between x and z, and the gradients; training and evaluation use the same floats */
    size_t pool_floats;
};

/* How to plan. Without `share` every array has memory of its own and nothing works in place; without `fuse` every node
 * is a step: oracles for the plans with. */
struct plan_options {
    int share, fuse;
    int members;        /* memory for a team of so many, >= 1 */
    int input_gradient; /* the backward pass also makes net->dx */
    int group, rows;    /* blocks of a group and rows of a band of every stage; 0: as many as pay */
    int first;          /* nodes at the front that do not run: what the last of them puts out is net->x */
};

/* nn_net_bytes and nn_net_new. */
size_t plan_net_bytes(const struct nn_graph *g, int batch, int training, const struct plan_options *o);
struct nn_net *plan_net_new(const struct nn_graph *g, int batch, int training, const struct plan_options *o,
                            const struct kernels *k, struct arena *a, struct err *e);

/* One step of a pass. */
void plan_run_step(const struct nn_net *net, const struct step *s, const struct nn_pass *p);

/* A step with rounds, and the scratch it needs (precision.c). */
void rounded_run(const struct step *s, const struct nn_pass *p);
size_t rounded_scratch(const struct nn_node *nd, int blocks, unsigned rounds);

/* --- drafts: plans in offsets, before there is memory --- */

enum slot_place { IN_POOL, IN_X, IN_DX, IN_Z, IN_DZ };
struct slot { /* an array */
    enum slot_place place;
    size_t floats;
    int from, to; /* first and last moment it is needed; moments are steps, forward then backward */
    size_t at;    /* in the pool */
};
#define NO_SLOT (-1)
struct draft_step {
    run_node *run;
    run_stage *run_stage;
    int node;
    struct stage stage;
    unsigned rounds;
    int evaluates;
    int nin, *x, *dx; /* [nin] slots or NO_SLOT, like those that follow */
    int y, dy, saved, next_saved, scratch;
};
struct draft {
    struct slot *slot;
    int nslots;
    struct draft_step *step; /* nforward, then nbackward */
    int nforward, nbackward;
    size_t pool_floats;
};
/* Tables live in `a`. 0, or -1 when there is no memory. */
int draft_make(struct draft *d, const struct nn_graph *g, int blocks, enum draft_mode mode,
               const struct plan_options *o, struct arena *a);
/* The shape of net->x. */
struct shape plan_input(const struct nn_graph *g, const struct plan_options *o);

#endif
