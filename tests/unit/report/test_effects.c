#include "base/clock.h"
#include "groups.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void effects_of(const struct table *t, const char *objective, struct table *f)
{
    struct err e = {0};
    table_init(f);
    if (report_effects(t, objective, f, &e))
        fail_msg("%s", e.text);
}

static double share(const struct table *f, const char *kind, const char *axis, const char *other)
{
    for (size_t r = 0; r < f->rows; r++)
        if (!strcmp(table_cell(f, r, "kind"), kind) && (!axis || !strcmp(table_cell(f, r, "axis"), axis)) &&
            (!other || !strcmp(table_cell(f, r, "other"), other)))
            return table_number(f, r, table_column(f, "share"));
    fail_msg("no row %s %s %s", kind, axis ? axis : "", other ? other : "");
    return 0;
}

static double sum_of_shares(const struct table *f)
{
    double s = 0;
    for (size_t r = 0; r < f->rows; r++) {
        double x = table_number(f, r, table_column(f, "share"));
        s += isnan(x) ? 0 : x;
    }
    return s;
}

static const char *note_of(const struct table *f)
{
    for (size_t r = 0; r < f->rows; r++)
        if (!strcmp(table_cell(f, r, "kind"), "note"))
            return table_cell(f, r, "value");
    return "";
}

/* By hand: cells (1,1) 1 3, (1,2) 5 7, (2,1) 2 4, (2,2) 10 12; grand mean 5.5, total 110.
 * a: means 4 and 7, 8 * 1.5^2 = 18; b: 2.5 and 8.5, 8 * 3^2 = 72; cells 2 6 3 11: 98; a x b = 98 - 90 = 8; the second
 * seed adds 2 everywhere: 8. */
static double by_hand(const size_t *code, size_t repeat)
{
    static const double cell[2][2] = {{1, 5}, {2, 10}};
    return cell[code[0]][code[1]] + 2 * (double)repeat;
}

static void two_axes_by_hand(void **state)
{
    static const struct made_axis axis[] = {{"m.a", 2}, {"m.b", 2}};
    struct table t, f;
    (void)state;
    made_trials(&t, axis, 2, 2, by_hand);
    effects_of(&t, "max val_accuracy", &f);
    const double total = 106;
    assert_close(share(&f, "axis", "m.a", NULL), 18 / total, 1e-14, 0);
    assert_close(share(&f, "axis", "m.b", NULL), 72 / total, 1e-14, 0);
    assert_close(share(&f, "pair", "m.a", "m.b"), 8 / total, 1e-14, 0);
    assert_close(share(&f, "seed", "common to a seed", NULL), 8 / total, 1e-14, 0);
    assert_close(share(&f, "noise", "seed noise", NULL), 0, 0, 0);
    assert_close(share(&f, "rest", "higher orders", NULL), 0, 0, 0);
    assert_close(sum_of_shares(&f), 1, 1e-14, 0);
    size_t r = row_where(&f, "kind", "value", "value", "2");
    assert_string_equal(table_cell(&f, r, "axis"), "m.a");
    assert_string_equal(table_cell(&f, r, "n"), "4");
    assert_string_equal(table_cell(&f, r, "mean"), "7");
    assert_string_equal(table_cell(&f, r, "planned"), "4");
    assert_string_equal(table_cell(&f, r, "basis"), "all");
    assert_string_equal(table_cell(&f, r, "ci95_high"), ""); /* no noise was seen */
    table_release(&f);
    table_release(&t);
}

/* Of two repeats, and of one, where the interaction is the noise. */
static void intervals_end_where_the_metric_does(void **state)
{
    struct table t, f;
    (void)state;
    table_of(&t, "point,repeat,status,m.a,val_loss\n1,1,complete,1,0.1\n1,2,complete,1,0.9\n"
                 "2,1,complete,2,1.5\n2,2,complete,2,1.75\n");
    effects_of(&t, "min val_loss", &f);
    size_t r = row_where(&f, "kind", "value", "value", "1");
    assert_string_equal(table_cell(&f, r, "ci95_low"), "0");
    /* residual of points and repeats: (0.8 - 0.25)^2 / 4 with one degree of freedom */
    assert_close(table_number(&f, r, table_column(&f, "ci95_high")), 0.5 + 12.706204736 * 0.275 / sqrt(2), 1e-6, 0);
    table_release(&f);
    table_release(&t);
    table_of(&t, "point,repeat,status,m.a,m.b,val_accuracy\n1,1,complete,1,1,0.1\n2,1,complete,1,2,0.9\n"
                 "3,1,complete,2,1,0.2\n4,1,complete,2,2,0.8\n");
    effects_of(&t, "max val_accuracy", &f);
    r = row_where(&f, "kind", "value", "value", "2");
    assert_string_equal(table_cell(&f, r, "ci95_low"), "0");
    assert_string_equal(table_cell(&f, r, "ci95_high"), "1");
    table_release(&f);
    table_release(&t);
}

