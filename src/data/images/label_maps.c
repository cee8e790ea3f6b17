/* label_maps.c - label maps on their way into a batch. What moves an image moves its label map too, by the same random
 * numbers: each pixel gets the class of the pixel that is nearest to where its value comes from, which all moves
 * together say, so that it is rounded once. What comes from outside of the image has no class. */
#include "data/images/retouch.h"
#include "data/images/warp_row.h"
#include "data/transform.h"

#include <math.h>
#include <string.h>

/* Up to 16 label maps [h][w] that are moved. */
struct label_block {
    int n, h, w;
    const uint8_t *map[LANES];
    struct warp warp[LANES];
    struct retouch retouch[LANES];
    const float *bend; /* [2][h][w][16], see retouch_fields; NULL: nothing is bent */
};

static int32_t class_or_none(uint8_t class)
{
    return class == DATA_NO_CLASS ? -1 : class;
}

/* The number of the nearest of n pixels; -1: it is outside. */
static int nearest(double at, int n)
{
    const double whole = floor(at + 0.5);
    return whole >= 0 && whole < n ? (int)whole : -1;
}

/* The class of a pixel of map i after all moves; -1: none. */
static int32_t moved_class(const struct label_block *b, int i, int row, int column)
{
    const struct warp *p = &b->warp[i];
    const size_t at = ((size_t)row * (size_t)b->w + (size_t)column) * LANES + (size_t)i;
    const size_t plane = (size_t)b->h * (size_t)b->w * LANES;
    double y = row, x = column;
    if (!retouch_place(&b->retouch[i], b->h, b->w, b->bend ? (double)b->bend[at] : 0,
                       b->bend ? (double)b->bend[plane + at] : 0, &y, &x))
        return -1;
    x = (p->flip ? b->w - 1 - x : x) + p->crop_x;
    y += p->crop_y;
    if (nearest(y, b->h) < 0 || nearest(x, b->w) < 0)
        return -1;
    if (p->affine) {
        const double across = x, down = y;
        x = p->x0 + across * p->cos - down * p->sin;
        y = p->y0 + across * p->sin + down * p->cos;
    }
    const int from_row = nearest(y, b->h), from_column = nearest(x, b->w);
    return from_row < 0 || from_column < 0 ? -1 : class_or_none(b->map[i][from_row * b->w + from_column]);
}

static void move_maps(const struct label_block *b, int32_t *to)
{
    for (int row = 0; row < b->h; row++)
        for (int column = 0; column < b->w; column++, to += LANES)
            for (int i = 0; i < LANES; i++)
                to[i] = i < b->n ? moved_class(b, i, row, column) : -1;
}

static void copy_maps(const struct label_block *b, int32_t *to)
{
    for (int p = 0; p < b->h * b->w; p++, to += LANES)
        for (int i = 0; i < LANES; i++)
            to[i] = i < b->n ? class_or_none(b->map[i][p]) : -1;
}

static void draw_moves(const struct augment *a, const struct data_draw *draw, const uint32_t *key, float *scratch,
                       struct label_block *b)
{
    const struct block size = {.n = b->n, .h = b->h, .w = b->w};
    struct motion m[LANES];
    augment_draw(a, draw->seed, draw->epoch, b->n, key, m, b->retouch);
    warp_init(b->warp, m, b->n, b->h, b->w);
    b->bend = NULL;
    if (a->retouches & RETOUCH_ELASTIC) {
        retouch_fields(&size, b->retouch, draw->seed, draw->epoch, scratch);
        b->bend = scratch;
    }
}

static void fill_label_maps(const struct transform *t, enum data_split split, const uint32_t *at,
                            const struct data_draw *draw, struct batch *to)
{
    const struct shape s = t->field->shape;
    const size_t positions = shape_size(s);
    const uint8_t *maps = field_bytes(t->field, part_of(split));
    struct label_block b = {.h = s.h, .w = s.w};
    (void)at;
    for (int first = 0; first < to->n; first += LANES) {
        b.n = to->n - first < LANES ? to->n - first : LANES;
        for (int i = 0; i < b.n; i++)
            b.map[i] = maps + to->key[first + i] * positions;
        int32_t *label = to->label + (size_t)first * positions;
        if (!draw || !t->augment) {
            copy_maps(&b, label);
            continue;
        }
        draw_moves(t->augment, draw, (to->stream ? to->stream : to->key) + first, to->scratch, &b);
        move_maps(&b, label);
    }
}

/* The transform of the image, which comes first, has what is augmented. */
static int init_label_maps(struct transform *t, const struct data_view *v, const struct data_spec *s, struct arena *a,
                           struct err *e)
{
    const unsigned moves = RETOUCH_CROP | RETOUCH_VFLIP | RETOUCH_ELASTIC;
    const struct augment *augment = v->transform[0].augment;
    (void)s, (void)a, (void)e;
    if (augment && (augment->moves || augment->retouches & moves))
        t->augment = augment;
    if (t->augment && t->augment->retouches & RETOUCH_ELASTIC)
        t->scratch = retouch_field_scratch(t->field->shape.h, t->field->shape.w) * sizeof(float);
    return 0;
}

const struct transform_type transform_label_maps = {
    .target = 1, .of = FIELD_IDS, .maps = 1, .init = init_label_maps, .fill = fill_label_maps};
