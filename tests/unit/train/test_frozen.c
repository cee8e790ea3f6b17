/* What is frozen keeps its bits and costs no way back, what learns slower does so as PyTorch's parameter groups, and a
 * network whose front never changes trains as if that were not left out. */
#include "fixture.h"
#include "golden.h"
#include "nn/freezing.h"
#include "train/answers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float pattern(int i)
{
    return (float)((i * 7919 + 104729) % 256 - 128) / 128;
}

/* A fixture of 64 training and 32 validating samples, in batches of 16, with these keys of [model]. */
static void frozen_fixture(struct fixture *f, const char *layers, const char *settings, const struct nn_spec *spec)
{
    const char *key;
    struct err e = {0};
    fixture_init(f, layers, settings, 96, 32, 32);
    nn_graph_transfer(&f->graph, spec);
    if (nn_transfer_check(&f->graph, spec, &key, &e))
        fail_msg("%s: %s", key, e.text);
}

/* --- steps --- */

/* Four numbers of each of four tensors: two weights, each with its bias. Tolerance as in test_optimizers.c. */
static void slower_tensors_step_as_parameter_groups(void **state)
{
    const struct nn_spec spec = {.freeze = "1.bias", .lr_scale = "3 0.5, 1.weight 0.25", .unfreeze_at = 3};
    struct golden g;
    struct fixture f;
    struct arena a;
    struct training *r = NULL;
    char settings[256] = "";
    (void)state;
    golden_open(&g, "train_groups.csv");
    while (golden_row(&g)) {
        const int t = (int)g.value[0];
        if (t == 1) {
            if (r) {
                arena_release(&a);
                fixture_release(&f);
            }
            strcpy(settings, g.settings);
            frozen_fixture(&f, TOY_MLP, settings, &spec);
            r = fixture_run(&f, &a);
            r->steps_per_epoch = 2;
        }
        const struct nn_tensor *tensor[4] = {&f.graph.node[1].tensor[0], &f.graph.node[1].tensor[1],
                                             &f.graph.node[3].tensor[0], &f.graph.node[3].tensor[1]};
        for (int i = 0; i < 16; i++) {
            const size_t at = tensor[i / 4]->at + (size_t)(i % 4);
            if (t == 1)
                r->net->w[at] = pattern(i);
            r->net->dw[at] = pattern(1000 + 37 * t + 11 * i);
        }
        r->p.epoch = (t - 1) / 2;
        train_update(r, (float)f.spec.lr, 1);
        for (int i = 0; i < 16; i++) {
            const double got = (double)r->net->w[tensor[i / 4]->at + (size_t)(i % 4)], want = g.value[1 + i];
            if (!(fabs(got - want) <= 2e-6))
                fail_msg("%s, step %d: w%d is %.9g, PyTorch has %.9g", g.settings, t, i, got, want);
        }
    }
    assert_non_null(r);
    golden_close(&g);
    arena_release(&a);
    fixture_release(&f);
}

/* --- bits --- */

#define FRONT "conv2d 3x3 5 bias yes, batchnorm, relu; conv2d 3x3 6 bias no, batchnorm, relu; "
static const char *const nets[] = {FRONT "gap, dense 9, relu; dense 4",
                                   FRONT "residual { conv2d 3x3 6 pad 1, batchnorm, relu }; gap, dense 4",
                                   FRONT "dropout 0.2, gap, dense 4"};

static int differs(const float *a, const float *b, size_t n)
{
    return n && memcmp(a, b, n * sizeof *a) != 0;
}

/* Weights and running statistics of what is frozen are those of the start after epochs of any optimizer and mean, those
 * of the rest are not. */
