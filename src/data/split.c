/* split.c counts the samples of each split, and chooses which they are. */
#include "data/split.h"

#include "base/rng.h"
#include "base/str.h"
#include "data/folds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EXACT 1e-9 /* 0.7 + 0.3 counts as 1 */

int split_size_check(double v, const struct where *w, struct err *e)
{
    char num[STR_NUM];
    if (!(v >= 0) || (v > 1 && v != floor(v)) || v > 4294967295.0)
        return err_at(e, ERR_USAGE, w, "'%s' is neither a fraction 0..1 nor a whole number of samples",
                      str_double(num, v));
    return 0;
}

int split_fractions_check(double train, double validation, const struct where *w, struct err *e)
{
    char t[STR_NUM], v[STR_NUM];
    if (train > 1 || validation > 1 || train + validation <= 1 + EXACT)
        return 0;
    return err_at(e, ERR_USAGE, w, "train %s and validation %s are more than the whole training file together",
                  str_double(t, train), str_double(v, validation));
}

/* What `v` asks of n samples, to the nearest; may be more than n. */
static size_t size_of(double v, size_t n)
{
    return (size_t)(v > 1 ? v : floor(v * (double)n + 0.5));
}

#define TOO_MANY "%zu samples asked for, dataset %s has %zu"

static int train_sizes(const struct dataset *d, const struct data_spec *s, const struct where at[3], size_t n[3],
                       struct err *e)
{
    size_t all = d->n[PART_TRAIN];
    int fractions = s->train <= 1 && s->validation <= 1;
    n[DATA_VALIDATION] = size_of(s->validation, all);
    if (n[DATA_VALIDATION] > all)
        return err_at(e, ERR_USAGE, &at[DATA_VALIDATION], TOO_MANY " in its training file", n[DATA_VALIDATION], d->name,
                      all);
    if (s->validation > 0 && !n[DATA_VALIDATION])
        return err_at(e, ERR_USAGE, &at[DATA_VALIDATION], "a fraction that makes %zu samples: dataset %s has only %zu",
                      (size_t)0, d->name, all);
    size_t rest = all - n[DATA_VALIDATION];
    n[DATA_TRAIN] = s->train == 0 ? rest : size_of(s->train, all);
    if (fractions && (n[DATA_TRAIN] > rest || s->train + s->validation >= 1 - EXACT))
        n[DATA_TRAIN] = rest; /* two roundings must not add up to one sample more or less than there are */
    if (n[DATA_TRAIN] > rest)
        return err_at(e, ERR_USAGE, &at[DATA_TRAIN], TOO_MANY " beside validation", n[DATA_TRAIN], d->name, rest);
    if (!n[DATA_TRAIN])
        return err_at(e, ERR_USAGE, &at[DATA_TRAIN],
                      "%zu samples are left to train on: dataset %s has %zu and validation takes them", (size_t)0,
                      d->name, all);
    return 0;
}

/* Windows of texts, and pairs of texts, were divided when the text was, as what is learned of it depends on that. */
static int window_sizes(const struct dataset *d, size_t n[3])
{
    n[DATA_TRAIN] = data_trains(d);
    n[DATA_VALIDATION] = d->n[PART_TRAIN] - n[DATA_TRAIN];
    return 0;
}

int data_split_sizes(const struct dataset *d, const struct data_spec *s, const struct where at[3], size_t n[3],
                     struct err *e)
{
    static const struct where keys[3] = {
        {NULL, 0, "data", "train"}, {NULL, 0, "data", "validation"}, {NULL, 0, "data", "test"}};
    at = at ? at : keys;
    if (split_size_check(s->train, &at[DATA_TRAIN], e) || split_size_check(s->validation, &at[DATA_VALIDATION], e) ||
        split_size_check(s->test, &at[DATA_TEST], e) ||
        split_fractions_check(s->train, s->validation, &at[DATA_VALIDATION], e) ||
        (data_trains(d) ? window_sizes(d, n)
         : s->folds     ? folds_sizes(d, s, n, e)
                        : train_sizes(d, s, at, n, e)))
        return -1;
    n[DATA_TEST] = s->test == 0 ? d->n[PART_TEST] : size_of(s->test, d->n[PART_TEST]);
    if (n[DATA_TEST] > d->n[PART_TEST])
        return err_at(e, ERR_USAGE, &at[DATA_TEST], TOO_MANY " in its test file", n[DATA_TEST], d->name,
                      d->n[PART_TEST]);
    if (!n[DATA_TEST])
        return err_at(e, ERR_USAGE, &at[DATA_TEST], "a fraction that makes %zu samples: dataset %s has only %zu",
                      (size_t)0, d->name, d->n[PART_TEST]);
    return 0;
}

