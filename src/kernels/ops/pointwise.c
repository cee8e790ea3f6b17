/* pointwise.c - what stands between two convolutions, in one pass over a block: normalization, activation, dropout, and
 * back. The passes go through memory in its order, which is also the order in which dropout draws its masks. */
#include "kernels/ops/activations.h"
#include "kernels/ops/dropout_masks.h"
#include "kernels/ops/ops.h"

/* Which of the three there are, whether the way back goes forward again, and whether x and g are stored in 16 bits and
 * y is rounded to as many; constants in each of the functions made below. */
enum { FLOATS, STORED, ROUNDED };
struct kind {
    int norm, add, act, drop, again, bf16;
};

/* A long activation is called, and all of them share the passes with act = CALLED: with each of them in its place in
 * passes of its own, this file would take minutes to compile, and a call is little beside what they compute. */
#define CALLED (-2)
struct long_activation {
    v16 (*value)(v16 x, v16 a);
    v16 (*gradient)(v16 x, v16 a, v16 dy); /* of the argument */
};

/* Of the channel at hand. */
struct channel_values {
    v16 scale, shift, mean, parameter;
    const struct long_activation *called;
};

#ifdef FIXED_KINDS
#define ACTIVATION(...)
#define LONG_ACTIVATION(name, reads, ...)                                                                              \
    static __attribute__((noinline)) v16 name##_called(v16 x, v16 a)                                                   \
    {                                                                                                                  \
        return name##_value(x, a);                                                                                     \
    }                                                                                                                  \
    static __attribute__((noinline)) v16 name##_gradient_called(v16 x, v16 a, v16 dy)                                  \
    {                                                                                                                  \
        return name##_gradient(reads == READS_Y ? name##_value(x, a) : x, a, dy);                                      \
    }
#include "kernels/activations.def"

static const struct long_activation *long_activation_of(int act)
{
    static const struct long_activation of_act[] = {
#define ACTIVATION(...)
#define LONG_ACTIVATION(name, ...) [ACT_##name] = {name##_called, name##_gradient_called},
#include "kernels/activations.def"
    };
    return &of_act[act];
}
#else
static const struct long_activation *long_activation_of(int act) /* act is never CALLED */
{
    (void)act;
    __builtin_trap();
}
#endif

/* Vector `at` floats into an array of either kind. */
INLINE v16 value_at(struct kind k, const void *x, ptrdiff_t at)
{
    prefetch_read(k.bf16 ? (const void *)((const uint16_t *)x + at) : (const float *)x + at);
    return k.bf16 ? v16_bf16_load((const uint16_t *)x + at) : v16_load((const float *)x + at);
}

INLINE struct channel_values channel_of(struct kind k, const struct pointwise *f, const float *mean, int ch)
{
    v16 zero = v16_zero();
    return (struct channel_values){k.norm ? v16_set1(f->scale[ch]) : zero, k.norm ? v16_set1(f->shift[ch]) : zero,
                                   k.norm && mean ? v16_set1(mean[ch]) : zero, v16_set1(f->act_parameter),
                                   k.act == CALLED ? long_activation_of(f->act) : NULL};
}

INLINE v16 activated(struct kind k, const struct channel_values *c, v16 x)
{
    return k.act == CALLED ? c->called->value(x, c->parameter) : act_value(k.act, c->parameter, x);
}

INLINE v16 gradient_before(struct kind k, const struct channel_values *c, v16 x, v16 dy)
{
    return k.act == CALLED ? c->called->gradient(x, c->parameter, dy) : act_gradient(k.act, c->parameter, x, dy);
}

/* What the activation sees. */
INLINE v16 normalized(struct kind k, const struct channel_values *c, v16 x, const float *add, ptrdiff_t at)
{
    v16 n = k.norm ? v16_fma(x, c->scale, c->shift) : x;
    return k.add ? v16_add(n, v16_load(add + at)) : n;
}

INLINE v16 dropped(struct kind k, const struct masks *m, m16 keep, v16 v)
{
    return k.drop ? v16_keep(keep, v16_mul(v, m->scale)) : v;
}

INLINE void forward_one(struct kind k, const struct channel_values *c, const struct masks *m, m16 keep, ptrdiff_t at,
                        const void *x, const float *add, float *y)
{
    v16 v = normalized(k, c, value_at(k, x, at), add, at);
    v = dropped(k, m, keep, activated(k, c, v));
    prefetch_written(y + at);
    v16_store(y + at, k.bf16 == ROUNDED ? v16_bf16_round(v) : v);
}

