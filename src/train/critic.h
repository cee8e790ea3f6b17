/* critic.h - what the files of adversarial trainings share: keys of their losses, and what is measured by hand. Private
 * to train/ and its tests. */
#ifndef TRAIN_CRITIC_H
#define TRAIN_CRITIC_H

#include "train/training.h"

struct wgan_args {
    double penalty;
};
/* The factor of the penalty; 0: the loss has none. */
double critic_penalty(const struct train_spec *s);

/* Sums of feature vectors, and of their products [n][n], of which the lower half is used. */
struct feature_moments {
    double *mean, *product;
    size_t n;
};
/* A judge at work. */
struct judging {
    const struct train_judge *by;
    const struct kernels *k;
    const struct data_view *view;
    struct nn_graph front;
    struct nn_net *net, *head; /* from samples to features, from features to classes */
    size_t features;
    int classes;
    int split, knows_real;               /* whose samples `real` is of; it is complete */
    struct feature_moments real, made;   /* of samples, and of what was made since judge_begin */
    double *feature, *matrix[2], *value; /* scratch: [features], [features][features], [2][features] */
    double *share;                       /* [2][classes] sums of the shares of what was made; scratch */
    double certainty;                    /* the sum of their sums of share * log(share) */
};
/* Its memory, for so many samples at a time; it takes its weights. */
struct judging *judge_lay_out(const struct train_job *j, int batch, struct train_taker *t);
void judge_prepare(struct judging *g);
/* A look at a split begins, -1: at no samples; what is known of the last split's samples stays. n samples or things
 * made, x as the training's networks have them; key[n] as in nn_pass. At the end both values, once; they are left alone
 * where there are fewer than two of either, and NaN where a sample or a feature is no finite number. */
void judge_begin(struct judging *g, int split);
void judge_see(struct judging *g, int n, const float *x, const uint32_t *key, int made);
void judge_values(struct judging *g, float *frechet, float *inception);

/* The task is told of a penalty, the sum over so many samples. */
void generate_penalty(struct train_task *t, double sum);
/* Pictures that the test split's first noises became, z [blocks][picture][16], whose first is number `from`. */
void generate_keep(struct train_task *t, int n, const float *x, size_t from);

#endif
