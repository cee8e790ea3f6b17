/* dense_block: what the body makes of its input is put after that input, along the channels; x N goes on with both, so
 * that every body sees the block's input and what all bodies before it made.
 *
 *     in ----> body 1 --> concat ----> body 2 --> concat -> out
 *       \-----------------/   \-----------------/
 */
#include "nn/layers/joins.h"
#include "nn/text/builder.h"

static int dense_block_emit(struct builder *b, const struct item *it, int in, int *out)
{
    int way[2] = {in, in};
    return build_body(b, it->body[0], in, &way[1]) || build_join(b, &join_concat, 1, it, way, 2, out) ? -1 : 0;
}

const struct block_type block_dense_block = {
    .name = "dense_block",
    .sig = "{ ... } x N",
    .help = "puts what the body makes of its input after that input, along the channels; with x N each body reads the "
            "input and the outputs of all bodies before it",
    .source = "Huang et al. 2017, arXiv:1608.06993",
    .least = 1,
    .most = 1,
    .emit = dense_block_emit,
};
