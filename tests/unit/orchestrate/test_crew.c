#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "orchestrate/crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define PIECES 37
#define MEMBERS 4

struct count {
    atomic_int piece[PIECES], inside[MEMBERS], bad;
};

static void count_piece(void *ctx, int i, int member)
{
    struct count *c = ctx;
    if (member < 0 || member >= MEMBERS || atomic_fetch_add(&c->inside[member], 1))
        atomic_store(&c->bad, 1);
    atomic_fetch_add(&c->piece[i], 1);
    atomic_fetch_sub(&c->inside[member], 1);
}

struct joining {
    struct crew crew;
    atomic_int over;
};

static void *join_again_and_again(void *ctx)
{
    struct joining *j = ctx;
    while (!atomic_load(&j->over))
        crew_join(&j->crew);
    return NULL;
}

/* Trials of many calls, with workers that join whenever they can: each piece once per call, no member twice at once. */
static void each_piece_once(void **state)
{
    enum { TRIALS = 20, CALLS = 50, HELPERS = MEMBERS + 1 };
    (void)state;
    struct joining j;
    struct count c;
    pthread_t helper[HELPERS];
    memset(&c, 0, sizeof c);
    atomic_init(&j.over, 0);
    assert_int_equal(crew_init(&j.crew, MEMBERS), 0);
    assert_int_equal(crew_join(&j.crew), 0); /* closed */
    for (int i = 0; i < HELPERS; i++)
        assert_int_equal(pthread_create(&helper[i], NULL, join_again_and_again, &j), 0);
    for (int t = 0; t < TRIALS; t++) {
        crew_open(&j.crew);
        for (int k = 0; k < CALLS; k++)
            team_run(&j.crew.team, k % 3 ? PIECES : k % 2, count_piece, &c);
        crew_close(&j.crew);
    }
    atomic_store(&j.over, 1);
    for (int i = 0; i < HELPERS; i++)
        pthread_join(helper[i], NULL);
    int full = TRIALS * (CALLS - (CALLS + 2) / 3), ones = TRIALS * (CALLS / 6);
    assert_int_equal(atomic_load(&c.bad), 0);
    for (int i = 0; i < PIECES; i++)
        assert_int_equal(atomic_load(&c.piece[i]), full + (i == 0 ? ones : 0));
    crew_release(&j.crew);
}

static void without_a_team_in_order(void **state)
{
    (void)state;
    struct count c;
    memset(&c, 0, sizeof c);
    team_run(NULL, PIECES, count_piece, &c);
    for (int i = 0; i < PIECES; i++)
        assert_int_equal(atomic_load(&c.piece[i]), 1);
    assert_int_equal(team_size(NULL), 1);
}

int test_crew(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_piece_once),
        cmocka_unit_test(without_a_team_in_order),
    };
    return cmocka_run_group_tests_name("crew", tests, NULL, NULL);
}
