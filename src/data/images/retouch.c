/* retouch.c - what is done to the images of a block after they were moved: places and colours. */
#include "data/images/retouch.h"

#include "base/maths.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

static size_t vectors_of(int c, int h, int w)
{
    return (size_t)c * (size_t)h * (size_t)w;
}

size_t retouch_scratch(unsigned which, int c, int h, int w)
{
    const size_t image = vectors_of(c, h, w);
    size_t most = which & (RETOUCH_CROP | RETOUCH_NOISE | RETOUCH_ELASTIC) ? image : 0;
    return LANES * most + (which & RETOUCH_ELASTIC ? retouch_field_scratch(h, w) : 0);
}

/* Where pixel (y, x) of a channel begins: x[h][c][w][16]. */
static size_t vector_at(const struct block *b, int c, int y, int x)
{
    return (((size_t)y * (size_t)b->c + (size_t)c) * (size_t)b->w + (size_t)x) * LANES;
}

static double at_least(double v, double least)
{
    return v < least ? least : v;
}

/* A rectangle of an image. */
struct rectangle {
    int top, left, h, w;
};

static int side_of(double v, int most)
{
    const int side = (int)(v + 0.5);
    return side < 1 ? 1 : side < most ? side : most;
}

static struct rectangle rectangle_of(double area, double proportions, double x, double y, int h, int w)
{
    const double pixels = area * h * w;
    struct rectangle r = {.h = side_of(sqrt(pixels / proportions), h), .w = side_of(sqrt(pixels * proportions), w)};
    r.top = (int)(y * (h - r.h + 1));
    r.left = (int)(x * (w - r.w + 1));
    return r;
}

/* ---- places ------------------------------------------------------------------------------------------------------ */

/* The two neighbours of a place on an axis, and the share of the second. */
struct between {
    int first, second;
    float share;
};

static struct between place_in_crop(int i, int from, int n, int size)
{
    const double at = at_least((i + 0.5) * n / size - 0.5, 0);
    const int first = (int)at < n - 1 ? (int)at : n - 1, second = first < n - 1 ? first + 1 : first;
    return (struct between){from + first, from + second, (float)(at - first)};
}

static float mixed(const float *x, const struct block *b, int c, const struct between *y, const struct between *col,
                   int i)
{
    const float *upper = x + vector_at(b, c, y->first, 0) + i, *lower = x + vector_at(b, c, y->second, 0) + i;
    const float top = upper[col->first * LANES] + col->share * (upper[col->second * LANES] - upper[col->first * LANES]);
    const float low = lower[col->first * LANES] + col->share * (lower[col->second * LANES] - lower[col->first * LANES]);
    return top + y->share * (low - top);
}

static void crop_image(const struct block *b, const struct retouch *r, int i, const float *from, float *x)
{
    if (!(r->area > 0))
        return;
    const struct rectangle cut = rectangle_of(r->area, r->proportions, r->at_x, r->at_y, b->h, b->w);
    if (cut.h == b->h && cut.w == b->w)
        return;
    for (int row = 0; row < b->h; row++) {
        const struct between y = place_in_crop(row, cut.top, cut.h, b->h);
        for (int column = 0; column < b->w; column++) {
            const struct between at = place_in_crop(column, cut.left, cut.w, b->w);
            for (int c = 0; c < b->c; c++)
                x[vector_at(b, c, row, column) + (size_t)i] = mixed(from, b, c, &y, &at, i);
        }
    }
}

static void crop_images(const struct block *b, const struct retouch *r, float *copy, float *x)
{
    memcpy(copy, x, vectors_of(b->c, b->h, b->w) * LANES * sizeof *x);
    for (int i = 0; i < b->n; i++)
        crop_image(b, &r[i], i, copy, x);
}

