/* roof.c - loops that measure what a core can do at most at one level: multiply-adds, and bytes from memory. */
#include "kernels/probe.h"
#include "kernels/simd/simd.h"

#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)

/* Two units with a latency of four want eight sums that do not wait for each other; twelve still fit into the sixteen
 * registers of AVX2. */
#define CHAINS 12
#define REPEATS 8 /* of them a turn: what counts the turns wants a unit too */

static void add_up(const vk *sum, int n, float *out)
{
    _Alignas(64) float part[VK];
    for (int i = 0; i < LANES; i++)
        out[i] = 0;
    for (int c = 0; c < n; c++) {
        vk_store(part, sum[c]);
        for (int i = 0; i < VK; i++)
            out[i] += part[i];
    }
}

static void fma_loop(size_t rounds, const float *seed, float *out)
{
    vk sum[CHAINS], a = vk_set1(seed[0]), b = vk_load(seed);
    UNROLL
    for (int c = 0; c < CHAINS; c++)
        sum[c] = vk_set1(seed[c]);
    for (size_t r = 0; r < rounds; r++) {
        UNROLL
        for (int i = 0; i < REPEATS; i++) {
            UNROLL
            for (int c = 0; c < CHAINS; c++)
                sum[c] = vk_fma(sum[c], a, b);
        }
    }
    add_up(sum, CHAINS, out);
}

#define WALK (PROBE_FLOATS / LANES)

static void read_loop(size_t n, const float *x, float *out)
{
    vk sum[WALK], one = vk_set1(1.0f);
    UNROLL
    for (int c = 0; c < WALK; c++)
        sum[c] = vk_set1(0.0f);
    for (const float *end = x + n; x < end; x += WALK * VK) {
        UNROLL
        for (int c = 0; c < WALK; c++)
            sum[c] = vk_fma(vk_load(x + c * VK), one, sum[c]);
    }
    add_up(sum, WALK, out);
}

const struct probe EXPORT(probe);
const struct probe EXPORT(probe) = {
    .isa = TEXT(ISA),
    .flop = 2.0 * REPEATS * CHAINS * VK,
    .fma = fma_loop,
    .read = read_loop,
};
