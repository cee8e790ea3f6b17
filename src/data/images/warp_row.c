/* warp_row.c computes one row of one moved image. */
#include "data/images/warp_row.h"

#include <math.h>
#include <stddef.h>

/* To the nearest 65536th, |v| < 2^35. */
static double rounded_to_fixed(double v)
{
    return v + 0x1.8p36 - 0x1.8p36;
}

#define MANY 16

/* Taylor's series, off by less than 1e-10, which the rounding above makes nothing of, in a tenth of the time of m_sin.
 */
static void turns(const double angle[MANY], double cosine[MANY], double sine[MANY])
{
    for (int i = 0; i < MANY; i++) {
        double k = angle[i] * M_2_PI + 0x1.8p52 - 0x1.8p52, r = angle[i] - k * M_PI_2, q = r * r;
        double s =
            1 - q * (1. / 6) * (1 - q * (1. / 20) * (1 - q * (1. / 42) * (1 - q * (1. / 72) * (1 - q * (1. / 110)))));
        double c =
            1 - q * (1. / 12) * (1 - q * (1. / 30) * (1 - q * (1. / 56) * (1 - q * (1. / 90) * (1 - q * (1. / 132)))));
        int quarter = (int)k, odd = quarter & 1, sign = 1 - (quarter & 2);
        s = r * s, c = 1 - q / 2 * c;
        cosine[i] = sign * ((1 - odd) * c - odd * s);
        sine[i] = sign * ((1 - odd) * s + odd * c);
    }
}

static void init(struct warp *p, const struct motion *m, double cosine, double sine, int h, int w)
{
    p->h = h;
    p->w = w;
    p->affine = m->angle != 0 || m->zoom != 1 || m->dx != 0 || m->dy != 0;
    int small = h + w <= WARP_SIDES;
    p->cos = small ? rounded_to_fixed(cosine / m->zoom) : cosine / m->zoom;
    p->sin = small ? rounded_to_fixed(sine / m->zoom) : sine / m->zoom;
    double cx = 0.5 * (w - 1), cy = 0.5 * (h - 1); /* the centre; turned about in pixels, also when h != w */
    p->x0 = cx + m->dx - p->cos * cx + p->sin * cy;
    p->y0 = cy + m->dy - p->sin * cx - p->cos * cy;
    if (small)
        p->x0 = rounded_to_fixed(p->x0), p->y0 = rounded_to_fixed(p->y0);
    p->crop_x = m->crop_x;
    p->crop_y = m->crop_y;
    p->flip = m->flip;
}

void warp_init(struct warp *p, const struct motion *m, int n, int h, int w)
{
    double angle[MANY] = {0}, cosine[MANY], sine[MANY];
    for (int from = 0; from < n; from += MANY) {
        int some = n - from < MANY ? n - from : MANY;
        for (int i = 0; i < some; i++)
            angle[i] = m[from + i].angle;
        turns(angle, cosine, sine);
        for (int i = 0; i < some; i++)
            init(&p[from + i], &m[from + i], cosine[i], sine[i], h, w);
    }
}

/* What one row of the result reads: pixel x lies at sx = x0 + (x + crop) * dx, sy = y0 + (x + crop) * dy. */
struct line {
    const uint8_t *plane;
    int h, w, crop;
    double x0, y0, dx, dy;
};

static inline double source_x(const struct line *l, int x)
{
    return l->x0 + (x + l->crop) * l->dx;
}

static inline double source_y(const struct line *l, int x)
{
    return l->y0 + (x + l->crop) * l->dy;
}

/* All four neighbours exist. The coordinates are monotone in x, also after rounding, so such x are an interval. */
static inline int line_is_inside(const struct line *l, int x)
{
    double sx = source_x(l, x), sy = source_y(l, x);
    return sx >= 0 && sy >= 0 && sx < l->w - 1 && sy < l->h - 1;
}

#define UNIT 0x1p-21f /* of bilinear() in pixels */

/* As kernels.h has it; fx and fy in 65536ths. */
static inline int32_t bilinear(int a, int b, int c, int d, int fx, int fy)
{
    int left = 128 * a + (((c - a) * fy + 256) >> 9), right = 128 * b + (((d - b) * fy + 256) >> 9);
    return left * (16384 - (fx >> 2)) + right * (fx >> 2);
}

static inline int at(const struct line *l, int x, int y)
{
    return x >= 0 && y >= 0 && x < l->w && y < l->h ? l->plane[(size_t)y * (size_t)l->w + (size_t)x] : 0;
}

static int32_t near_border(const struct line *l, int x)
{
    double sx = source_x(l, x), sy = source_y(l, x);
    if (!(sx >= -1 && sy >= -1 && sx < l->w && sy < l->h))
        return 0;
    int ix = (int)floor(sx), iy = (int)floor(sy);
    return bilinear(at(l, ix, iy), at(l, ix + 1, iy), at(l, ix, iy + 1), at(l, ix + 1, iy + 1),
                    (int)((sx - ix) * 65536), (int)((sy - iy) * 65536));
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
static void interior(const struct line *l, int from, int n, int32_t v[PIECE])
{
    int32_t fx[PIECE], fy[PIECE], at[PIECE];
    uint32_t top[PIECE], bottom[PIECE];
    const struct line k = *l; /* in registers: the stores might be to *l for all the compiler knows */
    for (int i = 0; i < n; i++) {
        double sx = source_x(&k, from + i), sy = source_y(&k, from + i);
        int32_t ix = (int32_t)sx, iy = (int32_t)sy;
        fx[i] = (int32_t)((sx - ix) * 65536);
        fy[i] = (int32_t)((sy - iy) * 65536);
        at[i] = iy * k.w + ix; /* a plane has at most 2^24 bytes */
    }
    for (int i = 0; i < n; i++) {
        top[i] = pair(k.plane + at[i]);
        bottom[i] = pair(k.plane + at[i] + k.w);
    }
    for (int i = 0; i < n; i++)
        v[i] = bilinear((int)(top[i] & 255), (int)(top[i] >> 8), (int)(bottom[i] & 255), (int)(bottom[i] >> 8), fx[i],
                        fy[i]);
}

static void affine_row(const struct line *l, int from, int to, float scale, float shift, float *out, int stride)
{
    int end = to;
    int32_t v[PIECE];
    scale *= UNIT;
    for (; from < to && !line_is_inside(l, from); from++)
        out[(ptrdiff_t)from * stride] = (float)near_border(l, from) * scale + shift;
    while (end > from && !line_is_inside(l, end - 1))
        end--;
    while (from < end) {
        int n = end - from < PIECE ? end - from : PIECE;
        interior(l, from, n, v);
        for (int i = 0; i < n; i++, from++)
            out[(ptrdiff_t)from * stride] = (float)v[i] * scale + shift;
    }
    for (; from < to; from++)
        out[(ptrdiff_t)from * stride] = (float)near_border(l, from) * scale + shift;
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
        struct line l = {plane, p->h, w, p->crop_x, p->x0 - y * p->sin, p->y0 + y * p->cos, p->cos, p->sin};
        affine_row(&l, from, to, scale, shift, out, stride);
    }
    if (from < to && !p->affine)
        for (int x = from; x < to; x++)
            out[(ptrdiff_t)x * stride] = (float)plane[(ptrdiff_t)y * w + x + p->crop_x] * scale + shift;
}
