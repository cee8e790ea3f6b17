/* batch.c - samples into the layout of the kernels: x[blocks][h][c][w][16], the images of a block innermost. */
#include "data/augment.h"
#include "data/block.h"
#include "data/data.h"

#include <string.h>

#define PIECE 256 /* pixels between looks at the next block */

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

static void move(const struct block *b, const struct data_view *v, const uint32_t *sample, uint64_t seed,
                 uint32_t epoch, float *x)
{
    struct motion m[LANES];
    augment_draw(v->augment, seed, epoch, b->n, sample, m);
    block_move(b, m, x);
}

static void clear_dead(int n, size_t vectors, float *x)
{
    for (size_t i = 0; i < vectors; i++, x += LANES)
        for (int lane = n; lane < LANES; lane++)
            x[lane] = 0;
}

/* Where the images of a block are: `number` of those at `images`. The first one stands in for those missing. */
static void choose(const uint8_t *images, size_t record, const uint32_t *number, int n, const uint8_t *image[LANES])
{
    for (int i = 0; i < LANES; i++)
        image[i] = images + number[i < n ? i : 0] * record;
}

size_t data_scratch(const struct data_view *v)
{
    return v->augment ? BLOCK_SCRATCH * sizeof(uint16_t) : 0;
}

void data_batch(const struct kernels *k, const struct data_view *v, enum data_split split, const uint32_t *at, int n,
                void *scratch, uint64_t seed, uint32_t epoch, float *x, int32_t *label, uint32_t *sample)
{
    const struct dataset *d = v->set;
    const struct data_part *part = split == DATA_TEST ? &d->test : &d->train;
    struct block b = {
        .k = k, .c = d->c, .h = d->h, .w = d->w, .scale = v->scale, .shift = v->shift, .scratch = scratch};
    size_t record = (size_t)d->c * (size_t)d->h * (size_t)d->w;
    const uint8_t *images = v->copy[split] ? v->copy[split] : part->x;
    const uint32_t *number = v->copy[split] ? at : sample;
    int augment = scratch && v->augment;
    if (n <= 0)
        return;
    for (int i = 0; i < n; i++) {
        sample[i] = v->index[split][at[i]];
        label[i] = part->y[sample[i]];
    }
    choose(images, record, number, n, b.next);
    for (int i = 0; i < LANES; i++)
        block_fetch(&b, i, 0, record);
    for (int first = 0; first < n; first += LANES, x += record * LANES) {
        int left = n - first;
        b.n = left < LANES ? left : LANES;
        memcpy(b.in, b.next, sizeof b.in);
        if (left > LANES)
            choose(images, record, number + first + LANES, left - LANES, b.next);
        if (augment)
            move(&b, v, sample + first, seed, epoch, x);
        else
            block_copy(&b, x);
        if (b.n < LANES)
            clear_dead(b.n, record, x);
    }
}
