/* Counting and decoding against brute force on random small grids. */
#include "search_test.h"

#include "base/rng.h"
#include "search/diagram.h"

#include <stdlib.h>
#include <string.h>

#define AXES 6

/* A condition is a random table over the values (absent included) of the axes it looks at. */
struct random_grid {
    struct diagram_axis axis[AXES];
    int depends_on[AXES][AXES];
    uint32_t salt;
    size_t n;
};

static int table(void *ctx, size_t axis, const int64_t *value, struct err *e)
{
    const struct random_grid *g = ctx;
    uint64_t h = str_hash(STR_HASH, &g->salt, sizeof g->salt);
    (void)e;
    h = str_hash(h, &axis, sizeof axis);
    for (size_t l = 0; l < g->axis[axis].ndepends; l++)
        h = str_hash(h, &value[g->axis[axis].depends_on[l]], sizeof *value);
    return (h >> 20) % 3 != 0;
}

static void make_grid(struct random_grid *g, struct rng *r)
{
    uint32_t rank[AXES];
    memset(g, 0, sizeof *g);
    g->n = rng_below(r, AXES + 1);
    g->salt = rng_u32(r);
    for (uint32_t i = 0; i < AXES; i++)
        rank[i] = i;
    rng_shuffle(r, rank, AXES); /* conditions look at lower ranks only: no circles */
    for (size_t i = 0; i < g->n; i++) {
        struct diagram_axis *a = &g->axis[i];
        a->values = 1 + rng_below(r, 4);
        a->conditional = rng_below(r, 2) != 0;
        a->depends_on = g->depends_on[i];
        for (size_t j = 0; a->conditional && j < g->n; j++)
            if (rank[j] < rank[i] && rng_below(r, 2))
                g->depends_on[i][a->ndepends++] = (int)j;
    }
}

struct brute {
    struct random_grid *g;
    const int *order;
    int64_t value[AXES];
    int64_t (*row)[AXES];
    size_t n, cap;
};

/* Every point, in the order of the positions, by trying all. */
static void enumerate(struct brute *b, size_t pos)
{
    if (pos == b->g->n) {
        assert_true(b->n < b->cap);
        memcpy(b->row[b->n++], b->value, sizeof b->value);
        return;
    }
    int i = b->order[pos];
    const struct diagram_axis *a = &b->g->axis[i];
    if (a->conditional && !table(b->g, (size_t)i, b->value, NULL)) {
        b->value[i] = DIAGRAM_ABSENT;
        enumerate(b, pos + 1);
        return;
    }
    for (uint64_t v = 0; v < a->values; v++) {
        b->value[i] = (int64_t)v;
        enumerate(b, pos + 1);
    }
}

static void conditions_stand_behind(const struct random_grid *g, const struct diagram *got)
{
    size_t at[AXES] = {0};
    for (size_t p = 0; p < g->n; p++)
        at[got->order[p]] = p;
    for (size_t i = 0; i < g->n; i++)
        for (size_t l = 0; l < g->axis[i].ndepends; l++)
            assert_true(at[g->axis[i].depends_on[l]] < at[i]);
}

static void counts_and_points_are_those_of_brute_force(void **state)
{
    struct rng r;
    static int64_t rows[4096][AXES];
    (void)state;
    rng_init(&r, 1, RNG_TEST, 0, 0);
    for (int round = 0; round < 3000; round++) {
        struct random_grid g;
        struct diagram got;
        struct arena a;
        struct err e = {0};
        size_t culprit;
        make_grid(&g, &r);
        arena_init(&a);
        assert_int_equal(diagram_build(&got, g.axis, g.n, table, &g, &a, &culprit, &e), 0);
        conditions_stand_behind(&g, &got);
        struct brute b = {.g = &g, .order = got.order, .row = rows, .cap = 4096};
        enumerate(&b, 0);
        assert_int_equal(got.points, b.n);
        assert_close(got.approx, (double)b.n, 0, 0);
        for (size_t k = 0; k < b.n; k++) {
            int64_t value[AXES] = {0};
            diagram_decode(&got, k, value);
            for (size_t i = 0; i < g.n; i++)
                if (value[i] != rows[k][i])
                    fail_msg("round %d, point %zu, axis %zu: %d, not %d", round, k, i, (int)value[i], (int)rows[k][i]);
        }
        arena_release(&a);
    }
}

