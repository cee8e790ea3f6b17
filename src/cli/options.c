/* options.c - lists the options, one row each (how they are written, what they take, for which commands), and parses
 * them. */
#include "cli/command.h"

#include "base/param.h"
#include "base/str.h"
#include "kernels/kernels.h"
#include "train/beam.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct option {
    struct param p; /* name without dashes, type and range of the value, where it goes */
    char letter;    /* 0: none */
    const char *value;
    unsigned bits;
};

#define AT(field) offsetof(struct options, field)
// clang-format off
static const struct option table[] = {
    { { .name = "jobs", .type = P_INT, .at = AT(jobs), .min = 1, .max = 1024,
        .help = "workers, each trains one trial at a time; or threads (default: all cores)" },                'j', "N", FOR_RUN | FOR_PLAN | FOR_PREDICT | FOR_TRAIN | FOR_VERIFY },
    { { .name = "budget", .type = P_TEXT, .at = AT(budget),
        .help = "fit the sweep into this time, such as 2h, 90m or 1.5d, and say what is cut" },   0, "TIME", FOR_RUN | FOR_PLAN },
    { { .name = "dry-run", .type = P_FLAG, .at = AT(dry_run),
        .help = "as the command plan: list the points, train nothing" },                          'n', NULL, FOR_RUN },
    { { .name = "out", .type = P_TEXT, .at = AT(out),
        .help = "folder that holds results/ and plots/ (default: this one)" },                    0, "DIR", FOR_RUN | FOR_PLAN | FOR_SHOW | FOR_PLOT | FOR_REPORT | FOR_STATUS | FOR_BENCH | FOR_DATA | FOR_EXPORT | FOR_PREDICT | FOR_EVAL | FOR_TRAIN | FOR_VERIFY | FOR_REPLAY | FOR_GENERATE | FOR_INSPECT },
    { { .name = "fail-fast", .type = P_FLAG, .at = AT(fail_fast),
        .help = "stop at the first trial that fails" },                                           0, NULL, FOR_RUN },
    { { .name = "retry-failed", .type = P_FLAG, .at = AT(retry_failed),
        .help = "run trials again that failed in an earlier run" },                               0, NULL, FOR_RUN },
    { { .name = "no-plots", .type = P_FLAG, .at = AT(no_plots),
        .help = "draw no pictures; in a report: show none" },                                  0, NULL, FOR_RUN | FOR_REPORT | FOR_DATA | FOR_INSPECT },
    { { .name = "isa", .type = P_TEXT, .at = AT(isa),
        .help = "instruction set of the kernels: see `sweep list levels` (default: $SWEEP_ISA, else the best)" }, 0, "LEVEL", FOR_RUN | FOR_BENCH | FOR_PREDICT | FOR_EVAL | FOR_TRAIN | FOR_VERIFY | FOR_GENERATE | FOR_INSPECT },
    { { .name = "trial", .type = P_TEXT, .at = AT(trial),
        .help = "the trial, by its id or number in the table (default: the best)" },              0, "ID", FOR_TRAIN },
    { { .name = "sample", .type = P_INT, .at = AT(sample), .min = 1, .max = 1000000,
        .help = "verify: how many trials, spread over the complete ones (default: 3); inspect: number of a sample of the split (default: the surest right answer and the surest wrong one)" }, 0, "N", FOR_VERIFY | FOR_INSPECT },
    { { .name = "normalized", .type = P_FLAG, .at = AT(normalized),
        .help = "the exported network leaves the normalization out: its input is normalized already" }, 0, NULL, FOR_EXPORT },
    { { .name = "split", .type = P_TEXT, .at = AT(split),
        .help = "train, validation or test: samples of the sweep's own dataset (eval, inspect: default test)" }, 0, "S", FOR_PREDICT | FOR_EVAL | FOR_INSPECT },
    { { .name = "top", .type = P_INT, .at = AT(top), .min = 1, .max = DATA_CLASSES,
        .help = "the K likeliest classes with their probabilities, and no others" },              0, "K", FOR_PREDICT },
    { { .name = "threshold", .type = P_FLOAT, .at = AT(threshold), .min = 0, .max = 1,
        .help = "name no class whose probability is less" },                                      0, "P", FOR_PREDICT },
    { { .name = "prompt", .type = P_TEXT, .at = AT(prompt),
        .help = "what the texts begin with (default: the end of a line)" },                       0, "TEXT", FOR_GENERATE },
    { { .name = "count", .type = P_INT, .at = AT(count), .min = 1, .max = 100000,
        .help = "how many texts (default: 1) or pictures (64); with --between rows of pictures (8)" }, 0, "N", FOR_GENERATE },
    { { .name = "between", .type = P_FLAG, .at = AT(between),
        .help = "rows of pictures from one to another: a generator's from draw to draw, an autoencoder's from a sample of the test split to another" }, 0, NULL, FOR_GENERATE },
    { { .name = "length", .type = P_INT, .at = AT(length), .min = 1, .max = 10000000,
        .help = "tokens of each that are generated (default: 200)" },                             0, "N", FOR_GENERATE },
    { { .name = "temperature", .type = P_FLOAT, .at = AT(temperature), .min = 0, .max = 100,
        .help = "what the outputs are divided by before softmax; 0: always the likeliest token (default: 1)" }, 0, "T", FOR_GENERATE },
    { { .name = "top-k", .type = P_INT, .at = AT(top_k), .min = 1, .max = 1048576,
        .help = "draw from the K likeliest tokens alone" },                                       0, "K", FOR_GENERATE },
    { { .name = "top-p", .type = P_FLOAT, .at = AT(top_p), .min = 0, .max = 1, .open = 1,
        .help = "draw from the likeliest tokens alone that have this share together" },           0, "P", FOR_GENERATE },
    { { .name = "seed", .type = P_INT, .at = AT(seed), .min = 0, .max = 2147483647,
        .help = "of what is drawn (default: 1)" },                                                0, "N", FOR_GENERATE },
    { { .name = "beam", .type = P_INT, .at = AT(beam), .min = 1, .max = BEAM_MOST,
        .help = "of translations: beginnings that are kept side by side (default: as the training; 1: the likeliest token each time)" }, 0, "N", FOR_PREDICT },
    { { .name = "length-penalty", .type = P_FLOAT, .at = AT(length_penalty), .min = 0, .max = 10,
        .help = "of translations: as train.length_penalty (default: as the training)" },                        0, "A", FOR_PREDICT },
    { { .name = "point", .type = P_INT, .at = AT(point), .min = FIRST_POINT, .max = 2147483647,
        .help = "the point to show, by its number in `sweep plan` (default: the first)" },        0, "N", FOR_SHOW },
    { { .name = "dot", .type = P_FLAG, .at = AT(dot),
        .help = "the network as a graph for graphviz: --dot | dot -Tsvg >net.svg" },              0, NULL, FOR_SHOW },
    { { .name = "points", .type = P_TEXT, .at = AT(points),
        .help = "learning curves of these points alone, numbers as in the tables: 3,7" },         0, "LIST", FOR_PLOT },
    { { .name = "by", .type = P_TEXT, .at = AT(by),
        .help = "learning curves alone, their mean for each value of an axis" },                  0, "AXIS", FOR_PLOT },
    { { .name = "all", .type = P_FLAG, .at = AT(all),
        .help = "list every point (of a dataset: every feature), however many" },                 0, NULL, FOR_PLAN | FOR_DATA },
    { { .name = "markdown", .type = P_FLAG, .at = AT(markdown),
        .help = "print it as Markdown instead" },                                                  0, NULL, FOR_REPORT },
    { { .name = "seconds", .type = P_FLOAT, .at = AT(seconds), .min = 0, .max = 86400, .open = 1,
        .help = "how long to measure, about (default: 20)" },                                     0, "S", FOR_BENCH },
    { { .name = "json", .type = P_FLAG, .at = AT(json),
        .help = "one JSON document instead of tables" },                                          0, NULL, FOR_PLAN | FOR_SHOW | FOR_STATUS | FOR_REPLAY | FOR_BENCH | FOR_DATA | FOR_PREDICT | FOR_EVAL },
    { { .name = "to", .type = P_TEXT, .at = AT(to),
        .help = "what to export to: safetensors, onnx or c; of `data get`: the folder (default: $SWEEP_DATA, else ~/.cache/sweep); of predict: the folder for label maps, as PNG; of eval: the folder for classes.csv, confusion.csv, predictions.csv and translations.csv of the test split; of generate: the file for pictures, a PNG (default: NAME.png)" }, 0, "WHAT", FOR_DATA | FOR_EXPORT | FOR_PREDICT | FOR_EVAL | FOR_GENERATE },
    { { .name = "patience", .type = P_FLOAT, .at = AT(patience), .min = 1, .max = 86400,
        .help = "seconds that `data get` waits for a server that sends next to nothing (default: 30)" }, 0, "S", FOR_DATA },
    { { .name = "quiet", .type = P_FLAG, .at = AT(quiet),
        .help = "no progress, only errors" },                                                     'q', NULL, FOR_RUN | FOR_PLOT | FOR_DATA | FOR_TRAIN },
    { { .name = "verbose", .type = P_FLAG, .at = AT(verbose),
        .help = "every trial, and every plot drawn or left out and why" },                        'v', NULL, FOR_RUN | FOR_INSPECT },
    { { .name = "help", .type = P_FLAG, .at = AT(help),
        .help = "this help; after a command, the help of the command" },                          'h', NULL, FOR_ALL },
    { { .name = "version", .type = P_FLAG, .at = AT(version),
        .help = "the version" },                                                                  0, NULL, FOR_ALL },
};
// clang-format on
enum { OPTIONS = sizeof table / sizeof table[0] };

