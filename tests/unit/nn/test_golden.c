/* Layers and a small network against PyTorch: values, gradients, running statistics.
 *
 * The files were computed in float64, so what differs is the engine's own float32 rounding: 1e-5 of the largest element
 * of an array for single layers (argued in test_layers.c). In the network of 14 layers errors add up over the layers,
 * and the gradient in front of a batchnorm is a difference of numbers about ten times larger: 5e-5. */
#include "golden.h"
#include "single.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void agree(const struct golden *g, const double *got, size_t n, double tolerance)
{
    double most = 0;
    if (n != g->values)
        fail_msg("%s: %s has %zu values, PyTorch's %zu", g->text, g->name, n, g->values);
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(g->value[i]));
    for (size_t i = 0; i < n; i++)
        if (!(fabs(got[i] - g->value[i]) <= tolerance * most + 1e-9))
            fail_msg("%s: %s[%zu] = %.9g, PyTorch says %.9g", g->text, g->name, i, got[i], g->value[i]);
}

static void agree_floats(const struct golden *g, const float *got, size_t n, double tolerance)
{
    double wide[4096];
    assert_true(n <= COUNT(wide));
    for (size_t i = 0; i < n; i++)
        wide[i] = (double)got[i];
    agree(g, wide, n, tolerance);
}

/* Zeros where the positions of a ragged batch do not count. */
static void clear_padding(const struct golden *g, struct shape s, double *natural)
{
    for (size_t i = 0; g->ragged && s.kind == SEQUENCE && i < shape_size(s) * (size_t)g->n; i++)
        if ((int)(i % (size_t)s.h) >= ragged_length((int)(i / shape_size(s)), s.h))
            natural[i] = 0;
}

static void agree_maps(const struct golden *g, struct shape s, const float *lanes, double tolerance)
{
    double natural[4096];
    assert_true(shape_size(s) * (size_t)g->n <= COUNT(natural));
    to_natural(s, g->n, lanes, natural);
    clear_padding(g, s, natural);
    agree(g, natural, shape_size(s) * (size_t)g->n, tolerance);
}

static void fill_maps(struct shape s, int n, size_t m, float *lanes)
{
    double natural[4096];
    size_t total = shape_size(s) * (size_t)n;
    assert_true(total <= COUNT(natural));
    for (size_t i = 0; i < total; i++)
        natural[i] = golden_fill(i, m);
    to_lanes(s, n, natural, lanes);
}

/* What the layer of a case reads, and the gradient that comes to it from above. */
static void fill_case(const struct golden *g, struct single *s)
{
    double natural[4096];
    const struct shape y = s->nd->y;
    fill_maps(g->in, g->n, 37, s->x);
    for (size_t i = 0; i < shape_size(y) * (size_t)g->n; i++)
        natural[i] = golden_fill(i, 29);
    clear_padding(g, y, natural);
    to_lanes(y, g->n, natural, s->dy);
    for (size_t i = 0; i < shape_size(g->in) * (size_t)g->n; i++)
        natural[i] = (double)(i * 7 % VOCABULARY);
    if (s->nd->vocabulary)
        to_lanes(g->in, g->n, natural, s->x);
    ragged_lengths(g->n, g->in.h, s->lengths);
    s->pass.lengths = g->ragged ? s->lengths : NULL;
}

/* Parameters by the formula, counted over all nodes; running statistics of every normalization alike. */
static void fill_parameters(const struct nn_graph *g, float *w, float *buffers)
{
    size_t m = 41;
    for (int i = 0; i < g->nnodes; i++) {
        const struct nn_node *nd = &g->node[i];
        for (int t = 0; t < nd->ntensors; t++, m += 2)
            for (size_t k = 0; k < nd->tensor[t].n; k++)
                w[nd->tensor[t].at + k] = (float)golden_fill(k, m);
        for (size_t k = 0; nd->nbuffers && k < (size_t)nd->x[0].c; k++) {
            buffers[nd->buffers_at + k] = (float)golden_fill(k, 53);
            buffers[nd->buffers_at + PAD16(nd->x[0].c) + k] = (float)(fabs(golden_fill(k, 59)) + 0.5);
        }
    }
}

/* Tensor number t of the graph. */
static const struct nn_tensor *tensor_number(const struct nn_graph *g, int t)
{
    for (int i = 0; i < g->nnodes; i++) {
        if (t < g->node[i].ntensors)
            return &g->node[i].tensor[t];
        t -= g->node[i].ntensors;
    }
    fail_msg("PyTorch has more parameter tensors than the graph");
    return NULL;
}

