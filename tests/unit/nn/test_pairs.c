/* Networks that read pairs of texts, an encoder and a decoder: gradients against central differences, a padded batch
 * against each pair alone, in floats and in bf16, and what does not fit. */
#include "single.h"

#include <math.h>
#include <string.h>

enum { SOURCE = 5, TARGET = 4, POSITIONS = SOURCE + TARGET };

static const char *const networks[] = {
    "embedding 6, lstm 4, target, embedding 5, lstm 4 start, dense 7",
    "embedding 4, rnn 3 bidirectional last, dense 5, tanh, target, embedding 5, gru 5 start, lstm 5 start, dense tied",
    "embedding 3, gru 6, target, embedding 6, rnn 6 start, attention heads 3 cross, dense tied bias no",
    "embedding 8, positional, residual { layernorm, attention heads 2 }, target, embedding 8 init normal, positional "
    "sin, "
    "residual { layernorm, attention heads 2 causal }, residual { layernorm, attention heads 4 cross }, residual { "
    "dense 16, "
    "gelu, dense 8 }, layernorm, dense tied",
};

/* A network for pairs with so many positions of both texts. */
struct pairs_net {
    struct arena a;
    struct nn_graph g;
    struct nn_net *net;
    _Alignas(64) int32_t lengths[2 * LANES], wanted[2 * LANES];
    uint32_t sample[2 * LANES];
    struct nn_pass pass;
};

static void pairs_init(struct pairs_net *p, const char *text, int source, int target, int n,
                       enum nn_precision precision)
{
    const struct shape in = {SEQUENCE, 1, source + target, 1, 1};
    const struct nn_line line = {.text = text};
    const struct nn_spec spec = {.vocabulary = VOCABULARY,
                                 .target = target,
                                 .target_vocabulary = TARGET_VOCABULARY,
                                 .precision = (int)precision};
    const struct nn_target any = {0, "outputs", NULL};
    struct err_list errs = {0};
    struct err e = {0};
    memset(p, 0, sizeof *p);
    arena_init(&p->a);
    if (nn_graph_build(&p->g, &line, 1, in, any, &spec, &p->a, &errs))
        fail_msg("%s: %s", text, errs.v[0].text);
    p->net = nn_net_new(&p->g, n, 1, NULL, test_kernels(), &p->a, &e);
    assert_non_null(p->net);
    nn_net_init(p->net, 5);
    p->pass = (struct nn_pass){.n = n,
                               .blocks = blocks_of(n),
                               .training = 1,
                               .sample = p->sample,
                               .lengths = p->lengths,
                               .target_lengths = p->wanted};
}

/* Position t of text `side` of pair number i: the same wherever it stands; what does not count is from `other`. */
static void put_pair(struct pairs_net *p, int at, int i, int n_source, int n_target, uint32_t other)
{
    const int target = p->g.target, source = p->g.in.h - target;
    p->lengths[at] = n_source;
    p->wanted[at] = n_target;
    for (int t = 0; t < source + target; t++) {
        const int side = t >= source, place = side ? t - source : t, counts = place < (side ? n_target : n_source);
        noise_restart(counts ? (uint32_t)(i * 100 + side * 50 + place) : other + (uint32_t)t);
        p->net->x[lane_at(p->g.in, at, 0, t, 0)] =
            floorf((noise() * 0.499f + 0.5f) * (side ? TARGET_VOCABULARY : VOCABULARY));
    }
    for (int t = 0; t < target; t++)
        for (int c = 0; c < nn_output(&p->g).c; c++) {
            noise_restart((uint32_t)(i * 1000 + 7 * t + c));
            p->net->dz[lane_at(nn_output(&p->g), at, c, t, 0)] = t < n_target ? noise() : 0;
        }
}

static int source_length(int i)
{
    return 1 + (3 * i + 2) % SOURCE;
}

static int target_length(int i)
{
    return 1 + (2 * i + 1) % TARGET;
}

static void fill_batch(struct pairs_net *p, int n, uint32_t other)
{
    for (int i = 0; i < n; i++)
        put_pair(p, i, i, source_length(i), target_length(i), other);
}

