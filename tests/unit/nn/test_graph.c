/* Shapes, costs and facts. */
#include "single.h"

#include <stdio.h>
#include <string.h>

static const struct shape digits = {MAPS, 1, 28, 28, 1};

/* N1, the network that the project's measurements use. */
static const char n1[] = "conv 3x3 10, batchnorm, relu, dropout 0.05\n"
                         "conv 3x3 16, batchnorm, relu, dropout 0.05\n"
                         "conv 3x3 20, batchnorm, relu, dropout 0.05\n"
                         "maxpool 2, conv 1x1 10, batchnorm, relu\n"
                         "conv 3x3 16, batchnorm, relu, dropout 0.05\n"
                         "conv 3x3 16, batchnorm, relu, dropout 0.05\n"
                         "conv 3x3 20, batchnorm, relu\n"
                         "gap, dense 10, softmax";

static const struct nn_node *nth(const struct nn_graph *g, const char *type, int n)
{
    for (int i = 0; i < g->nnodes; i++)
        if (!strcmp(g->node[i].type->name, type) && n-- == 0)
            return &g->node[i];
    fail_msg("no %s", type);
    return NULL;
}

static void n1_has_its_facts(void **state)
{
    static const struct {
        int c, h, rf, jump, distance;
        double macs;
    } conv[] = {{10, 26, 3, 1, 7, 60840}, {16, 24, 5, 1, 6, 829440}, {20, 22, 7, 1, 5, 1393920},
                {10, 11, 8, 2, 4, 24200}, {16, 9, 12, 2, 3, 116640}, {16, 7, 16, 2, 2, 112896},
                {20, 5, 20, 2, 1, 72000}};
    struct arena a;
    struct nn_graph g;
    (void)state;
    arena_init(&a);
    build(&g, n1, digits, 10, &a);
    assert_int_equal(g.facts.params, 11660);
    assert_close(g.facts.macs, 2610136, 0, 0);
    assert_close(2 * g.facts.macs / 1e6, 5.22, 0, 0.005); /* MFLOP forward */
    assert_int_equal(g.facts.receptive_field, 20);
    assert_int_equal(g.facts.depth, 8);
    assert_string_equal(g.facts.head, "gap+fc");
    assert_int_equal(g.nnodes, 30);
    for (int i = 0; i < (int)COUNT(conv); i++) {
        const struct nn_node *nd = nth(&g, "conv2d", i);
        assert_int_equal(nd->y.c, conv[i].c);
        assert_int_equal(nd->y.h, conv[i].h);
        assert_int_equal(nd->y.w, conv[i].h);
        assert_int_equal(nd->rf[0], conv[i].rf);
        assert_int_equal(nd->rf[1], conv[i].rf);
        assert_int_equal(nd->jump[0], conv[i].jump);
        assert_int_equal(nd->distance, conv[i].distance);
        assert_close(nd->macs, conv[i].macs, 0, 0);
        assert_int_equal(nd->ntensors, 1); /* no bias in front of a batchnorm */
    }
    assert_int_equal(nth(&g, "maxpool", 0)->distance, 5);
    assert_int_equal(nth(&g, "batchnorm", 6)->distance, 1);
    assert_int_equal(nth(&g, "dense", 0)->params, 210);
    arena_release(&a);
}

static void offsets_are_multiples_of_16_and_apart(void **state)
{
    struct arena a;
    struct nn_graph g;
    size_t end = 0, buffers = 0;
    (void)state;
    arena_init(&a);
    build(&g, n1, digits, 10, &a);
    for (int i = 0; i < g.nnodes; i++) {
        for (int t = 0; t < g.node[i].ntensors; t++) {
            assert_int_equal(g.node[i].tensor[t].at % 16, 0);
            assert_true(g.node[i].tensor[t].at >= end);
            end = g.node[i].tensor[t].at + g.node[i].tensor[t].n;
        }
        if (g.node[i].nbuffers) {
            assert_int_equal(g.node[i].buffers_at % 16, 0);
            assert_true(g.node[i].buffers_at >= buffers);
            buffers = g.node[i].buffers_at + g.node[i].nbuffers;
        }
    }
    assert_true(end <= g.param_floats && g.param_floats % 16 == 0 && g.param_floats < end + 16);
    assert_true(buffers <= g.buffer_floats);
    arena_release(&a);
}

