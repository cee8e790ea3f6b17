/* Values that follow from others: $name and ${expression} in [data], [train], init and pool_at. */
#include "config_test.h"

#include <stdio.h>
#include <string.h>

/* The line "key = value" of the canonical text at point k, without the key. Freed at the next call. */
static const char *canonical_value(const struct sweep *s, uint64_t k, const char *key)
{
    static struct str t;
    struct point p = point_of(s, k);
    char line[80];
    snprintf(line, sizeof line, "\n%s = ", key);
    const char *at = strstr(p.canonical, line);
    str_clear(&t);
    if (!at)
        return "(none)";
    at += strlen(line);
    str_addn(&t, at, strcspn(at, "\n"));
    return t.p;
}

/* a | b | c at the points of the sweep. */
static void expect_values(const char *text, const char *key, const char *want)
{
    struct sweep *s = open_text(text, NULL);
    struct str t = {0};
    for (uint64_t k = 0; k < sweep_points(s); k++)
        str_addf(&t, "%s%s", k ? " | " : "", canonical_value(s, k, key));
    assert_string_equal(t.p, want);
    str_release(&t);
    sweep_free(s);
}

static void values_follow_the_axes(void **state)
{
    (void)state;
    expect_values("[train]\nlr = ${0.1 * train.batch_size / 64}\n[grid]\ntrain.batch_size = 32, 64, 96\n", "train.lr",
                  "0.05 | 0.1 | 0.15");
    expect_values("[train]\nwarmup = ${2 / train.epochs}\n[grid]\ntrain.epochs = 4, 10\n", "train.warmup", "0.5 | 0.2");
    expect_values("[train]\nbatch_size = $b\n[model]\nb = 8\n[grid]\nmodel.b = 16, 48\n", "train.batch_size",
                  "16 | 48");
}

static void every_kind_of_key(void **state)
{
    (void)state;
    /* a key of the optimizer, through another that follows */
    expect_values("[train]\noptimizer = sgd\nmomentum = ${1 - train.lr}\nlr = ${train.batch_size / 320}\n"
                  "[grid]\ntrain.batch_size = 32, 64\n",
                  "train.momentum", "0.9 | 0.8");
    /* a part of a text, a name in full, a path with a dollar of its own */
    expect_values("[model]\nangle = 7\n[data]\naugment = rotate $angle, shift ${angle / 7}\n"
                  "dataset = mnist\npath = /tmp/$angle\n",
                  "data.augment", "rotate 7, shift 1");
    expect_values("[train]\nlr = 0.25\nweight_decay = $train.lr\n", "train.weight_decay", "0.25");
    /* a word, an integer of [sweep], words in an expression */
    expect_values("[model]\nhow = minmax\n[data]\nnormalize = $how\n[grid]\nmodel.how = none, standard\n",
                  "data.normalize", "none | standard");
    expect_values("[sweep]\nseed = 4\n[data]\nseed = ${sweep.seed + 1}\n", "data.seed", "5");
    expect_values("[train]\nlr = ${0.1 * (train.optimizer = sgd) + 0.01 * (train.optimizer != sgd)}\n"
                  "[grid]\ntrain.optimizer = sgd, adam\n",
                  "train.lr", "0.1 | 0.01");
    /* [model] itself, also in a variant */
    expect_values("[model]\nfirst = he\ninit = $first\n[model.x]\ninit = ${first}\nfirst = xavier\n"
                  "[grid]\nmodel.variant = none, x\n",
                  "model.init", "he | xavier");
    expect_values("[model]\ndepth = 2\npool = relu\npool_at = ${depth - 1}\nlayers =\n  flatten\n  dense $depth\n"
                  "  dense 10\n[grid]\nmodel.depth = 2, 3\n",
                  "model.layers", "flatten, relu, dense 2, dense 10 | flatten, dense 3, relu, dense 10");
}

