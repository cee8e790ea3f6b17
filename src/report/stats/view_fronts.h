/* view_fronts.h - of several objectives: how much of the space the Pareto front covers. */
#ifndef REPORT_VIEW_FRONTS_H
#define REPORT_VIEW_FRONTS_H

#include "report/stats/trials_view.h"

/* The reference point, an end of each objective beyond which nothing counts: the worst value that the front has, and a
 * tenth of the front's range beyond it; where all of it has one value, a tenth of that (of 0: 0.1). `best` are the best
 * values of the front. [goals] each; 0, or -1: there is no front. */
int front_ends(const struct trials_view *v, double *best, double *reference);

/* The hypervolume of the points up to each, in the order of the plan, into volume[npoints]: as a share of the box
 * between the best values and the reference point; NaN: there is no front. 0, or -1 without memory. */
int front_volumes(const struct trials_view *v, double *volume);

#endif