/* Array b<2i> or b<2i+1>: mean or variance of the i-th normalization. */
static void agree_buffers(const struct golden *g, const struct nn_graph *graph, const float *buffers, double tolerance)
{
    int b = atoi(g->name + 1), number = 0;
    for (int i = 0; i < graph->nnodes; i++) {
        const struct nn_node *nd = &graph->node[i];
        if (nd->nbuffers && number++ == b / 2) {
            size_t at = nd->buffers_at + (b % 2 ? PAD16(nd->x[0].c) : 0);
            agree_floats(g, buffers + at, (size_t)nd->x[0].c, tolerance);
            return;
        }
    }
    fail_msg("no buffers %s", g->name);
}

static void check_array(const struct golden *g, const struct single *s)
{
    const double tolerance = 1e-5;
    if (!strcmp(g->name, "y")) {
        agree_maps(g, s->nd->y, s->y, tolerance);
    } else if (!strcmp(g->name, "dx")) {
        agree_maps(g, s->nd->x[0], s->dx, tolerance);
    } else if (g->name[0] == 'd') {
        const struct nn_tensor *t = tensor_number(&s->g, atoi(g->name + 1));
        agree_floats(g, s->dw + t->at, t->n, tolerance);
    } else {
        assert_int_equal(g->name[0], 'b');
        agree_buffers(g, &s->g, s->buffers, tolerance);
    }
}

static void layers_agree_with_pytorch(void **state)
{
    static struct golden g;
    int ncases = 0;
    unsigned seen[64] = {0};
    (void)state;
    golden_open(&g, "nn_layers.txt");
    for (; golden_case(&g); ncases++) {
        struct single s;
        single_init(&s, g.text, g.in, g.n, g.training);
        for (size_t t = 0; layer_types[t]; t++)
            seen[t] |= layer_types[t] == s.nd->type;
        fill_case(&g, &s);
        fill_parameters(&s.g, s.w, s.buffers);
        single_forward(&s);
        if (g.training)
            single_backward(&s);
        while (golden_array(&g))
            check_array(&g, &s);
        single_release(&s);
    }
    golden_close(&g);
    for (size_t t = 0; layer_types[t]; t++)
        if (!seen[t])
            fail_msg("layer %s is not compared with PyTorch: add it to nn_golden.py", layer_types[t]->name);
    assert_true(ncases >= 20);
}

/* --- the network --- */

static struct nn_net *network(const struct golden *g, struct nn_graph *graph, enum nn_precision precision,
                              struct arena *a)
{
    struct err e = {0};
    build(graph, g->text, g->in, 10, a);
    graph->precision = precision;
    struct nn_net *net = nn_net_new(graph, g->n, 1, NULL, test_kernels(), a, &e);
    assert_non_null(net);
    fill_parameters(graph, net->w, net->buffers);
    fill_maps(g->in, g->n, 37, net->x);
    return net;
}

static double mean_loss(struct nn_net *net, int n)
{
    int32_t label[64];
    float loss[64];
    double sum = 0;
    for (int i = 0; i < n; i++)
        label[i] = i * 7 % 10;
    net->k->softmax_xent(n, 10, net->z, label, 0.1f, 1.0f / (float)n, loss, NULL, net->dz);
    for (int i = 0; i < n; i++)
        sum += (double)loss[i] / n;
    return sum;
}

static void scale(float *x, size_t n, double factor)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)((double)x[i] * factor);
}