/* ---- against the definition, computed another way ---------------------------------------------------------------- */

static double bumpy(const size_t *code, size_t repeat)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < 4; i++)
        h = (h ^ (uint32_t)code[i]) * 16777619u;
    h = (h ^ (uint32_t)repeat) * 16777619u;
    h ^= h >> 15;
    return 0.9 + 0.02 * (double)code[0] + 0.01 * (double)(code[1] * code[2]) - 0.005 * (double)(code[3] == 1) +
           0.01 * (double)(h % 1000) / 1000;
}

/* Effects from marginal means: a_i = m_i - m; ab_ij = m_ij - m_i - m_j + m. */
static void brute(const struct table *t, const size_t *levels, double *main_share, double pair_share[4][4],
                  double *noise, double *seeds)
{
    size_t n = t->rows, naxes = 4;
    double mean = 0, total = 0, m1[4][8] = {{0}}, n1[4][8] = {{0}};
    for (size_t r = 0; r < n; r++)
        mean += table_number(t, r, 9) / (double)n;
    for (size_t r = 0; r < n; r++) {
        double y = table_number(t, r, 9);
        total += (y - mean) * (y - mean);
        for (size_t a = 0; a < naxes; a++) {
            size_t i = (size_t)table_number(t, r, 4 + (int)a) - 1;
            m1[a][i] += y;
            n1[a][i]++;
        }
    }
    for (size_t a = 0; a < naxes; a++) {
        main_share[a] = 0;
        for (size_t i = 0; i < levels[a]; i++) {
            m1[a][i] /= n1[a][i];
            main_share[a] += n1[a][i] * (m1[a][i] - mean) * (m1[a][i] - mean) / total;
        }
    }
    for (size_t a = 0; a < naxes; a++)
        for (size_t b = a + 1; b < naxes; b++) {
            pair_share[a][b] = 0;
            for (size_t i = 0; i < levels[a]; i++)
                for (size_t j = 0; j < levels[b]; j++) {
                    double s = 0, k = 0;
                    for (size_t r = 0; r < n; r++)
                        if ((size_t)table_number(t, r, 4 + (int)a) == i + 1 &&
                            (size_t)table_number(t, r, 4 + (int)b) == j + 1) {
                            s += table_number(t, r, 9);
                            k++;
                        }
                    double d = s / k - m1[a][i] - m1[b][j] + mean;
                    pair_share[a][b] += k * d * d / total;
                }
        }
    *noise = *seeds = 0;
    for (size_t r = 0; r < n; r++) {
        double s = 0, k = 0, b = 0, m = 0;
        for (size_t q = 0; q < n; q++) {
            if (!strcmp(table_cell(t, q, "point"), table_cell(t, r, "point"))) {
                s += table_number(t, q, 9);
                k++;
            }
            if (!strcmp(table_cell(t, q, "repeat"), table_cell(t, r, "repeat"))) {
                b += table_number(t, q, 9);
                m++;
            }
        }
        double d = table_number(t, r, 9) - s / k - (b / m - mean);
        *noise += d * d / total;
        *seeds += (b / m - mean) * (b / m - mean) / total;
    }
}

static void four_axes_by_the_definition(void **state)
{
    static const struct made_axis axis[] = {{"m.a", 3}, {"m.b", 2}, {"t.c", 4}, {"t.d", 2}};
    static const size_t levels[] = {3, 2, 4, 2};
    struct table t, f;
    double mains[4], pairs[4][4], noise, seeds, rest = 1;
    (void)state;
    made_trials(&t, axis, 4, 3, bumpy);
    effects_of(&t, "max val_accuracy", &f);
    brute(&t, levels, mains, pairs, &noise, &seeds);
    for (size_t a = 0; a < 4; a++) {
        assert_close(share(&f, "axis", axis[a].name, NULL), mains[a], 1e-10, 1e-13);
        rest -= mains[a];
        for (size_t b = a + 1; b < 4; b++) {
            assert_close(share(&f, "pair", axis[a].name, axis[b].name), pairs[a][b], 1e-10, 1e-13);
            rest -= pairs[a][b];
        }
    }
    assert_close(share(&f, "noise", NULL, NULL), noise, 1e-10, 0);
    assert_close(share(&f, "rest", NULL, NULL), rest - noise - seeds, 1e-9, 1e-12);
    assert_close(share(&f, "seed", NULL, NULL), seeds, 1e-10, 0);
    assert_close(sum_of_shares(&f), 1, 1e-12, 0);
    assert_string_equal(note_of(&f), "");
    table_release(&f);
    table_release(&t);
}

