/* Points: texts with variables, the transition block, variants, specs, the canonical text. */
#include "config_test.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *lines_at(const struct sweep *s, uint64_t k)
{
    static struct str t;
    struct point p = point_of(s, k);
    str_clear(&t);
    for (size_t i = 0; i < p.nlines; i++)
        str_addf(&t, "%s%s", i ? " / " : "", p.line[i].text);
    return t.p;
}

static void expect_lines(const char *text, uint64_t k, const char *want)
{
    struct sweep *s = open_text(text, NULL);
    assert_string_equal(lines_at(s, k), want);
    sweep_free(s);
}

static void an_empty_file_is_one_point(void **state)
{
    (void)state;
    struct sweep *s = open_text("", NULL);
    assert_int_equal(sweep_points(s), 1);
    assert_int_equal(sweep_axes(s), 0);
    assert_int_equal(sweep_keys(s), 0);
    struct point p = point_of(s, 0);
    struct nn_graph g;
    struct arena a;
    struct err_list errs = {0};
    arena_init(&a);
    assert_string_equal(p.data.dataset, "optdigits");
    if (nn_graph_build(&g, p.line, p.nlines, (struct shape){MAPS, 1, 8, 8, 1}, (struct nn_target){10, "classes", NULL},
                       &p.nn, &a, &errs))
        fail_msg("%s", errs.v[0].text);
    assert_int_equal(nn_uses(&g, "batchnorm"), 1);
    arena_release(&a);
    struct proposal at;
    struct search_history one = {.asked = 1};
    struct err e = {0};
    assert_int_equal(search_next(sweep_search(s), &one, &at, &e), 1);
    sweep_free(s);
}

static void variables_and_expressions(void **state)
{
    (void)state;
    expect_lines(
        "[model]\nk = 8\nact = relu\nlayers =\n  conv 3x3 $k,$act\n  conv 3x3   ${2*k+1} ,  ${act}\n  dense $classes\n",
        0, "conv 3x3 8, relu / conv 3x3 17, relu / dense 10");
    expect_lines("[model]\nk = 8\np = 5%\nlayers = leaky_relu ${k/16}, dropout $p, maxpool ${max(classes, 3)}x${k*2}\n",
                 0, "leaky_relu 0.5, dropout 5%, maxpool 10x16");
    expect_lines("[model]\nk = 8\nlayers = conv ${k} $k${k}\n[grid]\nmodel.k = 3, 4\n", 1, "conv 4 44");
    expect_lines("[model]\nlayers = dense $k\n[grid]\nmodel.k = 1..3\n", 2, "dense 3");
    expect_lines("[model]\nk = 9\nlayers = dense $k\n[grid]\nmodel.k = 1..3 when train.epochs = 1\n", 0, "dense 9");
}