void split_shares(size_t total, const size_t *have, int n, size_t *give)
{
    uint64_t sum = 0, rest[DATA_CLASSES]; /* counts are below 2^32: the products fit */
    size_t given = 0;
    for (int k = 0; k < n; k++)
        sum += have[k];
    for (int k = 0; k < n; k++) {
        give[k] = sum ? (size_t)(total * have[k] / sum) : 0;
        rest[k] = sum ? total * have[k] % sum : 0;
        given += give[k];
    }
    for (; given < total; given++) { /* fewer rounds than classes, and only classes with a remainder get one */
        int best = 0;
        for (int k = 1; k < n; k++)
            if (rest[k] > rest[best])
                best = k;
        give[best]++;
        rest[best] = 0;
    }
}

/* The classes that samples are divided by, all of them in class 0 where there are none. */
static int classes_of(const struct dataset *d)
{
    return data_sample_classes(d) ? data_sample_classes(d) : 1;
}

static const uint8_t *labels_of(const struct dataset *d)
{
    return data_sample_classes(d) ? field_bytes(data_target(d), PART_TRAIN) : NULL;
}

static size_t class_of(const uint8_t *y, size_t i)
{
    return y ? y[i] : 0;
}

void split_count_classes(const struct dataset *d, size_t *count)
{
    const uint8_t *y = labels_of(d);
    memset(count, 0, (size_t)classes_of(d) * sizeof *count);
    for (size_t i = 0; i < d->n[PART_TRAIN]; i++)
        count[class_of(y, i)]++;
}

void split_shuffle_classes(const struct dataset *d, int seed, uint32_t draw, const size_t *count, size_t *start,
                           uint32_t *by_class)
{
    size_t at[DATA_CLASSES], sum = 0;
    const uint8_t *y = labels_of(d);
    for (int k = 0; k < classes_of(d); k++) {
        start[k] = at[k] = sum;
        sum += count[k];
    }
    for (size_t i = 0; i < d->n[PART_TRAIN]; i++)
        by_class[at[class_of(y, i)]++] = (uint32_t)i;
    for (int k = 0; k < classes_of(d); k++) {
        struct rng r;
        rng_init(&r, (uint64_t)seed, RNG_SPLIT, (uint32_t)k, draw);
        rng_shuffle(&r, by_class + start[k], (uint32_t)count[k]);
    }
}

/* Validation's and training's samples of every class that has count[k]. */
static void class_shares(int classes, const size_t *count, const size_t n[3], size_t *validation, size_t *train)
{
    size_t left[DATA_CLASSES] = {0};
    split_shares(n[DATA_VALIDATION], count, classes, validation);
    for (int k = 0; k < classes; k++)
        left[k] = count[k] - validation[k];
    split_shares(n[DATA_TRAIN], left, classes, train); /* of what is left, so that both always fit */
}

int data_rare_classes(const struct dataset *d, int folds)
{
    const struct field *f = data_target(d);
    int rare = 0;
    for (int k = 0; f->count && k < f->classes; k++)
        rare += f->count[k] < (uint32_t)folds;
    return rare;
}

int data_empty_classes(const struct dataset *d, const size_t n[3], const char **first)
{
    size_t count[DATA_CLASSES] = {0}, validation[DATA_CLASSES], train[DATA_CLASSES];
    int empty = 0;
    const struct field *f = data_target(d);
    if (!f->count)
        return 0;
    for (int k = 0; k < f->classes; k++)
        count[k] = f->count[k];
    class_shares(f->classes, count, n, validation, train);
    for (int k = f->classes; k-- > 0;)
        if (!train[k]) {
            empty++;
            *first = f->class_name[k];
        }
    return empty;
}

