/* point.c - from the values of the axes to the specs of one training, and to the text that says what it is. */
#include "config/sweep.h"

#include "nn/layer.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* First line of the canonical text. A change of the engine's arithmetic raises it, so that old results are not taken
 * for new ones. */
#define ENGINE "engine = 3\n"

struct specs {
    struct data_spec *data;
    struct nn_spec *nn;
    struct train_spec *train;
};

static void *spec_of(const struct specs *t, enum key_group g)
{
    return g == KEY_DATA ? (void *)t->data : g == KEY_TRAIN ? (void *)t->train : (void *)t->nn;
}

static int in_spec(enum key_group g)
{
    return g == KEY_DATA || g == KEY_NN || g == KEY_TRAIN || g == KEY_PRECISION;
}

static int varies(const struct setting *st)
{
    return st->column >= 0 || st->in_variant || st->follows;
}

/* The text of a setting at the point, kept for as long as `a`. */
static const char *kept_text(const struct pick *p, int i, struct arena *a, struct err *e)
{
    char buf[STR_NUM];
    const char *text = pick_text(p, i, buf, e);
    return text == buf ? arena_str(a, buf) : text;
}

static void set_from(const struct pick *p, int i, const struct param *q, void *into, struct arena *a, struct faults *f)
{
    struct where at = pick_where(p, i);
    struct err e = {0};
    const char *text = kept_text(p, i, a, &e);
    const char *origin = pick_origin(p, i);
    if (text && param_set(q, into, text, &at, &e) && origin) {
        size_t n = strlen(e.text);
        snprintf(e.text + n, sizeof e.text - n, "; it comes of '%s'", origin);
    }
    fault_take(f, &at, &e);
}

/* The tables' own keys: groups given by a mask of 1 << group. */
static void fill_varying(const struct pick *p, const struct specs *t, unsigned groups, struct arena *a,
                         struct faults *f)
{
    for (size_t i = 0; i < p->s->nset; i++) {
        const struct setting *st = &p->s->set[i];
        if (varies(st) && st->param && in_spec(st->group) && (groups >> st->group & 1))
            set_from(p, (int)i, st->param, spec_of(t, st->group), a, f);
    }
}

/* Whether the key is the one of this training's dataset, optimizer or schedule; then *into is where its value goes. */
static int owner_matches(const struct owned *o, const struct specs *t, void **into)
{
    if (o->group == KEY_SOURCE) {
        *into = t->data->source_args;
        return !strcmp(o->name, t->data->dataset);
    }
    if (o->group == KEY_OPTIMIZER) {
        *into = t->train->optimizer_args;
        return o->type == t->train->optimizer;
    }
    *into = t->train->schedule_args;
    return o->type == t->train->schedule;
}

/* The keys of [data] (or of [train]) that only some owner has: their defaults, then what is written. */
static void set_owned(const struct pick *p, const struct specs *t, int data, struct arena *a, struct faults *f)
{
    for (size_t i = 0; i < p->s->nset; i++) {
        const struct setting *st = &p->s->set[i];
        void *into;
        for (size_t o = 0; o < st->nown; o++)
            if ((st->own[o].group == KEY_SOURCE) == data && owner_matches(&st->own[o], t, &into))
                set_from(p, (int)i, st->own[o].param, into, a, f);
    }
}

static void fill_source(const struct pick *p, struct data_spec *d, struct arena *a, struct faults *f)
{
    const struct data_word *source = data_dataset_named(d->dataset);
    memset(d->source_args, 0, sizeof d->source_args);
    if (source && source->params)
        param_defaults(source->params, d->source_args);
    set_owned(p, &(struct specs){.data = d}, 1, a, f);
}

static void fill_owned(const struct pick *p, const struct specs *specs, struct arena *a, struct faults *f)
{
    struct train_spec *t = specs->train;
    memset(t->optimizer_args, 0, sizeof t->optimizer_args);
    memset(t->schedule_args, 0, sizeof t->schedule_args);
    param_defaults(optimizer_types[t->optimizer]->params, t->optimizer_args);
    param_defaults(schedule_types[t->schedule]->params, t->schedule_args);
    set_owned(p, specs, 0, a, f);
    fill_source(p, specs->data, a, f);
}

