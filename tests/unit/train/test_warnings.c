/* Early warning: every rule has a training that sets it off and one that does not, what the rules look at is what it
 * says, and a training that is saved and restored is warned of as if nothing had happened. */
#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 8
#define SIGMOIDS "dense 8, sigmoid; dense 8, sigmoid; dense 8, sigmoid; "

/* Labels that the pictures say nothing about. */
static void shuffle_labels(struct fixture *f)
{
    uint8_t *label = (uint8_t *)(uintptr_t)f->set.field[1].values[PART_TRAIN];
    for (size_t i = 0; i < f->set.n[PART_TRAIN]; i++)
        label[i] = (uint8_t)(i * i / 7 % TOY_CLASSES);
}

static const struct {
    const char *name, *layers, *settings;
    int shuffled;
} off[] = {
    {"dead_units", "flatten, dense 12 init zero, relu; dense 4", "epochs=2", 0},
    {"vanishing_gradient", "flatten; " SIGMOIDS SIGMOIDS SIGMOIDS SIGMOIDS "dense 4", "epochs=2", 0},
    {"exploding_gradient", TOY_MLP, "epochs=4 lr=50 warmup=0.9 warmup_from=0", 0},
    {"constant_loss", TOY_MLP, "epochs=3 lr=1e-8", 0},
    {"constant_accuracy", TOY_MLP, "epochs=8 lr=0.1 momentum=0.9", 1},
    {"flat_loss", TOY_MLP, "epochs=8 schedule=step step_epochs=2 gamma=1e-6", 0},
    {"collapse", "dense 64 init zero, reshape 1x8x8 | flatten, dense 6, leaky_relu, dense 1",
     "task=generate epochs=3 batch_size=16", 0},
};

/* Which warnings a training gets: bits 1 << epoch_row.warning. Before each epoch another one takes its state and has to
 * find the same. */
static unsigned warnings_of(const char *layers, const char *settings, int shuffled)
{
    struct fixture f;
    struct arena a, b;
    unsigned found = 0;
    fixture_init(&f, layers, settings, 75, 22, 19);
    if (shuffled)
        shuffle_labels(&f);
    struct training *r = fixture_run(&f, &a);
    while (!train_done(r)) {
        struct err e = {0};
        struct training *again = fixture_run(&f, &b);
        unsigned char *bytes = state_of(r);
        assert_int_equal(train_state_read(again, bytes, train_state_bytes(r), &e), 0);
        struct epoch_row row = epoch_ok(r), other = epoch_ok(again);
        assert_memory_equal(&row, &other, sizeof row);
        found |= 1u << row.warning;
        free(bytes);
        arena_release(&b);
    }
    arena_release(&a);
    fixture_release(&f);
    return found;
}

static void each_rule_has_a_training_that_sets_it_off(void **state)
{
    int n = 0;
    (void)state;
    for (const struct warning_type *w; (w = &warning_types[n])->name; n++) {
        if (n >= (int)COUNT(off) || strcmp(off[n].name, w->name) != 0)
            fail_msg("no training sets off %s", w->name);
        assert_true(strlen(w->help) > 10 && strlen(w->says) > 10 && w->holds);
        assert_true(warning_row(n + 1) == w && warning_named(w->name, strlen(w->name)) == n + 1);
        if (!(warnings_of(off[n].layers, off[n].settings, off[n].shuffled) >> (n + 1) & 1))
            fail_msg("%s: %s: %s is not found", off[n].layers, off[n].settings, w->name);
    }
    assert_true(!warning_row(0) && !warning_row(-1) && !warning_row(n + 1));
    assert_true(!warning_named("dead", 4) && !warning_named("none", 4));
}

