/* What a text means, and what is said about a wrong one. */
#include "single.h"

#include <stdio.h>
#include <string.h>

static const struct shape digits = {MAPS, 1, 28, 28, 1};

/* The layers of `text` as "block:type block:type ...". */
static void assert_layers(const char *text, const char *want)
{
    struct arena a;
    struct nn_graph g;
    char got[1024] = "";
    size_t used = 0;
    arena_init(&a);
    build(&g, text, digits, 0, &a);
    for (int i = 0; i < g.nnodes; i++)
        used += (size_t)snprintf(got + used, sizeof got - used, "%s%d:%s", i ? " " : "", g.node[i].block,
                                 g.node[i].type->name);
    if (strcmp(got, want) != 0)
        fail_msg("'%s':\n  got  %s\n  want %s", text, got, want);
    arena_release(&a);
}

static void lines_are_blocks(void **state)
{
    (void)state;
    assert_layers("relu", "1:relu");
    assert_layers("relu, tanh\nbn", "1:relu 1:tanh 2:batchnorm");
    assert_layers("\n  relu ,tanh  \n\n\tsigmoid", "2:relu 2:tanh 4:sigmoid");
    assert_layers("conv 3x3 8, bn, gap\nlinear 4", "1:conv2d 1:batchnorm 1:gap 2:dense");
}

static void groups_repeat(void **state)
{
    (void)state;
    assert_layers("{ relu, tanh } x 2, gelu", "1:relu 1:tanh 1:relu 1:tanh 1:gelu");
    assert_layers("{relu}x3", "1:relu 1:relu 1:relu");
    assert_layers("{ relu }", "1:relu");
    assert_layers("{ { relu } x 2, tanh } x 2", "1:relu 1:relu 1:tanh 1:relu 1:relu 1:tanh");
    assert_layers("{\n relu\n tanh\n} x 2\ngelu", "2:relu 3:tanh 2:relu 3:tanh 5:gelu");
    assert_layers("{ conv 1x1 4, bn, relu } x 2", "1:conv2d 1:batchnorm 1:relu 1:conv2d 1:batchnorm 1:relu");
}

/* Node for node the network without them, also in what keys the random streams. */
static void none_and_no_repetition_are_nothing(void **state)
{
    static const char *const same[] = {"conv 3x3 8, relu, gap, dense 10",
                                       "none, conv 3x3 8, none, relu, gap, dense 10, none",
                                       "conv 3x3 8, { conv 3x3 8, none } x 0, relu\nnone\ngap, { none } x 3, dense 10"};
    struct nn_graph want;
    struct arena first;
    (void)state;
    arena_init(&first);
    build(&want, same[0], digits, 10, &first);
    for (size_t i = 1; i < COUNT(same); i++) {
        struct arena a;
        struct nn_graph g;
        arena_init(&a);
        build(&g, same[i], digits, 10, &a);
        assert_int_equal(g.nnodes, want.nnodes);
        for (int n = 0; n < g.nnodes; n++) {
            assert_string_equal(g.node[n].text, want.node[n].text);
            assert_int_equal(g.node[n].index, want.node[n].index);
            assert_int_equal(g.node[n].in[0], want.node[n].in[0]);
        }
        assert_int_equal(g.facts.params, want.facts.params);
        arena_release(&a);
    }
    arena_release(&first);
}

/* However often: 10^12 repetitions of nothing take no time. */
static void nothing_is_repeated_at_once(void **state)
{
    (void)state;
    assert_layers("{ { { { none } x 1000 } x 1000 } x 1000 } x 1000, relu", "1:relu");
    struct nn_line line = {.text = "relu, { { { { none } x 1000, none } x 1000 } x 1000 } x 1000"};
    struct arena a;
    arena_init(&a);
    assert_string_equal(nn_lines_text(&line, 1, &a), "relu");
    arena_release(&a);
}

static void texts_are_kept_as_written(void **state)
{
    struct arena a;
    struct nn_graph g;
    (void)state;
    arena_init(&a);
    build(&g, "  conv  3x3 4   pad same ,relu\nleaky_relu slope 0.2", digits, 0, &a);
    assert_string_equal(g.node[0].text, "conv  3x3 4   pad same");
    assert_string_equal(g.node[1].text, "relu");
    assert_string_equal(g.node[2].text, "leaky_relu slope 0.2");
    assert_string_equal(g.node[2].at.file, "net.ini");
    assert_int_equal(g.node[2].at.line, 11);
    arena_release(&a);
}

