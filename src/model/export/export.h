/* export.h - a model in the words of other programs. A format is a file model/export/NAME_export.c that ends in a row,
 * listed in formats.c. What a layer becomes is a row of the format's table of layers; a layer without one is refused by
 * its name. */
#ifndef MODEL_EXPORT_EXPORT_H
#define MODEL_EXPORT_EXPORT_H

#include "base/str.h"
#include "model/model.h"
#include "nn/layer.h"

struct export_format {
    const char *name, *suffix, *help; /* "c", ".c", a sentence */
    /* Adds the bytes of the file to *out; `name` is a word that may stand in it. 0, or -1 with *e. */
    int (*make)(const struct model *m, const char *name, struct str *out, struct err *e);
};
extern const struct export_format export_safetensors, export_c, export_onnx;
extern const struct export_format *const export_formats[]; /* NULL-terminated */
const char *export_format_name(size_t i);                  /* NULL after the last */

/* For the formats. */

/* The value of a word of a layer ("heads", "eps"), of any type that is one number; of a pair or an extent the number
 * along rows, columns or slices (side 0, 1, 2). The layer has such a word. */
double export_word(const struct nn_node *nd, const char *word);
int export_side(const struct nn_node *nd, const char *word, int side);
/* The numbers of a tensor of a node, in the order in which files have them: the i-th, or of the buffers. In `a`; NULL
 * without memory. */
const float *export_tensor(const struct model *m, const struct nn_node *nd, int i, struct arena *a);
const float *export_buffer(const struct model *m, const struct nn_node *nd, int i);
/* Of a batchnorm outside training: y = scale[c] x + shift[c], as the engine computes it. 0, or -1 without memory. */
int export_batchnorm(const struct model *m, const struct nn_node *nd, float **scale, float **shift, struct arena *a);
/* Whether the node changes nothing but, perhaps, the shape of what it reads, in the order channel, row, column. */
int export_is_identity(const struct nn_node *nd);
/* The row of the node's layer in a table of names that ends with NULL (struct { const char *name; ... }, `size` bytes
 * each); "join NAME" for layers that join. NULL with *e: there is none, or it is of a volume and the format has none.
 */
const void *export_row(const struct nn_node *nd, const void *table, size_t size, const char *format, int volumes,
                       struct err *e);
/* What is said of a layer that cannot be exported. Returns -1. */
int export_refuse(const struct nn_node *nd, const char *format, const char *why, struct err *e);
/* The geometry of a pooling, however it is written. 0, or -1 with *e: its windows have different sizes. */
int export_pool(const struct nn_node *nd, struct pool_dims *d, struct err *e);
/* Stride of a shortcut (the way round of `residual pad`). */
void export_shortcut(const struct nn_node *nd, int stride[2]);

#endif
