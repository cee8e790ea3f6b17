/* What each method proposes: its distribution, against SciPy (tests/support/search_golden.py), and that it is a
 * function of the seed, the number and what was proposed before. */
#include "search_test.h"

#include "base/rng.h"
#include "search/gaussian.h"
#include "search/objectives.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number of the value is the quantile itself; of axes with few values, evenly. */
static uint64_t even(void *ctx, size_t axis, uint32_t unit)
{
    const struct search *s = ctx;
    return unit * s->axis[axis].values >> 32;
}

/* An axis is there when the one before it has an even number. */
static int when_even(void *ctx, size_t axis, const int64_t *value, struct err *e)
{
    (void)ctx;
    (void)e;
    return value[axis - 1] != SEARCH_ABSENT && value[axis - 1] % 2 == 0;
}

static struct arena mem;
static size_t others; /* objectives after the first of the searches that are made */

static const struct search_type *method(const char *name)
{
    size_t m = 0;
    while (search_types[m] && strcmp(search_types[m]->name, name))
        m++;
    assert_non_null(search_types[m]);
    return search_types[m];
}

static struct search *make_search(const struct search_type *type, const struct diagram_axis *axis, size_t axes,
                                  int trials, uint64_t seed)
{
    struct search *s = arena_take(&mem, sizeof *s);
    struct err e = {0};
    size_t culprit;
    *s = (struct search){.type = type,
                         .args = {.trials = trials, .lag = 8, .startup = 10, .candidates = 24},
                         .seed = seed,
                         .others = others,
                         .axes = axes,
                         .axis = axis,
                         .holds = when_even,
                         .quantile = even,
                         .ctx = s};
    if (search_init(s, &mem, &culprit, &e))
        fail_msg("%s", e.text);
    return s;
}

#define MANY 8
static struct diagram_axis continuous[MANY];

static int one_objective(void **state)
{
    (void)state;
    others = 0;
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&mem);
    for (size_t i = 0; i < MANY; i++)
        continuous[i] = (struct diagram_axis){.values = SEARCH_STEPS};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&mem);
    return 0;
}

/* The next proposal; a method that listens is told results as soon as it waits for them: how far each point is from 0.3
 * along all axes, or of a second objective from 0.7, and of those at one end of the first that they failed. */
static int next_proposal(const struct search *s, struct search_history *h, struct proposal *at, struct err *e)
{
    int end;
    while ((end = search_next(s, h, at, e)) == SEARCH_WAITS) {
        struct search_result r = {.loss = h->unit[h->told * s->axes] > 0.9 ? INFINITY : 0};
        for (size_t k = 0; k < s->axes && r.loss < INFINITY; k++) {
            double unit = h->unit[h->told * s->axes + k];
            r.loss += unit == unit ? (unit - 0.3) * (unit - 0.3) : 0.1;
            r.other[0] += unit == unit ? (unit - 0.7) * (unit - 0.7) : 0.1;
        }
        search_tell(h, &r);
    }
    if (!end && s->type->listens)
        assert_int_equal(search_accept(s, h, at, e), 0);
    return end;
}

/* x[n][d] in [0, 1). */
static void draw_units(const struct search_type *type, size_t d, int n, uint64_t seed, double *x)
{
    const struct search *s = make_search(type, continuous, d, n, seed);
    struct search_history h = {0};
    struct proposal at;
    struct err e = {0};
    for (int i = 0; i < n; i++) {
        assert_int_equal(next_proposal(s, &h, &at, &e), 0);
        for (size_t k = 0; k < d; k++)
            x[(size_t)i * d + k] = ((double)at.value[k] + 0.5) * 0x1p-32;
    }
    search_forget(&h);
}

/* Centred discrepancy, squared (Hickernell 1998). */
static double discrepancy(const double *x, size_t n, size_t d)
{
    double one = 0, two = 0;
    for (size_t i = 0; i < n; i++) {
        double product = 1;
        for (size_t k = 0; k < d; k++) {
            double a = fabs(x[i * d + k] - 0.5);
            product *= 1 + 0.5 * a - 0.5 * a * a;
        }
        one += product;
        for (size_t j = 0; j < n; j++) {
            product = 1;
            for (size_t k = 0; k < d; k++)
                product *= 1 + 0.5 * fabs(x[i * d + k] - 0.5) + 0.5 * fabs(x[j * d + k] - 0.5) -
                           0.5 * fabs(x[i * d + k] - x[j * d + k]);
            two += product;
        }
    }
    double m = (double)n;
    return pow(13.0 / 12, (double)d) - 2 / m * one + two / (m * m);
}