static const char *option_name_at(size_t i, const void *ctx)
{
    (void)ctx;
    return i < OPTIONS ? table[i].p.name : NULL;
}

static int unknown_option(const char *arg, struct err *e)
{
    char word[64];
    size_t n = strcspn(arg, "=");
    snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word - 1), arg);
    const char *near = str_nearest(word + strspn(word, "-"), option_name_at, NULL);
    if (near)
        return err_set(e, ERR_USAGE, "unknown option '%s'; did you mean '--%s'?", word, near);
    return err_set(e, ERR_USAGE, "unknown option '%s'; `sweep --help` lists them", word);
}

/* What is left of the command line while it is read. */
struct word_reader {
    int argc, at; /* at: the word being read */
    const char *const *argv;
    struct options *o;
    uint64_t *used;
};

static int set_option(struct word_reader *r, size_t row, const char *value, const char *as, struct err *e)
{
    const struct option *opt = &table[row];
    *r->used |= (uint64_t)1 << row;
    if (opt->p.type == P_FLAG && value)
        return err_set(e, ERR_USAGE, "--%s takes no value", opt->p.name);
    if (opt->p.type != P_FLAG && !value) {
        if (r->at + 1 >= r->argc)
            return err_set(e, ERR_USAGE, "%s wants a value: %s", as, opt->value);
        value = r->argv[++r->at];
    }
    struct err why = {0};
    if (param_set(&opt->p, r->o, value ? value : "", NULL, &why))
        return err_set(e, ERR_USAGE, "--%s", why.text); /* "jobs: '0' is not an integer 1..1024" */
    if (opt->p.type == P_TEXT && !*value)
        return err_set(e, ERR_USAGE, "%s wants a value: %s", as, opt->value);
    return 0;
}

