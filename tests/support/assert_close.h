/* assert_close.h - what the unit tests of every folder need beside cmocka. Include it after <cmocka.h>. */
#ifndef SUPPORT_ASSERT_CLOSE_H
#define SUPPORT_ASSERT_CLOSE_H

#include <stddef.h>

/* 1 when |got - want| <= atol + rtol |want|, or both are the same infinity, or both are NaN. Infinities and NaN are
 * close to nothing else, however large the tolerance. */
int is_close(double got, double want, double rtol, double atol);

/* Fails the test with both texts, both values and their difference; floats and doubles. */
#define assert_close(got, want, rtol, atol)                                                                            \
    assert_close_at((double)(got), (double)(want), (double)(rtol), (double)(atol), #got, #want, __FILE__, __LINE__)
/* got[n] against want[n]; names the worst element (the one furthest over its tolerance). n = 0 passes. */
#define assert_close_floats(got, want, n, rtol, atol)                                                                  \
    assert_close_floats_at((got), (want), (n), (double)(rtol), (double)(atol), #got, __FILE__, __LINE__)
#define assert_close_doubles(got, want, n, rtol, atol)                                                                 \
    assert_close_doubles_at((got), (want), (n), (double)(rtol), (double)(atol), #got, __FILE__, __LINE__)

void assert_close_at(double got, double want, double rtol, double atol, const char *got_text, const char *want_text,
                     const char *file, int line);
void assert_close_floats_at(const float *got, const float *want, size_t n, double rtol, double atol, const char *text,
                            const char *file, int line);
void assert_close_doubles_at(const double *got, const double *want, size_t n, double rtol, double atol,
                             const char *text, const char *file, int line);

/* The path of `name` ("mnist", "mnist/t10k-images-idx3-ubyte.gz"; "" for the folder itself) in the folder of test
 * data: $SWEEP_DATA, or ../shared/data beside the project. NULL, after saying so on stdout, when it is not there: the
 * test then calls skip(). The text is static: the next call overwrites it. */
const char *test_data(const char *name);

/* A fresh empty folder under $TMPDIR or /tmp, the same for the whole program and removed with all it holds when that
 * ends. Fails the test when it cannot be made. */
const char *test_folder(void);
/* The path of `name` in test_folder(). The last four texts stay valid. */
const char *test_path(const char *name);

#endif
