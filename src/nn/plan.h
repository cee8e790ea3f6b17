/* plan.h - where every float of a pass lives, and the steps of the passes. Private to nn and its tests.
 *
 * Made once for a graph, a number of blocks and a mode: which nodes run, which work in place, from when to when each
 * array is needed, and offsets at which arrays that live at different times share memory. The passes then walk arrays
 * of steps; a step is a function with its pointers, today one node each, and may be any run of nodes fused into one. */
#ifndef NN_PLAN_H
#define NN_PLAN_H

#include "nn/layer.h"

struct step {
    void (*run)(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k, const struct layer_io *io);
    const struct nn_node *nd;
    struct layer_io io;
    const float *xs[NN_MAX_IN];
    float *dxs[NN_MAX_IN];
};

enum plan_pass { PLAN_FORWARD, PLAN_BACKWARD, PLAN_INFER, PLAN_PASSES };

struct plan { /* net->plan */
    struct step *step[PLAN_PASSES];
    int nsteps[PLAN_PASSES];
    float *pool; /* everything between x and z, and the gradients; training and evaluation use the same floats */
    size_t pool_floats;
};

/* nn_net_bytes and nn_net_new; share = 0: every array has memory of its own and nothing works in
 * place, the oracle for the sharing plan. */
size_t plan_net_bytes(const struct nn_graph *g, int batch, int training, int share);
struct nn_net *plan_net_new(const struct nn_graph *g, int batch, int training, int share, const struct kernels *k,
                            struct arena *a, struct err *e);

/* --- drafts: plans in offsets, before there is memory --- */

enum slot_place { IN_POOL, IN_X, IN_Z, IN_DZ };
struct slot { /* an array */
    enum slot_place place;
    size_t floats;
    int from, to; /* first and last moment it is needed; moments are steps, forward then backward */
    size_t at;    /* in the pool */
};
#define NO_SLOT (-1)
struct draft_step {
    void (*run)(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k, const struct layer_io *io);
    int node;
    int x[NN_MAX_IN], y, dy, dx[NN_MAX_IN], saved, scratch; /* slots or NO_SLOT */
};
struct draft {
    struct slot *slot;
    int nslots;
    struct draft_step *step; /* nforward, then nbackward */
    int nforward, nbackward;
    size_t pool_floats;
};
/* Tables live in `a`. 0, or -1 when there is no memory. */
int draft_make(struct draft *d, const struct nn_graph *g, int blocks, int training, int share, struct arena *a);

#endif
