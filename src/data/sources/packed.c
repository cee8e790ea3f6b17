/* packed.c reads bytes of data files, plain or gzipped. */
#include "data/sources/packed.h"

#include <errno.h>
#include <string.h>

static int unpacking_failed(gzFile f, const char *path, struct err *e)
{
    int code;
    const char *why = gzerror(f, &code);
    if (code == Z_MEM_ERROR)
        return err_set(e, ERR_NOMEM, "%s: no memory to unpack it", path);
    if (code == Z_BUF_ERROR)
        return err_set(e, ERR_DATA, "%s: the gzip stream is cut off", path);
    if (code == Z_ERRNO)
        return err_set(e, ERR_IO, "%s: cannot read: %s", path, strerror(errno));
    return err_set(e, ERR_DATA, "%s: the gzip stream is damaged: %s", path, why);
}

int packed_read(gzFile f, const char *path, void *to, size_t n, size_t *got, struct err *e)
{
    *got = 0;
    while (*got < n) {
        size_t rest = n - *got;
        int now = gzread(f, (unsigned char *)to + *got, (unsigned)(rest < 1 << 30 ? rest : 1 << 30));
        if (now > 0)
            *got += (size_t)now;
        int code;
        gzerror(f, &code); /* a stream that is cut off gives its last bytes first */
        if (now < 0 || code < 0)
            return unpacking_failed(f, path, e);
        if (now == 0)
            break;
    }
    return 0;
}
