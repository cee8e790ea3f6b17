#include "groups.h"

#include "base/library.h"

#include <string.h>
#include <zlib.h>

struct zlib_functions {
    LIBRARY_POINTER(crc32)
    LIBRARY_POINTER(zlibVersion)
};
static const struct library_function zlib_rows[] = {
    {LIBRARY_ROW(zlib_functions, crc32)}, {LIBRARY_ROW(zlib_functions, zlibVersion)}, {NULL, 0}};

static void the_first_file_that_is_there_is_loaded(void **state)
{
    static const char *const files[] = {"libsweep-nowhere.so.7", "libz.so.1", NULL};
    struct zlib_functions z;
    struct err e = {0};
    (void)state;
    if (library_load(files, "zlib1g", zlib_rows, &z, &e))
        fail_msg("%s", e.text);
    assert_string_equal(z.zlibVersion(), zlibVersion());
    assert_int_equal(z.crc32(0, (const unsigned char *)"123456789", 9), 0xcbf43926);
}

static void what_is_not_there_is_told_with_its_package(void **state)
{
    static const char *const nowhere[] = {"libsweep-nowhere.so.7", NULL}, *const old[] = {"libz.so.1", NULL};
    static const struct library_function later[] = {{"zlib_of_tomorrow", 0}, {NULL, 0}};
    struct zlib_functions z;
    struct err e = {0};
    (void)state;
    assert_int_equal(library_load(nowhere, "libsweep7", zlib_rows, &z, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_non_null(strstr(e.text, "the library libsweep-nowhere.so.7 cannot be loaded: "));
    assert_non_null(strstr(e.text, "Debian's package libsweep7"));
    err_clear(&e);
    assert_int_equal(library_load(old, "zlib1g", later, &z, &e), -1);
    assert_non_null(strstr(e.text, "libz.so.1 has no function zlib_of_tomorrow: it is too old"));
}

int test_library(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_file_that_is_there_is_loaded),
        cmocka_unit_test(what_is_not_there_is_told_with_its_package),
    };
    return cmocka_run_group_tests_name("library", tests, NULL, NULL);
}
