/* test_mishaps.c - a sweep file is opened and its points expanded when an allocation or a call on a file fails. */
#include "config_test.h"
#include "mishap.h"

#include <string.h>

static const char full[] = "[sweep]\nname = full\nrepeats = 2\nobjective = max val_accuracy\n"
                           "[data]\ndataset = optdigits\ntrain = 80%\nvalidation = 20%\naugment = rotate 7, shift 1\n"
                           "[model]\nunits = 8\npool = maxpool 2\npool_at = 1\n"
                           "block = { conv 3x3 ${units * 2} pad same, batchnorm, relu } x 2\n"
                           "layers =\n    $block\n    flatten, dense $units, ${units > 4 ? \"relu\" : \"tanh\"}\n"
                           "    head\n[block.head]\nsize = $units\nclasses10 = 10\n"
                           "layers =\n    dense ${size + 1}, relu\n    dense $classes10\n"
                           "[train]\nepochs = ${2 + 1}\noptimizer = sgd\nlr = 0.1\n"
                           "[grid]\nmodel.units = 4, 8..16 step 4\n"
                           "train.optimizer = sgd, adam\n"
                           "train.momentum = 0, 0.9 when train.optimizer == sgd\n"
                           "train.lr = 1e-3..1e-1 log count 3\ndata.augment = \"rotate 7, shift 1\", \"\"\n"
                           "[zip z]\ntrain.epochs = 1, 2\ntrain.batch_size = 16, 32\n"
                           "[require]\nmodel = params < 100000 and uses batchnorm\nresult = test_accuracy >= 1%\n"
                           "[stop]\ntrials = 100\n";

static const char wrong[] = "[sweep]\nrepeats = 0\n[trian]\nlr = 3\n[train]\nlr = 0.1\nlr = 0.2\noptimizr = sgd\n"
                            "[model]\nlayers = dens 10, conv 3x\nunits = $nothing\n[grid]\ntrain.lr = 1..2 step 0\n"
                            "train.momentum = 0, 0.9 when train.epochs ==\n[require]\nmodel = params <\n";

/* All errors of a list as one result; the first lack of memory, else the first error, as *e. */
static int told(struct err_list *errs, uint64_t *result, struct err *e)
{
    for (size_t i = 0; i < errs->n; i++) {
        *result = result_of(*result, errs->v[i].text, strlen(errs->v[i].text));
        if (errs->v[i].code == ERR_NOMEM || errs->v[i].code == ERR_IO)
            *e = errs->v[i];
    }
    err_list_release(errs);
    return e->code ? -1 : 0;
}

/* The sweep of this file, and three of its points. */
static int open_and_expand(void *ctx, uint64_t *result, struct err *e)
{
    static const char *const words[] = {"train.weight_decay=0, 1e-4", "model.units=4,8"};
    struct err_list errs = {0};
    struct sweep *s = NULL;
    int bad = sweep_open(&s, ctx, words, 2, &errs);
    for (uint64_t k = 0; !bad && k < 30; k += 10) {
        struct arena a;
        struct point p;
        arena_init(&a);
        bad = sweep_point(s, proposal_of(s, k), (struct target_kind){.classes = 10}, &a, &p, &errs);
        if (!bad)
            *result = result_of(*result, p.canonical, strlen(p.canonical));
        arena_release(&a);
    }
    if (!bad)
        *result = result_of(*result, sweep_text(s), strlen(sweep_text(s)));
    sweep_free(s);
    return told(&errs, result, e);
}

static void what_fails_with_a_sweep_file_is_told(void **state)
{
    const char *path = test_path("mishap.ini");
    (void)state;
    write_file(path, full, sizeof full - 1);
    assert_true(each_call_fails(MISHAP_MEMORY, &(struct trying){"open", open_and_expand, (void *)path, ERR_NOMEM, 0}) >
                0);
    assert_true(each_call_fails(MISHAP_FILES, &(struct trying){"open", open_and_expand, (void *)path, ERR_IO, 0}) > 0);
}

static void lack_of_memory_is_told_among_mistakes(void **state)
{
    const char *path = test_path("wrong.ini");
    (void)state;
    write_file(path, wrong, sizeof wrong - 1);
    assert_true(each_call_fails(MISHAP_MEMORY, &(struct trying){"wrong", open_and_expand, (void *)path, ERR_NOMEM, 0}) >
                0);
}

int run_mishap_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fails_with_a_sweep_file_is_told),
        cmocka_unit_test(lack_of_memory_is_told_among_mistakes),
    };
    return cmocka_run_group_tests_name("mishaps", tests, NULL, NULL);
}
