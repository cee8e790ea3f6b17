/* cmd_plot.c - the pictures again, from the tables. */
#include "cli/command.h"

#include "report/report.h"

#include <stdio.h>

static void say(void *ctx, const char *line)
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
    if (result_name(in, &name, &e) || report_plots(in->opt.out, name, say, &copy, &e))
        return fail(&e);
    return STATUS_DONE;
}
