/* train.h - one training: epochs, optimizer, schedule, metrics, early stopping, checkpoint. A run is a function of
 * (spec, graph, view, seed); saved and restored between any two epochs it gives the same bits. */
#ifndef TRAIN_TRAIN_H
#define TRAIN_TRAIN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/param.h"
#include "data/data.h"
#include "nn/nn.h"
#include "train/metrics.h"

/* Optimizers (train/optimizers/NAME.c, listed in optimizers.c) and schedules (train/schedules/NAME.c, listed in
 * schedules.c) are rows of tables. */
#define TRAIN_STATES 2
/* One step over w[len] with the gradient g[len], scaled by gscale. */
struct optimizer_call {
    const struct kernels *k;
    uint64_t t;   /* 1, 2, ... */
    float lr, wd; /* wd is 0 where decay does not apply */
    float gscale;
    size_t len;
    const float *g;
    float *w, *state[TRAIN_STATES];
    const struct nn_tensor *tensor; /* what w is, of an optimizer that goes by tensors; else NULL */
    float *scratch;                 /* as many floats as the optimizer asked for */
};
struct optimizer_type {
    const char *name, *help, *source;
    const struct param *params;      /* keys beside train.*, read into args: momentum, nesterov, beta1, ... */
    size_t args_size;                /* <= TRAIN_ARGS */
    int (*states)(const void *args); /* vectors of param_floats it keeps, 0..TRAIN_STATES; all 0 before step 1 */
    /* Goes by tensors, one call for each, with so many floats of scratch for a tensor; NULL: neither. Others get calls
     * for any spans of equal decay. */
    size_t (*scratch)(const struct nn_tensor *t);
    void (*step)(const void *args, const struct optimizer_call *c);
};
/* What a schedule that looks at the results knows after an epoch. Part of checkpoints: no padding. */
struct schedule_state {
    double factor;  /* of the learning rate from here on; 1 before the first epoch */
    float best;     /* value so far */
    int32_t wait;   /* epochs since */
    int32_t epochs; /* seen */
    int32_t unused;
};
struct schedule_type {
    const char *name, *help, *source;
    const struct param *params;
    size_t args_size;
    /* Whether the values of its keys make sense: 0, or -1 with *e about its first key. NULL: their rows have said it.
     */
    int (*check)(const void *args, struct err *e);
    /* Factor of the learning rate for step i of n after the warm-up, 0 <= i < n; epoch length in steps for those that
     * count epochs. */
    double (*factor)(const void *args, uint64_t i, uint64_t n, uint64_t steps_per_epoch);
    /* Looks at what selects an epoch, larger is better, and changes s->factor; NULL: it does not depend on results. */
    void (*after_epoch)(const void *args, double value, struct schedule_state *s);
    /* 1: with these args the factor is 1 at every step of so many epochs; NULL: it is not to be known so. */
    int (*flat)(const void *args, int epochs);
};
extern const struct optimizer_type *const optimizer_types[]; /* NULL-terminated */
extern const struct schedule_type *const schedule_types[];
const char *optimizer_name(size_t i); /* for P_CHOICE */
const char *schedule_name(size_t i);
const char *train_select_name(size_t i);
const char *train_detail_name(size_t i);
const char *train_sampling_name(size_t i);
const char *train_dropout_word(size_t i);

