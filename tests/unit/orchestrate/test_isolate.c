/* How long an epoch may take in a process of its own: made-up trials. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "orchestrate/isolate.h"
#include "orchestrate/plan.h"
#include "orchestrate/replay.h"
#include "orchestrate/store.h"
#include "orchestrate/tally.h"

static void patience_follows_from_what_others_needed(void **state)
{
    const struct plan_kind kind[3] = {{.expected = 10}, {.expected = 20}, {.expected = 40}};
    struct trial t[4] = {{.kind = &kind[0]}, {.kind = &kind[0]}, {.kind = &kind[1]}, {.kind = &kind[2]}};
    struct trial_record failed = {.status = TRIAL_FAILED, .error = "", .timing.wall = 1e6};
    struct trial_record complete = {.status = TRIAL_COMPLETE, .error = "", .timing.wall = 100};
    struct trial_plan plan = {.trial = t, .ntrials = 4};
    memset(plan.slot, -1, sizeof plan.slot);
    struct store store = {.kept.fd = -1};
    struct tally tally = {.slowest = 0};
    struct sweep_run run = {.plan = &plan, .store = &store, .tally = &tally};
    struct err e = {0};
    (void)state;
    for (size_t i = 0; i < 4; i++)
        t[i].place = kept_place(&store.kept, 1);
    assert_int_equal(kept_open(&store.kept, ".", &e), 0);
    assert_true(isolate_patience(&run, &t[0]) == 3600); /* nothing is known */
    assert_int_equal(trial_take(&run, &t[1], &failed, &e), 0);
    assert_true(isolate_patience(&run, &t[0]) == 3600);
    assert_int_equal(trial_take(&run, &t[2], &complete, &e), 0);
    assert_true(isolate_patience(&run, &t[0]) == 1000); /* five times what was expected, and twenty times that */
    assert_true(isolate_patience(&run, &t[3]) == 4000);
    tally.slowest = 0.005;
    assert_true(isolate_patience(&run, &t[0]) == 60);
    kept_close(&store.kept);
}

int test_isolate(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(patience_follows_from_what_others_needed)};
    return cmocka_run_group_tests_name("isolate", tests, NULL, NULL);
}
