/* Update rules over several steps against the same rules in double, one parameter at a time. */
#include "check.h"

#include <math.h>
#include <string.h>

#define N 208
#define STEPS 5
#define TOL 2e-6

struct rule {
    double lr, momentum, a, b, eps, wd, gscale; /* a, b: alpha, or the betas */
    int nesterov, decoupled;
};

static double sgd(const struct rule *r, int t, double g, double w, double *m)
{
    g = g * r->gscale + r->wd * w;
    if (r->momentum > 0) {
        *m = t == 1 ? g : r->momentum * *m + g;
        g = r->nesterov ? g + r->momentum * *m : *m;
    }
    return w - r->lr * g;
}

static double rmsprop(const struct rule *r, double g, double w, double *v, double *m)
{
    g = g * r->gscale + r->wd * w;
    *v = r->a * *v + (1 - r->a) * g * g;
    double step = g / (sqrt(*v) + r->eps);
    if (r->momentum > 0)
        step = *m = r->momentum * *m + step;
    return w - r->lr * step;
}

static double adam(const struct rule *r, int t, double g, double w, double *m, double *v)
{
    g = g * r->gscale + (r->decoupled ? 0 : r->wd * w);
    if (r->decoupled)
        w *= 1 - r->lr * r->wd;
    *m = r->a * *m + (1 - r->a) * g;
    *v = r->b * *v + (1 - r->b) * g * g;
    double c1 = 1 - pow(r->a, t), c2 = 1 - pow(r->b, t);
    return w - r->lr / c1 * *m / (sqrt(*v) / sqrt(c2) + r->eps);
}

enum which { SGD, RMSPROP, ADAM };

static void run(enum which which, const struct rule *r)
{
    const struct kernels *k = kernels_pick(NULL);
    float *g = box(N), *w = box_noise(N), *m = box(N), *v = box(N), *buffer = r->momentum > 0 ? m : NULL;
    double dw[N], dm[N] = {0}, dv[N] = {0};
    memset(m, which == SGD ? 0xff : 0, N * sizeof *m); /* sgd's first step must not read it: this is NaN */
    memset(v, 0, N * sizeof *v);
    for (int i = 0; i < N; i++)
        dw[i] = (double)w[i];
    float lr = (float)r->lr, mu = (float)r->momentum, eps = (float)r->eps, wd = (float)r->wd, gs = (float)r->gscale;
    for (int t = 1; t <= STEPS; t++) {
        noise(g, N);
        for (int i = 0; i < N; i++)
            dw[i] = which == SGD       ? sgd(r, t, (double)g[i], dw[i], &dm[i])
                    : which == RMSPROP ? rmsprop(r, (double)g[i], dw[i], &dv[i], &dm[i])
                                       : adam(r, t, (double)g[i], dw[i], &dm[i], &dv[i]);
        if (which == SGD)
            k->sgd_step(N, lr, mu, r->nesterov, t == 1, wd, gs, g, w, buffer);
        else if (which == RMSPROP)
            k->rmsprop_step(N, lr, r->a, mu, eps, wd, gs, g, w, v, buffer);
        else
            k->adam_step(N, lr, r->a, r->b, eps, (float)(1 - pow(r->a, t)), (float)(1 - pow(r->b, t)), r->decoupled, wd,
                         gs, g, w, m, v);
        for (int i = 0; i < N; i++)
            assert_near(w[i], dw[i], TOL, "w");
    }
    box_free(g), box_free(w), box_free(m), box_free(v);
}

static void rules(void **state)
{
    (void)state;
    noise_restart(61);
    for (int i = 0; i < 8; i++) {
        struct rule r = {.lr = 0.1, .momentum = i & 1 ? 0.9 : 0, .a = 0.99, .eps = 1e-8};
        r.wd = i & 2 ? 1e-2 : 0;
        r.gscale = i & 4 ? 0.3 : 1;
        run(SGD, &r);
        r.nesterov = 1;
        run(SGD, &r);
        r.lr = 0.01;
        run(RMSPROP, &r);
        r.a = 0.9, r.b = 0.999;
        run(ADAM, &r);
        r.decoupled = 1;
        run(ADAM, &r);
    }
}

static void square_sums(void **state)
{
    static const size_t len[] = {0, 16, 4080, 4096, 4112, 50000, 69632};
    (void)state;
    noise_restart(62);
    for (size_t i = 0; i < sizeof len / sizeof len[0]; i++) {
        float *x = box_noise(len[i]);
        double want = 0, got = kernels_pick(NULL)->sum_squares(len[i], x);
        for (size_t k = 0; k < len[i]; k++)
            want += (double)x[k] * (double)x[k];
        assert_true(fabs(got - want) <= 1e-6 * want);
        for (size_t k = 0; kernels_level(k); k++)
            if (kernels_pick(kernels_level(k)))
                assert_true(kernels_pick(kernels_level(k))->sum_squares(len[i], x) == got);
        if (len[i]) {
            x[len[i] / 2] = NAN;
            assert_true(isnan(kernels_pick(NULL)->sum_squares(len[i], x)));
            x[len[i] / 2] = -INFINITY;
            assert_true(isinf(kernels_pick(NULL)->sum_squares(len[i], x)));
        }
        box_free(x);
    }
}

const struct CMUnitTest optim_tests[] = {cmocka_unit_test(rules), cmocka_unit_test(square_sums), {0}};