/* Calls row() for each line of the golden file with this first word. */
static size_t golden_rows(const char *word, void (*row)(const double *v))
{
    char line[256], name[64];
    size_t rows = 0;
    FILE *f = fopen(TEST_SOURCE_DIR "/data/search.csv", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        double v[3];
        if (sscanf(line, "%63[^,],%lf,%lf,%lf", name, &v[0], &v[1], &v[2]) != 4 || strcmp(name, word) != 0)
            continue;
        row(v);
        rows++;
    }
    fclose(f);
    return rows;
}

static void one_sobol(const double *v)
{
    uint32_t got = sobol_point((uint64_t)v[1], (size_t)v[0]);
    if (got != v[2])
        fail_msg("point %g of dimension %g is %u, SciPy has %.0f", v[1], v[0], got, v[2]);
}

static void sobol_points_are_those_of_scipy_in_all_dimensions(void **state)
{
    (void)state;
    assert_int_equal(golden_rows("sobol", one_sobol), 6 * SEARCH_AXES);
}

static void one_discrepancy(const double *v)
{
    static double x[256 * MANY];
    size_t d = (size_t)v[0], n = (size_t)v[1];
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < d; k++)
            x[i * d + k] = sobol_point(i, k) * 0x1p-32;
    assert_close(discrepancy(x, n, d), v[2], 1e-9, 1e-14);
}

static const struct search_type *compared;

/* Means over seeds of two programs differ by chance: by more than this in none of the golden cases. */
static void one_mean(const double *v)
{
    enum { SEEDS = 100 };
    static double x[256 * MANY];
    size_t d = (size_t)v[0], n = (size_t)v[1];
    double sum = 0;
    for (uint64_t seed = 0; seed < (n > 100 ? SEEDS / 4 : SEEDS); seed++) {
        draw_units(compared, d, (int)n, seed, x);
        sum += discrepancy(x, n, d);
    }
    assert_close(sum / (n > 100 ? SEEDS / 4 : SEEDS), v[2], 0.2, 0);
}

static void discrepancies_are_those_of_scipys_methods(void **state)
{
    (void)state;
    assert_int_equal(golden_rows("centred", one_discrepancy), 9);
    compared = method("random");
    assert_int_equal(golden_rows("random", one_mean), 6);
    compared = method("latin");
    assert_int_equal(golden_rows("latin", one_mean), 6);
    compared = method("sobol");
    assert_int_equal(golden_rows("sobol_scrambled", one_mean), 6);
}

/* Of n points each is alone in one of n equal parts of every axis. */
static void expect_one_in_each_part(const double *x, size_t n, size_t d)
{
    char *met = arena_take(&mem, n);
    for (size_t k = 0; k < d; k++) {
        memset(met, 0, n);
        for (size_t i = 0; i < n; i++)
            met[(size_t)(x[i * d + k] * (double)n)]++;
        for (size_t i = 0; i < n; i++)
            assert_int_equal(met[i], 1);
    }
}

static void latin_and_sobol_have_a_point_in_each_part_of_every_axis(void **state)
{
    static double x[1000 * MANY];
    static const int size[] = {1, 2, 3, 7, 20, 64, 1000};
    (void)state;
    for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
        draw_units(method("latin"), MANY, size[i], 5, x);
        expect_one_in_each_part(x, (size_t)size[i], MANY);
    }
    for (int n = 1; n <= 512; n *= 2) {
        draw_units(method("sobol"), MANY, n, 5, x);
        expect_one_in_each_part(x, (size_t)n, MANY);
    }
}

/* Scrambled, the first two axes stay a (0, m, 2)-net: one of 2^m points in each box of volume 2^-m. */
static void scrambled_sobol_is_a_net(void **state)
{
    enum { M = 8, N = 1 << M };
    static double x[N * 2];
    (void)state;
    draw_units(method("sobol"), 2, N, 77, x);
    for (int across = 0; across <= M; across++) {
        char met[N] = {0};
        for (int i = 0; i < N; i++) {
            int left = (int)(x[2 * i] * (1 << across)), up = (int)(x[2 * i + 1] * (1 << (M - across)));
            met[left << (M - across) | up]++;
        }
        for (int i = 0; i < N; i++)
            assert_int_equal(met[i], 1);
    }
}

