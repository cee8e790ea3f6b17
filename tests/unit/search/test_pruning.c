/* Which trials each rule gives up, on curves that are made up. */
#include "search_test.h"

#include "search/promotion.h"
#include "search/prune.h"

#include <math.h>
#include <string.h>

enum { EPOCHS = 81, OTHERS = 30 };

/* Curves that fall by their own best values: other i has i + 1 at every epoch. */
static float flat[OTHERS][EPOCHS], own[EPOCHS];

static const struct prune_type *rule(const char *name)
{
    size_t i = 0;
    while (prune_types[i] && strcmp(prune_types[i]->name, name))
        i++;
    assert_non_null(prune_types[i]);
    return prune_types[i];
}

/* Whether a trial of value v, the same at every epoch, is given up after so many of 81, beside n others of so many. */
static int given_up_beside(const char *name, const struct prune_args *a, float v, int epoch, size_t n, int planned,
                           double *against)
{
    struct prune_curve other[OTHERS];
    for (size_t i = 0; i < OTHERS; i++) {
        for (int e = 0; e < EPOCHS; e++)
            flat[i][e] = (float)(i + 1);
        other[i] = (struct prune_curve){flat[i], EPOCHS, planned, i, 1};
    }
    for (int e = 0; e < EPOCHS; e++)
        own[e] = v;
    const struct prune_case c = {.own = {own, epoch, EPOCHS, OTHERS, 0}, .other = other, .others = n};
    return prune_decide(rule(name), a, &c, against);
}

static int given_up(const char *name, const struct prune_args *a, float v, int epoch, size_t n, double *against)
{
    return given_up_beside(name, a, v, epoch, n, EPOCHS, against);
}

static void rows_are_complete(void **state)
{
    (void)state;
    assert_string_equal(prune_types[0]->name, "none");
    for (size_t i = 1; prune_types[i]; i++) {
        const struct prune_type *t = prune_types[i];
        assert_true(!t->decide == !!t->race && t->params && strlen(t->help) > 10 && strlen(t->source) > 5);
        assert_int_equal(t->compares || t->race, param_find(t->params, "lag") != NULL);
        assert_string_equal(prune_name(i), t->name);
    }
}

static void the_median_and_percentiles_are_those_of_complete_trials(void **state)
{
    struct prune_args a = {.lag = 1, .after = 2, .keep = 1, .startup = 5, .percent = 25};
    double against;
    (void)state;
    assert_int_equal(given_up("median", &a, 3.5f, 2, 5, &against), 1); /* of 1 to 5: 3 */
    assert_close(against, 3, 0, 0);
    assert_int_equal(given_up("median", &a, 3, 2, 5, &against), 0);
    assert_int_equal(given_up("median", &a, 9, 1, 5, &against), 0);      /* before the first decision */
    assert_int_equal(given_up("median", &a, 9, EPOCHS, 5, &against), 0); /* it is done */
    assert_int_equal(given_up("median", &a, 9, 2, 4, &against), 0);      /* there are too few */
    assert_int_equal(given_up("percentile", &a, 2.3f, 2, 6, &against), 1);
    assert_close(against, 2.25, 0, 0); /* NumPy's of 1 to 6 */
    a.keep = 9;
    assert_int_equal(given_up("median", &a, 8.5f, 2, 20, &against), 0); /* eight are better: it is among nine */
    assert_int_equal(given_up("percentile", &a, 9.5f, 2, 20, &against), 1);
}

static void rungs_let_one_of_eta_go_on(void **state)
{
    struct prune_args a = {.lag = 1, .after = 1, .keep = 1, .eta = 3};
    double against;
    (void)state;
    for (int epoch = 1; epoch < EPOCHS; epoch++) {
        int rung = epoch == 1 || epoch == 3 || epoch == 9 || epoch == 27;
        assert_int_equal(given_up("asha", &a, 3.5f, epoch, 8, &against), rung); /* three of nine go on, and it is 4th */
        assert_int_equal(given_up("asha", &a, 2.5f, epoch, 8, &against), 0);
    }
    given_up("asha", &a, 3.5f, 3, 8, &against);
    assert_close(against, 3, 0, 0); /* the last that is better */
    assert_int_equal(given_up("asha", &a, 0.5f, 1, 0, &against), 0);
    assert_int_equal(given_up("asha", &a, 1.5f, 1, 1, &against), 1); /* one of two */
}

