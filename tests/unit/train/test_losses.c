/* Losses of classes and their gradients against PyTorch, which computed in double: a handful of float operations each,
 * so 2e-6 of the largest value of a row. */
#include "fixture.h"
#include "golden.h"
#include "train/task.h"

#include <math.h>
#include <string.h>

enum { LABELS = 5 };

static void check_loss(const struct golden *g, const struct kernels *k)
{
    struct train_spec s;
    _Alignas(64) float z[LABELS * LANES] = {0}, dz[LABELS * LANES];
    int32_t label[1] = {(int32_t)g->value[0]};
    float loss[1];
    double most = fabs(g->value[1]);
    const struct batch b = {.k = k, .n = 1, .label = label};
    spec_from(&s, g->settings);
    for (int c = 0; c < LABELS; c++) {
        z[c * LANES] = (float)g->value[2 + c];
        most = fmax(most, fabs(g->value[2 + LABELS + c]));
    }
    loss_types[s.loss - 1]->compute(&s, 1, &b, LABELS, z, 1, loss, dz);
    if (!is_close(loss[0], g->value[1], 0, 2e-6 * fmax(1, most)))
        fail_msg("%s (%s): %.9g, want %.9g", g->settings, k->isa, loss[0], g->value[1]);
    for (int c = 0; c < LABELS; c++) {
        if (!is_close(dz[c * LANES], g->value[2 + LABELS + c], 0, 2e-6 * most))
            fail_msg("%s (%s): dz%d is %.9g, want %.9g", g->settings, k->isa, c, dz[c * LANES],
                     g->value[2 + LABELS + c]);
        for (int lane = 1; lane < LANES; lane++)
            assert_true(dz[c * LANES + lane] == 0);
    }
}

static void losses_agree_with_torch(void **state)
{
    struct golden g;
    unsigned seen[32] = {0};
    int rows = 0;
    (void)state;
    golden_open(&g, "train_losses.csv");
    for (; golden_row(&g); rows++) {
        struct train_spec s;
        spec_from(&s, g.settings);
        seen[s.loss] = 1;
        assert_int_equal(g.values, 2 + 2 * LABELS);
        for (size_t i = 0; kernels_level(i); i++)
            if (kernels_pick(kernels_level(i)))
                check_loss(&g, kernels_pick(kernels_level(i)));
    }
    golden_close(&g);
    assert_true(rows > 20);
    for (size_t t = 0; task_types[0]->losses[t]; t++)
        for (size_t l = 0; loss_types[l]; l++)
            if (loss_types[l] == task_types[0]->losses[t] && !seen[l + 1])
                fail_msg("no golden values of %s", loss_types[l]->name);
}

/* What is measured on the test split is the loss that is trained, not what its shares are computed with. */
static void the_loss_of_the_test_is_that_of_the_training(void **state)
{
    static const char *const word[] = {"cross_entropy", "focal", "hinge", "bce"};
    (void)state;
    for (size_t i = 0; i < COUNT(word); i++) {
        struct fixture f;
        struct arena a;
        struct train_result out;
        char settings[64];
        float v[METRICS];
        snprintf(settings, sizeof settings, "loss=%s epochs=1 select=last", word[i]);
        fixture_init(&f, "flatten, dense 4", settings, 48, 0, 24);
        struct training *r = fixture_run(&f, &a);
        epoch_ok(r);
        train_finish(r, &out);
        train_measure(r, DATA_TEST, 0, v);
        assert_true(v[METRIC_LOSS] > 0 && out.metric[metric_on(DATA_TEST, METRIC_LOSS)] == v[METRIC_LOSS]);
        arena_release(&a);
        fixture_release(&f);
    }
}

int test_losses(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_agree_with_torch),
        cmocka_unit_test(the_loss_of_the_test_is_that_of_the_training),
    };
    return cmocka_run_group_tests_name("losses", tests, NULL, NULL);
}
