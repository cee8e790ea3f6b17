/* test_blocks.c - sections [block.NAME]: what they become at a point, what varies, and what is said of wrong ones. */
#include "config_test.h"

#include <stdio.h>
#include <string.h>

#define BASIC                                                                                                          \
    "[block.basic]\nwidth = ?\nstride = 1\nlayers =\n  residual { conv 3x3 $width stride $stride pad same, relu }\n"   \
    "  conv 1x1 ${2*width}\n"

/* The network at point k, as the canonical text has it. */
static const char *network(const struct sweep *s, uint64_t k)
{
    static char line[1024];
    const char *from = strstr(point_of(s, k).canonical, "model.layers = ");
    snprintf(line, sizeof line, "%.*s", (int)strcspn(from, "\n"), from);
    return line + strlen("model.layers = ");
}

static void expect_network(const char *text, const char *want)
{
    struct sweep *s = open_text(text, NULL);
    assert_string_equal(network(s, 0), want);
    sweep_free(s);
}

static void a_use_is_what_its_layers_say(void **state)
{
    (void)state;
    expect_network(BASIC "[model]\nlayers =\n  basic 4\n  { basic 8 stride 2 } x 2\n  gap, dense $classes\n",
                   "residual { conv2d 3x3 4 pad same, relu }, conv2d 1x1 8, "
                   "residual { conv2d 3x3 8 stride 2 pad same, relu }, conv2d 1x1 16, "
                   "residual { conv2d 3x3 8 stride 2 pad same, relu }, conv2d 1x1 16, gap, dense 10");
    /* of [model] a block sees what it is given: by a use, by a default, and $classes */
    expect_network("[block.head]\nwidth = ${3 * n}\nlayers = dense $width, relu, dense $classes\n"
                   "[model]\nn = 2\nlayers =\n  flatten, head, head $n\n",
                   "flatten, dense 6, relu, dense 10, dense 2, relu, dense 10");
    /* a block in a block, in a variable, in pool, and as a whole network; a default of several words */
    expect_network("[block.inner]\nact = leaky_relu slope 0.2\nlayers = $act\n"
                   "[block.outer]\nn = 3\nlayers =\n  inner tanh, { inner } x $n\n"
                   "[block.down]\nlayers = maxpool 2\n"
                   "[model]\nkind = outer\npool = down\npool_at = 1\nlayers =\n  $kind 1\n  flatten, dense 10\n",
                   "tanh, leaky_relu 0.2, maxpool 2, flatten, dense 10");
}

/* Neither the name of a block nor that it is one is part of a training. */
static void the_expansion_is_the_training(void **state)
{
    (void)state;
    struct sweep *s = open_text("[model]\nlayers =\n  conv 3x3 8, relu, conv 3x3 8, relu\n  gap, dense 10\n", NULL);
    struct point p = point_of(s, 0);
    uint64_t hash = p.hash;
    sweep_free(s);
    s = open_text("[block.b]\nw = ?\nlayers = conv 3x3 $w, relu\n[model]\nlayers =\n  { b 8 } x 2\n  gap, dense 10\n",
                  NULL);
    assert_true(point_of(s, 0).hash == hash);
    sweep_free(s);
    s = open_text("[block.c]\nw = 8\nr = 2\nlayers = { conv 3x3 $w, relu } x $r\n"
                  "[model]\nlayers =\n  c\n  gap, dense 10\n",
                  "block.c.w=4, 8", NULL);
    assert_true(point_of(s, 0).hash != hash && point_of(s, 1).hash == hash);
    sweep_free(s);
}

