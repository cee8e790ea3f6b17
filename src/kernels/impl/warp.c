/* warp.c - 16 images, each moved in its own way: a vector holds the same pixel of 16 results, sampled in 16 places. The
 * planes are first copied so that the four bytes round a place are one word, with zeros where there is no image. */
#include "kernels/impl/gather.h"
#include "kernels/impl/impl.h"
#include "kernels/impl/interleave.h"

/* ---- pixels in pairs --------------------------------------------------------------------------------------------- */

/* 16 columns of pairs, rows -1 .. h: a pixel and the one below it. */
INLINE void pair_columns(int h, int w, const uint8_t *plane, int stride, uint16_t *out)
{
    const bytes16 outside = {0};
    bytes16 above = outside, below;
    for (int y = 0; y < h; y++, plane += w, out += stride) {
        memcpy(&below, plane, sizeof below);
        interleave(above, below, out);
        above = below;
    }
    interleave(above, outside, out);
}

INLINE void pair_column(int h, int w, const uint8_t *plane, int stride, uint16_t *out)
{
    uint8_t above = 0;
    for (int y = 0; y <= h; y++, plane += w, out += stride) {
        const uint8_t pair[2] = {above, y < h ? *plane : 0};
        memcpy(out, pair, sizeof pair);
        above = pair[1];
    }
}

/* A plane with zeros round it: rows -1 .. h of pairs, each row after WARP_BORDER zeros, which are also what lies right
 * of the row before; after the last row as many again. */
INLINE void pair_plane(int h, int w, const uint8_t *plane, uint16_t *out)
{
    int stride = w + WARP_BORDER, x = 0;
    for (int y = 0; y <= h; y++)
        memset(out + y * stride, 0, WARP_BORDER * sizeof *out);
    memset(out + (h + 1) * stride, 0, (size_t)(stride + WARP_BORDER) * sizeof *out);
    out += WARP_BORDER;
    for (; w - x >= LANES; x += LANES)
        pair_columns(h, w, plane + x, stride, out + x);
    if (x < w && w >= LANES) /* some of them once more */
        pair_columns(h, w, plane + w - LANES, stride, out + w - LANES);
    else
        for (; x < w; x++)
            pair_column(h, w, plane + x, stride, out + x);
}

/* ---- sampling ---------------------------------------------------------------------------------------------------- */

/* A float whose lowest bits are the whole number that was added to it. */
#define PLACE 0x1p23f
#define PLACE_BITS 0x4b000000u

struct source {
    v16 right, bottom, stride; /* first column and row that hold nothing; from row to row */
    v16 place;                 /* PLACE and where (0, 0) of each image is */
    uintptr_t pairs;           /* less PLACE_BITS */
    v16 scale, shift;
};

/* Two passes over a few pixels: together, the chain of what depends on what is longer than the processor looks ahead.
 */
#define PIECE 32
struct piece {
    _Alignas(64) float place[PIECE][LANES], fx[PIECE][LANES], fy[PIECE][LANES];
};

INLINE v16 v16_clamp(v16 a, v16 most)
{
    return v16_min(v16_max(a, v16_set1(-1)), most);
}

INLINE void locate(const struct source *k, int n, v16 row_x, v16 row_y, const float *col_x, const float *col_y,
                   struct piece *p)
{
    for (int i = 0; i < n; i++) {
        v16 sx = v16_clamp(v16_add(row_x, v16_load(col_x + i * LANES)), k->right);
        v16 sy = v16_clamp(v16_add(row_y, v16_load(col_y + i * LANES)), k->bottom);
        v16 place, unused, left = v16_floor(sx, k->place, &place), top = v16_floor(sy, v16_set1(PLACE + 1), &unused);
        v16_store(p->fx[i], v16_sub(sx, left));
        v16_store(p->fy[i], v16_sub(sy, top));
        v16_store(p->place[i], v16_mad(top, k->stride, place));
    }
}

INLINE void blend(const struct source *k, w16 word, v16 fx, v16 fy, float *x)
{
    struct corners c = corners_of(word);
    v16 above = v16_add(c.a, v16_mul(fx, c.b_less_a)), below = v16_add(c.c, v16_mul(fx, c.d_less_c));
    v16 value = v16_add(above, v16_mul(fy, v16_sub(below, above)));
    v16_store(x, v16_add(v16_mul(value, k->scale), k->shift));
}

/* A word is fetched while the one before it is worked on. */
INLINE void sample(const struct source *k, int n, const struct piece *p, float *x)
{
    w16 word = w16_gather(k->pairs, w16_load(p->place[0]));
    for (int i = 0; i < n - 1; i++) {
        w16 next = w16_gather(k->pairs, w16_load(p->place[i + 1]));
        blend(k, word, v16_load(p->fx[i]), v16_load(p->fy[i]), x + i * LANES);
        word = next;
    }
    blend(k, word, v16_load(p->fx[n - 1]), v16_load(p->fy[n - 1]), x + (n - 1) * LANES);
}

INLINE void sample_row(const struct source *k, int w, v16 row_x, v16 row_y, const float *col_x, const float *col_y,
                       float *x)
{
    struct piece p;
    for (int i = 0; i < w; i += PIECE) {
        int n = w - i < PIECE ? w - i : PIECE;
        locate(k, n, row_x, row_y, col_x + i * LANES, col_y + i * LANES, &p);
        sample(k, n, &p, x + i * LANES);
    }
}

void EXPORT(warp)(const struct sampling *s, const uint8_t *const in[LANES], const uint8_t *const next[LANES],
                  float scale, float shift, size_t stride, float *x, uint16_t *scratch)
{
    int h = s->h, w = s->w, row = w + WARP_BORDER, plane = (int)(warp_scratch(h, w) / LANES);
    const float *col_x = s->col_x, *col_y = s->col_y;
    _Alignas(64) float place[LANES];
    for (int l = 0; l < LANES; l++) {
        pair_plane(h, w, in[l], scratch + l * plane);
        place[l] = PLACE + (float)(l * plane + row + WARP_BORDER);
    }
    const struct source k = {.right = v16_set1((float)w),
                             .bottom = v16_set1((float)h),
                             .stride = v16_set1((float)row),
                             .place = v16_load(place),
                             .pairs = (uintptr_t)scratch - sizeof *scratch * (uintptr_t)PLACE_BITS,
                             .scale = v16_set1(scale),
                             .shift = v16_set1(shift)};
    for (int y = 0; y < h; y++, x += stride) {
        for (int l = 0; l < LANES; l++)
            __builtin_prefetch(next[l] + y * w, 0, 2);
        sample_row(&k, w, v16_load(s->row_x + y * LANES), v16_load(s->row_y + y * LANES), col_x, col_y, x);
    }
}