static void assert_facts(const char *text, struct shape in, size_t params, int rf, int depth, const char *head)
{
    struct arena a;
    struct nn_graph g;
    arena_init(&a);
    build(&g, text, in, 10, &a);
    if (g.facts.params != params || g.facts.receptive_field != rf || g.facts.depth != depth ||
        strcmp(g.facts.head, head) != 0)
        fail_msg("'%s': params %zu, receptive field %d, depth %d, head %s", text, g.facts.params,
                 g.facts.receptive_field, g.facts.depth, g.facts.head);
    arena_release(&a);
}

static void facts_of_other_heads(void **state)
{
    (void)state;
    assert_facts("flatten, dense 128, relu, dense 10", digits, 101770, 28, 2, "fc");
    assert_facts("conv 3x3 10, gap", digits, 100, 3, 1, "gap");
    assert_facts("conv 28x28 10", digits, 7850, 28, 1, "conv");
    assert_facts("conv 3x3 4 stride 2, conv 5x5 4 dilation 2, flatten, dense 10", digits, 1454, 19, 3, "fc");
    assert_facts("conv 3x3 8, gap, conv 1x1 10", digits, 170, 3, 2, "gap");
    assert_facts("dense 16, bn, relu, dense 10", (struct shape){VECTOR, 7, 1, 1, 1}, 112 + 32 + 170, 1, 2, "fc");
    /* positions lie in no row: all of them together see the image once */
    assert_facts("patch 4 8, attention heads 2, mean, dense 10", digits, 514, 28, 3, "fc");
}

/* Of volumes the longest side counts, slices too; global pooling is the whole volume. */
static void facts_of_volumes(void **state)
{
    static const struct shape in = {VOLUME, 1, 8 * 6, 6, 8};
    struct arena a;
    struct nn_graph g;
    char buf[32];
    (void)state;
    assert_facts("conv 3x3x3 10 pad 1, gap", in, 280, 3, 1, "gap");
    assert_facts("conv 3 4 pad 1, maxpool 2, conv 3x1x1 4, gmp, dense 10", in, 112 + 52 + 50, 8, 3, "gmp+fc");
    assert_facts("conv 3 4, avgpool 6x4x4, flatten, dense 10", in, 112 + 50, 3, 2, "gap+fc");
    assert_facts("flatten, dense 10", in, 2890, 8, 1, "fc");
    arena_init(&a);
    build(&g, "conv 3 4 pad 1, batchnorm, relu, residual { conv 3 8 stride 2 pad 1 }, conv 1x3x2 2 stride 1x2x1", in, 0,
          &a);
    assert_string_equal(shape_text(g.node[4].y, buf, sizeof buf), "8x4x3x3");
    assert_string_equal(g.node[4].text, "conv2d 1 8 stride 2x2x2");
    assert_string_equal(shape_text(nn_output(&g), buf, sizeof buf), "2x4x1x2");
    const struct nn_node *last = &g.node[g.nnodes - 1];
    assert_true(last->rf[0] == 9 && last->rf[1] == 7 && last->rf[2] == 5);
    assert_true(last->jump[0] == 4 && last->jump[1] == 2 && last->jump[2] == 2);
    assert_close(last->macs, 4 * 1 * 2 * 2 * 8 * 6, 0, 0);
    arena_release(&a);
}

/* What each place of the output sees of the input, found by changing one pixel after the other: in image i of a batch
 * pixel i - 1 is another one than in image 0. */
enum { FIELD_PIXELS = 14 * 15 };
struct seen_field {
    int first[NN_SIDES], last[NN_SIDES]; /* pixels along rows, columns and slices; first > last: none */
};

static int place_along(struct shape s, int h, int w, int side)
{
    return side == 1 ? w : side == 0 ? h % shape_rows(s) : h / shape_rows(s);
}

static void find_field(const struct nn_net *net, struct shape in, int h, int w, struct seen_field *f)
{
    const struct shape out = nn_output(net->graph);
    for (int i = 0; i < NN_SIDES; i++) {
        f->first[i] = FIELD_PIXELS;
        f->last[i] = -1;
    }
    for (int pixel = 0; pixel < in.h * in.w; pixel++)
        for (int c = 0; c < out.c; c++)
            if (net->z[lane_at(out, pixel + 1, c, h, w)] != net->z[lane_at(out, 0, c, h, w)])
                for (int i = 0; i < NN_SIDES; i++) {
                    const int at = place_along(in, pixel / in.w, pixel % in.w, i);
                    f->first[i] = at < f->first[i] ? at : f->first[i];
                    f->last[i] = at > f->last[i] ? at : f->last[i];
                }
}

