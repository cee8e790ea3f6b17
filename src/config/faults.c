#include "config/faults.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAULTS_MAX 100 /* nobody reads more; the rest is counted */

static int order_of(const struct where *w)
{
    if (!w || !w->file)
        return 0;
    return strcmp(w->file, COMMAND_LINE) ? w->line : INT_MAX;
}

int fault_take(struct faults *f, const struct where *w, struct err *e)
{
    if (!e->code)
        return 0;
    f->nomem |= e->code == ERR_NOMEM;
    if (f->n == FAULTS_MAX) {
        f->dropped++;
        err_clear(e);
        return -1;
    }
    if (f->n == f->cap) {
        size_t cap = f->cap ? 2 * f->cap : 8;
        struct fault *v = realloc(f->v, cap * sizeof *v);
        if (!v) {
            f->nomem = 1;
            err_clear(e);
            return -1;
        }
        f->v = v;
        f->cap = cap;
    }
    f->v[f->n] = (struct fault){order_of(w), f->n, *e};
    f->n++;
    err_clear(e);
    return -1;
}

int fault(struct faults *f, const struct where *w, const char *fmt, ...)
{
    char text[512];
    struct err e = {0};
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    err_at(&e, ERR_USAGE, w, "%s", text);
    return fault_take(f, w, &e);
}

int fault_nomem(struct faults *f)
{
    struct err e = {0};
    err_set(&e, ERR_NOMEM, "no memory for the sweep file");
    return fault_take(f, NULL, &e);
}

static int is_told(const struct faults *f, const struct fault *v)
{
    for (size_t i = 0; i < f->n; i++)
        if (v->order && v->order < INT_MAX ? f->v[i].order == v->order : !strcmp(f->v[i].e.text, v->e.text))
            return 1;
    return 0;
}

void faults_take_new(struct faults *f, struct faults *own)
{
    size_t before = f->n; /* a line may have several faults at one point */
    for (size_t i = 0; i < own->n; i++) {
        struct where w = {own->v[i].order == INT_MAX ? COMMAND_LINE : "", own->v[i].order, NULL, NULL};
        struct faults so_far = {.v = f->v, .n = before};
        if (!is_told(&so_far, &own->v[i]))
            fault_take(f, &w, &own->v[i].e);
    }
    f->nomem |= own->nomem;
    faults_release(own);
}

static int by_line(const void *a, const void *b)
{
    const struct fault *x = a, *y = b;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

void faults_deliver(struct faults *f, struct err_list *errs)
{
    if (f->nomem)
        err_list_nomem(errs);
    if (f->n)
        qsort(f->v, f->n, sizeof *f->v, by_line);
    for (size_t i = 0; i < f->n; i++)
        err_list_take(errs, &f->v[i].e);
    if (f->dropped) {
        struct err e = {0};
        err_set(&e, ERR_USAGE, "... and %zu more", f->dropped);
        err_list_take(errs, &e);
    }
    faults_release(f);
}

void faults_release(struct faults *f)
{
    free(f->v);
    memset(f, 0, sizeof *f);
}
