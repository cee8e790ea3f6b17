/* move.c - a block of images, each moved in its own way. There are three roads to the values of warp.h, with the same
 * bits: moves by whole pixels copy bytes, all others are a kernel's work, and images too large for either are done
 * pixel by pixel. */
#include "data/images/block.h"
#include "data/images/warp_row.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct mover {
    const struct block *b;
    struct warp warp[LANES];
    size_t plane, row; /* bytes of a plane; floats between rows of the result */
};

static float *plane_of(const struct mover *m, int channel, float *x)
{
    return x + (size_t)channel * (size_t)m->b->w * LANES;
}

/* ---- pixel by pixel ---------------------------------------------------------------------------------------------- */

static void by_pixels(const struct mover *m, float *x)
{
    const struct block *b = m->b;
    for (int c = 0; c < b->c; c++)
        for (int y = 0; y < b->h; y++)
            for (int i = 0; i < b->n; i++)
                warp_row(&m->warp[i], b->in[i] + (size_t)c * m->plane, y, b->scale[c], b->shift[c],
                         plane_of(m, c, x) + (size_t)y * m->row + i, LANES);
}

/* ---- by the kernel ----------------------------------------------------------------------------------------------- */

/* Column x of the result is column first_column + x * column_step before it is cropped. */
static int first_column(const struct warp *p)
{
    return p->crop_x + (p->flip ? p->w - 1 : 0);
}

static int column_step(const struct warp *p)
{
    return p->flip ? -1 : 1;
}

#define FAR 0x1p14

/* No coordinate is too large for the kernel. */
static int near(const struct warp *p)
{
    double x = abs(p->crop_x) + p->w, y = abs(p->crop_y) + p->h, c = fabs(p->cos), s = fabs(p->sin);
    return fabs(p->x0) + x * c + y * s < FAR && fabs(p->y0) + x * s + y * c < FAR;
}

static int32_t fixed(double v)
{
    return (int32_t)(v * 65536);
}

static void spread_sampling(const struct mover *m, struct sampling *s)
{
    for (int i = 0; i < LANES; i++) {
        const struct warp *p = &m->warp[i < m->b->n ? i : 0];
        double x = first_column(p), y = p->crop_y, along = column_step(p);
        s->x[i] = fixed(p->x0 + x * p->cos - y * p->sin);
        s->y[i] = fixed(p->y0 + x * p->sin + y * p->cos);
        s->along_x[i] = fixed(along * p->cos);
        s->along_y[i] = fixed(along * p->sin);
        s->down_x[i] = fixed(-p->sin);
        s->down_y[i] = fixed(p->cos);
    }
}

/* What is not of the warped image: image i of a plane of the result. */
static void cut_out(const struct mover *m, int i, float outside, float *x)
{
    const struct warp *p = &m->warp[i];
    int left = p->flip ? p->crop_x : -p->crop_x, top = -p->crop_y; /* where the image begins; it is h x w too */
    for (int row = 0; row < p->h; row++, x += m->row) {
        int from = row < top || row >= top + p->h ? p->w : left, to = from + p->w;
        for (int column = 0; column < p->w && column < from; column++)
            x[column * LANES + i] = outside;
        for (int column = to < 0 ? 0 : to; column < p->w; column++)
            x[column * LANES + i] = outside;
    }
}

static void by_kernel(const struct mover *m, uint16_t *scratch, float *x)
{
    const struct block *b = m->b;
    struct sampling s = {.h = b->h, .w = b->w};
    spread_sampling(m, &s);
    for (int c = 0; c < b->c; c++) {
        const uint8_t *in[LANES], *next[LANES];
        for (int i = 0; i < LANES; i++) {
            in[i] = b->in[i] + (size_t)c * m->plane;
            next[i] = b->next[i] + (size_t)c * m->plane;
        }
        b->k->warp(&s, in, next, b->scale[c], b->shift[c], m->row, plane_of(m, c, x), scratch);
        for (int i = 0; i < b->n; i++)
            if (m->warp[i].crop_x || m->warp[i].crop_y)
                cut_out(m, i, 0 * b->scale[c] + b->shift[c], plane_of(m, c, x));
    }
}

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

