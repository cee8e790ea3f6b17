/* stage.c - what stands between two convolutions, in one pass over a block: normalization, activation, dropout, and
 * back. The passes go through memory in its order, which is also the order in which dropout draws its masks. */
#include "kernels/ops/activations.h"
#include "kernels/ops/ops.h"
#include "kernels/ops/dropout_masks.h"

/* Which of the three there are, whether the way back goes forward again, and whether x and g are stored in 16 bits and
 * y is rounded to as many; constants in each of the functions made below. */
enum { FLOATS, STORED, ROUNDED };
struct kind {
    int norm, act, drop, again, bf16;
};

/* Of the channel at hand. */
struct channel {
    v16 scale, shift, mean, slope;
};

/* Vector `at` floats into an array of either kind. */
INLINE v16 value_at(struct kind k, const void *x, ptrdiff_t at)
{
    soon_read(k.bf16 ? (const void *)((const uint16_t *)x + at) : (const float *)x + at);
    return k.bf16 ? v16_bf16_load((const uint16_t *)x + at) : v16_load((const float *)x + at);
}

INLINE struct channel channel_of(struct kind k, const struct pointwise *f, const float *mean, int ch)
{
    v16 zero = v16_zero();
    return (struct channel){k.norm ? v16_set1(f->scale[ch]) : zero, k.norm ? v16_set1(f->shift[ch]) : zero,
                            k.norm && mean ? v16_set1(mean[ch]) : zero, v16_set1(f->slope)};
}

INLINE v16 normalized(struct kind k, const struct channel *c, v16 x)
{
    return k.norm ? v16_fma(x, c->scale, c->shift) : x;
}

INLINE v16 dropped(struct kind k, const struct masks *m, m16 keep, v16 v)
{
    return k.drop ? v16_keep(keep, v16_mul(v, m->scale)) : v;
}

INLINE void forward_one(struct kind k, const struct channel *c, const struct masks *m, m16 keep, ptrdiff_t at,
                        const void *x, float *y)
{
    v16 v = dropped(k, m, keep, act_value(k.act, c->slope, normalized(k, c, value_at(k, x, at))));
    soon_written(y + at);
    v16_store(y + at, k.bf16 == ROUNDED ? v16_bf16_round(v) : v);
}

/* One row. A step of the generator is for two elements; *half says that the second of the last step is still unused. */
INLINE void forward_row(struct kind k, const struct channel *c, struct masks *m, int *half, int w, ptrdiff_t at,
                        const void *x, float *y)
{
    int i = 0;
    if (k.drop && *half) {
        forward_one(k, c, m, masks_second(m), at, x, y);
        i = 1;
    }
    for (; i + 1 < w; i += 2) {
        if (k.drop)
            masks_step(m);
        forward_one(k, c, m, masks_first(m), at + i * LANES, x, y);
        forward_one(k, c, m, masks_second(m), at + (i + 1) * LANES, x, y);
    }
    *half = i < w;
    if (i < w) {
        if (k.drop)
            masks_step(m);
        forward_one(k, c, m, masks_first(m), at + i * LANES, x, y);
    }
}

INLINE struct masks masks_of(struct kind k, const struct pointwise *f)
{
    static const uint32_t none[LANES] __attribute__((aligned(64))) = {0};
    return masks_start(f->p, k.drop ? f->seed : none);
}

/* The next call goes on from here. */
INLINE void masks_leave(struct kind k, struct pointwise *f, const struct masks *m, int half)
{
    if (k.drop) {
        w16_store(f->seed, m->state);
        f->half = half;
    }
}

INLINE void forward_as(struct kind k, struct pointwise *f, int rows, const void *x, float *y)
{
    struct masks m = masks_of(k, f);
    ptrdiff_t at = 0;
    int half = f->half;
    for (int row = 0; row < rows; row++)
        for (int ch = 0; ch < f->c; ch++, at += f->w * LANES) {
            struct channel c = channel_of(k, f, NULL, ch);
            forward_row(k, &c, &m, &half, f->w, at, x, y);
        }
    masks_leave(k, f, &m, half);
}

