/* test_library.c - the blocks that come with the program: what they are written out, which networks of papers they
 * make, and how a sweep file changes them. */
#include "config_test.h"

#include "nn/blocks/library.h"
#include "nn/layer.h"

#include <stdio.h>
#include <string.h>

/* The network of the first point of a sweep of these layers, in normal words. Static memory. */
static const char *written_out(const char *layers)
{
    static char line[4096];
    char text[1024];
    snprintf(text, sizeof text, "[model]\nlayers =\n  %s, gap, dense $classes\n", layers);
    struct sweep *s = open_text(text, NULL);
    const char *from = strstr(point_of(s, 0).canonical, "model.layers = ");
    snprintf(line, sizeof line, "%.*s", (int)strcspn(from, "\n"), from);
    char *end = strstr(line, ", gap, dense 10");
    assert_non_null(end);
    *end = 0;
    sweep_free(s);
    return line + strlen("model.layers = ");
}

/* Adds the networks that tests/data/model_backbones.txt has logits for, whole ones under the names of others. */
static void add_backbones(char *all, size_t n)
{
    char line[4096], use[256];
    FILE *f = fopen(TEST_SOURCE_DIR "/data/model_backbones.txt", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "case %255s", use) == 1) {
            assert_true(strlen(all) + strlen(use) + 2 < n);
            strcat(strcat(all, " "), use);
        }
    fclose(f);
}

/* tests/data/nn_blocks.txt has what PyTorch computes for these networks; a block that it does not use, nor the
 * backbones, fails; the weights of efficientnet_lite0 are compared in tests/unit/orchestrate/test_backbones.c. */
static void blocks_are_those_compared_with_pytorch(void **state)
{
    char line[65536], use[256] = "", all[4096] = " efficientnet_lite0";
    (void)state;
    FILE *f = fopen(TEST_SOURCE_DIR "/data/nn_blocks.txt", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        if (sscanf(line, "use : %255[^\n]", use) == 1) {
            assert_true(strlen(all) + strlen(use) + 2 < sizeof all);
            strcat(strcat(all, " "), use);
        } else if (!strncmp(line, "case ", 5)) {
            assert_string_equal(written_out(use), strstr(line, " : ") + 3);
        }
    }
    fclose(f);
    add_backbones(all, sizeof all);
    for (size_t i = 0; library_blocks[i].name; i++)
        if (!strstr(all, library_blocks[i].name) && !strstr(library_blocks[i].name, "_body"))
            fail_msg("no network of blocks_golden.py uses '%s'", library_blocks[i].name);
}

/* Parameters of the network of a sweep of these layers, for images of this shape. */
static size_t parameters_of(const char *model, struct shape in)
{
    struct nn_graph g;
    struct nn_spec spec = {0};
    struct err_list errs = {0};
    struct arena a;
    struct sweep *s = open_text(model, NULL);
    struct point p = point_of(s, 0);
    arena_init(&a);
    if (nn_graph_build(&g, p.line, p.nlines, in, (struct nn_target){10, "classes", NULL}, &spec, &a, &errs))
        fail_msg("%s", errs.v[0].text);
    size_t n = g.facts.params;
    err_list_release(&errs);
    arena_release(&a);
    sweep_free(s);
    return n;
}