/* ---- data ---- */

/* One key after the other, each where it stands. */
static void check_data(const struct pick *p, const struct data_spec *d, struct faults *f)
{
    for (size_t i = 0; i < p->s->nset; i++) {
        if (p->s->set[i].group != KEY_DATA)
            continue;
        struct err e = {0};
        struct where at = pick_where(p, (int)i);
        if (data_spec_check(d, &at, &e))
            fault_take(f, &at, &e);
    }
}

static int data_varies(const struct sweep *s)
{
    for (size_t i = 0; i < s->nset; i++)
        if ((s->set[i].group == KEY_DATA || s->set[i].group == KEY_SOURCE) && varies(&s->set[i]))
            return 1;
    return 0;
}

int sweep_point_data(const struct sweep *s, uint64_t k, struct arena *a, struct data_spec *d, struct err_list *errs)
{
    struct pick p;
    struct faults f = {0};
    struct specs t = {.data = d};
    *d = s->data;
    pick_point(&p, s, k, a);
    if (data_varies(s)) {
        fill_varying(&p, &t, 1u << KEY_DATA, a, &f);
        if (!f.n)
            check_data(&p, d, &f);
    }
    fill_source(&p, d, a, &f);
    int rc = f.n || f.nomem ? -1 : 0;
    faults_deliver(&f, errs);
    return rc;
}

struct where sweep_point_where(const struct sweep *s, uint64_t k, const char *section, const char *key)
{
    struct pick p;
    struct arena a;
    int i = setting_find(s, section, key);
    arena_init(&a);
    pick_point(&p, s, k, &a);
    arena_release(&a);
    return i >= 0 ? pick_where(&p, i) : (struct where){s->path, 0, section, key};
}

/* At open: [data] as the points will see it, one axis at a time, the others at their first value. */
static void check_data_axes(struct sweep *s, struct faults *f)
{
    struct pick p = {.s = s, .a = &s->mem};
    size_t before = f->n;
    for (size_t i = 0; i < s->nax; i++)
        p.value[i] = s->ax[i].when_text ? GRID_ABSENT : 0;
    for (size_t i = 0; i < s->ncol || i == 0; i++) {
        const struct column *c = s->ncol ? &s->col[i] : NULL;
        const struct axis *ax = c ? &s->ax[c->axis] : NULL;
        int vary = c && s->set[c->setting].group == KEY_DATA && !ax->when_text;
        for (uint64_t v = 0; v < (vary ? ax->n : 1) && v < 256 && f->n == before; v++) {
            struct data_spec d = s->data;
            struct specs t = {.data = &d};
            if (vary)
                p.value[c->axis] = (int64_t)v;
            fill_varying(&p, &t, 1u << KEY_DATA, &s->mem, f);
            if (f->n == before)
                check_data(&p, &d, f);
        }
        if (vary)
            p.value[c->axis] = 0;
    }
}

/* ---- layers ---- */

static size_t add_lines(const struct lines *l, struct nn_line *out, struct pick *p, struct arena *a, struct faults *f)
{
    for (size_t i = 0; i < l->n; i++) {
        struct err e = {0};
        out[i] = (struct nn_line){.text = template_text(&l->v[i], p, a, &e), .at = l->v[i].at};
        fault_take(f, &l->v[i].at, &e);
    }
    return l->n;
}

/* The block after which the pool stands; 0: nowhere. */
static size_t pool_block(const struct pick *p, size_t blocks, struct faults *f)
{
    char buf[STR_NUM];
    struct where at = pick_where(p, p->s->pool_at);
    struct err e = {0};
    int n = 0;
    struct param q = *p->s->set[p->s->pool_at].param;
    q.at = 0;
    const char *text = setting_text(p->s, p->s->pool_at, pick_text(p, p->s->pool_at, buf, &e));
    if (e.code || param_set(&q, &n, text, &at, &e))
        fault_take(f, &at, &e);
    else if ((size_t)n > blocks)
        fault(f, &at, "'%d' is behind the last of %zu blocks; pool_at is 0..%zu", n, blocks, blocks);
    return n >= 0 && (size_t)n <= blocks ? (size_t)n : 0;
}

