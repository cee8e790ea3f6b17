/* generate.h - texts from a network that has learned which token comes next: drawn token by token, each from the shares
 * that softmax gives after those before it, as many of them as a sample has. */
#ifndef ORCHESTRATE_GENERATE_H
#define ORCHESTRATE_GENERATE_H

#include "base/str.h"
#include "model/model.h"

struct generate_how {
    const char *prompt;
    int count, length;  /* texts, and tokens of each that are drawn */
    double temperature; /* outputs are divided by it; 0: the likeliest token is taken, of equal ones that of the smaller
                           id */
    int top_k;          /* only so many of the likeliest tokens are drawn from; 0: all */
    double top_p;       /* of these the likeliest ones that have this share together, at least one; 1: all */
    uint64_t seed;   /* text number i draws its k-th token from the stream (seed, RNG_SAMPLE, i, k): the same bytes for
                        any count, any length beyond it, and every instruction set */
    const char *isa; /* NULL: the best */
};

/* Hands over text number i, from 0, the prompt at its beginning. The token that is unknown is never drawn. Ends where
 * `text` returns non-zero. *unknown: tokens of the prompt that the network does not know. 0, or -1 with *e. */
int generate_texts(const struct model *m, const struct generate_how *how,
                   int (*text)(void *ctx, int i, const struct str *t), void *ctx, size_t *unknown, struct err *e);

#endif
