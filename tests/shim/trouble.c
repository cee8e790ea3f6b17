/* trouble.c - a library that a test puts in front of the C library (LD_PRELOAD) to plan a mishap in one place of the
 * program. TROUBLE holds rules "CALL TEXT ACTION [COUNT]", separated by semicolons: the COUNTth time (default: the
 * first, 0: each time) that a process makes CALL (access, rename, write) on a path or bytes that hold TEXT (_ is a
 * blank), ACTION is done (crash, loop, kill, sleep: 1.1 seconds, log: a line in the file TROUBLE_LOG), and then the
 * call. */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define RULES 4

static struct rule {
    char call[16], text[128], action[16];
    int at;
    atomic_int seen;
} rule[RULES];
static int rules;

__attribute__((constructor)) static void read_rules(void)
{
    const char *p = getenv("TROUBLE");
    for (; p && *p && rules < RULES; p = strchr(p, ';'), p = p ? p + 1 : p) {
        struct rule *r = &rule[rules];
        r->at = 1;
        int n = sscanf(p, " %15[^; ] %127[^; ] %15[^; ] %d", r->call, r->text, r->action, &r->at);
        for (char *c = r->text; (c = strchr(c, '_'));)
            *c = ' ';
        rules += n >= 3;
    }
}

static ssize_t real_write(int fd, const void *bytes, size_t n)
{
    ssize_t (*next)(int, const void *, size_t);
    *(void **)&next = dlsym(RTLD_NEXT, "write");
    return next(fd, bytes, n);
}

static void log_call(const struct rule *r)
{
    const char *path = getenv("TROUBLE_LOG");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0666) : -1;
    if (fd >= 0 && (real_write(fd, r->call, strlen(r->call)) < 0 || real_write(fd, "\n", 1) < 0 || close(fd)))
        abort();
}

static void act(const struct rule *r)
{
    if (!strcmp(r->action, "crash")) {
        signal(SIGSEGV, SIG_DFL); /* also below a sanitizer */
        raise(SIGSEGV);
    } else if (!strcmp(r->action, "loop")) {
        for (volatile int i = 0;; i = !i)
            ;
    } else if (!strcmp(r->action, "kill")) {
        raise(SIGKILL);
    } else if (!strcmp(r->action, "sleep")) {
        nanosleep(&(struct timespec){1, 100000000}, NULL);
    } else if (!strcmp(r->action, "log")) {
        log_call(r);
    }
}

static void called(const char *call, const void *bytes, size_t n)
{
    for (struct rule *r = rule; r < rule + rules; r++)
        if (!strcmp(r->call, call) && memmem(bytes, n, r->text, strlen(r->text))) {
            int seen = 1 + atomic_fetch_add(&r->seen, 1);
            if (!r->at || seen == r->at)
                act(r);
        }
}

int access(const char *path, int mode)
{
    int (*next)(const char *, int);
    *(void **)&next = dlsym(RTLD_NEXT, "access");
    called("access", path, strlen(path));
    return next(path, mode);
}

int rename(const char *from, const char *to)
{
    int (*next)(const char *, const char *);
    *(void **)&next = dlsym(RTLD_NEXT, "rename");
    called("rename", to, strlen(to));
    return next(from, to);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
    called("write", bytes, n);
    return real_write(fd, bytes, n);
}
