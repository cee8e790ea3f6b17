/* Sizes, disjointness, proportions and seeds of splits. */
#include "data_test.h"

#include "base/str.h"
#include "data/split.h"

#include <string.h>

#define N 1003
static uint8_t labels[N];

/* Classes of very different size: 4 has one sample, 5 none. */
static struct dataset uneven(void)
{
    for (int i = 0; i < N; i++)
        labels[i] = (uint8_t)(i == 500 ? 4 : i % 2 ? 0 : i % 4 ? 1 : i % 8 ? 2 : 3);
    return toy(1, 1, 1, 6, labels, labels, N, 100);
}

static void draws(const struct dataset *d, double train, double validation, double test, int seed, struct arena *a,
                  struct data_view *v)
{
    struct data_spec s = spec_of("optdigits", "");
    s.train = train;
    s.validation = validation;
    s.test = test;
    s.seed = seed;
    view_of(v, d, &s, a);
}

static void ascending(const uint32_t *index, size_t n, size_t below)
{
    for (size_t i = 0; i < n; i++)
        if (index[i] >= below || (i && index[i] <= index[i - 1]))
            fail_msg("index[%zu] = %u after %u", i, index[i], i ? index[i - 1] : 0);
}

static void per_class(const struct dataset *d, const uint32_t *index, size_t n, double *count)
{
    memset(count, 0, 6 * sizeof *count);
    for (size_t i = 0; i < n; i++)
        count[classes_of(d, PART_TRAIN)[index[i]]]++;
}

static void splits_are_disjoint_and_stratified(void **state)
{
    static const double sizes[][2] = {{0, 0.2}, {0.5, 0.25}, {700, 303}, {10, 10}, {1, 0}, {500, 0.5}, {3, 1000}};
    struct dataset d = uneven();
    double all[6];
    uint32_t every[N];
    (void)state;
    for (uint32_t i = 0; i < N; i++)
        every[i] = i;
    per_class(&d, every, N, all);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        struct arena a;
        struct data_view v;
        int used[N] = {0};
        arena_init(&a);
        draws(&d, sizes[k][0], sizes[k][1], 0, 3, &a, &v);
        for (int split = 0; split < 2; split++) {
            double got[6];
            ascending(v.index[split], v.n[split], N);
            for (size_t i = 0; i < v.n[split]; i++)
                assert_int_equal(used[v.index[split][i]]++, 0);
            per_class(&d, v.index[split], v.n[split], got);
            for (int c = 0; c < 6; c++) {
                double want = all[c] * (double)v.n[split] / N;
                if (got[c] < want - 2 || got[c] > want + 2)
                    fail_msg("case %zu split %d class %d: %g samples, share %g", k, split, c, got[c], want);
            }
        }
        arena_release(&a);
    }
}

static void fold_of(const struct dataset *d, int folds, int fold, int round, struct arena *a, struct data_view *v)
{
    struct data_spec s = spec_of("optdigits", "");
    param_defaults(data_params, &s);
    s.dataset = "optdigits";
    s.seed = 3;
    s.folds = folds;
    s.fold = fold;
    s.round = round;
    view_of(v, d, &s, a);
}

/* Every sample validates in one fold and trains in all others; every class is spread as evenly as its number allows. */
static void each_sample_validates_in_one_fold(void **state)
{
    static const int folds[] = {2, 5, 7, N};
    struct dataset d = uneven();
    (void)state;
    for (size_t k = 0; k < sizeof folds / sizeof *folds; k++) {
        int validated[N] = {0}, trained[N] = {0}, some = folds[k] == N ? 3 : folds[k];
        double least[6], most[6];
        for (int fold = 1; fold <= some; fold++) {
            struct arena a;
            struct data_view v;
            double got[6];
            arena_init(&a);
            fold_of(&d, folds[k], fold, 0, &a, &v);
            assert_int_equal(v.n[DATA_TRAIN] + v.n[DATA_VALIDATION], N);
            assert_int_equal(v.n[DATA_VALIDATION], N / folds[k] + (fold - 1 < N % folds[k]));
            for (int split = 0; split < 2; split++)
                ascending(v.index[split], v.n[split], N);
            for (size_t i = 0; i < v.n[DATA_VALIDATION]; i++)
                validated[v.index[DATA_VALIDATION][i]]++;
            for (size_t i = 0; i < v.n[DATA_TRAIN]; i++)
                trained[v.index[DATA_TRAIN][i]]++;
            per_class(&d, v.index[DATA_VALIDATION], v.n[DATA_VALIDATION], got);
            for (int c = 0; c < 6; c++) {
                least[c] = fold == 1 || got[c] < least[c] ? got[c] : least[c];
                most[c] = fold == 1 || got[c] > most[c] ? got[c] : most[c];
            }
            arena_release(&a);
        }
        for (int i = 0; i < N; i++)
            assert_true(validated[i] + trained[i] == some && (some < folds[k] || validated[i] == 1));
        for (int c = 0; c < 6; c++)
            assert_true(most[c] - least[c] <= 1);
    }
    assert_int_equal(data_rare_classes(&d, 5), 0); /* their samples are not counted */
    struct err e = {0};
    assert_int_equal(dataset_count_classes(&d, &e), 0);
    assert_int_equal(data_rare_classes(&d, 5), 2); /* of one sample, and of none */
    dataset_release(&d);
}

