/* pointwise_pass.h - what the passes forward (pointwise_forward.c) and back (pointwise_backward.c) between two
 * convolutions share: normalization, activation and dropout of one vector, and one function for each kind of pass. The
 * passes go through memory in its order, which is also the order in which dropout draws its masks. */
#ifndef KERNELS_OPS_POINTWISE_PASS_H
#define KERNELS_OPS_POINTWISE_PASS_H
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

#endif
