/* Fronts, crowding distances, volumes and choices against Optuna (tests/support/pareto_golden.py), and against what
 * they are by definition. */
#include "base/pareto.h"
#include "base/rng.h"
#include "groups.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 64

struct golden_set {
    char name[40];
    size_t n, m, members;
    double v[MOST * PARETO_VALUES], best[MOST * PARETO_VALUES], reference[PARETO_VALUES]; /* best: those of front 0 */
};

static double next_number(FILE *f)
{
    char word[64];
    if (fscanf(f, "%63s", word) != 1)
        fail_msg("the golden file ends early");
    return !strcmp(word, "inf") ? INFINITY : strtod(word, NULL);
}

/* Compares fronts, and the crowding distances within each. */
static void compare_fronts(struct golden_set *g, FILE *f)
{
    uint32_t want[MOST], front[MOST];
    double distance[MOST], own[MOST], w[MOST * PARETO_VALUES];
    for (size_t i = 0; i < g->n; i++) {
        for (size_t k = 0; k < g->m; k++)
            g->v[i * g->m + k] = next_number(f);
        want[i] = (uint32_t)next_number(f);
        distance[i] = next_number(f);
    }
    assert_int_equal(pareto_fronts(g->v, g->n, g->m, front), 0);
    for (uint32_t number = 0; number < g->n; number++) {
        size_t n = 0, at = 0;
        for (size_t i = 0; i < g->n; i++)
            if (want[i] == number)
                memcpy(w + n++ * g->m, g->v + i * g->m, g->m * sizeof *w);
        assert_int_equal(pareto_crowding(w, n, g->m, own), 0);
        for (size_t i = 0; i < g->n; i++) {
            if (front[i] != want[i])
                fail_msg("%s: point %zu is on front %u, not %u", g->name, i, front[i], want[i]);
            if (want[i] == number && !(own[at] == distance[i]))
                assert_close(own[at], distance[i], 1e-12, 0);
            at += want[i] == number;
        }
        if (!number) {
            memcpy(g->best, w, n * g->m * sizeof *w);
            g->members = n;
        }
    }
}

static void compare_volume(struct golden_set *g, FILE *f)
{
    double volume;
    for (size_t k = 0; k < g->m; k++)
        g->reference[k] = next_number(f);
    assert_int_equal(pareto_volume(g->v, g->n, g->m, g->reference, &volume), 0);
    assert_close(volume, next_number(f), 1e-12, 0);
}

static void compare_chosen(const struct golden_set *g, FILE *f)
{
    uint32_t chosen[MOST];
    char got[MOST] = {0};
    size_t k = (size_t)next_number(f);
    assert_int_equal(pareto_choose(g->best, g->members, g->m, g->reference, k, chosen), 0);
    for (size_t i = 0; i < k; i++)
        got[chosen[i]] = 1;
    for (size_t i = 0; i < k; i++) {
        size_t want = (size_t)next_number(f);
        if (!got[want])
            fail_msg("%s: of %zu the choice lacks point %zu of the front", g->name, k, want);
    }
}

static void all_is_as_optuna_has_it(void **state)
{
    static struct golden_set g;
    char word[16];
    size_t sets = 0, choices = 0;
    FILE *f = fopen(TEST_SOURCE_DIR "/data/base_pareto.txt", "r");
    (void)state;
    assert_non_null(f);
    while (fscanf(f, "%15s", word) == 1)
        if (!strcmp(word, "points")) {
            assert_int_equal(fscanf(f, "%zu %zu %39s", &g.n, &g.m, g.name), 3);
            compare_fronts(&g, f);
            sets++;
        } else if (!strcmp(word, "reference")) {
            compare_volume(&g, f);
        } else {
            assert_string_equal(word, "chosen");
            compare_chosen(&g, f);
            choices++;
        }
    fclose(f);
    assert_int_equal(sets, 17);
    assert_true(choices > sets);
}

/* A point is on a front when one of the front before dominates it and none of its own; what it adds to a volume is the
 * difference, for points before the reference point and behind it. */
static void fronts_and_gains_are_what_they_are_by_definition(void **state)
{
    struct rng r;
    (void)state;
    rng_init(&r, 1, RNG_TEST, 0, 0);
    for (int round = 0; round < 200; round++) {
        const size_t m = 1 + rng_below(&r, PARETO_VALUES), n = 1 + rng_below(&r, 12);
        const double reference[PARETO_VALUES] = {4, 4, 4, 4};
        double v[12 * PARETO_VALUES], all, without, gain;
        uint32_t front[12];
        for (size_t i = 0; i < n * m; i++)
            v[i] = rng_below(&r, 6);
        assert_int_equal(pareto_fronts(v, n, m, front), 0);
        for (size_t i = 0; i < n; i++) {
            int before = 0;
            for (size_t j = 0; j < n; j++) {
                int dominates = pareto_dominates(v + j * m, v + i * m, m);
                assert_false(dominates && front[j] >= front[i]);
                before |= dominates && front[j] + 1 == front[i];
            }
            assert_int_equal(before, front[i] > 0);
        }
        assert_int_equal(pareto_volume(v, n, m, reference, &all), 0);
        assert_int_equal(pareto_volume(v, n - 1, m, reference, &without), 0);
        assert_int_equal(pareto_gain(v + (n - 1) * m, v, n - 1, m, reference, &gain), 0);
        assert_close(gain, all - without, 0, 1e-9);
    }
}

int test_pareto(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_as_optuna_has_it),
        cmocka_unit_test(fronts_and_gains_are_what_they_are_by_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