/* Owen's scrambling is no shift: how far two points are from each other depends on the seed. */
static void scrambling_is_no_shift(void **state)
{
    double x[16], y[16];
    (void)state;
    draw_units(method("sobol"), 1, 16, 1, x);
    draw_units(method("sobol"), 1, 16, 2, y);
    int other = 0;
    for (int i = 1; i < 16; i++)
        other += ((uint32_t)(x[i] * 0x1p32) ^ (uint32_t)(x[0] * 0x1p32)) !=
                 ((uint32_t)(y[i] * 0x1p32) ^ (uint32_t)(y[0] * 0x1p32));
    assert_int_equal(other, 15);
}

/* Chi squared of 64 boxes of two axes, 99.99 % at 63 degrees of freedom. */
static void random_fills_boxes_evenly(void **state)
{
    enum { N = 6400 };
    static double x[N * 2];
    double box[64] = {0}, chi = 0;
    (void)state;
    draw_units(method("random"), 2, N, 3, x);
    for (int i = 0; i < N; i++)
        box[(int)(x[2 * i] * 8) * 8 + (int)(x[2 * i + 1] * 8)]++;
    for (int b = 0; b < 64; b++)
        chi += (box[b] - 100) * (box[b] - 100) / 100;
    assert_true(chi > 25 && chi < 113.5);
}

/* Axes of 3 and 4 values, of which the second is there for 0 and 2, and one of 2 under that: 2 * (2 * 2 + 2) + 1
 * points. */
static const int looks[][1] = {{0}, {1}};
static const struct diagram_axis small[] = {{.values = 3},
                                            {.values = 4, .conditional = 1, .depends_on = looks[0], .ndepends = 1},
                                            {.values = 2, .conditional = 1, .depends_on = looks[1], .ndepends = 1}};
enum { SMALL_POINTS = 13 };

static void use_up_small_space(void)
{
    for (size_t m = 0; search_types[m]; m++) {
        const struct search *s = make_search(search_types[m], small, 3, 1000, 9);
        struct search_history h = {0};
        struct keymap met = {0};
        struct proposal at;
        struct err e = {0};
        int n = 0;
        for (; !next_proposal(s, &h, &at, &e); n++) {
            uint64_t hash = str_hash(STR_HASH, at.value, 3 * sizeof *at.value);
            assert_true(keymap_get(&met, hash) == KEYMAP_NONE);
            keymap_put(&met, hash, 1);
            assert_int_equal(at.value[1] != SEARCH_ABSENT, at.value[0] % 2 == 0);
            assert_int_equal(at.value[2] != SEARCH_ABSENT, at.value[1] != SEARCH_ABSENT && at.value[1] % 2 == 0);
        }
        assert_int_equal(n, SMALL_POINTS);
        assert_int_equal(search_size(s), SMALL_POINTS);
        assert_int_equal(e.code, 0);
        search_forget(&h);
        keymap_release(&met);
    }
}

static void a_small_space_is_used_up_without_repetition(void **state)
{
    (void)state;
    for (others = 0; others < 2; others++)
        use_up_small_space();
}

/* More trials are the same first ones and some more, but for latin, whose parts are as many as there are trials;
 * another seed is other points. */
static void proposals_depend_on_the_seed_and_the_number(void **state)
{
    static double x[24 * 3], longer[32 * 3], other[24 * 3];
    (void)state;
    for (size_t m = 0; search_types[m]; m++) {
        if (!search_types[m]->draws)
            continue;
        draw_units(search_types[m], 3, 24, 1, x);
        draw_units(search_types[m], 3, 32, 1, longer);
        draw_units(search_types[m], 3, 24, 2, other);
        assert_int_equal(memcmp(x, longer, sizeof x) == 0, search_types[m] != method("latin"));
        assert_true(memcmp(x, other, sizeof x) != 0);
        draw_units(search_types[m], 3, 24, 1, other);
        assert_memory_equal(x, other, sizeof x);
    }
}

