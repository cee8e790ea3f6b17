/* keys.c numbers the keys of all sections, and finds the nearest one. */
#include "config/keys/keys.h"

#include "base/str.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* 14,458 parameters; with the defaults of [train] 98.4 % of optdigits' test split (mean of 5 seeds), in about half a
 * second. Of four small nets the best by validation. */
const char default_layers[] = "conv2d 3x3 16 pad same, batchnorm, relu\n"
                              "conv2d 3x3 32 pad same, batchnorm, relu\n"
                              "maxpool 2\n"
                              "conv2d 3x3 32, batchnorm, relu\n"
                              "gap\n"
                              "dense $classes";

#define SPEC(field) offsetof(struct sweep_spec, field)
#define MODEL(field) offsetof(struct model_spec, field)
// clang-format off
static const char *keep_word(size_t i)
{
    static const char *const words[] = {[KEEP_BEST] = "best", [KEEP_ALL] = "all", [KEEP_NONE] = "none"};
    return i < sizeof words / sizeof *words ? words[i] : NULL;
}

const struct param sweep_params[] = {
    { .name = "name", .type = P_TEXT, .at = SPEC(name), .preset = "",
      .help = "of the results; default: the file's name" },
    { .name = "repeats", .type = P_INT, .at = SPEC(repeats), .min = 1, .max = 100000, .preset = "1",
      .help = "trainings of every point, each with a seed of its own" },
    { .name = "seed", .type = P_INT, .at = SPEC(seed), .min = 0, .max = 2147483647, .preset = "1",
      .help = "repeat r trains with seed + r - 1" },
    { .name = "objective", .type = P_TEXT, .at = SPEC(objective), .preset = "max val_accuracy",
      .help = "max or min and a metric; ranks the points and selects the epoch that is tested (test_*: its val_* counterpart does)" },
    { .name = "detail", .type = P_CHOICE, .at = SPEC(detail), .preset = "none", .word = train_detail_name,
      .help = "what is kept of each epoch beside the tables; layers: the norm of the gradient of each layer, in NAME.gradients.csv (its trials are trained anew)" },
    { .name = "keep", .type = P_CHOICE, .at = SPEC(keep), .preset = "best", .word = keep_word,
      .help = "whose networks are kept with their weights, in results/NAME/models: those of the best point's trials, of all trials, or none" },
    { 0 }
};
const struct param search_params[] = {
    { .name = "method", .type = P_CHOICE, .at = SPEC(method), .preset = "grid", .word = search_name,
      .help = "how the points are found: the grid has all of them, the others draw some" },
    { 0 }
};
const struct param prune_params[] = {
    { .name = "method", .type = P_CHOICE, .at = SPEC(prune), .preset = "none", .word = prune_name,
      .help = "which trials are given up before their end, by comparing them with others after as many epochs" },
    { 0 }
};
const struct param stop_params[] = {
    { .name = "trials", .type = P_INT, .at = SPEC(stop_trials), .min = 0, .max = 2147483647, .preset = "0",
      .help = "stop after so many trials of this call; 0: no limit" },
    { .name = "time", .type = P_FLOAT, .at = SPEC(stop_time), .min = 0, .max = HUGE_VAL, .preset = "0",
      .help = "stop after so many seconds; 0: no limit" },
    { .name = "trial_time", .type = P_FLOAT, .at = SPEC(stop_trial_time), .min = 0, .max = HUGE_VAL, .preset = "0",
      .help = "a trial that takes more seconds than this ends as failed; each trial then has a process of its own; 0: no limit" },
    { .name = "epochs", .type = P_INT, .at = SPEC(stop_epochs), .min = 0, .max = 2147483647, .preset = "0",
      .help = "stop after so many epochs in all; 0: no limit" },
    { .name = "target", .type = P_FLOAT, .at = SPEC(stop_target), .preset = "",
      .help = "stop when a trial's objective reaches this; empty: never" },
    { .name = "stagnation", .type = P_INT, .at = SPEC(stop_stagnation), .min = 0, .max = 2147483647, .preset = "0",
      .help = "stop after so many trials in a row, in the order of the plan, without a better objective; 0: never" },
    { 0 }
};
const struct param model_params[] = {
    { .name = "layers", .type = P_TEXT, .at = MODEL(layers), .preset = default_layers,
      .help = "blocks of layers, one block a line" },
    { .name = "pool", .type = P_TEXT, .at = MODEL(pool), .preset = "",
      .help = "a transition block that pool_at puts between the others" },
    { .name = "pool_at", .type = P_INT, .at = MODEL(pool_at), .min = 0, .max = 10000, .preset = "0",
      .help = "the block after which pool stands; 0 or none: nowhere" },
    { .name = "variant", .type = P_TEXT, .at = MODEL(variant), .preset = "none",
      .help = "NAME: keys of [model.NAME] stand in for those of [model]" },
    { 0 }
};

