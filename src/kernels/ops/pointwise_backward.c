/* pointwise_backward.c - the way back through what stands between two convolutions, in one pass over a block; where the
 * outputs were not kept, the pass goes forward again. */
#include "kernels/ops/pointwise_pass.h"

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

BY_KIND void backward_one(struct kind k, const struct channel_values *c, const struct masks *m, m16 keep, ptrdiff_t at,
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

/* The passes of one activation. stored: x and g are stored in 16 bits; again: the pass also goes forward again. */
typedef void backward_pass(struct pointwise *f, int rows, const struct way_back *p, const float *mean, d16 *lanes);
struct backward_passes {
    backward_pass *floats, *floats_again, *stored, *stored_again;
};

#define BACKWARD_PASS(name, dispatch, act, again, bf16)                                                                \
    static void name(struct pointwise *f, int rows, const struct way_back *p, const float *mean, d16 *lanes)           \
    {                                                                                                                  \
        dispatch(backward_as, act, again, bf16, f, f, rows, p, mean, lanes);                                           \
    }
#define PASSES(name, act)                                                                                              \
    BACKWARD_PASS(name##_floats, DISPATCH, act, 0, FLOATS)                                                             \
    BACKWARD_PASS(name##_floats_again, DISPATCH, act, 1, FLOATS)                                                       \
    BACKWARD_PASS(name##_stored, DISPATCH_NORM, act, 0, STORED)                                                        \
    BACKWARD_PASS(name##_stored_again, DISPATCH_NORM, act, 1, STORED)
#define PASSES_ROW(name)                                                                                               \
    {                                                                                                                  \
        name##_floats, name##_floats_again, name##_stored, name##_stored_again                                         \
    }

#define PASSES_TYPE struct backward_passes
#include "kernels/ops/pointwise_table.h"

void EXPORT(pointwise_backward)(struct pointwise *f, int rows, const float *x, const float *dy, const float *mean,
                                float *y, float *g, double *lanes)
{
    const struct way_back way = {x, f->add, dy, y, g};
    const struct backward_passes *p = passes_of(f);
    (y ? p->floats_again : p->floats)(f, rows, &way, mean, (d16 *)(void *)lanes);
}

void EXPORT(pointwise_backward_bf16)(struct pointwise *f, int rows, const uint16_t *x, const float *dy,
                                     const float *mean, float *y, uint16_t *g, double *lanes)
{
    const struct way_back way = {x, f->add, dy, y, g};
    const struct backward_passes *p = passes_of(f);
    (y ? p->stored_again : p->stored)(f, rows, &way, mean, (d16 *)(void *)lanes);
}

void EXPORT(pointwise_sums)(int c, int live, const double *lanes, double *sums)
{
    const d16 *l = (const d16 *)(const void *)lanes;
    for (int i = 0; i < 2 * c; i++)
        sums[i] = d16_sum(l[i], live);
}
