#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "orchestrate/growth.h"
#include "orchestrate/judges.h"

#include <math.h>

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
    assert_int_equal(plan_visit(s, ".", 0, 4, 1, note, &first, NULL, &errs), 0);
    assert_int_equal(plan_visit(s, ".", 0, 4, 8, note, &second, NULL, &errs), 0);
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
    assert_int_equal(plan_visit(s, ".", 0, 8, 1, note, &c, NULL, &errs), 0);
    assert_int_equal(c.n, 8);
    for (int i = 0; i < 8; i++)
        if (c.cost[i] / c.cost[2] < 0.96 * want[i] || c.cost[i] / c.cost[2] > 1.04 * want[i])
            fail_msg("batch %d: %.3f times as long as one of 16, expected about %.3f", i, c.cost[i] / c.cost[2],
                     want[i]);
    sweep_free(s);
    assert_int_equal(unlink(path), 0);
}

/* What is frozen goes forward alone: a front that nothing changes once for all epochs where it is kept, and in each of
 * them where samples are augmented; what is thawed later costs all from then on. */
static void what_is_frozen_costs_less(void **state)
{
    static const char text[] = "[data]\ntrain = 1600\nvalidation = 0\ntest = 16\n[sweep]\nobjective = min train_loss\n"
                               "[model]\nlayers = conv 3x3 32, relu, conv 3x3 32, relu, gap, dense 10\n"
                               "freeze = $what\nunfreeze_at = $when\nwhat = none\nwhen = 0\n"
                               "[train]\nepochs = 20\n[grid]\ndata.augment = none, shift 1\n"
                               "model.what = none, before 5\nmodel.when = 0, 11\n";
    static const double want[] = {1, 1, 1.0 / 60, 4.0 / 6, 1, 1, 1.0 / 3, 4.0 / 6};
    char path[] = "/tmp/sweep-planner-XXXXXX.ini";
    struct sweep *s = open_text(path, text);
    struct costs c = {0};
    struct err_list errs = {0};
    (void)state;
    if (plan_visit(s, ".", 0, 8, 1, note, &c, NULL, &errs))
        fail_msg("%s", errs.n ? errs.v[0].text : "no reason");
    assert_int_equal(c.n, 8);
    for (int i = 0; i < 8; i++)
        if (c.cost[i] / c.cost[0] < want[i] - 0.02 || c.cost[i] / c.cost[0] > want[i] + 0.02)
            fail_msg("point %d: %.3f of what it costs to train everything, expected about %.3f", i,
                     c.cost[i] / c.cost[0], want[i]);
    sweep_free(s);
    assert_int_equal(unlink(path), 0);
}

static int note_skip(void *ctx, const struct plan_point *p)
{
    char *skips = ctx;
    strcat(skips, p->skip ? strstr(p->skip, "batchnorm has a single value") ? "b" : "?" : "-");
    return 0;
}

/* A batchnorm of single values that is trained, or will be, leaves nothing to be seen; one that stays frozen normalizes
 * by its running statistics. */
static void a_frozen_batchnorm_may_see_single_values(void **state)
{
    static const char text[] = "[model]\nlayers = flatten, dense 8, batchnorm, relu, dense 10\nfreeze = $what\n"
                               "unfreeze_at = $when\nwhat = none\nwhen = 0\n[train]\nbatch_size = 1\nepochs = 3\n"
                               "[grid]\nmodel.what = none, 2, 1\nmodel.when = 0, 2\n";
    char path[] = "/tmp/sweep-planner-XXXXXX.ini", skips[16] = "";
    struct sweep *s = open_text(path, text);
    struct err_list errs = {0};
    (void)state;
    if (plan_visit(s, ".", 0, 6, 1, note_skip, skips, NULL, &errs))
        fail_msg("%s", errs.n ? errs.v[0].text : "no reason");
    assert_string_equal(skips, "bb-bbb");
    sweep_free(s);
    assert_int_equal(unlink(path), 0);
}

static omp_lock_t held; /* by this thread, but for the time in which a search works out a proposal */
static search_quantile *real_quantile;
static int asked_free, asked_held;

static uint64_t quantile_without_lock(void *ctx, size_t axis, uint32_t unit)
{
    int is_free = omp_test_lock(&held);
    if (is_free)
        omp_unset_lock(&held);
    asked_free += is_free;
    asked_held += !is_free;
    return real_quantile(ctx, axis, unit);
}

