/* signals.c - the first signal asks for an end after the epoch, the second ends at once; the journal is whole either
 * way. */
#include "orchestrate/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static atomic_int signalled; /* lock-free: a handler may write it, every worker reads it */
static const char *notice;

static void on_signal(int number)
{
    if (signalled)
        _exit(128 + number);
    int kept = errno; /* of what the signal came into */
    signalled = number;
    if (notice && write(STDERR_FILENO, notice, strlen(notice)) < 0) {
        /* nobody listens */
    }
    errno = kept;
}

int signals_asked(void)
{
    return signalled;
}

static const int signals[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1};
#define NSIGNALS (sizeof signals / sizeof signals[0])
static struct sigaction old[NSIGNALS]; /* signals belong to the process: one sweep runs at a time */

void signals_take(const char *text)
{
    struct sigaction a = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&a.sa_mask);
    signalled = 0;
    notice = text;
    for (size_t i = 0; i < NSIGNALS; i++)
        if (!sigaction(signals[i], NULL, &old[i]) &&
            old[i].sa_handler != SIG_IGN) /* as nohup and a shell's & leave it */
            sigaction(signals[i], &a, NULL);
}

void signals_elsewhere(void)
{
    sigset_t taken;
    sigemptyset(&taken);
    for (size_t i = 0; i < NSIGNALS; i++)
        sigaddset(&taken, signals[i]);
    pthread_sigmask(SIG_BLOCK, &taken, NULL);
}

void signals_give_back(void)
{
    for (size_t i = 0; i < NSIGNALS; i++)
        sigaction(signals[i], &old[i], NULL);
}

void signals_ignore(void)
{
    for (size_t i = 0; i < NSIGNALS; i++)
        signal(signals[i], SIG_IGN);
}