/* Table 1 of Li et al. 2018: R = 81, eta = 3. */
static void brackets_are_those_of_the_paper(void **state)
{
    static const uint64_t size[] = {81, 34, 15, 8, 5};
    const struct prune_args a = {.lag = 1, .after = 1, .keep = 1, .eta = 3};
    uint64_t count[5] = {0};
    (void)state;
    assert_int_equal(hyperband_brackets(&a, 81), 5);
    assert_int_equal(hyperband_brackets(&a, 80), 4);
    for (int b = 0; b < 5; b++)
        assert_int_equal(hyperband_size(&a, 81, b), size[b]);
    for (uint64_t p = 0; p < 143; p++) {
        count[hyperband_bracket(&a, 81, p)]++;
        for (int b = 0; b < 5; b++) /* at any time each has its share, within one or two */
            assert_true(fabs((double)count[b] - (double)(p + 1) * (double)size[b] / 143) < 2);
    }
    for (int b = 0; b < 5; b++)
        assert_int_equal(count[b], size[b]);
    assert_int_equal(hyperband_bracket(&a, 81, 143), hyperband_bracket(&a, 81, 0));
}

static void a_bracket_is_compared_among_itself(void **state)
{
    const struct prune_args a = {.lag = 1, .after = 1, .keep = 1, .eta = 3};
    int bracket = hyperband_bracket(&a, EPOCHS, OTHERS), first = 1, better = 0;
    double against;
    (void)state;
    for (int b = 0; b < bracket; b++)
        first *= 3;
    for (uint64_t p = 0; p < 20; p++)
        better += hyperband_bracket(&a, EPOCHS, p) == bracket;
    assert_true(better > 3);
    assert_int_equal(given_up("hyperband", &a, 25, first, 20, &against), 1);
    assert_int_equal(given_up("hyperband", &a, 25, first == 1 ? 2 : first - 1, 20, &against), 0);
}

/* The largest value of the first 20 others whose bracket is the same, of trials of so many epochs. */
static double worst_of_bracket(const struct prune_args *a, int bracket, int planned)
{
    double worst = 0;
    for (uint64_t p = 0; p < 20; p++)
        if (hyperband_bracket(a, planned, p) == bracket)
            worst = (double)(p + 1);
    return worst;
}

/* Where epochs are an axis, a trial of 9 has three brackets, one of 81 five. */
static void a_bracket_is_that_of_the_trials_own_epochs(void **state)
{
    const struct prune_args a = {.lag = 1, .after = 1, .keep = 1, .eta = 3};
    int bracket = hyperband_bracket(&a, EPOCHS, OTHERS), first = 1;
    double want = worst_of_bracket(&a, bracket, 9), against = 0;
    (void)state;
    for (int b = 0; b < bracket; b++)
        first *= 3;
    assert_true(want > 0 && want != worst_of_bracket(&a, bracket, EPOCHS));
    assert_int_equal(given_up_beside("hyperband", &a, 25, first, 20, 9, &against), 1);
    assert_close(against, want, 0, 0);
}

static void patience_waits_for_a_better_value(void **state)
{
    const struct prune_args a = {.after = 1, .patience = 3, .min_delta = 0.5};
    static const float best[] = {9, 8, 7.8f, 7.7f, 7.6f, 7};
    double against;
    (void)state;
    for (int epoch = 1; epoch <= 6; epoch++) {
        const struct prune_case c = {.own = {best, epoch, EPOCHS, 0, 0}};
        assert_int_equal(prune_decide(rule("patience"), &a, &c, &against), epoch == 5); /* 7.6 against 8 */
    }
}