#define TRAIN_ARGS 64
#define TRAIN_OVERFIT (-1) /* of dropout_from: the first word that it takes */
struct train_spec {        /* as read from [train] */
    int epochs;
    int batch_size;
    int accumulate;          /* batches of one step, >= 1 */
    int epoch_steps;         /* 0: an epoch is all samples; else so many steps, which go on where the last ones ended */
    int optimizer, schedule; /* indices into the tables */
    int task, loss;          /* 0: what fits the data, see train/task.h; else 1 + the index into the table */
    double lr;               /* base learning rate */
    double weight_decay;     /* on weights of convolutions and dense layers */
    int decay_all;           /* also on biases and normalization */
    double warmup;      /* share of all steps, [0,1): linear from warmup_from * lr to lr, in front of any schedule */
    double warmup_from; /* factor of lr at the first step */
    double label_smoothing;
    /* "none", "balanced" or "1, 5, ...", owned by the caller: see train_weights_check */
    const char *class_weights;
    int sampling;      /* 0: each training sample once a round; 1: each class as often as any other, see sampling.c */
    double beta;       /* what the divergence of layers `sample` is multiplied by in the loss */
    int critic_steps;  /* updates of a critic, each with a batch of its own, before one of the generator */
    const char *judge; /* the classifier that judges what is made: a word as [model] start has; "": none; owned by the
                          caller */
    double critic_lr;  /* its learning rate, which the schedule multiplies as `lr`; 0: lr */
    double mixup, cutmix; /* 0: no; else the parameter of the distribution of shares, see mixing.c */
    double l1;            /* pull of weights towards 0, the same for any size */
    double max_norm;      /* 0: none; else the weights into an output have at most this L2 norm after a step */
    double clip_value;    /* 0: none; else each number of a gradient is cut to +- this */
    int swa_from;         /* 0: never; else the epoch from which the mean of each epoch's weights is measured instead */
    int dropout_from;     /* the epoch from which on dropout acts, 1: always; or TRAIN_OVERFIT, see late_dropout.c */
    double ema;           /* 0: none; else the decay of the mean of weights that is measured instead of them */
    double clip_norm;     /* 0: none; else longer gradients get this L2 norm (Pascanu et al. 2013, arXiv:1211.5063) */
    int drop_last;        /* leave out the last partial batch of an epoch */
    int patience;         /* early stopping: epochs without improvement of the selecting metric; 0: never */
    double min_delta;     /* what counts as improvement */
    int select;           /* 0 best epoch by the selecting metric, 1 last epoch: whose weights are tested */
    int eval_batch;       /* images per evaluation step */
    int beam;             /* beginnings of a translation that are kept, see beam.h; and what its score is divided by: */
    double length_penalty;
    _Alignas(16) unsigned char optimizer_args[TRAIN_ARGS], schedule_args[TRAIN_ARGS], loss_args[TRAIN_ARGS];

    /* The selecting metric, from sweep.objective; set by config. Of a test_* metric the val_* one of the same kind is
     * used, and without a validation split the train_* one: the test split never selects. */
    int metric, maximise;
    int detail; /* from sweep.detail: 1: the norm of the gradient of each layer is kept of every epoch */
};
extern const struct param train_params[]; /* keys of train_spec without optimizer's and schedule's own */

/* Learning rate of step i of total, 0 <= i < total. With warmup > 0 the first warm = max(1, (int)(warmup * total))
 * steps rise as lr * (warmup_from + (1 - warmup_from) * i / warm); the schedule then sees step i - warm of total -
 * warm. */
double train_lr_at(const struct train_spec *s, uint64_t i, uint64_t total, uint64_t steps_per_epoch);
/* Whether the keys that are chosen make sense together, with so many samples of train, validation and test: 0; or -1
 * with *e, and *key is the one of [train] that does not. */
int train_keys_check(const struct train_spec *s, const size_t n[3], const char **key, struct err *e);
/* Whether training samples are mixed, see mixing.c. */
int train_mixes(const struct train_spec *s);
/* Whether dropout may begin later than the training. */
int train_late_dropout(const struct train_spec *s);

/* The schedule that is followed: the constant one where the chosen one never changes the learning rate. */
int train_schedule(const struct train_spec *s);

/* What a task leaves beside its metrics: a small table of numbers, by its name. */
#define TRAIN_KEPT_BYTES ((size_t)1 << 29) /* of values that are computed once, see fixed.c */
#define TRAIN_TABLES 12
#define TRAIN_HELD_OUT "held_out"     /* of a fold: see train_task.held_out */
#define TRAIN_DETAIL_VALUES (1 << 18) /* most numbers of what sweep.detail keeps of a training */
#define TRAIN_HELD_VALUES (1 << 18)   /* and of what is said of the samples of a fold */
#define TRAIN_ANSWER_VALUES (1 << 16) /* and of what is said of the samples of the test split */
#define TRAIN_TABLE_VALUES                                                                                             \
    (256 * 257 + TRAIN_DETAIL_VALUES + TRAIN_HELD_VALUES + TRAIN_ANSWER_VALUES + (1 << 16)) /* in all tables */
struct train_table {
    char name[16]; /* a word: "confusion" */
    int rows, cols;
    int counts;      /* 1: over the repeats of a point it is added up; 0: it is averaged */
    const double *v; /* [rows][cols] */
};

