/* Blocks: what nodes they become, what they refuse, and the gradients of what joins. */
#include "single.h"

#include "nn/layers/joins.h"
#include "nn/plan/plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct shape maps = {MAPS, 3, 8, 8, 1};

/* --- structure --- */

/* "conv2d in, add 0 in": each node and what it reads. */
static const char *structure(const char *text, struct shape in)
{
    static char s[2048];
    struct arena a;
    struct nn_graph g;
    size_t n = 0;
    arena_init(&a);
    build(&g, text, in, 0, &a);
    s[0] = 0;
    for (int i = 0; i < g.nnodes; i++) {
        n += (size_t)snprintf(s + n, sizeof s - n, "%s%s", i ? ", " : "", g.node[i].type->name);
        for (int k = 0; k < g.node[i].nin; k++)
            n += (size_t)(g.node[i].in[k] == NN_INPUT ? snprintf(s + n, sizeof s - n, " in")
                                                      : snprintf(s + n, sizeof s - n, " %d", g.node[i].in[k]));
    }
    arena_release(&a);
    return s;
}

/* Of each block; a row that is not among them fails. */
static const struct {
    const char *text, *nodes;
} structures[] = {
    {"residual { conv 3x3 3 pad 1 }", "conv2d in, add 0 in"},
    {"relu, residual { conv 3x3 3 pad 1, relu } x 2", "relu in, conv2d 0, relu 1, add 2 0, conv2d 3, relu 4, add 5 3"},
    {"residual { conv 3x3 4 pad 1 stride 2 }", "conv2d in, conv2d in, batchnorm 1, add 0 2"},
    {"branch { relu | tanh, relu | none }", "relu in, tanh in, relu 1, concat 0 2 in"},
    {"branch add { relu | tanh }", "relu in, tanh in, add 0 1"},
    {"branch mul { relu | tanh } x 2", "relu in, tanh in, mul 0 1, relu 2, tanh 2, mul 3 4"},
    {"branch join mean {\nrelu\n|\ntanh\n}", "relu in, tanh in, mean 0 1"},
    {"residual { branch add { relu | residual { tanh } } }", "relu in, tanh in, add 1 in, add 0 2, add 3 in"},
    {"{ residual { relu } } x 2, residual { tanh } x 0", "relu in, add 0 in, relu 1, add 2 1"},
    {"flatten, residual { dense 5 }", "flatten in, dense 0, dense 0, batchnorm 2, add 1 3"},
    {"residual pad { conv 3x3 5 pad 1 stride 2 }", "conv2d in, shortcut in, add 0 1"},
    {"residual pad { relu }", "relu in, add 0 in"},
    {"dense_block { conv 1x1 2 } x 3", "conv2d in, concat in 0, conv2d 1, concat 1 2, conv2d 3, concat 3 4"},
    {"save a, relu, save b, tanh, add a, concat b", "relu in, tanh 0, add 1 in, concat 2 0"},
    {"{ save a, relu, add a } x 2", "relu in, add 0 in, relu 1, add 2 1"},
    {"save a, branch { relu, save a, tanh, add a | add a }", "relu in, tanh 0, add 1 0, add in in, concat 2 3"},
    {"branch mul { none | gap, sigmoid }", "gap in, sigmoid 0, gate in 1"},
    {"branch mul { gap, sigmoid | relu }", "gap in, sigmoid 0, relu in, gate 2 1"},
    {"embedding 4, target, embedding 4, attention cross", "side in, embedding 0, side in, embedding 2, attention 3 1"},
};

static void blocks_become_nodes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(structures); i++)
        assert_string_equal(structure(structures[i].text, maps), structures[i].nodes);
    for (size_t b = 0; block_types[b]; b++) {
        size_t i = 0;
        while (i < COUNT(structures) && !strstr(structures[i].text, block_types[b]->name))
            i++;
        if (i == COUNT(structures))
            fail_msg("no structure here has the block '%s'", block_types[b]->name);
    }
}

