/* gnuplot.c - runs gnuplot on scripts, several at a time, for a limited time, and puts its pictures in place. */
#include "report/plots/canvas/gnuplot.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* Starts gnuplot by posix_spawn, not fork, since the process may hold OpenMP threads. `err_fd` becomes its stderr. */
static int spawn_gnuplot(const char *folder, const char *script, const char *assign, int err_fd, pid_t *pid)
{
    posix_spawn_file_actions_t act;
    posix_spawnattr_t attr;
    sigset_t signals;
    char *argv[] = {"gnuplot", "--default-settings", "-e", (char *)assign, (char *)script, NULL};
    if (posix_spawn_file_actions_init(&act))
        return ENOMEM;
    if (posix_spawnattr_init(&attr)) {
        posix_spawn_file_actions_destroy(&act);
        return ENOMEM;
    }
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attr, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attr, &signals);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int bad = posix_spawn_file_actions_addchdir_np(&act, folder);
    bad = bad ? bad : posix_spawn_file_actions_addopen(&act, 0, "/dev/null", O_RDONLY, 0);
    bad = bad ? bad : posix_spawn_file_actions_addopen(&act, 1, "/dev/null", O_WRONLY, 0);
    bad = bad ? bad : posix_spawn_file_actions_adddup2(&act, err_fd, 2);
    bad = bad ? bad : posix_spawnp(pid, argv[0], &act, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&act);
    return bad;
}

/* Those that are ignored stay so. */
static const int enders[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1};
#define ENDERS (sizeof enders / sizeof *enders)

void gnuplot_hold_signals(sigset_t *before)
{
    sigset_t held;
    sigemptyset(&held);
    for (size_t i = 0; i < ENDERS; i++) {
        struct sigaction a;
        if (!sigaction(enders[i], NULL, &a) && a.sa_handler != SIG_IGN)
            sigaddset(&held, enders[i]);
    }
    pthread_sigmask(SIG_BLOCK, &held, before);
}

