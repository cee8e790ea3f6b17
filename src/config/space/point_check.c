/* point_check.c says at open what can be said of all points together: the values of keys by themselves, the keys of
 * rows that no point has, words of layers, and values that follow from others. */
#include "config/space/point.h"

#include "nn/layer.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Checks [data] as the points will see it, one axis at a time, the others at their first value. */
static void check_data_axes(struct sweep *s, struct error_list *errors)
{
    struct point_choice p = {.s = s, .a = &s->mem};
    size_t before = errors->n;
    for (size_t i = 0; i < s->nax; i++)
        p.value[i] = s->ax[i].when_text ? SEARCH_ABSENT : 0;
    for (size_t i = 0; i < s->ncol || i == 0; i++) {
        const struct column *c = s->ncol ? &s->col[i] : NULL;
        const struct axis *ax = c ? &s->ax[c->axis] : NULL;
        int vary = c && s->set[c->setting].param && s->set[c->setting].group == KEY_DATA && !ax->when_text;
        for (uint64_t v = 0; v < (vary ? ax->n : 1) && v < 256 && errors->n == before; v++) {
            struct data_spec d = s->data;
            const struct specs t = specs_of(&d, NULL, NULL);
            if (vary)
                p.value[c->axis] = (int64_t)v;
            fill_varying(&p, &t, &s->mem, errors);
            if (errors->n == before)
                check_data(&p, &d, errors);
        }
        if (vary)
            p.value[c->axis] = 0;
    }
}

static void join_owners(struct str *t, const struct setting *st)
{
    for (size_t o = 0; o < st->nown; o++)
        str_addf(t, "%s%s", !o ? "" : o + 1 < st->nown ? ", " : " and ", st->own[o].name);
}

/* Says whether the family's key names a row that is known, at some point. */
static int row_is_known(const struct sweep *s, const struct family *f)
{
    struct family_row row;
    const struct setting *chooser = &s->set[family_setting(s, f)];
    for (size_t i = 0; !f->row(i, &row); i++)
        if (family_row_used(s, f, row.name))
            return 1;
    return chooser->column >= 0 || family_find(f, chooser->base.text, &row) >= 0;
}

/* Checks a key of families' rows, and tells where no point has such a row. */
static void check_owned(struct sweep *s, size_t i, struct error_list *errors)
{
    const struct setting *st = &s->set[i];
    const struct where *at = st->base.by != BY_DEFAULT ? &st->base.at : st->column >= 0 ? &s->col[st->column].at : NULL;
    int used = 0;
    for (size_t o = 0; o < st->nown; o++)
        used |= family_row_used(s, st->own[o].family, st->own[o].name);
    if (!at)
        return;
    if (used) {
        if (st->base.by != BY_DEFAULT && st->base.text && !st->base.made)
            setting_check(s, (int)i, st->base.text, at, errors);
        return;
    }
    if (!row_is_known(s, st->own[0].family)) /* nonsense there is an error of its own */
        return;
    const struct setting *which = &s->set[family_setting(s, st->own[0].family)];
    struct str t = {0};
    join_owners(&t, st);
    errors->nomem |= t.failed;
    errors_add(errors, at, "is not used by %s; %s %s it",
               which->column >= 0 ? "any value of its axis" : which->base.text, t.p ? t.p : "",
               st->nown > 1 ? "have" : "has");
    str_release(&t);
}

/* Says whether keys of [data] follow from others: then whole points are looked at (point_check_follows) instead of
 * one axis after the other. */
static int data_follows(const struct sweep *s)
{
    for (size_t i = 0; i < s->nset; i++)
        if (s->set[i].group == KEY_DATA && s->set[i].param && s->set[i].follows)
            return 1;
    return 0;
}

/* Returns how many keys of [data] are wrong. */
static size_t fill_base(struct sweep *s, struct error_list *errors)
{
    const struct specs t = specs_of(&s->data, &s->nn, &s->train);
    size_t bad = 0;
    for (size_t i = 0; i < s->nset; i++) {
        const struct setting *st = &s->set[i];
        struct err e = {0};
        if (st->nown)
            check_owned(s, i, errors);
        else if (st->base.made && setting_in_spec(st)) /* the points tell what it is */
            param_set(st->param, t.of[st->group], st->param->preset, NULL, &e);
        else if (group_varies(st->group) && !setting_in_spec(st) && st->base.by != BY_DEFAULT && st->base.text &&
                 !st->base.made)
            setting_check(s, (int)i, st->base.text, &st->base.at, errors);
        else if (setting_in_spec(st) && st->base.text &&
                 param_set(st->param, t.of[st->group], st->base.text, &st->base.at, &e)) {
            bad += st->group == KEY_DATA;
            errors_take(errors, &st->base.at, &e);
        }
    }
    return bad;
}

