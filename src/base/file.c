/* file.c - reads files whole and writes them so that a reader sees the old one or the new one, never a part. */
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

static int file_error(struct err *e, const char *what, const char *path)
{
    return err_set(e, errno == ENOMEM ? ERR_NOMEM : ERR_IO, "%s: cannot %s: %s", path, what, file_reason(errno));
}

/* Returns zlib's message without the path that it starts with; our own messages name it. */
static const char *without_path(const char *text, const char *path)
{
    size_t n = strlen(path);
    return !strncmp(text, path, n) && !strncmp(text + n, ": ", 2) ? text + n + 2 : text;
}

/* Says whether a pipe without a name, as of a shell's <(command), has somebody who writes. */
static int has_writer(int fd)
{
    char link[32], to[8] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return readlink(link, to, 5) == 5 && !memcmp(to, "pipe:", 5);
}

int file_open(const char *path, struct err *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* of a FIFO: does not wait for somebody who writes */
    if (fd < 0)
        return file_error(e, "open", path);
    if (fstat(fd, &st) || S_ISDIR(st.st_mode) || (S_ISFIFO(st.st_mode) && !has_writer(fd))) {
        close(fd);
        return err_set(e, ERR_IO, "%s: is a %s, expected a file", path,
                       S_ISDIR(st.st_mode) ? "folder" : "named pipe (FIFO)");
    }
    fcntl(fd, F_SETFL, O_RDONLY); /* the bytes of a pipe are waited for */
    return fd;
}

gzFile file_open_gzip(const char *path, struct err *e)
{
    int fd = file_open(path, e);
    gzFile f = fd < 0 ? NULL : gzdopen(fd, "rb"); /* reads plain files as they are */
    if (fd >= 0 && !f) {
        close(fd);
        err_set(e, ERR_NOMEM, "%s: no memory to read it", path);
    }
    return f;
}

enum err_code file_gzip_code(int code)
{
    return code == Z_ERRNO ? ERR_IO : code == Z_MEM_ERROR ? ERR_NOMEM : ERR_DATA;
}

/* Looks why nothing more came from f: 0 at its end, -1 with *e. */
static int gzip_end(gzFile f, int got, const char *path, struct err *e)
{
    int code;
    const char *why = gzerror(f, &code);
    if (got >= 0 && (code == Z_OK || code == Z_STREAM_END))
        return 0;
    return err_set(e, file_gzip_code(code), "%s: cannot read to its end: %s", path,
                   code == Z_ERRNO ? strerror(errno) : without_path(why, path));
}

/* Closes f. 0, or -1 with *e, which is there already where bad is. */
static int gzip_close(gzFile f, int bad, const char *path, struct err *e)
{
    if (gzclose(f) == Z_BUF_ERROR && !bad) /* the stream stops early */
        return err_set(e, ERR_DATA, "%s: the gzip stream is cut off", path);
    return bad;
}

int file_each_piece(const char *path, int (*see)(void *ctx, const char *bytes, size_t n), void *ctx, struct err *e)
{
    char bytes[FILE_PIECE];
    gzFile f = file_open_gzip(path, e);
    int bad = 0, got = 0;
    if (!f)
        return -1;
    while (!bad && (got = gzread(f, bytes, sizeof bytes)) > 0)
        bad = see(ctx, bytes, (size_t)got);
    return gzip_close(f, bad || gzip_end(f, got, path, e), path, e) ? -1 : 0;
}

char *file_read_head(const char *path, size_t most, size_t *n, struct err *e)
{
    gzFile f = file_open_gzip(path, e);
    if (!f)
        return NULL;
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
            bad = gzip_end(f, got, path, e);
            break;
        }
        used += (size_t)got;
    }
    if (gzip_close(f, bad, path, e)) {
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
        return file_error(e, "write", path);
    }
    snprintf(p->tmp, sizeof p->tmp, "%s.tmp", p->path);
    p->f = fopen(p->tmp, "wb");
    return p->f ? 0 : file_error(e, "create", p->tmp);
}

/* Syncs the folder that holds `path`: until it is on the disk, a file's new name may be lost. 0, or errno. */
static int sync_folder(const char *path)
{
    char copy[4104];
    snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES ? 0 : errno; /* may be written and not read: nobody can sync it */
    int why = fsync(fd) ? errno : 0;
    close(fd);
    return why == EINVAL || why == ENOTSUP ? 0 : why; /* a file system that has no such thing */
}

/* Ends every publishing: renames tmp to path, or removes it. `why` is 0, or the errno of what went wrong before. */
static int put_in_place(const char *tmp, const char *path, int why, int sync, struct err *e)
{
    if (!why && rename(tmp, path))
        why = errno;
    if (why)
        unlink(tmp);
    else if (sync)
        why = sync_folder(path);
    errno = why;
    return why ? file_error(e, "write", path) : 0;
}

/* 0, or errno. */
static int sync_content(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int why = fd < 0 || fsync(fd) ? errno : 0;
    if (fd >= 0)
        close(fd);
    return why;
}

int file_sync(const char *path, struct err *e)
{
    int why = sync_content(path);
    errno = why ? why : sync_folder(path);
    return errno ? file_error(e, "write", path) : 0;
}

int file_rename(const char *tmp, const char *path, int sync, struct err *e)
{
    return put_in_place(tmp, path, sync ? sync_content(tmp) : 0, sync, e);
}

int publish_commit(struct publish *p, int sync, struct err *e)
{
    int bad = ferror(p->f) || fflush(p->f) || (sync && fsync(fileno(p->f)));
    int why = !bad ? 0 : errno ? errno : EIO;
    if (fclose(p->f) && !bad)
        why = errno;
    p->f = NULL;
    return put_in_place(p->tmp, p->path, why, sync, e);
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
        file_error(e, "write", p.tmp);
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
        return file_error(e, "create folder", path);
    }
    strcpy(buf, path);
    for (char *s = buf + 1;; s++)
        if (*s == '/' || !*s) {
            char c = *s;
            *s = 0;
            int made = !mkdir(buf, 0777);
            if ((!made && errno != EEXIST) || (made && (errno = sync_folder(buf))))
                return file_error(e, "create folder", buf);
            *s = c;
            if (!c)
                break;
        }
    struct stat st;
    if (stat(buf, &st) || !S_ISDIR(st.st_mode)) {
        errno = ENOTDIR;
        return file_error(e, "create folder", buf);
    }
    return 0;
}

int file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Writes at a place of the file, or, `at` < 0, where the descriptor stands. */
static int write_on(int fd, const char *bytes, size_t n, off_t at)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = at < 0 ? write(fd, bytes + done, n - done) : pwrite(fd, bytes + done, n - done, at + (off_t)done);
        if (got < 0 && errno != EINTR)
            return errno;
        if (!got)
            return ENOSPC;
        done += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

int file_write_all(int fd, const void *bytes, size_t n)
{
    return write_on(fd, bytes, n, -1);
}

int file_write_at(int fd, const void *bytes, size_t n, uint64_t at)
{
    return write_on(fd, bytes, n, (off_t)at);
}
