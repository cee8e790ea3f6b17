/* Model files: a network comes back as it was, its tensors have PyTorch's names, shapes and order, and a file that does
 * not fit its own network is refused. */
#include "model_test.h"

#include "mishap.h"
#include "nn/layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct shape picture = {MAPS, 2, 8, 8, 1}, vector = {VECTOR, 7, 1, 1, 1};

static void assert_same_graph(const struct model *a, const struct model *b)
{
    assert_string_equal(a->network, b->network);
    assert_int_equal(a->graph->param_floats, b->graph->param_floats);
    assert_memory_equal(a->w, b->w, a->graph->param_floats * sizeof(float));
    assert_memory_equal(a->buffers, b->buffers, a->graph->buffer_floats * sizeof(float));
}

static void a_model_comes_back_as_it_was(void **state)
{
    static const struct {
        const char *layers;
        struct shape in;
    } nets[] = {
        {"conv 3x3 4 pad same, batchnorm, relu, residual { conv 3x3 4 pad same, batchnorm }, gap, dense 5",
         {MAPS, 2, 8, 8, 1}},
        {"dense 6, prelu, layernorm, dense 5", {VECTOR, 7, 1, 1, 1}},
        {"positional, patch 4 8, class_token, positional, attention heads 2, first, dense 3", {MAPS, 2, 8, 8, 1}},
        {"layernorm over all, conv_transpose 2x2 3 stride 2, depthwise 3x3, kmeans 4 learned, gmp, dense 5",
         {MAPS, 2, 8, 8, 1}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        struct arena a, b;
        struct model m = model_of(nets[i].layers, nets[i].in, &a), again;
        struct err e = {0};
        if (model_write(temporary_path(), &m, 0, &e))
            fail_msg("%s", e.text);
        arena_init(&b);
        if (model_read(&again, temporary_path(), &b, &e))
            fail_msg("%s", e.text);
        assert_same_graph(&m, &again);
        assert_int_equal(again.classes, m.classes);
        for (int k = 0; k < m.classes; k++)
            assert_string_equal(again.class_name[k], m.class_name[k]);
        assert_memory_equal(again.form.scale, m.form.scale, (size_t)nets[i].in.c * sizeof(float));
        assert_memory_equal(again.form.shift, m.form.shift, (size_t)nets[i].in.c * sizeof(float));
        assert_int_equal(again.form.fill != NULL, m.form.fill != NULL);
        assert_int_equal(again.form.type, m.form.type);
        assert_string_equal(again.training, m.training);
        arena_release(&a);
        arena_release(&b);
    }
}

/* "0.weight 4x2x3x3, 0.bias 4" */
static void expect_tensors(const char *layers, struct shape in, const char *want)
{
    struct arena a;
    struct model m = model_of(layers, in, &a);
    size_t n;
    char text[1024] = "", shape[64];
    const struct model_tensor *t = model_tensors(m.graph, &n, &a);
    for (size_t i = 0; i < n; i++) {
        size_t at = strlen(text);
        snprintf(text + at, sizeof text - at, "%s%s %s", i ? ", " : "", t[i].name,
                 tensor_shape_text(t[i].rank, t[i].dim, shape, sizeof shape));
    }
    assert_string_equal(text, want);
    arena_release(&a);
}

static void tensors_have_the_names_and_shapes_of_pytorch(void **state)
{
    (void)state;
    expect_tensors("conv 3x5 4, relu, batchnorm", picture,
                   "0.weight 4x2x3x5, 0.bias 4, 2.weight 4, 2.bias 4, 2.running_mean 4, 2.running_var 4");
    expect_tensors("conv 3x3 4 groups 2 bias yes, depthwise 3x3 multiplier 2", picture,
                   "0.weight 4x1x3x3, 0.bias 4, 1.weight 8x1x3x3, 1.bias 8");
    expect_tensors("conv_transpose 2x2 6 groups 2", picture, "0.weight 2x3x2x2, 0.bias 6");
    expect_tensors("dense 3, prelu, rmsnorm", vector, "0.weight 3x7, 0.bias 3, 1.weight 1, 2.weight 3");
    expect_tensors("layernorm over all", picture, "0.weight 2x8x8, 0.bias 2x8x8");
    expect_tensors("patch 4 8, class_token, positional, attention heads 2", picture,
                   "0.weight 8x2x4x4, 0.bias 8, 1.weight 1x1x8, 2.weight 1x5x8, 3.in_proj_weight 24x8, "
                   "3.in_proj_bias 24, 3.out_proj.weight 8x8, 3.out_proj.bias 8");
    expect_tensors("patch 4 8, conv 3 6", picture, "0.weight 8x2x4x4, 0.bias 8, 1.weight 6x8x3, 1.bias 6");
    expect_tensors("positional", picture, "0.weight 1x2x8x8");
    expect_tensors("conv 2x3x5 4, positional, layernorm over all", (struct shape){VOLUME, 2, 4 * 8, 8, 4},
                   "0.weight 4x2x2x3x5, 0.bias 4, 1.weight 1x4x3x6x4, 2.weight 4x3x6x4, 2.bias 4x3x6x4");
    expect_tensors("kmeans 3 learned", picture, "0.centres 3x2, 0.log_temperature 1");
}

/* Of every layer with weights the shape has as many numbers as the tensor, in each network above and here. */
static void shapes_hold_the_numbers(void **state)
{
    static const char *const layers[] = {"conv2d 3x3 4",
                                         "depthwise 3x3",
                                         "conv_transpose 2x2 4",
                                         "patch 4 8",
                                         "flatten, dense 5",
                                         "batchnorm",
                                         "layernorm",
                                         "layernorm over all",
                                         "groupnorm 2",
                                         "rmsnorm",
                                         "prelu per channel",
                                         "attention",
                                         "positional",
                                         "class_token",
                                         "kmeans 3",
                                         "instancenorm affine yes"};
    (void)state;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        struct arena a;
        size_t n;
        struct model m = model_of(layers[i], picture, &a);
        const struct model_tensor *t = model_tensors(m.graph, &n, &a);
        assert_true(n > 0);
        for (size_t k = 0; k < n; k++) {
            uint64_t product = 1;
            for (int d = 0; d < t[k].rank; d++)
                product *= t[k].dim[d];
            if (product != t[k].n)
                fail_msg("%s: %s has %zu numbers", layers[i], t[k].name, t[k].n);
        }
        arena_release(&a);
    }
}