static void errors_in_texts(void **state)
{
    (void)state;
    expect_error("[model]\nkernels = 3\nlayers =\n  relu\n  conv 3x3 $kernel\n",
                 "t.ini:5: model.layers:", "did you mean '$kernels'?", NULL);
    expect_error("[model]\nlayers = conv 3x3 $ 3\n", "t.ini:2: model.layers: '$' wants a name", NULL);
    expect_error("[model]\nlayers = conv 3x3 ${1 + \n", "the '}'", NULL);
    expect_error("[model]\nlayers = conv 3x3 ${1 + }\n", "a value is missing at the end", NULL);
    expect_error("[model]\nlayers = conv 3x3 ${train.lr}\n", "unknown name 'train.lr'", NULL);
    expect_error("[model]\nlayers =\n", "t.ini:2: model.layers: no layers", NULL);
    expect_error("[model]\nx = 3\n", "t.ini:2: model.x: no text uses this variable", NULL);
    expect_error("[model]\nnoise = 3\n", "t.ini:2: model.noise: no text uses this variable", "there is no critic",
                 NULL);
    expect_error("[grid]\nmodel.noise = 3, 4\n", "t.ini:2: model.noise: no text uses this variable", NULL);
    expect_error("[model]\nlayer = 3\n", "did you mean 'layers'?", NULL);
    expect_error("[model]\nepochs = 3\n", "'epochs' is a key of [train]", NULL);
    expect_error("[grid]\nmodel.x = 3, 4\n", "t.ini:2: model.x: no text uses this variable", NULL);
    expect_error("[model]\na-b = 3\n", "t.ini:2: model.a-b: a variable is named with", NULL);
    expect_error("[model]\nand = 3\n", "a variable is named with", NULL);
    expect_error("[model]\nx = ${3}\nlayers = conv 3x3 $x\n", "a variable is a plain value", NULL);
    expect_error("[model]\nlayers = conv 3x3 $k\n[grid]\nmodel.k = 1..3 when train.epochs = 1\n",
                 "has no value where the condition", NULL);
    /* used by a condition only: that is a use */
    assert_string_equal(
        errors_of("[model]\nbig = 0\n[grid]\nmodel.big = 0, 1\ntrain.lr = 1, 2 when model.big = 1\n", NULL), "");
    struct sweep *s = open_text("[model]\nk = 0\nlayers =\n  conv ${1/k}\n  dense $classes\n", NULL);
    assert_string_equal(point_errors(s, 0, 0), "t.ini:4: model.layers: division by zero in '1/k'\n"
                                               "t.ini:5: model.layers: $classes has no value at this point\n");
    sweep_free(s);
}

static void the_transition_block(void **state)
{
    static const char text[] = "[model]\npool = maxpool 2, relu\nlayers =\n  dense 1\n  dense 2\n  dense 3\n[grid]\n"
                               "model.pool_at = none, 0, 1..3\n";
    static const char *const want[] = {
        "dense 1 / dense 2 / dense 3", "dense 1 / dense 2 / dense 3", "dense 1 / maxpool 2, relu / dense 2 / dense 3",
        "dense 1 / dense 2 / maxpool 2, relu / dense 3", "dense 1 / dense 2 / dense 3 / maxpool 2, relu"};
    (void)state;
    struct sweep *s = open_text(text, NULL);
    for (uint64_t k = 0; k < 5; k++)
        assert_string_equal(lines_at(s, k), want[k]);
    assert_int_equal(point_of(s, 2).line[1].at.line, 2);
    assert_int_equal(point_of(s, 2).line[2].at.line, 5);
    assert_true(point_of(s, 0).hash == point_of(s, 1).hash);
    assert_true(point_of(s, 0).hash != point_of(s, 2).hash);
    sweep_free(s);
    expect_lines("[model]\npool_at = 1\nlayers =\n dense 1\n dense 2\n[grid]\nmodel.pool = \"maxpool 2, relu\", "
                 "avgpool 2, \"\"\n",
                 0, "dense 1 / maxpool 2, relu / dense 2");
    expect_lines("[model]\npool_at = 1\nlayers =\n dense 1\n dense 2\n[grid]\nmodel.pool = \"maxpool 2, relu\", "
                 "avgpool 2, \"\"\n",
                 2, "dense 1 / dense 2");
    expect_error("[model]\npool = maxpool 2\n", "t.ini:2: model.pool: stands nowhere", NULL);
    expect_error("[model]\npool_at = 2\n", "t.ini:2: model.pool_at: there is no pool", NULL);
    expect_error("[model]\npool = relu\npool_at = 3\nlayers =\n conv 1 1\n conv 1 2\n",
                 "t.ini:3: model.pool_at: '3' is after the last of 2", NULL);
    expect_error("[model]\npool = relu\nlayers =\n conv 1 1\n conv 1 2\n[grid]\nmodel.pool_at = 1..4\n",
                 "t.ini:7: model.pool_at: '3' is after the last of 2 blocks; pool_at is 0..2", NULL);
    expect_error("[model]\npool = relu\npool_at = two\n", "t.ini:3: model.pool_at: 'two' is not an integer", NULL);
}

