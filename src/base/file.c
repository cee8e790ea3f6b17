#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

const char *file_reason(int number)
{
    return number == EFBIG ? "a limit on the size of a file is reached (see ulimit -f)" : strerror(number);
}

static int io_error(struct err *e, const char *what, const char *path)
{
    return err_set(e, ERR_IO, "%s: cannot %s: %s", path, what, file_reason(errno));
}

/* zlib's messages start with the path, and so do ours. */
static const char *without_path(const char *text, const char *path)
{
    size_t n = strlen(path);
    return !strncmp(text, path, n) && !strncmp(text + n, ": ", 2) ? text + n + 2 : text;
}

char *file_read_head(const char *path, size_t most, size_t *n, struct err *e)
{
    struct stat st;
    if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
        err_set(e, ERR_IO, "%s: is a folder, expected a file", path);
        return NULL;
    }
    gzFile f = gzopen(path, "rb"); /* reads plain files as they are */
    if (!f) {
        io_error(e, "open", path);
        return NULL;
    }
    gzbuffer(f, 1 << 17);
    size_t cap = 1 << 16, used = 0;
    char *buf = malloc(cap + 1);
    int bad = 0; /* *e may hold an earlier error of the caller's */
    while (used < most) {
        if (buf && used == cap) {
            char *more = realloc(buf, 2 * cap + 1);
            if (!more)
                free(buf);
            buf = more;
            cap *= 2;
        }
        if (!buf) {
            bad = err_set(e, ERR_NOMEM, "%s: no memory for its content", path);
            break;
        }
        size_t end = cap < most ? cap : most, room = end - used < 1 << 30 ? end - used : 1 << 30;
        int got = gzread(f, buf + used, (unsigned)room);
        if (got <= 0) {
            int code;
            const char *why = gzerror(f, &code);
            if (got < 0 || (code != Z_OK && code != Z_STREAM_END))
                bad = err_set(e, code == Z_ERRNO ? ERR_IO : ERR_DATA, "%s: cannot read to its end: %s", path,
                              code == Z_ERRNO ? strerror(errno) : without_path(why, path));
            break;
        }
        used += (size_t)got;
    }
    if (gzclose(f) == Z_BUF_ERROR && !bad) /* the stream stops early */
        bad = err_set(e, ERR_DATA, "%s: the gzip stream is cut off", path);
    if (bad) {
        free(buf);
        return NULL;
    }
    buf[used] = 0;
    *n = used;
    return buf;
}

char *file_read(const char *path, size_t *n, struct err *e)
{
    return file_read_head(path, SIZE_MAX, n, e);
}

int publish_begin(struct publish *p, const char *path, struct err *e)
{
    p->f = NULL;
    p->tmp[0] = 0;
    if ((size_t)snprintf(p->path, sizeof p->path, "%s", path) >= sizeof p->path) {
        errno = ENAMETOOLONG;
        return io_error(e, "write", path);
    }
    snprintf(p->tmp, sizeof p->tmp, "%s.tmp", p->path);
    p->f = fopen(p->tmp, "wb");
    return p->f ? 0 : io_error(e, "create", p->tmp);
}

static void sync_folder(const char *path)
{
    char copy[4096];
    snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY);
    if (fd >= 0) { /* some file systems cannot: the rename has happened all the same */
        fsync(fd);
        close(fd);
    }
}

int publish_commit(struct publish *p, int sync, struct err *e)
{
    int bad = ferror(p->f) || fflush(p->f) || (sync && fsync(fileno(p->f)));
    int why = errno ? errno : EIO;
    if (fclose(p->f) && !bad) {
        bad = 1;
        why = errno;
    }
    p->f = NULL;
    if (!bad && rename(p->tmp, p->path)) {
        bad = 1;
        why = errno;
    }
    if (bad) {
        unlink(p->tmp);
        errno = why;
        return io_error(e, "write", p->path);
    }
    if (sync)
        sync_folder(p->path);
    return 0;
}

void publish_abort(struct publish *p)
{
    if (p->f)
        fclose(p->f);
    p->f = NULL;
    unlink(p->tmp);
}

int file_publish(const char *path, const void *bytes, size_t n, int sync, struct err *e)
{
    struct publish p;
    if (publish_begin(&p, path, e))
        return -1;
    if (n && fwrite(bytes, 1, n, p.f) != n) {
        io_error(e, "write", p.tmp);
        publish_abort(&p);
        return -1;
    }
    return publish_commit(&p, sync, e);
}

int file_mkdirs(const char *path, struct err *e)
{
    char buf[4096];
    if (!*path || strlen(path) >= sizeof buf) {
        errno = *path ? ENAMETOOLONG : ENOENT;
        return io_error(e, "create folder", path);
    }
    strcpy(buf, path);
    for (char *s = buf + 1;; s++)
        if (*s == '/' || !*s) {
            char c = *s;
            *s = 0;
            if (mkdir(buf, 0777) && errno != EEXIST)
                return io_error(e, "create folder", buf);
            *s = c;
            if (!c)
                break;
        }
    struct stat st;
    if (stat(buf, &st) || !S_ISDIR(st.st_mode)) {
        errno = ENOTDIR;
        return io_error(e, "create folder", buf);
    }
    return 0;
}

int file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

int file_write_all(int fd, const void *bytes, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = write(fd, (const char *)bytes + done, n - done);
        if (got < 0 && errno != EINTR)
            return errno;
        if (!got)
            return ENOSPC;
        done += got > 0 ? (size_t)got : 0;
    }
    return 0;
}
