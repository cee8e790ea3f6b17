/* search_test.h - what the tests of src/search share. */
#ifndef SEARCH_TEST_H
#define SEARCH_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assert_close.h"
#include "base/str.h"
#include "search/search.h"

int test_diagram(void);
int test_methods(void);
int test_pruning(void);

#endif
