/* retouch.h - what is done to the images of a block after they were moved (augment.h), in this order, each image by
 * numbers of its own:
 *
 *   resized_crop  a rectangle becomes the whole image, bilinear, as F.resized_crop of torchvision (Szegedy et al. 2015,
 *                 arXiv:1409.4842). Its area is uniform in [least, 1], the logarithm of its proportions in that of 3/4
 * to 4/3; a side that would be longer than the image is cut, where torchvision draws again vflip         mirrored top
 * to bottom elastic       each pixel is taken from a place as far away as two fields say: uniform numbers in (-1, 1),
 * smoothed by a normal of deviation sigma (cut at 4 sigma, borders reflected), times alpha pixels (Simard, Steinkraus
 *                 & Platt 2003, doi:10.1109/ICDAR.2003.1227801); bilinear, 0 outside
 *   contrast      c v + (1 - c) mean, mean that of the grey image, c uniform in 1 - f to 1 + f
 *   jitter        brightness b v; contrast as above; saturation s v + (1 - s) grey; hue turned by h of the circle of
 *                 colours: torchvision's adjust_brightness, adjust_contrast, adjust_saturation, adjust_hue in this
 * order, cut to [0, 1] after each. The last two do nothing to images without 3 channels. grey is 0.2989 R + 0.587 G +
 * 0.114 B noise         normal noise of that deviation, as a part of the largest value, cut to [0, 1] erase         a
 * rectangle becomes 0 after normalization (Zhong et al. 2020, arXiv:1708.04896): its area uniform in 0.02 to 0.33, the
 * logarithm of its proportions in that of 0.3 to 3.3, as RandomErasing of torchvision
 *
 * All of it is plain C, which every level shares, but for the noise, whose kernel has the same bits at every level. */
#ifndef DATA_RETOUCH_H
#define DATA_RETOUCH_H

#include "data/images/block.h"

/* What is drawn for one image; what is not given keeps the values of RETOUCH_NONE. */
struct retouch {
    double area, proportions, at_x,
        at_y; /* resized_crop: share of the area (0: all of it), w / h, place in [0, 1) of what is left */
    int vflip;
    double alpha, sigma; /* elastic: pixels */
    double contrast, brightness, jitter_contrast, saturation, hue;
    double noise;
    double erased, erased_proportions, erased_x, erased_y; /* erased: share of the area; 0: nothing */
    uint32_t stream;                                       /* of the fields and the noise */
};
#define RETOUCH_NONE                                                                                                   \
    {                                                                                                                  \
        .contrast = 1, .brightness = 1, .jitter_contrast = 1, .saturation = 1                                          \
    }

/* Which of them are given: the others take no time. */
enum {
    RETOUCH_CROP = 1,
    RETOUCH_VFLIP = 2,
    RETOUCH_ELASTIC = 4,
    RETOUCH_COLOUR = 8, /* contrast, jitter */
    RETOUCH_NOISE = 16,
    RETOUCH_ERASE = 32
};

/* Floats of scratch that these take for such images. */
size_t retouch_scratch(unsigned which, int c, int h, int w);
/* elastic.c: how far each pixel is bent, before alpha: field[2][h][w][16], along x and along y, with room for as many
 * floats as retouch_field_scratch says. */
size_t retouch_field_scratch(int h, int w);
void retouch_fields(const struct block *b, const struct retouch *r, uint64_t seed, uint32_t epoch, float *field);
/* From where in the image before all of this the value of a pixel comes, which is bent by (dx, dy) before alpha: (*y,
 * *x) is the pixel, and becomes that place. 1, or 0: from outside. */
int retouch_place(const struct retouch *r, int h, int w, double dx, double dy, double *y, double *x);
/* max: the largest value of the images. scratch: 64-byte aligned. Lanes at and beyond b->n hold anything. */
void block_retouch(const struct block *b, unsigned which, const struct retouch r[LANES], float max, uint64_t seed,
                   uint32_t epoch, float *scratch, float *x);

#endif