static void parameters_vary_and_follow(void **state)
{
    static const char text[] =
        "[block.b]\nw = $n\nk = 3\nlayers = conv ${k}x$k $w\n[model]\nn = 2\nlayers =\n  b\n  gap, "
        "dense 10\n[grid]\nmodel.n = 2, 4\n[zip z]\nblock.b.k = 1, 3\ntrain.epochs = 1, 2\n"
        "[require]\nmodel = block.b.k < 9\n";
    (void)state;
    struct sweep *s = open_text(text, NULL);
    assert_int_equal(sweep_points(s), 4);
    assert_string_equal(network(s, 0), "conv2d 1x1 2, gap, dense 10");
    assert_string_equal(network(s, 3), "conv2d 3x3 4, gap, dense 10");
    assert_string_equal(sweep_key(s, 1), "block.b.k");
    assert_int_equal(sweep_made(s), 1);
    assert_string_equal(sweep_made_key(s, 0), "block.b.w");
    assert_string_equal(point_of(s, 2).made[0], "4");
    sweep_free(s);
    s = open_text(text, "block.b.w=${n + 5}", "block.b.layers=conv $k $w, tanh", NULL); /* of the command line */
    assert_string_equal(network(s, 1), "conv2d 3x3 7, tanh, gap, dense 10");
    assert_non_null(strstr(sweep_text(s), "\nw = ${n + 5}\n"));
    sweep_free(s);
    s = open_text("[block.b]\nw = ?\nlayers = dense $w\n[model]\nlayers =\n  flatten, b, dense 10\n", "block.b.w=3",
                  NULL); /* what no use gives, an override may */
    assert_string_equal(network(s, 0), "flatten, dense 3, dense 10");
    sweep_free(s);
    s = open_text(
        "[block.b]\nlayers = relu\n[block.c]\nlayers = tanh\n[model]\nact = b\nlayers =\n  $act, flatten, dense 10\n"
        "[grid]\nmodel.act = b, c, gelu\n",
        NULL); /* which block, too */
    assert_string_equal(network(s, 1), "tanh, flatten, dense 10");
    sweep_free(s);
}

#define NET "[model]\nlayers =\n  flatten, dense 10\n"

static void wrong_sections_are_told(void **state)
{
    (void)state;
    expect_error("[block.conv]\nlayers = relu\n" NET, "t.ini:1: [block.conv]: 'conv' is a layer of the program", NULL);
    expect_error("[block.branch]\nlayers = relu\n" NET, "'branch' is a block of the program; take another name", NULL);
    expect_error("[block.none]\nlayers = relu\n" NET, "'none' is a layer of the program", NULL);
    expect_error("[block.a-b]\nlayers = relu\n" NET, "'a-b' is not a name of a block: letters, digits and '_'", NULL);
    expect_error("[block.]\nlayers = relu\n" NET, "'' is not a name of a block", NULL);
    expect_error("[block.b]\nlayers = relu\n" NET, "t.ini:1: [block.b]: no text uses this block", NULL);
    expect_error("[block.b]\nw = 3\nlayers = relu\n[model]\nlayers =\n  b, flatten, dense 10\n",
                 "t.ini:2: block.b.w: the layers of this block do not use this parameter; write $w", NULL);
    expect_error("[block.b]\n[model]\nlayers =\n  b, flatten, dense 10\n", "t.ini:1: [block.b]: no layers;", NULL);
    expect_error("[block.b]\nw =\nlayers = dense $w\n[model]\nlayers =\n  flatten, b 3, dense 10\n",
                 "t.ini:2: block.b.w: a parameter wants a default, or '?'", NULL);
    expect_error("[block.b]\nnot = 2\nlayers = relu\n[model]\nlayers =\n  b, flatten, dense 10\n",
                 "t.ini:2: block.b.not: a parameter is named with letters, digits and '_'", NULL);
    expect_error("[block.b]\nwidth = 2\nlayers = dense $widht\n[model]\nlayers =\n  flatten, b, dense 10\n",
                 "t.ini:3: block.b.layers: [block.b] has no parameter 'widht'; did you mean '$width'?", NULL);
    expect_error("[block.b]\nlayers = dense ${2 * n}\n[model]\nn = 3\nlayers =\n  flatten, b, dense $n\n",
                 "t.ini:2: block.b.layers: unknown name 'n'",
                 "a block sees its own parameters only; write `n = $n` into", NULL);
    expect_error("[block.b]\nlayers = relu\n[model]\nlayers =\n  b, flatten, dense 10\n[grid]\nblock.b.w = 1, 2\n",
                 "t.ini:7: block.b.w: unknown key", NULL);
    expect_error("[block.b]\nlayers = relu\n[model]\nlayers =\n  b, flatten, dense 10\n[grid]\nblock.b.layers = 1, 2\n",
                 "t.ini:7: block.b.layers: blocks are varied by name", NULL);
    assert_string_equal(errors_of(NET, "block.c.w=3", NULL),
                        "command line: block.c.w: there is no section [block.c]\n");
    assert_string_equal(
        errors_of("[block.b]\nlayers = relu\n[model]\nlayers =\n  b, flatten, dense 10\n", "block.b.w=3", NULL),
        "command line: block.b.w: [block.b] has no parameter 'w'\n");
}

