/* axes.c reads [grid] and [zip]: values and conditions; and makes of them the space that is searched. */
#include "config/sweep.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define CHECKED 4096 /* values of one axis that are checked one by one; beyond, the ends of its ranges */

static const char *plain_known(size_t i, const void *sweep)
{
    return scope_known(i, sweep);
}

static int unknown_key(struct sweep *s, const struct pending *p, struct error_list *errors)
{
    const char *full = arena_fmt(&s->mem, "%s.%s", p->section, p->key);
    const char *near = full ? str_nearest(full, plain_known, s) : NULL;
    const char *section = key_section(p->key, NULL);
    near = near && *near ? near : NULL;
    if (!near && section)
        return errors_add(errors, &p->at, "unknown key; '%s' belongs to [%s]: write %s.%s", p->key, section, section,
                          p->key);
    return errors_add(errors, &p->at, "unknown key%s%s%s", near ? "; did you mean '" : "", near ? near : "",
                      near ? "'?" : "");
}

/* Returns the setting that an axis varies, or -1 after an error. */
static int axis_setting(struct sweep *s, const struct pending *p, struct error_list *errors)
{
    int i = setting_find(s, p->section, p->key);
    if (i < 0)
        return unknown_key(s, p, errors);
    const struct setting *st = &s->set[i];
    if (!group_varies(st->group))
        return errors_add(errors, &p->at, "[%s] is of the sweep as a whole and cannot vary", st->section);
    if (setting_is_param(st) && setting_is_lines(s, i))
        return errors_add(errors, &p->at,
                          "blocks are varied by name: write several, and vary a variable of [model] that names one");
    if (i == s->layers || i == s->critic)
        return errors_add(
            errors, &p->at,
            "whole networks are varied by name: write them as [model.NAME] sections and vary model.variant");
    if (st->column >= 0)
        return errors_add(errors, &p->at, "is an axis already, in line %d", s->col[st->column].at.line);
    return i;
}

static int is_text(const struct setting *st)
{
    return st->param && (st->param->type == P_TEXT || st->param->type == P_PAIR || st->param->type == P_EXTENT);
}

static enum values_use use_of_values(const struct sweep *s, int setting)
{
    const struct setting *st = setting >= 0 ? &s->set[setting] : NULL;
    const struct param *p = !st ? NULL : st->param ? st->param : st->nown ? st->own[0].param : NULL;
    return !search_types[s->spec.method]->draws ? VALUES_TRIED
           : p && p->type == P_FLOAT            ? VALUES_DRAWN_REAL
                                                : VALUES_DRAWN;
}

static int check_ranges(const struct setting *st, const struct column *c, struct error_list *errors)
{
    for (size_t i = 0; is_text(st) && i < c->values.nseg; i++)
        if (!c->values.seg[i].text)
            return errors_add(errors, &c->at, "a range has no meaning for a text; write a list");
    return 0;
}

/* Appends the pending key as a column of axis ax. */
static void add_column(struct sweep *s, const struct pending *p, struct axis *ax, struct error_list *errors)
{
    int i = axis_setting(s, p, errors);
    struct column *c = &s->col[s->ncol];
    *c = (struct column){.setting = i, .axis = (int)(ax - s->ax), .at = p->at, .text = p->text};
    if (values_parse(&c->values, p->text, use_of_values(s, i), &p->at, &s->mem, errors) || i < 0 ||
        check_ranges(&s->set[i], c, errors))
        return;
    if (!ax->ncolumns && values_differ(&c->values, &p->at, errors)) /* those of further keys of a zip may be alike */
        return;
    if (ax->ncolumns && c->values.n != ax->n) {
        errors_add(errors, &c->at, "%llu values, but %s in line %d has %llu; the keys of a zip advance together",
                   (unsigned long long)c->values.n, s->set[s->col[ax->column].setting].name, s->col[ax->column].at.line,
                   (unsigned long long)ax->n);
        return;
    }
    if (ax->ncolumns && values_weighted(&c->values))
        errors_add(errors, &c->at, "the first key of a zip says how likely values are; write its weights there");
    if (c->values.when && ax->when_text)
        errors_add(errors, &c->at, "this zip has a condition already, in line %d; one holds for all its keys",
                   ax->when_at.line);
    if (c->values.when && !ax->when_text) {
        ax->when_text = c->values.when;
        ax->when_at = c->at;
    }
    ax->n = c->values.n;
    ax->ncolumns++;
    s->set[i].column = (int)s->ncol++;
    s->col_name[s->ncol - 1] = s->set[i].name;
}