static int fill_lines(struct pick *p, struct point *out, struct arena *a, struct faults *f)
{
    const struct lines *layers = lines_of(p, p->s->layers), *pool = lines_of(p, p->s->pool);
    size_t at = pool->n ? pool_block(p, layers->n, f) : 0;
    struct nn_line *v = arena_take(a, (layers->n + pool->n + 1) * sizeof *v);
    if (!v)
        return -1;
    struct lines head = *layers, tail = *layers;
    head.n = at;
    if (at) { /* of no lines at all there is no place */
        tail.v += at;
        tail.n -= at;
    }
    size_t n = add_lines(&head, v, p, a, f);
    if (at)
        n += add_lines(pool, v + n, p, a, f);
    n += add_lines(&tail, v + n, p, a, f);
    const struct nn_library *library = p->s->nblock ? blocks_at(p, a) : NULL;
    if (!library && p->s->nblock)
        return -1;
    for (size_t i = 0; i < n; i++)
        v[i].library = library;
    out->line = v;
    out->nlines = n;
    return 0;
}

/* ---- the canonical text ---- */

/* Whether the key counts at this point: its row says when it does not. */
static int matters(const struct setting *st, const struct specs *t)
{
    const struct param *table = st->group == KEY_DATA        ? data_params
                                : st->group == KEY_TRAIN     ? train_params
                                : st->group == KEY_PRECISION ? nn_precision_params
                                                             : nn_params;
    return param_counts(table, st->param, spec_of(t, st->group));
}

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

/* As written where it cannot be read, which the plan tells. */
static void add_network(struct str *t, const struct point *p, struct arena *a)
{
    const char *text = nn_lines_text(p->line, p->nlines, a);
    str_add(t, "model.layers = ");
    for (size_t i = 0; !text && i < p->nlines; i++)
        str_addf(t, "%s%s", i ? ", " : "", p->line[i].text);
    str_add(t, text ? text : "");
    str_add(t, "\n");
}

static void add_owned(struct str *t, const struct setting *st, const struct specs *specs)
{
    void *from;
    for (size_t o = 0; o < st->nown; o++)
        if (owner_matches(&st->own[o], specs, &from) && param_counts(st->own[o].table, st->own[o].param, from))
            add_setting(t, st, st->own[o].param, from);
}

static int is_size(const struct setting *st)
{
    size_t at = st->param ? st->param->at : 0;
    return st->group == KEY_DATA &&
           (at == offsetof(struct data_spec, train) || at == offsetof(struct data_spec, validation) ||
            at == offsetof(struct data_spec, test));
}

/* The specs in normal words: what has no effect is as if it were not there. 1: the setting's line is not st->canon. */
static void normal_specs(struct data_spec *d, struct train_spec *t, char *buf, size_t n)
{
    const char *augment = data_augment_text(d->augment, buf, n);
    d->augment = augment ? augment : d->augment;
    t->schedule = train_schedule(t);
    if (t->patience >= t->epochs) /* it cannot be out before the training is */
        t->patience = 0;
}

static int is_normal(const struct setting *st)
{
    size_t at = st->param ? st->param->at : 0;
    return (st->group == KEY_DATA && at == offsetof(struct data_spec, augment)) ||
           (st->group == KEY_TRAIN &&
            (at == offsetof(struct train_spec, schedule) || at == offsetof(struct train_spec, patience)));
}

