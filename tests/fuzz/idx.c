/* A file in IDX format, plain or gzipped: its values, or an error that names it. Also as any file is read. */
#include "fuzz.h"

#include "base/file.h"
#include "data/sources/idx.h"

#include <string.h>

static void as_idx(const char *path, int least, int most)
{
    struct idx_file f;
    struct err e = {0};
    if (idx_open(&f, path, least, most, &e)) {
        PROMISE(e.code && strstr(e.text, path) && !f.f);
        return;
    }
    PROMISE(f.dims >= least && f.dims <= most && f.bytes % f.record == 0 && f.bytes / f.record == f.dim[0]);
    unsigned char *to = malloc(f.bytes); /* no more than a file of this size can hold */
    PROMISE(to);
    PROMISE(!idx_read(&f, to, &e) == !e.code);
    free(to);
    idx_close(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const char *path = fuzz_file(bytes, n);
    struct err e = {0};
    size_t got;
    as_idx(path, 1, 1);
    as_idx(path, 3, 4);
    char *whole = file_read(path, &got, &e);
    PROMISE(!whole == !!e.code && (!whole || !whole[got]));
    free(whole);
    return 0;
}