/* Numbers of parameters as PyTorch counts them; those of ResNet-20 and DenseNet are also in their papers. */
static void networks_of_papers(void **state)
{
    static const struct shape cifar = {MAPS, 3, 32, 32, 1}, mnist = {MAPS, 1, 28, 28, 1};
    (void)state;
    assert_int_equal(parameters_of("[model]\nn = 3\nlayers =\n"
                                   "  conv 3x3 16 pad 1, batchnorm, relu, { basic 16 } x $n\n"
                                   "  basic 32 stride 2, { basic 32 } x ${n - 1}\n"
                                   "  basic 64 stride 2, { basic 64 } x ${n - 1}\n"
                                   "  gap, dense $classes\n",
                                   cifar),
                     272474);
    assert_int_equal(parameters_of("[model]\nlayers =\n"
                                   "  conv 3x3 16 pad 1, batchnorm, relu6, mbconv 16 16, mbconv 16 24 stride 2\n"
                                   "  mbconv 24 24 kernel 5, mbconv 24 40 kernel 5 stride 2, mbconv 40 40 kernel 5\n"
                                   "  conv 1x1 96, batchnorm, relu6, gap, dense $classes\n",
                                   cifar),
                     45786);
    assert_int_equal(parameters_of("[model]\nlayers =\n"
                                   "  conv 3x3 24 pad 1 bias no, dense_block { dense_layer 12 } x 16\n"
                                   "  batchnorm, relu, conv 1x1 108 bias no, avgpool 2\n"
                                   "  dense_block { dense_layer 12 } x 16\n"
                                   "  batchnorm, relu, conv 1x1 150 bias no, avgpool 2\n"
                                   "  dense_block { dense_layer 12 } x 16, batchnorm, relu, gap, dense $classes\n",
                                   cifar),
                     769162); /* DenseNet-BC, depth 100, growth 12 */
    assert_int_equal(parameters_of("[model]\nlayers =\n  patch 4 64, positional, { transformer 64 4 } x 4\n"
                                   "  layernorm, mean, dense $classes\n",
                                   mnist),
                     204938); /* a vision transformer of 49 positions */
    assert_int_equal(parameters_of("[model]\nlayers =\n  vgg 16, vgg 32, flatten, dense $classes\n", mnist), 32058);
}

/* A section without layers gives a block of the program other defaults, also as an axis; one with layers is another
 * block of the name. What is wrong about a use says where the text can be read. */
static void sweeps_change_them(void **state)
{
    (void)state;
    struct sweep *s = open_text("[block.vgg]\ndepth = 1\n[model]\nlayers =\n  vgg 4, flatten, dense 10\n"
                                "[grid]\nblock.vgg.norm = none, batchnorm\n",
                                NULL);
    assert_int_equal(sweep_points(s), 2);
    assert_non_null(strstr(point_of(s, 0).canonical, "= conv2d 3x3 4 pad 1, relu, maxpool 2, flatten"));
    assert_non_null(strstr(point_of(s, 1).canonical, "= conv2d 3x3 4 pad 1, batchnorm, relu, maxpool 2, flatten"));
    sweep_free(s);
    s = open_text("[model]\nlayers =\n  $kind 4, flatten, dense 10\nkind = vgg\n", "block.vgg.depth=1", NULL);
    assert_non_null(strstr(point_of(s, 0).canonical, "= conv2d 3x3 4 pad 1, relu, maxpool 2, flatten"));
    sweep_free(s);
    s = open_text("[block.vgg]\nlayers = tanh\n[model]\nlayers =\n  vgg, flatten, dense 10\n", NULL);
    assert_non_null(strstr(point_of(s, 0).canonical, "= tanh, flatten"));
    sweep_free(s);
    expect_error("[model]\nlayers =\n  vgg 4 2 none dept 2, flatten, dense 10\n",
                 "t.ini:3: model.layers:", "vgg has no option 'dept'; did you mean 'depth'?",
                 "(`sweep list blocks vgg` prints the block)", NULL);
    expect_error("[model]\nlayers =\n  vgg, flatten, dense 10\n", "vgg lacks width: it has no default", NULL);
    expect_error("[model]\nlayers =\n  vg 4, flatten, dense 10\n", "unknown layer 'vg'; did you mean 'vgg'?", NULL);
    expect_error("[model]\nlayers =\n  fire 4 0, flatten, dense 10\n", "fire.ini of the program:", "used in line 3",
                 NULL);
}

int run_library_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_those_compared_with_pytorch),
        cmocka_unit_test(networks_of_papers),
        cmocka_unit_test(sweeps_change_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