static int fill_canonical(const struct pick *pick, struct point *p, struct arena *a)
{
    struct str t = {0};
    struct point n = *p; /* in normal words */
    struct specs specs = {&n.data, &n.nn, &n.train};
    char augment[512];
    normal_specs(&n.data, &n.train, augment, sizeof augment);
    str_add(&t, ENGINE);
    add_network(&t, p, a);
    p->alike = str_hash(STR_HASH, t.p, t.n);
    for (size_t i = 0, from = t.n; i < pick->s->nset; i++, from = t.n) {
        const struct setting *st = &pick->s->set[i];
        if (st->nown)
            add_owned(&t, st, &specs);
        else if (!in_spec(st->group) || !matters(st, &specs))
            continue;
        else if (st->canon && !is_normal(st))
            str_add(&t, st->canon);
        else
            add_setting(&t, st, st->param, spec_of(&specs, st->group));
        if (!is_size(st) && !t.failed)
            p->alike = str_hash(p->alike, t.p + from, t.n - from);
    }
    if (n.train.select == 0 || n.train.patience > 0) /* else nothing looks at it */
        str_addf(&t, "select = %s %s\n", n.train.maximise ? "max" : "min", train_metrics[n.train.metric].name);
    char *text = t.failed ? NULL : arena_strn(a, t.p, t.n);
    p->hash = text ? str_hash(STR_HASH, text, t.n) : 0;
    p->canonical = text;
    str_release(&t);
    return text ? 0 : -1;
}

/* ---- points ---- */

/* "" where the axis is absent; an empty value is one like others. */
static const char *column_text(const int64_t *value, const struct column *c, char buf[STR_NUM])
{
    if (value[c->axis] == GRID_ABSENT)
        return "";
    const char *text = values_text(&c->values, (uint64_t)value[c->axis], buf);
    return *text ? text : "\"\"";
}

const char *sweep_point_value(const struct sweep *s, uint64_t k, size_t i, char buf[STR_NUM])
{
    int64_t value[GRID_AXES];
    grid_decode(&s->grid, k, value);
    return column_text(value, &s->col[i], buf);
}

static int fill_values(const struct pick *p, struct point *out, struct arena *a)
{
    const struct sweep *s = p->s;
    struct err e = {0};
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
        const char *text = pick_has(p, s->made[i]) ? kept_text(p, s->made[i], a, &e) : NULL;
        v[s->ncol + i] = text ? text : "";
    }
    return 0;
}

static int fill_specs(const struct pick *pick, struct point *p, struct arena *a, struct faults *f)
{
    struct specs t = {&p->data, &p->nn, &p->train};
    p->data = pick->s->data;
    p->nn = pick->s->nn;
    p->train = pick->s->train;
    fill_varying(pick, &t, ~0u, a, f);
    if (f->n)
        return -1;
    if (data_varies(pick->s))
        check_data(pick, &p->data, f);
    fill_owned(pick, &t, a, f);
    return 0;
}

static int fill_point(struct pick *pick, struct point *p, struct arena *a, struct faults *f)
{
    if (fill_specs(pick, p, a, f))
        return 0;
    return fill_values(pick, p, a) || fill_lines(pick, p, a, f) || (!f->n && fill_canonical(pick, p, a)) ? -1 : 0;
}

int sweep_point(const struct sweep *s, uint64_t k, int classes, struct arena *a, struct point *p, struct err_list *errs)
{
    struct pick pick;
    struct faults f = {0};
    memset(p, 0, sizeof *p);
    p->index = k;
    if (k >= s->grid.points) {
        fault(&f, NULL, "there is no point %llu", (unsigned long long)k);
    } else {
        pick_point(&pick, s, k, a);
        pick.classes = classes;
        if (fill_point(&pick, p, a, &f) || a->failed)
            fault_nomem(&f);
    }
    int rc = f.n || f.nomem ? -1 : 0;
    faults_deliver(&f, errs);
    return rc;
}

/* ---- at open ---- */

static void join_owners(struct str *t, const struct setting *st)
{
    for (size_t o = 0; o < st->nown; o++)
        str_addf(t, "%s%s", !o ? "" : o + 1 < st->nown ? ", " : " and ", st->own[o].name);
}