/* The points that are known to have been drawn so: another result is another sweep under an old name. */
static void draws_are_those_of_the_first_version(void **state)
{
    static const double first[][3] = {
        {0.00827601773199, 0.674525776529, 0.972063854919}, {0.0243747391505, 0.178430353175, 0.961134942831},
        {0.199726847582, 0.0473541013198, 0.756189444917},  {0.00827601773199, 0.674525776529, 0.972063854919},
        {0.00827601773199, 0.674525776529, 0.972063854919}, {0.00827601773199, 0.674525776529, 0.972063854919}};
    double x[3];
    size_t row = 0;
    (void)state;
    for (size_t m = 0; search_types[m]; m++)
        if (search_types[m]->draws) {
            draw_units(search_types[m], 3, 1, 1, x);
            for (size_t k = 0; k < 3; k++)
                assert_close(x[k], first[row][k], 1e-9, 0);
            row++;
        }
}

/* A search that listens knows of point k - lag, not of the one after it: another result there changes the next proposal
 * only when it may be known. */
static void look_at_what_may_be_known(void)
{
    enum { POINTS = 30 };
    for (size_t m = 0; search_types[m]; m++) {
        if (!search_types[m]->listens)
            continue;
        struct search *s = make_search(search_types[m], continuous, 3, POINTS, 4);
        for (size_t other = 20; other < 22; other++) {
            struct search_history h[2] = {{0}, {0}};
            struct proposal at[2];
            struct err e = {0};
            for (int way = 0; way < 2; way++)
                for (size_t k = 0; k <= 28; k++) {
                    while (h[way].told < h[way].points) { /* all there are, many of which it must not know yet */
                        struct search_result r = {.loss = (double)(h[way].told * 7 % 31),
                                                  .other = {h[way].told * 3 % 31}};
                        if (way && h[way].told == other)
                            *(others ? r.other : &r.loss) = -1000;
                        search_tell(&h[way], &r);
                    }
                    assert_int_equal(search_next(s, &h[way], &at[way], &e), SEARCH_FOUND);
                    assert_int_equal(search_accept(s, &h[way], &at[way], &e), 0);
                }
            int same = !memcmp(h[0].value, h[1].value, 28 * 3 * sizeof *h[0].value), last = !memcmp(&at[0], &at[1], 24);
            if (!same ||
                last != (other != 20)) /* up to point 27, which knows of 0 .. 19; 28 knows of 20 and not of 21 */
                fail_msg("%s with %zu objectives: another result of point %zu leads to the same point: %d, %d",
                         search_types[m]->name, others + 1, other, same, last);
            search_forget(&h[0]);
            search_forget(&h[1]);
        }
    }
}

static void proposals_follow_from_the_results_that_they_may_know(void **state)
{
    (void)state;
    for (others = 0; others < 2; others++)
        look_at_what_may_be_known();
}

/* What is drawn after an earlier sweep of the same seed is none of its points, nor one that it has left out, and is
 * always the same; that sweep may itself have known one of as many points. */
static void an_earlier_sweep_is_not_drawn_again(void **state)
{
    enum { POINTS = 12 };
    static struct search_earlier known[3][POINTS], again[POINTS];
    struct err e = {0};
    (void)state;
    for (size_t m = 0; search_types[m]; m++) {
        if (!search_types[m]->listens)
            continue;
        for (int way = 0; way < 4; way++) {
            struct search *s = make_search(search_types[m], continuous, 3, POINTS, 4);
            struct search_history h = {0};
            s->args.startup = 100;
            s->earlier = way ? known[way == 3 ? 1 : way - 1] : NULL;
            s->nearlier = way ? POINTS / 2 : 0; /* of which the others cannot be trained */
            for (size_t k = 0; k < POINTS; k++)
                assert_int_equal(search_next(s, &h, &(way == 3 ? again : known[way])[k].at, &e), SEARCH_FOUND);
            search_forget(&h);
        }
        for (size_t k = 0; k < POINTS; k++) {
            assert_memory_equal(again[k].at.value, known[2][k].at.value, 3 * sizeof(int64_t));
            for (size_t i = 0; i < POINTS; i++)
                for (int way = 0; way < 2; way++)
                    assert_memory_not_equal(known[way][i].at.value, known[2][k].at.value, 3 * sizeof(int64_t));
            assert_memory_not_equal(known[0][k].at.value, known[1][k].at.value, 3 * sizeof(int64_t));
        }
    }
}

