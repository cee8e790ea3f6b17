/* config.c answers what others ask about a sweep. */
#include "config/config.h"

#include "config/sweep.h"

#include <stdlib.h>

void sweep_free(struct sweep *s)
{
    if (!s)
        return;
    arena_release(&s->mem);
    free(s);
}

const struct sweep_spec *sweep_spec(const struct sweep *s)
{
    return &s->spec;
}

const char *sweep_text(const struct sweep *s)
{
    return s->text;
}

size_t sweep_axes(const struct sweep *s)
{
    return s->nax;
}

struct axis_info sweep_axis(const struct sweep *s, size_t i)
{
    const struct axis *ax = &s->ax[i];
    return (struct axis_info){s->col_name + ax->column, ax->ncolumns, ax->n, s->col[ax->column].values.seg->written,
                              ax->when_text};
}

size_t sweep_keys(const struct sweep *s)
{
    return s->ncol;
}

const char *sweep_key(const struct sweep *s, size_t i)
{
    return i < s->ncol ? s->col_name[i] : NULL;
}

size_t sweep_made(const struct sweep *s)
{
    return s->nmade;
}

const char *sweep_made_key(const struct sweep *s, size_t i)
{
    return i < s->nmade ? s->set[s->made[i]].name : NULL;
}

const char *sweep_made_text(const struct sweep *s, size_t i)
{
    const struct given *g = &s->set[s->made[i]].base;
    return g->made ? g->text : NULL;
}

const struct search *sweep_search(const struct sweep *s)
{
    return &s->search;
}

uint64_t sweep_points(const struct sweep *s)
{
    return search_size(&s->search);
}

double sweep_points_approx(const struct sweep *s)
{
    return search_size_approx(&s->search);
}
