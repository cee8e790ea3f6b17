/* warp.c - 16 images, each moved in its own way: a vector holds the same pixel of 16 results, sampled in 16 places. The
 * planes are first copied so that the four bytes round a place are one word, with zeros where there is no image. */
#include "kernels/ops/ops.h"
#include "kernels/simd/gather.h"
#include "kernels/simd/interleave.h"

/* ---- pixels in pairs --------------------------------------------------------------------------------------------- */

#ifdef ISA_avx512

/* 32 bytes of a row, from column x on, as halves; zeros behind its end, where nothing is read. */
INLINE __m512i row_halves(const uint8_t *row, int w, int x)
{
    int n = w - x < 32 ? w - x : 32;
    __mmask32 live = n > 0 ? ~0u >> (32 - n) : 0;
    return _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(live, row + x));
}

/* Writes rows -1 .. h - 1 of pairs, a pixel and the one below it, and WARP_BORDER zeros after each row: from right to
 * left, since the last vector of a row reaches over the beginning of the next one. */
INLINE void pair_rows(int h, int w, const uint8_t *plane, int stride, uint16_t *out)
{
    for (int x = (stride - 1) & ~31; x >= 0; x -= 32) {
        __m512i above = _mm512_setzero_si512(), below;
        for (int y = 0; y <= h; y++, above = below) {
            below = y < h ? row_halves(plane + y * w, w, x) : _mm512_setzero_si512();
            prefetch_written(out + y * stride + x);
            _mm512_storeu_si512(out + y * stride + x, _mm512_or_si512(above, _mm512_slli_epi16(below, 8)));
        }
    }
}

#else