/* Whether the dataset (optimizer, schedule) of some point has a name that is known. */
static int any_owner(const struct sweep *s, enum key_group g)
{
    struct key_row r;
    for (size_t i = 0; !key_row(i, &r); i++)
        if (r.group == g && owner_used(s, &(struct owned){.group = g, .type = r.type, .name = r.owner}))
            return 1;
    const struct setting *which = &s->set[owner_setting(s, g)];
    struct faults none = {0};
    if (g == KEY_SOURCE && which->column < 0)
        return data_dataset_named(which->base.text) != NULL;
    int known = which->column >= 0 || !setting_check(s, (int)(which - s->set), which->base.text, NULL, &none);
    faults_release(&none); /* a type without keys of its own */
    return known;
}

/* A key that only other datasets, optimizers or schedules have. */
static void check_owned(struct sweep *s, size_t i, struct faults *f)
{
    const struct setting *st = &s->set[i];
    const struct where *at = st->base.by != BY_DEFAULT ? &st->base.at : st->column >= 0 ? &s->col[st->column].at : NULL;
    int used = 0;
    for (size_t o = 0; o < st->nown; o++)
        used |= owner_used(s, &st->own[o]);
    if (!at)
        return;
    if (used) {
        if (st->base.by != BY_DEFAULT && st->base.text && !st->base.made)
            setting_check(s, (int)i, st->base.text, at, f);
        return;
    }
    if (!any_owner(s, st->own[0].group)) /* nonsense there is an error of its own */
        return;
    const struct setting *which = &s->set[owner_setting(s, st->own[0].group)];
    struct str t = {0};
    join_owners(&t, st);
    f->nomem |= t.failed;
    fault(f, at, "is not used by %s; %s %s it", which->column >= 0 ? "any value of its axis" : which->base.text,
          t.p ? t.p : "", st->nown > 1 ? "have" : "has");
    str_release(&t);
}

/* Then whole points are looked at (point_check_follows) instead of one axis after the other. */
static int data_follows(const struct sweep *s)
{
    for (size_t i = 0; i < s->nset; i++)
        if (s->set[i].group == KEY_DATA && s->set[i].follows)
            return 1;
    return 0;
}

/* Returns how many keys of [data] are wrong. */
static size_t fill_base(struct sweep *s, struct faults *f)
{
    struct specs t = {&s->data, &s->nn, &s->train};
    size_t bad = 0;
    for (size_t i = 0; i < s->nset; i++) {
        const struct setting *st = &s->set[i];
        struct err e = {0};
        if (st->nown)
            check_owned(s, i, f);
        else if (st->base.made && in_spec(st->group)) /* the points tell what it is */
            param_set(st->param, spec_of(&t, st->group), st->param->preset, NULL, &e);
        else if (st->group >= KEY_DATA && !in_spec(st->group) && st->base.by != BY_DEFAULT && st->base.text &&
                 !st->base.made)
            setting_check(s, (int)i, st->base.text, &st->base.at, f);
        else if (in_spec(st->group) && st->base.text &&
                 param_set(st->param, spec_of(&t, st->group), st->base.text, &st->base.at, &e)) {
            bad += st->group == KEY_DATA;
            fault_take(f, &st->base.at, &e);
        }
    }
    return bad;
}

void point_prepare(struct sweep *s, struct faults *f)
{
    struct specs t = {&s->data, &s->nn, &s->train};
    if (!fill_base(s, f) && !data_follows(s))
        check_data_axes(s, f);
    for (size_t i = 0; i < s->nset; i++) {
        struct setting *st = &s->set[i];
        struct str line = {0};
        if (!in_spec(st->group) || varies(st) || st->nown)
            continue;
        add_setting(&line, st, st->param, spec_of(&t, st->group));
        st->canon = line.failed ? NULL : arena_strn(&s->mem, line.p, line.n);
        if (!st->canon)
            fault_nomem(f);
        str_release(&line);
    }
}

static int told(const struct faults *f, const char *text)
{
    for (size_t i = 0; i < f->n; i++)
        if (!strcmp(f->v[i].e.text, text))
            return 1;
    return 0;
}

