/* point.c fills the specs of one training from the values of the axes. */
#include "config/space/point.h"

#include <stdio.h>
#include <string.h>

struct specs specs_of(struct data_spec *data, struct nn_spec *nn, struct train_spec *train)
{
    return (struct specs){{[KEY_DATA] = data, [KEY_NN] = nn, [KEY_TRAIN] = train}};
}

int setting_in_spec(const struct setting *st)
{
    return st->param && group_varies(st->group) && st->group < KEY_SPECS;
}

int setting_may_differ(const struct setting *st)
{
    return st->column >= 0 || st->in_variant || st->follows;
}

/* Returns the text of a setting at the point, kept for as long as `a`. */
static const char *kept_text(const struct point_choice *p, int i, struct arena *a, struct err *e)
{
    char buf[STR_NUM];
    const char *text = choice_text(p, i, buf, e);
    return text == buf ? arena_str(a, buf) : text;
}

static void set_from(const struct point_choice *p, int i, const struct param *q, void *into, struct arena *a,
                     struct error_list *errors)
{
    struct where at = choice_where(p, i);
    struct err e = {0};
    const char *text = kept_text(p, i, a, &e);
    const char *origin = choice_origin(p, i);
    if (text && param_set(q, into, text, &at, &e) && origin) {
        size_t n = strlen(e.text);
        snprintf(e.text + n, sizeof e.text - n, "; it comes of '%s'", origin);
    }
    errors_take(errors, &at, &e);
}

void fill_varying(const struct point_choice *p, const struct specs *t, struct arena *a, struct error_list *errors)
{
    for (size_t i = 0; i < p->s->nset; i++) {
        const struct setting *st = &p->s->set[i];
        if (setting_may_differ(st) && setting_in_spec(st) && t->of[st->group])
            set_from(p, (int)i, st->param, t->of[st->group], a, errors);
    }
}

/* ---- families ---- */

int chosen_init(struct chosen_rows *rows, const struct sweep *s, const struct specs *t, struct arena *a)
{
    rows->specs = t;
    rows->row = arena_take(a, family_count() * sizeof *rows->row);
    for (size_t f = 0; rows->row && f < family_count(); f++) {
        struct family_row row;
        char name[64];
        const struct setting *chooser = &s->set[s->chooser[f]];
        const void *spec = t->of[chooser->group];
        rows->row[f] = spec ? family_find(&families[f], param_text(chooser->param, spec, name, sizeof name), &row) : -1;
    }
    return rows->row ? 0 : -1;
}

void *owned_args(const struct owned *o, const struct chosen_rows *rows)
{
    char *spec = rows->specs->of[o->family->group];
    return spec && rows->row[o->family - families] == o->type ? spec + o->family->args : NULL;
}

int fill_families(const struct point_choice *p, const struct specs *t, const unsigned char *but, struct arena *a,
                  struct error_list *errors)
{
    struct chosen_rows rows;
    if (chosen_init(&rows, p->s, t, a))
        return -1;
    for (size_t f = 0; f < family_count(); f++) {
        struct family_row row;
        char *spec = t->of[families[f].group];
        if (but && but[f])
            rows.row[f] = -1;
        if (!spec || !families[f].args_size || (but && but[f]))
            continue;
        memset(spec + families[f].args, 0, families[f].args_size);
        if (rows.row[f] >= 0 && !families[f].row((size_t)rows.row[f], &row) && row.params)
            param_defaults(row.params, spec + families[f].args);
    }
    for (size_t i = 0; i < p->s->nset; i++) {
        const struct setting *st = &p->s->set[i];
        for (size_t o = 0; o < st->nown; o++) {
            void *args = owned_args(&st->own[o], &rows);
            if (args)
                set_from(p, (int)i, st->own[o].param, args, a, errors);
        }
    }
    return 0;
}

/* ---- data ---- */