/* Another round divides the samples otherwise, the same round alike. */
static void rounds_divide_otherwise(void **state)
{
    struct dataset d = uneven();
    struct arena a;
    struct data_view v[3];
    static const int round[] = {0, 1, 0};
    (void)state;
    arena_init(&a);
    for (int i = 0; i < 3; i++)
        fold_of(&d, 4, 2, round[i], &a, &v[i]);
    const size_t bytes = v[0].n[DATA_VALIDATION] * sizeof *v[0].index[DATA_VALIDATION];
    assert_memory_equal(v[0].index[DATA_VALIDATION], v[2].index[DATA_VALIDATION], bytes);
    assert_memory_not_equal(v[0].index[DATA_VALIDATION], v[1].index[DATA_VALIDATION], bytes);
    arena_release(&a);
}

/* Of every five numbers that follow each other in size each of five folds has one. */
static void folds_have_the_quantiles_of_numbers(void **state)
{
    enum { MANY = 52, FOLDS = 5 };
    static float number[MANY];
    static int rank_of[MANY];
    struct dataset d = {.name = "numbers", .n = {MANY, MANY}};
    int fold_of_rank[MANY];
    (void)state;
    dataset_of_vectors(&d, 1, 0, NULL);
    for (int i = 0; i < MANY; i++) {
        rank_of[i] = i * 11 % MANY;
        number[i] = (float)(rank_of[i] / 2); /* pairs of equal ones */
    }
    d.field[0].values[0] = d.field[0].values[1] = d.field[1].values[0] = d.field[1].values[1] = number;
    for (int fold = 0; fold < FOLDS; fold++) {
        struct arena a;
        struct data_view v;
        arena_init(&a);
        fold_of(&d, FOLDS, fold + 1, 0, &a, &v);
        for (size_t i = 0; i < v.n[DATA_VALIDATION]; i++)
            fold_of_rank[rank_of[v.index[DATA_VALIDATION][i]]] = fold;
        arena_release(&a);
    }
    for (int from = 0; from + FOLDS <= MANY; from += FOLDS) {
        double low = from / 2, high = (from + FOLDS - 1) / 2;
        unsigned folds = 0;
        for (int r = 0; r < MANY; r++) /* equal numbers may be on the other side of the border */
            if (r / 2 > low && r / 2 < high)
                folds |= 1u << fold_of_rank[r];
        int some = 0;
        for (int f = 0; f < FOLDS; f++)
            some += folds >> f & 1;
        int inside = 0;
        for (int r = 0; r < MANY; r++)
            inside += r / 2 > low && r / 2 < high;
        assert_int_equal(some, inside);
    }
}

static void folds_that_cannot_be_are_told(void **state)
{
    static const struct {
        int folds;
        double train, validation;
        const char *says;
    } row[] = {
        {1, 0, 0.1, "1 fold leaves nothing to train on"},
        {5, 100, 0.1, "5 folds say what trains and what validates"},
        {5, 0, 0.2, "5 folds say what trains and what validates"},
        {5, 0, 0.1, NULL},
    };
    struct dataset d = uneven();
    size_t n[3];
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct data_spec s = spec_of("optdigits", "");
        struct err e = {0};
        s.folds = row[i].folds;
        s.train = row[i].train;
        s.validation = row[i].validation;
        int bad = data_spec_check(&s, NULL, &e);
        assert_true(row[i].says ? bad && strstr(e.text, row[i].says) && strstr(e.text, "data.folds") : !bad);
    }
    struct data_spec s = spec_of("optdigits", "");
    struct err e = {0};
    s.train = 0;
    s.validation = 0.1;
    s.folds = N + 1 > 1000 ? 1000 : N + 1;
    d.n[PART_TRAIN] = 999;
    assert_int_equal(data_split_sizes(&d, &s, NULL, n, &e), -1);
    assert_non_null(strstr(e.text, "data.folds: 1000 folds asked for, dataset toy has 999 samples"));
}