static void facts_follow_the_longest_way(void **state)
{
    struct arena a;
    struct nn_graph g;
    (void)state;
    arena_init(&a);
    build(&g, "branch { conv 3x3 2 pad 1, conv 3x3 2 pad 1 | conv 1x1 3 }, residual { conv 5x5 5 pad 2 }, gap, dense 4",
          maps, 4, &a);
    assert_int_equal(g.facts.depth, 4); /* of either two or one in the branch, one in the residual, dense */
    assert_int_equal(g.facts.receptive_field, 9);
    assert_int_equal(g.node[0].distance, 3);
    assert_int_equal(g.node[2].distance, 2);
    arena_release(&a);
}

/* What squeeze and excitation pools is no head and hides no maps; the nearest pooling and normalization count, in
 * whatever branch; the largest field and jump do. */
static void facts_of_excursions(void **state)
{
    struct arena a;
    struct nn_graph g;
    (void)state;
    arena_init(&a);
    build(&g,
          "branch mul { none | gap, conv 1x1 3, sigmoid }, conv 3x3 4 pad 1, maxpool 2, conv 3x3 4 pad 1, flatten, "
          "dense 4",
          maps, 4, &a);
    assert_string_equal(g.facts.head, "fc");
    assert_int_equal(g.facts.receptive_field, 8 + 2 + 1 + 2 * 2);
    assert_int_equal(g.facts.jump, 2);
    assert_int_equal(g.facts.pool_distance, 2);
    build(&g, "branch { maxpool 3 stride 1 pad 1, bn, conv 1x1 2 | conv 3x3 2 pad 1, bn }, gap, dense 4", maps, 4, &a);
    assert_int_equal(g.facts.pool_distance, 2);
    assert_int_equal(g.facts.bn_distance, 1);
    assert_int_equal(g.facts.receptive_field, 3);
    build(&g, "branch { bn, conv 3x3 2 pad 1 | conv 3x3 2 pad 1, bn, maxpool 3 stride 1 pad 1 }, gap, dense 4", maps, 4,
          &a);
    assert_int_equal(g.facts.pool_distance, 1);
    assert_int_equal(g.facts.bn_distance, 1);
    assert_int_equal(g.facts.receptive_field, 5);
    assert_string_equal(g.facts.head, "gap+fc");
    arena_release(&a);
}

/* Option A: every second position, and nothing in the channels beyond those of the input. */
static void padded_shortcut(void **state)
{
    static const struct shape in = {MAPS, 2, 5, 6, 1};
    struct arena a;
    struct nn_graph g;
    (void)state;
    arena_init(&a);
    build(&g, "residual pad { conv 3x3 4 pad 1 stride 2 bias no }", in, 0, &a);
    struct err e = {0};
    struct nn_net *net = nn_net_new(&g, 3, 0, NULL, test_kernels(), &a, &e);
    assert_non_null(net);
    for (size_t i = 0; i < floats_of(in, 1); i++)
        net->x[i] = (float)i;
    struct nn_pass p = {.n = 3, .blocks = 1};
    nn_forward(net, &p); /* the weights are 0 */
    for (int c = 0; c < 4; c++)
        for (int h = 0; h < 3; h++)
            for (int w = 0; w < 3; w++)
                assert_true(net->z[lane_at(nn_output(&g), 2, c, h, w)] ==
                            (c < 2 ? net->x[lane_at(in, 2, c, 2 * h, 2 * w)] : 0));
    arena_release(&a);
}