/* Two thirds of the distance to the optimum of 4 axes that as many random points have, over the seeds. */
static void methods_that_listen_find_better_points(void **state)
{
    enum { SEEDS = 6, POINTS = 100 };
    static double x[POINTS * 4];
    double random = 0, listening = 0;
    (void)state;
    for (size_t m = 0; search_types[m]; m++) {
        if (!search_types[m]->listens)
            continue;
        const int points = search_types[m] == method("gp") ? 40 : POINTS; /* which takes the longest */
        random = listening = 0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++)
            for (int way = 0; way < 2; way++) {
                double best = HUGE_VAL;
                draw_units(way ? search_types[m] : method("random"), 4, points, seed, x);
                for (int i = 0; i < points; i++) {
                    double loss = 0;
                    for (int k = 0; k < 4; k++)
                        loss += (x[4 * i + k] - 0.3) * (x[4 * i + k] - 0.3);
                    best = fmin(best, sqrt(loss));
                }
                *(way ? &listening : &random) += best;
            }
        if (!(listening < 0.67 * random))
            fail_msg("%s ends at %g, random at %g", search_types[m]->name, listening / SEEDS, random / SEEDS);
    }
}

/* Of two objectives, squared distances to two places along each of 3 axes: the volume that is not covered and could be.
 */
static double volume_missed(const double *x, size_t n, size_t d)
{
    const double reference[] = {1, 1};
    double *v = arena_take(&mem, n * 2 * sizeof *v), volume;
    for (size_t i = 0; i < n * d; i++) {
        v[i / d * 2] += (x[i] - 0.3) * (x[i] - 0.3);
        v[i / d * 2 + 1] += (x[i] - 0.7) * (x[i] - 0.7);
    }
    assert_int_equal(pareto_volume(v, n, 2, reference, &volume), 0);
    return 1 - 18 * pow(0.4, 4) / 12 - volume; /* the front is on the way between the two places */
}

static void methods_that_listen_find_better_fronts(void **state)
{
    enum { SEEDS = 4, POINTS = 100, AXES = 3 };
    static double x[POINTS * AXES];
    (void)state;
    others = 1;
    for (size_t m = 0; search_types[m]; m++) {
        const int points = search_types[m] == method("gp") ? 30 : POINTS;
        double random = 0, listening = 0;
        for (uint64_t seed = 1; search_types[m]->listens && seed <= SEEDS; seed++)
            for (int way = 0; way < 2; way++) {
                draw_units(way ? search_types[m] : method("random"), AXES, points, seed, x);
                *(way ? &listening : &random) += volume_missed(x, (size_t)points, AXES) / SEEDS;
            }
        if (search_types[m]->listens && !(listening < 0.85 * random))
            fail_msg("%s misses %g of the volume, random %g", search_types[m]->name, listening, random);
    }
}

/* Points on a line, all on one front: NSGA-II takes its ends first, then what has most room around it; MOTPE what
 * covers most; and points that failed are never taken. */
static void fronts_are_cut_as_the_methods_have_it(void **state)
{
    static const double loss[][2] = {{0, 1}, {0.1, 0.9}, {INFINITY, 0}, {0.5, 0.5}, {1, 0}, {0.6, 0.6}, {2, 2}};
    enum { POINTS = sizeof loss / sizeof *loss };
    uint32_t by_crowding[POINTS], by_volume[POINTS];
    struct search_history h = {0};
    struct proposal at;
    struct err e = {0};
    size_t n;
    (void)state;
    others = 1;
    struct search *s = make_search(method("evolution"), continuous, 1, 100, 1);
    for (size_t i = 0; i <= POINTS + 8; i++)
        assert_int_equal(next_proposal(s, &h, &at, &e), 0);
    for (size_t i = 0; i < POINTS; i++)
        h.result[i] = (struct search_result){.loss = loss[i][0], .other = {loss[i][1]}};
    h.told = POINTS;
    assert_int_equal(best_by_crowding(s, &h, 6, by_crowding, &n), 0);
    assert_int_equal(n, 6);
    assert_memory_equal(by_crowding, ((const uint32_t[]){0, 4, 3, 1, 5, 6}), 6 * sizeof *by_crowding);
    assert_int_equal(best_by_crowding(s, &h, 3, by_crowding, &n), 0);
    assert_memory_equal(by_crowding, ((const uint32_t[]){0, 4, 3}), 3 * sizeof *by_crowding);
    assert_int_equal(best_by_volume(s, &h, 3, by_volume, &n), 0);
    assert_int_equal(n, 3);
    assert_int_equal(by_volume[0], 3); /* 0.6 * 0.6 of the box that ends at (1.1, 1.1) */
    assert_int_equal(best_by_volume(s, &h, POINTS, by_volume, &n), 0);
    assert_int_equal(n, POINTS - 1);
    search_forget(&h);
}

