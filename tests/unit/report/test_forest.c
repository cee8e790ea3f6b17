/* Random forests over points, and what they say of the axes: against Optuna, and on functions whose shares are known.
 */
#include "base/maths.h"
#include "base/rng.h"
#include "groups.h"
#include "report/stats/fanova.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AXES = 3, MOST_LEAVES = 64 };

static char *golden_path(const char *name, char *path, size_t n)
{
    snprintf(path, n, "%s/data/%s", TEST_SOURCE_DIR, name);
    return path;
}

static FILE *golden_forest(void)
{
    char path[4096];
    FILE *f = fopen(golden_path("report_forest.txt", path, sizeof path), "r");
    assert_non_null(f);
    return f;
}

static double golden_number(FILE *f)
{
    double v;
    assert_int_equal(fscanf(f, "%lf", &v), 1);
    return v;
}

/* Trees of scikit-learn: Optuna 5.0 computes the same variances, also of pairs of axes. */
static void shares_of_a_given_forest_are_those_of_optuna(void **state)
{
    static double value[MOST_LEAVES];
    static struct forest_side box[MOST_LEAVES * AXES];
    static const struct forest_axis axis[AXES] = {{.ordered = 1}, {.ordered = 1}, {.ordered = 1}};
    const struct forest_data d = {.axes = AXES, .axis = axis};
    FILE *f = golden_forest();
    int trees = 0;
    (void)state;
    for (unsigned leaves; fscanf(f, " tree %u", &leaves) == 1; trees++) {
        const struct forest_tree t = {.leaves = leaves, .value = value, .box = box};
        double single[AXES], pair[AXES * AXES];
        struct fanova parts = {.single = single, .pair = pair};
        assert_true(leaves <= MOST_LEAVES);
        for (unsigned l = 0; l < leaves; l++) {
            value[l] = golden_number(f);
            for (struct forest_side *s = box + l * AXES; s < box + (l + 1) * AXES; s++) {
                s->lo = golden_number(f);
                s->hi = golden_number(f);
                s->width = s->hi - s->lo;
            }
        }
        assert_int_equal(fanova_of_tree(&t, &d, &parts), 0);
        for (int i = 0; i < AXES; i++)
            assert_close(single[i], golden_number(f), 1e-10, 1e-14);
        for (int i = 0; i < AXES; i++)
            for (int j = i + 1; j < AXES; j++)
                assert_close(pair[i * AXES + j], golden_number(f), 1e-9, 1e-14);
        assert_close(parts.total, golden_number(f), 1e-10, 0);
    }
    assert_int_equal(trees, 3);
    fclose(f);
}

static void forest_effects_of(struct table *t, const char *objective, struct table *out)
{
    struct err e = {0};
    table_init(out);
    assert_int_equal(report_effects(t, objective, out, &e), 0);
}

static double number_of(const struct table *f, const char *kind, const char *axis, const char *other,
                        const char *column)
{
    for (size_t r = 0; r < f->rows; r++)
        if (!strcmp(table_cell(f, r, "kind"), kind) && !strcmp(table_cell(f, r, "axis"), axis) &&
            !strcmp(table_cell(f, r, "other"), other))
            return table_number(f, r, table_column(f, column));
    fail_msg("no row %s %s %s", kind, axis, other);
    return NAN;
}

/* The axes of the tests go from 0 to 1, evenly. */
static int even_quantiles(const void *ctx, size_t row, const char *axis, double *from, double *to)
{
    const struct table *t = ctx;
    *from = *to = table_number(t, row, table_column(t, axis));
    return isnan(*from) ? -1 : 0;
}

static void draw_evenly(struct table *t)
{
    t->drawn = 1;
    t->quantiles = even_quantiles;
    t->ctx = t;
}

