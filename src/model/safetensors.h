/* safetensors.h - files of named tensors, as Hugging Face's safetensors has them: 8 bytes, the length of the header
 * (little endian); the header, a JSON object {"NAME": {"dtype": "F32", "shape": [16, 1, 3, 3], "data_offsets": [0,
 * 576]},
 * ..., "__metadata__": {"KEY": "TEXT", ...}}; then the bytes of the tensors, one after the other in row-major order.
 *
 * A file may come from anywhere. It is refused, with what was expected, where its header is longer than the file or
 * than 100 MB, is not such an object, has a name twice, a name with control characters or of more than 255 bytes, an
 * unknown dtype, a shape whose size does not fit the bytes that it is given, or where tensors overlap, leave a gap, or
 * do not fill the file to its end. */
#ifndef MODEL_SAFETENSORS_H
#define MODEL_SAFETENSORS_H

#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define TENSOR_DIMS 8
#define TENSOR_NAME 255                      /* most bytes of a name */
#define TENSORS_HEADER ((uint64_t)100000000) /* most bytes of a header */

struct stored_tensor {
    const char *name, *dtype;
    int rank;
    uint64_t dim[TENSOR_DIMS];
    size_t n; /* numbers */
    const unsigned char *bytes;
};
struct stored_text {
    const char *key, *text;
};
struct tensors_file {
    const char *path; /* the caller's, which outlives it */
    unsigned char *bytes;
    size_t size;                  /* of the file */
    struct stored_tensor *tensor; /* in the order of their bytes */
    size_t n;
    struct stored_text *text; /* the metadata, in the order of the file */
    size_t texts;
    struct arena mem;
};

/* Reads and checks the file. 0, or -1 with *e, which names it; tensors_close it either way. */
int tensors_open(struct tensors_file *f, const char *path, struct err *e);
void tensors_close(struct tensors_file *f);
/* NULL: there is none of that name. */
const struct stored_tensor *tensors_find(const struct tensors_file *f, const char *name);
const char *tensors_text(const struct tensors_file *f, const char *key);
/* Its numbers as floats, to[t->n], from F32, F64, F16 or BF16. 0, or -1 with *e: it has others. */
int tensor_floats(const struct tensors_file *f, const struct stored_tensor *t, float *to, struct err *e);
/* "16x1x3x3"; returns buf. */
char *tensor_shape_text(int rank, const uint64_t *dim, char *buf, size_t n);

/* What is written: float32 numbers v[n] with their shape. */
struct new_tensor {
    const char *name;
    int rank;
    uint64_t dim[TENSOR_DIMS];
    size_t n;
    const float *v;
};
/* Adds the bytes of a file of these tensors and texts. As tensors_write. */
struct str;
int tensors_bytes(struct str *out, const struct new_tensor *tensor, size_t n, const struct stored_text *text,
                  size_t texts, struct err *e);
/* Publishes a file of these tensors and texts, in this order: the same bytes for the same content. Texts that are NULL
 * are left out. `sync` as publish_commit. 0, or -1 with *e. */
int tensors_write(const char *path, const struct new_tensor *tensor, size_t n, const struct stored_text *text,
                  size_t texts, int sync, struct err *e);

#endif
