/* Which trial is next: a made-up run, and workers that take trials from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "orchestrate/limits.h"
#include "orchestrate/plan.h"
#include "orchestrate/queue.h"
#include "orchestrate/ranking.h"
#include "orchestrate/tally.h"
#include "orchestrate/workers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };

struct made {
    struct sweep_run run;
    struct trial_plan plan;
    struct queue queue;
    struct limits limits;
    struct tally tally;
    struct workers workers;
    struct sweep_spec spec;
    struct run_options o;
    struct trial trial[MOST];
    float metric[MOST]; /* the first row of train_metrics alone */
    struct plan_kind kind[MOST];
    struct planned_point point;
};

static void make(struct made *m, int jobs, const double *expected, const size_t *bytes, size_t n)
{
    struct err e = {0};
    memset(m, 0, sizeof *m);
    m->plan = (struct trial_plan){.trial = m->trial, .ntrials = n, .metric = m->metric, .measured = 1};
    memset(m->plan.slot + 1, -1, sizeof m->plan.slot - 1);
    m->queue.bytes_free = INFINITY;
    m->workers.jobs = jobs;
    m->run = (struct sweep_run){.spec = &m->spec,
                                .o = &m->o,
                                .plan = &m->plan,
                                .queue = &m->queue,
                                .limits = &m->limits,
                                .tally = &m->tally,
                                .workers = &m->workers};
    omp_init_lock(&m->run.lock);
    for (size_t i = 0; i < n; i++) {
        m->kind[i] = (struct plan_kind){.expected = expected[i], .bytes = bytes[i], .epochs = 1};
        m->trial[i] = (struct trial){.kind = &m->kind[i], .r.error = ""};
    }
    assert_int_equal(order_trials(&m->run, &e), 0);
}

static void unmake(struct made *m)
{
    free(m->queue.order);
    omp_destroy_lock(&m->run.lock);
}

/* Workers finish in the order they began; the most memory that trials held at the same time. */
static size_t peak(struct made *m, int jobs, size_t order[MOST])
{
    size_t held = 0, most = 0, n = 0, first = 0;
    for (;;) {
        size_t i;
        int found = n - first < (size_t)jobs ? next_trial(&m->run, &i) : QUEUE_EMPTY;
        if (found != QUEUE_TRIAL && first == n)
            return most;
        if (found != QUEUE_TRIAL) {
            held -= m->trial[order[first]].kind->bytes;
            end_trial(&m->run, order[first++]);
            continue;
        }
        order[n++] = i;
        held += m->trial[i].kind->bytes;
        most = held > most ? held : most;
    }
}

static void assert_each_once(const size_t *order, size_t n)
{
    int seen[MOST] = {0};
    for (size_t i = 0; i < n; i++)
        assert_true(order[i] < n && !seen[order[i]]++);
}

static void large_trials_run_beside_small_ones(void **state)
{
    static const size_t bytes[12] = {16, 29, 54, 16, 29, 54, 15, 26, 49, 15, 26, 49};
    double expected[12];
    size_t order[MOST];
    struct made m;
    (void)state;
    for (int i = 0; i < 12; i++)
        expected[i] = i < 6 ? 2.5 : 2;
    make(&m, 2, expected, bytes, 12);
    assert_in_range(peak(&m, 2, order), 54 + 16, 54 + 29);
    assert_each_once(order, 12);
    assert_true(m.queue.bytes_in_use == 0 && !m.queue.running);
    unmake(&m);
    make(&m, 1, expected, bytes, 12);
    assert_int_equal(peak(&m, 1, order), 54);
    assert_each_once(order, 12);
    unmake(&m);
    make(&m, 12, expected, bytes, 12); /* all at once: nothing to choose */
    assert_int_equal(peak(&m, 12, order), 378);
    unmake(&m);
}

