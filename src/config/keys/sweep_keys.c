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

static const char *metric_word(size_t i, const void *ctx)
{
    (void)ctx;
    return train_metrics[i].name;
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

static void check_objective(struct sweep *s, const struct where *at, struct error_list *errors)
{
    struct sweep_spec *sp = &s->spec;
    char way[16] = "", name[64] = "", rest[2] = "";
    int n = sscanf(sp->objective, " %15s %63s %1s", way, name, rest);
    int max = !strcmp(way, "max");
    if (n != 2 || (!max && strcmp(way, "min"))) {
        errors_add(errors, at, "'%s' is not 'max METRIC' or 'min METRIC', such as max val_accuracy", sp->objective);
        return;
    }
    int m = metric_named(name);
    if (m < 0) {
        const char *near = str_nearest(name, metric_word, NULL);
        errors_add(errors, at, "unknown metric '%s'%s%s%s", name, near ? "; did you mean '" : "", near ? near : "",
                   near ? "'?" : "; `sweep list metrics` names them");
        return;
    }
    if (max != train_metrics[m].larger_is_better) {
        errors_add(errors, at, "%s is better when it is %s: write %s %s", name, max ? "smaller" : "larger",
                   max ? "min" : "max", name);
        return;
    }
    sp->metric = m;
    sp->maximise = max;
    sp->objective = arena_fmt(&s->mem, "%s %s", way, name);
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
    if (fill_families(&all, &t, &s->mem, &told_later) || told_later.nomem)
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
    if (errors->n == before)
        metric_reaches(s->spec.metric, s->spec.stop_target, place_of_key(s, "stop", "target"), errors);
    s->train.metric = selecting_metric(s->spec.metric);
    s->train.maximise = train_metrics[s->train.metric].larger_is_better;
    s->train.detail = s->spec.detail;
}