/* Forests are random: shares of ten of Optuna's differ by up to 0.02 among themselves. */
static void shares_of_points_are_those_of_optuna(void **state)
{
    static const char *const name[] = {"m.a", "m.b", "m.c", "m.d"};
    struct table t, f;
    struct err e = {0};
    FILE *want = golden_forest();
    char word[32] = "", path[4096];
    (void)state;
    while (strcmp(word, "shares"))
        assert_int_equal(fscanf(want, "%31s", word), 1);
    table_init(&t);
    assert_int_equal(table_read(&t, golden_path("report_forest.csv", path, sizeof path), &e), 0);
    draw_evenly(&t);
    forest_effects_of(&t, "min val_loss", &f);
    for (size_t i = 0; i < COUNT(name); i++) {
        double share = number_of(&f, "axis", name[i], "", "share");
        assert_close(share, golden_number(want), 0, 0.04);
        assert_true(number_of(&f, "axis", name[i], "", "ci95_low") <= share);
        assert_true(number_of(&f, "axis", name[i], "", "ci95_high") >= share);
    }
    assert_true(number_of(&f, "pair", "m.a", "m.b", "share") > number_of(&f, "pair", "m.a", "m.c", "share"));
    assert_true(number_of(&f, "axis", "m.a", "", "ci95_low") > number_of(&f, "axis", "m.a", "", "share_by_chance"));
    assert_true(number_of(&f, "axis", "m.d", "", "share") < number_of(&f, "axis", "m.d", "", "share_by_chance"));
    assert_true(row_where(&f, "kind", "axis", "basis", "forest") < f.rows);
    table_release(&f);
    table_release(&t);
    fclose(want);
}

static const char *note_with(const struct table *f, const char *text)
{
    for (size_t r = 0; r < f->rows; r++)
        if (!strcmp(table_cell(f, r, "kind"), "note") && strstr(table_cell(f, r, "value"), text))
            return table_cell(f, r, "value");
    return NULL;
}

/* Points of m.kind, m.x and, where the kind is a, m.y. made: the objective of one that has them. */
static void make_conditional(struct table *t, size_t points, double (*made)(int kind, double x, double y))
{
    struct str s = {0};
    struct rng r;
    rng_init(&r, 5, RNG_SEARCH, 0, 0);
    str_add(&s, "point,repeat,status,m.kind,m.x,m.y,val_loss\n");
    for (size_t p = 0; p < points; p++) {
        int kind = (int)rng_below(&r, 2);
        double x = (double)rng_float(&r), y = (double)rng_float(&r);
        str_addf(&s, "%zu,1,complete,%s,%.6f,", p + 1, kind ? "b" : "a", x);
        if (!kind)
            str_addf(&s, "%.6f", y);
        str_addf(&s, ",%.9f\n", made(kind, x, y));
    }
    assert_false(s.failed);
    table_of(t, s.p);
    str_release(&s);
}

static double of_y_alone(int kind, double x, double y)
{
    (void)x;
    return kind ? 0.5 : y;
}

/* The whole variance is that of y at kind a: half of y's own, of which a quarter is y's alone and a quarter the pair's;
 * kind alone makes nothing, and an axis that nothing depends on nothing. */
static void an_axis_that_is_not_there_does_not_matter(void **state)
{
    struct table t, f;
    (void)state;
    make_conditional(&t, 300, of_y_alone);
    draw_evenly(&t);
    forest_effects_of(&t, "min val_loss", &f);
    assert_close(number_of(&f, "axis", "m.y", "", "share"), 0.5, 0, 0.06);
    assert_close(number_of(&f, "pair", "m.kind", "m.y", "share"), 0.5, 0, 0.06);
    assert_close(number_of(&f, "axis", "m.kind", "", "share"), 0, 0, 0.02);
    assert_close(number_of(&f, "axis", "m.x", "", "share"), 0, 0, 0.02);
    assert_non_null(note_with(&f, "does not matter where a point does not have it"));
    table_release(&f);
    table_release(&t);
}

static double of_kind_and_x(int kind, double x, double y)
{
    (void)y;
    return kind + x;
}

/* Exact: the variance of a fair choice of 0 and 1 is 1/4, that of x 1/12. */
static void kinds_and_numbers_have_their_shares(void **state)
{
    struct table t, f;
    (void)state;
    make_conditional(&t, 300, of_kind_and_x);
    draw_evenly(&t);
    forest_effects_of(&t, "min val_loss", &f);
    assert_close(number_of(&f, "axis", "m.kind", "", "share"), 0.75, 0, 0.03);
    assert_close(number_of(&f, "axis", "m.x", "", "share"), 0.25, 0, 0.03);
    assert_close(number_of(&f, "pair", "m.kind", "m.x", "share"), 0, 0, 0.02);
    const char *explains = note_with(&f, "the forest explains ");
    assert_true(explains && atoi(explains + strlen("the forest explains ")) >= 90);
    table_release(&f);
    table_release(&t);
}

static double of_nothing(int kind, double x, double y)
{
    (void)kind;
    return m_sin(1e5 * x + 7e4 * y);
}