/* A process that has seen a smooth function predicts it between the points, and knows where it has not looked. */
static void a_process_predicts_what_it_has_not_seen(void **state)
{
    enum { N = 40 };
    const struct search *s = make_search(method("gp"), continuous, 2, N, 1);
    static double units[N * 2];
    struct gp g;
    struct gp_prediction p[N], near, far;
    double x[2] = {0.4, 0.6};
    (void)state;
    draw_units(method("sobol"), 2, N, 3, units);
    assert_int_equal(gp_init(&g, s, N), 0);
    for (size_t i = 0; i < N; i++) {
        memcpy(g.x + 2 * i, units + 2 * i, 2 * sizeof *units);
        g.y[i] = sin(5 * units[2 * i]); /* of the first axis alone */
    }
    assert_int_equal(gp_fit(&g), 0);
    assert_true(g.weight[0] > 20 * g.weight[1]); /* which the lengths say */
    gp_factorize(&g);
    for (size_t i = 0; i < N; i += GP_SEVERAL)
        gp_predict(&g, N - i < GP_SEVERAL ? N - i : GP_SEVERAL, g.x + 2 * i, p + i);
    for (size_t i = 0; i < N; i++) {
        assert_close(p[i].mean, g.y[i], 0, 0.01);
        gp_predict(&g, 1, g.x + 2 * i, &near); /* the same alone as among others */
        assert_memory_equal(&near, &p[i], sizeof near);
    }
    gp_predict(&g, 1, x, &near);
    assert_close(near.mean, sin(5 * 0.4), 0, 0.01);
    x[0] = 3;
    gp_predict(&g, 1, x, &far);
    assert_true(far.variance > 20 * near.variance);
    gp_release(&g);
}

/* Losses with a long tail, on either side, against SciPy's stats.yeojohnson between two standardizations; equal ones,
 * and one alone. */
static void losses_become_normal(void **state)
{
    enum { N = 8 };
    static const double loss[N] = {0.5, 120.25, 3.125, 0.0625, 17.5, 1.75, 900, 2.25};
    static const double expected[N] = {-0.64976, 1.24182, -0.58220, -0.66117, -0.23775, -0.61740, 2.11101, -0.60456};
    double y[N], same[3] = {7, 7, 7}, one = 7;
    (void)state;
    for (int sign = 1; sign >= -1; sign -= 2) {
        for (size_t i = 0; i < N; i++)
            y[i] = sign * loss[i];
        gp_normalize(N, y);
        for (size_t i = 0; i < N; i++)
            assert_close(y[i], sign * expected[i], 0, 1e-3);
    }
    gp_normalize(3, same);
    gp_normalize(1, &one);
    assert_true(same[0] == 0 && same[1] == 0 && same[2] == 0 && one == 0);
}

/* Expected improvement against its integral, by SciPy's norm: 0.0833154..., and far in the tail log h(-10). */
static void the_improvement_is_its_integral(void **state)
{
    (void)state;
    assert_close(gp_gain_of((struct gp_prediction){1, 1}, 0).log, log(0.08331547058768629), 1e-9, 0);
    assert_close(gp_gain_of((struct gp_prediction){10, 1}, 0).log, -55.5529, 1e-3, 0);
}

/* The slopes that candidates climb along are central differences, before and in the tail; none along an axis without
 * order, nor along one that a point does not have. */
