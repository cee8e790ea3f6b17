/* error_list.c keeps the errors of a sweep file, and delivers them in the order of the lines. */
#include "config/error_list.h"

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

int errors_take(struct error_list *errors, const struct where *w, struct err *e)
{
    if (!e->code)
        return 0;
    errors->nomem |= e->code == ERR_NOMEM;
    if (errors->n == FAULTS_MAX) {
        errors->dropped++;
        err_clear(e);
        return -1;
    }
    if (errors->n == errors->cap) {
        size_t cap = errors->cap ? 2 * errors->cap : 8;
        struct located_error *v = realloc(errors->v, cap * sizeof *v);
        if (!v) {
            errors->nomem = 1;
            err_clear(e);
            return -1;
        }
        errors->v = v;
        errors->cap = cap;
    }
    errors->v[errors->n] = (struct located_error){order_of(w), errors->n, *e};
    errors->n++;
    err_clear(e);
    return -1;
}

int errors_add(struct error_list *errors, const struct where *w, const char *fmt, ...)
{
    char text[512];
    struct err e = {0};
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    err_at(&e, ERR_USAGE, w, "%s", text);
    return errors_take(errors, w, &e);
}

int errors_nomem(struct error_list *errors)
{
    struct err e = {0};
    err_set(&e, ERR_NOMEM, "no memory for the sweep file");
    return errors_take(errors, NULL, &e);
}

static int is_known_error(const struct error_list *errors, const struct located_error *v)
{
    for (size_t i = 0; i < errors->n; i++)
        if (v->order && v->order < INT_MAX ? errors->v[i].order == v->order : !strcmp(errors->v[i].e.text, v->e.text))
            return 1;
    return 0;
}

void errors_take_new(struct error_list *errors, struct error_list *own)
{
    size_t before = errors->n; /* a line may have several errors at one point */
    for (size_t i = 0; i < own->n; i++) {
        struct where w = {own->v[i].order == INT_MAX ? COMMAND_LINE : "", own->v[i].order, NULL, NULL};
        struct error_list so_far = {.v = errors->v, .n = before};
        if (!is_known_error(&so_far, &own->v[i]))
            errors_take(errors, &w, &own->v[i].e);
    }
    errors->nomem |= own->nomem;
    errors_release(own);
}

static int by_line(const void *a, const void *b)
{
    const struct located_error *x = a, *y = b;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

void errors_deliver(struct error_list *errors, struct err_list *errs)
{
    if (errors->nomem)
        err_list_nomem(errs);
    if (errors->n)
        qsort(errors->v, errors->n, sizeof *errors->v, by_line);
    for (size_t i = 0; i < errors->n; i++)
        err_list_take(errs, &errors->v[i].e);
    if (errors->dropped) {
        struct err e = {0};
        err_set(&e, ERR_USAGE, "... and %zu more", errors->dropped);
        err_list_take(errs, &e);
    }
    errors_release(errors);
}

void errors_release(struct error_list *errors)
{
    free(errors->v);
    memset(errors, 0, sizeof *errors);
}
