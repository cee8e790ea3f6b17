/* groups.h - what every file of this executable shares: cmocka, tests/support, and one function per file that runs its
 * group and returns the number of tests that failed. */
#ifndef UNIT_NN_GROUPS_H
#define UNIT_NN_GROUPS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assert_close.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

int test_parse(void);
int test_graph(void);
int test_init(void);
int test_layers(void);
int test_golden(void);
int test_net(void);
int test_plan(void);
int test_blocks(void);
int test_defined(void);
int test_precision(void);
int test_pairs(void);

#endif
