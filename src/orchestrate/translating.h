/* translating.h - a network that has learned to translate applied to texts: as many threads as are wanted, the
 * translations in the order of the texts. */
#ifndef ORCHESTRATE_TRANSLATING_H
#define ORCHESTRATE_TRANSLATING_H

#include "base/str.h"
#include "model/model.h"
#include "train/beam.h"

struct translate_how {
    int jobs;        /* threads, >= 1 */
    const char *isa; /* NULL: the best */
    size_t *cut; /* of texts longer than the network reads the beginning is translated, and they are counted here; NULL:
                    they are told as errors */
    struct beam_how beam;
    /* Called with each text, number i from 0, in order: its translation, or NULL and why there is none. Non-zero ends
     * it. */
    int (*row)(void *ctx, size_t i, const char *translation, const char *error);
    void *ctx;
};

/* n texts, of n_text[] bytes each. 0, or -1 with *e, or without where `row` has ended it. */
int translate_texts(const struct model *m, const char *const *text, const size_t *n_text, size_t n,
                    const struct translate_how *how, struct err *e);

#endif
