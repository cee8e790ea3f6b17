/* cmd_help.c - prints the commands and options from their tables; `sweep help COMMAND` is `sweep COMMAND --help`. */
#include "cli/command.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

void help_all(void)
{
    printf("sweep - trains every point of a grid of small neural networks, writes tables and draws comparison plots\n\n"
           "usage: sweep FILE.ini [section.key=value ...] [options]     (the same as `sweep run FILE.ini ...`)\n"
           "       sweep COMMAND ... [options]\n\ncommands\n");
    for (const struct command *c = commands; c->name; c++)
        printf("  %-7s %-33s %s\n", c->name, c->args, c->help);
    printf(
        "\nsection.key=value sets a key of the sweep file; with a list or a range (train.lr=0.1,0.2) it is an axis.\n"
        "\noptions\n");
    options_print(FOR_ALL);
    printf("\nexit status\n"
           "  0  every planned trial is final and every `result` condition holds\n"
           "  1  finished, but a trial failed or a `result` condition is not met\n"
           "  2  the command line or the sweep file is wrong; nothing ran\n"
           "  3  stopped by a limit of [stop]; the same command goes on (after stagnation: with another limit)\n"
           "  4  input, output or internal error\n"
           "  129, 130, 143, 138  interrupted (HUP, INT, TERM, USR1) after saving; the same command goes on\n");
}

void help_command(const struct command *c)
{
    printf("usage: sweep %s %s [options]\n\n%s\n\noptions\n", c->name, c->args, c->help);
    options_print(c->bit);
}

static const char *command_at(size_t i, const void *ctx)
{
    (void)ctx;
    return commands[i].name;
}

const struct command *command_find(const char *name)
{
    for (const struct command *c = commands; c->name; c++)
        if (!strcmp(c->name, name))
            return c;
    return NULL;
}

const char *command_near(const char *word)
{
    return str_nearest(word, command_at, NULL);
}

int cmd_help(const struct invocation *in)
{
    if (!in->nargs) {
        help_all();
        return STATUS_DONE;
    }
    const char *word = in->arg[0];
    const struct command *c = command_find(word);
    if (c) {
        help_command(c);
        return STATUS_DONE;
    }
    const char *say = command_elsewhere(word), *near = command_near(word);
    if (say)
        return fail_usage("there is no command '%s': %s", word, say);
    if (near)
        return fail_usage("there is no command '%s'; did you mean '%s'?", word, near);
    return fail_usage("there is no command '%s'; `sweep help` lists them", word);
}