/* Checks one key of [data] after the other, each where it stands. */
void check_data(const struct point_choice *p, const struct data_spec *d, struct error_list *errors)
{
    for (size_t i = 0; i < p->s->nset; i++) {
        if (p->s->set[i].group != KEY_DATA)
            continue;
        struct err e = {0};
        struct where at = choice_where(p, (int)i);
        if (data_spec_check(d, &at, &e))
            errors_take(errors, &at, &e);
    }
}

static int data_varies(const struct sweep *s)
{
    for (size_t i = 0; i < s->nset; i++)
        if (s->set[i].group == KEY_DATA && setting_may_differ(&s->set[i]))
            return 1;
    return 0;
}

int sweep_point_data(const struct sweep *s, const struct proposal *at, struct arena *a, struct data_spec *d,
                     struct err_list *errs)
{
    struct point_choice p;
    struct error_list errors = {0};
    const struct specs t = specs_of(d, NULL, NULL);
    *d = s->data;
    choice_point(&p, s, at, a);
    if (data_varies(s)) {
        fill_varying(&p, &t, a, &errors);
        if (!errors.n)
            check_data(&p, d, &errors);
    }
    if (fill_families(&p, &t, s->settled, a, &errors))
        errors_nomem(&errors);
    int rc = errors.n || errors.nomem ? -1 : 0;
    errors_deliver(&errors, errs);
    return rc;
}

struct where sweep_point_where(const struct sweep *s, const struct proposal *at, const char *section, const char *key)
{
    struct point_choice p;
    struct arena a;
    int i = setting_find(s, section, key);
    arena_init(&a);
    choice_point(&p, s, at, &a);
    arena_release(&a);
    return i >= 0 ? choice_where(&p, i) : (struct where){s->path, 0, section, key};
}

struct where sweep_where(const struct sweep *s, const char *section, const char *key)
{
    int i = setting_find(s, section, key);
    return i >= 0 ? s->set[i].base.at : (struct where){s->path, 0, section, key};
}

/* ---- layers ---- */

static size_t add_lines(const struct lines *l, struct nn_line *out, struct point_choice *p, struct arena *a,
                        struct error_list *errors)
{
    for (size_t i = 0; i < l->n; i++) {
        struct err e = {0};
        out[i] = (struct nn_line){.text = template_text(&l->v[i], p, a, &e), .at = l->v[i].at};
        errors_take(errors, &l->v[i].at, &e);
    }
    return l->n;
}

static void fill_noise(const struct point_choice *p, struct point *out, struct error_list *errors)
{
    char buf[STR_NUM];
    const struct where at = choice_where(p, p->s->noise);
    struct err e = {0};
    struct param q = *p->s->set[p->s->noise].param;
    q.at = 0;
    const char *text = choice_text(p, p->s->noise, buf, &e);
    if (e.code || param_set(&q, &out->noise, text, &at, &e))
        errors_take(errors, &at, &e);
}

int fill_lines(struct point_choice *p, struct point *out, struct arena *a, struct error_list *errors)
{
    const struct sweep *s = p->s;
    const struct lines *layers = lines_of(p, s->layers);
    const struct nn_library *library = s->nblock ? blocks_at(p, a) : NULL;
    const struct lines *critic = lines_of(p, s->critic);
    size_t *place = arena_take(a, s->ninsert * sizeof *place), room = layers->n + critic->n, n = 0;
    for (size_t i = 0; place && i < s->ninsert; i++) {
        size_t lines = lines_of(p, s->insert[i].text)->n;
        place[i] = lines ? insert_place(p, &s->insert[i], layers->n, errors) : 0;
        room += lines;
    }
    struct nn_line *v = arena_take(a, (room + 1) * sizeof *v);
    if (!place || !v || (s->nblock && !library))
        return -1;
    for (size_t b = 0; b < layers->n; b++) {
        n += add_lines(&(struct lines){layers->v + b, 1}, v + n, p, a, errors);
        for (size_t i = 0; i < s->ninsert; i++)
            if (place[i] == b + 1)
                n += add_lines(lines_of(p, s->insert[i].text), v + n, p, a, errors);
    }
    n += add_lines(critic, v + n, p, a, errors);
    for (size_t i = 0; i < n; i++)
        v[i].library = library;
    out->line = v;
    out->nlines = n;
    out->ncritic = critic->n;
    if (critic->n)
        fill_noise(p, out, errors);
    return 0;
}

