/* inits.h - the table of initialisations, for nn_net_init and `sweep list`. */
#ifndef NN_INITS_H
#define NN_INITS_H

#include "base/rng.h"

#include <stddef.h>

struct init_type {
    const char *name, *help;
    void (*fill)(struct rng *r, int fan_in, int fan_out, size_t n, float *w); /* w[n] */
    int fills_biases; /* 1: those of the layer, too, by its fans; else biases start at 0 */
};
extern const struct init_type init_types[]; /* ends with name NULL */

#endif