static void frozen_weights_keep_their_bits(void **state)
{
    static const char *const settings[] = {
        "batch_size=16 epochs=2 optimizer=adamw weight_decay=0.1 max_norm=0.5 l1=0.01",
        "batch_size=16 epochs=2 momentum=0.9 ema=0.9 clip_value=0.1 accumulate=2",
        "batch_size=16 epochs=2 swa_from=1 clip_norm=0.1"};
    static const char *const frozen[] = {"before 6", "0 1 3.weight", "1 4"};
    (void)state;
    for (size_t i = 0; i < COUNT(nets) * COUNT(settings) * COUNT(frozen); i++) {
        const struct nn_spec spec = {.freeze = frozen[i % COUNT(frozen)]};
        struct fixture f;
        struct arena a;
        struct epoch_row row[2];
        frozen_fixture(&f, nets[i % COUNT(nets)], settings[i / 3 % COUNT(settings)], &spec);
        struct training *r = fixture_run(&f, &a);
        const struct nn_graph *g = &f.graph;
        float *w = malloc(g->param_floats * sizeof *w), *buffers = malloc(g->buffer_floats * sizeof *buffers);
        assert_non_null(w);
        assert_non_null(buffers);
        train_copy(w, r->net->w, g->param_floats);
        train_copy(buffers, r->net->buffers, g->buffer_floats);
        train_all(r, row, 2);
        const float *now, *now_buffers;
        train_selected(r, &now, &now_buffers);
        for (int k = 0; k < g->nnodes; k++) {
            const struct nn_node *nd = &g->node[k];
            for (int t = 0; t < nd->ntensors; t++)
                if (differs(w + nd->tensor[t].at, now + nd->tensor[t].at, nd->tensor[t].n) == nd->tensor[t].frozen)
                    fail_msg("%s of '%s' is %schanged", nd->tensor[t].name, nd->text, nd->tensor[t].frozen ? "" : "un");
            if (nd->nbuffers &&
                differs(buffers + nd->buffers_at, now_buffers + nd->buffers_at, nd->nbuffers) == nd->frozen)
                fail_msg("the statistics of '%s' are %schanged", nd->text, nd->frozen ? "" : "un");
        }
        free(w);
        free(buffers);
        arena_release(&a);
        fixture_release(&f);
    }
}

/* With `keep` 0 what the front makes of the samples is made again for each batch. */
static void train_frozen(const char *net, const char *settings, const struct nn_spec *spec, int keep, int nodes,
                         struct epoch_row row[3], struct train_result *out, unsigned char **bytes)
{
    struct fixture f;
    struct arena a;
    frozen_fixture(&f, net, settings, spec);
    struct training *r = fixture_run(&f, &a);
    assert_int_equal(r->fixed.nodes, nodes);
    assert_int_equal(r->fixed.kept[DATA_TRAIN] != NULL, nodes > 0);
    if (!keep)
        r->fixed.kept[0] = r->fixed.kept[1] = NULL;
    train_all(r, row, 3);
    train_finish(r, out);
    *bytes = malloc(f.graph.param_floats * sizeof(float));
    assert_non_null(*bytes);
    memcpy(*bytes, r->net->w, f.graph.param_floats * sizeof(float));
    out->ntables = (int)f.graph.param_floats; /* the tables are gone with the training */
    arena_release(&a);
    fixture_release(&f);
}

/* The front as a net of its own, its values kept or not, and as a part of the net (what may be thawed one day is): the
 * same rows and weights. A front with dropout at its end ends before it. */
static void a_fixed_front_is_left_out_to_the_bit(void **state)
{
    static const int nodes[COUNT(nets)] = {7, 6, 6};
    (void)state;
    for (size_t i = 0; i < COUNT(nets); i++) {
        const struct nn_spec fixed = {.freeze = "before 6, before 7"},
                             one_day = {.freeze = fixed.freeze, .unfreeze_at = 100};
        struct epoch_row row[3][3];
        struct train_result out[3];
        unsigned char *w[3];
        const char *settings = "batch_size=16 epochs=3 momentum=0.9";
        memset(row, 0, sizeof row);
        const struct nn_spec spec[3] = {fixed, fixed, one_day};
        for (int k = 0; k < 3; k++)
            train_frozen(nets[i], settings, &spec[k], k == 0, k < 2 ? nodes[i] : 0, row[k], &out[k], &w[k]);
        for (int k = 1; k < 3; k++) {
            assert_memory_equal(row[k], row[0], sizeof row[0]);
            assert_memory_equal(w[k], w[0], (size_t)out[0].ntables * sizeof(float));
            assert_memory_equal(out[k].metric, out[0].metric, sizeof out[0].metric);
        }
        for (int k = 0; k < 3; k++)
            free(w[k]);
    }
}