static void variants(void **state)
{
    static const char text[] =
        "[model]\nk = 4\nlayers = dense $k\n[model.wide]\nk = 16\n[model.deep]\ninit = xavier\nlayers =\n"
        "  dense $k\n  dense ${2*k}\n[grid]\nmodel.variant = none, wide, deep\n";
    (void)state;
    struct sweep *s = open_text(text, NULL);
    assert_int_equal(sweep_points(s), 3);
    assert_string_equal(lines_at(s, 0), "dense 4");
    assert_string_equal(lines_at(s, 1), "dense 16");
    assert_string_equal(lines_at(s, 2), "dense 4 / dense 8");
    assert_true(point_of(s, 2).nn.init != point_of(s, 1).nn.init);
    assert_int_equal(point_of(s, 2).line[1].at.line, 10);
    sweep_free(s);
    s = open_text(text, "model.k=9", NULL); /* the command line wins over the variants */
    assert_string_equal(lines_at(s, 1), "dense 9");
    sweep_free(s);
    s = open_text(text, "model.wide.k=9", "model.variant=wide", NULL);
    assert_int_equal(sweep_points(s), 1);
    assert_string_equal(lines_at(s, 0), "dense 9");
    sweep_free(s);
    /* a condition on what a variant sets */
    s = open_text("[model]\nk = 4\nlayers = dense $k\n[model.wide]\nk = 16\n[grid]\ntrain.lr = 1, 2 when model.k > 8\n"
                  "model.variant = none, wide\n",
                  NULL);
    assert_int_equal(sweep_points(s), 3);
    sweep_free(s);
    expect_error("[model.wide]\ninit = he\n[model]\nvariant = wied\n",
                 "t.ini:4: model.variant:", "did you mean 'wide'?", NULL);
    expect_error("[model.wide]\ninit = he\n[grid]\nmodel.variant = none, big\n",
                 "t.ini:4: model.variant: there is no section [model.big]", NULL);
    expect_error("[model.wide]\ninit = he\n", "t.ini:1: [model.wide]: no point has this variant", NULL);
    expect_error("[model.wide]\nvariant = x\n[grid]\nmodel.variant = wide\n", "a variant cannot name another", NULL);
    expect_error("[model.none]\n", "'none' stands for [model]", NULL);
    expect_error("[model]\nvariant = wide\nk = 1\nlayers = conv 3x3 $k\n[model.wide]\nk = 3\n[grid]\nmodel.k = 1, 2\n",
                 "t.ini:6: model.wide.k: is an axis, in line 8", NULL);
    expect_error(
        "[model]\nlayers = conv 3x3 $k\n[model.a]\nk = 3\n[model.b]\ninit = he\n[grid]\nmodel.variant = a, b\n",
        "t.ini:2: model.layers: $k has no value for model.variant = b", NULL);
}

static void specs_are_filled(void **state)
{
    (void)state;
    struct sweep *s =
        open_text("[data]\ntrain = 0.8\nvalidation = 0.1\nnormalize = unit\naugment = rotate 7,   shift 1\nseed = 5\n"
                  "[model]\ninit = xavier\n[train]\nepochs = 7\nbatch_size = 1e2\noptimizer = sgd\nmomentum = 90%\n"
                  "nesterov = on\nschedule = step\ngamma = 0.5\nlr = .25\n[grid]\ntrain.weight_decay = 0, 1e-4\n"
                  "train.optimizer = sgd, adam\n",
                  NULL);
    struct point p = point_of(s, 2);
    assert_close(p.data.train, 0.8, 0, 0);
    assert_string_equal(data_normalize_name((size_t)p.data.normalize), "unit");
    assert_string_equal(nn_init_name((size_t)p.nn.init), "xavier");
    assert_int_equal(p.data.seed, 5);
    assert_int_equal(p.train.epochs, 7);
    assert_int_equal(p.train.batch_size, 100);
    assert_close(p.train.lr, 0.25, 0, 0);
    assert_close(p.train.weight_decay, 1e-4, 0, 0);
    assert_string_equal(optimizer_name((size_t)p.train.optimizer), "sgd");
    assert_string_equal(schedule_name((size_t)p.train.schedule), "step");
    const struct param *q = param_find(optimizer_types[p.train.optimizer]->params, "momentum");
    assert_close(*(const double *)(const void *)(p.train.optimizer_args + q->at), 0.9, 0, 0);
    q = param_find(schedule_types[p.train.schedule]->params, "gamma");
    assert_close(*(const double *)(const void *)(p.train.schedule_args + q->at), 0.5, 0, 0);
    assert_null(strstr(point_of(s, 3).canonical, "momentum"));
    struct data_spec d;
    struct arena a;
    struct err_list errs = {0};
    arena_init(&a);
    assert_int_equal(sweep_point_data(s, proposal_of(s, 2), &a, &d, &errs), 0);
    assert_int_equal(d.seed, 5);
    arena_release(&a);
    sweep_free(s);
}