/* The direction does not matter, nor does a constant added. */
static double shifted(const size_t *code, size_t repeat)
{
    return 1e6 + bumpy(code, repeat);
}

static void far_from_zero(void **state)
{
    static const struct made_axis axis[] = {{"m.a", 3}, {"m.b", 2}, {"t.c", 4}, {"t.d", 2}};
    struct table t, f, tt, ff;
    (void)state;
    made_trials(&t, axis, 4, 2, bumpy);
    made_trials(&tt, axis, 4, 2, shifted);
    effects_of(&t, "max val_accuracy", &f);
    effects_of(&tt, "min val_accuracy", &ff);
    for (size_t a = 0; a < 4; a++)
        assert_close(share(&ff, "axis", axis[a].name, NULL), share(&f, "axis", axis[a].name, NULL), 1e-5, 1e-7);
    assert_close(sum_of_shares(&ff), 1, 1e-12, 0);
    table_release(&f);
    table_release(&ff);
    table_release(&t);
    table_release(&tt);
}

/* ---- what is not complete ---------------------------------------------------------------------------------------- */

/* Copies t without the rows for which `gone` says so (their status becomes failed). */
static void with_failures(const struct table *t, int (*gone)(const struct table *t, size_t r), struct table *out)
{
    table_init(out);
    assert_int_equal(table_columns(out, t->head, t->cols), 0);
    for (size_t r = 0; r < t->rows; r++) {
        const char *cell[16];
        for (size_t c = 0; c < t->cols; c++)
            cell[c] = t->cell[r * t->cols + c];
        if (gone(t, r)) {
            cell[3] = "failed";
            cell[t->cols - 1] = "";
        }
        assert_int_equal(table_row(out, cell), 0);
    }
}

static int value_3_of_a(const struct table *t, size_t r)
{
    return !strcmp(table_cell(t, r, "m.a"), "3") && !strcmp(table_cell(t, r, "m.b"), "1");
}

static int one_repeat(const struct table *t, size_t r)
{
    return !strcmp(table_cell(t, r, "repeat"), "2") && r % 5 == 1;
}

static int everything(const struct table *t, size_t r)
{
    (void)t;
    return r > 0;
}

static double three(const size_t *code, size_t repeat)
{
    return (double)code[0] + 10 * (double)code[1] + (double)((code[0] * 7 + code[1] * 3 + repeat * 5) % 4);
}

/* Without value 3 of m.a the table is that of a grid with two values. */
static void whole_values_are_dropped(void **state)
{
    static const struct made_axis axis[] = {{"m.a", 3}, {"m.b", 4}}, less[] = {{"m.a", 2}, {"m.b", 4}};
    struct table t, gaps, want, f, g;
    (void)state;
    made_trials(&t, axis, 2, 2, three);
    with_failures(&t, value_3_of_a, &gaps);
    made_trials(&want, less, 2, 2, three);
    effects_of(&gaps, "max val_accuracy", &f);
    effects_of(&want, "max val_accuracy", &g);
    assert_close(share(&f, "axis", "m.b", NULL), share(&g, "axis", "m.b", NULL), 0.2, 0);
    assert_close(sum_of_shares(&f), 1, 1e-12, 0);
    assert_non_null(strstr(note_of(&f), "18 of 24 trials")); /* b = 1 goes: it costs 6 of 22, a = 3 would cost 6 too */
    table_release(&f);
    table_release(&g);
    table_release(&t);
    table_release(&gaps);
    table_release(&want);
}

static void repeats_are_dropped(void **state)
{
    static const struct made_axis axis[] = {{"m.a", 3}, {"m.b", 4}};
    struct table t, gaps, f;
    (void)state;
    made_trials(&t, axis, 2, 3, three);
    with_failures(&t, one_repeat, &gaps);
    effects_of(&gaps, "max val_accuracy", &f);
    assert_non_null(strstr(note_of(&f), "24 of 36 trials"));
    assert_close(sum_of_shares(&f), 1, 1e-12, 0);
    assert_true(share(&f, "noise", NULL, NULL) > 0);
    table_release(&f);
    table_release(&t);
    table_release(&gaps);
}