static void what_does_not_fit_says_so(void **state)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"residual identity { conv 3x3 4 pad 1 }",
         "'residual identity': its body turns 3x8x8 into 4x8x8; leave out identity"},
        {"residual { flatten }", "its body turns 3x8x8 into 192, which no projection"},
        {"residual { conv 3x3 4 }", "its body turns 3x8x8 into 4x6x6, which no projection"},
        {"branch { relu | maxpool 2 }",
         "'branch': it joins 3x8x8 ('relu' in block 1) and 3x4x4 ('maxpool 2' in block 1)"},
        {"branch add { relu |\nconv 1x1 4 }",
         "3x8x8 ('relu' in block 1) and 4x8x8 ('conv 1x1 4' in block 2); all must"},
        {"branch mul { relu | conv 1x1 1, gap }", "it joins 3x8x8"},
        {"residual pad { conv 1x1 2 }", "turns 3x8x8 into 2x8x8, which the input with channels of zeros cannot"},
        {"residual pad { flatten }", "cannot be added to"},
        {"residual identity pad { relu }", "leave out one of them"},
        {"dense_block { maxpool 2 } x 2", "'dense_block': it joins 3x8x8 (the network's input) and 3x4x4 ('maxpool 2'"},
        {"save a, conv 1x1 4, add a", "'add a': it joins 4x8x8 ('conv 1x1 4' in block 1) and 3x8x8 (the network's"},
        {"save a, maxpool 2, concat a", "'concat a': it joins 3x4x4"},
        {"save a, relu\nsave a", "net.ini:11: model.layers: 'save a': 'a' is saved already, in block 1"},
        {"save first, relu, add frist", "nothing is saved as 'frist'; did you mean 'first'?"},
        {"{ save a, relu }, add a", "nothing is saved as 'a' before it; write 'save a' where it comes from"},
        {"relu, add a, save a", "nothing is saved as 'a' before it"},
        {"save 3, relu, add 3", "'3' is not a name; it begins with a letter"},
        {"relu, save", "save lacks name"},
        {"save a { relu }", "'save' does not take braces"},
        {"branch { relu }", "it takes 2 or more"},
        {"residual { relu | tanh }", "'residual' has 2 parts between '|', it takes 1"},
        {"{ relu | tanh }", "'{' has 2 parts between '|', it takes 1"},
        {"residual relu", "'relu' is a layer of its own"},
        {"branch sum { relu | tanh }", "join: 'sum' is not one of concat, add, mul, mean"},
        {"residual, relu", "residual wants braces: residual [identity | pad] [scale S] { ... }"},
        {"residul { relu }", "did you mean 'residual'?"},
        {"branch { relu | }", "nothing stands between '|' and '}'"},
        {"branch { relu | tanh", "'{' is never closed"},
        {"relu | tanh", "'|' separates branches, and there is no branch here"},
        {"relu { tanh }", "does not take braces"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (!strstr(build_errors(cases[i].text, maps, 0), cases[i].part))
            fail_msg("'%s': got '%s', want '%s'", cases[i].text, build_errors(cases[i].text, maps, 0), cases[i].part);
}

static void every_row_says_what_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; block_types[i]; i++) {
        assert_true(block_types[i]->sig[0] && block_types[i]->help[0] && block_types[i]->emit);
        assert_true(block_types[i]->most >= block_types[i]->least && (block_types[i]->least || !block_types[i]->most));
        assert_ptr_equal(block_find(block_types[i]->name), block_types[i]);
        assert_null(layer_find(block_types[i]->name));
    }
    for (size_t i = 0; join_types[i]; i++)
        assert_string_equal(join_name(i), join_types[i]->name);
}

/* --- gradients of whole networks against central differences --- */

struct problem {
    struct arena a;
    struct nn_graph g;
    struct nn_net *net;
    struct nn_pass pass;
    uint32_t sample[20];
    float *r; /* the loss is the sum of r z */
};

