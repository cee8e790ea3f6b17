/* bench_text.c - prints rows of a benchmark as tables for people. */
#include "cli/commands/bench_out.h"

#include <string.h>

/* ---- machine ----------------------------------------------------------------------------------------------------- */

static void text_machine(FILE *f, const struct bench_machine *m)
{
    char size[TEXT_NUM];
    fprintf(f, "one core, instruction set %s\n", m->isa);
    fprintf(f, "  multiply-adds from registers  %8.1f GFLOP/s\n", 1e-9 * m->fma);
    for (size_t i = 0; i < m->nbest; i++)
        fprintf(f, "  reads from %-18s %8.1f GB/s     (an array of %s)\n", m->best[i].level, 1e-9 * m->best[i].rate,
                text_bytes(size, (double)m->best[i].bytes));
}

/* ---- kernels ----------------------------------------------------------------------------------------------------- */

// clang-format off
static const struct heading {
    const char *group, *text;
} headings[] = {
    { "n1",     "convolutions of the network n1" },
    { "grid",   "convolutions, 8 to 128 channels on maps of 5x5 to 32x32" },
    { "cifar",  "convolutions of the network cifar, padded" },
    { "1x1", "convolutions of one tap" },
    { "depthwise", "convolutions of each channel, or of some channels, by themselves" },
    { "dense",  "dense layers" },
    { "other",  "what passes over its arrays" },
    { "update", "over the parameters of n1" },
    { "nets",   "training steps" },
};
// clang-format on

static const char *heading_of(const char *group)
{
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++)
        if (!strcmp(headings[i].group, group))
            return headings[i].text;
    return group;
}

/* Returns 0, 1, 2 for the passes of a layer with weights; -1 for all other kernels. */
static int pass_of(const char *kernel)
{
    static const char *const end[] = {"_forward", "_backward_data", "_backward_weights"};
    if (strncmp(kernel, "conv_", 5) && strncmp(kernel, "dense_", 6))
        return -1;
    for (int i = 0; i < 3; i++)
        if (!strcmp(strchr(kernel, '_'), end[i]))
            return i;
    return -1;
}

/* The columns of a kind of group; what may be left out on a narrow terminal stands last. */
static const char *const pass_head[] = {"", "images", "forward", "to the data", "to the weights"};
static const char *const kernel_head[] = {"", "", "images", "us", "GB/s", "GFLOP/s", "roof"};
static const char *const net_head[] = {"",         "images/s", "GFLOP/s",  "roof", "forward",
                                       "backward", "update",   "evaluate", "data", "memory"};
#define COLUMNS(head) (sizeof(head) / sizeof *(head))

static void add_row(struct bench_text *t)
{
    const char *cell[BENCH_COLUMNS];
    for (size_t c = 0; c < t->table.cols; c++)
        cell[c] = t->cell[c];
    if (t->filled && table_row(&t->table, cell))
        fprintf(t->f, "no memory for a row\n");
    t->filled = 0;
    memset(t->cell, 0, sizeof t->cell);
}

static void end_group(struct bench_text *t)
{
    if (!t->group)
        return;
    add_row(t);
    text_table(t->f, &t->table, 0);
    table_release(&t->table);
    t->group = NULL;
    fflush(t->f);
}

/* The cells of the next row are then to be filled. */
static void begin_row(struct bench_text *t, const char *group, const char *what, const char *const *head, size_t cols)
{
    if (t->group && !strcmp(t->group, group)) {
        add_row(t);
    } else {
        end_group(t);
        t->group = group;
        fprintf(t->f, "\n%s%s\n", heading_of(group), what);
        fflush(t->f);
        table_init(&t->table);
        if (table_columns(&t->table, head, cols))
            fprintf(t->f, "no memory for a table\n");
    }
    t->filled = 1;
}

/* Microseconds with three digits or more. */
static void put_us(struct bench_text *t, int column, double seconds)
{
    double us = 1e6 * seconds;
    snprintf(t->cell[column], sizeof t->cell[column], "%.*f", us < 10 ? 2 : us < 100 ? 1 : 0, us);
}

#define PUT(t, column, ...) snprintf((t)->cell[column], sizeof(t)->cell[column], __VA_ARGS__)

static void pass(struct bench_text *t, const struct bench_row *r, int i)
{
    const struct kernel_case *c = r->kernel;
    if (!t->filled || !t->group || strcmp(t->group, c->group) != 0 || strcmp(t->cell[0], c->shape) != 0) {
        begin_row(t, c->group, "\nGFLOP/s, and their share of multiply-adds from registers", pass_head,
                  COLUMNS(pass_head));
        PUT(t, 0, "%s", c->shape);
        PUT(t, 1, "%d", c->images);
    }
    PUT(t, 2 + i, "%.1f %4.0f %%", 1e-9 * r->rate, 100 * r->share);
}

static void text_kernel(struct bench_text *t, const struct bench_row *r)
{
    const struct kernel_case *c = r->kernel;
    int i = pass_of(c->kernel);
    if (i >= 0) {
        pass(t, r, i);
        return;
    }
    begin_row(t, c->group, "", kernel_head, COLUMNS(kernel_head));
    PUT(t, 0, "%s", c->kernel);
    PUT(t, 1, "%s", c->shape);
    if (c->images)
        PUT(t, 2, "%d", c->images);
    put_us(t, 3, r->seconds);
    PUT(t, 4, "%.1f", 1e-9 * c->bytes / r->seconds);
    PUT(t, 5, "%.1f", 1e-9 * r->rate);
    PUT(t, 6, "%.0f %%", 100 * r->roof_share);
}

/* ---- networks ---------------------------------------------------------------------------------------------------- */

static void text_net(struct bench_text *t, const struct bench_row *r)
{
    static const int column[BENCH_PHASES] = {8, 4, 5, 6, 7}; /* of net_head: data comes late */
    char size[TEXT_NUM];
    begin_row(t, "nets", ": phases in us an image", net_head, COLUMNS(net_head));
    PUT(t, 0, "%s", r->net->name);
    PUT(t, 1, "%.0f", 1 / r->seconds);
    PUT(t, 2, "%.1f", 1e-9 * r->rate);
    PUT(t, 3, "%.0f %%", 100 * r->share);
    for (int p = 0; p < BENCH_PHASES; p++)
        put_us(t, column[p], r->speed->phase[p]);
    PUT(t, 9, "%s", text_bytes(size, (double)r->speed->bytes));
}

void bench_text_row(struct bench_text *t, const struct bench_row *r)
{
    if (r->kind == BENCH_IS_MACHINE)
        text_machine(t->f, r->machine);
    else if (r->kind == BENCH_IS_KERNEL)
        text_kernel(t, r);
    else
        text_net(t, r);
}

void bench_text_end(struct bench_text *t, double share)
{
    end_group(t);
    if (share >= 0.97)
        return;
    char note[160];
    int columns = text_terminal(t->f);
    snprintf(note, sizeof note,
             "note: other programs had this core for %.0f %% of the time, and its caches: some numbers are too low",
             100 * (1 - share));
    fputc('\n', t->f);
    text_wrap(t->f, note, 0, columns > 0 ? columns : 100);
}
