/* Every word has what a user needs to know about it, and a case in the golden files. */
#include "fixture.h"
#include "golden.h"

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
    assert_int_equal(n, 4);
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
    assert_int_equal(n, 5);
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
        cmocka_unit_test(each_optimizer_is_complete),
        cmocka_unit_test(each_schedule_is_complete),
        cmocka_unit_test(keys_do_not_clash),
        cmocka_unit_test(train_keys_are_complete),
        cmocka_unit_test(metrics_stand_in_their_order),
    };
    return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