/* The folds are the repeats of every point, and so are the same everywhere. */
static void take_folds(struct sweep *s, struct error_list *errors)
{
    const struct setting *st = &s->set[setting_find(s, "data", "folds")];
    if (setting_may_differ(st)) {
        errors_add(
            errors, st->column >= 0 ? &s->col[st->column].at : &st->base.at,
            "is of the sweep as a whole, as it says how often each point is trained; write one number in [data]");
        return;
    }
    s->spec.folds = s->data.folds > 1 ? s->data.folds : 0;
    if (s->spec.folds)
        s->spec.repeats *= s->spec.folds;
    if ((int64_t)s->spec.seed + s->spec.repeats - 1 > INT_MAX)
        errors_add(errors, &s->set[setting_find(s, "sweep", "seed")].base.at,
                   "the last repeat would have the seed %lld, above %d; write a smaller seed",
                   (long long)s->spec.seed + s->spec.repeats - 1, INT_MAX);
}

/* Whether the family's row and the values of its keys are the same at all points. */
static int family_is_settled(const struct sweep *s, size_t f)
{
    int same = !setting_may_differ(&s->set[s->chooser[f]]);
    for (size_t i = 0; i < s->nset; i++)
        for (size_t o = 0; o < s->set[i].nown; o++)
            same &= s->set[i].own[o].family != &families[f] || !setting_may_differ(&s->set[i]);
    return same;
}

/* Fills the keys of families that are the same at all points here, once. Where one of them is wrong, all are left to
 * the points, which tell it. */
static void settle_families(struct sweep *s, struct error_list *errors)
{
    const struct specs t = specs_of(&s->data, &s->nn, &s->train);
    struct point_choice base = {.s = s, .a = &s->mem};
    struct error_list told_later = {0};
    unsigned char *settled = arena_take(&s->mem, family_count() + 1), *others = arena_take(&s->mem, family_count() + 1);
    for (size_t i = 0; i < s->nax; i++)
        base.value[i] = SEARCH_ABSENT;
    for (size_t f = 0; settled && others && f < family_count(); f++) {
        settled[f] = (unsigned char)family_is_settled(s, f);
        others[f] = !settled[f];
    }
    if (!settled || !others || fill_families(&base, &t, others, &s->mem, &told_later) || told_later.nomem)
        errors_nomem(errors);
    else if (!told_later.n)
        s->settled = settled;
    errors_release(&told_later);
}

void point_prepare(struct sweep *s, struct error_list *errors)
{
    if (!fill_base(s, errors) && !data_follows(s))
        check_data_axes(s, errors);
    take_folds(s, errors);
    settle_families(s, errors);
    prepare_canonical(s, errors);
}

static int told(const struct error_list *errors, const char *text)
{
    for (size_t i = 0; i < errors->n; i++)
        if (!strcmp(errors->v[i].e.text, text))
            return 1;
    return 0;
}

/* Says whether the line of that place, one of layers, critic or of an insert, has one of these letters. */
static int lines_have(const struct point_choice *p, const struct where *at, const char *letters)
{
    for (size_t w = 0; w < p->s->ninsert + 2; w++) {
        const struct lines *l = lines_of(p, w > 1 ? p->s->insert[w - 2].text : w ? p->s->critic : p->s->layers);
        for (size_t i = 0; i < l->n; i++)
            for (size_t c = 0; l->v[i].at.line == at->line && c < l->v[i].n; c++)
                if (l->v[i].piece[c].text && strpbrk(l->v[i].piece[c].text, letters))
                    return 1;
    }
    return 0;
}

/* Returns the place that an error begins with, for the order of the report. */
static struct where place_in_text(const struct sweep *s, const char *text)
{
    size_t n = strlen(s->path);
    int line = !strncmp(text, s->path, n) && text[n] == ':' ? atoi(text + n + 1) : 0;
    return (struct where){line ? s->path : COMMAND_LINE, line, NULL, NULL};
}

/* Tells what nn says of the point's lines, each where it stands. A line that cannot be put together was told; it is
 * left out, and where it opens or closes a group, so are all. */
