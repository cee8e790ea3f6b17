/* split.h - how many samples each split has, and which. */
#ifndef DATA_SPLIT_H
#define DATA_SPLIT_H

#include "data/data.h"

/* A size as in data_spec: a fraction 0..1 or a whole count. 0 or -1 with *e. */
int split_size_check(double v, const struct where *w, struct err *e);
/* Two fractions of the same file must not exceed 1 together. */
int split_fractions_check(double train, double validation, const struct where *w, struct err *e);

/* total items over n classes in proportion to have[n], largest remainders first, the lower class where they are equal
 * (Hamilton's method): give[k] <= have[k]. total <= sum of have. */
void split_shares(size_t total, const size_t *have, int n, size_t *give);

/* Marks part[i] = PART_TEST of `tests` samples of n, each class its share, by random numbers that no key changes; the
 * others are left as they are. class[n] of each sample; NULL: all are of one class. 0, or -1 without memory. */
int split_draw_tests(const uint8_t *class, size_t n, int classes, size_t tests, unsigned char *part);
/* count[classes] <- training samples of each class; all of them in class 0 where there are none. */
void split_count_classes(const struct dataset *d, size_t *count);
/* by_class[n] <- the training samples, class after class, each class in an order of its own, of the stream (seed,
 * RNG_SPLIT, class, draw); start[classes]: where each begins. */
void split_shuffle_classes(const struct dataset *d, int seed, uint32_t draw, const size_t *count, size_t *start,
                           uint32_t *by_class);
/* The index arrays of what use[n] says of each training sample (DATA_TRAIN, DATA_VALIDATION, anything else: neither),
 * and of the first test samples. As split_draw. */
int split_collect(const struct dataset *d, const unsigned char *use, const size_t n[3], struct arena *a,
                  const uint32_t *index[3], struct err *e);

/* The index arrays of the three splits of sizes n[3] (data_split_sizes), ascending, in `a`. d has labels. 0 or -1. */
int split_draw(const struct dataset *d, int seed, const size_t n[3], struct arena *a, const uint32_t *index[3],
               struct err *e);

#endif