static void check_values(struct sweep *s, const struct column *c, struct error_list *errors)
{
    char buf[STR_NUM];
    uint64_t first = 0;
    for (size_t g = 0; g < c->values.nseg; first += c->values.seg[g++].n) {
        uint64_t n = c->values.seg[g].n;
        for (uint64_t i = 0; i < n; i++) {
            if (n > CHECKED && i == 1)
                i = n - 1; /* a range goes up: between its ends nothing leaves the key's range */
            if (setting_check(s, c->setting, values_text(&c->values, first + i, buf), &c->at, errors))
                break;
        }
    }
}

/* Refuses a split of 1 among counts: it is the whole file, which nobody means there. */
static void check_sizes(const struct sweep *s, const struct column *c, struct error_list *errors)
{
    char buf[STR_NUM];
    double v;
    int one = 0, counts = 0;
    for (uint64_t i = 0; setting_is_size(&s->set[c->setting]) && i < c->values.n && i < CHECKED; i++) {
        const char *text = values_text(&c->values, i, buf);
        if (str_to_double(text, &v))
            continue;
        one |= v == 1 && !strpbrk(text, ".%");
        counts |= v > 1;
    }
    if (one && counts)
        errors_add(errors, &c->at,
                   "1 would be the whole file, a fraction, among counts of samples; write 100%% if that is meant");
}

/* Refuses a value of [model.NAME] whose key is an axis: the axis wins, and nobody would read the value. */
static void check_variants(const struct sweep *s, const struct column *c, struct error_list *errors)
{
    for (size_t v = 0; v < s->nvar; v++) {
        const struct given *g = &s->var[v].set[c->setting];
        if (g->text && strcmp(c->at.file, COMMAND_LINE) && !s->ax[c->axis].when_text)
            errors_add(errors, &g->at, "is an axis, in line %d, so this value would never be used", c->at.line);
    }
}

void axes_build(struct sweep *s, struct pending *p, size_t n, struct error_list *errors)
{
    s->col = arena_take(&s->mem, (n + 1) * sizeof *s->col);
    s->ax = arena_take(&s->mem, (n + 1) * sizeof *s->ax);
    s->col_name = arena_take(&s->mem, (n + 1) * sizeof *s->col_name);
    if (!s->col || !s->ax || !s->col_name) {
        errors_nomem(errors);
        return;
    }
    for (size_t i = 0; i < n;) {
        struct axis *ax = &s->ax[s->nax];
        size_t from = i;
        *ax = (struct axis){.column = s->ncol};
        for (; i < n && (i == from || (p[i].zip >= 0 && p[i].zip == p[from].zip)); i++)
            add_column(s, &p[i], ax, errors);
        s->nax += ax->ncolumns > 0;
    }
    if (s->nax > SEARCH_AXES)
        errors_add(errors, &s->col[0].at, "%zu axes, at most %d can be counted", s->nax, SEARCH_AXES);
    for (size_t i = 0; i < s->ncol; i++) {
        check_values(s, &s->col[i], errors);
        check_sizes(s, &s->col[i], errors);
        check_variants(s, &s->col[i], errors);
    }
}

static void add_dependency(struct sweep *s, struct axis *ax, int setting)
{
    int column = setting >= 0 ? s->set[setting].column : -1;
    if (column < 0)
        return;
    for (size_t i = 0; i < ax->ndepends; i++)
        if (ax->depends_on[i] == s->col[column].axis)
            return;
    ax->depends_on[ax->ndepends++] = s->col[column].axis;
}

/* Collects the axes that a condition sees through a setting, also through values that follow from others. */
static void depend_on(struct sweep *s, struct axis *ax, int setting, unsigned char *seen)
{
    const struct setting *st = &s->set[setting];
    int next;
    if (seen[setting])
        return;
    seen[setting] = 1;
    add_dependency(s, ax, setting);
    add_dependency(s, ax, st->in_variant ? s->variant : -1);
    for (size_t o = 0; o < st->nown; o++)
        depend_on(s, ax, family_setting(s, st->own[o].family), seen);
    for (size_t n = 0; (next = setting_reads(s, setting, n)) >= 0; n++)
        depend_on(s, ax, next, seen);
}

