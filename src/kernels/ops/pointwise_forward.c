/* pointwise_forward.c - what stands between two convolutions, in one pass over a block: normalization, activation and
 * dropout. */
#include "kernels/ops/pointwise_pass.h"

BY_KIND void forward_one(struct kind k, const struct channel_values *c, const struct masks *m, m16 keep, ptrdiff_t at,
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

/* The passes of one activation. stored and rounded: x is stored in 16 bits, and y rounded to as many. */
struct forward_passes {
    void (*floats)(struct pointwise *f, int rows, const float *x, float *y);
    void (*stored)(struct pointwise *f, int rows, const uint16_t *x, float *y);
    void (*rounded)(struct pointwise *f, int rows, const uint16_t *x, float *y);
};

#define FORWARD_PASS(name, dispatch, x_type, act, bf16)                                                                \
    static void name(struct pointwise *f, int rows, const x_type *x, float *y)                                         \
    {                                                                                                                  \
        dispatch(forward_as, act, 0, bf16, f, f, rows, x, y);                                                          \
    }
#define PASSES(name, act)                                                                                              \
    FORWARD_PASS(name##_floats, DISPATCH, float, act, FLOATS)                                                          \
    FORWARD_PASS(name##_stored, DISPATCH_NORM, uint16_t, act, STORED)                                                  \
    FORWARD_PASS(name##_rounded, DISPATCH_NORM, uint16_t, act, ROUNDED)
#define PASSES_ROW(name)                                                                                               \
    {                                                                                                                  \
        name##_floats, name##_stored, name##_rounded                                                                   \
    }

#define PASSES_TYPE struct forward_passes
#include "kernels/ops/pointwise_table.h"

void EXPORT(pointwise_forward)(struct pointwise *f, int rows, const float *x, float *y)
{
    passes_of(f)->floats(f, rows, x, y);
}

void EXPORT(pointwise_forward_bf16)(struct pointwise *f, int rows, const uint16_t *x, int round, float *y)
{
    const struct forward_passes *p = passes_of(f);
    (round ? p->rounded : p->stored)(f, rows, x, y);
}
