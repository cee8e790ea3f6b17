/* images.c - images of bytes on their way into a batch: normalized channel by channel, augmented, and laid out 16 at a
 * time, while the next 16 are brought into the cache. */
#include "data/images/augment.h"
#include "data/images/block.h"
#include "data/images/retouch.h"
#include "data/images/sums.h"
#include "data/transform.h"

#include <math.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

#define RETOUCH_AT ((BLOCK_SCRATCH + 31) / 32 * 32) /* where its scratch begins, 64-byte aligned */
#define PIECE 256                                   /* pixels between looks at the next block */

/* Pixels from .. from + n - 1 of every image. */
static void copy_run(const struct block *b, size_t from, size_t n, int channel, float *x)
{
    const uint8_t *in[LANES];
    for (int i = 0; i < LANES; i++) {
        in[i] = b->in[i] + from;
        block_fetch(b, i, from, n);
    }
    b->k->pixels(n, in, b->scale[channel], b->shift[channel], x);
}

/* One channel is one long row. */
void block_copy(const struct block *b, float *x)
{
    size_t w = (size_t)b->w, plane = (size_t)b->h * w;
    if (b->c == 1)
        for (size_t from = 0; from < plane; from += PIECE)
            copy_run(b, from, plane - from < PIECE ? plane - from : PIECE, 0, x + from * LANES);
    else
        for (size_t y = 0; y < (size_t)b->h; y++)
            for (int c = 0; c < b->c; c++, x += w * LANES)
                copy_run(b, (size_t)c * plane + y * w, w, c, x);
}

/* ---- filling a batch --------------------------------------------------------------------------------------------- */

static void move_block(const struct block *b, const struct transform *t, const uint32_t *key,
                       const struct data_draw *draw, float *x)
{
    const struct augment *a = t->augment;
    struct motion m[LANES];
    struct retouch r[LANES];
    augment_draw(a, draw->seed, draw->epoch, b->n, key, m, r);
    if (a->moves)
        block_move(b, m, x);
    else
        block_copy(b, x);
    if (a->retouches)
        block_retouch(b, a->retouches, r, (float)t->field->max_value, draw->seed, draw->epoch,
                      (float *)(void *)(b->scratch + RETOUCH_AT), x);
}

static void clear_dead(int n, size_t vectors, float *x)
{
    for (size_t i = 0; i < vectors; i++, x += LANES)
        for (int lane = n; lane < LANES; lane++)
            x[lane] = 0;
}

/* Where the images of a block are: `number` of those at `images`. The first one takes the place of those missing. */
static void find_images(const uint8_t *images, size_t record, const uint32_t *number, int n,
                        const uint8_t *image[LANES])
{
    for (int i = 0; i < LANES; i++)
        image[i] = images + number[i < n ? i : 0] * record;
}

static void fill_images(const struct transform *t, enum data_split split, const uint32_t *at,
                        const struct data_draw *draw, struct batch *to)
{
    const struct shape s = t->field->shape;
    struct block b = {
        .k = to->k, .c = s.c, .h = s.h, .w = s.w, .scale = t->scale, .shift = t->shift, .scratch = to->scratch};
    size_t record = shape_size(s);
    const uint8_t *images = t->copy[split] ? t->copy[split] : field_bytes(t->field, part_of(split));
    const uint32_t *number = t->copy[split] ? at : to->key;
    float *x = to->x;
    if (!to->n)
        return;
    find_images(images, record, number, to->n, b.next);
    for (int i = 0; i < LANES; i++)
        block_fetch(&b, i, 0, record);
    for (int first = 0; first < to->n; first += LANES, x += record * LANES) {
        int left = to->n - first;
        b.n = left < LANES ? left : LANES;
        memcpy(b.in, b.next, sizeof b.in);
        if (left > LANES)
            find_images(images, record, number + first + LANES, left - LANES, b.next);
        if (draw && t->augment)
            move_block(&b, t, (to->stream ? to->stream : to->key) + first, draw, x);
        else
            block_copy(&b, x);
        if (b.n < LANES)
            clear_dead(b.n, record, x);
    }
}

