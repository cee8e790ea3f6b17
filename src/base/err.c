/* err.c - fills errors and lists of errors; the first cause is kept. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int err_at(struct err *e, enum err_code code, const struct where *w, const char *fmt, ...)
{
    if (e->code)
        return -1;
    e->code = code;
    size_t n = 0, cap = sizeof e->text;
    e->text[0] = 0;
    if (w && w->file && w->line)
        n += (size_t)snprintf(e->text, cap, "%s:%d: ", w->file, w->line);
    else if (w && w->file)
        n += (size_t)snprintf(e->text, cap, "%s: ", w->file);
    if (n < cap && w && w->section && w->section[0] && w->key && w->key[0])
        n += (size_t)snprintf(e->text + n, cap - n, "%s.%s: ", w->section, w->key);
    else if (n < cap && w && w->section && w->section[0])
        n += (size_t)snprintf(e->text + n, cap - n, "[%s]: ", w->section);
    else if (n < cap && w && w->key && w->key[0])
        n += (size_t)snprintf(e->text + n, cap - n, "%s: ", w->key);
    if (n >= cap)
        return -1;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(e->text + n, cap - n, fmt, ap);
    va_end(ap);
    return -1;
}

void err_clear(struct err *e)
{
    e->code = ERR_NONE;
    e->text[0] = 0;
}

int err_list_lacks_memory(const struct err_list *l)
{
    return l->n == 1 && l->v[0].code == ERR_NOMEM;
}

static int keep_only_lack(struct err_list *l, const struct err *lack)
{
    struct err kept = *lack;
    err_list_release(l);
    l->last = kept;
    l->v = &l->last;
    l->n = 1;
    return -1;
}

int err_list_nomem(struct err_list *l)
{
    return err_list_lacks_memory(l) ? -1 : keep_only_lack(l, &(struct err){ERR_NOMEM, "no memory"});
}

void err_list_take(struct err_list *l, struct err *e)
{
    if (e->code == ERR_NOMEM)
        keep_only_lack(l, e);
    if (!e->code || err_list_lacks_memory(l)) {
        err_clear(e);
        return;
    }
    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 8;
        struct err *v = realloc(l->v, cap * sizeof *v);
        if (!v) {
            err_clear(e);
            err_list_nomem(l);
            return;
        }
        l->v = v;
        l->cap = cap;
    }
    l->v[l->n++] = *e;
    err_clear(e);
}

void err_list_release(struct err_list *l)
{
    if (l->v != &l->last)
        free(l->v);
    memset(l, 0, sizeof *l);
}
