/* protobuf.h - messages of Protocol Buffers, written field by field (protobuf.dev, "Encoding"): what ONNX wants of it.
 * A message inside of another is written by itself, then added as bytes. */
#ifndef MODEL_EXPORT_PROTOBUF_H
#define MODEL_EXPORT_PROTOBUF_H

#include "base/str.h"

#include <stdint.h>

void pb_whole(struct str *m, unsigned field, int64_t v); /* int32, int64, enum, bool */
void pb_float(struct str *m, unsigned field, float v);   /* fixed 32 bits */
void pb_bytes(struct str *m, unsigned field, const void *v, size_t n);
void pb_text(struct str *m, unsigned field, const char *text);
void pb_message(struct str *m, unsigned field, struct str *inner); /* which is released */

#endif