static int read_long(struct word_reader *r, struct err *e)
{
    const char *arg = r->argv[r->at], *eq = strchr(arg, '=');
    size_t n = eq ? (size_t)(eq - arg) : strlen(arg);
    for (size_t i = 0; i < OPTIONS; i++)
        if (strlen(table[i].p.name) + 2 == n && !strncmp(arg + 2, table[i].p.name, n - 2))
            return set_option(r, i, eq ? eq + 1 : NULL, arg, e);
    return unknown_option(arg, e);
}

/* Reads options of a letter: -q, -qn, -j 4, -j4. */
static int read_letters(struct word_reader *r, struct err *e)
{
    const char *arg = r->argv[r->at];
    for (const char *c = arg + 1; *c; c++) {
        size_t i = 0;
        while (i < OPTIONS && table[i].letter != *c)
            i++;
        if (i == OPTIONS)
            return unknown_option(arg, e);
        int takes = table[i].p.type != P_FLAG;
        if (set_option(r, i, takes && c[1] ? c + 1 : NULL, arg, e))
            return -1;
        if (takes)
            break;
    }
    return 0;
}

int options_parse(int argc, const char *const *argv, struct options *o, const char **word, size_t *nwords,
                  uint64_t *used, struct err *e)
{
    struct word_reader r = {argc, 0, argv, o, used};
    *o = (struct options){.point = -1,
                          .seconds = 20,
                          .patience = 30,
                          .threshold = -1,
                          .temperature = -1,
                          .seed = 1,
                          .length_penalty = -1};
    *nwords = 0;
    *used = 0;
    int only_words = 0;
    for (; r.at < argc; r.at++) {
        const char *arg = argv[r.at];
        if (only_words || arg[0] != '-' || !arg[1])
            word[(*nwords)++] = arg;
        else if (!strcmp(arg, "--"))
            only_words = 1;
        else if (arg[1] == '-' ? read_long(&r, e) : read_letters(&r, e))
            return -1;
    }
    o->out_given = o->out != NULL;
    o->out = o->out ? o->out : ".";
    return 0;
}

int options_fit(uint64_t used, const struct command *c, struct err *e)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if ((used >> i & 1) && !(table[i].bits & c->bit))
            return err_set(e, ERR_USAGE, "`sweep %s` takes no --%s; see `sweep %s --help`", c->name, table[i].p.name,
                           c->name);
    return 0;
}

void options_print(unsigned bits)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct option *opt = &table[i];
        if (!(opt->bits & bits))
            continue;
        char left[64];
        snprintf(left, sizeof left, "%c%c%s --%s%s%s", opt->letter ? '-' : ' ', opt->letter ? opt->letter : ' ',
                 opt->letter ? "," : " ", opt->p.name, opt->value ? " " : "", opt->value ? opt->value : "");
        printf("  %-20s %s\n", left, opt->p.help);
    }
}

int option_jobs(const struct options *o)
{
    if (o->jobs)
        return o->jobs;
    cpu_set_t set;
    if (!sched_getaffinity(0, sizeof set, &set) && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set); /* what taskset or a container leaves us */
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

int option_level(const struct options *o, const char **level, struct err *e)
{
    const char *env = getenv("SWEEP_ISA"), *name;
    *level = o->isa ? o->isa : env && *env ? env : NULL;
    if (!*level || kernels_pick(*level))
        return 0;
    struct str known = {0};
    for (size_t i = 0; (name = kernels_level(i)); i++)
        if (kernels_pick(name))
            str_addf(&known, "%s%s", known.n ? ", " : "", name);
    err_set(e, ERR_USAGE, "%s: '%s' is not an instruction set of this machine: %s", o->isa ? "--isa" : "SWEEP_ISA",
            *level, known.p ? known.p : "");
    str_release(&known);
    return -1;
}
