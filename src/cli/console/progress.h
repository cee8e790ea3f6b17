/* progress.h - how far a run is, on stderr: on a terminal one line that is rewritten, elsewhere plain lines, a second
 * apart or more. The callback of run_options. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "orchestrate/orchestrate.h"

struct progress {
    int tty, color, quiet, verbose;
    int drawn;   /* the terminal's last line is ours */
    double last; /* when a line was written */
};

void progress_init(struct progress *p, int quiet, int verbose);
/* `ctx` is a struct progress. */
void progress_tell(void *ctx, const struct run_progress *r);
/* Removes the rewritten line. */
void progress_end(struct progress *p);

#endif
