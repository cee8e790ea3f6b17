#include "check.h"

#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUARD 64 /* floats on either side */
#define PATTERN 0x5aa5c33c

static struct rng rng;

static float pattern(void)
{
    float f;
    uint32_t u = PATTERN;
    memcpy(&f, &u, sizeof f);
    return f;
}

static int is_pattern(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u == PATTERN;
}

/* The length stands in the first guard, behind it the pattern. */
float *box(size_t n)
{
    size_t bytes = (n + 2 * GUARD) * sizeof(float);
    float *p = aligned_alloc(64, (bytes + 63) / 64 * 64);
    assert_non_null(p);
    memcpy(p, &n, sizeof n);
    for (size_t i = 2; i < n + 2 * GUARD; i++)
        p[i] = pattern();
    return p + GUARD;
}

void box_check(const float *p)
{
    size_t n;
    p -= GUARD;
    memcpy(&n, p, sizeof n);
    for (size_t i = 2; i < GUARD; i++)
        if (!is_pattern(p[i]))
            fail_msg("written %zu floats before the start", GUARD - i);
    for (size_t i = 0; i < GUARD; i++)
        if (!is_pattern(p[GUARD + n + i]))
            fail_msg("written %zu floats past the end of %zu", i + 1, n);
}

void box_free(float *p)
{
    if (!p)
        return;
    box_check(p);
    free(p - GUARD);
}

void noise_restart(uint32_t seed)
{
    rng_init(&rng, seed, RNG_TEST, 0, 0);
}

void noise(float *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = rng_signed(&rng);
}

float *box_noise(size_t n)
{
    float *p = box(n);
    noise(p, n);
    return p;
}

uint32_t noise_below(uint32_t n)
{
    return rng_below(&rng, n);
}

void kill_dead(float *p, int n, size_t vectors)
{
    int live = n % LANES;
    if (!live)
        return;
    p += (size_t)(n / LANES) * vectors * LANES;
    for (size_t i = 0; i < vectors; i++)
        for (int l = live; l < LANES; l++)
            p[i * LANES + (size_t)l] = 0;
}

void sum_add(struct sum *s, double term)
{
    s->value += term;
    s->size += fabs(term);
    s->terms++;
}

int sum_is(const struct sum *s, float got)
{
    return fabs((double)got - s->value) <= (4 + 2 * sqrt(s->terms)) * 0x1p-24 * s->size;
}

void assert_near(float got, double want, double tol, const char *what)
{
    if (isnan(want)   ? isnan(got)
        : isinf(want) ? (double)got == want
                      : fabs((double)got - want) <= tol * fmax(1, fabs(want)))
        return;
    fail_msg("%s: got %.9g, want %.9g", what, (double)got, want);
}

static int draw(int low, int high)
{
    return low + (int)noise_below((uint32_t)(high - low + 1));
}

/* Output length; sometimes one more than the usual formula, as a "same" convolution with an even kernel has it. */
static int out_length(int len, int k, int s, int p, int d)
{
    int out = (len + 2 * p - d * (k - 1) - 1) / s + 1;
    return noise_below(6) == 0 ? out + 1 : out;
}

struct conv_dims random_conv(int hard)
{
    static const int kernels[] = {3, 3, 1, 2, 4, 5, 7};
    struct conv_dims d = {.sh = 1, .sw = 1, .dh = 1, .dw = 1, .groups = 1};
    d.kh = kernels[noise_below(hard ? 7 : 3)];
    d.kw = hard && noise_below(3) == 0 ? kernels[noise_below(7)] : d.kh;
    if (hard) {
        d.sh = draw(1, 3), d.sw = draw(1, 3);
        d.dh = draw(1, 3), d.dw = draw(1, 3);
        d.groups = draw(1, 3);
    }
    d.ci = draw(1, hard ? 3 : 10) * d.groups;
    d.co = draw(1, hard ? 3 : 10) * d.groups;
    d.ph = draw(0, d.dh * (d.kh - 1));
    d.pw = draw(0, d.dw * (d.kw - 1));
    int least_h = d.dh * (d.kh - 1) + 1 - 2 * d.ph, least_w = d.dw * (d.kw - 1) + 1 - 2 * d.pw;
    d.h = draw(least_h > 1 ? least_h : 1, (least_h > 1 ? least_h : 1) + 4);
    d.w = draw(least_w > 1 ? least_w : 1, (least_w > 1 ? least_w : 1) + 13);
    d.ho = out_length(d.h, d.kh, d.sh, d.ph, d.dh);
    d.wo = out_length(d.w, d.kw, d.sw, d.pw, d.dw);
    return d;
}

struct pool_dims random_pool(void)
{
    struct pool_dims d = {.c = draw(1, 4)}; /* one draw a statement: initialisers have no order */
    d.kh = draw(1, 3);
    d.kw = draw(1, 3);
    d.sh = draw(1, 3);
    d.sw = draw(1, 3);
    d.ph = draw(0, d.kh / 2);
    d.pw = draw(0, d.kw / 2);
    d.h = draw(d.kh, d.kh + 5);
    d.w = draw(d.kw, d.kw + 5);
    d.ho = (d.h + 2 * d.ph - d.kh) / d.sh + 1;
    d.wo = (d.w + 2 * d.pw - d.kw) / d.sw + 1;
    return d;
}

size_t conv_in(const struct conv_dims *d, int blocks)
{
    return (size_t)(blocks * d->h * d->ci * d->w) * LANES;
}

size_t conv_out(const struct conv_dims *d, int blocks)
{
    return (size_t)(blocks * d->ho * d->co * d->wo) * LANES;
}

size_t conv_weights(const struct conv_dims *d)
{
    return (size_t)(d->co * (d->ci / d->groups) * d->kh * d->kw);
}

int act_reads_argument(int f)
{
    static const enum act_reads reads[] = {
#define ACTIVATION(name, what, ...) what,
#include "kernels/activations.def"
    };
    return reads[f] == READS_X;
}

void log_box(struct log *l, float *box, size_t n, const char *what, int i)
{
    log_add(l, box, n, "%s, case %d", what, i);
    box_free(box);
}

float **array_rows(float *array, int n, size_t floats)
{
    float **r = malloc((size_t)n * sizeof *r);
    assert_non_null(r);
    for (int i = 0; i < n; i++)
        r[i] = array + (size_t)i * floats;
    return r;
}