/* The learned table of maps lies row by row here and channel by channel in files. */
static void what_lies_by_rows_is_turned(void **state)
{
    struct arena a;
    struct model m = model_of("positional", picture, &a);
    struct err e = {0};
    struct tensors_file f;
    float v[128];
    (void)state;
    assert_int_equal(model_write(temporary_path(), &m, 0, &e), 0);
    assert_int_equal(tensors_open(&f, temporary_path(), &e), 0);
    assert_int_equal(tensor_floats(&f, &f.tensor[0], v, &e), 0);
    for (int c = 0; c < 2; c++)
        for (int h = 0; h < 8; h++)
            for (int w = 0; w < 8; w++)
                assert_true(v[(c * 8 + h) * 8 + w] == m.w[(h * 2 + c) * 8 + w]);
    tensors_close(&f);
    arena_release(&a);
}

static void expect_no_model(const char *says)
{
    struct arena a;
    struct model m;
    struct err e = {0};
    arena_init(&a);
    int bad = model_read(&m, temporary_path(), &a, &e);
    if (!bad || !strstr(e.text, says))
        fail_msg("'%s' does not say '%s'", e.text, says);
    arena_release(&a);
}

/* Writes a model of vectors with one text changed (NULL: left out), or one more. */
static void write_with(const char *key, const char *text)
{
    struct arena a;
    struct model m = model_of(strcmp(key, "network") ? "dense 5" : "dense 4", vector, &a); /* 5 have names */
    struct stored_text all[MODEL_TEXTS];
    struct new_tensor t[2];
    size_t n, texts;
    struct err e = {0};
    assert_int_equal(model_texts(&m, all, &texts, &a, &e), 0);
    const struct model_tensor *from = model_tensors(m.graph, &n, &a);
    for (size_t i = 0; i < n; i++) {
        t[i] = (struct new_tensor){.name = from[i].name, .rank = from[i].rank, .n = from[i].n, .v = m.w + from[i].at};
        memcpy(t[i].dim, from[i].dim, sizeof t[i].dim);
    }
    size_t at = 0;
    while (at < texts && strcmp(all[at].key, key) != 0)
        at++;
    texts += at == texts;
    assert_true(texts <= MODEL_TEXTS);
    all[at] = (struct stored_text){key, text};
    assert_int_equal(tensors_write(temporary_path(), t, n, all, texts, 0, &e), 0);
    arena_release(&a);
}

