#include "data/warp.h"

#include "base/maths.h"

#include <math.h>
#include <stddef.h>

static void init(struct warp *p, const struct motion *m, double cosine, double sine, int h, int w)
{
    p->h = h;
    p->w = w;
    p->affine = m->angle != 0 || m->zoom != 1 || m->dx != 0 || m->dy != 0;
    p->cos = cosine / m->zoom;
    p->sin = sine / m->zoom;
    double cx = 0.5 * (w - 1), cy = 0.5 * (h - 1); /* the centre; turned about in pixels, also when h != w */
    p->x0 = cx + m->dx - p->cos * cx + p->sin * cy;
    p->y0 = cy + m->dy - p->sin * cx - p->cos * cy;
    p->crop_x = m->crop_x;
    p->crop_y = m->crop_y;
    p->flip = m->flip;
}

#define MANY 16

void warp_init(struct warp *p, const struct motion *m, int n, int h, int w)
{
    double angle[MANY] = {0}, cosine[MANY], sine[MANY];
    for (int from = 0; from < n; from += MANY) {
        int some = n - from < MANY ? n - from : MANY;
        for (int i = 0; i < some; i++)
            angle[i] = m[from + i].angle;
        m_coss(MANY, angle, cosine); /* all: a part of them takes longer */
        m_sins(MANY, angle, sine);
        for (int i = 0; i < some; i++)
            init(&p[from + i], &m[from + i], cosine[i], sine[i], h, w);
    }
}

/* What one row of the result reads: pixel x lies at sx = x0 + (x + crop) * dx, sy = y0 + (x + crop) * dy. */
struct line {
    const uint8_t *plane;
    int h, w, crop;
    float x0, y0, dx, dy;
};

static inline float source_x(const struct line *l, int x)
{
    return l->x0 + (float)(x + l->crop) * l->dx;
}

static inline float source_y(const struct line *l, int x)
{
    return l->y0 + (float)(x + l->crop) * l->dy;
}

/* All four neighbours exist. The coordinates are monotone in x, also after rounding, so such x are an interval. */
static inline int inside(const struct line *l, int x)
{
    float sx = source_x(l, x), sy = source_y(l, x);
    return sx >= 0 && sy >= 0 && sx < (float)(l->w - 1) && sy < (float)(l->h - 1);
}

static inline float bilinear(float a, float b, float c, float d, float fx, float fy)
{
    float top = a + fx * (b - a), bottom = c + fx * (d - c);
    return top + fy * (bottom - top);
}

static inline float at(const struct line *l, int x, int y)
{
    return x >= 0 && y >= 0 && x < l->w && y < l->h ? (float)l->plane[(size_t)y * (size_t)l->w + (size_t)x] : 0;
}

static float near_border(const struct line *l, int x)
{
    float sx = source_x(l, x), sy = source_y(l, x);
    if (!(sx > -1 && sy > -1 && sx < (float)l->w && sy < (float)l->h))
        return 0;
    int ix = sx < 0 ? -1 : (int)sx, iy = sy < 0 ? -1 : (int)sy; /* floor */
    return bilinear(at(l, ix, iy), at(l, ix + 1, iy), at(l, ix, iy + 1), at(l, ix + 1, iy + 1), sx - (float)ix,
                    sy - (float)iy);
}

/* The two bytes at p as one number, the first in the low half. */
static inline uint32_t pair(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8;
}

/* Pixels from .. from + n - 1 of a row, all inside, to v[n]. Three loops, so that the compiler can use vectors for the
 * first and the last, and long ones, since a vector cannot be read at once from where single numbers were just stored.
 * Each pixel from its own x, not by adding up: no error grows, and no order is imposed. */
#define PIECE 64
static void interior(const struct line *l, int from, int n, float v[PIECE])
{
    float fx[PIECE], fy[PIECE];
    int32_t at[PIECE];
    uint32_t top[PIECE], bottom[PIECE];
    const struct line k = *l; /* in registers: the stores might be to *l for all the compiler knows */
    for (int i = 0; i < n; i++) {
        float sx = source_x(&k, from + i), sy = source_y(&k, from + i);
        int32_t ix = (int32_t)sx, iy = (int32_t)sy;
        fx[i] = sx - (float)ix;
        fy[i] = sy - (float)iy;
        at[i] = iy * k.w + ix; /* a plane has at most 2^24 bytes */
    }
    for (int i = 0; i < n; i++) {
        top[i] = pair(k.plane + at[i]);
        bottom[i] = pair(k.plane + at[i] + k.w);
    }
    for (int i = 0; i < n; i++)
        v[i] = bilinear((float)(int32_t)(top[i] & 255), (float)(int32_t)(top[i] >> 8),
                        (float)(int32_t)(bottom[i] & 255), (float)(int32_t)(bottom[i] >> 8), fx[i], fy[i]);
}

static void affine_row(const struct line *l, int from, int to, float scale, float shift, float *out, int stride)
{
    int end = to;
    float v[PIECE];
    for (; from < to && !inside(l, from); from++)
        out[(ptrdiff_t)from * stride] = near_border(l, from) * scale + shift;
    while (end > from && !inside(l, end - 1))
        end--;
    while (from < end) {
        int n = end - from < PIECE ? end - from : PIECE;
        interior(l, from, n, v);
        for (int i = 0; i < n; i++, from++)
            out[(ptrdiff_t)from * stride] = v[i] * scale + shift;
    }
    for (; from < to; from++)
        out[(ptrdiff_t)from * stride] = near_border(l, from) * scale + shift;
}

void warp_row(const struct warp *p, const uint8_t *plane, int y, float scale, float shift, float *out, int stride)
{
    int w = p->w, from = p->crop_x < 0 ? -p->crop_x : 0, to = p->crop_x > 0 ? w - p->crop_x : w;
    float outside = 0 * scale + shift;
    y += p->crop_y;
    if (y < 0 || y >= p->h || from >= to)
        from = to = 0; /* nothing of the image is in this row */
    if (p->flip) {
        out += (ptrdiff_t)(w - 1) * stride;
        stride = -stride;
    }
    for (int x = 0; x < from; x++)
        out[(ptrdiff_t)x * stride] = outside;
    for (int x = to; x < w; x++)
        out[(ptrdiff_t)x * stride] = outside;
    if (from < to && p->affine) {
        struct line l = {
            plane,         p->h,         w, p->crop_x, (float)(p->x0 - y * p->sin), (float)(p->y0 + y * p->cos),
            (float)p->cos, (float)p->sin};
        affine_row(&l, from, to, scale, shift, out, stride);
    }
    if (from < to && !p->affine)
        for (int x = from; x < to; x++)
            out[(ptrdiff_t)x * stride] = (float)plane[(ptrdiff_t)y * w + x + p->crop_x] * scale + shift;
}
