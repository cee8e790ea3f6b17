/* shortcut.h - a way round a body without parameters, which only blocks make (nn/blocks/residual.c). */
#ifndef NN_LAYERS_SHORTCUT_H
#define NN_LAYERS_SHORTCUT_H

#include "nn/text/builder.h"

extern const struct layer_type layer_shortcut;

/* Appends the layer that takes every stride-th row and column of node `in` and puts zeros after its channels, so that
 * there are `channels`, at least as many as the input has. 0 with *out, or -1 with b->e. */
int build_shortcut(struct builder *b, const int stride[2], int channels, const struct item *from, int in, int *out);

#endif
