/* gnuplot.h - runs gnuplot on the scripts of plots. */
#ifndef REPORT_PLOTS_CANVAS_GNUPLOT_H
#define REPORT_PLOTS_CANVAS_GNUPLOT_H

#include "base/err.h"

#include <signal.h>
#include <sys/types.h>

enum { GNUPLOT_MOST = 64 }; /* at a time */

struct gnuplot { /* one that runs */
    pid_t pid;
    int fd;             /* what it writes to stderr */
    const char *folder; /* the caller's */
    char plot[96];
    double seconds, end; /* how long it may take; clock_wall */
};
/* Starts `gnuplot PLOT.gp` in `folder` with the output name PLOT.tmp, for at most `seconds`; no shell is involved. 0,
 * or -1 with *e: it is not installed. */
int gnuplot_start(struct gnuplot *g, const char *folder, const char *plot, double seconds, struct err *e);
/* Waits for it and moves PLOT.tmp.svg and .png in place. 0, or -1 with *e: it failed (its first message), was too slow,
 * or a signal waits. Nothing half drawn is left. */
int gnuplot_finish(struct gnuplot *g, struct err *e);
/* Waits until one of n <= GNUPLOT_MOST that run has something to say or has ended, is too slow, or a signal waits: the
 * one to finish next. */
size_t gnuplot_first(struct gnuplot *const *g, size_t n);
/* Around all: signals that ask for an end wait until it is finished, which they make soon, and then take effect. */
void gnuplot_hold_signals(sigset_t *before);
int gnuplot_signal_waits(void);
void gnuplot_let_signals(const sigset_t *before);
/* All of it for one plot. */
int gnuplot_run(const char *folder, const char *plot, double seconds, struct err *e);

#endif
