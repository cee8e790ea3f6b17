/* onnx_export.h - a network as ONNX: what the frame and the layers share. Private to model/export. */
#ifndef MODEL_EXPORT_ONNX_EXPORT_H
#define MODEL_EXPORT_ONNX_EXPORT_H

#include "model/export/export.h"
#include "model/export/protobuf.h"

struct onnx_writer {
    const struct model *m;
    struct str nodes, tensors; /* fields of the graph */
    struct arena mem;
    int names; /* values that have been named so far */
};
struct onnx_layer {
    const char *name;
    /* Adds what makes the value `y` of the node's inputs x[nin], all names. 0, or -1 with *e. */
    int (*emit)(struct onnx_writer *w, const struct nn_node *nd, const char *const *x, const char *y, struct err *e);
};
extern const struct onnx_layer onnx_layers[]; /* ends with name NULL */

/* A new name for a value. */
const char *onnx_name(struct onnx_writer *w);
/* Attributes of a node, which follow each other: written as they are named. */
struct onnx_attributes {
    struct str s;
};
void onnx_int(struct onnx_attributes *a, const char *name, int64_t v);
void onnx_float(struct onnx_attributes *a, const char *name, float v);
void onnx_text(struct onnx_attributes *a, const char *name, const char *v);
void onnx_texts(struct onnx_attributes *a, const char *name, const char *v, int n); /* n times the same */
void onnx_ints(struct onnx_attributes *a, const char *name, const int *v, int n);
/* The node `op` that makes y of x[n] ("" leaves an input out), with these attributes (NULL: none), which are released.
 * Returns y; y NULL: a new name. */
const char *onnx_node(struct onnx_writer *w, const char *op, const char *const *x, int n, const char *y,
                      struct onnx_attributes *a);
/* The same of a node whose second output alone is wanted. */
const char *onnx_second(struct onnx_writer *w, const char *op, const char *const *x, int n, struct onnx_attributes *a);
/* The same of one input, and of two. */
const char *onnx_of(struct onnx_writer *w, const char *op, const char *x, const char *y);
const char *onnx_of_two(struct onnx_writer *w, const char *op, const char *x1, const char *x2, const char *y);
/* Constants, under new names: floats v[product of dims], or whole numbers v[n] in one dimension. */
const char *onnx_floats(struct onnx_writer *w, const float *v, const int *dim, int rank);
const char *onnx_wholes(struct onnx_writer *w, const int64_t *v, int n);
/* x with the shape [batch, s]; of rank 2 to 5. */
const char *onnx_reshape(struct onnx_writer *w, const char *x, struct shape s, const char *y);

#endif