static void too_little_is_left(void **state)
{
    static const struct made_axis axis[] = {{"m.a", 3}, {"m.b", 4}};
    struct table t, gaps, f;
    (void)state;
    made_trials(&t, axis, 2, 2, three);
    with_failures(&t, everything, &gaps);
    effects_of(&gaps, "max val_accuracy", &f);
    assert_true(isnan(share(&f, "axis", "m.a", NULL)) && isnan(share(&f, "noise", NULL, NULL)));
    assert_non_null(strstr(note_of(&f), "no shares"));
    table_release(&f);
    table_release(&t);
    table_release(&gaps);
}

static size_t noise_from;

static double random_noise(const size_t *code, size_t repeat)
{
    uint64_t h = noise_from + code[0] * 100 + code[1] * 10 + repeat + 1;
    for (int i = 0; i < 3; i++) { /* splitmix64 */
        h += 0x9e3779b97f4a7c15u;
        h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9u;
        h ^= h >> 27;
    }
    return 0.5 + 0.1 * (double)(h >> 11) / 9007199254740992.0;
}

/* ---- special shapes ---------------------------------------------------------------------------------------------- */

static double constant(const size_t *code, size_t repeat)
{
    (void)code;
    (void)repeat;
    return 0.1;
}

static double noisy(const size_t *code, size_t repeat)
{
    (void)code;
    return (double)(repeat * repeat);
}

static void degenerate_tables(void **state)
{
    static const struct made_axis axis[] = {{"m.a", 3}, {"m.b", 2}};
    struct table t, f;
    (void)state;
    made_trials(&t, axis, 2, 2, constant);
    effects_of(&t, "max val_accuracy", &f);
    assert_true(isnan(share(&f, "axis", "m.a", NULL)));
    assert_non_null(strstr(note_of(&f), "the same everywhere"));
    table_release(&f);
    table_release(&t);
    made_trials(&t, NULL, 0, 4, noisy); /* one point */
    effects_of(&t, "max val_accuracy", &f);
    assert_close(share(&f, "noise", NULL, NULL), 1, 1e-14, 0);
    table_release(&f);
    table_release(&t);
    made_trials(&t, axis, 2, 1, three); /* one repeat */
    effects_of(&t, "max val_accuracy", &f);
    assert_true(isnan(share(&f, "noise", NULL, NULL)));
    assert_close(sum_of_shares(&f), 1, 1e-12, 0);
    table_release(&f);
    table_release(&t);
}

static void zipped_axes_are_one(void **state)
{
    struct table t, f;
    (void)state;
    table_of(&t,
             "point,repeat,status,t.lr,t.bs,m.k,y\n1,1,complete,0.1,32,1,1\n2,1,complete,0.1,32,2,2\n"
             "3,1,complete,0.2,64,1,3\n4,1,complete,0.2,64,2,4\n5,1,complete,0.4,128,1,7\n6,1,complete,0.4,128,2,8\n");
    effects_of(&t, "max y", &f);
    assert_close(share(&f, "axis", "m.k", NULL), 1.5 / (1.5 + 38.83333333333333), 1e-9, 0.01);
    assert_close(share(&f, "axis", "t.lr & t.bs", NULL) + share(&f, "axis", "m.k", NULL), 1, 1e-12, 0);
    assert_close(table_number(&f, row_where(&f, "value", "0.4 & 128", NULL, NULL), table_column(&f, "mean")), 7.5, 1e-7,
                 0);
    table_release(&f);
    table_release(&t);
    /* a further key may have a value twice: it still tells nothing that the first does not */
    table_of(&t,
             "point,repeat,status,t.lr,t.bs,m.k,y\n1,1,complete,0.1,32,1,1\n2,1,complete,0.1,32,2,2\n"
             "3,1,complete,0.2,64,1,3\n4,1,complete,0.2,64,2,4\n5,1,complete,0.4,64,1,7\n6,1,complete,0.4,64,2,8\n");
    effects_of(&t, "max y", &f);
    assert_close(share(&f, "axis", "m.k", NULL), 1.5 / (1.5 + 38.83333333333333), 1e-9, 0.01);
    assert_close(share(&f, "axis", "t.lr & t.bs", NULL) + share(&f, "axis", "m.k", NULL), 1, 1e-12, 0);
    assert_close(table_number(&f, row_where(&f, "value", "0.4 & 64", NULL, NULL), table_column(&f, "mean")), 7.5, 1e-7,
                 0);
    table_release(&f);
    table_release(&t);
    /* but a conditional axis, which tells the value that it depends on, is one of its own */
    table_of(&t, "point,repeat,status,t.momentum,t.optimizer,y\n1,1,complete,0.9,sgd,1\n1,2,complete,0.9,sgd,3\n"
                 "2,1,complete,0.99,sgd,5\n2,2,complete,0.99,sgd,7\n3,1,complete,,adam,8\n3,2,complete,,adam,10\n");
    effects_of(&t, "max y", &f);
    assert_close(share(&f, "axis", "t.optimizer", NULL), 100.0 / 3 / (100.0 / 3 + 22), 1e-12, 0);
    table_release(&f);
    table_release(&t);
}

