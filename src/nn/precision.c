/* precision.c - what numbers a network computes with, and the steps of single nodes with rounded operands. */
#include "nn/plan/plan.h"

#include <string.h>

// clang-format off
static const struct { const char *name, *help; } types[] = {
    { "fp32", "32 bits everywhere" },
    { "bf16", "convolutions and dense layers multiply numbers of 16 bits, summed up in 32; half the memory between them" },
};
const struct param nn_precision_params[] = {
    { .name = "precision", .type = P_CHOICE, .at = offsetof(struct nn_spec, precision),
      .preset = "fp32", .matters = MATTERS_UNLESS_PRESET, .word = nn_precision_name,
      .help = "of what convolutions and dense layers multiply; sums and weights have 32 bits" },
    { 0 },
};
// clang-format on
#define TYPES (sizeof types / sizeof *types)

const char *nn_precision_name(size_t i)
{
    return i < TYPES ? types[i].name : NULL;
}

const char *nn_precision_help(size_t i)
{
    return i < TYPES ? types[i].help : NULL;
}

#define NN_ROUNDED_INPUTS 2 /* most that a layer reads which multiplies */

/* What multiplies has its weights rounded. */
static int multiplies(unsigned rounds)
{
    return (rounds & ROUND_W) != 0;
}

static size_t own_scratch(const struct nn_node *nd, int blocks, unsigned rounds)
{
    return PAD16(nd->type->scratch ? nd->type->scratch(nd, blocks, multiplies(rounds)) : 0);
}

/* Of the weight that is another node's. */
static size_t tied_floats(const struct nn_node *nd)
{
    return nd->tied < 0 ? 0 : PAD16((size_t)nd->table_rows * (size_t)nd->table_width);
}

size_t rounded_scratch(const struct nn_node *nd, int blocks, unsigned rounds)
{
    size_t n = own_scratch(nd, blocks, rounds) + (rounds & ROUND_DY ? floats_of(nd->y, blocks) : 0);
    for (int k = 0; k < nd->nin && rounds & ROUND_X; k++)
        n += floats_of(nd->x[k], blocks);
    return n + (rounds & ROUND_W ? (nd->ntensors ? layer_tensor_floats(nd) : 0) + tied_floats(nd) : 0);
}

/* The rounded array, at *room, which moves on. */
static const float *rounded_operand(const struct kernels *k, size_t n, const float *x, float **room)
{
    float *y = *room;
    k->bf16_round(n, x, y);
    *room += n;
    return y;
}

/* The weights; biases as they are. */
static const float *rounded_weights(const struct kernels *k, const struct nn_node *nd, const float *w, float **room)
{
    float *y = *room;
    for (int i = 0; i < nd->ntensors; i++) {
        size_t at = nd->tensor[i].at - nd->tensor[0].at, n = PAD16(nd->tensor[i].n);
        if (nd->tensor[i].role == NN_WEIGHT)
            k->bf16_round(n, w + at, y + at);
        else
            memcpy(y + at, w + at, n * sizeof *y);
    }
    *room += layer_tensor_floats(nd);
    return y;
}

void rounded_run(const struct step *s, const struct nn_pass *p)
{
    struct layer_call c = s->call;
    const struct nn_node *nd = c.node;
    const struct kernels *k = c.kernels;
    float *room = c.scratch ? c.scratch + own_scratch(nd, p->blocks, s->rounds) : NULL;
    const float *x[NN_ROUNDED_INPUTS];
    c.pass = p;
    c.bf16 = multiplies(s->rounds);
    if (s->rounds & ROUND_X) {
        for (int i = 0; i < nd->nin; i++)
            x[i] = rounded_operand(k, floats_of(nd->x[i], p->blocks), c.x[i], &room);
        c.x = x;
    }
    if (s->rounds & ROUND_DY)
        c.dy = rounded_operand(k, floats_of(nd->y, p->blocks), c.dy, &room);
    if (s->rounds & ROUND_W && nd->ntensors)
        c.w = rounded_weights(k, nd, c.w, &room);
    if (s->rounds & ROUND_W && nd->tied >= 0)
        c.tied = rounded_operand(k, tied_floats(nd), c.tied, &room);
    s->run(&c);
    if (s->rounds & ROUND_Y)
        k->bf16_round(floats_of(nd->y, p->blocks), c.y, c.y);
}
