/* Keys, vocabularies and what is checked of them without data. */
#include "data_test.h"

#include <stdio.h>
#include <string.h>

static void defaults_are_a_valid_sweep(void **state)
{
    struct data_spec s = spec_of("optdigits", "");
    struct err e = {0};
    (void)state;
    assert_int_equal(data_spec_check(&s, NULL, &e), 0);
    assert_string_equal(data_params[0].preset, "optdigits");
    assert_string_equal(data_normalize_name((size_t)s.normalize), "standard");
    assert_null(data_normalize_name(5));
}

static void params_are_right(const struct param *p)
{
    for (; p && p->name; p++) {
        _Alignas(16) unsigned char room[DATA_ARGS];
        struct err e = {0};
        assert_true(p->help[0]);
        if (p->preset) /* a default is right by construction */
            assert_int_equal(param_set(p, room, p->preset, NULL, &e), 0);
    }
}

static void every_word_has_help(void **state)
{
    int n = 0, m = 0;
    (void)state;
    for (const struct data_word *w; (w = data_dataset_word((size_t)n)); n++) {
        assert_true(w->name[0] && w->help[0] && data_dataset_named(w->name) == w);
        params_are_right(w->params);
    }
    for (const struct data_word *w; (w = data_augment_word((size_t)m)); m++) {
        assert_true(w->name[0] && w->help[0]);
        params_are_right(w->params);
    }
    assert_true(n > 10);
    assert_int_equal(m, 12);
}

#define wrong(s, w, ...)                                                                                               \
    do {                                                                                                               \
        struct err e_ = {0};                                                                                           \
        assert_int_equal(data_spec_check(s, w, &e_), -1);                                                              \
        assert_int_equal(e_.code, ERR_USAGE);                                                                          \
        has_text(e_.text, __VA_ARGS__);                                                                                \
    } while (0)

static void errors_name_the_key_at_fault(void **state)
{
    struct data_spec s = spec_of("mnits", "");
    struct where at = {"grid.ini", 7, "data", "dataset"}, other = {"grid.ini", 7, "data", "train"},
                 section = {"grid.ini", 7, "data", NULL};
    (void)state;
    wrong(&s, &at, "grid.ini:7: data.dataset: no dataset 'mnits'; did you mean 'mnist'?");
    wrong(&s, &section, "grid.ini:7: data.dataset: no dataset");
    struct err none = {0};
    assert_int_equal(data_spec_check(&s, &other, &none), 0); /* train is right */
    wrong(&s, NULL, "data.dataset: no dataset");
    s.dataset = "zzzzzzzzz";
    wrong(&s, NULL, "sweep list datasets");
    s.dataset = NULL;
    wrong(&s, NULL, "no dataset ''");
    s = spec_of("optdigits", "/data");
    wrong(&s, NULL, "data.path: ", "built in");
    s = spec_of("idx", "");
    wrong(&s, NULL, "data.path: ", "folder");
    s = spec_of("moons", "/data");
    wrong(&s, NULL, "data.path: moons is built in");
    s = spec_of("moons", "");
    s.augment = "hflip";
    wrong(&s, NULL, "data.augment: augmentations change images, and the samples of moons are none; leave augment out");
    s.augment = "none";
    assert_int_equal(data_spec_check(&s, NULL, &none), 0);
}

static void sizes_are_checked(void **state)
{
    static const double bad[] = {-1, -0.1, 1.5, 100.25, 1e10};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct data_spec s = spec_of("optdigits", "");
        s.train = bad[i];
        wrong(&s, NULL, "data.train: ", "fraction 0..1 nor a whole number");
        s.train = 0;
        s.validation = bad[i];
        wrong(&s, NULL, "data.validation: ", "fraction 0..1 nor a whole number");
        s.validation = 0;
        s.test = bad[i];
        wrong(&s, NULL, "data.test: ", "fraction 0..1 nor a whole number");
    }
    struct data_spec s = spec_of("optdigits", "");
    struct err e = {0};
    s.train = 0.9;
    s.validation = 0.2;
    wrong(&s, NULL, "data.validation: train 0.9 and validation 0.2 are more than the whole");
    s.train = 0.7;
    s.validation = 0.3; /* 1 but for rounding */
    assert_int_equal(data_spec_check(&s, NULL, &e), 0);
    s.train = 50000; /* counts need the data */
    s.validation = 10000;
    assert_int_equal(data_spec_check(&s, NULL, &e), 0);
}

static void augmentations_are_checked(void **state)
{
    static const char *const cases[][2] = {
        {"rotat 7", "no augmentation 'rotat'; did you mean 'rotate'?"},
        {"wobble 7", "expected one of rotate, shift, zoom, hflip, crop"},
        {"rotate", "rotate wants its degrees, a number in [0, 180]"},
        {"rotate x", "rotate degrees: 'x' is not a number in [0, 180]"},
        {"rotate 181", "not a number in [0, 180]"},
        {"rotate -1", "not a number in [0, 180]"},
        {"shift 2 3", "'3' is one argument too many"},
        {"shift 2 shift 3", "'shift' is one argument too many"},
        {"zoom 1", "not a number in [0, 1)"},
        {"hflip 1.5", "not a number in [0, 1]"},
        {"crop 1.5", "not an integer"},
        {"rotate 7, rotate 8", "rotate is given twice"},
        {"rotate degrees 7 degrees 8", "degrees is given twice"},
        {"rotate degrees", "'degrees' wants a value"},
        {"rotate 7,, shift 1", "nothing between two commas"},
        {"rotate 7,", "nothing between two commas"},
        {"none, rotate 7", "no augmentation 'none'"},
    };
    struct data_spec s = spec_of("optdigits", "");
    struct where at = {"grid.ini", 3, "data", "augment"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        s.augment = cases[i][0];
        wrong(&s, &at, "grid.ini:3: data.augment: ", cases[i][1]);
    }
    char longer[600];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    s.augment = longer;
    wrong(&s, &at, "longer than");
    static const char *const good[] = {"",
                                       " ",
                                       "none",
                                       "rotate 7, shift 1",
                                       "rotate degrees 7,\n  shift pixels 1.5",
                                       "hflip",
                                       "hflip 0.25,crop 4",
                                       "zoom 0.1",
                                       "rotate 0, shift 0, zoom 0, crop 0, hflip 0"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct err e = {0};
        s.augment = good[i];
        if (data_spec_check(&s, NULL, &e))
            fail_msg("'%s': %s", good[i], e.text);
    }
}

int run_spec_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_a_valid_sweep),   cmocka_unit_test(every_word_has_help),
        cmocka_unit_test(errors_name_the_key_at_fault), cmocka_unit_test(sizes_are_checked),
        cmocka_unit_test(augmentations_are_checked),
    };
    return cmocka_run_group_tests_name("spec", tests, NULL, NULL);
}
