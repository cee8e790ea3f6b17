/* shortcut.h - a way round a body without parameters, which only blocks make (nn/blocks/residual.c). */
#ifndef NN_LAYERS_SHORTCUT_H
#define NN_LAYERS_SHORTCUT_H

#include "nn/text/builder.h"

extern const struct layer_type layer_shortcut;

/* Appends the layer that takes every stride-th row, column and slice of node `in` and puts zeros after its channels, so
 * that there are `channels`, at least as many as the input has. 0 with *out, or -1 with b->e. */
int build_shortcut(struct builder *b, const int stride[NN_SIDES], int channels, const struct item *from, int in,
                   int *out);
/* What it puts out. */
struct shape shortcut_shape_of(struct shape x, const int stride[NN_SIDES], int channels);

#endif
