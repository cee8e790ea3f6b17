/* plot_params.c - draws the objective of the points over their numbers of parameters. */
#include "report/plots/front_picture.h"

#include <string.h>

static const char *draw_params(const struct plot_data *d, struct str *s, struct arena *a)
{
    const struct front_axis x = {.col = table_column(&d->trials, "params"),
                                 .unit = 1,
                                 .label = "parameters",
                                 .count = "parameters",
                                 .same = "all networks have the same number of parameters"};
    if (d->v.goals > 1 && d->v.goal[1].col == x.col && !d->v.goal[1].maximise)
        return "the number of parameters is the second objective, which pareto shows";
    return draw_front(d, &x, &plot_params, "objective against the number of parameters", s, a);
}

const struct plot plot_params = {{"params", "objective against the number of parameters, with the Pareto front"},
                                 draw_params};