/* momentum exists for sgd only. y: sgd/0.9 -> 1 3, sgd/0.99 -> 5 7, adam -> 8 10; mean 34/6.
 * optimizer: sgd 4 of 4, adam 9 of 2: 4 (4-17/3)^2 + 2 (9-17/3)^2 = 33.333; momentum inside sgd: 2+2, means 2 and 6:
 * 16; seeds: 6 * 1 = 6; total 55.333. */
static void conditional_axes_are_nested(void **state)
{
    struct table t, f;
    (void)state;
    table_of(&t, "point,repeat,status,t.optimizer,t.momentum,y\n1,1,complete,sgd,0.9,1\n1,2,complete,sgd,0.9,3\n"
                 "2,1,complete,sgd,0.99,5\n2,2,complete,sgd,0.99,7\n3,1,complete,adam,,8\n3,2,complete,adam,,10\n");
    effects_of(&t, "max y", &f);
    const double total = 100.0 / 3 + 16 + 6;
    assert_close(share(&f, "axis", "t.optimizer", NULL), 100.0 / 3 / total, 1e-12, 0);
    assert_close(share(&f, "axis", "t.momentum", NULL), 16 / total, 1e-12, 0);
    assert_close(share(&f, "seed", NULL, NULL), 6 / total, 1e-12, 0); /* the second seed adds 2 everywhere */
    assert_close(share(&f, "noise", NULL, NULL), 0, 0, 0);
    assert_close(sum_of_shares(&f), 1, 1e-12, 0);
    for (size_t r = 0; r < f.rows; r++)
        assert_string_not_equal(table_cell(&f, r, "kind"), "pair");
    assert_string_equal(note_of(&f), "");
    table_release(&f);
    table_release(&t);
}

/* The same crossed with an axis: all effects are orthogonal, so the sum holds and a pure interaction is found. */
static void conditional_axes_crossed(void **state)
{
    struct table t, f;
    struct str s = {0};
    static const char *const setting[] = {"sgd,0.9", "sgd,0.95", "sgd,0.99", "adam,"};
    (void)state;
    str_add(&s, "point,repeat,status,t.optimizer,t.momentum,t.lr,y\n");
    for (int i = 0; i < 4; i++)
        for (int l = 0; l < 2; l++)
            for (int r = 0; r < 2; r++) /* momentum x lr inside sgd, optimizer x lr, nothing else */
                str_addf(&s, "%d,%d,complete,%s,%d,%d\n", 2 * i + l, r, setting[i], l,
                         i < 3 ? (l ? 1 : -1) * (i - 1) * 3 + (l ? 1 : -1) : (l ? -3 : 3));
    table_of(&t, s.p);
    effects_of(&t, "max y", &f);
    assert_close(share(&f, "axis", "t.momentum", NULL), 0, 0, 1e-12);
    assert_close(share(&f, "axis", "t.lr", NULL), 0, 0, 1e-12);
    assert_close(share(&f, "pair", "t.momentum", "t.lr"), 72.0 / (72 + 48), 1e-12, 0);
    assert_close(share(&f, "pair", "t.optimizer", "t.lr"), 48.0 / (72 + 48), 1e-12, 0);
    assert_close(sum_of_shares(&f), 1, 1e-12, 0);
    str_release(&s);
    table_release(&f);
    table_release(&t);
}

/* ---- means of values --------------------------------------------------------------------------------------------- */

static double value_of(const struct table *f, const char *axis, const char *value, const char *column)
{
    for (size_t r = 0; r < f->rows; r++)
        if (!strcmp(table_cell(f, r, "kind"), "value") && !strcmp(table_cell(f, r, "axis"), axis) &&
            !strcmp(table_cell(f, r, "value"), value))
            return table_number(f, r, table_column(f, column));
    fail_msg("no value %s of %s", value, axis);
    return 0;
}

static int has_note(const struct table *f, const char *part)
{
    for (size_t r = 0; r < f->rows; r++)
        if (!strcmp(table_cell(f, r, "kind"), "note") && strstr(table_cell(f, r, "value"), part))
            return 1;
    return 0;
}

