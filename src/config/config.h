/* config.h - the sweep file: read, checked as a whole, and expanded into points on demand: a point is a proposal of
 * search, a value number for each axis. Nothing is enumerated: a grid of 10^12 points is counted in closed form and its
 * k-th point computed directly.
 *
 * Keys of a section are the param tables of the structs they fill: sweep_params (here), data_params, nn_params,
 * train_params and those of every optimizer and schedule. [model] also takes any name as a variable for its texts.
 *
 * Who wins: an axis, else the command line, else [model.NAME] of the point's model.variant (`none`: no variant), else
 * the file, else the default. A value list holds texts with commas in quotes: data.augment = "rotate 7, shift 1", "".
 * On the command line a list whose values have no blanks in them is an axis, too; of a text with commas and blanks,
 * "one, in quotes", is one value, and without quotes it is refused: in [grid] it would be a list, in its own section a
 * single text. layers is never a list.
 *
 * A value of [data], [train], and of init and pool_at may have $name and ${expression} in it, of variables and other
 * keys: it follows them at every point, and in all that is compared (canonical, hash) it is what came out. Numbers are
 * rounded as those of ranges. Not so names of optimizer and schedule (they decide which keys there are), values of an
 * axis, and what [sweep] says, which holds for all points. No value may follow from itself.
 *
 * A section [block.NAME] is a text with parameters that `layers` uses like a layer: its keys are settings too, which an
 * axis and the command line can give, and which can follow from others; a use gives them values of its own. What is
 * compared has the network written out.
 *
 * The objective also selects the epoch whose weights are tested, and patience waits for it. A metric of the test split
 * is known only at the end and must select nothing: its counterpart on the validation split does, and without one that
 * on the training split. Of several objectives the first does all that; the others are what the trial then has. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "data/data.h"
#include "nn/nn.h"
#include "search/prune.h"
#include "search/search.h"
#include "train/train.h"

#include <stddef.h>
#include <stdint.h>

enum sweep_keep { KEEP_BEST, KEEP_ALL, KEEP_NONE };

/* One of the objectives: a metric or, after the first, a number that a network has. */
struct sweep_goal {
    const char *name; /* a column of NAME.csv */
    int maximise;
    int metric;                 /* index into train_metrics; -1: it is */
    const struct nn_fact *fact; /* this */
};

/* As read from [sweep], [search], [prune] and [stop]. */
struct sweep_spec {
    const char *name; /* default: the file's name without .ini */
    int repeats;      /* trainings of each point, >= 1: seeds, times the folds where there are some */
    int folds;        /* of data.folds, 0: none. Repeat r (0-based) has fold r % folds of division r / folds */
    int seed; /* repeat r (0-based) trains with seed + r: the same seeds at every point, so that points are compared in
                 pairs */
    const char *objective; /* "max val_accuracy", "max val_accuracy, min params" */
    int detail;            /* train_detail_name */
    int keep;              /* enum sweep_keep: whose models are kept */
    int metric, maximise;  /* of it, or of the first: index into train_metrics */
    size_t goals;          /* how many objectives there are, >= 1 */
    struct sweep_goal goal[SEARCH_OBJECTIVES];
    int method; /* index into search_types */
    struct search_args search_args;
    int prune; /* index into prune_types */
    struct prune_args prune_args;
    int stop_trials;        /* 0: no limit; at most so many trials are brought to an end by this call */
    double stop_time;       /* seconds of wall clock, 0: no limit */
    double stop_trial_time; /* seconds of wall clock that a trial may take in one call, 0: no limit */
    int stop_epochs;        /* epochs trained by this call in all, 0: no limit */
    double stop_target;     /* NaN: none; the sweep ends when a trial's objective reaches it */
    int stop_stagnation; /* 0: never; trials in a row, in the order of the plan, without a better objective: the sweep
                            ends behind them, wherever the workers are */
};

struct sweep; /* opaque; immutable after sweep_open: points may be asked for by many threads */

/* Reads `file` and then the words of the command line ("section.key=value": an override; with a list or a range, an
 * axis). 0 and *out; or -1 with every error of the file and the words in *errs, in the order of the lines. */
int sweep_open(struct sweep **out, const char *file, const char *const *words, size_t nwords, struct err_list *errs);
void sweep_free(struct sweep *s);
const struct sweep_spec *sweep_spec(const struct sweep *s);
/* The file's bytes with the words of the command line and the name put in: run as a sweep file, it is this sweep. */
const char *sweep_text(const struct sweep *s);

/* An axis; a [zip] is one axis of several keys. */
struct axis_info {
    const char *const *key; /* "train.lr", ... */
    size_t nkeys;
    uint64_t values;
    const char *drawn; /* "1e-4..1e-1 log" where the values are continuous; NULL: there are so many */
    const char *when;  /* condition text or NULL */
};
size_t sweep_axes(const struct sweep *s);
struct axis_info sweep_axis(const struct sweep *s, size_t i);
/* All axis keys in the order of the columns (zips unfolded), and the i-th value of one as text. */
size_t sweep_keys(const struct sweep *s);
const char *sweep_key(const struct sweep *s, size_t i);

