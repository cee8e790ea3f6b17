/* An image file, PNG, PGM or PPM, made into samples of several shapes, or an error that names it. The first byte
 * chooses the shape, the rest is the file. Also read as a label map. */
#include "fuzz.h"

#include "data/sources/picture.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static uint8_t to[3 * 16 * 16];
    struct opened_picture p;
    struct err e = {0};
    if (!n)
        return 0;
    const char *path = fuzz_file(bytes + 1, n - 1);
    const struct picture_shape s = {.c = *bytes & 1 ? 3 : 1,
                                    .h = 1 + (*bytes >> 2 & 15),
                                    .w = 16 - (*bytes >> 4),
                                    .fit = *bytes & 2 ? FIT_CROP : FIT_STRETCH,
                                    .background = *bytes};
    int bad = picture_open(&p, path, &e);
    PROMISE(bad || (p.w > 0 && p.h > 0 && p.channels >= 1 && p.channels <= 4 && !p.pixel));
    /* What is large takes long, and is decoded as what is small. */
    if (!bad && (int64_t)p.w * p.h <= 1 << 20)
        bad = picture_take(&p, &s, to, &e);
    PROMISE(!bad == !e.code && (!bad || strstr(e.text, path)));
    picture_close(&p);
    e = (struct err){0}; /* the same as a label map */
    bad = picture_open(&p, path, &e);
    if (!bad && (int64_t)p.w * p.h <= 1 << 20)
        bad = picture_take_numbers(&p, &s, to, &e);
    PROMISE(!bad == !e.code && (!bad || strstr(e.text, path)));
    picture_close(&p);
    return 0;
}