static void flip_images(const struct block *b, const struct retouch *r, float *x)
{
    const size_t row = (size_t)b->c * (size_t)b->w * LANES;
    int flip[LANES];
    for (int i = 0; i < LANES; i++)
        flip[i] = i < b->n && r[i].vflip;
    for (int y = 0; y < b->h / 2; y++) {
        float *upper = x + (size_t)y * row, *lower = x + (size_t)(b->h - 1 - y) * row;
        for (size_t k = 0; k < row; k += LANES)
            for (int i = 0; i < LANES; i++) {
                const float a = upper[k + (size_t)i], z = lower[k + (size_t)i];
                upper[k + (size_t)i] = flip[i] ? z : a;
                lower[k + (size_t)i] = flip[i] ? a : z;
            }
    }
}

/* ---- elastic, by the fields of elastic.c ---------------------------------------------------------------------------
 */

/* Not libm's floor, which is a call. */
static int whole_part(double v)
{
    const int whole = (int)v;
    return whole - (v < whole);
}

/* A value of image i, 0 outside. */
static float pixel_or_zero(const struct block *b, const float *x, int c, int row, int column, int i, float zero)
{
    return row < 0 || column < 0 || row >= b->h || column >= b->w ? zero : x[vector_at(b, c, row, column) + (size_t)i];
}

static void bend_image(const struct block *b, const struct retouch *r, int i, const float *from, const float *dx,
                       const float *dy, float *x)
{
    for (int row = 0; row < b->h; row++)
        for (int column = 0; column < b->w; column++) {
            const size_t at = ((size_t)row * (size_t)b->w + (size_t)column) * LANES + (size_t)i;
            const double sx = column + r->alpha * (double)dx[at], sy = row + r->alpha * (double)dy[at];
            const int left = whole_part(sx), top = whole_part(sy);
            const float fx = (float)(sx - left), fy = (float)(sy - top);
            for (int c = 0; c < b->c; c++) {
                const float zero = b->shift[c], v = pixel_or_zero(b, from, c, top, left, i, zero),
                            w = pixel_or_zero(b, from, c, top + 1, left, i, zero);
                const float upper = v + fx * (pixel_or_zero(b, from, c, top, left + 1, i, zero) - v);
                const float lower = w + fx * (pixel_or_zero(b, from, c, top + 1, left + 1, i, zero) - w);
                x[vector_at(b, c, row, column) + (size_t)i] = upper + fy * (lower - upper);
            }
        }
}

static void bend_images(const struct block *b, const struct retouch *r, uint64_t seed, uint32_t epoch, float *scratch,
                        float *x)
{
    const size_t plane = vectors_of(1, b->h, b->w) * LANES, image = plane * (size_t)b->c;
    float *copy = scratch, *dx = copy + image;
    memcpy(copy, x, image * sizeof *x);
    retouch_fields(b, r, seed, epoch, dx);
    for (int i = 0; i < b->n; i++)
        bend_image(b, &r[i], i, copy, dx, dx + plane, x);
}

/* ---- where a value was before ------------------------------------------------------------------------------------ */

static int leaves_image(double v, int n)
{
    return v < -0.5 || v >= n - 0.5;
}

static double cropped_place(double at, int from, int n, int size)
{
    const double place = from + (at + 0.5) * n / size - 0.5;
    return place < from ? from : place > from + n - 1 ? from + n - 1 : place;
}

int retouch_place(const struct retouch *r, int h, int w, double dx, double dy, double *y, double *x)
{
    if (r->alpha > 0) {
        *x += r->alpha * dx;
        *y += r->alpha * dy;
        if (leaves_image(*x, w) || leaves_image(*y, h))
            return 0;
    }
    if (r->vflip)
        *y = h - 1 - *y;
    if (r->area > 0) {
        const struct rectangle cut = rectangle_of(r->area, r->proportions, r->at_x, r->at_y, h, w);
        *y = cropped_place(*y, cut.top, cut.h, h);
        *x = cropped_place(*x, cut.left, cut.w, w);
    }
    return 1;
}

/* ---- colours, on values from 0 to 1 ------------------------------------------------------------------------------ */

#define RED_PART 0.2989f
#define GREEN_PART 0.587f
#define BLUE_PART 0.114f

static float cut(float v)
{
    return v < 0 ? 0 : v < 1 ? v : 1;
}