static const struct key_table {
    const char *section;
    enum key_group group;
    const struct param *params;
} tables[] = {
    { "sweep", KEY_SWEEP, sweep_params },
    { "search", KEY_SWEEP, search_params },
    { "prune", KEY_SWEEP, prune_params },
    { "stop", KEY_SWEEP, stop_params },
    { "data", KEY_DATA, data_params },
    { "model", KEY_MODEL, model_params },
    { "model", KEY_NN, nn_params },
    { "train", KEY_TRAIN, train_params },
    { "train", KEY_NN, nn_precision_params },
};
// clang-format on
#define TABLES (sizeof tables / sizeof *tables)

static size_t table_length(const struct param *t)
{
    size_t n = 0;
    while (t && t[n].name)
        n++;
    return n;
}

/* Finds the i-th key of a family; else *i goes down by as many as it has. */
static int family_key(const struct family *f, size_t *i, struct key_row *out)
{
    struct family_row row;
    for (size_t type = 0; !f->row(type, &row); type++) {
        size_t n = table_length(row.params);
        if (*i < n) {
            *out = (struct key_row){f->section, f->group, &row.params[*i], row.params, f, row.name, (int)type};
            return 0;
        }
        *i -= n;
    }
    return -1;
}

/* After the last table of a section come the keys of its families. */
int key_row(size_t i, struct key_row *out)
{
    for (size_t t = 0; t < TABLES; t++) {
        const struct key_table *table = &tables[t];
        size_t n = table_length(table->params);
        if (i < n) {
            *out = (struct key_row){table->section, table->group, &table->params[i], table->params, NULL, NULL, -1};
            return 0;
        }
        i -= n;
        int last = t + 1 == TABLES || strcmp(tables[t + 1].section, table->section) != 0;
        for (const struct family *f = families; last && f->key; f++)
            if (!strcmp(f->section, table->section) && !family_key(f, &i, out))
                return 0;
    }
    return -1;
}

int config_key(size_t i, struct key_info *out)
{
    struct key_row r;
    if (key_row(i, &r))
        return -1;
    *out = (struct key_info){r.section, r.param, r.owner};
    return 0;
}

const char *section_name(size_t i)
{
    static const char *const names[] = {"sweep", "search", "prune", "stop",   "data",
                                        "model", "train",  "grid",  "require"};
    return i < sizeof names / sizeof *names ? names[i] : NULL;
}

const char *key_section(const char *key, const char *not_this)
{
    struct key_row r;
    for (int varying = 1; varying >= 0; varying--)
        for (size_t i = 0; !key_row(i, &r); i++)
            if (group_varies(r.group) == varying && !strcmp(r.param->name, key) &&
                (!not_this || strcmp(r.section, not_this)))
                return r.section;
    return NULL;
}

const struct param *key_find(const char *section, const char *key)
{
    struct key_row r;
    for (size_t i = 0; !key_row(i, &r); i++)
        if (!strcmp(r.param->name, key) && !strcmp(r.section, section))
            return r.param;
    return NULL;
}

static const char *key_of_section(size_t i, const void *section)
{
    struct key_row r;
    if (key_row(i, &r))
        return NULL;
    return strcmp(r.section, section) ? "" : r.param->name; /* "" is near to nothing that matters */
}

const char *key_nearest(const char *section, const char *key)
{
    const char *near = str_nearest(key, key_of_section, section);
    return near && *near ? near : NULL;
}

int group_varies(enum key_group g)
{
    return g >= KEY_DATA;
}

int name_ok(const char *name)
{
    size_t n = 0;
    while (isalnum((unsigned char)name[n]) || (n && name[n] && strchr("._-", name[n])))
        n++;
    return n > 0 && n <= 64 && !name[n];
}