/* ---- points ---- */

/* Returns the value of an axis key: "" where the axis is absent, two quotation marks for an empty text. */
static const char *column_text(const int64_t *value, const struct column *c, char buf[STR_NUM])
{
    if (value[c->axis] == SEARCH_ABSENT)
        return "";
    const char *text = values_text(&c->values, (uint64_t)value[c->axis], buf);
    return *text ? text : "\"\"";
}

const char *sweep_point_value(const struct sweep *s, const struct proposal *at, size_t i, char buf[STR_NUM])
{
    return column_text(at->value, &s->col[i], buf);
}

static int fill_values(const struct point_choice *p, struct point *out, struct arena *a)
{
    const struct sweep *s = p->s;
    const char **v = arena_take(a, (s->ncol + s->nmade + 1) * sizeof *v);
    if (!v)
        return -1;
    for (size_t i = 0; i < s->ncol; i++) {
        char buf[STR_NUM];
        const char *text = column_text(p->value, &s->col[i], buf);
        v[i] = text == buf ? arena_str(a, buf) : text;
        if (!v[i])
            return -1;
    }
    out->value = v;
    out->made = v + s->ncol;
    for (size_t i = 0; i < s->nmade; i++) {
        struct err e = {0}; /* what else is wrong with it, the specs tell */
        const char *text = choice_has(p, s->made[i]) ? kept_text(p, s->made[i], a, &e) : NULL;
        if (e.code == ERR_NOMEM)
            return -1;
        v[s->ncol + i] = text ? text : "";
    }
    return 0;
}

int fill_specs(const struct point_choice *choice, struct point *p, struct arena *a, struct error_list *errors)
{
    const struct specs t = specs_of(&p->data, &p->nn, &p->train);
    p->data = choice->s->data;
    p->nn = choice->s->nn;
    p->train = choice->s->train;
    fill_varying(choice, &t, a, errors);
    if (errors->n)
        return -1;
    if (data_varies(choice->s))
        check_data(choice, &p->data, errors);
    if (fill_families(choice, &t, choice->s->settled, a, errors))
        return errors_nomem(errors);
    return 0;
}

/* Whole: with its texts. */
static int fill_point(struct point_choice *choice, int whole, struct point *p, struct arena *a,
                      struct error_list *errors)
{
    if (whole && fill_values(choice, p, a))
        return -1;
    if (fill_specs(choice, p, a, errors))
        return 0;
    return fill_lines(choice, p, a, errors) || (whole && !errors->n && fill_canonical(choice, p, a)) ? -1 : 0;
}

static int make_point(const struct sweep *s, const struct proposal *at, struct target_kind target, int whole,
                      struct arena *a, struct point *p, struct err_list *errs)
{
    struct point_choice choice;
    struct error_list errors = {0};
    memset(p, 0, sizeof *p);
    struct proposal *kept = arena_take(a, sizeof *kept);
    if (kept)
        memcpy(kept->value, at->value, s->nax * sizeof *kept->value);
    p->at = kept;
    choice_point(&choice, s, at, a);
    choice.target = target;
    if (!kept || fill_point(&choice, whole, p, a, &errors) || a->failed)
        errors_nomem(&errors);
    int rc = errors.n || errors.nomem ? -1 : 0;
    errors_deliver(&errors, errs);
    return rc;
}

int sweep_point(const struct sweep *s, const struct proposal *at, struct target_kind target, struct arena *a,
                struct point *p, struct err_list *errs)
{
    return make_point(s, at, target, 1, a, p, errs);
}

int sweep_point_training(const struct sweep *s, const struct proposal *at, struct target_kind target, struct arena *a,
                         struct point *p, struct err_list *errs)
{
    return make_point(s, at, target, 0, a, p, errs);
}