/* Proposals of a Gaussian process take milliseconds, in which other workers are to end their trials. */
static void proposals_are_worked_out_without_the_lock(void **state)
{
    static const char text[] = "[model]\nlayers = flatten, dense 10\n[search]\nmethod = gp\nstartup = 2\nlag = 1\n"
                               "[grid]\ntrain.lr = 1e-3..1 log\ntrain.weight_decay = 0..0.1\n";
    char path[] = "/tmp/sweep-planner-XXXXXX.ini";
    struct sweep *s = open_text(path, text);
    struct search *search = (struct search *)(uintptr_t)sweep_search(s);
    struct datasets sets = {.assume = 1};
    struct err_list errs = {0};
    struct plan_point point;
    struct planner p;
    (void)state;
    real_quantile = search->quantile;
    search->quantile = quantile_without_lock;
    omp_init_lock(&held);
    omp_set_lock(&held);
    planner_init(&p, s, &sets);
    p.lock = &held;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(planner_next(&p, &point, &errs), SEARCH_FOUND);
        assert_false(omp_test_lock(&held)); /* the caller has it again */
        search_tell(&p.history, &(struct search_result){.loss = i % 3});
    }
    assert_true(asked_free > 100 && !asked_held);
    omp_unset_lock(&held);
    omp_destroy_lock(&held);
    planner_release(&p);
    datasets_release(&sets);
    sweep_free(s);
    assert_int_equal(unlink(path), 0);
}

/* A point with an objective that is no finite number is on no front: it counts as failed, whichever it is. */
static void points_lack_no_objective(void **state)
{
    static const double value[][2] = {{0.5, 3}, {INFINITY, 3}, {-INFINITY, 3}, {0.5, -INFINITY}, {0.5, NAN}};
    struct sweep_spec spec = {.goals = 2, .maximise = 1, .goal = {{.maximise = 1}, {.maximise = 0}}};
    (void)state;
    for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
        struct point_outcome o = {.fewest = 0};
        outcome_add(&o, TRIAL_COMPLETE, value[i], 2, 1);
        const struct search_result r = outcome_result(&o, &spec);
        assert_true(i ? isinf(r.loss) && r.loss > 0 : r.loss == -0.5 && r.other[0] == 3);
    }
    struct point_outcome o = {.fewest = 0};
    spec.goals = 1;
    outcome_add(&o, TRIAL_COMPLETE, value[1], 1, 1);
    assert_true(outcome_result(&o, &spec).loss < 0); /* of one objective it is the best there can be */
}

/* A file is read once, whatever is in it, and one that is no judge keeps no memory. */
static void a_judge_that_is_refused_is_not_read_again(void **state)
{
    static const char header[] = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    static const unsigned char number[4] = {0};
    char path[] = "/tmp/sweep-judge-XXXXXX.safetensors";
    unsigned char size[8] = {sizeof header - 1};
    struct datasets sets = {.assume = 1};
    struct err e[2] = {{0}, {0}};
    uint64_t hash;
    (void)state;
    FILE *f = fdopen(mkstemps(path, 12), "w");
    assert_true(f && fwrite(size, 1, 8, f) == 8 && fwrite(header, 1, sizeof header - 1, f) == sizeof header - 1);
    assert_true(fwrite(number, 1, 4, f) == 4 && !fclose(f));
    for (int i = 0; i < 2; i++) {
        assert_null(judge_open(&sets, path, (struct shape){VECTOR, 4, 1, 1, 1}, &hash, &e[i]));
        assert_int_equal(unlink(path), i ? -1 : 0);
        assert_null(sets.start->judge_mem.chunk);
    }
    assert_true(e[0].code && e[0].code == e[1].code);
    assert_string_equal(e[0].text, e[1].text);
    datasets_release(&sets);
}

int test_planner(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(times_are_of_one_measurement),
                                              cmocka_unit_test(proposals_are_worked_out_without_the_lock),
                                              cmocka_unit_test(what_is_frozen_costs_less),
                                              cmocka_unit_test(a_frozen_batchnorm_may_see_single_values),
                                              cmocka_unit_test(blocks_that_are_not_full_cost_what_full_ones_do),
                                              cmocka_unit_test(points_lack_no_objective),
                                              cmocka_unit_test(a_judge_that_is_refused_is_not_read_again)};
    return cmocka_run_group_tests_name("planner", tests, NULL, NULL);
}