static void workers_wait_for_memory(void **state)
{
    static const size_t bytes[8] = {60, 60, 60, 20, 20, 20, 60, 60};
    static const double expected[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    size_t order[MOST], i;
    struct made m;
    (void)state;
    make(&m, 4, expected, bytes, 8);
    m.queue.bytes_free = 120; /* a third is to spare: for 60 and 20, not for 60 twice */
    assert_int_equal(peak(&m, 4, order), 80);
    assert_each_once(order, 8);
    unmake(&m);
    make(&m, 4, expected, bytes, 3);
    m.queue.bytes_free = 70;
    assert_int_equal(next_trial(&m.run, &i), QUEUE_TRIAL);
    assert_int_equal(next_trial(&m.run, &i), QUEUE_NO_ROOM);
    end_trial(&m.run, i);
    assert_int_equal(next_trial(&m.run, &i), QUEUE_TRIAL);
    m.queue.bytes_free = 50; /* never: they need not wait to fail */
    assert_int_equal(next_trial(&m.run, &i), QUEUE_TRIAL);
    assert_int_equal(next_trial(&m.run, &i), QUEUE_EMPTY);
    unmake(&m);
}

static void long_trials_come_first(void **state)
{
    static const double expected[6] = {1, 3, 2, 3, 1, 2};
    static const size_t bytes[6] = {1, 90, 1, 1, 90, 90}, equal[6] = {7, 7, 7, 7, 7, 7};
    static const size_t in_order[6] = {1, 3, 2, 5, 0, 4};
    size_t order[MOST];
    struct made m;
    (void)state;
    make(&m, 2, expected, bytes, 6);
    peak(&m, 2, order);
    for (int i = 0; i < 6; i++)
        assert_true(expected[order[i]] == expected[in_order[i]]);
    unmake(&m);
    make(&m, 2, expected, equal, 6); /* in the plan's order when nothing tells them apart */
    peak(&m, 2, order);
    assert_memory_equal(order, in_order, sizeof in_order);
    unmake(&m);
}

/* Workers that finish at random; how many trials count in the end. */
static size_t end_of(struct made *m, size_t jobs, const double *value, unsigned seed)
{
    size_t running[MOST], n = 0;
    for (;;) {
        for (size_t i; n < jobs && next_trial(&m->run, &i) > 0;)
            running[n++] = i;
        if (!n)
            break;
        size_t at = rand_r(&seed) % n, i = running[at];
        running[at] = running[--n];
        end_trial(&m->run, i);
        if (i >= m->limits.end)
            continue;
        m->trial[i].r.status = value[i] < 0 ? TRIAL_FAILED : TRIAL_COMPLETE;
        m->metric[i] = (float)value[i];
        m->tally.count[TRIAL_OPEN]--;
        m->tally.count[m->trial[i].r.status]++;
        note_best(&m->run, i);
        check_stagnation(&m->run);
    }
    return m->limits.end;
}

/* The 4th is the best; 6th failed; 3 in a row are no better at the 7th, or at the 4th when the first is the best. */
static void stagnation_follows_the_plan(void **state)
{
    static const double value[12] = {3, 1, 2, 4, 4, -1, 0, 9, 9, 9, 9, 9},
                        flat[12] = {5, 1, 2, 4, 9, 9, 9, 9, 9, 9, 9, 9};
    static const double none[12] = {-1, -1, -1, -1, 9, 9, 9, 9, 9, 9, 9, 9},
                        last[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 8};
    static const struct {
        const double *value;
        size_t end, best;
    } row[] = {{value, 7, 3}, {flat, 4, 0}, {none, 3, SIZE_MAX}, {last, 12, 8}};
    double expected[12];
    size_t bytes[12];
    (void)state;
    for (size_t i = 0; i < 12; i++) {
        expected[i] = (double)(i * 7 % 5); /* not in this order */
        bytes[i] = i * 5 % 7;
    }
    for (size_t r = 0; r < sizeof row / sizeof row[0]; r++)
        for (unsigned seed = 0; seed < 100; seed++) {
            struct made m;
            make(&m, 4, expected, bytes, 12);
            m.spec.stop_stagnation = 3;
            m.spec.maximise = 1;
            free(m.queue.order);
            memset(m.tally.count, 0, sizeof m.tally.count);
            struct err e = {0};
            assert_int_equal(order_trials(&m.run, &e), 0);
            assert_int_equal(end_of(&m, 1 + seed % 5, row[r].value, seed), row[r].end);
            assert_int_equal(m.tally.best, row[r].best);
            assert_int_equal(m.tally.count[TRIAL_OPEN], 12 - row[r].end);
            for (size_t i = 0; i < 12; i++)
                assert_int_equal(m.trial[i].r.status == TRIAL_OPEN, i >= row[r].end);
            unmake(&m);
        }
}

int test_queue(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_trials_run_beside_small_ones), cmocka_unit_test(workers_wait_for_memory),
        cmocka_unit_test(long_trials_come_first), cmocka_unit_test(stagnation_follows_the_plan)};
    return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