static void options_in_any_order_and_positional_by_name(void **state)
{
    static const char *const same[] = {"conv2d 3x5 4 stride 2 pad 1x2", "conv 3x5 4 pad 1x2 stride 2x2",
                                       "conv filters 4 kernel 3x5 pad 1x2 stride 2", "conv stride 2 3x5 pad 1x2 4"};
    (void)state;
    for (size_t i = 0; i < COUNT(same); i++) {
        struct arena a;
        struct nn_graph g;
        arena_init(&a);
        build(&g, same[i], digits, 0, &a);
        assert_int_equal(g.node[0].y.c, 4);
        assert_int_equal(g.node[0].y.h, 14);
        assert_int_equal(g.node[0].y.w, 14);
        assert_int_equal(g.node[0].params, 4 * 15 + 4);
        arena_release(&a);
    }
}

static void wrong_texts_say_what_to_write(void **state)
{
    static const struct {
        const char *text, *want;
    } wrong[] = {
        {"cnv 3x3 8", "net.ini:10: model.layers: unknown layer 'cnv'; did you mean 'conv'?"},
        {"relu, Dropuot 0.1", "net.ini:10: model.layers: unknown layer 'Dropuot'; did you mean 'dropout'?"},
        {"transmogrify 4",
         "net.ini:10: model.layers: unknown layer 'transmogrify'; `sweep list layers` names them all"},
        {"conv 3x3 8 strid 2", "net.ini:10: model.layers: conv has no option 'strid'; did you mean 'stride'?"},
        {"conv 3x3 paddng same", "net.ini:10: model.layers: conv: filters: 'paddng' is not an integer 1..65536"},
        {"conv 3x3 8 paddng same", "net.ini:10: model.layers: conv has no option 'paddng'; it has kernel, filters, "
                                   "stride, pad, dilation, groups, "
                                   "bias, init"},
        {"conv 3x3", "net.ini:10: model.layers: conv lacks filters: output channels, an integer 1..65536"},
        {"conv",
         "net.ini:10: model.layers: conv lacks kernel: height x width of the kernel, of volumes slices before them, "
         "N, NxM or DxNxM, integers 1..64\n"
         "net.ini:10: model.layers: conv lacks filters: output channels, an integer 1..65536"},
        {"conv 3x3 8 5",
         "net.ini:10: model.layers: '5' is too much: conv takes kernel, filters, then options with their names"},
        {"relu 5", "net.ini:10: model.layers: '5' is too much: relu takes no arguments without their names"},
        {"batchnorm relu", "net.ini:10: model.layers: 'relu' is a layer of its own; put a comma before it"},
        {"conv 3x3 0", "net.ini:10: model.layers: conv: filters: '0' is not an integer 1..65536"},
        {"conv 3x3 8.5", "net.ini:10: model.layers: conv: filters: '8.5' is not an integer 1..65536"},
        {"conv 0x3 99999999999",
         "net.ini:10: model.layers: conv: kernel: '0x3' is not N, NxM or DxNxM, integers 1..64"},
        {"dropout 1", "net.ini:10: model.layers: dropout: p: '1' is not a number in [0, 1)"},
        {"dropout nan", "net.ini:10: model.layers: dropout: p: 'nan' is not a number in [0, 1)"},
        {"conv 3x3 8 stride", "net.ini:10: model.layers: conv: stride wants a value, N, NxM or DxNxM, integers 1..64"},
        {"conv 3x3 8 stride 1 stride 2", "net.ini:10: model.layers: conv: stride is given twice"},
        {"conv 3x3 8 pad some",
         "net.ini:10: model.layers: conv: pad: 'some' is not N, NxM or DxNxM, integers 0..64, or same"},
        {"conv 3x3 8 bias maybe", "net.ini:10: model.layers: conv: bias: 'maybe' is not one of auto, yes, no"},
        {"conv 3x3 8 init hee", "net.ini:10: model.layers: conv: init: 'hee' is not one of default, he, xavier, "
                                "normal, pytorch, zero, lecun, "
                                "orthogonal, truncated_normal, uniform, standard_normal, constant; did you mean 'he'?"},
        {"maxpool 2 pad 2", "net.ini:10: model.layers: maxpool: pad: 2 is more than half of the window's 2"},
        {"relu,", "net.ini:10: model.layers: a layer is missing after the last comma"},
        {",relu", "net.ini:10: model.layers: a layer is missing before the comma"},
        {"relu,,relu", "net.ini:10: model.layers: a layer is missing before the comma"},
        {"", "net.ini:10: model.layers: the network has no layers; `sweep list layers` names them all"},
        {"{ relu", "net.ini:10: model.layers: '{' is never closed"},
        {"relu }", "net.ini:10: model.layers: '}' without its '{'"},
        {"relu | tanh", "net.ini:10: model.layers: '|' separates branches, and there is no branch here"},
        {"{ } x 2", "net.ini:10: model.layers: nothing stands between '{' and '}'"},
        {"{ relu } x -1", "net.ini:10: model.layers: how often to repeat the group: '-1' is not an integer 0..1000"},
        {"{ relu } x 1001",
         "net.ini:10: model.layers: how often to repeat the group: '1001' is not an integer 0..1000"},
        {"{ rellu } x 0", "net.ini:10: model.layers: unknown layer 'rellu'; did you mean 'relu'?"},
        {"none 3", "net.ini:10: model.layers: '3' is too much: 'none' is no layer and takes nothing"},
        {"none", "net.ini:10: model.layers: the network has no layers; `sweep list layers` names them all"},
        {"none relu", "net.ini:10: model.layers: 'relu' is too much: 'none' is no layer and takes nothing"},
        {"Conv2d 3x3 8", "net.ini:10: model.layers: unknown layer 'Conv2d'; did you mean 'conv2d'?"},
        {"ReLU", "net.ini:10: model.layers: unknown layer 'ReLU'; did you mean 'relu'?"},
        {"MaxPool2d 2", "net.ini:10: model.layers: unknown layer 'MaxPool2d'; did you mean 'maxpool'?"},
        {"fc 10", "net.ini:10: model.layers: unknown layer 'fc'; did you mean 'dense'?"},
        {"Linear 10", "net.ini:10: model.layers: unknown layer 'Linear'; did you mean 'linear'?"},
        {"AdaptiveAvgPool2d", "net.ini:10: model.layers: unknown layer 'AdaptiveAvgPool2d'; did you mean 'gap'?"},
        {"conv 3x3 8 padding same", "net.ini:10: model.layers: conv has no option 'padding'; did you mean 'pad'?"},
        {"conv 3x3 8 init kaiming",
         "net.ini:10: model.layers: conv: init: 'kaiming' is not one of default, he, xavier, "
         "normal, pytorch, zero, lecun, "
         "orthogonal, truncated_normal, uniform, standard_normal, constant; did you mean 'he'?"},
        {"{ relu } x", "net.ini:10: model.layers: how often to repeat the group: '' is not an integer 0..1000"},
        {"{ relu } 3", "net.ini:10: model.layers: '3' after '}': x N repeats the group, a comma goes on"},
        {"relu { tanh }, cnv 1 1",
         "net.ini:10: model.layers: 'relu' does not take braces; { ... } x N repeats what is inside\n"
         "net.ini:10: model.layers: unknown layer 'cnv'; did you mean 'conv'?"},
        {"resdual { conv 3x3 8\n { relu } x 2 }\ncnv 1 1",
         "net.ini:10: model.layers: unknown block 'resdual'; did you mean 'residual'?\n"
         "net.ini:12: model.layers: unknown layer 'cnv'; did you mean 'conv'?"},
        {"cnv 3x3 8, bn\nrelu 7, conv 3x3\n\ndropout 2",
         "net.ini:10: model.layers: unknown layer 'cnv'; did you mean 'conv'?\n"
         "net.ini:11: model.layers: '7' is too much: relu takes no arguments without their names\n"
         "net.ini:11: model.layers: conv lacks filters: output channels, an integer 1..65536\n"
         "net.ini:13: model.layers: dropout: p: '2' is not a number in [0, 1)"},
        {"{ { { relu } x 1000 } x 1000 } x 1000", "net.ini:10: model.layers: the network has more than 1024 layers"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        const char *got = build_errors(wrong[i].text, digits, 0);
        if (strcmp(got, wrong[i].want) != 0)
            fail_msg("'%s':\n  got  %s\n  want %s", wrong[i].text, got, wrong[i].want);
    }
}

/* Deep nesting, endless words, stray marks: errors, no crash. */
static void odd_texts_are_refused(void **state)
{
    char deep[400], word[400];
    (void)state;
    memset(deep, '{', 200);
    strcpy(deep + 200, " relu");
    assert_true(strstr(build_errors(deep, digits, 0), "groups inside each other") != NULL);
    memset(deep, '}', 200);
    deep[200] = 0;
    assert_true(build_errors(deep, digits, 0)[0]);
    memset(word, 'a', sizeof word);
    word[sizeof word - 1] = 0;
    assert_true(strstr(build_errors(word, digits, 0), "unknown layer 'aaaa") != NULL);
    memcpy(word, "conv 3x3 8 ", 11);
    assert_true(strstr(build_errors(word, digits, 0), "conv has no option 'aaaa") != NULL);
    assert_true(build_errors("{,|}{x 3}}|,{", digits, 0)[0]);
    assert_true(build_errors("relu\xff\xfe", digits, 0)[0]);
}

int test_parse(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_blocks),
        cmocka_unit_test(groups_repeat),
        cmocka_unit_test(nothing_is_repeated_at_once),
        cmocka_unit_test(texts_are_kept_as_written),
        cmocka_unit_test(none_and_no_repetition_are_nothing),
        cmocka_unit_test(options_in_any_order_and_positional_by_name),
        cmocka_unit_test(wrong_texts_say_what_to_write),
        cmocka_unit_test(odd_texts_are_refused),
    };
    return cmocka_run_group_tests_name("nn parse", tests, NULL, NULL);
}
