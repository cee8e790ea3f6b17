/* fingerprint.c takes fingerprints of files, so that changed ones are noticed. */
#include "data/sources/fingerprint.h"

#include "base/str.h"
#include "data/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define END 65536 /* bytes of the beginning and of the end */
#define PIECE 4096

static int hash_piece(uint64_t *h, int fd, int64_t from)
{
    unsigned char piece[PIECE];
    for (int64_t at = from; at < from + END;) {
        ssize_t n = pread(fd, piece, sizeof piece, at);
        if (n < 0)
            return -1;
        if (!n)
            break;
        *h = str_hash(*h, piece, (size_t)n);
        at += n;
    }
    return 0;
}

int file_fingerprint(uint64_t *h, const char *path, struct err *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC), bad = fd < 0 || fstat(fd, &st);
    if (!bad) {
        int64_t size = st.st_size;
        *h = str_hash(*h, &size, sizeof size);
        bad = hash_piece(h, fd, 0) || hash_piece(h, fd, size > END ? size - END : 0);
    }
    int why = errno;
    if (fd >= 0)
        close(fd);
    return bad ? err_set(e, ERR_IO, "%s: cannot read: %s", path, strerror(why)) : 0;
}

int fingerprint_add(uint64_t *h, const char *path, int verify, struct err *e)
{
    uint64_t content;
    if (file_fingerprint(h, path, e))
        return -1;
    if (verify == VERIFY_QUICK)
        return 0;
    if (cache_content(path, &content, e))
        return -1;
    *h = str_hash(*h, &content, sizeof content);
    return 0;
}
