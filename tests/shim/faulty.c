/* faulty.c - a library for LD_PRELOAD that lets calls fail, so that tests see what a program makes of it. Counts begin
 * at main; programs that it starts are left alone. FAULTY_ALLOC=N    the N-th allocation fails, "N+": and all after it.
 * FAULTY_COUNT=FILE: their number, at exit. FAULTY_FOLDERS=N  fsync of a folder fails with the error of this number
 *   FAULTY_THREADS=N  no more than N threads at a time, the first included
 *   FAULTY_SYNCS=FILE a line for each fsync ("THREAD sync PATH") and rename ("THREAD rename PATH") */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
extern void *__libc_memalign(size_t align, size_t n);

static atomic_long allocations, threads = 1;
static long fail_at, most_threads, folder_error;
static int armed, fail_after;
static const char *count_file, *sync_file;

/* ---- memory ---- */

/* libomp, where it has no memory, waits for itself for ever while it says so: what it asks for itself is not counted.
 */
static int is_of_libomp(const void *caller)
{
    Dl_info at;
    return dladdr(caller, &at) && at.dli_fname && strstr(at.dli_fname, "/libomp");
}

static int fails(const void *caller)
{
    if (!armed || is_of_libomp(caller))
        return 0;
    long i = atomic_fetch_add(&allocations, 1) + 1;
    if (!fail_at || (fail_after ? i < fail_at : i != fail_at))
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t n)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(p, n);
}

void *aligned_alloc(size_t align, size_t n)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_memalign(align, n);
}

/* ---- threads ---- */

struct begun {
    void *(*routine)(void *);
    void *arg;
};

static void *counted(void *ctx)
{
    struct begun b = *(struct begun *)ctx;
    free(ctx);
    void *result = b.routine(b.arg);
    atomic_fetch_sub(&threads, 1);
    return result;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*routine)(void *), void *arg)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
        (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))dlsym(RTLD_NEXT, "pthread_create");
    struct begun *b = __libc_malloc(sizeof *b);
    if (!b || (atomic_fetch_add(&threads, 1) >= most_threads && most_threads)) {
        atomic_fetch_sub(&threads, 1);
        free(b);
        return EAGAIN;
    }
    *b = (struct begun){routine, arg};
    int bad = real(thread, attr, counted, b);
    if (bad) {
        atomic_fetch_sub(&threads, 1);
        free(b);
    }
    return bad;
}

/* ---- files ---- */

static void note(const char *what, const char *path)
{
    char line[4200];
    FILE *f = sync_file ? fopen(sync_file, "a") : NULL;
    if (!f)
        return;
    snprintf(line, sizeof line, "%d %s %s\n", (int)gettid(), what, path);
    fputs(line, f);
    fclose(f);
}

int fsync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    struct stat st;
    char link[64], path[4096] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof path - 1) > 0)
        note("sync", path);
    if (folder_error && !fstat(fd, &st) && S_ISDIR(st.st_mode)) {
        errno = (int)folder_error;
        return -1;
    }
    return real(fd);
}

int rename(const char *from, const char *to)
{
    int (*real)(const char *, const char *) = (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
    note("rename", to);
    return real(from, to);
}

/* ---- begin and end ---- */

static int (*real_main)(int argc, char **argv, char **env);

static void write_count(void)
{
    armed = 0;
    FILE *f = count_file ? fopen(count_file, "w") : NULL;
    if (f) {
        fprintf(f, "%ld\n", atomic_load(&allocations));
        fclose(f);
    }
}

static long number(const char *variable)
{
    const char *text = getenv(variable);
    fail_after |= text && !strcmp(variable, "FAULTY_ALLOC") && strchr(text, '+');
    return text ? strtol(text, NULL, 10) : 0;
}

static int begin(int argc, char **argv, char **env)
{
    fail_at = number("FAULTY_ALLOC");
    most_threads = number("FAULTY_THREADS");
    folder_error = number("FAULTY_FOLDERS");
    count_file = getenv("FAULTY_COUNT");
    sync_file = getenv("FAULTY_SYNCS");
    unsetenv("LD_PRELOAD");
    atexit(write_count);
    armed = fail_at || count_file;
    return real_main(argc, argv, env);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end)
{
    int (*real)(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void), void (*)(void), void *) =
        (int (*)(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void), void (*)(void),
                 void *))dlsym(RTLD_NEXT, "__libc_start_main");
    real_main = main;
    return real(begin, argc, argv, init, fini, rtld_fini, stack_end);
}
