/* warp_row.h - one row of one moved image. The answer has the same bits for every compiler and flag, and is that of the
 * kernel `warp`: values are made of whole numbers, 1/50 (of 255) off at most; for images up to WARP_SIDES the start and
 * the steps of the coordinates are whole 65536ths of a pixel, so that no sum of them is ever rounded, which moves a
 * pixel by 2^-17 for each row and column between it and the centre. Both together are less than 1/700 of the range. */
#ifndef DATA_IMAGES_WARP_ROW_H
#define DATA_IMAGES_WARP_ROW_H

#include "data/images/augment.h"

#include <stdint.h>

#define WARP_SIDES 160 /* h + w */

/* A motion made ready for images of h x w. */
struct warp {
    int h, w;
    int affine;      /* 0: whole pixels only, values are taken as they are */
    double x0, y0;   /* source coordinates of pixel (0, 0), in pixels, centres at whole numbers */
    double cos, sin; /* steps: source x by cos along a row and -sin down a column, y by sin and cos */
    int crop_x, crop_y, flip;
};
/* n of them. */
void warp_init(struct warp *p, const struct motion *m, int n, int h, int w);

/* Row y of the moved image into out[0], out[stride], ... out[(w-1)*stride]: value * scale + shift, where value is 0
 * outside of the image. plane [h][w]. */
void warp_row(const struct warp *p, const uint8_t *plane, int y, float scale, float shift, float *out, int stride);

#endif
