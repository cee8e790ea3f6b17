/* clock.h - time for progress and .timing.csv; never for a result. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

double clock_wall(void);   /* seconds, monotonic */
double clock_thread(void); /* CPU seconds of the calling thread */

#endif
