#include "mishap.h"

#include "base/arena.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static enum mishap failing;
static atomic_long calls, fail_at; /* fail_at 0: nothing is counted */

static int fails(enum mishap kind, int number)
{
    if (!fail_at || kind != failing || atomic_fetch_add(&calls, 1) + 1 != fail_at)
        return 0;
    errno = number;
    return 1;
}

/* CALL of the tested code -> __wrap_CALL here; __real_CALL is the one of the library. */
#define WRAP(kind, number, type, name, bad, parameters, ...)                                                           \
    type __real_##name parameters;                                                                                     \
    type __wrap_##name parameters;                                                                                     \
    type __wrap_##name parameters                                                                                      \
    {                                                                                                                  \
        return fails(kind, number) ? (bad) : __real_##name(__VA_ARGS__);                                               \
    }
#define MEMORY(type, name, parameters, ...) WRAP(MISHAP_MEMORY, ENOMEM, type, name, NULL, parameters, __VA_ARGS__)
#define FILES(name, parameters, ...) WRAP(MISHAP_FILES, EIO, int, name, -1, parameters, __VA_ARGS__)

MEMORY(void *, malloc, (size_t n), n)
MEMORY(void *, calloc, (size_t n, size_t size), n, size)
MEMORY(void *, realloc, (void *p, size_t n), p, n)
MEMORY(void *, aligned_alloc, (size_t align, size_t n), align, n)
MEMORY(char *, strdup, (const char *s), s)
MEMORY(char *, strndup, (const char *s, size_t n), s, n)

static int arena_fails(struct arena *a)
{
    int hit = fails(MISHAP_MEMORY, ENOMEM);
    a->failed |= hit; /* as arena.h promises */
    return hit;
}

#define ARENA(type, name, parameters, ...)                                                                             \
    type __real_##name parameters;                                                                                     \
    type __wrap_##name parameters;                                                                                     \
    type __wrap_##name parameters                                                                                      \
    {                                                                                                                  \
        return arena_fails(a) ? NULL : __real_##name(__VA_ARGS__);                                                     \
    }
ARENA(void *, arena_take, (struct arena * a, size_t n), a, n)
ARENA(char *, arena_str, (struct arena * a, const char *s), a, s)
ARENA(char *, arena_strn, (struct arena * a, const char *s, size_t n), a, s, n)

char *__wrap_arena_vfmt(struct arena *a, const char *fmt, va_list ap);
char *__wrap_arena_vfmt(struct arena *a, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *text = n < 0 || arena_fails(a) ? NULL : __real_arena_take(a, (size_t)n + 1);
    if (text)
        vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    return text;
}

char *__wrap_arena_fmt(struct arena *a, const char *fmt, ...);
char *__wrap_arena_fmt(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = __wrap_arena_vfmt(a, fmt, ap);
    va_end(ap);
    return text;
}

FILES(fstat, (int fd, struct stat *st), fd, st)
FILES(stat, (const char *path, struct stat *st), path, st)
FILES(lstat, (const char *path, struct stat *st), path, st)
FILES(ftruncate, (int fd, off_t n), fd, n)
FILES(rename, (const char *from, const char *to), from, to)
FILES(mkdir, (const char *path, mode_t mode), path, mode)
FILES(flock, (int fd, int how), fd, how)
FILES(fflush, (FILE * f), f)
FILES(fstatvfs, (int fd, struct statvfs *s), fd, s)
WRAP(MISHAP_FILES, EIO, FILE *, fopen, NULL, (const char *path, const char *mode), path, mode)
WRAP(MISHAP_FILES, EIO, ssize_t, read, -1, (int fd, void *to, size_t n), fd, to, n)
WRAP(MISHAP_FILES, EIO, ssize_t, pread, -1, (int fd, void *to, size_t n, off_t at), fd, to, n, at)
WRAP(MISHAP_FILES, ENOSPC, ssize_t, write, -1, (int fd, const void *from, size_t n), fd, from, n)
WRAP(MISHAP_FILES, EIO, void *, mmap, MAP_FAILED, (void *at, size_t n, int protect, int flags, int fd, off_t from), at,
     n, protect, flags, fd, from)
WRAP(MISHAP_FILES, EACCES, DIR *, opendir, NULL, (const char *path), path)
WRAP(MISHAP_FILES, EACCES, char *, realpath, NULL, (const char *path, char *to), path, to)

