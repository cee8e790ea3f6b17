/* beam.h - from the source of a pair of texts to a target, token by token, with a network of pairs (nn/nn.h).
 *
 * The likeliest `width` beginnings of a target are kept (width 1: greedy). In each step, of all their continuations the
 * 2 width with the largest sums of logarithms of shares are looked at, in that order: one that ends, among the first
 * `width` of them, is finished; the first `width` others go on. The search ends when `width` are finished, or at the
 * longest target that the network has, where what is there is taken as it is. The answer is the finished one of the
 * largest score,
 *
 *     sum of logarithms / ((5 + n) / 6)^length_penalty,     n its tokens, the end among them
 *
 * (Wu et al. 2016, arXiv:1609.08144, equation 14 without coverage); of equal ones the first. The lanes of a net take
 * the sentences one after the other: what comes out does not depend on how many of them there are. */
#ifndef TRAIN_BEAM_H
#define TRAIN_BEAM_H

#include "nn/nn.h"

#define BEAM_MOST 64 /* widest */
struct beam_how {
    int width;             /* 1..BEAM_MOST */
    double length_penalty; /* 0: none */
};

/* The ids of a sentence that is to be translated, number i from 0: *n of them, 1 to the positions of the source, until
 * the next call. */
typedef const int32_t *beam_source(void *ctx, size_t i, int *n);
/* What it becomes: id[n] without the end. The sentences may come in any order. 0; -1 ends the search. */
typedef int beam_take(void *ctx, size_t i, const int32_t *id, int n);

/* Bytes of memory that beam_search wants for a net of so many samples, at least `width`. */
size_t beam_bytes(const struct nn_graph *g, int batch, struct beam_how how);
/* Translates n sentences with a net whose weights are there; memory: aligned to 64 bytes. 0; -1: `take` has said so. */
int beam_search(struct nn_net *net, struct beam_how how, size_t n, beam_source *source, beam_take *take, void *ctx,
                void *memory);

/* Of a vocabulary with them: the ids of the tokens that begin and end a target. */
static inline int32_t beam_begin(int vocabulary)
{
    return vocabulary - 2;
}
static inline int32_t beam_end(int vocabulary)
{
    return vocabulary - 1;
}

#endif