static void check_network(const char *file, enum nn_precision precision, double factor)
{
    static struct golden g;
    const double tolerance = 5e-5;
    struct arena a;
    struct nn_graph graph;
    uint32_t sample[64] = {0};
    int gradients = 0;
    arena_init(&a);
    golden_open(&g, file);
    assert_int_equal(golden_case(&g), 1);
    struct nn_net *net = network(&g, &graph, precision, &a);
    scale(net->w, graph.param_floats, factor);
    scale(net->x, floats_of(g.in, blocks_of(g.n)), factor);
    struct nn_pass p = {g.n, blocks_of(g.n), 1, 1, 1, sample, 0, NULL, 0, NULL, 0, NULL};
    const struct shape logits = {VECTOR, 10, 1, 1, 1};
    nn_forward(net, &p);
    double loss = mean_loss(net, g.n);
    nn_backward(net, &p);
    while (golden_array(&g))
        if (!strcmp(g.name, "y")) {
            agree_maps(&g, logits, net->z, tolerance);
        } else if (!strcmp(g.name, "loss")) {
            agree(&g, &loss, 1, 1e-6);
        } else if (g.name[0] == 'd') {
            const struct nn_tensor *t = tensor_number(&graph, gradients++);
            agree_floats(&g, net->dw + t->at, t->n, tolerance);
        } else if (g.name[0] == 'b') {
            agree_buffers(&g, &graph, net->buffers, tolerance);
        } else {
            assert_string_equal(g.name, "eval");
            p.training = 0;
            nn_forward(net, &p);
            agree_maps(&g, logits, net->z, tolerance);
        }
    assert_int_equal(gradients, 12);
    golden_close(&g);
    arena_release(&a);
}

static void network_agrees_with_pytorch(void **state)
{
    (void)state;
    check_network("nn_network.txt", NN_FP32, 1);
}

static void network_in_bf16_agrees_with_pytorch(void **state)
{
    (void)state;
    check_network("nn_bf16.txt", NN_BF16, 1.0123);
}

/* --- the networks of sweeps/vit.ini --- */

/* Of each tensor, the sum of its gradient times golden_fill(31). */
static void gradient_sums(const struct nn_graph *g, const float *dw, double *sums)
{
    for (int i = 0; i < g->nnodes; i++)
        for (int t = 0; t < g->node[i].ntensors; t++, sums++) {
            const struct nn_tensor *tensor = &g->node[i].tensor[t];
            *sums = 0;
            for (size_t k = 0; k < tensor->n; k++)
                *sums += (double)dw[tensor->at + k] * golden_fill(k, 31);
        }
}

static void check_transformer(struct golden *g)
{
    struct arena a;
    struct nn_graph graph;
    uint32_t sample[64] = {0};
    double sums[64] = {0}, loss, params;
    arena_init(&a);
    struct nn_net *net = network(g, &graph, NN_FP32, &a);
    scale(net->w, graph.param_floats, 0.125);
    struct nn_pass p = {g->n, blocks_of(g->n), 1, 1, 1, sample, 0, NULL, 0, NULL, 0, NULL};
    nn_forward(net, &p);
    loss = mean_loss(net, g->n);
    nn_backward(net, &p);
    gradient_sums(&graph, net->dw, sums);
    params = (double)graph.facts.params;
    while (golden_array(g))
        if (!strcmp(g->name, "y"))
            agree_maps(g, nn_output(&graph), net->z, 5e-5);
        else
            agree(g, *g->name == 's' ? sums : *g->name == 'p' ? &params : &loss, g->values, *g->name == 'p' ? 0 : 5e-5);
    arena_release(&a);
}

static void vision_transformers_agree_with_pytorch(void **state)
{
    static struct golden g;
    int ncases = 0;
    (void)state;
    for (golden_open(&g, "nn_vit.txt"); golden_case(&g); ncases++)
        check_transformer(&g);
    golden_close(&g);
    assert_int_equal(ncases, 2);
}

/* --- blocks that come with the program, written out; tests/unit/config shows that their words become these --- */

static void check_block(const struct golden *g, const struct nn_graph *graph, struct nn_net *net, struct nn_pass *p)
{
    const double tolerance = 5e-5;
    if (!strcmp(g->name, "y")) {
        agree_maps(g, nn_output(graph), net->z, tolerance);
    } else if (!strcmp(g->name, "eval")) {
        p->training = 0;
        nn_forward(net, p);
        agree_maps(g, nn_output(graph), net->z, tolerance);
    } else if (g->name[0] == 'd') {
        const struct nn_tensor *t = tensor_number(graph, atoi(g->name + 1));
        agree_floats(g, net->dw + t->at, t->n, tolerance);
    } else {
        assert_int_equal(g->name[0], 'b');
        agree_buffers(g, graph, net->buffers, tolerance);
    }
}

