/* Exported networks compute what the engine does: C files, compiled by every compiler that is here without a warning.
 */
#include "model_test.h"

#include "kernels/kernels.h"
#include "model/export/c_export.h"
#include "model/export/onnx_export.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define MAPS_IN                                                                                                        \
    {                                                                                                                  \
        MAPS, 3, 8, 8, 1                                                                                               \
    }

static const struct {
    const char *layers;
    struct shape in;
} exported[] = {
    {"conv 3x3 4 pad same, batchnorm, relu, maxpool 2, conv 3x2 6 groups 2 stride 2x1 pad 1 dilation 1x2, leaky_relu, "
     "flatten, dense 5",
     MAPS_IN},
    {"conv 3x3 4 stride 2 pad same bias yes, residual { depthwise 3x3 pad same, batchnorm, relu6 }, residual { conv "
     "3x3 8 stride 2 pad 1, silu }, gap, dense 5",
     MAPS_IN},
    {"conv 1x1 8, branch { none | conv 3x3 8 pad same, gelu | avgpool 3 stride 1 pad 1 }, branch mul { none | gap, "
     "conv 1x1 24, sigmoid }, gmp",
     MAPS_IN},
    {"conv 1x1 4, branch add { none | tanh | elu }, branch mean { selu | mish }, branch mul { softplus | hardswish }, "
     "upsample 2, crop 1, pad 2x1, avgpool 4x3 stride 3",
     MAPS_IN},
    {"conv 1x1 4, groupnorm 2, prelu per channel, instancenorm, residual pad { conv 3x3 6 stride 2 pad 1 }, layernorm, "
     "adaptive_avgpool 2, adaptive_maxpool 1, rmsnorm",
     MAPS_IN},
    {"dense 12, layernorm, glu, dense 6, maxout 2, prelu, softmax, dropout 0.5, dense 5", {VECTOR, 7, 1, 1, 1}},
    {"conv 3 6 pad 1, relu, maxpool 3 stride 2 pad 1, upsample 2, pad 2, avgpool 2, crop 1, conv 3 6 stride 2 pad 1, "
     "layernorm over all, dense 4, branch { mean | first | last }",
     {SEQUENCE, 3, 9, 1, 1}},
    /* Those after these are for ONNX alone. */
    {"conv_transpose 3x2 4 stride 2 pad 1 output_pad 1, lrn 3, patch 4x3 6, class_token, positional, attention heads "
     "2, first, dense 5",
     MAPS_IN},
    {"positional, conv 1x1 4, attention heads 2 rotary, positional sin, softmax, kmeans 3, kmeans 5 out assignments, "
     "upsample 2 "
     "mode bilinear, pad 2 mode reflect, pad 1 mode replicate, gap",
     MAPS_IN},
    {"dense 8, kmeans 4 learned, sample, dropout2d 0.5, gaussian_noise 0.1, dense 5, logit_norm", {VECTOR, 7, 1, 1, 1}},
    {"patch 4 6, attention heads 3 rotary, residual scale 0.5 { dense 6, droppath 0.1 }, lrn, layernorm over all, "
     "reshape 6x2x2, conv 2x2 5, softmax",
     MAPS_IN},
    {"conv_transpose 3 4 stride 2 pad 1 output_pad 1, upsample 2 mode bilinear, pad 1 mode reflect, lrn 3, "
     "flatten, dense 5",
     {SEQUENCE, 3, 9, 1, 1}},
    {"conv 2x3x3 4 pad same stride 1x2x1, batchnorm, relu, maxpool 2x1x2 stride 2x1x1, layernorm over all, branch { "
     "none | depthwise 3 pad 1, gelu }, avgpool 2, flatten, dense 5",
     {VOLUME, 2, 6 * 6, 5, 6}},
    {"embedding 6, positional, attention heads 2 causal, lstm 5 bidirectional, gru 4, rnn 3 act relu bidirectional "
     "last, dense 5",
     {SEQUENCE, 1, 7, 1, 1}},
    {"rows, lstm 4 bidirectional last, reshape 4x2, gru 3 bidirectional last, reshape 2x3, rnn 4, lstm 3 last, dense 5",
     MAPS_IN},
};
#define C_NETS 7
#define NETS (sizeof exported / sizeof *exported)
#define SAMPLES 3