static void data_along_axes(void **state)
{
    struct data_spec d;
    struct arena a;
    struct err_list errs = {0};
    (void)state;
    struct sweep *s = open_text("[grid]\ndata.seed = 1..3\ndata.augment = \"\", \"rotate 7, shift 1\"\n", NULL);
    arena_init(&a);
    assert_int_equal(sweep_point_data(s, proposal_of(s, 3), &a, &d, &errs), 0);
    assert_int_equal(d.seed, 2);
    assert_string_equal(d.augment, "rotate 7, shift 1");
    arena_release(&a);
    sweep_free(s);
    expect_error("[data]\ndataset = mnits\n", "t.ini:2: data.dataset:", "mnist", NULL);
    expect_error("[data]\ntrain = 0.9\nvalidation = 0.2\n", "t.ini:3: data.validation", NULL);
    expect_error("[data]\nseed = 3\naugment = rotat 7\n", "t.ini:3: data.augment:", "rotate", NULL);
}

static uint64_t hash_of(const char *text, const char *word)
{
    struct sweep *s = open_text(text, word, NULL);
    uint64_t h = point_of(s, 0).hash;
    sweep_free(s);
    return h;
}

/* What is the same training has the same hash, and nothing else has. */
static void the_canonical_text(void **state)
{
    static const char *const same[] = {
        "sweep.name=foo",
        "sweep.repeats=3",
        "sweep.seed=4",
        "train.eval_batch=16",
        "stop.time=3",
        "train.warmup_from=0.5",
        "train.decay_all=yes",
        "train.lr=1e-1",
        "data.augment=",
        "model.variant=none",
        "train.batch_size=3.2e1",
        "train.min_delta=0.1",
        "train.lr=10%",
        "require.result=test_accuracy > 2%",
        "model.layers=conv2d  3x3 4 ,relu,gap,dense 10",
        "sweep.objective=max test_accuracy",
        "train.precision=fp32",
        "train.patience=2", /* of 2 epochs */
    };
    static const char *const other[] = {
        "train.lr=0.2",         "train.epochs=3",
        "train.batch_size=33",  "train.optimizer=rmsprop",
        "train.momentum=0.5",   "train.schedule=cosine",
        "data.seed=3",          "data.train=0.5",
        "model.init=xavier",    "data.augment=rotate 3",
        "train.select=last",    "sweep.objective=min val_loss",
        "train.patience=1",     "train.label_smoothing=0.1",
        "data.normalize=unit",  "model.layers=conv 3x3 5, relu, gap, dense 10",
        "train.warmup=0.1",     "train.weight_decay=0.1",
        "train.precision=bf16",
    };
    static const char text[] =
        "[model]\nlayers =\n  conv 3x3 4, relu\n  gap, dense 10\n[train]\noptimizer = sgd\nmomentum = 0.9\n"
        "lr = 0.1\nbatch_size = 32\nepochs = 2\n";
    (void)state;
    uint64_t base = hash_of(text, NULL);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (hash_of(text, same[i]) != base)
            fail_msg("%s changes the hash", same[i]);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        uint64_t h = hash_of(text, other[i]);
        if (h == base)
            fail_msg("%s does not change the hash", other[i]);
        for (size_t j = 0; j < i; j++)
            assert_true(hash_of(text, other[j]) != h);
    }
    /* with select = last and no patience nothing looks at the objective */
    struct sweep *s = open_text(text, "train.select=last", "sweep.objective=min val_loss", NULL);
    struct sweep *t = open_text(text, "train.select=last", NULL);
    assert_true(point_of(s, 0).hash == point_of(t, 0).hash);
    assert_string_equal(point_of(s, 0).canonical, point_of(t, 0).canonical);
    assert_int_equal(strncmp(point_of(s, 0).canonical, "engine = ", 9), 0);
    assert_null(strstr(point_of(s, 0).canonical, "precision")); /* as before there was a choice */
    sweep_free(s);
    sweep_free(t);
}

