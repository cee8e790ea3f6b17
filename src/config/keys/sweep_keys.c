/* sweep_keys.c reads [sweep], [search] and [stop]: what holds for the sweep as a whole. */
#include "config/space/point.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Returns the file's name without folder and .ini. */
static const char *name_of_file(const char *path, struct arena *a)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    size_t n = strlen(base);
    if (n > 4 && !strcmp(base + n - 4, ".ini"))
        n -= 4;
    return arena_strn(a, base, n);
}

static void check_name(struct sweep *s, const struct where *at, struct error_list *errors)
{
    struct sweep_spec *sp = &s->spec;
    int given = *sp->name != 0;
    if (!given)
        sp->name = name_of_file(s->path, &s->mem);
    if (!sp->name || name_ok(sp->name))
        return;
    if (given)
        errors_add(errors, at, "'%s' is no name: " NAME_RULE, sp->name);
    else
        errors_add(errors, &(struct where){s->path, 0, NULL, NULL},
                   "'%s' is no name: " NAME_RULE "; give name in [sweep]", sp->name);
}

void metric_reaches(int metric, double v, const struct where *at, struct error_list *errors)
{
    char num[STR_NUM];
    const struct metric *m = &train_metrics[metric];
    if (!(v > m->high))
        return;
    str_double(num, v);
    errors_add(errors, at, "%s is at most %g, it never reaches %s%s%s%s", m->name, m->high, num,
               *m->unit ? "; write " : "", *m->unit ? num : "", m->unit);
}

/* Words for an objective: metrics and, of one after the first, facts that are numbers. */
struct goal_words {
    size_t facts; /* 1: these, too */
};

static const char *goal_word(size_t i, const void *ctx)
{
    const struct goal_words *words = ctx;
    if (i < M_COUNT || !words->facts)
        return train_metrics[i < M_COUNT ? i : M_COUNT].name;
    const struct nn_fact *f = &nn_fact_rows[i - M_COUNT];
    return f->name && !f->number ? train_metrics[0].name : f->name; /* one that is a word is none */
}

/* What is measured with a clock leads to other points on every machine. */
static int is_time(const char *name)
{
    static const char *const word[] = {"seconds", "time", "duration", "speed"};
    size_t i = 0;
    while (i < sizeof word / sizeof *word && strcmp(word[i], name))
        i++;
    return i < sizeof word / sizeof *word;
}

static const struct nn_fact *fact_named(const char *name)
{
    const struct nn_fact *f = nn_fact_rows;
    while (f->name && (strcmp(f->name, name) || !f->number))
        f++;
    return f->name ? f : NULL;
}

static void add_unknown_goal(const char *name, size_t number, const struct where *at, struct error_list *errors)
{
    const struct goal_words words = {number > 0};
    const char *near = str_nearest(name, goal_word, &words);
    if (is_time(name))
        errors_add(errors, at,
                   "'%s' is not the same on every machine, so that no point may follow from it; write min macs", name);
    else if (!number && fact_named(name))
        errors_add(errors, at,
                   "%s is the same in all epochs, and the first objective selects the epoch: write a metric before it, "
                   "such as max val_accuracy, min %s",
                   name, name);
    else
        errors_add(errors, at, "unknown metric '%s'%s%s%s", name, near ? "; did you mean '" : "", near ? near : "",
                   near ? "'?" : "; `sweep list metrics` names them");
}

/* Checks objective number `number`, whose words are read. 0; 1: there is an error. */
static int check_goal(const struct sweep_spec *sp, size_t number, const char *name, int max, const struct where *at,
                      struct error_list *errors)
{
    const size_t before = errors->n;
    const int m = metric_named(name);
    if (m < 0 && (!number || !fact_named(name)))
        add_unknown_goal(name, number, at, errors);
    else if (m >= 0 && max != train_metrics[m].larger_is_better)
        errors_add(errors, at, "%s is better when it is %s: write %s %s", name, max ? "smaller" : "larger",
                   max ? "min" : "max", name);
    for (size_t k = 0; k < number && errors->n == before; k++)
        if (!strcmp(sp->goal[k].name, name))
            errors_add(errors, at, "%s is an objective twice", name);
    return errors->n != before;
}

