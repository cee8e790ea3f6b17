/* cmd_plot.c - draws the pictures again, from the tables; or learning curves of some points, or by an axis. */
#include "cli/command.h"

#include "cli/commands/results.h"
#include "report/report.h"

#include <stdio.h>

static void print_plot_line(void *ctx, const char *line)
{
    const struct invocation *in = ctx;
    if (!in->opt.quiet)
        printf("%s\n", line);
}

int cmd_plot(const struct invocation *in)
{
    struct err e = {0};
    const char *name;
    struct invocation copy = *in;
    const char *points = in->opt.points, *by = in->opt.by;
    if (points && by)
        return fail_usage("--points and --by draw the same picture in two ways: give one of them");
    if (refresh_tables(in->opt.out, in->arg[0], &e) || result_name(in, &name, &e) ||
        (points || by ? report_plot_curves(in->opt.out, name, points, by, print_plot_line, &copy, &e)
                      : report_plots(in->opt.out, name, (struct report_drawing){.at_once = option_jobs(&in->opt)},
                                     print_plot_line, &copy, &e)))
        return fail(&e);
    return STATUS_DONE;
}