/* Of k = 2 only the easy task was completed: its plain mean is the best, though k = 8 is better wherever both are. */
static void values_are_compared_at_the_same_settings(void **state)
{
    struct table t, f;
    (void)state;
    table_of(&t, "point,repeat,status,m.k,d.task,y\n1,1,complete,2,easy,0.8\n1,2,complete,2,easy,0.82\n"
                 "2,1,failed,2,hard,\n2,2,failed,2,hard,\n3,1,complete,8,easy,0.95\n3,2,complete,8,easy,0.96\n"
                 "4,1,complete,8,hard,0.5\n4,2,complete,8,hard,0.52\n");
    effects_of(&t, "max y", &f);
    assert_close(value_of(&f, "m.k", "2", "mean"), 0.81, 1e-6, 0);
    assert_close(value_of(&f, "m.k", "8", "mean"), 0.955, 1e-6, 0);
    assert_close(value_of(&f, "m.k", "8", "n"), 2, 0, 0);
    assert_close(value_of(&f, "m.k", "8", "planned"), 4, 0, 0);
    assert_string_equal(table_cell(&f, row_where(&f, "axis", "m.k", "value", "8"), "basis"), "common");
    assert_close(value_of(&f, "d.task", "easy", "mean"), 0.955, 1e-6, 0); /* of k = 8 */
    assert_true(has_note(&f, "2 of 8 trials ended without a result"));
    assert_true(has_note(&f, "basis common"));
    table_release(&f);
    table_release(&t);
}

static void values_without_a_common_setting_say_so(void **state)
{
    struct table t, f;
    (void)state;
    table_of(&t, "point,repeat,status,m.k,d.task,y\n1,1,complete,2,easy,0.8\n2,1,failed,2,hard,\n3,1,failed,8,easy,\n"
                 "4,1,complete,8,hard,0.5\n5,1,failed,16,easy,\n6,1,failed,16,hard,\n");
    effects_of(&t, "max y", &f);
    assert_string_equal(table_cell(&f, row_where(&f, "axis", "m.k", "value", "8"), "basis"), "own");
    assert_close(value_of(&f, "m.k", "8", "mean"), 0.5, 1e-6, 0);
    assert_true(isnan(value_of(&f, "m.k", "16", "mean")));
    assert_close(value_of(&f, "m.k", "16", "n"), 0, 0, 0);
    assert_true(has_note(&f, "cannot be compared"));
    table_release(&f);
    table_release(&t);
}

/* Only a repeat of one point is missing: it is missing for all values, and the seeds stay balanced. */
static void missing_repeats_are_missing_for_all(void **state)
{
    static const struct made_axis axis[] = {{"m.a", 3}, {"m.b", 4}};
    struct table t, gaps, f;
    (void)state;
    made_trials(&t, axis, 2, 3, three);
    with_failures(&t, one_repeat, &gaps);
    effects_of(&gaps, "max val_accuracy", &f);
    double n = value_of(&f, "m.a", "1", "n");
    assert_true(n > 0 && n < 12);
    for (int i = 1; i <= 3; i++) {
        char text[STR_NUM];
        snprintf(text, sizeof text, "%d", i);
        assert_close(value_of(&f, "m.a", text, "n"), n, 0, 0);
        assert_close(value_of(&f, "m.a", text, "planned"), 12, 0, 0);
    }
    table_release(&f);
    table_release(&t);
    table_release(&gaps);
}

/* momentum of sgd is incomplete at one rate; adam, and the momenta at the other rate, are as they were. */
static void conditional_values_are_compared_inside(void **state)
{
    struct table t, f;
    (void)state;
    table_of(&t, "point,repeat,status,t.optimizer,t.momentum,t.lr,y\n1,1,complete,sgd,0,1,1\n2,1,complete,sgd,0,2,10\n"
                 "3,1,complete,sgd,0.9,1,3\n4,1,failed,sgd,0.9,2,\n5,1,complete,adam,,1,5\n6,1,complete,adam,,2,7\n");
    effects_of(&t, "max y", &f);
    assert_close(value_of(&f, "t.momentum", "0", "mean"), 1, 1e-6, 0);
    assert_close(value_of(&f, "t.momentum", "0.9", "mean"), 3, 1e-6, 0);
    assert_close(value_of(&f, "t.momentum", "", "mean"), 6, 1e-6, 0);
    assert_close(value_of(&f, "t.optimizer", "adam", "mean"), 6, 1e-6, 0);
    assert_close(value_of(&f, "t.optimizer", "sgd", "mean"), (2 + 10) / 2.0, 1e-6,
                 0); /* momenta averaged at each rate */
    table_release(&f);
    table_release(&t);
}