/* Positive weights and large changes: nothing cancels, and every change shows through a maximum. */
static struct nn_net *changed_pixels(struct nn_graph *g, struct shape in, struct arena *a)
{
    struct err e = {0};
    const int n = 1 + in.h * in.w;
    assert_true(in.h * in.w <= FIELD_PIXELS && in.c == 1);
    struct nn_net *net = nn_net_new(g, n, 0, NULL, test_kernels(), a, &e);
    assert_non_null(net);
    nn_net_init(net, 1);
    noise_restart(7);
    for (size_t i = 0; i < g->param_floats; i++)
        net->w[i] = 0.6f + 0.4f * noise();
    memset(net->x, 0, floats_of(in, blocks_of(n)) * sizeof *net->x);
    for (int i = 0; i < n; i++)
        for (int pixel = 0; pixel < in.h * in.w; pixel++)
            net->x[lane_at(in, i, 0, pixel / in.w, pixel % in.w)] =
                1 + 0.01f * (float)pixel + (i == pixel + 1 ? 50 : 0);
    struct nn_pass p = {
        .n = n, .blocks = blocks_of(n), .seed = 1, .sample = arena_take(a, (size_t)n * sizeof(uint32_t))};
    nn_forward(net, &p);
    return net;
}

/* The largest of all fields, and how far those of the middle and of what follows it are apart where they end. */
static void check_fields(const char *text, struct shape in, int exact)
{
    struct arena a;
    struct nn_graph g;
    int most[NN_SIDES] = {0};
    arena_init(&a);
    build(&g, text, in, 0, &a);
    const struct nn_net *net = changed_pixels(&g, in, &a);
    const struct nn_node *last = &g.node[g.nnodes - 1];
    const struct shape out = last->y;
    for (int h = 0; h < out.h; h++)
        for (int w = 0; w < out.w; w++) {
            struct seen_field f;
            find_field(net, in, h, w, &f);
            for (int i = 0; i < NN_SIDES; i++)
                most[i] = f.last[i] - f.first[i] + 1 > most[i] ? f.last[i] - f.first[i] + 1 : most[i];
        }
    for (int i = 0; i < NN_SIDES; i++) {
        const int side = i == 1 ? in.w : i == 0 ? shape_rows(in) : in.d;
        const int told = last->rf[i] < side ? last->rf[i] : side;
        if (exact ? most[i] != told : most[i] > told)
            fail_msg("'%s': side %d sees %d pixels, told are %d", text, i, most[i], last->rf[i]);
    }
    if (exact == 1 && shape_rows(out) > 2 && out.w > 2 && last->rf[0] < shape_rows(in) && last->rf[1] < in.w) {
        const int h = (out.d / 2) * shape_rows(out) + shape_rows(out) / 2 - 1, w = out.w / 2 - 1;
        struct seen_field f, below, beside;
        find_field(net, in, h, w, &f);
        find_field(net, in, h + 1, w, &below);
        find_field(net, in, h, w + 1, &beside);
        if (below.last[0] - f.last[0] != last->jump[0] || beside.last[1] - f.last[1] != last->jump[1])
            fail_msg("'%s': neighbours are %d and %d pixels apart, told are %d and %d", text, below.last[0] - f.last[0],
                     beside.last[1] - f.last[1], last->jump[0], last->jump[1]);
    }
    arena_release(&a);
}

