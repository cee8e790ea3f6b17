/* target: what comes before it is the encoder, which reads the first text of a pair; what comes after it is the
 * decoder, which reads the second text and, by `attention cross` or a recurrent layer with `start`, what the encoder
 * puts out.
 *
 *     source ----> encoder ------.
 *     target ----> ... attention cross ... ----> out
 */
#include "nn/layers/sides.h"

static int target_emit(struct builder *b, const struct item *it, int in, int *out)
{
    if (!b->g->target)
        return build_word_error(b, it, "the data has no pairs of texts, and so no second one to read; leave it out");
    if (b->target)
        return build_word_error(b, it, "is there already, in block %d; a network has one decoder", b->target->line);
    if (b->level)
        return build_word_error(b, it, "divides the whole network; write it outside of branches and residuals");
    b->target = it;
    b->encoder = in;
    return build_side(b, it, 1, out);
}

const struct block_type block_target = {
    .name = "target",
    .sig = "...",
    .help = "ends the encoder, which reads the source of a pair of texts: what follows reads the target as far as it "
            "is known",
    .source = "Sutskever et al. 2014, arXiv:1409.3215",
    .emit = target_emit,
};