/* adam and sgd are apart at every rate, which matters far more than they do. */
static void intervals_leave_out_what_other_axes_do(void **state)
{
    struct table t, f;
    struct str s = {0};
    (void)state;
    str_add(&s, "point,repeat,status,t.optimizer,t.lr,val_accuracy\n");
    for (int p = 0; p < 8; p++)
        for (int r = 0; r < 3; r++)
            str_addf(&s, "%d,%d,complete,%s,%d,%.4f\n", p, r, p % 2 ? "sgd" : "adam", p / 2,
                     0.3 + 0.2 * (p / 2) - 0.05 * (p % 2) + 0.001 * ((p * 7 + r * 5) % 3));
    table_of(&t, s.p);
    effects_of(&t, "max val_accuracy", &f);
    assert_true(value_of(&f, "t.optimizer", "adam", "ci95_low") > value_of(&f, "t.optimizer", "sgd", "ci95_high"));
    table_release(&f);
    table_release(&t);
    str_release(&s);
}

/* Networks that are all the same: shares as chance gives them, and next to nothing without noise. */
static void equal_networks_explain_nothing(void **state)
{
    static const struct made_axis axis[] = {{"m.a", 3}, {"m.b", 4}};
    double mean_share = 0, mean_chance = 0, mean_omega = 0;
    (void)state;
    for (size_t i = 0; i < 200; i++) {
        struct table t, f;
        noise_from = i * 1000;
        made_trials(&t, axis, 2, 2, random_noise);
        effects_of(&t, "max val_accuracy", &f);
        size_t r = row_where(&f, "kind", "axis", "axis", "m.b");
        mean_share += share(&f, "axis", "m.b", NULL) / 200;
        mean_chance += table_number(&f, r, table_column(&f, "share_by_chance")) / 200;
        mean_omega += table_number(&f, r, table_column(&f, "share_omega")) / 200;
        table_release(&f);
        table_release(&t);
    }
    assert_close(mean_share, mean_chance, 0.12, 0);
    assert_true(mean_share > 0.1 && mean_omega < 0.06);
}

/* An empty value (written as two quotation marks) and an axis that is not there are two, in the order of the grid. */
static void empty_and_absent_are_two(void **state)
{
    struct table t, f;
    (void)state;
    table_of(&t, "point,repeat,status,t.optimizer,d.augment,y\n1,1,complete,sgd,\"\"\"\"\"\",1\n"
                 "2,1,complete,sgd,rotate 7,3\n3,1,complete,adam,,5\n");
    effects_of(&t, "max y", &f);
    size_t r = row_where(&f, "kind", "value", "axis", "d.augment");
    assert_string_equal(table_cell(&f, r, "value"), "\"\"");
    assert_string_equal(table_cell(&f, r + 1, "value"), "rotate 7");
    assert_string_equal(table_cell(&f, r + 2, "value"), "");
    assert_close(table_number(&f, r, table_column(&f, "mean")), 1, 1e-7, 0);
    assert_close(table_number(&f, r + 2, table_column(&f, "mean")), 5, 1e-7, 0);
    table_release(&f);
    table_release(&t);
}

static void random_search_is_no_grid(void **state)
{
    struct table t, f;
    struct str s = {0};
    (void)state;
    str_add(&s, "point,repeat,status,m.a,m.b,y\n");
    for (int i = 0; i < 40; i++)
        str_addf(&s, "%d,1,complete,%d,%d,%d\n", i, i * 7 % 20, i * 11 % 13, i);
    table_of(&t, s.p);
    effects_of(&t, "max y", &f);
    assert_true(sum_of_shares(&f) == 0 || fabs(sum_of_shares(&f) - 1) < 1e-9);
    assert_true(*note_of(&f));
    str_release(&s);
    table_release(&f);
    table_release(&t);
}

/* Points that were drawn: `o.kind` has values that several points have, whose means and Student's intervals over points
 * are SciPy's; those of lr are met once each, so that lr has none, and is not taken for one axis with wd, though their
 * values always change together. The same table as a grid joins the two. */