/* Value k of sample s: a whole number from 0 to 255. */
static int value_of(size_t s, size_t k)
{
    return (int)((k * 37 + s * 101 + 13) % 256);
}

/* What the engine computes of the samples, out[SAMPLES][outputs]. */
static void engine_outputs(const struct model *m, float *out)
{
    struct arena a;
    struct dataset set;
    struct data_view view;
    struct err e = {0};
    const size_t n = shape_size(m->form.shape);
    const struct shape y = nn_output(m->graph);
    uint32_t at[SAMPLES] = {0, 1, 2};
    arena_init(&a);
    unsigned char *bytes = arena_take(&a, SAMPLES * n);
    float *floats = arena_take(&a, SAMPLES * n * sizeof *floats);
    for (size_t i = 0; i < SAMPLES * n; i++)
        floats[i] = bytes[i] = (unsigned char)value_of(i / n, i % n);
    assert_int_equal(
        sample_view(&view, &set, &m->form, SAMPLES, m->form.type == FIELD_BYTES ? (void *)bytes : floats, &a), 0);
    struct nn_net *net = nn_net_new(m->graph, 16, 0, NULL, kernels_pick(NULL), &a, &e);
    assert_non_null(net);
    memcpy(net->w, m->w, m->graph->param_floats * sizeof(float));
    memcpy(net->buffers, m->buffers, m->graph->buffer_floats * sizeof(float));
    struct batch b = {.k = net->k, .x = net->x, .key = arena_take(&a, 64)};
    data_batch(&view, DATA_TEST, at, SAMPLES, NULL, &b);
    nn_forward(net, &(struct nn_pass){.n = SAMPLES, .blocks = 1, .sample = b.key});
    for (int s = 0; s < SAMPLES; s++)
        for (int c = 0; c < y.c; c++)
            for (int h = 0; h < y.h; h++)
                for (int w = 0; w < y.w; w++)
                    *out++ = net->z[lane_at(y, s, c, h, w)];
    arena_release(&a);
}

/* Smaller weights than model_of has, so that nothing saturates. */
static void calm_weights(struct model *m)
{
    float *w = (float *)(uintptr_t)m->w, *scale = (float *)(uintptr_t)m->form.scale;
    for (size_t i = 0; i < m->graph->param_floats; i++)
        w[i] *= 0.3f;
    for (int c = 0; c < m->form.shape.c; c++)
        scale[c] = 1 / 128.0f;
}

static void put_file(const char *folder, const char *name, const char *text, size_t n)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* A program that prints what each network says of each sample. */
static void put_driver(const char *folder, const size_t inputs[C_NETS], const size_t outputs[C_NETS])
{
    struct str s = {0};
    str_add(&s, "#include <stdio.h>\nstatic float x[4096], y[4096], work[65536];\n");
    for (size_t i = 0; i < C_NETS; i++)
        str_addf(&s, "void net%zu(const float *x, float *y, float *work);\n", i);
    str_add(&s, "int main(void)\n{\n    unsigned s, k;\n");
    for (size_t i = 0; i < C_NETS; i++)
        str_addf(
            &s,
            "    for (s = 0; s < %d; s++) {\n        for (k = 0; k < %zu; k++)\n            x[k] = (float)((k * 37 + "
            "s * 101 + 13) %% 256);\n        net%zu(x, y, work);\n        for (k = 0; k < %zu; k++)\n            "
            "printf(\"%%.9g\\n\", (double)y[k]);\n    }\n",
            SAMPLES, inputs[i], i, outputs[i]);
    str_add(&s, "    return 0;\n}\n");
    put_file(folder, "main.c", s.p, s.n);
    str_release(&s);
}

static void compare_outputs(const char *folder, const char *compiler, const float *want, size_t n)
{
    char command[512];
    snprintf(command, sizeof command,
             "cd %s && %s -std=c99 -Wall -Wextra -pedantic -Werror -O1 -o program *.c -lm 2>errors && ./program >out",
             folder, compiler);
    if (system(command)) {
        snprintf(command, sizeof command, "head -n 20 %s/errors >&2", folder);
        (void)!system(command);
        fail_msg("%s does not compile and run what was exported", compiler);
    }
    snprintf(command, sizeof command, "%s/out", folder);
    FILE *f = fopen(command, "r");
    for (size_t i = 0; i < n; i++) {
        double got;
        assert_int_equal(fscanf(f, "%lf", &got), 1);
        if (!(fabs(got - (double)want[i]) <= 1e-5 * fmax(1, fabs((double)want[i]))))
            fail_msg("output %zu is %.9g, the engine says %.9g", i, got, (double)want[i]);
    }
    fclose(f);
}

