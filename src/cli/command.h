/* command.h - what the commands share: the parsed command line, exit statuses, error printing, text for people.
 * A command is one file cmd_NAME.c and one row of the table in cli.c; an option is one row of the table in options.c.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/err.h"
#include "config/config.h"
#include "orchestrate/orchestrate.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { STATUS_DONE = 0, STATUS_TRIALS = 1, STATUS_USAGE = 2, STATUS_STOPPED = 3, STATUS_IO = 4, STATUS_SIGNAL = 128 };

/* Commands that take an option, as bits; the table in cli.c gives each command one. */
enum {
    FOR_RUN = 1,
    FOR_PLAN = 2,
    FOR_SHOW = 4,
    FOR_LIST = 8,
    FOR_PLOT = 16,
    FOR_REPORT = 32,
    FOR_STATUS = 64,
    FOR_BENCH = 128,
    FOR_HELP = 256,
    FOR_INIT = 512,
    FOR_DATA = 1024,
    FOR_PREDICT = 2048,
    FOR_EVAL = 4096,
    FOR_TRAIN = 8192,
    FOR_VERIFY = 16384,
    FOR_EXPORT = 32768,
    FOR_REPLAY = 65536,
    FOR_GENERATE = 131072,
    FOR_INSPECT = 262144,
    FOR_ALL = 524287,
};

struct options {
    int jobs; /* 0: all cores; option_jobs() resolves it */
    const char *out, *isa;
    const char *budget;      /* NULL: not given */
    const char *points, *by; /* whose learning curves are drawn */
    int out_given;           /* else out is "." */
    int dry_run, fail_fast, retry_failed, no_plots, quiet, verbose, markdown, all, json, dot;
    double seconds; /* of a benchmark, about */
    const char
        *to; /* the format of export; where `data get` puts what it fetches, NULL: where datasets are looked for */
    double patience;                /* seconds that it waits for a server that sends next to nothing */
    const char *split, *trial;      /* a word: train, validation, test; an id or number; NULL: not given */
    int top, sample;                /* 0: not given */
    int normalized;                 /* what is exported leaves the normalization out */
    double threshold;               /* -1: not given */
    const char *prompt;             /* of generate; NULL: not given */
    int count, length, top_k, seed; /* 0: not given, but for the seed */
    int between;
    double temperature, top_p; /* -1, 0: not given */
    int beam;                  /* of translations; 0: not given */
    double length_penalty;     /* likewise; -1: not given */
    int point;                 /* as people count: the first is FIRST_POINT; -1: not given */
    int help, version;
};

struct command;
struct invocation {
    const struct command *command;
    struct options opt;
    const char *const *arg; /* words that are neither the command nor options */
    size_t nargs;
    const char *const *argv; /* as typed, for "go on with" */
    int argc;
};

struct command {
    const char *name, *args, *help;
    unsigned bit;
    size_t least, most; /* words after the command */
    int (*run)(const struct invocation *in);
};
extern const struct command commands[]; /* ends with name NULL */
const struct command *command_find(const char *name);
const char *command_near(const char *word); /* the name meant by a misspelt word, or NULL */

/* What to do here instead of a command that only other programs have (foreign.c), or NULL. */
const char *command_elsewhere(const char *word);

/* Points are numbered as in the tables: from 1. */
#define FIRST_POINT 1

int cmd_run(const struct invocation *in);
int cmd_plan(const struct invocation *in);
int cmd_show(const struct invocation *in);
int cmd_init(const struct invocation *in);
int cmd_list(const struct invocation *in);
int cmd_plot(const struct invocation *in);
int cmd_report(const struct invocation *in);
int cmd_status(const struct invocation *in);
int cmd_replay(const struct invocation *in);
int cmd_bench(const struct invocation *in);
int cmd_data(const struct invocation *in);
int data_get(const struct invocation *in); /* the words after `data get` */
int cmd_help(const struct invocation *in);
int cmd_predict(const struct invocation *in);
int cmd_generate(const struct invocation *in);
int cmd_eval(const struct invocation *in);
int cmd_train(const struct invocation *in);
int cmd_export(const struct invocation *in);
int cmd_verify(const struct invocation *in);
int cmd_inspect(const struct invocation *in);

/* The help as a whole, and that of a command, on stdout. */
void help_all(void);
void help_command(const struct command *c);

/* Splits argv: options into *o, other words into word[] (room for argc). 0, or -1 with *e. *used has a bit per row of
 * the option table that was given. */
int options_parse(int argc, const char *const *argv, struct options *o, const char **word, size_t *nwords,
                  uint64_t *used, struct err *e);
/* Refuses an option that the command would ignore. */
int options_fit(uint64_t used, const struct command *c, struct err *e);
/* One line per option that a command of `bits` takes, on stdout. */
void options_print(unsigned bits);
int option_jobs(const struct options *o);
/* The kernel level asked for by --isa or $SWEEP_ISA, NULL for the best. 0, or -1 with *e. */
int option_level(const struct options *o, const char **level, struct err *e);

/* Prints on stderr and returns the exit status that fits. */
/* Lack of memory, in the same words everywhere: 4. */
int fail_memory(void);
int fail(const struct err *e);
int fail_list(const struct err_list *errs, const char *file);
int fail_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Opens the sweep named by the first word, the others being overrides. NULL after printing, with *status set. */
struct sweep *open_sweep(const struct invocation *in, int *status);
/* Warns on stderr of an objective that no honest choice can be made by. */
void warn_objective(const struct sweep *s);
/* Warns, once for all that stand in *told, of a dataset whose files are not there. */
struct str;
void warn_absent(const struct dataset *set, struct str *told);
/* Prints, once for all that stand in *told, what was recognised in the files of a dataset. */
void tell_dataset(FILE *to, const struct dataset *set, struct str *told);
/* The one word of plot, report and status, checked to be a name with results. 0, or -1 with *e. */
int result_name(const struct invocation *in, const char **name, struct err *e);
/* The same of any word. */
int result_of_word(const struct invocation *in, const char *word, struct err *e);

/* "model.kernels=8 train.lr=0.1" of a point; "" where nothing varies. */
struct str;
void point_text(const struct sweep *s, const struct point *p, struct str *out);

#endif
