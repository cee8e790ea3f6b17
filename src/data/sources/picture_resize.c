/* picture_resize.c makes images larger and smaller, each axis by itself. */
#include "data/sources/picture.h"

#include <math.h>
#include <stdlib.h>

#define WEIGHT_BITS 22 /* of a weight: with the 8 of a value its sums fit into 32, with a sign */

struct resize_axis {
    int most;        /* weights of a pixel */
    int *first, *n;  /* [out] the first pixel that has one, and how many do */
    int32_t *weight; /* [out][most] */
};

static void free_axis(struct resize_axis *a)
{
    free(a->first);
    free(a->n);
    free(a->weight);
}

/* The weights of pixel i, which add up to 1 before they are rounded. */
static void weigh_pixel(struct resize_axis *a, int i, double centre, double width, int in, double *w)
{
    int first = (int)(centre - width + 0.5), end = (int)(centre + width + 0.5);
    double sum = 0;
    first = first > 0 ? first : 0;
    end = end < in ? end : in;
    for (int k = first; k < end; k++) {
        double at = fabs((k - centre + 0.5) / width);
        w[k - first] = at < 1 ? 1 - at : 0;
        sum += w[k - first];
    }
    for (int k = 0; k < end - first; k++)
        a->weight[(size_t)i * (size_t)a->most + (size_t)k] = (int32_t)(0.5 + w[k] / sum * (1 << WEIGHT_BITS));
    a->first[i] = first;
    a->n[i] = end - first;
}

/* `out` pixels from those between x0 and x1 of `in`. 0, or -1 without memory. */
static int make_axis(struct resize_axis *a, int in, double x0, double x1, int out)
{
    double scale = (x1 - x0) / out, width = scale > 1 ? scale : 1;
    a->most = 2 * (int)ceil(width) + 1;
    a->first = malloc((size_t)out * sizeof *a->first);
    a->n = malloc((size_t)out * sizeof *a->n);
    a->weight = malloc((size_t)out * (size_t)a->most * sizeof *a->weight);
    double *w = malloc((size_t)a->most * sizeof *w);
    int bad = !a->first || !a->n || !a->weight || !w;
    for (int i = 0; i < out && !bad; i++)
        weigh_pixel(a, i, x0 + (i + 0.5) * scale, width, in, w);
    free(w);
    return bad ? -1 : 0;
}

/* A pixel, from values that stand `step` apart. */
static uint8_t weighted_sum(const struct resize_axis *a, int i, const uint8_t *x, size_t step)
{
    const int32_t *w = a->weight + (size_t)i * (size_t)a->most;
    int32_t sum = 1 << (WEIGHT_BITS - 1);
    x += (size_t)a->first[i] * step;
    for (int k = 0; k < a->n[i]; k++)
        sum += x[(size_t)k * step] * w[k];
    sum >>= WEIGHT_BITS;
    return (uint8_t)(sum < 255 ? sum : 255);
}

static void resize_rows(const struct resize_axis *a, const uint8_t *x, int w, int h, int c, int ow, uint8_t *to)
{
    for (int y = 0; y < h; y++, x += (size_t)w * (size_t)c)
        for (int i = 0; i < ow; i++)
            for (int k = 0; k < c; k++)
                *to++ = weighted_sum(a, i, x + k, (size_t)c);
}

static void resize_columns(const struct resize_axis *a, const uint8_t *x, int c, int ow, int oh, uint8_t *to)
{
    for (int k = 0; k < c; k++)
        for (int i = 0; i < oh; i++)
            for (int column = 0; column < ow; column++)
                *to++ = weighted_sum(a, i, x + (size_t)column * (size_t)c + k, (size_t)ow * (size_t)c);
}

/* Whether each pixel of the result is one of the image: its weights are 1 for that, and 0 for its neighbours. */
static int is_same_size(int w, int h, const struct picture_part *part, int ow, int oh)
{
    return ow == w && oh == h && part->x0 == 0 && part->y0 == 0 && part->x1 == w && part->y1 == h;
}

static void separate_channels(const uint8_t *x, size_t pixels, int c, uint8_t *to)
{
    for (int k = 0; k < c; k++)
        for (size_t i = 0; i < pixels; i++)
            *to++ = x[i * (size_t)c + (size_t)k];
}

int picture_resize(const uint8_t *x, int w, int h, int c, const struct picture_part *part, int ow, int oh, uint8_t *to)
{
    struct resize_axis across = {0}, down = {0};
    if (is_same_size(w, h, part, ow, oh)) {
        separate_channels(x, (size_t)h * (size_t)w, c, to);
        return 0;
    }
    uint8_t *narrow = malloc((size_t)h * (size_t)ow * (size_t)c);
    int bad = !narrow || make_axis(&across, w, part->x0, part->x1, ow) || make_axis(&down, h, part->y0, part->y1, oh);
    if (!bad) {
        resize_rows(&across, x, w, h, c, ow, narrow);
        resize_columns(&down, narrow, c, ow, oh, to);
    }
    free(narrow);
    free_axis(&across);
    free_axis(&down);
    return bad ? -1 : 0;
}
