/* sides.h - the two texts of a pair, which lie one after the other in the network's input: the source, whose ids the
 * encoder reads, and the target, shifted by one, which the decoder reads. Private to nn. */
#ifndef NN_LAYERS_SIDES_H
#define NN_LAYERS_SIDES_H

#include "nn/text/builder.h"

/* Appends what reads the source (side 0) or the target (1), at the place of `from`. As build_node. */
int build_side(struct builder *b, const struct item *from, int side, int *out);

#endif
