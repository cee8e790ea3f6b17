/* conv_plan.c convolves maps, and volumes slice by slice (conv.h says how). */
#include "nn/layers/conv.h"

#include <string.h>

/* ---- maps whose channels are the taps along the slices ----------------------------------------------------------- */

static size_t tap_row_floats(const struct conv_plan *p)
{
    return (size_t)p->map.w * LANES;
}

/* Floats of a block of the long side, and of its taps. */
static size_t long_floats(const struct conv_plan *p)
{
    return (size_t)(p->from * p->map.h) * (size_t)(p->map.ci / p->kernel) * tap_row_floats(p);
}

static size_t tap_floats(const struct conv_plan *p)
{
    return (size_t)(p->to * p->map.h) * (size_t)p->map.ci * tap_row_floats(p);
}

/* Floats of a block of the short side. */
static size_t short_floats(const struct conv_plan *p)
{
    return (size_t)(p->to * p->map.ho) * (size_t)p->map.co * (size_t)p->map.wo * LANES;
}

/* Calls for each row of a tap: its number, and that of the row of the long side which it is, -1 in the padding. */
static void each_tap_row(const struct conv_plan *p,
                         void (*move)(const struct layer_call *c, const struct conv_plan *p, size_t tap, ptrdiff_t at,
                                      float *taps, float *x),
                         const struct layer_call *c, float *taps, float *x)
{
    const int channels = p->map.ci / p->kernel;
    size_t tap = 0;
    for (int to = 0; to < p->to; to++)
        for (int h = 0; h < p->map.h; h++)
            for (int ch = 0; ch < channels; ch++)
                for (int k = 0; k < p->kernel; k++, tap++) {
                    const int slice = to * p->stride - p->pad + k * p->dilation;
                    const int inside = slice >= 0 && slice < p->from;
                    move(c, p, tap, inside ? ((ptrdiff_t)slice * p->map.h + h) * channels + ch : -1, taps, x);
                }
}

static void take_tap_row(const struct layer_call *c, const struct conv_plan *p, size_t tap, ptrdiff_t at, float *taps,
                         float *x)
{
    const size_t row = tap_row_floats(p);
    (void)c;
    if (at < 0)
        memset(taps + tap * row, 0, row * sizeof *taps);
    else
        memcpy(taps + tap * row, x + (size_t)at * row, row * sizeof *taps);
}

static void add_tap_row(const struct layer_call *c, const struct conv_plan *p, size_t tap, ptrdiff_t at, float *taps,
                        float *x)
{
    const size_t row = tap_row_floats(p);
    if (at >= 0)
        c->kernels->add_scaled(row, 1, taps + tap * row, x + (size_t)at * row, x + (size_t)at * row);
}

/* ---- the three passes -------------------------------------------------------------------------------------------- */

/* Weights of a block's gradient, and its bias: each padded with zeros, as the tensors are. */
static size_t gradient_floats(const struct conv_plan *p)
{
    const struct conv_dims *d = &p->map;
    return PAD16((size_t)(d->ci / d->groups) * (size_t)d->co * (size_t)(d->kh * d->kw)) + PAD16(d->co);
}

size_t conv_plan_scratch(const struct conv_plan *p, int blocks, int bf16)
{
    const size_t kernels = (bf16 ? conv_scratch_bf16 : conv_scratch)(&p->map, p->volume ? p->to : blocks);
    return p->volume ? tap_floats(p) + gradient_floats(p) + kernels : kernels;
}

void conv_plan_forward(const struct layer_call *c, const struct conv_plan *p, const float *x, const float *bias,
                       float *y, float *scratch)
{
    float *rest = scratch + tap_floats(p);
    if (!p->volume)
        PRODUCT_OF(c->kernels, c->bf16, conv_forward)(&p->map, c->pass->blocks, x, c->w, bias, y, scratch);
    for (int b = 0; p->volume && b < c->pass->blocks; b++) {
        each_tap_row(p, take_tap_row, c, scratch, (float *)x + (size_t)b * long_floats(p)); /* x is only read */
        PRODUCT_OF(c->kernels, c->bf16, conv_forward)
        (&p->map, p->to, scratch, c->w, bias, y + (size_t)b * short_floats(p), rest);
    }
}

void conv_plan_backward_data(const struct layer_call *c, const struct conv_plan *p, const float *dy, float *dx,
                             float *scratch)
{
    float *rest = scratch + tap_floats(p);
    if (!p->volume)
        PRODUCT_OF(c->kernels, c->bf16, conv_backward_data)(&p->map, c->pass->blocks, dy, c->w, dx, scratch);
    for (int b = 0; p->volume && b < c->pass->blocks; b++) {
        float *at = dx + (size_t)b * long_floats(p);
        PRODUCT_OF(c->kernels, c->bf16, conv_backward_data)
        (&p->map, p->to, dy + (size_t)b * short_floats(p), c->w, scratch, rest);
        memset(at, 0, long_floats(p) * sizeof *at);
        each_tap_row(p, add_tap_row, c, scratch, at);
    }
}

void conv_plan_backward_weights(const struct layer_call *c, const struct conv_plan *p, const float *x, const float *dy,
                                float *db, float *scratch)
{
    const size_t all = gradient_floats(p), weights = all - PAD16(p->map.co);
    float *dw = scratch + tap_floats(p), *rest = dw + all;
    if (!p->volume)
        PRODUCT_OF(c->kernels, c->bf16, conv_backward_weights)(&p->map, c->pass->blocks, x, dy, c->dw, db, scratch);
    for (int b = 0; p->volume && b < c->pass->blocks; b++) {
        each_tap_row(p, take_tap_row, c, scratch, (float *)x + (size_t)b * long_floats(p)); /* x is only read */
        memset(dw, 0, all * sizeof *dw);
        PRODUCT_OF(c->kernels, c->bf16, conv_backward_weights)
        (&p->map, p->to, scratch, dy + (size_t)b * short_floats(p), dw, db ? dw + weights : NULL, rest);
        if (b == 0)
            memcpy(c->dw, dw, weights * sizeof *dw);
        else
            c->kernels->add_scaled(weights, 1, dw, c->dw, c->dw);
        if (db && b == 0)
            memcpy(db, dw + weights, PAD16(p->map.co) * sizeof *db);
        else if (db)
            c->kernels->add_scaled(PAD16(p->map.co), 1, dw + weights, db, db);
    }
}
