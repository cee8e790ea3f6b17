#include "groups.h"

#include "base/err.h"

#include <stdio.h>
#include <string.h>

static void location_is_as_much_as_is_known(void **state)
{
    static const struct {
        struct where at;
        const char *want;
    } rows[] = {
        {{"a.ini", 14, "optim", "lr"}, "a.ini:14: optim.lr: no 7"},
        {{"a.ini", 14, "optim", NULL}, "a.ini:14: [optim]: no 7"},
        {{"a.ini", 14, NULL, "lr"}, "a.ini:14: lr: no 7"},
        {{"a.ini", 14, "", "lr"}, "a.ini:14: lr: no 7"},
        {{"a.ini", 14, "optim", ""}, "a.ini:14: [optim]: no 7"},
        {{"a.ini", 14, NULL, NULL}, "a.ini:14: no 7"},
        {{"command line", 0, "optim", "lr"}, "command line: optim.lr: no 7"},
        {{NULL, 3, "optim", "lr"}, "optim.lr: no 7"},
        {{NULL, 0, NULL, NULL}, "no 7"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct err e = {0};
        assert_int_equal(err_at(&e, ERR_USAGE, &rows[i].at, "no %d", 7), -1);
        assert_int_equal(e.code, ERR_USAGE);
        assert_string_equal(e.text, rows[i].want);
    }
    struct err e = {0};
    assert_int_equal(err_at(&e, ERR_SHAPE, NULL, "no %d", 7), -1);
    assert_string_equal(e.text, "no 7");
}

static void first_error_is_kept_until_cleared(void **state)
{
    struct err e = {0};
    (void)state;
    assert_int_equal(err_set(&e, ERR_IO, "first"), -1);
    assert_int_equal(err_set(&e, ERR_DATA, "second"), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_string_equal(e.text, "first");
    err_clear(&e);
    assert_int_equal(e.code, ERR_NONE);
    assert_string_equal(e.text, "");
    err_set(&e, ERR_DATA, "third");
    assert_int_equal(e.code, ERR_DATA);
    assert_string_equal(e.text, "third");
}

static void long_texts_are_cut_and_terminated(void **state)
{
    char name[2000];
    struct err e;
    (void)state;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = 0;
    for (size_t n = sizeof e.text - 40; n < sizeof e.text + 10; n++) { /* the cut falls into every part in turn */
        char file[2000];
        memcpy(file, name, n);
        file[n] = 0;
        struct where at = {file, 12, "section", "key"};
        memset(&e, 0, sizeof e);
        assert_int_equal(err_at(&e, ERR_USAGE, &at, "the end"), -1);
        size_t length = strnlen(e.text, sizeof e.text);
        assert_true(length < sizeof e.text);
        assert_memory_equal(e.text, file, length < n ? length : n);
    }
    memset(&e, 0, sizeof e);
    err_set(&e, ERR_USAGE, "%s", name);
    assert_int_equal(strlen(e.text), sizeof e.text - 1);
}

static void list_keeps_order(void **state)
{
    struct err_list l = {0};
    struct err e = {0};
    (void)state;
    err_list_take(&l, &e);
    assert_int_equal(l.n, 0); /* no error, no entry */
    for (int i = 0; i < 100; i++) {
        err_set(&e, ERR_USAGE, "error %d", i);
        err_list_take(&l, &e);
        assert_int_equal(e.code, ERR_NONE);
    }
    assert_int_equal(l.n, 100);
    for (int i = 0; i < 100; i++) {
        char want[32];
        snprintf(want, sizeof want, "error %d", i);
        assert_string_equal(l.v[i].text, want);
        assert_int_equal(l.v[i].code, ERR_USAGE);
    }
    err_list_release(&l);
    assert_null(l.v);
    assert_int_equal(l.n, 0);
    err_list_release(&l);
}

int test_err(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(location_is_as_much_as_is_known),
        cmocka_unit_test(first_error_is_kept_until_cleared),
        cmocka_unit_test(long_texts_are_cut_and_terminated),
        cmocka_unit_test(list_keeps_order),
    };
    return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
