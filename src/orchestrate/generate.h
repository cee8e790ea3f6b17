/* generate.h - what networks make: texts of one that has learned which token comes next, drawn token by token, each
 * from the shares that softmax gives after those before it, as many of them as a sample has; and pictures of a
 * generator, whose noise is drawn, or of a variational autoencoder (a layer `sample`), whose codes are drawn, or lie
 * between those of samples. */
#ifndef ORCHESTRATE_GENERATE_H
#define ORCHESTRATE_GENERATE_H

#include "base/str.h"
#include "model/model.h"

struct generate_how {
    const char *prompt;
    int count, length;  /* texts, and tokens of each that are drawn; pictures, or rows of pictures between two */
    double temperature; /* outputs are divided by it; 0: the likeliest token is taken, of equal ones that of the smaller
                           id */
    int top_k;          /* only so many of the likeliest tokens are drawn from; 0: all */
    double top_p;       /* of these the likeliest ones that have this share together, at least one; 1: all */
    uint64_t seed; /* text number i draws its k-th token from the stream (seed, RNG_SAMPLE, i, k), picture number i its
                      code from (seed, RNG_NOISE, 0, i): the same bytes for any count, any length beyond it, and every
                      instruction set */
    const char *isa;              /* NULL: the best */
    int between;                  /* 1: each row of pictures goes from one to another */
    const struct data_view *view; /* of an autoencoder's rows: the samples are of its test split */
};

/* Hands over text number i, from 0, the prompt at its beginning. The token that is unknown is never drawn. Ends where
 * `text` returns non-zero. *unknown: tokens of the prompt that the network does not know. 0, or -1 with *e. */
int generate_texts(const struct model *m, const struct generate_how *how,
                   int (*text)(void *ctx, int i, const struct str *t), void *ctx, size_t *unknown, struct err *e);

/* Pictures beside each other, small ones enlarged, with a line of grey between two. */
struct picture_sheet {
    int h, w, channels;
    uint8_t *pixel; /* [h][w][channels] */
};
/* Makes `count` pictures of codes that are drawn; or as many rows, whose codes go from one to another: of a generator
 * between two that are drawn, all of them as long as a draw; of an autoencoder between those of two samples, which the
 * row begins and ends with. In `a`. 0, or -1 with
 * *e: the network makes no pictures. */
int generate_pictures(const struct model *m, const struct generate_how *how, struct picture_sheet *out, struct arena *a,
                      struct err *e);
/* Whether its rows between two are between samples of a split, so that how->view is wanted. */
int generate_wants_samples(const struct model *m);

#endif