/* SciPy: ttest_rel(own, best, alternative="greater") and wilcoxon(own, best, alternative="greater", mode="exact"). */
static void paired_tests_are_those_of_scipy(void **state)
{
    static const struct {
        size_t n;
        double own[6], best[6], t, wilcoxon;
    } known[] = {
        {2, {2, 3}, {1, 1}, 0.10241638234956672, 0.25},
        {3, {2, 3, 2.5}, {1, 1, 1}, 0.017549359323, 0.125},
        {5, {0.31, 0.28, 0.35, 0.30, 0.33}, {0.30, 0.29, 0.31, 0.28, 0.28}, 0.0541962190111, 0.0625},
        {6, {5, 6, 7, 8, 9, 11}, {4, 4, 4, 4, 4, 4}, 0.00442227682447, 0.015625},
    };
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_close(race_t(known[i].own, known[i].best, known[i].n), known[i].t, 1e-8, 0);
        assert_close(race_wilcoxon(known[i].own, known[i].best, known[i].n), known[i].wilcoxon, 1e-12, 0);
    }
    assert_close(race_t(known[3].best, known[3].own, 6), 1, 0, 0);
    /* The same difference each time, but for rounding: that of two says nothing yet, that of five does. */
    static const double worse[] = {(float)0.31, (float)0.29, (float)0.33, (float)0.3, (float)0.35};
    static const double better[] = {(float)0.3, (float)0.28, (float)0.32, (float)0.29, (float)0.34};
    assert_close(race_t(worse, better, 2), 0.25, 1e-12, 0);
    assert_close(race_t(worse, better, 5), 1.0 / 32, 1e-12, 0);
}

/* All signs are counted of many pairs, too: of n that are all worse there is one in 2^n, two where the smallest
 * difference is the other way. With ties it is what counting them one by one says. */
static void signs_of_many_pairs_are_counted(void **state)
{
    static const double off[12] = {1, -1, 2, 2, 2, -3, 4, 5, -5, 6, 6, 7};
    static const double rank[12] = {1.5, 1.5, 4, 4, 4, 6, 7, 8.5, 8.5, 10.5, 10.5, 12};
    double own[120], best[120] = {0}, sum = 0, above = 0;
    (void)state;
    for (size_t i = 0; i < 120; i++)
        own[i] = (double)(i + 1);
    for (size_t n = 1; n <= 100; n++)
        assert_close(race_wilcoxon(own, best, n) * pow(2, (double)n), 1, 1e-12, 0);
    assert_close(race_wilcoxon(own, best, 120) * 0x1p100, 1, 1e-12, 0); /* as many as are looked at */
    own[0] = -1;
    assert_close(race_wilcoxon(own, best, 100) * 0x1p99, 1, 1e-12, 0);
    assert_close(race_wilcoxon(best, own, 50), 1 - 0x1p-50, 0x1p-53, 0);
    for (size_t i = 0; i < 12; i++)
        sum += off[i] > 0 ? rank[i] : 0;
    for (size_t signs = 0; signs < 1 << 12; signs++) {
        double w = 0;
        for (size_t i = 0; i < 12; i++)
            w += signs >> i & 1 ? rank[i] : 0;
        above += w >= sum;
    }
    assert_close(race_wilcoxon(off, best, 12), above / (1 << 12), 0, 0);
    assert_close(race_wilcoxon(best, best, 12), 1, 0, 0);
}

/* Point 0 is the best, 1 is as good, 2 is worse in every repeat: from the third repeat on it is left out. */
static void a_race_is_for_those_that_may_win(void **state)
{
    static const double value[3][5] = {{1, 1.2, 1.1, 1, 1.1}, {1.1, 1.15, 1.05, 1.1, 1}, {2, 2.21, 2.1, 2, 2.1}};
    const struct prune_args a = {.lag = 1, .pairs = 2, .alpha = 0.05};
    struct prune_repeat t[15];
    double own, against;
    (void)state;
    for (size_t i = 0; i < 15; i++) {
        t[i] = (struct prune_repeat){i / 5, (int)(i % 5), value[i / 5][i % 5]};
        int out = prune_race_out(rule("race"), &a, t, i, &own, &against);
        assert_int_equal(out, i / 5 == 2 && i % 5 >= 2);
        if (!out)
            continue;
        assert_close(own, 2.105, 1e-12, 0);
        assert_close(against, 1.1, 1e-12, 0);
        t[i].value = NAN;
    }
    const struct prune_args far = {.lag = 3, .pairs = 2, .alpha = 0.05};
    assert_int_equal(prune_race_out(rule("race"), &far, t, 14, &own, &against), 0); /* there is none to compare with */
}

