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
        cmocka_unit_test(sizes_come_out_as_asked),
        cmocka_unit_test(the_whole_is_used_once),
        cmocka_unit_test(seeds_and_sizes_move_only_what_they_should),
        cmocka_unit_test(the_split_is_pinned),
        cmocka_unit_test(shares_are_hamiltons),
        cmocka_unit_test(impossible_splits_are_refused),
    };
    return cmocka_run_group_tests_name("split", tests, NULL, NULL);
}
