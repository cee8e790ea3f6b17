/* hash_sum.c - the SHA-256 of a file, by libmd. */
#include "base/file.h"
#include "base/library.h"
#include "data/fetch/fetch.h"

#include <errno.h>
#include <sha2.h>
#include <string.h>
#include <unistd.h>

struct sum_functions {
    LIBRARY_POINTER(SHA256Init)
    LIBRARY_POINTER(SHA256Update)
    LIBRARY_POINTER(SHA256End)
};

static const struct library_function sum_rows[] = {{LIBRARY_ROW(sum_functions, SHA256Init)},
                                                   {LIBRARY_ROW(sum_functions, SHA256Update)},
                                                   {LIBRARY_ROW(sum_functions, SHA256End)},
                                                   {NULL, 0}};

int fetch_sha256(const char *path, char sum[65], struct err *e)
{
    static const char *const files[] = {"libmd.so.0", NULL};
    struct sum_functions md;
    SHA2_CTX state;
    unsigned char piece[1 << 13];
    ssize_t n;
    if (library_load(files, "libmd0", sum_rows, &md, e))
        return -1;
    int fd = file_open(path, e);
    if (fd < 0)
        return -1;
    md.SHA256Init(&state);
    while ((n = read(fd, piece, sizeof piece)) > 0)
        md.SHA256Update(&state, piece, (size_t)n);
    int why = errno;
    close(fd);
    md.SHA256End(&state, sum);
    return n < 0 ? err_set(e, ERR_IO, "%s: cannot read: %s", path, strerror(why)) : 0;
}
