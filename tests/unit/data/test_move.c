/* Blocks of moved images, by whichever road, at every level of the kernels: bit for bit what warp_row says. */
#include "data_test.h"

#include "data/images/augment.h"
#include "data/images/warp_row.h"
#include "kernels/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 45, TAKEN = 37 }; /* two blocks and a part */

struct case_data {
    struct dataset set;
    struct data_view view;
    struct arena mem;
    uint8_t *pixels, labels[N];
    uint32_t at[TAKEN], sample[TAKEN];
    int32_t label[TAKEN];
    float *x, *row;
    size_t plane, floats;
};

static struct case_data *case_make(int c, int h, int w, const char *augment, int normalize)
{
    struct case_data *d = calloc(1, sizeof *d);
    struct data_spec s = spec_of("optdigits", "");
    assert_non_null(d);
    d->plane = (size_t)h * (size_t)w;
    d->floats = blocks_of(TAKEN) * LANES * (size_t)c * d->plane;
    size_t n = N * (size_t)c * d->plane;
    d->pixels = malloc(n); /* of this size, so that a sanitizer sees what is read beyond */
    d->x = aligned_alloc(64, d->floats * sizeof *d->x);
    d->row = malloc((size_t)w * sizeof *d->row);
    assert_true(d->pixels && d->x && d->row);
    for (size_t i = 0; i < n; i++)
        d->pixels[i] = (uint8_t)((uint32_t)i * 2654435761u >> 23);
    for (int i = 0; i < N; i++)
        d->labels[i] = (uint8_t)(i % 3);
    d->set = toy(c, h, w, 3, d->pixels, d->labels, N, N);
    s.augment = augment;
    s.normalize = normalize;
    s.validation = 0;
    arena_init(&d->mem);
    view_of(&d->view, &d->set, &s, &d->mem);
    assert_int_equal(d->view.n[DATA_TRAIN], N);
    for (uint32_t i = 0; i < TAKEN; i++)
        d->at[i] = (i * 11 + 44) % N; /* the first and the last of all among them */
    return d;
}

static void case_free(struct case_data *d)
{
    arena_release(&d->mem);
    free(d->pixels);
    free(d->x);
    free(d->row);
    free(d);
}

static struct warp warp_of(const struct case_data *d, uint32_t sample)
{
    struct motion m;
    struct warp p;
    augment_draw(d->view.transform[0].augment, 5, 2, 1, &sample, &m, NULL);
    warp_init(&p, &m, 1, d->set.field[0].shape.h, d->set.field[0].shape.w);
    return p;
}

static void compare_row(const struct case_data *d, const char *what, int image, int y, int c)
{
    const struct shape *s = &d->set.field[0].shape;
    const float *x = d->x + (size_t)(image / LANES * LANES) * (size_t)s->c * d->plane +
                     (size_t)(y * s->c + c) * (size_t)s->w * LANES + (size_t)(image % LANES);
    if (image < TAKEN) {
        struct warp p = warp_of(d, d->sample[image]);
        warp_row(&p, d->pixels + ((size_t)d->sample[image] * (size_t)s->c + (size_t)c) * d->plane, y,
                 d->view.transform[0].scale[c], d->view.transform[0].shift[c], d->row, 1);
    } else {
        memset(d->row, 0, (size_t)s->w * sizeof *d->row); /* a dead lane */
    }
    for (int i = 0; i < s->w; i++)
        if (memcmp(&x[i * LANES], &d->row[i], sizeof *x))
            fail_msg("%s %dx%dx%d, image %d: [%d][%d][%d] is %.9g, want %.9g", what, s->c, s->h, s->w, image, c, y, i,
                     (double)x[i * LANES], (double)d->row[i]);
}

static void check(int c, int h, int w, const char *augment, int normalize)
{
    struct case_data *d = case_make(c, h, w, augment, normalize);
    for (size_t l = 0; kernels_level(l); l++) {
        const struct kernels *k = kernels_pick(kernels_level(l));
        if (!k)
            continue;
        memset(d->x, 0xff, d->floats * sizeof *d->x);
        batch_of(k, &d->view, DATA_TRAIN, d->at, TAKEN, DRAW(5, 2), d->x, d->label, d->sample);
        for (int i = 0; i < blocks_of(TAKEN) * LANES; i++)
            for (int y = 0; y < h; y++)
                for (int channel = 0; channel < c; channel++)
                    compare_row(d, augment, i, y, channel);
    }
    case_free(d);
}

static void every_road_leads_to_the_same_values(void **state)
{
    static const int shapes[][3] = {{1, 8, 8}, {1, 28, 28}, {3, 32, 32}, {2, 17, 9},  {1, 3, 40},  {4, 5, 1},
                                    {1, 1, 1}, {1, 64, 64}, {1, 1, 300}, {1, 300, 1}, {3, 16, 15}, {1, 70, 67}};
    static const char *const words[] = {"rotate 7, shift 1.5",
                                        "rotate 180",
                                        "shift 1000",
                                        "zoom 0.999",
                                        "crop 4, hflip",
                                        "hflip 1",
                                        "crop 2",
                                        "crop 1000, hflip",
                                        "rotate 90, shift 3, zoom 0.5, hflip, crop 3",
                                        "crop 1000, rotate 5, hflip 1"};
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (size_t j = 0; j < sizeof words / sizeof *words; j++)
            check(shapes[i][0], shapes[i][1], shapes[i][2], words[j], (int)(i + j) % 3);
}

/* The limits of the roads: scratch that just suffices and just does not. */
static void sizes_round_the_limits_are_as_good(void **state)
{
    (void)state;
    for (int side = 62; side <= 67; side++) {
        check(1, side, side, "rotate 20, crop 1", NORMALIZE_UNIT);
        check(1, side, side, "crop 2, hflip", NORMALIZE_UNIT);
    }
    for (int w = 156; w <= 160; w++)
        check(1, 2, w, "rotate 1, crop 1", NORMALIZE_UNIT);
    for (int pad = 14; pad <= 22; pad++) {
        char text[40];
        snprintf(text, sizeof text, "crop %d, hflip", pad);
        check(1, 60, 60, text, NORMALIZE_STANDARD);
    }
}

int run_move_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_road_leads_to_the_same_values),
        cmocka_unit_test(sizes_round_the_limits_are_as_good),
    };
    return cmocka_run_group_tests_name("move", tests, NULL, NULL);
}
