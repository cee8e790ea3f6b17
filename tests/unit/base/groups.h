/* groups.h - what every file of this executable shares: cmocka, tests/support, and one function per file that runs its
 * group and returns the number of tests that failed. */
#ifndef UNIT_BASE_GROUPS_H
#define UNIT_BASE_GROUPS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assert_close.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

int test_err(void);
int test_memory(void);
int test_arena(void);
int test_rng(void);
int test_maths(void);
int test_str(void);
int test_keymap(void);
int test_param(void);
int test_file(void);
int test_clock(void);
int test_timing(void);
int test_library(void);
int test_pareto(void);

#endif
