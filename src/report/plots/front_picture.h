/* front_picture.h - the objective of the points over a second number of them, with the front of those that no other is
 * better than by both. */
#ifndef REPORT_FRONT_PICTURE_H
#define REPORT_FRONT_PICTURE_H

#include "report/plots/plot.h"

struct front_axis {
    int col, maximise; /* of the second number */
    double unit;       /* it is drawn times this */
    const char *label; /* of the axis */
    const char *name;  /* before the number of a point; or, */
    const char *count; /* behind it: "parameters"; NULL */
    const char *same;  /* what is said where all points have the same */
};

/* As struct plot draws. */
const char *draw_front(const struct plot_data *d, const struct front_axis *x, const struct plot *plot,
                       const char *heading, struct str *s, struct arena *a);

#endif
