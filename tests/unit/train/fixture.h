/* fixture.h - a small dataset, a network and a training spec from texts; and the groups of this executable. */
#ifndef UNIT_TRAIN_FIXTURE_H
#define UNIT_TRAIN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assert_close.h"
#include "train/train.h"
#include "train/training.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

int test_tables(void);
int test_optimizers(void);
int test_schedules(void);
int test_auc(void);
int test_losses(void);
int test_weights(void);
int test_reconstruct(void);
int test_epochs(void);
int test_selection(void);
int test_checkpoint(void);
int test_learning(void);
int test_regress(void);
int test_warnings(void);
int test_late_dropout(void);
int test_mixing(void);
int test_classes(void);
int test_next(void);
int test_translate(void);
int test_label(void);
int test_frozen(void);
int test_adversarial(void);

/* Defaults of every key, then "key=value key=value" of [train], optimizer and schedule; fails the test on a bad word.
 */
void spec_from(struct train_spec *s, const char *settings);

#define TOY_CLASSES 4
/* Everything a run needs. The dataset: noisy 8x8 pictures of TOY_CLASSES bars. */
struct fixture {
    struct arena mem;
    struct dataset set;
    struct data_spec data;
    struct data_view view;
    struct nn_graph graph;
    struct train_spec spec;
    struct train_job job;
};
/* ntrain pictures of which `validation` validate, ntest for the test split. layers: lines separated by ';', those of a
 * critic after '|': then the first ones begin with TOY_NOISE numbers. settings: behind "optimizer=sgd lr=0.05". */
#define TOY_NOISE 4
void fixture_init(struct fixture *f, const char *layers, const char *settings, size_t ntrain, size_t validation,
                  size_t ntest);
void fixture_release(struct fixture *f);
/* A run in an arena of exactly train_bytes. */
struct training *fixture_run(struct fixture *f, struct arena *a);
/* One more epoch; fails the test on an error. */
struct epoch_row epoch_ok(struct training *r);
/* To the end; the rows (at most `most`) and their number. */
int train_all(struct training *r, struct epoch_row *row, int most);
/* malloc'ed train_state_write. */
unsigned char *state_of(const struct training *r);

#define TOY_MLP "flatten, dense 12, relu; dense 4"
#define TOY_CNN                                                                                                        \
    "conv2d 3x3 5 bias yes, batchnorm, relu, dropout 0.2; maxpool 2; conv2d 3x3 6 bias no, batchnorm, relu; gap, "     \
    "dense 4"

#endif
