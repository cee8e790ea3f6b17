#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "orchestrate/planner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char epochs_and_units[] = "[model]\nunits = 8\nlayers = flatten, dense $units, relu\n  dense 10\n"
                                       "[grid]\nmodel.units = 8, 64\ntrain.epochs = 2, 4\n";

static struct sweep *open_text(char *path, const char *text)
{
    struct sweep *s = NULL;
    struct err_list errs = {0};
    int fd = mkstemps(path, 4);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && !close(fd));
    if (sweep_open(&s, path, NULL, 0, &errs))
        fail_msg("%s", errs.n ? errs.v[0].text : "no reason");
    return s;
}

struct costs {
    int n;
    double cost[8], seconds[8], again[8];
};

static int note(void *ctx, const struct plan_point *p)
{
    struct costs *c = ctx;
    assert_true(c->n < 8 && p->graph && !p->skip && p->bytes);
    c->cost[c->n] = planner_cost(p);
    c->seconds[c->n] = plan_seconds(p);
    c->again[c->n++] = plan_seconds(p);
    return 0;
}

/* The speed of the machine is one number for all points of all plans of a process. */
static void times_are_of_one_measurement(void **state)
{
    char path[] = "/tmp/sweep-planner-XXXXXX.ini";
    struct sweep *s = open_text(path, epochs_and_units);
    struct costs first = {0}, second = {0};
    struct err_list errs = {0};
    (void)state;
    assert_int_equal(plan_visit(s, 0, 4, 1, note, &first, NULL, &errs), 0);
    assert_int_equal(plan_visit(s, 0, 4, 8, note, &second, NULL, &errs), 0);
    assert_int_equal(first.n, 4);
    for (int i = 0; i < 4; i++) {
        assert_true(first.seconds[i] > 0 && first.cost[i] > 0);
        assert_true(first.seconds[i] == first.again[i] && first.seconds[i] == second.seconds[i]);
        assert_true(first.cost[i] == second.cost[i]);
    }
    for (int i = 0; i < 4; i += 2) { /* units 8 and 64; after the epochs there is one test */
        assert_true(first.cost[i + 1] > 1.9 * first.cost[i] && first.cost[i + 1] < 2 * first.cost[i]);
        assert_true(first.seconds[i + 1] > 1.9 * first.seconds[i] && first.seconds[i + 1] < 2 * first.seconds[i]);
    }
    assert_true(first.cost[2] > first.cost[0] && first.seconds[2] > first.seconds[0]);
    sweep_free(s);
    assert_int_equal(unlink(path), 0);
}

/* Images are computed in blocks of 16, so that 1,600 of them take as long in batches of 17 as in batches of 32 with as
 * many steps would. */
static void blocks_that_are_not_full_cost_what_full_ones_do(void **state)
{
    static const char batches[] = "[data]\ntrain = 1600\nvalidation = 0\n[sweep]\nobjective = min train_loss\n"
                                  "[model]\nlayers = conv 3x3 32, relu, conv 3x3 32, relu, gap, dense 10\n"
                                  "[train]\nepochs = 20\n[grid]\ntrain.batch_size = 1, 8, 16, 17, 32, 33, 64, 1600\n";
    static const double want[] = {16, 2, 1, 95.0 * 32 / 1600, 1, 49.0 * 48 / 1600, 1, 1}; /* of a batch of 16 */
    char path[] = "/tmp/sweep-planner-XXXXXX.ini";
    struct sweep *s = open_text(path, batches);
    struct costs c = {0};
    struct err_list errs = {0};
    (void)state;
    assert_int_equal(plan_visit(s, 0, 8, 1, note, &c, NULL, &errs), 0);
    assert_int_equal(c.n, 8);
    for (int i = 0; i < 8; i++)
        if (c.cost[i] / c.cost[2] < 0.96 * want[i] || c.cost[i] / c.cost[2] > 1.04 * want[i])
            fail_msg("batch %d: %.3f times as long as one of 16, expected about %.3f", i, c.cost[i] / c.cost[2],
                     want[i]);
    sweep_free(s);
    assert_int_equal(unlink(path), 0);
}

int test_planner(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(times_are_of_one_measurement),
                                              cmocka_unit_test(blocks_that_are_not_full_cost_what_full_ones_do)};
    return cmocka_run_group_tests_name("planner", tests, NULL, NULL);
}