/* What is compared is what came out, and numbers that ought to be equal are. */
static void the_same_value_is_the_same_training(void **state)
{
    (void)state;
    struct sweep *s = open_text("[train]\nlr = 0.3\nepochs = 3\n", NULL);
    uint64_t hash = point_of(s, 0).hash;
    sweep_free(s);
    s = open_text("[train]\nlr = ${0.1 * train.epochs}\nepochs = 3\n", NULL);
    assert_true(point_of(s, 0).hash == hash);
    assert_int_equal(sweep_made(s), 1);
    assert_string_equal(sweep_made_key(s, 0), "train.lr");
    assert_string_equal(sweep_made_text(s, 0), "${0.1 * train.epochs}");
    assert_string_equal(point_of(s, 0).made[0], "0.3");
    sweep_free(s);
}

static void axes_conditions_and_the_command_line(void **state)
{
    (void)state;
    static const char text[] = "[train]\nlr = ${0.1 * train.batch_size}\nmin_delta = $train.lr\n"
                               "patience = 1\n[grid]\ntrain.batch_size = 1, 2, 3\n"
                               "train.weight_decay = 0.1, 0.2 when train.min_delta > 0.15\n";
    struct sweep *s = open_text(text, NULL); /* a condition looks through two values */
    assert_int_equal(sweep_points(s), 5);
    sweep_free(s);
    s = open_text("[train]\nlr = $train.weight_decay\nweight_decay = $train.lr\n", "train.lr=0.1,0.2", NULL);
    assert_string_equal(canonical_value(s, 1, "train.weight_decay"), "0.2"); /* an axis ends the circle */
    sweep_free(s);
    s = open_text("", "train.lr=${min(0.1, train.epochs)}", NULL); /* one value, not a list */
    assert_int_equal(sweep_points(s), 1);
    assert_string_equal(canonical_value(s, 0, "train.lr"), "0.1");
    sweep_free(s);
    assert_non_null(strstr(errors_of("", "train.lr=${train.epochs - 100}", NULL),
                           "command line: train.lr: '-90' is not a number > 0; it comes of '${train.epochs - 100}'"));
    s = open_text("[data]\ntrain = ${160 * data.seed}\n[grid]\ndata.seed = 1, 2\n", NULL);
    struct data_spec d; /* a split by itself */
    struct arena a;
    struct err_list errs = {0};
    arena_init(&a);
    assert_int_equal(sweep_point_data(s, proposal_of(s, 1), &a, &d, &errs), 0);
    assert_true(d.train == 320);
    assert_int_equal(sweep_point_where(s, proposal_of(s, 1), "data", "train").line, 2);
    arena_release(&a);
    sweep_free(s);
}

static void circles_are_named(void **state)
{
    (void)state;
    expect_error("[train]\nlr = ${2 * train.lr}\n",
                 "t.ini:2: train.lr: the value goes in a circle: train.lr needs train.lr; give one of them", NULL);
    expect_error(
        "[train]\nweight_decay = 0.1\nlr = $train.warmup\nwarmup = ${train.min_delta + train.weight_decay}\n"
        "min_delta = ${1 + train.lr}\n",
        "t.ini:3: train.lr:", "train.lr needs train.warmup, which needs train.min_delta, which needs train.lr;", NULL);
    expect_error("[model]\ninit = ${he}\n", "unknown name 'he'", NULL);
    expect_error("[grid]\ntrain.epochs = 1, 2 when train.lr > 1\n[train]\nlr = $train.epochs\n",
                 "its condition looks, directly or through others, at itself", NULL);
}

