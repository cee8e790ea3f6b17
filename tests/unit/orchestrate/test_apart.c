/* test_apart.c - processes of trials, with an attempt that is nothing but a message: what cannot be had is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mishap.h"
#include "orchestrate/apart.h"

#include <signal.h>
#include <string.h>

#define KEEPERS 2

static void begin_keeper(void *ctx)
{
    (void)ctx;
}

/* Says that it was here, and dies by the signal that was asked for. */
static void say_and_die(void *ctx, int number, const struct apart_request *q)
{
    struct apart *a = ctx;
    struct apart_message m = {.kind = APART_SAVED, .done = (int)q->trial};
    apart_send(a[number].fd, &m, sizeof m);
    if (q->trial)
        raise((int)q->trial);
}

/* An attempt of each keeper that dies by SIGKILL, and then one that ends. */
static int attempt_each(struct apart *a, uint64_t *result, struct err *e)
{
    for (int i = 0; i < 2 * KEEPERS; i++) {
        struct apart_request q = {.trial = i < KEEPERS ? SIGKILL : 0};
        struct apart_message said = {.kind = APART_ROW}, end = {.kind = APART_ROW};
        if (apart_send(a[i % KEEPERS].fd, &q, sizeof q) || apart_receive(a[i % KEEPERS].fd, &said, sizeof said))
            return err_set(e, ERR_NOMEM, "the keeper is gone");
        if (said.kind == APART_END) { /* there was no process */
            *e = said.err;
            return -1;
        }
        if (apart_receive(a[i % KEEPERS].fd, &end, sizeof end) || end.kind != APART_END || end.err.code)
            return err_set(e, ERR_USAGE, "message %d after %d", (int)end.kind, (int)said.kind);
        *result = result_of(*result, &said.done, sizeof said.done);
        *result = result_of(*result, &end.status, sizeof end.status);
    }
    return 0;
}

static int start_and_attempt(void *ctx, uint64_t *result, struct err *e)
{
    struct apart a[KEEPERS];
    (void)ctx;
    memset(a, 0, sizeof a);
    *result = 0;
    int bad = apart_start(a, KEEPERS, begin_keeper, say_and_die, a, e) || attempt_each(a, result, e);
    apart_stop(a, KEEPERS);
    return bad ? -1 : 0;
}

static void processes_that_cannot_be_had_are_told(void **state)
{
    static const enum mishap kinds[] = {MISHAP_CHILDREN, MISHAP_FILES}; /* FILES: memory that is shared is mapped */
    (void)state;
    for (size_t k = 0; k < 2; k++)
        assert_true(each_call_fails(kinds[k], &(struct trying){"attempts", start_and_attempt, NULL, ERR_NOMEM, 0}) > 0);
}

int test_apart(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(processes_that_cannot_be_had_are_told)};
    return cmocka_run_group_tests_name("apart", tests, NULL, NULL);
}
