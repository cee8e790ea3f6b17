/* picture.h - one image file as bytes: PNG (by libpng: any depth, palette, interlaced, with alpha), PGM or PPM (binary
 * or plain, up to 16 bit). What it is, is known by its first bytes, not by its name. 16 bits are rounded to 8, values
 * of PGM and PPM scaled from their maximum to 255; colour profiles and gamma are not looked at. */
#ifndef DATA_SOURCES_PICTURE_H
#define DATA_SOURCES_PICTURE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define PICTURE_BYTES ((size_t)1 << 28)   /* most of a file */
#define PICTURE_PIXELS ((int64_t)1 << 26) /* most of an image: known before memory for it is taken */

struct opened_picture {
    const char *path;
    unsigned char *bytes; /* [size] of the file, and a NUL */
    size_t size;
    const struct picture_format *format;
    int w, h;
    int channels; /* of pixel: grey or red, green, blue, and in 2 and 4 alpha as the last */
    int colour;   /* whether it is not only grey */
    size_t data;  /* PGM and PPM: where the values begin, and the largest there may be */
    int max;
    void *decoder;  /* PNG: as far as the file is read */
    uint8_t *pixel; /* [h][w][channels]; NULL: not decoded yet */
};

/* A format: whether the bytes begin as its files do, and then the fields but pixel, and pixel, which has its memory. 0,
 * or -1 with *e, which begins with the path. */
struct picture_format {
    int (*knows)(const struct opened_picture *p);
    int (*header)(struct opened_picture *p, struct err *e);
    int (*pixels)(struct opened_picture *p, struct err *e);
    /* The same for the numbers that stand there for a label map: pixel[h][w], of grey values or places in a palette,
     * at most 255. */
    int (*numbers)(struct opened_picture *p, struct err *e);
    void (*close)(struct opened_picture *p); /* NULL: there is nothing to be freed */
};
extern const struct picture_format picture_png, picture_pnm;

/* Reads the file and its header, not the pixels; `path` must outlive p. 0, or -1 with *e, which names the file: it is
 * none of these formats, cut off, has more than PICTURE_PIXELS, or more pixels than its bytes can hold. picture_close
 * it either way. */
int picture_open(struct opened_picture *p, const char *path, struct err *e);
void picture_close(struct opened_picture *p);

enum picture_fit {
    FIT_STRETCH, /* the whole image, whatever its sides */
    FIT_CROP     /* the largest part of those sides from its middle */
};
struct picture_shape {
    int c, h, w; /* c: 1 or 3 */
    enum picture_fit fit;
    int background; /* 0..255: what is behind pixels that are not opaque */
};
/* The image as to[c][h][w]: laid on the background, grey by ITU-R 601 (0.299 red + 0.587 green + 0.114 blue) where c is
 * 1, resized by picture_resize. 0, or -1 with *e as picture_open. */
int picture_take(struct opened_picture *p, const struct picture_shape *s, uint8_t *to, struct err *e);

/* The numbers of a label map as to[h][w], each that of the pixel nearest to its middle: grey values (not scaled), or
 * places in the palette. 0, or -1 with *e as picture_open: it also has colours, or a number above 255. */
int picture_take_numbers(struct opened_picture *p, const struct picture_shape *s, uint8_t *to, struct err *e);

/* picture_resize.c: the part from (x0, y0) to (x1, y1) of x[h][w][c], c up to 3, as to[c][oh][ow], by a triangle filter
 * as wide as a pixel of the larger of both images: linear between pixels where it grows, a weighted mean of all pixels
 * where it shrinks, so that nothing is left out and no false patterns arise. First along rows, then along columns, each
 * rounded to bytes, with weights of 22 bits: the bytes of Pillow's BILINEAR (J. A. Clark and others), the same on every
 * machine. 0, or -1 without memory. */
struct picture_part {
    double x0, y0, x1, y1;
};
int picture_resize(const uint8_t *x, int w, int h, int c, const struct picture_part *part, int ow, int oh, uint8_t *to);

#endif
