/* bench_json.c - prints rows of a benchmark as one JSON document. */
#include "cli/commands/bench_out.h"

void bench_json_begin(struct bench_json *b, FILE *f)
{
    *b = (struct bench_json){.j = {.f = f}};
    json_begin(&b->j);
}

static void json_machine(struct json *j, const struct bench_machine *m)
{
    json_text(j, "isa", m->isa);
    json_number(j, "fma_gflops", 1e-9 * m->fma);
    json_open(j, "read", '[');
    for (size_t i = 0; i < m->nreads; i++) {
        json_open(j, NULL, '{');
        json_text(j, "level", m->read[i].level);
        json_number(j, "bytes", (double)m->read[i].bytes);
        json_number(j, "gbytes_per_second", 1e-9 * m->read[i].rate);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void json_kernel(struct json *j, const struct bench_row *r)
{
    const struct kernel_case *c = r->kernel;
    json_open(j, NULL, '{');
    json_text(j, "group", c->group);
    json_text(j, "kernel", c->kernel);
    json_text(j, "shape", c->shape);
    json_number(j, "images", c->images);
    json_number(j, "seconds", r->seconds);
    json_number(j, "flop", c->flop);
    json_number(j, "bytes", c->bytes);
    json_number(j, "gflops", 1e-9 * r->rate);
    json_number(j, "gbytes_per_second", 1e-9 * c->bytes / r->seconds);
    json_number(j, "fma_gflops", 1e-9 * r->fma);
    json_number(j, "fma_share", r->share);
    json_number(j, "roof_share", r->roof_share);
    json_close(j, '}');
}

static void json_net(struct json *j, const struct bench_row *r)
{
    json_open(j, NULL, '{');
    json_text(j, "net", r->net->name);
    json_text(j, "family", r->net->family);
    json_number(j, "batch", r->net->batch);
    json_number(j, "dropout", r->net->dropout);
    json_text(j, "precision", nn_precision_name(r->net->precision));
    json_number(j, "parameters", (double)r->speed->params);
    json_number(j, "images_per_second", 1 / r->seconds);
    json_number(j, "images_per_second_without_data", 1 / r->speed->bare);
    json_open(j, "microseconds", '{');
    for (int p = 0; p < BENCH_PHASES; p++)
        json_number(j, bench_phase_name[p], 1e6 * r->speed->phase[p]);
    json_close(j, '}');
    json_number(j, "flop", r->speed->flop);
    json_number(j, "gflops", 1e-9 * r->rate);
    json_number(j, "fma_gflops", 1e-9 * r->fma);
    json_number(j, "fma_share", r->share);
    json_number(j, "fma_share_without_data", r->speed->bare_share);
    json_number(j, "memory", (double)r->speed->bytes);
    json_close(j, '}');
}

void bench_json_row(struct bench_json *b, const struct bench_row *r)
{
    static const char *const name[] = {"machine", "kernels", "nets"};
    if (r->kind == BENCH_IS_MACHINE) {
        json_open(&b->j, name[r->kind], '{');
        json_machine(&b->j, r->machine);
        json_close(&b->j, '}');
        return;
    }
    if (b->list != (int)r->kind) {
        if (b->list)
            json_close(&b->j, ']');
        json_open(&b->j, name[r->kind], '[');
        b->list = (int)r->kind;
    }
    (r->kind == BENCH_IS_KERNEL ? json_kernel : json_net)(&b->j, r);
}

void bench_json_end(struct bench_json *b, double share)
{
    if (b->list)
        json_close(&b->j, ']');
    json_number(&b->j, "core_share", share);
    json_close(&b->j, '}');
}