static void drawn_points_have_means_of_what_is_met_often(void **state)
{
    static const char csv[] =
        "point,repeat,status,t.lr,t.wd,o.kind,y\n1,1,complete,0.3,5.5,a,0.9\n1,2,complete,0.3,5.5,a,0.92\n"
        "2,1,complete,0.1,2.5,a,0.8\n2,2,complete,0.1,2.5,a,0.84\n3,1,complete,0.2,7.5,b,0.95\n"
        "3,2,complete,0.2,7.5,b,0.97\n4,1,complete,0.5,1.5,a,0.7\n4,2,complete,0.5,1.5,a,0.7\n"
        "5,1,complete,0.4,9.5,b,0.6\n5,2,complete,0.4,9.5,b,0.62\n6,1,failed,0.6,3.5,b,\n";
    struct table t, f;
    (void)state;
    table_of(&t, csv);
    effects_of(&t, "max y", &f);
    assert_true(row_where(&f, "kind", "axis", "axis", "t.lr & t.wd & o.kind") < f.rows);
    table_release(&f);
    t.drawn = 1;
    effects_of(&t, "max y", &f);
    size_t a = row_where(&f, "axis", "o.kind", "value", "a"), b = row_where(&f, "axis", "o.kind", "value", "b");
    assert_close(table_number(&f, a, table_column(&f, "mean")), 0.81, 1e-7, 0);
    assert_close(table_number(&f, a, table_column(&f, "ci95_low")), 0.548279851945946, 1e-6, 0);
    assert_close(table_number(&f, a, table_column(&f, "ci95_high")), 1.071720148054054, 1e-6, 0);
    assert_close(table_number(&f, b, table_column(&f, "mean")), 0.785, 1e-7, 0);
    assert_close(table_number(&f, b, table_column(&f, "ci95_low")), -1.4385858288305713, 1e-6, 0);
    assert_string_equal(table_cell(&f, b, "n"), "4");
    assert_string_equal(table_cell(&f, b, "planned"), "5");
    assert_string_equal(table_cell(&f, a, "basis"), "drawn");
    size_t notes = 0;
    for (size_t r = 0; r < f.rows; r++) {
        assert_true(!strcmp(table_cell(&f, r, "kind"), "value") || !strcmp(table_cell(&f, r, "kind"), "note"));
        assert_string_equal(table_cell(&f, r, "share"), "");
        assert_null(strstr(table_cell(&f, r, "axis"), "t."));
        notes += strstr(table_cell(&f, r, "value"), "no means of the values of t.lr, t.wd:") != NULL;
    }
    assert_int_equal(notes, 1);
    table_release(&f);
    table_release(&t);
}

static double ten(const size_t *code, size_t repeat)
{
    double y = (double)repeat * 0.001;
    for (size_t i = 0; i < 10; i++)
        y += (double)code[i] * (double)(i + 1) * 0.01;
    return y + (double)(code[0] * code[9]);
}

static void ten_axes_are_fast(void **state)
{
    static const struct made_axis axis[] = {{"a.0", 2}, {"a.1", 2}, {"a.2", 2}, {"a.3", 2}, {"a.4", 2},
                                            {"a.5", 2}, {"a.6", 2}, {"a.7", 2}, {"a.8", 3}, {"a.9", 3}};
    struct table t, f, p;
    struct err e = {0};
    (void)state;
    made_trials(&t, axis, 10, 5, ten); /* 11520 rows */
    double start = clock_thread();
    effects_of(&t, "max val_accuracy", &f);
    table_init(&p);
    assert_int_equal(report_points(&t, "max val_accuracy", &p, &e), 0);
    double took = clock_thread() - start;
    if (took > 3) /* 0.1 s; room for sanitizers */
        fail_msg("%zu rows took %.2f s", t.rows, took);
    assert_close(sum_of_shares(&f), 1, 1e-12, 0);
    assert_true(share(&f, "pair", "a.0", "a.9") > 0.05);
    assert_close(share(&f, "pair", "a.1", "a.9"), 0, 0, 1e-12);
    table_release(&p);
    table_release(&f);
    table_release(&t);
}

int test_effects(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_axes_by_hand),
        cmocka_unit_test(intervals_end_where_the_metric_does),
        cmocka_unit_test(four_axes_by_the_definition),
        cmocka_unit_test(far_from_zero),
        cmocka_unit_test(whole_values_are_dropped),
        cmocka_unit_test(repeats_are_dropped),
        cmocka_unit_test(too_little_is_left),
        cmocka_unit_test(degenerate_tables),
        cmocka_unit_test(zipped_axes_are_one),
        cmocka_unit_test(conditional_axes_are_nested),
        cmocka_unit_test(conditional_axes_crossed),
        cmocka_unit_test(values_are_compared_at_the_same_settings),
        cmocka_unit_test(values_without_a_common_setting_say_so),
        cmocka_unit_test(missing_repeats_are_missing_for_all),
        cmocka_unit_test(conditional_values_are_compared_inside),
        cmocka_unit_test(intervals_leave_out_what_other_axes_do),
        cmocka_unit_test(equal_networks_explain_nothing),
        cmocka_unit_test(empty_and_absent_are_two),
        cmocka_unit_test(random_search_is_no_grid),
        cmocka_unit_test(drawn_points_have_means_of_what_is_met_often),
        cmocka_unit_test(ten_axes_are_fast),
    };
    return cmocka_run_group_tests_name("effects", tests, NULL, NULL);
}