struct train_result {
    int epochs_run, best_epoch; /* best_epoch: the selected one, 1-based; 0 when nothing was trained yet */
    float metric[M_COUNT];      /* at the selected epoch; NaN where missing */
    /* What its task says, see the files of train/tasks/. Values are in the run's arena. */
    int ntables;
    struct train_table table[TRAIN_TABLES];
};

/* A classifier that has learned before, which is shown what a generator makes, see judge.c. */
struct train_judge {
    const struct nn_graph *graph;
    const float *w, *buffers;
    const float *scale, *shift; /* [channels] value * scale + shift goes into it */
};
#define JUDGE_FEATURES 2048
/* Whether it can judge samples of that shape: 0, or -1 with *e: it has another input, tokens as input, a critic, no
 * layer before its last one with weights, or more than JUDGE_FEATURES features. */
int train_judge_check(const struct train_judge *j, struct shape sample, struct err *e);

struct training;
struct train_job { /* what a run needs; all outlive it */
    const struct train_spec *spec;
    const struct nn_graph *graph;
    const struct data_view *view;
    const struct kernels *k;
    uint64_t seed;
    struct team *team;               /* threads lent to this run; NULL: none. The bits are the same for any */
    const struct train_judge *judge; /* of train.judge; NULL: none */
};
/* Bytes train_new takes from a fixed arena: the run's peak memory, nothing is allocated later. SIZE_MAX:
 * there is no memory to find out. */
size_t train_bytes(const struct train_job *j);
/* Whether what the front of a network makes of samples that is never trained (nn_fixed_nodes) is computed once for all
 * epochs. A view without transforms is one that changes no samples. */
int train_keeps_front(const struct train_job *j);
/* Weights initialised, epoch 0; *j is copied. NULL with *e: ERR_NOMEM when the arena is too small, ERR_USAGE when
 * drop_last leaves no step. */
struct training *train_new(const struct train_job *j, struct arena *a, struct err *e);
/* Trains and validates one more epoch; not to be called when train_done. 0, or -1 with *e = ERR_DIVERGED ("loss is nan
 * in epoch 3, step 17; ..."): the run is then of no further use. Streams of an epoch are keyed by its number, from 1.
 */
int train_epoch(struct training *r, struct epoch_row *row, struct err *e);
/* 1 when all epochs are done or early stopping said so. */
int train_done(const struct training *r);
int train_epochs_run(const struct training *r);
/* Adds what sweep.detail kept so far to the tables of a result: "layers" [1][layers], the numbers of the layers that
 * have parameters, from 1, and "gradients" [epochs][layers]: the norm of the gradient of each in an epoch's last step.
 * Neither where nothing was kept. */
void train_detail(struct training *r, int *ntables, struct train_table table[TRAIN_TABLES]);
/* The numbers of these tables at the end of a training; more than TRAIN_DETAIL_VALUES may not be kept. */
size_t train_detail_values(const struct train_spec *s, const struct nn_graph *g);
/* The weights and running statistics of the selected epoch, or of the last one where none is selected yet: *w
 * [param_floats], *buffers [buffer_floats] of the run, until its next epoch. */
void train_selected(const struct training *r, const float **w, const float **buffers);
/* The weights and running statistics that are trained, for a caller that puts others into them before the first epoch.
 */
void train_weights(struct training *r, float **w, float **buffers);
/* Takes weights and running statistics, of a network of the same graph. */
void train_put_weights(struct training *r, const float *w, const float *buffers);
/* Measures the test split with the selected epoch's weights. The run is not changed by it. 0, or -1 without memory for
 * what the task makes of it. */
int train_finish(struct training *r, struct train_result *out);

/* Measures a split with the weights of now, likewise. */
int train_look(struct training *r, enum data_split split, float v[METRICS]);
/* What the task left of that, where it was the test split, as in train_result. Returns how many tables. */
int train_left(struct training *r, struct train_table table[TRAIN_TABLES]);

/* Everything that the next epoch depends on, as bytes: weights, statistics, optimizer state, step, best epoch so far
 * with its weights. Same machine family (little endian); a header with magic, version and sizes guards against other
 * runs. */
size_t train_state_bytes(const struct training *r);
void train_state_write(const struct training *r, void *bytes);
/* 0, or -1 with *e (ERR_DATA) when the bytes are not a state of such a run; the run is then as before. */
int train_state_read(struct training *r, const void *bytes, size_t n, struct err *e);

#endif
