#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assert_close.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* How far beyond the tolerance, <= 0 when within it; the larger the worse. */
static double excess(double got, double want, double rtol, double atol)
{
    if (isnan(got) || isnan(want))
        return isnan(got) && isnan(want) ? 0 : INFINITY;
    if (isinf(got) || isinf(want))
        return got == want ? 0 : INFINITY;
    return fabs(got - want) - (atol + rtol * fabs(want));
}

int is_close(double got, double want, double rtol, double atol)
{
    return excess(got, want, rtol, atol) <= 0;
}

void assert_close_at(double got, double want, double rtol, double atol, const char *got_text, const char *want_text,
                     const char *file, int line)
{
    if (is_close(got, want, rtol, atol))
        return;
    print_error("%s is %.17g, want %s = %.17g: differ by %.3g (rtol %g, atol %g)\n", got_text, got, want_text, want,
                got - want, rtol, atol);
    _fail(file, line);
}

void assert_close_floats_at(const float *got, const float *want, size_t n, double rtol, double atol, const char *text,
                            const char *file, int line)
{
    size_t bad = 0, worst = 0;
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        double x = excess((double)got[i], (double)want[i], rtol, atol);
        bad += x > 0;
        if (x > most) {
            most = x;
            worst = i;
        }
    }
    if (!bad)
        return;
    print_error("%s: %zu of %zu differ, worst [%zu] is %.9g, want %.9g (rtol %g, atol %g)\n", text, bad, n, worst,
                (double)got[worst], (double)want[worst], rtol, atol);
    _fail(file, line);
}

void assert_close_doubles_at(const double *got, const double *want, size_t n, double rtol, double atol,
                             const char *text, const char *file, int line)
{
    size_t bad = 0, worst = 0;
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        double x = excess(got[i], want[i], rtol, atol);
        bad += x > 0;
        if (x > most) {
            most = x;
            worst = i;
        }
    }
    if (!bad)
        return;
    print_error("%s: %zu of %zu differ, worst [%zu] is %.17g, want %.17g (rtol %g, atol %g)\n", text, bad, n, worst,
                got[worst], want[worst], rtol, atol);
    _fail(file, line);
}

const char *test_data(const char *name)
{
    static char path[4096];
    const char *top = getenv("SWEEP_DATA");
    if (!top || !*top)
        top = PROJECT_SOURCE_DIR "/../shared/data";
    int n = snprintf(path, sizeof path, "%s%s%s", top, *name ? "/" : "", name);
    if (n < 0 || (size_t)n >= sizeof path || access(path, R_OK)) {
        print_message("skipped: %s/%s is missing (set SWEEP_DATA)\n", top, name);
        return NULL;
    }
    return path;
}

static char folder[4096];
static pid_t owner; /* a forked child must not remove its parent's folder */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static void remove_folder(void)
{
    if (getpid() == owner)
        nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *test_folder(void)
{
    if (folder[0])
        return folder;
    const char *top = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/sweep-test-XXXXXX", top && *top ? top : "/tmp");
    if (!mkdtemp(folder))
        fail_msg("cannot create %s", folder);
    owner = getpid();
    atexit(remove_folder);
    return folder;
}

const char *test_path(const char *name)
{
    static char ring[4][4096];
    static int turn;
    char *path = ring[turn++ % 4];
    if ((size_t)snprintf(path, sizeof ring[0], "%s/%s", test_folder(), name) >= sizeof ring[0])
        fail_msg("the path of %s is too long", name);
    return path;
}