/* Keys that are no axes and whose value follows from others by an expression, in the order of the manual. */
size_t sweep_made(const struct sweep *s);
const char *sweep_made_key(const struct sweep *s, size_t i);
/* As written; NULL: in a [model.NAME] only. */
const char *sweep_made_text(const struct sweep *s, size_t i);

/* What proposes the points. */
const struct search *sweep_search(const struct sweep *s);
/* What the search knows of an earlier sweep, [n], is copied: before any point is asked for. 0, or -1 without memory. */
int sweep_know(struct sweep *s, const struct search_earlier *v, size_t n);
/* Puts the text of a value of an axis key into the proposal. 0; -1: it is none of its values, or there is no such axis.
 */
int sweep_take_value(const struct sweep *s, const char *key, const char *text, struct proposal *at);
/* Points that are planned (of a search that draws: at most); UINT64_MAX when there are more. Also as double, for
 * messages.
 */
uint64_t sweep_points(const struct sweep *s);
double sweep_points_approx(const struct sweep *s);

struct point {
    const struct proposal *at; /* what was proposed */
    const char *const *value;  /* [sweep_keys] text as in the file, an empty one as two quotation marks; "" where the
                                 axis is absent (its `when` fails) */
    const char *const *made;   /* [sweep_made] likewise; "" where the training has no such key */
    struct data_spec data;
    struct nn_spec nn;
    struct train_spec train;
    const struct nn_line *line; /* resolved `layers`, transition block inserted */
    size_t nlines, ncritic;     /* the last ones of these are the critic's */
    int noise;                  /* numbers that `layers` begin with where there is a critic; else 0 */
    uint64_t hash;              /* of `canonical`: two points with the same hash are the same training */
    const char *canonical;      /* every setting that the training depends on and no other, one "key = value" a line, in
                                   normal words */
    uint64_t alike; /* of the same but for the sizes of the splits: with their counts it tells the same training whose
                       sizes are written as counts here and as fractions there */
};
/* Adds a sweep file of one training: the point, which learns that target, and its repeat (0-based). Run, it is that
 * training, under the same id. 0, or -1 without memory. */
int sweep_training_text(const struct sweep *s, const struct point *p, struct target_kind target, int repeat,
                        struct arena *a, struct str *out);
/* The point that `at` proposes, in `a`. 0, or -1 with located errors: a value out of range, an
 * unknown variable, ... Of what there is to learn texts know $classes, $targets and $vocabulary. */
int sweep_point(const struct sweep *s, const struct proposal *at, struct target_kind target, struct arena *a,
                struct point *p, struct err_list *errs);
/* The same without value, made, hash, canonical and alike: what its training needs. */
int sweep_point_training(const struct sweep *s, const struct proposal *at, struct target_kind target, struct arena *a,
                         struct point *p, struct err_list *errs);
/* point.value[i] of that point, in buf or where it stays. */
const char *sweep_point_value(const struct sweep *s, const struct proposal *at, size_t i, char buf[STR_NUM]);
/* Its data_spec alone (cheap; dataset and split may vary along axes). */
int sweep_point_data(const struct sweep *s, const struct proposal *at, struct arena *a, struct data_spec *d,
                     struct err_list *errs);
/* Where its value of a key of the tables was written; line 0 of the file: nowhere, it is the default. */
struct where sweep_point_where(const struct sweep *s, const struct proposal *at, const char *section, const char *key);
/* Where a key of the sweep as a whole was written, likewise. */
struct where sweep_where(const struct sweep *s, const char *section, const char *key);

/* [require] model, checked on the plan: 1 all hold; 0 the text of the first that does not goes to why[n]; -1 an error
 * in it (unknown name) with *e. */
int sweep_require_model(const struct sweep *s, const struct point *p, const struct nn_graph *g, char *why, size_t n,
                        struct err *e);
/* The conditions by themselves, one a line. */
size_t sweep_models(const struct sweep *s);
const char *sweep_model_text(const struct sweep *s, size_t i);
/* [require] result: one condition a line. value[M_COUNT] are a trial's metrics. 1, 0, or -1 (a metric is missing). */
size_t sweep_results(const struct sweep *s);
const char *sweep_result_text(const struct sweep *s, size_t i);
int sweep_result_holds(const struct sweep *s, size_t i, const struct point *p, const struct nn_graph *g,
                       const float *metric);

/* A walk over every key with its section in the order of `sweep list keys`, from {0}. */
struct key_walk {
    size_t table, family, type, key;
};
struct key_info {
    const char *section;
    const struct param *param;
    const char *owner; /* "sgd" for a key that only some optimizer or schedule has; NULL */
};
int config_key(struct key_walk *w, struct key_info *out); /* 0, -1 after the last */

#endif
