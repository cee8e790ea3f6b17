/* palette.h - colours that tell classes of pixels apart: the colour map of Pascal VOC (Everingham et al. 2010,
 * doi:10.1007/s11263-009-0275-4), which other programs show label maps in too. The first class is black. */
#ifndef BASE_PALETTE_H
#define BASE_PALETTE_H

#include <stdint.h>

/* 0xRRGGBB of class 0..255. */
uint32_t palette_colour(int class);
/* A pixel of that colour, each channel the mean of both. */
uint32_t palette_over(uint32_t colour, uint32_t pixel);

#endif