static float grey_of(const struct block *b, const float *row, int column, int i)
{
    const size_t channel = (size_t)b->w * LANES, at = (size_t)column * LANES + (size_t)i;
    return b->c == 3 ? RED_PART * row[at] + GREEN_PART * row[at + channel] + BLUE_PART * row[at + 2 * channel]
                     : row[at];
}

/* Each row of the image is [c][w][16]. */
static float *image_row(const struct block *b, int y, float *x)
{
    return x + (size_t)y * (size_t)b->c * (size_t)b->w * LANES;
}

/* v becomes f[i] v + (1 - f[i]) base[i]. */
static void blend_images(const struct block *b, const float f[LANES], const float base[LANES], float *x)
{
    float added[LANES];
    for (int i = 0; i < LANES; i++)
        added[i] = (1 - f[i]) * base[i];
    for (size_t k = 0; k < vectors_of(b->c, b->h, b->w); k++, x += LANES)
        for (int i = 0; i < LANES; i++)
            x[i] = cut(f[i] * x[i] + added[i]);
}

static void set_contrast(const struct block *b, const float f[LANES], float *x)
{
    double sum[LANES] = {0};
    float mean[LANES];
    for (int y = 0; y < b->h; y++)
        for (int column = 0; column < b->w; column++)
            for (int i = 0; i < LANES; i++)
                sum[i] += (double)grey_of(b, image_row(b, y, x), column, i);
    for (int i = 0; i < LANES; i++)
        mean[i] = (float)(sum[i] / (b->h * b->w));
    blend_images(b, f, mean, x);
}

static void set_saturation(const struct block *b, const float f[LANES], float *x)
{
    const size_t channel = (size_t)b->w * LANES;
    for (int y = 0; y < b->h && b->c == 3; y++)
        for (int column = 0; column < b->w; column++) {
            float *v = image_row(b, y, x) + (size_t)column * LANES, grey[LANES];
            for (int i = 0; i < LANES; i++)
                grey[i] = grey_of(b, image_row(b, y, x), column, i);
            for (size_t c = 0; c < 3; c++)
                for (int i = 0; i < LANES; i++)
                    v[c * channel + (size_t)i] = cut(f[i] * v[c * channel + (size_t)i] + (1 - f[i]) * grey[i]);
        }
}

/* Turns the hue of a colour (Smith 1978, doi:10.1145/965139.807361). */
static void turn_hue(float turn, float *red, float *green, float *blue)
{
    const float r = *red, g = *green, b = *blue, most = r > g ? (r > b ? r : b) : (g > b ? g : b);
    const float least = r < g ? (r < b ? r : b) : (g < b ? g : b), range = most - least;
    if (!(range > 0))
        return;
    float hue = most == r ? (g - b) / range : most == g ? 2 + (b - r) / range : 4 + (r - g) / range;
    hue = hue / 6 + turn;
    hue = 6 * (hue - floorf(hue));
    const float saturation = range / most, part = hue - floorf(hue);
    const float p = cut(most * (1 - saturation)), q = cut(most * (1 - saturation * part)),
                t = cut(most * (1 - saturation * (1 - part)));
    const float wheel[6][3] = {{most, t, p}, {q, most, p}, {p, most, t}, {p, q, most}, {t, p, most}, {most, p, q}};
    const float *colour = wheel[(int)hue % 6];
    *red = colour[0];
    *green = colour[1];
    *blue = colour[2];
}

static void set_hue(const struct block *b, const float turn[LANES], float *x)
{
    const size_t channel = (size_t)b->w * LANES;
    for (int y = 0; y < b->h && b->c == 3; y++)
        for (size_t k = 0; k < channel; k++) {
            float *v = image_row(b, y, x) + k;
            if (turn[k % LANES] != 0)
                turn_hue(turn[k % LANES], v, v + channel, v + 2 * channel);
        }
}

