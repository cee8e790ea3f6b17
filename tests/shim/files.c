/* files.c - preloaded into the program (LD_PRELOAD), it writes down what is done to files, in order, and lets calls
 * fail:
 *
 *   SHIM_LOG=FILE            a line a call: OPERATION PATH [NEW PATH or first bytes]; operations are open, create,
 * write, sync, rename, unlink, truncate, lock. What stdio writes is not seen. SHIM_FAIL=OP:PART:K:NUM  the K-th call of
 * OP on a path that holds PART fails with errno NUM; "K+" also all later ones, "%K" every K-th SHIM_TICK=SECONDS each
 * look at the monotonic clock finds it so much later: everything takes long
 *
 * Not for programs with an address sanitizer, which wants to be the first library. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&(name)))real(#name))
static void *real(const char *name)
{
    void *f = dlsym(RTLD_NEXT, name);
    if (!f)
        abort();
    return f;
}

static const char *absolute(const char *path, char full[PATH_MAX])
{
    size_t n = 0;
    if (path[0] != '/' && getcwd(full, PATH_MAX / 2)) {
        n = strlen(full);
        full[n++] = '/';
    }
    snprintf(full + n, PATH_MAX - n, "%s", path);
    return full;
}

static const char *path_of(int fd, char full[PATH_MAX])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, full, PATH_MAX - 1);
    full[n > 0 ? n : 0] = 0;
    return full;
}

static void note(const char *op, const char *path, const char *more, size_t n)
{
    const char *to = getenv("SHIM_LOG");
    char line[2 * PATH_MAX + 64];
    if (!to)
        return;
    int kept = errno;
    int len = snprintf(line, sizeof line, "%s %s %.*s", op, path, (int)n, more);
    for (int i = 0; i < len; i++)
        if (line[i] == '\n')
            line[i] = ' ';
    line[len++] = '\n';
    int fd = (int)syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (syscall(SYS_write, fd, line, len) != len)
        abort();
    syscall(SYS_close, fd);
    errno = kept;
}

/* 1 when SHIM_FAIL wants this call to fail; errno is set then. */
static int fails(const char *op, const char *path)
{
    static atomic_int calls;
    const char *want = getenv("SHIM_FAIL");
    char kind[16], part[64], which[16];
    int number;
    if (!want || sscanf(want, "%15[^:]:%63[^:]:%15[^:]:%d", kind, part, which, &number) != 4 || strcmp(kind, op) ||
        !strstr(path, part))
        return 0;
    int call = ++calls, k = atoi(which + (which[0] == '%'));
    int hit = which[0] == '%' ? call % k == 0 : strchr(which, '+') ? call >= k : call == k;
    if (hit) {
        note("failed", path, op, strlen(op));
        errno = number;
    }
    return hit;
}

static int done(const char *op, const char *path, const char *more, size_t n)
{
    if (fails(op, path))
        return -1;
    note(op, path, more, n);
    return 0;
}

int open(const char *path, int flags, ...)
{
    char full[PATH_MAX];
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return done(flags & O_CREAT ? "create" : "open", absolute(path, full), "", 0) ? -1 : REAL(open)(path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    char full[PATH_MAX];
    return done(mode[0] == 'r' ? "open" : "create", absolute(path, full), "", 0) ? NULL : REAL(fopen)(path, mode);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
    char full[PATH_MAX];
    return done("write", path_of(fd, full), bytes, n < 40 ? n : 40) ? -1 : REAL(write)(fd, bytes, n);
}

int fsync(int fd)
{
    char full[PATH_MAX];
    return done("sync", path_of(fd, full), "", 0) ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    char full[PATH_MAX];
    return done("sync", path_of(fd, full), "", 0) ? -1 : REAL(fdatasync)(fd);
}

int rename(const char *from, const char *to)
{
    char full[PATH_MAX], new[PATH_MAX];
    absolute(to, new);
    return done("rename", absolute(from, full), new, strlen(new)) ? -1 : REAL(rename)(from, to);
}

int unlink(const char *path)
{
    char full[PATH_MAX];
    return done("unlink", absolute(path, full), "", 0) ? -1 : REAL(unlink)(path);
}

int ftruncate(int fd, off_t n)
{
    char full[PATH_MAX];
    return done("truncate", path_of(fd, full), "", 0) ? -1 : REAL(ftruncate)(fd, n);
}

int flock(int fd, int how)
{
    char full[PATH_MAX];
    return done("lock", path_of(fd, full), "", 0) ? -1 : REAL(flock)(fd, how);
}

int clock_gettime(clockid_t id, struct timespec *t)
{
    static atomic_long looks;
    const char *tick = getenv("SHIM_TICK");
    int bad = REAL(clock_gettime)(id, t);
    if (tick && id == CLOCK_MONOTONIC)
        t->tv_sec += atoi(tick) * ++looks;
    return bad;
}
