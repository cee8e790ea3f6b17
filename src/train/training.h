/* training.h - inside of a training; private to train/ and its tests. */
#ifndef TRAIN_TRAINING_H
#define TRAIN_TRAINING_H

#include "nn/tangent.h"
#include "train/task.h"
#include "train/warnings.h"

/* What the rule of `dropout_from = overfit` remembers, see late_dropout.c. Part of checkpoints: no padding. */
struct overfit_rule {
    float val_loss, train_loss; /* of the epoch with the least validation loss so far */
    int32_t holds;
};

/* What changes from epoch to epoch besides floats. Copied as bytes into checkpoints: no padding. */
struct train_progress {
    uint64_t step; /* optimizer steps done */
    struct schedule_state schedule;
    int32_t epoch;         /* epochs done */
    int32_t stopped;       /* early stopping has said so */
    int32_t wait;          /* epochs since the last improvement by more than min_delta */
    float reference;       /* the metric at that improvement */
    struct epoch_row best; /* of the selected epoch (the last one when select = last); .epoch 0: none yet */
    int32_t averaged;      /* epochs in the mean of swa_from */
    struct warning_history past;
    struct overfit_rule overfit;
    int32_t unused;
};
_Static_assert(sizeof(struct epoch_row) == 40 + 8 * METRICS &&
                   sizeof(struct train_progress) == 32 + sizeof(struct schedule_state) + sizeof(struct epoch_row) +
                                                        sizeof(struct warning_history) + sizeof(struct overfit_rule),
               "no padding");

/* A span of parameters with one weight decay and factor of the learning rate, frozen or not, so that an update is few
 * kernel calls; or one tensor, where the optimizer goes by them. */
struct decay_span {
    size_t at, len;
    float decay, lr_scale;
    int frozen;
    const struct nn_tensor *tensor;
};

/* The front of a network that never changes: a net of its own, and what it has put out. */
struct fixed_part {
    int nodes;             /* net and eval begin after so many; 0: they are the whole network */
    struct nn_graph graph; /* of these nodes */
    struct nn_net *net;    /* NULL: there is none */
    int ready;             /* it has the weights of the training */
    float *kept[2];        /* [samples] of the training and the validation split; NULL: they are made for each batch */
    size_t values;         /* of a sample */
};

/* Of a training with a critic, see adversarial.c: the generator, a net of its own. */
struct adversary {
    int nodes;              /* of the generator, the first of the graph; 0: there is no critic */
    struct nn_graph graph;  /* of these nodes */
    size_t floats, buffers; /* of their parameters and running statistics, which come first */
    struct nn_net *maker;   /* with copies of the training's weights */
    uint32_t *key;          /* [larger batch] of what is made */
    float *real, *made;     /* [batch up to 16s][sample] of a step of the critic */
    float *between, *along; /* the same, of the penalty: places between both, directions; NULL: there is none */
    struct nn_tangent *tangent;
};

struct training {
    struct train_job job;
    struct nn_net *net;         /* trains, batch_size images */
    struct nn_net *eval;        /* measures, eval_batch images: net where that is large enough, else one of its own */
    struct fixed_part fixed;    /* what lies before both, see fixed.c */
    struct adversary adversary; /* net and eval are its critic */
    size_t from, to;            /* the parameters that a step is of */
    float *state[TRAIN_STATES]; /* [param_floats] each, of the optimizer */
    int nstates;
    float *optimizer_scratch;
    float *mean_w, *mean_buffers; /* means of weights and statistics (ema, swa_from); NULL: there are none */
    float *best_w, *best_buffers; /* of the best epoch; NULL when select = last */
    struct decay_span *span;
    size_t nspans;
    uint64_t batches, steps_a_round; /* of all samples; each round has an order of its own, from 1 */
    uint64_t steps_per_epoch, steps;
    uint32_t round;                    /* whose order `order` is; 0: none yet */
    float *gradient;                   /* [param_floats] of the batches of a step so far; NULL: a step has one */
    uint8_t *reached;                  /* [units] by the gradient of some step of the epoch, see units.c */
    size_t units, learning, unreached; /* learning: whose weights are not frozen */
    struct constant_guess guess;
    size_t layers;        /* of which sweep.detail keeps the gradient; 0: it keeps none */
    float *layer_norm;    /* [epochs][layers], see detail.c */
    double *layer_number; /* [layers] */
    double *layer_table;  /* [epochs][layers] as they are handed out */