/* The same networks where nothing is wrong; among them one that has learned all there is, and stands still. */
static void trainings_that_go_well_set_off_none(void **state)
{
    static const char *const fine[][2] = {
        {TOY_MLP, "epochs=8 lr=0.2"},
        {TOY_CNN, "epochs=8 lr=0.1 momentum=0.9"},
        {"flatten, dense 12, sigmoid; dense 4", "epochs=8 lr=0.1 momentum=0.9"},
        {TOY_MLP, "epochs=10 lr=0.2 momentum=0.9 schedule=step step_epochs=6 gamma=1e-6"},
        {TOY_MLP, "epochs=8 lr=0.1 loss=hinge momentum=0.9"},
        {"dense 64 init he, reshape 1x8x8 | flatten, dense 6, leaky_relu, dense 1", "task=generate epochs=3 lr=1e-9"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(fine); i++) {
        unsigned found = warnings_of(fine[i][0], fine[i][1], 0);
        for (int w = 1; warning_row(w); w++)
            if (found >> w & 1)
                fail_msg("%s: %s: %s", fine[i][0], fine[i][1], warning_row(w)->name);
    }
}

/* A unit with a bias far below 0 is dead behind a relu; what l1 adds to its gradient is not its gradient. */
static void units_without_gradient_are_counted(void **state)
{
    static const struct {
        const char *layers, *settings;
        int node, dead, units;
    } c[] = {
        {"flatten, dense 12, relu; dense 4", "", 1, 3, 16},
        {"flatten, dense 12, relu; dense 4", "l1=0.01 clip_value=0.1 batch_size=16", 1, 12, 16},
        {"conv2d 3x3 5, relu; gap, dense 4", "", 0, 2, 9},
        {"flatten, dense 4", "", 0, 0, 4},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(c); i++) {
        struct fixture f;
        struct arena a;
        fixture_init(&f, c[i].layers, c[i].settings, 75, 22, 19);
        struct training *r = fixture_run(&f, &a);
        for (int u = 0; u < c[i].dead; u++)
            r->net->w[f.graph.node[c[i].node].tensor[1].at + (size_t)u] = -1000;
        struct epoch_row row = epoch_ok(r);
        int after_the_dead = c[i].dead == 12 ? 4 : 0; /* the outputs read nothing but zeros */
        assert_close(row.dead_units, (double)(c[i].dead + after_the_dead) / c[i].units, 1e-6, 0);
        arena_release(&a);
        fixture_release(&f);
    }
}

static double squares(const float *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)v[i] * (double)v[i];
    return sum;
}

static void the_first_layer_has_its_share_of_the_gradient(void **state)
{
    struct fixture f;
    struct arena a;
    (void)state;
    fixture_init(&f, TOY_CNN, "momentum=0.9", 75, 22, 19);
    struct training *r = fixture_run(&f, &a);
    for (int epoch = 0; epoch < 2; epoch++) {
        struct epoch_row row = epoch_ok(r); /* the gradient of the last step is still there */
        const struct nn_tensor *w = &f.graph.node[0].tensor[0];
        double share = sqrt(squares(r->net->dw + w->at, w->n) / squares(r->net->dw, f.graph.param_floats));
        assert_close(row.first_layer_gradient, share, 1e-5, 0);
    }
    arena_release(&a);
    fixture_release(&f);
}

