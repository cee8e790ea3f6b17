/* layer.h - what a layer type is. A layer is one file src/nn/layers/NAME.c that ends in one row, listed in
 * nn/layers.c; parser, shape check, `sweep list`, cost table, planner and gradient tests walk the rows. */
#ifndef NN_LAYER_H
#define NN_LAYER_H

#include "nn/nn.h"

/* The pointers of one call. Lifetimes: x, y as the planner decided by `keeps`; scratch is lost between calls. */
struct layer_io {
    const float *x;   /* output of in[0]; further inputs of joining layers in xs */
    const float *const *xs;
    float *y;
    const float *dy;
    float *dx;        /* NULL when nobody needs it (first layer) */
    float *const *dxs;
    const float *w;   /* node's tensors at w + (tensor[i].at - tensor[0].at) */
    float *dw;
    float *buffers, *saved, *scratch;
};

enum {
    KEEPS_X = 1,      /* backward reads x */
    KEEPS_Y = 2,      /* backward reads y */
    INPLACE = 4,      /* forward may have y == x, backward dx == dy (implies no KEEPS_X) */
    IDENTITY = 8,     /* same floats, other shape (flatten where the layout allows it): no code runs */
    NORMALIZES = 16,  /* listed with its distance to the output, like POOLS */
    POOLS = 32,
    COUNTS = 64       /* counts for depth and distance: convolution, dense */
};

struct layer_type {
    const char *name, *alias; /* alias may be NULL; both work in files, tables print name */
    const char *sig;          /* "[C,H,W] -> [units]" */
    const char *help;         /* one line */
    const char *source;       /* paper or "", for `sweep list layers` and the docs */
    const struct param *params; /* first `positional` rows may be given without their names, in this order */
    int positional;
    size_t args_size;
    unsigned flags;
    /* From nd->x and nd->args: nd->y, tensors, nbuffers, nsaved, macs; and window (receptive field) into k, s, below. */
    int (*shape)(struct nn_node *nd, struct err *e);
    /* Kernel, stride and dilation as they act on the receptive field; NULL: 1, 1. */
    void (*window)(const struct nn_node *nd, int k[2], int s[2], int dilation[2]);
    size_t (*scratch)(const struct nn_node *nd, int blocks); /* floats; NULL: none */
    void (*forward)(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k, const struct layer_io *io);
    void (*backward)(const struct nn_node *nd, const struct nn_pass *p, const struct kernels *k,
                     const struct layer_io *io); /* fills dx (unless NULL) and dw, both overwritten */
};

extern const struct layer_type *const layer_types[]; /* NULL-terminated, in the order of the manual */
const struct layer_type *layer_find(const char *name_or_alias);

#endif