/* A forest that cannot predict says so, and no share is beyond chance. */
static void noise_is_told_as_noise(void **state)
{
    struct table t, f;
    (void)state;
    make_conditional(&t, 100, of_nothing);
    draw_evenly(&t);
    forest_effects_of(&t, "min val_loss", &f);
    assert_non_null(note_with(&f, "its shares say little"));
    for (int i = 0; i < 2; i++) {
        const char *axis = i ? "m.x" : "m.kind";
        assert_true(number_of(&f, "axis", axis, "", "ci95_low") < number_of(&f, "axis", axis, "", "share_by_chance"));
    }
    table_release(&f);
    table_release(&t);
}

/* A grid of which a third came to its end, and a third was given up, so that the largest complete part has 2 x 2 of 12
 * points: the forest counts what was given up with what it had. */
static void a_grid_with_holes_has_shares_of_a_forest(void **state)
{
    static const char *const status[] = {"complete", "pruned", "failed"};
    struct str s = {0};
    struct table t, f;
    (void)state;
    str_add(&s, "point,repeat,status,m.a,m.b,val_loss\n");
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < 6; b++)
            str_addf(&s, "%d,1,%s,%d,%d,%d\n", 6 * a + b + 1, status[(a + 2 * b) % 3], a, b, 10 * a + b);
    table_of(&t, s.p);
    for (size_t r = 0; r < t.rows; r++)
        if (!strcmp(table_cell(&t, r, "status"), "failed"))
            t.cell[r * t.cols + t.cols - 1] = "";
    forest_effects_of(&t, "min val_loss", &f);
    assert_true(number_of(&f, "axis", "m.a", "", "share") > 0.8);
    assert_close(number_of(&f, "axis", "m.a", "", "n"), 24, 0, 0);
    assert_non_null(note_with(&f, "12 trials that were given up count in the shares"));
    assert_non_null(note_with(&f, "shares are those of a random forest over 24 points"));
    table_release(&f);
    str_release(&s);
    table_release(&t);
}

/* Values of the two axes with the largest shares; what the forest expects there is what the points are made of. */
static void a_surrogate_is_what_the_points_are_made_of(void **state)
{
    struct table t, f, u;
    struct err e = {0};
    (void)state;
    make_conditional(&t, 300, of_kind_and_x);
    draw_evenly(&t);
    forest_effects_of(&t, "min val_loss", &f);
    table_init(&u);
    assert_int_equal(report_surrogate(&t, &f, "min val_loss", &u, &e), 0);
    assert_int_equal(u.rows, 2 * 24);
    for (size_t r = 0; r < u.rows; r++) {
        const double x = table_number(&u, r, table_column(&u, "other_value"));
        const int kind = *table_cell(&u, r, "value") == 'b';
        assert_string_equal(table_cell(&u, r, "axis"), "m.kind");
        assert_string_equal(table_cell(&u, r, "other"), "m.x");
        assert_close(table_number(&u, r, table_column(&u, "mean")), kind + x, 0, 0.05);
        assert_true(table_number(&u, r, table_column(&u, "spread")) < 0.05);
    }
    table_release(&u);
    table_release(&f);
    table_release(&t);
    make_conditional(&t, 7, of_kind_and_x);
    draw_evenly(&t);
    forest_effects_of(&t, "min val_loss", &f);
    table_init(&u);
    assert_int_equal(report_surrogate(&t, &f, "min val_loss", &u, &e), 0);
    assert_int_equal(u.rows, 0); /* there is no forest */
    table_release(&u);
    table_release(&f);
    table_release(&t);
}

static void few_points_have_no_shares(void **state)
{
    struct table t, f;
    (void)state;
    make_conditional(&t, 7, of_kind_and_x);
    draw_evenly(&t);
    forest_effects_of(&t, "min val_loss", &f);
    assert_non_null(note_with(&f, "no shares: the points were drawn, and too few have come to different values"));
    for (size_t r = 0; r < f.rows; r++)
        assert_string_equal(table_cell(&f, r, "share"), "");
    table_release(&f);
    table_release(&t);
}

int test_forest(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_of_a_given_forest_are_those_of_optuna),
        cmocka_unit_test(shares_of_points_are_those_of_optuna),
        cmocka_unit_test(an_axis_that_is_not_there_does_not_matter),
        cmocka_unit_test(kinds_and_numbers_have_their_shares),
        cmocka_unit_test(noise_is_told_as_noise),
        cmocka_unit_test(a_grid_with_holes_has_shares_of_a_forest),
        cmocka_unit_test(a_surrogate_is_what_the_points_are_made_of),
        cmocka_unit_test(few_points_have_no_shares),
    };
    return cmocka_run_group_tests_name("forest", tests, NULL, NULL);
}