static void sizes_come_out_as_asked(void **state)
{
    static const struct {
        double train, validation, test;
        size_t n[3];
    } c[] = {
        {0, 0, 0, {N, 0, 100}},
        {0, 0.1, 0, {N - 100, 100, 100}},
        {1, 0, 1, {N, 0, 100}},
        {0.5, 0.5, 0.5, {501, 502, 50}},
        {0.7, 0.3, 7, {702, 301, 7}},
        {903, 100, 100, {903, 100, 100}},
        {0.25, 100, 0, {251, 100, 100}},
        {2, 2, 2, {2, 2, 2}},
        {0, 1002, 0, {1, 1002, 100}},
        {0.001, 0.001, 0.01, {1, 1, 1}},
        {0.9985, 0.0005, 0, {1001, 1, 100}},
    };
    struct dataset d = uneven();
    (void)state;
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        struct data_spec s = spec_of("optdigits", "");
        struct err e = {0};
        size_t n[3];
        s.train = c[i].train;
        s.validation = c[i].validation;
        s.test = c[i].test;
        assert_int_equal(data_split_sizes(&d, &s, NULL, n, &e), 0);
        if (memcmp(n, c[i].n, sizeof n))
            fail_msg("case %zu: %zu %zu %zu", i, n[0], n[1], n[2]);
    }
}

/* 50000 and 10000 of 60000: all of them, once. */
static void the_whole_is_used_once(void **state)
{
    static uint8_t y[60000];
    struct dataset d = toy(1, 1, 1, 10, y, y, 60000, 10);
    struct arena a;
    struct data_view v;
    static unsigned char used[60000];
    (void)state;
    for (uint32_t i = 0; i < 60000; i++)
        y[i] = (uint8_t)(i * 2654435761u >> 16) % 10;
    arena_init(&a);
    draws(&d, 50000, 10000, 0, 0, &a, &v);
    memset(used, 0, sizeof used);
    for (int split = 0; split < 2; split++)
        for (size_t i = 0; i < v.n[split]; i++)
            used[v.index[split][i]]++;
    for (size_t i = 0; i < 60000; i++)
        assert_int_equal(used[i], 1);
    draws(&d, 0, 0, 0, 0, &a, &v);
    for (uint32_t i = 0; i < 60000; i++)
        assert_int_equal(v.index[DATA_TRAIN][i], i);
    draws(&d, 0, 0, 4, 0, &a, &v);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(v.index[DATA_TEST][i], i);
    arena_release(&a);
}

static int contains(const uint32_t *index, size_t n, uint32_t x)
{
    for (size_t i = 0; i < n; i++)
        if (index[i] == x)
            return 1;
    return 0;
}

static size_t shared(const struct data_view *a, const struct data_view *b, int split)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n[split]; i++)
        n += (size_t)contains(b->index[split], b->n[split], a->index[split][i]);
    return n;
}

static void seeds_and_sizes_move_only_what_they_should(void **state)
{
    struct dataset d = uneven();
    struct arena a;
    struct data_view u, v;
    (void)state;
    arena_init(&a);
    draws(&d, 400, 200, 0, 1, &a, &u);
    draws(&d, 400, 200, 0, 1, &a, &v);
    assert_memory_equal(u.index[0], v.index[0], 400 * sizeof(uint32_t));
    assert_memory_equal(u.index[1], v.index[1], 200 * sizeof(uint32_t));
    draws(&d, 400, 200, 0, 2, &a, &v);
    assert_true(shared(&u, &v, DATA_TRAIN) < 250); /* 160 by chance */
    draws(&d, 700, 200, 0, 1, &a, &v);
    assert_int_equal(shared(&u, &v, DATA_VALIDATION), 200);
    assert_true(shared(&u, &v, DATA_TRAIN) >= 394); /* nested, but for a sample a class */
    draws(&d, 400, 300, 0, 1, &a, &v);
    assert_true(shared(&u, &v, DATA_TRAIN) >= 394);
    assert_true(shared(&u, &v, DATA_VALIDATION) >= 194);
    arena_release(&a);
}

