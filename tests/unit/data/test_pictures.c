/* Image files: every kind as the golden file has it, and what is damaged or hostile refused by its name. */
#include "data/sources/picture.h"
#include "data_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define GOLDEN TEST_SOURCE_DIR "/data/data_pictures.txt"
enum { MOST = 20000 }; /* bytes of a file or a sample in it */

struct golden_picture {
    char name[64];
    struct picture_shape shape;
    unsigned char file[MOST], want[MOST];
    size_t n;
};

static size_t from_hex(const char *text, unsigned char *to)
{
    size_t n = strlen(text) / 2;
    assert_true(n <= MOST);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(sscanf(text + 2 * i, "%2hhx", &to[i]), 1);
    return n;
}

/* The next line of the golden file; 0: there is none. */
static int next_golden(FILE *f, struct golden_picture *g)
{
    static char file[2 * MOST + 1], want[2 * MOST + 1], fit[16];
    int got = fscanf(f, "%63s %d %d %d %15s %d %40000s %40000s", g->name, &g->shape.c, &g->shape.h, &g->shape.w, fit,
                     &g->shape.background, file, want);
    if (got == EOF)
        return 0;
    assert_int_equal(got, 8);
    g->shape.fit = strcmp(fit, "crop") ? FIT_STRETCH : FIT_CROP;
    g->n = from_hex(file, g->file);
    assert_int_equal(from_hex(want, g->want), g->shape.c * g->shape.h * g->shape.w);
    return 1;
}

static void golden_named(const char *name, struct golden_picture *g)
{
    FILE *f = fopen(GOLDEN, "r");
    assert_non_null(f);
    while (next_golden(f, g) && strcmp(g->name, name) != 0)
        continue;
    assert_string_equal(g->name, name);
    fclose(f);
}

static const char *put_picture(const char *folder, const void *bytes, size_t n)
{
    static char path[96];
    file_put(folder, "p", bytes, n);
    snprintf(path, sizeof path, "%s/p", folder);
    return path;
}

/* 0, or -1 with *e. */
static int take_picture(const char *path, const struct picture_shape *s, uint8_t *to, struct err *e)
{
    struct opened_picture p;
    int bad = picture_open(&p, path, e) || picture_take(&p, s, to, e);
    picture_close(&p);
    return bad ? -1 : 0;
}

static void every_kind_is_read_as_the_golden_file_says(void **state)
{
    static struct golden_picture g;
    static uint8_t got[MOST];
    char folder[64];
    int n = 0;
    (void)state;
    FILE *f = fopen(GOLDEN, "r");
    assert_non_null(f);
    folder_make(folder);
    for (; next_golden(f, &g); n++) {
        struct err e = {0};
        if (take_picture(put_picture(folder, g.file, g.n), &g.shape, got, &e))
            fail_msg("%s: %s", g.name, e.text);
        for (size_t i = 0; i < (size_t)(g.shape.c * g.shape.h * g.shape.w); i++)
            if (got[i] != g.want[i])
                fail_msg("%s: byte %zu is %d, expected %d", g.name, i, got[i], g.want[i]);
    }
    assert_true(n > 60);
    fclose(f);
    folder_remove(folder);
}

static void says(const char *folder, const void *bytes, size_t n, const char *what)
{
    const struct picture_shape s = {3, 4, 4, FIT_STRETCH, 0};
    uint8_t to[48];
    struct err e = {0};
    const char *path = put_picture(folder, bytes, n);
    if (!take_picture(path, &s, to, &e))
        fail_msg("it was read, expected '%s'", what);
    assert_int_equal(e.code, ERR_DATA);
    has_text(e.text, path, what);
}

static void whatever_is_cut_off_is_refused(void **state)
{
    static const char *const names[] = {"rgbgrey8-interlaced", "seen-palettegrey4", "binary-3-300", "plain-1-15"};
    static struct golden_picture g;
    char folder[64];
    (void)state;
    folder_make(folder);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        golden_named(names[i], &g);
        size_t last = g.file[0] == 'P' && g.file[1] < '4' ? g.n - 2 : g.n; /* of a plain number a digit may be left */
        for (size_t n = 0; n < last; n++)
            says(folder, g.file, n, "");
    }
    folder_remove(folder);
}

/* Every byte of the chunks that make the pixels is covered by a checksum. */
static void a_changed_byte_is_refused(void **state)
{
    static struct golden_picture g;
    char folder[64];
    (void)state;
    folder_make(folder);
    golden_named("palettegrey8", &g);
    for (size_t i = 0; i < g.n; i++) {
        g.file[i] ^= 0x40;
        says(folder, g.file, g.n, "");
        g.file[i] ^= 0x40;
    }
    g.file[50] ^= 1; /* in PLTE */
    says(folder, g.file, g.n, "CRC");
    folder_remove(folder);
}