static void slopes_are_central_differences(void **state)
{
    enum { N = 12, M = 4, AXES = 4 };
    static const unsigned char ordered[AXES] = {1, 1, 0, 1};
    struct search s = *make_search(method("gp"), continuous, 4, N, 1);
    static double units[N * AXES];
    struct gp g;
    struct gp_prediction p[M], q;
    double x[M][AXES] = {{0.4, 0.6, 1, 0.2}, {0.1, 0.9, 0, 0.7}, {0.52, 0.31, 1, NAN}, {0.9, 0.05, 2, 0.5}};
    double slope[M][AXES];
    (void)state;
    s.ordered = ordered;
    draw_units(method("sobol"), AXES, N, 3, units);
    assert_int_equal(gp_init(&g, &s, N), 0);
    for (size_t i = 0; i < N; i++) {
        for (size_t a = 0; a < AXES; a++)
            g.x[AXES * i + a] = a == 2 ? (double)(i % 3) : a == 3 && i % 4 == 0 ? NAN : units[AXES * i + a];
        g.y[i] = sin(5 * units[AXES * i]) + units[AXES * i + 1];
    }
    for (size_t a = 0; a < AXES; a++)
        g.weight[a] = 3.0 + (double)a;
    gp_factorize(&g);
    for (int far = 0; far < 2; far++) {
        const double best = far ? -8 : -0.5, h = 1e-5;
        gp_climb(&g, M, x[0], best, p, slope[0]);
        for (size_t j = 0; j < M; j++)
            for (size_t a = 0; a < AXES; a++) {
                double at[AXES], gain[2];
                for (int up = 0; up < 2; up++) {
                    memcpy(at, x[j], sizeof at);
                    at[a] += a == 2 ? 0 : up ? h : -h;
                    gp_predict(&g, 1, at, &q);
                    gain[up] = gp_gain_of(q, best).log;
                }
                assert_close(slope[j][a], a == 2 ? 0 : (gain[1] - gain[0]) / (2 * h), 1e-5, 1e-5);
            }
    }
    gp_release(&g);
}

/* What can never be trained teaches a process, too: where one half of an axis is refused, proposals leave it, although
 * losses fall towards it. */
static void what_is_refused_is_left_alone(void **state)
{
    enum { POINTS = 10, ASKED = 30 };
    struct search *s = make_search(method("gp"), continuous, 2, ASKED + POINTS, 4);
    struct search_history h = {0};
    struct err e = {0};
    int refused = 0, late = 0;
    (void)state;
    for (int k = 0; k < ASKED; k++) {
        struct proposal at;
        double from, to;
        assert_int_equal(search_next(s, &h, &at, &e), SEARCH_FOUND);
        search_cell(s, 0, at.value[0], &from, &to);
        if (from > 0.5) {
            refused++;
            late += k >= ASKED / 2;
            assert_int_equal(search_refuse(s, &h, &at, &e), 0);
            continue;
        }
        assert_int_equal(search_accept(s, &h, &at, &e), 0);
        search_tell(&h, &(struct search_result){.loss = -from});
    }
    assert_true(refused > 0 && late < ASKED / 4);
    search_forget(&h);
}

static int undecidable(void *ctx, size_t axis, const int64_t *value, struct err *e)
{
    (void)ctx;
    (void)axis;
    (void)value;
    return err_set(e, ERR_USAGE, "cannot be worked out");
}

static void a_condition_that_fails_is_told(void **state)
{
    struct search *s = make_search(method("random"), small, 3, 10, 9);
    struct search_history h = {0};
    struct proposal at;
    struct err e = {0};
    (void)state;
    s->holds = undecidable;
    assert_int_equal(search_next(s, &h, &at, &e), -1);
    assert_string_equal(e.text, "cannot be worked out");
    search_forget(&h);
}

int test_methods(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sobol_points_are_those_of_scipy_in_all_dimensions),
        cmocka_unit_test(discrepancies_are_those_of_scipys_methods),
        cmocka_unit_test(latin_and_sobol_have_a_point_in_each_part_of_every_axis),
        cmocka_unit_test(scrambled_sobol_is_a_net),
        cmocka_unit_test(scrambling_is_no_shift),
        cmocka_unit_test(random_fills_boxes_evenly),
        cmocka_unit_test_teardown(a_small_space_is_used_up_without_repetition, one_objective),
        cmocka_unit_test(proposals_depend_on_the_seed_and_the_number),
        cmocka_unit_test(draws_are_those_of_the_first_version),
        cmocka_unit_test_teardown(proposals_follow_from_the_results_that_they_may_know, one_objective),
        cmocka_unit_test(an_earlier_sweep_is_not_drawn_again),
        cmocka_unit_test(methods_that_listen_find_better_points),
        cmocka_unit_test_teardown(methods_that_listen_find_better_fronts, one_objective),
        cmocka_unit_test_teardown(fronts_are_cut_as_the_methods_have_it, one_objective),
        cmocka_unit_test(a_process_predicts_what_it_has_not_seen),
        cmocka_unit_test(losses_become_normal),
        cmocka_unit_test(the_improvement_is_its_integral),
        cmocka_unit_test(slopes_are_central_differences),
        cmocka_unit_test(what_is_refused_is_left_alone),
        cmocka_unit_test(a_condition_that_fails_is_told),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
