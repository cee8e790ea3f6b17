/* selection.h - how much the choice of the best point flatters it (the winner's curse): of many points the one that
 * looks best is partly the luckiest. Seen in two ways, neither of which chooses with what it measures. */
#ifndef REPORT_SELECTION_H
#define REPORT_SELECTION_H

#include "report/stats/trials_view.h"

struct selection {
    size_t repeats, points; /* 0: by repeats it cannot be seen; points that have all of them */
    double shown, fresh;    /* the point that all repeats but one choose, in these and in the one left out: means over
                               the repeats that are left out in turn */
    size_t tested;     /* points with the objective's metric on both splits; 0: it is none of the validation split */
    double best_loses; /* from validation to test, > 0: it becomes worse */
    double all_lose;   /* mean over these points */
    /* Of several objectives: points on the Pareto front by all repeats but one, each in turn, and how many of these are
     * on that by the repeat left out. */
    size_t front, holds;
    /* After a race: repeats that all points with a result have (0: none, or all), the best point by these, its means
     * over them and over the `further` ones that it has. */
    size_t common, first_best, further;
    double first, later;
};

/* Points with no result in some repeat are left out of the first, as blocks are to be complete. Scratch from a. 0, or
 * -1 without memory. */
int selection_of(const struct trials_view *v, struct selection *s, struct arena *a);

#endif
