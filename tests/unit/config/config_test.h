/* config_test.h - what the tests of src/config share. */
#ifndef CONFIG_TEST_H
#define CONFIG_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assert_close.h"
#include "base/str.h"
#include "config/config.h"

void write_file(const char *path, const void *bytes, size_t n);
/* A sweep file t.ini with this text, opened with the words up to a NULL; every error fails the test. */
struct sweep *open_text(const char *text, ...);
/* The errors of such a file, one a line, its folder cut off: "t.ini:3: train.lr: ...\n". Freed at the next call. ""
 * when it opens. */
const char *errors_of(const char *text, ...);
const char *errors_of_bytes(const char *bytes, size_t n);
/* errors_of(text) is one line that contains all the parts up to a NULL. */
void expect_error(const char *text, ...);
/* What the search proposes k-th, in a static place that the next call writes over; that there are no so many fails the
 * test. */
const struct proposal *proposal_of(const struct sweep *s, uint64_t k);
/* The k-th point with 10 classes, in a static arena that the next call of open_text empties; errors fail the test. */
struct point point_of(const struct sweep *s, uint64_t k);
/* Its errors, one a line; "" when it has none. */
const char *point_errors(const struct sweep *s, uint64_t k, int classes);
/* The value of key number i at point k. */
const char *value_of(const struct sweep *s, uint64_t k, size_t i);
/* "a | b | c": the values of the only axis, in order. */
const char *values_of(const char *axis);

int run_reader_tests(void);
int run_key_tests(void);
int run_expr_tests(void);
int run_axis_tests(void);
int run_drawn_tests(void);
int run_point_tests(void);
int run_require_tests(void);
int run_follow_tests(void);
int run_block_tests(void);
int run_library_tests(void);
int run_fuzz_tests(void);
int run_mishap_tests(void);

#endif
