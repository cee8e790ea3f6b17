/* bench_table.c - writes rows of a benchmark into the table of results/bench.csv. */
#include "cli/commands/bench_out.h"

#include <math.h>

/* A row: texts that are "" and numbers that are NaN are empty. */
struct bench_line {
    const char *kind, *group, *name, *shape;
    double images, seconds, flop, bytes, gflops, gbytes_per_second, intensity, fma_gflops, fma_share, roof_share,
        images_per_second, phase[BENCH_PHASES], memory;
};

static size_t count_phases(const void *of)
{
    (void)of;
    return BENCH_PHASES;
}

static const char *name_phase(const void *of, size_t i, const char **help, struct arena *a)
{
    (void)of;
    (void)help;
    (void)a;
    return bench_phase_name[i];
}

static const struct column_kind phase_columns = {count_phases, name_phase};

static const char *phase_cell(const void *row, size_t i, char buf[STR_NUM])
{
    const struct bench_line *r = row;
    return str_float(buf, (float)r->phase[i]);
}

/* Times and rates are measured: seven digits are more than they hold. */
#define TEXT(field, help) COLUMN_FIELD(#field, help, column_text, struct bench_line, field)
#define NUMBER(field, help) COLUMN_FIELD(#field, help, column_float, struct bench_line, field)
static const struct column_row bench_columns[] = {
    TEXT(kind, "machine, kernel or net"),
    TEXT(group, "heading that it stands below; of the machine the instruction set"),
    TEXT(name, "of the kernel or network; of the machine: fma (multiply-adds from registers) or read"),
    TEXT(shape, "what it computes; of a read: the level of memory"),
    NUMBER(images, "images of a batch"),
    NUMBER(seconds, "seconds of a call, or of a batch"),
    NUMBER(flop, "operations of it"),
    NUMBER(bytes, "bytes that it must read or write; of a read: the size of the array"),
    NUMBER(gflops, "10^9 operations a second"),
    NUMBER(gbytes_per_second, "10^9 bytes a second"),
    NUMBER(intensity, "operations a byte"),
    NUMBER(fma_gflops, "multiply-adds from registers, measured beside it"),
    NUMBER(fma_share, "its operations a second as a share of them"),
    NUMBER(roof_share, "share of what multiply-adds and memory allow at its intensity"),
    NUMBER(images_per_second, "images that a network trains a second"),
    COLUMN_KIND(&phase_columns, "seconds an image in this phase", phase_cell, 0, 0),
    NUMBER(memory, "bytes of the training"),
};
const struct column_table bench_table = {"bench.csv", "what `sweep bench` measured", COLUMNS_OF(bench_columns)};

static struct bench_line empty_line(const char *kind, const char *group, const char *name)
{
    struct bench_line r = {kind, group, name, "", NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, {0}, NAN};
    for (size_t i = 0; i < BENCH_PHASES; i++)
        r.phase[i] = NAN;
    return r;
}

static int add_machine(struct bench_file *f, const struct bench_machine *m)
{
    struct bench_line r = empty_line("machine", m->isa, "fma");
    r.gflops = 1e-9 * m->fma;
    int bad = table_row(&f->table, sheet_row(&f->sheet, &r));
    for (size_t i = 0; i < m->nreads && !bad; i++) {
        r = empty_line("machine", m->isa, "read");
        r.shape = m->read[i].level;
        r.bytes = (double)m->read[i].bytes;
        r.gbytes_per_second = 1e-9 * m->read[i].rate;
        bad = table_row(&f->table, sheet_row(&f->sheet, &r));
    }
    return bad;
}

static struct bench_line kernel_line(const struct bench_row *b)
{
    const struct kernel_case *c = b->kernel;
    struct bench_line r = empty_line("kernel", c->group, c->kernel);
    r.shape = c->shape;
    r.images = c->images ? c->images : NAN;
    r.seconds = b->seconds;
    r.flop = c->flop;
    r.bytes = c->bytes;
    r.gflops = 1e-9 * b->rate;
    r.gbytes_per_second = 1e-9 * c->bytes / b->seconds;
    r.intensity = c->flop / c->bytes;
    r.fma_gflops = 1e-9 * b->fma;
    r.fma_share = b->share;
    r.roof_share = b->roof_share;
    return r;
}

static struct bench_line net_line(const struct bench_row *b)
{
    struct bench_line r = empty_line("net", b->net->family, b->net->name);
    r.images = b->net->batch;
    r.seconds = b->seconds * b->net->batch;
    r.flop = b->speed->flop * b->net->batch;
    r.gflops = 1e-9 * b->rate;
    r.fma_gflops = 1e-9 * b->fma;
    r.fma_share = b->share;
    r.images_per_second = 1 / b->seconds;
    for (int p = 0; p < BENCH_PHASES; p++)
        r.phase[p] = b->speed->phase[p];
    r.memory = (double)b->speed->bytes;
    return r;
}

int bench_file_begin(struct bench_file *f)
{
    table_init(&f->table);
    return sheet_init(&f->sheet, &bench_table, NULL) || table_columns(&f->table, f->sheet.name, f->sheet.n) ? -1 : 0;
}

int bench_file_row(struct bench_file *f, const struct bench_row *b)
{
    if (b->kind == BENCH_IS_MACHINE)
        return add_machine(f, b->machine);
    const struct bench_line r = b->kind == BENCH_IS_KERNEL ? kernel_line(b) : net_line(b);
    return table_row(&f->table, sheet_row(&f->sheet, &r));
}

void bench_file_release(struct bench_file *f)
{
    table_release(&f->table);
    sheet_release(&f->sheet);
}
