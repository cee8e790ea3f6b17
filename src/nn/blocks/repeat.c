/* repeat: { ... } x N, the sequence N times in a row. */
#include "nn/text/builder.h"

static int repeat_emit(struct builder *b, const struct item *it, int in, int *out)
{
    return it->nbodies ? build_sequence(b, it->body[0], in, out) : 0;
}

const struct block_type block_repeat = {
    .name = "",
    .sig = "{ ... } x N",
    .help = "the layers N times in a row; x 0 is nothing",
    .source = "",
    .least = 1,
    .most = 1,
    .emit = repeat_emit,
};