/* What is the same at all points is written once; a value along an axis makes the text that it makes when it stands
 * alone: also of keys that count with others, and of those that a row of a family has. */
static void a_point_has_the_text_of_its_values_alone(void **state)
{
    static const char text[] =
        "[model]\nlayers = gap, dense 10\n[train]\noptimizer = sgd\ndecay_all = yes\nwarmup_from = 0.5\nepochs = 4\n"
        "min_delta = 0.1\n";
    static const struct {
        const char *key, *value[2];
    } axis[] = {{"train.weight_decay=", {"0", "0.1"}},     {"train.warmup=", {"0", "0.25"}},
                {"train.patience=", {"0", "2"}},           {"train.optimizer=", {"sgd", "rmsprop"}},
                {"train.schedule=", {"constant", "step"}}, {"train.momentum=", {"0", "0.9"}},
                {"data.normalize=", {"unit", "standard"}}};
    (void)state;
    for (size_t i = 0; i < sizeof axis / sizeof *axis; i++)
        for (size_t k = 0; k < i; k++) {
            char two[2][200], one[2][200];
            snprintf(two[0], sizeof two[0], "%s%s,%s", axis[i].key, axis[i].value[0], axis[i].value[1]);
            snprintf(two[1], sizeof two[1], "%s%s,%s", axis[k].key, axis[k].value[0], axis[k].value[1]);
            struct sweep *grid = open_text(text, two[0], two[1], NULL);
            for (uint64_t at = 0; at < 4; at++) {
                snprintf(one[0], sizeof one[0], "%s%s", axis[i].key, axis[i].value[at / 2]);
                snprintf(one[1], sizeof one[1], "%s%s", axis[k].key, axis[k].value[at % 2]);
                struct sweep *alone = open_text(text, one[0], one[1], NULL);
                assert_string_equal(point_of(grid, at).canonical, point_of(alone, 0).canonical);
                sweep_free(alone);
            }
            sweep_free(grid);
        }
}

/* Finished trainings in fp32 stay valid where the arithmetic in bf16 has changed. */
static void each_precision_has_an_engine_of_its_own(void **state)
{
    static const char text[] = "[model]\nlayers = gap, dense 10\n";
    (void)state;
    struct sweep *s = open_text(text, NULL), *t = open_text(text, "train.precision=bf16", NULL);
    assert_int_equal(strncmp(point_of(s, 0).canonical, "engine = 8\n", 11), 0);
    assert_int_equal(strncmp(point_of(t, 0).canonical, "engine = 6\n", 11), 0);
    sweep_free(s);
    sweep_free(t);
}