static void blocks_agree_with_pytorch(void **state)
{
    static struct golden g;
    int ncases = 0;
    (void)state;
    golden_open(&g, "nn_blocks.txt");
    for (; golden_case(&g); ncases++) {
        struct arena a;
        struct nn_graph graph;
        struct err e = {0};
        uint32_t sample[64] = {0};
        struct nn_pass p = {g.n, blocks_of(g.n), 1, 1, 1, sample, 0, NULL, 0, NULL, 0, NULL};
        size_t parameters = 0;
        arena_init(&a);
        build(&graph, g.text, g.in, 0, &a);
        struct nn_net *net = nn_net_new(&graph, g.n, 1, NULL, test_kernels(), &a, &e);
        assert_non_null(net);
        fill_parameters(&graph, net->w, net->buffers);
        fill_maps(g.in, g.n, 37, net->x);
        fill_maps(nn_output(&graph), g.n, 29, net->dz);
        nn_forward(net, &p);
        nn_backward(net, &p);
        while (golden_array(&g)) {
            parameters += g.name[0] == 'd' ? g.values : 0;
            check_block(&g, &graph, net, &p);
        }
        assert_int_equal(parameters, graph.facts.params);
        arena_release(&a);
    }
    golden_close(&g);
    assert_true(ncases >= 8);
}

/* --- networks of pairs of texts, of pairs_golden.py --- */

static void fill_pairs(const struct golden *g, const struct nn_graph *graph, float *x)
{
    const int t = graph->target, s = g->in.h - t;
    for (int i = 0; i < g->n; i++)
        for (int p = 0; p < g->in.h; p++)
            x[lane_at(g->in, i, 0, p, 0)] =
                (float)(p < s ? (i * s + p) * 7 % VOCABULARY : ((i * t + p - s) * 5 + 3) % TARGET_VOCABULARY);
}

/* Takes away what does not count. */
static void clear_targets(const struct nn_graph *g, int n, const int32_t *wanted, float *z)
{
    const struct shape y = nn_output(g);
    for (int i = 0; i < n; i++)
        for (int c = 0; c < y.c; c++)
            for (int p = wanted[i]; p < y.h; p++)
                z[lane_at(y, i, c, p, 0)] = 0;
}

static void check_pairs(struct golden *g)
{
    static _Alignas(64) int32_t lengths[LANES], wanted[LANES];
    struct arena a;
    struct nn_graph graph;
    struct err e = {0};
    uint32_t sample[64] = {0};
    size_t parameters = 0;
    arena_init(&a);
    build(&graph, g->text, g->in, 0, &a);
    struct nn_net *net = nn_net_new(&graph, g->n, 1, NULL, test_kernels(), &a, &e);
    assert_non_null(net);
    fill_parameters(&graph, net->w, net->buffers);
    fill_pairs(g, &graph, net->x);
    fill_maps(nn_output(&graph), g->n, 29, net->dz);
    for (int i = 0; i < g->n; i++) {
        lengths[i] = ragged_length(i, g->in.h - graph.target);
        wanted[i] = 1 + (3 * i + 1) % graph.target;
    }
    clear_targets(&graph, g->n, wanted, net->dz);
    const struct nn_pass p = {
        .n = g->n, .blocks = 1, .training = 1, .sample = sample, .lengths = lengths, .target_lengths = wanted};
    nn_forward(net, &p);
    clear_targets(&graph, g->n, wanted, net->z);
    nn_backward(net, &p);
    while (golden_array(g)) {
        if (!strcmp(g->name, "y")) {
            agree_maps(g, nn_output(&graph), net->z, 5e-5);
            continue;
        }
        const struct nn_tensor *t = tensor_number(&graph, atoi(g->name + 1));
        agree_floats(g, net->dw + t->at, t->n, 5e-5);
        parameters += t->n;
    }
    assert_int_equal(parameters, graph.facts.params);
    arena_release(&a);
}

static void networks_of_pairs_agree_with_pytorch(void **state)
{
    static struct golden g;
    int ncases = 0;
    (void)state;
    for (golden_open(&g, "nn_pairs.txt"); golden_case(&g); ncases++)
        check_pairs(&g);
    golden_close(&g);
    assert_int_equal(ncases, 5);
}

int test_golden(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_agree_with_pytorch),
        cmocka_unit_test(blocks_agree_with_pytorch),
        cmocka_unit_test(network_agrees_with_pytorch),
        cmocka_unit_test(network_in_bf16_agrees_with_pytorch),
        cmocka_unit_test(vision_transformers_agree_with_pytorch),
        cmocka_unit_test(networks_of_pairs_agree_with_pytorch),
    };
    return cmocka_run_group_tests_name("nn golden", tests, NULL, NULL);
}