static void receptive_fields_are_what_outputs_depend_on(void **state)
{
    static const struct shape in = {MAPS, 1, 14, 15, 1}, volume = {VOLUME, 1, 5 * 6, 7, 5};
    static const struct {
        const char *text;
        int exact; /* 0: an upper bound, as a jump of less than a pixel is told as one; 2: the field, but not the jump
                    */
    } row[] = {
        {"conv 3x5 2", 1},
        {"conv 3 2 stride 2 pad 1, conv 3x2 2 dilation 2x1", 1},
        {"depthwise 3x2 stride 1x2 pad 1x0, conv 1x1 2, depthwise 3 pad 1", 1},
        {"conv 3 2 pad 1, batchnorm, relu, maxpool 2, conv 3 2 pad 1", 1},
        {"avgpool 3x2 stride 2, conv 2x3 2", 1},
        {"adaptive_avgpool 5x6, conv 2 2", 0},
        {"adaptive_maxpool 7x5", 1},
        {"adaptive_maxpool 9x4", 0},
        {"conv 3 2 pad 1, residual { conv 3 2 pad 1, relu, conv 3 2 pad 1 }", 1},
        {"conv 1x1 2, residual { conv 3 4 stride 2 pad 1, conv 3 4 pad 1 }, conv 2 2", 1},
        {"conv 1x1 2, residual pad { conv 3 4 stride 2 pad 1 }, conv 3 2 pad 1", 1},
        {"branch { conv 3 2 pad 1 | conv 5 2 pad 2 | none }, maxpool 3 stride 1 pad 1", 1},
        {"dense_block { relu, conv 3 2 pad 1 } x 3", 1},
        {"conv 3 2 pad 1, save a, conv 3 2 pad 1, conv 3 2 pad 1, add a", 1},
        {"conv 3 2 pad 1, branch mul { none | gap, conv 1x1 2, sigmoid }", 1}, /* a gate sees everything */
        {"conv 1x1 2, attention", 1},
        {"conv 3 4 stride 2, attention heads 2 rotary, conv 1x1 2", 1},
        {"conv 1x1 2, kmeans 3, conv 3 2", 1},
        {"pad 1x2 mode reflect, crop 1, conv 3 2", 1},
        {"conv 1x1 4, glu, lrn 3, conv 3 2 pad 1", 1},
        {"conv 3 2 stride 2, conv_transpose 3 2 stride 2", 0},
        {"conv_transpose 3x2 2", 1},
        {"upsample 2, conv 3 2", 0},
        {"upsample 2x3 mode bilinear", 2},
        {"upsample 1x3 mode bilinear, conv 3 2", 0},
        {"flatten, dense 3", 1},
        {"patch 3x4 4, dense 2", 0}, /* positions of the sequence lie in no row */
        {"conv 3 2 pad 1, gmp", 1},
    };
    static const char *const of_volumes[] = {
        "conv 3x2x1 2",
        "conv 3 2 stride 1x2x2, conv 2x1x2 2",
        "maxpool 2x3x1 stride 1, depthwise 2",
        "avgpool 1x2x2, gap",
        "conv 1 2, residual { conv 3 4 stride 2 pad 1 }",
        "conv 1 2, residual pad { conv 3x1x1 4 stride 2 pad 1x0x0 }",
        "adaptive_maxpool 5x3x7",
        "pad 1, crop 1x0x2, conv 2 2",
        "upsample 1x2x1",
        "conv_transpose 2x3x1 2",
        "flatten, dense 2",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(row); i++)
        check_fields(row[i].text, in, row[i].exact);
    for (size_t i = 0; i < COUNT(of_volumes); i++)
        check_fields(of_volumes[i], volume, 1);
}

/* Of texts nothing is made but by an embedding, and nothing that looks around without the lengths, or changes them. */
static void texts_are_looked_up_and_keep_their_lengths(void **state)
{
    static const struct shape text = {SEQUENCE, 1, 9, 1, 1};
    static const struct {
        const char *text, *says;
        const struct shape *in;
    } row[] = {
        {"dense 4, embedding 3", "'dense 4': its input is ids of tokens", &text},
        {"residual { embedding 1 }", "its input is ids of tokens", &text},
        {"embedding 4, embedding 4", "wants the ids of tokens", &text},
        {"embedding 4, conv 3 4 pad 1", "would count what stands after the end", &text},
        {"embedding 4, maxpool 3 stride 1 pad 1", "would count what stands after the end", &text},
        {"embedding 4, batchnorm", "would count what stands after the end", &text},
        {"embedding 4, groupnorm 2", "would count what stands after the end", &text},
        {"embedding 4, layernorm over all", "would count what stands after the end", &text},
        {"embedding 4, flatten, dense 2", "would count what stands after the end", &text},
        {"embedding 4, class_token", "would count what stands after the end", &text},
        {"embedding 4, pad 1", "makes 11 positions of the 9 of a text", &text},
        {"lstm 4", "wants a sequence [C,T], but its input is 1x28x28; rows makes one of maps", &digits},
        {"embedding 4, conv 1 4, layernorm, rmsnorm, attention causal, lstm 3, dense 2, last", "", &text},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(row); i++) {
        const char *got = build_errors(row[i].text, *row[i].in, 0);
        if (!strstr(got, row[i].says) || (!*row[i].says && *got))
            fail_msg("'%s': %s", row[i].text, got);
    }
}

