/* Pooling against plain loops. */
#include "check.h"

#include <math.h>
#include <string.h>

#define SHAPES 60

static size_t in_floats(const struct pool_dims *d, int blocks)
{
    return (size_t)(blocks * d->h * d->c * d->w) * LANES;
}

static size_t out_floats(const struct pool_dims *d, int blocks)
{
    return (size_t)(blocks * d->ho * d->c * d->wo) * LANES;
}

/* Calls f for each place of each window that lies inside, in row-major order. */
typedef void place_fn(void *ctx, size_t x, size_t y);
static void each_place(const struct pool_dims *d, int blocks, place_fn *f, void *ctx)
{
    for (size_t y = 0; y < out_floats(d, blocks); y++) {
        int lane = (int)(y % LANES), v = (int)(y / LANES), ox = v % d->wo, c = v / d->wo % d->c;
        int oy = v / d->wo / d->c % d->ho, b = v / d->wo / d->c / d->ho;
        for (int ky = 0; ky < d->kh; ky++)
            for (int kx = 0; kx < d->kw; kx++) {
                int iy = oy * d->sh - d->ph + ky, ix = ox * d->sw - d->pw + kx;
                if (iy >= 0 && iy < d->h && ix >= 0 && ix < d->w)
                    f(ctx, at5(d->c, d->h, d->w, b, iy, c, ix, lane), y);
            }
    }
}

struct arrays {
    const float *x, *dy;
    float *y, *dx;
    size_t *best;
    float share;
};

static void take_max(void *ctx, size_t x, size_t y)
{
    struct arrays *a = ctx;
    if (a->best[y] == SIZE_MAX || a->x[x] > a->x[a->best[y]])
        a->best[y] = x;
}

static void add_average(void *ctx, size_t x, size_t y)
{
    struct arrays *a = ctx;
    a->y[y] += a->x[x] * a->share;
    a->dx[x] += a->dy[y] * a->share;
}

/* Few different values, so that ties are common. */
static float *coarse(size_t n)
{
    float *p = box(n);
    for (size_t i = 0; i < n; i++)
        p[i] = (float)noise_below(4) - 1.5f;
    return p;
}

static void compare(const char *what, const float *got, const float *want, size_t n, double tol)
{
    for (size_t i = 0; i < n; i++)
        assert_near(got[i], (double)want[i], tol, what);
}

static void check_max(const struct pool_dims *d, int blocks)
{
    const struct kernels *k = kernels_pick(NULL);
    size_t nx = in_floats(d, blocks), ny = out_floats(d, blocks);
    float *x = coarse(nx), *dy = box_noise(ny), *y = box(ny), *dx = box(nx), *want = box(nx);
    size_t *best = test_malloc(ny * sizeof *best);
    struct arrays a = {.x = x, .best = best};
    memset(best, 0xff, ny * sizeof *best);
    each_place(d, blocks, take_max, &a);
    memset(want, 0, nx * sizeof *want);
    for (size_t i = 0; i < ny; i++)
        want[best[i]] += dy[i];
    k->maxpool_forward(d, blocks, x, y);
    for (size_t i = 0; i < ny; i++)
        assert_true(y[i] == x[best[i]]);
    k->maxpool_backward(d, blocks, x, y, dy, dx);
    compare("maxpool dx", dx, want, nx, 1e-6);
    test_free(best);
    box_free(x), box_free(dy), box_free(y), box_free(dx), box_free(want);
}

static void check_average(const struct pool_dims *d, int blocks)
{
    const struct kernels *k = kernels_pick(NULL);
    size_t nx = in_floats(d, blocks), ny = out_floats(d, blocks);
    float *x = box_noise(nx), *dy = box_noise(ny), *y = box(ny), *dx = box(nx), *wy = box(ny), *wx = box(nx);
    struct arrays a = {.x = x, .dy = dy, .y = wy, .dx = wx, .share = 1.0f / (float)(d->kh * d->kw)};
    memset(wy, 0, ny * sizeof *wy);
    memset(wx, 0, nx * sizeof *wx);
    each_place(d, blocks, add_average, &a);
    k->avgpool_forward(d, blocks, x, y);
    compare("avgpool y", y, wy, ny, 2e-6);
    k->avgpool_backward(d, blocks, dy, dx);
    compare("avgpool dx", dx, wx, nx, 2e-6);
    box_free(x), box_free(dy), box_free(y), box_free(dx), box_free(wy), box_free(wx);
}

static void max_and_average(void **state)
{
    (void)state;
    noise_restart(31);
    for (int i = 0; i < SHAPES; i++) {
        struct pool_dims d = random_pool();
        check_max(&d, 1 + i % 3);
        check_average(&d, 1 + i % 3);
    }
}

static void common_shapes(void **state)
{
    static const struct pool_dims common[] = {
        {3, 8, 8, 4, 4, 2, 2, 2, 2, 0, 0}, {2, 7, 9, 3, 4, 2, 2, 2, 2, 0, 0}, {2, 9, 9, 5, 5, 3, 3, 2, 2, 1, 1},
        {5, 7, 6, 1, 1, 7, 6, 7, 6, 0, 0}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0},
    };
    (void)state;
    noise_restart(32);
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
        check_max(&common[i], 2);
        check_average(&common[i], 2);
    }
}

/* All equal: the whole gradient goes to the first place. A NaN comes through, as in PyTorch. */
static void ties_and_nan(void **state)
{
    (void)state;
    struct pool_dims d = {1, 2, 2, 1, 1, 2, 2, 2, 2, 0, 0};
    const struct kernels *k = kernels_pick(NULL);
    float *x = box(4 * LANES), *y = box(LANES), *dy = box_noise(LANES), *dx = box(4 * LANES);
    for (int i = 0; i < 4 * LANES; i++)
        x[i] = -3.0f;
    k->maxpool_forward(&d, 1, x, y);
    k->maxpool_backward(&d, 1, x, y, dy, dx);
    for (int i = 0; i < 4 * LANES; i++)
        assert_true(dx[i] == (i < LANES ? dy[i] : 0.0f));
    x[LANES + 5] = NAN;
    k->maxpool_forward(&d, 1, x, y);
    for (int i = 0; i < LANES; i++)
        assert_true(i == 5 ? isnan(y[i]) : y[i] == -3.0f);
    box_free(x), box_free(y), box_free(dy), box_free(dx);
}

const struct CMUnitTest pool_tests[] = {
    cmocka_unit_test(max_and_average),
    cmocka_unit_test(common_shapes),
    cmocka_unit_test(ties_and_nan),
    {0},
};
