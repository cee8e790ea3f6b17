/* folds.c - the splits of a cross-validation: the training file is divided into folds, each of which validates once
 * what all others train. */
#include "data/folds.h"

#include "base/rng.h"
#include "data/split.h"

#include <stdlib.h>

#define FIRST_DRAW 2 /* the last number of the streams of the rounds; splits have 0, and the rows of tests 1 */

int folds_check(const struct data_spec *s, const struct where *w, struct err *e)
{
    if (s->folds == 1)
        return err_at(e, ERR_USAGE, w, "1 fold leaves nothing to train on; write 0 for none, or 2 or more");
    if (s->folds && (s->train != 0 || s->validation != DATA_VALIDATION_PRESET))
        return err_at(e, ERR_USAGE, w,
                      "%d folds say what trains and what validates: all of the training file; leave out train and "
                      "validation",
                      s->folds);
    return 0;
}

int folds_sizes(const struct dataset *d, const struct data_spec *s, size_t n[3], struct err *e)
{
    static const struct where at = {NULL, 0, "data", "folds"};
    const size_t all = d->n[PART_TRAIN], folds = (size_t)s->folds, fold = (size_t)(s->fold ? s->fold - 1 : 0);
    if (all < folds)
        return err_at(e, ERR_USAGE, &at, "%zu folds asked for, dataset %s has %zu samples in its training file", folds,
                      d->name, all);
    n[DATA_VALIDATION] = all / folds + (fold < all % folds);
    n[DATA_TRAIN] = all - n[DATA_VALIDATION];
    return 0;
}

struct numbered {
    float number;
    uint32_t sample;
};

static int by_number(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->sample < y->sample ? -1 : x->sample > y->sample;
}

/* order[n] <- the samples by their (first) number, shuffled within each `folds` of them that follow each other: every
 * fold gets one of them, so that all have the numbers' quantiles. 0, or -1 without memory. */
static int order_by_number(const struct dataset *d, const struct data_spec *s, uint32_t *order)
{
    const size_t n = d->n[PART_TRAIN], numbers = (size_t)data_numbers(d);
    const float *value = field_floats(data_target(d), PART_TRAIN);
    struct numbered *v = malloc(n * sizeof *v);
    struct rng r;
    if (!v)
        return -1;
    for (size_t i = 0; i < n; i++)
        v[i] = (struct numbered){value[i * numbers], (uint32_t)i};
    qsort(v, n, sizeof *v, by_number);
    for (size_t i = 0; i < n; i++)
        order[i] = v[i].sample;
    free(v);
    rng_init(&r, (uint64_t)s->seed, RNG_SPLIT, 0, FIRST_DRAW + (uint32_t)s->round);
    for (size_t i = 0; i < n; i += (size_t)s->folds)
        rng_shuffle(&r, order + i, (uint32_t)(n - i < (size_t)s->folds ? n - i : (size_t)s->folds));
    return 0;
}

/* order[n] <- the samples class after class, shuffled within each. */
static int order_by_class(const struct dataset *d, const struct data_spec *s, uint32_t *order)
{
    size_t count[DATA_CLASSES], start[DATA_CLASSES];
    split_count_classes(d, count);
    split_shuffle_classes(d, s->seed, FIRST_DRAW + (uint32_t)s->round, count, start, order);
    return 0;
}

int folds_draw(const struct dataset *d, const struct data_spec *s, const size_t n[3], struct arena *a,
               const uint32_t *index[3], struct err *e)
{
    const size_t all = d->n[PART_TRAIN], fold = (size_t)(s->fold ? s->fold - 1 : 0);
    uint32_t *order = malloc(all * sizeof *order);
    unsigned char *use = malloc(all);
    int bad = !order || !use || (data_numbers(d) ? order_by_number : order_by_class)(d, s, order);
    if (bad)
        err_set(e, ERR_NOMEM, "dataset %s: no memory for its folds", d->name);
    for (size_t i = 0; i < all && !bad; i++)
        use[order[i]] = i % (size_t)s->folds == fold ? DATA_VALIDATION : DATA_TRAIN;
    bad = bad || split_collect(d, use, n, a, index, e);
    free(order);
    free(use);
    return bad ? -1 : 0;
}