static void check_words(struct point_choice *choice, struct arena *a, struct error_list *errors)
{
    struct point p = {0};
    struct error_list own = {0};
    struct err_list errs = {0};
    int whole = !fill_lines(choice, &p, a, &own);
    struct nn_line *line = (struct nn_line *)p.line;
    for (size_t i = 0; whole && i < p.nlines; i++)
        if (!line[i].text || strchr(line[i].text, '$')) { /* '$': a variable's own value is wrong */
            whole = !lines_have(choice, &line[i].at, "{}");
            line[i].text = "";
        }
    if (whole)
        nn_lines_check(p.line, p.nlines, &errs);
    for (size_t i = 0; i < errs.n; i++) {
        struct where at = place_in_text(choice->s, errs.v[i].text);
        if (!told(errors, errs.v[i].text))
            errors_take(errors, &at, &errs.v[i]);
    }
    errors->nomem |= own.nomem || a->failed;
    errors_release(&own);
    err_list_release(&errs);
}

#define LOOKED_AT 4096   /* points of a grid whose networks are looked at */
#define DRAWN_FOR_IT 256 /* the same of points that are drawn, whatever their number */

/* Returns the next of the points that are looked at, NULL after the last. */
static const struct proposal *next_looked_at(const struct sweep *s, struct search_history *h, struct proposal *at)
{
    struct err e = {0};
    uint64_t most = search_types[s->spec.method]->draws ? DRAWN_FOR_IT : LOOKED_AT;
    return h->asked < most && s->search.diagram.points && !search_next(&s->search, h, at, &e) ? at : NULL;
}

/* Returns the axis key whose values are lines of the insert, or NULL. */
static const struct column *lines_column(const struct sweep *s, const struct insert *in)
{
    int column = s->set[in->text].column;
    return column >= 0 && s->col[column].lines ? &s->col[column] : NULL;
}

/* Counts the texts that there may be: of each variant with each value of an insert. */
static size_t count_texts(const struct sweep *s)
{
    size_t n = s->nvar + 1;
    for (size_t i = 0; i < s->ninsert; i++)
        n *= lines_column(s, &s->insert[i]) ? lines_column(s, &s->insert[i])->values.n + 1 : 1;
    return n;
}

/* Returns the number of the point's text among them. */
static size_t number_of_text(const struct point_choice *p)
{
    const struct sweep *s = p->s;
    size_t n = p->variant ? (size_t)(p->variant - s->var) + 1 : 0;
    for (size_t i = 0; i < s->ninsert; i++) {
        const struct column *c = lines_column(s, &s->insert[i]);
        n = c ? n * (c->values.n + 1) + (size_t)(p->value[c->axis] + 1) : n; /* 0: absent */
    }
    return n;
}

/* The words of `layers` do not depend on it. */
static const struct target_kind any_target = {.classes = 2, .numbers = 2, .vocabulary = 2, .pairs = 1};

/* Tells of unknown layers with the other errors of the file, not only when those are mended and the plan gives
 * shapes: of every variant and every insert, at the first point that has them. */
void point_check_layers(const struct sweep *s, struct error_list *errors)
{
    struct point_choice choice;
    struct arena a;
    struct search_history history = {0};
    struct proposal at;
    arena_init(&a);
    choice_init(&choice, s, &a);
    choice.target = any_target;
    unsigned char *seen = arena_take(&a, count_texts(s));
    if (!s->search.diagram.points && seen) { /* the conditions of axes are wrong */
        for (size_t i = 0; i < s->nax; i++)
            choice.value[i] = s->ax[i].when_text ? SEARCH_ABSENT : 0;
        choice_variant(&choice);
        check_words(&choice, &a, errors);
    }
    while (seen && next_looked_at(s, &history, &at)) {
        choice_point(&choice, s, &at, &a);
        choice.target = any_target;
        size_t text = number_of_text(&choice);
        if (!seen[text])
            check_words(&choice, &a, errors);
        seen[text] = 1;
    }
    errors->nomem |= a.failed;
    search_forget(&history);
    arena_release(&a);
}

/* Checks what comes out of expressions with the rest of the file, not one point after the other when the plan asks. */
void point_check_follows(const struct sweep *s, struct error_list *errors)
{
    struct search_history history = {0};
    struct proposal at;
    struct arena a;
    arena_init(&a);
    while (s->follows && next_looked_at(s, &history, &at)) {
        struct point_choice choice;
        struct point p = {0};
        struct error_list own = {0};
        choice_point(&choice, s, &at, &a);
        fill_specs(&choice, &p, &a, &own);
        errors_take_new(errors, &own);
        errors->nomem |= a.failed;
        arena_reset(&a);
    }
    search_forget(&history);
    arena_release(&a);
}