/* The sum of what is put out, weighed by the gradient that comes from above. */
static double weighed_output(struct pairs_net *p)
{
    double sum = 0;
    nn_forward(p->net, &p->pass);
    for (size_t i = 0; i < floats_of(nn_output(&p->g), p->pass.blocks); i++)
        sum += p->net->dz[i] != 0 ? (double)p->net->z[i] * (double)p->net->dz[i] : 0;
    return sum;
}

/* Some numbers of each tensor: the engine computes in floats, so that a difference is right to about 1e-5 / h. */
static void check_differences(const char *text)
{
    const float h = 1 / 64.0f;
    struct pairs_net p;
    pairs_init(&p, text, SOURCE, TARGET, 18, NN_FP32);
    fill_batch(&p, 18, 9000);
    weighed_output(&p);
    nn_backward(p.net, &p.pass);
    for (int i = 0; i < p.g.nnodes; i++)
        for (int t = 0; t < p.g.node[i].ntensors; t++) {
            const struct nn_tensor *tensor = &p.g.node[i].tensor[t];
            for (size_t k = 0; k < tensor->n; k += 1 + tensor->n / 5) {
                float *w = p.net->w + tensor->at + k, before = *w;
                *w = before + h;
                const double above = weighed_output(&p);
                *w = before - h;
                const double slope = (above - weighed_output(&p)) / (2 * (double)h);
                *w = before;
                if (fabs(slope - (double)p.net->dw[tensor->at + k]) > 4e-3 * (1 + fabs(slope)))
                    fail_msg("%s: '%s', %s[%zu]: %g, the difference is %g", text, p.g.node[i].text, tensor->name, k,
                             (double)p.net->dw[tensor->at + k], slope);
            }
        }
    arena_release(&p.a);
}

static void gradients_are_central_differences(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(networks); i++)
        check_differences(networks[i]);
}

/* What pair number i puts out alone, in a network without padding. A learned table of places would be a shorter one. */
static void check_pair_alone(const char *text, struct pairs_net *all, int i)
{
    struct pairs_net one;
    const struct shape y = nn_output(&all->g);
    pairs_init(&one, text, source_length(i), target_length(i), 1, NN_FP32);
    memcpy(one.net->w, all->net->w, all->g.param_floats * sizeof(float));
    put_pair(&one, 0, i, source_length(i), target_length(i), 0);
    nn_forward(one.net, &one.pass);
    for (int t = 0; t < target_length(i); t++)
        for (int c = 0; c < y.c; c++) {
            const float a = all->net->z[lane_at(y, i, c, t, 0)], b = one.net->z[lane_at(nn_output(&one.g), 0, c, t, 0)];
            if (a != b)
                fail_msg("%s: pair %d, position %d: %.9g, alone %.9g", text, i, t, (double)a, (double)b);
        }
    arena_release(&one.a);
}

static void a_padded_batch_is_its_pairs_alone(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(networks); k++) {
        struct pairs_net p;
        if (strstr(networks[k], "positional,")) /* has a number for each place */
            continue;
        pairs_init(&p, networks[k], SOURCE, TARGET, 18, NN_FP32);
        fill_batch(&p, 18, 9000);
        nn_forward(p.net, &p.pass);
        for (int i = 0; i < 18; i++)
            check_pair_alone(networks[k], &p, i);
        arena_release(&p.a);
    }
}

/* The same logits and gradients whatever stands where nothing counts. */
static void check_padding(const char *text, enum nn_precision precision)
{
    struct pairs_net p[2];
    for (int k = 0; k < 2; k++) {
        pairs_init(&p[k], text, SOURCE, TARGET, 18, precision);
        fill_batch(&p[k], 18, k ? 500000 : 9000);
        nn_forward(p[k].net, &p[k].pass);
        nn_backward(p[k].net, &p[k].pass);
    }
    assert_memory_not_equal(p[0].net->x, p[1].net->x, floats_of(p[0].g.in, 2) * sizeof(float));
    for (int i = 0; i < 18; i++)
        for (int t = 0; t < target_length(i); t++)
            assert_true(p[0].net->z[lane_at(nn_output(&p[0].g), i, 1, t, 0)] ==
                        p[1].net->z[lane_at(nn_output(&p[0].g), i, 1, t, 0)]);
    assert_memory_equal(p[0].net->dw, p[1].net->dw, p[0].g.param_floats * sizeof(float));
    arena_release(&p[0].a);
    arena_release(&p[1].a);
}