static void a_file_that_is_no_model_says_why(void **state)
{
    static const char *const cases[][3] = {
        {"network", NULL, "have no 'network': it is not a model file of sweep"},
        {"network", "dense 6", "tensor '0.weight' is 4x7, 'dense 6' wants 6x7"},
        {"network", "relu, dense 4", "has no tensor '1.weight', which 'dense 4' wants"},
        {"network", "dense 4 bias no", "has a tensor '0.bias', which the network"},
        {"network", "dens 4", "dense"},
        {"network", "dense 65536, dense 32000", "tensor '0.weight' is 4x7"}, /* before memory is taken */
        {"input", "1x0", "expected a shape"},
        {"input", "1x2x3x4x5", "expected a shape"},
        {"input", "16777216x16", "at most 2^24 numbers"},
        {"values", "words", "expected bytes, numbers or tokens"},
        {"values", "bytes", "expected an image"},
        {"white", "0", "expected a number from 1 to 255"},
        {"white", "256", "expected a number from 1 to 255"},
        {"white", "16 bits", "expected a number from 1 to 255"},
        {"background", "-1", "expected a number from 0 to 255"},
        {"values", "tokens", "expected a sequence of ids"},
        {"precision", "fp8", "expected fp32 or bf16"},
        {"classes", "[\"a\"]", "expected one for each output"},
        {"classes", "{}", "expected a JSON list"},
        {"classes", "[1, 2, 3, 4, 5]", "expected a list of names"},
        {"scale", "[1]", "expected a number for each channel"},
        {"scale", "[1, 2, 3, 4, 5, 6, \"7\"]", "expected a list of numbers"},
        {"scale", "[1, 2, 3, 4, 5, 6, 1e999]", "expected a JSON list"},
        {"scale", NULL, "have no 'scale'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_with(cases[i][0], cases[i][1]);
        expect_no_model(cases[i][2]);
    }
}

static int save_and_load(void *ctx, uint64_t *result, struct err *e)
{
    struct arena a;
    struct model again;
    arena_init(&a);
    int bad = model_write(temporary_path(), ctx, 1, e) || model_read(&again, temporary_path(), &a, e);
    if (!bad)
        *result = result_of(0, again.w, again.graph->param_floats * sizeof(float));
    arena_release(&a);
    return bad ? -1 : 0;
}

static void calls_that_fail_are_told(void **state)
{
    struct arena a;
    struct model m = model_of("conv 3x3 4, positional, batchnorm, gap, dense 5", picture, &a);
    const struct trying memory = {"a model written and read", save_and_load, &m, ERR_NOMEM, 0};
    const struct trying files = {"a model written and read", save_and_load, &m, ERR_IO, 1};
    (void)state;
    assert_true(each_call_fails(MISHAP_MEMORY, &memory) > 10);
    assert_true(each_call_fails(MISHAP_FILES, &files) > 3);
    arena_release(&a);
}

int test_models(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_comes_back_as_it_was),
        cmocka_unit_test(tensors_have_the_names_and_shapes_of_pytorch),
        cmocka_unit_test(shapes_hold_the_numbers),
        cmocka_unit_test(what_lies_by_rows_is_turned),
        cmocka_unit_test(a_file_that_is_no_model_says_why),
        cmocka_unit_test(calls_that_fail_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
