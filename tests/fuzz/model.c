/* A model file: refused with an error, or a network whose file, written again, is read as the same network. */
#include "fuzz.h"

#include "model/model.h"

#include <string.h>
#include <unistd.h>

static void written_and_read(const struct model *m)
{
    static char path[64];
    struct arena a;
    struct model again;
    struct err e = {0};
    snprintf(path, sizeof path, "/tmp/sweep-fuzz-model-%ld", (long)getpid());
    arena_init(&a);
    PROMISE(!model_write(path, m, 0, &e));
    PROMISE(!model_read(&again, path, &a, &e));
    PROMISE(!memcmp(again.w, m->w, m->graph->param_floats * sizeof *m->w));
    unlink(path);
    arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena a;
    struct model m;
    struct err e = {0};
    arena_init(&a);
    int bad = model_read(&m, fuzz_file(bytes, n), &a, &e);
    PROMISE(!bad == !e.code);
    if (!bad)
        written_and_read(&m);
    arena_release(&a);
    return 0;
}
