#include "model_test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *temporary_path(void)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/sweep-model-%ld.safetensors", (long)getpid());
    return path;
}

const char *put_tensors(const char *header, const void *bytes, size_t n)
{
    FILE *f = fopen(temporary_path(), "wb");
    uint64_t length = strlen(header);
    assert_non_null(f);
    fwrite(&length, sizeof length, 1, f);
    fwrite(header, 1, length, f);
    fwrite(bytes, 1, n, f);
    assert_int_equal(fclose(f), 0);
    return temporary_path();
}

struct model model_of(const char *layers, struct shape in, struct arena *a)
{
    static const char *const names[] = {"cat", "d\"o,g\\", "b\xc3\xa4r", "e\tel", "fox"};
    const int tokens = strstr(layers, "embedding") ? 256 : 0;
    const struct nn_spec spec = {.vocabulary = tokens};
    const struct nn_line line = {layers, {"test", 1, NULL, NULL}, NULL};
    struct err_list errs = {0};
    arena_init(a);
    struct nn_graph *g = arena_take(a, sizeof *g);
    if (nn_graph_build(g, &line, 1, in, (struct nn_target){0, "outputs", NULL}, &spec, a, &errs))
        fail_msg("%s", errs.v[0].text);
    float *w = arena_take(a, (g->param_floats + 1) * sizeof *w);
    float *buffers = arena_take(a, (g->buffer_floats + 1) * sizeof *buffers), *scale = arena_take(a, 64 * 64);
    for (int i = 0; i < g->nnodes; i++) {
        for (int t = 0; t < g->node[i].ntensors; t++)
            for (size_t k = 0; k < g->node[i].tensor[t].n; k++)
                w[g->node[i].tensor[t].at + k] = (float)(int)((k * 37 + (size_t)i * 11 + (size_t)t) % 127) / 64 - 1;
        for (int t = 0; t < g->node[i].nnamed; t++)
            for (size_t k = 0; k < g->node[i].buffer[t].n; k++)
                buffers[g->node[i].buffers_at + g->node[i].buffer[t].at + k] = 0.5f + (float)k / 8;
    }
    for (int c = 0; c < in.c; c++) {
        scale[c] = tokens ? 1 : 1.0f / 3;
        scale[in.c + c] = tokens ? 0 : -0.1f * (float)c - 0.05f;
    }
    return (struct model){.graph = g,
                          .network = nn_lines_text(&line, 1, a),
                          .w = w,
                          .buffers = buffers,
                          .form = {.type = in.kind == MAPS ? FIELD_BYTES : FIELD_FLOATS,
                                   .shape = in,
                                   .scale = scale,
                                   .shift = scale + in.c,
                                   .fill = in.kind == MAPS ? NULL : scale,
                                   .columns = ""},
                          .task = "classify",
                          .loss = "cross_entropy",
                          .dataset = "toy",
                          .classes = shape_size(nn_output(g)) == 5 ? 5 : 0,
                          .class_name = names,
                          .training = "[train]\nepochs = 1\n"};
}

int main(void)
{
    int failed = test_safetensors() + test_models() + test_export();
    unlink(temporary_path());
    return failed != 0;
}
