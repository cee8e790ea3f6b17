/* token_fields.c - ids of tokens on their way into a batch: as input, and those that come next as labels of positions.
 */
#include "base/rng.h"
#include "data/transform.h"

#define NO_SAMPLE UINT32_MAX /* whose stream is that of all samples together */

/* How far the windows that train begin later than they do without a draw: in every round from somewhere else, so that
 * no token is always the first of its window. */
static size_t shift_of_windows(const struct field *f, enum data_split split, const struct data_draw *draw)
{
    struct rng r;
    if (!f->windows || split != DATA_TRAIN || !draw)
        return 0;
    rng_init(&r, draw->seed, RNG_AUGMENT, draw->epoch, NO_SAMPLE);
    return rng_below(&r, (uint32_t)f->shape.h);
}

/* The ids of a sample of the batch. A window that would end after the text that trains begins earlier. */
static const int32_t *ids_of(const struct field *f, enum data_split split, size_t sample, size_t shift)
{
    const int32_t *id = field_tokens(f, part_of(split), sample);
    return shift && sample + 1 < f->windows ? id + shift : id;
}

/* Ids before the first -1, of `most`. */
static int count_ids(const int32_t *id, int most)
{
    int n = 0;
    while (n < most && id[n] >= 0)
        n++;
    return n;
}

/* The ids of a text, of up to `most`, and 0 after them; NULL: there are none. Returns how many. */
static int fill_ids(const struct field *f, const int32_t *id, int most, float *x)
{
    const int n = !id ? 0 : f->windows ? most : count_ids(id, most);
    for (int p = 0; p < most; p++)
        x[p * LANES] = p < n ? (float)id[p] : 0;
    return n;
}

/* Of what is after the end of a sample, and of dead lanes, the id is 0. */
static void fill_tokens(const struct transform *t, enum data_split split, const uint32_t *at,
                        const struct data_draw *draw, struct batch *b)
{
    const struct field *f = t->field;
    const size_t shift = shift_of_windows(f, split, draw);
    const int first = f->source ? f->source : f->shape.h, second = f->shape.h - first;
    (void)at;
    for (int i = 0; i < b->blocks * LANES; i++) {
        const int32_t *id = i < b->n ? ids_of(f, split, b->key[i], shift) : NULL;
        float *x = b->x + lane_at(f->shape, i, 0, 0, 0);
        const int n = fill_ids(f, id, first, x);
        if (b->lengths)
            b->lengths[i] = n;
        if (b->target_lengths)
            b->target_lengths[i] = fill_ids(f, id ? id + first : NULL, second, x + first * LANES);
    }
}

static void fill_next(const struct transform *t, enum data_split split, const uint32_t *at,
                      const struct data_draw *draw, struct batch *b)
{
    const struct field *f = t->field;
    const size_t shift = shift_of_windows(f, split, draw);
    (void)at;
    for (int i = 0; i < b->blocks * LANES; i++) {
        const int32_t *id = i < b->n ? ids_of(f, split, b->key[i], shift) : NULL;
        int32_t *label = b->label + lane_at(f->shape, i, 0, 0, 0);
        for (int p = 0; p < f->shape.h; p++)
            label[p * LANES] = !id ? 0 : f->windows ? id[p + 1] : id[p] >= 0 ? id[p] : 0;
    }
}

const struct transform_type transform_tokens = {.target = 0, .of = FIELD_TOKENS, .fill = fill_tokens};
const struct transform_type transform_next = {.target = 1, .of = FIELD_TOKENS, .fill = fill_next};