/* posix_spawn and what belongs to it return the error. */
#define SPAWN(name, number, parameters, ...) WRAP(MISHAP_CHILDREN, number, int, name, number, parameters, __VA_ARGS__)
SPAWN(posix_spawn_file_actions_init, ENOMEM, (posix_spawn_file_actions_t * a), a)
SPAWN(posix_spawnattr_init, ENOMEM, (posix_spawnattr_t * a), a)
SPAWN(posix_spawn_file_actions_addchdir_np, ENOMEM, (posix_spawn_file_actions_t * a, const char *path), a, path)
SPAWN(posix_spawn_file_actions_addopen, ENOMEM,
      (posix_spawn_file_actions_t * a, int fd, const char *path, int flags, mode_t mode), a, fd, path, flags, mode)
SPAWN(posix_spawn_file_actions_adddup2, ENOMEM, (posix_spawn_file_actions_t * a, int fd, int to), a, fd, to)
SPAWN(posix_spawnp, EAGAIN,
      (pid_t * pid, const char *file, const posix_spawn_file_actions_t *a, const posix_spawnattr_t *attr,
       char *const argv[], char *const env[]),
      pid, file, a, attr, argv, env)
#define CHILDREN(type, name, number, parameters, ...)                                                                  \
    WRAP(MISHAP_CHILDREN, number, type, name, -1, parameters, __VA_ARGS__)
CHILDREN(int, pipe2, EMFILE, (int *fd, int flags), fd, flags)
CHILDREN(int, poll, EINTR, (struct pollfd * p, nfds_t n, int timeout), p, n, timeout)
CHILDREN(int, socketpair, EMFILE, (int domain, int type, int protocol, int *fd), domain, type, protocol, fd)
CHILDREN(ssize_t, send, EINTR, (int fd, const void *bytes, size_t n, int flags), fd, bytes, n, flags)
CHILDREN(ssize_t, recv, EINTR, (int fd, void *bytes, size_t n, int flags), fd, bytes, n, flags)
WRAP(MISHAP_CHILDREN, EAGAIN, pid_t, fork, -1, (void), )
CHILDREN(pid_t, waitpid, EINTR, (pid_t pid, int *status, int options), pid, status, options)

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return fails(MISHAP_FILES, EACCES) ? -1 : __real_open(path, flags, mode);
}

/* No test loses its machine: nothing is waited for. */
#define SYNC(name)                                                                                                     \
    int __wrap_##name(int fd);                                                                                         \
    int __wrap_##name(int fd)                                                                                          \
    {                                                                                                                  \
        return fails(MISHAP_FILES, EIO) || fd < 0 ? -1 : 0;                                                            \
    }
SYNC(fsync)
SYNC(fdatasync)

/* The stream is closed all the same, as by the library. */
int __real_fclose(FILE *f);
int __wrap_fclose(FILE *f);
int __wrap_fclose(FILE *f)
{
    int bad = __real_fclose(f);
    return fails(MISHAP_FILES, EIO) ? EOF : bad;
}

void mishaps_are_over(void)
{
    fail_at = 0;
}

uint64_t result_of(uint64_t before, const void *bytes, size_t n)
{
    return str_hash(before ? before : STR_HASH, bytes, n);
}

static int run(const struct trying *t, enum mishap kind, long at, uint64_t *result, struct err *e)
{
    failing = kind;
    calls = 0;
    fail_at = at;
    int bad = t->run(t->ctx, result, e);
    fail_at = 0;
    return bad;
}

/* The call after the k-th of n that is to fail. */
static long next_call(long k, long n, long sample)
{
    return k + (k > sample && n / sample > 1 ? n / sample : 1);
}

size_t some_calls_fail(enum mishap kind, const struct trying *t, long sample)
{
    uint64_t right = 0, got = 0;
    struct err e = {0};
    size_t told = 0;
    if (run(t, kind, -1, &right, &e))
        fail_msg("%s, undisturbed: %s", t->what, e.text);
    long n = calls;
    for (long k = 1, last = 0; k <= n || calls >= last; last = k, k = next_call(k, n, sample)) {
        err_clear(&e);
        got = 0;
        int bad = run(t, kind, k, &got, &e);
        if (!bad != !e.code)
            fail_msg("%s, call %ld of %ld: %d with code %d, '%s'", t->what, k, n, bad, (int)e.code, e.text);
        if (bad && e.code != t->code)
            fail_msg("%s, call %ld of %ld: code %d, '%s'", t->what, k, n, (int)e.code, e.text);
        if (!bad && !t->tolerant && got != right)
            fail_msg("%s, call %ld of %ld failed, and nobody says that the result is another", t->what, k, n);
        told += bad != 0;
    }
    return told;
}

size_t each_call_fails(enum mishap kind, const struct trying *t)
{
    return some_calls_fail(kind, t, LONG_MAX);
}
