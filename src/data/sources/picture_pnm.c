/* picture_pnm.c reads PGM and PPM images (netpbm), plain (P2, P3) and binary (P5, P6). */
#include "data/sources/picture.h"

static int knows_pnm(const struct opened_picture *p)
{
    return p->size > 2 && p->bytes[0] == 'P' && p->bytes[1] >= '1' && p->bytes[1] <= '7';
}

static int is_blank(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next number, after blanks and comments, which go from # to the end of a line; -1: there is none. */
static int pnm_number(const struct opened_picture *p, size_t *at)
{
    int v = 0, digits = 0;
    for (int comment = 0; *at < p->size && (comment || is_blank(p->bytes[*at]) || p->bytes[*at] == '#'); ++*at)
        comment = p->bytes[*at] == '#' || (comment && p->bytes[*at] != '\n' && p->bytes[*at] != '\r');
    for (; *at < p->size && p->bytes[*at] >= '0' && p->bytes[*at] <= '9' && digits < 9; ++*at, digits++)
        v = 10 * v + (p->bytes[*at] - '0');
    return digits ? v : -1;
}

static int is_plain_pnm(const struct opened_picture *p)
{
    return p->bytes[1] < '4';
}

static int read_pnm_header(struct opened_picture *p, struct err *e)
{
    size_t at = 2;
    if (p->bytes[1] == '1' || p->bytes[1] == '4' || p->bytes[1] == '7')
        return err_set(e, ERR_DATA, "%s: is %s, expected PGM (P2, P5), PPM (P3, P6) or PNG; convert it", p->path,
                       p->bytes[1] == '7' ? "a PAM image" : "a bitmap (PBM)");
    p->channels = p->bytes[1] == '3' || p->bytes[1] == '6' ? 3 : 1;
    p->colour = p->channels == 3;
    p->w = pnm_number(p, &at);
    p->h = pnm_number(p, &at);
    p->max = pnm_number(p, &at);
    p->data = at + 1;
    if (p->w < 1 || p->h < 1 || p->max < 1 || p->max > 65535 || at >= p->size || !is_blank(p->bytes[at]))
        return err_set(e, ERR_DATA, "%s: its header is not P%c, width, height, and the largest value, 1..65535",
                       p->path, p->bytes[1]);
    /* A plain value is a digit and a blank at the least, which the last one may lack. */
    uint64_t values = (uint64_t)p->w * (uint64_t)p->h * (uint64_t)p->channels, have = p->size - p->data;
    uint64_t want = is_plain_pnm(p) ? 2 * values - 1 : p->max > 255 ? 2 * values : values;
    if (have < want)
        return err_set(e, ERR_DATA, "%s: is cut off: %d x %d pixels take %llu bytes, it has %llu", p->path, p->h, p->w,
                       (unsigned long long)want, (unsigned long long)have);
    return 0;
}

/* The next value; -1: there is none. */
static int pnm_value(const struct opened_picture *p, size_t *at)
{
    if (is_plain_pnm(p))
        return pnm_number(p, at);
    int v = p->bytes[(*at)++];
    return p->max > 255 ? v << 8 | p->bytes[(*at)++] : v;
}

static int read_pnm_pixels(struct opened_picture *p, struct err *e)
{
    size_t at = p->data, values = (size_t)p->w * (size_t)p->h * (size_t)p->channels;
    for (size_t i = 0; i < values; i++) {
        int v = pnm_value(p, &at);
        if (v < 0)
            return err_set(e, ERR_DATA, "%s: is cut off, or has no number, after %zu of its %zu values", p->path, i,
                           values);
        if (v > p->max)
            return err_set(e, ERR_DATA, "%s: value %zu is %d, its header says up to %d", p->path, i + 1, v, p->max);
        p->pixel[i] = (uint8_t)((v * 255 + p->max / 2) / p->max);
    }
    while (at < p->size && is_blank(p->bytes[at]))
        at++;
    return at < p->size ? err_set(e, ERR_DATA, "%s: goes on after its %d x %d pixels", p->path, p->h, p->w) : 0;
}

static int read_pnm_numbers(struct opened_picture *p, struct err *e)
{
    size_t at = p->data, values = (size_t)p->w * (size_t)p->h;
    if (p->channels > 1)
        return err_set(e, ERR_DATA,
                       "%s: has colours; a label map has one number for each pixel (PGM, or a PNG with a "
                       "palette or grey values)",
                       p->path);
    for (size_t i = 0; i < values; i++) {
        const int v = pnm_value(p, &at);
        if (v < 0 || v > 255)
            return err_set(e, ERR_DATA, "%s: pixel %zu has %s, expected a number from 0 to 255", p->path, i + 1,
                           v < 0 ? "no number" : "a larger one");
        p->pixel[i] = (uint8_t)v;
    }
    return 0;
}

const struct picture_format picture_pnm = {knows_pnm, read_pnm_header, read_pnm_pixels, read_pnm_numbers, NULL};