static void c_files_compute_what_the_engine_does(void **state)
{
    static const char *const compilers[] = {"gcc", "clang"};
    static float want[20000];
    char folder[] = "/tmp/sweep-export-XXXXXX", name[32], command[64];
    size_t inputs[C_NETS], outputs[C_NETS], n = 0;
    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < C_NETS; i++) {
        struct arena a;
        struct err e = {0};
        struct str text = {0};
        struct model m = model_of(exported[i].layers, exported[i].in, &a);
        calm_weights(&m);
        snprintf(name, sizeof name, "net%zu", i);
        if (export_c.make(&m, name, &text, &e))
            fail_msg("%s", e.text);
        strcat(name, ".c");
        put_file(folder, name, text.p, text.n);
        inputs[i] = shape_size(m.form.shape);
        outputs[i] = shape_size(nn_output(m.graph));
        engine_outputs(&m, want + n);
        n += SAMPLES * outputs[i];
        assert_true(n < 20000);
        str_release(&text);
        arena_release(&a);
    }
    put_driver(folder, inputs, outputs);
    for (size_t c = 0; c < 2; c++) {
        snprintf(command, sizeof command, "command -v %s >/dev/null", compilers[c]);
        if (!system(command))
            compare_outputs(folder, compilers[c], want, n);
    }
    snprintf(command, sizeof command, "rm -rf %s", folder);
    (void)!system(command);
}

/* A network may be called like a word of C, a function of the library, or one that the file has for itself. */
static void any_name_is_one_in_c(void **state)
{
    static const char *const names[] = {
        "switch",       "f",     "exp",  "tanhf", "conv", "act_tanh", "affine", "linux",    "float", "w0",   "weight0",
        "input_scale0", "input", "work", "x",     "NAN",  "main",     "class",  "restrict", "y0",    "7 up", "digits"};
    char folder[] = "/tmp/sweep-names-XXXXXX", file[32], command[160];
    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct arena a;
        struct err e = {0};
        struct str text = {0};
        struct model m = model_of("conv 3x3 4, batchnorm, tanh, gap, dense 3", (struct shape){MAPS, 1, 6, 6, 1}, &a);
        calm_weights(&m);
        if (export_c.make(&m, names[i], &text, &e))
            fail_msg("%s", e.text);
        snprintf(file, sizeof file, "n%zu.c", i);
        put_file(folder, file, text.p, text.n);
        if (!strcmp(names[i], "digits"))
            assert_non_null(strstr(text.p, "void digits(const float *x"));
        str_release(&text);
        arena_release(&a);
    }
    snprintf(command, sizeof command, "cd %s && gcc -std=gnu99 -Wall -Wextra -pedantic -Werror -fsyntax-only n*.c",
             folder);
    assert_true(system("command -v gcc >/dev/null") || !system(command));
    snprintf(command, sizeof command, "rm -rf %s", folder);
    (void)!system(command);
}

/* Whether one of the first n networks has the layer of a row, "join NAME" for those that join. */
static int is_exported(const char *row, size_t n)
{
    int found = 0, join = !strncmp(row, "join ", 5);
    for (size_t i = 0; i < n && !found; i++) {
        struct arena a;
        struct model m = model_of(exported[i].layers, exported[i].in, &a);
        for (int k = 0; k < m.graph->nnodes; k++)
            found |= !strcmp(m.graph->node[k].type->name, join ? row + 5 : row) && (m.graph->node[k].nin > 1) == join;
        arena_release(&a);
    }
    return found;
}

/* Every layer that a file can have is in one of the networks; and ONNX has every layer of the language. */
static void every_row_is_exported(void **state)
{
    (void)state;
    for (const struct c_layer *l = c_layers; l->name; l++)
        if (!is_exported(l->name, C_NETS))
            fail_msg("no network of this test has the layer '%s' for C", l->name);
    for (const struct onnx_layer *l = onnx_layers; l->name; l++)
        if (!is_exported(l->name, NETS))
            fail_msg("no network of this test has the layer '%s' for ONNX", l->name);
    for (size_t i = 0; layer_types[i]; i++)
        if (!is_exported(layer_types[i]->name, NETS))
            fail_msg("no network of this test has the layer '%s'", layer_types[i]->name);
}

