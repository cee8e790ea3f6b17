/* single.h - networks and single layers for the tests: built from text, filled, run, and turned from the engine's
 * layout into natural order (image, channel, row, column) and back. */
#ifndef UNIT_NN_SINGLE_H
#define UNIT_NN_SINGLE_H

#include "groups.h"

#include "nn/layer.h"

/* The lines of `text` (newlines separate) as a graph in `a`; fails the test with the errors when there are any. */
void build(struct nn_graph *g, const char *text, struct shape in, int classes, struct arena *a);
/* The vocabulary of networks whose text has an embedding. */
#define VOCABULARY 11
/* Of networks whose text has a `target`: positions of it of T in all, and its vocabulary. */
#define PAIR_TARGET(t) ((t)*4 / 9)
#define TARGET_VOCABULARY 7
/* How many positions of T count of image i of a ragged batch; sets the lengths of n images. */
int ragged_length(int i, int t);
void ragged_lengths(int n, int t, int32_t *lengths);
/* The errors instead, one a line; "" when there are none. Static memory. */
const char *build_errors(const char *text, struct shape in, int classes);

const struct kernels *test_kernels(void); /* the best level of this machine, or $SWEEP_ISA */

/* The same numbers in every run: uniform in (-1, 1). */
void noise_restart(uint32_t seed);
float noise(void);

double *doubles(struct arena *a, size_t n);
float *floats(struct arena *a, size_t n); /* guarded: floats_check fails when a neighbour was written to */
void floats_check(const float *p);

/* natural[n][c][h][w] <-> lanes[blocks][h][c][w][16]; dead lanes become 0. */
void to_natural(struct shape s, int n, const float *lanes, double *natural);
void to_lanes(struct shape s, int n, const double *natural, float *lanes);

/* One layer with its memory. */
struct single {
    struct arena a;
    struct nn_graph g;
    const struct nn_node *nd;
    const struct kernels *k;
    struct nn_pass pass;
    _Alignas(64) int32_t lengths[64]; /* for a pass */
    float *x, *y, *dy, *dx, *w, *dw, *buffers, *saved, *scratch;
    const float *inputs[1]; /* of a call */
    float *gradients[1];
};
/* Parameters and buffers are those of `values` (natural order, one array per tensor) or, where that is NULL, noise. */
void single_init(struct single *s, const char *text, struct shape in, int n, int training);
void single_release(struct single *s);
/* Through the layer's own functions; identities copy. In-place: y == x, dx == dy. All guards are checked. */
void single_forward(struct single *s);
void single_backward(struct single *s);

#endif