static void padding_of_either_text_counts_nowhere(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(networks); k++)
        for (int precision = NN_FP32; precision <= NN_BF16; precision++)
            check_padding(networks[k], (enum nn_precision)precision);
}

/* Logits in bf16 are those in floats, but for the rounding of what is multiplied. */
static void bf16_is_near_to_floats(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(networks); k++) {
        struct pairs_net p[2];
        for (int precision = 0; precision < 2; precision++) {
            pairs_init(&p[precision], networks[k], SOURCE, TARGET, 3, (enum nn_precision)precision);
            fill_batch(&p[precision], 3, 9000);
            nn_forward(p[precision].net, &p[precision].pass);
            nn_backward(p[precision].net, &p[precision].pass);
        }
        assert_memory_not_equal(p[0].net->dw, p[1].net->dw, p[0].g.param_floats * sizeof(float));
        for (size_t i = 0; i < p[0].g.param_floats; i++)
            assert_close((double)p[1].net->dw[i], (double)p[0].net->dw[i], 0.1, 0.15);
        arena_release(&p[0].a);
        arena_release(&p[1].a);
    }
}

static void what_does_not_fit_is_told(void **state)
{
    static const struct shape pair = {SEQUENCE, 1, POSITIONS, 1, 1};
    static const struct {
        const char *text, *says;
    } row[] = {
        {"embedding 4, lstm 3, target, lstm 3 start", "'lstm 3 start': its input is ids of tokens"},
        {"embedding 4, target, embedding 4, target, dense 7", "'target': is there already, in block 1"},
        {"embedding 4, target, embedding 4, lstm 3 start", "begins with 3 numbers, and the encoder puts out 4x5"},
        {"embedding 4, target, embedding 6, attention heads 2 cross", "has 6 channels, and the encoder puts out 4"},
        {"embedding 4, mean, target, embedding 4, attention cross", "what the encoder puts out is 4"},
        {"embedding 4, attention cross, target, embedding 4", "wants an encoder before it"},
        {"embedding 4, target, embedding 4, attention cross causal", "leave out causal"},
        {"embedding 4, target, embedding 4, lstm 4 start bidirectional", "leave out bidirectional"},
        {"embedding 4, residual { target }", "divides the whole network"},
        {"embedding 4, save a, target, embedding 4, concat a", "it joins 4x4 ("},
        {"embedding 4, target, embedding 4, dense 5, dense tied", "reads 5 channels, and the embedding has 4 numbers"},
        {"embedding 4, target, embedding 4, dense tied, embedding 4", "wants the ids of tokens"},
        {"embedding 4, target, embedding 4, dense 7 tied", "leave the 7 out"},
        {"embedding 4, target, embedding 4, dense", "units: how many output features"},
        {"embedding 4, lstm 3, target, embedding 4, gru 5, dense 7",
         "'target': nothing after it reads what the encoder"},
        {"target, embedding 4, dense 7", "'target': nothing after it reads what the encoder"},
        {"embedding 4, target, embedding 4, branch { dense tied | dense tied }", "and another layer is already"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(row); i++)
        if (!strstr(build_errors(row[i].text, pair, 0), row[i].says))
            fail_msg("%s: '%s'", row[i].text, build_errors(row[i].text, pair, 0));
    assert_non_null(strstr(build_errors("embedding 4, lstm 4 start, dense 3", pair, 0), "wants an encoder before it"));
    assert_non_null(strstr(build_errors("dense tied", (struct shape){VECTOR, 4, 1, 1, 1}, 0), "wants an embedding"));
}

int test_pairs(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_central_differences),
        cmocka_unit_test(a_padded_batch_is_its_pairs_alone),
        cmocka_unit_test(padding_of_either_text_counts_nowhere),
        cmocka_unit_test(bf16_is_near_to_floats),
        cmocka_unit_test(what_does_not_fit_is_told),
    };
    return cmocka_run_group_tests_name("nn pairs", tests, NULL, NULL);
}