static void wrong_uses_are_told_with_both_places(void **state)
{
    (void)state;
    expect_error(BASIC "[model]\nlayers =\n  gap\n  basic, dense 10\n", /* words, before there is any point */
                 "t.ini:10: model.layers: basic lacks width: it has no default, so that each use gives it "
                 "([block.basic], line 1)",
                 NULL);
    expect_error(BASIC "[model]\nlayers =\n  basic 3 stride 0, gap, dense 10\n",
                 "t.ini:5, used in line 9: block.basic.layers: conv: stride: '0' is not N, NxM or DxNxM", NULL);
    expect_error("[block.b]\nw = 0\nlayers = dense ${10 / w}\n[model]\nlayers =\n  flatten, b\n",
                 "t.ini:3: block.b.layers: division by zero", "(used in line 6)", NULL);
    expect_error("[block.b]\nlayers = c\n[block.c]\nlayers = { b } x 2\n[model]\nlayers =\n  b, flatten, dense 10\n",
                 "t.ini:4, used in line 2, used in line 7: block.c.layers: block 'b' uses itself", NULL);
    expect_error("[block.b]\nw = $n\nlayers = dense $w\n[model]\nlayers =\n  flatten, b\n[model.v]\nn = 10\n[grid]\n"
                 "model.variant = none, v\n",
                 "t.ini:6: model.layers: b lacks w:", "t.ini:2: block.b.w: $n has no value at this point", NULL);
    expect_error("[block.b]\nlayers =\n  relu\n  dens 10\n[model]\nlayers = flatten, b\n",
                 "t.ini:4, used in line 6: block.b.layers: unknown layer 'dens'; did you mean 'dense'?", NULL);
    struct sweep *s =
        open_text("[block.b]\nk = 5\nlayers = conv $k 3\n[model]\nlayers =\n  b\n  b 20, gap, dense 10\n", NULL);
    struct point p = point_of(s, 0); /* shapes, at the point */
    struct err_list errs = {0};
    struct nn_graph g;
    struct arena a;
    arena_init(&a);
    assert_int_equal(nn_graph_build(&g, p.line, p.nlines, (struct shape){MAPS, 1, 8, 8, 1},
                                    (struct nn_target){10, "classes", NULL}, &p.nn, &a, &errs),
                     -1);
    assert_non_null(strstr(errs.v[0].text, "t.ini:3, used in line 7: block.b.layers: 'conv 20 3': "));
    err_list_release(&errs);
    arena_release(&a);
    sweep_free(s);
}

int run_block_tests(void)
{
    const struct CMUnitTest blocks[] = {
        cmocka_unit_test(a_use_is_what_its_layers_say),         cmocka_unit_test(the_expansion_is_the_training),
        cmocka_unit_test(parameters_vary_and_follow),           cmocka_unit_test(wrong_sections_are_told),
        cmocka_unit_test(wrong_uses_are_told_with_both_places),
    };
    return cmocka_run_group_tests(blocks, NULL, NULL);
}