/* One row. A step of the generator is for two elements; *half says that the second of the last step is still unused. */
INLINE void forward_row(struct kind k, const struct channel_values *c, struct masks *m, int *half, int w, ptrdiff_t at,
                        const void *x, const float *add, float *y)
{
    int i = 0;
    if (k.drop && *half) {
        forward_one(k, c, m, masks_second(m), at, x, add, y);
        i = 1;
    }
    for (; i + 1 < w; i += 2) {
        if (k.drop)
            masks_step(m);
        forward_one(k, c, m, masks_first(m), at + i * LANES, x, add, y);
        forward_one(k, c, m, masks_second(m), at + (i + 1) * LANES, x, add, y);
    }
    *half = i < w;
    if (i < w) {
        if (k.drop)
            masks_step(m);
        forward_one(k, c, m, masks_first(m), at + i * LANES, x, add, y);
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

BY_KIND void forward_as(struct kind k, struct pointwise *f, int rows, const void *x, float *y)
{
    struct masks m = masks_of(k, f);
    ptrdiff_t at = 0;
    int half = f->half;
    for (int row = 0; row < rows; row++)
        for (int ch = 0; ch < f->c; ch++, at += f->w * LANES) {
            struct channel_values c = channel_of(k, f, NULL, ch);
            forward_row(k, &c, &m, &half, f->w, at, x, f->add, y);
        }
    masks_leave(k, f, &m, half);
}

struct way_back {
    const void *x;
    const float *add, *dy;
    float *y;
    void *g;
};

/* The two sums of a row for one parity of columns. */
struct gradient_sums {
    v16 g, gx;
};

INLINE void backward_one(struct kind k, const struct channel_values *c, const struct masks *m, m16 keep, ptrdiff_t at,
                         const struct way_back *w, struct gradient_sums *s)
{
    v16 v = value_at(k, w->x, at), d = v16_load(w->dy + at), n = normalized(k, c, v, w->add, at);
    if (k.again) {
        v16 y = dropped(k, m, keep, activated(k, c, n));
        v16_store(w->y + at, k.bf16 ? v16_bf16_round(y) : y);
    }
    d = gradient_before(k, c, n, dropped(k, m, keep, d));
    if (k.bf16) {
        w16 r = v16_bf16(d);
        prefetch_written((uint16_t *)w->g + at);
        w16_store_high((uint16_t *)w->g + at, r);
        d = v16_bf16_value(r);
    } else {
        prefetch_written((float *)w->g + at);
        v16_store((float *)w->g + at, d);
    }
    if (k.norm) {
        s->g = v16_add(s->g, d);
        s->gx = v16_fma(d, v16_sub(v, c->mean), s->gx);
    }
}

INLINE struct gradient_sums backward_row(struct kind k, const struct channel_values *c, struct masks *m, int *half,
                                         int w, ptrdiff_t at, const struct way_back *p)
{
    struct gradient_sums a = {v16_zero(), v16_zero()}, b = a;
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
    return (struct gradient_sums){v16_add(a.g, b.g), v16_add(a.gx, b.gx)};
}

BY_KIND void backward_as(struct kind k, struct pointwise *f, int rows, const struct way_back *p, const float *mean,
                         d16 *lanes)
{
    struct masks m = masks_of(k, f);
    ptrdiff_t at = 0;
    int half = f->half;
    for (int row = 0; row < rows; row++)
        for (int ch = 0; ch < f->c; ch++, at += f->w * LANES) {
            struct channel_values c = channel_of(k, f, mean, ch);
            struct gradient_sums s = backward_row(k, &c, &m, &half, f->w, at, p);
            if (k.norm) {
                lanes[2 * ch] = d16_add(lanes[2 * ch], s.g);
                lanes[2 * ch + 1] = d16_add(lanes[2 * ch + 1], s.gx);
            }
        }
    masks_leave(k, f, &m, half);
}

/* DISPATCH calls `as` for the activation `act`, with and without normalization, sum and dropout as f has them; each of
 * the cases is compiled with its kind as constants, but for the plain C level. DISPATCH_NORM: f has a normalization. */
#ifdef FIXED_KINDS
#define DISPATCH_NORM(as, act, again, bf16, f, ...)                                                                    \
    do {                                                                                                               \
        if ((f)->seed)                                                                                                 \
            as((struct kind){1, 0, act, 1, again, bf16}, __VA_ARGS__);                                                 \
        else                                                                                                           \
            as((struct kind){1, 0, act, 0, again, bf16}, __VA_ARGS__);                                                 \
    } while (0)
#define DISPATCH(as, act, again, bf16, f, ...)                                                                         \
    do {                                                                                                               \
        if ((f)->add)                                                                                                  \
            as((struct kind){1, 1, act, 0, again, bf16}, __VA_ARGS__);                                                 \
        else if ((f)->scale)                                                                                           \
            DISPATCH_NORM(as, act, again, bf16, f, __VA_ARGS__);                                                       \
        else if ((f)->seed)                                                                                            \
            as((struct kind){0, 0, act, 1, again, bf16}, __VA_ARGS__);                                                 \
        else                                                                                                           \
            as((struct kind){0, 0, act, 0, again, bf16}, __VA_ARGS__);                                                 \
    } while (0)
#else
#define DISPATCH(as, act, again, bf16, f, ...)                                                                         \
    as((struct kind){(f)->scale != NULL, (f)->add != NULL, act, (f)->seed != NULL, again, bf16}, __VA_ARGS__)
#define DISPATCH_NORM DISPATCH
#endif

/* The passes of one activation. stored and rounded: x is stored in 16 bits, and y rounded to as many; again: the way
 * back also goes forward again. */
struct passes {
    void (*forward)(struct pointwise *f, int rows, const float *x, float *y);
    void (*forward_stored)(struct pointwise *f, int rows, const uint16_t *x, float *y);
    void (*forward_rounded)(struct pointwise *f, int rows, const uint16_t *x, float *y);
    void (*backward)(struct pointwise *f, int rows, const struct way_back *p, const float *mean, d16 *lanes);
    void (*backward_again)(struct pointwise *f, int rows, const struct way_back *p, const float *mean, d16 *lanes);
    void (*backward_stored)(struct pointwise *f, int rows, const struct way_back *p, const float *mean, d16 *lanes);
    void (*backward_stored_again)(struct pointwise *f, int rows, const struct way_back *p, const float *mean,
                                  d16 *lanes);
};

#define FORWARD_PASS(name, dispatch, x_type, act, bf16)                                                                \
    static void name(struct pointwise *f, int rows, const x_type *x, float *y)                                         \
    {                                                                                                                  \
        dispatch(forward_as, act, 0, bf16, f, f, rows, x, y);                                                          \
    }
#define BACKWARD_PASS(name, dispatch, act, again, bf16)                                                                \
    static void name(struct pointwise *f, int rows, const struct way_back *p, const float *mean, d16 *lanes)           \
    {                                                                                                                  \
        dispatch(backward_as, act, again, bf16, f, f, rows, p, mean, lanes);                                           \
    }
#define PASSES(name, act)                                                                                              \
    FORWARD_PASS(name##_forward, DISPATCH, float, act, FLOATS)                                                         \
    FORWARD_PASS(name##_forward_stored, DISPATCH_NORM, uint16_t, act, STORED)                                          \
    FORWARD_PASS(name##_forward_rounded, DISPATCH_NORM, uint16_t, act, ROUNDED)                                        \
    BACKWARD_PASS(name##_backward, DISPATCH, act, 0, FLOATS)                                                           \
    BACKWARD_PASS(name##_backward_again, DISPATCH, act, 1, FLOATS)                                                     \
    BACKWARD_PASS(name##_backward_stored, DISPATCH_NORM, act, 0, STORED)                                               \
    BACKWARD_PASS(name##_backward_stored_again, DISPATCH_NORM, act, 1, STORED)
#define PASSES_ROW(name)                                                                                               \
    {                                                                                                                  \
        name##_forward, name##_forward_stored, name##_forward_rounded, name##_backward, name##_backward_again,         \
            name##_backward_stored, name##_backward_stored_again                                                       \
    }

#ifdef FIXED_KINDS
PASSES(none, NO_ACT)
PASSES(called, CALLED)
#define ACTIVATION(name, ...) PASSES(name, ACT_##name)
#define LONG_ACTIVATION(...)
#include "kernels/activations.def"

static const struct passes *passes_of(const struct pointwise *f)
{
    static const struct passes none = PASSES_ROW(none), of_act[] = {
#define ACTIVATION(name, ...) [ACT_##name] = PASSES_ROW(name),
#define LONG_ACTIVATION(name, ...) [ACT_##name] = PASSES_ROW(called),
#include "kernels/activations.def"
                                                        };
    return f->act == NO_ACT ? &none : &of_act[f->act];
}
#else
PASSES(any, f->act)

static const struct passes *passes_of(const struct pointwise *f)
{
    static const struct passes any = PASSES_ROW(any);
    (void)f;
    return &any;
}
#endif

void EXPORT(pointwise_forward)(struct pointwise *f, int rows, const float *x, float *y)
{
    passes_of(f)->forward(f, rows, x, y);
}

void EXPORT(pointwise_forward_bf16)(struct pointwise *f, int rows, const uint16_t *x, int round, float *y)
{
    const struct passes *p = passes_of(f);
    (round ? p->forward_rounded : p->forward_stored)(f, rows, x, y);
}

void EXPORT(pointwise_backward)(struct pointwise *f, int rows, const float *x, const float *dy, const float *mean,
                                float *y, float *g, double *lanes)
{
    const struct way_back way = {x, f->add, dy, y, g};
    const struct passes *p = passes_of(f);
    (y ? p->backward_again : p->backward)(f, rows, &way, mean, (d16 *)(void *)lanes);
}

void EXPORT(pointwise_backward_bf16)(struct pointwise *f, int rows, const uint16_t *x, const float *dy,
                                     const float *mean, float *y, uint16_t *g, double *lanes)
{
    const struct way_back way = {x, f->add, dy, y, g};
    const struct passes *p = passes_of(f);
    (y ? p->backward_stored_again : p->backward_stored)(f, rows, &way, mean, (d16 *)(void *)lanes);
}

void EXPORT(pointwise_sums)(int c, int live, const double *lanes, double *sums)
{
    const d16 *l = (const d16 *)(const void *)lanes;
    for (int i = 0; i < 2 * c; i++)
        sums[i] = d16_sum(l[i], live);
}
