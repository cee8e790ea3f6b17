/* test_grid.c - the search for the complete part of a grid ends on every pattern of finished trials. */
#include "base/clock.h"
#include "groups.h"
#include "report/stats/design.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double some(const size_t *code, size_t repeat)
{
    return 0.5 + 0.01 * (double)code[0] + 0.003 * (double)repeat;
}

/* Row r is complete when bit r of `pattern` is set. */
static void with_pattern(const struct table *t, unsigned long pattern, struct table *out)
{
    table_init(out);
    assert_int_equal(table_columns(out, t->head, t->cols), 0);
    for (size_t r = 0; r < t->rows; r++) {
        const char *cell[24];
        for (size_t c = 0; c < t->cols; c++)
            cell[c] = t->cell[r * t->cols + c];
        if (!(pattern >> r & 1)) {
            cell[table_column(t, "status")] = "failed";
            cell[t->cols - 1] = "";
        }
        assert_int_equal(table_row(out, cell), 0);
    }
}

/* What is left is complete: as many trials as the values left of each factor and the repeats have combinations. Twice
 * the same. */
static void check_pattern(const struct table *t, unsigned long pattern, int crossed)
{
    struct table part, f;
    struct trials_view v;
    struct design g, again;
    struct arena mem;
    struct err e = {0};
    with_pattern(t, pattern, &part);
    arena_init(&mem);
    assert_int_equal(view_init(&v, &part, "max val_accuracy", &e), 0);
    assert_int_equal(design_init(&g, &v, &mem), 0);
    assert_int_equal(design_init(&again, &v, &mem), 0);
    size_t want = g.repeats;
    for (size_t i = 0; i < g.nfactors; i++)
        want *= g.factor[i].kept;
    if (g.complete && (g.n < 2 || (crossed && g.n != want)))
        fail_msg("pattern %lx: %zu trials are called complete, of %zu", pattern, g.n, want);
    if (!g.complete && !g.why)
        fail_msg("pattern %lx: not complete, and nobody says why", pattern);
    assert_int_equal(g.n, again.n);
    assert_memory_equal(g.row, again.row, g.n * sizeof *g.row);
    table_init(&f);
    assert_int_equal(report_effects(&part, "max val_accuracy", &f, &e), 0);
    table_release(&f);
    view_release(&v);
    arena_release(&mem);
    table_release(&part);
}

static void check_grid(const struct made_axis *axis, size_t naxes, size_t repeats)
{
    struct table t;
    made_trials(&t, axis, naxes, repeats, some);
    for (unsigned long pattern = 0; pattern < 1ul << t.rows; pattern++)
        check_pattern(&t, pattern, 1);
    table_release(&t);
}

static void every_pattern_of_small_grids_ends(void **state)
{
    static const struct made_axis three[] = {{"m.a", 3}, {"m.b", 3}}, cube[] = {{"m.a", 2}, {"m.b", 2}, {"t.c", 2}},
                                  two[] = {{"m.a", 2}, {"m.b", 2}};
    (void)state;
    check_grid(three, 2, 1);
    check_grid(cube, 3, 1);
    check_grid(two, 2, 2);
}

/* momentum stands inside optimizer. */
static void every_pattern_of_conditional_axes_ends(void **state)
{
    struct table t;
    struct str s = {0};
    static const char *const setting[] = {"sgd,0.9", "sgd,0.99", "adam,"};
    (void)state;
    str_add(&s, "point,repeat,seed,status,t.optimizer,t.momentum,t.lr,val_accuracy\n");
    for (int i = 0; i < 9; i++)
        str_addf(&s, "%d,1,1,complete,%s,%d,0.%d\n", i, setting[i / 3], i % 3, i + 1);
    table_of(&t, s.p);
    for (unsigned long pattern = 0; pattern < 1ul << t.rows; pattern++)
        check_pattern(&t, pattern, 0);
    table_release(&t);
    str_release(&s);
}

/* Only the diagonal of a large square is there, and gaps at every value of a long axis. */
static void large_gaps_end_soon(void **state)
{
    struct table t;
    struct str s = {0};
    struct trials_view v;
    struct design g;
    struct arena mem;
    struct err e = {0};
    (void)state;
    str_add(&s, "point,repeat,status,m.a,val_accuracy\n");
    for (int i = 0; i < 30000; i++)
        str_addf(&s, "%d,%d,complete,%d,0.5\n", i / 2, i % 2 * (i % 3) + 1, i / 2);
    table_of(&t, s.p);
    double start = clock_thread();
    arena_init(&mem);
    assert_int_equal(view_init(&v, &t, "max val_accuracy", &e), 0);
    assert_int_equal(design_init(&g, &v, &mem), 0);
    if (clock_thread() - start > 20) /* 0.3 s; room for sanitizers */
        fail_msg("%zu rows took %.1f s", t.rows, clock_thread() - start);
    view_release(&v);
    arena_release(&mem);
    table_release(&t);
    str_release(&s);
}

/* More axes than a set has room for, up to more than an int has bits: means, and no shares, with the reason. */
static void many_axes_are_refused_with_a_reason(void **state)
{
    (void)state;
    for (int axes = DESIGN_MAX; axes <= 70; axes += axes < 34 ? 1 : 36) {
        struct table t, f;
        struct str s = {0};
        struct err e = {0};
        uint32_t dice = 1; /* no two axes change together */
        str_add(&s, "point,repeat,status,");
        for (int a = 0; a < axes; a++)
            str_addf(&s, "m.a%d,", a);
        str_add(&s, "val_accuracy\n");
        for (int p = 0; p < 64; p++) {
            str_addf(&s, "%d,1,complete,", p + 1);
            for (int a = 0; a < axes; a++)
                str_addf(&s, "%u,", (dice = dice * 1103515245 + 12345) >> 16 & 1);
            str_addf(&s, "0.%d\n", p + 10);
        }
        table_of(&t, s.p);
        table_init(&f);
        assert_int_equal(report_effects(&t, "max val_accuracy", &f, &e), 0);
        assert_string_equal(table_cell(&f, row_where(&f, "kind", "value", "axis", "m.a3"), "basis"), "own");
        const char *why = table_cell(&f, row_where(&f, "kind", "note", NULL, NULL), "value");
        assert_int_equal(!strcmp(why, "no shares: there are more than 30 axes"), axes > DESIGN_MAX);
        table_release(&f);
        table_release(&t);
        str_release(&s);
    }
}

int test_grid(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pattern_of_small_grids_ends),
        cmocka_unit_test(every_pattern_of_conditional_axes_ends),
        cmocka_unit_test(large_gaps_end_soon),
        cmocka_unit_test(many_axes_are_refused_with_a_reason),
    };
    return cmocka_run_group_tests_name("grid", tests, NULL, NULL);
}