static void problem_init(struct problem *p, const char *text, struct shape in)
{
    struct err e = {0};
    memset(p, 0, sizeof *p);
    arena_init(&p->a);
    build(&p->g, text, in, 0, &p->a);
    p->pass = (struct nn_pass){20, blocks_of(20), 1, 1, 1, p->sample, 0, NULL, 0, NULL, 0, NULL};
    p->net = nn_net_new(&p->g, 20, 1, NULL, test_kernels(), &p->a, &e);
    assert_non_null(p->net);
    nn_net_init(p->net, 3);
    noise_restart(9);
    for (int i = 0; i < p->pass.n; i++)
        for (int c = 0; c < in.c; c++)
            for (int h = 0; h < in.h; h++)
                for (int w = 0; w < in.w; w++)
                    p->net->x[lane_at(in, i, c, h, w)] = noise();
    struct shape out = nn_output(&p->g);
    p->r = floats(&p->a, floats_of(out, p->pass.blocks));
    memset(p->r, 0, floats_of(out, p->pass.blocks) * sizeof *p->r);
    for (int i = 0; i < p->pass.n; i++)
        for (int c = 0; c < out.c; c++)
            for (int h = 0; h < out.h; h++)
                for (int w = 0; w < out.w; w++)
                    p->r[lane_at(out, i, c, h, w)] = noise();
}

static double loss(struct problem *p)
{
    double sum = 0;
    nn_forward(p->net, &p->pass);
    for (size_t i = 0; i < floats_of(nn_output(&p->g), p->pass.blocks); i++)
        sum += (double)p->r[i] * (double)p->net->z[i];
    return sum;
}

/* The step is between the noise of the passes, some 1e-6 of the loss, and the curvature of the normalizations. */
static void check_gradients(const char *text, struct shape in)
{
    const double step = 2e-3;
    struct problem p;
    double largest = 0;
    problem_init(&p, text, in);
    loss(&p);
    memcpy(p.net->dz, p.r, floats_of(nn_output(&p.g), p.pass.blocks) * sizeof *p.r);
    nn_backward(p.net, &p.pass);
    for (size_t i = 0; i < p.g.param_floats; i++)
        largest = fmax(largest, fabs((double)p.net->dw[i]));
    assert_true(largest > 0.1);
    for (int i = 0; i < p.g.nnodes; i++)
        for (int t = 0; t < p.g.node[i].ntensors; t++)
            for (size_t k = 0; k < p.g.node[i].tensor[t].n; k += 1 + p.g.node[i].tensor[t].n / 7) {
                size_t at = p.g.node[i].tensor[t].at + k;
                float kept = p.net->w[at];
                p.net->w[at] = kept + (float)step;
                double above = loss(&p);
                p.net->w[at] = kept - (float)step;
                double below = loss(&p), want = (above - below) / (2 * step);
                p.net->w[at] = kept;
                if (fabs((double)p.net->dw[at] - want) > 4e-3 * largest)
                    fail_msg("'%s': node %d (%s), %s[%zu]: %g, central difference %g", text, i, p.g.node[i].text,
                             p.g.node[i].tensor[t].name, k, (double)p.net->dw[at], want);
            }
    arena_release(&p.a);
}