    double *region, *region_place; /* [REGION_SIDE^2], [2 + region_samples][3], see answers.h; NULL: there are none */
    size_t region_samples;

    uint32_t *by_class;                     /* [training samples] sorted by class, where sampling is balanced */
    uint32_t *class_start, classes_present; /* [classes_present + 1] where each begins there */
    uint32_t *order;                        /* [training samples] permutation of the round */
    uint32_t *fixed_at;                     /* [larger batch] likewise, of one that the fixed part is computed for */
    uint32_t *at;                           /* [eval_batch] sample numbers of a batch to evaluate */
    float *divergence;    /* [larger batch up to 16s] what layers add to the loss of each sample; NULL: none does */
    int32_t *other_label; /* [batch] of samples that are mixed */
    struct batch batch;   /* for the larger batch; its x is that of the network which is to read it */
    struct train_task task;

    struct train_progress p;
};

/* memcpy of n floats, where nothing may also be NULL. */
void train_copy(float *to, const float *from, size_t n);

/* A net of the graph that begins after `first` nodes. */
struct nn_net *train_take_net(struct train_taker *t, const struct train_job *j, const struct nn_graph *g, int first,
                              int batch, int training);

/* Sizes of a batch: never more than there are samples, but for a search for translations. */
int train_batch(const struct train_job *j);
int train_eval_batch(const struct train_job *j);

/* The metric an epoch is selected by, as far as the splits allow; see train_spec.metric. */
int train_selector(const struct train_job *j);

/* Best epoch (of equals the first) and early stopping after an epoch: a slow creep by less than min_delta an epoch
 * makes a new best, but does not stop the waiting. */
void train_judge(struct training *r, const struct epoch_row *row);

/* Whether dropout acts in the epoch that is next; brings the rule (zeroed before epoch 1) up to an epoch. */
int train_drops(const struct training *r);
void train_overfits(const struct epoch_row *row, struct overfit_rule *rule);

/* How the samples of a batch are mixed, see mixing.c: each keeps `share` of itself, the rest is its partner's. */
struct mixing {
    float share;
    int cut;                      /* the rest is a rectangle of its partner: [top, bottom) x [left, right) */
    int top, bottom, left, right; /* else 0 */
};

struct mixing train_mixing(const struct train_spec *s, struct shape x, uint64_t seed, uint32_t epoch, uint32_t step);
/* x: of n samples of that shape. */
void train_mix_samples(const struct mixing *m, struct shape s, int n, float *x);
/* The training's batch and its labels, number `batch` of the round. */
void train_mix_batch(struct training *r, uint64_t batch);

/* What gradients are multiplied by so that their norm stays within clip_norm, as torch.nn.utils.clip_grad_norm_. */
float train_clip(const struct train_spec *s, double norm);

/* Memory of the order of samples; what it needs to know of them; a round begins, or goes on after a checkpoint. */
void train_sampling_lay_out(struct training *r, struct train_taker *t);
void train_sampling_prepare(struct training *r);
void train_order_round(struct training *r, uint32_t round);
/* Samples that are drawn several times get a stream each time: the place in the round. */
void train_streams(struct training *r, uint64_t from, int n);

/* Finds the fixed part; its memory; the caller has changed its weights. */
void train_fixed_find(struct training *r);
void train_fixed_lay_out(struct training *r, struct train_taker *t);
void train_fixed_changed(struct training *r);
/* Before a batch is loaded: the fixed part has the weights of the training, and its values are kept where they may be.
 */
