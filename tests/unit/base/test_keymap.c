#include "groups.h"

#include "base/keymap.h"

/* Keys that collide in the low bits, grown over several sizes. */
static void keeps_what_it_was_given(void **state)
{
    (void)state;
    struct keymap m = {0};
    assert_true(keymap_get(&m, 7) == KEYMAP_NONE);
    for (uint64_t i = 0; i < 5000; i++)
        assert_int_equal(keymap_put(&m, i << 40, i), 0);
    for (uint64_t i = 0; i < 5000; i++)
        assert_true(keymap_get(&m, i << 40) == i);
    assert_true(keymap_get(&m, 5000ull << 40) == KEYMAP_NONE);
    assert_true(m.n == 5000);
    keymap_release(&m);
}

static void keeps_the_first_value(void **state)
{
    (void)state;
    struct keymap m = {0};
    keymap_put(&m, 0, 3);
    keymap_put(&m, 0, 4);
    assert_true(keymap_get(&m, 0) == 3);
    assert_true(m.n == 1);
    keymap_release(&m);
}

int test_keymap(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_it_was_given),
        cmocka_unit_test(keeps_the_first_value),
    };
    return cmocka_run_group_tests_name("keymap", tests, NULL, NULL);
}
