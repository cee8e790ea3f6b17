/* picture_png.c reads PNG images with libpng. What does not change the pixels (texts, profiles, times) is passed over
 * unread, so that it can neither fill the memory nor be wrong. */
#include "data/sources/packed.h"
#include "data/sources/picture.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

struct png_reading {
    struct opened_picture *p;
    size_t at; /* in its bytes */
    png_structp png;
    png_infop info;
    int failed; /* what libpng holds is of no use any more */
    struct err *e;
};

static int knows_png(const struct opened_picture *p)
{
    return p->size > 8 && !png_sig_cmp(p->bytes, 0, 8);
}

/* These two do not return: libpng goes on at setjmp. */
static void on_png_error(png_structp png, png_const_charp why)
{
    struct png_reading *r = png_get_error_ptr(png);
    int memory = strstr(why, "memory") != NULL;
    r->failed = 1;
    err_set(r->e, memory ? ERR_NOMEM : ERR_DATA, "%s: cannot be decoded: %s", r->p->path, why);
    png_longjmp(png, 1);
}

static void refuse_png(struct png_reading *r, const char *why)
{
    png_error(r->png, why);
}

static void on_png_warning(png_structp png, png_const_charp text)
{
    (void)png, (void)text; /* what is wrong with the pixels is an error */
}

static void give_png_bytes(png_structp png, png_bytep to, size_t n)
{
    struct png_reading *r = png_get_io_ptr(png);
    if (n > r->p->size - r->at)
        refuse_png(r, "it is cut off");
    memcpy(to, r->p->bytes + r->at, n);
    r->at += n;
}

static int is_grey_palette(const struct png_reading *r)
{
    png_colorp colour;
    int n = 0;
    png_get_PLTE(r->png, r->info, &colour, &n);
    for (int i = 0; i < n; i++)
        if (colour[i].red != colour[i].green || colour[i].red != colour[i].blue)
            return 0;
    return n > 0;
}

/* Up to the pixels, which can take no more bytes than a deflate stream of the file's length expands to. */
static void look_at_png(struct png_reading *r)
{
    png_set_keep_unknown_chunks(r->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(r->png, r->info);
    struct opened_picture *p = r->p;
    uint64_t packed = png_get_rowbytes(r->png, r->info) + 1;
    int type = png_get_color_type(r->png, r->info), palette = type == PNG_COLOR_TYPE_PALETTE;
    int alpha = (type & PNG_COLOR_MASK_ALPHA) || png_get_valid(r->png, r->info, PNG_INFO_tRNS);
    p->w = (int)png_get_image_width(r->png, r->info);
    p->h = (int)png_get_image_height(r->png, r->info);
    p->channels = (type & PNG_COLOR_MASK_COLOR ? 3 : 1) + (alpha ? 1 : 0);
    p->colour = (type & PNG_COLOR_MASK_COLOR) && !(palette && is_grey_palette(r));
    if (packed * (uint64_t)p->h / DEFLATE_RATIO > p->size)
        refuse_png(r, "its header says that it has more pixels than its bytes can hold");
}

/* Rows come in one pass, or in seven of an interlaced image, each of which adds pixels to them. */
static void take_rows_of_png(struct png_reading *r, int channels)
{
    struct opened_picture *p = r->p;
    int passes = png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);
    size_t row = (size_t)p->w * (size_t)channels;
    if (png_get_rowbytes(r->png, r->info) != row)
        refuse_png(r, "it has another number of channels than its header says");
    for (; passes > 0; passes--)
        for (int y = 0; y < p->h; y++)
            png_read_row(r->png, p->pixel + (size_t)y * row, NULL);
    png_read_end(r->png, NULL);
}

static void take_png_pixels(struct png_reading *r)
{
    png_set_scale_16(r->png);
    png_set_expand(r->png); /* palettes, less than 8 bits, one colour that is transparent */
    take_rows_of_png(r, r->p->channels);
}

/* The numbers as they are packed there: neither palettes nor less than 8 bits are expanded to colours. */
static void take_png_numbers(struct png_reading *r)
{
    const int type = png_get_color_type(r->png, r->info);
    if (type & PNG_COLOR_MASK_COLOR && type != PNG_COLOR_TYPE_PALETTE)
        refuse_png(r,
                   "it has colours; a label map has one number for each pixel, a grey value or a place in a palette");
    if (png_get_bit_depth(r->png, r->info) > 8)
        refuse_png(r, "it has 16 bits for each pixel; a label map has at most 8");
    png_set_packing(r->png);
    png_set_strip_alpha(r->png);
    take_rows_of_png(r, 1);
}

/* libpng may leave `work` by a jump to here. */
static int with_png(struct png_reading *r, void (*work)(struct png_reading *r), struct err *e)
{
    r->e = e;
    if (r->failed)
        return err_set(e, ERR_DATA, "%s: cannot be decoded", r->p->path);
    if (!setjmp(png_jmpbuf(r->png)))
        work(r);
    return r->failed ? -1 : 0;
}

static void close_png(struct opened_picture *p)
{
    struct png_reading *r = p->decoder;
    if (r)
        png_destroy_read_struct(&r->png, &r->info, NULL);
    free(r);
    p->decoder = NULL;
}

static int read_png_header(struct opened_picture *p, struct err *e)
{
    struct png_reading *r = p->decoder = calloc(1, sizeof *r);
    if (r) {
        r->p = p;
        r->e = e;
        r->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, r, on_png_error, on_png_warning);
        r->info = r->png ? png_create_info_struct(r->png) : NULL;
    }
    if (!r || !r->info)
        return err_set(e, ERR_NOMEM, "%s: no memory to decode it", p->path);
    png_set_read_fn(r->png, r, give_png_bytes);
    return with_png(r, look_at_png, e);
}

static int read_png_pixels(struct opened_picture *p, struct err *e)
{
    return with_png(p->decoder, take_png_pixels, e);
}

static int read_png_numbers(struct opened_picture *p, struct err *e)
{
    return with_png(p->decoder, take_png_numbers, e);
}

const struct picture_format picture_png = {knows_png, read_png_header, read_png_pixels, read_png_numbers, close_png};
