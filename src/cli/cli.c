/* cli.c - lists the commands, one row each, and does what all of them share. */
#include "cli/cli.h"

#include "base/file.h"
#include "base/str.h"
#include "cli/command.h"
#include "orchestrate/earlier.h"
#include "report/report.h"

#include <ctype.h>
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY 1000000
// clang-format off
const struct command commands[] = {
    { "run",    "FILE.ini [section.key=value ...]", "train every point, or go on with it: nothing is computed twice", FOR_RUN,    1, MANY, cmd_run },
    { "plan",   "FILE.ini [section.key=value ...]", "list every point and what it costs; train nothing",             FOR_PLAN,   1, MANY, cmd_plan },
    { "show",   "FILE.ini [section.key=value ...]", "the network of one point, layer by layer",                      FOR_SHOW,   1, MANY, cmd_show },
    { "init",   "[FILE.ini]",                       "write a sweep file to start from, with every key in comments (default: sweep.ini)", FOR_INIT, 0, 1, cmd_init },
    { "list",   "[VOCABULARY [NAME]]",              "layers, optimizers, schedules, datasets, keys, ...: what can be written", FOR_LIST, 0, 2, cmd_list },
    { "plot",   "NAME",                             "draw the pictures again from the tables of results/",           FOR_PLOT,   1, 1, cmd_plot },
    { "report", "NAME",                             "a report: the page results/NAME/report.html, or Markdown",       FOR_REPORT, 1, 1, cmd_report },
    { "status", "NAME",                             "how far a sweep is, from its files; safe while it runs",        FOR_STATUS, 1, 1, cmd_status },
    { "data",   "info NAME|FILE.ini | get NAME ...", "what a dataset is like: counts, statistics, duplicates, pictures; fetch public ones", FOR_DATA, 2, MANY, cmd_data },
    { "predict", "NAME[@TRIAL]|FILE.safetensors FILE...", "what the best point's network, or another, says of images, tables, IDX files or folders, as CSV", FOR_PREDICT, 1, MANY, cmd_predict },
    { "generate", "NAME[@TRIAL]|FILE.safetensors",  "texts, or pictures, that a network makes",                            FOR_GENERATE, 1, 1, cmd_generate },
    { "eval",   "NAME[@TRIAL] [data.key=value ...]", "every metric of a network on a split, or on other data",       FOR_EVAL,   1, MANY, cmd_eval },
    { "export", "NAME[@TRIAL]|FILE.safetensors [FILE]", "a network in the words of others: a C file, ONNX, safetensors (default: NAME with the suffix of the format)", FOR_EXPORT, 1, 2, cmd_export },
    { "train",  "NAME",                             "train one trial of a sweep again, to the same bytes, and keep its network", FOR_TRAIN, 1, 1, cmd_train },
    { "verify", "NAME",                             "decide again what was proposed and given up, train some trials again, and say whether all is the same", FOR_VERIFY, 1, 1, cmd_verify },
    { "inspect", "NAME[@TRIAL]",                    "look into a network: feature maps, filters, gradients, dead units, saliency, attention, embeddings", FOR_INSPECT, 1, 1, cmd_inspect },
    { "replay", "NAME [prune.key=value ...]",       "what another rule of giving up trials would have saved and lost, on the recorded curves", FOR_REPLAY, 1, MANY, cmd_replay },
    { "bench",  "[all|machine|kernels|nets|NET]",   "how fast this machine is, and how near to it the kernels and networks come", FOR_BENCH, 0, 1, cmd_bench },
    { "help",   "[COMMAND]",                        "this help, or that of a command",                               FOR_HELP,   0, 1, cmd_help },
    { 0 },
};
// clang-format on

/* ---- errors ---- */

static int status_of(enum err_code code)
{
    return code == ERR_USAGE || code == ERR_SHAPE ? STATUS_USAGE : STATUS_IO;
}

int fail_memory(void)
{
    fprintf(stderr,
            "sweep: there is not enough memory; free some, or raise the limit (ulimit -v, ulimit -d, that of the "
            "control group), and give the same command again\n");
    return STATUS_IO;
}

int fail(const struct err *e)
{
    if (e->code == ERR_NOMEM)
        return fail_memory();
    fprintf(stderr, "sweep: %s\n", e->text);
    return status_of(e->code);
}

int fail_list(const struct err_list *errs, const char *file)
{
    int status = errs->n ? STATUS_USAGE : STATUS_IO;
    if (err_list_lacks_memory(errs))
        return fail_memory();
    for (size_t i = 0; i < errs->n; i++) {
        fprintf(stderr, "%s\n", errs->v[i].text);
        if (status_of(errs->v[i].code) > status)
            status = status_of(errs->v[i].code);
    }
    if (errs->n != 1)
        fprintf(stderr, "sweep: %zu errors in %s; nothing was run\n", errs->n, file);
    else
        fprintf(stderr, "sweep: nothing was run\n");
    return status;
}

