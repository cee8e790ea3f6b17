/* Every word has what a user needs to know about it, and a case in the golden files. */
#include "fixture.h"
#include "golden.h"
#include "train/task.h"

#include <stdio.h>
#include <string.h>

static void check_params(const struct param *p, size_t size, const char *of)
{
    for (; p->name; p++) {
        unsigned char into[sizeof(struct train_spec)] = {0};
        struct err e = {0};
        if (!p->help || strlen(p->help) < 10 || !p->preset)
            fail_msg("%s: %s has no help or no default", of, p->name);
        if (p->at >= size)
            fail_msg("%s: %s lies outside its struct", of, p->name);
        if (param_set(p, into, p->preset, NULL, &e))
            fail_msg("%s: default of %s: %s", of, p->name, e.text);
    }
}

static int golden_has(const char *file, const char *word)
{
    struct golden g;
    int found = 0;
    golden_open(&g, file);
    while (golden_row(&g))
        found |= strstr(g.settings, word) != NULL;
    golden_close(&g);
    return found;
}

static void each_optimizer_is_complete(void **state)
{
    (void)state;
    size_t n = 0;
    for (const struct optimizer_type *o; (o = optimizer_types[n]); n++) {
        char word[64];
        assert_string_equal(optimizer_name(n), o->name);
        assert_true(o->help && strlen(o->help) > 10 && o->source && o->step && o->states);
        assert_true(o->args_size <= TRAIN_ARGS);
        check_params(o->params, o->args_size, o->name);
        snprintf(word, sizeof word, "optimizer=%s ", o->name);
        if (!golden_has("train_optimizers.csv", word))
            fail_msg("no golden values of %s", o->name);
    }
    assert_null(optimizer_name(n));
}

static void each_schedule_is_complete(void **state)
{
    (void)state;
    size_t n = 0;
    for (const struct schedule_type *s; (s = schedule_types[n]); n++) {
        char word[64];
        assert_string_equal(schedule_name(n), s->name);
        assert_true(s->help && strlen(s->help) > 10 && s->source && s->factor);
        assert_true(s->args_size <= TRAIN_ARGS);
        check_params(s->params, s->args_size, s->name);
        snprintf(word, sizeof word, "schedule=%s", s->name);
        if (!golden_has("train_schedules.csv", word))
            fail_msg("no golden values of %s", s->name);
    }
    assert_null(schedule_name(n));
}

/* A key has one meaning among those that a training can have together. */
static void each_loss_is_complete(void **state)
{
    (void)state;
    size_t n = 0;
    for (const struct loss_type *l; (l = loss_types[n]); n++) {
        int tasks = 0;
        assert_string_equal(loss_name(n + 1), l->name);
        assert_true(l->help && strlen(l->help) > 10 && l->source && l->args_size <= TRAIN_ARGS);
        if (l->params)
            check_params(l->params, l->args_size, l->name);
        for (const struct param *p = l->params; p && p->name; p++) {
            assert_null(param_find(train_params, p->name));
            for (size_t o = 0; optimizer_types[o]; o++)
                assert_null(param_find(optimizer_types[o]->params, p->name));
            for (size_t s = 0; schedule_types[s]; s++)
                assert_null(param_find(schedule_types[s]->params, p->name));
        }
        for (size_t t = 0; task_types[t]; t++)
            for (size_t k = 0; task_types[t]->losses[k]; k++)
                tasks += task_types[t]->losses[k] == l;
        if (!tasks)
            fail_msg("no task has the loss %s", l->name);
    }
    assert_string_equal(loss_name(0), "auto");
    assert_null(loss_name(n + 1));
}

/* Every task has a training in some test, and every metric its values: a word here names it. */
static void each_task_is_complete(void **state)
{
    static const char *const trained[] = {
        "classify",  "regress",     "label",   "next",
        "translate", "reconstruct", "generate"}; /* test_epochs.c, test_regress.c, test_next.c, ... */
    static const char *const computed[] = {"loss",  "accuracy",       "mse",        "rmse",      "mae",    "r2",
                                           "psnr",  "reconstruction", "divergence", "precision", "recall", "f1",
                                           "kappa", "matthews",       "auc",        "log_loss",  "brier",  "ece",
                                           "top3",  "top5",           "perplexity", "bits",      "iou",    "dice",
                                           "bleu",  "critic_loss",    "frechet",    "inception"};
    unsigned by_some = 0;
    size_t n = 0;
    (void)state;
    for (const struct task_type *t; (t = task_types[n]); n++) {
        if (n >= COUNT(trained) || strcmp(trained[n], t->name))
            fail_msg("no test trains the task %s", t->name);
        assert_string_equal(task_name(n + 1), t->name);
        assert_true(t->help && strlen(t->help) > 10 && t->one && t->many && t->outputs && t->losses[0]);
        assert_true(t->lay_out && t->begin && t->step && t->measure && t->values && t->guess);
        assert_true(t->metrics >> METRIC_LOSS & 1);
        assert_true(!t->losses[0]->params); /* as keys of a loss are there where train.loss names it */
        assert_false(t->outputs((struct target_kind){.classes = 0}));
        by_some |= t->metrics;
    }
    assert_string_equal(task_name(0), "auto");
    assert_null(task_name(n + 1));
    for (int m = 0; m < METRICS; m++) {
        size_t k = 0;
        while (k < COUNT(computed) && strcmp(computed[k], train_metrics[m].what) != 0)
            k++;
        if (!(by_some >> m & 1))
            fail_msg("no task measures %s", train_metrics[m].what);
        if (k == COUNT(computed))
            fail_msg("no test computes the metric %s", train_metrics[m].what);
    }
}