/* ---- normalization ----------------------------------------------------------------------------------------------- */

struct channel_sums { /* exact, so that no order of the samples shows */
    uint64_t n, sum, squares;
};

static void add_sums(struct channel_sums *s, size_t n, const uint32_t sums[2])
{
    s->n += n;
    s->sum += sums[0];
    s->squares += sums[1];
}

static void add_bytes(struct channel_sums *s, const uint8_t *x, size_t n)
{
    while (n) {
        size_t piece = n < SUMS_BYTES ? n : SUMS_BYTES;
        uint32_t sums[2];
        sums_of_bytes(piece, x, sums);
        add_sums(s, piece, sums);
        x += piece;
        n -= piece;
    }
}

static void sum_channels(const struct transform *t, const struct data_view *v, struct channel_sums sums[DATA_CHANNELS])
{
    const struct field *f = t->field;
    size_t plane = (size_t)f->shape.h * (size_t)f->shape.w;
    memset(sums, 0, DATA_CHANNELS * sizeof *sums);
    for (size_t i = 0; i < v->n[DATA_TRAIN]; i++)
        for (int c = 0; c < f->shape.c; c++) {
            size_t at = (size_t)v->index[DATA_TRAIN][i] * (size_t)f->shape.c + (size_t)c;
            if (f->sums)
                add_sums(&sums[c], plane, f->sums[at]);
            else
                add_bytes(&sums[c], field_bytes(f, PART_TRAIN) + at * plane, plane);
        }
}

static void standardize(struct transform *t, const struct data_view *v)
{
    struct channel_sums sums[DATA_CHANNELS];
    sum_channels(t, v, sums);
    for (int c = 0; c < t->field->shape.c; c++) {
        const struct channel_sums *s = &sums[c];
        double n = (double)s->n, mean = (double)s->sum / n;
        wide spread = (wide)s->n * s->squares - (wide)s->sum * s->sum; /* n^2 times the variance */
        double deviation = spread ? sqrt((double)spread) / n : t->field->max_value;
        t->scale[c] = (float)(1 / deviation);
        t->shift[c] = (float)(-mean / deviation);
    }
}

/* As networks were trained that others begin with. */
static void normalize_as_trained(struct transform *t, int how)
{
    static const double mean[] = {0.485, 0.456, 0.406}, deviation[] = {0.229, 0.224, 0.225};
    const int imagenet = how == NORMALIZE_IMAGENET;
    for (int c = 0; c < t->field->shape.c; c++) {
        t->scale[c] = (float)(imagenet ? 1 / (255 * deviation[c]) : 1.0 / 128);
        t->shift[c] = (float)(imagenet ? -mean[c] / deviation[c] : -127.0 / 128);
    }
}

static int init_augment(struct transform *t, const char *text, struct arena *a, struct err *e)
{
    static const struct where at = {NULL, 0, "data", "augment"};
    struct augment parsed, *kept;
    if (augment_parse(&parsed, text, &at, e))
        return -1;
    if (!parsed.any)
        return 0;
    kept = arena_take(a, sizeof *kept);
    if (!kept)
        return err_set(e, ERR_NOMEM, "dataset %s: no memory for its view", t->set->name);
    *kept = parsed;
    t->augment = kept;
    const struct shape s = t->field->shape;
    t->scratch = RETOUCH_AT * sizeof(uint16_t) + retouch_scratch(kept->retouches, s.c, s.h, s.w) * sizeof(float);
    return 0;
}

static int init_images(struct transform *t, const struct data_view *v, const struct data_spec *s, struct arena *a,
                       struct err *e)
{
    for (int c = 0; c < t->field->shape.c && s->normalize == NORMALIZE_UNIT; c++)
        t->scale[c] = (float)(1.0 / t->field->max_value);
    if (s->normalize == NORMALIZE_STANDARD)
        standardize(t, v);
    if (s->normalize >= NORMALIZE_IMAGENET)
        normalize_as_trained(t, s->normalize);
    return init_augment(t, s->augment, a, e);
}

const struct transform_type transform_images = {
    .target = 0, .of = FIELD_BYTES, .init = init_images, .fill = fill_images};
