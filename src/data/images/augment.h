/* augment.h - the augmentation table, and what it draws for one sample.
 *
 * rotate, shift and zoom make ONE affine warp about the image's centre, sampled bilinearly with zeros outside, as
 * PyTorch's affine_grid and grid_sample (align_corners = False) do; crop then moves the result by whole pixels and
 * hflip mirrors it. What other words do comes after that: retouch.h. That order is fixed. Every word has its own place
 * in the sample's random stream, whether it is given or not: a trial with `rotate 7` and one with `rotate 7, shift 1`
 * see the same angles. */
#ifndef DATA_AUGMENT_H
#define DATA_AUGMENT_H

#include "base/err.h"
#include "base/rng.h"

#define AUGMENT_WORDS 12
#define AUGMENT_ARGS 32

struct augment {
    int any;                  /* 0: nothing is augmented */
    int moves;                /* 0: no word of it moves the images (struct motion) */
    unsigned retouches;       /* what else is done to them: bits of retouch.h */
    int given[AUGMENT_WORDS]; /* by row of the table */
    _Alignas(8) unsigned char args[AUGMENT_WORDS][AUGMENT_ARGS];
};

/* One draw. angle in radians; a positive one turns the sampling grid from x to y, so that the picture turns the other
 * way. zoom magnifies; dx, dy: where the grid moves, pixels; crop_x, crop_y: where the window moves; flip: mirrored
 * left-right. */
struct motion {
    double angle, zoom, dx, dy;
    int crop_x, crop_y, flip;
};

struct retouch;

/* Reads "rotate 7, shift 1". "" and "none": nothing. 0, or -1 with *e: unknown word with the nearest known, a word
 * given twice, a missing, surplus or wrong argument. */
int augment_parse(struct augment *a, const char *text, const struct where *w, struct err *e);
/* The motions of n <= 16 samples and what else is done to them (r NULL: not wanted), each from its own stream (seed,
 * RNG_AUGMENT, epoch, sample). */
void augment_draw(const struct augment *a, uint64_t seed, uint32_t epoch, int n, const uint32_t *sample,
                  struct motion *m, struct retouch *r);

#endif