/* Whether the line of that place has one of these letters. */
static int lines_have(const struct pick *p, const struct where *at, const char *letters)
{
    const int which[] = {p->s->layers, p->s->pool};
    for (size_t w = 0; w < 2; w++) {
        const struct lines *l = lines_of(p, which[w]);
        for (size_t i = 0; i < l->n; i++)
            for (size_t c = 0; l->v[i].at.line == at->line && c < l->v[i].n; c++)
                if (l->v[i].chunk[c].text && strpbrk(l->v[i].chunk[c].text, letters))
                    return 1;
    }
    return 0;
}

/* The line that an error begins with: the order of the report follows it. */
static struct where place_in_text(const struct sweep *s, const char *text)
{
    size_t n = strlen(s->path);
    int line = !strncmp(text, s->path, n) && text[n] == ':' ? atoi(text + n + 1) : 0;
    return (struct where){line ? s->path : COMMAND_LINE, line, NULL, NULL};
}

/* What nn says of the point's lines, each where it stands. A line that cannot be put together was told; it is left out,
 * and where it opens or closes a group, so are all. */
static void check_words(struct pick *pick, struct arena *a, struct faults *f)
{
    struct point p = {0};
    struct faults own = {0};
    struct err_list errs = {0};
    int whole = !fill_lines(pick, &p, a, &own);
    struct nn_line *line = (struct nn_line *)p.line;
    for (size_t i = 0; whole && i < p.nlines; i++)
        if (!line[i].text || strchr(line[i].text, '$')) { /* '$': a variable's own value is wrong */
            whole = !lines_have(pick, &line[i].at, "{}");
            line[i].text = "";
        }
    if (whole)
        nn_lines_check(p.line, p.nlines, &errs);
    for (size_t i = 0; i < errs.n; i++) {
        struct where at = place_in_text(pick->s, errs.v[i].text);
        if (!told(f, errs.v[i].text))
            fault_take(f, &at, &errs.v[i]);
    }
    f->nomem |= own.nomem || a->failed;
    faults_release(&own);
    err_list_release(&errs);
}

#define LOOKED_AT 4096 /* points whose networks are looked at */

/* Unknown layers are told with the other errors of the file, not only when those are mended and the plan gives shapes:
 * those of every variant and of every pool, at the first point that has them. */
void point_check_layers(const struct sweep *s, struct faults *f)
{
    struct pick pick;
    const struct column *pool = s->set[s->pool].column >= 0 ? &s->col[s->set[s->pool].column] : NULL;
    struct arena a;
    uint64_t points = s->grid.points < LOOKED_AT ? s->grid.points : LOOKED_AT;
    size_t pools = pool && pool->pool ? pool->values.n + 1 : 1;
    arena_init(&a);
    pick_init(&pick, s, &a);
    pick.classes = 2;
    unsigned char *seen = arena_take(&a, (s->nvar + 1) * pools);
    if (!points && seen) { /* the conditions of axes are wrong */
        for (size_t i = 0; i < s->nax; i++)
            pick.value[i] = s->ax[i].when_text ? GRID_ABSENT : 0;
        pick_variant(&pick);
        check_words(&pick, &a, f);
    }
    for (uint64_t k = 0; seen && k < points; k++) {
        pick_point(&pick, s, k, &a);
        pick.classes = 2;
        size_t variant = pick.variant ? (size_t)(pick.variant - s->var) + 1 : 0;
        size_t value = pools > 1 ? (size_t)(pick.value[pool->axis] + 1) : 0; /* 0: absent */
        if (!seen[variant * pools + value])
            check_words(&pick, &a, f);
        seen[variant * pools + value] = 1;
    }
    f->nomem |= a.failed;
    arena_release(&a);
}

/* What comes out is told with the other errors of the file, not one point after the other when the plan asks. */
void point_check_follows(const struct sweep *s, struct faults *f)
{
    struct arena a;
    arena_init(&a);
    for (uint64_t k = 0; s->follows && k < s->grid.points && k < LOOKED_AT; k++) {
        struct pick pick;
        struct point p = {0};
        struct faults own = {0};
        pick_point(&pick, s, k, &a);
        fill_specs(&pick, &p, &a, &own);
        faults_take_new(f, &own);
        arena_reset(&a);
    }
    f->nomem |= a.failed;
    arena_release(&a);
}