static void errors_name_place_and_expression(void **state)
{
    (void)state;
    static const char grid[] = "[grid]\ntrain.epochs = 1..200\n";
    char text[256];
    snprintf(text, sizeof text, "[train]\nwarmup = ${train.epochs / 100}\n%s", grid); /* told once, of 101 points */
    expect_error(text, "t.ini:2: train.warmup: '1' is not a number in [0, 1); it comes of '${train.epochs / 100}'",
                 NULL);
    expect_error("[train]\nlr = ${1 / (train.epochs - 10)}\nepochs = 10\n", "t.ini:2: train.lr: division by zero",
                 NULL);
    expect_error("[train]\nlr = $k\n[model]\n[model.a]\nk = 1\n[grid]\nmodel.variant = none, a\n",
                 "t.ini:2: train.lr: $k has no value at this point", NULL);
    expect_error("[data]\nseed = ${1 / 3}\n", "t.ini:2: data.seed: '0.333333333333' is not an integer", NULL);
    expect_error("[data]\naugment = turn ${1 + 1}\n", "t.ini:2: data.augment:", "turn", NULL);
    expect_error("[data]\npath = ${x\n", "t.ini:2: data.path: the '}' of '${x' is missing", NULL);
    assert_string_equal(
        errors_of("[sweep]\nrepeats = ${1 + 1}\n[data]\nseed = $sed\n[model]\nsead = 1\n[train]\noptimizer = $o\n"
                  "warmup = ${epochs}\nweight_decay = ${classes}\nlr = ${stop.trials}\nclip_norm = $epochs\n"
                  "[grid]\ntrain.patience = $train.epochs, 2\n",
                  NULL),
        "t.ini:2: sweep.repeats: '${1 + 1}': [sweep] is of the sweep as a whole and has plain values\n"
        "t.ini:4: data.seed: there is no variable 'sed' in [model]; did you mean '$sead'?\n"
        "t.ini:8: train.optimizer: '$o': which keys there are depends on it; write a name, or vary train.optimizer in "
        "[grid]\n"
        "t.ini:9: train.warmup: unknown name 'epochs' in 'epochs'; write 'train.epochs'\n"
        "t.ini:10: train.weight_decay: unknown name 'classes' in 'classes'; $classes, $targets and $vocabulary are known to "
        "layers and pool only\n"
        "t.ini:11: train.lr: unknown name 'stop.trials' in 'stop.trials'; a value may use keys of [data], [model] and "
        "[train] and the numbers of [sweep]\n"
        "t.ini:12: train.clip_norm: there is no variable 'epochs' in [model]; write 'train.epochs'\n"
        "t.ini:14: train.patience: '$train.epochs': an axis has plain values; write the expression as the value of "
        "patience in [train], it follows the axes that it uses\n");
}

/* Values that each read the next one twice: asked for once each. */
static void long_chains_take_no_time(void **state)
{
    static const char *const keys[] = {"lr",        "weight_decay", "min_delta",       "beta1",
                                       "clip_norm", "beta2",        "label_smoothing", "eps"};
    struct str t = {0};
    (void)state;
    str_add(&t, "[train]\noptimizer = adam\n");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        str_addf(&t, "%s = ${0.001 + 0 * (0", keys[i]);
        for (int n = 0; n < 20; n++)
            str_addf(&t, "\n  + train.%s", i + 1 < sizeof keys / sizeof *keys ? keys[i + 1] : "epochs");
        str_add(&t, ")}\n");
    }
    struct sweep *s = open_text(t.p, NULL); /* else 20^8 */
    assert_string_equal(canonical_value(s, 0, "train.lr"), "0.001");
    sweep_free(s);
    str_release(&t);
}

int run_follow_tests(void)
{
    const struct CMUnitTest follow[] = {
        cmocka_unit_test(values_follow_the_axes),
        cmocka_unit_test(every_kind_of_key),
        cmocka_unit_test(the_same_value_is_the_same_training),
        cmocka_unit_test(axes_conditions_and_the_command_line),
        cmocka_unit_test(circles_are_named),
        cmocka_unit_test(errors_name_place_and_expression),
        cmocka_unit_test(long_chains_take_no_time),
    };
    return cmocka_run_group_tests(follow, NULL, NULL);
}
