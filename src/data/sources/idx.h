/* idx.h - one file in the IDX format of MNIST, plain or gzipped: two zero bytes, a type, the number of dimensions, each
 * dimension as a big-endian 32-bit number, then the values. Only unsigned bytes (type 8) are read. */
#ifndef DATA_IDX_H
#define DATA_IDX_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#define IDX_DIMS 4
#define IDX_RECORD (1 << 24) /* most bytes of one record, that is of all dimensions but the first */

struct idx_file {
    gzFile f; /* NULL: closed */
    const char *path;
    int dims;
    uint32_t dim[IDX_DIMS]; /* each > 0 */
    size_t record, bytes;   /* of one sample, of all */
};

/* Opens and checks the header: magic, type, between min_dims and max_dims dimensions, none of them 0, and as far as it
 * can be told without reading on, that the file is as long as they say. `path` must outlive f. 0, or -1 with *e (f
 * closed). */
int idx_open(struct idx_file *f, const char *path, int min_dims, int max_dims, struct err *e);
/* Reads the values, to[f->bytes], and checks that the file ends behind them. */
int idx_read(struct idx_file *f, unsigned char *to, struct err *e);
void idx_close(struct idx_file *f);

#endif
