/* How long an epoch may take in a process of its own: made-up trials. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "orchestrate/work.h"

static void patience_follows_from_what_others_needed(void **state)
{
    struct trial t[4] = {{.expected = 10}, {.expected = 10}, {.expected = 20}, {.expected = 40}};
    struct run run = {.trial = t, .ntrials = 4};
    (void)state;
    assert_true(isolate_patience(&run, &t[0]) == 3600); /* nothing is known */
    t[1].r.status = TRIAL_FAILED;
    t[1].r.timing.wall = 1e6;
    assert_true(isolate_patience(&run, &t[0]) == 3600);
    t[2].r.status = TRIAL_COMPLETE;
    t[2].r.timing.wall = 100;
    assert_true(isolate_patience(&run, &t[0]) == 1000); /* five times what was expected, and twenty times that */
    assert_true(isolate_patience(&run, &t[3]) == 4000);
    t[2].r.timing.wall = 0.1;
    assert_true(isolate_patience(&run, &t[0]) == 60);
}

int test_isolate(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(patience_follows_from_what_others_needed)};
    return cmocka_run_group_tests_name("isolate", tests, NULL, NULL);
}