enum { PROMOTED = 40 };

/* Made-up curves, the same in every test: trial i has value[i] after the first epoch, then[i] from the third on, and
 * later[i] from the ninth on. */
static float promoted[PROMOTED][EPOCHS];

static void begin_promotion(struct promotion *p, const struct prune_args *a, struct promotion_trial *t, size_t n,
                            int planned, const float *value, const float *then, const float *later)
{
    assert_int_equal(promotion_init(p, a, n), 0);
    for (size_t i = 0; i < n; i++) {
        for (int e = 0; e < EPOCHS; e++)
            promoted[i][e] = (e < 2 ? value : e < 8 ? then : later)[i];
        t[i] = (struct promotion_trial){.best = promoted[i], .planned = planned};
    }
}

/* Wants these jobs of six trials of 9 epochs, and no others; known: whatever the trials come to is there before. */
static void wants_jobs(const float *value, const float *then, int known, const struct promotion_job *want, size_t n,
                       struct promotion *p, struct promotion_trial *t)
{
    static const struct prune_args a = {.lag = 1, .after = 1, .keep = 1, .eta = 3};
    int next;
    begin_promotion(p, &a, t, 6, 9, value, then, then);
    for (size_t i = 0; known && i < 6; i++) {
        t[i].epochs = 9;
        t[i].ended = 1;
    }
    while ((next = promotion_next(p, t)) == 1) {
        const struct promotion_job *j = &p->job[p->jobs - 1];
        if (p->jobs > n || j->trial != want[p->jobs - 1].trial || j->to != want[p->jobs - 1].to)
            fail_msg("job %zu trains %zu to %d", p->jobs, j->trial, j->to);
        if (known)
            continue;
        t[j->trial].epochs = j->to;
        t[j->trial].ended = j->to == 9;
    }
    assert_int_equal(next, 2);
    assert_int_equal(p->jobs, n);
}

/* Algorithm 2 of the paper by hand, of trials each of which is better than those before it. */
static void the_best_third_of_a_rung_goes_on(void **state)
{
    static const float value[] = {5, 4, 3, 2, 1, 0};
    static const struct promotion_job want[] = {{0, 1}, {1, 1}, {2, 1}, {2, 3}, {3, 1}, {3, 3},
                                                {4, 1}, {4, 3}, {4, 9}, {5, 1}, {5, 3}, {5, 9}};
    struct promotion p;
    struct promotion_trial t[6];
    (void)state;
    wants_jobs(value, value, 0, want, sizeof want / sizeof *want, &p, t);
    assert_int_equal(promotion_gives_up(&p, t, 1), 1);
    assert_int_equal(promotion_gives_up(&p, t, 3), 3);
    assert_int_equal(promotion_gives_up(&p, t, 5), 0);
    assert_close(promotion_against(&p, 3), 1, 0, 0); /* of trials 5 and 6, which went on from there */
    promotion_release(&p);
}

/* Brackets by hand: trials 0, 1, 2 begin with a rung after one epoch, trials 3, 4, 5 with one after three; each is
 * compared with those of its bracket, though all of the second are worse. */
static void brackets_have_rungs_of_their_own(void **state)
{
    static const struct prune_args a = {.lag = 1, .after = 1, .keep = 1, .eta = 3};
    static const float value[] = {1, 2, 3, 6, 5, 4};
    static const struct promotion_job want[] = {{0, 1}, {1, 1}, {2, 1}, {0, 3}, {3, 3}, {4, 3}, {5, 3}, {5, 9}, {0, 9}};
    struct promotion p;
    struct promotion_trial t[6];
    (void)state;
    begin_promotion(&p, &a, t, 6, 9, value, value, value);
    for (size_t i = 0; i < 6; i++)
        t[i].bracket = i > 2;
    for (int next; (next = promotion_next(&p, t)) != 2;) {
        assert_int_equal(next, 1);
        const struct promotion_job *j = &p.job[p.jobs - 1];
        if (p.jobs > sizeof want / sizeof *want || j->trial != want[p.jobs - 1].trial || j->to != want[p.jobs - 1].to)
            fail_msg("job %zu trains %zu to %d", p.jobs, j->trial, j->to);
        t[j->trial].epochs = j->to;
        t[j->trial].ended = j->to == 9;
    }
    assert_int_equal(p.jobs, sizeof want / sizeof *want);
    assert_int_equal(promotion_gives_up(&p, t, 1), 1);
    assert_int_equal(promotion_gives_up(&p, t, 3), 3);
    assert_close(promotion_against(&p, 3), 4, 0, 0);
    promotion_release(&p);
}