static void the_order_is_kept_where_it_can_be(void **state)
{
    static const int one[] = {3};
    static const struct diagram_axis axis[] = {
        {2, 0, NULL, 0}, {2, 1, one, 1}, {2, 0, NULL, 0}, {2, 0, NULL, 0}, {2, 0, NULL, 0}};
    static const int want[] = {0, 2, 3, 1, 4};
    struct random_grid g = {.n = 5};
    struct diagram got;
    struct arena a;
    struct err e = {0};
    size_t culprit;
    (void)state;
    memcpy(g.axis, axis, sizeof axis);
    arena_init(&a);
    assert_int_equal(diagram_build(&got, axis, 5, table, &g, &a, &culprit, &e), 0);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(got.order[i], want[i]);
    arena_release(&a);
}

static void circles_are_found(void **state)
{
    static const int to[4][1] = {{1}, {2}, {1}, {0}};
    struct diagram_axis axis[4];
    struct diagram got;
    struct arena a;
    struct err e = {0};
    size_t culprit = 99;
    (void)state;
    for (int i = 0; i < 4; i++)
        axis[i] = (struct diagram_axis){2, i == 1 || i == 2, to[i], 1};
    arena_init(&a);
    assert_int_equal(diagram_build(&got, axis, 4, table, NULL, &a, &culprit, &e), -1);
    assert_true(culprit == 1 || culprit == 2);
    arena_release(&a);
}

static int even(void *ctx, size_t axis, const int64_t *value, struct err *e)
{
    (void)ctx;
    (void)e;
    return value[axis - 1] % 2 == 0;
}

/* Conditions that look at one axis each need no more nodes than twice the axes: 40 of them are counted. */
static void chains_stay_small(void **state)
{
    int depends_on[80][1];
    struct diagram_axis axis[80];
    struct diagram got;
    struct arena a;
    struct err e = {0};
    size_t culprit;
    int64_t value[80];
    (void)state;
    for (int i = 0; i < 80; i++) {
        depends_on[i][0] = i - 1;
        axis[i] = (struct diagram_axis){i % 2 ? 3 : 1000, i % 2, depends_on[i], 1};
    }
    arena_init(&a);
    assert_int_equal(diagram_build(&got, axis, 80, even, NULL, &a, &culprit, &e), 0);
    assert_true(got.points == UINT64_MAX); /* (500 * 3 + 500) ^ 40 */
    assert_close(got.approx / 1e132, 1.099511627776, 1e-12, 0);
    diagram_decode(&got, UINT64_MAX - 1, value);
    for (int i = 1; i < 80; i += 2)
        assert_int_equal(value[i] == DIAGRAM_ABSENT, value[i - 1] % 2);
    arena_release(&a);
}

static void too_many_combinations(void **state)
{
    static const int depends_on[] = {0, 1};
    struct diagram_axis axis[] = {{5000, 0, NULL, 0}, {5000, 0, NULL, 0}, {2, 1, depends_on, 2}};
    struct random_grid g = {.n = 3};
    struct diagram got;
    struct arena a;
    struct err e = {0};
    size_t culprit;
    (void)state;
    memcpy(g.axis, axis, sizeof axis);
    arena_init(&a);
    assert_int_equal(diagram_build(&got, axis, 3, table, &g, &a, &culprit, &e), -1);
    assert_non_null(strstr(e.text, "too many combinations"));
    arena_release(&a);
}

int test_diagram(void)
{
    const struct CMUnitTest grids[] = {
        cmocka_unit_test(counts_and_points_are_those_of_brute_force),
        cmocka_unit_test(the_order_is_kept_where_it_can_be),
        cmocka_unit_test(circles_are_found),
        cmocka_unit_test(chains_stay_small),
        cmocka_unit_test(too_many_combinations),
    };
    return cmocka_run_group_tests(grids, NULL, NULL);
}
