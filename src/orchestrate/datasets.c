/* datasets.c loads every dataset and view of a sweep once. */
#include "orchestrate/datasets.h"

#include "orchestrate/starts.h"

#include <stdlib.h>
#include <string.h>

struct dataset_entry {
    struct dataset_entry *next;
    struct data_spec spec; /* texts in datasets.texts */
    int loaded;            /* 0: peeked only */
    int viewed;            /* its first view, which may have copies of its pixels, was made */
    struct dataset set;
    struct err err;
};

struct view_entry {
    struct view_entry *next;
    struct data_spec spec; /* texts in mem */
    struct data_view view;
    struct arena mem;
    struct err err;
    int users, gathered;
};

struct seen_entry {
    struct seen_entry *next;
    struct data_spec spec; /* texts in datasets.texts */
    struct dataset_seen seen;
};

int datasets_remember(struct datasets *d, const struct data_spec *s, const struct dataset_seen *seen)
{
    struct err none = {0};
    struct seen_entry *x = calloc(1, sizeof *x);
    if (!x)
        return -1;
    x->next = d->seen;
    x->seen = *seen;
    d->seen = x;
    return data_spec_copy(&x->spec, s, &d->texts, &none);
}

int datasets_as_seen(const struct datasets *d)
{
    int same = 1;
    for (const struct seen_entry *x = d->seen; x && same; x = x->next) {
        struct dataset set;
        struct err e = {0};
        same = !dataset_peek(&set, &x->spec, &e) || !dataset_absent(&set, &x->spec, &x->seen, &e);
        if (same) {
            same = set.fingerprint == x->seen.fingerprint;
            dataset_release(&set);
        }
    }
    return same;
}

/* Without its files: as an earlier run found it, or as its name is known. */
static void peek_absent(const struct datasets *d, struct dataset_entry *x, const struct data_spec *s)
{
    const struct seen_entry *y = d->seen;
    while (y && !data_same_dataset(&y->spec, s))
        y = y->next;
    if ((y || d->assume) && !dataset_absent(&x->set, s, y ? &y->seen : NULL, &x->err))
        err_clear(&x->err);
}

const struct dataset *datasets_peeked(const struct datasets *d, size_t i, const struct data_spec **s)
{
    for (const struct dataset_entry *x = d->set; x; x = x->next)
        if (!x->loaded && !x->err.code && !i--) {
            *s = &x->spec;
            return &x->set;
        }
    return NULL;
}

static struct dataset_entry *find_set(struct datasets *d, const struct data_spec *s, int loaded, struct err *e)
{
    for (struct dataset_entry *x = d->set; x; x = x->next)
        if (x->loaded == loaded && data_same_dataset(&x->spec, s)) {
            *e = x->err;
            return x;
        }
    struct dataset_entry *x = calloc(1, sizeof *x);
    if (!x) {
        err_set(e, ERR_NOMEM, "no memory for dataset %s", s->dataset);
        return NULL;
    }
    if (data_spec_copy(&x->spec, s, &d->texts, e)) {
        free(x);
        return NULL;
    }
    x->loaded = loaded;
    if ((loaded ? dataset_load : dataset_peek)(&x->set, s, &x->err) && !loaded)
        peek_absent(d, x, s);
    x->next = d->set;
    d->set = x;
    *e = x->err;
    return x;
}

const struct dataset *datasets_peek(struct datasets *d, const struct data_spec *s, struct err *e)
{
    struct dataset_entry *x = find_set(d, s, 0, e);
    return x && !e->code ? &x->set : NULL;
}

static int same_view(const struct data_spec *a, const struct data_spec *b)
{
    return data_same_dataset(a, b) && a->train == b->train && a->validation == b->validation && a->test == b->test &&
           a->normalize == b->normalize && !strcmp(a->augment, b->augment) && a->seed == b->seed &&
           a->folds == b->folds && a->fold == b->fold && a->round == b->round;
}

static void free_view(struct view_entry *v)
{
    arena_release(&v->mem);
    free(v);
}

static int has_view(const struct datasets *d, const struct dataset *set)
{
    for (const struct view_entry *v = d->view; v; v = v->next)
        if (v->view.set == set)
            return 1;
    return 0;
}

/* Frees what was made for views that are gone: it is made again as fast as it is asked for. */
static void drop_made(struct datasets *d)
{
    for (struct dataset_entry **at = &d->set, *x; (x = *at);) {
        if (!x->loaded || x->err.code || !x->set.made || has_view(d, &x->set)) {
            at = &x->next;
            continue;
        }
        *at = x->next;
        dataset_release(&x->set);
        free(x);
    }
}

/* Frees the views that nobody uses but those that were used last, and the made datasets of which there is no view. */
static void drop_idle(struct datasets *d)
{
    size_t idle = 0;
    for (struct view_entry **at = &d->view, *v; (v = *at);) {
        if (v->users || v->gathered || ++idle <= DATASETS_IDLE) {
            at = &v->next;
            continue;
        }
        *at = v->next;
        free_view(v);
    }
    drop_made(d);
}

/* The view of the spec, moved to the front of the list; NULL: there is none. */
static struct view_entry *find_view(struct datasets *d, const struct data_spec *s)
{
    for (struct view_entry **at = &d->view, *v; (v = *at); at = &v->next)
        if (same_view(&v->spec, s)) {
            *at = v->next;
            v->next = d->view;
            return d->view = v;
        }
    return NULL;
}

static const struct data_view *use(struct view_entry *v, struct err *e)
{
    *e = v->err;
    v->users += !e->code;
    return e->code ? NULL : &v->view;
}

void datasets_leave(struct datasets *d, const struct data_view *view)
{
    for (struct view_entry *v = d->view; v; v = v->next)
        v->users -= &v->view == view;
    drop_idle(d);
}

const struct data_view *datasets_view(struct datasets *d, const struct data_spec *s, struct err *e)
{
    struct view_entry *v = find_view(d, s);
    if (v)
        return use(v, e);
    struct dataset_entry *x = find_set(d, s, 1, e);
    if (!x || e->code)
        return NULL;
    v = calloc(1, sizeof *v);
    if (!v) {
        err_set(e, ERR_NOMEM, "no memory for a split of %s", s->dataset);
        return NULL;
    }
    arena_init(&v->mem);
    if (data_spec_copy(&v->spec, s, &v->mem, e)) {
        free_view(v);
        return NULL;
    }
    if (!data_view_init(&v->view, &x->set, &v->spec, &v->mem, &v->err) && !x->viewed)
        v->gathered = data_view_gather(&v->view, &v->mem); /* many views with copies of their own would be more than the
                                                              whole */
    x->viewed = 1;
    v->next = d->view;
    d->view = v;
    drop_idle(d);
    return use(v, e);
}

void datasets_release(struct datasets *d)
{
    while (d->view) {
        struct view_entry *v = d->view;
        d->view = v->next;
        free_view(v);
    }
    while (d->set) {
        struct dataset_entry *x = d->set;
        d->set = x->next;
        dataset_release(&x->set); /* also after a failed load: whatever it holds */
        free(x);
    }
    arena_release(&d->texts);
    starts_release(d);
    while (d->seen) {
        struct seen_entry *y = d->seen;
        d->seen = y->next;
        free(y);
    }
}
