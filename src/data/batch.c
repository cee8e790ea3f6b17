/* batch.c - samples into the layout of the kernels: x[blocks][h][c][w][16], the images of a block innermost. */
#include "data/augment.h"
#include "data/data.h"
#include "data/warp.h"
#include "kernels/kernels.h"

#include <string.h>

/* The geometry of one block, n <= LANES live images in[n] of [c][h][w] bytes, and what to do with them. */
struct block {
    const struct data_view *v;
    int n, c, h, w;
    const uint8_t *in[LANES];
    struct warp warp[LANES];
};

/* n neighbouring pixels of a full block. Every level of the kernels gives the table's values: the best will do. */
static void copy_run(const struct block *b, size_t from, int n, int channel, float *out)
{
    const uint8_t *in[LANES];
    for (int i = 0; i < LANES; i++)
        in[i] = b->in[i] + from;
    kernels_pick(NULL)->pixels((size_t)n, in, b->v->scale[channel], b->v->shift[channel], out);
}

static void copy_part(const struct block *b, size_t from, int n, int channel, float *out)
{
    const float *table = b->v->table + (size_t)channel * 256;
    memset(out, 0, (size_t)n * LANES * sizeof *out);
    for (int x = 0; x < n; x++, out += LANES)
        for (int i = 0; i < b->n; i++)
            out[i] = table[b->in[i][from + (size_t)x]];
}

static void move_row(const struct block *b, int channel, int y, float *out)
{
    size_t plane = (size_t)b->h * (size_t)b->w;
    if (b->n < LANES)
        memset(out, 0, (size_t)b->w * LANES * sizeof *out);
    for (int i = 0; i < b->n; i++)
        warp_row(&b->warp[i], b->in[i] + (size_t)channel * plane, y, b->v->scale[channel], b->v->shift[channel],
                 b->v->table + (size_t)channel * 256, out + i, LANES);
}

/* Row by row, so that the 16 streams of bytes and what is written stay in the first-level cache. */
static void move(const struct block *b, float *x)
{
    for (int y = 0; y < b->h; y++)
        for (int c = 0; c < b->c; c++, x += (size_t)b->w * LANES)
            move_row(b, c, y, x);
}

/* The same without moving; one channel is one long row. */
static void copy(const struct block *b, float *x)
{
    int rows = b->c == 1 ? 1 : b->h, n = b->h * b->w / rows;
    for (int y = 0; y < rows; y++)
        for (int c = 0; c < b->c; c++, x += (size_t)n * LANES) {
            size_t from = ((size_t)c * (size_t)rows + (size_t)y) * (size_t)n;
            (b->n == LANES ? copy_run : copy_part)(b, from, n, c, x);
        }
}

static void draw(struct block *b, const uint32_t *sample, uint64_t seed, uint32_t epoch)
{
    for (int i = 0; i < b->n; i++) {
        struct rng r;
        struct motion m;
        rng_init(&r, seed, RNG_AUGMENT, epoch, sample[i]);
        augment_draw(b->v->augment, &r, &m);
        warp_init(&b->warp[i], &m, b->h, b->w);
    }
}

void data_batch(const struct data_view *v, enum data_split split, const uint32_t *at, int n, int augment, uint64_t seed,
                uint32_t epoch, float *x, int32_t *label, uint32_t *sample)
{
    const struct dataset *d = v->set;
    const struct data_part *part = split == DATA_TEST ? &d->test : &d->train;
    struct block b = {.v = v, .c = d->c, .h = d->h, .w = d->w};
    size_t record = (size_t)d->c * (size_t)d->h * (size_t)d->w;
    augment = augment && v->augment;
    for (int first = 0; first < n; first += LANES, x += record * LANES) {
        b.n = n - first < LANES ? n - first : LANES;
        for (int i = 0; i < b.n; i++) {
            uint32_t s = v->index[split][at[first + i]];
            sample[first + i] = s;
            label[first + i] = part->y[s];
            b.in[i] = v->copy[split] ? v->copy[split] + (size_t)at[first + i] * record : part->x + (size_t)s * record;
        }
        if (augment) {
            draw(&b, sample + first, seed, epoch);
            move(&b, x);
        } else {
            copy(&b, x);
        }
    }
}