/* Trial 1 would be the best after three epochs, but was not after the first: what a journal knows of it beside the
 * clock, as of a sweep that had no rule, does not keep trial 3 from going on. */
static void what_the_clock_has_not_given_is_not_looked_at(void **state)
{
    static const float value[] = {1, 5, 6, 2, 7, 8}, then[] = {0.9f, 0, 6, 0.8f, 7, 8};
    static const struct promotion_job want[] = {{0, 1}, {1, 1}, {2, 1}, {0, 3}, {3, 1}, {4, 1}, {5, 1}, {3, 3}, {3, 9}};
    struct promotion p;
    struct promotion_trial t[6];
    (void)state;
    for (int known = 0; known < 2; known++) {
        wants_jobs(value, then, known, want, sizeof want / sizeof *want, &p, t);
        promotion_release(&p);
    }
}

/* Where all are equal a third goes on from each rung, and one to its end. */
static void equal_trials_do_not_all_go_on(void **state)
{
    static const float value[] = {1, 1, 1, 1, 1, 1};
    static const struct promotion_job want[] = {{0, 1}, {1, 1}, {2, 1}, {0, 3}, {3, 1}, {4, 1}, {5, 1}, {1, 3}, {0, 9}};
    struct promotion p;
    struct promotion_trial t[6];
    (void)state;
    wants_jobs(value, value, 0, want, sizeof want / sizeof *want, &p, t);
    promotion_release(&p);
}

/* Ends jobs in an order of its own, trial 7 by a failure after two epochs; seed 0: all ends are there before. */
static void promote_in_some_order(unsigned seed, const struct prune_args *a, const float *value, const float *then,
                                  const float *later, struct promotion *p)
{
    struct promotion_trial t[PROMOTED];
    int next;
    begin_promotion(p, a, t, PROMOTED, 27, value, then, later);
    for (size_t i = 0; !seed && i < PROMOTED; i++) {
        t[i].epochs = i == 7 ? 2 : 27;
        t[i].ended = 1;
    }
    while ((next = promotion_next(p, t)) != 2) {
        assert_true(next >= 0);
        for (size_t tries = 0; next == 0 && tries < 1000000; tries++) {
            seed = seed * 1103515245 + 12345;
            const size_t job = seed / 65536 % p->jobs, i = p->job[job].trial;
            if (promotion_job_is_over(p, t, job))
                continue;
            t[i].ended = i == 7 || p->job[job].to == 27;
            t[i].epochs = i == 7 ? 2 : p->job[job].to;
            if (i == 7 && p->job[job].to == 1) {
                t[i].ended = 0;
                t[i].epochs = 1;
            }
            break;
        }
    }
}

/* Who ends when plays no part, nor does what is known before, and few trials come to their ends, the best at the last
 * rung among them. */