void train_fixed_prepare(struct training *r);
/* Whether the values of a split are kept, so that the samples themselves are not read. */
int train_fixed_keeps(const struct training *r, enum data_split split);
/* Where the samples of a batch for the net (net or eval) belong; NULL: nowhere, they are kept. */
float *train_input(const struct training *r, const struct nn_net *net, enum data_split split);
/* Brings what the fixed part makes of a batch of r->batch.n samples, which are at[] of the split, into the input of the
 * net. */
void train_fixed_forward(struct training *r, struct nn_net *net, enum data_split split, const uint32_t *at);

/* Whether the epoch that is next trains without what is frozen; a tensor that is one of them. */
int train_freezes(const struct training *r);
static inline int train_skips(const struct training *r, const struct nn_tensor *t)
{
    return (t->frozen && train_freezes(r)) || t->at < r->from || t->at >= r->to;
}

/* A pass begins: no layer has added to the loss yet. */
void train_clear_divergence(struct training *r);

/* Weights and statistics change places with their means, if there are any yet: to measure, and back again. */
void train_exchange_means(struct training *r);

/* Number `number` of the round as a pass, whose first sample is number *from of the order; and its samples, into the
 * net. */
struct nn_pass train_pass_of_batch(const struct training *r, uint64_t number, uint64_t *from);
void train_load_batch(struct training *r, uint64_t from, struct nn_pass *p);
/* Steps before the epoch in which what was frozen is trained. */
uint64_t train_frozen_steps(const struct training *r);
/* One optimizer step over all parameters with net->dw; counts it. */
void train_update(struct training *r, float lr, float gscale);
/* One step of the parameters from .. to, their t-th, and that many less of what was frozen, with net->dw as it came
 * back. 0, or -1 with *e; *norm is that of the gradient. */
int train_apply(struct training *r, float lr, uint64_t t, uint64_t frozen, double *norm, struct err *e);
/* The training has diverged: what is infinite or NaN. Returns -1. */
int train_diverged(const struct training *r, const char *what, double value, struct err *e);

/* adversarial.c: finds the generator; its memory; a step, number `step` of the round; and, while a split is measured,
 * what is made of as many noises as there are samples. */
void train_adversary_find(struct training *r);
void train_adversary_lay_out(struct training *r, struct train_taker *t);
int train_adversarial_step(struct training *r, uint64_t step, float lr, double *norm, struct err *e);
/* The generator takes the training's weights. */
void train_adversary_weights(struct training *r);
/* How different the things are that were made in the last step, see epoch_signs; NaN where there is no critic. */
float train_adversary_diversity(const struct training *r);
void train_adversary_measure(struct training *r, int n, size_t from, int keep);

/* How many units the weights of a network lead to. */
size_t train_units(const struct nn_graph *g);
/* An epoch begins; net->dw is the gradient of a step; the share of units that the gradient of none has reached, NaN
 * where there is none. */
void train_units_begin(struct training *r);
void train_units_step(struct training *r);
float train_units_dead(const struct training *r);

/* Memory of the regions; looks at them with the weights that r->eval has; and leaves their tables. */
void train_regions_lay_out(struct training *r, struct train_taker *t);
void train_regions_look(struct training *r);
void train_regions_leave(const struct training *r, struct train_result *out);

/* Its memory; an epoch ends, net->dw is the gradient of its last step. */
void train_detail_lay_out(struct training *r, struct train_taker *t);
void train_detail_epoch(struct training *r);

/* The metrics of what the task has seen, NaN for those that it does not measure or when it has seen nothing. */
void train_values(const struct training *r, float v[METRICS]);

/* Every metric of a split with net's weights; NaN where the task does not measure it, or the split is empty. keep:
 * enum task_keep. */
int train_measure(struct training *r, enum data_split split, int keep, float v[METRICS]);

#endif