int fail_usage(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("sweep: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    return STATUS_USAGE;
}

/* ---- words ---- */

/* Returns "t.ini" for the word t where there is such a file, else "". */
static const char *with_ini(const char *word, char *buf, size_t n)
{
    int fits = (size_t)snprintf(buf, n, "%s.ini", word) < n;
    return fits && file_exists(buf) ? buf : "";
}

/* Reads the first word: a command, which is then taken out, or a sweep file, which means run. */
static int pick_command(struct invocation *in, struct err *e)
{
    const char *word = in->arg[0];
    in->command = command_find(word);
    if (in->command) {
        in->arg++;
        in->nargs--;
        return 0;
    }
    in->command = commands; /* run */
    if (str_ends(word, ".ini") || file_exists(word))
        return 0;
    char ini[4096];
    const char *near = *with_ini(word, ini, sizeof ini) ? ini : NULL, *say = near ? NULL : command_elsewhere(word);
    if (say)
        return err_set(e, ERR_USAGE, "there is no command '%s': %s", word, say);
    if (near || (near = command_near(word)))
        return err_set(e, ERR_USAGE, "'%s' is neither a command nor a file; did you mean '%s'?", word, near);
    return err_set(e, ERR_USAGE, "'%s' is neither a command nor a file; `sweep help` lists the commands", word);
}

static int check_word_count(const struct invocation *in, struct err *e)
{
    const struct command *c = in->command;
    if (in->nargs < c->least)
        return err_set(e, ERR_USAGE, "usage: sweep %s %s", c->name, c->args);
    if (in->nargs > c->most)
        return err_set(e, ERR_USAGE, "'%s' is one word too many; usage: sweep %s %s", in->arg[c->most], c->name,
                       c->args);
    return 0;
}

struct sweep *open_sweep(const struct invocation *in, int *status)
{
    if (!file_exists(in->arg[0]) && (errno == ENOENT || errno == ENOTDIR)) { /* others are told by who opens it */
        char ini[4096];
        int near = *with_ini(in->arg[0], ini, sizeof ini) != 0;
        *status = fail_usage("no sweep file '%s'%s%s%s", in->arg[0], near ? "; did you mean '" : "", near ? ini : "",
                             near ? "'?" : "");
        return NULL;
    }
    struct sweep *s = NULL;
    struct err_list errs = {0};
    struct err e = {0};
    int bad = sweep_open(&s, in->arg[0], in->arg + 1, in->nargs - 1, &errs) || earlier_read(s, in->opt.out, &e);
    err_list_take(&errs, &e);
    if (bad) {
        *status = fail_list(&errs, in->arg[0]);
        sweep_free(s);
        s = NULL;
    }
    err_list_release(&errs);
    return s;
}

void warn_objective(const struct sweep *s)
{
    const char *warning = report_objective_warning(sweep_spec(s)->objective);
    if (warning)
        fprintf(stderr, "sweep: warning: %s\n", warning);
}

void warn_absent(const struct dataset *set, struct str *told)
{
    if (!*set->absent || (told->p && strstr(told->p, set->absent)))
        return;
    str_addf(told, "%s\n", set->absent);
    fprintf(stderr,
            "sweep: warning: %s; its shape and sizes are those the dataset is known for, and nothing of its files is "
            "checked: not that they are whole, and not which classes they hold\n",
            set->absent);
}

void tell_dataset(FILE *to, const struct dataset *set, struct str *told)
{
    if (!set->told || (told->p && strstr(told->p, set->told)))
        return;
    str_add(told, set->told);
    fputs(set->told, to);
}

void point_text(const struct sweep *s, const struct point *p, struct str *out)
{
    for (size_t i = 0; i < sweep_keys(s); i++)
        if (p->value[i][0])
            str_addf(out, "%s%s=%s", out->n ? " " : "", sweep_key(s, i), p->value[i]);
    if (!out->n)
        str_add(out, "");
}

/* ---- main ---- */

static int run_command(struct invocation *in, uint64_t used)
{
    struct err e = {0};
    if (in->opt.version) {
        printf("sweep %s\n", SWEEP_VERSION);
        return STATUS_DONE;
    }
    if (!in->nargs) {
        if (in->opt.help)
            help_all();
        else
            return fail_usage("what shall be run? usage: sweep FILE.ini [options]; `sweep help` lists the commands");
        return STATUS_DONE;
    }
    if (pick_command(in, &e))
        return fail(&e);
    if (in->opt.help) {
        help_command(in->command);
        return STATUS_DONE;
    }
    if (options_fit(used, in->command, &e) || check_word_count(in, &e))
        return fail(&e);
    return in->command->run(in);
}

/* Flushes standard output: results that could not be written are not results. */
static int close_output(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "sweep: standard output: %s\n", errno ? file_reason(errno) : "write error");
    return STATUS_IO;
}

int cli_main(int argc, char **argv)
{
    struct invocation in = {.argv = (const char *const *)argv, .argc = argc};
    struct err e = {0};
    uint64_t used = 0;
    if (argc < 1)
        return STATUS_USAGE;
    const char **word = calloc((size_t)argc, sizeof *word);
    if (!word)
        return fail_memory();
    in.arg = word;
    int status;
    mallopt(M_MMAP_THRESHOLD, 128 << 10); /* what tables took goes back to the system, in however large pieces */
    signal(SIGXFSZ, SIG_IGN);             /* a limit on the size of files: an error of write says it */
    if (options_parse(argc - 1, in.argv + 1, &in.opt, word, &in.nargs, &used, &e))
        status = fail(&e);
    else
        status = run_command(&in, used);
    free(word);
    return close_output(status);
}