/* Numbers for directions that the input does not have, or not for all that it has, are told. */
static void directions_must_fit_the_input(void **state)
{
    static const struct shape volume = {VOLUME, 1, 8 * 6, 6, 8}, sequence = {SEQUENCE, 4, 9, 1, 1};
    static const struct {
        const char *text, *says;
        const struct shape *in;
    } row[] = {
        {"conv 3x3x3 8", "its input is maps, which have rows and columns; write NxM", &digits},
        {"conv 3 8 pad 1x1x1", "which have rows and columns", &digits},
        {"conv 1x1 6, attention heads 2 rotary", "rotary turns pairs of channels, and each head has 3", &digits},
        {"maxpool 2x2x2", "which have rows and columns", &digits},
        {"maxpool 2 stride 2x2x1", "which have rows and columns", &digits},
        {"conv 3x1 8",
         "its input is a volume, which has three directions; write one number for all of them, or slices x", &volume},
        {"conv_transpose 2 8 stride 2x1", "which has three directions", &volume},
        {"avgpool 2x3", "which has three directions", &volume},
        {"adaptive_avgpool 9x2x2", "the output of 2x2 is larger than the input of 6x6, or has more slices", &volume},
        {"conv 9x3x3 8", "the kernel reaches over 9 slices, the input has 8", &volume},
        {"maxpool 9x3x3", "the window of 9 slices does not fit into the input of 8", &volume},
        {"patch 2 8", "wants maps [C,H,W], but its input is a volume [C,D,H,W] of 1x8x6x6", &volume},
        {"dense 8", "wants a vector of features, but its input is a volume of 1x8x6x6", &volume},
        {"conv 3x1 8", "which has one direction", &sequence},
        {"conv 3x3x3 8", "which has one direction", &sequence},
        {"residual identity { conv 3 1 stride 1x2x2 pad 1 }", "turns 1x8x6x6 into 1x8x3x3", &volume},
        {"branch { conv 3 2 | conv 3 2 pad 0x1x1 }", "joins 2x6x4x4", &volume},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(row); i++)
        if (!strstr(build_errors(row[i].text, *row[i].in, 0), row[i].says))
            fail_msg("'%s': %s", row[i].text, build_errors(row[i].text, *row[i].in, 0));
}

static void head_names_global_pooling_however_it_is_written(void **state)
{
    static const struct {
        const char *text, *head;
        int field, jump;
    } row[] = {
        {"conv 3x3 10, avgpool 26", "gap", 3, 1},
        {"conv 3x3 10 stride 2, avgpool 13, flatten, dense 10", "gap+fc", 3, 2},
        {"conv 3x3 10, maxpool 26", "gmp", 3, 1},
        {"conv 3x3 8, maxpool 26, flatten, dense 10", "gmp+fc", 3, 1},
        {"conv 3x3 10, gmp", "gmp", 3, 1},
        {"conv 3x3 10, gap", "gap", 3, 1},
        {"conv 3x3 8, avgpool 13, flatten, dense 10", "fc", 15, 13}, /* maps of 2x2 are left: not global */
        {"avgpool 14 stride 20, conv 1x1 10", "conv", 14, 20},       /* one window, which is not the whole map */
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct arena a;
        struct nn_graph g;
        arena_init(&a);
        build(&g, row[i].text, digits, 10, &a);
        if (strcmp(g.facts.head, row[i].head) != 0 || g.facts.receptive_field != row[i].field ||
            g.facts.jump != row[i].jump)
            fail_msg("'%s': head %s, receptive field %d, jump %d", row[i].text, g.facts.head, g.facts.receptive_field,
                     g.facts.jump);
        size_t known = 0;
        while (nn_head_name(known) && strcmp(nn_head_name(known), row[i].head) != 0)
            known++;
        assert_non_null(nn_head_help(known));
        arena_release(&a);
    }
}

