/* training_text.c writes the sweep file of one training alone, from its canonical text: what it depends on, in normal
 * words, and nothing else. Where its files are is not said: results do not depend on that. */
#include "config/space/point.h"

#include "nn/freezing.h"

#include <stdio.h>
#include <string.h>

#define LINE 100 /* bytes after which a value goes on in the next line; 198 are allowed */

/* The next line of the text; 0: there is none. */
static int next_line(const char **at, const char **line, size_t *n)
{
    *line = *at;
    *n = strcspn(*at, "\n");
    *at += *n + ((*at)[*n] == '\n');
    return *n > 0;
}

/* A value, over several lines where it is long: of layers the end of a line is as good as a comma. */
static void add_training_value(struct str *out, const char *v, size_t n, int layers)
{
    size_t from = 0, at = 0;
    for (; at < n; at++) {
        int comma = v[at] == ',' && at + 1 < n && v[at + 1] == ' ';
        if (at - from < LINE || !(comma || (!layers && v[at] == ' ')))
            continue;
        size_t end = comma && !layers ? at + 1 : at;
        str_addn(out, v + from, end - from);
        str_add(out, "\n    ");
        at += (size_t)comma;
        from = at + 1;
    }
    str_addn(out, v + from, n - from);
    str_add(out, "\n");
}

/* What a network begins with and what of it is trained, which the canonical text does not have: the hash knows what it
 * comes to. */
static void add_transfer(struct str *out, const struct nn_spec *s)
{
    const struct {
        const char *key, *value;
    } lines[] = {{"start", nn_has_start(s) ? s->start : ""},
                 {"match", nn_has_start(s) ? s->match : ""},
                 {"freeze", s->freeze},
                 {"lr_scale", s->lr_scale}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (!*lines[i].value)
            continue;
        str_addf(out, "%s = ", lines[i].key);
        add_training_value(out, lines[i].value, strlen(lines[i].value), 0);
    }
    if (*s->freeze && s->unfreeze_at)
        str_addf(out, "unfreeze_at = %d\n", s->unfreeze_at);
}

/* The lines "section.KEY = VALUE" as those of a section. */
static void add_training_section(struct str *out, const char *canonical, const char *section)
{
    const char *line;
    size_t n, prefix = strlen(section), any = 0;
    while (next_line(&canonical, &line, &n)) {
        if (n <= prefix || strncmp(line, section, prefix) != 0 || line[prefix] != '.')
            continue;
        const char *key = line + prefix + 1, *value = strstr(key, " = ");
        if (!any++)
            str_addf(out, "[%s]\n", section);
        str_addn(out, key, (size_t)(value - key) + 3);
        add_training_value(out, value + 3, n - (size_t)(value + 3 - line),
                           !strncmp(key, "layers ", 7) || !strncmp(key, "critic ", 7));
    }
}

int sweep_training_text(const struct sweep *s, const struct point *p, struct target_kind target, int repeat,
                        struct arena *a, struct str *out)
{
    static const char *const sections[] = {"data", "model", "train"};
    struct point_choice choice;
    struct point normal = *p;
    const struct sweep_spec *spec = sweep_spec(s);
    const struct metric *m = &train_metrics[p->train.metric];
    choice_point(&choice, s, p->at, a);
    choice.target = target;
    if (fill_canonical(&choice, &normal, a))
        return -1;
    if (spec->folds)
        str_addf(out, "; fold %d of %d, division %d\n", repeat % spec->folds + 1, spec->folds,
                 repeat / spec->folds + 1);
    str_addf(out, "[sweep]\nseed = %d\nobjective = %s %s\n", spec->seed + repeat, m->larger_is_better ? "max" : "min",
             m->name);
    if (p->train.detail)
        str_addf(out, "detail = %s\n", train_detail_name((size_t)p->train.detail));
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        add_training_section(out, normal.canonical, sections[i]);
        if (!strcmp(sections[i], "model"))
            add_transfer(out, &p->nn);
    }
    return out->failed ? -1 : 0;
}