/* Values from 0 to 1 as they are after normalization, and back. */
static void from_unit(const struct block *b, float max, float *x)
{
    for (int y = 0; y < b->h; y++)
        for (int c = 0; c < b->c; c++)
            for (int k = 0; k < b->w * LANES; k++, x++)
                *x = *x * (b->scale[c] * max) + b->shift[c];
}

static void to_unit(const struct block *b, float max, float *x)
{
    for (int y = 0; y < b->h; y++)
        for (int c = 0; c < b->c; c++) {
            const float inverse = 1 / (b->scale[c] * max);
            for (int k = 0; k < b->w * LANES; k++, x++)
                *x = cut((*x - b->shift[c]) * inverse);
        }
}

/* f[i] is a field of r[i]; 1 where all of them leave the images alone. */
static int factors(const struct block *b, const struct retouch r[LANES], size_t field, double neutral, float f[LANES])
{
    int same = 1;
    for (int i = 0; i < LANES; i++) {
        double v = neutral;
        if (i < b->n)
            memcpy(&v, (const char *)&r[i] + field, sizeof v);
        f[i] = (float)v;
        same &= v == neutral;
    }
    return same;
}

static void colour_images(const struct block *b, const struct retouch r[LANES], float *x)
{
    static const float black[LANES] = {0};
    float f[LANES];
    if (!factors(b, r, offsetof(struct retouch, contrast), 1, f))
        set_contrast(b, f, x);
    if (!factors(b, r, offsetof(struct retouch, brightness), 1, f))
        blend_images(b, f, black, x);
    if (!factors(b, r, offsetof(struct retouch, jitter_contrast), 1, f))
        set_contrast(b, f, x);
    if (!factors(b, r, offsetof(struct retouch, saturation), 1, f))
        set_saturation(b, f, x);
    if (!factors(b, r, offsetof(struct retouch, hue), 0, f))
        set_hue(b, f, x);
}

static void add_noise_to_images(const struct block *b, const struct retouch r[LANES], uint64_t seed, uint32_t epoch,
                                float *copy, float *x)
{
    const size_t vectors = vectors_of(b->c, b->h, b->w);
    _Alignas(64) uint32_t stream[LANES];
    struct rng g;
    for (int i = 0; i < LANES; i++) {
        rng_init(&g, seed, RNG_FIELD, epoch, r[i < b->n ? i : 0].stream);
        stream[i] = rng_u32(&g);
    }
    memcpy(copy, x, vectors * LANES * sizeof *x);
    b->k->add_noise(1, vectors, (float)r->noise, stream, copy, x);
    for (size_t k = 0; k < vectors * LANES; k++)
        x[k] = cut(x[k]);
}

static void erase_images(const struct block *b, const struct retouch r[LANES], float *x)
{
    for (int i = 0; i < b->n; i++) {
        if (!(r[i].erased > 0))
            continue;
        const struct rectangle gone =
            rectangle_of(r[i].erased, r[i].erased_proportions, r[i].erased_x, r[i].erased_y, b->h, b->w);
        for (int y = gone.top; y < gone.top + gone.h; y++)
            for (int c = 0; c < b->c; c++)
                for (int column = gone.left; column < gone.left + gone.w; column++)
                    x[vector_at(b, c, y, column) + (size_t)i] = 0;
    }
}

void block_retouch(const struct block *b, unsigned which, const struct retouch r[LANES], float max, uint64_t seed,
                   uint32_t epoch, float *scratch, float *x)
{
    if (which & RETOUCH_CROP)
        crop_images(b, r, scratch, x);
    if (which & RETOUCH_VFLIP)
        flip_images(b, r, x);
    if (which & RETOUCH_ELASTIC)
        bend_images(b, r, seed, epoch, scratch, x);
    if (which & (RETOUCH_COLOUR | RETOUCH_NOISE)) {
        to_unit(b, max, x);
        if (which & RETOUCH_COLOUR)
            colour_images(b, r, x);
        if (which & RETOUCH_NOISE)
            add_noise_to_images(b, r, seed, epoch, scratch, x);
        from_unit(b, max, x);
    }
    if (which & RETOUCH_ERASE)
        erase_images(b, r, x);
}