/* Finds the axes whose values decide what the condition sees. */
static int find_dependencies(struct sweep *s, struct axis *ax)
{
    unsigned char *seen = arena_take(&s->mem, s->nset);
    ax->depends_on = arena_take(&s->mem, (s->nax + 1) * sizeof *ax->depends_on);
    if (!ax->depends_on || !seen)
        return -1;
    int slot;
    for (size_t i = 0; (slot = expr_slot(ax->when, i)) >= 0; i++)
        depend_on(s, ax, slot, seen);
    return 0;
}

static int axis_holds(void *sweep, size_t axis, const int64_t *value, struct err *e)
{
    struct point_choice p;
    struct arena a;
    arena_init(&a);
    choice_init(&p, sweep, &a);
    memcpy(p.value, value, sizeof p.value);
    choice_variant(&p);
    struct expr_env env = {choice_get, NULL, &p};
    int rc = expr_holds(p.s->ax[axis].when, &env, NULL, e);
    if (a.failed)
        rc = err_set(e, ERR_NOMEM, "no memory");
    arena_release(&a);
    return rc;
}

#define ORDER_SEEN 1024 /* values of a list that are looked at; a longer one is not in order */

/* Says whether values with neighbouring numbers are alike: ranges and distributions, and lists of numbers that go up.
 */
static int in_order(const struct values *v)
{
    double last = -INFINITY, now;
    char buf[STR_NUM];
    if (v->nseg == 1 && !v->seg->text)
        return 1;
    for (uint64_t i = 0; i < v->n && v->n <= ORDER_SEEN; i++, last = now)
        if (str_to_double(values_text(v, i, buf), &now) || !(now > last))
            return 0;
    return v->n <= ORDER_SEEN && !v->weight;
}

static uint64_t axis_quantile(void *sweep, size_t axis, uint32_t unit)
{
    const struct sweep *s = sweep;
    return values_quantile(&s->col[s->ax[axis].column].values, unit);
}

void axes_search(struct sweep *s, struct error_list *errors)
{
    struct diagram_axis *ga = arena_take(&s->mem, (s->nax + 1) * sizeof *ga);
    unsigned char *ordered = arena_take(&s->mem, s->nax + 1);
    struct err e = {0};
    size_t culprit = 0, before = errors->n;
    if (s->nax > SEARCH_AXES || !ga || !ordered)
        return;
    for (size_t i = 0; i < s->nax; i++) {
        struct axis *ax = &s->ax[i];
        struct expr_scope scope = setting_scope;
        scope.ctx = s;
        if (ax->when_text && !(ax->when = expr_parse(ax->when_text, &ax->when_at, &scope, &s->mem, &e)))
            errors_take(errors, &ax->when_at, &e);
        else if (ax->when && find_dependencies(s, ax))
            errors_nomem(errors);
        ga[i] = (struct diagram_axis){ax->n, ax->when != NULL, ax->depends_on, ax->ndepends};
        ordered[i] = (unsigned char)in_order(&s->col[ax->column].values);
    }
    s->search = (struct search){.type = search_types[s->spec.method],
                                .args = s->spec.search_args,
                                .seed = (uint64_t)s->spec.seed,
                                .others = s->spec.goals - 1,
                                .ordered = ordered,
                                .axes = s->nax,
                                .axis = ga,
                                .holds = axis_holds,
                                .quantile = axis_quantile,
                                .ctx = s};
    start_parse(s, errors);
    if (errors->n > before || !search_init(&s->search, &s->mem, &culprit, &e))
        return;
    const struct where *w = culprit < s->nax && s->ax[culprit].when ? &s->ax[culprit].when_at : NULL;
    if (e.code == ERR_NOMEM || (e.text[0] && strchr(e.text, ':') && w && !strncmp(e.text, w->file, strlen(w->file))))
        errors_take(errors, w, &e); /* located already */
    else
        errors_add(errors, w, "%s", e.text);
}
