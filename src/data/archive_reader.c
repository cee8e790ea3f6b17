/* archive_reader.c - reads the files of archives by libarchive, which is loaded when it is needed. */
#include "data/archive_reader.h"

#include "base/file.h"
#include "base/library.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct archive_functions {
    LIBRARY_POINTER(archive_read_new)
    LIBRARY_POINTER(archive_read_support_filter_gzip)
    LIBRARY_POINTER(archive_read_support_format_tar)
    LIBRARY_POINTER(archive_read_support_format_zip_seekable)
    LIBRARY_POINTER(archive_read_open_fd)
    LIBRARY_POINTER(archive_read_next_header)
    LIBRARY_POINTER(archive_entry_pathname)
    LIBRARY_POINTER(archive_entry_filetype)
    LIBRARY_POINTER(archive_read_data)
    LIBRARY_POINTER(archive_error_string)
    LIBRARY_POINTER(archive_read_free)
};
#define ROW(f)                                                                                                         \
    {                                                                                                                  \
        LIBRARY_ROW(archive_functions, f)                                                                              \
    }
static const struct library_function archive_rows[] = {ROW(archive_read_new),
                                                       ROW(archive_read_support_filter_gzip),
                                                       ROW(archive_read_support_format_tar),
                                                       ROW(archive_read_support_format_zip_seekable),
                                                       ROW(archive_read_open_fd),
                                                       ROW(archive_read_next_header),
                                                       ROW(archive_entry_pathname),
                                                       ROW(archive_entry_filetype),
                                                       ROW(archive_read_data),
                                                       ROW(archive_error_string),
                                                       ROW(archive_read_free),
                                                       {NULL, 0}};

struct archive_reader {
    struct archive_functions lib;
    const char *path;
    struct archive *archive;
    int fd;
};

#define READ_BYTES (1 << 16)

static int archive_failed(const struct archive_reader *a, struct err *e)
{
    const char *why = a->archive ? a->lib.archive_error_string(a->archive) : NULL;
    return err_set(e, a->archive ? ERR_DATA : ERR_NOMEM, "%s: is no sound archive: %s", a->path,
                   why ? why : "no memory to read it");
}

struct archive_reader *archive_reader_open(const char *path, struct err *e)
{
    static const char *const files[] = {"libarchive.so.13", NULL};
    struct archive_reader *a = calloc(1, sizeof *a);
    if (!a) {
        err_set(e, ERR_NOMEM, "%s: no memory to read it", path);
        return NULL;
    }
    a->path = path;
    a->fd = -1;
    int bad = library_load(files, "libarchive13", archive_rows, &a->lib, e) || (a->fd = file_open(path, e)) < 0;
    if (!bad) {
        a->archive = a->lib.archive_read_new();
        if (!a->archive || a->lib.archive_read_support_filter_gzip(a->archive) != ARCHIVE_OK ||
            a->lib.archive_read_support_format_tar(a->archive) != ARCHIVE_OK ||
            a->lib.archive_read_support_format_zip_seekable(a->archive) != ARCHIVE_OK ||
            a->lib.archive_read_open_fd(a->archive, a->fd, READ_BYTES) != ARCHIVE_OK)
            bad = archive_failed(a, e);
    }
    if (!bad)
        return a;
    archive_reader_close(a);
    return NULL;
}

void archive_reader_close(struct archive_reader *a)
{
    if (!a)
        return;
    if (a->archive)
        a->lib.archive_read_free(a->archive);
    if (a->fd >= 0)
        close(a->fd);
    free(a);
}

int archive_reader_next(struct archive_reader *a, const char **name, struct err *e)
{
    struct archive_entry *entry;
    int how;
    while ((how = a->lib.archive_read_next_header(a->archive, &entry)) == ARCHIVE_OK || how == ARCHIVE_WARN) {
        const char *path = a->lib.archive_entry_pathname(entry);
        if (!path || a->lib.archive_entry_filetype(entry) != AE_IFREG)
            continue;
        *name = !strncmp(path, "./", 2) ? path + 2 : path;
        return 1;
    }
    return how == ARCHIVE_EOF ? 0 : archive_failed(a, e);
}

int archive_reader_read(struct archive_reader *a, void *to, size_t n, size_t *got, struct err *e)
{
    for (*got = 0; *got < n;) {
        la_ssize_t more = a->lib.archive_read_data(a->archive, (char *)to + *got, n - *got);
        if (more < 0)
            return archive_failed(a, e);
        if (!more)
            return 0;
        *got += (size_t)more;
    }
    return 0;
}
