/* Ten steps of every optimizer against PyTorch.
 *
 * Tolerance. Parameters are below 2, one step rounds a handful of times (unit roundoff 6e-8 of the step, and 6e-8 of w
 * once when the step is added); where PyTorch rounds in another order (fused multiply-add here) ten steps may drift by
 * about 10 * 2 * 6e-8. 2e-6 leaves room for that and is far below what any wrong formula does: the smallest effect in
 * the files, eps or bias correction left out, moves parameters by more than 1e-4. */
#include "fixture.h"
#include "golden.h"

#include <math.h>
#include <string.h>

#define N 16

static float pattern(int i)
{
    return (float)((i * 7919 + 104729) % 256 - 128) / 128;
}

/* To those that go by tensors, a matrix of two rows. */
static const struct nn_tensor matrix = {.name = "weight", .role = NN_WEIGHT, .n = N, .fan_in = N / 2, .fan_out = 2};

struct stepper {
    _Alignas(64) float w[N], g[N], state[TRAIN_STATES][N], scratch[4096];
    char settings[256];
    struct train_spec spec;
};

static void restart(struct stepper *s, const char *settings)
{
    memset(s, 0, sizeof *s);
    strcpy(s->settings, settings);
    spec_from(&s->spec, settings);
    for (int i = 0; i < N; i++)
        s->w[i] = pattern(i);
}

static void step(struct stepper *s, int t, const struct kernels *k)
{
    const struct optimizer_type *o = optimizer_types[s->spec.optimizer];
    for (int i = 0; i < N; i++)
        s->g[i] = pattern(1000 + 37 * t + 11 * i);
    float gscale = train_clip(&s->spec, sqrt(k->sum_squares(N, s->g)));
    struct optimizer_call c = {.k = k,
                               .t = (uint64_t)t,
                               .lr = (float)s->spec.lr,
                               .wd = (float)s->spec.weight_decay,
                               .gscale = gscale,
                               .len = N,
                               .g = s->g,
                               .w = s->w,
                               .tensor = o->scratch ? &matrix : NULL,
                               .scratch = s->scratch};
    for (int v = 0; v < o->states(s->spec.optimizer_args); v++)
        c.state[v] = s->state[v];
    assert_true(!o->scratch || o->scratch(&matrix) <= COUNT(s->scratch));
    o->step(s->spec.optimizer_args, &c);
}

static void against_torch(const struct kernels *k)
{
    struct golden g;
    struct stepper s = {0};
    int rows = 0;
    golden_open(&g, "train_optimizers.csv");
    for (; golden_row(&g); rows++) {
        int t = (int)g.value[0];
        assert_int_equal(g.values, 1 + N);
        if (strcmp(s.settings, g.settings))
            restart(&s, g.settings);
        step(&s, t, k);
        for (int i = 0; i < N; i++)
            if (!is_close(s.w[i], g.value[1 + i], 0, 2e-6))
                fail_msg("%s (%s), step %d: w%d is %.9g, want %.9g", g.settings, k->isa, t, i, s.w[i], g.value[1 + i]);
    }
    golden_close(&g);
    assert_int_equal(rows % 10, 0);
    assert_true(rows >= 150);
}

static void steps_agree_with_torch(void **state)
{
    (void)state;
    for (size_t i = 0; kernels_level(i); i++) {
        const struct kernels *k = kernels_pick(kernels_level(i));
        if (k)
            against_torch(k);
    }
}

static void state_vectors_only_where_needed(void **state)
{
    static const struct {
        const char *settings;
        int states;
    } want[] = {
        {"optimizer=sgd", 0},
        {"optimizer=sgd nesterov=yes", 0},
        {"optimizer=sgd momentum=0.5", 1},
        {"optimizer=rmsprop", 1},
        {"optimizer=rmsprop momentum=0.5", 2},
        {"optimizer=adam", 2},
        {"optimizer=adamw", 2},
        {"optimizer=adagrad", 1},
        {"optimizer=lion", 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(want); i++) {
        struct train_spec s;
        spec_from(&s, want[i].settings);
        assert_int_equal(optimizer_types[s.optimizer]->states(s.optimizer_args), want[i].states);
    }
}

static void clip_scales_only_long_gradients(void **state)
{
    struct train_spec s;
    (void)state;
    spec_from(&s, "clip_norm=0");
    assert_true(train_clip(&s, 1e9) == 1);
    spec_from(&s, "clip_norm=2");
    assert_true(train_clip(&s, 0) == 1);
    assert_true(train_clip(&s, 1.9) == 1);
    assert_close(train_clip(&s, 4), 0.5, 1e-6, 0);
}

int test_optimizers(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_agree_with_torch),
        cmocka_unit_test(state_vectors_only_where_needed),
        cmocka_unit_test(clip_scales_only_long_gradients),
    };
    return cmocka_run_group_tests_name("optimizers", tests, NULL, NULL);
}