struct way_back {
    const void *x;
    const float *dy;
    float *y;
    void *g;
};

/* The two sums of a row for one parity of columns. */
struct sums {
    v16 g, gx;
};

INLINE void backward_one(struct kind k, const struct channel *c, const struct masks *m, m16 keep, ptrdiff_t at,
                         const struct way_back *w, struct sums *s)
{
    v16 v = value_at(k, w->x, at), d = v16_load(w->dy + at), n = normalized(k, c, v);
    if (k.again) {
        v16 y = dropped(k, m, keep, act_value(k.act, c->slope, n));
        v16_store(w->y + at, k.bf16 ? v16_bf16_round(y) : y);
    }
    d = act_gradient(k.act, c->slope, n, dropped(k, m, keep, d));
    if (k.bf16) {
        w16 r = v16_bf16(d);
        soon_written((uint16_t *)w->g + at);
        w16_store_high((uint16_t *)w->g + at, r);
        d = v16_bf16_value(r);
    } else {
        soon_written((float *)w->g + at);
        v16_store((float *)w->g + at, d);
    }
    if (k.norm) {
        s->g = v16_add(s->g, d);
        s->gx = v16_fma(d, v16_sub(v, c->mean), s->gx);
    }
}

INLINE struct sums backward_row(struct kind k, const struct channel *c, struct masks *m, int *half, int w, ptrdiff_t at,
                                const struct way_back *p)
{
    struct sums a = {v16_zero(), v16_zero()}, b = a;
    int i = 0;
    if (k.drop && *half) {
        backward_one(k, c, m, masks_second(m), at, p, &b);
        i = 1;
    }
    for (; i + 1 < w; i += 2) {
        if (k.drop)
            masks_step(m);
        backward_one(k, c, m, masks_first(m), at + i * LANES, p, &a);
        backward_one(k, c, m, masks_second(m), at + (i + 1) * LANES, p, &b);
    }
    *half = i < w;
    if (i < w) {
        if (k.drop)
            masks_step(m);
        backward_one(k, c, m, masks_first(m), at + i * LANES, p, &a);
    }
    return (struct sums){v16_add(a.g, b.g), v16_add(a.gx, b.gx)};
}

INLINE void backward_as(struct kind k, struct pointwise *f, int rows, const struct way_back *p, const float *mean,
                        d16 *lanes)
{
    struct masks m = masks_of(k, f);
    ptrdiff_t at = 0;
    int half = f->half;
    for (int row = 0; row < rows; row++)
        for (int ch = 0; ch < f->c; ch++, at += f->w * LANES) {
            struct channel c = channel_of(k, f, mean, ch);
            struct sums s = backward_row(k, &c, &m, &half, f->w, at, p);
            if (k.norm) {
                lanes[2 * ch] = d16_add(lanes[2 * ch], s.g);
                lanes[2 * ch + 1] = d16_add(lanes[2 * ch + 1], s.gx);
            }
        }
    masks_leave(k, f, &m, half);
}

/* Calls `as` with the kind of f in constants, or as it is on the plain C level. */
#ifdef FIXED_SIZES
#define CASE(as, a, n, d, again, bf16, ...)                                                                            \
    case 4 * (a) + 2 * (n) + (d):                                                                                      \
        as((struct kind){n, a, d, again, bf16}, __VA_ARGS__);                                                          \
        break
#define NORM_CASES(as, a, again, bf16, ...)                                                                            \
    CASE(as, a, 1, 0, again, bf16, __VA_ARGS__);                                                                       \
    CASE(as, a, 1, 1, again, bf16, __VA_ARGS__)
#define CASES(as, a, again, bf16, ...)                                                                                 \
    CASE(as, a, 0, 0, again, bf16, __VA_ARGS__);                                                                       \
    CASE(as, a, 0, 1, again, bf16, __VA_ARGS__);                                                                       \
    NORM_CASES(as, a, again, bf16, __VA_ARGS__)
