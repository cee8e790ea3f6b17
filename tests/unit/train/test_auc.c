#include "fixture.h"

#include "base/rng.h"

#include <math.h>

/* By definition: the share of pairs (one of the class, one not) in the right order, ties counting one half. */
static double by_pairs(size_t n, const float *score, const uint8_t *truth, int class)
{
    double won = 0, pairs = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (truth[i] == class && truth[j] != class) {
                won += score[i] > score[j] ? 1 : score[i] == score[j] ? 0.5 : 0;
                pairs++;
            }
    return pairs > 0 ? won / pairs : NAN;
}

static void equals_the_definition(void **state)
{
    struct rng g;
    (void)state;
    rng_init(&g, 1, RNG_TEST, 0, 0);
    for (size_t n = 0; n < 70; n++)
        for (uint32_t levels = 1; levels < 40; levels += 6) { /* few levels: many ties */
            float score[70];
            uint8_t truth[70];
            uint32_t key[2 * 70];
            for (size_t i = 0; i < n; i++) {
                score[i] = (float)rng_below(&g, levels) / 64;
                truth[i] = (uint8_t)rng_below(&g, 3);
            }
            for (int c = 0; c < 3; c++)
                assert_close(train_auc(n, score, truth, c, key), by_pairs(n, score, truth, c), 1e-15, 0);
        }
}

static void known_values(void **state)
{
    static const float score[] = {0, -0.0f, 1e-40f, 0.5f, 1};
    static const uint8_t rising[] = {0, 0, 1, 1, 1}, falling[] = {1, 1, 1, 0, 0}, one[] = {1, 1, 1, 1, 1};
    uint32_t key[2 * 5];
    (void)state;
    assert_close(train_auc(5, score, rising, 1, key), 1, 0, 0);
    assert_close(train_auc(5, score, rising, 0, key), 0, 0, 0);
    assert_close(train_auc(5, score, falling, 1, key), 0, 0, 0);
    assert_close(train_auc(2, score, (const uint8_t[]){0, 1}, 1, key), 0.5, 0, 0); /* 0 and -0 tie */
    assert_true(isnan(train_auc(5, score, one, 1, key)));
    assert_true(isnan(train_auc(5, score, one, 0, key)));
    assert_true(isnan(train_auc(0, score, one, 0, key)));
}

int test_auc(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_definition),
        cmocka_unit_test(known_values),
    };
    return cmocka_run_group_tests_name("auc", tests, NULL, NULL);
}