void gnuplot_let_signals(const sigset_t *before)
{
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

int gnuplot_signal_waits(void)
{
    sigset_t waiting;
    sigpending(&waiting);
    for (size_t i = 0; i < ENDERS; i++)
        if (sigismember(&waiting, enders[i]) == 1)
            return 1;
    return 0;
}

/* Reads what gnuplot writes to stderr until it closes it (returns 0), the time is over (-1), or a signal waits (-2).
 * One that has closed it in time is not late, however late it is read. */
static int read_messages(int fd, double end, char *text, size_t n)
{
    size_t used = 0;
    text[0] = 0;
    for (;;) {
        char rest[512];
        struct pollfd p = {fd, POLLIN, 0};
        int late = clock_wall() > end;
        if (gnuplot_signal_waits())
            return -2;
        int ready = poll(&p, 1, late ? 0 : 50);
        if (late && !(p.revents & POLLHUP))
            return -1;
        if (ready < 0 && errno != EINTR)
            return 0;
        if (ready <= 0)
            continue;
        ssize_t got = used + 1 < n ? read(fd, text + used, n - 1 - used) : read(fd, rest, sizeof rest);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return 0;
        if (used + 1 < n)
            text[used += (size_t)got] = 0;
    }
}

/* Waits for gnuplot and returns its exit status; kills it when it goes on after `end`. */
static int wait_for_end(pid_t pid, double end)
{
    int status = 0;
    for (;;) {
        pid_t got = waitpid(pid, &status, WNOHANG);
        if (got == pid)
            return status;
        if (got < 0 && errno != EINTR)
            return 0; /* somebody reaps children: the files will tell */
        if (clock_wall() > end)
            kill(pid, SIGKILL);
        nanosleep(&(struct timespec){0, 200000}, NULL);
    }
}

/* Finds the line of gnuplot's message that says something. */
static char *first_message(char *text)
{
    char *message = NULL;
    for (char *line = strtok_r(text, "\n", &text); line; line = strtok_r(NULL, "\n", &text)) {
        line = str_trim(line);
        if (!*line || *line == '^' || !strncmp(line, "gnuplot>", 8))
            continue;
        if (!message || strstr(line, "line "))
            message = line;
        if (strstr(line, "line "))
            break;
    }
    return message;
}

static int has_content(const char *path)
{
    struct stat st;
    return !stat(path, &st) && st.st_size > 0;
}

static int move_picture(const char *folder, const char *plot, const char *kind, struct err *e)
{
    char tmp[4200], path[4200];
    snprintf(tmp, sizeof tmp, "%s/%s.tmp.%s", folder, plot, kind);
    snprintf(path, sizeof path, "%s/%s.%s", folder, plot, kind);
    if (!has_content(tmp))
        return err_set(e, ERR_IO, "%s: gnuplot wrote no picture", path);
    return file_rename(tmp, path, 1, e);
}

static void remove_half(const char *folder, const char *plot)
{
    char tmp[4200];
    snprintf(tmp, sizeof tmp, "%s/%s.tmp.svg", folder, plot);
    unlink(tmp);
    snprintf(tmp, sizeof tmp, "%s/%s.tmp.png", folder, plot);
    unlink(tmp);
}

static int judge_exit(const char *folder, const char *plot, int late, int status, double seconds, char *text,
                      struct err *e)
{
    if (late == -2)
        return err_set(e, ERR_IO, "%s/%s.gp: a signal came while gnuplot was drawing", folder, plot);
    if (late)
        return err_set(e, ERR_IO, "%s/%s.gp: gnuplot did not finish within %.0f s", folder, plot, seconds);
    if (WIFSIGNALED(status))
        return err_set(e, ERR_IO, "%s/%s.gp: gnuplot was ended by signal %d", folder, plot, WTERMSIG(status));
    if (WEXITSTATUS(status) == 127)
        return err_set(e, ERR_IO,
                       "gnuplot cannot be started: is it installed? (Debian: gnuplot-nox). The scripts are in %s",
                       folder);
    if (WEXITSTATUS(status)) {
        char *message = first_message(text);
        return err_set(e, ERR_IO, "%s/%s.gp: gnuplot failed: %.300s", folder, plot,
                       message ? message : "it gave no reason");
    }
    return move_picture(folder, plot, "svg", e) || move_picture(folder, plot, "png", e) ? -1 : 0;
}

int gnuplot_start(struct gnuplot *g, const char *folder, const char *plot, double seconds, struct err *e)
{
    char script[128], assign[128];
    int fd[2];
    *g = (struct gnuplot){.fd = -1, .folder = folder, .seconds = seconds, .end = clock_wall() + seconds};
    snprintf(g->plot, sizeof g->plot, "%s", plot);
    snprintf(script, sizeof script, "%s.gp", plot);
    snprintf(assign, sizeof assign, "out='%s.tmp'", plot);
    if (pipe2(fd, O_CLOEXEC))
        return err_set(e, ERR_IO, "gnuplot cannot be started: %s", strerror(errno));
    int bad = spawn_gnuplot(folder, script, assign, fd[1], &g->pid);
    close(fd[1]);
    if (!bad) {
        g->fd = fd[0];
        return 0;
    }
    close(fd[0]);
    if (bad == ENOENT)
        return err_set(e, ERR_IO,
                       "gnuplot cannot be started: is it installed? (Debian: gnuplot-nox). The scripts are in %s",
                       folder);
    return err_set(e, bad == ENOMEM ? ERR_NOMEM : ERR_IO, "gnuplot cannot be started: %s", strerror(bad));
}

size_t gnuplot_first(struct gnuplot *const *g, size_t n)
{
    struct pollfd p[GNUPLOT_MOST];
    for (;;) {
        const double now = clock_wall();
        for (size_t i = 0; i < n; i++) {
            if (now > g[i]->end)
                return i;
            p[i] = (struct pollfd){g[i]->fd, POLLIN, 0};
        }
        if (gnuplot_signal_waits() || (poll(p, n, 50) < 0 && errno != EINTR))
            return 0;
        for (size_t i = 0; i < n; i++)
            if (p[i].revents)
                return i;
    }
}

int gnuplot_finish(struct gnuplot *g, struct err *e)
{
    char text[4096];
    int late = read_messages(g->fd, g->end, text, sizeof text);
    close(g->fd);
    g->fd = -1;
    if (late)
        kill(g->pid, SIGKILL);
    int bad = judge_exit(g->folder, g->plot, late, wait_for_end(g->pid, g->end), g->seconds, text, e);
    remove_half(g->folder, g->plot); /* nothing is left of a picture that is in its place */
    return bad;
}

int gnuplot_run(const char *folder, const char *plot, double seconds, struct err *e)
{
    struct gnuplot g;
    sigset_t before;
    gnuplot_hold_signals(&before);
    int bad = gnuplot_start(&g, folder, plot, seconds, e) || gnuplot_finish(&g, e) ? -1 : 0;
    gnuplot_let_signals(&before);
    return bad;
}