#define DISPATCH(cases, as, again, bf16, f, ...)                                                                       \
    switch (4 * (f)->act + 2 * ((f)->scale != NULL) + ((f)->seed != NULL)) {                                           \
        cases(as, NO_ACT, again, bf16, __VA_ARGS__);                                                                   \
        cases(as, ACT_RELU, again, bf16, __VA_ARGS__);                                                                 \
        cases(as, ACT_LEAKY_RELU, again, bf16, __VA_ARGS__);                                                           \
        cases(as, ACT_SIGMOID, again, bf16, __VA_ARGS__);                                                              \
        cases(as, ACT_TANH, again, bf16, __VA_ARGS__);                                                                 \
        cases(as, ACT_GELU, again, bf16, __VA_ARGS__);                                                                 \
    }
#else
#define DISPATCH(cases, as, again, bf16, f, ...)                                                                       \
    as((struct kind){(f)->scale != NULL, (f)->act, (f)->seed != NULL, again, bf16}, __VA_ARGS__)
#endif

void EXPORT(pointwise_forward)(struct pointwise *f, int rows, const float *x, float *y)
{
    DISPATCH(CASES, forward_as, 0, FLOATS, f, f, rows, x, y);
}

static void forward_stored(struct pointwise *f, int rows, const uint16_t *x, float *y)
{
    DISPATCH(NORM_CASES, forward_as, 0, STORED, f, f, rows, x, y);
}

static void forward_rounded(struct pointwise *f, int rows, const uint16_t *x, float *y)
{
    DISPATCH(NORM_CASES, forward_as, 0, ROUNDED, f, f, rows, x, y);
}

void EXPORT(pointwise_forward_bf16)(struct pointwise *f, int rows, const uint16_t *x, int round, float *y)
{
    (round ? forward_rounded : forward_stored)(f, rows, x, y);
}

static void backward_alone(struct pointwise *f, int rows, const struct way_back *p, const float *mean, d16 *lanes)
{
    DISPATCH(CASES, backward_as, 0, FLOATS, f, f, rows, p, mean, lanes);
}

static void backward_and_forward(struct pointwise *f, int rows, const struct way_back *p, const float *mean, d16 *lanes)
{
    DISPATCH(CASES, backward_as, 1, FLOATS, f, f, rows, p, mean, lanes);
}

void EXPORT(pointwise_backward)(struct pointwise *f, int rows, const float *x, const float *dy, const float *mean,
                                float *y, float *g, double *lanes)
{
    struct way_back p = {x, dy, y, g};
    (y ? backward_and_forward : backward_alone)(f, rows, &p, mean, (d16 *)(void *)lanes);
}

static void stored_alone(struct pointwise *f, int rows, const struct way_back *p, const float *mean, d16 *lanes)
{
    DISPATCH(NORM_CASES, backward_as, 0, STORED, f, f, rows, p, mean, lanes);
}

static void stored_and_forward(struct pointwise *f, int rows, const struct way_back *p, const float *mean, d16 *lanes)
{
    DISPATCH(NORM_CASES, backward_as, 1, STORED, f, f, rows, p, mean, lanes);
}

void EXPORT(pointwise_backward_bf16)(struct pointwise *f, int rows, const uint16_t *x, const float *dy,
                                     const float *mean, float *y, uint16_t *g, double *lanes)
{
    struct way_back p = {x, dy, y, g};
    (y ? stored_and_forward : stored_alone)(f, rows, &p, mean, (d16 *)(void *)lanes);
}

void EXPORT(pointwise_sums)(int c, int live, const double *lanes, double *sums)
{
    const d16 *l = (const d16 *)(const void *)lanes;
    for (int i = 0; i < 2 * c; i++)
        sums[i] = d16_sum(l[i], live);
}