/* What sweep.detail keeps is the norm of the gradient of each layer, of every epoch, also after an interruption. */
static void each_layer_has_the_norm_of_its_gradient(void **state)
{
    struct fixture f;
    struct arena a, b;
    double want[3][8];
    int ntables = 0, layers = 0;
    struct train_table table[TRAIN_TABLES];
    struct err e = {0};
    (void)state;
    fixture_init(&f, TOY_CNN, "epochs=3 momentum=0.9", 75, 22, 19);
    f.spec.detail = 1;
    struct training *r = fixture_run(&f, &a), *again = fixture_run(&f, &b);
    train_detail(r, &ntables, table);
    assert_int_equal(ntables, 0); /* of no epoch */
    for (int epoch = 0; epoch < 3; epoch++) {
        if (epoch == 1) {
            unsigned char *bytes = state_of(r);
            assert_int_equal(train_state_read(again, bytes, train_state_bytes(r), &e), 0);
            free(bytes);
            r = again;
        }
        epoch_ok(r);
        layers = 0;
        for (int i = 0; i < f.graph.nnodes; i++) {
            const struct nn_node *nd = &f.graph.node[i];
            double sum = 0;
            for (int t = 0; t < nd->ntensors; t++)
                sum += squares(r->net->dw + nd->tensor[t].at, nd->tensor[t].n);
            if (nd->ntensors)
                want[epoch][layers++] = sqrt(sum);
        }
    }
    train_detail(again, &ntables, table);
    assert_true(ntables == 2 && layers == 5);
    assert_true(table[1].rows == 3 && table[1].cols == layers && table[0].cols == layers);
    assert_true(table[0].v[0] == 1 && table[0].v[layers - 1] == f.graph.nnodes);
    for (int epoch = 0; epoch < 3; epoch++)
        for (int i = 0; i < layers; i++)
            assert_close(table[1].v[epoch * layers + i], want[epoch][i], 1e-5, 1e-12);
    assert_int_equal(train_detail_values(&f.spec, &f.graph), 4 * layers);
    arena_release(&a);
    arena_release(&b);
    fixture_release(&f);
}

/* A network that puts out the shares of the classes, whatever it sees, has the loss of the guess, with each loss. */
static void a_constant_guess_has_the_loss_of_the_shares(void **state)
{
    const struct task_type *classify = task_types[0];
    (void)state;
    assert_string_equal(classify->name, "classify");
    for (size_t i = 0; classify->losses[i]; i++) {
        struct fixture f;
        struct arena a;
        char settings[80];
        const struct loss_type *loss = classify->losses[i];
        double count[TOY_CLASSES] = {0}, entropy = 0, most = 0;
        snprintf(settings, sizeof settings, "loss=%s lr=1e-30%s", loss->name,
                 loss->smooths ? " label_smoothing=0.1" : "");
        fixture_init(&f, "flatten, dense 4 init zero", settings, 75, i % 2 ? 0 : 22, 19);
        shuffle_labels(&f);
        const uint8_t *label = f.set.field[1].values[PART_TRAIN];
        for (size_t k = 0; k < f.view.n[DATA_TRAIN]; k++)
            count[label[f.view.index[DATA_TRAIN][k]]]++;
        struct training *r = fixture_run(&f, &a);
        for (int c = 0; c < TOY_CLASSES; c++) {
            double share = count[c] / (double)f.view.n[DATA_TRAIN];
            entropy -= share * log(share);
            most = share > most ? share : most;
            r->net->w[f.graph.node[1].tensor[1].at + (size_t)c] = (float)log(share);
        }
        struct epoch_row row = epoch_ok(r);
        assert_close(row.guess_loss, row.v[DATA_TRAIN][METRIC_LOSS], 1e-5, 0);
        if (i % 2)
            assert_close(row.guess_accuracy, most, 1e-6, 0);
        assert_close(row.guess_accuracy, row.v[i % 2 ? DATA_TRAIN : DATA_VALIDATION][METRIC_ACCURACY], 0.1, 0);
        if (!strcmp(loss->name, "cross_entropy"))
            assert_true(fabs(row.guess_loss - entropy) < 0.05); /* but for the smoothing */
        arena_release(&a);
        fixture_release(&f);
    }
}

int test_warnings(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_has_a_training_that_sets_it_off),
        cmocka_unit_test(trainings_that_go_well_set_off_none),
        cmocka_unit_test(units_without_gradient_are_counted),
        cmocka_unit_test(the_first_layer_has_its_share_of_the_gradient),
        cmocka_unit_test(each_layer_has_the_norm_of_its_gradient),
        cmocka_unit_test(a_constant_guess_has_the_loss_of_the_shares),
    };
    return cmocka_run_group_tests_name("warnings", tests, NULL, NULL);
}