static void distances_of_the_last_pooling_and_batchnorm(void **state)
{
    static const struct {
        const char *text;
        int pool, bn;
    } row[] = {
        {"conv 3x3 8, bn, relu, maxpool 2, conv 3x3 8, conv 3x3 10, gap", 2, 2},
        {"maxpool 2, conv 3x3 8, avgpool 2, conv 3x3 8, bn, gap, dense 10", 2, 1},
        {"conv 3x3 8, gap, dense 10", -1, -1}, /* global pooling is the head */
        {"conv 3x3 8, maxpool 26, flatten, dense 10", -1, -1},
        {"flatten, dense 10", -1, -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct arena a;
        struct nn_graph g;
        arena_init(&a);
        build(&g, row[i].text, digits, 10, &a);
        if (g.facts.pool_distance != row[i].pool || g.facts.bn_distance != row[i].bn)
            fail_msg("'%s': pooling %d, batchnorm %d", row[i].text, g.facts.pool_distance, g.facts.bn_distance);
        arena_release(&a);
    }
}

static void bias_follows_what_reads_it(void **state)
{
    struct arena a;
    struct nn_graph g;
    (void)state;
    arena_init(&a);
    build(&g,
          "conv 3x3 4, bn, conv 3x3 4, relu, conv 3x3 4 bias no, relu, conv 3x3 4 bias yes, bn, gap, dense 5, bn, "
          "dense 10",
          digits, 10, &a);
    assert_int_equal(nth(&g, "conv2d", 0)->ntensors, 1);
    assert_int_equal(nth(&g, "conv2d", 1)->ntensors, 2);
    assert_int_equal(nth(&g, "conv2d", 2)->ntensors, 1);
    assert_int_equal(nth(&g, "conv2d", 3)->ntensors, 2);
    assert_int_equal(nth(&g, "dense", 0)->ntensors, 1);
    assert_int_equal(nth(&g, "dense", 1)->ntensors, 2);
    arena_release(&a);
}

static void roles_and_fans(void **state)
{
    struct arena a;
    struct nn_graph g;
    (void)state;
    arena_init(&a);
    build(&g, "conv 3x5 8 init xavier\nconv 3x3 4 groups 4\nbatchnorm, flatten, dense 10", digits, 10, &a);
    const struct nn_tensor *t = g.node[0].tensor;
    assert_int_equal(t[0].role, NN_WEIGHT);
    assert_int_equal(t[0].fan_in, 15);
    assert_int_equal(t[0].fan_out, 120);
    assert_string_equal(nn_init_name((size_t)t[0].init), "xavier");
    assert_int_equal(t[1].role, NN_BIAS);
    assert_int_equal(t[1].init, -1);
    t = g.node[1].tensor;
    assert_int_equal(t[0].fan_in, 18);
    assert_int_equal(t[0].fan_out, 36);
    assert_string_equal(nn_init_name((size_t)t[0].init), "he");
    assert_int_equal(g.node[2].tensor[0].role, NN_GAIN);
    assert_int_equal(g.node[2].tensor[1].role, NN_BIAS);
    arena_release(&a);
}

static void uses_knows_names_and_aliases(void **state)
{
    struct arena a;
    struct nn_graph g;
    (void)state;
    arena_init(&a);
    build(&g, "conv 3x3 10, bn, gap", digits, 10, &a);
    assert_true(nn_uses(&g, "conv") && nn_uses(&g, "conv2d") && nn_uses(&g, "batchnorm") && nn_uses(&g, "bn"));
    assert_false(nn_uses(&g, "dropout"));
    assert_false(nn_uses(&g, "nonsense"));
    arena_release(&a);
}

static void what_does_not_fit_says_so(void **state)
{
    static const struct {
        const char *text, *want;
    } wrong[] = {
        {"conv 3x3 4\ndense 10", "net.ini:11: model.layers: 'dense 10': wants a vector of features, but its input is "
                                 "maps of 4x26x26; put flatten or gap before it"},
        {"flatten, conv 3x3 4", "net.ini:10: model.layers: 'conv 3x3 4': wants maps [C,H,W], but its input is a vector "
                                "of 784 features; put it before flatten and dense"},
        {"conv 3x3 4, maxpool 14, conv 3x3 10", "net.ini:10: model.layers: 'conv 3x3 10': the kernel reaches over 3x3 "
                                                "pixels, the input has 1x1; pad it, or pool less before it"},
        {"conv 15x15 4, conv 3x3 4 dilation 7",
         "net.ini:10: model.layers: 'conv 3x3 4 dilation 7': the kernel reaches over 15x15 pixels, the input has "
         "14x14; pad it, or pool less before it"},
        {"maxpool 29", "net.ini:10: model.layers: 'maxpool 29': the window of 29x29 does not fit into the input of "
                       "28x28; pool less before it"},
        {"conv 3x3 4, conv 3x3 9 groups 3", "net.ini:10: model.layers: 'conv 3x3 9 groups 3': groups must divide the 4 "
                                            "input channels and the 9 filters, 3 does not"},
        {"conv 3x3 10", "net.ini:10: model.layers: 'conv 3x3 10': the network ends with maps of 10x26x26, the data has "
                        "10 classes; end with gap or flatten, then dense 10"},
        {"flatten, dense 9", "net.ini:10: model.layers: 'dense 9': the network ends with 9 outputs, the data has 10 "
                             "classes; end with dense 10"},
        {"conv 3x3 65536 pad same, conv 3x3 65536", "net.ini:10: model.layers: 'conv 3x3 65536 pad same': its output "
                                                    "has 51380224 values for one image, the limit is 33554431"},
        {"conv 28x28 65536, conv 1x1 65536",
         "net.ini:10: model.layers: 'conv 1x1 65536': has 4294967296 weights, the limit is 2147483647"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        const char *got = build_errors(wrong[i].text, digits, 10);
        if (strcmp(got, wrong[i].want) != 0)
            fail_msg("'%s':\n  got  %s\n  want %s", wrong[i].text, got, wrong[i].want);
    }
}

static void shape_texts(void **state)
{
    char buf[32];
    (void)state;
    assert_string_equal(shape_text((struct shape){MAPS, 10, 26, 24, 1}, buf, sizeof buf), "10x26x24");
    assert_string_equal(shape_text((struct shape){VECTOR, 10, 1, 1, 1}, buf, sizeof buf), "10");
    assert_int_equal(shape_size((struct shape){MAPS, 10, 26, 24, 1}), 6240);
}

static void a_full_arena_is_an_error(void **state)
{
    struct nn_line line = {.text = n1, .at = {"net.ini", 1, "model", "layers"}};
    struct nn_spec spec = {0};
    (void)state;
    line.text = "conv 3x3 10, batchnorm, relu, gap";
    for (size_t bytes = 64; bytes < 4096; bytes += 64) {
        struct err_list errs = {0};
        struct arena a;
        struct nn_graph g;
        assert_int_equal(arena_init_fixed(&a, bytes), 0);
        if (nn_graph_build(&g, &line, 1, digits, (struct nn_target){10, "classes", NULL}, &spec, &a, &errs)) {
            assert_int_equal(errs.n, 1);
            assert_int_equal(errs.v[0].code, ERR_NOMEM);
        }
        err_list_release(&errs);
        arena_release(&a);
    }
}

int test_graph(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shape_texts),
        cmocka_unit_test(n1_has_its_facts),
        cmocka_unit_test(offsets_are_multiples_of_16_and_apart),
        cmocka_unit_test(facts_of_other_heads),
        cmocka_unit_test(facts_of_volumes),
        cmocka_unit_test(receptive_fields_are_what_outputs_depend_on),
        cmocka_unit_test(directions_must_fit_the_input),
        cmocka_unit_test(texts_are_looked_up_and_keep_their_lengths),
        cmocka_unit_test(head_names_global_pooling_however_it_is_written),
        cmocka_unit_test(distances_of_the_last_pooling_and_batchnorm),
        cmocka_unit_test(bias_follows_what_reads_it),
        cmocka_unit_test(roles_and_fans),
        cmocka_unit_test(uses_knows_names_and_aliases),
        cmocka_unit_test(what_does_not_fit_says_so),
        cmocka_unit_test(a_full_arena_is_an_error),
    };
    return cmocka_run_group_tests_name("nn graph", tests, NULL, NULL);
}