struct frame { /* planes with zeros round them */
    int left, top, stride;
    size_t size;
};

static int clip(int crop, int most)
{
    return crop > most ? most : crop < -most ? -most : crop; /* all of the image is gone at `most` */
}

static int larger(int a, int b)
{
    b = b < 0 ? -b : b;
    return a > b ? a : b;
}

static struct frame frame_of(const struct mover *m)
{
    const struct block *b = m->b;
    struct frame f = {0};
    for (int i = 0; i < b->n; i++) {
        f.left = larger(f.left, clip(m->warp[i].crop_x, b->w));
        f.top = larger(f.top, clip(m->warp[i].crop_y, b->h));
    }
    f.stride = b->w + 2 * f.left;
    f.size = (size_t)(b->h + 2 * f.top) * (size_t)f.stride;
    return f;
}

static void copy_rows(int h, int w, const uint8_t *from, uint8_t *to, int stride)
{
    for (int y = 0; y < h; y++, from += w, to += stride) {
        int x = 0;
        for (; w - x >= 16; x += 16)
            memcpy(to + x, from + x, 16);
        for (; x < w; x++)
            to[x] = from[x];
    }
}

static void mirror_rows(int h, int w, const uint8_t *from, uint8_t *to, int stride)
{
    for (int y = 0; y < h; y++, from += w, to += stride) {
        int x = 0;
        for (; w - x >= 8; x += 8) {
            uint64_t v;
            memcpy(&v, from + x, 8);
            v = __builtin_bswap64(v);
            memcpy(to + w - x - 8, &v, 8);
        }
        for (; x < w; x++)
            to[w - x - 1] = from[x];
    }
}

/* Returns where pixel (0, 0) of the moved plane is. */
static const uint8_t *frame_fill(const struct frame *f, const struct warp *p, const uint8_t *plane, uint8_t *frame)
{
    int crop_x = clip(p->crop_x, p->w), crop_y = clip(p->crop_y, p->h);
    uint8_t *to = frame + f->top * f->stride + f->left;
    (p->flip ? mirror_rows : copy_rows)(p->h, p->w, plane, to, f->stride);
    return to + crop_y * f->stride + (p->flip ? -crop_x : crop_x);
}

static void by_bytes(const struct mover *m, const struct frame *f, uint8_t *scratch, float *x)
{
    const struct block *b = m->b;
    memset(scratch, 0, f->size * (size_t)b->n);
    for (int c = 0; c < b->c; c++) {
        const uint8_t *in[LANES];
        for (int i = 0; i < b->n; i++) {
            block_fetch(b, i, (size_t)c * m->plane, m->plane);
            in[i] = frame_fill(f, &m->warp[i], b->in[i] + (size_t)c * m->plane, scratch + (size_t)i * f->size);
        }
        for (int i = b->n; i < LANES; i++)
            in[i] = in[0];
        for (int y = 0; y < b->h; y++) {
            b->k->pixels((size_t)b->w, in, b->scale[c], b->shift[c], plane_of(m, c, x) + (size_t)y * m->row);
            for (int i = 0; i < LANES; i++)
                in[i] += f->stride;
        }
    }
}

/* ---- which road -------------------------------------------------------------------------------------------------- */

void block_move(const struct block *b, const struct motion m[LANES], float *x)
{
    struct mover v = {.b = b, .plane = (size_t)b->h * (size_t)b->w, .row = (size_t)b->c * (size_t)b->w * LANES};
    int affine = 0, all_near = b->h + b->w <= WARP_SIDES;
    warp_init(v.warp, m, b->n, b->h, b->w);
    for (int i = 0; i < b->n; i++) {
        affine |= v.warp[i].affine;
        all_near &= near(&v.warp[i]);
    }
    struct frame f = affine ? (struct frame){0} : frame_of(&v);
    if (!affine && f.size * LANES <= BLOCK_SCRATCH * sizeof *b->scratch)
        by_bytes(&v, &f, (uint8_t *)b->scratch, x);
    else if (all_near && warp_scratch(b->h, b->w) <= BLOCK_SCRATCH)
        by_kernel(&v, b->scratch, x);
    else
        by_pixels(&v, x);
}