/* What fits the data is found, what does not is refused with what to write. */
static void tasks_fit_their_data(void **state)
{
    static const struct {
        const char *settings, *says;
        int numbers;
    } row[] = {
        {"", NULL, 0},
        {"", NULL, 1},
        {"task=classify loss=cross_entropy label_smoothing=0.1", NULL, 0},
        {"task=regress loss=huber", NULL, 1},
        {"task=regress", "task: regress wants numbers to predict, dataset d has classes; write classify", 0},
        {"task=classify", "task: classify wants classes, dataset d has numbers to predict; write regress", 1},
        {"loss=mae", "loss: mae is not a loss of classify; write cross_entropy", 0},
        {"loss=cross_entropy", "loss: cross_entropy is not a loss of regress; write mse, mae, huber or formula", 1},
        {"label_smoothing=0.1", "label_smoothing: mse has no classes to smooth; write 0", 1},
        {"class_weights=balanced", NULL, 0},
        {"class_weights=1,2,3,0", NULL, 0},
        {"class_weights=1,2", "class_weights: has 2 weights, and there are 4 classes; write one for each", 0},
        {"task=reconstruct class_weights=balanced", "class_weights: reconstruct has no classes to weigh", 0},
        {"task=reconstruct loss=bce label_smoothing=0.1", "label_smoothing: bce has no classes to smooth", 0},
        {"task=reconstruct loss=huber", "loss: huber is not a loss of reconstruct; write mse, bce or mae", 1},
        {"task=label", "task: label wants classes of positions, dataset d has classes; write classify", 0},
        {"task=generate loss=mse", "loss: mse is not a loss of generate; write gan, lsgan, hinge or wgan", 1},
        {"task=generate accumulate=2", "accumulate: a step of generate is one of the generator", 0},
        {"task=generate swa_from=2", "swa_from: generate has no mean of epochs to measure", 0},
        {"critic_steps=2", "critic_steps: classify has no critic; leave it out, or write task = generate", 0},
        {"judge=other", "judge: classify has no critic", 0},
        {"class_weights=none", NULL, 1},
        {"class_weights=balanced", "class_weights: regress has no classes to weigh; write none", 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(row); i++) {
        struct dataset d = {.name = "d"};
        struct train_spec s;
        struct err e = {0};
        const char *key = NULL;
        char text[600] = "";
        dataset_of_vectors(&d, 3, row[i].numbers ? 0 : 4, dataset_digits);
        spec_from(&s, row[i].settings);
        if (train_task_check(&s, &d, &key, &e))
            snprintf(text, sizeof text, "%s: %s", key, e.text);
        if (row[i].says ? !strstr(text, row[i].says) : *text)
            fail_msg("%s: '%s'", row[i].settings, text);
        if (row[i].says)
            continue;
        train_task_normal(&s, target_of(&d));
        assert_true(s.task == 0 && (s.loss != 0) == (strstr(row[i].settings, "huber") != NULL));
        assert_string_equal(train_task(&s, target_of(&d))->name, row[i].numbers ? "regress" : "classify");
    }
}

/* All of them are keys of one section. */
static void keys_do_not_clash(void **state)
{
    (void)state;
    for (size_t o = 0; optimizer_types[o]; o++)
        for (const struct param *p = optimizer_types[o]->params; p->name; p++) {
            assert_null(param_find(train_params, p->name));
            for (size_t s = 0; schedule_types[s]; s++)
                assert_null(param_find(schedule_types[s]->params, p->name));
        }
    for (size_t s = 0; schedule_types[s]; s++)
        for (const struct param *p = schedule_types[s]->params; p->name; p++)
            assert_null(param_find(train_params, p->name));
}

static void train_keys_are_complete(void **state)
{
    (void)state;
    check_params(train_params, sizeof(struct train_spec), "train");
    assert_string_equal(train_select_name(0), "best");
    assert_string_equal(train_select_name(1), "last");
    assert_null(train_select_name(2));
    assert_string_equal(train_detail_name(1), "layers");
    assert_null(train_detail_name(2));
}

static void metrics_stand_in_their_order(void **state)
{
    static const char *const prefix[] = {[DATA_TRAIN] = "train_", [DATA_VALIDATION] = "val_", [DATA_TEST] = "test_"};
    (void)state;
    for (int m = 0; m < M_COUNT; m++) {
        const struct metric *x = &train_metrics[m];
        char name[64];
        snprintf(name, sizeof name, "%s%s", prefix[x->split], x->what);
        assert_string_equal(x->name, name);
        assert_true(strlen(x->help) > 10);
        assert_int_equal(metric_on(x->split, x->metric), m);
        assert_int_equal(metric_named(name), m);
        assert_int_equal(x->per_epoch, x->split != DATA_TEST);
        assert_true(x->low < x->high);
        assert_true(!strcmp(x->unit, "") || (!strcmp(x->unit, "%") && x->low == 0 && x->high == 1));
    }
    assert_int_equal(metric_named("accuracy"), -1);
    assert_string_equal(train_metrics[M_TEST_ACCURACY].name, "test_accuracy");
    assert_int_equal(train_metrics[M_VAL_ACCURACY].larger_is_better, 1);
    assert_int_equal(train_metrics[M_VAL_LOSS].larger_is_better, 0);
    assert_null(train_metrics[M_COUNT].name);
}

int test_tables(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_optimizer_is_complete), cmocka_unit_test(each_schedule_is_complete),
        cmocka_unit_test(each_loss_is_complete),      cmocka_unit_test(each_task_is_complete),
        cmocka_unit_test(tasks_fit_their_data),       cmocka_unit_test(keys_do_not_clash),
        cmocka_unit_test(train_keys_are_complete),    cmocka_unit_test(metrics_stand_in_their_order),
    };
    return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