/* Numbers by value also inside of texts, options in any order, defaults written out or not, keys without effect. */
static void the_same_training_in_other_words(void **state)
{
    static const struct {
        const char *a, *b; /* words of the command line, separated by '|' */
        int same;
    } row[] = {
        {"data.augment=rotate 7", "data.augment=rotate 7.0", 1},
        {"data.augment=\"rotate 7, shift 1\"", "data.augment=\"shift pixels 1.0,rotate 7\"", 1},
        {"data.augment=hflip", "data.augment=hflip 50%", 1},
        {"data.augment=none", "data.augment=", 1},
        {"data.augment=rotate 7", "data.augment=rotate 7.5", 0},
        {"data.augment=rotate 7", "data.augment=shift 7", 0},
        {"model.layers=conv 3x3 8, gap, dense 10", "model.layers=conv2d 3 8.0 pad 0x0 stride 1, gap, dense units 1e1",
         1},
        {"model.layers=conv 3x3 8 pad same stride 2, gap, dense 10",
         "model.layers=conv 3x3 8 stride 2x2 pad same dilation 1, gap, dense 10 bias auto, softmax", 1},
        {"model.layers={ conv 3x3 8, relu } x 2, gap, dense 10",
         "model.layers=conv 3x3 8, relu, none, conv 3x3 8, relu, gap, dense 10", 1},
        {"model.layers=conv 3x3 8, maxpool 2, gap, dense 10",
         "model.layers=conv 3x3 8, maxpool 2x2 stride 2, gap, dense 10, { relu } x 0", 1},
        {"model.layers=flatten, dropout 5%, leaky_relu, dense 10",
         "model.layers=flatten, dropout 0.050, leaky_relu 0.01, dense 10", 1},
        {"model.layers=conv 3x3 8, gap, dense 10", "model.layers=conv 3x3 8 pad 1, gap, dense 10", 0},
        {"model.layers=conv 3x3 8, gap, dense 10", "model.layers=conv 3x5 8, gap, dense 10", 0},
        {"model.layers=conv 3x3 8, maxpool 2, gap, dense 10",
         "model.layers=conv 3x3 8, maxpool 2 stride 1, gap, dense 10", 0},
        {"model.layers=flatten, dropout 0, dense 10", "model.layers=flatten, dense 10", 0}, /* other random streams */
        {"train.optimizer=sgd", "train.optimizer=sgd|train.nesterov=yes", 1},
        {"train.optimizer=sgd|train.momentum=0.9", "train.optimizer=sgd|train.momentum=0.9|train.nesterov=yes", 0},
        {"train.schedule=constant", "train.schedule=step|train.step_epochs=10|train.epochs=10", 1},
        {"train.schedule=constant", "train.schedule=step|train.step_epochs=9|train.epochs=10", 0},
        {"train.schedule=constant", "train.schedule=exponential|train.gamma=1", 1},
        {"train.schedule=constant", "train.schedule=cosine|train.final=1", 1},
        {"train.schedule=constant", "train.schedule=onecycle|train.div_factor=1|train.final_div_factor=1", 1},
        {"train.schedule=constant", "train.schedule=cosine", 0},
        {"train.patience=10|train.epochs=10", "train.epochs=10", 1},
        {"train.patience=9|train.epochs=10", "train.epochs=10", 0},
        {"train.length_penalty=0.6", "train.beam=1", 1},
        {"train.beam=2|train.length_penalty=0.6", "train.beam=2", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        uint64_t hash[2], alike[2];
        for (int k = 0; k < 2; k++) {
            char text[300], *word[4] = {0};
            snprintf(text, sizeof text, "%s", k ? row[i].b : row[i].a);
            for (size_t n = 0; n < 4; n++)
                word[n] = strtok(n ? NULL : text, "|");
            struct sweep *s = open_text("", word[0], word[1], word[2], word[3], NULL);
            hash[k] = point_of(s, 0).hash;
            alike[k] = point_of(s, 0).alike;
            sweep_free(s);
        }
        if ((hash[0] == hash[1]) != row[i].same || (alike[0] == alike[1]) != row[i].same)
            fail_msg("%s and %s are %s", row[i].a, row[i].b, row[i].same ? "one training" : "two");
    }
}

/* Results of earlier versions are found again: ordinary texts are their own normal words. */
static void ordinary_texts_keep_their_canonical_text(void **state)
{
    (void)state;
    struct sweep *s =
        open_text("[data]\naugment = rotate 8, shift 0.5\ntrain = 0.8\nvalidation = 0.2\n[model]\npool = maxpool 2\n"
                  "pool_at = 1\nlayers =\n conv 3x3 8 pad same, batchnorm, relu, dropout 0.05\n"
                  " conv 1x1 10, leaky_relu 0.2, avgpool 2\n gap\n dense 10\n",
                  NULL);
    const char *text = point_of(s, 0).canonical;
    assert_non_null(strstr(text, "model.layers = conv2d 3x3 8 pad same, batchnorm, relu, dropout 0.05, maxpool 2, "
                                 "conv2d 1x1 10, leaky_relu 0.2, avgpool 2, gap, dense 10\n"));
    assert_non_null(strstr(text, "data.train = 0.8\ndata.validation = 0.2\ndata.test = 0\n"));
    assert_non_null(strstr(text, "data.augment = rotate 8, shift 0.5\n"));
    assert_non_null(strstr(text, "train.schedule = constant\n"));
    assert_non_null(strstr(text, "train.patience = 0\n"));
    sweep_free(s);
}

static void points_do_not_depend_on_each_other(void **state)
{
    (void)state;
    struct sweep *s =
        open_text("[model]\nk = 1\nlayers = dense $k\n[grid]\nmodel.k = 1..3\ntrain.optimizer = sgd, adam\n"
                  "train.momentum = 0, 0.9 when train.optimizer = sgd\n",
                  NULL);
    uint64_t hash[16], n = sweep_points(s);
    assert_int_equal(n, 9);
    for (uint64_t k = 0; k < n; k++)
        hash[k] = point_of(s, k).hash;
    for (uint64_t k = n; k-- > 0;) {
        assert_true(point_of(s, k).hash == hash[k]);
        for (uint64_t j = 0; j < k; j++)
            assert_true(hash[j] != hash[k]);
    }
    sweep_free(s);
}

static void ten_thousand_points(void **state)
{
    struct arena a;
    struct err_list errs = {0};
    struct timespec from, to;
    (void)state;
    struct sweep *s = open_text(
        "[model]\nk = 1\nd = 0\nlayers =\n  conv 3x3 $k, batchnorm, relu, dropout $d\n  conv 3x3 ${2*k}\n  gap\n"
        "  dense $classes\n[grid]\nmodel.k = 1..10\nmodel.d = 0..0.9 step 0.1\ntrain.lr = 1e-4..1 log count 10\n"
        "train.optimizer = sgd, adam\ntrain.epochs = 1..5\n",
        NULL);
    arena_init(&a);
    assert_int_equal(sweep_points(s), 10000);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    for (uint64_t k = 0; k < 10000; k++) {
        struct point p;
        arena_reset(&a);
        assert_int_equal(sweep_point(s, proposal_of(s, k), (struct target_kind){.classes = 10}, &a, &p, &errs), 0);
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    double seconds = (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
    print_message("10,000 points: %.0f ms\n", 1e3 * seconds);
#if defined __OPTIMIZE__ && !defined __SANITIZE_ADDRESS__
    assert_true(seconds < 1); /* 0.15 s; room for a busy machine */
#endif
    arena_release(&a);
    sweep_free(s);
}

int run_point_tests(void)
{
    const struct CMUnitTest points[] = {
        cmocka_unit_test(an_empty_file_is_one_point),
        cmocka_unit_test(variables_and_expressions),
        cmocka_unit_test(errors_in_texts),
        cmocka_unit_test(the_transition_block),
        cmocka_unit_test(variants),
        cmocka_unit_test(specs_are_filled),
        cmocka_unit_test(data_along_axes),
        cmocka_unit_test(the_canonical_text),
        cmocka_unit_test(a_point_has_the_text_of_its_values_alone),
        cmocka_unit_test(each_precision_has_an_engine_of_its_own),
        cmocka_unit_test(the_same_training_in_other_words),
        cmocka_unit_test(ordinary_texts_keep_their_canonical_text),
        cmocka_unit_test(points_do_not_depend_on_each_other),
        cmocka_unit_test(ten_thousand_points),
    };
    return cmocka_run_group_tests(points, NULL, NULL);
}