static void gradients_are_central_differences(void **state)
{
    static const struct shape small = {MAPS, 2, 6, 4, 1}, sequence = {SEQUENCE, 3, 6, 1, 1};
    static const struct shape volume = {VOLUME, 2, 4 * 3, 4, 4};
    static const char *const of_maps[] = {
        "conv 3x3 2 pad 1, tanh, residual { conv 3x3 2 pad 1, tanh }, gap, dense 3",
        "residual scale 0.3 { conv 3x3 4 pad same stride 2, tanh, conv 1x1 4 }, gap, dense 3",
        "branch { conv 1x1 3 | conv 3x3 2 pad 1, tanh | none }, tanh, conv 1x1 3, gap",
        "branch add { conv 1x1 3 | conv 3x3 3 pad 1, tanh | conv 1x1 3 }, gap, dense 3",
        "branch mean { conv 1x1 3 | conv 3x3 3 pad 1, tanh | conv 1x1 3 }, gap, dense 3",
        "branch mul { conv 1x1 3 | conv 3x3 3 pad 1, sigmoid | conv 1x1 3, tanh }, gap, dense 3",
        "residual pad { conv 3x3 4 pad same stride 2, tanh, conv 1x1 4 }, gap, dense 3",
        "dense_block { tanh, conv 3x3 2 pad 1 } x 3, tanh, gap, dense 3",
        "conv 1x1 3, save a, conv 1x1 3, save b, tanh, conv 3x3 3 pad 1, add a, tanh, concat b, conv 1x1 3, add b, gap",
        "conv 3x3 3 pad 1, branch mul { tanh | gap, conv 1x1 3, sigmoid }, conv 1x1 3, gap",
        "conv 3x3 3 pad 1, batchnorm, tanh, residual { conv 3x3 3 pad 1, batchnorm }, tanh, conv 1x1 2, gap, dense 3",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(of_maps); i++)
        check_gradients(of_maps[i], small);
    check_gradients(
        "conv 2x3x3 3 pad 0x1x1, batchnorm, tanh, residual { conv 3 4 pad 1 stride 1x2x2 }, tanh, residual pad { "
        "conv 3 5 stride 2 pad 1 }, branch mul { none | gap, conv 1 5, sigmoid }, gap, dense 3",
        volume);
    check_gradients("dense 4, tanh, residual { dense 4, tanh, dense 4 }, batchnorm, branch { dense 2 | none }",
                    sequence);
}

/* The gradient of the input, where it is asked for: also where several nodes read it, and without changing the others.
 */
static void gradient_of_the_input(void **state)
{
    static const char *const networks[] = {
        "conv 3x3 2 pad 1, batchnorm, tanh, gap, dense 3",
        "branch { conv 1x1 3 | conv 3x3 2 pad 1, tanh | none }, tanh, conv 1x1 3, gap",
        "residual { tanh, conv 3x3 2 pad 1 }, gap, dense 3",
        "dropout 0, maxpool 2, dropout 0, flatten, dense 3",
    };
    static const struct shape in = {MAPS, 2, 6, 4, 1};
    const double step = 2e-3;
    (void)state;
    for (size_t i = 0; i < COUNT(networks); i++) {
        struct plan_options asked = {.share = 1, .fuse = 1, .members = 1, .input_gradient = 1};
        struct problem p, q;
        struct err e = {0};
        problem_init(&q, networks[i], in);
        problem_init(&p, networks[i], in);
        float *x = p.net->x;
        p.net = plan_net_new(&p.g, 20, 1, &asked, test_kernels(), &p.a, &e);
        assert_non_null(p.net);
        nn_net_init(p.net, 3);
        memcpy(p.net->x, x, floats_of(in, p.pass.blocks) * sizeof *x);
        loss(&p), loss(&q);
        memcpy(p.net->dz, p.r, floats_of(nn_output(&p.g), p.pass.blocks) * sizeof *p.r);
        memcpy(q.net->dz, p.net->dz, floats_of(nn_output(&p.g), p.pass.blocks) * sizeof *p.r);
        nn_backward(p.net, &p.pass), nn_backward(q.net, &q.pass);
        assert_null(q.net->dx);
        assert_memory_equal(p.net->dw, q.net->dw, p.g.param_floats * sizeof(float));
        for (int k = 0; k < 20; k += 3) {
            size_t at = lane_at(in, k, k % 2, k % 6, k % 4);
            float kept = p.net->x[at], got = p.net->dx[at];
            p.net->x[at] = kept + (float)step;
            double above = loss(&p);
            p.net->x[at] = kept - (float)step;
            double want = (above - loss(&p)) / (2 * step);
            p.net->x[at] = kept;
            if (fabs((double)got - want) > 0.02)
                fail_msg("'%s': dx of image %d is %g, central difference %g", networks[i], k, (double)got, want);
        }
        arena_release(&p.a), arena_release(&q.a);
    }
}

/* --- stages --- */