enum { PLACES = 96, PLACE_CLASSES = 3 };

/* What a training on places of a plane says of the grid over them. */
static void train_places(const char *layers, const struct nn_spec *spec, int nodes, double *region)
{
    static const char *const name[PLACE_CLASSES] = {"a", "b", "c"};
    static float x[2 * PLACES];
    static uint8_t y[PLACES];
    struct fixture f = {.set = {.name = "places", .n = {PLACES, PLACES}}};
    struct nn_line line = {.text = layers};
    struct err_list errs = {0};
    struct err e = {0};
    struct arena a;
    struct epoch_row row[3];
    struct train_result out;
    for (int i = 0; i < PLACES; i++) {
        x[2 * i] = 3 + 2 * pattern(2 * i);
        x[2 * i + 1] = 5 * pattern(5 * i + 1);
        y[i] = (uint8_t)((x[2 * i] > 3) + (x[2 * i + 1] > 1));
    }
    arena_init(&f.mem);
    dataset_of_vectors(&f.set, 2, PLACE_CLASSES, name);
    for (int part = 0; part < DATA_PARTS; part++) {
        f.set.field[0].values[part] = x;
        f.set.field[1].values[part] = y;
    }
    param_defaults(data_params, &f.data);
    f.data.dataset = "places";
    f.data.train = 64;
    f.data.validation = 32;
    assert_int_equal(data_view_init(&f.view, &f.set, &f.data, &f.mem, &e), 0);
    assert_int_equal(nn_graph_build(&f.graph, &line, 1, (struct shape){VECTOR, 2, 1, 1, 1},
                                    (struct nn_target){PLACE_CLASSES, "classes", NULL}, spec, &f.mem, &errs),
                     0);
    spec_from(&f.spec, "optimizer=sgd lr=0.05 batch_size=16 eval_batch=48 epochs=3");
    f.job = (struct train_job){.spec = &f.spec, .graph = &f.graph, .view = &f.view, .k = kernels_pick(NULL), .seed = 3};
    struct training *r = fixture_run(&f, &a);
    assert_int_equal(r->fixed.nodes, nodes);
    train_all(r, row, 3);
    train_finish(r, &out);
    assert_non_null(r->region);
    memcpy(region, r->region, REGION_SIDE * REGION_SIDE * sizeof *region);
    arena_release(&a);
    fixture_release(&f);
}

/* The cells are places of the input, whatever the part that is trained reads: the same as where it reads them itself.
 */
static void a_grid_of_places_goes_through_a_fixed_front(void **state)
{
    static const char *const layers[] = {"dense 1, relu, dense 3", "dense 8, relu, dense 3"};
    static double region[2][REGION_SIDE * REGION_SIDE];
    (void)state;
    for (size_t i = 0; i < COUNT(layers); i++) {
        for (int whole = 0; whole < 2; whole++) {
            struct nn_spec spec = {.vocabulary = 0};
            param_defaults(nn_params, &spec);
            spec.freeze = "0";
            spec.unfreeze_at = whole ? 100 : 0;
            train_places(layers[i], &spec, whole ? 0 : 2, region[whole]);
        }
        assert_memory_equal(region[0], region[1], sizeof region[0]);
        int differ = 0;
        for (int k = 1; k < REGION_SIDE * REGION_SIDE; k++)
            differ += region[0][k] != region[0][0];
        assert_true(differ > REGION_SIDE);
    }
}

/* --- the way back --- */