static void put_word(unsigned char *to, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(v >> (24 - 8 * i));
}

/* Another size in the header of a PNG, with the right checksum. */
static void claims(struct golden_picture *g, uint32_t w, uint32_t h)
{
    put_word(g->file + 16, w);
    put_word(g->file + 20, h);
    put_word(g->file + 29, (uint32_t)crc32(0, g->file + 12, 17));
}

static void bombs_are_refused_before_they_take_memory(void **state)
{
    static struct golden_picture g;
    char folder[64];
    (void)state;
    folder_make(folder);
    golden_named("rgbagrey16", &g);
    claims(&g, 65535, 65535);
    says(folder, g.file, g.n, "more pixels than its bytes can hold");
    claims(&g, 8000, 8000);
    says(folder, g.file, g.n, "more pixels than its bytes can hold");
    claims(&g, 0x7fffffff, 1);
    says(folder, g.file, g.n, "IHDR");
    claims(&g, 0, 1);
    says(folder, g.file, g.n, "IHDR");
    claims(&g, 11, 9); /* 10 x 9 pixels are there */
    says(folder, g.file, g.n, "");

    /* One that has the bytes: 65535 x 65535 bits in half a megabyte of zeros, deflated. */
    size_t n = 600000;
    unsigned char *file = calloc(n, 1);
    golden_named("grey1", &g);
    claims(&g, 65535, 65535);
    memcpy(file, g.file, 33);
    put_word(file + 33, 599000);
    memcpy(file + 37, "IDAT", 4);
    says(folder, file, n, "65535 x 65535 pixels, more than the 67108864");
    free(file);
    says(folder, "P5 65535 65535 255 ", 19, "is cut off: 65535 x 65535 pixels take 4294836225 bytes, it has 0");
    says(folder, "P5 999999999 999999999 255 ", 27, "is cut off");
    says(folder, "P3 999999999 999999999 65535 1", 30, "is cut off");
    folder_remove(folder);
}

static void what_is_no_image_is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *text, *what;
    } row[] = {
        {"", "is not a PNG, PGM or PPM image; convert it to PNG"},
        {"\xff\xd8\xff\xe0 a photograph", "is not a PNG"},
        {"P1 1 1 0", "is a bitmap (PBM), expected PGM"},
        {"P7\nWIDTH 1\n", "is a PAM image"},
        {"P5 x 1 255 ", "its header is not P5, width, height"},
        {"P5 1 1 0 a", "the largest value, 1..65535"},
        {"P5 1 1 65536 aa", "the largest value, 1..65535"},
        {"P5 1 0 255 a", "its header is not P5"},
        {"P5 1 1 255", "its header is not P5"},
        {"P5 1 1 9 a", "value 1 is 97, its header says up to 9"},
        {"P2 2 1 9 3 10", "value 2 is 10, its header says up to 9"},
        {"P2 2 1 9 3 # 4 ", "has no number, after 1 of its 2 values"},
        {"P2 2 1 9 3 -4", "has no number, after 1 of its 2 values"},
        {"P2 1 1 9 3 4", "goes on after its 1 x 1 pixels"},
        {"P5 1 1 255 aa", "goes on after its 1 x 1 pixels"},
    };
    char folder[64];
    (void)state;
    folder_make(folder);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        says(folder, row[i].text, strlen(row[i].text), row[i].what);
    folder_remove(folder);
}

/* Whatever the sizes, an image of one value stays one: the weights of each pixel add up to 1. */
static void resizing_keeps_a_plain_grey(void **state)
{
    static uint8_t x[3 * 61 * 67], to[3 * 97 * 97];
    (void)state;
    memset(x, 201, sizeof x);
    for (int side = 1; side <= 97; side += 3) {
        struct picture_part part = {side % 5, 0.25 * (side % 3), 67 - 0.3 * (side % 7), 61};
        assert_int_equal(picture_resize(x, 67, 61, 3, &part, side, 98 - side, to), 0);
        for (int i = 0; i < 3 * side * (98 - side); i++)
            assert_int_equal(to[i], 201);
    }
}

int run_picture_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_read_as_the_golden_file_says),
        cmocka_unit_test(whatever_is_cut_off_is_refused),
        cmocka_unit_test(a_changed_byte_is_refused),
        cmocka_unit_test(bombs_are_refused_before_they_take_memory),
        cmocka_unit_test(what_is_no_image_is_refused_with_its_reason),
        cmocka_unit_test(resizing_keeps_a_plain_grey),
    };
    return cmocka_run_group_tests_name("pictures", tests, NULL, NULL);
}