/* Twice 16 columns of them. */
INLINE void pair_columns(int h, int w, int x0, int x1, const uint8_t *plane, int stride, uint16_t *out)
{
    const bytes16 outside = {0};
    bytes16 above0 = outside, above1 = outside, below0 = outside, below1 = outside;
    for (int y = 0; y <= h; y++, plane += w, out += stride) {
        if (y < h) {
            memcpy(&below0, plane + x0, sizeof below0);
            memcpy(&below1, plane + x1, sizeof below1);
        } else {
            below0 = below1 = outside;
        }
        interleave(above0, below0, out + x0);
        interleave(above1, below1, out + x1);
        above0 = below0, above1 = below1;
    }
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

/* Rows -1 .. h - 1 of pairs, a pixel and the one below it, and WARP_BORDER zeros behind each row. */
INLINE void pair_rows(int h, int w, const uint8_t *plane, int stride, uint16_t *out)
{
    int last = w - LANES;
    for (int y = 0; y <= h; y++)
        memset(out + y * stride + w, 0, WARP_BORDER * sizeof *out);
    for (int x = 0; last >= 0 && x < w; x += 2 * LANES) /* some of them once more */
        pair_columns(h, w, x < last ? x : last, x + LANES < last ? x + LANES : last, plane, stride, out);
    for (int x = 0; last < 0 && x < w; x++)
        pair_column(h, w, plane + x, stride, out + x);
}

#endif

/* A plane with WARP_BORDER zeros on each side: those left of a row are those behind the row before, and of the rows of
 * pairs above and below the one that is next to the image is half in it. */
INLINE void pair_plane(int h, int w, const uint8_t *plane, uint16_t *out)
{
    int stride = w + WARP_BORDER, outside = (WARP_BORDER - 1) * stride;
    memset(out, 0, (size_t)(outside + WARP_BORDER) * sizeof *out);
    out += outside + WARP_BORDER;
    pair_rows(h, w, plane, stride, out);
    memset(out + (h + 1) * stride, 0, (size_t)outside * sizeof *out);
}

/* ---- sampling ---------------------------------------------------------------------------------------------------- */

/* Where 16 pixels are, in 65536ths, and the fractions f of that once more as they are needed: of x the halves f and ~f,
 * of y twice f - 2^15. From pixel to pixel all of it goes on by adding. */
struct spot {
    w16 x, y, fx, fy;
};

INLINE w16 halves(w16 high, w16 low)
{
    return w16_or(w16_shl(high, 16), w16_and(low, w16_set1(0xffff)));
}

INLINE struct spot spot_at(w16 x, w16 y)
{
    w16 ones = w16_set1(~0u);
    return (struct spot){x, y, halves(x, w16_xor(x, ones)), w16_xor(halves(y, y), w16_set1(0x80008000u))};
}

INLINE struct spot step_of(w16 x, w16 y)
{
    return (struct spot){x, y, halves(x, w16_sub(w16_set1(0), x)), halves(y, y)};
}

INLINE struct spot spot_add(struct spot s, struct spot step)
{
    return (struct spot){w16_add(s.x, step.x), w16_add(s.y, step.y), halves_add(s.fx, step.fx),
                         halves_add(s.fy, step.fy)};
}

struct image_source {
    uintptr_t pairs;
    w16 stride;        /* of the pairs, in the upper half */
    int checked;       /* 0: all_near(), and s.x leads to the image */
    w16 place;         /* checked: what leads to each image */
    w16 right, bottom; /* checked: what x and y must be less than */
    v16 scale, shift;
};

INLINE w16 fetch(const struct image_source *k, const struct spot *s)
{
    w16 at = w16_add(w16_shr(s->x, 16), halves_mad(s->y, k->stride));
    if (!k->checked)
        return w16_gather(k->pairs, at, m16_all());
    return w16_gather(k->pairs, w16_add(at, k->place), m16_and(w16_gt(k->right, s->x), w16_gt(k->bottom, s->y)));
}

/* As kernels.h has it: left and right are halves of a word, and made of fy - 2^15, since fy would be no signed half,
 * and of 64 (a + c) instead of 128 a. */
INLINE void blend(const struct image_source *k, w16 q, w16 fx, w16 fy, float *x)
{
    w16 mean = bytes_mad(q, w16_set1(0x40404040u)), down = bytes_mad(q, w16_set1(0x40c040c0u));
    w16 columns = halves_add(mean, halves_part(down, fy));
    w16 value = halves_mad(columns, w16_add(halves_shr(fx, 2), w16_set1(1)));
    v16_store(x, v16_add(v16_mul(w16_float(value), k->scale), k->shift));
}

/* A word is fetched while the one before it is worked on. */
INLINE void sample_row(const struct image_source *k, int w, struct spot s, struct spot along, float *x)
{
    w16 word = fetch(k, &s);
    for (int i = 0; i < w - 1; i++) {
        struct spot next = spot_add(s, along);
        w16 soon = fetch(k, &next);
        blend(k, word, s.fx, s.fy, x + i * LANES);
        s = next;
        word = soon;
    }
    blend(k, word, s.fx, s.fy, x + (w - 1) * LANES);
}

INLINE void sample(const struct image_source *k, const struct sampling *s, w16 x0, w16 y0,
                   const uint8_t *const next[LANES], size_t stride, float *x)
{
    struct spot row = spot_at(x0, y0), down = step_of(w16_load(s->down_x), w16_load(s->down_y));
    struct spot along = step_of(w16_load(s->along_x), w16_load(s->along_y));
    for (int y = 0, wanted = 0; y < s->h; y++, x += stride) {
        for (; wanted < (y + 1) * s->w; wanted += 64)
            for (int l = 0; l < LANES; l++)
                __builtin_prefetch(next[l] + wanted, 0, 2);
        sample_row(k, s->w, row, along, x);
        row = spot_add(row, down);
    }
}

#define ONE 65536

/* Whether coordinates are from .. to - 1 in all of `lines` lines of n pixels. */
INLINE int within(int from, int to, int n, int lines, const int32_t *start, const int32_t *step, const int32_t *line)
{
    int good = 1;
    for (int l = 0; l < LANES; l++) {
        int a = step[l] * (n - 1), b = line[l] * (lines - 1);
        int low = start[l] + (a < 0 ? a : 0) + (b < 0 ? b : 0), high = start[l] + (a > 0 ? a : 0) + (b > 0 ? b : 0);
        good &= low >= from * ONE && high < to * ONE;
    }
    return good;
}

/* No pixel is farther outside than the zeros reach, and a half holds the number of any pair. */
INLINE int all_near(const struct sampling *s, int plane)
{
    return LANES * plane < ONE &&
           within(-WARP_BORDER, s->w + WARP_BORDER - 1, s->w, s->h, s->x, s->along_x, s->down_x) &&
           within(-WARP_BORDER, s->h + WARP_BORDER - 1, s->w, s->h, s->y, s->along_y, s->down_y);
}

void EXPORT(warp)(const struct sampling *s, const uint8_t *const in[LANES], const uint8_t *const next[LANES],
                  float scale, float shift, size_t stride, float *x, uint16_t *scratch)
{
    int h = s->h, w = s->w, row = w + WARP_BORDER, plane = (h + 2 * WARP_BORDER - 1) * row;
    _Alignas(64) int32_t place[LANES];
    scratch += -(WARP_BORDER * row + WARP_BORDER) & 31; /* the first pixel is at the beginning of a cache line */
    for (int l = 0; l < LANES; l++) {
        pair_plane(h, w, in[l], scratch + l * plane);
        place[l] = l * plane + WARP_BORDER * row + WARP_BORDER;
    }
    struct image_source k = {.pairs = (uintptr_t)scratch,
                             .stride = w16_set1((uint32_t)row << 16),
                             .scale = v16_set1(scale * 0x1p-21f),
                             .shift = v16_set1(shift)};
    w16 x0 = w16_load(s->x), y0 = w16_load(s->y), at = w16_load(place);
    if (all_near(s, plane)) {
        sample(&k, s, w16_add(x0, w16_shl(at, 16)), y0, next, stride, x);
    } else { /* -1 becomes the least of all numbers, so that what is less becomes a large one */
        w16 least = w16_set1(0x80010000u);
        k.checked = 1;
        k.place = w16_add(at, w16_set1((uint32_t)(0x7fff * row - 0x8001)));
        k.right = w16_set1(0x80000000u + (uint32_t)(w + 1) * ONE);
        k.bottom = w16_set1(0x80000000u + (uint32_t)(h + 1) * ONE);
        sample(&k, s, w16_add(x0, least), w16_add(y0, least), next, stride, x);
    }
}
