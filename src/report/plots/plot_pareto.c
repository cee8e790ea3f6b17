/* plot_pareto.c - draws the first objective of the points over the second. */
#include "report/plots/front_picture.h"

#include <string.h>

static const char *draw_pareto(const struct plot_data *d, struct str *s, struct arena *a)
{
    const struct view_goal *second = &d->v.goal[1];
    char label[96];
    if (d->v.goals < 2)
        return "there is one objective";
    struct front_axis x = {.col = second->col,
                           .maximise = second->maximise,
                           .label = label,
                           .name = second->metric,
                           .same = "all points have the same second objective"};
    x.unit = metric_label(&d->trials, second->metric, label, sizeof label);
    if (!strcmp(second->metric, "params"))
        x.label = x.count = "parameters";
    return draw_front(d, &x, &plot_pareto,
                      d->v.goals > 2 ? "the first two objectives, and the front of these" : "the two objectives", s, a);
}

const struct plot plot_pareto = {{"pareto", "the first objective against the second, with the Pareto front"},
                                 draw_pareto};
