/* picture.c opens image files, and makes samples of them. */
#include "data/sources/picture.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

static const struct picture_format *const formats[] = {&picture_png, &picture_pnm};

static int find_format(struct opened_picture *p, struct err *e)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (formats[i]->knows(p)) {
            p->format = formats[i];
            return 0;
        }
    return err_set(e, ERR_DATA, "%s: is not a PNG, PGM or PPM image; convert it to PNG", p->path);
}

int picture_open(struct opened_picture *p, const char *path, struct err *e)
{
    *p = (struct opened_picture){.path = path};
    p->bytes = (unsigned char *)file_read_head(path, PICTURE_BYTES + 1, &p->size, e);
    if (!p->bytes)
        return -1;
    if (p->size > PICTURE_BYTES)
        return err_set(e, ERR_DATA, "%s: has more than %zu bytes, which no image may", path, PICTURE_BYTES);
    if (find_format(p, e) || p->format->header(p, e))
        return -1;
    if ((int64_t)p->w * p->h > PICTURE_PIXELS)
        return err_set(e, ERR_DATA, "%s: says that it has %d x %d pixels, more than the %lld that an image may have",
                       path, p->h, p->w, (long long)PICTURE_PIXELS);
    return 0;
}

void picture_close(struct opened_picture *p)
{
    if (p->format && p->format->close)
        p->format->close(p);
    free(p->bytes);
    free(p->pixel);
    *p = (struct opened_picture){0};
}

/* Lays the pixels on the background: 4 channels become 3, and 2 become 1. */
static void take_alpha_away(struct opened_picture *p, int background)
{
    int colours = p->channels - 1;
    uint8_t *to = p->pixel, *from = p->pixel;
    for (int64_t i = (int64_t)p->w * p->h; i-- > 0; from += p->channels) {
        int alpha = from[colours];
        for (int c = 0; c < colours; c++)
            *to++ = (uint8_t)((from[c] * alpha + background * (255 - alpha) + 127) / 255);
    }
    p->channels = colours;
}

static void make_grey(struct opened_picture *p)
{
    const uint8_t *from = p->pixel;
    for (int64_t i = 0; i < (int64_t)p->w * p->h; i++, from += 3)
        p->pixel[i] = (uint8_t)((19595 * from[0] + 38470 * from[1] + 7471 * from[2] + 32768) >> 16);
    p->channels = 1;
}

static struct picture_part fitting_part(const struct opened_picture *p, const struct picture_shape *s)
{
    struct picture_part whole = {0, 0, p->w, p->h};
    double across = (double)p->w / s->w, down = (double)p->h / s->h, scale = across < down ? across : down;
    if (s->fit == FIT_STRETCH)
        return whole;
    double w = scale * s->w, h = scale * s->h, x = (p->w - w) / 2, y = (p->h - h) / 2;
    return (struct picture_part){x, y, x + w, y + h};
}

/* The pixel of n whose middle is nearest to that of pixel i of `size` between x0 and x1. */
static int nearest_pixel(int i, int size, double x0, double x1, int n)
{
    const double at = x0 + (i + 0.5) * (x1 - x0) / size;
    return at < 0 ? 0 : at < n ? (int)at : n - 1;
}

int picture_take_numbers(struct opened_picture *p, const struct picture_shape *s, uint8_t *to, struct err *e)
{
    p->pixel = malloc((size_t)p->w * (size_t)p->h);
    if (!p->pixel)
        return err_set(e, ERR_NOMEM, "%s: no memory for its %d x %d pixels", p->path, p->h, p->w);
    if (p->format->numbers(p, e))
        return -1;
    const struct picture_part part = fitting_part(p, s);
    for (int y = 0; y < s->h; y++) {
        const size_t row = (size_t)nearest_pixel(y, s->h, part.y0, part.y1, p->h);
        for (int x = 0; x < s->w; x++)
            *to++ = p->pixel[row * (size_t)p->w + (size_t)nearest_pixel(x, s->w, part.x0, part.x1, p->w)];
    }
    return 0;
}

int picture_take(struct opened_picture *p, const struct picture_shape *s, uint8_t *to, struct err *e)
{
    size_t plane = (size_t)s->h * (size_t)s->w;
    p->pixel = malloc((size_t)p->w * (size_t)p->h * (size_t)p->channels);
    if (!p->pixel)
        return err_set(e, ERR_NOMEM, "%s: no memory for its %d x %d pixels", p->path, p->h, p->w);
    if (p->format->pixels(p, e))
        return -1;
    if (p->channels % 2 == 0)
        take_alpha_away(p, s->background);
    if (p->channels > s->c)
        make_grey(p);
    struct picture_part part = fitting_part(p, s);
    if (picture_resize(p->pixel, p->w, p->h, p->channels, &part, s->w, s->h, to))
        return err_set(e, ERR_NOMEM, "%s: no memory to resize it", p->path);
    for (int c = p->channels; c < s->c; c++)
        memcpy(to + (size_t)c * plane, to, plane);
    return 0;
}
