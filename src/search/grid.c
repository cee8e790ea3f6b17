/* grid.c - every combination of the values, the last axis turning fastest. */
#include "search/search.h"

static int ask_grid(const struct search *s, const struct search_history *before, uint64_t number, struct proposal *out,
                    struct err *e)
{
    (void)before;
    (void)e;
    if (number >= s->diagram.points)
        return 1;
    diagram_decode(&s->diagram, number, out->value);
    return 0;
}

const struct search_type search_grid = {.name = "grid", .help = "every combination of the values", .ask = ask_grid};
