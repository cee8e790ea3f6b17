/* bench_text.c - prints rows of a benchmark as tables for people. */
#include "cli/commands/bench_out.h"
#include "cli/console/text.h"

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

/* 0, 1, 2 for the passes of a layer with weights; -1 for all other kernels. */
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

static void flush(struct bench_text *t)
{
    if (*t->shape)
        fprintf(t->f, "  %-22s %6d  %15s %15s %15s\n", t->shape, t->images, t->cell[0], t->cell[1], t->cell[2]);
    *t->shape = 0;
    for (int i = 0; i < 3; i++)
        snprintf(t->cell[i], sizeof t->cell[i], "-");
    fflush(t->f);
}

static void begin_group(struct bench_text *t, const char *group, int passes)
{
    flush(t);
    t->group = group;
    fprintf(t->f, "\n%s\n", heading_of(group));
    if (!strcmp(group, "nets"))
        fprintf(t->f, "  %-10s %9s %8s %8s %8s %8s %8s %8s %6s %9s\n  %-10s %9s %44s %8s\n", "", "images/s", "data",
                "forward", "backward", "update", "evaluate", "GFLOP/s", "roof", "memory", "", "", "us an image", "");
    else if (passes)
        fprintf(t->f, "  %-22s %6s  %15s %15s %15s   GFLOP/s and share of the multiply-add roof\n", "", "images",
                "forward", "to the data", "to the weights");
    else
        fprintf(t->f, "  %-23s %-22s %6s %9s %9s %9s %6s\n", "", "", "images", "us", "GB/s", "GFLOP/s", "roof");
}

static void pass_cell(struct bench_text *t, const struct bench_row *r, int pass)
{
    if (strcmp(t->shape, r->kernel->shape) != 0)
        flush(t);
    snprintf(t->shape, sizeof t->shape, "%s", r->kernel->shape);
    t->images = r->kernel->images;
    snprintf(t->cell[pass], sizeof t->cell[pass], "%.1f %4.0f %%", 1e-9 * r->rate, 100 * r->share);
}

static void text_kernel(struct bench_text *t, const struct bench_row *r)
{
    const struct kernel_case *c = r->kernel;
    int pass = pass_of(c->kernel);
    char images[16] = "";
    if (!t->group || strcmp(t->group, c->group) != 0)
        begin_group(t, c->group, pass >= 0);
    if (pass >= 0) {
        pass_cell(t, r, pass);
        return;
    }
    if (c->images)
        snprintf(images, sizeof images, "%d", c->images);
    fprintf(t->f, "  %-23s %-22s %6s %9.2f %9.1f %9.1f %4.0f %%\n", c->kernel, c->shape, images, 1e6 * r->seconds,
            1e-9 * c->bytes / r->seconds, 1e-9 * r->rate, 100 * r->roof_share);
    fflush(t->f);
}

/* ---- networks ---------------------------------------------------------------------------------------------------- */

static void text_net(struct bench_text *t, const struct bench_row *r)
{
    char size[TEXT_NUM];
    if (!t->group || strcmp(t->group, "nets") != 0)
        begin_group(t, "nets", 0);
    fprintf(t->f, "  %-10s %9.0f", r->net->name, 1 / r->seconds);
    for (int p = 0; p < BENCH_PHASES; p++)
        fprintf(t->f, " %8.2f", 1e6 * r->speed->phase[p]);
    fprintf(t->f, " %8.1f %4.0f %% %9s\n", 1e-9 * r->rate, 100 * r->share, text_bytes(size, (double)r->speed->bytes));
    fflush(t->f);
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
    flush(t);
    if (share < 0.97)
        fprintf(
            t->f,
            "\nnote: other programs had this core for %.0f %% of the time, and its caches: some numbers are too low\n",
            100 * (1 - share));
}
