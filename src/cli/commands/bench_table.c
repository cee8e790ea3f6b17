/* bench_table.c - writes rows of a benchmark into the table of results/bench.csv. */
#include "cli/commands/bench_out.h"

#include <math.h>
#include <string.h>

// clang-format off
static const char *const head[] = {
    "kind", "group", "name", "shape", "images", "seconds", "flop", "bytes", "gflops", "gbytes_per_second", "intensity",
    "fma_gflops", "fma_share", "roof_share", /* the multiply-adds beside it, and shares: bench/bench_kernels.h */
    "images_per_second", "data", "forward", "backward", "update", "evaluate", "memory",
};
// clang-format on
#define COLUMNS (sizeof head / sizeof *head)

/* One row under way: cells by column name, numbers as text of their own. */
struct bench_cells {
    const char *cell[COLUMNS];
    char number[COLUMNS][STR_NUM];
};

static void set_text(struct bench_cells *r, const char *column, const char *text)
{
    for (size_t i = 0; i < COLUMNS; i++)
        if (!strcmp(head[i], column))
            r->cell[i] = text;
}

/* Sets a number. Times and rates are measured: seven digits are more than they hold. */
static void set_number(struct bench_cells *r, const char *column, double v)
{
    for (size_t i = 0; i < COLUMNS; i++)
        if (!strcmp(head[i], column))
            r->cell[i] = str_float(r->number[i], (float)v);
}

static void clear_cells(struct bench_cells *r)
{
    for (size_t i = 0; i < COLUMNS; i++)
        r->cell[i] = "";
}

static int table_machine(struct table *t, const struct bench_machine *m)
{
    struct bench_cells r;
    clear_cells(&r);
    set_text(&r, "kind", "machine");
    set_text(&r, "group", m->isa);
    set_text(&r, "name", "fma");
    set_number(&r, "gflops", 1e-9 * m->fma);
    int bad = table_row(t, r.cell);
    for (size_t i = 0; i < m->nreads && !bad; i++) {
        clear_cells(&r);
        set_text(&r, "kind", "machine");
        set_text(&r, "group", m->isa);
        set_text(&r, "name", "read");
        set_text(&r, "shape", m->read[i].level);
        set_number(&r, "bytes", (double)m->read[i].bytes);
        set_number(&r, "gbytes_per_second", 1e-9 * m->read[i].rate);
        bad = table_row(t, r.cell);
    }
    return bad;
}

static int table_kernel(struct table *t, const struct bench_row *b)
{
    const struct kernel_case *c = b->kernel;
    struct bench_cells r;
    clear_cells(&r);
    set_text(&r, "kind", "kernel");
    set_text(&r, "group", c->group);
    set_text(&r, "name", c->kernel);
    set_text(&r, "shape", c->shape);
    if (c->images)
        set_number(&r, "images", c->images);
    set_number(&r, "seconds", b->seconds);
    set_number(&r, "flop", c->flop);
    set_number(&r, "bytes", c->bytes);
    set_number(&r, "gflops", 1e-9 * b->rate);
    set_number(&r, "gbytes_per_second", 1e-9 * c->bytes / b->seconds);
    set_number(&r, "intensity", c->flop / c->bytes);
    set_number(&r, "fma_gflops", 1e-9 * b->fma);
    set_number(&r, "fma_share", b->share);
    set_number(&r, "roof_share", b->roof_share);
    return table_row(t, r.cell);
}

static int table_net(struct table *t, const struct bench_row *b)
{
    struct bench_cells r;
    clear_cells(&r);
    set_text(&r, "kind", "net");
    set_text(&r, "group", b->net->family);
    set_text(&r, "name", b->net->name);
    set_number(&r, "images", b->net->batch);
    set_number(&r, "seconds", b->seconds * b->net->batch);
    set_number(&r, "flop", b->speed->flop * b->net->batch);
    set_number(&r, "gflops", 1e-9 * b->rate);
    set_number(&r, "fma_gflops", 1e-9 * b->fma);
    set_number(&r, "fma_share", b->share);
    set_number(&r, "images_per_second", 1 / b->seconds);
    for (int p = 0; p < BENCH_PHASES; p++)
        set_number(&r, bench_phase_name[p], b->speed->phase[p]);
    set_number(&r, "memory", (double)b->speed->bytes);
    return table_row(t, r.cell);
}

int bench_table_begin(struct table *t)
{
    return table_columns(t, head, COLUMNS);
}

int bench_table_row(struct table *t, const struct bench_row *r)
{
    return r->kind == BENCH_IS_MACHINE  ? table_machine(t, r->machine)
           : r->kind == BENCH_IS_KERNEL ? table_kernel(t, r)
                                        : table_net(t, r);
}
