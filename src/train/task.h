/* task.h - what a network is trained to do. The loop (loop.c, evaluate.c) knows batches, networks and steps; what the
 * network's output means, what is measured of it and what is left at the end, a task knows. Tasks (train/tasks/NAME.c,
 * listed in tasks.c) and losses (train/tasks/losses.c) are rows of tables. What a task does at work is private to
 * train/ and its tests. */
#ifndef TRAIN_TASK_H
#define TRAIN_TASK_H

#include "train/train.h"

/* Takes from the arena, or with arena NULL only adds up what would be taken: one description of the memory for both. */
struct train_taker {
    struct arena *a;
    size_t bytes;
    int failed;
};
void *train_take(struct train_taker *t, size_t n, size_t size);

/* What a critic has given a number: a sample or something made, for its own loss; something made, for that of the
 * generator. */
enum judged { JUDGED_SAMPLE, JUDGED_MADE, JUDGED_FOOLED };

struct loss_type {
    const char *name, *help, *source;
    const struct param
        *params;      /* keys beside train.*, read into train_spec.loss_args where train.loss names it; NULL */
    size_t args_size; /* <= TRAIN_ARGS */
    int smooths;      /* train.label_smoothing acts on it */
    int constant;     /* it is the same whatever is put out: nothing is learned, and no guess is better than another */
    /* Of critics: the loss of one number, and in *slope its derivative. NULL: it is no loss of critics. */
    double (*judge)(enum judged of, double z, double *slope);
    /* NULL: it compares all positions of a sample together (tasks/dice.h), or is of critics alone. */
    /* loss[b->n] of the samples of a batch (b->label NULL: the targets are numbers), whose outputs are
     * z[blocks][outputs][16]; where dz is not NULL also the gradient of scale times their sum, dead lanes 0. training:
     * with what only a training does (label smoothing). */
    void (*compute)(const struct train_spec *s, int training, const struct batch *b, int outputs, const float *z,
                    float scale, float *loss, float *dz);
};
extern const struct loss_type *const loss_types[]; /* NULL-terminated */
extern const struct loss_type loss_cross_entropy, loss_mse, loss_mae, loss_huber, loss_focal, loss_hinge, loss_bce,
    loss_formula, loss_dice, loss_gan, loss_lsgan, loss_wgan;

/* A task at work: a part of a training. */
#define TASK_OWN 128
struct train_task {
    const struct task_type *type;
    const struct loss_type *loss;
    const struct train_job *job;
    const float *divergence; /* [larger batch] what layers of the network add to the loss of each sample, before it is
                                multiplied by beta; NULL: the network has none */
    struct judging *judge;   /* see critic.h; NULL: there is none */
    int outputs;             /* values that the network puts out for a sample */
    float *each;             /* [larger batch] losses of a batch */
    int held_columns;        /* of held_out; 0: nothing is kept of them */
    double *held_out; /* [validation samples][held_columns] of a fold: the number of the sample in the training file,
                         then as type->hold_out says */
    _Alignas(16) unsigned char own[TASK_OWN]; /* of the type */
};

enum task_keep { KEEP_NOTHING, KEEP_TEST /* what finish wants */, KEEP_HELD_OUT };

/* What a guess gets that is the same for every sample: the shares of the classes in the training split, or the means of
 * the numbers there. */
struct constant_guess {
    float loss;     /* that is trained, over the training split */
    float accuracy; /* share of the most frequent class, of the validation split where there is one; NaN: no classes */
};

