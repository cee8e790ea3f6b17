/* idx.c reads one file in the IDX format, plain or gzipped. */
#include "data/sources/idx.h"

#include "base/file.h"
#include "data/sources/packed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *idx_type_name(unsigned type)
{
    switch (type) {
    case 0x09:
        return "signed bytes";
    case 0x0b:
        return "16-bit integers";
    case 0x0c:
        return "32-bit integers";
    case 0x0d:
        return "floats";
    case 0x0e:
        return "doubles";
    }
    return "unknown";
}

static int check_magic(struct idx_file *f, const unsigned char m[4], int min_dims, int max_dims, struct err *e)
{
    char want[48];
    if (min_dims == max_dims)
        snprintf(want, sizeof want, "000008%02x", min_dims);
    else
        snprintf(want, sizeof want, "000008%02x to 000008%02x", min_dims, max_dims);
    if (m[0] || m[1])
        return err_set(e, ERR_DATA, "%s: starts with %02x%02x%02x%02x, expected the IDX magic %s", f->path, m[0], m[1],
                       m[2], m[3], want);
    if (m[2] != 8)
        return err_set(e, ERR_DATA, "%s: values of IDX type %02x (%s), expected 08 (unsigned bytes)", f->path, m[2],
                       idx_type_name(m[2]));
    if (m[3] < min_dims || m[3] > max_dims)
        return err_set(e, ERR_DATA, "%s: IDX with %d dimension%s, expected magic %s", f->path, m[3],
                       m[3] == 1 ? "" : "s", want);
    f->dims = m[3];
    return 0;
}

/* Nothing is multiplied before it is known to fit: record < 2^24, so that the count times it is below 2^56. */
static int check_dims(struct idx_file *f, const unsigned char *b, struct err *e)
{
    uint64_t record = 1;
    for (int i = 0; i < f->dims; i++) {
        const unsigned char *p = b + (size_t)i * 4;
        f->dim[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
        if (!f->dim[i])
            return err_set(e, ERR_DATA, "%s: dimension %d is 0, expected at least 1", f->path, i + 1);
        if (i)
            record *= f->dim[i];
        if (record > IDX_RECORD)
            return err_set(e, ERR_DATA, "%s: one sample has more than %d bytes, expected less", f->path, IDX_RECORD);
    }
    uint64_t bytes = record * f->dim[0];
    if (bytes > SIZE_MAX / 2)
        return err_set(e, ERR_DATA, "%s: its header asks for %llu bytes, more than fit in memory", f->path,
                       (unsigned long long)bytes);
    f->record = (size_t)record;
    f->bytes = (size_t)bytes;
    return 0;
}

/* Before memory is taken on the word of a header. */
static int check_size(struct idx_file *f, struct err *e)
{
    struct stat st;
    if (stat(f->path, &st))
        return err_set(e, ERR_IO, "%s: cannot read: %s", f->path, strerror(errno));
    unsigned long long size = (unsigned long long)st.st_size, want = 4 + 4 * (unsigned long long)f->dims + f->bytes;
    if (gzdirect(f->f) && size != want)
        return err_set(e, ERR_DATA, "%s: has %llu bytes, expected %llu by its header: %s", f->path, size, want,
                       size < want ? "it is cut off" : "something follows the data");
    if (!gzdirect(f->f) && size < want / DEFLATE_RATIO)
        return err_set(e, ERR_DATA, "%s: %llu bytes cannot hold the %llu of its header: it is cut off", f->path, size,
                       want);
    return 0;
}

static int read_header(struct idx_file *f, int min_dims, int max_dims, struct err *e)
{
    unsigned char b[4 + 4 * IDX_DIMS];
    size_t got, more;
    if (packed_read(f->f, f->path, b, 4, &got, e))
        return -1;
    if (got == 4) {
        if (check_magic(f, b, min_dims, max_dims, e) ||
            packed_read(f->f, f->path, b + 4, (size_t)f->dims * 4, &more, e))
            return -1;
        got += more;
    }
    if (got < 4 || got < 4 + (size_t)f->dims * 4)
        return err_set(e, ERR_DATA, "%s: is cut off after %zu bytes, expected an IDX header of %d", f->path, got,
                       got < 4 ? 4 + 4 * min_dims : 4 + 4 * f->dims);
    return check_dims(f, b + 4, e) || check_size(f, e) ? -1 : 0;
}

int idx_open(struct idx_file *f, const char *path, int min_dims, int max_dims, struct err *e)
{
    memset(f, 0, sizeof *f);
    f->path = path;
    f->f = file_open_gzip(path, e);
    if (!f->f)
        return -1;
    gzbuffer(f->f, 1 << 14); /* a plan, or a cached file, wants the header only, and this much is unpacked for it */
    if (read_header(f, min_dims, max_dims, e)) {
        idx_close(f);
        return -1;
    }
    return 0;
}

int idx_read(struct idx_file *f, unsigned char *to, struct err *e)
{
    size_t got, more;
    unsigned char extra;
    if (packed_read(f->f, f->path, to, f->bytes, &got, e))
        return -1;
    if (got < f->bytes)
        return err_set(e, ERR_DATA, "%s: is cut off: %zu bytes of data, expected %zu", f->path, got, f->bytes);
    if (packed_read(f->f, f->path, &extra, 1, &more, e)) /* also makes zlib compare the checksum */
        return -1;
    if (more)
        return err_set(e, ERR_DATA, "%s: goes on after the %zu bytes of data that its header announces", f->path,
                       f->bytes);
    return 0;
}

void idx_close(struct idx_file *f)
{
    if (f->f)
        gzclose(f->f);
    f->f = NULL;
}
