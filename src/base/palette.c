/* palette.c gives classes their colours. */
#include "base/palette.h"

uint32_t palette_colour(int class)
{
    uint32_t colour = 0;
    for (uint32_t bits = (uint32_t) class, bit = 0x80; bits; bits >>= 3, bit >>= 1)
        colour |= ((bits & 1 ? bit << 16 : 0) | (bits & 2 ? bit << 8 : 0) | (bits & 4 ? bit : 0));
    return colour;
}

uint32_t palette_over(uint32_t colour, uint32_t pixel)
{
    return (colour >> 1 & 0x7f7f7f) + (pixel >> 1 & 0x7f7f7f);
}
