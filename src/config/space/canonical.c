/* canonical.c writes what a training is: every setting that it depends on and no other, in normal words, so that two
 * trainings that are the same have one text. */
#include "config/space/point.h"

#include "nn/layer.h"
#include "train/task.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* First line of the text, by enum nn_precision. A change of the engine's arithmetic in one of them raises its number,
 * so that old results are not taken for new ones, and those in the other are not computed again. */
static const char *const engine[] = {[NN_FP32] = "engine = 8\n", [NN_BF16] = "engine = 6\n"};

static void add_words(struct str *t, const char *text)
{
    for (const char *p = text; *p; p++)
        if (!isspace((unsigned char)*p))
            str_addn(t, p, 1);
        else if (p > text && !isspace((unsigned char)p[-1]))
            str_add(t, " ");
}

static void add_setting(struct str *t, const struct setting *st, const struct param *q, const void *from)
{
    char buf[256];
    str_add(t, st->name);
    str_add(t, " = ");
    if (q->type == P_TEXT)
        add_words(t, *(const char *const *)((const char *)from + q->at));
    else
        str_add(t, param_text(q, from, buf, sizeof buf));
    str_add(t, "\n");
}

/* Adds lines of the network; as written where they cannot be read, which the plan tells. */
static void add_lines_text(struct str *t, const char *key, const struct nn_line *line, size_t n, struct arena *a)
{
    const char *text = nn_lines_text(line, n, a);
    str_addf(t, "%s = ", key);
    for (size_t i = 0; !text && i < n; i++)
        str_addf(t, "%s%s", i ? ", " : "", line[i].text);
    str_add(t, text ? text : "");
    str_add(t, "\n");
}

static void add_network(struct str *t, const struct point *p, struct arena *a)
{
    const size_t layers = p->nlines - p->ncritic;
    add_lines_text(t, "model.layers", p->line, layers, a);
    if (!p->ncritic)
        return;
    add_lines_text(t, "model.critic", p->line + layers, p->ncritic, a);
    str_addf(t, "model.noise = %d\n", p->noise);
}

/* Adds the setting's line for the row of a family that the training has, where it counts. */
static void add_family_key(struct str *t, const struct setting *st, const struct chosen_rows *rows)
{
    for (size_t o = 0; o < st->nown; o++) {
        const void *args = owned_args(&st->own[o], rows);
        if (args && param_counts(st->own[o].table, st->own[o].param, args))
            add_setting(t, st, st->own[o].param, args);
    }
}

struct normal_texts {
    char augment[512], weights[512];
};

/* Puts the specs into normal words: what has no effect is as if it were not there. */
static void normal_specs(struct data_spec *d, struct train_spec *t, struct target_kind target, struct normal_texts *to)
{
    train_task_normal(t, target);
    const char *augment = data_augment_text(d->augment, to->augment, sizeof to->augment);
    d->augment = augment ? augment : d->augment;
    t->class_weights = train_weights_text(t, to->weights, sizeof to->weights);
    t->schedule = train_schedule(t);
    if (t->patience >= t->epochs) /* it cannot be out before the training is */
        t->patience = 0;
    if (t->beam == 1) /* one translation is finished, and compared with no other */
        t->length_penalty = 0;
}

/* Says whether normal_specs may change the setting. */
static int is_normal(const struct setting *st)
{
    size_t at = st->param ? st->param->at : 0;
    return st->param &&
           ((st->group == KEY_DATA && at == offsetof(struct data_spec, augment)) ||
            (st->group == KEY_TRAIN &&
             (at == offsetof(struct train_spec, schedule) || at == offsetof(struct train_spec, task) ||
              at == offsetof(struct train_spec, loss) || at == offsetof(struct train_spec, patience) ||
              at == offsetof(struct train_spec, length_penalty) || at == offsetof(struct train_spec, class_weights))));
}

int fill_canonical(const struct point_choice *choice, struct point *p, struct arena *a)
{
    struct str t = {0};
    struct point n = *p; /* in normal words */
    const struct specs specs = specs_of(&n.data, &n.nn, &n.train);
    struct chosen_rows rows;
    struct normal_texts texts;
    normal_specs(&n.data, &n.train, choice->target, &texts);
    if (chosen_init(&rows, choice->s, &specs, a))
        return -1;
    str_add(&t, engine[n.nn.precision]);
    add_network(&t, p, a);
    p->alike = str_hash(STR_HASH, t.p, t.n);
    for (size_t i = 0, from = t.n; i < choice->s->nset; i++, from = t.n) {
        const struct setting *st = &choice->s->set[i];
        if (st->nown)
            add_family_key(&t, st, &rows);
        else if (st->canon)
            str_add(&t, st->canon);
        else if (setting_in_spec(st) && param_counts(st->table, st->param, specs.of[st->group]))
            add_setting(&t, st, st->param, specs.of[st->group]);
        if (t.n > from && !setting_is_size(st) && !t.failed)
            p->alike = str_hash(p->alike, t.p + from, t.n - from);
    }
    if (n.train.select == 0 || n.train.patience > 0 ||
        schedule_types[n.train.schedule]->after_epoch) /* else nothing looks at it */
        str_addf(&t, "select = %s %s\n", n.train.maximise ? "max" : "min", train_metrics[n.train.metric].name);
    if (n.train.detail)
        str_addf(&t, "detail = %s\n", train_detail_name((size_t)n.train.detail));
    char *text = t.failed ? NULL : arena_strn(a, t.p, t.n);
    p->hash = text ? str_hash(STR_HASH, text, t.n) : 0;
    p->canonical = text;
    str_release(&t);
    return text ? 0 : -1;
}

/* Says whether the setting's line is the same at all points: so are its value and that of the key that it needs. */
static int has_one_line(const struct sweep *s, const struct setting *st)
{
    const int with = st->param && st->param->with ? setting_find(s, st->section, st->param->with) : -1;
    const struct setting *needs = with >= 0 ? &s->set[with] : st;
    return setting_in_spec(st) && !setting_may_differ(st) && !is_normal(st) && !setting_may_differ(needs) &&
           !is_normal(needs);
}

void prepare_canonical(struct sweep *s, struct error_list *errors)
{
    const struct specs t = specs_of(&s->data, &s->nn, &s->train);
    for (size_t i = 0; i < s->nset; i++) {
        struct setting *st = &s->set[i];
        struct str line = {0};
        if (!has_one_line(s, st))
            continue;
        if (param_counts(st->table, st->param, t.of[st->group]))
            add_setting(&line, st, st->param, t.of[st->group]);
        st->canon = line.failed ? NULL : arena_strn(&s->mem, line.n ? line.p : "", line.n);
        if (!st->canon)
            errors_nomem(errors);
        str_release(&line);
    }
}
