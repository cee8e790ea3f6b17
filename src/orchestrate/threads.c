/* threads.c tries how many threads there can be. */
#include "orchestrate/threads.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes that the variable names; 0: it is not set, or says nothing that the library would take. */
static size_t stack_named(const char *variable)
{
    static const char units[] = "bkmg";
    const char *text = getenv(variable);
    char *end;
    if (!text)
        return 0;
    while (isspace((unsigned char)*text))
        text++;
    errno = 0;
    unsigned long long size = isdigit((unsigned char)*text) ? strtoull(text, &end, 10) : 0;
    if (!size || errno)
        return 0;
    while (isspace((unsigned char)*end))
        end++;
    const char *unit = *end ? strchr(units, tolower((unsigned char)*end++)) : units + 1;
    while (unit && isspace((unsigned char)*end))
        end++;
    int shift = unit ? 10 * (int)(unit - units) : 0;
    return !unit || *end || size > SIZE_MAX >> shift ? 0 : (size_t)size << shift;
}

size_t threads_stack(void)
{
    static const char *const variables[] = {"OMP_STACKSIZE", "GOMP_STACKSIZE"};
    pthread_attr_t attr;
    size_t size = 0, least = (size_t)sysconf(_SC_THREAD_STACK_MIN);
    for (size_t i = 0; i < sizeof variables / sizeof *variables && !size; i++)
        size = stack_named(variables[i]);
    if (size >= least)
        return size;
    if (!pthread_getattr_default_np(&attr)) {
        pthread_attr_getstacksize(&attr, &size);
        pthread_attr_destroy(&attr);
    }
    return size;
}

struct gate { /* threads wait behind it until it opens */
    pthread_mutex_t lock;
    pthread_cond_t opened;
    int open;
};

static void *wait_at(void *ctx)
{
    struct gate *g = ctx;
    pthread_mutex_lock(&g->lock);
    while (!g->open)
        pthread_cond_wait(&g->opened, &g->lock);
    pthread_mutex_unlock(&g->lock);
    return NULL;
}

/* So many of `wanted` threads that exist at the same time; *why is the errno of the first that does not. */
static int make_threads(int wanted, pthread_t *thread, const pthread_attr_t *attr, int *why)
{
    struct gate g = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
    int made = 0;
    while (made < wanted && !(*why = pthread_create(&thread[made], attr, wait_at, &g)))
        made++;
    pthread_mutex_lock(&g.lock);
    g.open = 1;
    pthread_cond_broadcast(&g.opened);
    pthread_mutex_unlock(&g.lock);
    for (int i = 0; i < made; i++)
        pthread_join(thread[i], NULL);
    return made;
}

int threads_possible(int wanted, char *text, size_t n)
{
    size_t stack = threads_stack();
    pthread_attr_t attr;
    int made = 0, why = ENOMEM;
    if (wanted < 2)
        return wanted;
    if (stack < THREADS_STACK) {
        snprintf(
            text, n,
            "one worker instead of %d: OMP_STACKSIZE gives a thread %zu KiB of stack, and a worker needs %zu; unset "
            "it, or write OMP_STACKSIZE=%zuK",
            wanted, stack >> 10, THREADS_STACK >> 10, THREADS_STACK >> 10);
        return 1;
    }
    pthread_t *thread = calloc((size_t)wanted, sizeof *thread);
    if (thread && !pthread_attr_init(&attr)) {
        why = pthread_attr_setstacksize(&attr, stack);
        made = why ? 0 : make_threads(wanted - 1, thread, &attr, &why);
        pthread_attr_destroy(&attr);
    }
    free(thread);
    if (made + 1 < wanted)
        snprintf(
            text, n,
            "%d worker%s instead of %d: the system gives no more threads (%s); limits are those of ulimit -u, -v and "
            "-d, of the control group (pids.max) and of OMP_STACKSIZE",
            made + 1, made ? "s" : "", wanted, strerror(why));
    return made + 1;
}
