/* apart.c forks the keepers of workers, and attempts at trials from them. */
#include "orchestrate/apart.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef SWEEP_COVERAGE
void __gcov_dump(void);
#endif

_Noreturn void apart_leave(int status)
{
#ifdef SWEEP_COVERAGE
    __gcov_dump(); /* what this process has reached counts, too */
#endif
    _exit(status);
}

int apart_send(int fd, const void *bytes, size_t n)
{
    ssize_t got;
    while ((got = send(fd, bytes, n, MSG_NOSIGNAL)) < 0 && errno == EINTR)
        ;
    return got == (ssize_t)n ? 0 : -1;
}

int apart_receive(int fd, void *bytes, size_t n)
{
    ssize_t got;
    while ((got = recv(fd, bytes, n, 0)) < 0 && errno == EINTR)
        ;
    return got == (ssize_t)n ? 0 : -1;
}

void apart_limit(double seconds)
{
    double whole = floor(seconds);
    struct itimerval t = {.it_value = {(time_t)whole, (suseconds_t)((seconds - whole) * 1e6)}};
    if (seconds < 0.001)
        t.it_value = (struct timeval){0, 1000};
    signal(SIGALRM, SIG_DFL);
    setitimer(ITIMER_REAL, &t, NULL);
}

/* Dies with its parent, even when that is gone already. */
static void belong_to(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        apart_leave(1);
}

/* An attempt, from its beginning to its end. */
static void attempt_and_wait(struct apart *a, int number, const struct apart_request *q, apart_attempt *attempt,
                             void *ctx)
{
    struct apart_message end = {.kind = APART_END};
    pid_t keeper = getpid(), pid = fork();
    if (!pid) {
        belong_to(keeper);
        attempt(ctx, number, q);
        apart_leave(0);
    }
    if (pid < 0)
        err_set(&end.err, ERR_NOMEM, "no process for this trial: %s", strerror(errno));
    while (pid > 0 && waitpid(pid, &end.status, 0) < 0 && errno == EINTR)
        ;
    if (apart_send(a[number].fd, &end, sizeof end))
        apart_leave(0);
}

static void keep(struct apart *a, int number, apart_attempt *attempt, void *ctx)
{
    struct apart_request q;
    while (!apart_receive(a[number].fd, &q, sizeof q))
        attempt_and_wait(a, number, &q, attempt, ctx);
    apart_leave(0);
}

static int start_one(struct apart *a, int number, void (*begin)(void *ctx), apart_attempt *attempt, void *ctx)
{
    int fd[2];
    void *shared = mmap(NULL, sizeof *a->result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    a[number].result = shared == MAP_FAILED ? NULL : shared;
    if (shared == MAP_FAILED || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd))
        return -1;
    a[number].fd = fd[0];
    pid_t worker = getpid();
    a[number].keeper = fork();
    if (!a[number].keeper) {
        belong_to(worker);
        for (int i = 0; i <= number; i++) /* else nobody saw the worker's end closed */
            close(a[i].fd);
        a[number].fd = fd[1];
        begin(ctx);
        keep(a, number, attempt, ctx);
    }
    close(fd[1]);
    return a[number].keeper < 0 ? -1 : 0;
}

int apart_start(struct apart *a, int n, void (*begin)(void *ctx), apart_attempt *attempt, void *ctx, struct err *e)
{
    for (int i = 0; i < n; i++)
        a[i].fd = -1;
    for (int i = 0; i < n; i++)
        if (start_one(a, i, begin, attempt, ctx))
            return err_set(e, ERR_NOMEM, "no processes for the trials: %s", strerror(errno));
    return 0;
}

void apart_stop(struct apart *a, int n)
{
    for (int i = 0; i < n; i++) {
        if (a[i].fd >= 0)
            close(a[i].fd);
        while (a[i].keeper > 0 && waitpid(a[i].keeper, NULL, 0) < 0 && errno == EINTR)
            ;
        if (a[i].result)
            munmap(a[i].result, sizeof *a[i].result);
    }
}
