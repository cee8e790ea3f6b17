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
      .help = "max or min and a metric; ranks the points and selects the epoch that is tested (test_*: its val_* counterpart does). Several with commas between them, after the first also params, macs and the like: the points that no other is better than by all" },
    { .name = "detail", .type = P_CHOICE, .at = SPEC(detail), .preset = "none", .word = train_detail_name,
      .help = "what is kept of each epoch beside the tables; layers: the norm of the gradient of each layer, in NAME.gradients.csv (its trials are trained anew)" },
    { .name = "keep", .type = P_CHOICE, .at = SPEC(keep), .preset = "best", .word = keep_word,
      .help = "whose networks are kept with their weights, in results/NAME/models: those of the best point's trials (of several objectives of all points of the Pareto front), of all trials, or none" },
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
      .help = "stop after so many trials of this call (with prune.promotion each turn of a trial, from rung to rung, counts); 0: no limit" },
    { .name = "time", .type = P_FLOAT, .at = SPEC(stop_time), .min = 0, .max = HUGE_VAL, .preset = "0",
      .help = "stop after so many seconds; 0: no limit" },
    { .name = "trial_time", .type = P_FLOAT, .at = SPEC(stop_trial_time), .min = 0, .max = HUGE_VAL, .preset = "0",
      .help = "a trial that takes more seconds than this (with prune.promotion: in one turn, from rung to rung) ends as failed; each trial then has a process of its own; 0: no limit" },
    { .name = "epochs", .type = P_INT, .at = SPEC(stop_epochs), .min = 0, .max = 2147483647, .preset = "0",
      .help = "stop after so many epochs in all; 0: no limit" },
    { .name = "target", .type = P_FLOAT, .at = SPEC(stop_target), .preset = "",
      .help = "stop when a trial's objective, the first one, reaches this; empty: never" },
    { .name = "stagnation", .type = P_INT, .at = SPEC(stop_stagnation), .min = 0, .max = 2147483647, .preset = "0",
      .help = "stop after so many trials in a row, in the order of the plan, without a better objective (of several: each was worse than another trial, or no better); 0: never" },
    { 0 }
};
const struct param model_params[] = {
    { .name = "layers", .type = P_TEXT, .at = MODEL(layers), .preset = default_layers,
      .help = "blocks of layers, one block a line" },
    { .name = "critic", .type = P_TEXT, .at = MODEL(critic), .preset = "",
      .help = "blocks of layers of a second network, for the task generate: it reads samples and what `layers` make of noise, and ends in dense 1" },
    { .name = "noise", .type = P_INT, .at = MODEL(noise), .min = 1, .max = 65536, .preset = "64",
      .help = "beside `critic`, how many normally distributed numbers `layers` begin with; else a variable as others are" },
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

/* The table of keys where a walk is: a row of tables[], then, after the last one of its section, one for each row of
 * each family of that section. 0, -1 where the family has no such row. */
static int table_at(const struct key_walk *w, struct key_row *out)
{
    const struct key_table *t = &tables[w->table];
    *out = (struct key_row){t->section, t->group, NULL, t->params, NULL, NULL, -1};
    if (!w->family)
        return 0;
    const struct family *f = &families[w->family - 1];
    struct family_row row;
    if (strcmp(f->section, t->section) || f->row(w->type, &row))
        return -1;
    *out = (struct key_row){f->section, f->group, NULL, row.params, f, row.name, (int)w->type};
    return 0;
}

static int is_last_of_section(size_t t)
{
    return t + 1 == TABLES || strcmp(tables[t + 1].section, tables[t].section) != 0;
}

int key_next(struct key_walk *w, struct key_row *out)
{
    while (w->table < TABLES) {
        if (table_at(w, out)) {
            w->family++;
            w->type = 0;
        } else if (out->table && out->table[w->key].name) {
            out->param = &out->table[w->key++];
            return 0;
        } else {
            w->key = 0;
            w->type += w->family > 0;
            w->family += !w->family;
        }
        if (w->family && (!is_last_of_section(w->table) || !families[w->family - 1].key))
            *w = (struct key_walk){.table = w->table + 1};
    }
    return -1;
}

int key_row(size_t i, struct key_row *out)
{
    struct key_walk w = {0};
    for (size_t k = 0; k <= i; k++)
        if (key_next(&w, out))
            return -1;
    return 0;
}

int config_key(struct key_walk *w, struct key_info *out)
{
    struct key_row r;
    if (key_next(w, &r))
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
        for (struct key_walk w = {0}; !key_next(&w, &r);)
            if (group_varies(r.group) == varying && !strcmp(r.param->name, key) &&
                (!not_this || strcmp(r.section, not_this)))
                return r.section;
    return NULL;
}

const struct param *key_find(const char *section, const char *key)
{
    struct key_row r;
    for (struct key_walk w = {0}; !key_next(&w, &r);)
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
