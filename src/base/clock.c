/* clock.c - reads the clocks: of the world, of the monotonic time, and of the calling thread. */
#include "base/clock.h"

#include <time.h>

static double clock_seconds(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double clock_wall(void)
{
    return clock_seconds(CLOCK_MONOTONIC);
}

double clock_thread(void)
{
    return clock_seconds(CLOCK_THREAD_CPUTIME_ID);
}