/* How many stages of the training plan have a sum as a part. */
static int sums_in_stages(const char *text)
{
    static const struct plan_options best = {.share = 1, .fuse = 1, .members = 1};
    struct arena a;
    struct nn_graph g;
    struct draft d;
    int n = 0;
    arena_init(&a);
    build(&g, text, maps, 0, &a);
    assert_int_equal(draft_make(&d, &g, 2, DRAFT_TRAIN, &best, &a), 0);
    for (int i = 0; i < d.nforward; i++)
        n += d.step[i].run_stage && d.step[i].stage.part[PART_SUM] >= 0;
    arena_release(&a);
    return n;
}

/* A normalization, a sum and an activation go through memory once; test_plan.c shows that the bits are those of the
 * single steps. */
static void sums_are_parts_of_stages(void **state)
{
    (void)state;
    assert_int_equal(sums_in_stages("residual { conv 3x3 3 pad 1, batchnorm }, relu, conv 1x1 4"), 1);
    assert_int_equal(sums_in_stages("relu, residual { conv 3x3 4 pad 1, batchnorm }, relu"), 1); /* the projection's */
    assert_int_equal(sums_in_stages("branch add { conv 1x1 3, bn | conv 1x1 3, bn }, tanh"), 1);
    assert_int_equal(sums_in_stages("residual scale 0.5 { conv 3x3 3 pad 1, batchnorm }, relu"), 0);
    assert_int_equal(sums_in_stages("branch add { bn | bn | bn }, relu"), 0);
    assert_int_equal(sums_in_stages("residual { conv 3x3 3 pad 1 }, relu"), 0); /* nothing to normalize */
}

/* --- sequences --- */

/* A dense layer on a sequence is the same layer on each of its positions. */
static void dense_acts_at_every_position(void **state)
{
    enum { N = 5, T = 7 };
    static const struct shape in = {SEQUENCE, 3, T, 1, 1}, vector = {VECTOR, 3, 1, 1, 1};
    struct single s, v;
    (void)state;
    single_init(&s, "dense 4", in, N, 1);
    single_init(&v, "dense 4", vector, N, 1);
    assert_int_equal(s.nd->y.kind, SEQUENCE);
    assert_int_equal(s.nd->y.h, T);
    assert_true(s.nd->macs == 12.0 * T && s.nd->params == 16);
    noise_restart(5);
    for (size_t i = 0; i < s.g.param_floats; i++)
        s.w[i] = v.w[i] = noise();
    memset(s.x, 0, floats_of(in, 1) * sizeof *s.x);
    for (int i = 0; i < N; i++)
        for (int c = 0; c < 3; c++)
            for (int t = 0; t < T; t++)
                s.x[lane_at(in, i, c, t, 0)] = noise();
    single_forward(&s);
    for (int t = 0; t < T; t++) {
        memset(v.x, 0, floats_of(vector, 1) * sizeof *v.x);
        for (int i = 0; i < N; i++)
            for (int c = 0; c < 3; c++)
                v.x[lane_at(vector, i, c, 0, 0)] = s.x[lane_at(in, i, c, t, 0)];
        single_forward(&v);
        for (int i = 0; i < N; i++)
            for (int c = 0; c < 4; c++)
                assert_true(s.y[lane_at(s.nd->y, i, c, t, 0)] == v.y[lane_at(v.nd->y, i, c, 0, 0)]);
    }
    single_release(&s);
    single_release(&v);
}

int test_blocks(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_become_nodes),
        cmocka_unit_test(facts_follow_the_longest_way),
        cmocka_unit_test(facts_of_excursions),
        cmocka_unit_test(padded_shortcut),
        cmocka_unit_test(what_does_not_fit_says_so),
        cmocka_unit_test(every_row_says_what_it_is),
        cmocka_unit_test(gradients_are_central_differences),
        cmocka_unit_test(gradient_of_the_input),
        cmocka_unit_test(sums_are_parts_of_stages),
        cmocka_unit_test(dense_acts_at_every_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
