/* label_map.c writes label maps and pictures as PNG files. */
#include "base/file.h"
#include "base/palette.h"
#include "base/str.h"
#include "data/samples.h"

#include <png.h>
#include <string.h>

struct png_writing {
    const char *path;
    struct str bytes;
    struct err err;
};

/* Does not return: libpng goes on at setjmp. */
static void stop_writing(png_structp png, png_const_charp why)
{
    struct png_writing *w = png_get_error_ptr(png);
    err_set(&w->err, strstr(why, "memory") ? ERR_NOMEM : ERR_IO, "%s: cannot be made: %s", w->path, why);
    png_longjmp(png, 1);
}

static void pass_over_warning(png_structp png, png_const_charp text)
{
    (void)png, (void)text;
}

static void keep_bytes(png_structp png, png_bytep bytes, size_t n)
{
    struct png_writing *w = png_get_io_ptr(png);
    str_addn(&w->bytes, (const char *)bytes, n);
    if (w->bytes.failed)
        png_error(png, "no memory for its bytes");
}

static void no_flush(png_structp png)
{
    (void)png;
}

/* Pixels [h][w][channels]; channels 0: [h][w] places in the palette. */
struct png_image {
    const uint8_t *pixel;
    int h, w, channels;
};

static void put_palette(png_structp png, png_infop info)
{
    png_color colour[PNG_MAX_PALETTE_LENGTH];
    for (int k = 0; k < PNG_MAX_PALETTE_LENGTH; k++) {
        const uint32_t rgb = palette_colour(k);
        colour[k] = (png_color){(png_byte)(rgb >> 16), (png_byte)(rgb >> 8 & 255), (png_byte)(rgb & 255)};
    }
    png_set_PLTE(png, info, colour, PNG_MAX_PALETTE_LENGTH);
}

static void put_png(png_structp png, png_infop info, const struct png_image *i)
{
    const int kind = !i->channels       ? PNG_COLOR_TYPE_PALETTE
                     : i->channels == 1 ? PNG_COLOR_TYPE_GRAY
                                        : PNG_COLOR_TYPE_RGB;
    png_set_IHDR(png, info, (png_uint_32)i->w, (png_uint_32)i->h, 8, kind, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (!i->channels)
        put_palette(png, info);
    png_write_info(png, info);
    for (int y = 0; y < i->h; y++)
        png_write_row(png, i->pixel + (size_t)y * (size_t)i->w * (size_t)(i->channels ? i->channels : 1));
    png_write_end(png, info);
}

static int write_png(const char *path, const struct png_image *image, struct err *e)
{
    struct png_writing work = {.path = path};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &work, stop_writing, pass_over_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info)
        err_set(&work.err, ERR_NOMEM, "%s: no memory to write it", path);
    else if (!setjmp(png_jmpbuf(png))) {
        png_set_write_fn(png, &work, keep_bytes, no_flush);
        put_png(png, info, image);
    }
    png_destroy_write_struct(&png, &info);
    int bad = work.err.code ? err_set(e, work.err.code, "%s", work.err.text)
                            : file_publish(path, work.bytes.p, work.bytes.n, 0, e);
    str_release(&work.bytes);
    return bad;
}

int label_map_write(const char *path, const uint8_t *map, int h, int w, struct err *e)
{
    const struct png_image image = {map, h, w, 0};
    return write_png(path, &image, e);
}

int picture_write(const char *path, const uint8_t *pixel, int h, int w, int channels, struct err *e)
{
    const struct png_image image = {pixel, h, w, channels};
    return write_png(path, &image, e);
}