static void promotions_follow_from_the_clock_alone(void **state)
{
    const struct prune_args a = {.lag = 5, .after = 1, .keep = 1, .eta = 3};
    float value[PROMOTED], then[PROMOTED], later[PROMOTED];
    struct promotion one, other;
    size_t whole = 0, best = PROMOTED, ends_best = 0;
    (void)state;
    for (size_t i = 0; i < PROMOTED; i++) {
        value[i] = (float)(i * 29 % 41);
        then[i] = value[i] - (float)(i * 17 % 13); /* curves cross */
        later[i] = then[i] - (float)(i * 7 % 19);
    }
    value[7] = then[7] = later[7] = 0.5f;
    promote_in_some_order(1, &a, value, then, later, &one);
    for (unsigned seed = 0; seed < 30; seed++) {
        promote_in_some_order(seed, &a, value, then, later, &other);
        assert_int_equal(one.jobs, other.jobs);
        for (size_t j = 0; j < one.jobs; j++)
            assert_true(one.job[j].trial == other.job[j].trial && one.job[j].to == other.job[j].to);
        promotion_release(&other);
    }
    for (size_t j = 0; j < one.jobs; j++)
        if (one.job[j].to == 9 && (best == PROMOTED || later[one.job[j].trial] < later[best]))
            best = one.job[j].trial;
    for (size_t j = 0; j < one.jobs; j++) {
        whole += one.job[j].to == 27;
        ends_best += one.job[j].to == 27 && one.job[j].trial == best;
    }
    assert_true(ends_best == 1 && whole < PROMOTED / 5);
    promotion_release(&one);
}

/* The definition: of those that have come to a rung, `granted` so many epochs or more by the clock, the best that waits
 * there; PROMOTED: it is not among the best third. */
static size_t goes_on_by_definition(const float *value, const int *granted, int rung)
{
    size_t n = 0, best = PROMOTED, before = 0;
    for (size_t i = 0; i < PROMOTED; i++) {
        n += granted[i] >= rung;
        if (granted[i] == rung && (best == PROMOTED || value[i] < value[best]))
            best = i;
    }
    for (size_t i = 0; i < PROMOTED && best < PROMOTED; i++)
        before += granted[i] >= rung && (value[i] < value[best] || (value[i] == value[best] && granted[i] > rung));
    return best < PROMOTED && before < n / 3 ? best : PROMOTED;
}

/* Each job is that of the definition, from the highest rung on, where many trials are equal. */
static void jobs_are_those_of_the_definition(void **state)
{
    static const struct prune_args a = {.lag = 1, .after = 1, .keep = 1, .eta = 3};
    (void)state;
    for (unsigned kinds = 1; kinds < 30; kinds += 4) {
        struct promotion p;
        struct promotion_trial t[PROMOTED];
        float value[PROMOTED];
        int granted[PROMOTED] = {0}, begun = 0;
        for (unsigned i = 0; i < PROMOTED; i++)
            value[i] = (float)(i * 2654435761u / 65536 % kinds);
        begin_promotion(&p, &a, t, PROMOTED, 27, value, value, value);
        while (promotion_next(&p, t) == 1) {
            const struct promotion_job *j = &p.job[p.jobs - 1];
            size_t want = PROMOTED;
            for (int rung = 9; rung >= 1 && want == PROMOTED; rung /= 3)
                want = goes_on_by_definition(value, granted, rung);
            if (want == PROMOTED && begun < PROMOTED)
                want = (size_t)begun++;
            if (want < PROMOTED && j->trial != want) /* else what is kept goes on */
                fail_msg("of %u values job %zu is of trial %zu, not %zu", kinds, p.jobs, j->trial, want);
            granted[j->trial] = t[j->trial].epochs = j->to;
            t[j->trial].ended = j->to == 27;
        }
        promotion_release(&p);
    }
}

int test_pruning(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_complete),
        cmocka_unit_test(the_median_and_percentiles_are_those_of_complete_trials),
        cmocka_unit_test(rungs_let_one_of_eta_go_on),
        cmocka_unit_test(brackets_are_those_of_the_paper),
        cmocka_unit_test(the_best_third_of_a_rung_goes_on),
        cmocka_unit_test(brackets_have_rungs_of_their_own),
        cmocka_unit_test(what_the_clock_has_not_given_is_not_looked_at),
        cmocka_unit_test(equal_trials_do_not_all_go_on),
        cmocka_unit_test(promotions_follow_from_the_clock_alone),
        cmocka_unit_test(jobs_are_those_of_the_definition),
        cmocka_unit_test(a_bracket_is_compared_among_itself),
        cmocka_unit_test(a_bracket_is_that_of_the_trials_own_epochs),
        cmocka_unit_test(paired_tests_are_those_of_scipy),
        cmocka_unit_test(signs_of_many_pairs_are_counted),
        cmocka_unit_test(a_race_is_for_those_that_may_win),
        cmocka_unit_test(patience_waits_for_a_better_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
