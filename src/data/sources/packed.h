/* packed.h - bytes of data files, plain or gzipped. */
#ifndef DATA_SOURCES_PACKED_H
#define DATA_SOURCES_PACKED_H

#include "base/err.h"

#include <stddef.h>
#include <zlib.h>

#define DEFLATE_RATIO 1032 /* no deflate stream expands further (zlib's technical notes) */

/* Reads up to n bytes of f, which was opened from `path`; *got is less at the end of the file only. 0, or -1 with *e,
 * which names the file: it cannot be read, or its gzip stream is cut off or damaged. */
int packed_read(gzFile f, const char *path, void *to, size_t n, size_t *got, struct err *e);

#endif
