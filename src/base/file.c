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

/* A file that is read whole: through zlib where it is packed, and without it where it is plain, as most are small. */
struct whole_file {
    const char *path;
    int fd;
    gzFile packed; /* NULL: it is plain */
    size_t size;   /* as far as known */
};

/* Whether it may be packed: its first bytes say so, or cannot be seen without taking them away. */
static int may_be_packed(int fd, const struct stat *st)
{
    unsigned char head[2];
    return !S_ISREG(st->st_mode) ||
           (pread(fd, head, sizeof head, 0) == sizeof head && head[0] == 0x1f && head[1] == 0x8b);
}

static int whole_open(struct whole_file *f, const char *path, struct err *e)
{
    struct stat st;
    *f = (struct whole_file){.path = path, .fd = file_open(path, e)};
    if (f->fd < 0)
        return -1;
    if (!fstat(f->fd, &st) && !may_be_packed(f->fd, &st)) {
        f->size = st.st_size > 0 ? (size_t)st.st_size : 0;
        return 0;
    }
    f->packed = gzdopen(f->fd, "rb"); /* reads plain files as they are */
    if (f->packed) {
        gzbuffer(f->packed, 1 << 17);
        return 0;
    }
    close(f->fd);
    return err_set(e, ERR_NOMEM, "%s: no memory to read it", path);
}

/* Bytes into to[n]: how many, 0 at the end, -1 with *e. */
static ssize_t whole_read(struct whole_file *f, char *to, size_t n, struct err *e)
{
    ssize_t got;
    n = n < 1 << 30 ? n : 1 << 30;
    if (f->packed) {
        got = gzread(f->packed, to, (unsigned)n);
        return got > 0 ? got : gzip_end(f->packed, (int)got, f->path, e);
    }
    do
        got = read(f->fd, to, n);
    while (got < 0 && errno == EINTR);
    return got >= 0 ? got : err_set(e, ERR_IO, "%s: cannot read to its end: %s", f->path, strerror(errno));
}

static int whole_close(struct whole_file *f, int bad, struct err *e)
{
    if (f->packed)
        return gzip_close(f->packed, bad, f->path, e);
    close(f->fd);
    return bad;
}

char *file_read_head(const char *path, size_t most, size_t *n, struct err *e)
{
    struct whole_file f;
    if (whole_open(&f, path, e))
        return NULL;
    size_t cap = f.packed ? 1 << 16 : f.size < most ? f.size + 1 : most, used = 0; /* + 1: to see the end */
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
        const ssize_t got = whole_read(&f, buf + used, (cap < most ? cap : most) - used, e);
        if (got <= 0) {
            bad = (int)got;
            break;
        }
        used += (size_t)got;
    }
    if (whole_close(&f, bad, e)) {
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