/* The steps of the frozen backward pass: none for what lies before the first layer that is trained. */
static void nothing_goes_back_beyond_the_first_thawed_layer(void **state)
{
    const struct nn_spec spec = {.freeze = "before 3", .unfreeze_at = 2};
    struct fixture f;
    struct arena a;
    struct err e = {0};
    (void)state;
    frozen_fixture(&f, nets[0], "", &spec);
    arena_init(&a);
    struct nn_net *net = nn_net_new(&f.graph, 16, 1, NULL, kernels_pick(NULL), &a, &e);
    assert_non_null(net);
    nn_net_init(net, 1);
    for (size_t i = 0; i < f.graph.param_floats; i++)
        net->dw[i] = NAN;
    for (size_t i = 0; i < floats_of(f.graph.in, 1); i++)
        net->x[i] = pattern((int)i);
    for (size_t i = 0; i < 4 * LANES; i++)
        net->dz[i] = pattern((int)i);
    const uint32_t sample[16] = {0};
    const struct nn_pass p = {.n = 16, .blocks = 1, .training = 1, .frozen = 1, .sample = sample};
    nn_forward(net, &p);
    nn_backward(net, &p);
    for (int i = 0; i < f.graph.nnodes; i++)
        for (int t = 0; t < f.graph.node[i].ntensors; t++)
            if ((isnan(net->dw[f.graph.node[i].tensor[t].at]) != 0) != f.graph.node[i].frozen)
                fail_msg("'%s' has %s gradient", f.graph.node[i].text, f.graph.node[i].frozen ? "a" : "no");
    arena_release(&a);
    fixture_release(&f);
}

static double loss_of(struct nn_net *net, const struct nn_pass *p)
{
    double loss = 0;
    nn_forward(net, p);
    for (size_t i = 0; i < 4 * LANES; i++)
        loss += (double)net->z[i] * (double)pattern((int)i);
    return loss;
}

/* A frozen batchnorm between layers that are trained: by running statistics, as PyTorch's in eval mode, so that the
 * gradient of the weights before it is that of a factor a channel. */
static void gradients_pass_a_frozen_norm(void **state)
{
    const struct nn_spec spec = {.freeze = "1 4"};
    struct fixture f;
    struct arena a;
    struct err e = {0};
    (void)state;
    frozen_fixture(&f, "conv2d 3x3 5 bias yes, batchnorm, tanh; conv2d 3x3 6 bias yes, batchnorm, tanh; gap, dense 4",
                   "", &spec);
    arena_init(&a);
    struct nn_net *net = nn_net_new(&f.graph, 16, 1, NULL, kernels_pick(NULL), &a, &e);
    assert_non_null(net);
    nn_net_init(net, 1);
    for (size_t i = 0; i < f.graph.buffer_floats; i++)
        net->buffers[i] = 0.5f + 0.25f * pattern((int)i);
    for (size_t i = 0; i < floats_of(f.graph.in, 1); i++)
        net->x[i] = pattern((int)i);
    const uint32_t sample[16] = {0};
    const struct nn_pass p = {.n = 16, .blocks = 1, .training = 1, .frozen = 1, .sample = sample};
    loss_of(net, &p);
    for (size_t i = 0; i < 4 * LANES; i++)
        net->dz[i] = pattern((int)i);
    nn_backward(net, &p);
    for (int node = 0; node <= 3; node += 3)
        for (int t = 0; t < 2; t++) {
            const size_t at = f.graph.node[node].tensor[t].at + 3;
            const float was = net->w[at], h = 1e-2f;
            net->w[at] = was + h;
            const double up = loss_of(net, &p);
            net->w[at] = was - h;
            const double down = loss_of(net, &p), want = (up - down) / (2 * (double)h);
            net->w[at] = was;
            if (!(fabs(want - (double)net->dw[at]) <= 2e-3 * (1 + fabs(want))))
                fail_msg("tensor %d of node %d: gradient %g, by differences %g", t, node, (double)net->dw[at], want);
        }
    arena_release(&a);
    fixture_release(&f);
}

/* --- words --- */

static void words_that_fit_nothing_are_told(void **state)
{
    static const struct {
        struct nn_spec spec;
        const char *key, *says;
    } wrong[] = {{{.freeze = "1, 9.weight"}, "freeze", "'9.weight' fits no tensor"},
                 {{.freeze = "before 9"}, "freeze", "'9' fits no tensor"},
                 {{.freeze = "before"}, "freeze", "'before' fits no tensor"},
                 {{.freeze = "*"}, "freeze", "leaves nothing to be trained"},
                 {{.lr_scale = "1"}, "lr_scale", "'1' is without a factor"},
                 {{.lr_scale = "1 -2"}, "lr_scale", "'1' is without a factor"},
                 {{.lr_scale = "*.gain 2"}, "lr_scale", "'*.gain' fits no tensor"}};
    struct fixture f;
    (void)state;
    fixture_init(&f, TOY_MLP, "", 96, 32, 32);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        const char *key;
        struct err e = {0};
        nn_graph_transfer(&f.graph, &wrong[i].spec);
        assert_int_equal(nn_transfer_check(&f.graph, &wrong[i].spec, &key, &e), -1);
        assert_string_equal(key, wrong[i].key);
        if (!strstr(e.text, wrong[i].says))
            fail_msg("'%s' instead of '%s'", e.text, wrong[i].says);
    }
    fixture_release(&f);
}