/* Marks in use[n] what each training sample is for: validation takes the front of every class's order, train its end.
 */
static int assign(const struct dataset *d, int seed, const size_t n[3], unsigned char *use, struct err *e)
{
    size_t count[DATA_CLASSES], start[DATA_CLASSES], validation[DATA_CLASSES], train[DATA_CLASSES];
    int classes = classes_of(d);
    uint32_t *by_class = malloc(d->n[PART_TRAIN] * sizeof *by_class);
    if (!by_class)
        return err_set(e, ERR_NOMEM, "dataset %s: no memory for its split", d->name);
    split_count_classes(d, count);
    split_shuffle_classes(d, seed, 0, count, start, by_class);
    class_shares(classes, count, n, validation, train);
    memset(use, 0xff, d->n[PART_TRAIN]);
    for (int k = 0; k < classes; k++) {
        for (size_t i = 0; i < validation[k]; i++)
            use[by_class[start[k] + i]] = DATA_VALIDATION;
        for (size_t i = 0; i < train[k]; i++)
            use[by_class[start[k] + count[k] - 1 - i]] = DATA_TRAIN;
    }
    free(by_class);
    return 0;
}

static void collect(const unsigned char *use, size_t n, int what, uint32_t *index)
{
    for (size_t i = 0; i < n; i++)
        if (use[i] == what)
            *index++ = (uint32_t)i;
}

int split_draw_tests(const uint8_t *class, size_t n, int classes, size_t tests, unsigned char *part)
{
    size_t have[DATA_CLASSES] = {0}, give[DATA_CLASSES];
    uint32_t *order = malloc(n * sizeof *order);
    if (!order)
        return -1;
    for (size_t i = 0; i < n; i++)
        have[class_of(class, i)]++;
    split_shares(tests, have, classes, give);
    for (size_t k = 0; k < (size_t)classes; k++) {
        struct rng r;
        uint32_t of_class = 0;
        for (size_t i = 0; i < n; i++)
            if (class_of(class, i) == k)
                order[of_class++] = (uint32_t)i;
        rng_init(&r, 0, RNG_SPLIT, (uint32_t)k, 1); /* data.seed draws with 0 as its last number */
        rng_shuffle(&r, order, of_class);
        for (size_t i = 0; i < give[k]; i++)
            part[order[i]] = PART_TEST;
    }
    free(order);
    return 0;
}

int split_collect(const struct dataset *d, const unsigned char *use, const size_t n[3], struct arena *a,
                  const uint32_t *index[3], struct err *e)
{
    uint32_t *to[3];
    for (int i = 0; i < 3; i++)
        index[i] = to[i] = arena_take(a, n[i] * sizeof(uint32_t));
    if (!to[0] || !to[1] || !to[2])
        return err_set(e, ERR_NOMEM, "dataset %s: no memory for its split", d->name);
    collect(use, d->n[PART_TRAIN], DATA_TRAIN, to[DATA_TRAIN]);
    collect(use, d->n[PART_TRAIN], DATA_VALIDATION, to[DATA_VALIDATION]);
    for (size_t i = 0; i < n[DATA_TEST]; i++)
        to[DATA_TEST][i] = (uint32_t)i;
    return 0;
}

/* The same of windows or pairs of texts, in their order. */
static int assign_windows(const struct dataset *d, unsigned char *use)
{
    for (size_t i = 0; i < d->n[PART_TRAIN]; i++)
        use[i] = i < data_trains(d) ? DATA_TRAIN : DATA_VALIDATION;
    return 0;
}

int split_draw(const struct dataset *d, int seed, const size_t n[3], struct arena *a, const uint32_t *index[3],
               struct err *e)
{
    unsigned char *use = malloc(d->n[PART_TRAIN]);
    int bad = use ? (data_trains(d) ? assign_windows(d, use) : assign(d, seed, n, use, e))
                  : err_set(e, ERR_NOMEM, "dataset %s: no memory for its split", d->name);
    bad = bad || split_collect(d, use, n, a, index, e);
    free(use);
    return bad ? -1 : 0;
}