struct task_type {
    const char *name, *help;
    enum {
        MIXES_NOTHING,
        MIXES_SHARES,
        MIXES_PLACES
    } mixes;                /* a sample may have two targets with a share each (mixup,
                              cutmix), or those of another at some of its places
                              (cutmix) */
    const char *one, *many; /* what a network puts out values for: "class", "classes" */
    /* How many values it is to put out for a sample; 0: the data has no such target. */
    int (*outputs)(struct target_kind target);
    int adversarial;  /* a generator learns from a critic, see adversarial.c */
    int by_class;     /* label_smoothing and class_weights have a meaning for it */
    int like_input;   /* the values have the shape of the input */
    int by_position;  /* there are as many values for each position of the input */
    int translates;   /* train.beam and train.length_penalty have a meaning for it */
    unsigned metrics; /* those that it measures: bits 1 << METRIC_X, METRIC_LOSS always */
    /* Those of them that it measures with this spec and network (NULL: any) on this data; NULL: all. */
    unsigned (*measured)(const struct train_spec *s, const struct nn_graph *g, const struct dataset *d);
    unsigned untrained;    /* those of them that the training split never has */
    unsigned selecting[2]; /* those that the training and the validation split have only where they select the epoch */
    const struct loss_type *const *losses; /* that fit it, the usual one first; ends with NULL */
    /* Describes its memory; `eval` samples are measured at a time. */
    void (*lay_out)(struct train_task *t, size_t eval, struct train_taker *memory);
    /* An epoch (training 1), or a look at a split, begins: nothing is seen yet. */
    void (*begin)(struct train_task *t, int training);
    /* A batch of a training went through the network: dz becomes the gradient of its mean loss. Returns the sum of its
     * losses. */
    double (*step)(struct train_task *t, const struct batch *b, const float *z, float *dz);
    /* Of adversarial ones: n things that were made went through the critic, whose losses are summed and returned; where
     * dz is not NULL, it becomes the gradient of their mean. `step` and `measure` are of samples. */
    double (*judge)(struct train_task *t, int n, enum judged of, const float *z, float *dz);
    /* Columns of held_out beside the first: of a class the true one, the predicted one and its share; of each number
     * the true and the predicted one. NULL: none. */
    int (*hold_out)(int outputs);
    /* A batch that is only looked at; its first sample is number `from` of the split. keep: what is wanted of each
     * sample afterwards, enum task_keep. Every sum goes sample by sample: the size of batches is not
     * seen. */
    void (*measure)(struct train_task *t, const struct batch *b, const float *z, size_t from, int keep);
    /* Its memory is there, and so are the samples: makes what stays the same for the whole training. NULL: nothing. */
    void (*prepare)(struct train_task *t);
    /* A split has been measured so: looks at it in other ways, with r->eval. 0, or -1 without memory. NULL: it need
     * not.
     */
    int (*look)(struct training *r, enum data_split split, int keep);
    /* Its metrics of all that was seen; the others are left alone. */
    void (*values)(const struct train_task *t, float v[METRICS]);
    struct constant_guess (*guess)(struct train_task *t);
    /* Named tables of the test split, into out->table; NULL: it leaves none. */
    void (*finish)(struct train_task *t, struct train_result *out);
};
extern const struct task_type *const task_types[]; /* NULL-terminated; of those that fit the data the first is usual */

/* For P_CHOICE: "auto", then the words of the tables; NULL after the last. */
const char *task_name(size_t i);
const char *loss_name(size_t i);

/* The task and the loss of a training: those that are named, else the usual ones. NULL: none fits. */
const struct task_type *train_task(const struct train_spec *s, struct target_kind target);
const struct loss_type *train_loss(const struct train_spec *s, struct target_kind target);
/* Those that are named though they are the usual ones become "auto". */
void train_task_normal(struct train_spec *s, struct target_kind target);
/* Whether task, loss and data fit together. 0; or -1 with *e, and *key is the key of [train] that is to be changed. */
int train_task_check(const struct train_spec *s, const struct dataset *d, const char **key, struct err *e);

/* Whether train.class_weights says anything; and whether it can be read and, where classes is not 0, has a weight for
 * each of them: 0, or -1 with *e. */
int train_weighs(const struct train_spec *s);
int train_weights_check(const struct train_spec *s, int classes, struct err *e);
/* weight[classes] of a training that weighs, whose training split has count[classes] samples of each. A class without
 * any weighs 0 where they are balanced. */
void train_class_weights(const struct train_spec *s, const size_t *count, int classes, float *weight);
/* The losses of n samples and, where dz is not NULL, scale times the gradient of their sum: cross-entropy with smoothed
 * labels and weights of classes, as PyTorch has it. z, share [blocks][classes][16]; share, cross_entropy[n]: what
 * softmax_xent makes of z without smoothing. */
void train_weighted_smoothing(int n, int classes, const float *z, const float *share, const float *cross_entropy,
                              const int32_t *label, const float *weight, float smoothing, float scale, float *loss,
                              float *dz);
/* The key in normal words, which two lists of the same weights share. buf: n bytes, where the text may be. */
const char *train_weights_text(const struct train_spec *s, char *buf, size_t n);

/* What a network is to put out; *shape is its own where the values have one. */
struct nn_target train_target(const struct task_type *task, struct target_kind target, struct shape *shape);

/* The metrics that a training measures with a network (NULL: any) on some data. */
unsigned train_task_metrics(const struct train_spec *s, const struct nn_graph *g, const struct dataset *d);
/* Whether the network does what the task, its loss and the data want. As train_task_check. */
int train_network_check(const struct train_spec *s, const struct data_spec *d, const struct nn_graph *g,
                        struct target_kind target, const char **key, struct err *e);

/* The task of a job. */
void train_task_init(struct train_task *t, const struct train_job *j);

/* Area under the ROC curve of score[n] for telling truth[i] == class from the rest, ties averaged: the Mann-Whitney
 * statistic over the number of pairs (Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747). NaN when one side is
 * empty. Scores are >= 0, at most 2^32 - 1 of them. scratch[2 * n]. Exact until the final division, so independent of
 * the order of samples. */
double train_auc(size_t n, const float *score, const uint8_t *truth, int class, uint32_t *scratch);

#endif