/* A star is as short as can be, and the time does not multiply with each of them. */
static void patterns_fit_whole_names(void **state)
{
    static const struct {
        const char *pattern, *name;
        int fits;
        const char *star[3];
    } is[] = {{"layer1", "layer1", 1, {NULL}},
              {"layer", "layer1", 0, {NULL}},
              {"layer1", "layer", 0, {NULL}},
              {"", "", 1, {NULL}},
              {"*", "", 1, {""}},
              {"*", "1.weight", 1, {"1.weight"}},
              {"*.weight", "1.weight.weight", 1, {"1.weight"}},
              {"*.*", "a.b.c", 1, {"a", "b.c"}},
              {"**b", "aab", 1, {"", "aa"}},
              {"a*b*c*", "a.b.bc.c", 1, {".", ".b", ".c"}},
              {"*ab*ab", "aab", 0, {NULL}},
              {"a*", "ba", 0, {NULL}},
              {"*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b",
               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
               0,
               {NULL}}};
    (void)state;
    for (size_t i = 0; i < COUNT(is); i++) {
        struct nn_star star[NN_STARS] = {{NULL, 0}};
        if (nn_pattern_is(is[i].pattern, strlen(is[i].pattern), is[i].name, star) != is[i].fits)
            fail_msg("'%s' %s '%s'", is[i].pattern, is[i].fits ? "does not fit" : "fits", is[i].name);
        for (int k = 0; k < 3 && is[i].star[k]; k++)
            if (!star[k].from || star[k].n != strlen(is[i].star[k]) || strncmp(star[k].from, is[i].star[k], star[k].n))
                fail_msg("star %d of '%s' is '%.*s' of '%s'", k, is[i].pattern, (int)star[k].n, star[k].from,
                         is[i].name);
    }
}

static void counts_of_names_have_an_end(void **state)
{
    static const char *const many[] = {"a{4097}",   "a{0..4096}", "a{0..9223372036854775807}", "a{999999999999999}",
                                       "a{4096} b", "{64}{65}",   "{4096}{4096}{4096}{0}",     "{4096}{4096}{-1..0}"};
    struct arena a;
    (void)state;
    arena_init(&a);
    for (size_t i = 0; i <= COUNT(many); i++) {
        const char **name = NULL;
        int n = 0;
        struct err e = {0};
        const int bad =
            nn_names_expand(i < COUNT(many) ? many[i] : "a{4093} b{9223372036854775806..9223372036854775807}", NULL,
                            NULL, &a, &name, &n, &e);
        if (i < COUNT(many) && (!bad || e.code != ERR_USAGE))
            fail_msg("'%s' has an end", many[i]);
        if (i == COUNT(many)) {
            assert_int_equal(n, 4095);
            assert_string_equal(name[4094], "b9223372036854775807");
        }
    }
    arena_release(&a);
}

int test_frozen(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slower_tensors_step_as_parameter_groups),
        cmocka_unit_test(frozen_weights_keep_their_bits),
        cmocka_unit_test(a_fixed_front_is_left_out_to_the_bit),
        cmocka_unit_test(a_grid_of_places_goes_through_a_fixed_front),
        cmocka_unit_test(nothing_goes_back_beyond_the_first_thawed_layer),
        cmocka_unit_test(gradients_pass_a_frozen_norm),
        cmocka_unit_test(patterns_fit_whole_names),
        cmocka_unit_test(counts_of_names_have_an_end),
        cmocka_unit_test(words_that_fit_nothing_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