/* The same on every machine: a change here changes every result. */
static void the_split_is_pinned(void **state)
{
    struct data_spec s = spec_of("optdigits", "");
    struct dataset d;
    struct data_view v;
    struct arena a;
    struct err e = {0};
    (void)state;
    assert_int_equal(dataset_load(&d, &s, &e), 0);
    arena_init(&a);
    draws(&d, 3000, 800, 0, 7, &a, &v);
    uint64_t h = str_hash(STR_HASH, v.index[0], 3000 * sizeof(uint32_t));
    assert_true(str_hash(h, v.index[1], 800 * sizeof(uint32_t)) == 0xeefcf63635fa1ddd);
    arena_release(&a);
    dataset_release(&d);
}

static void shares_are_hamiltons(void **state)
{
    static const size_t have[4] = {3, 3, 3, 1};
    size_t give[4];
    (void)state;
    split_shares(5, have, 4, give); /* 1.5 1.5 1.5 0.5: the lower class first */
    assert_memory_equal(give, ((size_t[]){2, 2, 1, 0}), sizeof give);
    split_shares(10, have, 4, give);
    assert_memory_equal(give, have, sizeof give);
    split_shares(0, have, 4, give);
    assert_memory_equal(give, ((size_t[]){0, 0, 0, 0}), sizeof give);
    split_shares(9, have, 4, give); /* 2.7 2.7 2.7 0.9 */
    assert_memory_equal(give, ((size_t[]){3, 3, 2, 1}), sizeof give);
    split_shares(0, (size_t[]){0, 0}, 2, give);
    assert_memory_equal(give, ((size_t[]){0, 0}), 2 * sizeof *give);
}

static void impossible_splits_are_refused(void **state)
{
    static const struct {
        double train, validation, test;
        const char *key, *says;
    } c[] = {
        {1004, 0, 0, "data.train: ", "1004 samples asked for, dataset toy has 1003 beside validation"},
        {900, 104, 0, "data.train: ", "900 samples asked for, dataset toy has 899 beside validation"},
        {0.95, 104, 0, "data.train: ", "953 samples asked for, dataset toy has 899 beside validation"},
        {0, 1004, 0, "data.validation: ", "1004 samples asked for, dataset toy has 1003"},
        {0, 1003, 0, "data.train: ", "0 samples are left to train on"},
        {0, 1, 0, "data.train: ", "0 samples are left to train on"},
        {0.0001, 0, 0, "data.train: ", "0 samples"},
        {0, 0.0001, 0, "data.validation: ", "0 samples"},
        {0, 0, 101, "data.test: ", "101 samples asked for, dataset toy has 100"},
        {0, 0, 0.001, "data.test: ", "0 samples"},
        {-1, 0, 0, "data.train: ", "neither a fraction"},
        {0, 1.5, 0, "data.validation: ", "neither a fraction"},
        {0, 0, 0.0 / 0.0, "data.test: ", "neither a fraction"},
        {0.8, 0.3, 0, "data.validation: ", "more than the whole"},
    };
    struct dataset d = uneven();
    (void)state;
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        struct data_spec s = spec_of("optdigits", "");
        struct data_view v;
        struct arena a;
        struct err e = {0};
        arena_init(&a);
        s.train = c[i].train;
        s.validation = c[i].validation;
        s.test = c[i].test;
        assert_int_equal(data_view_init(&v, &d, &s, &a, &e), -1);
        assert_int_equal(e.code, ERR_USAGE);
        has_text(e.text, c[i].key, c[i].says);
        arena_release(&a);
    }
}

int run_split_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_are_disjoint_and_stratified),
        cmocka_unit_test(each_sample_validates_in_one_fold),
        cmocka_unit_test(rounds_divide_otherwise),
        cmocka_unit_test(folds_have_the_quantiles_of_numbers),
        cmocka_unit_test(folds_that_cannot_be_are_told),
        cmocka_unit_test(sizes_come_out_as_asked),
        cmocka_unit_test(the_whole_is_used_once),
        cmocka_unit_test(seeds_and_sizes_move_only_what_they_should),
        cmocka_unit_test(the_split_is_pinned),
        cmocka_unit_test(shares_are_hamiltons),
        cmocka_unit_test(impossible_splits_are_refused),
    };
    return cmocka_run_group_tests_name("split", tests, NULL, NULL);
}
