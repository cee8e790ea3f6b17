/* cmd_report.c - prints a summary of the results, from the tables. */
#include "cli/command.h"

#include "base/str.h"
#include "cli/commands/results.h"
#include "report/report.h"

#include <stdio.h>

int cmd_report(const struct invocation *in)
{
    struct err e = {0};
    struct str text = {0};
    const char *name;
    int status = STATUS_DONE;
    if (refresh_tables(in->opt.out, in->arg[0], &e) || result_name(in, &name, &e) ||
        report_markdown(in->opt.out, name, !in->opt.no_plots, &text, &e))
        status = fail(&e);
    else if (text.failed)
        status = fail_memory();
    else
        fwrite(text.p ? text.p : "", 1, text.n, stdout);
    str_release(&text);
    return status;
}
