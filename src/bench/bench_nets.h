/* bench_nets.h - the networks that speed is compared on, and how long the phases of a training step take, on random
 * images: speed does not depend on them. The step is the one of train_epoch.
 *
 * Shares are as in bench/bench_kernels.h: the multiply-add probe runs for a moment between all phases, and the share of
 * a step is its operations over those that the probe would have done in the time of its phases, each at the mean of the
 * rates just before and just after it; the share of a network is the median over the steps. */
#ifndef BENCH_NETS_H
#define BENCH_NETS_H

#include "train/train.h"

/* A row of the table of networks: a text of layers as in a sweep file, and a batch. */
struct bench_net {
    const char *name;   /* "n1-64-p0" */
    const char *family; /* "n1" */
    const char *help;
    const char *layers; /* lines */
    struct shape in;
    int batch;
    double dropout; /* what stands in `layers`, for tables */
    enum nn_precision precision;
    int reconstructs; /* 1: a variational autoencoder, whose loss is the binary cross-entropy of its input and the
                         divergence; 0: it tells classes apart */
    int vocabulary;   /* 0, or the network reads tokens, of a multiple of 16 texts, and puts out the one after each */
};
const struct bench_net *bench_net(size_t i); /* NULL after the last */

enum { BENCH_DATA, BENCH_FORWARD, BENCH_BACKWARD, BENCH_UPDATE, BENCH_EVALUATE, BENCH_PHASES };
extern const char *const bench_phase_name[BENCH_PHASES];

struct bench_speed {
    double phase[BENCH_PHASES]; /* seconds (base/timing.h) an image, medians over steps. data: decoded, augmented
                                   (rotate 7, shift 1), normalized, put into blocks; forward with the loss; backward
                                   with the gradient's norm; update: sgd with Nesterov momentum and weight decay;
                                   evaluate: forward as validation does it, without data: no part of a step */
    double step;                /* seconds an image: the median of whole steps, data included */
    double bare;                /* the same without data */
    double fma;                 /* operations a second of the multiply-adds beside: the median over the steps */
    double share, bare_share;   /* of them, of whole steps and without data */
    double flop;          /* of an image, forward and backward, by count (bench/bench_kernels.h); the gradient of the
                             input is not needed and not counted */
    size_t params, bytes; /* memory of the network in training with its optimizer's state */
};
/* Trains for about `seconds`: a step to warm up and at least three more, or one cold step where it takes more than ten
 * times as long as that. 0, or -1 with *e. */
int bench_net_time(const struct bench_net *n, const struct kernels *k, double seconds, struct bench_speed *out,
                   struct err *e);

#endif
