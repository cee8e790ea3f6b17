/* operand.c - rows of bf16 numbers as the products of a level read them. Levels that take floats read the rows as they
 * are; pairs lie side by side in a word, the even number in its lower half. */
#ifdef BF16
#include "kernels/ops/conv/depthwise.h"
#include "kernels/ops/conv/winograd.h"
#include "kernels/ops/ops.h"

#ifdef PAIRS
static w16 numbers_at(const float *x)
{
    return v16_as_w16(v16_load(x));
}

/* Pairs of channels: groups times [channels][w][16] to groups times [pairs][w][16]. */
static void pair_channels(int groups, int channels, int w, const float *x, float *to)
{
    const ptrdiff_t row = (ptrdiff_t)w * LANES;
    for (int g = 0; g < groups; g++)
        for (int c = 0; c < channels; c += 2) {
            const float *even = x + (g * channels + c) * row;
            for (ptrdiff_t i = 0; i < row; i += LANES, to += LANES)
                w16_store(to,
                          pairs_of(numbers_at(even + i), c + 1 < channels ? numbers_at(even + row + i) : w16_set1(0)));
        }
}

/* A word at every column: the number there and the one `step` columns on. */
static void pair_columns(int channels, int w, int step, const float *x, float *to)
{
    for (int c = 0; c < channels; c++)
        for (int i = 0; i < w; i++, x += LANES, to += LANES)
            w16_store(to, pairs_of(numbers_at(x), i + step < w ? numbers_at(x + step * LANES) : w16_set1(0)));
}

/* A word at every second column alone. */
static void pair_every_second(int channels, int w, const float *x, float *to)
{
    for (int c = 0; c < channels; c++, x += w * LANES)
        for (int i = 0; i < w; i += 2, to += LANES)
            w16_store(to,
                      pairs_of(numbers_at(x + i * LANES), i + 1 < w ? numbers_at(x + (i + 1) * LANES) : w16_set1(0)));
}
#endif

const float *EXPORT(conv_operand)(const struct conv_dims *d, enum conv_operand use, const float *row, float *room)
{
#ifdef PAIRS
    struct winograd fast;
    if (has_no_pairs(d))
        return row;
    if (use == OPERAND_X && !winograd_of(d, CONV_FORWARD, &fast))
        pair_channels(d->groups, d->ci / d->groups, d->w, row, room);
    else if (use == OPERAND_DY && !winograd_of(d, CONV_BACKWARD_DATA, &fast))
        pair_channels(d->groups, d->co / d->groups, d->wo, row, room);
    else if (use == OPERAND_WEIGHTS_X)
        pair_columns(d->ci, d->w, d->sw, row, room);
    else if (use == OPERAND_WEIGHTS_DY)
        pair_every_second(d->co, d->wo, row, room);
    else
        return row;
    return room;
#else
    (void)d, (void)use, (void)room;
    return row;
#endif
}
#endif