/* --- ONNX --- */

#define GOLDEN TEST_SOURCE_DIR "/data/model_onnx.txt"

/* For the script that makes the golden file: writes the networks into a folder. */
static void put_onnx(const char *folder, size_t i, const struct str *bytes)
{
    char name[32];
    snprintf(name, sizeof name, "net%02zu.onnx", i);
    put_file(folder, name, bytes->p, bytes->n);
}

/* A line of the golden file: the checksum of a file that the checker has passed, and what onnxruntime makes of it. */
static void compare_golden(FILE *f, size_t i, const struct str *bytes, const float *want, size_t n)
{
    size_t net, values;
    unsigned long crc;
    assert_int_equal(fscanf(f, "%zu %lx %zu", &net, &crc, &values), 3);
    assert_int_equal(net, i);
    if (crc != crc32_z(0, (const void *)bytes->p, bytes->n))
        fail_msg("network %zu, '%s', becomes another ONNX file than the one that onnxruntime has run; run "
                 "tests/support/onnx_golden.py again",
                 i, exported[i].layers);
    assert_int_equal(values, n);
    for (size_t k = 0; k < n; k++) {
        double got;
        assert_int_equal(fscanf(f, "%lf", &got), 1);
        if (!(fabs(got - (double)want[k]) <= 1e-5 * fmax(1, fabs((double)want[k]))))
            fail_msg("network %zu: output %zu is %.9g in onnxruntime, %.9g in the engine", i, k, got, (double)want[k]);
    }
}

static void onnxruntime_computes_what_the_engine_does(void **state)
{
    static float want[4000];
    const char *folder = getenv("SWEEP_ONNX");
    FILE *f = fopen(GOLDEN, "r");
    (void)state;
    assert_true(f || folder);
    for (size_t i = 0; i < NETS; i++) {
        struct arena a;
        struct err e = {0};
        struct str bytes = {0};
        struct model m = model_of(exported[i].layers, exported[i].in, &a);
        calm_weights(&m);
        if (export_onnx.make(&m, "net", &bytes, &e))
            fail_msg("%s", e.text);
        engine_outputs(&m, want);
        if (folder)
            put_onnx(folder, i, &bytes);
        else
            compare_golden(f, i, &bytes, want, SAMPLES * shape_size(nn_output(m.graph)));
        str_release(&bytes);
        arena_release(&a);
    }
    if (f)
        fclose(f);
}

static void what_cannot_be_exported_is_named(void **state)
{
    static const struct {
        const char *layers, *says;
        struct shape in;
    } refused[] = {
        {"attention, gap", "layer 1 of the network, 'attention', cannot be exported to c", MAPS_IN},
        {"rows, mean", "layer 1 of the network, 'rows', cannot be exported to c", MAPS_IN},
        {"rows, lstm 3", "cannot be exported to c", MAPS_IN},
        {"relu, kmeans 3", "layer 2 of the network, 'kmeans 3', cannot be exported to c", MAPS_IN},
        {"upsample 2 mode bilinear", "only `nearest` can", MAPS_IN},
        {"pad 1 mode reflect", "only `zeros` can", MAPS_IN},
        {"adaptive_avgpool 3", "has windows of different sizes", MAPS_IN},
        {"conv 2x2x2 3", "cannot be exported to c: it works on a volume", {VOLUME, 1, 16, 4, 4}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct arena a;
        struct err e = {0};
        struct str text = {0};
        struct model m = model_of(refused[i].layers, refused[i].in, &a);
        if (!export_c.make(&m, "n", &text, &e) || !strstr(e.text, refused[i].says))
            fail_msg("'%s' does not say '%s'", e.text, refused[i].says);
        str_release(&text);
        arena_release(&a);
    }
}

int test_export(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c_files_compute_what_the_engine_does),
        cmocka_unit_test(any_name_is_one_in_c),
        cmocka_unit_test(every_row_is_exported),
        cmocka_unit_test(onnxruntime_computes_what_the_engine_does),
        cmocka_unit_test(what_cannot_be_exported_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
