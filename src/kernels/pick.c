/* pick.c - the ladder of instruction sets, and the sizes of scratch memory, which are the same on every rung. */
#include "kernels/kernels.h"
#include "kernels/ops/conv/winograd.h"
#include "kernels/ops/conv/winograd_large.h"
#include "kernels/ops/conv/winograd_wgrad.h"
#include "kernels/ops/tiles.h"
#include "kernels/pairs.h"

#include <string.h>

extern const struct kernels kernels_ref;
static int has_any(void)
{
    return 1;
}

#ifdef SWEEP_AVX2
extern const struct kernels kernels_avx2;
static int has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif
#ifdef SWEEP_AVX512
extern const struct kernels kernels_avx512, kernels_avx512bf16;
static int has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
static int has_avx512bf16(void)
{
    return has_avx512() && __builtin_cpu_supports("avx512bf16");
}
#endif

static const struct {
    const struct kernels *k;
    int (*usable)(void);
} ladder[] = {
#ifdef SWEEP_AVX512
    {&kernels_avx512bf16, has_avx512bf16},
    {&kernels_avx512, has_avx512},
#endif
#ifdef SWEEP_AVX2
    {&kernels_avx2, has_avx2},
#endif
    {&kernels_ref, has_any},
};
#define RUNGS (sizeof ladder / sizeof ladder[0])

/* Does the level pay, where the next one can do the same? Without the instruction's products there is no question. */
static int pays(const struct kernels *k)
{
#ifdef SWEEP_AVX512
    if (k == &kernels_avx512bf16)
        return pairs_pay(k, &kernels_avx512);
#endif
    (void)k;
    return 1;
}

const struct kernels *kernels_pick(const char *want)
{
    for (size_t i = 0; i < RUNGS; i++)
        if ((!want || !strcmp(want, ladder[i].k->isa)) && ladder[i].usable() && (want || pays(ladder[i].k)))
            return ladder[i].k;
    return NULL;
}

const char *kernels_level(size_t i)
{
    return i < RUNGS ? ladder[i].k->isa : NULL;
}

static size_t weights_of(const struct conv_dims *d)
{
    return (size_t)d->co * (size_t)(d->ci / d->groups) * (size_t)(d->kh * d->kw);
}

size_t conv_sums(const struct conv_dims *d, int bf16)
{
    struct winograd_wgrad w;
    return !bf16 && winograd_wgrad_of(d, &w) ? winograd_wgrad_floats(&w) : weights_of(d) * LANES;
}

int conv_weight_band(const struct conv_dims *d, int bf16)
{
    struct winograd_wgrad w;
    return !bf16 && winograd_wgrad_of(d, &w) ? 2 * w.band : 1;
}

static size_t greater(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Floats of packed weights, and of scratch, of one direction by Winograd's method; 0 where it does not go so. */
static size_t packed_squares(const struct conv_dims *d, enum conv_way way)
{
    struct winograd w;
    size_t small = winograd_of(d, way, &w) ? winograd_weights(d->ci, d->co) : 0;
    return greater(small, winograd_large_of(d, way, &w) ? winograd_large_weights(d->ci, d->co) : 0);
}

static size_t squares_scratch(const struct conv_dims *d, enum conv_way way)
{
    struct winograd w;
    struct winograd_room room;
    struct winograd_large_room large_room;
    size_t small = winograd_of(d, way, &w) ? winograd_scratch(&w, &room) : 0;
    return greater(small, winograd_large_of(d, way, &w) ? winograd_large_scratch(&w, &large_room) : 0);
}

size_t conv_packed(const struct conv_dims *d)
{
    size_t squares = greater(packed_squares(d, CONV_FORWARD), packed_squares(d, CONV_BACKWARD_DATA));
    return greater(squares, weights_of(d));
}

size_t conv_rows_scratch(const struct conv_dims *d)
{
    return greater(squares_scratch(d, CONV_FORWARD), squares_scratch(d, CONV_BACKWARD_DATA));
}

int conv_row_step(const struct conv_dims *d, enum conv_way way, int bf16)
{
    struct winograd w;
    return !bf16 && winograd_large_of(d, way, &w) ? LARGE_STEP : 2;
}

size_t conv_weight_scratch(const struct conv_dims *d, int bf16)
{
    struct winograd_wgrad w;
    struct winograd_wgrad_room room;
    return !bf16 && winograd_wgrad_of(d, &w) ? winograd_wgrad_scratch(&w, &room) : 0;
}

/* Packed weights, tables of rows and what conv_rows wants, or lane sums: those of as many tiles as fit into CONV_SUMS,
 * or of the bias. */
size_t conv_scratch(const struct conv_dims *d, int blocks)
{
    (void)blocks;
    size_t tables = PAD16((size_t)(d->h + d->ho) * sizeof(float *) / sizeof(float));
    size_t rows = PAD16(conv_packed(d)) + tables + conv_rows_scratch(d);
    size_t sums = weights_of(d) * LANES, bias = (size_t)d->co * LANES;
    size_t winograd = conv_weight_scratch(d, 0) ? conv_sums(d, 0) + conv_weight_scratch(d, 0) : 0;
    if (sums > CONV_SUMS)
        sums = CONV_SUMS > bias ? CONV_SUMS : bias;
    if (sums < winograd)
        sums = winograd;
    return rows > sums + tables ? rows : sums + tables;
}

size_t conv_scratch_bf16(const struct conv_dims *d, int blocks)
{
    size_t x = (size_t)d->h * (size_t)d->ci * (size_t)d->w, dy = (size_t)d->ho * (size_t)d->co * (size_t)d->wo;
    return conv_scratch(d, blocks) + (size_t)blocks * (x + dy) * LANES;
}

size_t dense_scratch_bf16(int blocks, int in, int out)
{
    size_t i = (size_t)(in + 1) / 2, o = (size_t)(out + 1) / 2, b = (size_t)blocks * LANES;
    size_t forward = b * i + i * (size_t)out, backward = b * o + o * (size_t)in;
    size_t weights = dense_scratch(blocks, in, out) + b * (size_t)out / 2;
    size_t most = forward > backward ? forward : backward;
    return most > weights ? most : weights;
}

/* Eight arrays of a head, sums of its positions, two blocks of scores, two numbers for each query of a block. */
size_t attention_scratch(const struct attention *a)
{
    const size_t positions = (size_t)(a->rows * a->cols), scores = (size_t)ATTENTION_QUERIES * (ATTENTION_KEYS + 1);
    return (positions * (8 * (size_t)a->width + 1) + 2 * scores) * LANES;
}

size_t dense_scratch(int blocks, int in, int out)
{
    size_t columns = DENSE_STRIP * LANES, strip = ((size_t)blocks * LANES + (size_t)out) * columns;
    size_t chunk = DENSE_CHUNK * LANES * (PAD16(in) + DENSE_GROUP) + (size_t)out * LANES;
    size_t turned = blocks < DENSE_TURNED ? 0 : (size_t)in * (size_t)out;
    size_t most = strip > chunk || blocks <= DENSE_CHUNK / 2 ? strip : chunk;
    return most > turned ? most : turned;
}
