/* starting.h - which tensors of a file a network begins with ([model] start and match, see nn/freezing.h).
 *
 * Each tensor of the file has its own name, or the one that the first line of `match` that fits gives it. A tensor of
 * the network takes that of its name, the one that a block gave it before the one by number, where both have the same
 * shape but for sides of 1. */
#ifndef MODEL_STARTING_H
#define MODEL_STARTING_H

#include "model/model.h"

struct str;

struct start_row {
    const struct model_tensor *to;    /* of the network; NULL: */
    const struct stored_tensor *from; /* of the file; NULL: there is none of that name */
    int taken;
};
struct start_match {
    struct start_row *row; /* a tensor of the network in each, in their order, then those of the file that none takes */
    size_t n, tensors;     /* tensors: of the network */
    size_t taken;
};

/* In `a`; the file outlives it. 0, or -1 with *e, and *key is the key of [model] that is to be changed: `match` cannot
 * be read, or the network takes nothing. */
int start_find(struct start_match *m, const struct nn_graph *g, const struct tensors_file *f, const char *match,
               struct arena *a, const char **key, struct err *e);
/* What became of a row, for tables: "taken", or why not. */
const char *start_state(const struct start_row *r);
/* The name of a tensor of the network for people. Returns buf[NN_NAME]. */
char *start_name(const struct model_tensor *t, char *buf);
/* Puts what is taken into w and buffers of the graph. 0, or -1 with *e. */
int start_put(const struct start_match *m, const struct tensors_file *f, float *w, float *buffers, struct err *e);
/* Adds to a hash which numbers the training begins with beside its seed, and which it leaves alone: of the matches
 * (NULL: none), and of what the graph freezes and slows down. */
uint64_t start_hash(uint64_t h, const struct start_match *m, const struct nn_graph *g);
/* `match`, `freeze` and `lr_scale` in words that speak of numbers of layers alone; "" where they say nothing. In `a`.
 */
const char *start_match_text(const struct start_match *m, struct arena *a);
const char *start_freeze_text(const struct nn_graph *g, struct arena *a);
const char *start_scale_text(const struct nn_graph *g, struct arena *a);

#endif
