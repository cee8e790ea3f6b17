/* cmd_report.c - publishes the report of a sweep as an HTML page, or prints it as Markdown, from the tables. */
#include "cli/command.h"

#include "base/str.h"
#include "cli/commands/results.h"
#include "report/report.h"

#include <stdio.h>

static int print_page(const struct invocation *in, const char *name, struct err *e)
{
    char path[4200];
    if (report_page(in->opt.out, name, !in->opt.no_plots, path, sizeof path, e))
        return -1;
    printf("%s\n", path);
    return 0;
}

static int print_markdown(const struct invocation *in, const char *name, struct err *e)
{
    struct str text = {0};
    int bad = report_text(in->opt.out, name, "markdown", !in->opt.no_plots, &text, e);
    if (!bad)
        fwrite(text.p, 1, text.n, stdout);
    str_release(&text);
    return bad;
}

int cmd_report(const struct invocation *in)
{
    struct err e = {0};
    const char *name;
    if (refresh_tables(in->opt.out, in->arg[0], &e) || result_name(in, &name, &e) ||
        (in->opt.markdown ? print_markdown : print_page)(in, name, &e))
        return fail(&e);
    return STATUS_DONE;
}