/* Reads one objective, text[n], and puts its words into `all`. 0; 1: there is an error. */
static int read_goal(struct sweep *s, const char *text, size_t n, struct str *all, const struct where *at,
                     struct error_list *errors)
{
    struct sweep_spec *sp = &s->spec;
    char piece[128], way[16] = "", name[64] = "", rest[2] = "";
    snprintf(piece, sizeof piece, "%.*s", (int)n, text);
    const int words = n < sizeof piece ? sscanf(piece, " %15s %63s %1s", way, name, rest) : 0,
              max = !strcmp(way, "max");
    if (words != 2 || (!max && strcmp(way, "min"))) {
        errors_add(errors, at, "'%.*s' is not 'max METRIC' or 'min METRIC', such as max val_accuracy", (int)n, text);
        return 1;
    }
    if (sp->goals == SEARCH_OBJECTIVES) {
        errors_add(errors, at, "there are more than %d objectives", SEARCH_OBJECTIVES);
        return 1;
    }
    if (check_goal(sp, sp->goals, name, max, at, errors))
        return 1;
    const int m = metric_named(name);
    const struct nn_fact *fact = m < 0 ? fact_named(name) : NULL;
    sp->goal[sp->goals++] = (struct sweep_goal){fact ? fact->name : train_metrics[m].name, max, m, fact};
    str_addf(all, "%s%s %s", all->n ? ", " : "", way, name);
    return 0;
}

static void check_objective(struct sweep *s, const struct where *at, struct error_list *errors)
{
    struct sweep_spec *sp = &s->spec;
    struct str all = {0};
    int bad = 0;
    for (const char *text = sp->objective; text && !bad;) {
        const char *comma = strchr(text, ',');
        bad = read_goal(s, text, comma ? (size_t)(comma - text) : strlen(text), &all, at, errors);
        text = comma ? comma + 1 : NULL;
    }
    const char *words = bad || all.failed ? NULL : arena_str(&s->mem, all.p);
    if (words) {
        sp->objective = words;
        sp->metric = sp->goal[0].metric;
        sp->maximise = sp->goal[0].maximise;
    } else {
        sp->goals = 1;
        sp->goal[0] = (struct sweep_goal){train_metrics[sp->metric].name, sp->maximise, sp->metric, NULL};
    }
    if (!words && !bad)
        errors_nomem(errors);
    str_release(&all);
}

/* Optuna refuses this, too. */
static void check_pruning(const struct sweep *s, const struct where *at, struct error_list *errors)
{
    if (s->spec.goals > 1 && s->spec.prune)
        errors_add(
            errors, at,
            "%s compares trials by one objective: what it gives up may be the best by another. Write none, or one "
            "sweep.objective",
            prune_types[s->spec.prune]->name);
}

/* Returns the metric that selects the epoch: the objective, where every epoch has it; else its counterpart on the
 * validation split. */
static int selecting_metric(int objective)
{
    const struct metric *m = &train_metrics[objective];
    return m->per_epoch ? objective : metric_on(DATA_VALIDATION, m->metric);
}

static const struct where *place_of_key(const struct sweep *s, const char *section, const char *key)
{
    return &s->set[setting_find(s, section, key)].base.at;
}

/* Fills the keys that rows of families of the sweep as a whole have. What is wrong with them is told with all keys of
 * families (point_prepare). */
static void fill_sweep_families(struct sweep *s, struct error_list *errors)
{
    const struct specs t = {{[KEY_SWEEP] = &s->spec}};
    struct point_choice all = {.s = s, .a = &s->mem}; /* these have no axes */
    struct error_list told_later = {0};
    if (fill_families(&all, &t, NULL, &s->mem, &told_later) || told_later.nomem)
        errors_nomem(errors);
    errors_release(&told_later);
}

void sweep_keys_fill(struct sweep *s, struct error_list *errors)
{
    s->spec.stop_target = NAN;
    s->spec.metric = M_VAL_ACCURACY;
    s->spec.maximise = 1;
    for (size_t i = 0; i < s->nset; i++) {
        struct setting *st = &s->set[i];
        struct err e = {0};
        if (group_varies(st->group))
            continue;
        if (st->base.text && strchr(st->base.text, '$')) {
            errors_add(errors, &st->base.at, "'%s': [%s] is of the sweep as a whole and has plain values",
                       st->base.text, st->section);
            st->base.text = st->param ? st->param->preset : NULL;
            st->base.by = BY_DEFAULT;
        }
        if (!st->param)
            continue;
        int nothing = st->base.by == BY_DEFAULT && !*st->base.text && st->param->type != P_TEXT;
        if (!nothing && param_set(st->param, &s->spec, st->base.text, &st->base.at, &e))
            errors_take(errors, &st->base.at, &e);
    }
    fill_sweep_families(s, errors);
    check_name(s, place_of_key(s, "sweep", "name"), errors);
    size_t before = errors->n;
    check_objective(s, place_of_key(s, "sweep", "objective"), errors);
    check_pruning(s, place_of_key(s, "prune", "method"), errors);
    if (errors->n == before)
        metric_reaches(s->spec.metric, s->spec.stop_target, place_of_key(s, "stop", "target"), errors);
    s->train.metric = selecting_metric(s->spec.metric);
    s->train.maximise = train_metrics[s->train.metric].larger_is_better;
    s->train.detail = s->spec.detail;
}
